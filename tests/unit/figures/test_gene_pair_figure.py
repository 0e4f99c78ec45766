"""The triangle of gene pairs: a cell for each pair, colours by odds ratio, frames, numbers."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest

from embogen.figures import style
from embogen.figures.gene_pairs import pair_colour, pairs_drawing, pairs_numbers
from embogen.figures.shapes import Label, Polygon
from embogen.figures.svg import svg_of
from embogen.inference.association import Factor
from embogen.inference.design import Term
from embogen.inference.gene_pairs import co_mutation


@pytest.fixture
def result():
    a = np.repeat([1.0, 0.0], 15)
    b = np.concatenate([np.ones(14), np.zeros(16)])
    nobody = np.zeros(30)
    factors = [
        Factor(Term("A"), a),
        Factor(Term("B", title="B or C"), b),
        Factor(Term("<D>"), nobody),
    ]
    return co_mutation(factors)


def test_every_pair_has_its_cell_and_only_decisive_ones_a_frame(result):
    drawing = pairs_drawing(result, name="pairs", title="Pairs")
    assert len(drawing.of_role("pair")) == 1
    assert len(drawing.of_role("not_comparable")) == 2
    assert len(drawing.of_role("decisive")) == 1
    texts = [item.text for item in drawing.of_role("both") if isinstance(item, Label)]
    assert sorted(texts) == ["14", "\u2013", "\u2013"]
    for shape in drawing.shapes:
        if isinstance(shape, Polygon):
            for x, y in shape.points:
                assert 0 <= x <= drawing.width
                assert 0 <= y <= drawing.height


def test_a_group_stands_upright_and_hostile_names_are_escaped(result):
    drawing = pairs_drawing(result, name="pairs", title="Pairs")
    genes = {item.text: item for item in drawing.of_role("gene") if isinstance(item, Label)}
    assert not genes["B or C"].italic
    assert genes["A"].italic
    assert "<D>" not in svg_of(drawing)


@pytest.mark.parametrize(
    ("ratio", "colour"),
    [
        (1.0, style.PAPER),
        (8.0, style.VERMILION),
        (math.inf, style.VERMILION),
        (0.125, style.BLUE),
        (0.0, style.BLUE),
        (math.nan, style.FAINT),
    ],
)
def test_colours_follow_the_odds_ratio(ratio, colour):
    assert pair_colour(ratio) == colour


def test_the_numbers_behind_it(result):
    rows = list(csv.DictReader(io.StringIO(pairs_numbers(result))))
    assert (rows[0]["first"], rows[0]["second"], rows[0]["both"]) == ("A", "B", "14")
    assert rows[1]["odds_ratio"] == ""


def test_many_genes_get_small_cells_without_numbers():
    rng = np.random.default_rng(1)
    factors = [Factor(Term(f"G{i}"), rng.integers(0, 2, 40).astype(float)) for i in range(20)]
    drawing = pairs_drawing(co_mutation(factors), name="pairs", title="Pairs")
    assert drawing.of_role("both") == ()
    assert len(drawing.of_role("pair")) == 190
