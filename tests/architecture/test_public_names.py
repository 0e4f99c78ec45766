"""The public facade: small, whole, documented, and light to import."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys

import pytest

import embogen

HEAVY = {"matplotlib", "dask", "numba", "polars", "pandas", "scipy", "pydantic", "cyclopts"}
MOST_NAMES = 20


def loaded_by(program: str) -> set[str]:
    code = f"{program}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return {name.partition(".")[0] for name in json.loads(ran.stdout.splitlines()[-1])}


def test_importing_embogen_loads_nothing_heavy() -> None:
    assert loaded_by("import embogen") & HEAVY == set()


def test_the_first_screen_loads_nothing_heavy() -> None:
    assert loaded_by("from embogen.cli import main\nmain(['--help'])") & HEAVY == set()


def test_results_and_statistics_do_without_figures() -> None:
    program = "import embogen\nfor name in embogen.__all__: getattr(embogen, name)"
    assert loaded_by(program) & {"matplotlib", "dask", "cyclopts", "rich"} == set()


def test_the_facade_is_small_and_whole() -> None:
    assert len(embogen.__all__) <= MOST_NAMES
    assert sorted(embogen.__all__) == embogen.__all__
    assert set(embogen.__all__) == set(embogen._HOME)
    assert set(embogen.__all__) <= set(dir(embogen))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'fit_coxx'"):
        embogen.fit_coxx  # noqa: B018 - reading the attribute is the test


@pytest.mark.parametrize("name", embogen.__all__)
def test_every_public_name_is_documented(name: str) -> None:
    thing = getattr(embogen, name)
    text = inspect.getdoc(thing) or ""
    assert text, f"{name} has no docstring"
    if not inspect.isfunction(thing):
        return
    for parameter in inspect.signature(thing).parameters:
        assert parameter in text, f"{name}: parameter {parameter} is not described"
    for part in ("Returns", "Examples"):
        assert part in text, f"{name}: its docstring has no {part}"
