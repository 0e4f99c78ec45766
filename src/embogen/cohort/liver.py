"""What measurements of the liver say: how much of it is tumour, and how well it works."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Final

ALBI_LIMITS: Final = (-2.60, -1.39)
"""Highest scores of ALBI grades 1 and 2."""


def tumor_burden_percent(tumor_volume_ml: float, liver_volume_ml: float) -> float:
    """Give tumour volume as a percentage of liver volume, metastases included.

    Raises
    ------
    ValueError
        When the liver has no volume, or less than the tumour in it.

    Examples
    --------
    >>> tumor_burden_percent(300, 1500)
    20.0
    """
    if not 0 <= tumor_volume_ml <= liver_volume_ml or liver_volume_ml == 0:
        msg = f"a tumour of {tumor_volume_ml:g} mL does not fit a liver of {liver_volume_ml:g} mL"
        raise ValueError(msg)
    return 100 * tumor_volume_ml / liver_volume_ml


def class_names(cutpoints: Sequence[float], unit: str = "%") -> tuple[str, ...]:
    """Name the classes that rising cutpoints make of a number.

    The lowest class ends below the first cutpoint and the highest begins above the last, so that
    both cutpoints of three classes belong to the middle one. A single cutpoint belongs to the
    lower class.

    Examples
    --------
    >>> class_names([25, 50]), class_names([50])
    (('<25%', '25 to 50%', '>50%'), ('up to 50%', '>50%'))
    >>> class_names([10, 25, 50])
    ('<10%', '10 to <25%', '25 to 50%', '>50%')
    """
    if len(cutpoints) == 1:
        return (f"up to {cutpoints[0]:g}{unit}", f">{cutpoints[0]:g}{unit}")
    names = [f"<{cutpoints[0]:g}{unit}"]
    for low, high in itertools.pairwise(cutpoints):
        below = "" if high == cutpoints[-1] else "<"
        names.append(f"{low:g} to {below}{high:g}{unit}")
    return (*names, f">{cutpoints[-1]:g}{unit}")


def class_of(value: float, cutpoints: Sequence[float], unit: str = "%") -> str:
    """Give the class of a number; see `class_names`.

    Examples
    --------
    >>> [class_of(value, [25, 50]) for value in (24.9, 25, 50, 50.1)]
    ['<25%', '25 to 50%', '25 to 50%', '>50%']
    """
    names = class_names(cutpoints, unit)
    if value > cutpoints[-1]:
        return names[-1]
    return names[min(sum(value >= cut for cut in cutpoints), len(names) - 2)]


def albi_score(bilirubin_umol_l: float, albumin_g_l: float) -> float:
    """Compute the albumin-bilirubin score.

    ``0.66 log10(bilirubin in umol/L) - 0.085 (albumin in g/L)``: Johnson and others, J Clin Oncol
    2015, doi 10.1200/JCO.2014.57.9151.

    Raises
    ------
    ValueError
        When bilirubin is not above zero.

    Examples
    --------
    >>> round(albi_score(10, 40), 10)  # 0.66 - 3.4
    -2.74
    """
    return 0.66 * math.log10(bilirubin_umol_l) - 0.085 * albumin_g_l


def albi_grade(score: float) -> int:
    """Grade liver function by the albumin-bilirubin score.

    1 up to -2.60, 2 up to -1.39, 3 above: the same source as `albi_score`.

    Examples
    --------
    >>> [albi_grade(score) for score in (-2.60, -2.59, -1.39, -1.38)]
    [1, 2, 2, 3]
    """
    return 1 + sum(score > limit for limit in ALBI_LIMITS)
