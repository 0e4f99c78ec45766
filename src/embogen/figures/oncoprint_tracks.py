"""Clinical tracks of an OncoPrint: which value has which colour, and what the legend says."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from embogen.figures import style
from embogen.numerals import decimals_for, format_number

if TYPE_CHECKING:
    from embogen.genomics.oncoprint import Track

_MISSING: Final[tuple[str, None]] = ("missing", None)
_SHADES: Final = 3


@dataclass(frozen=True, slots=True)
class TrackStyle:
    """A track with the colours of its values.

    `legend` pairs a text with its colour; None stands for the mark of a missing value.
    """

    label: str
    values: tuple[float | str | None, ...]
    levels: tuple[str, ...]
    colours: tuple[str, ...]
    low: float
    high: float
    legend: tuple[tuple[str, str | None], ...]

    def colour(self, value: float | str | None) -> str | None:
        """Return the colour of a value; None when it is missing."""
        if value is None or (not isinstance(value, str) and math.isnan(value)):
            return None
        if isinstance(value, str):
            return self.colours[self.levels.index(value)]
        share = 0.5 if self.high == self.low else (value - self.low) / (self.high - self.low)
        return style.blend(*style.ORDERED_ENDS, share)


def track_style(track: Track, position: int) -> TrackStyle:
    """Choose colours: a ramp for numbers and ordered levels, distinct ones for other categories.

    Categories of neighbouring tracks begin at different colours, so that they are not read as
    one, and none begins at the blue of ordered levels.
    """
    if track.kind == "number":
        return _number_style(track)
    seen = {str(value) for value in track.values if value is not None}
    listed = [level for level in track.levels if level in seen]
    levels = (*listed, *sorted(seen - set(listed)))
    if levels and set(levels) <= {"yes", "no"}:
        levels = ("no", "yes")
    if _is_ordered(levels):
        steps = max(len(levels) - 1, 1)
        colours = tuple(
            style.blend(*style.ORDERED_ENDS, index / steps) for index in range(len(levels))
        )
    else:
        palette = style.CATEGORY_COLOURS
        start = 3 * (position + 1) % len(palette)
        colours = tuple(palette[(start + index) % len(palette)] for index in range(len(levels)))
    legend: tuple[tuple[str, str | None], ...] = tuple(zip(levels, colours, strict=True))
    if any(value is None for value in track.values):
        legend += (_MISSING,)
    values = tuple(None if value is None else str(value) for value in track.values)
    return TrackStyle(track.label, values, levels, colours, 0.0, 1.0, legend)


def _is_ordered(levels: tuple[str, ...]) -> bool:
    """Whether levels are grades (numbers, or one word with a number), or no and yes."""
    if levels == ("no", "yes"):
        return True
    digits = ["".join(char for char in level if char.isdigit()) for level in levels]
    stems = {"".join(char for char in level if not char.isdigit()) for level in levels}
    return len(levels) > 1 and all(digits) and len(stems) == 1


def _number_style(track: Track) -> TrackStyle:
    known = [
        float(value)
        for value in track.values
        if value is not None and not isinstance(value, str) and math.isfinite(value)
    ]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    digits = decimals_for((low, high))
    unit = f" {track.unit}" if track.unit else ""
    shares = [index / (_SHADES - 1) for index in range(_SHADES)] if high > low else [0.5]
    legend: tuple[tuple[str, str | None], ...] = tuple(
        (
            f"{format_number(low + share * (high - low) if high > low else low, digits)}{unit}",
            style.blend(*style.ORDERED_ENDS, share),
        )
        for share in shares
        if known
    )
    if len(known) < len(track.values):
        legend += (_MISSING,)
    return TrackStyle(track.label, track.values, (), (), low, high, legend)
