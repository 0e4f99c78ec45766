"""Words tables, figures and report share: names of tests, of intervals, of model terms."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_TESTS: Final = {
    "fisher": "Fisher exact test",
    "fisher_exact": "Fisher exact test",
    "chi_square": "Pearson chi-square test",
    "chi_squared": "Pearson chi-square test",
    "wilcoxon": "Wilcoxon rank-sum test",
    "wilcoxon_rank_sum": "Wilcoxon rank-sum test",
    "mann_whitney": "Wilcoxon rank-sum test",
    "kruskal_wallis": "Kruskal\u2013Wallis test",
    "wald": "Wald test",
    "robust_wald": "Robust Wald test",
    "robust_t": "Robust t test",
    "likelihood_ratio": "Likelihood-ratio test",
    "score": "Score test",
    "log_rank": "Log-rank test",
    "logrank": "Log-rank test",
    "permutation": "Permutation test",
    "penalised_likelihood_ratio": "Penalized likelihood-ratio test",
}
_OVERRIDES: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffe\uffff")
_SURNAMES: Final = ("Fisher", "Pearson", "Wilcoxon", "Kruskal", "Wald")
_INTERVALS: Final = {
    "wald": "Wald",
    "robust_wald": "robust Wald",
    "robust_t": "robust t",
    "profile_likelihood": "profile likelihood",
    "profile_penalised_likelihood": "profile penalized-likelihood",
    "clopper_pearson": "Clopper\u2013Pearson (exact)",
    "log": "log-transformed",
    "log-log": "log\u2013log transformed",
    "plain": "untransformed",
}


_ADJUSTMENTS: Final = {
    "holm": "Holm's method",
    "hochberg": "Hochberg's method",
    "bonferroni": "Bonferroni's method",
    "BH": "Benjamini and Hochberg's method",
    "BY": "Benjamini and Yekutieli's method",
}


def adjustment_name(method: str) -> str:
    """Name a method of adjustment for several tests.

    Examples
    --------
    >>> adjustment_name("holm")
    "Holm's method"
    """
    return _ADJUSTMENTS.get(method, method)


def name_of_test(method: str) -> str:
    """Name a test as a methods section does.

    Examples
    --------
    >>> name_of_test("fisher_exact"), name_of_test("some_new_test")
    ('Fisher exact test', 'Some new test')
    """
    if method in _TESTS:
        return _TESTS[method]
    words = method.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def name_of_logrank(rho: float) -> str:
    """Name the member of the log-rank family that counts each time by S(t-)^rho.

    Examples
    --------
    >>> name_of_logrank(0.0), name_of_logrank(0.5)
    ('Log-rank', 'Harrington\u2013Fleming (rho 0.5)')
    """
    if rho == 0:
        return "Log-rank"
    return "Peto\u2013Peto Wilcoxon" if rho == 1 else f"Harrington\u2013Fleming (rho {rho:g})"


def transform_words(transform: str) -> str:
    """Name the function of time a change of hazard ratios is looked for along.

    Examples
    --------
    >>> transform_words("identity"), transform_words("log")
    ('time', 'the logarithm of time')
    """
    words = {
        "identity": "time",
        "km": "the Kaplan\u2013Meier transform of time",
        "rank": "the ranks of event times",
        "log": "the logarithm of time",
    }
    return words[transform]


def adjustment_words(method: str) -> str:
    """Name a way to adjust p-values for a family, and what it keeps below the level.

    Examples
    --------
    >>> adjustment_words("holm")
    "Holm's method (family-wise error)"
    """
    words = {
        "holm": "Holm's method (family-wise error)",
        "bonferroni": "Bonferroni's method (family-wise error)",
        "BH": "the Benjamini\u2013Hochberg method (false discovery rate)",
        "max_t": "permutation max-T, step-down (family-wise error)",
    }
    return words[method]


def lower_first(text: str) -> str:
    """Put a label in the middle of a sentence; abbreviations keep their capitals.

    Examples
    --------
    >>> lower_first("Hepatic progression-free survival"), lower_first("WHO grade")
    ('hepatic progression-free survival', 'WHO grade')
    """
    if len(text) > 1 and text[0].isupper() and text[1].islower():
        return text[0].lower() + text[1:]
    return text


def inline_name_of_test(method: str) -> str:
    """Name a test within a sentence; surnames keep their capital.

    Examples
    --------
    >>> inline_name_of_test("log_rank"), inline_name_of_test("wald")
    ('log-rank test', 'Wald test')
    """
    name = name_of_test(method)
    return name if name.startswith(_SURNAMES) else lower_first(name)


def interval_name(method: str) -> str:
    """Name the making of an interval.

    Examples
    --------
    >>> interval_name("clopper_pearson")
    'Clopper\u2013Pearson (exact)'
    """
    return _INTERVALS.get(method, method.replace("_", " "))


def term_words(
    name: str,
    level: str | None = None,
    reference: str | None = None,
    *,
    coding: str = "numeric",
    unit: str | None = None,
) -> str:
    """Name a model term with what a step of one in it means.

    Examples
    --------
    >>> term_words("Age", unit="10 years"), term_words("WHO grade", coding="trend")
    ('Age, per 10 years', 'WHO grade, per step')
    >>> term_words("Origin", "pancreas", "other", coding="level")
    'Origin, pancreas vs other'
    """
    if level is not None:
        against = f" vs {reference}" if reference is not None else ""
        return f"{name}, {level}{against}"
    if coding == "trend":
        return f"{name}, per step"
    return f"{name}, per {unit}" if unit else name


def visible(text: str) -> str:
    """Remove control characters and overrides of the writing direction; breaks and spaces stay.

    Such characters have no place in data, and can make a page show another text than it holds.

    Examples
    --------
    >>> visible("a" + chr(0) + "b" + chr(0x202E) + "c")
    'abc'
    """
    return "".join(char for char in text if not _is_hidden(char))


def _is_hidden(char: str) -> bool:
    return (unicodedata.category(char) in {"Cc", "Cs"} and char not in "\n\t") or char in _OVERRIDES


def grouping(plan: Mapping[str, Any], analysis: str) -> str | None:
    """Return what a reader calls the variable an analysis divides patients by, if it does.

    Parameters
    ----------
    plan
        The study file as data.
    analysis
        Id of the analysis.

    Examples
    --------
    >>> grouping({"analysis": [{"id": "km", "by": "gene:DAXX"}]}, "km")
    'DAXX'
    """
    analyses = plan.get("analysis")
    for spec in analyses if isinstance(analyses, list | tuple) else ():
        if isinstance(spec, dict) and spec.get("id") == analysis and spec.get("by"):
            word = str(spec["by"])
            covariates = plan.get("covariate")
            covariate = covariates.get(word) if isinstance(covariates, dict) else None
            label = covariate.get("label") if isinstance(covariate, dict) else None
            return str(label or word.removeprefix("gene:"))
    return None


def group_words(group: str, by: str | None) -> str:
    """Name a group with the variable it is a group of.

    Examples
    --------
    >>> group_words("altered", "DAXX"), group_words("yes", "Brain metastases")
    ('DAXX altered', 'Brain metastases: yes')
    >>> group_words("all", None)
    'all'
    """
    if by is None:
        return group
    return f"{by} {group}" if group in {"altered", "wild type"} else f"{by}: {group}"


def level_words(level: str, by: str, stratum: str = "", strata: str = "") -> str:
    """Name a level of a variable, in one of several strata.

    Examples
    --------
    >>> level_words("altered", "DAXX"), level_words("altered", "DAXX", "2", "Tumor grade")
    ('DAXX altered', 'DAXX altered, tumor grade 2')
    """
    words = group_words(level, by)
    return f"{words}, {lower_first(strata)} {stratum}" if stratum else words


def listed(words: list[str], last: str = "and") -> str:
    """Join words as a sentence lists them.

    Examples
    --------
    >>> listed(["MEN1"]), listed(["MEN1", "DAXX"]), listed(["MEN1", "DAXX", "TP53"], "or")
    ('MEN1', 'MEN1 and DAXX', 'MEN1, DAXX or TP53')
    """
    if len(words) <= 1:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
