"""Designs of the calibration study beyond a gene alone: adjusted, stratified, other endpoints.

Each draws one study without an effect of the gene and gives the p-values embogen prints for it.
Run by benchmarks/calibration.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from embogen.errors import EmbogenError
from embogen.inference.adjusted_permutation import adjusted_permutation_test
from embogen.inference.association import Factor
from embogen.inference.cox import fit_cox
from embogen.inference.design import Design, Term
from embogen.inference.fine_gray import fine_gray
from embogen.inference.gray import gray_test
from embogen.inference.landmark import landmark_association
from embogen.inference.max_t import max_t_test
from embogen.inference.permutation import permutation_test
from embogen.inference.rmst import rmst
from embogen.surv import Surv

N = 35
Draw = Callable[[np.random.Generator], dict[str, float]]
GENE = Term("gene", "altered", "wild type", "binary")
SITES = np.repeat(["pancreas", "other"], [16, 19])


def study(rng: np.random.Generator, log_hazard: np.ndarray) -> Surv:
    hit = rng.exponential(200.0 * np.exp(-log_hazard))
    censored = rng.exponential(1400.0, N)
    return Surv(np.minimum(hit, censored), hit <= censored)


def genotype(rng: np.random.Generator, k: int) -> np.ndarray:
    column = np.zeros(N)
    column[rng.choice(N, k, replace=False)] = 1.0
    return column


def p_of(value: float | None) -> float:
    """A p-value that cannot be had rejects nothing."""
    return 1.0 if value is None or not np.isfinite(value) else float(value)


def adjusted(slope: float, per_grade: float) -> Draw:
    """A gene that goes with grade by `slope` on the logit scale, and a hazard by `per_grade`."""

    def draw(rng: np.random.Generator) -> dict[str, float]:
        grade = rng.permutation(np.repeat([1.0, 2.0, 3.0], [11, 14, 10]))
        x = np.zeros(N)
        while not 3 <= x.sum() <= 12:
            x = (rng.random(N) < 1 / (1 + np.exp(1.4 - slope * (grade - 2.0)))).astype(float)
        surv = study(rng, np.log(per_grade) * (grade - 2.0))
        options: dict[str, Any] = {
            "rng": rng, "max_enumerated": 200_000, "max_draws": 20_000, "exceedances": 400,
        }  # fmt: skip
        covariate = Design.from_arrays(grade, ["grade"])
        both = Design.from_arrays(np.column_stack([x, grade]), [GENE, "grade"])
        item = fit_cox(surv, both).estimates[0]
        firth = fit_cox(surv, both, penalty="firth").estimates[0]
        found = {
            "printed first (within levels, or residual)": lambda: adjusted_permutation_test(
                surv, x, covariate, **options
            ),
            "adjusted score, within grade": lambda: permutation_test(
                surv, x, covariates=covariate, within=grade, **options
            ),
            "residual score, all patients": lambda: permutation_test(
                surv, x, covariates=covariate, **options
            ),
        }
        rows = {name: p_of(test().p_value) for name, test in found.items()}
        return rows | {
            "Wald": p_of(item.hr.p_value),
            "likelihood ratio": p_of(item.lr_p_value),
            "score": p_of(item.score_p_value),
            "Firth, penalised likelihood ratio": p_of(firth.hr.p_value),
            "unadjusted permutation": p_of(permutation_test(surv, x, **options).p_value),
        }

    return draw


def stratified(rng: np.random.Generator) -> dict[str, float]:
    """Primary site as strata; the gene three times as frequent in one of them."""
    chance = np.where(SITES == "pancreas", 0.3, 0.1)
    x = np.zeros(N)
    while not 3 <= x.sum() <= 12:
        x = (rng.random(N) < chance).astype(float)
    surv = study(rng, np.where(SITES == "pancreas", 0.7, 0.0))
    options: dict[str, Any] = {
        "rng": rng, "max_enumerated": 200_000, "max_draws": 20_000, "exceedances": 400,
    }  # fmt: skip
    item = fit_cox(surv, Design.from_arrays(x, [GENE]), strata=SITES).estimates[0]
    return {
        "permuted within strata": permutation_test(surv, x, strata=SITES, **options).p_value,
        "Wald": p_of(item.hr.p_value),
        "likelihood ratio": p_of(item.lr_p_value),
        "score": p_of(item.score_p_value),
    }


def competing(rng: np.random.Generator) -> dict[str, float]:
    x = genotype(rng, 6)
    progression, death = rng.exponential(250.0, N), rng.exponential(900.0, N)
    censored = rng.exponential(1400.0, N)
    time = np.minimum(np.minimum(progression, death), censored)
    event = np.where(censored <= time, 0, np.where(progression <= death, 1, 2))
    surv = Surv(time, event, None, ("progression", "death"))
    design = Design.from_arrays(x, [GENE])
    fit = fine_gray(surv, design).estimates[0]
    return {
        "Gray": p_of(gray_test(surv, x.astype(int)).p_value),
        "Fine-Gray, robust Wald": p_of(fit.hr.p_value),
    }


def landmark(rng: np.random.Generator) -> dict[str, float]:
    x = genotype(rng, 9)
    found = landmark_association(study(rng, np.zeros(N)), 182.0, [Factor(GENE, x)])
    return {"Fisher, event by 6 months": p_of(found.tables[0].odds_ratio.p_value)}


def restricted_mean(rng: np.random.Generator) -> dict[str, float]:
    x = genotype(rng, 6)
    try:
        found = rmst(study(rng, np.zeros(N)), 180.0, groups=x.astype(int))
    except EmbogenError:  # a curve ends before the horizon: nothing is printed
        return {"restricted mean difference": 1.0}
    return {"restricted mean difference": p_of(found.contrasts[0].difference.p_value)}


def family(rng: np.random.Generator) -> dict[str, float]:
    """Four genes of the model study's frequencies, two of them often together."""
    shared = rng.random(N) < 0.1
    genes = np.column_stack([shared | (rng.random(N) < q) for q in (0.23, 0.17, 0.17, 0.17)])
    found = max_t_test(
        study(rng, np.zeros(N)), genes.astype(float), list("ABCD"), rng=rng, n_permutations=1999
    )
    smallest = min(p_of(gene.p_step_down) for gene in found.genes)
    return {"max-T adjusted, smallest of 4 (family-wise)": smallest}


OTHERS: dict[str, tuple[Draw, int]] = {
    "gene and grade unrelated": (adjusted(0.0, 2.0), 4000),
    "gene follows grade": (adjusted(1.5, 2.0), 4000),
    "gene follows grade closely": (adjusted(3.0, 3.0), 4000),
    "strata of primary site": (stratified, 4000),
    "competing risks, 6 carriers": (competing, 4000),
    "landmark, 9 carriers": (landmark, 4000),
    "restricted mean to 6 months, 6 carriers": (restricted_mean, 4000),
    "four genes": (family, 2000),
}
"""Each design with the studies simulated at full scale."""
