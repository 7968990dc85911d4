"""Pieces come back in order, also from within pieces, on any number of threads."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numba
import pytest

from yeonjwa.core import parallel
from yeonjwa.core.parallel import core, each, step_aside


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


def test_a_helper_leaves_the_core_of_whom_it_helps_and_is_tied_to_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cores = os.sched_getaffinity(0) if core() >= 0 else set()
    if len(cores) < 2:
        pytest.skip("one core, or a system that does not say which")
    tied: list[set[int]] = []
    tie = os.sched_setaffinity

    def tie_to(who: int, where: set[int]) -> None:
        tied.append(where)
        tie(who, where)

    monkeypatch.setattr(os, "sched_setaffinity", tie_to)

    def helper() -> tuple[int, int, set[int]]:
        here = core()
        step_aside(here)
        return here, core(), os.sched_getaffinity(0)

    with ThreadPoolExecutor(1) as pool:
        before, after, may = pool.submit(helper).result()
        assert tied == [cores - {before}, cores]
        assert may == cores
        assert after in cores
        pool.submit(step_aside, -1).result()
        assert len(tied) == 2


def test_where_nobody_may_choose_a_core_a_helper_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    if core() < 0 or len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one core, or a system that does not say which")
    asked = []

    def not_allowed(who: int, where: set[int]) -> None:
        asked.append(where)
        raise PermissionError

    monkeypatch.setattr(os, "sched_setaffinity", not_allowed)
    monkeypatch.setattr(parallel, "core", lambda: 0)
    step_aside(0)
    assert len(asked) == 1
    assert 0 not in asked[0]
