"""A long Parquet table as features, against the same table filled in cell by cell."""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dense_features import dense
from embogen.errors import DataError
from embogen.genomics.feature_blocks import FeatureSource
from embogen.genomics.gene_names import GeneNames
from embogen.genomics.panels import GenePanel
from embogen.io import alterations_parquet, parquet_file
from embogen.io.alterations_parquet import open_alterations
from embogen.io.panel_table import read_panel_table

STATES = ("altered", "wild_type", "not_tested", "failed")
PATIENTS = tuple(f"P{i}" for i in range(6))
PANELS = {
    "small": GenePanel("small", "", frozenset({"DAXX", "MEN1"})),
    "large": GenePanel("large", "", frozenset({"DAXX", "MEN1", "TP53"})),
    "exome": GenePanel("exome", "", frozenset(), every_gene=True),
}
PANEL_OF = ("small", "large", "exome", None, "small", "large")


def write(folder: Path, rows: list[tuple[str, str, str]]) -> None:
    table = pl.DataFrame(rows, schema=["patient_id", "gene", "state"], orient="row")
    table.write_parquet(folder / "a.parquet", row_group_size=3)


def opened(folder: Path, **changes: object) -> FeatureSource:
    given_ = {"patients": PATIENTS, "panel_of": PANEL_OF, "panels": PANELS} | changes
    source, _ = open_alterations("a.parquet", folder=folder, **given_)
    return source


def by_hand(
    rows: list[tuple[str, str, str]], genes: list[str], *, whole_genome: bool = False
) -> np.ndarray:
    """Fill in each pair by the rules as they are written down."""
    state = {(patient, gene): word for patient, gene, word in rows}
    out = np.full((len(PATIENTS), len(genes)), np.nan)
    for j, gene in enumerate(genes):
        covered = []
        for name in PANEL_OF:
            panel = PANELS.get(name or "")
            covered.append(
                whole_genome if panel is None else panel.every_gene or gene in panel.genes
            )
        for i, patient in enumerate(PATIENTS):
            word = state.get((patient, gene), "wild_type" if any(covered) else "not_tested")
            if covered[i] or not any(covered):
                out[i, j] = {"altered": 1.0, "wild_type": 0.0}.get(word, np.nan)
    return out


