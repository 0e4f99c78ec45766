"""The command line: each command parses, makes one library call and prints.

Exit codes: 0 all went well, 1 an analysis failed, 2 the plan or the command is wrong, 3 the data
are wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from embogen import __version__
from embogen.errors import DataError, EmbogenError, PlanError, PlanProblem
from embogen.terminal import fail, first_screen, progress, say

if TYPE_CHECKING:
    from embogen.study.results import StudyResults

OK, FAILED, BAD_PLAN, BAD_DATA = 0, 1, 2, 3

COMMANDS = {
    "demo": "Write the SYNTHETIC model study to a folder and run it.",
    "init": "Make a folder with a study file and empty tables to fill in.",
    "check": "Check a study file and its data; compute nothing.",
    "run": "Run a study and write its results directory.",
    "report": "Write report, tables and figures again from a results directory.",
    "simulate": "Write a SYNTHETIC cohort of known truth as a study that can be run.",
    "reconstruct": "Search for a cohort that fits a published table.",
}
"""Every command with its one-line help; the first screen is printed from it, without imports."""


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


def init(folder: Path, *, json: bool = False) -> int:
    """Make a folder with a study file and empty tables to fill in.

    Parameters
    ----------
    folder
        The folder to make; it must not exist, or be empty.
    json
        Print the files written as JSON.
    """
    from embogen.study.blank import write_blank

    files = write_blank(folder)
    say({"folder": str(folder), "files": files}, json=json)
    return OK


def check(study: Path, *, json: bool = False) -> int:
    """Check a study file and its data; compute nothing.

    Parameters
    ----------
    study
        The study file, or the folder that holds study.toml.
    json
        Print the findings as JSON.
    """
    from embogen.study.assemble import assemble
    from embogen.study.parse import read_study
    from embogen.study.summary import describe_set

    with progress(quiet=json) as stage:
        stage("reading the data")
        assembled = assemble(read_study(study))
    say(describe_set(assembled.data), json=json)
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
    return _status(results)


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
    return _status(found)


def simulate(
    folder: Path,
    *,
    patients: int = 200,
    seed: int = 1,
    late_biopsies: float = 0.0,
    json: bool = False,
) -> int:
    """Write a SYNTHETIC cohort of known truth as a study that can be run.

    Parameters
    ----------
    folder
        The folder to make; it must not exist, or be empty.
    patients
        Number of patients.
    seed
        Seed of the draw.
    late_biopsies
        Share of patients biopsied only after embolization, while still progression-free.
    json
        Print the files written as JSON.
    """
    from embogen.study.simulated import write_simulated

    files = write_simulated(folder, patients=patients, seed=seed, late_biopsies=late_biopsies)
    say({"folder": str(folder), "files": files}, json=json)
    return OK


def reconstruct(
    targets: Path,
    *,
    out: Path = Path("reconstructed.csv"),
    seed: int = 1,
    seconds: float = 600.0,
    json: bool = False,
) -> int:
    """Search for a cohort that fits a published table.

    Parameters
    ----------
    targets
        The printed figures, as JSON.
    out
        The cohort found, one row per patient in order of time.
    seed
        Seed of the search.
    seconds
        Give up after this long; the best cohort so far is written.
    json
        Print a summary as JSON.
    """
    from embogen.evidence.command import reconstruct_file

    with progress(quiet=json) as stage:
        summary = reconstruct_file(targets, out, seed=seed, seconds=seconds, progress=stage)
    say(summary, json=json)
    return OK if summary["fits"] else FAILED


def main(arguments: Sequence[str] | None = None) -> int:  # noqa: PLR0911 - one return per kind of outcome
    """Run the command line and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words in (["--help"], ["-h"]):
        sys.stdout.write(first_screen(COMMANDS))
        return OK if words else BAD_PLAN
    if words == ["--version"]:
        sys.stdout.write(f"{__version__}\n")
        return OK
    try:
        return _dispatch(words)
    except PlanError as error:
        return fail(error.problems, "The study cannot be run as planned", BAD_PLAN, words)
    except DataError as error:
        return fail(error.problems, "The data cannot be used as they are", BAD_DATA, words)
    except EmbogenError as error:
        return fail([error], "The analysis could not be carried out", FAILED, words)
    except BrokenPipeError:
        return OK
    except KeyboardInterrupt:
        sys.stderr.write("Stopped; nothing was written.\n")
        return 130


def _dispatch(words: list[str]) -> int:
    from cyclopts import App, CycloptsError, Parameter

    flags = Parameter(negative="")  # --json has no --no-json
    app = App(name="embogen", version=__version__, help_format="plaintext", default_parameter=flags)
    for function in (demo, init, check, run, report, simulate, reconstruct):
        app.command(function)
    try:
        code = app(words, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        remedy = f"See `embogen {words[0]} --help`." if words[0] in COMMANDS else "See --help."
        message = " ".join(str(error).split()).rstrip(".")
        return fail([PlanProblem("command", message, remedy)], "", BAD_PLAN, words)
    return code if isinstance(code, int) else OK


def _status(results: StudyResults) -> int:
    return FAILED if any(item.status == "failed" for item in results.analyses) else OK
