"""Sentences on how strong an unmeasured confounder would have to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from embogen.inference.e_value import e_value_of_hr
from embogen.numerals import format_ratio
from embogen.wording import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from embogen.inference.cox_result import TermEstimate

_CONVENTION: Final = 0.05
_MOST: Final = 6


def e_value_sentences(
    items: Sequence[TermEstimate], name_of: Callable[[TermEstimate], str]
) -> tuple[str, ...]:
    """Say the E-values of the terms shown to be associated; nothing when there are none.

    Parameters
    ----------
    items
        Estimates of Cox models.
    name_of
        Names a term within a sentence.
    """
    phrases = []
    for item in items:
        unit_free = item.term.level is not None or item.term.coding == "trend"
        if item.status != "ok" or not unit_free or (item.primary_p or 0.0) >= _CONVENTION:
            continue
        found = e_value_of_hr(item.hr)
        if item.primary_p is None or found is None:
            continue
        limit = ""
        if found.limit is not None:
            limit = f" ({format_ratio(found.limit)} for the limit of its interval)"
        phrases.append(f"{format_ratio(found.estimate)} for {name_of(item)}{limit}")
    if not phrases or len(phrases) > _MOST:
        return ()
    text = (
        "To explain such an estimate away, an unmeasured confounder would have to be related to "
        "the variable and to the outcome by risk ratios of at least (E-value) "
    )
    return (f"{text}{listed(phrases)}.",)
