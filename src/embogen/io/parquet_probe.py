"""Read every page of a Parquet file once and keep nothing: a program of its own.

Some damage makes the native reader ask for more memory than there is, which ends the process it
runs in, whatever Python does. So a file is first read here, in a process whose end is only noticed.
`python parquet_probe.py FILE` ends with 0 where all is well, else with a reason.
"""

from __future__ import annotations

import sys
from typing import Final

import polars as pl

REASON: Final = "reason: "
"""What the last line of standard error begins with where the reader gave a reason."""


def main(path: str) -> None:
    """Read a file.

    Raises
    ------
    SystemExit
        With the reason, when it cannot be read.
    """
    try:
        frame = pl.scan_parquet(path, glob=False, hive_partitioning=False)
        kinds = frame.collect_schema()
        plain = [name for name, kind in kinds.items() if _has_largest(kind)]
        frame.select(pl.col(plain).max()).collect(engine="streaming")
    except (Exception, pl.exceptions.PanicException) as error:  # noqa: BLE001 - whatever it is, the parent names it
        text = " ".join(str(error).split())
        raise SystemExit(f"\n{REASON}{text}") from None


def _has_largest(kind: pl.DataType) -> bool:
    return (
        kind.is_numeric()
        or kind.is_temporal()
        or isinstance(kind, pl.String | pl.Categorical | pl.Enum | pl.Boolean)
    )


if __name__ == "__main__":
    main(sys.argv[1])
