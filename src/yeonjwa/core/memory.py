"""Machine instructions that loops over arrays cannot be trusted to become: reads in advance, eight numbers at once.

On a pedigree larger than the caches, waiting for memory is most of the work, so what will be read is asked for in time. And
kin come in sibships of a few: a compiler unrolls a copy of eight numbers into eight copies, or turns a loop over them
into one for long arrays. Here each is one instruction on processors that have it. No bounds are checked.
"""

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

#: Option of a kernel that makes no arrays. It need not count references to those it is given, which whoever calls it holds:
#: where tuples of arrays are handed from function to function inside a loop, counting costs several times the work.
BORROWED: Final = {"_nrt": False}
#: Numbers that are moved at once.
EIGHT = 8


def _is_row(kind: Any) -> bool:
    return isinstance(kind, types.Array) and kind.ndim == 1 and kind.layout == "C"


def _pointer(context: Any, builder: Any, kind: Any, array: Any, place: Any) -> Any:
    """Where an item of an array stands."""
    return builder.gep(context.make_array(kind)(context, builder, array).data, [place])


def _eight(builder: Any, pointer: Any, kind: Any) -> Any:
    return builder.bitcast(pointer, ir.VectorType(kind, EIGHT).as_pointer())


def _splat(builder: Any, value: Any) -> Any:
    """Eight times the same."""
    vector = ir.Constant(ir.VectorType(value.type, EIGHT), ir.Undefined)
    vector = builder.insert_element(vector, value, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), EIGHT), [0] * EIGHT)
    return builder.shuffle_vector(vector, vector, zeros)


def _store(context: Any, builder: Any, kind: Any, array: Any, place: Any, vector: Any) -> None:
    pointer = _eight(builder, _pointer(context, builder, kind, array, place), vector.type.element)
    builder.store(vector, pointer, align=kind.dtype.bitwidth // 8)


@intrinsic
def prefetch(typing: Any, array: Any, place: Any) -> Any:
    """Begin to load one item of a one-dimensional array, or nothing if the place lies outside: a hint, free of effects."""
    if not isinstance(array, types.Array) or array.ndim != 1 or not isinstance(place, types.Integer):
        return None

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        item = _pointer(context, builder, array, *arguments)
        pointer = builder.bitcast(item, ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, *([ir.IntType(32)] * 3)])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        flags = [ir.Constant(ir.IntType(32), value) for value in (0, 3, 1)]  # to read, keep, data
        builder.call(function, [pointer, *flags])
        return context.get_dummy_value()

    return types.void(array, place), generate


@intrinsic
def count_ones(typing: Any, word: Any) -> Any:
    """How many bits of a number of eight bytes are set."""
    if word != types.uint64:
        return None

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(word), generate


@intrinsic
def copy_eight(typing: Any, to: Any, place: Any, source: Any, at: Any) -> Any:
    """``to[place:place + 8] = source[at:at + 8]``, of one dtype."""
    if not (_is_row(to) and _is_row(source) and to.dtype == source.dtype):
        return None

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, index, given, start = arguments
        item = context.get_data_type(to.dtype)
        pointer = _eight(builder, _pointer(context, builder, source, given, start), item)
        vector = builder.load(pointer, align=to.dtype.bitwidth // 8)
        _store(context, builder, to, array, index, vector)
        return context.get_dummy_value()

    return types.void(to, place, source, at), generate


@intrinsic
def fill_eight(typing: Any, to: Any, place: Any, value: Any) -> Any:
    """``to[place:place + 8] = value``."""
    if not (_is_row(to) and isinstance(value, types.Integer)):
        return None

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, index, number = arguments
        number = context.cast(builder, number, value, to.dtype)
        _store(context, builder, to, array, index, _splat(builder, number))
        return context.get_dummy_value()

    return types.void(to, place, value), generate


@intrinsic
def add_eight(typing: Any, to: Any, place: Any, table: Any, at: Any, value: Any) -> Any:
    """``to[place:place + 8] = value + table[at:at + 8]``; the table holds bytes."""
    if not (
        _is_row(to) and _is_row(table) and table.dtype == types.uint8 and isinstance(value, types.Integer)
    ):
        return None

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, index, steps, start, number = arguments
        item = context.get_data_type(to.dtype)
        pointer = _eight(builder, _pointer(context, builder, table, steps, start), ir.IntType(8))
        vector = builder.zext(builder.load(pointer, align=1), ir.VectorType(item, EIGHT))
        number = context.cast(builder, number, value, to.dtype)
        _store(context, builder, to, array, index, builder.add(vector, _splat(builder, number)))
        return context.get_dummy_value()

    return types.void(to, place, table, at, value), generate


@intrinsic
def copy_many(typing: Any, to: Any, place: Any, source: Any, at: Any, number: Any) -> Any:
    """``to[place:place + number] = source[at:at + number]``, of one dtype; the two must not overlap."""
    if not (_is_row(to) and _is_row(source) and to.dtype == source.dtype):
        return None

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, index, given, start, count = arguments
        cgutils.raw_memcpy(
            builder,
            _pointer(context, builder, to, array, index),
            _pointer(context, builder, source, given, start),
            context.cast(builder, count, number, types.intp),
            to.dtype.bitwidth // 8,
        )
        return context.get_dummy_value()

    return types.void(to, place, source, at, number), generate
