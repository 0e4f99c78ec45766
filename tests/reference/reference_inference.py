"""Permutation and multiplicity blocks of the reference cases."""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np
from reference_model import Case, Findings

from embogen.inference.multiplicity import adjust_p_values
from embogen.inference.permutation import permutation_test


def permuted_logrank(case: Case, name: str, block: dict[str, Any], found: Findings) -> None:
    """The linear log-rank statistic over every relabelling of the last word's column.

    The block does not say which rows it is about: they are the leading ones, as many as have the
    number of relabellings it counts (14 of the 26 patients, 7 of them carriers, in case p13).
    """
    column = name.removeprefix("exact_permutation_logrank_")
    surv, kept = case.surv()
    carriers = case.column(column)[kept]
    carriers = (carriers == carriers.max()).astype(float)
    rows = next(
        (m for m in range(2, surv.n + 1) if comb(m, int(carriers[:m].sum())) == block["n_perm"]),
        surv.n,
    )
    surv, carriers = surv.take(np.arange(rows)), carriers[:rows]
    exact = permutation_test(surv, carriers, statistic="score")
    mid = permutation_test(surv, carriers, statistic="score", mid_p=True)
    found.true(f"{name}.enumerated", exact.method == "enumerated")
    ours = {
        "U": exact.observed,
        "n_perm": exact.n_permutations,
        "p_two_sided": exact.p_value,
        "p_upper": exact.p_upper,
        "p_lower": exact.p_lower,
        "mid_p_two_sided": mid.p_value,
        "perm_var": exact.score_variance,
    }
    for key, value in block.items():
        found.same(f"{name}.{key}", ours[key], value)


def adjusted(case: Case, name: str, block: dict[str, Any], found: Findings) -> None:
    """Adjusted p-values, named by the first column of text."""
    names = tuple(str(gene) for gene in case.data["gene"])
    result = adjust_p_values(np.array(case.data["p"], dtype=float), name, names=names)  # type: ignore[arg-type] # the block's name is the method
    for gene, value in zip(result.names, result.adjusted, strict=True):
        found.same(f"{name}.{gene}", value, block[gene])


CHECKS = {
    r"exact_permutation_logrank_.*": permuted_logrank,
    r"bonferroni|holm|hochberg|BH|BY": adjusted,
}
