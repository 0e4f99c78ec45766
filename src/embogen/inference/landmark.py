"""Landmark analyses: what is known at a fixed day, and what follows from there.

Patients whose follow-up ends before the landmark are left out and counted. A comparison at the
landmark (`landmark_outcome` with `associate`) asks who had the event by then; survival from the
landmark (`after_landmark`) may be compared by anything known at it, such as response, without the
head start that responders otherwise get (Anderson, Cain & Gelber, J Clin Oncol 1983;1:710).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem, NotEstimable
from embogen.inference.association import Associations, associate
from embogen.inference.curve_rows import cause_code
from embogen.inference.response import BinaryOutcome, LeftOut
from embogen.surv import Surv
from embogen.units import days_to_months

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from embogen.inference.association import Factor, Subgroup
    from embogen.inference.design import Design


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkSet:
    """Patients still at risk at a landmark, timed from it.

    Parameters
    ----------
    days
        The landmark.
    surv
        Outcomes of the patients kept, from the landmark.
    kept
        (m,) their positions.
    n_event_before, n_censored_before
        Patients left out because an event, or the end of follow-up, came first.
    caveats
        What must be read with it.
    """

    days: float
    surv: Surv
    kept: NDArray[np.intp]
    n_event_before: int
    n_censored_before: int
    caveats: tuple[Caveat, ...]


def _check_days(days: float) -> None:
    if not (math.isfinite(days) and days > 0):
        message = f"the landmark is {days:g}; a finite number of days above 0 was expected"
        raise DataError([DataProblem("landmark", message, "Give it in days.")])


def after_landmark(surv: Surv, days: float) -> LandmarkSet:
    """Keep patients at risk just after a landmark, and start their clock there.

    Parameters
    ----------
    surv
        n outcomes of any causes. Patients who enter after the landmark are kept, entering then.
    days
        The landmark.

    Returns
    -------
    LandmarkSet

    Raises
    ------
    DataError
        When the landmark is not a number of days above 0.
    NotEstimable
        When nobody is followed beyond it.

    Examples
    --------
    >>> later = after_landmark(Surv([100, 200, 300], [1, 0, 1]), 182)
    >>> later.surv.time.tolist(), later.n_event_before, later.n_censored_before
    ([18.0, 118.0], 1, 0)
    """
    _check_days(days)
    late = surv.time > days
    kept = np.flatnonzero(late)
    if not len(kept):
        raise NotEstimable(
            f"No patient is followed beyond day {days:g}: the last time is "
            f"{surv.time.max():g}. Choose an earlier landmark."
        )
    events = int(np.count_nonzero(~late & (surv.event != 0)))
    censored = int(np.count_nonzero(~late & (surv.event == 0)))
    entry = None if surv.entry is None else np.maximum(surv.entry[kept] - days, 0.0)
    later = Surv(surv.time[kept] - days, surv.event[kept], entry, surv.causes)
    caveats: tuple[Caveat, ...] = ()
    if events or censored:
        message = (
            f"{events} patients with an event and {censored} censored by day {days:g} are left "
            "out; the results hold for patients who reach it."
        )
        evidence = {"events": events, "censored": censored, "days": days}
        caveats = (Caveat("before_landmark", message, evidence),)
    return LandmarkSet(float(days), later, kept, events, censored, caveats)


def landmark_outcome(surv: Surv, days: float, *, cause: str | None = None) -> BinaryOutcome:
    """Tell who had the event by a landmark.

    Parameters
    ----------
    surv
        n outcomes.
    days
        The landmark; an event on the day itself counts, and so does follow-up to the day itself.
    cause
        With several causes the one meant (a patient with another event by the landmark did not
        have it); None means an event of any cause.

    Returns
    -------
    BinaryOutcome
        NaN for patients censored before the landmark, and for those who enter after it.

    Examples
    --------
    >>> landmark_outcome(Surv([100, 150, 200], [1, 0, 1]), 182).value.tolist()
    [1.0, nan, 0.0]
    """
    _check_days(days)
    meant = surv.event != 0 if cause is None else surv.event == cause_code(surv, cause)
    by = surv.time <= days
    value = np.where(by & meant, 1.0, 0.0)
    censored = (surv.time < days) & (surv.event == 0)
    late = np.zeros(surv.n, dtype=np.bool_) if surv.entry is None else surv.entry >= days
    value[censored | late] = np.nan
    counts = (
        (f"censored before day {days:g}", int((censored & ~late).sum())),
        (f"entered on or after day {days:g}", int(late.sum())),
    )
    left_out = tuple(LeftOut(reason, n) for reason, n in counts if n)
    caveats: list[Caveat] = []
    if left_out:
        shown = "; ".join(f"{item.n} {item.reason}" for item in left_out)
        evidence = {"n": sum(item.n for item in left_out), "days": days}
        caveats.append(Caveat("before_landmark", f"Patients left out: {shown}.", evidence))
    if surv.entry is not None:
        entered = int(np.count_nonzero((surv.entry > 0) & ~late & ~censored))
        if entered:
            message = (
                f"{entered} patients entered after the origin and could not have had the event "
                "before; a comparison at a landmark cannot allow for that."
            )
            caveats.append(Caveat("specimen_after_origin", message, {"n": entered}))
    name = "event" if cause is None and len(surv.causes) > 1 else cause or surv.causes[0]
    label = f"{name} by {days_to_months(days):.3g} months"
    return BinaryOutcome(label, value, left_out, tuple(caveats))


def landmark_association(
    surv: Surv,
    days: float,
    factors: Sequence[Factor],
    *,
    cause: str | None = None,
    subgroups: Sequence[Subgroup] = (),
    confounders: tuple[Design, ArrayLike] | None = None,
    level: float = 0.95,
) -> Associations:
    """Compare each factor with the event by a landmark.

    Parameters
    ----------
    surv, days, cause
        As in `landmark_outcome`.
    factors, subgroups, confounders, level
        As in `associate`.

    Returns
    -------
    Associations

    Examples
    --------
    >>> from embogen.inference.association import Factor
    >>> from embogen.inference.design import Term
    >>> gene = Factor(Term("DAXX", "altered", "wild type", "binary"), np.array([1.0, 1.0, 0.0]))
    >>> found = landmark_association(Surv([100, 150, 200], [1, 0, 1]), 182, [gene])
    >>> found.n, found.left_out[0].n, found.tables[0].carriers.n_events
    (2, 1, 1)
    """
    outcome = landmark_outcome(surv, days, cause=cause)
    return associate(
        outcome, factors, subgroups=subgroups, confounders=confounders, days=days, level=level
    )
