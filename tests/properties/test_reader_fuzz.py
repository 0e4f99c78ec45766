"""Whatever the bytes, a reader gives the right answer or a DataError: never another exception."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embogen.errors import DataError, DataProblem
from embogen.io.excel import read_excel
from embogen.io.gene_long import read_gene_long
from embogen.io.gene_matrix import read_gene_matrix
from embogen.io.gene_panel import read_panels
from embogen.io.maf import read_maf
from embogen.io.raw_table import RawTable
from embogen.io.tables import TableSource, read_cohort
from embogen.io.text_table import parse_text_table, read_text_table

QUICK = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
CELL = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8
) | st.sampled_from(["", "1", "P1", "2020-01-01", "=1+1", '"', "a,b", "x\ny", "\ufeff", "#", "NA"])
FRAGMENT = st.sampled_from(
    [
        b"patient_id,date\n",
        b"Hugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode\n",
        b"TP53\tMissense_Mutation\tS1\n",
        b"stable_id: x\ngene_list: TP53\n",
        b"P1,2020-01-01\n",
        b"\r\n",
        b"\n",
        b"\r",
        b'"',
        b",",
        b"\t",
        b";",
        b"#",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\x00",
        b"\xe9",
        b"PK\x03\x04",
        b"\x1f\x8b",
        b"\xc2\x85",
        b"\xe2\x80\xa8",
    ]
)
BYTES = st.lists(FRAGMENT | st.binary(max_size=6), max_size=12).map(b"".join)
READERS: dict[str, tuple[str, Callable[[str, Path], object]]] = {
    "csv": ("a.csv", lambda file, folder: read_text_table(file, folder=folder)),
    "tsv": ("a.tsv", lambda file, folder: read_text_table(file, folder=folder)),
    "csv.gz": ("a.csv.gz", lambda file, folder: read_text_table(file, folder=folder)),
    "maf": ("a.maf", lambda file, folder: read_maf(file, folder=folder)),
    "panel": ("a.txt", lambda file, folder: read_panels(file, folder=folder)),
    "matrix": (
        "a.csv",
        lambda file, folder: read_gene_matrix(file, folder=folder, altered={"1": "any"}),
    ),
    "long": (
        "a.csv",
        lambda file, folder: read_gene_long(file, folder=folder, altered={}, wild_type=("0",)),
    ),
    "workbook": ("a.xlsx", lambda file, folder: read_excel(file, folder=folder)),
    "patients": (
        "a.csv",
        lambda file, folder: read_cohort([TableSource("patients", file, folder)]),
    ),
}


def problems_of(act: Callable[[], object]) -> tuple[DataProblem, ...]:
    """Do it, and return what was wrong with the data; any other exception goes through."""
    try:
        act()
    except DataError as error:
        return error.problems
    return ()


@pytest.mark.parametrize("name", READERS)
@given(data=BYTES)
@QUICK
def test_any_bytes_give_a_table_or_a_data_error(name: str, data: bytes):
    file, read = READERS[name]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / file).write_bytes(data)
        problems = problems_of(lambda: read(file, Path(folder)))
        for problem in problems:
            assert problem.file == file
            assert str(folder) not in str(problem)


@given(
    rows=st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=6
        )
    ),
    newline=st.sampled_from(["\n", "\r\n"]),
    mark=st.booleans(),
)
@settings(max_examples=150)
def test_a_well_written_csv_comes_back_cell_by_cell(
    rows: list[list[str]], newline: str, *, mark: bool
):
    headers = [f"h{i}" for i in range(len(rows[0]))]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=newline, quoting=csv.QUOTE_ALL)
    writer.writerows([headers, *rows])
    data = ("\ufeff" if mark else "") + out.getvalue()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.csv").write_bytes(data.encode())
        table = read_text_table("a.csv", folder=Path(folder))
    kept = [(i, row) for i, row in enumerate(rows, 2) if any(c.strip() for c in row)]
    assert table.headers == tuple(headers)
    assert table.rows.to_list() == [i for i, _ in kept]
    assert [list(row) for row in table.frame.rows()] == [
        [cell.strip() for cell in row] for _, row in kept
    ]


@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60))
@settings(max_examples=200)
def test_any_text_is_parsed_or_refused(text: str):
    tables: list[RawTable] = []
    problems = problems_of(lambda: tables.append(parse_text_table(text, "a.csv")))
    assert bool(tables) is not bool(problems)
    for table in tables:
        assert table.frame.width == len(table.headers)
        assert table.frame.height == len(table.rows)
