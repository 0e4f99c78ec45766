"""Genes by alteration class as features: who carries, and who was looked at for that class."""

from __future__ import annotations

import numpy as np
import polars as pl

from dense_features import dense
from embogen.genomics.assays import AssayGenotypes
from embogen.genomics.class_features import class_features
from embogen.genomics.classes import AlterationClasses
from embogen.genomics.matrix import AlterationMatrix

X = np.nan
CODES = {"?": 2, "failed": 3, "": 0}


def assay(
    name: str, classes: set[str], rows: list[list[str]], patients: str = ""
) -> AssayGenotypes:
    """Write cells as their classes, "" wild type, "?" not tested; genes G0, G1, ..."""
    states = np.array([[CODES.get(cell, 1) for cell in row] for row in rows], np.int8)
    text = np.array([["" if cell in CODES else cell for cell in row] for row in rows])
    ids = tuple(patients or "abcdefgh"[: len(rows)])
    genes = tuple(f"G{j}" for j in range(states.shape[1]))
    matrix = AlterationMatrix(ids, genes, states, AlterationClasses.of_text(text))
    return AssayGenotypes(name, frozenset(classes), matrix, pl.DataFrame(), ())


MUTATIONS = assay(
    "mutations",
    {"missense", "truncating"},
    [["missense", "truncating"], ["missense+truncating", ""], ["", "?"], ["failed", "?"]],
)
NUMBERS = assay(
    "copy number", {"loss", "gain"}, [["loss", ""], ["", ""], ["?", "loss"], ["?", "?"]]
)


def values(source) -> dict[str, list[float]]:
    return dict(zip(source.names, dense(source).T.tolist(), strict=True))


def same(found: dict[str, list[float]], expected: dict[str, list[float]]) -> None:
    assert list(found) == list(expected)
    for name, column in expected.items():
        np.testing.assert_array_equal(found[name], column, err_msg=name)


def test_each_class_has_its_carriers_and_its_assay_says_who_was_tested():
    source = class_features([MUTATIONS, NUMBERS])
    same(
        values(source),
        {
            "G0 loss": [1, 0, X, X],
            "G0 missense": [1, 1, 0, X],
            "G0 truncating": [0, 1, 0, X],
            "G1 loss": [0, 0, 1, X],
            "G1 truncating": [1, 0, X, X],
        },
    )
    assert len(np.unique(source.patterns, axis=0)) == len(source.patterns) == 2


def test_an_alteration_of_unstated_kind_may_be_of_any_class():
    source = class_features(
        [assay("mutations", {"missense"}, [["any"], ["any+missense"], [""], ["missense"]])]
    )
    same(values(source), {"G0 any": [1, 1, 0, 0], "G0 missense": [X, 1, 0, 1]})


def test_two_assays_that_can_show_a_class_are_joined_as_genes_are():
    one = assay("mutations", {"fusion"}, [["fusion"], [""], [""], ["?"]])
    other = assay("structural variants", {"fusion"}, [["?"], [""], ["?"], ["fusion"]])
    same(values(class_features([one, other])), {"G0 fusion": [1, 0, X, 1]})
    same(values(class_features([one, other], "any")), {"G0 fusion": [1, 0, 0, 1]})


def test_the_fingerprint_is_that_of_the_content():
    one = class_features([MUTATIONS, NUMBERS])
    assert one.fingerprint == class_features([NUMBERS, MUTATIONS]).fingerprint
    assert one.fingerprint != class_features([MUTATIONS]).fingerprint
    more = assay("copy number", {"loss"}, [["loss", ""], ["", ""], ["", "loss"], ["?", "?"]])
    assert one.fingerprint != class_features([MUTATIONS, more]).fingerprint


def test_nobody_altered_makes_no_feature():
    source = class_features([assay("mutations", {"missense"}, [[""], ["?"]])])
    assert source.names == ()
