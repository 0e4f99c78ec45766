"""Sentences on survival predicted from a Cox model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from embogen.numerals import format_level
from embogen.tables.curves import quantile_text
from embogen.tables.predicted import held_words, share_text
from embogen.units import DAYS_PER_UNIT, months_to_days
from embogen.wording import interval_name, level_words, listed, lower_first

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.inference.predicted_survival import LevelCurve, PredictedSurvival

_YEAR: Final = 12.0
_FEW_CURVES: Final = 6


def prediction_sentences(result: PredictedSurvival, outcome: str, unit: str) -> tuple[str, ...]:
    """Say what is predicted at a year, or at the last time before it that all curves reach."""
    if not result.curves:
        return ()
    shown = result.curves[:_FEW_CURVES]
    level = format_level(shown[0].curve.level)
    months = [month for month in result.months if _known(shown, month)]
    month = max((m for m in months if m <= _YEAR), default=min(months, default=None))
    opening = "Predicted"
    if result.held:
        opening = f"At {listed([held_words(item) for item in result.held])} predicted"
    if month is None:
        days = DAYS_PER_UNIT[unit]
        times = [f"{quantile_text(c.quantiles[0], days)} {_who(c, result)}" for c in shown]
        fraction = f"{100 * shown[0].quantiles[0].fraction:g}%"
        return (f"{opening} {outcome}: {fraction} have the event by ({unit}) {listed(times)}.",)
    shares = []
    for curve in shown:
        text = share_text(curve, month).replace("(", f"({level}\u00a0CI\u00a0", 1)
        shares.append(f"{text} {_who(curve, result)}")
    more = len(result.curves) - len(shown)
    tail = f"; the table has {more} more" if more else ""
    return (f"{opening} {outcome} at {month:g} months is {listed(shares)}{tail}.",)


def _who(curve: LevelCurve, result: PredictedSurvival) -> str:
    words = level_words(curve.level, result.title, curve.curve.stratum, result.strata)
    return f"for {lower_first(words)}"


def _known(curves: Sequence[LevelCurve], month: float) -> bool:
    return not any(math.isnan(curve.at(months_to_days(month)).value) for curve in curves)


def prediction_methods(found: Sequence[PredictedSurvival]) -> list[str]:
    """Say how survival was predicted, and what was held; nothing where nothing was predicted."""
    drawn = [item for item in found if item.curves]
    if not drawn:
        return []
    titles = listed(list(dict.fromkeys(lower_first(item.title) for item in drawn)))
    ties = listed(sorted({item.ties.capitalize() for item in drawn}))
    curves = [curve.curve for item in drawn for curve in item.curves]
    kinds = listed(sorted({interval_name(curve.interval) for curve in curves}))
    levels = listed(sorted({format_level(curve.level) for curve in curves}))
    text = f"Survival was predicted for the levels of {titles} from Cox models ({ties} ties"
    if any(item.penalty is not None for item in drawn):
        text += "; Firth's penalty where the plan says so"
    if any(curve.stratum for curve in curves):
        text += "; a baseline hazard for each stratum"
    text += ")"
    if any(item.held for item in drawn):
        text += (
            "; unless the plan states a value, other terms were held at the mean of numbers, the "
            "reference level, or the most frequent level of a trend"
        )
    return [
        (
            f"{text}. Pointwise {levels} intervals ({kinds}) hold the uncertainty of baseline "
            "hazard and coefficients."
        )
    ]


def prediction_caption(result: PredictedSurvival, title: str) -> str:
    """Describe the figure."""
    level = format_level(result.curves[0].curve.level) if result.curves else "95%"
    text = (
        f"{title}. Survival predicted from one Cox model with pointwise {level} intervals (shaded)"
    )
    if result.held:
        text += f", at {listed([held_words(item) for item in result.held])}"
    return (
        f"{text}. At risk: patients observed with that level, whatever else they have; where few "
        "are left the curve rests on the model."
    )
