"""The smallest p-values of a scan, with what stands behind each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from embogen.numerals import (
    NOTHING,
    format_count,
    format_level,
    format_ratio,
    format_ratio_interval,
    format_small_p,
)
from embogen.scan.result import LEVEL
from embogen.tables.model import Cell, Column, Row, Table, number
from embogen.wording import adjustment_words, listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embogen.scan.result import EndpointScan

    Limits = Mapping[str, tuple[float, float]]

_METHODS: Final = {
    "enumerated": ("enumerated", "every possible set of carriers was looked at"),
    "drawn": ("drawn", "sets of carriers were drawn at random"),
    "saddlepoint": (
        "drawn (tail)",
        "no set drawn was as extreme, and a double saddlepoint went on from there",
    ),
    "linear_saddlepoint": (
        "saddlepoint",
        "double saddlepoint for the permuted linear score",
    ),
    "score": ("score", "score test, by the normal distribution"),
}
"""How results.csv calls a way to a p-value: what a cell calls it, and what it is."""
_LONGEST_NAME: Final = 48
_HEAD_OF_NAME: Final = 30
_FIRTH: Final = (
    "Few carriers, or few events among them: with Firth's penalty; the interval is from the "
    "profile of the penalized likelihood."
)
_INFINITE: Final = (
    "The likelihood rises for ever (monotone likelihood): without a penalty there is no finite "
    "estimate. Firth's stands in results.csv."
)
_FEW: Final = (
    "Few carriers, or few events among them: the Wald interval is rough. Firth's estimate stands "
    "in results.csv."
)
_NO_ESTIMATE: Final = {
    "not_asked": "Not estimated: the p-value is above the bound that the plan sets for estimates.",
    "aliased": "Not estimable: the feature is a combination of the covariates.",
    "not_converged": "The fit did not converge.",
}
_COUNTS: Final = (
    "Altered / tested = carriers, of patients tested for the feature; those not tested are in no "
    "risk set of its row."
)
_RATIOS: Final = (
    "HR = hazard ratio of carriers against the others tested, or per copy where the feature counts "
    "copies; CI = Wald confidence interval, unless marked."
)
_COLUMNS: Final = (
    Column("Feature"),
    Column("Rank", "right"),
    Column("Altered /\ntested", "right"),
    Column("Events in\ncarriers", "right"),
    Column("HR", "decimal"),
    Column(f"{format_level(LEVEL)} CI", "center"),
    Column("p", "right"),
    Column("p by"),
    Column("Holm p", "right"),
)


def method_words(method: str) -> tuple[str, str]:
    """Name a way to a p-value in a cell, and in a sentence.

    Examples
    --------
    >>> method_words("enumerated")
    ('enumerated', 'every possible set of carriers was looked at')
    """
    return _METHODS.get(method, (method.replace("_", " "), method.replace("_", " ")))


def top_rows(
    scans: Sequence[EndpointScan],
    *,
    name: str,
    title: str,
    count: int = 20,
    labels: Mapping[str, str] | None = None,
    endpoints: Mapping[str, str] | None = None,
    firth: Mapping[str, Limits] | None = None,
) -> Table:
    """Build one row per feature of the smallest p-values.

    Parameters
    ----------
    scans
        The endpoints; with several each has a heading.
    name, title
        Of the table.
    count
        Rows for each endpoint.
    labels
        Feature to what a reader calls it, where that is not its name.
    endpoints
        Endpoint to what a reader calls it.
    firth
        Endpoint to the profile intervals of Firth's hazard ratio: feature to low and high. Where
        one is given for a feature of few carriers or events, Firth's estimate is shown.
    """
    rows: list[Row] = []
    methods: dict[str, None] = {}
    relabelled = any(scan.n_permutations for scan in scans)
    for scan in scans:
        if len(scans) > 1:
            label = (endpoints or {}).get(scan.name, scan.name)
            rows.append(Row((Cell(label),), kind="group"))
        limits = (firth or {}).get(scan.name, {})
        for rank, found in enumerate(scan.top(count).iter_rows(named=True), 1):
            methods[found["p_method"]] = None
            cells = _cells(rank, found, labels or {}, limits)
            more = (number(format_small_p(found["p_max_t"])),) if relabelled else ()
            rows.append(Row((*cells, *more, number(format_small_p(found["q_value"])))))
    more_columns = (Column("Max-T p", "right"),) if relabelled else ()
    columns = (*_COLUMNS, *more_columns, Column("q", "right"))
    return Table(name, title, columns, tuple(rows), (), _notes(scans, list(methods)))


def _cells(
    rank: int, found: Mapping[str, Any], labels: Mapping[str, str], firth: Limits
) -> tuple[Cell, ...]:
    feature = found["feature"]
    label = labels.get(feature)
    ratio, limits = _estimate(found, firth.get(feature))
    return (
        Cell(shortened(feature if label is None else label), italic=label is None),
        number(str(rank)),
        number(f"{format_count(found['n_carriers'])} / {format_count(found['n_tested'])}"),
        number(format_count(found["n_carrier_events"])),
        ratio,
        limits,
        number(format_small_p(found["p_value"])),
        Cell(method_words(found["p_method"])[0]),
        number(format_small_p(found["p_holm"])),
    )


def shortened(name: str) -> str:
    """Take the middle out of a long name; results.csv holds it whole.

    Examples
    --------
    >>> shortened("A" * 60 + "B" * 60) == "A" * 30 + "\u2026" + "B" * 17
    True
    """
    if len(name) <= _LONGEST_NAME:
        return name
    tail = _LONGEST_NAME - _HEAD_OF_NAME - 1
    return f"{name[:_HEAD_OF_NAME]}\u2026{name[-tail:]}"


def _estimate(found: Mapping[str, Any], profile: tuple[float, float] | None) -> tuple[Cell, Cell]:
    """Print the hazard ratio with its interval, Firth's where its profile is given."""
    hr, penalised = found["hr"], found["firth_hr"]
    if profile is not None and penalised is not None:
        text = format_ratio(penalised)
        return number(text, notes=(_FIRTH,)), number(format_ratio_interval(*profile))
    if hr is None:
        why = _NO_ESTIMATE.get(found["status"])
        return number(NOTHING, notes=() if why is None else (why,)), number(NOTHING)
    if found["status"] == "no_event":
        return number("0 (no event)", notes=(_INFINITE,)), number(NOTHING)
    if hr == 0 or math.isinf(hr):
        return number("0" if hr == 0 else "\u221e", notes=(_INFINITE,)), number(NOTHING)
    low, high = found["ci_low"], found["ci_high"]
    known = low is not None and high is not None
    limits = format_ratio_interval(low, high) if known else NOTHING
    return number(format_ratio(hr), notes=() if penalised is None else (_FEW,)), number(limits)


def _notes(scans: Sequence[EndpointScan], methods: Sequence[str]) -> tuple[str, ...]:
    notes = [_COUNTS, _RATIOS]
    if methods:
        told = [f"{cell} = {what}" for cell, what in map(method_words, methods)]
        notes.append(f"p is two-sided and not adjusted. p by: {'; '.join(told)}.")
    sizes = sorted({scan.family_size for scan in scans})
    family = listed([format_count(size) for size in sizes])
    each = " of each endpoint" if len(scans) > 1 else ""
    notes.append(
        f"Holm p and q: adjusted for the {family} features tested{each} by "
        f"{adjustment_words('holm')} and {adjustment_words('BH')}."
    )
    drawn = sorted({scan.n_permutations for scan in scans if scan.n_permutations})
    if drawn:
        counts = listed([format_count(count) for count in drawn], "or")
        notes.append(f"Max-T p: {adjustment_words('max_t')}, {counts} relabelings.")
    return tuple(notes)
