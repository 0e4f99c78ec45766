"""Derived from the patients table: WHO grade, hepatic tumour burden, ALBI."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from embogen.caveats import Caveat
from embogen.cohort.grade import WhoGrade, who_grade
from embogen.cohort.liver import albi_grade, albi_score, class_of, tumor_burden_percent
from embogen.cohort.model import SOURCE_ROW, Cohort
from embogen.errors import DataError, DataProblem
from embogen.units import albumin_g_l, bilirubin_umol_l

if TYPE_CHECKING:
    from embogen.cohort.grade import Edition
    from embogen.cohort.schema import Variable

_POINTS: Final = 1.0
"""Percentage points by which a recorded burden may differ from the derived one."""
_UNIT_TOLERANCE: Final = 0.05
"""Relative difference of one quantity in two units that rounding may explain."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A derived column: its declaration, a value for each patient, what must be read with it."""

    variable: Variable
    values: list[Any]
    caveats: tuple[Caveat, ...] = ()


def _column(cohort: Cohort, name: str) -> list[Any]:
    table = cohort.patients
    return table[name].to_list() if name in table.columns else [None] * table.height


def grades(variable: Variable, edition: Edition, cohort: Cohort) -> Derived:
    """Derive the WHO grade, or with its classes allowed the class, of each patient.

    Examples
    --------
    >>> import polars as pl
    >>> from embogen.cohort.schema import Variable
    >>> table = pl.DataFrame({"patient_id": ["a", "b"], "ki67_percent": [2.5, 30.0],
    ...                       "who_grade": ["2", "3"]})
    >>> found = grades(Variable("", "category", "", allowed=("1", "2", "3")), "2019", Cohort(table))
    >>> found.values, [item.code for item in found.caveats]
    (['1', '3'], ['grade_disagrees', 'grade_uncertain'])
    """
    found = [
        who_grade(ki67, mitoses, differentiation, edition)
        for ki67, mitoses, differentiation in zip(
            _column(cohort, "ki67_percent"),
            _column(cohort, "mitoses_per_2mm2"),
            _column(cohort, "differentiation"),
            strict=True,
        )
    ]
    by_grade = variable.allowed == ("1", "2", "3")
    values = [
        None if item.grade is None else str(item.grade) if by_grade else item.tumor_class
        for item in found
    ]
    recorded = _column(cohort, "who_grade")
    return Derived(
        variable,
        values,
        (*_disagreements(found, recorded, edition), *_uncertain(found, edition)),
    )


def _disagreements(
    found: Sequence[WhoGrade], recorded: Sequence[str | None], edition: str
) -> tuple[Caveat, ...]:
    """Count patients whose recorded grade is not the derived one."""
    both = [
        (was, str(item.grade))
        for was, item in zip(recorded, found, strict=True)
        if was is not None and item.grade is not None
    ]
    differ = Counter(pair for pair in both if pair[0] != pair[1])
    if not differ:
        return ()
    n = differ.total()
    kinds = "; ".join(
        f"recorded {was}, derived {now}: {count}" for (was, now), count in sorted(differ.items())
    )
    message = (
        f"The recorded grade (who_grade) is not the one Ki-67 and mitoses give by the WHO "
        f"classification of {edition} in {n} of {len(both)} patients with both ({kinds})."
    )
    return (Caveat("grade_disagrees", message, {"differ": n, "compared": len(both)}, "who_grade"),)


def _uncertain(found: Sequence[WhoGrade], edition: str) -> tuple[Caveat, ...]:
    """Count grades that rest on one index, or on a differentiation nobody recorded."""
    counts = {
        "contradict": sum(item.contradiction for item in found),
        "unknown_differentiation": sum(
            item.tumor_class == "G3, differentiation unknown" for item in found
        ),
        "one_index": sum(item.one_index for item in found),
        "underived": sum(item.grade is None and not item.contradiction for item in found),
    }
    words = {
        "contradict": "are poorly differentiated with indices of grade 1 or 2, a contradiction, "
        "and have no derived grade",
        "unknown_differentiation": "are over 20% of unknown differentiation, NET G3 or carcinoma",
        "one_index": "were graded by Ki-67 or mitoses alone, and the other might be higher",
        "underived": "have neither index, and no derived grade",
    }
    said = [f"{n} {words[key]}" for key, n in counts.items() if n]
    if not said:
        return ()
    message = f"WHO grade of {edition}: of {len(found)} patients {'; '.join(said)}."
    return (Caveat("grade_uncertain", message, counts, "who_grade"),)


