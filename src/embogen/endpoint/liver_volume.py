"""Response and progression by the volume of all liver metastases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from embogen.endpoint.recist import (
    COMPLETE,
    PARTIAL,
    PROGRESSION,
    STABLE,
    JudgedScan,
    Thresholds,
)


def judge_volumes(
    volumes: Mapping[dt.date, tuple[float, int]],
    anchor: dt.date,
    thresholds: Thresholds,
    *,
    window_days: float | None = None,
) -> tuple[JudgedScan, ...]:
    """Judge the liver on every scan after the baseline by the volume of its tumour.

    Parameters
    ----------
    volumes
        Date to the volume in mL and the row it stands in.
    anchor
        Start of treatment: the baseline is the last volume on or before it.
    thresholds
        Of response and progression, in percent and mL.
    window_days
        How long before the anchor the baseline may be; None without limit.

    Returns
    -------
    tuple of JudgedScan
        The baseline first; empty without a baseline above zero.

    Examples
    --------
    A volume that falls from 100 to 30 mL and doubles from there:

    >>> day = dt.date(2020, 1, 1)
    >>> later = {day.replace(month=4): (30.0, 3), day.replace(month=7): (60.0, 4)}
    >>> volumes = {day: (100.0, 2), **later}
    >>> rule = Thresholds(65, 73, 0)
    >>> [item.status for item in judge_volumes(volumes, day, rule)]
    [None, 'partial response', 'progression']
    """
    before = [
        date
        for date, (volume, _) in volumes.items()
        if date <= anchor
        and volume > 0
        and (window_days is None or (anchor - date).days <= window_days)
    ]
    if not before:
        return ()
    start = max(before)
    baseline, row = volumes[start]
    nadir = baseline
    judged = [JudgedScan(start, None, baseline, "baseline: volume in mL", (row,))]
    for date in sorted(date for date in volumes if date > start):
        volume, row = volumes[date]
        reference = nadir if thresholds.reference == "nadir" else baseline
        why = f"{volume:g}, baseline {baseline:g}, {thresholds.reference} {reference:g} mL"
        if thresholds.progressed(volume, reference):
            status = PROGRESSION
        elif volume == 0:
            status = COMPLETE
        else:
            status = PARTIAL if thresholds.responded(volume, baseline) else STABLE
        nadir = min(nadir, volume)
        judged.append(JudgedScan(date, status, volume, why, (row,)))
    return tuple(judged)
