"""The calibration with grade adjusted for, and with primary site as strata.

The gene has a given number of carriers and follows grade or site more or less closely. One outcome
serves many carrier sets: given how many carriers each grade has, any set within grades is as
likely as any other, so rates are taken over such sets, and averaged over outcomes and counts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from calibration_alone import Shares, rejected, upper_share
from calibration_studies import FEW, N, Setting, simulate

from embogen.inference.adjusted_permutation import (
    ENOUGH_PATIENTS,
    FEWEST_SETS,
    alike,
    informative_share,
)
from embogen.inference.cox import fit_cox
from embogen.inference.design import Design, Term
from embogen.inference.permutation_problem import PermutationProblem, prepare
from embogen.inference.permutation_run import statistics_of_sets
from embogen.surv import Surv
from embogen.survival.permutation import draw_sets
from embogen.survival.subsets import members_of_sets, sequence

SITES = np.repeat(["pancreas", "other"], [16, 19])
GRADES = np.repeat([1.0, 2.0, 3.0], [11, 14, 10])
GENE = Term("gene", "altered", "wild type", "binary")
FIRST = "**permutation (first): within grades where it can be, else residual score**"
WITHIN = "permuted within grades"
RESIDUAL = "residual score, permuted over all"


class Relation(NamedTuple):
    """Carriers, how outcomes arise, log odds of the gene and hazard ratio per grade."""

    setting: Setting
    k: int
    slope: float
    per_grade: float
    hazard_ratio: float = 1.0


def carriers(rng: np.random.Generator, k: int, weight: np.ndarray) -> np.ndarray:
    column = np.zeros(N)
    column[rng.choice(N, k, replace=False, p=weight / weight.sum())] = 1.0
    return column


def surv_of(
    rng: np.random.Generator, setting: Setting, log_hazard: np.ndarray
) -> tuple[Surv, np.ndarray]:
    outcome, patient = simulate(rng, setting, log_hazard)
    return Surv(outcome.time, outcome.event, outcome.entry), patient


def reference_of(rng: np.random.Generator, problem: PermutationProblem, drawn: int) -> np.ndarray:
    """Studentised scores, absolute, of all carrier sets where they are few, else of a draw."""
    if problem.n_sets <= drawn:
        chosen = members_of_sets(sequence(problem.pools)).astype(np.int64)
    else:
        chosen = some_sets(rng, problem, drawn)
    return np.abs(statistics_of_sets(problem, "studentised_score", chosen))


def some_sets(rng: np.random.Generator, problem: PermutationProblem, count: int) -> np.ndarray:
    pools = problem.laid_pools
    return draw_sets(pools, rng.random((count, int(pools.carriers.sum()))))


def p_of_sets(
    rng: np.random.Generator, problem: PermutationProblem, chosen: np.ndarray, drawn: int
) -> np.ndarray:
    """Permutation p-values of carrier sets of one outcome, all referred to one distribution."""
    observed = np.abs(statistics_of_sets(problem, "studentised_score", chosen))
    reference = reference_of(rng, problem, drawn)
    return upper_share(reference, observed, drawn=problem.n_sets > drawn)


def permuted_p(
    rng: np.random.Generator,
    study: tuple[Surv, np.ndarray, np.ndarray],
    count: int | None,
    drawn: int,
) -> dict[str, np.ndarray]:
    """P-values of the ways to permute, for `count` sets within grades or the observed one."""
    surv, x, grade = study
    design = Design.from_arrays(grade, ["grade"])
    within = prepare(surv, x, covariates=design, within=alike(design))
    residual = prepare(surv, x, covariates=design)
    alone = prepare(surv, x)
    if count is None:
        chosen = np.flatnonzero(within.drawn).astype(np.int64)[None, :]
    else:
        chosen = some_sets(rng, within, count)
    found = {
        WITHIN: p_of_sets(rng, within, chosen, drawn),
        RESIDUAL: p_of_sets(rng, residual, chosen, drawn),
        "not adjusted": p_of_sets(rng, alone, chosen, drawn),
    }
    return {FIRST: found[WITHIN if takes_within(within, x, alike(design)) else RESIDUAL]} | found


def takes_within(problem: PermutationProblem, x: np.ndarray, groups: np.ndarray) -> bool:
    """Say what `adjusted_permutation_test` decides."""
    return informative_share(x, groups) >= ENOUGH_PATIENTS and problem.n_sets >= FEWEST_SETS


def p_of(value: float | None) -> float:
    """A p-value that cannot be had rejects nothing."""
    return 1.0 if value is None or not np.isfinite(value) else float(value)


def model_p(surv: Surv, columns: np.ndarray, strata: np.ndarray | None) -> dict[str, float]:
    """P-values of the models embogen fits: the gene is the first column."""
    names = [GENE, "grade"][: columns.shape[1]]
    design = Design.from_arrays(columns, names)
    item = fit_cox(surv, design, strata=strata).estimates[0]
    firth = fit_cox(surv, design, strata=strata, penalty="firth").estimates[0]
    return {
        "Wald": p_of(item.hr.p_value),
        "likelihood ratio": p_of(item.lr_p_value),
        "score": p_of(item.score_p_value),
        "Firth, penalised likelihood ratio": p_of(firth.hr.p_value),
        "Firth, Wald": p_of(firth.wald.p_value if firth.wald is not None else None),
    }


def adjusted_study(
    rng: np.random.Generator, relation: Relation
) -> tuple[Surv, np.ndarray, np.ndarray]:
    """Draw outcome, gene and grade, rows in one order."""
    grade = rng.permutation(GRADES)
    x = carriers(rng, relation.k, np.exp(relation.slope * grade))
    hazard = np.log(relation.per_grade) * (grade - 2.0) + np.log(relation.hazard_ratio) * x
    surv, patient = surv_of(rng, relation.setting, hazard)
    return surv, x[patient], grade[patient]


def adjusted_shares(
    rng: np.random.Generator, relation: Relation, outcomes: int, fits: int
) -> tuple[Shares, float]:
    """Rejection without an effect of the gene, and how often the exact test is the one taken."""
    shares: Shares = {}
    exact = 0
    for _ in range(outcomes):
        surv, x, grade = adjusted_study(rng, relation)
        found = permuted_p(rng, (surv, x, grade), 300, 10_000)
        exact += found[FIRST] is found[WITHIN]
        for name, p in found.items():
            shares.setdefault(name, []).append(rejected(p))
        rows = [model_p(surv, np.column_stack([x, grade]), None)]
        rows += [
            model_p(surv, np.column_stack([shuffled(rng, x, grade), grade]), None)
            for _ in range(fits - 1)
        ]
        for name in rows[0]:
            shares.setdefault(name, []).append(rejected(np.array([row[name] for row in rows])))
    return shares, exact / outcomes


def shuffled(rng: np.random.Generator, x: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Permute within groups."""
    out = x.copy()
    for code in np.unique(groups):
        inside = np.flatnonzero(groups == code)
        out[inside] = rng.permutation(x[inside])
    return out


