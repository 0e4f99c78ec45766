"""A matrix of genotypes as features: the same cells, genes and groups alike."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dense_features import dense
from embogen.genomics.classes import AlterationClasses
from embogen.genomics.groups import GeneGroup
from embogen.genomics.matrix import AlterationMatrix
from embogen.genomics.matrix_features import MatrixFeatures


def matrix(states: np.ndarray) -> AlterationMatrix:
    n, g = states.shape
    names = tuple(f"P{i}" for i in range(n)), tuple(f"G{j}" for j in range(g))
    return AlterationMatrix(*names, states, AlterationClasses.of_text(np.full((n, g), "")))


@given(
    states=arrays.arrays(
        np.int8, st.tuples(st.integers(1, 6), st.integers(1, 7)), elements=st.integers(0, 3)
    )
)
def test_every_cell_is_that_of_the_matrix(states):
    made = matrix(states)
    source = MatrixFeatures(made)
    expected = np.column_stack([made.values(gene) for gene in made.genes])
    assert np.array_equal(dense(source), expected, equal_nan=True)
    assert source.sizes().tolist() == (states == 1).sum(axis=0).tolist()
    assert len(np.unique(source.patterns, axis=0)) == len(source.patterns)


def test_groups_of_genes_are_features_too():
    made = matrix(np.array([[0, 2], [1, 2], [0, 0]], np.int8))
    grouped = made.with_groups([GeneGroup("any", ("G0", "G1"), "G0 or G1")])
    source = MatrixFeatures(grouped)
    assert list(source.names) == ["G0", "G1", "any"]
    assert np.array_equal(dense(source)[:, 2], [np.nan, 1.0, 0.0], equal_nan=True)


def test_the_fingerprint_tells_matrices_apart():
    one = matrix(np.array([[0, 1]], np.int8))
    assert MatrixFeatures(one).fingerprint == MatrixFeatures(one).fingerprint
    assert MatrixFeatures(one).fingerprint != MatrixFeatures(one.take(["X"])).fingerprint
    other = matrix(np.array([[1, 1]], np.int8))
    assert MatrixFeatures(one).fingerprint != MatrixFeatures(other).fingerprint
