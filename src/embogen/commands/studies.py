"""Commands that make, check and run a study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from embogen.commands.exit_codes import FAILED, OK
from embogen.terminal import progress, say

if TYPE_CHECKING:
    from embogen.study.results import StudyResults


def demo(folder: Path = Path("embogen-demo"), *, json: bool = False) -> int:
    """Write the SYNTHETIC model study to a folder and run it.

    Parameters
    ----------
    folder
        Where to write it; the study in it can be edited and run again.
    json
        Print a summary as JSON.
    """
    from embogen.study.demo import write_demo

    write_demo(folder)
    return run(folder, json=json)


def init(folder: Path, *, excel: bool = False, redcap: bool = False, json: bool = False) -> int:
    """Make a folder with a study file and empty tables to fill in.

    Parameters
    ----------
    folder
        The folder to make; it must not exist, or be empty.
    excel
        Make one Excel workbook with drop-downs and notes, in place of CSV tables.
    redcap
        Make a REDCap data dictionary, in place of CSV tables.
    json
        Print the files written as JSON.
    """
    from embogen.errors import PlanError, PlanProblem
    from embogen.study.blank import write_blank

    if excel and redcap:
        message = "--excel and --redcap are two ways to enter the same tables"
        raise PlanError([PlanProblem("command", message, "Give one of them.")])
    files = write_blank(folder, form="excel" if excel else "redcap" if redcap else "csv")
    say({"folder": str(folder), "files": files}, json=json)
    return OK


def check(study: Path, *, trace: Path | None = None, json: bool = False) -> int:
    """Check a study file and its data; compute nothing.

    Parameters
    ----------
    study
        The study file, or the folder that holds study.toml.
    trace
        Write to this CSV file which rows led to each patient's date and status. It names patients.
    json
        Print the findings as JSON.
    """
    from embogen.study.assemble import assemble
    from embogen.study.parse import read_study
    from embogen.study.summary import describe_findings, describe_set
    from embogen.study.trace import write_trace

    parsed = read_study(study)
    with progress(quiet=json) as stage:
        stage("reading the data")
        assembled = assemble(parsed)
    summary = {**describe_set(assembled.data), **describe_findings(assembled.findings())}
    if trace is not None:
        summary["trace"] = str(write_trace(parsed, trace, assembled))
    say(summary, json=json)
    return OK


def run(study: Path, *, out: Path | None = None, json: bool = False) -> int:
    """Run a study and write its results directory.

    Parameters
    ----------
    study
        The study file, or the folder that holds study.toml.
    out
        The results directory; "results" beside the study file when not given.
    json
        Print a summary as JSON.
    """
    from embogen.report.results_directory import ready_to_write, write_results_directory
    from embogen.study.parse import read_study
    from embogen.study.run import run as run_study
    from embogen.study.summary import describe_results

    parsed = read_study(study)
    directory = out or parsed.folder / "results"
    ready_to_write(directory)
    with progress(quiet=json) as stage:
        results = run_study(parsed, progress=stage)
        stage("writing the report")
        write_results_directory(results, directory)
    say({**describe_results(results), "results": str(directory)}, json=json)
    return exit_code(results)


def report(results: Path, *, out: Path | None = None, json: bool = False) -> int:
    """Write report, tables and figures again from a results directory.

    Parameters
    ----------
    results
        A results directory, or its results.json.
    out
        Where to write; the directory itself when not given.
    json
        Print a summary as JSON.
    """
    from embogen.report.results_directory import read_results, write_results_directory

    found = read_results(results)
    folder = results if results.is_dir() else results.parent
    with progress(quiet=json) as stage:
        stage("writing the report")
        write_results_directory(found, out or folder)
    say({"results": str(out or folder)}, json=json)
    return exit_code(found)


def exit_code(results: StudyResults) -> int:
    """Tell whether an analysis failed."""
    return FAILED if any(item.status == "failed" for item in results.analyses) else OK


COMMANDS = (demo, init, check, run, report)
"""In the order of the first screen."""
