"""Dosages in Parquet, whichever way the table stands."""

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
from embogen.io import dosage_parquet, parquet_file
from embogen.io.dosage_parquet import open_dosages


@pytest.fixture(autouse=True)
def _unprobed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the process of its own that reads a file first, where no file is damaged."""
    if "damaged" not in request.node.name:
        monkeypatch.setattr(parquet_file, "_probed", lambda _path: None)


VALUE = st.none() | st.sampled_from([0.0, 0.0, 1.0, 2.0]) | st.floats(0, 2, width=32)
TABLE = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(VALUE, min_size=width, max_size=width), min_size=1, max_size=6)
)


def write(folder: Path, table: list[list[float | None]], *, by_patient: bool) -> None:
    """Write rows of patients; P0 is the first."""
    n, g = len(table), len(table[0])
    people, variants = [f"P{i}" for i in range(n)], [f"rs{j}" for j in range(g)]
    if by_patient:
        columns = {name: [row[j] for row in table] for j, name in enumerate(variants)}
        frame = pl.DataFrame({"patient_id": people}).with_columns(
            pl.Series(name, values, dtype=pl.Float64) for name, values in columns.items()
        )
    else:
        frame = pl.DataFrame({"variant_id": variants}).with_columns(
            pl.Series(name, row, dtype=pl.Float64) for name, row in zip(people, table, strict=True)
        )
    frame.write_parquet(folder / "d.parquet", row_group_size=2)


@given(table=TABLE, by_patient=st.booleans(), order=st.randoms(use_true_random=False))
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_every_dosage_is_the_one_in_the_table(table, order, *, by_patient):
    with tempfile.TemporaryDirectory() as name:
        write(Path(name), table, by_patient=by_patient)
        patients = [f"P{i}" for i in range(len(table))]
        order.shuffle(patients)
        patients.append("nobody")
        source = open_dosages("d.parquet", folder=Path(name), patients=patients)
        rows = [table[int(patient[1:])] for patient in patients[:-1]]
        expected = np.array([*rows, [None] * len(table[0])], dtype=float)
        assert np.array_equal(dense(source), expected, equal_nan=True)
        again = pickle.loads(pickle.dumps(source))  # noqa: S301 - made here
        assert np.array_equal(dense(again, 1), expected, equal_nan=True)
        entries = (np.nan_to_num(expected[:-1], nan=1.0) != 0).sum(axis=0)
        assert source.sizes().tolist() == entries.tolist()


@pytest.mark.parametrize("by_patient", [True, False])
def test_a_table_is_checked_in_pieces_alike(tmp_path, monkeypatch, by_patient):
    monkeypatch.setattr(dosage_parquet, "_CELLS_AT_ONCE", 1)
    table = [[0.0, 1.0, None], [2.0, 0.5, 0.0]]
    write(tmp_path, table, by_patient=by_patient)
    source = open_dosages("d.parquet", folder=tmp_path, patients=["P0", "P1"])
    assert source.sizes().tolist() == [1, 2, 1]


@pytest.mark.parametrize("by_patient", [True, False])
def test_what_is_no_dosage_is_named_with_its_cell(tmp_path, by_patient):
    write(tmp_path, [[0.0, 2.5], [-1.0, 1.0]], by_patient=by_patient)
    with pytest.raises(DataError) as caught:
        open_dosages("d.parquet", folder=tmp_path, patients=["P0", "P1"])
    found = {(item.row, item.column, item.value) for item in caught.value.problems}
    by_rows = {(3, "rs0", "-1"), (2, "rs1", "2.5")}
    assert found == (by_rows if by_patient else {(2, "P1", "-1"), (3, "P0", "2.5")})


def test_many_wrong_dosages_are_counted(tmp_path):
    write(tmp_path, [[9.0] * 4] * 10, by_patient=True)
    with pytest.raises(DataError, match="and 20 more cells like these") as caught:
        open_dosages("d.parquet", folder=tmp_path, patients=[f"P{i}" for i in range(10)])
    assert len(caught.value.problems) == 21


def test_everything_wrong_in_the_frame_is_named_at_once(tmp_path):
    frame = pl.DataFrame(
        {"patient_id": ["P0", "P0", None, "X"], "rs1": [0.0] * 4, "note": ["a"] * 4}
    )
    frame.write_parquet(tmp_path / "d.parquet")
    with pytest.raises(DataError) as caught:
        open_dosages("d.parquet", folder=tmp_path, patients=["P0"])
    said = str(caught.value)
    for part in (
        "d.parquet, note: holds String",
        'row 2, patient_id: "P0" stands twice',
        "row 4, patient_id: is empty",
        '"X" is no patient',
    ):
        assert part in said


def test_one_of_the_two_columns_tells_how_the_table_stands(tmp_path):
    pl.DataFrame({"id": ["P0"], "rs1": [0.0]}).write_parquet(tmp_path / "d.parquet")
    with pytest.raises(DataError, match="has neither patient_id nor variant_id"):
        open_dosages("d.parquet", folder=tmp_path, patients=["P0"])
    pl.DataFrame({"patient_id": ["P0"], "variant_id": ["rs1"]}).write_parquet(
        tmp_path / "d.parquet"
    )
    with pytest.raises(DataError, match="has both"):
        open_dosages("d.parquet", folder=tmp_path, patients=["P0"])


def test_others_are_passed_over_on_request(tmp_path):
    write(tmp_path, [[0.0], [1.0]], by_patient=True)
    with pytest.raises(DataError, match='"P0" is no patient'):
        open_dosages("d.parquet", folder=tmp_path, patients=["P1"])
    source = open_dosages("d.parquet", folder=tmp_path, patients=["P1"], others="pass_over")
    assert dense(source).tolist() == [[1.0]]


def test_whole_numbers_are_dosages_too(tmp_path):
    pl.DataFrame({"patient_id": [1, 2], "rs1": [0, 2]}).write_parquet(tmp_path / "d.parquet")
    source = open_dosages("d.parquet", folder=tmp_path, patients=["2", "1"])
    assert dense(source).tolist() == [[2.0], [0.0]]


@given(data=st.data())
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_file_gives_an_answer_or_a_data_error(data):
    with tempfile.TemporaryDirectory() as name:
        write(Path(name), [[0.0, 1.5], [2.0, None]], by_patient=data.draw(st.booleans()))
        path = Path(name) / "d.parquet"
        whole = bytearray(path.read_bytes())
        if data.draw(st.booleans()):
            whole = whole[: data.draw(st.integers(0, len(whole)))]
        else:
            for _ in range(data.draw(st.integers(1, 3))):
                whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(bytes(whole))
        try:
            dense(open_dosages("d.parquet", folder=Path(name), patients=["P0", "P1"]))
        except DataError as error:
            for problem in error.problems:
                assert problem.file == "d.parquet"
                assert name not in str(problem)
