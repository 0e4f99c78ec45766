"""Sentences on whether hazard ratios are constant in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from embogen.numerals import format_count
from embogen.report.phrases import p_phrase
from embogen.wording import listed, transform_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.inference.estimates import SignificanceTest
    from embogen.inference.ph_permutation import PermutedHazards
    from embogen.inference.ph_test import ProportionalHazardsTest

_CONVENTION: Final = 0.05


def proportional_hazards_sentences(result: ProportionalHazardsTest) -> tuple[str, ...]:
    """Say which hazard ratios change with time, and how little a large p-value says."""
    tested = [item for item in result.covariates if item.test is not None]
    changing = [
        f"{item.title or item.covariate} ({_ps(item.test, item.permutation)})"
        for item in tested
        if _first_p(item.test, item.permutation) < _CONVENTION
    ]
    size = f"{format_count(result.n_events)} events"
    along = transform_words(result.transform)
    sentences = []
    if changing:
        plural = "ratios" if len(changing) > 1 else "ratio"
        sentences.append(
            f"Along {along} the hazard {plural} of {listed(changing)} changed: one number for the "
            "whole follow-up is an average over time."
        )
    elif tested:
        sentences.append(
            f"No hazard ratio was seen to change along {along}; with {size} only a gross change "
            "could be seen."
        )
    if len(tested) > 1 and result.overall is not None:
        ps = _ps(result.overall, result.overall_permutation)
        sentences.append(f"All {len(tested)} variables together: {ps}.")
    return tuple(sentences)


def _first_p(test: SignificanceTest | None, permutation: PermutedHazards | None) -> float:
    """Give the permutation p-value where there is one: it holds its level better."""
    if permutation is not None:
        return permutation.p_value
    return 1.0 if test is None else test.p_value


def _ps(test: SignificanceTest | None, permutation: PermutedHazards | None) -> str:
    text = p_phrase(None if test is None else test.p_value)
    if permutation is None:
        return text
    return f"{p_phrase(permutation.p_value)} by permutation, {text} by chi-square"


def hazard_methods(found: Sequence[ProportionalHazardsTest]) -> list[str]:
    """Say how hazard ratios were tested for being constant in time; nothing without such tests."""
    if not found:
        return []
    along = listed([transform_words(name) for name in sorted({item.transform for item in found})])
    text = (
        f"Hazard ratios were tested for change along {along} by Grambsch and Therneau's score test"
    )
    permuted = [item.permutation for result in found for item in result.covariates]
    if any(permuted):
        text += (
            ", and by exchanging Schoenfeld residuals among the events at which patients at risk "
            "differ in the variable"
        )
    return [text + "."]
