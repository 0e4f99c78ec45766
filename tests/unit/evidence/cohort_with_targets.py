"""A small cohort and the table it would print, for tests of the search."""

from __future__ import annotations

import numpy as np

from embogen.evidence.recompute import recompute
from embogen.evidence.reconstruct import CompactCohort
from embogen.evidence.targets import PrintedCohort, PrintedRow, Targets


def small_cohort() -> CompactCohort:
    """20 patients: gene A with early events, gene B with none of its own, grades 1 to 3."""
    event = np.ones(20, dtype=np.bool_)
    event[[3, 9, 14, 18]] = False
    gene_a = np.zeros(20)
    gene_a[[0, 1, 4, 5, 8, 12]] = 1
    gene_b = np.zeros(20)
    gene_b[[2, 7, 10, 16, 19]] = 1
    grade = np.array([3, 2, 3, 1, 3, 2, 1, 3, 2, 2, 3, 1, 2, 1, 2, 1, 1, 2, 1, 1], dtype=float)
    return CompactCohort(event, {"A": gene_a, "B": gene_b, "grade": grade})


def printed_by(cohort: CompactCohort, decimals: int) -> Targets:
    """Print the cohort's rows with a number of decimals."""
    empty = {term: PrintedRow(term, "1", "1", "1", "1") for term in cohort.covariates}
    grades = [str(int(value)) for value in sorted(set(cohort.covariates["grade"]))]
    counts = PrintedCohort(
        str(cohort.n),
        grade={
            level: str(int((cohort.covariates["grade"] == float(level)).sum())) for level in grades
        },
        altered={gene: str(int(cohort.covariates[gene].sum())) for gene in ("A", "B")},
    )
    blank = Targets("a test", counts, tuple(empty.values()), ("A", "grade"), (empty["A"],))
    figures = recompute(blank, cohort.event, cohort.covariates).figures
    values = [f"{figure.recomputed:.{decimals}f}" for figure in figures]
    rows = [values[at : at + 4] for at in range(0, len(values), 4)]
    terms = list(cohort.covariates)
    univariable = tuple(PrintedRow(term, *row) for term, row in zip(terms, rows[:3], strict=True))
    return Targets("a test", counts, univariable, ("A", "grade"), (PrintedRow("A", *rows[3]),))
