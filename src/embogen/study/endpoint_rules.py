"""From an endpoint of the plan to the rules it is derived by."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from embogen.endpoint.hpfs_rules import THRESHOLDS, CourseRules, HpfsRules, MeasuredRules
from embogen.units import months_to_days

if TYPE_CHECKING:
    from embogen.endpoint.recist import Thresholds
    from embogen.study.plan import DatedEndpoint, StudyPlan


def window_days(plan: StudyPlan) -> float | None:
    """Return the half-width of the specimen window in days; None without one."""
    months = plan.specimens.within_months
    return None if months is None else months_to_days(months)


def endpoint_rules(spec: DatedEndpoint, plan: StudyPlan) -> HpfsRules:
    """Put the keys of a dated endpoint together as rules."""
    return HpfsRules(
        origin=spec.origin,
        events=tuple(spec.events),
        censor=spec.censor,
        entry=spec.entry,
        specimen_window_days=window_days(plan),
        death=spec.death,
        extrahepatic=spec.extrahepatic,
        subsequent_therapy=spec.subsequent_therapy,
        course=CourseRules(spec.course, spec.course_days),
        criterion=spec.criterion,
        measured=MeasuredRules(
            _thresholds(spec), spec.max_targets, spec.min_target_mm, spec.baseline_window_days
        ),
        event_date=spec.event_date,
        missed_scans=spec.missed_scans,
        missed_scans_after=spec.missed_scans_after,
        schedule_days=spec.schedule_days,
        confirmation_days=spec.confirmation_days,
    )


def _thresholds(spec: DatedEndpoint) -> Thresholds:
    """Take the criterion's own thresholds where the plan gives none."""
    own = THRESHOLDS["recist_1_1" if spec.criterion == "investigator" else spec.criterion]
    absolute = spec.progression_ml if spec.criterion == "liver_volume" else spec.progression_mm
    given = {
        "response_percent": spec.response_percent,
        "progression_percent": spec.progression_percent,
        "progression_absolute": absolute,
    }
    found = {name: value for name, value in given.items() if value is not None}
    return dataclasses.replace(own, reference=spec.reference, **found)
