"""Rows of a curve or group comparison, checked once: outcome, groups, strata, case weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.inference.row_data import check_level, float_rows, label_codes, label_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from embogen.surv import Surv

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

LARGE_GROUP: Final = 20

ALL = "all"
"""Name of the only group when patients are not divided."""


class CurveRows(NamedTuple):
    """Rows that are at risk at some time; near-equal times are merged.

    Attributes
    ----------
    time, cause, entry
        (n,) days, cause code (0 censored), entry days or None.
    group, names
        (n,) position of each row's group in `names`.
    strata
        (n,) codes, or None.
    weight
        (n,) case weights, 1 without.
    kept
        (n_given,) which of the rows given these are.
    """

    time: Floats
    cause: Ints
    entry: Floats | None
    group: Ints
    names: tuple[str, ...]
    strata: Ints | None
    weight: Floats
    kept: NDArray[np.bool_]

    @property
    def n_excluded(self) -> int:
        """Rows that enter at or after their exit."""
        return int((~self.kept).sum())

    def caveats(self) -> tuple[Caveat, ...]:
        """Say how many rows were never at risk."""
        if not self.n_excluded:
            return ()
        message = f"{self.n_excluded} rows enter at or after their exit and were never at risk."
        return (Caveat("never_at_risk", message, {"n": self.n_excluded}),)


def curve_rows(
    surv: Surv,
    *,
    groups: ArrayLike | None = None,
    group_order: tuple[str, ...] | None = None,
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> CurveRows:
    """Check an outcome and what stands beside it.

    Parameters
    ----------
    surv
        n outcomes, of any number of causes.
    groups, strata
        (n,) labels, or None.
    group_order
        Names in the order wanted; sorted without it.
    weights
        (n,) positive case weights, or None.
    level
        A confidence level to check along with the rest.

    Raises
    ------
    DataError
        Naming every unusable row.
    """
    from embogen.survival.risk_sets import merge_near_times  # noqa: PLC0415 - light results

    problems: list[DataProblem] = []
    check_level(level, problems)
    labels = label_rows(groups, "groups", surv.n, problems)
    strata_labels = label_rows(strata, "strata", surv.n, problems)
    weight = float_rows(weights, "weights", surv.n, problems, positive=True)
    if problems:
        raise DataError(problems)
    time, entry = merge_near_times(surv.time, surv.entry)
    kept = np.ones(surv.n, dtype=np.bool_) if entry is None else entry < time
    codes = np.zeros(surv.n, dtype=np.int64)
    names: tuple[str, ...] = (ALL,)
    if labels is not None:
        codes, names = label_codes(labels, group_order)
    return CurveRows(
        time[kept],
        surv.event[kept].astype(np.int64),
        None if entry is None else entry[kept],
        codes[kept],
        names,
        None if strata_labels is None else label_codes(strata_labels)[0][kept],
        np.ones(int(kept.sum())) if weight is None else weight[kept],
        kept,
    )


def emptied(
    name: str, rows: CurveRows, members: Ints, counts: tuple[Floats, Floats, Floats]
) -> list[Caveat]:
    """Notice a risk set that early events empty before later patients enter.

    Parameters
    ----------
    name
        The group.
    members
        Positions of its rows.
    counts
        Its (m,) times, numbers at risk and events of any kind.
    """
    if rows.entry is None:
        return []
    time, n_risk, n_event = counts
    gone = n_event >= n_risk * (1.0 - 1e-12)
    if not gone[:-1].any():
        return []
    day = float(time[np.flatnonzero(gone)[0]])
    later = int((rows.entry[members] >= day).sum())
    where = "" if name == ALL else f"{name}: "
    message = (
        f"{where}on day {day:g} everybody at risk had an event, and {later} patients entered "
        "only later; the curve has nothing left to lose, so it says nothing about them."
    )
    return [Caveat("risk_set_emptied", message, {"day": day, "entered_later": later}, name)]


def small_group(what: str, sizes: Sequence[int]) -> list[Caveat]:
    """Say that a large-sample method rests on a small group, where it does.

    Examples
    --------
    >>> [caveat.evidence["n"] for caveat in small_group("Gray's test", (29, 6))]
    [6]
    """
    smallest = min(sizes)
    if not 0 < smallest < LARGE_GROUP:
        return []
    message = (
        f"{what} is a large-sample method, and the smallest group has {smallest} "
        f"{'patient' if smallest == 1 else 'patients'}: its p-value is likely too small and its "
        "interval too narrow."
    )
    return [Caveat("small_group", message, {"n": int(smallest)})]


def cause_code(surv: Surv, cause: str | None) -> int:
    """Find a cause by name; the first one when none is named.

    Raises
    ------
    DataError
        When the outcome has no cause of that name.

    Examples
    --------
    >>> from embogen.surv import Surv
    >>> cause_code(Surv([1, 2], [1, 2], causes=["hepatic progression", "death"]), "death")
    2
    """
    if cause is None:
        return 1
    if cause in surv.causes:
        return surv.causes.index(cause) + 1
    message = f"is not one of the causes {', '.join(surv.causes)}"
    raise DataError([DataProblem("survival data", message, "Name one of them.", value=cause)])
