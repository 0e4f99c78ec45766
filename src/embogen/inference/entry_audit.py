"""What a late biopsy does to an estimate: four ways to treat it, side by side.

A patient whose specimen was taken after the time origin was bound to be without an event until
then (immortal time); one whose specimen was taken at the event is in the cohort because of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.inference.cox import fit_cox
from embogen.inference.curves import kaplan_meier
from embogen.inference.design import Design, Term
from embogen.inference.estimates import Estimate
from embogen.inference.landmark import after_landmark
from embogen.inference.response import LeftOut
from embogen.surv import Surv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

AuditWay = Literal["naive", "delayed_entry", "landmark", "baseline_biopsy"]
SpecimenClass = Literal["before_or_at_origin", "before_event", "at_or_after_event"]
_ALPHA: Final = 0.05


@dataclass(frozen=True, slots=True)
class SpecimenCount:
    """How many patients had their specimen then, and how many of them had the event."""

    when: SpecimenClass
    n: int
    n_events: int


@dataclass(frozen=True, slots=True)
class AuditRatio:
    """The hazard ratio of one term, alone in a Cox model, in one of the ways."""

    term: Term
    hr: Estimate
    n: int
    n_events: int


@dataclass(frozen=True, slots=True)
class AuditEstimate:
    """One way to treat late specimens, and what it gives.

    Parameters
    ----------
    way
        ``naive``: everybody at risk from the origin. ``delayed_entry``: at risk from the specimen
        on. ``landmark``: time from the landmark, for patients with a specimen by then who are
        still at risk. ``baseline_biopsy``: only specimens before or at the origin.
    n, n_events
        Patients and events.
    left_out
        The patients it does without, by reason.
    median
        Median time in days, from the landmark for ``landmark``; NaN when not reached.
    ratios
        One for each column of each term.
    """

    way: AuditWay
    n: int
    n_events: int
    left_out: tuple[LeftOut, ...]
    median: Estimate
    ratios: tuple[AuditRatio, ...]


@dataclass(frozen=True, slots=True)
class TruncationTest:
    """Whether entry and event times depend on each other, where both can be seen.

    `tau` is Kendall's, among `pairs` pairs at risk together: above zero when those who enter late
    have the event late. NaN, and `p_value` None, where nobody enters late or nothing compares.
    """

    tau: float
    z: float
    p_value: float | None
    pairs: int


@dataclass(frozen=True, slots=True)
class EntryAudit:
    """The audit of entry: who was biopsied when, four analyses, and a test between them.

    Parameters
    ----------
    n
        Patients whose specimen has a date.
    counts
        By when the specimen was taken: before or at the origin, before the event (or the end of
        follow-up), at or after it.
    landmark_days
        Landmark of that analysis.
    estimates
        The four ways in the order of `AuditWay`.
    truncation
        Delayed entry is right only where entry does not depend on the event time.
    caveats
        What must be read with it.
    """

    n: int
    counts: tuple[SpecimenCount, ...]
    landmark_days: float
    estimates: tuple[AuditEstimate, ...]
    truncation: TruncationTest
    caveats: tuple[Caveat, ...]

    def estimate(self, way: AuditWay) -> AuditEstimate:
        """Return one of the ways."""
        return next(item for item in self.estimates if item.way == way)

    def count(self, when: SpecimenClass) -> SpecimenCount:
        """Return one of the classes."""
        return next(item for item in self.counts if item.when == when)


@dataclass(frozen=True, slots=True, eq=False)
class AuditTerm:
    """A term to compare: its columns for the patients in whom it is known.

    `known` is (n,); `design` has a row for each patient known.
    """

    design: Design
    known: NDArray[np.bool_]


def entry_audit(
    surv: Surv,
    specimen: ArrayLike,
    terms: Sequence[AuditTerm] = (),
    *,
    landmark_days: float = 182.625,
    level: float = 0.95,
) -> EntryAudit:
    """Set four treatments of late specimens side by side.

    Parameters
    ----------
    surv
        n outcomes of one cause from the origin, without entry: the audit gives it.
    specimen
        (n,) days from the origin to the specimen, negative before it.
    terms
        Terms whose hazard ratios are compared, each alone in a model.
    landmark_days
        For the landmark analysis.
    level
        Confidence level.

    Returns
    -------
    EntryAudit

    Raises
    ------
    DataError
        When outcomes have an entry already, or lengths or specimen days are unusable.

    Examples
    --------
    Biopsies at the origin, on day 30 of 100, and at the progression on day 50:

    >>> audit = entry_audit(Surv([80, 100, 50], [1, 1, 1]), [0, 30, 50], landmark_days=40)
    >>> [item.n for item in audit.counts], [item.n for item in audit.estimates]
    ([1, 1, 1], [3, 2, 2, 1])
    """
    days = _checked(surv, specimen, landmark_days)
    classes: dict[SpecimenClass, NDArray[np.bool_]] = {
        "before_or_at_origin": days <= 0,
        "before_event": (days > 0) & (days < surv.time),
        "at_or_after_event": (days > 0) & (days >= surv.time),
    }
    counts = tuple(
        SpecimenCount(when, int(rows.sum()), int((surv.event[rows] != 0).sum()))
        for when, rows in classes.items()
    )
    ways = _ways(surv, days, classes, landmark_days)
    estimates = tuple(_estimate(*way, terms, level) for way in ways)
    delayed = ways[1][2]
    nothing = TruncationTest(math.nan, math.nan, None, 0)
    test = nothing if delayed is None else truncation_test(delayed)
    caveats = _caveats(counts, test)
    return EntryAudit(surv.n, counts, float(landmark_days), estimates, test, caveats)


def _ways(
    surv: Surv,
    days: NDArray[np.float64],
    classes: Mapping[SpecimenClass, NDArray[np.bool_]],
    landmark_days: float,
) -> tuple[tuple[AuditWay, NDArray[np.bool_], Surv | None, tuple[LeftOut, ...]], ...]:
    """Take the patients each way keeps, their outcome in it, and who is left out why."""
    at_event, early = classes["at_or_after_event"], classes["before_or_at_origin"]
    no_time = ~at_event & (surv.time == 0)
    entered = ~at_event & ~no_time
    by_landmark = (days <= landmark_days) & (surv.time > landmark_days)
    late = (surv.time > landmark_days) & (days > landmark_days)
    return (
        ("naive", np.ones(surv.n, dtype=np.bool_), surv, ()),
        (
            "delayed_entry",
            entered,
            _part(surv, entered, np.maximum(days, 0.0)),
            _out(
                ("specimen at or after the end of follow-up", at_event),
                ("no time at risk", no_time),
            ),
        ),
        (
            "landmark",
            by_landmark,
            _from_landmark(surv, by_landmark, landmark_days),
            _out(
                ("event or end of follow-up by the landmark", surv.time <= landmark_days),
                ("specimen after the landmark", late),
            ),
        ),
        (
            "baseline_biopsy",
            early,
            _part(surv, early),
            _out(("specimen after the origin", ~early)),
        ),
    )


def _checked(surv: Surv, specimen: ArrayLike, landmark_days: float) -> NDArray[np.float64]:
    days = np.asarray(specimen, dtype=np.float64)
    problems = []
    if surv.entry is not None:
        message = "the outcomes have an entry already"
        problems.append(DataProblem("entry audit", message, "Give them from the origin."))
    if days.shape != (surv.n,):
        message = f"{days.shape} specimen days for {surv.n} patients"
        problems.append(DataProblem("entry audit", message, "Give one for each."))
    elif not np.isfinite(days).all():
        rows = np.flatnonzero(~np.isfinite(days))
        problems += [
            DataProblem("entry audit", "no finite number of days", "Leave it out.", row=int(i))
            for i in rows
        ]
    if not (math.isfinite(landmark_days) and landmark_days > 0):
        message = f"the landmark is {landmark_days:g}; a number of days above 0 was expected"
        problems.append(DataProblem("entry audit", message, "Give it in days."))
    if problems:
        raise DataError(problems)
    return days


def _out(*reasons: tuple[str, NDArray[np.bool_]]) -> tuple[LeftOut, ...]:
    return tuple(LeftOut(words, int(rows.sum())) for words, rows in reasons if rows.any())


def _part(
    surv: Surv, rows: NDArray[np.bool_], entry: NDArray[np.float64] | None = None
) -> Surv | None:
    late = None if entry is None else entry[rows]
    return Surv(surv.time[rows], surv.event[rows], late) if rows.any() else None


def _from_landmark(surv: Surv, rows: NDArray[np.bool_], days: float) -> Surv | None:
    part = _part(surv, rows)
    return None if part is None else after_landmark(part, days).surv


def _estimate(  # noqa: PLR0917 - one way: its patients, their outcome, and what is estimated
    way: AuditWay,
    rows: NDArray[np.bool_],
    outcome: Surv | None,
    left_out: tuple[LeftOut, ...],
    terms: Sequence[AuditTerm],
    level: float,
) -> AuditEstimate:
    if outcome is None:
        nothing = Estimate(math.nan, None, None, "days")
        return AuditEstimate(way, 0, 0, left_out, nothing, ())
    median = kaplan_meier(outcome, level=level).curves[0].median
    ratios: list[AuditRatio] = []
    for item in terms:
        known = item.known[rows]
        if known.any():
            ratios += _ratios(item, rows, outcome, known, level)
    return AuditEstimate(
        way, outcome.n, int((outcome.event != 0).sum()), left_out, median, tuple(ratios)
    )


def _ratios(
    item: AuditTerm,
    rows: NDArray[np.bool_],
    outcome: Surv,
    known: NDArray[np.bool_],
    level: float,
) -> list[AuditRatio]:
    entry = None if outcome.entry is None else outcome.entry[known]
    surv = Surv(outcome.time[known], outcome.event[known], entry)
    design = Design(item.design.matrix[rows[item.known]], item.design.terms)
    fit = fit_cox(surv, design, level=level)
    return [AuditRatio(one.term, one.hr, fit.n, fit.n_events) for one in fit.estimates]


def truncation_test(surv: Surv) -> TruncationTest:
    """Test whether entry and event times depend on each other.

    Parameters
    ----------
    surv
        n outcomes of one cause with delayed entry.

    Returns
    -------
    TruncationTest

    Notes
    -----
    Conditional Kendall's tau among pairs at risk together, with the variance of Tsai (Biometrika
    1990;77:169; Martin & Betensky, JASA 2005;100:484); two-sided, by the normal distribution.

    Examples
    --------
    >>> test = truncation_test(Surv([5, 6, 7], [1, 1, 1], [0, 1, 2]))
    >>> test.tau, test.pairs
    (1.0, 3)
    """
    from scipy.stats import norm  # noqa: PLC0415 - results load without scipy

    from embogen.survival.risk_sets import merge_near_times  # noqa: PLC0415 - light results
    from embogen.survival.truncation import conditional_tau  # noqa: PLC0415 - light results

    if surv.entry is None or not (surv.entry > 0).any():
        return TruncationTest(math.nan, math.nan, None, 0)
    time, entry = merge_near_times(surv.time, surv.entry)
    if entry is None:  # there was one
        raise AssertionError
    found = conditional_tau(time, np.asarray(surv.event == 1, dtype=np.bool_), entry)
    p_value = None if math.isnan(found.z) else float(2 * norm.sf(abs(found.z)))
    return TruncationTest(found.tau, found.z, p_value, found.pairs)


def _caveats(counts: Sequence[SpecimenCount], test: TruncationTest) -> tuple[Caveat, ...]:
    found = []
    late = counts[2]
    total = sum(item.n for item in counts)
    if late.n:
        message = (
            f"{late.n} of {total} patients had their specimen at or after the event or the end of "
            f"follow-up ({late.n_events} with the event): a naive analysis holds them because of "
            "it. Delayed entry leaves them out."
        )
        evidence = {"patients": late.n, "events": late.n_events}
        found.append(Caveat("specimen_at_event", message, evidence))
    if test.p_value is not None and test.p_value < _ALPHA:
        with_late = "late" if test.tau > 0 else "early"
        message = (
            f"Patients biopsied late have the event {with_late} (conditional Kendall's tau "
            f"{test.tau:.2f}): entry depends on the event time, and delayed entry does not remove "
            "all of the bias."
        )
        measured: dict[str, float] = {"tau": test.tau, "pairs": test.pairs}
        found.append(Caveat("dependent_truncation", message, measured))
    return tuple(found)
