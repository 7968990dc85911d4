"""Steps 3 and 9: what people believe about a rule that nobody may read (MODEL.md, section 9).

The belief that a family answers for a departure is ``(a0 + A) / (a0 + b0 + A + B)``. The prior counts ``a0, b0`` stay;
what was seen fades, ``A' = phi*A + x`` with ``phi = exp(-1/memory)``. Counts come from a household's own kin, from its
neighbourhood and from public signals; each kind fades at the same speed, so the three are kept apart and added.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.memory import prefetch
from yeonjwa.core.parallel import over_rows
from yeonjwa.society.state import Houses

Float = NDArray[np.float64]

#: Rows by which memory is asked for ahead where it is read at random.
AHEAD = 16


@dataclass
class Beliefs:
    """Counts of neighbourhoods and of the public.

    Attributes
    ----------
    first_unit : int64 (provinces + 1,)
        Neighbourhoods of province i are first_unit[i] to first_unit[i + 1] - 1.
    hits, misses : float64 (neighbourhoods,)
        Fading counts of departures after which kin were, and were not, punished.
    public_hits, public_misses : float
        Fading counts of public signals, in pseudo-observations.
    """

    first_unit: NDArray[np.int64]
    hits: Float
    misses: Float
    public_hits: float = 0.0
    public_misses: float = 0.0

    def unit_of(self, province: NDArray[np.integer], key: NDArray[np.int64]) -> NDArray[np.int64]:
        """Neighbourhood of households, fixed by their province and key."""
        first = self.first_unit[province]
        count = np.maximum(self.first_unit[np.asarray(province) + 1] - first, 1)
        mixed = (key.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(33)
        return np.asarray(first + (mixed % count.astype(np.uint64)).astype(np.int64))


def make_beliefs(persons_by_province: Float, neighbourhood: float) -> Beliefs:
    """Neighbourhoods of ``neighbourhood`` persons in each province; nothing has been seen yet."""
    counts = np.maximum(1, np.round(persons_by_province / neighbourhood)).astype(np.int64)
    first = np.concatenate(([0], np.cumsum(counts)))
    return Beliefs(first, np.zeros(first[-1]), np.zeros(first[-1]))


def fading(memory: float) -> float:
    """Share of a count that is left after a month, ``exp(-1/memory)``; ``memory`` in months."""
    return math.exp(-1.0 / memory)


def belief(a0: float, b0: float, hits: Float, misses: Float) -> Float:
    """Believed chance, ``(a0 + A) / (a0 + b0 + A + B)``."""
    return np.asarray((a0 + hits) / (a0 + b0 + hits + misses))


def fade(beliefs: Beliefs, houses: Houses, num_houses: int, phi: float) -> None:
    """A month passes: every count keeps the share ``phi``."""
    beliefs.hits *= phi
    beliefs.misses *= phi
    beliefs.public_hits *= phi
    beliefs.public_misses *= phi
    over_rows(_fade_rows, num_houses, np.float32(phi), houses.hits, houses.misses)


@numba.njit(cache=True, nogil=True)
def _fade_rows(first: int, last: int, phi: np.float32, hits: np.ndarray, misses: np.ndarray) -> None:
    some, others = hits[first:last], misses[first:last]
    for i in range(last - first):
        some[i] *= phi
    for i in range(last - first):
        others[i] *= phi


def household_belief(
    beliefs: Beliefs, houses: Houses, which: NDArray[np.integer], a0: float, b0: float
) -> Float:
    """Belief of the households ``which`` that a family answers for a departure."""
    out = np.empty(len(which))
    columns = (houses.province, houses.key, houses.hits, houses.misses)
    over_rows(believe_of, len(which), np.asarray(which), *columns, seen_nearby(beliefs), a0, b0, out)
    return out


class Nearby(NamedTuple):
    """What a household's neighbourhood and the public have seen, as kernels take it.

    ``start``, ``number``, ``inverse`` first neighbourhood of each province, their number and 1 over it; ``seen`` hits and
    misses of each neighbourhood, one after the other; ``public_hits``, ``public_misses`` of everybody.
    """

    start: NDArray[np.int32]
    number: NDArray[np.int32]
    inverse: Float
    seen: Float
    public_hits: float
    public_misses: float


def seen_nearby(beliefs: Beliefs) -> Nearby:
    """The counts beyond a household's own."""
    start = beliefs.first_unit[:-1].astype(np.int32)
    count = np.maximum(np.diff(beliefs.first_unit), 1).astype(np.int32)
    public = (beliefs.public_hits, beliefs.public_misses)
    seen = np.stack([beliefs.hits, beliefs.misses], axis=1).ravel()
    return Nearby(start, count, 1.0 / count, seen, *public)


