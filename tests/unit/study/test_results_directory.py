"""Results are put in place whole or not at all."""

from __future__ import annotations

import pytest

from embogen.errors import DataError, PlanError
from embogen.report import results_directory
from embogen.report.results_directory import (
    read_results,
    ready_to_write,
    write_results_directory,
)
from embogen.study.json_codec import from_json


class Stopped(BaseException):
    """Stands for a kill in the middle of writing."""


@pytest.fixture
def writer(monkeypatch):
    """Write a small directory of a given content instead of a report."""

    def make(content: str, *, stop: bool = False):
        def write_all(_results, directory):
            (directory / "report.html").write_text(content, encoding="utf-8")
            if stop:
                raise Stopped
            (directory / "provenance.json").write_text("{}", encoding="utf-8")

        monkeypatch.setattr(results_directory, "_write_all", write_all)

    return make


def test_new_results_replace_old_ones_whole(tmp_path, writer):
    out = tmp_path / "results"
    for content in ("old", "new"):
        writer(content)
        write_results_directory(None, out)
    assert (out / "report.html").read_text(encoding="utf-8") == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_a_stop_midway_leaves_the_old_results(tmp_path, writer):
    out = tmp_path / "results"
    writer("old")
    write_results_directory(None, out)
    writer("new", stop=True)
    with pytest.raises(Stopped):
        write_results_directory(None, out)
    assert (out / "report.html").read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_a_full_disk_is_a_plan_error_and_leaves_the_old_results(tmp_path, writer, monkeypatch):
    out = tmp_path / "results"
    writer("old")
    write_results_directory(None, out)

    def full(_results, _directory):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(results_directory, "_write_all", full)
    with pytest.raises(PlanError, match="No space left"):
        write_results_directory(None, out)
    assert (out / "report.html").read_text(encoding="utf-8") == "old"


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "results").write_text("mine", encoding="utf-8")
    with pytest.raises(PlanError, match="is a file"):
        ready_to_write(tmp_path / "results")


def test_a_folder_of_other_things_is_refused(tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "a.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(PlanError, match="not results"):
        ready_to_write(tmp_path / "results")


def test_no_results_json_is_named(tmp_path):
    with pytest.raises(DataError, match=r"results\.json"):
        read_results(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 1}', "null"])
def test_json_that_is_no_result_is_refused(text):
    with pytest.raises(DataError, match="not a results file"):
        from_json(text)
