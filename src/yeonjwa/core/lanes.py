"""Logarithm, exponential and normal draws for many rows at once.

The loops below hold nothing but arithmetic, so that a processor computes several rows at a time; the functions of the
mathematical library would stop it. They differ from those by a few units in the last of 16 digits, and are the same
on every machine, because no library is asked. Rows come in blocks of up to ``LANES``.
"""

from __future__ import annotations

import math
from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.randomness import _GOLDEN, _M1, _M2, _S11, _S27, _S30, _S31, _TIME, _UNIT

#: Most rows of a block: its working memory stays in the nearest cache.
LANES: Final = 1024

_LN2_HIGH, _LN2_LOW, _PER_LN2 = 6.93147180369123816490e-01, 1.90821492927058770002e-10, 1.0 / math.log(2.0)
_ONE = np.int64(0x3FF0000000000000)
_FRACTION = np.int64(0x000FFFFFFFFFFFFF)
_BIAS = np.int64(1023)
_PLACES = np.int64(52)
_ROOT2 = math.sqrt(2.0)
_TURN = 2.0 * math.pi


@numba.njit(cache=True, nogil=True, error_model="numpy")
def fill_exp(n: int, x: NDArray[np.float64], out: NDArray[np.float64], power: NDArray[np.int64]) -> None:
    """``out = exp(x)`` for the first ``n`` rows; ``power`` is working memory. -700 <= x <= 700."""
    for i in range(n):
        k = math.floor(x[i] * _PER_LN2 + 0.5)
        power[i] = np.int64(k)
        r = (x[i] - k * _LN2_HIGH) - k * _LN2_LOW
        p = 1.0 / 6227020800.0
        p = p * r + 1.0 / 479001600.0
        p = p * r + 1.0 / 39916800.0
        p = p * r + 1.0 / 3628800.0
        p = p * r + 1.0 / 362880.0
        p = p * r + 1.0 / 40320.0
        p = p * r + 1.0 / 5040.0
        p = p * r + 1.0 / 720.0
        p = p * r + 1.0 / 120.0
        p = p * r + 1.0 / 24.0
        p = p * r + 1.0 / 6.0
        p = p * r + 0.5
        p = p * r + 1.0
        out[i] = p * r + 1.0
    for i in range(n):
        power[i] = (power[i] + _BIAS) << _PLACES
    scale = power.view(np.float64)
    for i in range(n):
        out[i] = out[i] * scale[i]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def fill_log(n: int, x: NDArray[np.float64], out: NDArray[np.float64], power: NDArray[np.int64]) -> None:
    """``out = log(x)`` for the first ``n`` rows, ``x`` normal and positive; ``power`` is working memory."""
    source, target = x.view(np.int64), out.view(np.int64)
    for i in range(n):
        power[i] = (source[i] >> _PLACES) - _BIAS
        target[i] = (source[i] & _FRACTION) | _ONE
    for i in range(n):
        m, k = out[i], float(power[i])
        large = m > _ROOT2
        m = 0.5 * m if large else m
        k = k + 1.0 if large else k
        s = (m - 1.0) / (m + 1.0)
        q = s * s
        p = 1.0 / 21.0
        p = p * q + 1.0 / 19.0
        p = p * q + 1.0 / 17.0
        p = p * q + 1.0 / 15.0
        p = p * q + 1.0 / 13.0
        p = p * q + 1.0 / 11.0
        p = p * q + 1.0 / 9.0
        p = p * q + 1.0 / 7.0
        p = p * q + 1.0 / 5.0
        p = p * q + 1.0 / 3.0
        p = p * q + 1.0
        out[i] = k * _LN2_HIGH + (k * _LN2_LOW + 2.0 * s * p)


@numba.njit(cache=True, nogil=True, inline="always")
def _lane_mix(x: np.uint64) -> np.uint64:
    x = (x ^ (x >> _S30)) * _M1
    x = (x ^ (x >> _S27)) * _M2
    return x ^ (x >> _S31)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def fill_bits(
    first: int, n: int, key: np.uint64, entity: NDArray[np.int64], time: int, word: NDArray[np.uint64]
) -> None:
    """Random bits of the entities first to first + n - 1, as :func:`yeonjwa.core.randomness.bits` has them."""
    start = np.uint64(key)
    turn = _TIME * np.uint64(time)
    # A view: an index that may be negative would be looked at before every access.
    rows = entity[first : first + n]
    for i in range(n):
        word[i] = _lane_mix(_lane_mix(start + _GOLDEN * np.uint64(rows[i])) + turn)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def fill_normals(
    first: int,
    n: int,
    key: np.uint64,
    entity: NDArray[np.int64],
    time: int,
    out: NDArray[np.float64],
    word: NDArray[np.uint64],
    u: NDArray[np.float64],
    power: NDArray[np.int64],
) -> None:
    """Normal draws of the entities first to first + n - 1, as :func:`yeonjwa.core.randomness.normal` has them.

    ``word``, ``u``, ``power`` are working memory of ``LANES`` rows.
    """
    fill_bits(first, n, key, entity, time, word)
    for i in range(n):
        u[i] = 1.0 - float(word[i] >> _S11) * _UNIT
    fill_log(n, u, out, power)
    for i in range(n):
        v = float(_lane_mix(word[i] + _GOLDEN) >> _S11) * _UNIT
        # cos(2 pi v) = -cos(2 pi x) = -sin(2 pi (1/4 - |x|)) with x = v - 1/2
        w = _TURN * (0.25 - abs(v - 0.5))
        q = w * w
        p = 1.0 / 51090942171709440000.0
        p = p * q - 1.0 / 121645100408832000.0
        p = p * q + 1.0 / 355687428096000.0
        p = p * q - 1.0 / 1307674368000.0
        p = p * q + 1.0 / 6227020800.0
        p = p * q - 1.0 / 39916800.0
        p = p * q + 1.0 / 362880.0
        p = p * q - 1.0 / 5040.0
        p = p * q + 1.0 / 120.0
        p = p * q - 1.0 / 6.0
        p = p * q + 1.0
        out[i] = -math.sqrt(-2.0 * out[i]) * (w * p)
