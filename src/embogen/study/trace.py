"""The trace: which rows of which files led to each patient's date and status.

It names patients, so it is no part of results: it is written on request, to a file of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from embogen.delimited import csv_text
from embogen.errors import PlanError, PlanProblem
from embogen.study.assemble import Assembled, assemble
from embogen.study.sources import input_names

if TYPE_CHECKING:
    from embogen.study.parse import Study

TRACE_COLUMNS: Final = (
    "endpoint",
    "patient_id",
    "step",
    "date",
    "file",
    "rows",
    "status",
    "note",
)


def endpoint_trace(study: Study, assembled: Assembled | None = None) -> pl.DataFrame:
    """Tell for every patient and endpoint which rows led to which date and status.

    Parameters
    ----------
    study
        From `read_study`.
    assembled
        Its data where they are read already.

    Returns
    -------
    polars.DataFrame
        Columns `TRACE_COLUMNS`, all text: for each patient the sessions and the origin, baseline,
        every scan with the status the endpoint's criterion gives it, what else had a say, and the
        end or the reason to have none; rows are numbered as a spreadsheet does. Patients left out
        of the study are at the end, with the step and the reason. It holds patient identifiers.

    Raises
    ------
    PlanError, DataError
        As `assemble`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from embogen.study.demo import write_demo
    >>> from embogen.study.parse import read_study
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "study"
    >>> files = write_demo(folder)
    >>> trace = endpoint_trace(read_study(folder))
    >>> trace.filter(pl.col("step") == "end").head(1).select("endpoint", "patient_id").rows()
    [('hpfs', 'SYN-001')]
    """
    found = assembled or assemble(study)
    schema = dict.fromkeys(TRACE_COLUMNS, pl.String)
    return pl.DataFrame(list(_rows(found)), schema=schema, orient="row")


def _rows(found: Assembled) -> Iterator[tuple[str, ...]]:
    for endpoint, derived in found.derived.items():
        for row in derived.history():
            file = found.cohort.file(row.table) if row.table else ""
            date = "" if row.date is None else row.date.isoformat()
            numbers = " ".join(str(number) for number in row.rows)
            yield endpoint, row.patient_id, row.step, date, file, numbers, row.status, row.note
    for step in found.data.flow.steps:
        for item in step.excluded:
            note = f"{step.label}: {item.reason}"
            yield "", item.patient_id, "left out of the study", "", "", "", "", note


def write_trace(study: Study, path: Path, assembled: Assembled | None = None) -> Path:
    """Write the trace as CSV that only its owner can read.

    Parameters
    ----------
    study, assembled
        As in `endpoint_trace`.
    path
        The file; a trace that is there already is replaced.

    Raises
    ------
    PlanError
        When the file is one the study reads, is another file that is there already, is in a
        results directory, which holds no identifiers, or cannot be written.
    """
    header = ",".join(TRACE_COLUMNS)
    problem = _refused(study, path, header)
    if problem is not None:
        raise PlanError([problem])
    table = endpoint_trace(study, assembled)
    text = csv_text(TRACE_COLUMNS, table.iter_rows())
    try:
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        message = f"cannot be written ({error.strerror})"
        raise PlanError([PlanProblem(str(path), message, "Name another file.")]) from None
    return path


def _refused(study: Study, path: Path, header: str) -> PlanProblem | None:
    inputs = {(study.folder / name).resolve() for name in input_names(study.plan)}
    inputs.add((study.folder / study.file_name).resolve())
    if path.resolve() in inputs:
        return PlanProblem(str(path), "is a file the study reads", "Name another file.")
    if any((folder / "results.json").exists() for folder in path.resolve().parents):
        message = "is in a results directory, and a trace names patients"
        return PlanProblem(str(path), message, "Results are shared; name a file elsewhere.")
    if path.is_dir():
        return PlanProblem(str(path), "is a folder", "Name a file in it.")
    if path.exists() and not path.read_bytes().startswith(header.encode()):
        return PlanProblem(str(path), "is there already, and is no trace", "Name another file.")
    return None
