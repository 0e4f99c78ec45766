"""Bootstrap validation: R's loop over given resamples, slow loops, and what must hold."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from embogen import Design, Surv, fit_cox
from embogen.errors import DataError, NotEstimable
from embogen.inference.concordance import concordance, cox_concordance
from embogen.inference.validation import validate_cox

DATA = json.loads(
    (Path(__file__).parents[1] / "reference" / "validation_of_cox.json").read_text("utf-8")
)
DRAWS = np.array(DATA["draws"])
NAMES = ["gene", "grade", "volume"]
SITE = np.array(DATA["site"])


def cohort():
    columns = np.column_stack([DATA[name] for name in NAMES]).astype(float)
    return Surv(DATA["time"], DATA["event"]), Design.from_arrays(columns, NAMES)


@pytest.mark.parametrize("run", DATA["runs"], ids=lambda run: f"{run['ties']}-{run['stratified']}")
def test_each_resample_is_that_of_r(run):
    surv, design = cohort()
    options = {"strata": SITE if run["stratified"] else None, "ties": run["ties"]}
    for b, draw in enumerate(DRAWS):
        found = validate_cox(surv, design, resamples=draw[None, :], **options)
        assert found.concordance.apparent == pytest.approx(run["apparent"], rel=1e-12)
        assert found.concordance.in_resamples == pytest.approx(run["in_resample"][b], rel=1e-12)
        assert found.concordance.in_data == pytest.approx(run["in_data"][b], rel=1e-12)
        assert found.slope.in_data == pytest.approx(run["slope"][b], rel=1e-8)


@pytest.mark.parametrize("run", DATA["runs"], ids=lambda run: f"{run['ties']}-{run['stratified']}")
def test_the_correction_is_the_mean_over_resamples(run):
    surv, design = cohort()
    strata = SITE if run["stratified"] else None
    found = validate_cox(surv, design, resamples=DRAWS, strata=strata, ties=run["ties"])
    gap = np.array(run["in_resample"]) - np.array(run["in_data"])
    assert found.concordance.optimism == pytest.approx(gap.mean(), rel=1e-10)
    assert found.concordance.corrected == pytest.approx(run["apparent"] - gap.mean(), rel=1e-10)
    assert found.concordance.standard_error == pytest.approx(gap.std(ddof=1) / len(gap) ** 0.5)
    assert found.slope.corrected == pytest.approx(np.mean(run["slope"]), rel=1e-8)
    assert (found.n_resamples, found.n_left_out, found.seed) == (len(DRAWS), 0, None)


def slow(surv, design, draws, penalty=None):
    """Fit, rank and calibrate each resample through the public functions."""
    rows = []
    for draw in draws:
        entry = None if surv.entry is None else surv.entry[draw]
        again = Surv(surv.time[draw], surv.event[draw], entry)
        there = Design(design.matrix[draw], design.terms)
        fit = fit_cox(again, there, penalty=penalty)
        lp = sum(
            design.matrix[:, k] * (fit.coef[k] if np.isfinite(fit.coef[k]) else 0.0)
            for k in range(design.matrix.shape[1])
        )
        slope = fit_cox(surv, Design.from_arrays(lp, ["lp"])).coef[0]
        rows.append(
            [
                cox_concordance(fit, again, there).estimate.value,
                concordance(surv, lp).estimate.value,
                slope,
            ]
        )
    return np.array(rows)


@pytest.mark.parametrize("penalty", [None, "firth"])
@pytest.mark.parametrize("late", [False, True])
def test_delayed_entry_and_penalty_are_those_of_a_slow_loop(penalty, late):
    surv, design = cohort()
    if late:
        entry = np.where(np.arange(surv.n) % 3 == 0, np.maximum(surv.time / 3 - 5, 0.0), 0.0)
        surv = Surv(surv.time, surv.event, entry)
    draws = DRAWS[:20]
    found = validate_cox(surv, design, resamples=draws, penalty=penalty)
    expected = slow(surv, design, draws, penalty).mean(axis=0)
    values = (found.concordance.in_resamples, found.concordance.in_data, found.slope.in_data)
    assert values == pytest.approx(expected, rel=1e-8)
    own = slow(surv, design, np.arange(surv.n)[None, :], penalty)[0]
    assert found.slope.apparent == pytest.approx(own[2], rel=1e-8)
    assert found.slope.corrected == found.slope.in_data
    assert found.slope.optimism == pytest.approx(own[2] - expected[2], rel=1e-6)
    assert (found.slope.apparent != 1.0) == (penalty == "firth")


def test_what_is_drawn_does_not_depend_on_the_order_of_rows():
    surv, design = cohort()
    one = validate_cox(surv, design, rng=np.random.default_rng(3), replicates=50)
    order = np.random.default_rng(8).permutation(surv.n)
    turned = Design(design.matrix[order], design.terms)
    other = validate_cox(surv.take(order), turned, rng=np.random.default_rng(3), replicates=50)
    assert one.concordance.corrected == pytest.approx(other.concordance.corrected, rel=1e-12)
    assert one.slope.corrected == pytest.approx(other.slope.corrected, rel=1e-9)
    assert one.seed == other.seed
    another = validate_cox(surv, design, rng=np.random.default_rng(4), replicates=50)
    assert another.concordance.corrected != one.concordance.corrected


def test_units_do_not_matter():
    surv, design = cohort()
    scaled = Design(design.matrix * [1e6, 1e-6, 1.0] + [0.0, 1e3, 0.0], design.terms)
    one, other = (validate_cox(surv, item, resamples=DRAWS) for item in (design, scaled))
    assert one.concordance.optimism == pytest.approx(other.concordance.optimism, rel=1e-9)
    assert one.slope.optimism == pytest.approx(other.slope.optimism, rel=1e-7)


def test_noise_is_found_out():
    """Ten columns that mean nothing look like something, and are corrected to nothing."""
    rng = np.random.default_rng(12)
    surv = Surv(rng.exponential(100, 60), np.ones(60))
    noise = Design.from_arrays(rng.normal(size=(60, 10)), [f"x{i}" for i in range(10)])
    found = validate_cox(surv, noise, rng=rng, replicates=200)
    assert found.concordance.apparent > 0.6
    assert found.concordance.corrected < found.concordance.apparent - 0.05
    assert found.slope.corrected < 0.5


def rare():
    """One of three carriers has the event late; without him no maximum exists."""
    x = np.zeros(12)
    x[[0, 1, 9]] = 1.0
    return Surv(np.arange(1, 13), np.ones(12)), Design.from_arrays(x, ["gene"])


def test_resamples_without_finite_estimates_are_counted_and_a_penalty_keeps_them():
    surv, design = rare()
    found = validate_cox(surv, design, rng=np.random.default_rng(1), replicates=100)
    assert 10 < found.n_left_out < 100
    (caveat,) = [item for item in found.caveats if item.code == "resamples_left_out"]
    assert caveat.evidence == {"left_out": found.n_left_out, "resamples": 100}
    kept = validate_cox(surv, design, rng=np.random.default_rng(1), replicates=100, penalty="firth")
    assert kept.n_left_out < found.n_left_out / 2
    assert kept.penalty == "firth"


def test_a_model_without_finite_estimates_is_not_validated():
    surv = Surv(np.arange(1, 9), np.ones(8))
    design = Design.from_arrays([1, 1, 1, 0, 0, 0, 0, 0], ["gene"])
    with pytest.raises(NotEstimable, match="separated"):
        validate_cox(surv, design, rng=np.random.default_rng(1))
    constant = Design.from_arrays(np.ones(8), ["one"])
    with pytest.raises(NotEstimable, match="no finite estimates"):
        validate_cox(surv, constant, rng=np.random.default_rng(1))
    with pytest.raises(NotEstimable, match="no_events"):
        validate_cox(Surv([1, 2], [0, 0]), Design.from_arrays([0, 1], ["x"]), resamples=[[0, 1]])


def test_resamples_of_one_patient_leave_nothing():
    surv, design = cohort()
    with pytest.raises(NotEstimable, match="no resample"):
        validate_cox(surv, design, resamples=np.zeros((3, 35), dtype=int))


@pytest.mark.parametrize("bad", [[[0, 99]], [[-1, 0]], [0, 1], [], [["a"]]])
def test_resamples_must_be_rows(bad):
    surv, design = cohort()
    with pytest.raises(DataError, match="row numbers from 0 to 34"):
        validate_cox(surv, design, resamples=bad)


def test_random_numbers_have_a_source():
    surv, design = cohort()
    with pytest.raises(DataError, match="source of random numbers"):
        validate_cox(surv, design)
    late = Surv(np.arange(1.0, 6.0), np.ones(5), [0, 0, 0, 0, 5.0 - 1e-12])
    with pytest.raises(DataError, match="never at risk"):
        validate_cox(late, Design.from_arrays([0, 1, 0, 1, 1], ["x"]), resamples=[[0, 1, 2]])
