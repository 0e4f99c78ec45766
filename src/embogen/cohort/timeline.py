"""Names of the columns of a cohort's timeline: events of patients in days from their day 0."""

from __future__ import annotations

from typing import Final

PATIENT: Final = "patient_id"
DAY: Final = "start_day"
"""Day of the event, or its first day: whole days from the patient's day 0."""

STOP: Final = "stop_day"
"""Last day of an event that lasts, or null."""

EVENT: Final = "event_type"
FILE: Final = "timeline_file"
ROW: Final = "timeline_row"

COLUMNS: Final = (PATIENT, DAY, STOP, EVENT, FILE, ROW)
"""Every timeline has these; others are text, under the headers of the files."""
