"""Clinical tables from Parquet: the cells a CSV would hold."""

from __future__ import annotations

import datetime as dt
import os

import polars as pl
import pytest

from embogen.errors import DataError
from embogen.io.parquet_table import read_parquet_table
from embogen.io.tables import TableSource, read_cohort


def test_cells_are_those_of_the_same_table_in_csv(tmp_path):
    table = pl.DataFrame(
        {
            "id": [1, 2, 3],
            "text": [" a ", None, "b"],
            "number": [1.0, 2.5, float("nan")],
            "day": [dt.date(2020, 1, 2), None, dt.date(2021, 3, 4)],
            "moment": [dt.datetime(2020, 1, 2, tzinfo=None), None, dt.datetime(2020, 1, 2, 3, 4)],  # noqa: DTZ001 - files hold times without a zone
            "flag": [True, False, None],
        }
    )
    table.write_parquet(tmp_path / "a.parquet")
    raw = read_parquet_table("a.parquet", folder=tmp_path)
    assert raw.headers == tuple(table.columns)
    assert raw.rows.to_list() == [2, 3, 4]
    assert raw.frame.rows() == [
        ("1", "a", "1", "2020-01-02", "2020-01-02", "true"),
        ("2", "", "2.5", "", "", "false"),
        ("3", "b", "NaN", "2021-03-04", "2020-01-02 03:04:00", ""),
    ]


def test_rows_without_content_are_passed_over_and_the_others_keep_their_number(tmp_path):
    pl.DataFrame({"id": ["a", None, "b"], "x": [1, None, None]}).write_parquet(
        tmp_path / "a.parquet"
    )
    raw = read_parquet_table("a.parquet", folder=tmp_path)
    assert raw.rows.to_list() == [2, 4]


def test_a_patients_table_in_parquet_is_checked_as_any_other(tmp_path):
    pl.DataFrame({"patient_id": ["a", "a"], "sex": ["male", "x"]}).write_parquet(
        tmp_path / "patients.parquet"
    )
    with pytest.raises(DataError) as caught:
        read_cohort([TableSource("patients", "patients.parquet", tmp_path)])
    assert {(problem.row, problem.column) for problem in caught.value.problems} == {
        (3, "patient_id"),
        (3, "sex"),
    }


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"id,x\n1,2\n", "is no Parquet file"),
        (b"", "is no Parquet file"),
        (b"PAR1 cut", "is cut short"),
        (b"PAR1\0\0\0\0PAR1", "cannot be read as Parquet"),
        (b"PAR1" + b"\xff" * 40 + b"PAR1", "cannot be read as Parquet"),
    ],
)
def test_what_is_no_parquet_is_named(tmp_path, data, said):
    (tmp_path / "a.parquet").write_bytes(data)
    with pytest.raises(DataError, match=said):
        read_parquet_table("a.parquet", folder=tmp_path)


def test_damage_that_would_end_the_process_is_named(tmp_path, monkeypatch):
    """A reader that asks for more memory than there is is ended by the system."""
    path = tmp_path / "a.parquet"
    pl.DataFrame({"id": ["a"]}).write_parquet(path)
    (tmp_path / "polars.py").write_text("import os\nos.abort()\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert read_parquet_table("a.parquet", folder=tmp_path).headers == ("id",)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    with pytest.raises(DataError, match="reading it ends the process"):
        read_parquet_table("a.parquet", folder=tmp_path)


def test_a_missing_file_is_named_with_the_nearest(tmp_path):
    (tmp_path / "patients.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r'Did you mean "patients\.parquet"'):
        read_parquet_table("patient.parquet", folder=tmp_path)


def test_columns_of_lists_are_refused_by_name(tmp_path):
    pl.DataFrame({"id": ["a"], "genes": [["TP53"]]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"a\.parquet, genes: holds List"):
        read_parquet_table("a.parquet", folder=tmp_path)
