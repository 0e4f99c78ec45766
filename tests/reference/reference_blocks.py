"""Which check reads which block: the one place to register a new kind."""

from __future__ import annotations

import re

from reference_competing import CHECKS as COMPETING
from reference_contract import contingency, contract, dropped, excluded, wilcoxon
from reference_cox import (
    COX_KEYS,
    cause_specific,
    compare_cox,
    exact_supremum,
    fit_case,
    fit_model,
    not_estimable,
    one_event_monotone,
    scaled,
    supremum,
    zero_events,
)
from reference_curves import compare_curves, compare_logrank, nested_curves
from reference_firth import CHECKS as FIRTH
from reference_inference import CHECKS as INFERENCE
from reference_model import Case, Findings, Json
from reference_residuals import MORE, Model, compare_more, predicted

BY_NAME = {
    "constant": not_estimable,
    "collinear": not_estimable,
    "one_event_monotone": one_event_monotone,
    "zero_events": zero_events,
    "mle": supremum,
    "must_flag": supremum,
    "loglik_null": supremum,
    "loglik_supremum": supremum,
    "score_test_at_0": supremum,
    "overall": nested_curves,
    "by_group": nested_curves,
    "median_never": nested_curves,
    "n_excluded_before_entry": excluded,
    "n_dropped": dropped,
    "dropped_rows": dropped,
    "cases": contract,
}
BY_PATTERN = {
    r"predict_.*": lambda case, name, block, found: predicted(
        name, cox_model(case, name), block, found
    ),
    r"times_1e.*|plus_1e7|time_scale_.*": scaled,
    r"cause_specific_cox_efron_cause\d": cause_specific,
    r"wilcoxon.*": wilcoxon,
    r"contingency.*": contingency,
    **FIRTH,
    **COMPETING,
    **INFERENCE,
}


def compare_block(case: Case, name: str, block: Json, found: Findings) -> None:
    """Compare one block, or list it as not yet built or of unknown shape."""
    by_pattern = [check for form, check in BY_PATTERN.items() if re.fullmatch(form, name)]
    if name in BY_NAME:
        BY_NAME[name](case, name, block, found)
    elif by_pattern:
        by_pattern[0](case, name, block, found)
    elif not isinstance(block, dict):
        found.unknown.append(name)
    elif "n_risk" in block and "surv" in block:
        compare_curves(name, case, block, found)
    elif "chisq" in block and "observed" in block:
        compare_logrank(case, name, block, found)
    elif name.startswith("cox_score_"):
        _, _, ties, column = name.split("_", 3)
        fit = fit_case(case, ties=ties, names=[column])
        found.same(f"{name}.stat", fit.score_test.statistic, block["stat"])
    elif name == "exact" and "mle" in block:
        exact_supremum(case, name, block, found)
    elif "coef" in block and set(block) <= COX_KEYS | MORE.keys():
        model = cox_model(case, name, robust="se_robust" in block)
        compare_cox(name, model.fit, block, found)
        compare_more(name, model, block, found)
    else:
        found.unknown.append(name)


def cox_model(case: Case, name: str, *, robust: bool = False) -> Model:
    ties = next((word for word in ("breslow", "exact") if word in name), "efron")
    with_entry = "ignoring_entry" not in name
    return fit_model(case, ties=ties, with_entry=with_entry, robust=robust)


def compare_case(case: Case) -> Findings:
    """Compare all blocks of a case."""
    found = Findings(case.rel)
    for name, block in case.expected.items():
        compare_block(case, name, block, found)
    return found
