"""HPFS and genotypes against slow code that says the definition word by word."""

from __future__ import annotations

import datetime as dt

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from embogen.cohort.model import Cohort
from embogen.endpoint.hpfs import HpfsRules, derive_hpfs
from embogen.genomics.alterations import GeneState, GenotypeRules, build_alterations
from embogen.genomics.calls import CALL_COLUMNS, MutationCalls
from embogen.genomics.panels import GenePanel

ORIGIN = dt.date(2021, 5, 1)
LAST_DAY = 30
STATUS = st.sampled_from([None, "not evaluable", "stable disease", "progression", "no disease"])
SCANS = st.lists(st.tuples(st.integers(-5, LAST_DAY), STATUS, STATUS), max_size=6)
EVENTS = st.sets(
    st.sampled_from(["hepatic_progression", "extrahepatic_progression", "death"]), min_size=1
)


def day(n: int) -> dt.date:
    return ORIGIN + dt.timedelta(days=n)


def follow_day_by_day(
    scans: list[tuple[int, str | None, str | None]], death: int | None, events: set[str]
) -> tuple[int, int] | None:
    """Walk through the days after the origin, as one would with the chart in hand."""
    last_seen = None
    for n in range(LAST_DAY + 1):
        today = [scan for scan in scans if scan[0] == n and n > 0]
        if "hepatic_progression" in events and any(s[1] == "progression" for s in today):
            return n, 1
        if "extrahepatic_progression" in events and any(s[2] == "progression" for s in today):
            return n, 1
        if "death" in events and death == n:
            return (n, 1) if n > 0 else None
        if any(scan[1] not in {None, "not evaluable"} for scan in today):
            last_seen = n
    return None if last_seen is None else (last_seen, 0)


@given(scans=SCANS, death=st.none() | st.integers(0, LAST_DAY), events=EVENTS)
@settings(max_examples=150)
def test_hpfs_is_what_the_chart_says(
    scans: list[tuple[int, str | None, str | None]], death: int | None, events: set[str]
):
    if death is not None:
        scans = [scan for scan in scans if scan[0] <= death]
    cohort = Cohort(
        pl.DataFrame(
            {"patient_id": ["P"], "death_date": [None if death is None else day(death)]},
            schema={"patient_id": pl.String, "death_date": pl.Date},
        ),
        pl.DataFrame({"patient_id": ["P"], "date": [ORIGIN]}),
        pl.DataFrame(
            {
                "patient_id": ["P"] * len(scans),
                "date": [day(n) for n, _, _ in scans],
                "hepatic_status": [liver for _, liver, _ in scans],
                "extrahepatic_status": [other for _, _, other in scans],
            },
            schema={
                "patient_id": pl.String,
                "date": pl.Date,
                "hepatic_status": pl.String,
                "extrahepatic_status": pl.String,
            },
        ),
    )
    found = derive_hpfs(cohort, HpfsRules(events=tuple(events)), name="hpfs", label="HPFS")
    expected = follow_day_by_day(scans, death, events)
    got = [(int(trace.time), trace.event) for trace in found.traces]
    assert got == ([] if expected is None else [expected])
    left_out = [item for step in found.steps for item in step.excluded]
    assert len(left_out) == (expected is None)


GENES = ("DAXX", "MEN1", "TP53")
CLASSES = ("missense", "truncating", "silent", "promoter")
PANELS = {
    "A": GenePanel("A", "", frozenset({"DAXX", "MEN1"})),
    "B": GenePanel("B", "", frozenset({"MEN1", "TP53"})),
}
SPECIMENS = st.lists(
    st.tuples(
        st.sampled_from(["P0", "P1", "P2"]), st.sampled_from(["A", "B", "?", None]), st.booleans()
    ),
    max_size=6,
)
CALLS = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(GENES), st.sampled_from(CLASSES)), max_size=10
)


def state_by_definition(
    patient: str,
    gene: str,
    specimens: list[tuple[str, str | None, bool]],
    calls: list[tuple[int, str, str]],
    *,
    everything: bool,
) -> GeneState:
    tested = altered = could_have_been = False
    for i, (owner, panel, failed) in enumerate(specimens):
        if owner != patient:
            continue
        known = panel in PANELS
        covered = gene in PANELS[panel].genes if panel in PANELS else everything
        if failed:
            could_have_been |= covered or not known
            continue
        tested |= covered
        counted = {"missense", "truncating"}
        altered |= covered and any(c[0] == i and c[1] == gene and c[2] in counted for c in calls)
    if altered:
        return GeneState.ALTERED
    if tested:
        return GeneState.WILD_TYPE
    return GeneState.FAILED if could_have_been else GeneState.NOT_TESTED


@given(specimens=SPECIMENS, calls=CALLS, everything=st.booleans())
@settings(max_examples=150)
def test_each_state_is_what_its_definition_says(
    specimens: list[tuple[str, str | None, bool]],
    calls: list[tuple[int, str, str]],
    *,
    everything: bool,
):
    calls = [call for call in calls if call[0] < len(specimens) and not specimens[call[0]][2]]
    table = pl.DataFrame(
        {
            "specimen_id": [f"S{i}" for i in range(len(specimens))],
            "patient_id": [owner for owner, _, _ in specimens],
            "panel": [panel for _, panel, _ in specimens],
            "status": ["failed" if failed else None for _, _, failed in specimens],
        },
        schema=dict.fromkeys(("specimen_id", "patient_id", "panel", "status"), pl.String),
    )
    frame = pl.DataFrame(
        {
            "sample_id": [f"S{i}" for i, _, _ in calls],
            "gene": [gene for _, gene, _ in calls],
            "alteration_class": [kind for _, _, kind in calls],
        },
        schema={"sample_id": pl.String, "gene": pl.String, "alteration_class": pl.String},
    )
    missing = [pl.lit(None, kind).alias(n) for n, kind in CALL_COLUMNS.items() if n not in frame]
    found = MutationCalls(frame.with_columns(missing).select(*CALL_COLUMNS), "m.maf")
    patients = ["P2", "P0", "P1"]
    rules = GenotypeRules(("missense", "truncating"), "all_genes" if everything else "panel")
    matrix, _ = build_alterations(patients, table, found, PANELS, rules, genes=GENES)
    assert matrix.states.tolist() == [
        [state_by_definition(p, gene, specimens, calls, everything=everything) for gene in GENES]
        for p in patients
    ]
    assert ((matrix.classes.text() != "") == (matrix.states == GeneState.ALTERED)).all()
