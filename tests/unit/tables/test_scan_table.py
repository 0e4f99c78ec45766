"""The top table of a scan: which estimate stands where, and that no text or p-value is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import example_scan as ex
from embogen.numerals import format_small_p
from embogen.tables.render_html import html_table
from embogen.tables.render_text import csv_table
from embogen.tables.scan import top_rows

if TYPE_CHECKING:
    from embogen.tables.model import Cell, Table


def top(count: int = 20, firth: dict[str, dict[str, tuple[float, float]]] = ex.FIRTH) -> Table:
    labels = {"group": "Chromatin <genes>"}
    scans = [ex.endpoint()]
    return top_rows(scans, name="top", title="Top", count=count, labels=labels, firth=firth)


def cells(table: Table, feature: str) -> dict[str, Cell]:
    (row,) = (row for row in table.rows if row.cells[0].text == feature)
    headers = [column.header.replace("\n", " ") for column in table.columns]
    return dict(zip(headers, row.cells, strict=True))


def test_rows_are_in_order_of_p_and_untested_features_have_none():
    table = top()
    assert [row.cells[1].text for row in table.rows] == [str(i) for i in range(1, 9)]
    names = [row.cells[0].text for row in table.rows]
    assert names[:2] == ["DAXX", "MEN1"]
    assert "RARE" not in names
    assert len(top(count=3).rows) == 3


def test_ordinary_estimates_come_with_wald_intervals():
    row = cells(top(), "DAXX")
    # exp(1.2), exp(1.2 -+ 1.96 x .2)
    assert row["HR"].text == "3.32"
    assert row["95% CI"].text == "2.24\u20134.91"
    assert row["Altered / tested"].text == "24 / 100"
    assert row["Events in carriers"].text == "20"
    assert row["p"].text == "1.0\u00d710\u207b\u2078"
    assert row["p by"].text == "saddlepoint"
    assert row["Holm p"].text == "8.0\u00d710\u207b\u2078"
    assert row["HR"].notes == ()


def test_firths_estimate_stands_where_its_interval_is_given():
    row = cells(top(), "ATRX")
    assert row["HR"].text == "0.25"  # exp(-1.4)
    assert row["95% CI"].text == "0.02\u20130.93"
    assert "Firth" in row["HR"].notes[0]
    assert row["p by"].text == "enumerated"


def test_without_it_a_ratio_of_zero_or_infinity_is_said_as_such():
    table = top(firth={})
    assert cells(table, "ATRX")["HR"].text == "0 (no event)"
    assert cells(table, "ATRX")["95% CI"].quiet
    (infinite,) = (row for row in table.rows if row.cells[4].text == "\u221e")
    assert infinite.cells[4].notes
    assert infinite.cells[7].text == "drawn (tail)"
    few = cells(table, "=1+2")["HR"]
    assert few.text == "1.35"
    assert "Few carriers" in few.notes[0]


def test_features_that_were_not_estimated_say_why():
    table = top()
    assert "plan sets" in cells(table, "Chromatin <genes>")["HR"].notes[0]
    assert "combination" in cells(table, "ONE")["HR"].notes[0]


def test_symbols_are_in_italics_and_labels_of_groups_are_not():
    table = top()
    assert cells(table, "DAXX")["Feature"].italic
    assert not cells(table, "Chromatin <genes>")["Feature"].italic


def test_several_endpoints_have_a_heading_each():
    scans = [ex.endpoint(), ex.endpoint(name="pfs")]
    table = top_rows(scans, name="top", title="T", endpoints={"os": "Overall <survival>"})
    assert [r.cells[0].text for r in table.rows if r.kind == "group"] == [
        "Overall <survival>",
        "pfs",
    ]
    assert "of each endpoint" in table.general_notes[-1]


def test_max_t_has_a_column_where_patients_were_relabelled():
    assert "Max-T p" not in [column.header for column in top().columns]
    table = top_rows([ex.endpoint(relabelings=50_000)], name="top", title="T")
    assert cells(table, "MEN1")["Max-T p"].text == "0.0080"
    assert cells(table, "MEN1")["q"].text == "0.016"
    assert table.general_notes[-1].endswith("50,000 relabelings.")


def test_a_scan_without_p_values_is_an_empty_table():
    table = top_rows([ex.endpoint(())], name="top", title="T")
    assert table.rows == ()
    assert "0 features" in table.general_notes[-1]
    assert html_table(table)


def test_hostile_names_are_harmless_in_every_form():
    table = top()
    html = html_table(table)
    assert "<script" not in html
    assert "Chromatin &lt;genes&gt;" in html
    assert "L" * 30 + "\u2026" + "L" * 17 + "<" in html
    assert "'=1+2" in csv_table(table)


def test_small_p_values_are_told_apart():
    found = [format_small_p(p) for p in (9.9e-6, 1e-5, 4.94e-9, 4.96e-9, 1e-299)]
    assert found == [
        "9.9\u00d710\u207b\u2076",
        "0.000010",
        "4.9\u00d710\u207b\u2079",
        "5.0\u00d710\u207b\u2079",
        "1.0\u00d710\u207b\u00b2\u2079\u2079",
    ]
    assert format_small_p(None) == "\u2013"
