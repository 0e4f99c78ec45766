"""Sentences on the audit of entry: who was biopsied when, and what that does to the median."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from embogen.numerals import format_count, format_time
from embogen.report.phrases import p_phrase
from embogen.units import DAYS_PER_UNIT

if TYPE_CHECKING:
    from embogen.inference.entry_audit import EntryAudit


def audit_sentences(result: EntryAudit, unit: str) -> tuple[str, ...]:
    """Say when specimens were taken, how the naive median differs, and whether entry depends."""
    late, at_event = result.count("before_event"), result.count("at_or_after_event")
    early = result.count("before_or_at_origin")
    when = (
        f"Of {format_count(result.n)} patients, {format_count(early.n)} had their specimen before "
        f"or at the origin, {format_count(late.n)} after it while still without the event, and "
        f"{format_count(at_event.n)} at or after the event or the end of follow-up."
    )
    sentences = [when]
    naive = result.estimate("naive").median.value
    delayed = result.estimate("delayed_entry")
    right = delayed.median.value
    if math.isnan(naive) or math.isnan(right):
        which = "naive" if math.isnan(naive) else "delayed-entry"
        sentences.append(f"The {which} median was not reached, so that medians do not compare.")
    else:
        days = DAYS_PER_UNIT[unit]
        sentences.append(
            f"With everybody at risk from the origin the median was {format_time(naive / days)} "
            f"{unit}; with entry at the specimen it was {format_time(right / days)} {unit} "
            f"({_difference(naive, right)}), from {format_count(delayed.n)} patients."
        )
    test = result.truncation
    if test.p_value is not None:
        verdict = "" if test.p_value < 0.05 else " no"  # noqa: PLR2004 - the usual level
        sentences.append(
            f"There was{verdict} sign that entry depends on the event time (conditional Kendall's "
            f"tau {test.tau:.2f}, {p_phrase(test.p_value)})."
        )
    return tuple(sentences)


def _difference(naive: float, right: float) -> str:
    """Say how far the naive median is from the other.

    Examples
    --------
    >>> _difference(12, 10), _difference(10, 10)
    ('the naive one 20% longer', 'the same')
    """
    percent = round(100 * (naive / right - 1)) if right > 0 else 0
    if percent == 0:
        return "the same"
    return f"the naive one {abs(percent)}% {'longer' if percent > 0 else 'shorter'}"


def audit_method() -> str:
    """Say how entry was audited, for the methods section."""
    return (
        "Patients were at risk from the origin (naive), from their specimen (delayed entry), from "
        "a landmark, or only with a specimen before or at the origin; whether entry depends on "
        "the event time was tested by conditional Kendall's tau."
    )
