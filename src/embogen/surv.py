"""`Surv`: time, event and entry of each patient. The one noun both pillars share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from embogen.errors import DataError, DataProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

_SOURCE: Final = "survival data"
MAX_CAUSES: Final = 127
_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True)
class ExcludedRow:
    """A row left out before any analysis, with its 0-based position and the reason."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True, init=False, eq=False)
class Surv:
    """Times to an event, validated once and read-only.

    Parameters
    ----------
    time
        (n,) days from the origin to the event or to censoring; finite, not negative.
    event
        (n,) 0 for censored, k for an event of cause k; booleans are allowed.
    entry
        (n,) days from the origin at which each patient came under observation (left truncation),
        or None when all are observed from the origin. A patient is at risk on (entry, time].
    causes
        Name of each cause, in the order of the codes; one name for an ordinary survival time.

    Raises
    ------
    DataError
        Naming every offending row: text, missing, infinite or negative times, codes that are
        fractional or have no cause name (1/2 coding is ambiguous and refused), entry at or after
        exit, arrays of different lengths, no rows.

    Examples
    --------
    Three patients: events on day 9 and 13, one censored on day 13.

    >>> surv = Surv([9, 13, 13], [1, 1, 0])
    >>> surv.n, surv.n_events
    (3, 2)
    """

    time: NDArray[np.float64]
    event: NDArray[np.int8]
    entry: NDArray[np.float64] | None
    causes: tuple[str, ...]

    def __init__(
        self,
        time: ArrayLike,
        event: ArrayLike,
        entry: ArrayLike | None = None,
        causes: Sequence[str] = ("event",),
    ) -> None:
        problems: list[DataProblem] = []
        times = _numbers(time, "time", problems)
        codes = _numbers(event, "event", problems)
        entries = None if entry is None else _numbers(entry, "entry", problems)
        _check_lengths(times, codes, entries, problems)
        _check_times(times, "time", problems)
        _check_codes(codes, tuple(causes), problems)
        if entries is not None:
            _check_entries(entries, times, problems)
        if problems:
            raise DataError(problems)
        object.__setattr__(self, "time", _frozen(times))
        object.__setattr__(self, "event", _frozen(codes.astype(np.int8)))
        object.__setattr__(self, "entry", None if entries is None else _frozen(entries))
        object.__setattr__(self, "causes", tuple(causes))

    @classmethod
    def screened(
        cls,
        time: ArrayLike,
        event: ArrayLike,
        entry: ArrayLike | None = None,
        causes: Sequence[str] = ("event",),
    ) -> tuple[Surv, NDArray[np.intp], tuple[ExcludedRow, ...]]:
        """Leave out rows that cannot be at risk, and say which and why.

        A row with a missing time, event or entry, or whose entry is not before its exit, is
        excluded; anything else that is wrong is refused as in the constructor.

        Returns
        -------
        surv
            The rows kept.
        kept
            (m,) their 0-based positions in the input.
        excluded
            One `ExcludedRow` for each row left out.

        Examples
        --------
        >>> surv, kept, excluded = Surv.screened([59, 115], [1, 1], [0, 150])
        >>> kept.tolist(), excluded[0].reason
        ([0], 'entry (150) is not before exit (115)')
        """
        problems: list[DataProblem] = []
        times = _numbers(time, "time", problems)
        codes = _numbers(event, "event", problems)
        entries = np.zeros(len(times)) if entry is None else _numbers(entry, "entry", problems)
        _check_lengths(times, codes, entries, problems)
        if problems:
            raise DataError(problems)
        excluded: list[ExcludedRow] = []
        for name, column in (("time", times), ("event", codes), ("entry", entries)):
            seen = {item.row for item in excluded}
            missing = np.flatnonzero(np.isnan(column))
            excluded += [
                ExcludedRow(int(i), f"{name} is missing") for i in missing if i not in seen
            ]
        gone = {item.row for item in excluded}
        late = np.flatnonzero(entries >= times) if entry is not None else np.empty(0, np.intp)
        excluded += [
            ExcludedRow(int(i), f"entry ({entries[i]:g}) is not before exit ({times[i]:g})")
            for i in late
            if i not in gone and np.isfinite(times[i])
        ]
        excluded.sort(key=lambda item: item.row)
        mask = np.ones(len(times), dtype=bool)
        mask[[item.row for item in excluded]] = False
        kept = np.flatnonzero(mask)
        surv = cls(times[kept], codes[kept], None if entry is None else entries[kept], causes)
        return surv, kept, tuple(excluded)

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.time)

    @property
    def n_events(self) -> int:
        """Number of rows with an event of any cause."""
        return int(np.count_nonzero(self.event))

    def take(self, rows: NDArray[Any]) -> Surv:
        """Select rows by boolean mask or position, in the order given."""
        entry = None if self.entry is None else self.entry[rows]
        return Surv(self.time[rows], self.event[rows], entry, self.causes)


