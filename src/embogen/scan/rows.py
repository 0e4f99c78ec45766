"""The rows of a scan: which numbers each feature has, and what the codes in them mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[Any]]

STATUS: Final = (
    "ok",
    "too_few_carriers",
    "not_tested",
    "no_event",
    "infinite",
    "aliased",
    "no_null_model",
    "not_converged",
    "not_asked",
)
"""How a feature's estimate ended. `no_event`: no carrier has the event, the ratio falls to 0."""
OK, FEW, NOT_TESTED, NO_EVENT, INFINITE, ALIASED, NO_NULL, NOT_CONVERGED, NOT_ASKED = range(9)
METHOD: Final = ("none", "enumerated", "drawn", "saddlepoint", "linear_saddlepoint", "score")
NUMBERS: Final = (
    "z",
    "p_score",
    "coef",
    "se",
    "p_wald",
    "p_lrt",
    "firth_coef",
    "firth_se",
    "p_firth",
    "p_value",
)
COUNTS: Final = ("n_tested", "n_events", "n_carriers", "n_carrier_events")
CODES: Final = ("status", "p_method")


@dataclass(frozen=True, slots=True)
class BlockResult:
    """Result rows of a block: arrays of one length, by the names above.

    Parameters
    ----------
    arrays
        (g,) each: `COUNTS` int64, `NUMBERS` float64 (NaN where there is none), `CODES` int8.
    """

    arrays: Arrays


def empty_rows(size: int) -> Arrays:
    """Give rows of features of which nothing is known yet."""
    out: Arrays = {name: np.zeros(size, np.int64) for name in COUNTS}
    out |= {name: np.full(size, np.nan) for name in NUMBERS}
    out |= {name: np.zeros(size, np.int8) for name in CODES}
    return out
