"""Frequency among the tested, ties at the cut, and the stair of an OncoPrint."""

from __future__ import annotations

import numpy as np
import pytest

from embogen.genomics.alterations import AlterationMatrix
from embogen.genomics.classes import AlterationClasses
from embogen.genomics.frequency import most_frequent, rank_genes
from embogen.genomics.oncoprint import Track, build_oncoprint


def matrix_of(genes: dict[str, list[int]]) -> AlterationMatrix:
    states = np.array(list(genes.values()), np.int8).T
    classes = AlterationClasses.of_text(np.where(states == 1, "missense", ""))
    patients = tuple(f"P{i}" for i in range(len(states)))
    return AlterationMatrix(patients, tuple(genes), states, classes)


def test_the_denominator_is_the_tested():
    matrix = matrix_of({"TP53": [1, 1, 0, 0], "MEN1": [1, 2, 2, 3], "NONE": [2, 2, 3, 2]})
    ranked = rank_genes(matrix)
    assert [row.gene for row in ranked] == ["MEN1", "TP53", "NONE"]
    assert [(row.altered, row.tested, row.not_tested, row.failed) for row in ranked] == [
        (1, 1, 2, 1),
        (2, 4, 0, 0),
        (0, 0, 3, 1),
    ]
    assert [row.fraction for row in ranked[:2]] == [1.0, 0.5]
    assert np.isnan(ranked[2].fraction)


def test_genes_tied_at_the_cut_are_all_kept():
    matrix = matrix_of(
        {"A": [1, 1, 0, 0], "D": [1, 0, 0, 0], "C": [0, 1, 0, 0], "B": [0, 0, 1, 0], "Z": [0] * 4}
    )
    genes, caveats = most_frequent(matrix, 2)
    assert genes == ("A", "B", "C", "D")
    assert caveats[0].code == "genes_tied_at_cut"
    assert caveats[0].evidence == {"asked": 2, "kept": 4}
    assert most_frequent(matrix, 1) == (("A",), ())
    assert most_frequent(matrix, 9) == (("A", "B", "C", "D"), ())


def test_nobody_altered_leaves_no_candidate():
    assert most_frequent(matrix_of({"A": [0, 2], "B": [3, 0]}), 4) == ((), ())


def test_the_stair_steps_down_and_the_untested_come_last():
    matrix = matrix_of(
        {
            "MEN1": [0, 1, 2, 0, 0, 2, 1],
            "DAXX": [1, 0, 2, 0, 2, 1, 1],
        }
    )
    age = Track("age", "Age", "number", tuple(float(i) for i in range(7)))
    print_ = build_oncoprint(matrix, ["MEN1", "DAXX"], [age])
    assert print_.genes == ("DAXX", "MEN1")  # 3 of 5 against 2 of 5
    assert print_.tracks[0].values == (6.0, 0.0, 5.0, 1.0, 3.0, 4.0, 2.0)
    assert print_.states.tolist() == [[1, 1, 1, 0, 0, 2, 2], [1, 0, 2, 1, 0, 0, 2]]
    assert print_.fractions == (0.6, 0.4)
    assert print_.n_tested == (5, 5)


def test_the_order_of_patients_in_the_file_does_not_matter():
    rng = np.random.default_rng(7)
    states = rng.choice([0, 0, 0, 1, 2, 3], (40, 5)).astype(np.int8)
    genes = tuple("ABCDE")
    patients = tuple(f"P{i:02d}" for i in range(40))
    classes = AlterationClasses.of_text(np.where(states == 1, "splice", ""))
    straight = AlterationMatrix(patients, genes, states, classes)
    order = rng.permutation(40)
    mixed = straight.take([patients[i] for i in order])
    first, second = (
        build_oncoprint(m, genes, [Track("id", "Id", "category", m.patients)])
        for m in (straight, mixed)
    )
    assert first.tracks == second.tracks
    np.testing.assert_array_equal(first.states, second.states)


def test_an_unknown_gene_and_a_track_of_another_length():
    matrix = matrix_of({"A": [0, 1]})
    with pytest.raises(ValueError, match="genes not in the matrix: B"):
        build_oncoprint(matrix, ["B"], [])
    with pytest.raises(ValueError, match="track age: 1 values for 2 patients"):
        build_oncoprint(matrix, ["A"], [Track("age", "Age", "number", (1.0,))])
