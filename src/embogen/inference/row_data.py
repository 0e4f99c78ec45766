"""Checks of what stands beside an outcome, row by row: weights, offsets, labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embogen.errors import DataProblem

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from embogen.surv import Surv

_SOURCE = "survival data"


def one_cause(surv: Surv, problems: list[DataProblem]) -> None:
    """Require an outcome with one kind of event."""
    if len(surv.causes) > 1:
        message = f"has {len(surv.causes)} causes ({', '.join(surv.causes)}); one was expected"
        remedy = "Code one cause as the event and the others as censored, or use competing risks."
        problems.append(DataProblem(_SOURCE, message, remedy, column="event"))


def check_level(level: float, problems: list[DataProblem]) -> None:
    """Require a confidence level between 0 and 1."""
    if not 0.0 < level < 1.0:
        message = f"a confidence level between 0 and 1 was expected, not {level:g}"
        problems.append(DataProblem(_SOURCE, message, "Write 0.95 for 95%."))


def _check_length(found: int, n: int, name: str, problems: list[DataProblem]) -> bool:
    if found != n:
        message = f"has {found} rows where the outcome has {n}"
        problems.append(DataProblem(_SOURCE, message, "Give one value per row.", column=name))
    return found == n


def float_rows(
    values: ArrayLike | None,
    name: str,
    n: int,
    problems: list[DataProblem],
    *,
    positive: bool = False,
) -> NDArray[np.float64] | None:
    """Take one finite (positive, on request) number per row; every bad row is reported."""
    if values is None:
        return None
    try:
        numbers = np.asarray(values, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError):
        message = "holds text or ragged rows; one number per row was expected"
        problems.append(DataProblem(_SOURCE, message, column=name))
        return None
    if not _check_length(len(numbers), n, name, problems):
        return None
    for i in np.flatnonzero(~np.isfinite(numbers)):
        message = "is not a finite number"
        value = f"{numbers[i]:g}"
        problems.append(DataProblem(_SOURCE, message, row=int(i) + 1, column=name, value=value))
    if positive:
        for i in np.flatnonzero(np.isfinite(numbers) & (numbers <= 0)):
            message = "is not positive; a case weight above 0 was expected"
            remedy = "Leave the row out, and count it, if it is to have no weight."
            value = f"{numbers[i]:g}"
            problems.append(DataProblem(_SOURCE, message, remedy, int(i) + 1, name, value))
    return numbers


def label_rows(
    values: ArrayLike | None, name: str, n: int, problems: list[DataProblem]
) -> NDArray[np.object_] | None:
    """Take one label per row; missing labels are reported.

    Returns
    -------
    (n,) object
        The labels as given: text, numbers or booleans.
    """
    if values is None:
        return None
    source = np.asarray(values)
    if source.ndim == 1 and source.dtype.kind in "US":
        labels = source.astype(object)
    else:
        labels = np.empty(len(source), dtype=object)
        labels[:] = list(np.asarray(values, dtype=object))
    if not _check_length(len(labels), n, name, problems):
        return None
    for i, label in enumerate(labels):
        if label is None or (isinstance(label, float) and np.isnan(label)):
            message = "is missing"
            remedy = "Leave the row out, and count it."
            problems.append(DataProblem(_SOURCE, message, remedy, i + 1, name))
    return labels


def label_codes(
    labels: NDArray[np.object_], order: tuple[str, ...] | None = None
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Give each label a number.

    Parameters
    ----------
    labels
        (n,) labels without missing ones.
    order
        Names in the order wanted; names that occur but are not listed follow. Without it numbers
        are sorted as numbers, text as text.

    Returns
    -------
    codes, names
        (n,) positions in `names`, and the names that occur.

    Examples
    --------
    >>> label_codes(np.array(["b", "a", "b"], dtype=object))
    (array([1, 0, 1]), ('a', 'b'))
    """
    distinct = set(labels.tolist())
    numeric = all(isinstance(item, (int, float, np.number)) for item in distinct)
    ranked = sorted(distinct) if numeric else sorted(distinct, key=str)
    names = list(dict.fromkeys(_name(item) for item in ranked))
    if order is not None:
        listed = [name for name in dict.fromkeys(order) if name in names]
        names = listed + [name for name in names if name not in listed]
    position = {name: i for i, name in enumerate(names)}
    codes = np.array([position[_name(item)] for item in labels], dtype=np.int64)
    return codes, tuple(names)


def _name(item: object) -> str:
    whole = isinstance(item, float) and item.is_integer()
    return str(int(item)) if whole and isinstance(item, float) else str(item)
