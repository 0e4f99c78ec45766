"""A patient is named exactly where trying all shows that leaving one out changes the picture."""

from __future__ import annotations

import numpy as np
import pytest

from embogen import Design, Surv, fit_cox
from embogen.inference.influence import LARGE, influence_caveats


def study(seed: int, n: int = 25):
    rng = np.random.default_rng(seed)
    surv = Surv(np.ceil(rng.exponential(100, n)), rng.random(n) < 0.8)
    columns = np.column_stack([rng.random(n) < 0.3, rng.normal(size=n)]).astype(float)
    return surv, Design.from_arrays(columns, ["DAXX", "age"]), rng.integers(0, 2, n)


def one_by_one(fit, surv, design, strata, k):
    """Give the largest change in standard errors, and the largest p-value, without a patient."""
    shifts, ps = [], []
    for i in range(surv.n):
        kept = np.arange(surv.n) != i
        fewer = Design(design.matrix[kept], design.terms)
        labels = None if strata is None else strata[kept]
        item = fit_cox(surv.take(kept), fewer, strata=labels).estimates[k]
        shifts.append(abs(item.coef - fit.coef[k]) / fit.estimates[k].se)
        ps.append(item.hr.p_value)
    return max(shifts), max(ps)


@pytest.mark.parametrize("stratified", [False, True])
def test_what_is_named_is_what_trying_everybody_finds(stratified: bool) -> None:
    named = 0
    for seed in range(12):
        surv, design, labels = study(seed)
        strata = labels if stratified else None
        fit = fit_cox(surv, design, strata=strata)
        if fit.convergence.status != "ok":
            continue
        found = {c.subject: c for c in influence_caveats(fit, surv, design, strata=strata)}
        for k, item in enumerate(fit.estimates):
            shift, p = one_by_one(fit, surv, design, strata, k)
            lost = item.hr.p_value <= 0.05 < p
            caveat = found.get(item.term.label)
            assert (caveat is not None) == (shift >= LARGE or lost)
            if caveat is not None:
                named += 1
                assert caveat.evidence["hr"] == item.hr.value
                if shift >= LARGE:
                    assert caveat.evidence["standard_errors"] == pytest.approx(shift, rel=1e-9)
    assert named >= 3


def test_nothing_is_said_of_fits_without_finite_estimates_or_with_a_penalty() -> None:
    surv = Surv([1, 2, 3, 4], [1, 1, 1, 1])
    design = Design.from_arrays([1, 0, 0, 0], ["DAXX"])
    assert influence_caveats(fit_cox(surv, design), surv, design) == ()
    surv, design, _ = study(1)
    assert influence_caveats(fit_cox(surv, design, penalty="firth"), surv, design) == ()


def test_the_message_names_no_row_and_no_patient() -> None:
    surv = Surv(np.arange(1, 11), np.ones(10))
    design = Design.from_arrays([1, 0, 0, 0, 0, 0, 0, 0, 1, 0], ["DAXX"])
    (caveat,) = influence_caveats(fit_cox(surv, design), surv, design)
    assert caveat.message.startswith("DAXX: without one patient (event on day 9)")
    assert "to inf" in caveat.message
