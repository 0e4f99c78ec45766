"""A patient is named exactly where trying all shows that leaving one out changes the picture."""

from __future__ import annotations

import numpy as np
import pytest

from embogen import Design, Surv, fit_cox
from embogen.inference import influence
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


def many(seed: int, carriers: int, log_hr: float):
    """12,000 patients, late entry, a gene that few carry and a covariate of everybody."""
    rng = np.random.default_rng(seed)
    n = 12_000
    gene = np.zeros(n)
    gene[:carriers] = 1.0
    age = rng.normal(size=n)
    entry = rng.uniform(0.0, 200.0, n)
    time = entry + rng.exponential(400.0, n) * np.exp(-log_hr * gene - 0.3 * age)
    surv = Surv(np.ceil(time), rng.random(n) < 0.7, np.floor(entry))
    return surv, Design.from_arrays(np.column_stack([gene, age]), ["DAXX", "age"])


@pytest.mark.parametrize("carriers", [2, 3, 5, 9, 30])
def test_of_many_patients_those_left_out_of_refits_would_have_said_nothing(
    carriers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    refits = []
    fit_without = influence._without
    monkeypatch.setattr(
        influence, "_without", lambda row, *given: refits.append(row) or fit_without(row, *given)
    )
    named = 0
    for seed, log_hr in ((1, 0.0), (2, 1.2), (3, 1.2), (4, 2.0)):
        surv, design = many(seed, carriers, log_hr)
        fit = fit_cox(surv, design)
        if fit.convergence.status != "ok":
            continue
        refits.clear()
        found = influence_caveats(fit, surv, design)
        few = len(refits)
        with monkeypatch.context() as all_of_them:
            all_of_them.setattr(influence, "EVERY_REFIT_UP_TO", surv.n)
            assert influence_caveats(fit, surv, design) == found
        assert few < len(refits) - few
        named += len(found)
    assert named > 0 or carriers > 3
