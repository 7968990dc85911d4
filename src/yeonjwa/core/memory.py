"""Machine instructions that loops over arrays cannot be trusted to become: reads in advance, eight numbers at once.

On a pedigree larger than the caches, waiting for memory is most of the work, so what will be read is asked for in time. And
kin come in sibships of a few: a compiler unrolls a copy of eight numbers into eight copies, or turns a loop over them
into one for long arrays. Here each is one instruction on processors that have it. No bounds are checked.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from llvmlite import binding, ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

#: Option of a kernel that makes no arrays. It need not count references to those it is given, which whoever calls it holds:
#: where tuples of arrays are handed from function to function inside a loop, counting costs several times the work.
BORROWED: Final = {"_nrt": False}
#: Numbers that are moved at once, and marks that are looked at at once.
EIGHT, SIXTEEN = 8, 16
#: The first version of the compiler that can close the gaps in a row of numbers by one instruction.
_CLOSES_GAPS = 19


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


def _sixteen(bits: int) -> Any:
    return ir.VectorType(ir.IntType(bits), SIXTEEN)


def _marked(context: Any, builder: Any, kind: Any, marks: Any, at: Any) -> Any:
    """Which of sixteen bytes are not zero."""
    pointer = builder.bitcast(_pointer(context, builder, kind, marks, at), _sixteen(8).as_pointer())
    return builder.icmp_unsigned(
        "!=", builder.load(pointer, align=1), ir.Constant(_sixteen(8), [0] * SIXTEEN)
    )


def _close_gaps(context: Any, builder: Any, kind: Any, to: Any, place: Any, first: Any, marked: Any) -> None:
    """Write ``first + i`` for each marked place i, one after the other; what follows them in the sixteen is anything."""
    word, zero = ir.IntType(32), ir.Constant(ir.IntType(32), 0)
    undefined = ir.Constant(_sixteen(32), ir.Undefined)
    rows = builder.insert_element(undefined, first, zero)
    rows = builder.shuffle_vector(rows, rows, ir.Constant(_sixteen(32), [0] * SIXTEEN))
    rows = builder.add(rows, ir.Constant(_sixteen(32), list(range(SIXTEEN))))
    if binding.llvm_version_info[0] >= _CLOSES_GAPS:
        signature = ir.FunctionType(_sixteen(32), [_sixteen(32), marked.type, _sixteen(32)])
        name = "llvm.experimental.vector.compress.v16i32"
        function = cgutils.get_or_insert_function(builder.module, signature, name)
        rows = builder.call(function, [rows, marked, undefined])
        pointer = builder.bitcast(_pointer(context, builder, kind, to, place), _sixteen(32).as_pointer())
        builder.store(rows, pointer, align=4)
        return
    for i in range(SIXTEEN):
        here = ir.Constant(word, i)
        builder.store(builder.extract_element(rows, here), _pointer(context, builder, kind, to, place))
        place = builder.add(place, builder.zext(builder.extract_element(marked, here), place.type))


@intrinsic
def _list_sixteen(typing: Any, to: Any, place: Any, first: Any, marks: Any, at: Any) -> Any:
    """``to[place:] = first + i`` for each of ``marks[at + i]``, i from 0 to 15, that is not zero; returns how many there are."""
    if not (_is_row(to) and to.dtype == types.int32 and _is_row(marks) and marks.dtype == types.uint8):
        return None
    if not (place == at == types.uint64 and first == types.int32):
        return None

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, index, number, given, start = arguments
        marked = _marked(context, builder, marks, given, start)
        _close_gaps(context, builder, to, array, index, number, marked)
        return builder.zext(builder.ctpop(builder.bitcast(marked, ir.IntType(SIXTEEN))), ir.IntType(64))

    return types.uint64(to, place, first, marks, at), generate


@numba.njit(cache=True, nogil=True)
def list_marked(marks: np.ndarray, first: int, out: np.ndarray) -> int:
    """List ``first + i`` for each mark i that is not zero, in order; returns how many there are.

    Sixteen marks are looked at at once, a third of the time of one after the other.

    Parameters
    ----------
    marks : uint8 (rows,)
        Marks.
    first : int
        Number of the first row; all numbers must fit in 32 bits.
    out : int32 (rows + 16 or more,)
        Is written to; what stands after the list is anything.
    """
    n, i = np.uint64(0), np.uint64(0)
    whole, rows, step = (
        np.uint64(marks.size - marks.size % SIXTEEN),
        np.uint64(marks.size),
        np.uint64(SIXTEEN),
    )
    while i < whole:
        n += _list_sixteen(out, n, np.int32(first + np.int64(i)), marks, i)
        i += step
    while i < rows:
        out[n] = first + np.int64(i)
        n += np.uint64(marks[i] != 0)
        i += np.uint64(1)
    return int(n)
