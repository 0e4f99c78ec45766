"""Compiled kernels on disk: thrown away when any kernel has changed.

numba keeps a compiled function while its own file is unchanged, although it holds the code of
functions it calls in other files. After an update of one file the others would go on computing as
before. So the state of all files is written down beside the cache, and a cache of another state is
removed before anything is loaded from it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

STATE: Final = "kernels.state"


def discard_stale(folder: Path) -> bool:
    """Remove compiled kernels made from other sources.

    Parameters
    ----------
    folder
        Where the sources are; compiled kernels are in its ``__pycache__``.

    Returns
    -------
    bool
        Whether anything was removed. A folder that cannot be written to is left alone: numba keeps
        its files elsewhere then, under the time the package was installed.
    """
    cache = folder / "__pycache__"
    total = hashlib.sha256()
    for file in sorted(folder.glob("*.py")):
        state = file.stat()
        total.update(f"{file.name} {state.st_size} {state.st_mtime_ns}\n".encode())
    state_now, removed = total.hexdigest(), False
    try:
        if (cache / STATE).is_file() and (cache / STATE).read_text() == state_now:
            return False
        cache.mkdir(exist_ok=True)
        for pattern in ("*.nbi", "*.nbc"):
            for file in cache.glob(pattern):
                file.unlink(missing_ok=True)
                removed = True
        (cache / STATE).write_text(state_now)
    except OSError:
        return removed
    return removed
