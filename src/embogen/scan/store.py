"""Finished blocks of a scan, in memory or in a folder from which a killed scan goes on.

A block is written whole to a temporary name, forced to disk, and renamed: a file that has its
name is complete. The manifest says what scan the blocks belong to, and is written first.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile

import numpy as np

from embogen.errors import DataError, DataProblem
from embogen.scan.rows import BlockResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[Any]]

MANIFEST: Final = "scan.json"


def _joined(results: list[BlockResult]) -> Arrays:
    return {
        name: np.concatenate([one.arrays[name] for one in results]) for name in results[0].arrays
    }


@dataclass(slots=True)
class MemoryBlocks:
    """Blocks kept for as long as the process lives.

    Parameters
    ----------
    edges
        Where blocks begin and end.
    """

    edges: tuple[int, ...]
    _blocks: dict[int, list[BlockResult]] = field(default_factory=dict)

    def done(self) -> set[int]:
        """Numbers of the blocks that are here."""
        return set(self._blocks)

    def save(self, number: int, results: list[BlockResult]) -> None:
        """Keep a block: one result for each endpoint."""
        self._blocks[number] = results

    def part(self, name: str) -> Arrays | None:  # noqa: ARG002 - kept on disk only
        """Give further work that was kept under a name: here none, it was never interrupted."""
        return None

    def save_part(self, name: str, arrays: Arrays) -> None:
        """Keep nothing: what counts on holds it already."""

    def rows(self, endpoint: int) -> Arrays:
        """Give all rows of one endpoint, features in order."""
        return _joined([self._blocks[number][endpoint] for number in sorted(self._blocks)])


@dataclass(frozen=True, slots=True)
class KeptBlocks:
    """Blocks kept in a folder.

    Parameters
    ----------
    folder
        Holds the manifest and one file for each finished block.
    edges
        Where blocks begin and end, as when the scan was first started.
    """

    folder: Path
    edges: tuple[int, ...]

    @classmethod
    def open(cls, folder: Path, fingerprint: str, edges: Sequence[int]) -> KeptBlocks:
        """Start a folder, or go on with one.

        Raises
        ------
        DataError
            When it holds another scan, or cannot be written to.
        """
        manifest = folder / MANIFEST
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for left in folder.glob("*.part"):
                left.unlink()
            if not manifest.exists():
                text = json.dumps({"scan": fingerprint, "edges": list(edges)})
                _write(manifest, text.encode())
                return cls(folder, tuple(edges))
            found = json.loads(manifest.read_text(encoding="utf-8"))
            before, kept = found["scan"], tuple(int(edge) for edge in found["edges"])
        except OSError as error:
            raise _unwritable(folder, error) from None
        except (ValueError, KeyError, TypeError):
            message = f"{MANIFEST} is not that of a scan"
            raise DataError([DataProblem(str(folder), message, _ANOTHER)]) from None
        if before != fingerprint:
            message = "holds a scan of another plan, other data or another version of embogen"
            raise DataError([DataProblem(str(folder), message, _ANOTHER)])
        return cls(folder, kept)

    def _file(self, number: int) -> Path:
        return self.folder / f"block-{number:06d}.npz"

    def done(self) -> set[int]:
        """Numbers of the blocks that are here."""
        return {n for n in range(len(self.edges) - 1) if self._file(n).exists()}

    def save(self, number: int, results: list[BlockResult]) -> None:
        """Keep a block: one result for each endpoint.

        Raises
        ------
        DataError
            When it cannot be written (a full disk); nothing half-written is left.
        """
        arrays = {
            f"{at}/{name}": array
            for at, one in enumerate(results)
            for name, array in one.arrays.items()
        }
        self._write(self._file(number), arrays)

    def part(self, name: str) -> Arrays | None:
        """Give further work that was kept under a name, None where there is none.

        Raises
        ------
        DataError
            When the file is damaged.
        """
        file = self.folder / f"{name}.npz"
        return _read(file, "finished work") if file.exists() else None

    def save_part(self, name: str, arrays: Arrays) -> None:
        """Keep further work under a name, in place of what was there; errors as in `save`."""
        self._write(self.folder / f"{name}.npz", arrays)

    def _write(self, file: Path, arrays: Arrays) -> None:
        try:
            _write(file, arrays)
        except OSError as error:
            raise _unwritable(self.folder, error) from None

    def rows(self, endpoint: int) -> Arrays:
        """Give all rows of one endpoint, features in order."""
        parts = []
        for number in range(len(self.edges) - 1):
            held = _read(self._file(number), "a finished block", f"{endpoint}/")
            parts.append(BlockResult({name.partition("/")[2]: held[name] for name in held}))
        return _joined(parts)


_ANOTHER: Final = "Name another folder, or delete this one to start anew."


def _read(file: Path, what: str, begin: str = "") -> Arrays:
    """Read the arrays of a file whose names begin so."""
    try:
        with np.load(file, allow_pickle=False) as held:
            return {name: held[name] for name in held.files if name.startswith(begin)}
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        message = f"{what} cannot be read: {error}"
        remedy = "Delete the file and run again: what it held is done anew."
        raise DataError([DataProblem(str(file), message, remedy)]) from None


def _write(file: Path, content: bytes | Arrays) -> None:
    """Write a file whole or not at all."""
    handle, name = tempfile.mkstemp(suffix=".part", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            if isinstance(content, bytes):
                out.write(content)
            else:
                np.savez(out, allow_pickle=False, **content)
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _unwritable(folder: Path, error: OSError) -> DataError:
    message = f"cannot be written to: {error.strerror or error}"
    remedy = "Free space or name another folder, and run again: finished blocks are kept."
    return DataError([DataProblem(str(folder), message, remedy)])
