"""Commands that make cohorts: of known truth, or such as fit a printed table."""

from __future__ import annotations

from pathlib import Path

from embogen.commands.exit_codes import FAILED, OK
from embogen.terminal import progress, say


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


def registry(
    folder: Path,
    *,
    patients: int = 500_000,
    genes: int = 20_000,
    seed: int = 1,
    json: bool = False,
) -> int:
    """Write a SYNTHETIC registry of any size as Parquet, to be scanned gene by gene.

    Parameters
    ----------
    folder
        The folder to make; it must not exist, or be empty.
    patients
        Number of patients.
    genes
        Number of genes.
    seed
        Seed of the draw.
    json
        Print the files written as JSON.
    """
    from embogen.study.simulated_registry import write_simulated_registry

    with progress(quiet=json) as stage:
        files = write_simulated_registry(
            folder, patients=patients, genes=genes, seed=seed, progress=stage
        )
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


COMMANDS = (simulate, reconstruct)
"""In the order of the first screen."""

SUBCOMMANDS = {simulate: (registry,)}
"""Commands under a command: `embogen simulate registry`."""
