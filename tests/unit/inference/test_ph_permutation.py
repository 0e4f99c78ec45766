"""The permutation form of the test of proportional hazards, by going through orders with loops."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from embogen import Design, Surv, fit_cox
from embogen.inference.ph_test import ProportionalHazardsTest, proportional_hazards
from embogen.inference.residuals import cox_residuals


def cohort(seed: int, n: int = 9) -> tuple[Surv, Design]:
    rng = np.random.default_rng(seed)
    time = np.ceil(rng.exponential(20.0, n))
    event = rng.random(n) < 0.7
    x = np.column_stack([np.arange(n) % 2, rng.normal(50, 10, n).round()])
    return Surv(time, event), Design.from_arrays(x, ["gene", "age"])


def checked(surv: Surv, design: Design, **options: object) -> ProportionalHazardsTest:
    fit = fit_cox(surv, design)
    rng = np.random.default_rng(1)
    return proportional_hazards(fit, surv, design, transform="identity", rng=rng, **options)


def informative(surv: Surv, design: Design, columns: list[int], day: float) -> bool:
    """Whether those at risk on a day differ in any of the columns."""
    at_risk = design.matrix[surv.time >= day][:, columns]
    return bool((np.ptp(at_risk, axis=0) > 0).any())


def by_loops(surv: Surv, design: Design, columns: list[int]) -> tuple[int, float]:
    """Every order of the informative events, one by one; the form with R's inverse information."""
    fit = fit_cox(surv, design)
    residuals = cox_residuals(fit, surv, design)
    kept = [
        i
        for i, day in enumerate(residuals.event_time)
        if informative(surv, design, columns, float(day))
    ]
    g = residuals.event_time[kept]
    r = residuals.schoenfeld[kept][:, columns]
    inverse = np.linalg.inv(np.linalg.inv(fit.covariance)[np.ix_(columns, columns)])
    centred = g - g.mean()

    def statistic(order: tuple[int, ...]) -> float:
        u = sum(c * r[i] for c, i in zip(centred, order, strict=True))
        return float(u @ inverse @ u)

    every = [statistic(order) for order in itertools.permutations(range(len(g)))]
    observed = statistic(tuple(range(len(g))))
    return len(g), float(np.mean([value >= observed * (1 - 1e-9) for value in every]))


@pytest.mark.parametrize("seed", [1, 2, 5, 8, 13, 22])
def test_every_order_is_counted(seed: int) -> None:
    surv, design = cohort(seed)
    if fit_cox(surv, design).convergence.status != "ok":
        pytest.fail("take another seed: no finite estimates")
    result = checked(surv, design)
    for item, columns in (
        (result.covariates[0].permutation, [0]),
        (result.covariates[1].permutation, [1]),
        (result.overall_permutation, [0, 1]),
    ):
        m, p = by_loops(surv, design, columns)
        assert item is not None
        assert (item.method, item.n_informative) == ("enumerated", m)
        assert item.p_value == pytest.approx(p, abs=1e-12)


def test_draws_agree_with_counting_and_do_not_depend_on_rows_or_units() -> None:
    surv, design = cohort(3, 30)
    result = checked(surv, design)
    drawn = result.covariates[0].permutation
    assert drawn is not None
    assert drawn.method == "monte_carlo"
    assert drawn.p_interval is not None
    assert drawn.p_interval.low < drawn.p_value < drawn.p_interval.high
    order = np.random.default_rng(2).permutation(surv.n)
    shuffled = checked(
        Surv(surv.time[order] * 30, surv.event[order]),
        Design.from_arrays(design.matrix[order] * [1, 365], ["gene", "age"]),
    )
    assert shuffled.covariates[0].permutation.p_value == pytest.approx(drawn.p_value, abs=1e-12)
    alone = checked(surv, design, max_draws=50, exceedances=10_000)
    assert alone.covariates[0].permutation.n_permutations == 50


def test_a_p_value_does_not_move_with_the_terms_before_it() -> None:
    surv, design = cohort(3, 30)
    extra = np.random.default_rng(4).normal(size=30)
    columns = np.column_stack([design.matrix, extra])
    names = ["gene", "age", "size"]
    first = checked(surv, Design.from_arrays(columns, names))
    for order in itertools.permutations(range(3)):
        found = checked(surv, Design.from_arrays(columns[:, order], [names[i] for i in order]))
        mine = {item.covariate: item.permutation for item in found.covariates}
        for item in first.covariates:
            assert item.permutation.method == "monte_carlo"
            other = mine[item.covariate]
            assert other.p_value == item.permutation.p_value
            assert other.draws.seed == item.permutation.draws.seed
        assert found.overall_permutation.p_value == first.overall_permutation.p_value
    seeds = {item.permutation.draws.seed for item in first.covariates}
    assert len(seeds) == 3


def test_it_is_given_where_asked_for_and_defined_only() -> None:
    surv, design = cohort(3, 30)
    fit = fit_cox(surv, design)
    assert proportional_hazards(fit, surv, design).overall_permutation is None
    weights = np.full(30, 2.0)
    weighted = proportional_hazards(
        fit_cox(surv, design, weights=weights),
        surv,
        design,
        weights=weights,
        rng=np.random.default_rng(1),
    )
    assert weighted.overall_permutation is None
    few = Surv([1, 2, 3, 4], [1, 1, 0, 0])
    x = Design.from_arrays([1, 0, 1, 0], ["x"])
    result = checked(few, x)
    assert result.covariates[0].permutation is None
