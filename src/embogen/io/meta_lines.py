"""Files of ``key: value`` lines: meta files and case lists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from embogen.errors import DataError, DataProblem
from embogen.io.files import decode, read_bytes

_KEY: Final = re.compile(r"^([A-Za-z_]+)\s*:(.*)$")


def read_meta(file: str, *, folder: Path) -> dict[str, str]:
    """Read the ``key: value`` lines of a meta file or case list.

    Raises
    ------
    DataError
        Lines without a key, and keys that stand there twice.
    """
    return parse_meta(decode(read_bytes(file, folder), file), file)


def parse_meta(text: str, file: str) -> dict[str, str]:
    r"""Parse the text of a meta file; see `read_meta`.

    Examples
    --------
    >>> parse_meta("datatype: MAF\r\n\ndata_filename: data_mutations.txt\n", "meta_x.txt")
    {'datatype': 'MAF', 'data_filename': 'data_mutations.txt'}
    """
    values: dict[str, str] = {}
    problems: list[DataProblem] = []
    for row, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _KEY.match(line.strip("\r "))
        if match is None:
            message = "is no line of the form key: value"
            problems.append(DataProblem(file, message, "Mend it.", row=row, value=line.strip()))
        elif match[1] in values:
            message = f"says {match[1]} again"
            problems.append(DataProblem(file, message, "Keep one of the lines.", row=row))
        else:
            values[match[1]] = match[2].strip(" \r")
    if problems:
        raise DataError(problems)
    return values
