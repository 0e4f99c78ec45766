"""The root of a rising function, to the last digit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_STEPS: Final = 200


def root_of_rising(rising: Callable[[float], float], low: float, high: float) -> float:
    """Bisect a function that is negative at `low` and not at `high`.

    Examples
    --------
    >>> round(root_of_rising(lambda x: x * x - 2.0, 0.0, 2.0), 12)
    1.414213562373
    """
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        if rising(middle) < 0.0:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