def adjusted_power(
    rng: np.random.Generator, relation: Relation, replicates: int
) -> tuple[Shares, float]:
    shares: Shares = {}
    exact = 0
    for _ in range(replicates):
        study = adjusted_study(rng, relation)
        found = permuted_p(rng, study, None, 4999)
        exact += found[FIRST] is found[WITHIN]
        for name, p in found.items():
            shares.setdefault(name, []).append(rejected(p)[:2])
    return shares, exact / replicates


def stratified_shares(
    rng: np.random.Generator, setting: Setting, k: int, outcomes: int, fits: int
) -> Shares:
    """Site as strata; the gene more frequent, the hazard higher, in one of them."""
    shares: Shares = {}
    pancreas = SITES == "pancreas"
    for _ in range(outcomes):
        x = carriers(rng, k, np.where(pancreas, 3.0, 1.0))
        surv, patient = surv_of(rng, setting, np.where(pancreas, 0.7, 0.0))
        x, site = x[patient], SITES[patient]
        problem = prepare(surv, x, strata=site)
        p = p_of_sets(rng, problem, some_sets(rng, problem, 300), 20_000)
        shares.setdefault("**permuted within strata (first)**", []).append(rejected(p))
        rows = [model_p(surv, shuffled(rng, x, site)[:, None], site) for _ in range(fits)]
        for name in rows[0]:
            shares.setdefault(name, []).append(rejected(np.array([row[name] for row in rows])))
    return shares


RELATIONS = tuple(
    Relation(setting, k, slope, 3.0 if slope > 2 else 2.0)
    for setting in (Setting("31 events", 7.0), FEW)
    for slope in (0.0, 1.5, 3.0)
    for k in (3, 6, 9, 17)
)