@pytest.fixture(autouse=True)
def _unprobed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the process of its own that reads a file first, where no file is damaged."""
    if "damaged" not in request.node.name:
        monkeypatch.setattr(parquet_file, "_probed", lambda _path: None)


PAIRS = st.lists(
    st.tuples(
        st.sampled_from(PATIENTS),
        st.sampled_from(["DAXX", "MEN1", "TP53", "ATRX"]),
        st.sampled_from(STATES),
    ),
    unique_by=lambda row: row[:2],
    min_size=1,
    max_size=24,
)


@given(rows=PAIRS, order=st.randoms(use_true_random=False), whole=st.booleans())
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_every_cell_is_as_filled_in_by_hand_whatever_the_order(rows, order, *, whole):
    with tempfile.TemporaryDirectory() as name:
        write(Path(name), rows)
        source = opened(Path(name), whole_genome=whole)
        genes = sorted({"DAXX", "MEN1", "TP53"} | {gene for _, gene, _ in rows})
        assert list(source.names) == genes
        expected = by_hand(rows, genes, whole_genome=whole)
        assert np.array_equal(dense(source), expected, equal_nan=True)
        assert np.array_equal(dense(source, 1), expected, equal_nan=True)
        order.shuffle(rows)
        write(Path(name), rows)
        again = pickle.loads(pickle.dumps(opened(Path(name), whole_genome=whole)))  # noqa: S301 - made here
        assert np.array_equal(dense(again), expected, equal_nan=True)


def test_without_panels_the_rows_say_who_was_tested(tmp_path):
    rows = [("P0", "DAXX", "altered"), ("P1", "DAXX", "wild_type"), ("P2", "DAXX", "failed")]
    write(tmp_path, rows)
    source = opened(tmp_path, panel_of=[None] * 6, panels={})
    assert dense(source)[:3, 0].tolist()[:2] == [1.0, 0.0]
    assert np.isnan(dense(source)[2:, 0]).all()
    assert source.sizes().tolist() == [2 + 6]


def test_silence_without_a_panel_is_never_wild_type(tmp_path):
    write(tmp_path, [("P0", "DAXX", "altered"), ("P1", "ATRX", "altered")])
    with pytest.raises(DataError) as caught:
        opened(tmp_path, panel_of=["small"] * 6)
    (problem,) = caught.value.problems
    assert problem.value == "ATRX"
    assert "who was tested" in problem.message
    source = opened(tmp_path, panel_of=[None] * 6, panels={}, whole_genome=True)
    assert dense(source).tolist() == [[0, 1], [1, 0], *[[0, 0]] * 4]


def test_equal_sets_of_patients_are_one_pattern(tmp_path):
    write(tmp_path, [("P0", "DAXX", "altered")])
    source = opened(tmp_path)
    assert source.patterns.shape == (2, 6)
    block = source.block(0, 3)
    assert block.pattern[0] == block.pattern[1] != block.pattern[2]
    assert source.sizes().tolist() == [1, 0, 0]
    assert not source.patterns.flags.writeable


def test_what_the_panel_contradicts_is_set_aside_and_said(tmp_path):
    write(tmp_path, [("P0", "TP53", "altered"), ("P3", "DAXX", "altered")])
    source, caveats = open_alterations(
        "a.parquet", folder=tmp_path, patients=PATIENTS, panel_of=PANEL_OF, panels=PANELS
    )
    assert [(caveat.code, caveat.evidence) for caveat in caveats] == [
        ("unknown_panel", {"patients": 1}),
        ("calls_off_panel", {"calls": 2}),
    ]
    assert np.nansum(dense(source)) == 0


def test_all_defects_are_named_at_once_with_their_rows(tmp_path):
    rows = [
        ("P0", "DAXX", "altered"),
        ("X9", "DAXX", "altered"),
        ("P1", "MEN1", "altered"),
        ("P0", "DAXX", "wild_type"),
        ("P0", "ATRX", "altered"),
    ]
    write(tmp_path, rows)
    with pytest.raises(DataError) as caught:
        opened(tmp_path, panel_of=["small"] * 6)
    found = {(problem.row, problem.column, problem.value) for problem in caught.value.problems}
    assert found == {
        (None, "gene", "ATRX"),
        (3, "patient_id", "X9"),
        (5, "patient_id", "P0"),
    }
    assert all(problem.file == "a.parquet" for problem in caught.value.problems)


def test_empty_cells_and_unknown_states_are_named(tmp_path):
    rows = [("P0", "DAXX", "mutated"), ("P1", None, "altered"), ("P2", "DAXX", " ")]
    write(tmp_path, rows)  # type: ignore[arg-type]
    with pytest.raises(DataError) as caught:
        opened(tmp_path)
    found = {(item.row, item.column, item.value) for item in caught.value.problems}
    assert found == {(2, "state", "mutated"), (3, "gene", None), (4, "state", " ")}


def test_many_defects_are_counted(tmp_path):
    write(tmp_path, [(f"X{i}", "DAXX", "altered") for i in range(50)])
    with pytest.raises(DataError) as caught:
        opened(tmp_path)
    assert len(caught.value.problems) == 21
    assert "and 30 more rows with this problem, the last in row 51" in str(caught.value)


def test_defects_are_counted_over_ranges_of_genes(tmp_path, monkeypatch):
    monkeypatch.setattr(alterations_parquet, "_AT_ONCE", 1)
    rows = [(f"X{i}", gene, "altered") for i in range(15) for gene in ("DAXX", "MEN1", "TP53")]
    write(tmp_path, rows)
    with pytest.raises(DataError) as caught:
        opened(tmp_path)
    rows_named = [problem.row for problem in caught.value.problems]
    assert rows_named == [*range(2, 22), None]
    assert "and 25 more rows" in str(caught.value)


def test_columns_go_by_header_not_by_place(tmp_path):
    table = pl.DataFrame({"note": [1], "state": ["altered"], "Gene": ["DAXX"], "patient_id": [7]})
    table.write_parquet(tmp_path / "a.parquet")
    source = opened(
        tmp_path, patients=["5", "7"], panel_of=["small", "small"], columns={"gene": "Gene"}
    )
    assert dense(source)[:, 0].tolist() == [0.0, 1.0]
    with pytest.raises(DataError, match=r'has no column "gene"\. Did you mean'):
        opened(tmp_path, patients=["5", "7"], panel_of=["small", "small"])


def test_columns_of_other_kinds_are_refused(tmp_path):
    table = pl.DataFrame({"patient_id": [1.5], "gene": ["DAXX"], "state": [1]})
    table.write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError) as caught:
        opened(tmp_path)
    assert {problem.column for problem in caught.value.problems} == {"patient_id", "state"}


def test_others_are_passed_over_on_request(tmp_path):
    write(tmp_path, [("P0", "DAXX", "altered"), ("E1", "DAXX", "altered")])
    source = opened(tmp_path, others="pass_over")
    assert np.nansum(dense(source)) == 1
    with pytest.raises(DataError, match="holds no patient of the study"):
        opened(tmp_path, patients=["a", "b"], panel_of=["small"] * 2, others="pass_over")


def test_the_fingerprint_is_of_content_and_choices(tmp_path):
    write(tmp_path, [("P0", "DAXX", "altered")])
    one = opened(tmp_path).fingerprint
    assert opened(tmp_path).fingerprint == one
    assert opened(tmp_path, panel_of=["small"] * 6).fingerprint != one
    assert opened(tmp_path, patients=PATIENTS[::-1]).fingerprint != one
    write(tmp_path, [("P1", "DAXX", "altered")])
    assert opened(tmp_path).fingerprint != one


def test_a_table_without_rows_has_the_genes_of_the_panels(tmp_path):
    pl.DataFrame(
        schema={"patient_id": pl.String, "gene": pl.String, "state": pl.String}
    ).write_parquet(tmp_path / "a.parquet")
    assert np.nansum(dense(opened(tmp_path))) == 0
    assert list(opened(tmp_path, panel_of=[None] * 6, panels={}).names) == []


@given(data=st.data())
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_file_gives_an_answer_or_a_data_error(data):
    rows = [(patient, gene, "altered") for gene in ("DAXX", "MEN1") for patient in PATIENTS]
    with tempfile.TemporaryDirectory() as name:
        write(Path(name), rows)
        whole = bytearray((Path(name) / "a.parquet").read_bytes())
        if data.draw(st.booleans()):
            whole = whole[: data.draw(st.integers(0, len(whole)))]
        else:
            for _ in range(data.draw(st.integers(1, 3))):
                whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
        (Path(name) / "a.parquet").write_bytes(bytes(whole))
        try:
            dense(opened(Path(name)))
        except DataError as error:
            for problem in error.problems:
                assert problem.file == "a.parquet"
                assert name not in str(problem)


def test_panels_are_read_from_a_table(tmp_path):
    (tmp_path / "p.csv").write_text("gene,panel\nMEN1,A\nDAXX,A\nMEN1,B\n", encoding="utf-8")
    panels = read_panel_table("p.csv", folder=tmp_path)
    assert {name: sorted(panel.genes) for name, panel in panels.items()} == {
        "A": ["DAXX", "MEN1"],
        "B": ["MEN1"],
    }
    (tmp_path / "p.csv").write_text("gene,panel\nMEN1,\n", encoding="utf-8")
    with pytest.raises(DataError, match="row 2, panel: is empty"):
        read_panel_table("p.csv", folder=tmp_path)
    (tmp_path / "p.csv").write_text("gene,assay\nMEN1,A\n", encoding="utf-8")
    with pytest.raises(DataError, match='has no column "panel"'):
        read_panel_table("p.csv", folder=tmp_path)


OLDER = {"ATRX": "AAA", "DAXX": "ZZZ", "TP53": "MLL9"}
"""Names that put the genes in another order, and one between others."""


@given(rows=PAIRS, chosen=st.randoms(use_true_random=False))
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_older_symbols_give_the_cells_of_the_current_ones(rows, chosen):
    older = [
        (patient, OLDER[gene] if gene in OLDER and chosen.random() < 0.5 else gene, state)
        for patient, gene, state in rows
    ]
    names = GeneNames({old: gene for gene, old in OLDER.items()})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, rows)
        current = opened(folder, whole_genome=True)
        folder /= "older"
        folder.mkdir()
        write(folder, older)
        source, caveats = open_alterations(
            "a.parquet",
            folder=folder,
            patients=PATIENTS,
            panel_of=PANEL_OF,
            panels=PANELS,
            whole_genome=True,
            gene_names=names,
        )
        assert source.names == current.names
        np.testing.assert_array_equal(source.sizes(), current.sizes())
        for step in range(1, len(source.names) + 1):
            np.testing.assert_array_equal(dense(source, step), dense(current, step))
    used = {gene for _, gene, _ in older}
    changed = used & set(OLDER.values())
    assert [item.code for item in caveats if item.code == "genes_renamed"] == (
        ["genes_renamed"] if changed else []
    )
    for item in caveats:
        if item.code == "genes_renamed":
            both = {old for gene, old in OLDER.items() if {gene, old} <= used}
            assert item.evidence == {"genes": len(changed), "named_both_ways": len(both)}


def test_a_pair_under_both_symbols_stands_twice(tmp_path):
    write(tmp_path, [("P0", "MLL2", "altered"), ("P0", "KMT2D", "wild_type")])
    with pytest.raises(DataError, match="twice"):
        opened(tmp_path, whole_genome=True, gene_names=GeneNames({}))
    opened(tmp_path, whole_genome=True, gene_names=GeneNames({"MLL2": "MLL2"}))


def test_renames_are_part_of_the_fingerprint(tmp_path):
    write(tmp_path, [("P1", "MLL2", "altered"), ("P2", "MLL3", "altered")])
    names = GeneNames({"MLL2": "KMT2C", "MLL3": "KMT2D"})
    straight = opened(tmp_path, whole_genome=True, gene_names=GeneNames({}))
    crossed = opened(tmp_path, whole_genome=True, gene_names=names)
    assert straight.names == crossed.names
    assert straight.fingerprint != crossed.fingerprint
