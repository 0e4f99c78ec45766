"""Kaplan-Meier product limit, Greenwood variance, pointwise limits and quantiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embogen.survival.risk_sets import TIME_TOLERANCE
from embogen.survival.whole_days import FEWEST, count_by_day, last_day

if TYPE_CHECKING:
    Floats = NDArray[np.float64]

_EMPTIED: Final = 1e-12
"""A risk set whose weights all leave by the event may keep this part of itself by rounding."""


class ProductLimit(NamedTuple):
    """A Kaplan-Meier curve: all (m,), at the distinct exit times in ascending order.

    Attributes
    ----------
    time, n_risk, n_event, n_censor
        Times, and sums of case weights at risk just before, with an event, and censored.
    survival
        Just after each time.
    variance
        Greenwood sum, the variance of log survival; inf once survival is 0.
    """

    time: Floats
    n_risk: Floats
    n_event: Floats
    n_censor: Floats
    survival: Floats
    variance: Floats


def at_risk(times: Floats, exit_time: Floats, entry: Floats | None, weights: Floats) -> Floats:
    """Sum the weights of those with entry < t <= exit, for each t.

    Examples
    --------
    >>> at_risk(np.array([1.0, 2.0]), np.array([1.0, 3.0]), np.array([0.0, 1.0]), np.ones(2))
    array([1., 1.])
    """
    present = _from(times, exit_time, weights)
    return present if entry is None else present - _from(times, entry, weights)


def _from(times: Floats, values: Floats, weights: Floats) -> Floats:
    """Sum the weights of rows whose value is t or more."""
    order = np.argsort(values, kind="stable")
    tail = np.append(np.cumsum(weights[order][::-1])[::-1], 0.0)
    out: Floats = tail[np.searchsorted(values[order], times, side="left")]
    return out


def product_limit(
    time: Floats, event: NDArray[np.bool_], entry: Floats | None, weights: Floats | None
) -> ProductLimit:
    """Estimate survival.

    Parameters
    ----------
    time, event
        (n,) times, near-equal ones merged, and whether each ends in the event.
    entry
        (n,) entry times below `time`, or None; at risk on (entry, time].
    weights
        (n,) positive case weights, or None.

    Returns
    -------
    ProductLimit

    Notes
    -----
    Kaplan & Meier, JASA 1958;53:457; variance by Greenwood's sum of d / (n (n - d)).

    Examples
    --------
    >>> product_limit(np.array([1.0, 2.0]), np.array([True, False]), None, None).survival
    array([0.5, 0.5])
    """
    distinct, n_event, n_censor, n_risk = _counts(time, event, entry, weights)
    m = len(distinct)
    left = n_risk - n_event
    left[left <= _EMPTIED * n_risk] = 0.0
    survival = np.cumprod(np.divide(left, n_risk, out=np.ones(m), where=n_event > 0))
    with np.errstate(divide="ignore"):
        terms = np.divide(n_event, n_risk * left, out=np.zeros(m), where=n_event > 0)
    return ProductLimit(
        distinct,
        n_risk,
        n_event,
        n_censor,
        np.asarray(survival, dtype=np.float64),
        np.cumsum(terms),
    )


def _counts(
    time: Floats, event: NDArray[np.bool_], entry: Floats | None, weights: Floats | None
) -> tuple[Floats, Floats, Floats, Floats]:
    """Give the distinct times, and the weight of events, of censored rows and at risk at each."""
    last = last_day(time) if entry is None and len(time) >= FEWEST else -1
    if last >= 0:
        events, censored, rows = count_by_day(
            np.ascontiguousarray(time),
            np.ascontiguousarray(event),
            np.empty(0) if weights is None else weights,
            last,
        )
        days = np.flatnonzero(rows)
        n_risk = np.cumsum((events + censored)[days][::-1])[::-1]
        return days.astype(np.float64), events[days], censored[days], n_risk
    weight = np.ones(len(time)) if weights is None else weights
    distinct, position = np.unique(time, return_inverse=True)
    m = len(distinct)
    n_event = np.bincount(position[event], weight[event], minlength=m).astype(np.float64)
    n_censor = np.bincount(position[~event], weight[~event], minlength=m).astype(np.float64)
    return distinct, n_event, n_censor, at_risk(distinct, time, entry, weight)


def limits(survival: Floats, variance: Floats, z: float, kind: str) -> tuple[Floats, Floats]:
    """Give pointwise confidence limits.

    Parameters
    ----------
    survival, variance
        (m,) from `product_limit`.
    z
        Normal quantile, 1.96 for 95%.
    kind
        ``log``: S exp(-+ z s) with s^2 the Greenwood sum; ``log-log``: S^exp(-+ z s / log S);
        ``plain``: S -+ z S s. Cut to [0, 1].

    Returns
    -------
    low, high
        (m,); NaN where survival is 0, and for ``log-log`` where it is 1, as in R.
    """
    low, high = np.full_like(survival, np.nan), np.full_like(survival, np.nan)
    inside = survival > 0
    if kind == "log-log":
        inside &= survival < 1
    S, s = survival[inside], np.sqrt(variance[inside])
    if kind == "log":
        low[inside], high[inside] = S * np.exp(-z * s), np.minimum(S * np.exp(z * s), 1.0)
    elif kind == "log-log":
        spread = z * s / np.log(S)
        low[inside], high[inside] = S ** np.exp(-spread), S ** np.exp(spread)
    else:
        low[inside] = np.maximum(S - z * S * s, 0.0)
        high[inside] = np.minimum(S + z * S * s, 1.0)
    return low, high


def quantile(time: Floats, survival: Floats, p: float) -> float:
    """Give the time by which a fraction p has failed, as R's ``quantile.survfit``.

    Parameters
    ----------
    time, survival
        (m,) a step function that falls at `time`, or one of its confidence limits (NaN where it
        does not exist).
    p
        Fraction failed, 0 < p < 1.

    Returns
    -------
    float
        First time survival is 1 - p or less; where it equals 1 - p on a stretch, the middle of
        that stretch (its end the last time observed if survival never falls again); NaN when not
        reached.

    Examples
    --------
    Survival is exactly one half from day 3 to day 8:

    >>> quantile(np.array([3.0, 8.0]), np.array([0.5, 0.0]), 0.5)
    5.5
    """
    x = np.append(0.0, time)
    y = np.append(0.0, 1.0 - survival)
    _, first = np.unique(y, return_index=True)
    first.sort()
    kept = first[~np.isnan(y[first])]
    order = kept[np.argsort(y[kept], kind="stable")]
    failed = y[order]
    start = int(np.searchsorted(failed + TIME_TOLERANCE, p, side="left"))
    if start == len(order):
        return float("nan")
    begin = float(x[order[start]])
    last = first[-1]
    if not np.isnan(y[last]) and abs(p - y[last]) < TIME_TOLERANCE:
        return (begin + float(x[-1])) / 2
    end = int(np.searchsorted(failed - TIME_TOLERANCE, p, side="left"))
    return float("nan") if end == len(order) else (begin + float(x[order[end]])) / 2
