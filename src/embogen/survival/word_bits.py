"""What processors do with 64-bit words and numba does not offer: bits counted, whole products."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic


def _ones(_typing: Any, _word: Any) -> Any:  # noqa: ANN401 - numba's own types
    """Count the ones of a word."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:  # noqa: ANN401 - same
        return builder.ctpop(args[0])

    return types.int64(types.uint64), generate


def _zeros_below(_typing: Any, _word: Any) -> Any:  # noqa: ANN401 - numba's own types
    """Count the zeros below the lowest one of a word; of 0, 64."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:  # noqa: ANN401 - same
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate


def _whole_product(_typing: Any, _a: Any, _b: Any) -> Any:  # noqa: ANN401 - numba's own types
    """Give the upper and the lower 64 of the 128 bits of a product."""
    pair = types.UniTuple(types.uint64, 2)  # type: ignore[no-untyped-call] # numba's own

    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:  # noqa: ANN401 - same
        wide, narrow = ir.IntType(128), ir.IntType(64)
        product = builder.mul(builder.zext(args[0], wide), builder.zext(args[1], wide))
        upper = builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), narrow)
        return context.make_tuple(builder, pair, [upper, builder.trunc(product, narrow)])

    return pair(types.uint64, types.uint64), generate


ones: Any = intrinsic(_ones)
zeros_below: Any = intrinsic(_zeros_below)
whole_product: Any = intrinsic(_whole_product)
