"""RECIST 1.1 and mRECIST of the liver, from the diameters of its lesions.

Eisenhauer et al., Eur J Cancer 2009;45:228 (doi 10.1016/j.ejca.2008.10.026), sections 4.3 and 4.4;
Lencioni & Llovet, Semin Liver Dis 2010;30:52 (doi 10.1055/s-0030-1247132) for enhancing diameters.
Lesions outside the liver are not looked at, so that the status is the liver's alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

COMPLETE: Final = "complete response"
PARTIAL: Final = "partial response"
STABLE: Final = "stable disease"
PROGRESSION: Final = "progression"
NOT_EVALUABLE: Final = "not evaluable"
SHORT_AXIS_NORMAL_MM: Final = 10.0
"""A lesion measured by its short axis (a node) is gone below this."""
_ROUNDING: Final = 1e-9
"""Sums of diameters in tenths of a millimetre are not exact in binary."""


@dataclass(frozen=True, slots=True)
class LesionReading:
    """One lesion on one scan.

    Parameters
    ----------
    lesion
        Its name, the same on every scan.
    kind
        ``target``, ``non-target`` or ``new``.
    size_mm
        The diameter the criterion is about; 0 when gone, None when not measured.
    status
        ``present``, ``absent``, ``unequivocal progression``, ``equivocal``, ``not evaluable``, or
        None.
    short_axis
        Whether the diameter is the short one.
    row
        Row of the lesions table.
    """

    lesion: str
    kind: str
    size_mm: float | None
    status: str | None = None
    short_axis: bool = False
    row: int = 0

    @property
    def gone(self) -> bool | None:
        """Whether the lesion has disappeared; None where that cannot be told."""
        if self.status is not None and self.status != NOT_EVALUABLE:
            return self.status == "absent"
        if self.size_mm is None:
            return None
        return self.size_mm < SHORT_AXIS_NORMAL_MM if self.short_axis else self.size_mm == 0


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which change on a sum is a response or a progression; limits are included.

    Parameters
    ----------
    response_percent
        Decrease from the baseline.
    progression_percent, progression_absolute
        Increase over the reference, both of which progression needs (mm of a sum of diameters, mL
        of a volume).
    reference
        ``nadir``: the smallest sum so far, baseline included; or ``baseline``.
    """

    response_percent: float = 30.0
    progression_percent: float = 20.0
    progression_absolute: float = 5.0
    reference: Literal["nadir", "baseline"] = "nadir"

    def progressed(self, value: float, reference: float) -> bool:
        """Whether a value is a progression over its reference.

        Examples
        --------
        >>> rule = Thresholds()
        >>> rule.progressed(24, 20), rule.progressed(25, 20), rule.progressed(59, 50)
        (False, True, False)
        """
        increase = value - reference
        enough = increase >= self.progression_absolute - _ROUNDING
        relative = 100 * increase >= self.progression_percent * reference - _ROUNDING
        return increase > _ROUNDING and enough and relative

    def responded(self, value: float, baseline: float) -> bool:
        """Whether a value is a response from the baseline."""
        return 100 * (baseline - value) >= self.response_percent * baseline - _ROUNDING


@dataclass(frozen=True, slots=True)
class JudgedScan:
    """The liver's status on one scan, and what it rests on.

    `status` is None for the baseline. `value` is the sum of the targets in mm (or a volume in mL),
    None where one is missing.
    """

    date: dt.date
    status: str | None
    value: float | None
    reason: str
    rows: tuple[int, ...]


@dataclass(slots=True)
class _Course:
    """What the scans so far have come to."""

    baseline: float
    nadir: float
    complete: bool = False


def judge_lesions(
    scans: Mapping[dt.date, Sequence[LesionReading]],
    anchor: dt.date,
    thresholds: Thresholds,
    *,
    max_targets: int = 2,
    min_target_mm: float = 10.0,
    window_days: float | None = None,
) -> tuple[JudgedScan, ...]:
    """Judge the liver on every scan after the baseline.

    Parameters
    ----------
    scans
        Date to the readings of the liver's lesions, at most one per lesion.
    anchor
        Start of treatment: the baseline is the last scan with lesions on or before it.
    thresholds
        Of response and progression.
    max_targets
        Targets summed: the largest at baseline; further ones are followed as non-targets.
    min_target_mm
        Targets smaller than this at baseline are followed as non-targets.
    window_days
        How long before the anchor the baseline may be; None without limit.

    Returns
    -------
    tuple of JudgedScan
        The baseline first, then every later scan by date; empty without a baseline.

    Notes
    -----
    Progression is told before anything else: an increase of the sum over its reference, an
    unequivocal progression of a non-target, a new lesion (an equivocal one from its first scan on,
    if it is later found to be real), or any lesion that comes back after a complete response. With
    a target not measured the scan is not evaluable, unless the others alone are a progression.
    Without targets a liver that is neither free of disease nor worse is "stable disease"
    (non-CR/non-PD).

    Examples
    --------
    >>> day = dt.date(2020, 1, 1)
    >>> scans = {
    ...     day: [LesionReading("a", "target", 50.0)],
    ...     day.replace(month=4): [LesionReading("a", "target", 30.0)],
    ...     day.replace(month=7): [LesionReading("a", "target", 36.0)],
    ... }
    >>> [item.status for item in judge_lesions(scans, day, Thresholds())]
    [None, 'partial response', 'progression']
    """
    start = _baseline(scans, anchor, window_days)
    if start is None:
        return ()
    targets = _targets(scans[start], max_targets, min_target_mm)
    others = [
        item.lesion for item in scans[start] if _followed(item) and item.lesion not in targets
    ]
    real = _real_new(scans, start)
    total = sum(item.size_mm or 0.0 for item in scans[start] if item.lesion in targets)
    rows = tuple(item.row for item in scans[start])
    words = f"baseline: {len(targets)} {'target' if len(targets) == 1 else 'targets'}"
    judged = [JudgedScan(start, None, total if targets else None, words, rows)]
    course = _Course(total, total)
    followed = (targets, others, real)
    judged += [
        _judge(date, scans[date], followed, course, thresholds)
        for date in sorted(scans)
        if date > start
    ]
    return tuple(judged)


