"""What one column is called, holds and means; a table is a list of them."""

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
    complete
        Whether the column, where it is there at all, may have no empty cell.
    aliases
        Other spellings of a category value, as (spelling in lower case, allowed value) pairs.
        Upper and lower case, blanks, hyphens and underscores never distinguish two values.
    label
        What a reader calls it, where its file says so.
    priority
        How prominent its file wants it shown (cBioPortal: 0 hides, 1 is usual).

    Examples
    --------
    >>> Variable("who_grade", "category", "WHO grade.", allowed=("1", "2", "3")).required
    False
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
    complete: bool = False
    aliases: tuple[tuple[str, str], ...] = ()
    label: str | None = None
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class TableSchema:
    """A table: its key (unique), its columns, and the tables its ids must occur in.

    Parameters
    ----------
    name
        ``patients``, ``procedures``, ``assessments``, ``specimens`` or ``lesions``.
    meaning
        One sentence: what a row is.
    key
        Column whose values are unique, checked where the column is there.
    variables
        The columns the registry knows. Other columns are kept as text unless declared.
    """

    name: str
    meaning: str
    key: str | None
    variables: tuple[Variable, ...]

    def variable(self, name: str) -> Variable | None:
        """Return the declaration of a column, or None when the registry does not know it."""
        return next((item for item in self.variables if item.name == name), None)
