"""Pieces come back in order, also from within pieces, on any number of threads."""

from __future__ import annotations

import numba
import pytest

from yeonjwa.core.parallel import each


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
