"""An exome is no panel: every gene was tested, whatever genes are asked for."""

from __future__ import annotations

import polars as pl

from embogen.genomics.alterations import GeneState, GenotypeRules, build_alterations
from embogen.genomics.calls import CALL_COLUMNS, MutationCalls
from embogen.genomics.panels import GenePanel

SPECIMENS = pl.DataFrame(
    {"specimen_id": ["s1", "s2"], "patient_id": ["p1", "p2"], "panel": ["WXS", "P"]}
)
PANELS = {
    "WXS": GenePanel("WXS", "", frozenset(), every_gene=True),
    "P": GenePanel("P", "", frozenset({"TP53"})),
}


def calls(*rows: tuple[str, str]) -> MutationCalls:
    cells = [
        (s, g, "Missense_Mutation", "missense", None, None, i) for i, (s, g) in enumerate(rows)
    ]
    return MutationCalls(pl.DataFrame(cells, schema=dict(CALL_COLUMNS), orient="row"), "m.maf")


def test_an_exome_is_tested_for_genes_of_no_panel():
    matrix, caveats = build_alterations(
        ("p1", "p2"), SPECIMENS, calls(("s1", "DAXX"), ("s2", "TP53")), PANELS, GenotypeRules()
    )
    assert matrix.state("DAXX").tolist() == [GeneState.ALTERED, GeneState.NOT_TESTED]
    assert matrix.state("TP53").tolist() == [GeneState.WILD_TYPE, GeneState.ALTERED]
    assert not {item.code for item in caveats} & {"unknown_panel", "calls_off_panel"}


def test_a_failed_exome_has_failed_for_every_gene():
    failed = SPECIMENS.with_columns(pl.Series("status", ["failed", "sequenced"]))
    matrix, _ = build_alterations(
        ("p1", "p2"), failed, calls(("s2", "TP53")), PANELS, GenotypeRules(), genes=["TP53", "ATRX"]
    )
    assert matrix.states.tolist() == [
        [GeneState.FAILED, GeneState.FAILED],
        [GeneState.ALTERED, GeneState.NOT_TESTED],
    ]
