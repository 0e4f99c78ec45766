"""Every printed figure of a publication, and where in a long result table its value stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from embogen.evidence.targets import ROW_FIGURES, PrintedRow, Targets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Role = Literal["baseline", "genes", "univariable", "multivariable"]
ROLES: Final[tuple[Role, ...]] = ("baseline", "genes", "univariable", "multivariable")
"""Parts an analysis of a study may play in a comparison."""

_AGE: Final = ("age", "age_years")
_SEX: Final = ("sex",)
_ORIGIN: Final = ("origin", "primary_site")
_GRADE: Final = ("grade", "who_grade")
_SEX_LEVELS: Final[Mapping[str, tuple[str, ...]]] = {
    "men": ("male", "men", "man", "m"),
    "women": ("female", "women", "woman", "f"),
}
_ORIGIN_LEVELS: Final[Mapping[str, tuple[str, ...]]] = {
    "pancreatic": ("pancreatic", "pancreas"),
}
_AGE_STATISTICS: Final[Mapping[str, str]] = {
    "median": "median",
    "min": "minimum",
    "max": "maximum",
    "mean": "mean",
    "sd": "sd",
    "q1": "q1",
    "q3": "q3",
}
_AGE_WORDS: Final[Mapping[str, str]] = {"min": "youngest", "max": "oldest"}
_ROW_WORDS: Final[Mapping[str, str]] = {
    "hr": "hazard ratio",
    "ci_low": "lower 95% limit",
    "ci_high": "upper 95% limit",
    "p_value": "p",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: any of these terms and levels (case aside), with this statistic.

    Parameters
    ----------
    role
        Part of the analysis.
    terms, levels
        Names it may have; an empty tuple of levels takes any level.
    statistics
        Names of the statistic, best first; a ``fraction`` is turned into a percentage.
    method
        Method of the value, where an analysis gives several; of a baseline table the overall
        column has none, each group its name.
    """

    role: Role
    terms: tuple[str, ...]
    levels: tuple[str, ...]
    statistics: tuple[str, ...]
    method: str | None = None


@dataclass(frozen=True, slots=True)
class PrintedFigure:
    """One printed figure: block of the publication, words for it, printed string, its place."""

    group: str
    figure: str
    printed: str
    place: Place


def printed_figures(targets: Targets) -> tuple[PrintedFigure, ...]:
    """List every printed figure with its place, in the order a reader meets them.

    Examples
    --------
    >>> from embogen.evidence.targets import PrintedCohort
    >>> row = PrintedRow("DAXX", "7.19", "2.42", "21.33", "0.00038")
    >>> targets = Targets("", PrintedCohort("35", altered={"DAXX": "9"}), (row,))
    >>> [item.figure for item in printed_figures(targets)][:3]
    ['patients', 'DAXX altered', 'DAXX, hazard ratio']
    """
    return (
        *_cohort_figures(targets),
        *(
            figure
            for row in targets.univariable
            for figure in _row_figures(row, "univariable", targets)
        ),
        *(
            figure
            for row in targets.multivariable
            for figure in _row_figures(row, "multivariable", targets)
        ),
    )


def _cohort_figures(targets: Targets) -> Iterator[PrintedFigure]:
    cohort = targets.cohort
    group = "cohort"
    yield PrintedFigure(group, "patients", cohort.n, Place("baseline", ("",), ("",), ("n",), ""))
    for key, printed in cohort.sex.items():
        levels = _SEX_LEVELS.get(key, (key,))
        yield PrintedFigure(group, key, printed, Place("baseline", _SEX, levels, ("count",), ""))
    for key, printed in cohort.age_years.items():
        words = f"age, {_AGE_WORDS.get(key, key)}"
        statistic = _AGE_STATISTICS.get(key, key)
        yield PrintedFigure(group, words, printed, Place("baseline", _AGE, ("",), (statistic,), ""))
    for key, printed in cohort.origin.items():
        levels = _ORIGIN_LEVELS.get(key, (key,))
        place = Place("baseline", _ORIGIN, levels, ("count",), "")
        yield PrintedFigure(group, f"origin {key}", printed, place)
    for key, printed in cohort.grade.items():
        place = Place("baseline", _GRADE, (key,), ("count",), "")
        yield PrintedFigure(group, f"grade {key}", printed, place)
    for key, printed in cohort.altered.items():
        place = Place("genes", (key,), (), ("n_altered",))
        yield PrintedFigure(group, f"{key} altered", printed, place)
    for key, printed in cohort.printed_percent.items():
        if key.startswith("grade_"):
            level = key.removeprefix("grade_")
            place = Place("baseline", _GRADE, (level,), ("percent", "fraction"), "")
            yield PrintedFigure(group, f"grade {level}, percent", printed, place)
        else:
            place = Place("genes", (key,), (), ("fraction", "percent"))
            yield PrintedFigure(group, f"{key} altered, percent", printed, place)


def _row_figures(row: PrintedRow, role: Role, targets: Targets) -> Iterator[PrintedFigure]:
    terms = _GRADE if row.term == "grade" else (row.term,)
    words = row.term
    if role == "multivariable":
        others = [term for term in targets.model_terms if term != row.term]
        words = f"{row.term} adjusted for {' and '.join(others)}"
    for name in ROW_FIGURES:
        method = "wald" if name == "p_value" else None
        place = Place(role, terms, (), (name,), method)
        yield PrintedFigure(role, f"{words}, {_ROW_WORDS[name]}", row.figure(name), place)
