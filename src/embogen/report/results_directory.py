"""The results directory: written whole under a temporary name, then put in place.

A killed run leaves the earlier results as they were, or none; never half of new ones.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from embogen.errors import DataError, DataProblem, PlanError, PlanProblem
from embogen.report.outputs import write_outputs
from embogen.study.json_codec import from_json, to_json
from embogen.study.long_table import long_table, long_table_csv

if TYPE_CHECKING:
    from collections.abc import Callable

    from embogen.study.results import StudyResults

_MARK = "provenance.json"


def ready_to_write(directory: Path, mark: str = _MARK) -> None:
    """Refuse, before any work, a place where results cannot or must not be written.

    Parameters
    ----------
    directory
        The place.
    mark
        File that tells a directory embogen wrote for the same purpose: it may be replaced.

    Raises
    ------
    PlanError
        When `directory` is a file, holds something that embogen did not write, or its parent
        cannot be written to.
    """
    problem = None
    if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
        problem = PlanProblem(str(directory), "is a file or a link", "Give another --out.")
    elif directory.is_dir() and any(directory.iterdir()) and not (directory / mark).is_file():
        message = "holds files that are not results of embogen"
        problem = PlanProblem(str(directory), message, "Give an empty or new --out.")
    else:
        try:
            directory.parent.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=directory.parent).close()
        except OSError as error:
            message = f"cannot be written to ({error.strerror})"
            problem = PlanProblem(str(directory.parent), message, "Give another --out.")
    if problem is not None:
        raise PlanError([problem])


def write_results_directory(results: StudyResults, directory: Path) -> None:
    """Write results, long table, provenance, report, tables and figures.

    Parameters
    ----------
    results
        What to write.
    directory
        Where; an earlier results directory there is replaced when all is written.

    Raises
    ------
    PlanError
        As `ready_to_write`, and when the disk is full or the place vanishes midway.
    """
    write_whole(directory, lambda fresh: _write_all(results, fresh))


def write_whole(directory: Path, write: Callable[[Path], None], mark: str = _MARK) -> None:
    """Write a directory whole: under a temporary name, then put in place.

    Parameters
    ----------
    directory
        Where; an earlier directory of the same purpose is replaced when all is written.
    write
        Writes everything, `mark` too, into the directory it is given.
    mark
        As `ready_to_write` has it.

    Raises
    ------
    PlanError
        As `ready_to_write`, and when the disk is full or the place vanishes midway.
    """
    ready_to_write(directory, mark)
    try:
        fresh = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
        try:
            write(fresh)
            fresh.chmod(0o755)  # mkdtemp makes it private; results are for the team
            _put_in_place(fresh, directory)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        message = f"writing failed ({error.strerror}); earlier results are untouched"
        remedy = "Free some space, or give another --out."
        raise PlanError([PlanProblem(str(directory), message, remedy)]) from None


def read_results(path: Path) -> StudyResults:
    """Read results.json, or the results directory that holds one.

    Raises
    ------
    DataError
        When there is none or it cannot be read.
    """
    file = path / "results.json" if path.is_dir() else path
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        remedy = "Give the directory that `embogen run` wrote."
        raise DataError([DataProblem(str(path), "holds no results.json", remedy)]) from None
    return from_json(text, file=file.name)


def _write_all(results: StudyResults, directory: Path) -> None:
    (directory / "results.json").write_text(to_json(results) + "\n", encoding="utf-8")
    table = long_table_csv(long_table(results.analyses))
    (directory / "results.csv").write_text(table, encoding="utf-8", newline="")
    write_outputs(results, directory)
    provenance = json.dumps(asdict(results.provenance), indent=1)
    (directory / _MARK).write_text(provenance + "\n", encoding="utf-8")


def _put_in_place(fresh: Path, directory: Path) -> None:
    """Swap in the new directory; the old one is moved aside first and removed last."""
    if not directory.exists():
        fresh.rename(directory)
        return
    aside = fresh.with_name(f"{fresh.name}-old")
    directory.rename(aside)
    try:
        fresh.rename(directory)
    except OSError:
        aside.rename(directory)
        raise
    shutil.rmtree(aside, ignore_errors=True)
