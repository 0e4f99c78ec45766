"""The documentation names everything a user can meet, and nothing that is gone."""

from __future__ import annotations

import re
import tomllib
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel
from write_reference import PAGES

from embogen.caveats import CAVEAT_CODES
from embogen.cli import COMMANDS
from embogen.study.analyses import KINDS
from embogen.study.plan import StudyPlan

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PROSE = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
SOURCES = sorted((ROOT / "src" / "embogen").rglob("*.py"))


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def quoted(text: str) -> set[str]:
    """Return every word that stands in backticks, alone or inside code."""
    spans = re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL)
    return set(re.findall(r"[\w-]+", " ".join(spans)))


def models_of(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in typing.get_args(annotation):
        yield from models_of(part)


def plan_keys(model: type[BaseModel] = StudyPlan, place: str = "") -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        key = field.alias or name
        yield f"{place}{key}", key
        for inner in models_of(field.annotation):
            yield from plan_keys(inner, f"{place}{key}.")


def choices(annotation: object) -> Iterator[str]:
    if typing.get_origin(annotation) is typing.Literal:
        yield from (value for value in typing.get_args(annotation) if isinstance(value, str))
    else:
        for part in typing.get_args(annotation):
            yield from choices(part)


def plan_choices(model: type[BaseModel] = StudyPlan) -> Iterator[str]:
    for field in model.model_fields.values():
        yield from choices(field.annotation)
        for inner in models_of(field.annotation):
            yield from plan_choices(inner)


@pytest.mark.parametrize("name", PAGES)
def test_a_written_page_is_as_the_code_says(name: str) -> None:
    assert read(name) == PAGES[name](), "run python docs/write_reference.py"


def test_every_command_is_on_the_command_line_page() -> None:
    sections = re.findall(r"^## `embogen (\w+)`$", read("cli.md"), re.MULTILINE)
    assert sections == list(COMMANDS)


def test_every_caveat_is_explained_with_its_meaning_and_a_remedy() -> None:
    sections = dict(
        re.findall(
            r"^### `(\w+)`\n\n(.*?)(?=\n##|\Z)", read("caveats.md"), re.MULTILINE | re.DOTALL
        )
    )
    assert set(sections) == set(CAVEAT_CODES)
    for code, section in sections.items():
        meaning, _, remedy = section.partition("\n\n")
        assert meaning == CAVEAT_CODES[code]
        assert len(remedy.split()) > 3, f"{code}: what should the reader do?"


def test_every_caveat_can_occur() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES if path.stem != "caveats")
    assert [code for code in CAVEAT_CODES if f'"{code}"' not in text] == []


def test_every_plan_key_is_documented() -> None:
    named = quoted(read("study-file.md"))
    keys = list(plan_keys())
    assert ("analysis.ties", "ties") in keys
    assert ("endpoint.event_codes", "event_codes") in keys
    assert [place for place, key in keys if key not in named] == []


def test_every_choice_of_a_plan_key_is_documented() -> None:
    named = quoted(read("study-file.md"))
    offered = set(plan_choices())
    assert {"efron", "specimen_date", "homozygous_deletion"} <= offered
    assert offered - named == set()


def test_every_analysis_kind_is_documented() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", read("study-file.md"), re.MULTILINE)
    assert set(KINDS) <= set(rows)
    for name, kind in KINDS.items():
        (row,) = re.findall(rf"^\| `{name}` \|.*$", read("study-file.md"), re.MULTILINE)
        takes = row.split("|")[2]
        assert quoted(takes) == kind.takes, f"{name} takes {sorted(kind.takes)}"


@pytest.mark.parametrize("page", PROSE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    local = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("folder", [DOCS, DOCS / "decisions"], ids=["docs", "decisions"])
def test_every_page_is_in_the_index_of_its_folder(folder: Path) -> None:
    index = (folder / "README.md").read_text(encoding="utf-8")
    pages = {path.name for path in folder.glob("*.md")} - {"README.md"}
    assert {name for name in pages if f"({name})" not in index} == set()


def test_every_module_has_its_place_in_the_architecture() -> None:
    table = read("architecture.md").partition("## Modules")[2].partition("\n## ")[0]
    package = ROOT / "src" / "embogen"
    modules = {path.stem for path in package.glob("*.py") if not path.stem.startswith("__")}
    modules |= {path.parent.name for path in package.glob("*/__init__.py")}
    assert modules - quoted(table) == set()


def test_the_smallest_study_file_of_the_page_is_a_plan() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", read("study-file.md"), re.DOTALL)
    assert blocks
    plan = StudyPlan.model_validate(tomllib.loads(blocks[0]))
    assert plan.analysis


@pytest.mark.parametrize(
    "file",
    sorted((ROOT / "examples").rglob("*.toml")),
    ids=lambda path: path.relative_to(ROOT / "examples").as_posix(),
)
def test_every_example_is_a_plan(file: Path) -> None:
    plan = StudyPlan.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    assert {item.kind for item in plan.analysis} <= set(KINDS)
