"""Commands for what a clinic measures, and for what may leave it."""

from __future__ import annotations

from pathlib import Path

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


COMMANDS = (volume,)
"""In the order of the first screen."""
