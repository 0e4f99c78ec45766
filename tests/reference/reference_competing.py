"""Competing-risks, restricted-mean and cumulative-hazard blocks of the reference cases.

`CHECKS` maps a form of block names to its check; each takes (case, name, block, findings).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from reference_model import Case, Findings

from embogen import Design, Surv
from embogen.inference.competing import cumulative_incidence
from embogen.inference.cumulative_hazard import nelson_aalen
from embogen.inference.fine_gray import fine_gray
from embogen.inference.gray import gray_test
from embogen.inference.rmst import rmst

CAUSES = ("1", "2")


def outcome(case: Case) -> Surv:
    entry = case.column(case.spec["entry"]) if "entry" in case.spec else None
    cause = case.column(case.spec["cause"])
    causes = CAUSES[: max(2, int(cause.max()))]
    return Surv(case.column(case.spec["time"]), cause, entry, causes)


def group_labels(case: Case) -> list[Any]:
    """The groups Gray's test compares: the spec's, or else its first covariate."""
    column = case.spec.get("group") or case.spec["covariates"][0]
    return list(case.data[column])


def incidence(case: Case, name: str, block: dict[str, Any], found: Findings) -> None:
    weights = case.column(case.spec["weights"]) if name.endswith("_weighted") else None
    result = cumulative_incidence(outcome(case), weights=weights)
    for k, cause in enumerate(CAUSES, 1):
        curve = result.curve(cause)
        found.same(f"{name}.cif{k}", curve.incidence, block[f"cif{k}"])
        found.same(f"{name}.se_ij_{k}", curve.std_error, block[f"se_ij_{k}"])
    curve = result.curve("1")
    found.same(f"{name}.time", curve.time, block["time"])
    if "n_risk" in block:
        found.same(f"{name}.n_risk", curve.n_risk, block["n_risk"])
    started = curve.incidence > 0  # before the first event R gives limits or none by version
    for key, ours in (("lower1", curve.ci_low), ("upper1", curve.ci_high)):
        found.same(f"{name}.{key}", ours[started], np.array(block[key])[started].tolist())


def aalen(case: Case, name: str, block: dict[str, Any], found: Findings) -> None:
    result = cumulative_incidence(outcome(case), variance="aalen")
    for key, want in block.items():
        curve = result.curve(key.split()[1])
        steps = {t: i for i, t in enumerate(want["time"]) if t > 0}  # the last of each time
        for t, i in steps.items():
            position = int(np.searchsorted(curve.time, t))
            found.same(f"{name}.{key}.est[{t}]", curve.incidence[position], want["est"][i])
            found.same(f"{name}.{key}.var[{t}]", curve.std_error[position] ** 2, want["var"][i])


def gray(case: Case, name: str, block: dict[str, Any], found: Findings) -> None:
    strata = case.data[case.spec["strata"]] if name.endswith("_strata") else None
    rho = 1.0 if name.endswith("_rho1") else 0.0
    for key, want in block.items():
        cause = key.removeprefix("cause")
        test = gray_test(outcome(case), group_labels(case), cause=cause, strata=strata, rho=rho)
        found.same(f"{name}.{key}.stat", test.statistic, want["stat"])
        found.same(f"{name}.{key}.df", test.df, want["df"])
        # R takes the p-value as 1 - pchisq(), which loses digits
        found.same(f"{name}.{key}.p", test.p_value, want["p"])


def subdistribution(case: Case, name: str, block: dict[str, Any], found: Findings) -> None:
    """Rows of finegray through coxph with cluster, or crr."""
    columns = [case.column(column) for column in case.spec["covariates"]]
    design = Design.from_arrays(np.column_stack(columns), case.spec["covariates"])
    words = name.split("_")
    fit = fine_gray(
        outcome(case),
        design,
        cause=words[-1].removeprefix("cause"),
        ties="efron" if "efron" in words else "breslow",
        strata=case.data[case.spec["strata"]] if "strata" in words else None,
        weights=case.column(case.spec["weights"]) if "weighted" in words else None,
        convention="crr" if "crr" in words else "finegray",
    )
    found.same(f"{name}.loglik", fit.loglik, block["loglik"])
    robust, model = np.sqrt(np.diag(fit.covariance)), np.sqrt(np.diag(fit.model_covariance))
    for k, column in enumerate(case.spec["covariates"]):
        found.same(f"{name}.coef.{column}", fit.coef[k], block["coef"][column])
        for key, ours in (("se_robust", robust), ("se", robust), ("se_model", model)):
            if key in block:
                found.same(f"{name}.{key}.{column}", ours[k], block[key][column])


def restricted(case: Case, name: str, block: dict[str, Any], found: Findings) -> None:
    surv = Surv(case.column(case.spec["time"]), case.column(case.spec["event"]))
    result = rmst(surv, block["tau"], groups=case.data[case.spec["group"]])
    found.same(f"{name}.rmst", [g.mean.value for g in result.groups], block["rmst"])
    found.same(f"{name}.se", [g.std_error for g in result.groups], block["se"])
    (contrast,) = result.contrasts
    difference, ratio = block["difference_2_minus_1"], block["ratio_2_over_1"]
    found.same(f"{name}.difference.est", contrast.difference.value, difference["est"])
    found.same(f"{name}.difference.se", contrast.std_error, difference["se"])
    found.same(f"{name}.difference.p", contrast.difference.p_value, difference["p"])
    found.same(f"{name}.ratio.est", contrast.ratio.value, ratio["est"])
    for part, interval, want in (
        ("difference", contrast.difference.interval, difference),
        ("ratio", contrast.ratio.interval, ratio),
    ):
        assert interval is not None
        found.same(f"{name}.{part}.lo", interval.low, want["lo"])
        found.same(f"{name}.{part}.hi", interval.high, want["hi"])


def hazard(case: Case, name: str, block: dict[str, Any], found: Findings) -> None:
    surv = Surv(case.column(case.spec["time"]), case.column(case.spec["event"]))
    column = case.spec["group"]
    labels = [f"{column}={value}" for value in case.data[column]]
    ties = "one_by_one" if name.endswith("one_by_one") else "together"
    curves = nelson_aalen(surv, groups=labels, ties=ties).curves
    found.true(f"{name}.group", [c.group for c in curves for _ in c.time] == block["group"])
    for key, field in (("time", "time"), ("cumhaz", "hazard"), ("se", "std_error")):
        ours = np.concatenate([getattr(curve, field) for curve in curves])
        found.same(f"{name}.{key}", ours, block[key])


CHECKS = {
    r"aalen_johansen(_weighted)?": incidence,
    r"cuminc_aalen_var": aalen,
    r"gray_test(_strata|_rho1)?": gray,
    r"fine_gray_.*": subdistribution,
    r"t\d+": restricted,
    r"nelson_aalen_.*": hazard,
}
