"""Tables of power: by hazard ratio, what can be detected, what would be needed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from embogen.inference.power import required_events, required_patients
from embogen.numerals import (
    NOTHING,
    format_count,
    format_number,
    format_ratio,
    format_ratio_interval,
)
from embogen.tables.model import Cell, Column, Row, Table, number

if TYPE_CHECKING:
    from embogen.inference.power_result import Detectable, PowerCurve, PowerPoint

POWERS: Final = (0.8, 0.9)


def power_rows(curve: PowerCurve, *, name: str = "power", title: str = "Power") -> Table:
    """Set formula and simulation side by side, and what would be published.

    A row is a true hazard ratio.
    """
    columns = (
        Column("True HR", "right"),
        Column("Formula", "right"),
        Column("Simulated", "right"),
        Column("SE", "right"),
        Column("Median significant HR", "right"),
        Column("Wrong direction", "right"),
    )
    rows = tuple(Row(_point(item)) for item in curve.points)
    notes = (
        "Formula: Schoenfeld's, of both tails, for large samples. SE: Monte Carlo standard error.",
        "Median significant HR: what would be published if only significant results were.",
    )
    return Table(name, title, columns, rows, (), notes)


def _point(item: PowerPoint) -> tuple[Cell, ...]:
    return (
        number(format_ratio(item.hazard_ratio)),
        number(_percent(item.formula)),
        number(_percent(item.power)),
        number(_percent(item.standard_error)),
        number(NOTHING if math.isnan(item.published_hr) else _ratio(item.published_hr)),
        number(_percent(item.wrong_direction)),
    )


def detectable_rows(
    curve: PowerCurve,
    *,
    name: str = "detectable",
    title: str = "Minimal detectable hazard ratios",
) -> Table:
    """Set the hazard ratios nearest 1 that are found with given powers side by side."""
    columns = (
        Column("Power"),
        Column("Formula", "right"),
        Column("Simulated", "right"),
        Column("95% limits", "right"),
    )
    rows = tuple(Row(_detectable(item)) for item in curve.detectable)
    note = "Limits are those of the simulation; none: not reached between 1/100 and 100."
    return Table(name, title, columns, rows, (), (note,))


def _detectable(item: Detectable) -> tuple[Cell, ...]:
    found = 0.0 < item.simulated < math.inf
    return (
        Cell(f"{100 * item.power:.4g}%, {'HR above 1' if item.harmful else 'HR below 1'}"),
        number(_ratio(item.formula)),
        number(_ratio(item.simulated) if found else "none"),
        number(format_ratio_interval(item.low, item.high)),
    )


def required_rows(
    curve: PowerCurve, *, name: str = "required", title: str = "Events and patients needed"
) -> Table:
    """Set the events and patients needed beside each hazard ratio, by Schoenfeld's formula.

    Carriers and events are taken to be as frequent as in the design.
    """
    columns = [Column("True HR", "right")]
    for power in POWERS:
        columns.append(Column(f"Events, {100 * power:.0f}% power", "right"))
        columns.append(Column(f"Patients, {100 * power:.0f}% power", "right"))
    carry = curve.n_carriers / curve.n_patients
    rows = []
    # a hazard ratio and its inverse need the same
    sizes = {
        round(abs(math.log(item.hazard_ratio)), 12): item.hazard_ratio for item in curve.points
    }
    for size, ratio in sizes.items():
        if size == 0.0:
            continue
        cells = [number(format_ratio(ratio))]
        for power in POWERS:
            events = required_events(ratio, carrier_fraction=carry, power=power, level=curve.level)
            patients = required_patients(
                ratio,
                carrier_fraction=carry,
                event_fraction=curve.n_events / curve.n_patients,
                power=power,
                level=curve.level,
            )
            cells += [number(format_count(math.ceil(events))), number(format_count(patients))]
        rows.append(Row(tuple(cells)))
    note = (
        f"By Schoenfeld's formula, with {_percent(carry)} of the patients carrying and "
        f"{_percent(curve.n_events / curve.n_patients)} having the event."
    )
    return Table(name, title, tuple(columns), tuple(rows), (), (note,))


def _percent(share: float) -> str:
    return NOTHING if math.isnan(share) else f"{format_number(100.0 * share, 1)}%"


def _ratio(ratio: float) -> str:
    """Print a ratio that may be infinite.

    Examples
    --------
    >>> _ratio(3.801), _ratio(float("inf"))
    ('3.80', 'infinite')
    """
    return "infinite" if math.isinf(ratio) else format_ratio(ratio)
