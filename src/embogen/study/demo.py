"""The SYNTHETIC model study that ships with embogen."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from embogen.errors import PlanError, PlanProblem

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path

_PACKAGE, _FOLDER = "embogen.study", "demo_data"


def write_demo(folder: Path) -> list[str]:
    """Write the model study, editable, to a folder.

    Parameters
    ----------
    folder
        Made when it is not there. An earlier copy in it is left as edited: files are written
        only where there are none.

    Returns
    -------
    files
        Names of the files written, relative to `folder`.

    Raises
    ------
    PlanError
        When `folder` is a file, or holds other things than the model study.
    """
    source = resources.files(_PACKAGE).joinpath(_FOLDER)
    if folder.exists() and not folder.is_dir():
        raise PlanError([PlanProblem(str(folder), "is a file", "Name another folder.")])
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "study.toml").is_file():
        message = "holds files that are no study"
        raise PlanError([PlanProblem(str(folder), message, "Name a new or empty folder.")])
    return _copy(source, folder, "")


def _copy(source: Traversable, folder: Path, prefix: str) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    written: list[str] = []
    for item in sorted(source.iterdir(), key=lambda entry: entry.name):
        if item.is_dir():
            written += _copy(item, folder / item.name, f"{prefix}{item.name}/")
        elif not (folder / item.name).exists():
            (folder / item.name).write_bytes(item.read_bytes())
            written.append(f"{prefix}{item.name}")
    return written
