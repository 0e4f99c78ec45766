"""How often genes are altered in each of several groups of patients, such as primary sites."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.inference.design import Term
from embogen.inference.estimates import Estimate, Interval, SignificanceTest
from embogen.inference.group_tests import compare_counts, fisher_exact
from embogen.inference.multiplicity import CONTROLS, Adjustment, adjust_p_values
from embogen.inference.row_data import check_level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.inference.association import Factor


@dataclass(frozen=True, slots=True)
class GroupCell:
    """A gene in one group: altered of tested, with the exact interval of the share."""

    group: str
    n_altered: int
    n_tested: int
    n_unknown: int
    fraction: Estimate

    @property
    def empty(self) -> bool:
        """Whether nobody was tested, or nobody or everybody is altered."""
        return self.n_altered in {0, self.n_tested}


@dataclass(frozen=True, slots=True)
class GeneInGroups:
    """A gene over all groups.

    `test` compares the groups in which anybody was tested: Fisher's exact test (Freeman and
    Halton), or Pearson's chi-square test where there are too many tables to go through; None
    where there is nothing to compare.
    """

    term: Term
    cells: tuple[GroupCell, ...]
    test: SignificanceTest | None
    adjusted_p_value: float | None


@dataclass(frozen=True, slots=True)
class GeneByGroup:
    """Genes by group.

    Parameters
    ----------
    variable
        What divides the patients: ``Primary site``.
    groups, sizes
        Its levels in order, and the patients in each.
    genes
        One row for each gene.
    adjustment
        How p-values were adjusted for the number of genes; None when they were not.
    caveats
        What must be read with them.
    """

    variable: str
    groups: tuple[str, ...]
    sizes: tuple[int, ...]
    genes: tuple[GeneInGroups, ...]
    adjustment: str | None
    caveats: tuple[Caveat, ...]


def gene_by_group(
    factors: Sequence[Factor],
    groups: Sequence[str],
    *,
    variable: str,
    order: Sequence[str],
    adjustment: Adjustment | None = "holm",
    level: float = 0.95,
) -> GeneByGroup:
    """Compare how often each gene is altered between groups.

    Parameters
    ----------
    factors
        Genes of n patients: 1 altered, 0 wild type, NaN not tested.
    groups
        (n,) group of each patient.
    variable
        What divides them.
    order
        The groups in order; one nobody is in is kept, with empty cells.
    adjustment
        For the number of genes; None for none.
    level
        Confidence level.

    Returns
    -------
    GeneByGroup

    Raises
    ------
    DataError
        When lengths disagree, or a patient's group is not in `order`.

    Examples
    --------
    3 of 4 pancreatic and 1 of 4 other tumours altered: Fisher's p is 34/70.

    >>> from embogen.inference.association import Factor
    >>> gene = Factor(Term("DAXX"), np.array([1, 1, 1, 0, 1, 0, 0, 0.0]))
    >>> sites = ["pancreas"] * 4 + ["other"] * 4
    >>> found = gene_by_group([gene], sites, variable="Primary", order=["pancreas", "other"])
    >>> round(found.genes[0].test.p_value * 70, 6)
    34.0
    """
    problems: list[DataProblem] = []
    check_level(level, problems)
    for factor in factors:
        if len(factor.value) != len(groups):
            message = f"has {len(factor.value)} rows where there are {len(groups)} patients"
            problems.append(DataProblem("factors", message, column=factor.term.name))
    problems += [
        DataProblem("groups", f"is not one of {', '.join(order)}", value=stray)
        for stray in sorted(set(groups) - set(order))
    ]
    if problems:
        raise DataError(problems)
    labels = np.asarray(groups, dtype=np.str_)
    cells = [_cells(factor, labels, order, level) for factor in factors]
    tests = [_test(row) for row in cells]
    adjusted: list[float | None] = [None] * len(tests)
    if adjustment is not None and tests:
        p_values = [math.nan if test is None else test.p_value for test in tests]
        found = adjust_p_values(p_values, adjustment).adjusted
        adjusted = [None if math.isnan(value) else float(value) for value in found]
    genes = tuple(
        GeneInGroups(factor.term, row, test, after)
        for factor, row, test, after in zip(factors, cells, tests, adjusted, strict=True)
    )
    sizes = tuple(int((labels == group).sum()) for group in order)
    caveats = _caveats(genes, adjustment)
    return GeneByGroup(variable, tuple(order), sizes, genes, adjustment, caveats)


def _cells(
    factor: Factor,
    labels: np.ndarray[tuple[int], np.dtype[np.str_]],
    order: Sequence[str],
    level: float,
) -> tuple[GroupCell, ...]:
    from embogen.survival.two_by_two import clopper_pearson  # noqa: PLC0415 - light results

    cells = []
    for group in order:
        values = factor.value[labels == group]
        tested = int((~np.isnan(values)).sum())
        altered = int(np.nansum(values))
        fraction = Estimate(math.nan, None, None, "probability")
        if tested:
            interval = Interval(*clopper_pearson(altered, tested, level), level, "clopper_pearson")
            fraction = Estimate(altered / tested, interval, None, "probability")
        cells.append(GroupCell(group, altered, tested, len(values) - tested, fraction))
    return tuple(cells)


def _test(cells: Sequence[GroupCell]) -> SignificanceTest | None:
    """Compare the groups with anybody tested, exactly where that can be done."""
    counts = np.array([[c.n_altered, c.n_tested - c.n_altered] for c in cells if c.n_tested])
    if len(counts) < 2 or not counts.sum(axis=0).all():  # noqa: PLR2004 - a comparison needs two
        return None
    p = fisher_exact(counts)
    if p is not None:
        return SignificanceTest("fisher_exact", math.nan, None, p)
    return compare_counts(counts)[0]


def _caveats(genes: Sequence[GeneInGroups], adjustment: Adjustment | None) -> tuple[Caveat, ...]:
    out: list[Caveat] = []
    for gene in genes:
        name = gene.term.title or gene.term.name
        silent = [cell.group for cell in gene.cells if not cell.n_tested]
        flat = [cell for cell in gene.cells if cell.n_tested and cell.empty]
        if silent:
            message = f"{name}: nobody was tested in {', '.join(silent)}; these are not compared."
            out.append(Caveat("partial_panel", message, {"groups": len(silent)}, name))
        if flat:
            words = ", ".join(f"{c.group} ({c.n_altered} of {c.n_tested})" for c in flat)
            message = f"{name}: altered in none or all of those tested in {words}."
            out.append(Caveat("empty_cell", message, {"groups": len(flat)}, name))
    compared = sum(gene.test is not None for gene in genes)
    if compared > 1 and adjustment is None:
        message = f"{compared} genes were compared; the p-values are not adjusted for it."
        out.append(Caveat("multiple_testing", message, {"comparisons": compared}))
    elif compared > 1 and adjustment is not None:
        what = CONTROLS[adjustment].replace("_", " ").replace("family wise", "family-wise")
        message = f"p-values of {compared} genes are adjusted for it ({adjustment}: {what})."
        out.append(Caveat("adjusted_family", message, {"comparisons": compared}))
    return tuple(out)
