"""What `embogen reconstruct` does: a targets file in, a cohort as CSV out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from embogen.errors import PlanError, PlanProblem
from embogen.evidence.compact_csv import write_compact
from embogen.evidence.reconstruct import reconstruct
from embogen.evidence.targets import read_targets

if TYPE_CHECKING:
    from collections.abc import Callable


def reconstruct_file(
    targets: Path,
    out: Path,
    *,
    seed: int,
    seconds: float,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Search for a cohort that fits a targets file, and write it.

    Parameters
    ----------
    targets
        The printed figures, as JSON; see `embogen.evidence.targets.read_targets`.
    out
        CSV to write: one row per patient in order of time, marked SYNTHETIC.
    seed
        Seed of the search.
    seconds
        Give up after about this long; the nearest cohort so far is written then.
    progress
        Called with a line of text now and then.

    Returns
    -------
    summary
        ``fits``, ``figures`` and ``figures_agreeing``, ``n_events``, ``patterns_tried``,
        ``seconds``, ``file``, and ``disagreeing``: words, printed and recomputed of each figure
        that does not round to the printed digits.

    Raises
    ------
    PlanError
        When `out` cannot be written.
    DataError
        When the targets file is wrong.
    """
    wanted = read_targets(targets)
    if not out.parent.is_dir():
        message = f'there is no folder "{out.parent}" to write {out.name} to'
        raise PlanError([PlanProblem("out", message, "Make the folder, or name another file.")])
    if out.is_dir():
        message = f'"{out}" is a folder, and a file was expected'
        raise PlanError([PlanProblem("out", message, "Name a file.")])
    found = reconstruct(
        wanted, rng=np.random.default_rng(seed), max_seconds=seconds, progress=progress
    )
    write_compact(out, found.cohort, source=wanted.source)
    return {
        "fits": found.fits,
        "figures": len(found.comparison.figures),
        "figures_agreeing": found.comparison.n_agreeing,
        "disagreeing": [
            {"figure": item.figure, "printed": item.printed, "recomputed": item.rounded}
            for item in found.comparison.figures
            if not item.agrees
        ],
        "n": found.cohort.n,
        "n_events": found.cohort.n_events,
        "patterns_tried": found.n_starts,
        "seconds": round(found.seconds, 1),
        "file": str(out),
    }
