"""Hepatic progression-free survival from dated assessments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from embogen.cohort.model import Cohort
    from embogen.endpoint.model import DerivedEndpoint


@dataclass(frozen=True, slots=True)
class HpfsRules:
    """Choices of the endpoint; the plan spells each one.

    Parameters
    ----------
    origin
        ``first_embolization``: date of the first procedure that is an embolization.
    events
        Subset of ``hepatic_progression``, ``extrahepatic_progression``, ``death``.
    censor
        ``last_liver_assessment``, or ``last_contact``.
    entry
        ``origin`` or ``specimen_date`` (left truncation at the qualifying specimen).
    specimen_window_days
        Only specimens within this many days of the origin, before or after, qualify for entry;
        None takes specimens of any date.
    """

    origin: Literal["first_embolization"] = "first_embolization"
    events: tuple[str, ...] = ("hepatic_progression", "death")
    censor: Literal["last_liver_assessment", "last_contact"] = "last_liver_assessment"
    entry: Literal["origin", "specimen_date"] = "origin"
    specimen_window_days: float | None = None


def derive_hpfs(cohort: Cohort, rules: HpfsRules, *, name: str, label: str) -> DerivedEndpoint:
    raise NotImplementedError
