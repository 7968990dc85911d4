"""A hint to the processor that a row will be read soon.

Walks up a pedigree wait for memory at every step: a row far away takes a fifth of a microsecond to come. What will be
read a few couples later is known, so it is asked for in time. A hint never changes a result.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


@intrinsic
def prefetch_row(typing_context: Any, rows: Any, row: Any) -> Any:
    """Ask for the first cache line of ``rows[row]``, an array of two dimensions in C order; no bounds are checked."""
    signature = types.void(rows, row)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array_type, row_type = signature.args
        array = context.make_array(array_type)(context, builder, arguments[0])
        index = context.cast(builder, arguments[1], row_type, types.intp)
        stride = builder.extract_value(array.strides, 0)
        byte = ir.IntType(8).as_pointer()
        start = builder.bitcast(array.data, byte)
        place = builder.gep(start, [builder.mul(index, stride)])
        word = ir.IntType(32)
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.VoidType(), [byte, word, word, word]), "llvm.prefetch.p0i8"
        )
        builder.call(function, [place, word(0), word(3), word(1)])
        return context.get_dummy_value()

    return signature, generate
