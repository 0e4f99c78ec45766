"""Firth and profile-interval blocks of the reference cases.

`CHECKS` maps a form of block names to its check; each takes (case, name, block, findings).
"""

from __future__ import annotations

from typing import Any

from reference_cox import fit_model
from reference_model import Case, Findings
from scipy.special import chdtri

from embogen import Design, fit_cox
from embogen.inference.profile import profile_intervals

FIGURES = {
    "coef": lambda item: item.coef,
    "se": lambda item: item.se,
    "wald_p": lambda item: item.wald.p_value,
    "plr_p": lambda item: item.hr.p_value,
    "profile_lo95": lambda item: item.hr.interval.low,
    "profile_hi95": lambda item: item.hr.interval.high,
}


def firth(case: Case, name: str, block: dict[str, Any], found: Findings) -> None:
    """Compare every key of a block; in coxphf columns are scaled by their SD for the penalty."""
    model = fit_model(case, ties="efron" if "efron" in name else "breslow")
    design = model.design
    if "coxphf" in name:
        spread = design.matrix.std(axis=0, ddof=1)
        unit = Design.from_arrays(design.matrix / spread, design.names)
        scaled = fit_cox(model.surv, unit, ties="breslow", penalty="firth", **model.options)
    fit = fit_cox(model.surv, design, ties=model.fit.ties, penalty="firth", **model.options)
    shown = scaled if "coxphf" in name else fit
    terms = {item.term.label: item for item in fit.estimates}
    for key, value in block.items():
        place = f"{name}.{key}"
        if key in FIGURES:
            for term, theirs in value.items():
                found.same(f"{place}.{term}", FIGURES[key](terms[term]), theirs)
        elif key == "loglik_penalised":
            found.same(place, shown.loglik, value)
        elif key == "loglik_penalised_null":
            found.same(place, shown.loglik_null, value)
        elif key == "plr_test_global":
            found.same(f"{place}.stat", fit.lr_test.statistic, value["stat"])
            found.same(f"{place}.p", fit.lr_test.p_value, value["p"])
        elif key == "plr_stat":
            for term, theirs in value.items():
                found.same(f"{place}.{term}", _ratio(terms[term].hr.p_value), theirs)
        else:
            found.unknown.append(place)


def _ratio(p_value: float) -> float:
    """Read the likelihood ratio of one term back from its p-value."""
    return float(chdtri(1, p_value))


def profile(case: Case, name: str, block: dict[str, Any], found: Findings) -> None:
    model = fit_model(case, ties="efron")
    results = profile_intervals(model.surv, model.design, **model.options)
    by_term = {item.term.label: item.hr for item in results}
    for term, theirs in block.items():
        ours = by_term[term]
        found.same(f"{name}.{term}.lo", ours.interval.low, theirs["lo"])
        found.same(f"{name}.{term}.hi", ours.interval.high, theirs["hi"])
        found.same(f"{name}.{term}.p", ours.p_value, theirs["p"])
        found.same(f"{name}.{term}.lr", _ratio(ours.p_value), theirs["lr"])


CHECKS = {r"firth_.*": firth, r"profile_ci": profile}
