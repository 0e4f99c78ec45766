"""Recurrent variants as features."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dense_features import dense
from embogen.genomics.alterations import GenotypeRules
from embogen.genomics.assays import SMALL_VARIANTS, Assay, genotypes_by_assay
from embogen.genomics.calls import CALL_COLUMNS, MutationCalls
from embogen.genomics.panels import GenePanel
from embogen.genomics.variant_features import variant_features, variant_name

X = np.nan
PANELS = {
    "P": GenePanel("P", "", frozenset({"BRAF", "TERT"})),
    "Q": GenePanel("Q", "", frozenset({"TERT"})),
}
PATIENTS = ["P1", "P2", "P3", "P4", "P5"]
SPECIMENS = pl.DataFrame(
    {
        "specimen_id": ["S1", "S2", "S3", "S4", "S5", "S1b"],
        "patient_id": [*PATIENTS, "P1"],
        "panel": ["P", "P", "P", "P", "Q", "P"],
    }
)
CALLS = [
    ("S1", "BRAF", "missense", "p.V600E", None),
    ("S1b", "BRAF", "missense", "p.Val600Glu", None),  # again, in another specimen
    ("S2", "BRAF", "missense", "V600E", None),
    ("S2", "BRAF", "silent", "p.L1L", None),
    ("S3", "BRAF", "missense", "p.K601E", None),
    ("S3", "TERT", "promoter", None, "5:1295228 G>A"),
    ("S4", "TERT", "promoter", "p.?", "5:1295228 G>A"),
    ("S5", "BRAF", "missense", "p.V600E", None),  # off the panel
]


def made(calls=CALLS, least: int = 2):
    names = ("sample_id", "gene", "alteration_class", "protein_change", "locus")
    frame = pl.DataFrame(calls, schema=dict.fromkeys(names, pl.String), orient="row")
    missing = [pl.lit(None, kind).alias(n) for n, kind in CALL_COLUMNS.items() if n not in names]
    frame = frame.with_columns(missing).select(*CALL_COLUMNS, "locus")
    assay = Assay("mutations", MutationCalls(frame, "m.maf"), SMALL_VARIANTS)
    rules = GenotypeRules(("missense", "promoter"))
    (found,) = genotypes_by_assay(PATIENTS, SPECIMENS, [assay], PANELS, rules)
    source, caveats = variant_features(found, least)
    table = dict(zip(source.names, dense(source).T.tolist(), strict=True))
    return source, table, {item.code: dict(item.evidence) for item in caveats}


def test_carriers_are_patients_and_the_gene_says_who_was_tested():
    _, table, caveats = made()
    assert list(table) == ["BRAF V600E", "TERT 5:1295228 G>A"]
    np.testing.assert_array_equal(table["BRAF V600E"], [1, 1, 0, 0, X])
    np.testing.assert_array_equal(table["TERT 5:1295228 G>A"], [0, 0, 1, 1, 0])
    assert caveats == {"variants_left_out": {"variants": 1, "features": 2, "min_carriers": 2}}


def test_a_patient_not_tested_for_a_gene_is_in_no_pattern_of_its_variants():
    source, table, _ = made(least=1)
    block = source.block(0, len(source.names))
    at = [j for j, name in enumerate(table) if name.startswith("BRAF")]
    assert len(at) == 2
    assert not source.patterns[block.pattern[at], PATIENTS.index("P5")].any()


def test_every_variant_is_kept_where_one_carrier_suffices():
    _, table, caveats = made(least=1)
    assert list(table) == ["BRAF K601E", "BRAF V600E", "TERT 5:1295228 G>A"]
    assert caveats == {}


def test_who_has_a_call_that_tells_no_variant_may_carry_any():
    calls = [*CALLS, ("S4", "BRAF", "missense", None, None), ("S2", "BRAF", "missense", "p.?", "")]
    calls[-1] = (*calls[-1][:4], None)
    _, table, caveats = made(calls)
    # P2 has V600E besides
    np.testing.assert_array_equal(table["BRAF V600E"], [1, 1, 0, X, X])
    np.testing.assert_array_equal(table["TERT 5:1295228 G>A"], [0, 0, 1, 1, 0])
    assert caveats["variants_not_told"] == {"calls": 2, "patients": 2}


def test_the_order_of_calls_does_not_matter():
    one, _, _ = made()
    order = np.random.default_rng(3).permutation(len(CALLS))
    assert made([CALLS[i] for i in order])[0].fingerprint == one.fingerprint
    assert made(least=1)[0].fingerprint != one.fingerprint
    assert made(CALLS[1:])[0].fingerprint == one.fingerprint  # the same patient, twice
    assert made([CALLS[0], *CALLS[3:]], 1)[0].fingerprint != made(least=1)[0].fingerprint


def test_nothing_recurrent_makes_no_feature():
    source, _, caveats = made(least=4)
    assert source.names == ()
    assert caveats["variants_left_out"]["variants"] == 3


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("p.V600E", "V600E"),
        ("p.(V600E)", "V600E"),
        ("ENSP00000288602.6:p.Val600Glu", "V600E"),
        (" p.E746_A750del ", "E746_A750del"),
        ("p.Arg196Ter", "R196*"),
        ("p.*394Lext*9", "*394Lext*9"),
        ("p.X125_splice", "X125_splice"),
        ("p.?", "1:2 C>T"),
        ("p.=", "1:2 C>T"),
        ("p.0?", "1:2 C>T"),
        ("MUTATED", "1:2 C>T"),
    ],
)
def test_one_variant_has_one_name(change, name):
    calls = pl.DataFrame({"protein_change": [change], "locus": ["1:2 C>T"]})
    assert variant_name(calls).to_list() == [name]
    none = variant_name(calls.drop("locus")).to_list()
    assert none == [None if name == "1:2 C>T" else name]
