"""A simulated registry, written as a study whose genes can be scanned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from embogen.errors import PlanError, PlanProblem
from embogen.simulate.registry import SITES
from embogen.simulate.registry_files import write_registry
from embogen.study.parse import parse_study
from embogen.study.simulated import NOTE, refuse_unless_empty
from embogen.study.toml_text import toml_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_FEWEST_PATIENTS: Final = 200
_VARIABLES: Final = {
    "time_days": ("integer", "Days from diagnosis to death or the end of follow-up"),
    "event": ("flag", "Whether the patient died then"),
    "entry_days": ("integer", "Days from diagnosis to sequencing, from when on the patient counts"),
    "age": ("integer", "Age at diagnosis"),
    "grade": ("integer", "Grade, 1 to 3"),
    "panel": ("text", "Panel of the specimen"),
}


def write_simulated_registry(
    folder: Path,
    *,
    patients: int,
    genes: int,
    seed: int,
    progress: Callable[[str], None] = lambda _stage: None,
) -> list[str]:
    """Simulate a registry and write it as Parquet with a study file beside it.

    Parameters
    ----------
    folder
        Made when it is not there; refused when it holds anything.
    patients, genes
        How many.
    seed
        Seed of the draw; the same seed gives the same files.
    progress
        Told what is being written.

    Returns
    -------
    files
        Names written, relative to `folder`; the study file is written last.

    Raises
    ------
    PlanError
        When `folder` is not empty, or there are too few patients or genes.
    """
    refuse_unless_empty(folder)
    problems = [
        PlanProblem(option, f"{given} is too few for a registry", f"Ask for {least} or more.")
        for option, given, least in (
            ("--patients", patients, _FEWEST_PATIENTS),
            ("--genes", genes, 1),
        )
        if given < least
    ]
    if seed < 0:
        problems.append(PlanProblem("--seed", f"{seed} is negative", "Give 0 or more."))
    if problems:
        raise PlanError(problems)
    text = f"# {NOTE}\n{toml_text(_plan(patients, genes, seed))}"
    parse_study(text, folder=folder)  # the plan that is written is one that can be read
    files = write_registry(folder, patients=patients, genes=genes, seed=seed, progress=progress)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return sorted([*files, "study.toml"])


def _plan(patients: int, genes: int, seed: int) -> dict[str, Any]:
    """Write the plan: overall survival from sequencing on, adjusted and stratified; a scan last."""
    return {
        "schema": 1,
        "study": {
            "id": f"registry-{patients}-{genes}-{seed}",
            "title": f"Simulated registry of {patients} patients and {genes} genes",
            "seed": seed,
            "synthetic": NOTE,
        },
        "data": {
            "patients": {"file": "patients.parquet", "key": "patient_id"},
            "panels": {"file": "panels.parquet", "format": "table"},
            "alterations": {"file": "alterations.parquet", "panel": "panel"},
        },
        "variable": {
            name: {"type": kind, "meaning": meaning} for name, (kind, meaning) in _VARIABLES.items()
        },
        "endpoint": {
            "os": {
                "label": "Overall survival",
                "time": "time_days",
                "event": "event",
                "entry": "entry_days",
            }
        },
        "covariate": {
            "age": {"column": "age", "label": "Age", "per": 10.0},
            "sex": {"column": "sex", "label": "Sex"},
            "grade": {"column": "grade", "label": "Grade", "coding": "trend"},
            "primary_site": {
                "column": "primary_site",
                "label": "Primary site",
                "levels": list(SITES),
            },
        },
        "analysis": [
            {
                "id": "clinical",
                "kind": "cox",
                "title": "Clinical covariates, stratified by primary site",
                "endpoint": "os",
                "terms": ["age", "sex", "grade"],
                "strata": ["primary_site"],
            }
        ],
        "scan": [
            {
                "id": "genes",
                "title": "Every gene, adjusted, stratified by primary site",
                "endpoints": ["os"],
                "covariates": ["age", "sex", "grade"],
                "strata": ["primary_site"],
            }
        ],
    }
