"""Data as TOML text, for study files that embogen writes."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any, Final

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(data: dict[str, Any]) -> str:
    r"""Write a document of tables as TOML; `tomllib` reads the same data back.

    Examples
    --------
    >>> print(toml_text({"a": 1, "t": {"x": ["u", 2.0], "s": {"y": True}}, "l": [{"z": "q\n"}]}))
    a = 1
    <BLANKLINE>
    [t]
    x = ["u", 2.0]
    s = { y = true }
    <BLANKLINE>
    [[l]]
    z = "q\n"
    <BLANKLINE>
    """
    plain = {key: value for key, value in data.items() if not _is_section(value)}
    parts = [_lines(plain)] if plain else []
    for key, value in data.items():
        if isinstance(value, dict):
            parts += _table(_key(key), value, nested=True)
        elif _is_section(value):
            parts += [f"[[{_key(key)}]]\n{_lines(item)}" for item in value]
    return "\n".join(parts)


def _is_section(value: Any) -> bool:  # noqa: ANN401 - whatever TOML can hold
    tables = isinstance(value, list) and bool(value) and all(isinstance(i, dict) for i in value)
    return isinstance(value, dict) or tables


def _table(path: str, table: dict[str, Any], *, nested: bool) -> list[str]:
    """Write a table; where it holds only tables each of them has a heading of its own."""
    if nested and table and all(isinstance(value, dict) for value in table.values()):
        parts: list[str] = []
        for key, value in table.items():
            parts += _table(f"{path}.{_key(key)}", value, nested=False)
        return parts
    return [f"[{path}]\n{_lines(table)}"]


def _lines(table: dict[str, Any]) -> str:
    return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in table.items())


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _string(key)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:  # noqa: ANN401, PLR0911 - whatever TOML can hold; a return per type
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _string(value)
        case int():
            return str(value)
        case float():
            return repr(value)
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case list():
            return "[" + ", ".join(_value(item) for item in value) + "]"
        case dict() if value:
            return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }"
        case dict():
            return "{}"
        case _:
            msg = f"TOML holds no {type(value).__name__}"
            raise TypeError(msg)
