"""Many comparisons in one step of the processor: whether two short rows of ids share one.

A loop would do; the compiler makes good vector code of it on some days and none on others, and this one runs for every
couple there ever is. The operation is written for sixteen lanes, which the compiler splits where there are fewer.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

_LANES = 16


def _place(context: Any, builder: Any, array_type: Any, array: Any, index: Any, pointer: Any) -> Any:
    """Pointer to an element of a contiguous array of 32-bit numbers."""
    data = builder.bitcast(context.make_array(array_type)(context, builder, array).data, pointer)
    return builder.gep(data, [index])


def _share(few: int) -> Any:
    """An intrinsic that compares ``few`` ids with sixteen."""

    @intrinsic
    def share(typing_context: Any, row: Any, begin: Any, other: Any, other_begin: Any) -> Any:
        signature = types.boolean(row, begin, other, other_begin)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            word, lanes = ir.IntType(32), ir.VectorType(ir.IntType(32), _LANES)
            indices = [context.cast(builder, arguments[k], signature.args[k], types.intp) for k in (1, 3)]
            pointer = _place(context, builder, signature.args[2], arguments[2], indices[1], word.as_pointer())
            all_of_other = builder.load(builder.bitcast(pointer, lanes.as_pointer()))
            all_of_other.align = 4
            pointer = _place(context, builder, signature.args[0], arguments[0], indices[0], word.as_pointer())
            undefined = ir.Constant(lanes, ir.Undefined)
            first = ir.Constant(ir.VectorType(word, _LANES), None)
            found = None
            for k in range(few):
                one = builder.load(builder.gep(pointer, [word(k)]))
                spread = builder.shuffle_vector(
                    builder.insert_element(undefined, one, word(0)), undefined, first
                )
                same = builder.icmp_signed("==", spread, all_of_other)
                found = same if found is None else builder.or_(found, same)
            bits = ir.IntType(_LANES)
            return builder.icmp_unsigned("!=", builder.bitcast(found, bits), bits(0))

        return signature, generate

    return share


#: Whether one of the sixteen (or eight) ids of ``row`` from ``begin`` on is among the sixteen of ``other`` from
#: ``other_begin`` on; both are contiguous arrays of 32-bit numbers, no bounds are checked.
share_16, share_8 = _share(16), _share(8)
