"""Parquet files, or a named problem: what every reader of them begins with."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from embogen.io import parquet_probe
from embogen.io.files import absent, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embogen.errors import DataError

SUFFIX: Final = ".parquet"
ROW: Final = " row of the file "
"""Column that holds the place of a row, from 0, where a reader asks for it."""

FIRST_ROW: Final = 2
"""Row of the first record: rows are counted as in the same table with a header in row 1."""

_MARK: Final = b"PAR1"
_LEAST_BYTES: Final = 12
_PIECE: Final = 2**22
# polars reports some damage by a panic of its native code, which is no Exception
_FAULTS: Final = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError)


def scan_parquet(file: str, folder: Path, *, with_rows: bool = False) -> pl.LazyFrame:
    """Open a Parquet file without reading its rows.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`.
    folder
        Folder of the study file.
    with_rows
        Whether to add the column `ROW`.

    Raises
    ------
    DataError
        When there is no such file, it is a folder, or no whole Parquet file.
    """
    path = folder / file
    _refuse_unless_whole(path, file)
    try:
        frame = pl.scan_parquet(
            path, glob=False, hive_partitioning=False, row_index_name=ROW if with_rows else None
        )
        frame.collect_schema()
    except _FAULTS as error:
        raise _damaged(file, error) from None
    return frame


def open_parquet(file: str, folder: Path) -> pl.LazyFrame:
    """Open a Parquet file after reading every page of it once, in a process of its own.

    Raises
    ------
    DataError
        As `scan_parquet`, and when a page is damaged.
    """
    _refuse_unless_whole(folder / file, file)
    reason = _probed(folder / file)
    if reason is not None:
        raise _damaged(file, reason)
    return scan_parquet(file, folder)


def _probed(path: Path) -> str | None:
    """Say why a file cannot be read; None where it can, or where that cannot be tried."""
    if not sys.executable:
        return None
    # -P: a file called polars.py in the current folder is not imported
    words = [sys.executable, "-P", str(parquet_probe.__file__), str(path)]
    quiet = {**os.environ, "RUST_BACKTRACE": "0"}
    done = subprocess.run(words, capture_output=True, check=False, env=quiet)  # noqa: S603 - this very Python and a path, no shell
    if done.returncode in {0, 2}:
        return None
    if done.returncode != 1:
        return "reading it ends the process"
    _, reason, text = done.stderr.decode("utf-8", "replace").rpartition(f"\n{parquet_probe.REASON}")
    return text if reason else None


def as_text(frame: pl.LazyFrame, column: str) -> pl.Expr:
    """Take a column as text; one that is text is left alone, so that row groups can be skipped.

    Examples
    --------
    >>> frame = pl.LazyFrame({"id": [7], "gene": ["DAXX"]})
    >>> frame.select(as_text(frame, "id"), as_text(frame, "gene")).collect().row(0)
    ('7', 'DAXX')
    """
    kind = frame.collect_schema()[column]
    return pl.col(column) if isinstance(kind, pl.String) else pl.col(column).cast(pl.String)


def collected(frame: pl.LazyFrame, file: str, *, row_order: bool = True) -> pl.DataFrame:
    """Read what was asked of a Parquet file.

    Without `row_order` an aggregate is made piece by piece, whatever the size of the file.

    Raises
    ------
    DataError
        When a page of the file is damaged.
    """
    try:
        return frame.collect(engine="auto" if row_order else "streaming")
    except _FAULTS as error:
        raise _damaged(file, error) from None


def content_hash(paths: Sequence[Path], *choices: str) -> str:
    """Hash files by content, and the choices they are read with.

    Examples
    --------
    >>> content_hash([], "a", "bc") == content_hash([], "ab", "c")
    False
    """
    total = hashlib.blake2b(digest_size=16)
    for choice in choices:
        total.update(hashlib.blake2b(choice.encode()).digest())
    for path in paths:
        one = hashlib.blake2b()
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                one.update(piece)
        total.update(one.digest())
    return total.hexdigest()


def _refuse_unless_whole(path: Path, file: str) -> None:
    """Look at the marks at both ends: a copy cut short has none at its end."""
    try:
        if path.is_dir():
            raise refuse(file, "is a folder, and a file was expected", "Name the file inside it.")
        with path.open("rb") as stream:
            begin = stream.read(len(_MARK))
            size = stream.seek(0, 2)
            stream.seek(max(size - len(_MARK), 0))
            end = stream.read()
    except (OSError, ValueError) as error:
        raise absent(path, file, error) from None
    if begin != _MARK:
        raise refuse(file, "is no Parquet file", "Name it by what it is, or export it again.")
    if end != _MARK or size < _LEAST_BYTES:
        raise refuse(file, "is cut short: its end is missing", "Copy or export it again.")


def _damaged(file: str, why: BaseException | str) -> DataError:
    reason = " ".join(str(why).split())[:120].rstrip(". ")
    return refuse(file, f"cannot be read as Parquet ({reason})", "Copy or export it again.")
