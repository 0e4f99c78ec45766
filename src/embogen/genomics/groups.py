"""Gene groups: several genes that count as one, and when their state is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embogen.genomics.coverage import GeneState


@dataclass(frozen=True, slots=True)
class GeneGroup:
    """Genes that count as one: altered where any of them is.

    Parameters
    ----------
    name
        How a plan calls it: ``daxx_atrx``.
    members
        Gene symbols, at least one.
    label
        What a reader calls it: ``DAXX or ATRX``.
    """

    name: str
    members: tuple[str, ...]
    label: str


def group_states(states: NDArray[np.int8]) -> NDArray[np.int8]:
    """Give the state of a group from the states of its members.

    Parameters
    ----------
    states
        (n, m) `GeneState` of the m members.

    Returns
    -------
    NDArray
        (n,) *altered* where any member is, whatever the others are: nothing could change it.
        *Wild type* only where every member is. Otherwise a member whose state is not known could
        have been altered: *not tested* where one was not tested, *failed* where all that is
        unknown failed.

    Examples
    --------
    Wild type with not tested is not tested; altered with not tested is altered.

    >>> group_states(np.array([[0, 2], [1, 2], [0, 0], [0, 3], [2, 3]], np.int8)).tolist()
    [2, 1, 0, 3, 2]
    """
    out = np.full(len(states), GeneState.WILD_TYPE, np.int8)
    out[(states == GeneState.FAILED).any(axis=1)] = GeneState.FAILED
    out[(states == GeneState.NOT_TESTED).any(axis=1)] = GeneState.NOT_TESTED
    out[(states == GeneState.ALTERED).any(axis=1)] = GeneState.ALTERED
    return out
