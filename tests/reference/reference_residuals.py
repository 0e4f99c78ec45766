"""What is read off a Cox fit: residuals, baseline hazard, tests of proportional hazards.

`MORE` maps the keys of a Cox block to their checks; each takes (where, model, value, findings).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from reference_model import Findings, Json

from embogen import CoxFit, Design, Surv
from embogen.inference.concordance import cox_concordance
from embogen.inference.ph_test import proportional_hazards
from embogen.inference.prediction import baseline_hazard, predict_survival
from embogen.inference.residuals import cox_residuals

RESIDUALS = (
    "martingale", "deviance", "dfbeta", "dfbetas", "schoenfeld", "scaled_schoenfeld", "score_resid",
)  # fmt: skip


@dataclass(frozen=True)
class Model:
    """A fit with what it was fitted to; `options` are those of `fit_cox` that make the rows."""

    fit: CoxFit
    surv: Surv
    design: Design
    options: dict[str, Any]

    def given(self, *names: str) -> dict[str, Any]:
        return {name: self.options[name] for name in names if name in self.options}


def residuals(where: str, model: Model, value: Json, found: Findings) -> None:
    key = where.rsplit(".", maxsplit=1)[-1]
    rows = model.given("strata", "weights", "offset")
    result = cox_residuals(model.fit, model.surv, model.design, **rows)
    fields = {"score_resid": "score"}
    ours = getattr(result, fields.get(key, key))
    theirs = np.array(value, dtype=float)
    found.true(f"{where}: as many rows", len(ours) == len(theirs))
    # a residual that is 0 but for rounding is compared by the size of the others
    floor = max(1e-10 * float(np.abs(theirs).max()), 1e-13)
    for i, (a, b) in enumerate(zip(ours.ravel(), theirs.ravel(), strict=True)):
        if abs(b) > floor:
            found.same(f"{where}[{i}]", a, b)
        else:
            found.true(f"{where}[{i}] {a!r} is 0", abs(a) <= 10 * floor)


def baseline(where: str, model: Model, value: dict[str, Any], found: Findings) -> None:
    curves = baseline_hazard(
        model.fit, model.surv, model.design, **model.given("strata", "weights", "offset")
    )
    if "strata" in value:  # R numbers text in the order of a factor: match strata by name
        wanted = [str(name).split("=")[-1] for name in dict.fromkeys(value["strata"])]
        curves = sorted(curves, key=lambda curve: wanted.index(curve.stratum))
        found.true(where, [c.stratum for c in curves] == wanted)
    for key in ("time", "hazard"):  # at offset 0, where R's basehaz() is at the mean offset
        ours = np.concatenate([getattr(curve, key) for curve in curves])
        found.same(f"{where}.{key}", ours, value[key])


def concordant(where: str, model: Model, value: dict[str, float], found: Findings) -> None:
    rows = model.given("strata", "weights", "offset", "cluster")
    result = cox_concordance(model.fit, model.surv, model.design, **rows)
    found.same(f"{where}.c", result.estimate.value, value["c"])
    found.same(f"{where}.se", result.std_error, value["se"])
    for key in ("concordant", "discordant"):
        found.same(f"{where}.{key}", getattr(result, key), value[key])
    found.same(f"{where}.tied_x", result.tied_score, value["tied_x"])


def zph(where: str, model: Model, value: dict[str, Any], found: Findings) -> None:
    rows = model.given("strata", "weights", "offset")
    transform = where.rsplit("zph_", maxsplit=1)[-1]
    result = proportional_hazards(model.fit, model.surv, model.design, transform=transform, **rows)
    tests = {item.covariate: item.test for item in result.covariates} | {"GLOBAL": result.overall}
    for name, theirs in value.items():
        for key, ours in {
            "chisq": tests[name].statistic,
            "df": tests[name].df,
            "p": tests[name].p_value,
        }.items():
            found.same(f"{where}.{name}.{key}", ours, theirs[key])


MORE = {
    **dict.fromkeys(("zph_km", "zph_identity", "zph_rank", "zph_log"), zph),
    "concordance": concordant,
    **dict.fromkeys(RESIDUALS, residuals),
    "baseline_cumhaz_x0": baseline,
}


def compare_more(where: str, model: Model, block: dict[str, Any], found: Findings) -> None:
    """Compare the keys of a Cox block that are registered here."""
    for key in MORE.keys() & block.keys():
        MORE[key](f"{where}.{key}", model, block[key], found)


def predicted(where: str, model: Model, block: dict[str, Any], found: Findings) -> None:
    """A whole block: curves for new covariates."""
    names = list(block["newdata"])
    profiles = np.column_stack([np.array(block["newdata"][name], dtype=float) for name in names])
    curves = predict_survival(
        model.fit,
        model.surv,
        model.design,
        Design.from_arrays(profiles, names),
        interval=where.removeprefix("predict_"),
        **model.given("strata", "weights", "offset"),
    )
    for k, name in enumerate(dict.fromkeys(curve.profile for curve in curves)):
        strata = [curve for curve in curves if curve.profile == name]
        pairs = {"time": "time", "surv": "survival", "lower": "ci_low", "upper": "ci_high"}
        for key, field in pairs.items():
            ours = np.concatenate([getattr(curve, field) for curve in strata])
            theirs = block[key] if key == "time" else block[key][k]
            found.same(f"{where}.{key}[{k}]", ours, theirs)
