"""Long sums in lanes: fast, and the same to the last bit in every process.

A sum in order is slow, one addition waiting for the other. Left to the compiler to reorder, it
depends on how often a copy of the code was optimised, and several copies may be in one process.
Here 64 items at a time are added in a fixed order, written as vector instructions: the compiler has
no leave to change it, and no need to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LANES: Final = 64
"""Items taken at a time."""
WIDTH: Final = 8
"""Numbers in one vector; a machine with shorter ones takes two or four for it."""


@intrinsic
def _dot_of_block(_context: Any, a: Any, b: Any) -> Any:  # noqa: ANN401 - numba's own types
    """Sum the products of two contiguous arrays of `LANES` items, in a fixed order.

    No more than the first `LANES` items are looked at, and no fewer: the caller sees to it.
    """
    signature = types.float64(a, b)

    def written(context: Any, builder: Any, own: Any, arguments: Any) -> Any:  # noqa: ANN401 - same
        vector = ir.VectorType(ir.DoubleType(), WIDTH)
        starts = [
            context.make_array(kind)(context, builder, value).data
            for kind, value in zip(own.args, arguments, strict=True)
        ]

        def load(start: Any, part: int) -> Any:  # noqa: ANN401 - same
            place = builder.gep(start, [ir.Constant(ir.IntType(64), WIDTH * part)])
            return builder.load(builder.bitcast(place, vector.as_pointer()), align=8)

        sums = [
            builder.fmul(load(starts[0], part), load(starts[1], part))
            for part in range(LANES // WIDTH)
        ]
        while len(sums) > 1:
            half = len(sums) // 2
            sums = [builder.fadd(sums[i], sums[i + half]) for i in range(half)]
        total, size = sums[0], WIDTH
        while size > 1:
            size //= 2
            total = builder.fadd(_half(builder, total, size, 0), _half(builder, total, size, size))
        return builder.extract_element(total, ir.Constant(ir.IntType(32), 0))

    return signature, written


def _half(builder: Any, vector: Any, size: int, begin: int) -> Any:  # noqa: ANN401 - same
    """Take so many neighbours out of a vector."""
    places = ir.Constant(ir.VectorType(ir.IntType(32), size), list(range(begin, begin + size)))
    return builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), places)


dot_of_block: Any = _dot_of_block  # in compiled code it takes the two arrays only


@njit(cache=True, nogil=True)
def add_gram(block: Floats, used: int, sign: float, total: Floats) -> int:
    """Add the products of a block's rows, pair by pair, to a lower triangle.

    Parameters
    ----------
    block
        (p, `LANES`) of which the first `used` columns count; the others are cleared.
    sign
        1.0 to add, -1.0 to subtract.
    total
        (p, p) lower triangle, added to.

    Returns
    -------
    int
        0: columns used from here on.
    """
    p = block.shape[0]
    for j in range(p):
        for i in range(used, LANES):
            block[j, i] = 0.0
    for j in range(p):
        for k in range(j + 1):
            total[j, k] += sign * dot_of_block(block[j], block[k])
    return 0
