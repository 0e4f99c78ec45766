"""Tables that account for a study: patient flow, exclusions, variables, rules, inputs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from embogen.numerals import NOTHING, format_count, format_number, format_percent
from embogen.tables.model import Cell, Column, Row, Table, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.cohort.flow import PatientFlow
    from embogen.cohort.schema import Variable
    from embogen.endpoint.model import RuleCard
    from embogen.study.provenance import Provenance
    from embogen.study.results import VariableUse

_DIGITS_OF_HASH = 16
_MOST_REASONS: Final = 12


def flow_rows(flow: PatientFlow, *, name: str = "flow", title: str = "Patient flow") -> Table:
    """Build one row per step: patients before, left out, remaining."""
    columns = (
        Column("Step"),
        Column("Before", "right"),
        Column("Left out", "right"),
        Column("Remaining", "right"),
    )
    rows = tuple(
        Row(
            (
                Cell(step.label),
                number(format_count(step.n_before)),
                number(format_count(len(step.excluded))),
                number(format_count(step.n_after), strong=True),
            )
        )
        for step in flow.steps
    )
    return Table(name, title, columns, rows)


def exclusion_rows(
    flow: PatientFlow, *, name: str = "exclusions", most: int | None = None
) -> Table | None:
    """Build one row per patient left out, with the reason; None when nobody was.

    With `most`, a step that leaves out more patients than that shows so many of them, and says
    how many more there are and where all of them stand.
    """
    rows: list[Row] = []
    for step in flow.steps:
        if step.excluded:
            rows.append(
                Row(
                    (Cell(f"{step.label} ({format_count(len(step.excluded))} left out)"),),
                    kind="group",
                )
            )
            shown = step.excluded[:most]
            rows += [Row((Cell(item.patient_id), Cell(item.reason)), indent=1) for item in shown]
            if len(shown) < len(step.excluded):
                more = format_count(len(step.excluded) - len(shown))
                where = Cell(f"all of them stand in tables/{name}.csv")
                rows.append(Row((Cell(f"and {more} more"), where), indent=1))
    if not rows:
        return None
    columns = (Column("Patient"), Column("Reason"))
    return Table(name, "Patients left out, with the reason", columns, tuple(rows))


def reason_rows(
    flow: PatientFlow, *, name: str = "reasons", title: str = "Patients left out, by reason"
) -> Table | None:
    """Build one row per reason and step with the patients it concerns; None when nobody was.

    A large cohort is accounted for by counts. Reasons beyond the most frequent of a step are one
    row.
    """
    rows: list[Row] = []
    for step in flow.steps:
        if not step.excluded:
            continue
        rows.append(Row((Cell(step.label),), kind="group"))
        counted = Counter(item.reason for item in step.excluded).most_common()
        rows += [
            Row((Cell(reason), number(format_count(count))), indent=1)
            for reason, count in counted[:_MOST_REASONS]
        ]
        others = counted[_MOST_REASONS:]
        if others:
            left = number(format_count(sum(count for _, count in others)))
            rows.append(Row((Cell(f"{format_count(len(others))} other reasons"), left), indent=1))
    if not rows:
        return None
    return Table(name, title, (Column("Reason"), Column("Patients", "right")), tuple(rows))


def rule_rows(card: RuleCard, *, name: str, title: str) -> Table:
    """Build an endpoint's rule card: each choice and its value in words."""
    rows = tuple(Row((Cell(choice), Cell(value))) for choice, value in card.rows)
    return Table(name, title, (Column("Choice"), Column("As used")), rows)


def variable_rows(uses: Sequence[VariableUse], *, name: str = "variables") -> Table:
    """Build the variable registry: type, unit, allowed values, meaning, missing values."""
    columns = (
        Column("Variable"),
        Column("Type"),
        Column("Allowed"),
        Column("Meaning"),
        Column("n", "right"),
        Column("Missing", "right"),
    )
    rows: list[Row] = []
    table: str | None = None
    for use in uses:
        if use.table != table:
            table = use.table
            rows.append(Row((Cell(f"Table {use.table}"),), kind="group"))
        total = use.n + use.n_missing
        missing = f"{format_count(use.n_missing)} ({format_percent(use.n_missing, total)})"
        rows.append(
            Row(
                (
                    Cell(use.variable.name),
                    Cell(_type(use.variable)),
                    Cell(_allowed(use.variable)),
                    Cell(use.variable.meaning),
                    number(format_count(use.n)),
                    number(missing if use.n_missing else "0"),
                ),
                indent=1,
            )
        )
    return Table(name, "Variables read, with missing values counted", columns, tuple(rows))


def input_rows(provenance: Provenance, *, name: str = "inputs") -> Table:
    """Build one row per input file: path, size, sha256 (its first 16 digits)."""
    columns = (Column("File"), Column("Bytes", "right"), Column("SHA-256 (first 16 digits)"))
    rows = tuple(
        Row(
            (Cell(item.path), number(format_count(item.bytes)), Cell(item.sha256[:_DIGITS_OF_HASH]))
        )
        for item in provenance.inputs
    )
    return Table(name, "Input files", columns, rows)


def _type(variable: Variable) -> str:
    return f"{variable.type}, {variable.unit}" if variable.unit else variable.type


def _allowed(variable: Variable) -> str:
    if variable.allowed:
        return ", ".join(variable.allowed)
    low, high = variable.minimum, variable.maximum
    if low is not None and high is not None:
        return f"{_bound(low)} to {_bound(high)}"
    if low is not None:
        return f"at least {_bound(low)}"
    return NOTHING if high is None else f"at most {_bound(high)}"


def _bound(value: float) -> str:
    return format_number(value, 0) if float(value).is_integer() else f"{value:g}"
