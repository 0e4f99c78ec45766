"""Cox blocks of the reference cases."""

from __future__ import annotations

from typing import Any

import numpy as np
from reference_model import Case, Findings, Json
from reference_residuals import MORE, Model, compare_more

from embogen import CoxFit, DataError, Design, Surv, fit_cox, kaplan_meier

COX_KEYS = {
    "n", "nevent", "coef", "se", "z", "p", "hr", "hr_lo95", "hr_hi95", "loglik_null", "loglik",
    "df", "lr_test", "wald_test", "score_test", "vcov", "max_rel_error", "se_robust",
    "robust_score_test",
}  # fmt: skip


def fit_case(
    case: Case,
    *,
    ties: str = "efron",
    names: list[str] | None = None,
    with_entry: bool = True,
) -> CoxFit:
    """Fit the model of the case's spec to the rows that can be used."""
    return fit_model(case, ties=ties, names=names, with_entry=with_entry).fit


def fit_model(
    case: Case,
    *,
    ties: str,
    names: list[str] | None = None,
    with_entry: bool = True,
    robust: bool = False,
) -> Model:
    """Fit, and keep what was fitted."""
    spec = case.spec
    names = names or spec["covariates"]
    surv, kept = case.surv(with_entry=with_entry)
    try:
        design = case.design(names, kept)
    except DataError as error:  # rows with a missing covariate are named: leave those out
        missing = sorted({problem.row - 1 for problem in error.problems if problem.row})
        rest = np.setdiff1d(np.arange(len(kept)), missing)
        entry = None if surv.entry is None else surv.entry[rest]
        surv, kept = Surv(surv.time[rest], surv.event[rest], entry), kept[rest]
        design = case.design(names, kept)
    options: dict[str, Any] = {}
    if "strata" in spec:
        columns = [case.data[name] for name in spec["strata"]]
        options["strata"] = [" ".join(map(str, row)) for row in zip(*columns, strict=True)]
    for word in ("weights", "offset"):
        if word in spec:
            options[word] = case.column(spec[word])
    if robust:  # rows are their own clusters where the case names none
        options["cluster"] = case.data[spec["cluster"]] if "cluster" in spec else range(len(kept))
    options = {word: np.asarray(values)[kept] for word, values in options.items()}
    return Model(fit_cox(surv, design, ties=ties, **options), surv, design, options)


def compare_cox(
    where: str, fit: CoxFit, block: dict[str, Any], found: Findings, rel: float | None = None
) -> None:
    """Compare every key of a Cox block; `compare_more` sees to the rest."""
    terms = {item.term.label: item for item in fit.estimates}
    simple = {
        "n": fit.n,
        "nevent": fit.n_events,
        "loglik": fit.loglik,
        "loglik_null": fit.loglik_null,
    }
    per_term = {
        "coef": lambda e: e.coef,
        "se": lambda e: model_se[e.term],
        "se_robust": lambda e: e.se,
        "z": lambda e: e.z,
        "p": lambda e: e.hr.p_value,
        "hr": lambda e: e.hr.value,
        "hr_lo95": lambda e: e.hr.interval.low,
        "hr_hi95": lambda e: e.hr.interval.high,
    }
    model_se = dict(zip(fit.terms, np.sqrt(np.diag(fit.model_covariance)), strict=True))
    tests = {
        "lr_test": fit.lr_test,
        "wald_test": fit.wald_test,
        "score_test": fit.score_test,
        "robust_score_test": fit.robust and fit.robust.score_test,
    }
    for key, value in {k: v for k, v in block.items() if k not in MORE}.items():
        place = f"{where}.{key}"
        if key in simple:
            found.same(place, simple[key], value, rel)
        elif key in per_term:
            for name, theirs in value.items():
                found.same(f"{place}.{name}", per_term[key](terms[name]), theirs, rel)
        elif key in tests:
            found.same(f"{place}.stat", tests[key].statistic, value["stat"], rel)
            found.same(f"{place}.p", tests[key].p_value, value["p"], rel)
        elif key == "df":
            found.same(place, fit.lr_test.df, value)
        elif key == "vcov":
            kept = np.flatnonzero(np.isfinite(fit.coef))
            ours = fit.covariance[np.ix_(kept, kept)].tolist()
            found.same(place, np.ravel(ours), np.ravel(value).tolist(), rel)
        elif key != "max_rel_error":
            found.unknown.append(place)


def scaled(case: Case, name: str, block: dict[str, Any], found: Findings) -> None:
    """Units and origins of covariates and time."""
    surv, kept = case.surv()
    names = case.spec["covariates"]
    columns = case.design(names, kept).matrix
    changes = {
        "times_1e6": columns * 1e6,
        "times_1e_minus8": columns * 1e-8,
        "plus_1e7": columns + 1e7,
        "time_scale_times_1e6": columns,
    }
    if name == "time_scale_times_1e6":
        surv = Surv(surv.time * 1e6, surv.event)
    fit = fit_cox(surv, Design.from_arrays(changes[name], names))
    compare_cox(name, fit, block, found)


