"""Bytes and text of input files, or a named problem: what every reader begins with."""

from __future__ import annotations

import difflib
import gzip
import io
import zlib
from pathlib import Path
from typing import Final

from embogen.errors import DataError, DataProblem

UNPACKED_LIMIT: Final = 4 * 2**30
"""Bytes a compressed file may unpack to."""

RATIO_LIMIT: Final = 200
"""A file that unpacks to over `_HARMLESS` bytes and this many times its size is refused."""

_HARMLESS: Final = 64 * 2**20
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_UTF8_MARK: Final = b"\xef\xbb\xbf"
_SAVE_AS: Final = 'Save the file as UTF-8 (in Excel: "CSV UTF-8").'


def refuse(file: str, message: str, remedy: str, *, row: int | None = None) -> DataError:
    """Make the error for a file that cannot be read at all."""
    return DataError([DataProblem(file, message, remedy, row=row)])


def read_bytes(file: str, folder: Path) -> bytes:
    """Read a file, unpacking .gz.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`.
    folder
        Folder of the study file.

    Raises
    ------
    DataError
        When there is no such file, it is a folder, is empty, cannot be read, or unpacks to an
        implausible size.
    """
    path = folder / file
    try:
        if path.is_dir():
            remedy = "Name the file inside it that holds the table."
            raise refuse(file, "is a folder, and a file was expected", remedy)
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        raise absent(path, file, error) from None
    if path.suffix.lower() == ".gz":
        data = _unpack(data, file)
    if not data or data.isspace():
        remedy = "Export it again, with a header row."
        raise refuse(file, "is empty, and a header row was expected", remedy)
    return data


def absent(path: Path, file: str, error: OSError | ValueError) -> DataError:
    """Make the error for a file that could not be opened."""
    if isinstance(error, FileNotFoundError):
        return refuse(file, "there is no such file", _nearest(path))
    reason = getattr(error, "strerror", None) or "its name is no path"
    return refuse(file, f"cannot be read ({reason})", "Check its permissions.")


def _unpack(data: bytes, file: str) -> bytes:
    """Unpack gzip in steps, so that a bomb is refused before it fills the memory."""
    allowed = min(UNPACKED_LIMIT, max(_HARMLESS, RATIO_LIMIT * len(data)))
    out = io.BytesIO()
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            while chunk := stream.read(2**22):
                out.write(chunk)
                if out.tell() > allowed:
                    message = f"unpacks to over {allowed // 2**20} MB from {len(data)} bytes"
                    raise refuse(file, message, "Unpack it yourself if it is genuine.")
    except (OSError, EOFError, zlib.error):
        remedy = "Copy or export it again; it may be cut short, or no gzip file."
        raise refuse(file, "is named .gz and cannot be unpacked", remedy) from None
    return out.getvalue()


def is_inside(folder: Path, name: str) -> bool:
    """Tell whether a path, links followed, stays inside a folder.

    Examples
    --------
    >>> is_inside(Path("/data/study"), "a.csv"), is_inside(Path("/data/study"), "../../b.csv")
    (True, False)
    """
    try:
        return (folder / name).resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # a loop of links, or a name that is no path
        return False


def _nearest(path: Path) -> str:
    """Suggest the sibling whose name is closest."""
    try:
        names = sorted(item.name for item in path.parent.iterdir())
    except OSError:
        return "Check the path; it is relative to the study file."
    close = difflib.get_close_matches(path.name, names, n=1, cutoff=0.5)
    if close:
        return f'Did you mean "{close[0]}"?'
    return "Check the path; it is relative to the study file."


def without_mark(data: bytes, file: str) -> bytes:
    """Drop a UTF-8 byte-order mark; refuse UTF-16 and binary files by name.

    Raises
    ------
    DataError
        When the bytes are UTF-16, or hold a zero byte.
    """
    if data.startswith(_UTF16_MARKS):
        raise refuse(file, "is UTF-16 text, and UTF-8 was expected", _SAVE_AS)
    if data.startswith(b"PK\x03\x04"):
        remedy = "Give it the suffix .xlsx, or export it as CSV UTF-8."
        raise refuse(file, "is a workbook or zip archive, and text was expected", remedy)
    at = data.find(b"\0")
    if at >= 0:
        row = data.count(b"\n", 0, at) + 1
        message = f"holds a zero byte (byte {at}), so it is not text"
        raise refuse(file, message, _SAVE_AS, row=row)
    return data.removeprefix(_UTF8_MARK)


def decode(data: bytes, file: str) -> str:
    r"""Decode UTF-8 strictly; a byte-order mark is dropped.

    Raises
    ------
    DataError
        Naming the first wrong byte, its line, and what it would be in Windows-1252.

    Examples
    --------
    >>> decode(b"\xef\xbb\xbfid\n", "a.csv")
    'id\n'
    """
    data = without_mark(data, file)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start
        guess = data[at : at + 1].decode("cp1252", errors="replace")
        shown = f', "{guess}" in Windows-1252' if guess.isprintable() and guess != "\ufffd" else ""
        message = f"is not UTF-8: byte {at} is 0x{data[at]:02X}{shown}"
        raise refuse(file, message, _SAVE_AS, row=data.count(b"\n", 0, at) + 1) from None
