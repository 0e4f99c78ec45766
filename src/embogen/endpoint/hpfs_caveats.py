"""What a reader must know of a dated endpoint: gaps, blind scans, late specimens, intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from embogen.caveats import Caveat
from embogen.endpoint.specimen_window import check_specimen_window
from embogen.units import days_to_months

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from embogen.cohort.model import Cohort
    from embogen.endpoint.history import Derivation
    from embogen.endpoint.hpfs_rules import HpfsRules
    from embogen.endpoint.model import EndpointTrace
    from embogen.endpoint.scans import Scan

LONG_GAP_DAYS: Final = 182.625
"""A liver not assessed for longer than this before the end is drawn attention to."""


def endpoint_caveats(
    cohort: Cohort, rules: HpfsRules, found: Derivation, name: str
) -> tuple[Caveat, ...]:
    """Draw attention to what weakens an endpoint that was derived from dates."""
    late = _immortal_time(cohort, rules, found.origins.starts)
    if not rules.of_progression:
        return late
    scans = {patient: known.scans for patient, known in found.facts.items()}
    traces = tuple(found.traces.values())
    return (
        *_gap_caveat(scans, traces, name),
        *_status_caveat(cohort, scans, name),
        *_baseline_caveat(rules, found, name),
        *_interval_caveat(rules, traces, name),
        *late,
    )


def _baseline_caveat(rules: HpfsRules, found: Derivation, name: str) -> tuple[Caveat, ...]:
    """Count the patients whose liver no measured criterion can judge."""
    if rules.criterion == "investigator":
        return ()
    without = sum(patient not in found.imaging.baselines for patient in found.facts)
    if not without:
        return ()
    message = (
        f"{without} of {len(found.facts)} patients have no measured baseline scan: their liver "
        "cannot be judged, and progression in it cannot be seen."
    )
    return (Caveat("no_baseline_scan", message, {"patients": without}, name),)


def _interval_caveat(
    rules: HpfsRules, traces: Sequence[EndpointTrace], name: str
) -> tuple[Caveat, ...]:
    if rules.event_date != "interval":
        return ()
    widths = sorted(t.time - t.after_time for t in traces if t.after_time is not None)
    if not widths:
        return ()
    middle = widths[len(widths) // 2]
    message = (
        f"{len(widths)} progressions are known to lie between two scans only (median "
        f"{days_to_months(middle):.1f}, at most {days_to_months(widths[-1]):.1f} months apart); "
        "they are analysed at the later scan, so that times are upper bounds."
    )
    evidence = {"events": len(widths), "median_days": middle, "longest_days": widths[-1]}
    return (Caveat("interval_censored", message, evidence, name),)


def _gap_caveat(
    scans: Mapping[str, Sequence[Scan]],
    traces: Sequence[EndpointTrace],
    name: str,
) -> tuple[Caveat, ...]:
    """Draw attention to ends that come long after the liver was last seen."""
    gaps = []
    for trace in traces:
        if trace.end is None or trace.origin is None:
            continue
        before = [
            scan.date
            for scan in scans.get(trace.patient_id, ())
            if scan.liver_evaluable and scan.date <= trace.end
        ]
        seen = [date for date in before if date < trace.end or trace.event == 0]
        gap = (trace.end - max(seen, default=trace.origin)).days
        if gap > LONG_GAP_DAYS:
            gaps.append(gap)
    if not gaps:
        return ()
    months = days_to_months(max(gaps))
    message = (
        f"In {len(gaps)} of {len(traces)} patients the liver was last assessed more than "
        f"{days_to_months(LONG_GAP_DAYS):g} months before the end of follow-up (at most "
        f"{months:.1f} months): progression may have come earlier than recorded, or unseen."
    )
    evidence = {"patients": len(gaps), "longest_gap_days": max(gaps)}
    return (Caveat("long_assessment_gap", message, evidence, name),)


def _status_caveat(
    cohort: Cohort, scans: Mapping[str, Sequence[Scan]], name: str
) -> tuple[Caveat, ...]:
    blind = sum(not scan.liver_evaluable for items in scans.values() for scan in items)
    total = sum(len(items) for items in scans.values())
    if not blind or cohort.assessments is None:
        return ()
    message = (
        f"The liver could not be evaluated in {blind} of {total} assessments after the origin; "
        "they neither show progression nor prolong follow-up."
    )
    return (Caveat("status_unknown", message, {"assessments": blind, "of": total}, name),)


def _immortal_time(
    cohort: Cohort, rules: HpfsRules, origins: Mapping[str, dt.date]
) -> tuple[Caveat, ...]:
    """Warn of late specimens where neither delayed entry nor a window has them looked at."""
    if rules.entry != "origin" or rules.specimen_window_days is not None:
        return ()
    if cohort.specimens is None:
        return ()
    check = check_specimen_window(cohort, origins, None)
    return tuple(item for item in check.caveats if item.code == "specimen_after_origin")
