"""Kernels over rows, a block of rows at a time, on as many threads as the run may use.

A kernel that releases the interpreter's lock is called with the first and last row of each block. Blocks are fixed by the
number of rows alone and results come back in the order of blocks, so what is computed does not depend on threads.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final, TypeVar

Result = TypeVar("Result")

#: Rows of a block: a few arrays of so many rows stay in a core's own cache.
BLOCK: Final = 65_536

_POOLS: dict[tuple[int, int], ThreadPoolExecutor] = {}
#: Whether the thread works at a piece already: a call within it would wait for threads that wait for it.
_AT_WORK = threading.local()


def threads() -> int:
    """Threads that kernels may use (what :func:`numba.set_num_threads` was told)."""
    import numba

    return int(numba.get_num_threads())


def over_rows(kernel: Callable[..., Result], rows: int, *arguments: Any, block: int = BLOCK) -> list[Result]:
    """Results of ``kernel(first, last, *arguments)`` for each block of rows first to last - 1, in order.

    Parameters
    ----------
    kernel : callable
        Compiled with ``nogil``; may write to its own rows only.
    rows : int
        Rows in all.
    block : int
        Rows of a block.
    """
    pieces = [(first, min(first + block, rows)) for first in range(0, rows, block)]
    return each(lambda piece: kernel(*piece, *arguments), pieces)


def each(function: Callable[[Any], Result], pieces: list[Any]) -> list[Result]:
    """``function`` of each piece, in order; pieces are taken by threads in turn, the caller's among them.

    A call from within a piece takes its own pieces one after the other.
    """
    count = min(threads(), len(pieces))
    if count <= 1 or getattr(_AT_WORK, "yes", False):
        return [function(piece) for piece in pieces]
    results: list[Any] = [None] * len(pieces)
    waiting = iter(range(len(pieces)))

    def work() -> None:
        _AT_WORK.yes = True
        try:
            for i in waiting:
                results[i] = function(pieces[i])
        finally:
            _AT_WORK.yes = False

    here = core()

    def help_out() -> None:
        step_aside(here)
        work()

    helpers = [_pool(count - 1).submit(help_out) for _ in range(count - 1)]
    try:
        work()
    finally:
        for helper in helpers:
            helper.result()
    return results


def ahead(function: Callable[[], None]) -> Future[None] | None:
    """``function`` is begun on a thread of its own, for the time in which others have nothing to do; None on one thread.

    A call of :func:`each` within it takes its own pieces one after the other.
    """
    if threads() <= 1:
        return None
    here = core()

    def work() -> None:
        step_aside(here)
        _AT_WORK.yes = True
        function()

    return _pool(0).submit(work)


def _core() -> Callable[[], int]:
    """What tells on which core a thread stands; -1 where the system does not say."""
    try:
        # Without letting go of the interpreter: the call is shorter than that.
        found: Callable[[], int] = ctypes.PyDLL(None).sched_getcpu
    except (AttributeError, OSError, TypeError):
        return lambda: -1
    return found if hasattr(os, "sched_setaffinity") else lambda: -1


#: On which core the calling thread stands.
core: Final = _core()


def step_aside(other: int) -> None:
    """Leave the core ``other``, where the thread that is helped works, if the calling thread stands there and may go elsewhere.

    A thread that is woken may be put on the core of whoever woke it, and two that share one core are no faster than one. A
    system moves them apart in time; on a virtual machine it has been seen not to. Nothing stays tied to a core.
    """
    if other < 0 or core() != other:
        return
    with suppress(OSError):  # where nobody may choose a core
        cores = os.sched_getaffinity(0)
        if len(cores) > 1:
            os.sched_setaffinity(0, cores - {other})
            os.sched_setaffinity(0, cores)


def _pool(workers: int) -> ThreadPoolExecutor:
    """A pool of so many threads; that of 0 is the one thread that works ahead."""
    # A forked process has none of its parent's threads: it needs a pool of its own.
    key = (os.getpid(), workers)
    if key not in _POOLS:
        _POOLS[key] = ThreadPoolExecutor(max(workers, 1), thread_name_prefix="yeonjwa")
    return _POOLS[key]
