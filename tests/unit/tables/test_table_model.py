"""The table model, and its three renderings under hostile text."""

import csv
import io
import re

import pytest
from lxml import etree, html

from embogen.tables.model import Cell, Column, Row, Spanner, Table, footnote_mark, number
from embogen.tables.render_html import html_table, pad_decimals
from embogen.tables.render_text import csv_table, markdown_table
from example_results import HOSTILE


def hostile_table() -> Table:
    cell = Cell(HOSTILE, notes=(HOSTILE + " note",))
    return Table(
        name='t"><script>',
        title=HOSTILE,
        columns=(Column(HOSTILE), Column(HOSTILE + "\n2", "decimal")),
        rows=(
            Row((Cell(HOSTILE),), kind="group"),
            Row((cell, number("1.5")), indent=1),
            Row((Cell("=1+1"), Cell("@x", italic=True, strong=True))),
        ),
        spanners=(Spanner(HOSTILE, 1, 2),),
        general_notes=(HOSTILE,),
    )


def test_a_row_of_the_wrong_width_is_refused():
    with pytest.raises(ValueError, match="has 1 cells, not 2"):
        Table("t", "T", (Column("a"), Column("b")), (Row((Cell("x"),)),))


def test_footnotes_are_lettered_in_reading_order_without_repeats():
    table = Table(
        "t",
        "T",
        (Column("a", notes=("head",)), Column("b")),
        (
            Row((Cell("x", notes=("one", "two")), Cell("y"))),
            Row((Cell("x"), Cell("y", notes=("two",)))),
        ),
    )
    assert table.footnotes == ("head", "one", "two")
    assert table.marks(("two", "one")) == "b,c"
    assert footnote_mark(27) == "ab"


def test_html_escapes_everything_and_parses():
    fragment = html_table(hostile_table(), number="Table <1>")
    assert "<script" not in fragment
    root = html.fragment_fromstring(fragment)
    assert root.xpath("//script | //@onclick | //@href | //@src") == []
    texts = "".join(root.itertext())
    assert "<script>alert('x')</script>" in texts
    etree.fromstring(fragment.replace("<br>", "<br/>"))  # well formed, too


def test_every_header_has_a_scope():
    root = html.fragment_fromstring(html_table(hostile_table()))
    assert {th.get("scope") for th in root.iter("th")} == {"col", "colgroup", "row", "rowgroup"}
    assert all(th.get("scope") for th in root.iter("th"))


def test_header_rows_span_all_columns():
    columns = tuple(Column(name) for name in "abcdef")
    table = Table("t", "T", columns, (), (Spanner("later", 4, 5), Spanner("first", 1, 3)))
    root = html.fragment_fromstring(html_table(table))
    spans = [int(cell.get("colspan")) for cell in root.xpath("//thead/tr[1]/*")]
    assert spans == [1, 2, 1, 1, 1]
    assert root.xpath("//thead/tr[1]/th/text()") == ["first", "later"]


def test_csv_disarms_text_and_keeps_the_width():
    rows = list(csv.reader(io.StringIO(csv_table(hostile_table()))))
    assert {len(row) for row in rows} == {2}
    assert rows[3] == ["'=1+1", "'@x"]
    assert rows[2][0].startswith("  ")


def test_markdown_cannot_break_out_of_its_table():
    text = markdown_table(hostile_table())
    body = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(body) == 4
    for line in body:
        assert len(re.findall(r"(?<!\\)\|", line)) == 3
    assert "<script" not in text


def test_decimals_line_up():
    padded = pad_decimals(["0.00038", "0.085", ">0.99", "12", "\u2013", "not estimable"])
    places = [len(text) - text.index(".") for text in padded[:3]]
    assert len(set(places)) == 1
    assert padded[4:] == ["\u2013", "not estimable"]


def test_padding_reaches_the_page():
    columns = (Column("a"), Column("p", "decimal"))
    rows = (Row((Cell("x"), number("0.085"))), Row((Cell("y"), number("0.5"))))
    root = html.fragment_fromstring(html_table(Table("t", "T", columns, rows)))
    assert root.xpath("//td/text()") == ["0.085", "0.5\u2007\u2007"]
