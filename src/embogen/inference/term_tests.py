"""Which p-value of a term comes first, and the ones that stand beside the model's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from embogen.inference.estimates import Estimate, Interval
from embogen.inference.permutation_result import PermutationTest, Seed

PMethod = Literal[
    "wald",
    "likelihood_ratio",
    "score",
    "penalised_likelihood_ratio",
    "permutation",
    "robust_wald",
    "robust_t",
]
"""Tests a p-value of a Cox model's term can come from."""
FamilyMethod = Literal["bonferroni", "holm", "BH", "max_t"]
"""Ways to adjust p-values for a family of genes."""


@dataclass(frozen=True, slots=True)
class AdjustedP:
    """A p-value adjusted for a family of genes that was fixed before the outcome was seen.

    Parameters
    ----------
    p_value
        The adjusted p-value (max-T: step-down).
    method
        How it was adjusted.
    controls
        What is kept below the level: ``family_wise_error`` or ``false_discovery_rate``.
    family_size
        Genes adjusted for: those of the family that could be tested.
    interval, n_permutations, seed
        For max-T the Monte Carlo interval, the relabellings drawn, and from what; None otherwise.
    """

    p_value: float
    method: FamilyMethod
    controls: str
    family_size: int
    interval: Interval | None = None
    n_permutations: int | None = None
    seed: Seed | None = None


@dataclass(frozen=True, slots=True)
class TermTests:
    """Tests of a term beyond those its model yields, and which test is printed first.

    Parameters
    ----------
    primary
        Test whose p-value is printed first.
    permutation
        Permutation test, where one was made.
    permuted_within
        Covariates within whose levels carriers were permuted besides the strata.
    adjusted_for
        Covariates the permuted score was adjusted for.
    firth
        The same term with Firth's penalty: hazard ratio, profile interval, likelihood-ratio p.
    adjusted
        `primary` p-value adjusted for the family (max-T: an adjusted p-value of its own).
    """

    primary: PMethod
    permutation: PermutationTest | None = None
    permuted_within: tuple[str, ...] = ()
    adjusted_for: tuple[str, ...] = ()
    firth: Estimate | None = None
    adjusted: AdjustedP | None = None