def _followed(item: LesionReading) -> bool:
    return item.kind != "new" and item.gone is not True


def _baseline(
    scans: Mapping[dt.date, Sequence[LesionReading]], anchor: dt.date, window_days: float | None
) -> dt.date | None:
    """Find the last scan up to the anchor that shows a lesion to be followed."""
    found = [
        date
        for date, items in scans.items()
        if date <= anchor
        and (window_days is None or (anchor - date).days <= window_days)
        and any(_followed(item) and item.gone is not None for item in items)
    ]
    return max(found, default=None)


def _targets(items: Sequence[LesionReading], most: int, least_mm: float) -> tuple[str, ...]:
    """Choose the largest measurable targets; of equal ones the first by name."""
    measured = [
        (-item.size_mm, item.lesion)
        for item in items
        if item.kind == "target" and item.size_mm is not None and item.size_mm >= least_mm
    ]
    return tuple(lesion for _, lesion in sorted(measured)[:most])


def _real_new(scans: Mapping[dt.date, Sequence[LesionReading]], start: dt.date) -> frozenset[str]:
    """Name the new lesions that are, or turn out to be, real."""
    return frozenset(
        item.lesion
        for date, items in scans.items()
        if date > start
        for item in items
        if item.kind == "new"
        and item.gone is not True
        and item.status not in {"equivocal", NOT_EVALUABLE}
    )


def _judge(
    date: dt.date,
    items: Sequence[LesionReading],
    followed: tuple[Sequence[str], Sequence[str], frozenset[str]],
    course: _Course,
    thresholds: Thresholds,
) -> JudgedScan:
    """Judge one scan, and carry the course on."""
    targets, others, _ = followed
    seen = {item.lesion: item for item in items}
    sizes = [_size(seen.get(lesion)) for lesion in targets]
    complete_sum = all(size is not None for size in sizes)
    total = sum(size for size in sizes if size is not None)
    reference = course.nadir if thresholds.reference == "nadir" else course.baseline
    why = _progression(seen, followed, course, (total, reference, thresholds))
    targets_gone = all(lesion in seen and seen[lesion].gone for lesion in targets)
    others_gone = all(lesion in seen and seen[lesion].gone for lesion in others)
    others_seen = all(lesion in seen and seen[lesion].gone is not None for lesion in others)
    if why:
        status = PROGRESSION
    elif not complete_sum:
        missing = [x for x, size in zip(targets, sizes, strict=True) if size is None]
        status, why = NOT_EVALUABLE, f"target {', '.join(missing)} not measured"
    elif targets_gone and others_gone:
        status, why = COMPLETE, "all lesions gone"
    elif not targets:
        status = STABLE if others_seen else NOT_EVALUABLE
        why = "non-targets neither gone nor worse" if others_seen else "non-target not assessed"
    elif targets_gone or thresholds.responded(total, course.baseline):
        status, why = PARTIAL, f"sum {total:g} from {course.baseline:g} mm at baseline"
    else:
        status = STABLE
        why = (
            f"sum {total:g}, baseline {course.baseline:g}, {thresholds.reference} {reference:g} mm"
        )
    if complete_sum and targets:
        course.nadir = min(course.nadir, total)
    course.complete = course.complete or status == COMPLETE
    shown = total if complete_sum and targets else None
    return JudgedScan(date, status, shown, why, tuple(item.row for item in items))


def _size(item: LesionReading | None) -> float | None:
    """Return what a target adds to the sum: nothing once it is absent."""
    if item is None or item.status == NOT_EVALUABLE:
        return None
    return 0.0 if item.size_mm is None and item.status == "absent" else item.size_mm


def _progression(
    seen: Mapping[str, LesionReading],
    followed: tuple[Sequence[str], Sequence[str], frozenset[str]],
    course: _Course,
    sums: tuple[float, float, Thresholds],
) -> str:
    """Say why a scan shows progression, or nothing."""
    targets, others, real = followed
    total, reference, thresholds = sums
    reasons = []
    if targets and thresholds.progressed(total, reference):
        reasons.append(f"sum {total:g} over {thresholds.reference} {reference:g} mm")
    worse = [x for x in others if x in seen and seen[x].status == "unequivocal progression"]
    if worse:
        reasons.append(f"non-target {', '.join(worse)} progressed")
    new = sorted(x for x in seen if x in real and seen[x].gone is not True)
    if new:
        reasons.append(f"new lesion {', '.join(new)}")
    if course.complete:
        back = [x for x in (*targets, *others) if x in seen and seen[x].gone is False]
        if back:
            reasons.append(f"lesion {', '.join(back)} back after complete response")
    return "; ".join(reasons)
