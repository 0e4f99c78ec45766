"""What a scan writes: whole or not at all, nothing lost, nothing that runs."""

from __future__ import annotations

import csv
import dataclasses
import errno
import hashlib
import json
import math
import os
from typing import TYPE_CHECKING

import polars as pl
import pytest
from lxml import etree, html

import example_scan as ex
from embogen import delimited
from embogen.delimited import csv_pieces, csv_text
from embogen.errors import PlanError
from embogen.report import scan_outputs
from embogen.report.scan_outputs import write_scan
from embogen.report.scan_sentences import scan_findings, scan_methods

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = {
    "results.parquet",
    "results.csv",
    "top.csv",
    "top.html",
    "top.md",
    "report.html",
    "scan.json",
    "figures",
}
CALIBRATION = pl.DataFrame(
    {
        "carriers_group": ["3 to 19"],
        "level": [0.05],
        "expected": [0.05],
        "observed": [0.04],
        "n": [1000],
    }
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("scan") / "out"
    account = ex.account(firth=ex.FIRTH, calibration={"os": CALIBRATION})
    write_scan(ex.prepared(), ex.result(), account, out)
    return out


@pytest.fixture(scope="module")
def page(folder: Path) -> etree._Element:
    return html.document_fromstring((folder / "report.html").read_text(encoding="utf-8"))


def words(element: etree._Element) -> str:
    return " ".join("".join(element.itertext()).split())


def test_every_file_is_there_and_nothing_else(folder: Path):
    assert {path.name for path in folder.iterdir()} == FILES
    kinds = ("qq", "volcano", "panel", "calibration")
    figures = {path.name for path in (folder / "figures").iterdir()}
    assert figures == {f"{kind}-os.{end}" for kind in kinds for end in ("svg", "csv")}
    assert [path.name for path in folder.parent.iterdir()] == ["out"]


def test_parquet_and_csv_hold_every_row_at_full_precision(folder: Path):
    rows = ex.result().table()
    assert pl.read_parquet(folder / "results.parquet").equals(rows)
    with (folder / "results.csv").open(encoding="utf-8", newline="") as stream:
        read = list(csv.DictReader(stream))
    assert list(read[0]) == rows.columns
    assert len(read) == rows.height
    for written, row in zip(read, rows.iter_rows(named=True), strict=True):
        for name in ("p_value", "q_value", "hr", "coef", "firth_se"):
            value = row[name]
            assert (float(written[name]) if written[name] else None) == value or (
                math.isnan(value) and not written[name]
            )
    names = [row["feature"] for row in read]
    assert "'=1+2" in names
    assert ex.LONG in names
    assert not any(name.startswith("=") for name in names)


def test_the_summary_tells_counts_hashes_and_seeds(folder: Path):
    told = json.loads((folder / "scan.json").read_text(encoding="utf-8"))
    digest = hashlib.sha256((folder / "results.parquet").read_bytes()).hexdigest()
    assert told["results_sha256"] == digest
    assert told["fingerprint"] == ex.prepared().task.fingerprint()
    assert told["provenance"]["plan_hash"] == "a" * 64
    (endpoint,) = told["endpoints"]
    assert endpoint["family_size"] == 8
    assert endpoint["n_holm"] == endpoint["n_false_discovery_rate"] == 2
    assert endpoint["options"]["seed"] == 7
    assert endpoint["status"]["too_few_carriers"] == 1
    assert endpoint["p_method"]["none"] == 1
    assert sum(endpoint["p_method"].values()) == endpoint["n_features"] == 9
    assert endpoint["inflation"][0] == {"carriers": "all", "n": 8, "lambda": None, "se": None}
    assert endpoint["excluded"] == ["2 patients: age unknown"]
    assert told["flow"][1]["left_out"] == 2
    assert told["synthetic"] == ex.SYNTHETIC


def test_nothing_is_fetched_and_nothing_runs(page: etree._Element, folder: Path):
    assert page.xpath("//script | //link | //iframe | //img | //object | //embed | //base") == []
    for element in page.iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on"), name
            if name in {"href", "src", "action", "data"}:
                assert value.startswith("#"), value
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert "\u202e" not in text
    assert "<b>" not in text


def test_ids_are_unique_and_links_lead_somewhere(page: etree._Element):
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    targets = {href[1:] for href in page.xpath("//a/@href")}
    labels = {word for value in page.xpath("//@aria-labelledby") for word in value.split()}
    assert targets | labels <= set(ids)


def test_the_page_accounts_for_patients_and_says_what_was_done(page: etree._Element):
    text = words(page.get_element_by_id("methods"))
    assert "Of 38 patients on file, 35 were analyzed" in text
    assert "adjusted for age, with risk sets within strata of site" in text
    assert "With fewer than 20 carriers" in text
    assert "The seed of the draws was 7." in text
    flow = words(page.get_element_by_id("patients"))
    assert "consent withdrawn" in flow
    assert "P-021" not in flow  # counts, not patients
    results = words(page.get_element_by_id("results"))
    assert "left out of this scan: 2 patients: age unknown" in results
    assert len(page.xpath("//figure[@class='drawing']")) == 4
    assert "Calibration on permuted outcomes" in results


def test_calibration_is_shown_only_where_it_was_run(tmp_path: Path):
    write_scan(ex.prepared(), ex.result(), ex.account(), tmp_path / "out")
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Calibration" not in text
    assert not list((tmp_path / "out" / "figures").glob("calibration*"))


def test_the_notice_stands_in_all_that_can_be_shown_and_only_if_due(folder: Path, tmp_path: Path):
    shown = [*folder.glob("*.html"), folder / "top.md", *folder.glob("figures/*.svg")]
    assert len(shown) == 7
    assert all("SYNTHETIC cohort of a test." in path.read_text(encoding="utf-8") for path in shown)
    write_scan(ex.prepared(), ex.result(), ex.account(synthetic=None), tmp_path / "out")
    for path in (tmp_path / "out").rglob("*.*"):
        assert b"SYNTHETIC" not in path.read_bytes(), path


def test_caveats_of_data_and_scan_are_read_with_the_results(tmp_path: Path):
    p_values = [(v[0], *v[1:3], v[3] ** 3, *v[4:]) for v in ex.even(300)]
    inflated = ex.endpoint(p_values)
    assert [one.code for one in inflated.caveats] == ["scan_inflation"] * 2
    write_scan(ex.prepared(), ex.result(inflated), ex.account(), tmp_path / "out")
    tree = html.document_fromstring((tmp_path / "out/report.html").read_text(encoding="utf-8"))
    boxes = [words(box) for box in tree.xpath("//aside")]
    assert "age has missing values" in boxes[0]
    assert "do not lie as they would without effects" in boxes[1]


def test_an_empty_scan_is_written_whole(tmp_path: Path):
    nothing = ex.ROWS[7:8]
    scan, found = ex.prepared(rows=nothing), ex.result(ex.endpoint(nothing))
    write_scan(scan, found, ex.account(), tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "0 of 1 features were tested (1 not: too few carriers)." in text


def test_several_endpoints_share_files_and_have_their_own_figures(tmp_path: Path):
    names = ("os", "OS")
    found = ex.result(ex.endpoint(), ex.endpoint(name="OS"))
    write_scan(ex.prepared(names), found, ex.account(), tmp_path / "out")
    rows = pl.read_parquet(tmp_path / "out" / "results.parquet")
    assert rows["endpoint"].unique(maintain_order=True).to_list() == ["os", "OS"]
    figures = [path.name.lower() for path in (tmp_path / "out" / "figures").iterdir()]
    assert len(set(figures)) == 12  # told apart where capitals are not, too


def test_a_scan_replaces_a_scan_and_nothing_else(tmp_path: Path):
    out = tmp_path / "out"
    write_scan(ex.prepared(), ex.result(), ex.account(), out)
    (out / "old").touch()
    write_scan(ex.prepared(), ex.result(), ex.account(), out)
    assert not (out / "old").exists()
    study = tmp_path / "study"
    study.mkdir()
    (study / "provenance.json").write_text("{}", encoding="utf-8")
    with pytest.raises(PlanError, match="not results of embogen"):
        write_scan(ex.prepared(), ex.result(), ex.account(), study)
    assert (study / "provenance.json").exists()


def test_a_stop_midway_leaves_the_earlier_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    out = tmp_path / "out"
    write_scan(ex.prepared(), ex.result(), ex.account(), out)
    before = (out / "scan.json").read_bytes()

    def stop(*_args: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(scan_outputs, "render_scan", stop)
    with pytest.raises(KeyboardInterrupt):
        write_scan(ex.prepared(), ex.result(), ex.account(), out)
    assert (out / "scan.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_all_rows_are_written_piece_by_piece(folder: Path):
    table = ex.result().table()
    whole = csv_text(table.columns, table.iter_rows())
    assert (folder / "results.csv").read_bytes() == whole.encode()
    many = [*table.iter_rows()] * (3 * delimited.ROWS_AT_ONCE // table.height)
    pieces = list(csv_pieces(table.columns, iter(many)))
    assert max(piece.count("\n") for piece in pieces) <= delimited.ROWS_AT_ONCE + 1
    assert "".join(pieces) == csv_text(table.columns, many)
    assert len(pieces) >= 3


def test_a_disk_that_fills_up_midway_leaves_the_earlier_scan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    out = tmp_path / "out"
    write_scan(ex.prepared(), ex.result(), ex.account(), out)
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}

    def full(header: list[str], rows: object) -> Iterator[str]:
        yield from list(csv_pieces(header, rows))[:1]
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(scan_outputs, "csv_pieces", full)
    with pytest.raises(PlanError, match="No space left"):
        write_scan(ex.prepared(), ex.result(), ex.account(), out)
    assert {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_findings_count_what_is_significant():
    first, second, third, *_ = scan_findings(ex.endpoint(), {})
    assert first == "8 of 9 features were tested (1 not: too few carriers)."
    assert second.startswith("2 features are at a false discovery rate of at most 5%, 2 with")
    assert third.replace("\u00a0", " ").endswith(
        "DAXX (p = 1.0\u00d710\u207b\u2078; q = 8.0\u00d710\u207b\u2078)."
    )
    one = scan_findings(ex.endpoint(ex.ROWS[:1]), {})[1]
    assert one.startswith("1 feature is at")
    none = scan_findings(ex.endpoint(ex.even(30)), {})[1]
    assert none.startswith("No feature is at a false discovery rate of at most 5%, none with")


def test_methods_follow_the_options():
    scan, result = ex.prepared(), ex.result()
    (problem,) = scan.task.problems
    other = dataclasses.replace(
        problem, options=dataclasses.replace(problem.options, exact_below=0, estimates_below=0.01)
    )
    task = dataclasses.replace(scan.task, problems=(other,))
    told = dict(scan_methods(dataclasses.replace(scan, task=task), result, ex.account()))
    assert "With fewer than" not in told["P-values"]
    assert "The tail of the linear score, enlarged by what the covariates take" in told["P-values"]
    assert "for features with a p-value of at most 0.01" in told["Hazard ratios"]
    assert "relabelings" not in told["Several features"]
    relabelled = ex.result(ex.endpoint(relabelings=50_000))
    told = dict(scan_methods(scan, relabelled, ex.account()))
    assert "with 50,000 relabelings of patients" in told["Several features"]
    assert told["Features"].startswith("9 features were read from \u201ca.parquet\u201d.")
