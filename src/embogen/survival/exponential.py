"""exp() of many numbers, in a form the compiler turns into vector instructions.

The C library's function is called for one number at a time. Here x = k log 2 + r with k whole and
|r| <= log(2) / 2; exp(r) is its Taylor polynomial, whose first omitted term is below 2e-17,
and k is added to the exponent bits. Largest error measured: 2 units in the last place.
`exponentiate` does this for an array, `exponential` for a vector of `embogen.survival.vectors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

from embogen.survival.vectors import fused, minus, plus, same, scaled, times

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PER_LOG2: Final = 1.4426950408889634
LOG2_HIGH: Final = 0.693147180369123816490
LOG2_LOW: Final = 1.90821492927058770002e-10
"""log 2 in two parts: k times the first is exact."""
WHOLE: Final = 6755399441055744.0
"""1.5 * 2^52: adding it rounds to a whole number, whose low bits are then those of the sum."""
LARGEST: Final = 700.0
"""Beyond this in size the exponent bits overflow; the caller must not come here."""


@njit(cache=True, nogil=True)
def exponentiate(values: Floats, out: Floats, scratch: Floats) -> None:
    """Fill `out` with exp of `values`.

    Parameters
    ----------
    values
        (n,) of size at most `LARGEST`; not checked.
    out, scratch
        (n,) filled.
    """
    for i in range(values.size):
        x = values[i]
        shifted = x * PER_LOG2 + WHOLE
        k = shifted - WHOLE
        r = (x - k * LOG2_HIGH) - k * LOG2_LOW
        p = 1.0 / 6227020800.0
        p = p * r + 1.0 / 479001600.0
        p = p * r + 1.0 / 39916800.0
        p = p * r + 1.0 / 3628800.0
        p = p * r + 1.0 / 362880.0
        p = p * r + 1.0 / 40320.0
        p = p * r + 1.0 / 5040.0
        p = p * r + 1.0 / 720.0
        p = p * r + 1.0 / 120.0
        p = p * r + 1.0 / 24.0
        p = p * r + 1.0 / 6.0
        p = p * r + 0.5
        p = p * r * r + r
        out[i] = 1.0 + p
        scratch[i] = shifted
    bits, power = out.view(np.int64), scratch.view(np.int64)
    for i in range(values.size):
        bits[i] += power[i] << 52


@njit(cache=True, nogil=True)
def exponential(x: Any) -> Any:  # noqa: ANN401 - a vector, which has no type outside compiled code
    """Give exp of a vector whose numbers are at most `LARGEST` in size; not checked."""
    shifted = fused(x, same(PER_LOG2), same(WHOLE))
    k = minus(shifted, same(WHOLE))
    r = fused(k, same(-LOG2_LOW), fused(k, same(-LOG2_HIGH), x))
    rr = times(r, r)
    odd = fused(same(1.0 / 6227020800.0), rr, same(1.0 / 39916800.0))  # 1/13!, 1/11!, ...
    even = fused(same(1.0 / 479001600.0), rr, same(1.0 / 3628800.0))
    odd = fused(odd, rr, same(1.0 / 362880.0))
    even = fused(even, rr, same(1.0 / 40320.0))
    odd = fused(odd, rr, same(1.0 / 5040.0))
    even = fused(even, rr, same(1.0 / 720.0))
    odd = fused(odd, rr, same(1.0 / 120.0))
    even = fused(even, rr, same(1.0 / 24.0))
    odd = fused(odd, rr, same(1.0 / 6.0))
    even = fused(even, rr, same(0.5))
    p = fused(odd, r, even)
    return scaled(plus(same(1.0), fused(p, rr, r)), shifted)
