"""Carriers of sparse columns put in walking order, without sorting.

A column's positions are marked as bits, one to a patient, and the bits are read off again in
order: that costs the carriers and one word for each 64 patients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

from embogen.survival.word_bits import zeros_below

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

U: Final = np.uint64


@njit(cache=True, nogil=True)
def count_placed(
    start: Ints, carriers: NDArray[np.int32], at: Ints, position: NDArray[np.int32]
) -> Ints:
    """Count the carriers of each column who have a position.

    Parameters
    ----------
    start, carriers
        Where each column's carriers begin, and their rows.
    at
        (k,) columns asked for.
    position
        (n_source,) position of each row, -1 where it has none.

    Returns
    -------
    (k,)
    """
    out = np.zeros(at.size, np.int64)
    for k in range(at.size):
        for i in carriers[start[at[k]] : start[at[k] + 1]]:
            out[k] += position[i] >= 0
    return out


@njit(cache=True, nogil=True)
def place_columns(  # noqa: PLR0917 - compiled code has no keyword-only arguments
    columns: tuple[Ints, NDArray[np.int32], Floats],
    at: Ints,
    position: NDArray[np.int32],
    begin: Ints,
    rows: Ints,
    out: Floats,
) -> bool:
    """Fill the positions of each column's carriers, ascending, and their values.

    Parameters
    ----------
    columns
        Start and carriers as for `count_placed`, and (c,) values, or length 0 where all are 1.
    at, position
        See `count_placed`.
    begin
        (k + 1,) where each column begins in `rows` and, if there are values, in `out`.

    Returns
    -------
    bool
        Whether each column had as many different carriers as there is room for. O(carriers) and
        k n / 64.
    """
    start, carriers, values = columns
    words = np.zeros(position.size // 64 + 1, np.uint64)
    dense = np.zeros(position.size if values.size else 0)
    whole = True
    for k in range(at.size):
        for i in range(start[at[k]], start[at[k] + 1]):
            p = position[carriers[i]]
            if p >= 0:
                words[p >> 6] |= U(1) << U(p & 63)
                if values.size:
                    dense[p] = values[i]
        next_ = begin[k]
        for w in range(words.size):
            word = words[w]
            while word:
                if next_ == begin[k + 1]:
                    return False
                p = 64 * w + zeros_below(word)
                rows[next_] = p
                if values.size:
                    out[next_] = dense[p]
                next_ += 1
                word &= word - U(1)
            words[w] = U(0)
        whole = whole and next_ == begin[k + 1]
    return whole
