"""Which header of a file is which variable: by name, never by position."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from embogen.cohort.model import SOURCE_ROW
from embogen.errors import DataProblem

if TYPE_CHECKING:
    from embogen.cohort.schema import TableSchema, Variable

_NEAR_MISS: Final = 0.9
"""A header as close as this to a known column that is absent is taken for a slip of the pen."""


@dataclass(frozen=True, slots=True)
class ColumnWish:
    """What a study says about the columns of one file."""

    key: str | None
    columns: Mapping[str, str]
    variables: tuple[Variable, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Headers resolved.

    Parameters
    ----------
    declared
        Column name to (its header, its declaration).
    undeclared
        Column name to its header, for the rest.
    """

    declared: Mapping[str, tuple[str, Variable]]
    undeclared: Mapping[str, str]


def resolve_columns(
    headers: Sequence[str], schema: TableSchema, wish: ColumnWish, file: str
) -> tuple[Layout, list[DataProblem]]:
    """Find the header of each variable.

    The plan's mapping comes first, then a header spelt exactly so, then one that differs only in
    case, blanks, hyphens and underscores.

    Returns
    -------
    layout
        What was found.
    problems
        Mapped or required headers that are not there (with the closest that is), and headers so
        close to an absent column that they look like a slip.
    """
    variables = _variables(schema, wish.variables)
    wanted = dict(wish.columns)
    if wish.key is not None and schema.key is not None:
        wanted[schema.key] = wish.key
    declared: dict[str, tuple[str, Variable]] = {}
    problems: list[DataProblem] = []
    undeclared: dict[str, str] = {}
    for name, header in wanted.items():
        if header not in headers:
            close = _suggest(header, headers)
            message = f"is no column of this file, and the study file maps {name} to it"
            problems.append(DataProblem(file, message, close, row=1, value=header))
        elif name in variables:
            declared[name] = (header, variables[name])
        else:
            undeclared[name] = header
    for name, variable in variables.items():
        if name in wanted:
            continue
        alike = _alike(name, headers)
        if len(alike) == 1:
            declared[name] = (alike[0], variable)
        elif alike or variable.required or variable in wish.variables:
            problems.append(_absent(variable, alike, headers, file))
            variables = {key: item for key, item in variables.items() if key != name}
    used = {header for header, _ in declared.values()} | set(undeclared.values())
    rest = [header for header in headers if header not in used]
    problems += _slips(rest, [name for name in variables if name not in declared], file)
    for header in rest:
        taken = header in declared or header in undeclared or header == SOURCE_ROW or not header
        undeclared[f"{header or 'column'} (not mapped)" if taken else header] = header
    return Layout(declared, undeclared), problems


def _alike(name: str, headers: Sequence[str]) -> list[str]:
    """Return the header spelt like a name, or all that differ only in case and separators."""
    if name in headers:
        return [name]
    return [header for header in headers if _fold(header) == _fold(name)]


def _variables(schema: TableSchema, extra: Iterable[Variable]) -> dict[str, Variable]:
    """Join the registry and the plan; the plan may redefine a column, but not free a key."""
    variables = {item.name: item for item in schema.variables}
    for item in extra:
        known = variables.get(item.name)
        if known is None:
            variables[item.name] = item
            continue
        if known.type == "id":
            continue
        allowed = item.allowed or (known.allowed if item.type == "category" else ())
        aliases = tuple(pair for pair in known.aliases if pair[1] in allowed)
        variables[item.name] = dataclasses.replace(
            item,
            allowed=allowed,
            required=known.required or item.required,
            complete=known.complete or item.complete,
            aliases=item.aliases or aliases,
        )
    return variables


def _absent(
    variable: Variable, alike: Sequence[str], headers: Sequence[str], file: str
) -> DataProblem:
    if alike:
        both = " and ".join(f'"{header}"' for header in alike)
        message = f"{both} could both be {variable.name}"
        remedy = "Say which under `columns` in the study file."
        return DataProblem(file, message, remedy, row=1)
    message = f"there is no column {variable.name}, and it is required"
    if not variable.required:
        message = f"there is no column {variable.name}, and the study file declares it"
    close = _suggest(variable.name, headers)
    map_it = "Rename the column, or map it under `columns` in the study file."
    return DataProblem(file, message, f"{close} {map_it}".strip(), row=1)


def _slips(rest: Sequence[str], absent: Sequence[str], file: str) -> list[DataProblem]:
    """Refuse a header that is nearly a known column: its content would be lost in silence."""
    problems = []
    for header in rest:
        close = difflib.get_close_matches(header.lower(), absent, n=1, cutoff=_NEAR_MISS)
        if close:
            message = f'is no column embogen knows, and is close to "{close[0]}"'
            remedy = (
                f'Did you mean "{close[0]}"? Rename it, map it under `columns`, '
                "or declare it as a variable in the study file."
            )
            problems.append(DataProblem(file, message, remedy, row=1, value=header))
    return problems


def _suggest(name: str, headers: Sequence[str]) -> str:
    folded = {_fold(header): header for header in headers}
    close = difflib.get_close_matches(_fold(name), list(folded), n=1, cutoff=0.6)
    if close:
        return f'Did you mean "{folded[close[0]]}"?'
    shown = ", ".join(headers[:12]) + (", ..." if len(headers) > 12 else "")  # noqa: PLR2004 - a line's worth
    return f"The file has: {shown}."


def _fold(header: str) -> str:
    return re.sub(r"[\s_-]+", "_", header.strip()).casefold()
