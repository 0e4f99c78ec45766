"""Commands that write a study for other software."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from embogen.commands.exit_codes import OK
from embogen.terminal import progress, say


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
    notes = [*done.left_out, *(str(problem) for problem in done.problems)]
    say({"folder": str(out), "files": list(done.files), "to note": notes}, json=json)
    return OK


COMMANDS = (export,)
"""In the order of the first screen."""
