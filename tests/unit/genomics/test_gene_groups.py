"""Groups of genes: known only where no untested member could change the answer."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embogen.genomics.classes import AlterationClasses
from embogen.genomics.coverage import GeneState
from embogen.genomics.frequency import most_frequent
from embogen.genomics.groups import GeneGroup, group_states
from embogen.genomics.matrix import AlterationMatrix

A, W, N, F = GeneState.ALTERED, GeneState.WILD_TYPE, GeneState.NOT_TESTED, GeneState.FAILED


def matrix_of(*rows: list[int], genes: tuple[str, ...] = ("DAXX", "ATRX", "TP53")):
    states = np.array(rows, np.int8)
    classes = AlterationClasses.of_text(np.where(states == A, "missense", ""))
    return AlterationMatrix(tuple(f"P{i}" for i in range(len(rows))), genes, states, classes)


@pytest.mark.parametrize(
    ("members", "group"),
    [
        ([A, W], A),
        ([A, N], A),  # whatever ATRX is, the group is altered
        ([A, F], A),
        ([W, W], W),
        ([W, N], N),  # ATRX could have been altered
        ([N, N], N),
        ([W, F], F),
        ([F, F], F),
        ([N, F], N),
    ],
)
def test_the_state_of_a_pair_by_hand(members, group):
    assert group_states(np.array([members], np.int8)).tolist() == [group]


@given(st.lists(st.sampled_from([A, W, N, F]), min_size=1, max_size=5))
def test_a_group_is_known_exactly_when_the_unknown_members_cannot_change_it(members):
    """Every way the unknown members could have turned out is tried."""
    unknown = [i for i, state in enumerate(members) if state in {N, F}]
    outcomes = set()
    for truth in itertools.product([A, W], repeat=len(unknown)):
        full = list(members)
        for i, state in zip(unknown, truth, strict=True):
            full[i] = state
        outcomes.add(A in full)
    (found,) = group_states(np.array([members], np.int8)).tolist()
    if len(outcomes) == 1:
        assert found == (A if outcomes.pop() else W)
    else:
        assert found in {N, F}
        assert (found == F) == all(members[i] == F for i in unknown)


def test_columns_of_groups_follow_the_genes_and_keep_them():
    matrix = matrix_of([A, W, N], [W, W, A])
    group = GeneGroup("alt", ("DAXX", "ATRX"), "DAXX or ATRX")
    more = matrix.with_groups([group])
    assert more.genes == ("DAXX", "ATRX", "TP53", "alt")
    assert more.state("alt").tolist() == [A, W]
    assert more.classes.text()[:, 3].tolist() == ["missense", ""]
    assert (more.label("alt"), more.label("TP53")) == ("DAXX or ATRX", "TP53")
    np.testing.assert_array_equal(more.states[:, :3], matrix.states)
    again = more.take(["P1", "nobody", "P0"])
    assert again.state("alt").tolist() == [W, N, A]
    assert again.groups == more.groups


def test_the_classes_of_several_members_are_joined_as_for_a_gene():
    matrix = AlterationMatrix(
        ("P0",),
        ("DAXX", "ATRX"),
        np.array([[A, A]], np.int8),
        AlterationClasses.of_text(np.array([["truncating", "homozygous_deletion+truncating"]])),
    )
    more = matrix.with_groups([GeneGroup("alt", ("DAXX", "ATRX"), "ALT")])
    assert more.classes.text()[0, 2] == "homozygous_deletion+truncating"


def test_a_member_no_panel_covers_leaves_the_group_untested_unless_altered():
    more = matrix_of([A, W, W], [W, W, W]).with_groups([GeneGroup("g", ("DAXX", "SETD2"), "g")])
    assert more.state("g").tolist() == [A, N]


def test_a_group_may_not_take_the_name_of_a_gene():
    with pytest.raises(ValueError, match="TP53"):
        matrix_of([A, W, W]).with_groups([GeneGroup("TP53", ("DAXX",), "x")])


def test_a_group_is_never_a_most_frequent_gene():
    matrix = matrix_of([A, W, W], [W, A, W], [W, W, A])
    more = matrix.with_groups([GeneGroup("all", ("DAXX", "ATRX", "TP53"), "all")])
    assert most_frequent(more, 3)[0] == most_frequent(matrix, 3)[0]
    assert "all" not in most_frequent(more, 1)[0]
