"""Set the printed figures of a publication beside what this run found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embogen.errors import PlanError, PlanProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.evidence.comparison import Comparison
    from embogen.inference.result_row import ResultRow
    from embogen.study.parse import Study


def compare_published(study: Study, rows: Sequence[ResultRow]) -> Comparison | None:
    """Compare with the file of printed figures named in the plan, if one is.

    Raises
    ------
    PlanError
        When the file of printed figures is not there.
    DataError
        When it does not hold what a file of printed figures must.
    """
    from embogen.evidence.comparison import compare  # noqa: PLC0415 - only such studies need it
    from embogen.evidence.targets import read_targets  # noqa: PLC0415 - same

    section = study.plan.published
    if section is None:
        return None
    path = study.folder / section.file
    if not path.is_file():
        message = f'there is no file "{section.file}" beside the study file'
        raise PlanError([PlanProblem("published.file", message, "Correct the name.")])
    analyses = {
        "baseline": section.baseline,
        "genes": section.genes,
        "univariable": section.univariable,
        "multivariable": section.multivariable,
    }
    return compare(read_targets(path), rows, analyses=analyses)
