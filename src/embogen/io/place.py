"""Where a column of a table stands, for messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Place:
    """Where a column stands: file, header, row of each cell, and the plan key that declares it.

    Of a sheet of a workbook besides: its name, the letter of the column, and which cells are dates
    to the workbook (None where the plan trusts these).
    """

    file: str
    header: str
    rows: pl.Series
    table: str
    sheet: str | None = None
    letter: str = ""
    dated: pl.Series | None = None

    def cell(self, row: int) -> str:
        """Name the header, and the cell of a sheet besides."""
        if self.sheet is None:
            return self.header
        return f'{self.header} (sheet "{self.sheet}", cell {self.letter}{row})'
