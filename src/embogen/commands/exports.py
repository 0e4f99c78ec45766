"""Commands that write a study for other software."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from embogen.commands.exit_codes import OK
from embogen.terminal import progress, say

if TYPE_CHECKING:
    from embogen.errors import DataProblem


def export(
    format: Literal["cbioportal"],  # noqa: A002 - the word a user reads in the help
    study: Path,
    *,
    out: Path,
    json: bool = False,
) -> int:
    """Write a study in the format of other software.

    Parameters
    ----------
    format
        cbioportal: a study folder with endpoints as STATUS/MONTHS pairs and timelines in days.
    study
        The study file, or the folder that holds study.toml.
    out
        The folder to make; it must not exist, or be empty.
    json
        Print a summary as JSON.
    """
    from embogen.study.exporting import export_cbioportal
    from embogen.study.parse import read_study

    with progress(quiet=json) as stage:
        stage(f"writing a {format} folder")
        done = export_cbioportal(read_study(study), out)
    notes = [*done.left_out, *told_once(done.problems)]
    say({"folder": str(out), "files": list(done.files), "to note": notes}, json=json)
    return OK


def told_once(problems: Iterable[DataProblem]) -> list[str]:
    """Tell the first problem of each kind and column, and how many there are.

    Examples
    --------
    >>> from embogen.errors import DataProblem
    >>> told_once([DataProblem("a.txt", "is empty", row=i, column="B") for i in (2, 3)])
    ['a.txt row 2, B: is empty. (2 times)']
    """
    kinds: dict[tuple[str, str | None, str], list[DataProblem]] = {}
    for problem in problems:
        kinds.setdefault((problem.file, problem.column, problem.message), []).append(problem)
    return [
        f"{found[0]}{f' ({len(found)} times)' if len(found) > 1 else ''}"
        for found in kinds.values()
    ]


COMMANDS = (export,)
"""In the order of the first screen."""
