"""CSV and TSV as hospitals export them: shapes, quotes, encodings, rows as in a spreadsheet."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from embogen.errors import DataError
from embogen.io.text_table import parse_text_table, read_text_table


def problems_of(text: str, file: str = "a.csv") -> list[str]:
    with pytest.raises(DataError) as caught:
        parse_text_table(text, file)
    return [str(problem) for problem in caught.value.problems]


def problem_in_file(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_text_table(path.name, folder=path.parent)
    assert len(caught.value.problems) == 1
    return str(caught.value)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_line_end_gives_the_same_table(newline: str):
    table = parse_text_table(newline.join(["id,x", "a,1", "b,2", ""]), "a.csv")
    assert table.frame.rows() == [("a", "1"), ("b", "2")]
    assert table.rows.to_list() == [2, 3]


def test_rows_are_numbered_as_a_spreadsheet_shows_them():
    text = '# made by a registry\n\nid,note\na,"two\nlines"\n\nb,"say ""hi"""\n,\nc,x\n'
    table = parse_text_table(text, "a.csv")
    assert table.rows.to_list() == [4, 6, 8]
    assert table.column("note").to_list() == ["two\nlines", 'say "hi"', "x"]


def test_blanks_around_cells_and_empty_columns_at_the_end_do_not_count():
    table = parse_text_table(" id , x ,,\n a ,1,,\n", "a.csv")
    assert table.headers == ("id", "x")
    assert table.frame.rows() == [("a", "1")]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.csv", "id;x\na;1\n"),
        ("a.csv", "id\tx\na\t1\n"),
        ("a.tsv", "id\tx\na\t1\n"),
        ("a.txt", "id\tx\na\t1\n"),
        ("a.tsv", "id,x\na,1\n"),
    ],
)
def test_the_separator_of_the_header_is_taken(file: str, text: str):
    assert parse_text_table(text, file).frame.rows() == [("a", "1")]


def test_short_long_and_duplicate_are_named_together():
    found = problems_of("id,x,x\na,1\nb,1,2\nc,1,2,3\n")
    assert found[0].startswith('a.csv row 1: "x" stands over 2 columns')
    assert found[1].startswith("a.csv row 2: has 2 cells, fewer than the 3 of the header")
    assert found[2].startswith("a.csv row 4: has 4 cells, more than the 3 of the header")
    assert len(found) == 3


def test_a_long_list_of_bad_rows_is_cut_and_counted():
    found = problems_of("id,x\n" + "a\n" * 1000)
    assert len(found) == 21
    assert found[-1].startswith("a.csv: and 980 more rows with this problem, the last in row 1001")


@pytest.mark.parametrize(
    ("text", "row", "words"),
    [
        ('id,x\na,1\nb,"open\nc,2\n', 3, "never closed"),
        ('id,x\na,"b" c\n', 2, "after a closing quote"),
        ("id,x\na," + "y" * 200_000 + "\n", 2, "131,072 characters"),
    ],
)
def test_what_breaks_a_record_is_named_at_its_row(text: str, row: int, words: str):
    (found,) = problems_of(text)
    assert found.startswith(f"a.csv row {row}: ")
    assert words in found


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment", "#a\n#b\n"])
def test_a_file_without_a_header_is_refused(text: str):
    assert "holds no header row" in problems_of(text)[0]


def test_the_byte_order_mark_is_dropped(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbfid,x\n\xc3\xa9,1\n")
    table = read_text_table("a.csv", folder=tmp_path)
    assert table.headers == ("id", "x")
    assert table.column("id").to_list() == ["\u00e9"]


def test_another_encoding_is_named_with_byte_row_and_remedy(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,x\na,1\nb,Andr\xe9\n")
    found = problem_in_file(path)
    assert found.startswith("a.csv row 3: is not UTF-8: byte 15 is 0xE9")
    assert "\u00e9" in found
    assert "UTF-8" in found.split(". ")[-1]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_wide_encodings_are_refused(tmp_path: Path, encoding: str):
    path = tmp_path / "a.csv"
    path.write_bytes("id,x\na,1\n".encode(encoding))
    assert "UTF-8" in problem_in_file(path)


def test_empty_file_folder_and_missing_file(tmp_path: Path):
    (tmp_path / "a.csv").touch()
    assert problem_in_file(tmp_path / "a.csv").startswith("a.csv: is empty")
    (tmp_path / "folder.csv").mkdir()
    assert problem_in_file(tmp_path / "folder.csv").startswith("folder.csv: is a folder")
    assert 'Did you mean "a.csv"?' in problem_in_file(tmp_path / "aa.csv")


def test_a_gzipped_table_reads_the_same_and_a_broken_one_is_named(tmp_path: Path):
    text = b"id,x\na,1\n"
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text))
    assert read_text_table("a.csv.gz", folder=tmp_path).frame.rows() == [("a", "1")]
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(text * 100)[:-9])
    assert "cannot be unpacked" in problem_in_file(tmp_path / "b.csv.gz")
    (tmp_path / "c.csv.gz").write_bytes(b"plain text")
    assert "cannot be unpacked" in problem_in_file(tmp_path / "c.csv.gz")


def test_a_gzip_bomb_is_refused(tmp_path: Path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"0" * (80 * 2**20)))
    assert "unpacks to over" in problem_in_file(tmp_path / "a.csv.gz")


def test_a_workbook_named_csv_is_recognised(tmp_path: Path):
    (tmp_path / "a.csv").write_bytes(b"PK\x03\x04rest")
    assert "workbook" in problem_in_file(tmp_path / "a.csv")


def test_headers_that_only_a_blank_tells_apart_are_kept_as_written():
    table = parse_text_table("id,Grade ,Grade, stage \n1,G2,2,IV\n", "a.csv")
    assert table.headers == ("id", "Grade ", "Grade", "stage")
    assert table.column("Grade ").to_list() == ["G2"]
