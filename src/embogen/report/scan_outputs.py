"""The folder of one scan's results."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from embogen.scan.result import ScanResult
    from embogen.study.provenance import Provenance
    from embogen.study.scanning import PreparedScan


def write_scan(
    prepared: PreparedScan,
    result: ScanResult,
    provenance: Provenance,
    directory: Path,
    synthetic: str | None,
) -> None:
    """Write all rows."""
    directory.mkdir(parents=True, exist_ok=True)
    table = result.table()
    table.write_parquet(directory / "results.parquet")
    table.write_csv(directory / "results.csv")