def _frozen(array: NDArray[_Scalar]) -> NDArray[_Scalar]:
    copy = np.ascontiguousarray(array).copy()
    copy.flags.writeable = False
    return copy


def _numbers(values: ArrayLike, name: str, problems: list[DataProblem]) -> NDArray[np.float64]:
    """Convert to a float vector; text and None are reported by row, None becomes NaN."""
    array = np.asarray(values)
    if array.dtype.kind in "biuf" and array.ndim == 1:
        return array.astype(np.float64)
    if array.ndim != 1:
        problems.append(
            DataProblem(_SOURCE, f"has {array.ndim} dimensions, one was expected", column=name)
        )
        return np.empty(0)
    out = np.full(len(array), np.nan)
    for i, value in enumerate(array.tolist()):
        if value is None:
            continue
        try:
            out[i] = float(value)
        except (TypeError, ValueError):
            problems.append(
                DataProblem(
                    _SOURCE,
                    "is not a number",
                    "Correct the value or leave it empty.",
                    row=i + 1,
                    column=name,
                    value=str(value),
                )
            )
    return out


def _check_lengths(
    times: NDArray[np.float64],
    codes: NDArray[np.float64],
    entries: NDArray[np.float64] | None,
    problems: list[DataProblem],
) -> None:
    if problems:
        return
    lengths = {"time": len(times), "event": len(codes)}
    if entries is not None:
        lengths["entry"] = len(entries)
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} {length}" for name, length in lengths.items())
        problems.append(DataProblem(_SOURCE, f"the columns have different lengths ({shown})"))
    elif len(times) == 0:
        problems.append(DataProblem(_SOURCE, "there are no rows", "Give at least one patient."))


def _report(
    bad: NDArray[np.bool_],
    values: NDArray[np.float64],
    column: str,
    message: str,
    problems: list[DataProblem],
) -> None:
    known = {(item.row, item.column) for item in problems}
    problems += [
        DataProblem(_SOURCE, message, row=int(i) + 1, column=column, value=f"{values[i]:g}")
        for i in np.flatnonzero(bad)
        if (int(i) + 1, column) not in known
    ]


def _check_times(values: NDArray[np.float64], column: str, problems: list[DataProblem]) -> None:
    _report(np.isnan(values), values, column, "is missing; a number of days was expected", problems)
    _report(np.isinf(values), values, column, "is infinite; a finite time was expected", problems)
    _report(values < 0, values, column, "is negative; days from the origin were expected", problems)


def _check_codes(
    codes: NDArray[np.float64], causes: tuple[str, ...], problems: list[DataProblem]
) -> None:
    if not 1 <= len(causes) <= MAX_CAUSES:
        msg = f"between 1 and {MAX_CAUSES} causes can be named, not {len(causes)}"
        problems.append(DataProblem(_SOURCE, msg, column="event"))
        return
    _report(np.isnan(codes), codes, "event", "is missing; an event code was expected", problems)
    finite = np.isfinite(codes)
    fractional = finite & (codes != np.round(codes))
    _report(
        fractional, codes, "event", "is not a whole number; 0 or a cause was expected", problems
    )
    outside = ~np.isnan(codes) & ~fractional & ((codes < 0) | (codes > len(causes)))
    expected = "0 (censored) or 1 (event)" if len(causes) == 1 else f"0 to {len(causes)}"
    message = f"is not one of the expected codes, {expected}; 1/2 coding is ambiguous, recode it"
    _report(outside, codes, "event", message, problems)


def _check_entries(
    entries: NDArray[np.float64], times: NDArray[np.float64], problems: list[DataProblem]
) -> None:
    _report(np.isnan(entries), entries, "entry", "is missing; days were expected", problems)
    _report(np.isinf(entries), entries, "entry", "is infinite; days were expected", problems)
    if len(entries) == len(times):
        late = np.isfinite(times) & np.isfinite(entries) & (entries >= times)
        _report(late, entries, "entry", "is at or after exit; entry < exit was expected", problems)
