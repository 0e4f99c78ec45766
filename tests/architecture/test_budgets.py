"""Files, functions and signatures stay small; a budget is raised only with a decision record."""

from __future__ import annotations

import ast

import pytest
from source_tree import PACKAGE, Function, functions_of, place, python_files, source_files

FILE_LINES = 400
FUNCTION_LINES = 60
POSITIONAL_PARAMETERS = 6
COMMAND_LINE_LINES = 250
VAGUE = {"utils", "util", "helpers", "helper", "base", "common", "misc", "manager", "managers"}


def body_lines(function: Function) -> int:
    total = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        total -= (first.end_lineno or first.lineno) - first.lineno + 1
    return total


def positional_parameters(function: Function) -> int:
    names = [item.arg for item in (*function.args.posonlyargs, *function.args.args)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def test_files_are_short() -> None:
    long = {
        place(path, lines): lines
        for path in python_files()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > FILE_LINES
    }
    assert long == {}


def test_the_command_line_only_parses_calls_and_prints() -> None:
    lines = len((PACKAGE / "cli.py").read_text(encoding="utf-8").splitlines())
    assert lines < COMMAND_LINE_LINES


def test_functions_are_short() -> None:
    long = {
        f"{place(path, function.lineno)} {function.name}": body_lines(function)
        for path in python_files()
        for function in functions_of(path)
        if body_lines(function) > FUNCTION_LINES
    }
    assert long == {}


def test_few_parameters_are_positional() -> None:
    wide = {
        f"{place(path, function.lineno)} {function.name}": positional_parameters(function)
        for path in source_files()
        for function in functions_of(path)
        if positional_parameters(function) > POSITIONAL_PARAMETERS
    }
    assert wide == {}


def test_no_module_is_named_vaguely() -> None:
    assert [place(path, 1) for path in source_files() if path.stem in VAGUE] == []


@pytest.mark.parametrize(
    ("text", "lines", "parameters"),
    [
        ("def f(a, b, /, c, *, d): pass", 1, 3),
        ('def f(self, a):\n    """One\n    two."""\n    return a', 2, 1),
        ("async def f(\n    a,\n    *b,\n):\n    return a", 5, 1),
    ],
)
def test_the_budgets_count_right(text: str, lines: int, parameters: int) -> None:
    function = ast.parse(text).body[0]
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    assert body_lines(function) == lines
    assert positional_parameters(function) == parameters
