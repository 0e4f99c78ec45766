"""Which calls count: each condition by hand, and every call accounted for."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embogen.errors import DataError
from embogen.genomics.filters import Hotspots, VariantFilter, counted_calls

CLASSES = ("missense", "truncating", "any")


def frame(**columns: list[object]) -> pl.DataFrame:
    n = len(next(iter(columns.values())))
    base = {
        "gene": ["TP53"] * n,
        "alteration_class": ["missense"] * n,
        "protein_change": ["p.R248Q"] * n,
        "vaf": [0.5] * n,
        "mutation_status": ["Somatic"] * n,
        "driver": [None] * n,
        "source_row": list(range(2, 2 + n)),
    }
    schema = dict.fromkeys(base, pl.String) | {"vaf": pl.Float64, "source_row": pl.Int64}
    return pl.DataFrame({**base, **columns}, schema=schema)


def kept(calls: pl.DataFrame, conditions: VariantFilter):
    counted, caveats = counted_calls(calls, CLASSES, conditions, "m.maf")
    reasons = {}
    for caveat in caveats:
        reasons |= {k: v for k, v in caveat.evidence.items() if k not in {"calls", "left_out"}}
    return counted["source_row"].to_list(), reasons


def test_without_conditions_only_the_class_decides():
    calls = frame(alteration_class=["missense", "silent", "splice_region", "silent"])
    assert kept(calls, VariantFilter()) == ([2], {"silent": 2, "splice region": 1})


def test_the_least_fraction_itself_counts():
    calls = frame(vaf=[0.05, 0.049, 1.0, None])
    assert kept(calls, VariantFilter(vaf_min=0.05)) == (
        [2, 4, 5],
        {"allele fraction below 0.05": 1},
    )
    strict = VariantFilter(vaf_min=0.05, vaf_unknown="leave_out")
    assert kept(calls, strict)[1] == {
        "allele fraction below 0.05": 1,
        "allele fraction not known": 1,
    }


def test_germline_and_somatic_calls():
    words = ["Somatic", "GERMLINE", "Unknown", None, "confirmed somatic variant"]
    calls = frame(mutation_status=words)
    assert kept(calls, VariantFilter(status="somatic")) == ([2, 4, 5, 6], {"germline": 1})
    assert kept(calls, VariantFilter(status="germline"))[0] == [3, 4, 5]
    strict = VariantFilter(status="germline", status_unknown="leave_out")
    assert kept(calls, strict) == ([3], {"somatic": 2, "germline or somatic not known": 2})


def test_flags_of_a_somatic_column_are_read():
    calls = frame(mutation_status=["1", "0", "TRUE"])
    assert kept(calls, VariantFilter(status="somatic"))[0] == [2, 4]


def test_an_annotation_of_drivers():
    calls = frame(driver=["Likely Oncogenic", "Inconclusive", None, "oncogenic"])
    wanted = VariantFilter(driver_values=("Oncogenic", "Likely Oncogenic"))
    assert kept(calls, wanted) == ([2, 5], {"not annotated as a driver": 2})


def test_hotspots_are_residues_of_a_gene_and_concern_their_classes():
    calls = frame(
        gene=["TP53", "TP53", "MEN1", "TP53", "TP53"],
        protein_change=["p.Arg248Trp", "p.R249S", "p.R248Q", "p.R249*", None],
        alteration_class=["missense", "missense", "missense", "truncating", "missense"],
    )
    hotspots = Hotspots(frozenset({("TP53", "R248")}))
    assert kept(calls, VariantFilter(hotspots=hotspots)) == ([2, 5], {"no hotspot": 3})


def test_an_annotation_or_a_hotspot_suffices():
    calls = frame(
        protein_change=["p.R248Q", "p.A1B", "p.A1B"], driver=["x", "Oncogenic", "Inconclusive"]
    )
    both = VariantFilter(
        driver_values=("Oncogenic",), hotspots=Hotspots(frozenset({("TP53", "R248")}))
    )
    assert kept(calls, both) == ([2, 3], {"neither annotated as a driver nor a hotspot": 1})


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["missense", "silent"]),
            st.one_of(st.none(), st.floats(0, 1)),
            st.sampled_from(["Somatic", "Germline", None]),
        ),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from(["any", "somatic"]),
)
def test_every_call_is_counted_or_left_out_once(rows, status):
    calls = frame(
        alteration_class=[r[0] for r in rows],
        vaf=[0.5, *[r[1] for r in rows[1:]]],
        mutation_status=["Somatic", *[r[2] for r in rows[1:]]],
    )
    counted, reasons = kept(calls, VariantFilter(vaf_min=0.2, status=status))
    assert len(counted) + sum(reasons.values()) == len(rows)


@pytest.mark.parametrize(
    ("column", "conditions", "words"),
    [
        ("vaf", VariantFilter(vaf_min=0.1), "allele fraction"),
        ("mutation_status", VariantFilter(status="somatic"), "Mutation_Status"),
    ],
)
def test_a_condition_that_no_call_tells_is_refused(column, conditions, words):
    with pytest.raises(DataError, match=words):
        counted_calls(frame(**{column: [None, None]}), CLASSES, conditions, "m.maf")
