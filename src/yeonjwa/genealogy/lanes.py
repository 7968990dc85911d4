"""Short rows of ids in one step of the processor: compare, copy, find the least.

Loops would do; the compiler makes good vector code of them on some days and none on others (it cannot know that two
arrays do not overlap), and these run for every couple there ever is. The operations are written for as many lanes as
they need, which the compiler splits where there are fewer.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_WORD = ir.IntType(32)


def _lanes(number: int) -> Any:
    return ir.VectorType(_WORD, number)


def _pointer(context: Any, builder: Any, signature: Any, arguments: Any, array: int, index: int) -> Any:
    """Where the element of a contiguous array of 32-bit numbers lies, both given as places among the arguments."""
    made = context.make_array(signature.args[array])(context, builder, arguments[array])
    data = builder.bitcast(made.data, _WORD.as_pointer())
    return builder.gep(data, [context.cast(builder, arguments[index], signature.args[index], types.intp)])


def _load(builder: Any, pointer: Any, number: int) -> Any:
    """So many numbers from a place on; it need not be a multiple of anything but four bytes."""
    return builder.load(builder.bitcast(pointer, _lanes(number).as_pointer()), align=4)


def _spread(builder: Any, value: Any, number: int) -> Any:
    """One number in every lane."""
    undefined = ir.Constant(_lanes(number), ir.Undefined)
    return builder.shuffle_vector(
        builder.insert_element(undefined, value, _WORD(0)), undefined, ir.Constant(_lanes(number), None)
    )


def _share(few: int) -> Any:
    """An intrinsic that compares ``few`` ids with sixteen."""

    @intrinsic
    def share(typing_context: Any, row: Any, begin: Any, other: Any, other_begin: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            others = _load(builder, _pointer(context, builder, signature, arguments, 2, 3), 16)
            pointer = _pointer(context, builder, signature, arguments, 0, 1)
            found = None
            for k in range(few):
                one = _spread(builder, builder.load(builder.gep(pointer, [_WORD(k)])), 16)
                same = builder.icmp_signed("==", one, others)
                found = same if found is None else builder.or_(found, same)
            bits = ir.IntType(16)
            return builder.icmp_unsigned("!=", builder.bitcast(found, bits), bits(0))

        return types.boolean(row, begin, other, other_begin), generate

    return share


def _copy(number: int) -> Any:
    """An intrinsic that copies so many ids, with ``missing`` in the place of those below zero."""

    @intrinsic
    def copy(typing_context: Any, source: Any, begin: Any, target: Any, place: Any, missing: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            ids = _load(builder, _pointer(context, builder, signature, arguments, 0, 1), number)
            none = context.cast(builder, arguments[4], signature.args[4], types.int32)
            known = builder.icmp_signed(">=", ids, _spread(builder, _WORD(0), number))
            ids = builder.select(known, ids, _spread(builder, none, number))
            goal = _pointer(context, builder, signature, arguments, 2, 3)
            builder.store(ids, builder.bitcast(goal, _lanes(number).as_pointer()), align=4)
            return context.get_dummy_value()

        return types.void(source, begin, target, place, missing), generate

    return copy


def _extreme(name: str, number: int, result: Any) -> Any:
    """An intrinsic for the least of so many numbers taken as without a sign, or the highest taken as with one."""

    @intrinsic
    def extreme(typing_context: Any, row: Any, begin: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            ids = _load(builder, _pointer(context, builder, signature, arguments, 0, 1), number)
            function = cgutils.get_or_insert_function(
                builder.module,
                ir.FunctionType(_WORD, [_lanes(number)]),
                f"llvm.vector.reduce.{name}.v{number}i32",
            )
            return builder.call(function, [ids])

        return result(row, begin), generate

    return extreme


#: Whether one of the sixteen (or eight) ids of ``row`` from ``begin`` on is among the sixteen of ``other`` from
#: ``other_begin`` on. Places count in the order of memory, through all dimensions; arrays are contiguous and hold
#: 32-bit numbers, no bounds are checked.
share_16, share_8 = _share(16), _share(8)
#: Copy eight (or four, two, one) ids of ``source`` from ``begin`` on to ``target`` from ``place`` on.
copy_8, copy_4, copy_2, copy_1 = _copy(8), _copy(4), _copy(2), _copy(1)
#: Least of eight (or four) ids of ``row`` from ``begin`` on, whoever is below zero not counted: as numbers without a sign.
least_8, least_4 = _extreme("umin", 8, types.uint32), _extreme("umin", 4, types.uint32)
#: Highest of eight (or four).
most_8, most_4 = _extreme("smax", 8, types.int32), _extreme("smax", 4, types.int32)
