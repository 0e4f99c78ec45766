"""The model study entered in each form gives the same results as its CSV tables."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from embogen import read_study, run
from embogen.cohort.schema import SCHEMAS
from embogen.io.forms.redcap_dictionary import choice_code, field_names
from embogen.study.blank import write_blank
from embogen.study.long_table import long_table

TABLES = ("patients", "procedures", "assessments", "specimens")


def demo_table(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_csv(folder / f"{name}.csv", comment_prefix="#", infer_schema=False)


def fill_workbook(demo: Path, path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "dd mmm yyyy"})
        for name in TABLES:
            sheet = book.add_worksheet(name)
            table = demo_table(demo, name)
            sheet.write_row(0, 0, table.columns)
            for i, row in enumerate(table.iter_rows(named=True), 1):
                for j, (column, cell) in enumerate(row.items()):
                    if cell is None:
                        continue
                    kind = SCHEMAS[name].variable(column).type
                    if kind == "date":
                        sheet.write_datetime(i, j, dt.date.fromisoformat(cell), day)
                    elif kind in {"number", "integer"}:
                        sheet.write_number(i, j, float(cell))
                    else:
                        sheet.write_string(i, j, cell)


def redcap_export(demo: Path) -> str:
    names = field_names()
    tables = {name: demo_table(demo, name) for name in TABLES}
    own = ["patient_id", "redcap_repeat_instrument", "redcap_repeat_instance"]
    header = [*own, *(field for field in names.values() if field != "patient_id")]
    rows: list[dict[str, str]] = []
    for name, table in tables.items():
        count: dict[str, int] = {}
        for row in table.iter_rows(named=True):
            patient = row["patient_id"]
            count[patient] = count.get(patient, 0) + 1
            out = {"patient_id": patient}
            if name != "patients":
                out |= {own[1]: name, own[2]: str(count[patient])}
            for column, cell in row.items():
                if cell is not None and (name, column) in names and column != "patient_id":
                    kind = SCHEMAS[name].variable(column).type
                    codes = {"yes": "1", "no": "0"} if kind == "flag" else {}
                    text = choice_code(cell) if kind == "category" else codes.get(cell, cell)
                    out[names[name, column]] = text
            rows.append(out)
    rows.sort(key=lambda row: row["patient_id"])
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, header, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["excel", "redcap"])
def test_a_filled_form_gives_the_same_results(demo_study: Path, tmp_path: Path, form: str) -> None:
    folder = tmp_path / "form"
    write_blank(folder, form=form)
    blank = (folder / "study.toml").read_text(encoding="utf-8")
    data = blank[blank.index("[data]") : blank.index("mutations =")]
    text = (demo_study / "study.toml").read_text(encoding="utf-8")
    old = text[text.index("[data]") : text.index("mutations ")]
    study = demo_study / "study.toml"
    plain = run(read_study(study))
    if form == "excel":
        fill_workbook(demo_study, demo_study / "cohort.xlsx")
    else:
        (demo_study / "redcap_export.csv").write_text(redcap_export(demo_study), encoding="utf-8")
    study.write_text(text.replace(old, data), encoding="utf-8")
    filled = run(read_study(study))
    assert filled.flow.steps[1:] == plain.flow.steps[1:]
    assert long_table(filled.analyses) == long_table(plain.analyses)


def test_one_form_is_asked_for(embogen, tmp_path: Path) -> None:
    said = embogen("init", tmp_path / "a", "--excel", "--redcap")
    assert said.code == 2
    assert "two ways" in said.err
    assert embogen("init", tmp_path / "b", "--excel").code == 0
    assert (tmp_path / "b" / "cohort.xlsx").exists()
