"""WHO grade of a neuroendocrine neoplasm from Ki-67, mitoses and differentiation, by edition.

Sources of the limits: 2010, the WHO classification of tumours of the digestive system, which took
over the scheme of ENETS (Rindi and others, doi 10.1007/s00428-006-0250-1); 2017, of endocrine
organs (Inzani and others, doi 10.1016/j.ecl.2018.04.008), pancreas only; 2019, of the digestive
system (Nagtegaal and others, doi 10.1111/his.13975); 2022, of endocrine and neuroendocrine tumours
(Rindi and others, doi 10.1007/s12022-022-09708-2), whose limits are those of 2019.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Edition = Literal["2010", "2017", "2019", "2022"]
Differentiation = Literal["well", "poorly", "unknown"]

TUMOR_CLASSES: Final = ("NET G1", "NET G2", "NET G3", "NEC", "G3, differentiation unknown")
"""Classes in order of grade; the last three are grade 3."""

_UPPER_G2: Final = 20.0
"""Per cent of Ki-67, and mitoses in 2 mm2, that are grade 2 still."""
_MITOSES_G2: Final = 2.0


@dataclass(frozen=True, slots=True)
class WhoGrade:
    """A grade derived, and how.

    Parameters
    ----------
    grade
        1, 2 or 3; None where it cannot be derived.
    tumor_class
        One of `TUMOR_CLASSES`; None with `grade`.
    one_index
        Whether only one of Ki-67 and mitoses was known: the other might have been higher.
    contradiction
        Whether a poorly differentiated neoplasm has indices of grade 1 or 2, so that one of the
        two must be wrong; nothing is derived then.
    """

    grade: int | None = None
    tumor_class: str | None = None
    one_index: bool = False
    contradiction: bool = False


def who_grade(
    ki67_percent: float | None,
    mitoses_per_2mm2: float | None,
    differentiation: Differentiation | None,
    edition: Edition,
) -> WhoGrade:
    """Grade a neuroendocrine neoplasm.

    The index that gives the higher grade decides. The editions differ in two places. A Ki-67 of
    over 2 to under 3% is grade 2 by the table of 2010 (grade 1 ends at 2%) and grade 1 from 2017 on
    (grade 1 is under 3%). Over 20% (of cells, or mitoses) is a carcinoma (NEC) in 2010 whatever its
    differentiation; from 2017 on it is NET G3 when well differentiated and NEC when poorly.

    Parameters
    ----------
    ki67_percent
        Labelling index in per cent, or None.
    mitoses_per_2mm2
        Mitoses in 2 square millimetres (about 10 high-power fields), or None.
    differentiation
        As the pathologist says; None is unknown.
    edition
        Year of the WHO classification.

    Returns
    -------
    WhoGrade
        With both indices unknown nothing is derived.

    Examples
    --------
    >>> who_grade(2.5, 1, "well", "2010").grade, who_grade(2.5, 1, "well", "2019").grade
    (2, 1)
    >>> who_grade(1, 12, "well", "2019").grade
    2
    >>> [who_grade(40, None, item, "2019").tumor_class for item in ("well", "poorly", None)]
    ['NET G3', 'NEC', 'G3, differentiation unknown']
    >>> who_grade(40, 5, "well", "2010").tumor_class
    'NEC'
    """
    steps = []
    if ki67_percent is not None:
        steps.append(_by_ki67(ki67_percent, edition))
    if mitoses_per_2mm2 is not None:
        steps.append(_step(mitoses_per_2mm2, grade_2=mitoses_per_2mm2 >= _MITOSES_G2))
    if not steps:
        return WhoGrade()
    grade = max(steps)
    if differentiation == "poorly" and grade < max(_GRADES):
        return WhoGrade(contradiction=True)
    return WhoGrade(grade, _tumor_class(grade, differentiation, edition), len(steps) == 1)


_GRADES: Final = (1, 2, 3)


def _by_ki67(percent: float, edition: Edition) -> int:
    grade_2 = percent > 2 if edition == "2010" else percent >= 3  # noqa: PLR2004 - limits of the tables
    return _step(percent, grade_2=grade_2)


def _step(index: float, *, grade_2: bool) -> int:
    if index > _UPPER_G2:
        return 3
    return 2 if grade_2 else 1


def _tumor_class(grade: int, differentiation: Differentiation | None, edition: Edition) -> str:
    if grade < max(_GRADES):
        return f"NET G{grade}"
    if edition == "2010" or differentiation == "poorly":
        return "NEC"
    return "NET G3" if differentiation == "well" else "G3, differentiation unknown"
