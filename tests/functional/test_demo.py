"""The model study end to end: the published table comes out of the tables, digit for digit."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from embogen import read_study, run
from embogen.cli import main
from embogen.report.results_directory import read_results
from embogen.study.json_codec import _converter, to_json


@pytest.fixture(scope="module")
def results_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "study"
    assert main(["demo", str(folder), "--json"]) == 0
    return folder / "results"


def rows(results_folder: Path) -> list[dict[str, str]]:
    with (results_folder / "results.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def printed_figures() -> list[tuple[str, str, str]]:
    """(analysis, term, statistic, printed) of the six Cox rows, straight from the shipped file."""
    text = resources.files("embogen.study").joinpath("demo_data/published.json").read_text("utf-8")
    targets = json.loads(text)
    blocks = [("table1", row) for row in targets["univariable"]]
    blocks += [("table1_adjusted", row) for row in targets["multivariable"]["printed"]]
    return [
        (analysis, row["term"], name, row[key])
        for analysis, row in blocks
        for name, key in (
            ("hr", "hr"),
            ("ci_low", "ci_low"),
            ("ci_high", "ci_high"),
            ("p_value", "p_value"),
        )
    ]


def as_printed(value: float, printed: str) -> str:
    """Round to the decimals of the printed string, by an own route."""
    decimals = len(printed.split(".")[1]) if "." in printed else 0
    return f"{value:.{decimals}f}"


@pytest.mark.parametrize(("analysis", "term", "statistic", "printed"), printed_figures())
def test_cox_figure_is_reproduced(results_folder, analysis, term, statistic, printed):
    found = [
        float(row["value"])
        for row in rows(results_folder)
        if (row["analysis"], row["term"], row["statistic"]) == (analysis, term, statistic)
        and (statistic != "p_value" or row["method"] == "wald")
    ]
    assert len(found) == 1
    assert as_printed(found[0], printed) == printed


def test_every_printed_figure_is_recomputed_and_agrees(results_folder):
    comparison = read_results(results_folder).comparison
    assert comparison is not None
    assert len(comparison.figures) >= 24 + 20
    disagree = [figure for figure in comparison.figures if not figure.agrees]
    assert disagree == []
    assert all(figure.recomputed is not None for figure in comparison.figures)


def test_the_recomputed_figures_follow_the_tables(demo_study):
    """Move one carrier's status: printed and recomputed must part."""
    maf = demo_study / "mutations.maf"
    lines = maf.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("DAXX\t")]
    daxx = [line for line in lines if line.startswith("DAXX\t")]
    maf.write_text("\n".join(kept + daxx[:-2]) + "\n", encoding="utf-8")
    comparison = run(read_study(demo_study)).comparison
    assert comparison is not None
    assert comparison.n_agreeing < len(comparison.figures)


def test_results_directory_is_as_designed(results_folder):
    names = {path.name for path in results_folder.iterdir()}
    assert names == {
        "results.json",
        "results.csv",
        "report.html",
        "provenance.json",
        "tables",
        "figures",
    }
    svgs = sorted((results_folder / "figures").glob("*.svg"))
    assert svgs
    for svg in svgs:
        assert svg.with_suffix(".csv").is_file()
        assert "<text" in svg.read_text(encoding="utf-8")
    provenance = json.loads((results_folder / "provenance.json").read_text(encoding="utf-8"))
    assert len(provenance["plan_hash"]) == 64
    assert {item["path"] for item in provenance["inputs"]} >= {"patients.csv", "mutations.maf"}


def test_results_json_round_trip(results_folder):
    text = (results_folder / "results.json").read_text(encoding="utf-8").rstrip("\n")
    assert to_json(read_results(results_folder)) == text


def test_synthetic_is_said_everywhere(results_folder):
    study = results_folder.parent
    for path in [*study.glob("*.csv"), *study.glob("*.maf"), *study.glob("panels/*")]:
        assert "SYNTHETIC" in path.read_text(encoding="utf-8"), path.name
    assert "SYNTHETIC" in (results_folder / "report.html").read_text(encoding="utf-8")
    for svg in (results_folder / "figures").glob("*.svg"):
        assert "SYNTHETIC" in svg.read_text(encoding="utf-8"), svg.name


def test_report_opens_offline(results_folder):
    html = (results_folder / "report.html").read_text(encoding="utf-8")
    loaded = re.findall(r"""(?:src|href)\s*=\s*["']?([^"'\s>]+)""", html)
    assert all(target.startswith(("#", "data:")) for target in loaded), loaded
    assert "@import" not in html
    assert not re.search(r"url\((?!['\"]?(#|data:))", html)


def test_no_path_of_the_machine_reaches_the_results(results_folder):
    needle = str(results_folder.parent.parent)
    for path in results_folder.rglob("*"):
        if path.is_file():
            assert needle not in path.read_text(encoding="utf-8"), path.name


def test_run_twice_gives_the_same_numbers(results_folder, demo_study):
    again = run(read_study(demo_study))
    first = read_results(results_folder)
    for one, two in zip(first.analyses, again.analyses, strict=True):
        assert to_json_of(one) == to_json_of(two)


def to_json_of(analysis: object) -> str:
    return json.dumps(_converter().unstructure(analysis), sort_keys=True)


def test_order_of_rows_does_not_matter(results_folder, demo_study):
    rng = np.random.default_rng(20261123)
    for path in [*demo_study.glob("*.csv"), demo_study / "mutations.maf"]:
        lines = path.read_text(encoding="utf-8").splitlines()
        top = next(i for i, line in enumerate(lines) if not line.startswith("#"))
        body = lines[top + 1 :]
        shuffled = [body[i] for i in rng.permutation(len(body))]
        path.write_text("\n".join([*lines[: top + 1], *shuffled]) + "\n", encoding="utf-8")
    again = run(read_study(demo_study))
    first = read_results(results_folder)
    for name in ("table1", "table1_adjusted", "table1_from_biopsy"):
        fits = [
            getattr(item.analysis(name).result, "fits", [item.analysis(name).result])
            for item in (first, again)
        ]
        for one, two in zip(*fits, strict=True):
            assert one.coef == pytest.approx(two.coef, rel=1e-9)


def test_a_run_in_a_pipe_is_quiet(demo_study):
    done = subprocess.run(
        [sys.executable, "-m", "embogen", "run", str(demo_study)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert "\x1b" not in done.stdout


def test_flow_accounts_for_every_patient(results_folder):
    for step in read_results(results_folder).flow.steps:
        assert step.n_before - len(step.excluded) == step.n_after
        assert all(item.reason for item in step.excluded)
