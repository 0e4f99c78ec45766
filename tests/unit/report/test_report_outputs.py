"""What is written: every table and figure, under names that cannot leave the directory."""

import csv
import dataclasses
from pathlib import Path

import pytest
from lxml import etree

import example_results as ex
from embogen.report.outputs import write_outputs


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("results")
    write_outputs(ex.study_results(), directory)
    return directory


def test_everything_is_there(written: Path):
    tables = {path.name for path in (written / "tables").iterdir()}
    names = ["baseline", "genes", "table1", "adjusted", "adjusted-beside-univariable", "km"]
    names += ["comparison", "flow", "exclusions", "rules-hpfs", "variables"]
    assert tables == {f"{name}.{kind}" for name in names for kind in ("csv", "html", "md")}
    figures = {path.name for path in (written / "figures").iterdir()}
    assert figures == {
        f"{name}.{kind}" for name in ("table1", "adjusted", "km", "onco") for kind in ("svg", "csv")
    }
    assert (written / "report.html").stat().st_size > 50_000


def test_files_read_back(written: Path):
    for path in (written / "figures").glob("*.svg"):
        etree.parse(path)
    for path in written.rglob("*.csv"):
        encoding = "utf-8-sig" if path.parent.name == "tables" else "utf-8"
        with path.open(encoding=encoding, newline="") as file:
            rows = list(csv.reader(file, strict=True))
        assert len({len(row) for row in rows}) == 1
        assert len(rows) > 1


def test_tables_carry_the_notice(written: Path):
    for pattern in ("*.md", "*.html"):
        for path in (written / "tables").glob(pattern):
            assert "SYNTHETIC data: one of many" in path.read_text(encoding="utf-8"), path


def test_hostile_ids_stay_inside_and_do_not_collide(tmp_path: Path):
    results = ex.study_results()
    bad = tuple(
        dataclasses.replace(item, id=name)
        for item, name in zip(
            results.analyses, ["../../x", "a/b", "a\\b", "A-B", "..", "/etc/x", ""], strict=True
        )
    )
    inside = tmp_path / "in"
    inside.mkdir()
    write_outputs(dataclasses.replace(results, analyses=bad), inside)
    assert {path.name for path in tmp_path.iterdir()} == {"in"}
    assert {path.name for path in inside.iterdir()} == {"tables", "figures", "report.html"}
    names = [path.stem.lower() for path in (inside / "tables").glob("*.csv")]
    assert {"x", "a-b", "a-b-2", "a-b-3"} <= set(names)


def test_the_same_bytes_every_time(written: Path, tmp_path: Path):
    write_outputs(ex.study_results(), tmp_path)
    for path in written.rglob("*"):
        if path.is_file():
            assert (tmp_path / path.relative_to(written)).read_bytes() == path.read_bytes()
