"""Threads that share the work of a year: kernels release the interpreter's lock, jobs are cut along regions or unions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.parallel import core, step_aside

#: Below so many living a second thread costs more than it brings.
ALONE_BELOW = 500_000
#: Jobs for each thread: regions differ in size.
_JOBS = 3
#: Fewer things than this are not shared out.
SHARE = 20_000

T = TypeVar("T")


class Crew:
    """One thread or several; what comes back never depends on how many."""

    def __init__(self, threads: int) -> None:
        self.threads = max(threads, 1)
        self._pool = ThreadPoolExecutor(self.threads - 1) if self.threads > 1 else None

    @classmethod
    def for_population(cls, living: int, threads: int | None) -> Crew:
        """As many threads as asked for (by default as Numba may use), one for a small population."""
        if threads is None:
            import numba

            threads = int(numba.get_num_threads())
        return cls(threads if living >= ALONE_BELOW else 1)

    def run(self, work: Callable[..., T], calls: Sequence[tuple[Any, ...]]) -> list[T]:
        """Results of ``work`` for each call, in the order of the calls."""
        if self._pool is None or len(calls) < 2:
            return [work(*call) for call in calls]
        results: list[Any] = [None] * len(calls)
        waiting = iter(range(len(calls)))

        def work_on() -> None:
            for i in waiting:
                results[i] = work(*calls[i])

        here = core()

        def help_out() -> None:
            step_aside(here)
            work_on()

        # The thread that asks works too: fewer of them have to be woken.
        helpers = [self._pool.submit(help_out) for _ in range(min(self.threads, len(calls)) - 1)]
        work_on()
        for helper in helpers:
            helper.result()
        return results

    def cuts(self, offset: NDArray[np.int64]) -> list[tuple[int, int]]:
        """Ranges of regions (or whatever ``offset`` delimits) that hold about the same number each."""
        last = offset.size - 1
        if self._pool is None:
            return [(0, last)]
        parts = self.threads * _JOBS
        inner = np.searchsorted(offset, np.linspace(0, offset[-1], parts + 1)[1:-1])
        edges = np.unique(np.concatenate([[0], np.minimum(inner, last), [last]]))
        return [(int(a), int(b)) for a, b in itertools.pairwise(edges)]

    def shares(self, number: int) -> list[tuple[int, int]]:
        """Equal ranges of ``number`` things, one a thread; a single one where a second would cost more."""
        parts = self.threads if number >= SHARE else 1
        edges = [number * k // parts for k in range(parts + 1)]
        return list(itertools.pairwise(edges))

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown()
