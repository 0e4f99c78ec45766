"""Gene x sample matrices to `MutationCalls`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embogen.caveats import Caveat
    from embogen.genomics.calls import MutationCalls


def read_gene_matrix(
    file: str, *, folder: Path, altered: Mapping[str, str], wild_type: Sequence[str] = ("0",)
) -> tuple[MutationCalls, tuple[Caveat, ...]]:
    raise NotImplementedError
