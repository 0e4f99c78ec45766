"""Exchanging Schoenfeld residuals holds the level where the chi-square test does not."""

from __future__ import annotations

import numpy as np
import pytest

from embogen import Design, Surv, fit_cox
from embogen.errors import NotEstimable
from embogen.inference.ph_test import proportional_hazards


def shares(replicates: int, seed: int) -> tuple[float, float]:
    """How often the permutation and the chi-square test of a constant hazard ratio reject at 5%."""
    rng = np.random.default_rng(seed)
    gene = (np.arange(35) < 6).astype(float)
    design = Design.from_arrays(gene, ["gene"])
    permuted, chi_square = [], []
    for _ in range(replicates):
        time = np.ceil(rng.exponential(200.0 / np.where(gene == 1, 3.0, 1.0)))
        censoring = np.ceil(rng.exponential(1400.0, 35))
        surv = Surv(np.minimum(time, censoring), time <= censoring)
        try:
            result = proportional_hazards(
                fit_cox(surv, design), surv, design, rng=rng, max_draws=499, exceedances=100
            )
        except NotEstimable:
            continue
        item = result.covariates[0]
        if item.permutation is not None and item.test is not None:
            permuted.append(item.permutation.p_value)
            chi_square.append(item.test.p_value)
    assert len(permuted) > 0.95 * replicates
    return float(np.mean(np.array(permuted) <= 0.05)), float(np.mean(np.array(chi_square) <= 0.05))


@pytest.mark.parametrize(
    "replicates", [pytest.param(400), pytest.param(5000, marks=pytest.mark.slow)]
)
def test_six_carriers_of_35(replicates: int) -> None:
    permuted, chi_square = shares(replicates, 95)
    band = 4 * (0.05 * 0.95 / replicates) ** 0.5
    assert permuted <= 0.05 + band
    assert permuted >= 0.05 - band
    assert chi_square > permuted
