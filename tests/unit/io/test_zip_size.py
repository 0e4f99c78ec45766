"""A workbook that unpacks to far more than it is, whatever it declares, is refused."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from embogen.errors import DataError
from embogen.io.excel import read_excel

MANY = 70 * 2**20


def archive(*, size: int = MANY, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as target:
        target.writestr("xl/worksheets/sheet1.xml", b"\0" * size)
    return out.getvalue()


def lie(data: bytes, size: int) -> bytes:
    """Let the archive declare another unpacked size, in both of its headers."""
    true = struct.pack("<I", size)
    assert data.count(true) == 2
    return data.replace(true, struct.pack("<I", 100))


def message(folder: Path, data: bytes) -> str:
    (folder / "a.xlsx").write_bytes(data)
    with pytest.raises(DataError) as caught:
        read_excel("a.xlsx", folder=folder)
    return str(caught.value)


@pytest.mark.parametrize("honest", [True, False])
def test_a_bomb_is_refused_even_if_it_declares_a_small_size(tmp_path: Path, *, honest: bool):
    data = archive() if honest else lie(archive(), MANY)
    assert "a.xlsx: unpacks to over 64 MB from" in message(tmp_path, data)


def test_members_that_share_their_bytes_are_counted_each(tmp_path: Path):
    """Many entries of the directory may point to one piece of packed data."""
    size = 8 * 2**20
    data = archive(size=size)
    at = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry, tail = data[at:end], bytearray(data[end:])
    struct.pack_into("<HHI", tail, 8, 10, 10, 10 * len(entry))
    assert "unpacks to over 64 MB" in message(tmp_path, data[:at] + entry * 10 + bytes(tail))


def test_other_ways_of_packing_are_refused(tmp_path: Path):
    data = archive(size=1000, method=zipfile.ZIP_BZIP2)
    assert "is packed in a way no spreadsheet program uses" in message(tmp_path, data)


def test_a_large_honest_workbook_is_read(tmp_path: Path):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet()
        for i in range(3000):
            sheet.write_row(i, 0, [f"h{j}" if i == 0 else f"{i}-{j}" for j in range(20)])
    assert read_excel("a.xlsx", folder=tmp_path).frame.shape == (2999, 20)
