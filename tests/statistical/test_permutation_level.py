"""Permutation tests hold their level; drawing and stopping early does not change that."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy.stats import kstest

from embogen.inference.max_t import max_t_test
from embogen.inference.max_t_panel import max_t_panel
from embogen.inference.max_t_panel_problem import PanelGenotypes
from embogen.inference.monte_carlo import from_uniforms, go_on, start
from embogen.inference.permutation import permutation_test
from embogen.surv import Surv

LEVELS = (0.05, 0.01)


def band(level: float, replicates: int) -> float:
    """Four Monte Carlo standard errors above the level: one false alarm in 30,000 runs."""
    return level + 4 * (level * (1 - level) / replicates) ** 0.5


def study(rng: np.random.Generator, n: int) -> Surv:
    time = np.ceil(rng.exponential(200.0, n))
    censoring = np.ceil(rng.exponential(1400.0, n))
    return Surv(np.minimum(time, censoring), time <= censoring)


def sizes(replicates: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    p: dict[str, list[float]] = {"exact": [], "drawn": [], "stratified": []}
    for _ in range(replicates):
        surv = study(rng, 35)
        x = np.isin(np.arange(35), rng.choice(35, 6, replace=False)).astype(float)
        p["exact"].append(permutation_test(surv, x).p_value)
        drawn = permutation_test(
            surv, x, method="monte_carlo", rng=rng, exceedances=20, max_draws=999
        )
        p["drawn"].append(drawn.p_value)
        p["stratified"].append(permutation_test(surv, x, strata=np.arange(35) % 3).p_value)
    return {name: np.array(values) for name, values in p.items()}


@pytest.mark.parametrize(
    "replicates", [pytest.param(250), pytest.param(5000, marks=pytest.mark.slow)]
)
def test_six_carriers_of_35_are_rejected_no_more_often_than_the_level(replicates: int) -> None:
    for name, p in sizes(replicates, 91).items():
        for level in LEVELS:
            assert np.mean(p <= level) <= band(level, replicates), name
        assert 0.4 < np.median(p) < 0.6, name


def test_stopping_early_holds_the_level_exactly() -> None:
    # A test statistic that is itself uniform: its true p-value is 1 - statistic.
    replicates = 4000
    observed = np.random.default_rng(92).random(replicates)
    p = np.empty(replicates)
    for i, value in enumerate(observed):
        state = start(np.random.default_rng([93, i]), "")
        state = go_on(
            state,
            from_uniforms(lambda uniforms: uniforms[:, 0], 1),
            (value, 0.0),
            one_sided=False,
            max_draws=199,
            exceedances=10,
        )
        stopped = state.at_least >= 10
        p[i] = (state.at_least + (not stopped)) / (state.n_draws + (not stopped))
    for level in (0.05, 0.01):
        share = np.mean(p <= level + 1e-12)
        assert share == pytest.approx(level, abs=band(level, replicates) - level)


@pytest.mark.parametrize(
    "replicates", [pytest.param(300), pytest.param(5000, marks=pytest.mark.slow)]
)
def test_max_t_keeps_the_family_wise_error_of_genes_that_occur_together(replicates: int) -> None:
    rng = np.random.default_rng(94)
    test = partial(max_t_test, names=["A", "B", "C", "D", "E"], rng=rng, n_permutations=199)
    smallest = []
    for _ in range(replicates):
        shared = rng.random((35, 1)) < 0.2
        genes = (shared | (rng.random((35, 5)) < 0.15)).astype(float)
        genes[rng.random((35, 5)) < 0.1] = np.nan
        found = test(study(rng, 35), genes)
        smallest.append(min(gene.p_step_down or 1.0 for gene in found.genes))
    for level in LEVELS:
        assert np.mean(np.array(smallest) <= level + 1e-12) <= band(level, replicates)


@pytest.mark.parametrize(
    "replicates", [pytest.param(400), pytest.param(5000, marks=pytest.mark.slow)]
)
def test_max_t_over_a_panel_is_uniform_under_the_null_and_keeps_its_level(replicates: int) -> None:
    # 199 relabellings: under the null an own p-value is 1/200, ..., 200/200 but for ties
    rng = np.random.default_rng(95)
    names = ["A", "B", "C", "D", "E"]
    own, smallest = np.empty(replicates), np.empty(replicates)
    for i in range(replicates):
        scores = rng.normal(size=60) + np.repeat([0.0, 2.0], 30)
        shared = rng.random((60, 1)) < 0.2
        genes = (shared | (rng.random((60, 5)) < 0.15)).astype(float)
        genes[rng.random((60, 5)) < 0.1] = np.nan
        found = max_t_panel(
            scores,
            PanelGenotypes.from_matrix(genes, names),
            rng=rng,
            pools=np.repeat([0, 1], 30),
            n_permutations=199,
        )
        own[i] = found.genes[2].p_value
        smallest[i] = min(gene.p_step_down or 1.0 for gene in found.genes)
    assert kstest(own - rng.random(replicates) / 200, "uniform").pvalue > 1e-3
    for level in LEVELS:
        assert np.mean(smallest <= level + 1e-12) <= band(level, replicates)
    assert np.mean(smallest <= 0.2) == pytest.approx(0.2, abs=band(0.2, replicates) - 0.2)
