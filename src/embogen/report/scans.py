"""Scans of a study, from the plan to the folders of their results."""

from __future__ import annotations

import datetime as dt
import shutil
import time
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from embogen.report.results_directory import ready_to_write
from embogen.report.scan_account import ScanAccount
from embogen.report.scan_outputs import SCAN_MARK, write_scan
from embogen.scan.calibration import calibrate
from embogen.scan.engine import scan
from embogen.scan.top_intervals import firth_intervals
from embogen.study.provenance import Provenance, input_files, platform_name, versions
from embogen.study.scanning import prepare_scans
from embogen.study.sources import input_names

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from embogen.scan.result import ScanResult
    from embogen.scan.work import Backend
    from embogen.study.parse import Study
    from embogen.study.scanning import PreparedScan

CARRIERS: Final = (3, 5, 10, 20, 50)
"""Numbers of carriers at which p-values are held against random carriers."""
UNFINISHED: Final = ".unfinished"
"""Folder, beside the results, of the blocks of scans that are under way."""


def run_scans(
    study: Study,
    directory: Path,
    *,
    only: str | None = None,
    backend: Backend | None = None,
    memory_mb: float = 500.0,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Run the scans of a plan and write a folder for each.

    Parameters
    ----------
    study
        The study.
    directory
        Holds a folder for each scan, and the blocks of unfinished ones.
    only
        Id of one scan; all of them when not given.
    backend, memory_mb
        As in `embogen.scan.engine.scan`.
    progress
        Called with what is being done.

    Returns
    -------
    dict
        What a reader should know first, for each scan.

    Raises
    ------
    DataError, PlanError, EstimationError
        As `embogen.study.scanning.prepare_scans` and `embogen.scan.engine.scan`.
    """
    say = progress or (lambda _stage: None)
    started = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    say("reading the data")
    begun = time.perf_counter()
    scans = prepare_scans(study, only)
    timings = {"read and assemble": round(time.perf_counter() - begun, 4)}
    for prepared in scans:
        ready_to_write(directory / prepared.spec.id, SCAN_MARK)
    summary: dict[str, Any] = {}
    for prepared in scans:
        name = prepared.spec.id
        begun = time.perf_counter()

        def count(done: int, whole: int, name: str = name) -> None:
            say(f"scan {name}: {done:,} of {whole:,} features")

        unfinished = directory / UNFINISHED / name
        result = scan(
            prepared.task.problems,
            prepared.task.source,
            backend=backend,
            checkpoint=unfinished,
            memory_mb=memory_mb,
            permutations=prepared.spec.permutations,
            progress=count,
        )
        timings[f"scan {name}"] = round(time.perf_counter() - begun, 4)
        say(f"scan {name}: writing")
        provenance = Provenance(
            plan_hash=study.plan_hash,
            inputs=input_files(input_names(study.plan), study.folder),
            versions=versions(),
            platform=platform_name(),
            seed=study.plan.study.seed,
            started=started,
            timings=timings,
        )
        account = ScanAccount(
            study, provenance, _intervals(prepared, result), _calibrations(prepared)
        )
        write_scan(prepared, result, account, directory / name)
        shutil.rmtree(unfinished, ignore_errors=True)
        summary[name] = _lines(prepared, result)
    if (directory / UNFINISHED).is_dir() and not any((directory / UNFINISHED).iterdir()):
        (directory / UNFINISHED).rmdir()
    return summary


def _intervals(
    prepared: PreparedScan, result: ScanResult
) -> dict[str, dict[str, tuple[float, float]]]:
    """Give Firth's intervals of the features that the table of the smallest p-values shows."""
    found = {}
    for problem, one in zip(prepared.task.problems, result.endpoints, strict=True):
        shown = one.top(prepared.spec.top).filter(pl.col("firth_hr").is_not_null())
        found[one.name] = firth_intervals(problem, prepared.task.source, shown["feature"].to_list())
    return found


def _calibrations(prepared: PreparedScan) -> dict[str, pl.DataFrame]:
    """Hold the scan's p-values against random carriers, where the plan asks for it."""
    sets = prepared.spec.calibration
    if not sets:
        return {}
    found = {}
    for problem in prepared.task.problems:
        rng = np.random.default_rng(np.random.SeedSequence([problem.options.seed, 2]))
        least = problem.options.min_carriers
        carriers = [k for k in CARRIERS if least <= k <= problem.surv.n - least]
        table = calibrate(problem, carriers, sets=sets, rng=rng)
        found[problem.name] = table.with_columns(
            pl.col("carriers").cast(pl.String).alias("carriers_group"),
            pl.col("level").alias("expected"),
        )
    return found


def _lines(prepared: PreparedScan, result: ScanResult) -> list[str]:
    """Say what was tested and what stands out."""
    lines = []
    for one in result.endpoints:
        label = prepared.labels[one.name]
        whole = one.inflation[0]
        spread = "" if whole.value is None else f", lambda {whole.value:.2f}"
        lines.append(
            f"{label}: {one.family_size:,} of {one.table.height:,} features tested in {one.n:,} "
            f"patients, {one.n_events:,} events{spread}"
        )
        lines += [
            f"{row['feature']}: p = {row['p_value']:.2g}, Holm {row['p_holm']:.2g}"
            for row in one.top(3).iter_rows(named=True)
        ]
        lines += [item.message for item in one.caveats]
    return lines
