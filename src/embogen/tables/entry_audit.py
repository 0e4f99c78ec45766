"""The audit of entry: when specimens were taken, and what four ways to treat them give."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from embogen.numerals import (
    NOT_ESTIMABLE,
    NOTHING,
    format_count,
    format_level,
    format_p,
    format_ratio,
    format_ratio_interval,
    format_time,
    format_time_interval,
)
from embogen.tables.model import Cell, Column, Row, Table, number
from embogen.tables.term_notes import is_gene, term_label
from embogen.units import DAYS_PER_UNIT, days_to_months

if TYPE_CHECKING:
    from embogen.inference.entry_audit import AuditEstimate, AuditRatio, EntryAudit

WAYS: Final[Mapping[str, str]] = {
    "naive": "Naive: everybody from the origin",
    "delayed_entry": "Delayed entry at the specimen",
    "landmark": "Landmark",
    "baseline_biopsy": "Specimens before or at the origin only",
}
_WHEN: Final[Mapping[str, str]] = {
    "before_or_at_origin": "before or at the origin",
    "before_event": "after the origin, before the event or end of follow-up",
    "at_or_after_event": "at or after the event or end of follow-up",
}


def audit_tables(result: EntryAudit, *, name: str, title: str, unit: str) -> tuple[Table, ...]:
    """Build the medians by way, the hazard ratios by term and way, and the specimens by time."""
    tables: tuple[Table, ...] = (_medians(result, name, title, unit),)
    if any(item.ratios for item in result.estimates):
        tables += (_ratios(result, f"{name}-hazard-ratios", f"{title}: hazard ratios"),)
    return (*tables, _counts(result, f"{name}-specimens", f"{title}: when specimens were taken"))


def _level(result: EntryAudit) -> str:
    for item in result.estimates:
        if item.median.interval is not None:
            return format_level(item.median.interval.level)
    return "95%"


def _way(item: AuditEstimate, result: EntryAudit) -> str:
    if item.way != "landmark":
        return WAYS[item.way]
    return f"Landmark at {days_to_months(result.landmark_days):.3g} months, from there on"


def _medians(result: EntryAudit, name: str, title: str, unit: str) -> Table:
    columns = (
        Column("Analysis"),
        Column("Patients", "right"),
        Column("Events", "right"),
        Column("Left out", "right"),
        Column(f"Median,\n{unit}", "decimal"),
        Column(f"{_level(result)} CI", "center"),
    )
    rows = []
    for item in result.estimates:
        reasons = tuple(f"Left out: {format_count(x.n)} {x.reason}." for x in item.left_out)
        value, limits = _median(item, unit)
        rows.append(
            Row(
                (
                    Cell(_way(item, result), notes=reasons),
                    number(format_count(item.n)),
                    number(format_count(item.n_events)),
                    number(format_count(sum(x.n for x in item.left_out))),
                    number(value),
                    number(limits),
                )
            )
        )
    about = (
        "Median time by Kaplan\u2013Meier. CI = confidence interval. The median of the landmark "
        "analysis counts from the landmark."
    )
    notes = [about]
    test = result.truncation
    if test.p_value is not None:
        shown = format_p(test.p_value)
        notes.append(
            f"Dependence of entry and event: conditional Kendall's tau {test.tau:.2f}, "
            f"p {shown if shown[0] in '<>' else f'= {shown}'}, {format_count(test.pairs)} pairs."
        )
    return Table(name, title, columns, tuple(rows), (), tuple(notes))


def _median(item: AuditEstimate, unit: str) -> tuple[str, str]:
    if math.isnan(item.median.value):
        value = NOTHING if not item.n else "not reached"
    else:
        value = format_time(item.median.value / DAYS_PER_UNIT[unit])
    interval = item.median.interval
    if interval is None or math.isnan(interval.low):
        return value, NOTHING
    days = DAYS_PER_UNIT[unit]
    return value, format_time_interval(interval.low / days, interval.high / days)


def _ratios(result: EntryAudit, name: str, title: str) -> Table:
    columns = [Column("Variable")]
    columns += [
        Column(f"{_way(item, result)},\nHR ({_level(result)} CI)", "right")
        for item in result.estimates
    ]
    terms = list(dict.fromkeys(r.term for item in result.estimates for r in item.ratios))
    rows = []
    for term in terms:
        stub = Cell(term.name, italic=True) if is_gene(term) else Cell(term_label(term))
        found = [
            next((r for r in item.ratios if r.term == term), None) for item in result.estimates
        ]
        rows.append(Row((stub, *(number(_ratio(ratio)) for ratio in found))))
    notes = ("HR = hazard ratio, each term alone in a Cox model. CI = confidence interval.",)
    return Table(name, title, tuple(columns), tuple(rows), (), notes)


def _ratio(item: AuditRatio | None) -> str:
    if item is None or math.isnan(item.hr.value):
        return NOT_ESTIMABLE
    text = format_ratio(item.hr.value)
    interval = item.hr.interval
    if interval is None or math.isnan(interval.low):
        return text
    return f"{text} ({format_ratio_interval(interval.low, interval.high)})"


def _counts(result: EntryAudit, name: str, title: str) -> Table:
    columns = (
        Column("Specimen taken"),
        Column("Patients", "right"),
        Column("With the event", "right"),
    )
    rows = tuple(
        Row((Cell(_WHEN[x.when]), number(format_count(x.n)), number(format_count(x.n_events))))
        for x in result.counts
    )
    return Table(name, title, columns, rows)