@numba.njit(cache=True, nogil=True, inline="always")
def _unit(province: int, key: int, start: np.ndarray, count: np.ndarray, inverse: np.ndarray) -> np.uint32:
    """Neighbourhood of one household, as :meth:`Beliefs.unit_of` has it, without a division."""
    place = np.uint8(province)
    mixed = np.int32((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(33))
    rest = np.int32(mixed - np.int32(float(mixed) * inverse[place]) * count[place])
    # The quotient may be one too large or too small.
    rest = np.int32(rest + count[place]) if rest < 0 else rest
    rest = np.int32(rest - count[place]) if rest >= count[place] else rest
    return np.uint32(start[place] + rest)


@numba.njit(cache=True, nogil=True, inline="always", error_model="numpy")
def _posterior(
    own_hits: float, own_misses: float, unit: np.uint32, seen: np.ndarray, hits: float, misses: float, a0: float, b0: float
) -> float:  # fmt: skip
    """Mean of the belief: prior, own counts, those of the neighbourhood, public ones."""
    k = np.uint32(2) * unit
    told = own_hits + seen[k] + hits
    return float((a0 + told) / (a0 + b0 + told + (own_misses + seen[k + np.uint32(1)] + misses)))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def believe_of(
    first: int,
    last: int,
    which: np.ndarray,
    province: np.ndarray,
    key: np.ndarray,
    hits: np.ndarray,
    misses: np.ndarray,
    near: Nearby,
    a0: float,
    b0: float,
    out: np.ndarray,
) -> None:
    """Beliefs of the households in the places first to last - 1 of ``which``."""
    around = near.seen
    for i in range(first, last):
        if i + AHEAD < which.size:
            ahead = which[i + AHEAD]
            prefetch(province, ahead)
            prefetch(key, ahead)
            prefetch(hits, ahead)
            prefetch(misses, ahead)
        h = which[i]
        unit = _unit(province[h], key[h], near.start, near.number, near.inverse)
        out[i] = _posterior(hits[h], misses[h], unit, around, near.public_hits, near.public_misses, a0, b0)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def fill_beliefs(
    low: int,
    n: int,
    province: np.ndarray,
    key: np.ndarray,
    hits: np.ndarray,
    misses: np.ndarray,
    near: Nearby,
    a0: float,
    b0: float,
    unit: np.ndarray,
    out: np.ndarray,
) -> None:
    """Beliefs of the households low to low + n - 1, the first ``n`` of ``out``; ``unit`` (uint32) is working memory."""
    places, keys = province[low : low + n], key[low : low + n]
    # Arrays by themselves: a tuple of arrays inside the loop costs more than the arithmetic.
    start, count, inverse = near.start, near.number, near.inverse
    for i in range(n):
        unit[i] = _unit(places[i], keys[i], start, count, inverse)
    believe_near(n, hits[low : low + n], misses[low : low + n], unit, near, a0, b0, out)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def believe_near(
    n: int,
    own_hits: np.ndarray,
    own_misses: np.ndarray,
    unit: np.ndarray,
    near: Nearby,
    a0: float,
    b0: float,
    out: np.ndarray,
) -> None:
    """Beliefs of ``n`` households whose neighbourhoods are known."""
    around = near.seen
    public_hits, public_misses = near.public_hits, near.public_misses
    for i in range(n):
        out[i] = _posterior(own_hits[i], own_misses[i], unit[i], around, public_hits, public_misses, a0, b0)


class Units(NamedTuple):
    """Neighbourhood of each household, as last looked up, and the province it was in then, -1 if never, (capacity,)."""

    unit: NDArray[np.uint32]
    province: NDArray[np.int8]


def units_for(units: Units | None, capacity: int) -> Units:
    """The same, if there is room for so many households, else one that knows nothing yet."""
    if units is None or units.unit.size != capacity:
        units = Units(np.empty(capacity, np.uint32), np.full(capacity, -1, np.int8))
    return units


@numba.njit(cache=True, nogil=True)
def recall_units(
    low: int, n: int, province: np.ndarray, key: np.ndarray, near: Nearby, units: Units
) -> np.ndarray:
    """Neighbourhoods of the households low to low + n - 1: looked up anew only where one of them has moved, or is new."""
    places, keys = province[low : low + n], key[low : low + n]
    unit, before = units.unit[low : low + n], units.province[low : low + n]
    moved = 0
    for i in range(n):
        moved |= places[i] ^ before[i]
    if moved != 0:
        start, count, inverse = near.start, near.number, near.inverse
        for i in range(n):
            unit[i] = _unit(places[i], keys[i], start, count, inverse)
        before[:] = places
    return unit


def mean_of_belief(a0: float, b0: float, theta: float, phi: float) -> float:
    """Mean belief after long observation once a month of an event of chance ``theta``: the closed form of section 9."""
    weight = 1.0 / (1.0 - phi)
    return (a0 + theta * weight) / (a0 + b0 + weight)


def variance_of_belief(a0: float, b0: float, theta: float, phi: float) -> float:
    """Variance of that belief, ``theta*(1 - theta) / (1 - phi**2) / (a0 + b0 + W)**2``."""
    weight = 1.0 / (1.0 - phi)
    return theta * (1.0 - theta) / (1.0 - phi**2) / (a0 + b0 + weight) ** 2


def moments_of_counts(rate: float, theta: float, phi: float) -> tuple[float, float]:
    """Mean and variance of a count of Poisson(``rate``) observations a month, each a hit with chance ``theta``."""
    return rate * theta / (1.0 - phi), rate * theta / (1.0 - phi**2)