def burden(variable: Variable, cutpoints: Sequence[float], cohort: Cohort) -> Derived:
    """Derive hepatic tumour burden, in per cent or in classes, of each patient.

    Raises
    ------
    DataError
        Naming every row whose tumour is larger than its liver.
    """
    values: list[float | None] = []
    problems: list[DataProblem] = []
    volumes = zip(
        _column(cohort, "tumor_volume_ml"),
        _column(cohort, "liver_volume_ml"),
        _column(cohort, SOURCE_ROW),
        strict=True,
    )
    for tumor, liver, row in volumes:
        values.append(None)
        if tumor is None or liver is None:
            continue
        try:
            values[-1] = tumor_burden_percent(tumor, liver)
        except ValueError:
            problems.append(_too_large(cohort, tumor, liver, row))
    if problems:
        raise DataError(problems)
    caveats = _burden_disagreements(values, _column(cohort, "hepatic_tumor_burden_percent"))
    if cutpoints:
        classes = [None if v is None else class_of(v, cutpoints) for v in values]
        return Derived(variable, classes, caveats)
    return Derived(variable, values, caveats)


def _too_large(cohort: Cohort, tumor: float, liver: float, row: int | None) -> DataProblem:
    return DataProblem(
        cohort.file("patients"),
        f"mL of tumour is more than the liver of {liver:g} mL it lies in",
        "Correct one of the two volumes.",
        row=row,
        column=cohort.headers.get("patients.tumor_volume_ml", "tumor_volume_ml"),
        value=f"{tumor:g}",
    )


def _burden_disagreements(
    derived: Sequence[float | None], recorded: Sequence[float | None]
) -> tuple[Caveat, ...]:
    both = [
        abs(now - was)
        for was, now in zip(recorded, derived, strict=True)
        if was is not None and now is not None
    ]
    n = sum(gap > _POINTS for gap in both)
    if not n:
        return ()
    message = (
        f"The recorded hepatic_tumor_burden_percent is over {_POINTS:g} percentage point off the "
        f"burden the volumes give in {n} of {len(both)} patients with both."
    )
    evidence = {"differ": n, "compared": len(both), "largest_points": max(both)}
    return (Caveat("burden_disagrees", message, evidence, "hepatic_tumor_burden_percent"),)


def albi(variable: Variable, cohort: Cohort) -> Derived:
    """Derive the ALBI score, or with grades allowed the grade, of each patient.

    Raises
    ------
    DataError
        Naming every row that gives bilirubin or albumin in two units that do not agree.
    """
    problems: list[DataProblem] = []
    bilirubin = _in_one_unit(
        cohort, ("bilirubin_umol_l", "bilirubin_mg_dl"), bilirubin_umol_l, problems
    )
    albumin = _in_one_unit(cohort, ("albumin_g_l", "albumin_g_dl"), albumin_g_l, problems)
    if problems:
        raise DataError(problems)
    scores = [
        None if first is None or second is None else albi_score(first, second)
        for first, second in zip(bilirubin, albumin, strict=True)
    ]
    if variable.type == "number":
        return Derived(variable, scores)
    return Derived(variable, [None if v is None else str(albi_grade(v)) for v in scores])


def _in_one_unit(
    cohort: Cohort,
    names: tuple[str, str],
    convert: Callable[[float], float],
    problems: list[DataProblem],
) -> list[float | None]:
    """Join a quantity given in two units; where both are given they must agree."""
    values: list[float | None] = []
    rows = _column(cohort, SOURCE_ROW)
    columns = (_column(cohort, name) for name in names)
    for first, second, row in zip(*columns, rows, strict=True):
        other = None if second is None else convert(second)
        values.append(other if first is None else first)
        if first is None or other is None or abs(first - other) <= _UNIT_TOLERANCE * first:
            continue
        problems.append(
            DataProblem(
                cohort.file("patients"),
                f"does not agree with {names[1]}, which is {other:.4g} in the same unit",
                "Correct one of the two cells, or empty it.",
                row=row,
                column=cohort.headers.get(f"patients.{names[0]}", names[0]),
                value=f"{first:g}",
            )
        )
    return values
