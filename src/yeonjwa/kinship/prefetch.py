"""Asking for memory before it is needed: on a pedigree larger than the caches, waiting for it is most of the work."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


@intrinsic
def prefetch(typing: Any, array: Any, place: Any) -> Any:
    """Begin to load one item of a one-dimensional array, or nothing if the place lies outside: a hint, free of effects."""
    if not isinstance(array, types.Array) or array.ndim != 1 or not isinstance(place, types.Integer):
        return None

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(array)(context, builder, arguments[0]).data
        item = builder.gep(data, [arguments[1]])
        pointer = builder.bitcast(item, ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, *([ir.IntType(32)] * 3)])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        flags = [ir.Constant(ir.IntType(32), value) for value in (0, 3, 1)]  # to read, keep, data
        builder.call(function, [pointer, *flags])
        return context.get_dummy_value()

    return types.void(array, place), generate
