"""A simulated cohort with known truth, written as a study that can be run."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from embogen.errors import PlanError, PlanProblem
from embogen.simulate.known_truth import Truth, simulate_cohort
from embogen.simulate.writing import write_tables
from embogen.study.parse import parse_study

if TYPE_CHECKING:
    from pathlib import Path

_PUBLISHED = "# What the publication printed"
NOTE = (
    "SYNTHETIC cohort: simulated from a known model. No row is a real patient, and no conclusion "
    "about patients may be drawn."
)
"""Stands on everything that is made of a simulated cohort."""


def write_simulated(
    folder: Path, *, patients: int, seed: int, late_biopsies: float = 0.0
) -> list[str]:
    """Simulate a cohort and write it as tables with a study file beside them.

    Parameters
    ----------
    folder
        Made when it is not there; refused when it holds anything.
    patients
        Number of patients.
    seed
        Seed of the draw; the same seed gives the same files.
    late_biopsies
        Share of patients biopsied only after embolization, while still progression-free.

    Returns
    -------
    files
        Names written, relative to `folder`.

    Raises
    ------
    PlanError
        When `folder` is not empty, fewer than 20 patients are asked for, or the share is none.
    """
    refuse_unless_empty(folder)
    least = 20  # below that the most frequent genes and grades are often not there at all
    if patients < least:
        message = f"{patients} patients are too few to simulate"
        raise PlanError([PlanProblem("--patients", message, f"Ask for {least} or more.")])
    try:
        truth = Truth(late_biopsies=late_biopsies)
    except ValueError as error:
        raise PlanError([PlanProblem("--late-biopsies", str(error), "Give 0 to 1.")]) from None
    tables, _ = simulate_cohort(patients, np.random.default_rng(seed), truth)
    files = write_tables(tables, folder, note=NOTE)
    text = _study_text(patients, seed)
    parse_study(text, folder=folder)  # the plan that is written is one that can be read
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return sorted([*files, "study.toml"])


def refuse_unless_empty(folder: Path) -> None:
    """Refuse a folder that holds anything.

    Raises
    ------
    PlanError
        When `folder` is a file, or not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        message = "is not an empty folder"
        raise PlanError([PlanProblem(str(folder), message, "Name a new or empty folder.")])


def _study_text(patients: int, seed: int) -> str:
    """Take the model study's plan without its published figures, under a name of its own."""
    source = resources.files("embogen.study").joinpath("demo_data/study.toml")
    lines = source.read_text(encoding="utf-8").split(_PUBLISHED)[0].splitlines()
    replaced = {
        "id = ": f'id = "simulated-{patients}-{seed}"',
        "title = ": f'title = "Simulated cohort of {patients} patients"',
        "seed = ": f"seed = {seed}",
        "synthetic = ": f'synthetic = "{NOTE}"',
    }
    start = lines.index("schema = 1")
    for i, line in enumerate(lines[start:], start):
        for begin, text in replaced.items():
            if line.startswith(begin):
                lines[i] = text
    return "\n".join([f"# {NOTE}", *lines[start:]]).rstrip() + "\n"
