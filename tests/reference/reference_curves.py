"""Kaplan-Meier and log-rank blocks of the reference cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from reference_model import Case, Findings

from embogen import Surv, kaplan_meier, logrank
from embogen.inference.cumulative_hazard import nelson_aalen
from embogen.inference.curves import SurvivalCurve

INTERVALS = {"log": "log", "loglog": "log-log", "plain": "plain"}
CURVE_FIELDS = {
    "time": "time",
    "n_risk": "n_risk",
    "n_event": "n_event",
    "n_censor": "n_censor",
    "surv": "survival",
    "se_surv_greenwood": "std_error",
    "lower": "ci_low",
    "upper": "ci_high",
}
HAZARD_FIELDS = {"cumhaz_nelson_aalen": "hazard", "se_cumhaz": "std_error"}


def group_column(case: Case) -> str | None:
    """The column that divides the patients: of the spec, or as the labels of a curve say."""
    if "group" in case.spec:
        return case.spec["group"]
    for block in case.expected.values():
        labels = block.get("group") if isinstance(block, dict) else None
        if labels and "=" in labels[0]:
            return labels[0].split("=")[0]
    return None


def _labels(column: str, values: list[Any]) -> np.ndarray:
    return np.array([f"{column}={value}" for value in values])


def compare_curves(
    where: str, case: Case, block: dict[str, Any], found: Findings, surv: Surv | None = None
) -> None:
    """Compare curves; the type of interval is read from the name, or else from the numbers."""
    options: dict[str, Any] = {}
    kept = np.arange(len(block["time"]))
    if surv is None:
        surv, kept = case.surv()
    if "=" in block["group"][0]:
        column = block["group"][0].split("=")[0]
        options["groups"] = _labels(column, case.data[column])[kept]
        options["group_order"] = tuple(dict.fromkeys(block["group"]))
    if "weighted" in where:
        options["weights"] = case.column(case.spec["weights"])[kept]
    kind = INTERVALS.get(where.rsplit(".", maxsplit=1)[-1])
    if kind is None:
        kind = min(INTERVALS.values(), key=lambda k: _distance(surv, options, k, block))
    result = kaplan_meier(surv, interval=kind, **options)
    for key, value in block.items():
        place = f"{where}.{key}"
        if key in CURVE_FIELDS:
            ours = np.concatenate([getattr(curve, CURVE_FIELDS[key]) for curve in result.curves])
            found.same(place, ours, value)
        elif key in HAZARD_FIELDS:
            hazards = nelson_aalen(surv, **options).curves
            ours = np.concatenate([getattr(curve, HAZARD_FIELDS[key]) for curve in hazards])
            found.same(place, ours, value)
        elif key == "quantiles_25_50_75":
            _compare_quantiles(place, result.curves, value, found)
        elif key == "group":
            ours_groups = [c.group for c in result.curves for _ in c.time]
            found.true(place, ours_groups == value)
        else:
            found.unknown.append(place)


def _distance(surv: Surv, options: dict[str, Any], kind: str, block: dict[str, Any]) -> float:
    result = kaplan_meier(surv, interval=kind, **options)
    ours = np.concatenate([curve.ci_low for curve in result.curves])
    theirs = np.array(block["lower"], dtype=float)
    return float(np.nansum(np.abs(ours - theirs)))


def _compare_quantiles(
    where: str, curves: Sequence[SurvivalCurve], value: dict[str, Any], found: Findings
) -> None:
    for curve in curves:
        for i, p in enumerate((0.25, 0.5, 0.75)):
            ours = curve.quantile(p)
            high = ours.interval.high if np.isfinite(ours.interval.high) else np.nan
            pairs = {"estimate": ours.value, "lower": ours.interval.low, "upper": high}
            for key, mine in pairs.items():
                theirs = value[key]
                theirs = theirs[curve.group] if isinstance(theirs, dict) else theirs
                found.same(f"{where}.{curve.group}.{key}.{p}", mine, theirs[i])


def nested_curves(case: Case, name: str, block: dict[str, Any], found: Findings) -> None:
    if "data" in block:
        surv = Surv(block["data"]["time"], block["data"]["status"])
        for kind, part in block["km"].items():
            compare_curves(f"{name}.{kind}", case, part, found, surv)
        return
    for kind, part in block.items():
        compare_curves(f"{name}.{kind}", case, part, found)


def compare_logrank(case: Case, name: str, block: dict[str, Any], found: Findings) -> None:
    surv, kept = case.surv()
    words = name.split("_")
    strata = None
    if "strat" in words:
        strata = np.array(case.data[words[words.index("strat") + 1]])[kept]
    column = words[0] if words[0] in case.data else group_column(case)
    if column is None:
        found.unknown.append(name)
        return
    groups = np.array(case.data[column])[kept]
    order = tuple(dict.fromkeys(str(v) for v in sorted(set(case.data[column]))))
    # R numbers text groups in the order of a factor's levels, which a case may set by its rows.
    best = logrank(surv, groups, strata=strata, rho=block.get("rho", 0.0), group_order=order)
    first = tuple(dict.fromkeys(str(v) for v in case.data[column]))
    if not np.allclose(best.observed, block["observed"]):
        best = logrank(surv, groups, strata=strata, rho=block["rho"], group_order=first)
    found.same(f"{name}.observed", best.observed, block["observed"])
    found.same(f"{name}.expected", best.expected, block["expected"])
    found.same(f"{name}.var", np.ravel(best.variance), np.ravel(block["var"]).tolist())
    found.same(f"{name}.chisq", best.statistic, block["chisq"])
    found.same(f"{name}.df", best.df, block["df"])
    found.same(f"{name}.p", best.p_value, block["p"])
