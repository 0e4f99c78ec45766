"""The MSK-IMPACT panel a sample id tells: P-0001234-T01-IM6 was sequenced on IMPACT468."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import polars as pl

from embogen.caveats import Caveat

if TYPE_CHECKING:
    from collections.abc import Mapping

IMPACT_PANELS: Final[Mapping[str, str]] = MappingProxyType(
    {"IM3": "IMPACT341", "IM5": "IMPACT410", "IM6": "IMPACT468", "IM7": "IMPACT505"}
)
"""End of a sample id to the version of the panel."""

_ENDING: Final = r"(?:^|-)P-\d{7}-[TN]\d{2}-(IM[3567])$"


def with_impact_panels(specimens: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Caveat, ...]]:
    """Fill empty panels from sample ids that tell the version; a panel that is named stays.

    Parameters
    ----------
    specimens
        ``specimen_id`` and ``panel``.

    Returns
    -------
    specimens
        With panels filled.
    caveats
        ``panel_from_sample_id`` where any was filled; ``panel_conflict`` where id and column name
        different versions.

    Examples
    --------
    >>> table = pl.DataFrame({"specimen_id": ["P-0001234-T01-IM5", "X"], "panel": [None, None]})
    >>> with_impact_panels(table)[0]["panel"].to_list()
    ['IMPACT410', None]
    """
    told = (
        pl.col("specimen_id")
        .str.extract(_ENDING)
        .replace_strict(IMPACT_PANELS, default=None, return_dtype=pl.String)
    )
    table = specimens.with_columns(told.alias("told"), pl.col("panel").cast(pl.String))
    filled = table.filter(pl.col("panel").is_null() & pl.col("told").is_not_null())
    against = table.filter(
        pl.col("told").is_not_null()
        & pl.col("panel").is_not_null()
        & (pl.col("panel").str.to_uppercase() != pl.col("told"))
    )
    caveats = []
    if not filled.is_empty():
        shown = ", ".join(sorted(set(filled["told"])))
        message = (
            f"The panel of {filled.height} specimens is not named and was told by their ids "
            f"({shown})."
        )
        caveats.append(Caveat("panel_from_sample_id", message, {"specimens": filled.height}))
    if not against.is_empty():
        caveats.append(_conflict(against))
    return table.with_columns(pl.coalesce("panel", "told").alias("panel")).drop("told"), tuple(
        caveats
    )


def _conflict(against: pl.DataFrame) -> Caveat:
    pairs: Sequence[tuple[str, str]] = sorted(set(against.select("panel", "told").iter_rows()))
    shown = ", ".join(f"{panel} where the id says {told}" for panel, told in pairs[:5])
    message = f"The panel of {against.height} specimens is not the one their ids tell: {shown}."
    return Caveat("panel_conflict", message, {"specimens": against.height})
