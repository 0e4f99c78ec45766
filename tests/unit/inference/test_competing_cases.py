"""Competing risks and restricted means against the figures of R in the shared cases."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embogen.inference.cause_specific import cause_specific_cox
from embogen.inference.competing import cumulative_incidence
from embogen.inference.design import Design
from embogen.inference.fine_gray import fine_gray
from embogen.inference.rmst import rmst
from embogen.surv import Surv

CLOSE = 1e-8
CAUSES = ("progression", "death")


def shared_case(root: Path, name: str) -> dict[str, Any]:
    named = os.environ.get("EMBOGEN_CASES")
    path = (Path(named) if named else root.parent / "shared" / "cases") / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"the shared case {name} is not here (EMBOGEN_CASES names its folder)")
    case: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return case


@pytest.fixture
def competing(repo_root: Path) -> dict[str, Any]:
    return shared_case(repo_root, "p17_competing_small")


def outcome(case: dict[str, Any]) -> Surv:
    return Surv(case["data"]["time"], case["data"]["cause"], causes=CAUSES)


def design(case: dict[str, Any]) -> Design:
    return Design.from_arrays(np.transpose([case["data"]["x"], case["data"]["z"]]), ["x", "z"])


def test_incidence_and_jackknife_errors_are_those_of_survfit(competing: dict[str, Any]) -> None:
    found = cumulative_incidence(outcome(competing))
    want = competing["expected"]["aalen_johansen"]
    for k, cause in enumerate(CAUSES, 1):
        curve = found.curve(cause)
        np.testing.assert_array_equal(curve.time, want["time"])
        np.testing.assert_array_equal(curve.n_risk, want["n_risk"])
        np.testing.assert_allclose(curve.incidence, want[f"cif{k}"], rtol=CLOSE)
        np.testing.assert_allclose(curve.std_error, want[f"se_ij_{k}"], rtol=CLOSE)
    first = found.curve("progression")
    np.testing.assert_allclose(first.ci_low, want["lower1"], rtol=CLOSE)
    np.testing.assert_allclose(first.ci_high, want["upper1"], rtol=CLOSE)


def test_aalen_errors_are_those_of_cuminc(competing: dict[str, Any]) -> None:
    found = cumulative_incidence(outcome(competing), variance="aalen")
    for k, cause in enumerate(CAUSES, 1):
        want = competing["expected"]["cuminc_aalen_var"][f"1 {k}"]
        curve = found.curve(cause)
        # cuminc lists each step twice, before and after it; the last of a time is after it
        after = {t: (f, v) for t, f, v in zip(want["time"], want["est"], want["var"], strict=True)}
        for time, (incidence, variance) in after.items():
            if time == 0:
                continue
            position = int(np.searchsorted(curve.time, time))
            assert curve.incidence[position] == pytest.approx(incidence, rel=CLOSE)
            assert curve.std_error[position] ** 2 == pytest.approx(variance, rel=CLOSE)


def test_gray_is_that_of_cuminc(competing: dict[str, Any]) -> None:
    found = cumulative_incidence(outcome(competing), groups=competing["data"]["x"])
    for k, test in enumerate(found.gray, 1):
        want = competing["expected"]["gray_test"][f"cause{k}"]
        assert test.statistic == pytest.approx(want["stat"], rel=CLOSE)
        assert test.p_value == pytest.approx(want["p"], rel=CLOSE)
        assert test.df == want["df"]


@pytest.mark.parametrize("k", [1, 2])
def test_fine_gray_is_that_of_finegray_rows(competing: dict[str, Any], k: int) -> None:
    fit = fine_gray(outcome(competing), design(competing), cause=CAUSES[k - 1])
    want = competing["expected"][f"fine_gray_finegray_cause{k}"]
    np.testing.assert_allclose(fit.coef, list(want["coef"].values()), rtol=CLOSE)
    robust = np.sqrt(np.diag(fit.covariance))
    np.testing.assert_allclose(robust, list(want["se_robust"].values()), rtol=CLOSE)
    model = np.sqrt(np.diag(fit.model_covariance))
    np.testing.assert_allclose(model, list(want["se_model"].values()), rtol=CLOSE)
    assert fit.loglik == pytest.approx(want["loglik"], rel=CLOSE)


@pytest.mark.parametrize("k", [1, 2])
def test_fine_gray_by_the_convention_of_crr(competing: dict[str, Any], k: int) -> None:
    surv = outcome(competing)
    fit = fine_gray(surv, design(competing), cause=CAUSES[k - 1], convention="crr")
    want = competing["expected"][f"fine_gray_crr_cause{k}"]
    # crr stops where a step promises less than 1e-6 of the likelihood, so its digits end there
    robust = np.sqrt(np.diag(fit.covariance))
    np.testing.assert_allclose(fit.coef, list(want["coef"].values()), rtol=1e-6)
    np.testing.assert_allclose(robust, list(want["se"].values()), rtol=1e-6)
    assert fit.loglik == pytest.approx(want["loglik"], rel=CLOSE)


@pytest.mark.parametrize("k", [1, 2])
def test_cause_specific_cox_is_that_of_coxph(competing: dict[str, Any], k: int) -> None:
    fit = cause_specific_cox(outcome(competing), design(competing), cause=CAUSES[k - 1]).fit
    want = competing["expected"][f"cause_specific_cox_efron_cause{k}"]
    np.testing.assert_allclose(fit.coef, list(want["coef"].values()), rtol=CLOSE)
    np.testing.assert_allclose(
        np.sqrt(np.diag(fit.covariance)), list(want["se"].values()), rtol=CLOSE
    )
    assert fit.loglik == pytest.approx(want["loglik"], rel=CLOSE)


@pytest.mark.parametrize("block", ["t365", "t600"])
def test_restricted_means_of_ovarian(repo_root: Path, block: str) -> None:
    case = shared_case(repo_root, "p18_rmst_ovarian")
    want = case["expected"][block]
    surv = Surv(case["data"]["time"], case["data"]["status"])
    found = rmst(surv, want["tau"], groups=case["data"]["rx"])
    np.testing.assert_allclose([g.mean.value for g in found.groups], want["rmst"], rtol=CLOSE)
    np.testing.assert_allclose([g.std_error for g in found.groups], want["se"], rtol=CLOSE)
    (contrast,) = found.contrasts
    difference, ratio = want["difference_2_minus_1"], want["ratio_2_over_1"]
    assert contrast.difference.value == pytest.approx(difference["est"], rel=CLOSE)
    assert contrast.std_error == pytest.approx(difference["se"], rel=CLOSE)
    assert contrast.difference.p_value == pytest.approx(difference["p"], rel=CLOSE)
    assert contrast.ratio.value == pytest.approx(ratio["est"], rel=CLOSE)
    for interval, limits in (
        (contrast.difference.interval, difference),
        (contrast.ratio.interval, ratio),
    ):
        assert interval is not None
        assert interval.low == pytest.approx(limits["lo"], rel=CLOSE)
        assert interval.high == pytest.approx(limits["hi"], rel=CLOSE)
