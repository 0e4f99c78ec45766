"""Compiled kernels on disk, kept under the state of all sources they may hold code of.

numba keeps a compiled function while its own file is unchanged, although it holds the code of
functions it calls in other files. After an update of one file the others would go on computing as
before. Here a compiled function is filed under a digest of the contents of every kernel's source,
so it cannot be found once any of them differs, whatever times or sizes the files have.

The files lie beside the sources; where that folder cannot be written to (an installed package), in
the user's cache; where there is none either (a read-only container), in a folder of this process.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from numba import config
from numba.core import caching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Self

KERNELS: Final = Path(__file__).resolve().parent
PACKAGE: Final = KERNELS.parent
DIGITS: Final = 16


@cache
def state_of(folder: Path) -> str:
    """Give the digest of the sources in a folder and of the kernels, which they may call.

    Read once in a process: what is compiled is what was imported.
    """
    total = hashlib.sha256()
    for place in sorted({folder, KERNELS}):
        for file in sorted(place.glob("*.py")):
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            total.update(f"{place.name}/{file.name} {content}\n".encode())
    return total.hexdigest()[:DIGITS]


@cache
def cache_of(folder: Path) -> Path:
    """Find where the kernels of a folder can be kept, and remove those of other sources there."""
    for place in _candidates(folder):
        try:
            place.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=place).close()
        except OSError:
            continue
        _tidy(place, state_of(folder))
        return place
    own = Path(tempfile.mkdtemp(prefix="embogen-kernels-"))  # nobody else can write there
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    return own


def _candidates(folder: Path) -> Iterator[Path]:
    name = f"{folder.name}-{hashlib.sha256(str(folder).encode()).hexdigest()[:DIGITS]}"
    if config.CACHE_DIR:  # type: ignore[attr-defined] # numba sets it on import
        yield Path(config.CACHE_DIR) / name  # type: ignore[attr-defined] # same
    yield folder / "__pycache__"
    home = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME")
    try:
        yield (Path(home) if home else Path.home() / ".cache") / "embogen" / name
    except RuntimeError:  # a user without a home
        return


def _tidy(place: Path, state: str) -> None:
    for file in place.iterdir():
        if file.suffix in {".nbi", ".nbc"} and state not in file.name:
            try:
                file.unlink(missing_ok=True)
            except OSError:  # another process has it open; it is never loaded, only in the way
                continue


class KernelLocator:
    """Tells numba where the compiled form of a function of this package is kept.

    Parameters
    ----------
    folder
        Of the function's source.
    line
        On which the function begins.
    """

    def __init__(self, folder: Path, line: int) -> None:
        self._folder, self._line = folder, line

    @classmethod
    def from_function(cls, py_func: Callable[..., object], py_file: str) -> Self | None:
        """Give a locator for a function of this package, None for another's."""
        folder = Path(py_file).resolve().parent
        if not (folder.is_dir() and folder.is_relative_to(PACKAGE)):
            return None  # not ours, or inside an archive: numba's own way
        return cls(folder, py_func.__code__.co_firstlineno)

    def get_cache_path(self) -> str:
        """Give the folder."""
        return str(cache_of(self._folder))

    def ensure_cache_path(self) -> None:
        """Make the folder, should it have been removed."""
        Path(self.get_cache_path()).mkdir(parents=True, exist_ok=True)

    def get_source_stamp(self) -> str:
        """Give what must be equal for a compiled function to be used."""
        return state_of(self._folder)

    def get_disambiguator(self) -> str:
        """Give what sets the file apart: two states of the sources never share one."""
        return f"{self._line}-{state_of(self._folder)}"


def install() -> None:
    """Let numba ask this locator first; without effect on functions of other packages."""
    for name in ("CacheImpl", "_CacheImpl"):  # the second before numba 0.61
        locators = getattr(getattr(caching, name, None), "_locator_classes", None)
        if locators is not None and KernelLocator not in locators:
            locators.insert(0, KernelLocator)
