"""Yes-or-no outcomes: who responded, and who is left out for want of knowing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

RESPONDERS: Final = frozenset({"complete response", "partial response"})
NON_RESPONDERS: Final = frozenset({"stable disease", "progression"})
NOT_EVALUABLE: Final = "not evaluable"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many patients have no outcome, and why."""

    reason: str
    n: int


@dataclass(frozen=True, slots=True, eq=False)
class BinaryOutcome:
    """A yes-or-no outcome.

    Parameters
    ----------
    name
        What a reader calls it: ``objective response``.
    value
        (n,) 1 yes, 0 no, NaN for patients left out.
    left_out
        Every NaN accounted for, by reason.
    caveats
        What must be read with it.
    """

    name: str
    value: NDArray[np.float64]
    left_out: tuple[LeftOut, ...]
    caveats: tuple[Caveat, ...] = ()


def objective_response(
    best_response: Sequence[str | None],
    *,
    not_evaluable: Literal["leave_out", "non_responder"] = "leave_out",
) -> BinaryOutcome:
    """Turn best responses into responders (complete or partial) and others.

    Parameters
    ----------
    best_response
        (n,) ``complete response``, ``partial response``, ``stable disease``, ``progression``,
        ``not evaluable``, or None where none is known.
    not_evaluable
        Whether patients who could not be evaluated are left out, or counted as not responding
        (the stricter rule of trials).

    Raises
    ------
    DataError
        Naming every other word.

    Examples
    --------
    >>> outcome = objective_response(["partial response", "progression", None])
    >>> outcome.value.tolist(), outcome.left_out[0].n
    ([1.0, 0.0, nan], 1)
    """
    value = np.full(len(best_response), np.nan)
    problems: list[DataProblem] = []
    missing, unevaluable = 0, 0
    for i, word in enumerate(best_response):
        if word in RESPONDERS or word in NON_RESPONDERS:
            value[i] = float(word in RESPONDERS)
        elif word is None:
            missing += 1
        elif word == NOT_EVALUABLE:
            unevaluable += 1
            if not_evaluable == "non_responder":
                value[i] = 0.0
        else:
            known = ", ".join(sorted(RESPONDERS | NON_RESPONDERS | {NOT_EVALUABLE}))
            problems.append(
                DataProblem("responses", f"is not one of {known}", "", i + 1, "response", str(word))
            )
    if problems:
        raise DataError(problems)
    counts = [("no response recorded", missing)]
    if not_evaluable == "leave_out":
        counts.append(("response not evaluable", unevaluable))
    left_out = tuple(LeftOut(reason, n) for reason, n in counts if n)
    caveats: tuple[Caveat, ...] = ()
    if left_out:
        shown = "; ".join(f"{item.n} {item.reason}" for item in left_out)
        total = sum(item.n for item in left_out)
        caveats = (Caveat("response_unknown", f"Patients left out: {shown}.", {"n": total}),)
    return BinaryOutcome("objective response", value, left_out, caveats)
