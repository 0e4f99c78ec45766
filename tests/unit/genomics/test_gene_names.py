"""Genes by their current symbols, and panels told by sample ids."""

from __future__ import annotations

import polars as pl
import pytest

from embogen.genomics.calls import CALL_COLUMNS, MutationCalls
from embogen.genomics.gene_names import (
    GENE_RENAMES,
    NO_OWN_NAMES,
    GeneNames,
    harmonise_calls,
    harmonise_panels,
)
from embogen.genomics.impact_ids import with_impact_panels
from embogen.genomics.panels import GenePanel


@pytest.mark.parametrize(
    ("old", "new"),
    [("MLL", "KMT2A"), ("MLL2", "KMT2D"), ("MLL3", "KMT2C"), ("FAM123B", "AMER1")],
)
def test_well_known_renames(old, new):
    assert NO_OWN_NAMES.current(old) == new


def test_the_built_in_list_ends_at_current_symbols():
    """No current symbol is itself an older one, and none is its own."""
    assert [old for old, new in GENE_RENAMES.items() if new in GENE_RENAMES or new == old] == []


def test_symbols_that_have_meant_two_genes_are_left_to_the_study():
    assert NO_OWN_NAMES.current("MLL4") == "MLL4"
    assert GeneNames({"MLL4": "KMT2B"}).current("MLL4") == "KMT2B"


def test_the_study_comes_first_and_chains_are_followed():
    names = GeneNames({"ABC": "MLL2", "PARK2": "PARK2"})
    assert names.current("ABC") == "KMT2D"
    assert names.current("PARK2") == "PARK2"


def test_rings_are_found_and_end():
    names = GeneNames({"A": "B", "B": "C", "C": "A", "D": "A", "E": "E"})
    assert set(names.rings()) == {"A", "B", "C", "D"}
    assert names.current("A") in {"A", "B", "C"}


def calls_of(*genes: str, tested: list[tuple[str, str]] | None = None) -> MutationCalls:
    n = len(genes)
    columns = {name: [None] * n for name in CALL_COLUMNS}
    frame = pl.DataFrame(
        {**columns, "sample_id": ["S"] * n, "gene": list(genes)}, schema=dict(CALL_COLUMNS)
    )
    schema = {"sample_id": pl.String, "gene": pl.String}
    pairs = None if tested is None else pl.DataFrame(tested, schema=schema, orient="row")
    return MutationCalls(frame, "m.maf", pairs)


def test_calls_and_tested_pairs_are_renamed_and_said():
    calls, caveats = harmonise_calls(
        calls_of("MLL2", "TP53", tested=[("S", "MLL2"), ("S", "KMT2D")]), NO_OWN_NAMES
    )
    assert calls.calls["gene"].to_list() == ["KMT2D", "TP53"]
    assert calls.tested is not None
    assert calls.tested.height == 1
    (caveat,) = caveats
    assert caveat.code == "genes_renamed"
    assert caveat.evidence == {"genes": 1, "named_both_ways": 1}
    assert "MLL2 and KMT2D" in caveat.message


def test_nothing_to_rename_is_nothing_to_say():
    calls = calls_of("TP53")
    assert harmonise_calls(calls, NO_OWN_NAMES) == (calls, ())


def test_a_panel_that_lists_a_gene_both_ways_is_named():
    panels = {
        "OLD": GenePanel("OLD", "", frozenset({"MLL2"})),
        "BOTH": GenePanel("BOTH", "", frozenset({"MLL2", "KMT2D"})),
    }
    out, (caveat,) = harmonise_panels(panels, NO_OWN_NAMES)
    assert out["OLD"].genes == out["BOTH"].genes == frozenset({"KMT2D"})
    assert "MLL2 and KMT2D (BOTH)" in caveat.message


def test_impact_ids_fill_empty_panels_only():
    table = pl.DataFrame(
        {
            "specimen_id": [
                "P-0000001-T01-IM3",
                "P-0000001-T02-IM5",
                "GENIE-MSK-P-0000002-T01-IM6",
                "P-0000003-T01-IM7",
                "P-0000004-T01-IM6",
                "P-0000005-T01-IM4",
                "X-IM6",
            ],
            "panel": [None, None, None, None, "IMPACT410", None, None],
        }
    )
    filled, caveats = with_impact_panels(table)
    assert filled["panel"].to_list() == [
        "IMPACT341",
        "IMPACT410",
        "IMPACT468",
        "IMPACT505",
        "IMPACT410",
        None,
        None,
    ]
    told, conflict = caveats
    assert (told.code, told.evidence["specimens"]) == ("panel_from_sample_id", 4)
    assert (conflict.code, conflict.evidence["specimens"]) == ("panel_conflict", 1)
    assert "IMPACT410 where the id says IMPACT468" in conflict.message


def test_a_panel_written_in_another_case_is_no_conflict():
    table = pl.DataFrame({"specimen_id": ["P-0000004-T01-IM6"], "panel": ["impact468"]})
    assert with_impact_panels(table)[1] == ()
