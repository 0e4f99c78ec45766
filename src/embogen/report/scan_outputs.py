"""What `embogen scan` writes: all rows, the top of them, figures with their numbers, the page."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

from embogen.delimited import csv_pieces
from embogen.figures.of_scan import scan_figures
from embogen.figures.p_axis import LEVEL as ALPHA
from embogen.report.outputs import fresh_name, write_figure, write_pieces, write_table, write_text
from embogen.report.results_directory import write_whole
from embogen.report.scan_page import render_scan, scan_title
from embogen.tables.scan import top_rows

if TYPE_CHECKING:
    from pathlib import Path

    from embogen.caveats import Caveat
    from embogen.figures.of_analysis import FinishedFigure
    from embogen.report.scan_account import ScanAccount
    from embogen.scan.result import EndpointScan, ScanResult
    from embogen.study.scanning import PreparedScan

SCAN_MARK: Final = "scan.json"
"""Tells that a directory holds a scan, and may be replaced by the next one."""
SCAN_SCHEMA: Final = 1


def write_scan(
    scan: PreparedScan, result: ScanResult, account: ScanAccount, directory: Path
) -> None:
    """Write everything a scan gives into a directory of its own.

    Parameters
    ----------
    scan
        What was asked.
    result
        What was found.
    account
        Where it came from, and what was computed for the top features only.
    directory
        Where; an earlier scan there is replaced when all is written.

    Raises
    ------
    PlanError
        When the directory holds something else, or cannot be written.
    """
    write_whole(directory, lambda fresh: _write_all(scan, result, account, fresh), SCAN_MARK)


def _write_all(
    scan: PreparedScan, result: ScanResult, account: ScanAccount, directory: Path
) -> None:
    notice = account.study.plan.study.synthetic
    rows = result.table()
    rows.write_parquet(directory / "results.parquet")
    write_pieces(directory / "results.csv", csv_pieces(rows.columns, rows.iter_rows()))
    top = top_rows(
        result.endpoints,
        name="top",
        title=f"{scan_title(scan, account)}: features of the smallest p-values",
        count=scan.spec.top,
        labels=scan.feature_labels,
        endpoints=scan.labels,
        firth=account.firth,
    )
    write_table(directory, top, notice)
    folder = directory / "figures"
    folder.mkdir()
    figures: dict[str, dict[str, FinishedFigure]] = {}
    used: set[str] = set()
    for one in result.endpoints:
        figures[one.name] = scan_figures(
            one,
            title=scan.labels[one.name],
            labels=scan.feature_labels,
            notice=notice,
            calibration=account.calibration.get(one.name),
        )
        for figure in figures[one.name].values():
            write_figure(folder, replace(figure, name=fresh_name(figure.name, used)))
    write_text(directory / "report.html", render_scan(scan, result, account, figures))
    told = scan_summary(scan, result, account)
    digest = hashlib.sha256((directory / "results.parquet").read_bytes()).hexdigest()
    told["results_sha256"] = digest
    text = json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False)
    write_text(directory / SCAN_MARK, text + "\n")


def scan_summary(scan: PreparedScan, result: ScanResult, account: ScanAccount) -> dict[str, Any]:
    """Give counts, lambda, caveats, versions, hashes and seeds as plain data for JSON."""
    study = account.study.plan.study
    return {
        "schema": SCAN_SCHEMA,
        "study": study.id,
        "scan": scan.spec.id,
        "title": scan_title(scan, account),
        "synthetic": study.synthetic,
        "exploratory": scan.spec.exploratory,
        "fingerprint": scan.task.fingerprint(),
        "provenance": asdict(account.provenance),
        "flow": [
            {
                "label": step.label,
                "n_before": step.n_before,
                "n_after": step.n_after,
                "left_out": len(step.excluded),
            }
            for step in scan.flow.steps
        ],
        "caveats": _caveats(scan.caveats),
        "endpoints": [_endpoint(one, scan) for one in result.endpoints],
    }


def _endpoint(one: EndpointScan, scan: PreparedScan) -> dict[str, Any]:
    (problem,) = (item for item in scan.task.problems if item.name == one.name)
    return {
        "name": one.name,
        "label": scan.labels[one.name],
        "n": one.n,
        "n_events": one.n_events,
        "delayed_entry": problem.surv.entry is not None,
        "covariates": list(one.covariates),
        "stratified": one.stratified,
        "options": asdict(problem.options),
        "excluded": list(scan.excluded.get(one.name, ())),
        "n_features": one.table.height,
        "family_size": one.family_size,
        "n_permutations": one.n_permutations,
        "n_holm": int((one.table["p_holm"] <= ALPHA).sum()),
        "n_false_discovery_rate": int((one.table["q_value"] <= ALPHA).sum()),
        "status": dict(sorted(one.table["status"].value_counts().iter_rows())),
        "p_method": dict(sorted(one.table["p_method"].value_counts().iter_rows())),
        "inflation": [
            {"carriers": item.label, "n": item.n, "lambda": item.value, "se": item.se}
            for item in one.inflation
        ],
        "caveats": _caveats(one.caveats),
    }


def _caveats(caveats: tuple[Caveat, ...]) -> list[dict[str, Any]]:
    return [
        {
            "code": item.code,
            "message": item.message,
            "evidence": dict(item.evidence),
            "subject": item.subject,
        }
        for item in caveats
    ]
