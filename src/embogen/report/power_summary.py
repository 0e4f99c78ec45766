"""What `embogen power` prints and writes: lines, numbers, a curve."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from embogen.errors import PlanError, PlanProblem
from embogen.figures.power import power_drawing, power_numbers
from embogen.figures.shapes import with_notice
from embogen.figures.svg import svg_of
from embogen.numerals import format_count, format_level, format_ratio, format_ratio_interval
from embogen.tables.power import POWERS, detectable_rows, power_rows, required_rows
from embogen.tables.render_text import plain_lines
from embogen.wording import inline_name_of_test

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from embogen.inference.power_result import PowerCurve, PublishedRatio
    from embogen.inference.power_trial import PowerTrial

USUAL: tuple[float, ...] = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0)
"""Hazard ratios of the table; each but 1 comes with its inverse."""
_POINTS = 31
_NARROWEST, _WIDEST = 5.0, 50.0


def power_table(trial: PowerTrial, ratios: Sequence[float] | None) -> PowerCurve:
    """Simulate the hazard ratios asked for, or the usual ones on both sides of 1."""
    if ratios:
        return trial.curve(sorted(set(ratios)), POWERS)
    below = [1.0 / ratio for ratio in reversed(USUAL) if ratio != 1.0]
    return trial.curve([*below, *USUAL], POWERS)


def power_lines(
    curve: PowerCurve, published: PublishedRatio | None, notes: Sequence[str]
) -> dict[str, Any]:
    """Put a power curve into lines for a terminal."""
    strata = f", {curve.n_strata} strata" if curve.n_strata > 1 else ""
    origin = "of the study" if curve.observed_outcome else "drawn"
    test = inline_name_of_test(curve.test)
    if curve.test == "permutation":
        test += " of the studentized score"
    out: dict[str, Any] = {
        "design": (
            f"{format_count(curve.n_patients)} patients, {format_count(curve.n_carriers)} carriers,"
            f" {format_count(curve.n_events)} events{strata}; outcomes {origin}"
        ),
        "test": f"{test}, two-sided, level {curve.level:g}",
        "power": plain_lines(power_rows(curve)),
        "minimal detectable hazard ratios": plain_lines(detectable_rows(curve)),
        "events and patients needed": plain_lines(required_rows(curve)),
    }
    if published is not None:
        out["winner's curse"] = _published(published)
    if notes:
        out["to note"] = list(notes)
    return out


def _published(item: PublishedRatio) -> list[str]:
    value, interval = format_ratio(item.published), item.shrunken.interval
    limits = ""
    if interval is not None:
        bounds = format_ratio_interval(interval.low, interval.high)
        limits = f" ({format_level(interval.level)} CI {bounds})"
    if math.isnan(item.truth):
        truth = "the simulation cannot tell which true HR it comes from"
    elif item.truth == 1.0:
        truth = "such a value is usual among significant results even if the true HR is 1"
    else:
        truth = f"it is the median significant result if the true HR is {format_ratio(item.truth)}"
    shrunken = f"{format_ratio(item.shrunken.value)}{limits}"
    return [
        f"A significant HR of {value} in this design: {truth}.",
        f"By the likelihood of a significant result it shrinks to {shrunken}.",
    ]


def power_data(
    curve: PowerCurve, published: PublishedRatio | None, notes: Sequence[str]
) -> dict[str, Any]:
    """Put a power curve into plain data for JSON: NaN is null, infinity a word."""
    found = {**asdict(curve), "notes": list(notes)}
    found["published"] = None if published is None else asdict(published)
    plain: dict[str, Any] = _plain(found)
    return plain


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a dataclass holds
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return value


def write_power_curve(
    trial: PowerTrial,
    curve: PowerCurve,
    directory: Path,
    *,
    subject: str = "",
    notice: str | None = None,
) -> list[str]:
    """Draw the curve through many hazard ratios: ``power.svg``, its numbers as ``power.csv``.

    Parameters
    ----------
    trial
        To simulate the points of the curve.
    curve
        The table's, whose minimal detectable hazard ratios are marked.
    directory
        Where to write; made if need be.
    subject, notice
        What stands in the title beside the design; the notice of a synthetic cohort.

    Returns
    -------
    list of str
        The files written.

    Raises
    ------
    PlanError
        When they cannot be written.
    """
    needed = [abs(math.log(item.formula)) for item in curve.detectable]
    most = math.exp(1.5 * max(needed, default=0.0))
    most = min(max(most, _NARROWEST), _WIDEST)
    ratios = [float(ratio) for ratio in np.geomspace(1.0 / most, most, _POINTS)]
    ratios[_POINTS // 2] = 1.0
    dense = trial.curve(ratios)
    marked = replace(dense, detectable=curve.detectable)
    texts = {
        "power.svg": svg_of(with_notice(power_drawing(marked, subject=subject), notice)),
        "power.csv": power_numbers(marked),
    }
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (directory / name).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        message = f"cannot be written to ({error.strerror})"
        problem = PlanProblem(str(directory), message, "Give another --out.")
        raise PlanError([problem]) from None
    return [str(directory / name) for name in texts]
