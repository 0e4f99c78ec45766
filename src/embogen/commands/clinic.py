"""Commands for what a clinic measures, and for what may leave it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from embogen.commands.exit_codes import OK
from embogen.terminal import say


def volume(mask: Path, *, json: bool = False) -> int:
    """Measure the volume of each segment of a mask.

    Parameters
    ----------
    mask
        A DICOM Segmentation (with the extra embogen[imaging]), NRRD or NIfTI file.
    json
        Print the volumes as JSON.
    """
    from embogen.io.masks.volume import mask_volumes

    found = mask_volumes(mask)
    summary: dict[str, object] = {
        "file": found.file,
        "format": found.format,
        "spacing in mm": list(found.spacing_mm) if json else _by(found.spacing_mm),
        "segments": [
            {
                "label": item.label,
                "name": item.name,
                "voxels": item.voxels,
                "volume_ml": item.volume_ml,
            }
            if json
            else f"{item.label} {item.name or '(no name)'}: {item.volume_ml:.2f} mL "
            f"({item.voxels:,} voxels)"
            for item in found.segments
        ],
    }
    if found.notes:
        summary["to note"] = list(found.notes)
    say(summary, json=json)
    return OK


def _by(spacing: tuple[float, float, float]) -> str:
    return " x ".join(f"{step:g}" for step in spacing)


def deidentify(
    study: Path,
    *,
    out: Path,
    dates: Literal["shift", "origin"] = "shift",
    key: Path | None = None,
    json: bool = False,
) -> int:
    """Write a study anew without identifiers, and the key back to another place.

    Parameters
    ----------
    study
        The study file, or the folder that holds study.toml.
    out
        The folder to make; it must not exist, or be empty.
    dates
        Move each patient's dates by days of its own, or put its first embolization on 2000-01-01.
    key
        Where old and new ids are written; beside the study file when not given, never in --out.
    json
        Print the files written as JSON.
    """
    import secrets

    import numpy as np

    from embogen.study.deidentify import deidentify_study
    from embogen.study.parse import read_study

    # the seed comes from the operating system and is not kept: with it anyone could move dates back
    rng = np.random.default_rng(secrets.randbits(128))
    made = deidentify_study(read_study(study), out, rng, dates=dates, key=key)
    summary = {"folder": str(out), "files": list(made.files), "key (keep it apart)": str(made.key)}
    say({**summary, "to note": list(made.notes)}, json=json)
    return OK


COMMANDS = (volume, deidentify)
"""In the order of the first screen."""
