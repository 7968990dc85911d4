"""Pieces come back in order, also from within pieces, on any number of threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numba
import pytest

from yeonjwa.core.parallel import apart, core, each


@pytest.mark.parametrize("threads", [1, 2])
def test_pieces_within_pieces_come_back_in_order(threads: int) -> None:
    if numba.config.NUMBA_NUM_THREADS < threads:  # type: ignore[attr-defined]
        pytest.skip("this process was given one thread")
    before = numba.get_num_threads()
    numba.set_num_threads(threads)
    try:
        found = each(lambda i: each(lambda j: 10 * i + j, [1, 2, 3]), [4, 5, 6, 7])
        assert found == [[10 * i + j for j in (1, 2, 3)] for i in (4, 5, 6, 7)]
        with pytest.raises(ZeroDivisionError):
            each(lambda i: 1 // i, [1, 0, 2])
        assert each(lambda i: i + 1, [1, 2, 3]) == [2, 3, 4]
    finally:
        numba.set_num_threads(before)


def test_a_helper_stays_off_the_core_of_whom_it_helps() -> None:
    cores = os.sched_getaffinity(0) if core() >= 0 else set()
    if len(cores) < 2:
        pytest.skip("one core, or a system that does not say which")

    def helper(step_aside: Callable[[], None]) -> set[int]:
        step_aside()
        return os.sched_getaffinity(0) | {core()}

    with ThreadPoolExecutor(1) as pool, apart() as step_aside:
        mine = os.sched_getaffinity(0)
        others = pool.submit(helper, step_aside).result()
    assert mine | others == cores
    assert len(mine) == 1
    assert not mine & others
    assert os.sched_getaffinity(0) == cores
