"""OncoPrint: genes by patients, alteration classes, not tested apart, clinical tracks above."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from embogen.delimited import csv_text
from embogen.figures import glyphs, style
from embogen.figures.oncoprint_tracks import TrackStyle, track_style
from embogen.figures.shapes import Box, Drawing, Label, rect
from embogen.genomics.alterations import GeneState
from embogen.numerals import format_count, format_fraction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.figures.shapes import Shape
    from embogen.genomics.oncoprint import OncoPrint

_ROW: Final = 16.0
_ROW_GAP: Final = 2.5
_TRACK: Final = 10.0
_TRACK_GAP: Final = 2.0
_PITCH: Final = 12.5
_WIDEST_GRID: Final = 560.0
_NARROW: Final = 1.5
"""Below this distance of columns neighbours that look alike are drawn as one."""
_THINNEST: Final = 0.35
_BAR: Final = 64.0
_LEGEND_ROW: Final = 14.0
_LEGEND_WIDTH_LEAST: Final = 420.0
_STATES: Final = {
    GeneState.WILD_TYPE: glyphs.WILD_TYPE,
    GeneState.ALTERED: "altered",
    GeneState.NOT_TESTED: glyphs.NOT_TESTED,
    GeneState.FAILED: glyphs.FAILED,
}


@dataclass(frozen=True, slots=True)
class _Grid:
    """Left edge, distance and width of columns, and where tracks and genes begin."""

    left: float
    pitch: float
    width: float
    n: int
    genes_top: float

    def box(self, row: int, first: int, last: int | None = None) -> Box:
        """Return the cell of a gene and a patient, or of neighbours from `first` to `last`."""
        return self.cell(self.genes_top + row * (_ROW + _ROW_GAP), _ROW, first, last)

    def cell(self, top: float, height: float, first: int, last: int | None = None) -> Box:
        """Return the cell of a row at `top`; never thinner than can be seen."""
        span = (0 if last is None else last - first) * self.pitch
        width = max(span + self.width, _THINNEST)
        return Box(self.left + first * self.pitch, top, width, height)

    def runs(self, values: Sequence[str | None]) -> list[tuple[int, int, str | None]]:
        """Join neighbours that look alike, once columns are too narrow to be told apart."""
        if self.pitch >= _NARROW:
            return [(index, index, value) for index, value in enumerate(values)]
        joined: list[tuple[int, int, str | None]] = []
        for value, group in groupby(enumerate(values), key=itemgetter(1)):
            places = [index for index, _ in group]
            joined.append((places[0], places[-1], value))
        return joined

    @property
    def right(self) -> float:
        """Right end of the last column."""
        return self.left + max(self.n, 1) * self.pitch


def oncoprint_drawing(result: OncoPrint, *, name: str, title: str) -> Drawing:
    """Lay out an `OncoPrint`; its columns are drawn in the order they come in."""
    styles = [track_style(track, index) for index, track in enumerate(result.tracks)]
    grid = _grid(result)
    shapes: list[Shape] = []
    for index, one in enumerate(styles):
        shapes += _track(one, 6 + index * (_TRACK + _TRACK_GAP), grid)
    shapes += _cells(result, grid)
    for row in range(len(result.genes)):
        shapes += _row_ends(result, row, grid)
    width = max(grid.right + 84 + _BAR, _LEGEND_WIDTH_LEAST)
    bottom = grid.genes_top + len(result.genes) * (_ROW + _ROW_GAP) + 14
    legend, height = _legend(_legend_entries(result, styles), bottom, width)
    return Drawing(
        name=name,
        width=width,
        height=height,
        shapes=(*shapes, *legend),
        title=f"OncoPrint: {title}",
        description=_description(result, grid.n),
    )


def oncoprint_numbers(result: OncoPrint) -> str:
    """Return what is drawn as CSV, one row per gene or track and column, without patient ids."""
    rows: list[list[str | float | None]] = []
    for track in result.tracks:
        for column, value in enumerate(track.values):
            rows.append(["track", track.label, column + 1, "", "", value])
    for row, gene in enumerate(result.genes):
        for column in range(result.states.shape[1]):
            state = _STATES[GeneState(int(result.states[row, column]))]
            classes = str(result.classes[row, column])
            rows.append(["gene", gene, column + 1, state, classes, None])
    return csv_text(["kind", "name", "column", "state", "classes", "value"], rows)


def _grid(result: OncoPrint) -> _Grid:
    n = int(result.states.shape[1]) if result.states.ndim > 1 else 0
    names = [*result.genes, *(track.label for track in result.tracks)]
    label = max((style.text_width(text, style.TEXT) for text in names), default=30.0)
    left = 12 + min(max(label, 30.0), 120.0)
    pitch = min(_PITCH, _WIDEST_GRID / max(n, 1))
    gap = 1.6 if pitch > 6 else pitch * 0.16  # noqa: PLR2004 - narrow columns, hairline gaps
    tracks = len(result.tracks) * (_TRACK + _TRACK_GAP)
    return _Grid(left, pitch, pitch - gap, n, 6 + tracks + (6 if tracks else 0))


def _track(one: TrackStyle, top: float, grid: _Grid) -> list[Shape]:
    shapes: list[Shape] = [
        Label(
            "track",
            grid.left - 6,
            top + _TRACK - 2,
            style.fit_text(one.label, style.SMALL, grid.left - 12),
            size=style.SMALL,
            anchor="end",
        )
    ]
    cells: list[Shape] = []
    marks: list[Shape] = []
    for first, last, colour in grid.runs([one.colour(value) for value in one.values]):
        box = grid.cell(top, _TRACK, first, last)
        if colour is None:
            marks += glyphs.background(glyphs.NOT_TESTED, box)
        else:
            cells.append(rect("track cell", box, colour))
    return [*shapes, *_by_style(cells), *_by_style(marks)]


def _by_style(shapes: list[Shape]) -> list[Shape]:
    """Put shapes of one look together, so that they are drawn as one path."""

    def look(shape: Shape) -> tuple[str, str]:
        return (type(shape).__name__ == "Line") * "line", str(getattr(shape, "fill", ""))

    return sorted(shapes, key=look)


def _cells(result: OncoPrint, grid: _Grid) -> list[Shape]:
    grounds: list[Shape] = []
    marks: list[Shape] = []
    for row in range(len(result.genes)):
        states = [_STATES[GeneState(state)] for state in result.states[row].tolist()]
        for first, last, state in grid.runs(states):
            grounds += glyphs.background(str(state), grid.box(row, first, last))
        cells = [str(classes) for classes in result.classes[row].tolist()]
        for first, last, joined in grid.runs(
            [one if state == "altered" else None for one, state in zip(cells, states, strict=True)]
        ):
            if joined is not None:
                box = grid.box(row, first, last)
                marks += [glyphs.glyph(name, box) for name in _classes(joined)]
    ordered = sorted(marks, key=lambda shape: _drawn_at(shape.role))
    return [*_by_style(grounds), *ordered]


def _classes(joined: str) -> list[str]:
    """Split classes; a cell altered in an unnamed way counts as ``any``.

    Examples
    --------
    >>> _classes("missense+truncating"), _classes("")
    (['truncating', 'missense'], ['any'])
    """
    names = [name for name in joined.split("+") if name] or ["any"]
    return sorted(names, key=_drawn_at)


def _drawn_at(name: str) -> int:
    return glyphs.ORDER.index(name) if name in glyphs.ORDER else len(glyphs.ORDER)


def _row_ends(result: OncoPrint, row: int, grid: _Grid) -> list[Shape]:
    """Write the gene at the left; percent, altered of tested, and a bar at the right."""
    gene, tested, fraction = result.genes[row], result.n_tested[row], result.fractions[row]
    box = grid.box(row, 0)
    base = box.y + _ROW - 4.5
    altered = int((result.states[row] == GeneState.ALTERED).sum())
    name = style.fit_text(gene, style.TEXT, grid.left - 12)
    right = grid.right + 4
    shapes: list[Shape] = [
        Label("gene", grid.left - 6, base, name, anchor="end", italic=True),
        Label("percent", right + 26, base, format_fraction(fraction, grid.n), anchor="end"),
        Label(
            "count",
            right + 66,
            base,
            f"{format_count(altered)}/{format_count(tested)}",
            size=style.SMALL,
            anchor="end",
            colour=style.QUIET_INK,
        ),
        rect("bar_ground", Box(right + 72, box.y + 4, _BAR, _ROW - 8), style.FAINT),
    ]
    if math.isfinite(fraction) and fraction > 0:
        bar = Box(right + 72, box.y + 4, fraction * _BAR, _ROW - 8)
        shapes.append(rect("bar", bar, style.QUIET_INK))
    return shapes


_LegendEntry = tuple[str, list["tuple[str, str | None]"]]


def _legend_entries(result: OncoPrint, styles: Sequence[TrackStyle]) -> list[_LegendEntry]:
    """List what occurs: (heading, [(text, colour or None for a glyph of that name)])."""
    found: set[str] = set()
    for cell in {str(text) for text in result.classes[result.states == GeneState.ALTERED]}:
        found.update(_classes(cell))
    names = sorted(found, key=_drawn_at)
    present = {int(state) for state in set(result.states.ravel().tolist())}
    names += [word for state, word in _STATES.items() if state in present and word != "altered"]
    entries: list[_LegendEntry] = [("Alteration", [(name, None) for name in names])]
    entries += [(one.label, list(one.legend)) for one in styles]
    return entries


def _legend(entries: list[_LegendEntry], top: float, width: float) -> tuple[list[Shape], float]:
    heads = [style.fit_text(heading, style.SMALL, 110) for heading, _ in entries]
    indent = 12 + max(style.text_width(text, style.SMALL) * 1.08 for text in heads) + 6
    shapes: list[Shape] = []
    level = top
    for heading, (_, items) in zip(heads, entries, strict=True):
        base = level + 8.5
        shapes.append(Label("legend", 6, base, heading, size=style.SMALL, bold=True))
        place = indent
        for text, colour in items:
            shown = style.fit_text(text.replace("_", " "), style.SMALL, 150)
            step = 14 + style.text_width(shown, style.SMALL) + 12
            if place + step > width and place > indent:
                place, level = indent, level + _LEGEND_ROW
                base = level + 8.5
            shapes += _key(text, colour, Box(place, level, 8, 10))
            shapes.append(Label("legend", place + 12, base, shown, size=style.SMALL))
            place += step
        level += _LEGEND_ROW
    return shapes, level + 6


def _key(text: str, colour: str | None, box: Box) -> list[Shape]:
    if colour is not None:
        return [rect("key", box, colour)]
    if text == "missing":
        return glyphs.background(glyphs.NOT_TESTED, box)
    if text in {glyphs.NOT_TESTED, glyphs.FAILED, glyphs.WILD_TYPE}:
        return glyphs.background(text, box)
    return [*glyphs.background("altered", box), glyphs.glyph(text, box)]


def _description(result: OncoPrint, n: int) -> str:
    parts = [
        f"{gene}: {format_fraction(fraction, tested)} of {format_count(tested)} tested."
        for gene, fraction, tested in zip(
            result.genes, result.fractions, result.n_tested, strict=True
        )
    ]
    return f"{format_count(n)} patients in columns. " + " ".join(parts)
