"""Habits no linter checks: who prints, where randomness comes from, what may be swallowed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from source_tree import PACKAGE, place, python_files, source_files, tree_of

PRINTERS = {PACKAGE / "cli.py", PACKAGE / "terminal.py"}
GENERATORS = {"Generator", "SeedSequence", "BitGenerator", "PCG64", "PCG64DXSM", "Philox"}
NOQA = re.compile(r"#\s*noqa(?P<codes>:\s*[A-Z]+[0-9]+(?:,\s*[A-Z]+[0-9]+)*)?(?P<reason>.*)")


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def printing(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and dotted(node.func) in {"print", "warnings.warn"}:
            yield node.lineno
        if isinstance(node, ast.Attribute) and dotted(node) in {"sys.stdout", "sys.stderr"}:
            yield node.lineno


def unseeded(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and any(name.name == "random" for name in node.names):
            yield node.lineno
        if isinstance(node, ast.ImportFrom) and node.module == "random":
            yield node.lineno
        if not isinstance(node, ast.Call):
            continue
        name = dotted(node.func)
        if name.endswith("default_rng"):
            seed = [*node.args, *(item.value for item in node.keywords)]
            if not seed or (isinstance(seed[0], ast.Constant) and seed[0].value is None):
                yield node.lineno
        elif name.startswith(("np.random.", "numpy.random.")) and (
            name.rpartition(".")[2] not in GENERATORS
        ):
            yield node.lineno


def found(paths: list[Path], search: object) -> list[str]:
    assert callable(search)
    return [place(path, line) for path in paths for line in search(tree_of(path))]


def test_only_the_command_line_prints() -> None:
    assert found([path for path in source_files() if path not in PRINTERS], printing) == []


def test_random_numbers_come_from_a_seeded_generator() -> None:
    assert found(python_files(), unseeded) == []


def test_every_exemption_from_a_rule_says_why() -> None:
    bare = [
        place(path, number)
        for path in python_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (match := NOQA.search(line))
        and (not match["codes"] or not re.search(r"\w{3}", match["reason"]))
        and "re.compile" not in line
    ]
    assert bare == []


@pytest.mark.parametrize(
    ("text", "search", "lines"),
    [
        ("print(1)", printing, [1]),
        ("import sys\nsys.stderr.write('x')", printing, [2]),
        ("fingerprint(1)", printing, []),
        ("np.random.seed(1)", unseeded, [1]),
        ("rng = np.random.default_rng()", unseeded, [1]),
        ("rng = np.random.default_rng(None)", unseeded, [1]),
        ("rng = np.random.default_rng(7)", unseeded, []),
        ("rng = np.random.Generator(np.random.PCG64(7))", unseeded, []),
        ("import random", unseeded, [1]),
    ],
)
def test_the_searches_find_what_they_look_for(text: str, search: object, lines: list[int]) -> None:
    assert callable(search)
    assert list(search(ast.parse(text))) == lines
