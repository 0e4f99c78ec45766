"""Eight numbers as one value in compiled code: the same computation for eight models at a time.

The compiler does not turn running sums into vector instructions, since each needs the one before.
Eight models beside each other do not need one another: what is written here with one `Vector` is
done for all of them, in vector instructions of whatever length the machine has. Every operation is
rounded as IEEE 754 says (`fused` once, the others one by one), so what a model gives depends
neither on its neighbours nor on the machine.

Arrays of vectors are (k, `LANES`) and C-contiguous; `load` and `store` do not check their bounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from llvmlite import ir
from numba import types
from numba.core.cgutils import get_or_insert_function, unpack_tuple
from numba.extending import intrinsic, models, register_model

if TYPE_CHECKING:
    from collections.abc import Callable

LANES: Final = 8
"""Numbers in a vector; a machine with shorter registers takes two or four for it."""
NUMBERS: Final = ir.VectorType(ir.DoubleType(), LANES)
BITS: Final = ir.VectorType(ir.IntType(64), LANES)
SPREAD_FROM: Final = 2
"""Dimensions of an array whose items are the same in all lanes."""
FRACTION_BITS: Final = 52
FRACTION: Final = (1 << FRACTION_BITS) - 1
ONE: Final = 1023 << FRACTION_BITS
"""Bits of 1.0."""
SHIFTED: Final = 1075 << FRACTION_BITS
"""Bits of 2^52, whose fraction then holds a whole number."""


class Vector(types.Type):
    """`LANES` numbers in registers."""

    def __init__(self) -> None:
        super().__init__(name="Vector")


vector: Final = Vector()


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:  # noqa: ANN401 - numba's own types
        super().__init__(manager, kind, NUMBERS)  # type: ignore[no-untyped-call] # numba has no types


def _every(kind: Any, value: float) -> Any:  # noqa: ANN401 - llvmlite's own types
    return ir.Constant(kind, [value] * LANES)


def _spread(builder: Any, number: Any) -> Any:  # noqa: ANN401 - same
    index = ir.IntType(32)
    none = ir.Constant(NUMBERS, ir.Undefined)
    first = builder.insert_element(none, number, ir.Constant(index, 0))
    return builder.shuffle_vector(
        first, none, ir.Constant(ir.VectorType(index, LANES), [0] * LANES)
    )


def _place(context: Any, builder: Any, kind: Any, array: Any, row: Any) -> Any:  # noqa: ANN401 - same
    data = context.make_array(kind)(context, builder, array).data
    if kind.ndim == 1:
        return builder.gep(data, [row])
    start = builder.gep(data, [builder.mul(row, ir.Constant(ir.IntType(64), LANES))])
    return builder.bitcast(start, NUMBERS.as_pointer())


@intrinsic
def _load(_context: Any, array: Any, row: Any) -> Any:  # noqa: ANN401, ARG001 - numba's own types
    def written(context: Any, builder: Any, own: Any, arguments: Any) -> Any:  # noqa: ANN401 - same
        place = _place(context, builder, own.args[0], *arguments)
        if own.args[0].ndim == 1:
            return _spread(builder, builder.load(place))
        return builder.load(place, align=8)

    return vector(array, types.int64), written


@intrinsic
def _item(_context: Any, array: Any, j: Any, i: Any) -> Any:  # noqa: ANN401, ARG001 - same
    def written(context: Any, builder: Any, own: Any, arguments: Any) -> Any:  # noqa: ANN401 - same
        kind = own.args[0]
        whole = context.make_array(kind)(context, builder, arguments[0])
        length = unpack_tuple(builder, whole.shape)[1]  # type: ignore[no-untyped-call] # numba has no types
        place = builder.add(builder.mul(arguments[1], length), arguments[2])
        if kind.ndim == SPREAD_FROM:
            return _spread(builder, builder.load(builder.gep(whole.data, [place])))
        place = builder.mul(place, ir.Constant(ir.IntType(64), LANES))
        start = builder.bitcast(builder.gep(whole.data, [place]), NUMBERS.as_pointer())
        return builder.load(start, align=8)

    return vector(array, types.int64, types.int64), written


@intrinsic
def _store(_context: Any, array: Any, row: Any, value: Any) -> Any:  # noqa: ANN401, ARG001 - same
    def written(context: Any, builder: Any, own: Any, arguments: Any) -> Any:  # noqa: ANN401 - same
        place = _place(context, builder, own.args[0], arguments[0], arguments[1])
        builder.store(arguments[2], place, align=8)
        return context.get_dummy_value()

    return types.void(array, types.int64, vector), written


@intrinsic
def _put(_context: Any, array: Any, j: Any, i: Any, value: Any) -> Any:  # noqa: ANN401, ARG001 - same
    def written(context: Any, builder: Any, own: Any, arguments: Any) -> Any:  # noqa: ANN401 - same
        whole = context.make_array(own.args[0])(context, builder, arguments[0])
        length = unpack_tuple(builder, whole.shape)[1]  # type: ignore[no-untyped-call] # numba has no types
        row = builder.add(builder.mul(arguments[1], length), arguments[2])
        place = builder.mul(row, ir.Constant(ir.IntType(64), LANES))
        start = builder.bitcast(builder.gep(whole.data, [place]), NUMBERS.as_pointer())
        builder.store(arguments[3], start, align=8)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64, vector), written


@intrinsic
def _same(_context: Any, number: Any) -> Any:  # noqa: ANN401, ARG001 - same
    def written(_: Any, builder: Any, _own: Any, arguments: Any) -> Any:  # noqa: ANN401 - same
        return _spread(builder, arguments[0])

    return vector(types.float64), written


def _unary(build: Callable[[Any, Any], Any]) -> Any:  # noqa: ANN401 - same
    @intrinsic
    def operation(_context: Any, a: Any) -> Any:  # noqa: ANN401, ARG001 - same
        def written(_: Any, builder: Any, _own: Any, arguments: Any) -> Any:  # noqa: ANN401 - same
            return build(builder, *arguments)

        return vector(vector), written

    return operation


def _binary(build: Callable[[Any, Any, Any], Any]) -> Any:  # noqa: ANN401 - same
    @intrinsic
    def operation(_context: Any, a: Any, b: Any) -> Any:  # noqa: ANN401, ARG001 - same
        def written(_: Any, builder: Any, _own: Any, arguments: Any) -> Any:  # noqa: ANN401 - same
            return build(builder, *arguments)

        return vector(vector, vector), written

    return operation


def _ternary(build: Callable[[Any, Any, Any, Any], Any]) -> Any:  # noqa: ANN401 - same
    @intrinsic
    def operation(_context: Any, a: Any, b: Any, c: Any) -> Any:  # noqa: ANN401, ARG001 - same
        def written(_: Any, builder: Any, _own: Any, arguments: Any) -> Any:  # noqa: ANN401 - same
            return build(builder, *arguments)

        return vector(vector, vector, vector), written

    return operation


def _library(name: str, builder: Any, *arguments: Any) -> Any:  # noqa: ANN401 - same
    kind = ir.FunctionType(NUMBERS, [NUMBERS] * len(arguments))
    name = f"llvm.{name}.v{LANES}f64"
    own = get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call] # numba has no types
    return builder.call(own, arguments)


def _where(builder: Any, a: Any, b: Any, value: Any) -> Any:  # noqa: ANN401 - same
    return builder.select(builder.fcmp_ordered(">", a, b), value, _every(NUMBERS, 0.0))


def _scaled(builder: Any, value: Any, shifted: Any) -> Any:  # noqa: ANN401 - same
    power = builder.shl(builder.bitcast(shifted, BITS), _every(BITS, FRACTION_BITS))
    return builder.bitcast(builder.add(builder.bitcast(value, BITS), power), NUMBERS)


def _mantissa(builder: Any, value: Any) -> Any:  # noqa: ANN401 - same
    bits = builder.and_(builder.bitcast(value, BITS), _every(BITS, FRACTION))
    return builder.bitcast(builder.or_(bits, _every(BITS, ONE)), NUMBERS)


def _exponent(builder: Any, value: Any) -> Any:  # noqa: ANN401 - same
    bits = builder.lshr(builder.bitcast(value, BITS), _every(BITS, FRACTION_BITS))
    held = builder.bitcast(builder.or_(bits, _every(BITS, SHIFTED)), NUMBERS)
    return builder.fsub(held, _every(NUMBERS, 2.0**FRACTION_BITS + 1023.0))


load: Any = _load
"""load(array, i): row i of a (k, `LANES`) array; of a (k,) array, item i in all lanes."""
item: Any = _item
"""item(array, j, i): item (j, i) of a (k, n) array in all lanes, or of a (k, n, `LANES`) one."""
store: Any = _store
"""store(array, i, v): write row i of a (k, `LANES`) array."""
put: Any = _put
"""put(array, j, i, v): write vector (j, i) of a (k, n, `LANES`) array."""
same: Any = _same
"""same(number): it in all lanes."""
plus: Any = _binary(lambda builder, a, b: builder.fadd(a, b))
minus: Any = _binary(lambda builder, a, b: builder.fsub(a, b))
times: Any = _binary(lambda builder, a, b: builder.fmul(a, b))
over: Any = _binary(lambda builder, a, b: builder.fdiv(a, b))
lesser: Any = _binary(lambda builder, a, b: _library("minnum", builder, a, b))
greater: Any = _binary(lambda builder, a, b: _library("maxnum", builder, a, b))
root: Any = _unary(lambda builder, a: _library("sqrt", builder, a))
fused: Any = _ternary(lambda builder, a, b, c: _library("fma", builder, a, b, c))
"""fused(a, b, c): a b + c, rounded once."""
fused_from: Any = _ternary(lambda builder, a, b, c: _library("fma", builder, builder.fneg(a), b, c))
"""fused_from(a, b, c): c - a b, rounded once."""
where_above: Any = _ternary(_where)
"""where_above(a, b, v): v where a > b, 0 elsewhere."""
scaled: Any = _binary(_scaled)
"""scaled(a, b): a times 2^k, the whole number k being the last bits of b."""
mantissa: Any = _unary(_mantissa)
"""mantissa(a): positive normal a without its power of two, from 1 to 2."""
exponent: Any = _unary(_exponent)
"""exponent(a): the power of two of positive normal a."""
