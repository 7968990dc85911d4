"""Arithmetic in lanes equals the mathematical library's, and rows in blocks do not depend on threads."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from yeonjwa.core import lanes, randomness
from yeonjwa.core.parallel import each, over_rows


def test_exp_and_log() -> None:
    rng = np.random.default_rng(1)
    n = lanes.LANES
    out, power = np.empty(n), np.empty(n, np.int64)
    x = np.concatenate([rng.uniform(-700, 700, n - 3), [0.0, 1e-300, -1e-300]])
    lanes.fill_exp(n, x, out, power)
    assert np.allclose(out, np.exp(x), rtol=1e-14, atol=0.0)
    x = np.concatenate([10.0 ** rng.uniform(-300, 300, n - 3), [1.0, np.nextafter(1, 0), 2.0**-53]])
    lanes.fill_log(n, x, out, power)
    assert np.allclose(out, np.log(x), rtol=1e-13, atol=1e-15)


def test_normals_are_the_keyed_draws() -> None:
    n = 777
    entity = np.arange(10**9, 10**9 + 2 * n)
    key = randomness.stream_key(5, randomness.stream("test.lanes"))
    out, u, word, power = (np.empty(lanes.LANES, t) for t in (float, float, np.uint64, np.int64))
    lanes.fill_normals(n, n, key, entity, 301, out, word, u, power)
    expected = [randomness.normal(key, e, 301) for e in entity[n:].tolist()]
    assert np.allclose(out[:n], expected, rtol=1e-12, atol=1e-12)
    assert abs(np.std(out[:n]) - 1.0) < 0.1


@numba.njit(nogil=True)
def _sum_of(first: int, last: int, values: np.ndarray) -> float:
    total = 0.0
    for i in range(first, last):
        total += values[i]
    return total


def test_blocks_come_in_order_on_any_number_of_threads() -> None:
    values = np.arange(1000.0)
    before = numba.get_num_threads()
    try:
        found = []
        for threads in sorted({1, before}):
            numba.set_num_threads(threads)
            found.append(over_rows(_sum_of, values.size, values, block=64))
        assert found[0] == found[-1] == [values[i : i + 64].sum() for i in range(0, 1000, 64)]
    finally:
        numba.set_num_threads(before)
    assert over_rows(_sum_of, 0, values) == []


def test_an_error_in_a_piece_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        each(lambda piece: 1 // piece, [1, 0, 2])
