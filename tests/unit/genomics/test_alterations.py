"""Genotypes: what a call says, what silence means, and what neither tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
import pytest

from embogen.errors import DataError
from embogen.genomics.alterations import (
    AlterationMatrix,
    GeneState,
    GenotypeRules,
    build_alterations,
)
from embogen.genomics.calls import CALL_COLUMNS, MutationCalls
from embogen.genomics.panels import GenePanel

SMALL = GenePanel("SMALL", "", frozenset({"DAXX", "MEN1"}), "small.txt")
LARGE = GenePanel("LARGE", "", frozenset({"DAXX", "MEN1", "TP53"}), "large.txt")
PANELS = {"SMALL": SMALL, "LARGE": LARGE}
A, W, N, F = GeneState.ALTERED, GeneState.WILD_TYPE, GeneState.NOT_TESTED, GeneState.FAILED


def calls_of(*triples: tuple[str, str, str], tested: Sequence[tuple[str, str]] | None = None):
    frame = pl.DataFrame(
        {
            "sample_id": [sample for sample, _, _ in triples],
            "gene": [gene for _, gene, _ in triples],
            "variant_classification": ["" for _ in triples],
            "alteration_class": [kind for _, _, kind in triples],
            "protein_change": [None for _ in triples],
            "vaf": [None for _ in triples],
            "source_row": range(2, 2 + len(triples)),
        },
        schema=dict(CALL_COLUMNS),
    )
    pairs = None
    if tested is not None:
        schema = {"sample_id": pl.String, "gene": pl.String}
        pairs = pl.DataFrame(tested, schema=schema, orient="row")
    return MutationCalls(frame, "m.maf", pairs)


def specimens_of(*rows: tuple[str, str, str | None, str | None]) -> pl.DataFrame:
    names = ("specimen_id", "patient_id", "panel", "status")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def states(matrix: AlterationMatrix) -> Mapping[str, list[int]]:
    return {gene: matrix.state(gene).tolist() for gene in matrix.genes}


def codes(caveats: Sequence[object]) -> list[str]:
    return [item.code for item in caveats]  # type: ignore[attr-defined] # any caveat


def test_the_four_states_by_hand():
    """P1 altered on the large panel, P2 tested on the small one, P3 failed, P4 has no specimen."""
    specimens = specimens_of(
        ("S1", "P1", "LARGE", None),
        ("S2", "P2", "SMALL", "sequenced"),
        ("S3", "P3", "SMALL", "failed"),
    )
    calls = calls_of(("S1", "TP53", "missense"), ("S1", "DAXX", "silent"), ("S2", "MEN1", "splice"))
    matrix, caveats = build_alterations(
        ["P1", "P2", "P3", "P4"], specimens, calls, PANELS, GenotypeRules()
    )
    assert states(matrix) == {"DAXX": [W, W, F, N], "MEN1": [W, A, F, N], "TP53": [A, N, N, N]}
    assert matrix.classes.text()[0].tolist() == ["", "", "missense"]
    (left_out,) = caveats
    assert (left_out.code, left_out.evidence["silent"]) == ("calls_left_out", 1)


def test_rows_of_every_table_may_stand_in_any_order():
    specimens = specimens_of(
        *((f"S{i}", f"P{i % 5}", ("SMALL", "LARGE", "?")[i % 3], None) for i in range(12))
    )
    calls = calls_of(
        *((f"S{i}", ("DAXX", "MEN1", "TP53")[i % 3], "missense") for i in range(0, 12, 2))
    )
    patients = [f"P{i}" for i in range(5)]
    first, _ = build_alterations(patients, specimens, calls, PANELS, GenotypeRules())
    turned = MutationCalls(calls.calls.reverse(), calls.source)
    again, _ = build_alterations(
        patients[::-1], specimens.reverse(), turned, PANELS, GenotypeRules()
    )
    np.testing.assert_array_equal(first.states, again.states[::-1])
    np.testing.assert_array_equal(first.classes.text(), again.classes.text()[::-1])


def test_of_several_specimens_one_altered_is_enough_and_one_tested_is_enough():
    specimens = specimens_of(
        ("S1", "P1", "SMALL", None), ("S2", "P1", "LARGE", None), ("S3", "P1", "LARGE", "failed")
    )
    calls = calls_of(("S1", "DAXX", "missense"), ("S2", "DAXX", "truncating"))
    matrix, _ = build_alterations(["P1"], specimens, calls, PANELS, GenotypeRules())
    assert states(matrix) == {"DAXX": [A], "MEN1": [W], "TP53": [W]}
    assert matrix.classes.text()[0, 0] == "missense+truncating"


def test_only_classes_that_count_make_a_gene_altered():
    specimens = specimens_of(("S1", "P1", "LARGE", None))
    calls = calls_of(("S1", "DAXX", "promoter"), ("S1", "MEN1", "silent"), ("S1", "TP53", "intron"))
    narrow, _ = build_alterations(["P1"], specimens, calls, PANELS, GenotypeRules())
    assert states(narrow) == {"DAXX": [W], "MEN1": [W], "TP53": [W]}
    wide, _ = build_alterations(["P1"], specimens, calls, PANELS, GenotypeRules(("any",)))
    assert states(wide) == {"DAXX": [A], "MEN1": [W], "TP53": [W]}


def test_an_unknown_panel_makes_nothing_tested_not_even_what_was_called():
    specimens = specimens_of(
        ("S1", "P1", "OTHER", None), ("S2", "P2", None, None), ("S3", "P3", "SMALL", None)
    )
    calls = calls_of(("S1", "DAXX", "missense"), ("S3", "DAXX", "missense"))
    matrix, caveats = build_alterations(
        ["P1", "P2", "P3"], specimens, calls, PANELS, GenotypeRules()
    )
    assert states(matrix) == {"DAXX": [N, N, A], "MEN1": [N, N, W]}
    assert codes(caveats) == ["unknown_panel", "specimens_without_calls"]
    assert '"OTHER" is not among the panel files' in caveats[0].message


def test_declared_coverage_counts_every_gene_of_specimens_without_a_panel():
    specimens = specimens_of(("S1", "P1", None, None), ("S2", "P2", "SMALL", None))
    calls = calls_of(("S1", "TP53", "missense"))
    rules = GenotypeRules(coverage="all_genes")
    matrix, caveats = build_alterations(["P1", "P2"], specimens, calls, PANELS, rules)
    assert states(matrix) == {"DAXX": [W, W], "MEN1": [W, W], "TP53": [A, N]}
    assert codes(caveats) == ["no_panel", "specimens_without_calls"]


def test_the_only_panel_given_is_taken_where_specimens_name_none():
    specimens = specimens_of(("S1", "P1", None, None)).drop("panel", "status")
    calls = calls_of(("S1", "DAXX", "missense"))
    matrix, caveats = build_alterations(["P1"], specimens, calls, {"SMALL": SMALL}, GenotypeRules())
    assert states(matrix) == {"DAXX": [A], "MEN1": [W]}
    assert caveats == ()


def test_a_call_off_the_panel_is_set_aside_and_told():
    specimens = specimens_of(("S1", "P1", "SMALL", None), ("S2", "P2", "LARGE", None))
    calls = calls_of(("S1", "TP53", "missense"), ("S2", "TP53", "missense"))
    matrix, caveats = build_alterations(["P1", "P2"], specimens, calls, PANELS, GenotypeRules())
    assert matrix.state("TP53").tolist() == [N, A]
    assert codes(caveats) == ["calls_off_panel"]
    assert "TP53" in caveats[0].message


@pytest.mark.parametrize(("without_calls", "last"), [("not_tested", N), ("wild_type", W)])
def test_without_a_specimens_table_samples_are_patients(without_calls: str, last: int):
    calls = calls_of(("P1", "TP53", "missense"), ("P2", "TP53", "silent"))
    rules = GenotypeRules(coverage="all_genes", without_calls=without_calls)  # type: ignore[arg-type]
    matrix, _ = build_alterations(["P1", "P2", "P3"], None, calls, {}, rules)
    assert states(matrix) == {"TP53": [A, W, last]}


def test_a_matrix_says_itself_what_was_tested():
    specimens = specimens_of(
        ("S1", "P1", None, None), ("S2", "P2", None, None), ("S3", "P3", None, None)
    )
    tested = [("S1", "TP53"), ("S1", "MYC"), ("S2", "MYC")]
    calls = calls_of(("S1", "TP53", "any"), tested=tested)
    matrix, caveats = build_alterations(["P1", "P2", "P3"], specimens, calls, {}, GenotypeRules())
    assert states(matrix) == {"MYC": [W, W, N], "TP53": [A, N, N]}
    assert "not tested" in caveats[-1].message


def test_calls_on_unknown_samples_are_refused_with_the_closest():
    specimens = specimens_of(("SAMPLE-01", "P1", "SMALL", None))
    calls = calls_of(("SAMPLE-1", "DAXX", "missense"), ("SAMPLE-1", "MEN1", "missense"))
    with pytest.raises(DataError) as caught:
        build_alterations(["P1"], specimens, calls, PANELS, GenotypeRules())
    assert str(caught.value).startswith(
        'm.maf row 2, Tumor_Sample_Barcode: "SAMPLE-1" is no specimen of the specimens table '
        '(2 calls). Did you mean "SAMPLE-01"?'
    )


def test_calls_on_samples_known_elsewhere_or_of_other_patients_are_passed_over():
    specimens = specimens_of(("S1", "P1", "SMALL", None), ("S9", "P9", "SMALL", None))
    calls = calls_of(
        ("S9", "DAXX", "missense"), ("S8", "DAXX", "missense"), ("S1", "MEN1", "splice")
    )
    matrix, _ = build_alterations(
        ["P1"], specimens, calls, PANELS, GenotypeRules(), known_elsewhere={"S8"}
    )
    assert states(matrix) == {"DAXX": [W], "MEN1": [A]}


def test_calls_on_a_failed_specimen_are_refused():
    specimens = specimens_of(("S1", "P1", "SMALL", "failed"))
    with pytest.raises(DataError, match="has 1 call, and the specimens table says"):
        build_alterations(
            ["P1"], specimens, calls_of(("S1", "DAXX", "splice")), PANELS, GenotypeRules()
        )


def test_specimens_out_of_use_say_nothing():
    specimens = specimens_of(("S1", "P1", "SMALL", None), ("S2", "P2", "SMALL", None))
    calls = calls_of(("S1", "DAXX", "missense"), ("S2", "DAXX", "missense"))
    matrix, _ = build_alterations(
        ["P1", "P2"], specimens, calls, PANELS, GenotypeRules(), use={"S2"}
    )
    assert states(matrix) == {"DAXX": [N, A], "MEN1": [N, W]}


def test_the_genes_asked_for_are_the_columns():
    specimens = specimens_of(("S1", "P1", "SMALL", None))
    calls = calls_of(("S1", "DAXX", "missense"))
    matrix, _ = build_alterations(
        ["P1"], specimens, calls, PANELS, GenotypeRules(), genes=["TP53", "DAXX"]
    )
    assert matrix.genes == ("TP53", "DAXX")
    assert states(matrix) == {"TP53": [N], "DAXX": [A]}


def test_states_cannot_be_written_to():
    specimens = specimens_of(("S1", "P1", "SMALL", None))
    matrix, _ = build_alterations(["P1"], specimens, calls_of(), PANELS, GenotypeRules())
    with pytest.raises(ValueError, match="read-only"):
        matrix.states[0, 0] = A
