"""How hazard ratios and their p-values were obtained, in the words of a methods section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embogen.inference.permutation import SMALL_GROUP
from embogen.numerals import format_count, format_level
from embogen.wording import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.inference.cox_result import CoxFit, TermEstimate
    from embogen.inference.panel_family import PanelFamily
    from embogen.inference.term_tests import AdjustedP, TermTests

_ADJUSTED = {
    "holm": "Holm's method",
    "bonferroni": "Bonferroni's method",
    "BH": "the Benjamini\u2013Hochberg method (false discovery rate)",
    "max_t": "the step-down max-T method of Westfall and Young, which relabels whole patients and "
    "so keeps which genes occur together",
}


def regression_sentences(fits: Sequence[CoxFit], *, univariable: bool) -> str:
    """Say how Cox models were fitted, and which tests and intervals they were given."""
    ties = sorted({fit.ties.capitalize() for fit in fits})
    estimates = [item for fit in fits for item in fit.estimates]
    levels = sorted({item.hr.interval.level for item in estimates if item.hr.interval is not None})
    level = listed([format_level(value) for value in levels]) or "95%"
    penalised = [fit.penalty is not None for fit in fits]
    text = "Hazard ratios come from Cox proportional hazards regression "
    text += f"({listed(ties)} handling of ties)"
    if not all(penalised):
        text += f" with Wald {level} intervals and tests"
    if univariable:
        text += ", in univariable models first"
    text += "."
    if any(penalised):
        which = "They" if all(penalised) else "Where the plan says so they"
        text += (
            f" {which} were fitted with Firth's penalty, with {level} intervals from the profile "
            "of the penalized likelihood and tests by its ratio."
        )
    monotone = [item for item in estimates if item.status in {"infinite", "zero"}]
    if monotone:
        text += (
            " Where the likelihood was monotone the estimate is reported as not estimable, with "
            "the one-sided profile-likelihood limit"
        )
        by_ratio = any(item.primary_method == "likelihood_ratio" for item in monotone)
        text += " and the likelihood-ratio p." if by_ratio else "."
    return text + _permutation(estimates)


def _permutation(estimates: Sequence[TermEstimate]) -> str:
    tests = [item.tests for item in estimates if item.tests and item.tests.permutation]
    if not tests:
        return ""
    text = (
        " Unless the plan names another test, the p-value of a gene with fewer than "
        f"{SMALL_GROUP} patients in the smaller group, whose Wald and likelihood-ratio tests "
        "reject too often, is that of a permutation test of the studentized score, carriers being "
        "exchanged among patients"
    )
    if any(item.permutation and item.permutation.n_strata > 1 for item in tests):
        text += " (within strata where there are any)"
    if any(item.permutation and "doubled" in item.permutation.statistic for item in tests):
        text += " (two-sided as twice the smaller tail where the plan asks for it)"
    if any(item.permutation and item.permutation.mid_p for item in tests):
        text += " (mid-p where the plan asks for it)"
    text += "." + _adjustment(tests)
    drawn = [item.permutation for item in tests if item.permutation and item.permutation.draws]
    counted = len(tests) - len(drawn)
    if counted:
        where = "Where feasible all" if drawn else "All"
        text += f" {where} sets of carriers were counted."
    if drawn:
        most = format_count(max(item.n_permutations for item in drawn))
        text += (
            f" {'Otherwise' if counted else 'The'} carrier sets were drawn at random (at most "
            f"{most}), and the p-value is given with its Monte Carlo interval."
        )
    if any(item.firth is not None for item in tests):
        text += (
            " Firth's penalized estimates stand beside them: Firth for finite estimates and "
            "intervals, permutation for p-values."
        )
    return text


def _adjustment(tests: Sequence[TermTests]) -> str:
    """Say how permutation was reconciled with other covariates in the model."""
    adjusted = [item for item in tests if item.adjusted_for]
    if not adjusted:
        return ""
    text = " In models with covariates the score is adjusted for them"
    within = [bool(item.permuted_within) for item in adjusted]
    if all(within):
        return f"{text} and carriers are exchanged among patients alike in them."
    if not any(within):
        return f"{text} and carriers are exchanged among all patients (approximate)."
    return (
        f"{text}; carriers are exchanged among patients alike in them where enough patients are, "
        "otherwise among all (approximate)."
    )


def multiplicity_sentence(fits: Sequence[CoxFit], panels: Sequence[PanelFamily] = ()) -> str:
    """Say whether p-values are adjusted for several genes, and how."""
    found: dict[str, AdjustedP] = {}
    for fit in fits:
        for item in fit.estimates:
            if item.tests is not None and item.tests.adjusted is not None:
                found[item.tests.adjusted.method] = item.tests.adjusted
    if not found:
        return "p-values are two-sided and not adjusted for multiple testing."
    ways = listed([_ADJUSTED[method] for method in found])
    text = (
        "p-values are two-sided and not adjusted for multiple testing, except that adjusted ones "
        f"stand beside those of the candidate genes where the plan asks for it, by {ways}."
    )
    if panels:
        least, share = panels[0].min_altered, round(100 * panels[0].min_tested_fraction)
        text += (
            " They are given for the candidates, and for all genes altered in at least "
            f"{format_count(least)} patients and tested in at least {share}% of all; both "
            "families were fixed without sight of the outcome."
        )
    return text
