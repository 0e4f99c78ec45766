"""The calibration of other endpoints: the public functions themselves, one study at a time."""

from __future__ import annotations

import numpy as np
from calibration_adjusted import GENE, p_of
from calibration_alone import Shares, rejected
from calibration_studies import N, Setting

from embogen.errors import EmbogenError
from embogen.inference.association import Factor
from embogen.inference.cox import fit_cox
from embogen.inference.design import Design
from embogen.inference.fine_gray import fine_gray
from embogen.inference.gray import gray_test
from embogen.inference.landmark import landmark_association
from embogen.inference.max_t import max_t_test
from embogen.inference.ph_test import proportional_hazards
from embogen.inference.rmst import rmst
from embogen.surv import Surv

P = dict[str, float]


def genotype(rng: np.random.Generator, k: int) -> np.ndarray:
    column = np.zeros(N)
    column[rng.choice(N, k, replace=False)] = 1.0
    return column


def study(rng: np.random.Generator, setting: Setting) -> Surv:
    hit, censored = rng.exponential(200.0, N), rng.exponential(200.0 * setting.censoring, N)
    return Surv(np.ceil(np.minimum(hit, censored)), hit <= censored)


def competing(rng: np.random.Generator, x: np.ndarray, setting: Setting) -> P:
    """Three in four events are progressions, the others deaths without one."""
    surv = study(rng, setting)
    cause = np.where(rng.random(N) < 0.75, 1, 2)
    surv = Surv(surv.time, surv.event * cause, None, ("progression", "death"))
    fit = fine_gray(surv, Design.from_arrays(x, [GENE])).estimates[0]
    return {
        "Gray": p_of(gray_test(surv, x.astype(int)).p_value),
        "Fine-Gray, robust Wald": p_of(fit.hr.p_value),
    }


def landmark(rng: np.random.Generator, x: np.ndarray, setting: Setting) -> P:
    grade = rng.permutation(np.repeat([1.0, 2.0, 3.0], [11, 14, 10]))
    confounders = (Design.from_arrays(grade, ["grade"]), np.ones(N, dtype=bool))
    surv = study(rng, setting)
    found = landmark_association(surv, 182.0, [Factor(GENE, x)], confounders=confounders)
    return {
        "Fisher, event by 6 months": p_of(found.tables[0].odds_ratio.p_value),
        "Firth logistic with grade, event by 6 months": p_of(
            found.adjusted[0].fit.estimates[0].odds_ratio.p_value
        ),
    }


def restricted_mean(rng: np.random.Generator, x: np.ndarray, setting: Setting) -> P:
    name = "restricted mean difference, 6 months"
    try:
        found = rmst(study(rng, setting), 182.0, groups=x.astype(int))
    except EmbogenError:  # a curve ends before the horizon: nothing is printed
        return {name: 1.0}
    return {name: p_of(found.contrasts[0].difference.p_value)}


def hazards(rng: np.random.Generator, x: np.ndarray, setting: Setting) -> P:
    surv, design = study(rng, setting), Design.from_arrays(x, [GENE])
    name = "proportional hazards"
    try:
        test = proportional_hazards(fit_cox(surv, design), surv, design).covariates[0].test
    except EmbogenError:  # no finite estimate: nothing is printed
        return {name: 1.0}
    return {name: p_of(None if test is None else test.p_value)}


DRAWS = (competing, landmark, restricted_mean, hazards)


def other_shares(rng: np.random.Generator, setting: Setting, k: int, replicates: int) -> Shares:
    shares: Shares = {}
    for _ in range(replicates):
        x = genotype(rng, k)
        for draw in DRAWS:
            for name, p in draw(rng, x, setting).items():
                shares.setdefault(name, []).append(rejected(np.array([p])))
    return shares


def family_shares(rng: np.random.Generator, setting: Setting, replicates: int) -> Shares:
    """Four genes of the model study's frequencies, two of them often together."""
    shares: Shares = {}
    for _ in range(replicates):
        shared = rng.random(N) < 0.1
        genes = np.column_stack([shared | (rng.random(N) < q) for q in (0.23, 0.17, 0.17, 0.17)])
        found = max_t_test(
            study(rng, setting), genes.astype(float), list("ABCD"), rng=rng, n_permutations=1999
        )
        smallest = min(p_of(gene.p_step_down) for gene in found.genes)
        name = "max-T adjusted, smallest of 4 genes"
        shares.setdefault(name, []).append(rejected(np.array([smallest])))
    return shares
