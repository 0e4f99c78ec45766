"""The one style of all figures: type, lines, colours that survive colour blindness and grey print.

Lengths are points (1/72 inch). Colours follow Okabe and Ito's palette, which is told apart in all
common forms of colour blindness; no meaning ever hangs on colour alone.
"""

from __future__ import annotations

from typing import Final

from embogen.wording import visible

FONT_FAMILY: Final = (
    "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
)
TEXT: Final = 9.0
SMALL: Final = 8.0
TINY: Final = 7.0

INK: Final = "#1a1a1a"
QUIET_INK: Final = "#5c6470"
RULE: Final = "#b8bec7"
FAINT: Final = "#e9ebee"
STRIPE: Final = "#f5f6f8"
PAPER: Final = "#ffffff"
NOTICE_INK: Final = "#8a3b00"
NOTICE_FILL: Final = "#fff1e0"

BLUE: Final = "#0072b2"
VERMILION: Final = "#d55e00"
GREEN: Final = "#009e73"
PURPLE: Final = "#aa4499"
ORANGE: Final = "#e69f00"
SKY: Final = "#56b4e9"

GROUP_COLOURS: Final = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, INK, SKY)
GROUP_DASHES: Final[tuple[tuple[float, ...], ...]] = (
    (),
    (5.0, 2.0),
    (1.5, 1.5),
    (6.0, 2.0, 1.5, 2.0),
    (8.0, 3.0),
    (3.0, 1.5),
    (1.0, 2.5),
)
CATEGORY_COLOURS: Final = (
    "#d9e6f2",
    "#7ba7cc",
    "#2b5f8c",
    "#f0cf9b",
    "#b07d2b",
    "#c9b3d6",
    "#7a5195",
    "#a8d5c2",
    "#3f8f74",
    "#8c8c8c",
)
ORDERED_ENDS: Final = ("#e3edf6", "#184a75")
"""Lightest and darkest shade of an ordered or numeric track."""

LINE: Final = 1.4
HAIR: Final = 0.6

_BOLD: Final = 1.22
"""How much wider bold type runs, in the widest of the usual fonts (DejaVu Sans, Verdana)."""
_NARROW: Final = frozenset(" iljI.,:;'|!ft()[]/\\")
_WIDE: Final = frozenset("mwMW@%—")


def text_width(text: str, size: float) -> float:
    """Estimate the width of text in points, a little on the wide side.

    The reader's font is not known when a figure is laid out; widths are those of a common
    grotesque, by class of letter.

    Examples
    --------
    >>> text_width("1234", 10) > text_width("iiii", 10)
    True
    """
    ems = 0.0
    for char in text:
        if char in _NARROW:
            ems += 0.31
        elif char in _WIDE:
            ems += 0.88
        elif char.isupper():
            ems += 0.70
        else:
            ems += 1.0 if ord(char) > 0x2E7F else 0.57  # noqa: PLR2004 - CJK and beyond are square
    return ems * size


def fit_text(text: str, size: float, width: float) -> str:
    """Shorten text with an ellipsis to a width; line breaks and control characters go.

    Examples
    --------
    >>> fit_text("a very long label", 10, 40)
    'a very…'
    """
    flat = clean_text(text)
    if text_width(flat, size) <= width:
        return flat
    while flat and text_width(flat + "…", size) > width:
        flat = flat[:-1]
    return flat.rstrip() + "…"


def wrap_text(text: str, size: float, width: float) -> list[str]:
    """Break text into lines of a width, bold type allowed for; a word too long is shortened.

    Examples
    --------
    >>> wrap_text("one two three", 10, 50)
    ['one two', 'three']
    """
    lines: list[str] = []
    for word in clean_text(text).split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) * _BOLD <= width:
            lines[-1] = longer
        else:
            lines.append(fit_text(word, size, width / _BOLD))
    return lines


def clean_text(text: str) -> str:
    """Put text on one line, without control characters.

    Examples
    --------
    >>> clean_text("a" + chr(0) + "b" + chr(10) + "c")
    'ab c'
    """
    return " ".join(visible(text).split())


def blend(start: str, end: str, share: float) -> str:
    """Mix two ``#rrggbb`` colours.

    Examples
    --------
    >>> blend("#000000", "#ffffff", 0.5)
    '#808080'
    """
    first = [int(start[i : i + 2], 16) for i in (1, 3, 5)]
    last = [int(end[i : i + 2], 16) for i in (1, 3, 5)]
    mixed = [round(a + (b - a) * share) for a, b in zip(first, last, strict=True)]
    return "#" + "".join(f"{part:02x}" for part in mixed)
