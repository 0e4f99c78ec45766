"""The variable registry: every column declared once, which both validates and documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

VariableType = Literal["id", "text", "category", "integer", "number", "date", "flag"]


@dataclass(frozen=True, slots=True)
class Variable:
    """One column: what it is called, holds and means.

    Parameters
    ----------
    name
        Column name inside embogen (snake_case, unit in the name unless days or years).
    type
        ``id`` and ``text`` are kept as written; ``category`` must be one of `allowed`;
        ``flag`` is yes/no (1/0, true/false, yes/no, y/n); ``date`` is ISO 8601 unless
        `date_format` says otherwise.
    meaning
        One sentence for the report and the documentation.
    unit
        Unit of a number: ``years``, ``mL``, ``um``.
    allowed
        Values a category may take, in order.
    required
        Whether the column must be there with no empty cell.
    minimum, maximum
        Plausible range of a number, limits included.
    date_format
        strptime format of a date column, or None for ISO 8601.
    """

    name: str
    type: VariableType
    meaning: str
    unit: str | None = None
    allowed: tuple[str, ...] = ()
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    date_format: str | None = None


@dataclass(frozen=True, slots=True)
class TableSchema:
    """A table: its key (unique), its columns, and the tables its ids must occur in."""

    name: str
    meaning: str
    key: str | None
    variables: tuple[Variable, ...]