def cause_specific(case: Case, name: str, block: dict[str, Any], found: Findings) -> None:
    cause = float(name.rsplit("cause", 1)[1])
    surv = Surv(case.column(case.spec["time"]), case.column(case.spec["cause"]) == cause)
    names = case.spec["covariates"]
    fit = fit_cox(surv, case.design(names, np.arange(surv.n)))
    compare_cox(name, fit, block, found)


def not_estimable(case: Case, name: str, block: dict[str, Any], found: Findings) -> None:
    """Constant and collinear columns: named, and the others as R fits them."""
    names = [word.strip() for word in block["formula"].split("+")]
    model = fit_model(case, ties="efron", names=names)
    fit = model.fit
    code = "constant_term" if name == "constant" else "collinear_term"
    named = {caveat.subject for caveat in fit.caveats if caveat.code == code}
    lost = {item.term.label for item in fit.estimates if item.status == "not_estimable"}
    wanted = {word.split(" ")[0] for word in block["not_estimable"]}
    found.true(f"{name}: {wanted} named in a caveat", named == wanted)
    found.true(f"{name}: {wanted} has no estimate", lost == wanted)
    found.true(f"{name}: status", fit.convergence.status == "aliased")
    if "rank" in block:
        found.same(f"{name}.rank", fit.lr_test.df, block["rank"])
    compare_cox(name, fit, block["others"], found)
    compare_more(name, model, block["others"], found)


def _outcome(data: dict[str, list[float]]) -> tuple[Surv, Design]:
    return Surv(data["time"], data["status"]), Design.from_arrays(data["x"], ["x"])


def one_event_monotone(_: Case, name: str, block: dict[str, Any], found: Findings) -> None:
    fit = fit_cox(*_outcome(block["data"]))
    _separated(name, fit, [float(block["mle"].replace("infinity", "inf"))], found)


def zero_events(_: Case, name: str, block: dict[str, Any], found: Findings) -> None:
    surv, design = _outcome(block["data"])
    fit = fit_cox(surv, design)
    found.true(f"{name}: status", fit.convergence.status == "no_events")
    found.true(f"{name}: caveat", [c.code for c in fit.caveats] == ["no_events"])
    found.true(f"{name}: coef missing", bool(np.isnan(fit.coef).all()))
    found.same(f"{name}.loglik", fit.loglik, 0)
    found.same(f"{name}.km_surv", kaplan_meier(surv).curves[0].survival, block["km_surv"])


def _separated(where: str, fit: CoxFit, limits: list[float], found: Findings) -> None:
    codes = [caveat.code for caveat in fit.caveats]
    found.true(f"{where}: status", fit.convergence.status == "separated")
    found.true(f"{where}: a caveat for each", codes.count("separation") == len(limits))
    found.same(f"{where}.coef", fit.coef, limits)
    for item in fit.estimates:
        found.true(f"{where}: no standard error", bool(np.isnan(item.se)))
        found.true(f"{where}: no Wald p", item.hr.p_method == "likelihood_ratio")


def exact_supremum(case: Case, name: str, block: dict[str, Any], found: Findings) -> None:
    """Exact ties without a maximum: the values at zero and the limit."""
    fit = fit_case(case, ties="exact")
    found.same(f"{name}.loglik_at_beta0", fit.loglik_null, block["loglik_at_beta0"])
    found.same(f"{name}.loglik_supremum", fit.loglik, block["loglik_supremum"])
    _separated(name, fit, [float(block["mle"].replace("infinity", "inf"))], found)
    # the score at zero is 1 in these data, so the score test is its inverse information
    found.same(f"{name}.var_at_beta0", fit.score_test.statistic, block["var_at_beta0"])


def supremum(case: Case, name: str, block: Json, found: Findings) -> None:
    """The parts of the case on monotone likelihood, each by its own key."""
    fit = fit_case(case)
    if name == "mle":
        sign = -1.0 if "-infinity" in block else 1.0
        _separated(name, fit, [sign * np.inf] * len(case.spec["covariates"]), found)
    elif name == "must_flag":
        found.true(f"{name} {block}", block in {caveat.code for caveat in fit.caveats})
    elif name == "score_test_at_0":
        found.same(f"{name}.stat", fit.score_test.statistic, block["stat"])
        found.same(f"{name}.p", fit.score_test.p_value, block["p"])
    else:
        ours = fit.loglik_null if name == "loglik_null" else fit.loglik
        found.same(name, ours, block)
