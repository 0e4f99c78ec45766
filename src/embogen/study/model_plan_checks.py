"""Checks of models: what predictions hold, clusters, what is permuted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from embogen.errors import PlanProblem
from embogen.study.terms import gene_of


def prediction_problems(path: str, analysis: dict[str, Any]) -> Iterator[PlanProblem]:
    """Find covariates of `by` and `at` that are no term of the model.

    Genes may go by older symbols and stand behind ``gene:*``; they are looked up when it is run.
    """
    terms, by, held = analysis.get("terms"), analysis.get("by"), analysis.get("at")
    terms = terms if isinstance(terms, list) else []
    have = f"The model has: {', '.join(str(term) for term in terms)}."
    words = [(f"{path}.by", by)] if isinstance(by, str) else []
    words += [(f"{path}.at.{word}", word) for word in (held if isinstance(held, dict) else ())]
    for place, word in words:
        if gene_of(word) is None and word not in terms:
            yield PlanProblem(place, f'"{word}" is not one of the terms', have)
    if isinstance(held, dict) and by in held:
        message = f'"{by}" cannot be held: its levels are what is compared'
        yield PlanProblem(f"{path}.at.{by}", message, "Remove it, or name another term in by.")


_NOT_WITH_CLUSTERS = (
    ("penalty", ("firth",), "Firth's penalty has no robust variance", "Leave one of the two out."),
    ("ties", ("exact",), "exact ties have no robust variance", 'Write ties = "efron".'),
    (
        "p_value",
        ("likelihood_ratio", "score", "permutation"),
        "this test takes patients as independent, and cluster says they are not",
        'Write p_value = "auto" or "wald", which is then the robust test.',
    ),
    (
        "multiplicity",
        ("max_t",),
        "max-T relabels patients one by one, and cluster says they are not independent",
        'Write "holm", "bonferroni" or "bh".',
    ),
    (
        "family",
        ("panel",),
        "the genes of the panel are tested as if patients were independent",
        "Leave family or cluster out.",
    ),
)


def cluster_problems(path: str, analysis: dict[str, Any]) -> Iterator[PlanProblem]:
    """Find what does not go with patients that may be alike."""
    cluster = analysis.get("cluster")
    if not isinstance(cluster, str):
        return
    if gene_of(cluster) is not None:
        message = f'"{cluster}" makes no clusters'
        yield PlanProblem(f"{path}.cluster", message, "Name a covariate, such as the centre.")
    for key, values, message, remedy in _NOT_WITH_CLUSTERS:
        if analysis.get(key) in values:
            yield PlanProblem(f"{path}.{key}", message, remedy)


def statistic_problems(path: str, analysis: dict[str, Any]) -> Iterator[PlanProblem]:
    """Find a choice of what is permuted where nothing is, or where max-T permutes another."""
    place = f"{path}.permutation_statistic"
    if "permutation_statistic" not in analysis:
        return
    idle = analysis.get("p_value") in {"wald", "likelihood_ratio", "score"}
    if idle or "cluster" in analysis:
        message = "says what is permuted, and nothing is in this analysis"
        yield PlanProblem(place, message, "Remove it.")
    doubled = analysis["permutation_statistic"] == "studentised_doubled_tail"
    if doubled and analysis.get("multiplicity") == "max_t":
        message = "is not what max-T compares genes by: the absolute studentised score"
        yield PlanProblem(place, message, 'Write multiplicity = "holm", "bonferroni" or "bh".')
