"""Mutations and copy number together: what each covered decides what silence means."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from embogen.genomics.alterations import GenotypeRules
from embogen.genomics.assays import (
    COPY_NUMBER,
    SMALL_VARIANTS,
    Assay,
    build_genotypes,
    relevant_assays,
)
from embogen.genomics.calls import CALL_COLUMNS, MutationCalls
from embogen.genomics.coverage import GeneState
from embogen.genomics.panels import GenePanel

A, W, N, F = GeneState.ALTERED, GeneState.WILD_TYPE, GeneState.NOT_TESTED, GeneState.FAILED
PANELS = {"P": GenePanel("P", "", frozenset({"MEN1", "PTEN"}))}
BOTH = GenotypeRules(("missense", "homozygous_deletion"))
DELETIONS = GenotypeRules(("homozygous_deletion",))
PATIENTS = ["P1", "P2", "P3", "P4"]
SPECIMENS = pl.DataFrame(
    {
        "specimen_id": ["S1", "S2", "S3", "S4"],
        "patient_id": PATIENTS,
        "panel": ["P"] * 4,
        "status": [None, None, None, "failed"],
    },
    schema_overrides={"status": pl.String},
)


def calls_of(*triples: tuple[str, str, str], tested: list[tuple[str, str]] | None = None):
    columns = {name: [None] * len(triples) for name in CALL_COLUMNS}
    columns |= {
        "sample_id": [t[0] for t in triples],
        "gene": [t[1] for t in triples],
        "alteration_class": [t[2] for t in triples],
        "source_row": list(range(2, 2 + len(triples))),
    }
    schema = {"sample_id": pl.String, "gene": pl.String}
    pairs = None if tested is None else pl.DataFrame(tested, schema=schema, orient="row")
    return MutationCalls(pl.DataFrame(columns, schema=dict(CALL_COLUMNS)), "f", pairs)


MUTATIONS = Assay("mutations", calls_of(("S1", "MEN1", "missense")), SMALL_VARIANTS)
# S1 and S2 were assayed for copy number, S3 was not; PTEN is NA in S2
NUMBERS = Assay(
    "copy number",
    calls_of(
        ("S1", "MEN1", "homozygous_deletion"),
        ("S1", "PTEN", "homozygous_deletion"),
        ("S2", "MEN1", "loss"),
        tested=[("S1", "MEN1"), ("S1", "PTEN"), ("S2", "MEN1")],
    ),
    COPY_NUMBER,
)


def built(assays, rules, **more: object):
    matrix, caveats = build_genotypes(PATIENTS, SPECIMENS, assays, PANELS, rules, **more)
    states = {gene: matrix.state(gene).tolist() for gene in matrix.genes}
    return matrix, states, {caveat.code: caveat for caveat in caveats}


def test_mutations_alone_are_as_they_ever_were():
    _, states, _ = built([MUTATIONS], BOTH)
    assert states == {"MEN1": [A, W, W, F], "PTEN": [W, W, W, F]}


def test_a_gene_not_assayed_for_copy_number_is_not_wild_type_for_deletion():
    _, states, _ = built([MUTATIONS, NUMBERS], DELETIONS)
    assert states == {"MEN1": [A, W, N, F], "PTEN": [A, N, N, F]}


def test_with_both_counted_silence_needs_both():
    matrix, states, caveats = built([MUTATIONS, NUMBERS], BOTH)
    assert states == {"MEN1": [A, W, N, F], "PTEN": [A, N, N, F]}
    assert matrix.classes.text()[0].tolist() == [
        "homozygous_deletion+missense",
        "homozygous_deletion",
    ]
    # P2 for PTEN, P3 for both genes
    assert dict(caveats["not_every_assay"].evidence) == {"patients": 2, "cells": 3}
    assert "copy number (2)" in caveats["not_every_assay"].message


def test_a_plan_may_let_one_assay_suffice_and_it_is_said():
    _, states, caveats = built([MUTATIONS, NUMBERS], BOTH, wild_type_by="any")
    assert states == {"MEN1": [A, W, W, F], "PTEN": [A, W, W, F]}
    assert "wild type, by the plan" in caveats["not_every_assay"].message


def test_an_assay_that_tells_nothing_that_counts_does_not_bear_on_anything():
    rules = GenotypeRules(("missense",))
    assert [item.name for item in relevant_assays([MUTATIONS, NUMBERS], rules)] == ["mutations"]
    assert built([MUTATIONS, NUMBERS], rules)[1] == built([MUTATIONS], rules)[1]


def test_panels_of_an_assay_of_its_own():
    """Copy number was called on the panel in S2 only: alterations alone are listed."""
    listed = Assay(
        "copy number",
        calls_of(("S2", "PTEN", "homozygous_deletion")),
        COPY_NUMBER,
        panel_of={"S2": "P"},
        silence_is_usual=True,
    )
    _, states, caveats = built([listed], DELETIONS)
    assert states == {"MEN1": [N, W, N, N], "PTEN": [N, A, N, N]}
    assert "specimens_without_calls" not in caveats


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_assays_patients_and_rows_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    first, _, _ = built([MUTATIONS, NUMBERS], BOTH)
    order = rng.permutation(4)
    turned, _ = build_genotypes(
        [PATIENTS[i] for i in order],
        SPECIMENS.sample(fraction=1.0, shuffle=True, seed=seed),
        [NUMBERS, MUTATIONS],
        PANELS,
        BOTH,
    )
    np.testing.assert_array_equal(first.states[order], turned.states)
    np.testing.assert_array_equal(first.classes.text()[order], turned.classes.text())
