"""Draws that depend on (seed, stream, entity, time) and on nothing else.

The same four numbers give the same draw whatever ran before, in whatever order, on any number of threads;
two scenarios with one seed therefore share every draw that the change between them does not touch (common
random numbers). A *stream* is a decision ("society.flight.plan"): its name is hashed to a constant when the
module is imported.

The generator is a keyed two-round mix: each round is the 64-bit finaliser of MurmurHash3 in Stafford's
variant 13 (the one of SplitMix64: Steele, Lea and Flood 2014). The first round mixes the entity into the key
of (seed, stream), the second mixes the time into the result, so that (entity, time) pairs never meet on a line.
"""

from __future__ import annotations

import hashlib
import math

import numba
import numpy as np
from numpy.typing import NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_TIME = np.uint64(0xD1342543DE82EF95)
_UNIT = 1.0 / 9007199254740992.0  # 2**-53


def stream(name: str) -> np.uint64:
    """Constant of a named stream of draws, the same on every machine."""
    return np.uint64(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little"))


@numba.njit(cache=True, inline="always")
def mix(x: np.uint64) -> np.uint64:
    """One round: a bijection of 64 bits in which each input bit moves about half of the output bits."""
    x = (x ^ (x >> _S30)) * _M1
    x = (x ^ (x >> _S27)) * _M2
    return x ^ (x >> _S31)


@numba.njit(cache=True)
def _stream_key(seed: np.uint64, stream_id: np.uint64) -> np.uint64:
    key: np.uint64 = mix(mix(seed + _GOLDEN) ^ stream_id)
    return key


def stream_key(seed: int, stream_id: np.uint64) -> np.uint64:
    """Key of one stream under one seed, to be handed to a kernel.

    Always a ``numpy.uint64``: a plain Python integer would reach a kernel as a signed number, and the sum of
    a signed and an unsigned 64-bit number is a float there.
    """
    return np.uint64(_stream_key(np.uint64(seed), np.uint64(stream_id)))


@numba.njit(cache=True, inline="always")
def address(key: np.uint64, entity: int) -> np.uint64:
    """What is mixed twice to become :func:`bits` of (key, entity, 0): for loops that mix many at once."""
    word: np.uint64 = np.uint64(key) + _GOLDEN * np.uint64(entity)
    return word


@numba.njit(cache=True, inline="always")
def bits(key: np.uint64, entity: int, time: int) -> np.uint64:
    """64 random bits for (key, entity, time)."""
    word: np.uint64 = mix(mix(np.uint64(key) + _GOLDEN * np.uint64(entity)) + _TIME * np.uint64(time))
    return word


@numba.njit(cache=True, inline="always")
def as_uniform(word: np.uint64) -> float:
    """The uniform draw in [0, 1) that 64 random bits stand for."""
    return float(word >> _S11) * _UNIT


@numba.njit(cache=True, inline="always")
def uniform(key: np.uint64, entity: int, time: int) -> float:
    """Uniform draw in [0, 1) for (key, entity, time)."""
    return float(bits(key, entity, time) >> _S11) * _UNIT


@numba.njit(cache=True)
def normal(key: np.uint64, entity: int, time: int) -> float:
    """Standard normal draw for (key, entity, time): Box and Muller on two independent words."""
    word = bits(key, entity, time)
    u = 1.0 - float(word >> _S11) * _UNIT
    v = float(mix(word + _GOLDEN) >> _S11) * _UNIT
    return math.sqrt(-2.0 * math.log(u)) * math.cos(2.0 * math.pi * v)


@numba.njit(cache=True)
def _fill_uniform(key: np.uint64, entities: NDArray[np.int64], time: int, out: NDArray[np.float64]) -> None:
    for i in range(entities.size):
        out[i] = uniform(key, entities[i], time)


@numba.njit(cache=True)
def _fill_normal(key: np.uint64, entities: NDArray[np.int64], time: int, out: NDArray[np.float64]) -> None:
    for i in range(entities.size):
        out[i] = normal(key, entities[i], time)


def uniforms(
    seed: int, stream_id: np.uint64, entities: NDArray[np.integer], time: int = 0
) -> NDArray[np.float64]:
    """Uniform draws in [0, 1), one for each entity, at one time."""
    ids = np.ascontiguousarray(entities, dtype=np.int64)
    out = np.empty(ids.size)
    _fill_uniform(stream_key(seed, stream_id), ids, time, out)
    return out


def normals(
    seed: int, stream_id: np.uint64, entities: NDArray[np.integer], time: int = 0
) -> NDArray[np.float64]:
    """Standard normal draws, one for each entity, at one time."""
    ids = np.ascontiguousarray(entities, dtype=np.int64)
    out = np.empty(ids.size)
    _fill_normal(stream_key(seed, stream_id), ids, time, out)
    return out


def round_random(value: float, seed: int, stream_id: np.uint64, entity: int, time: int = 0) -> int:
    """``value`` rounded down or up at random so that the mean is kept: 2.3 is 3 in three draws of ten."""
    whole = math.floor(value)
    return whole + int(uniforms(seed, stream_id, np.array([entity]), time)[0] < value - whole)
