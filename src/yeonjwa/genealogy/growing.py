"""The pedigree while it grows, and the searches for a spouse that lie ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import ORIGIN_YEAR
from yeonjwa.core.errors import InputError
from yeonjwa.genealogy.crew import Crew

Array = Any
_PERSONS = ("birth", "death", "sex", "region", "birth_union")
_UNIONS = ("wife", "husband", "start", "lines", "elders", "first_child")

#: Somebody who looks for a spouse, with all that the market asks of a person: one memory access instead of six.
#: ``family`` is the union of birth, ``month`` when the search begins, ``home`` the region of residence then.
SEEKER = np.dtype(
    [("person", "i4"), ("family", "i4"), ("birth", "i2"), ("death", "i2"), ("month", "i2"), ("home", "i2")]
)
#: Two who form a union in the month ``start``; ``husband`` is -1 where the woman found nobody. They live where he does.
COUPLE = np.dtype(
    [
        ("wife", "i4"), ("husband", "i4"), ("wife_family", "i4"), ("husband_family", "i4"), ("wife_birth", "i2"),
        ("wife_death", "i2"), ("husband_birth", "i2"), ("husband_death", "i2"), ("start", "i2"), ("home", "i2"),
    ]
)  # fmt: skip
#: Words of a line of ancestors: see matching.note_line.
LINE = 16

Seekers = NDArray[np.void]  # of dtype SEEKER
Couples = NDArray[np.void]  # of dtype COUPLE


def whole_lines(unions: int) -> NDArray[np.int32]:
    """Room for rows of ancestors, each in a cache line of its own: numpy's arrays begin a quarter into one."""
    size = LINE * np.dtype(np.int32).itemsize
    room = np.empty((unions + 1) * size, np.uint8)
    begin = -room.ctypes.data % size
    return room[begin : begin + unions * size].view(np.int32).reshape(unions, LINE)


@dataclass
class GrowingPedigree:
    """Columns as in :class:`yeonjwa.genealogy.pedigree.Pedigree`, longer than what is in use."""

    birth: NDArray[np.int16]
    death: NDArray[np.int16]
    sex: NDArray[np.int8]
    region: NDArray[np.int16]
    birth_union: NDArray[np.int32]
    wife: NDArray[np.int32]
    husband: NDArray[np.int32]
    start: NDArray[np.int16]
    first_child: NDArray[np.int32]
    lines: NDArray[np.int32]  # (unions, 16): ancestors of the children, see matching.note_line
    elders: NDArray[np.int32]  # (unions, 2): highest ids further up
    persons: int = 0
    unions: int = 0

    @classmethod
    def with_room(cls, persons: int, unions: int) -> GrowingPedigree:
        """Empty, with room for so many."""
        return cls(
            np.empty(persons, np.int16), np.empty(persons, np.int16), np.empty(persons, np.int8),
            np.empty(persons, np.int16), np.empty(persons, np.int32), np.empty(unions, np.int32),
            np.empty(unions, np.int32), np.empty(unions, np.int16), np.zeros(unions + 1, np.int32),
            whole_lines(unions), np.empty((unions, 2), np.int32),
        )  # fmt: skip

    def room(self, persons: int, unions: int) -> None:
        """Make sure that so many more persons and unions fit: the kernels do not check."""
        need = self.persons + persons
        if need >= 2**31 - 1:
            raise InputError("living", need, "a population of fewer than two thousand million persons ever")
        if need > self.birth.size:
            self._grow(_PERSONS, max(need, int(self.birth.size * 1.25)))
        need = self.unions + unions
        if need > self.wife.size:
            size = max(need, int(self.wife.size * 1.25))
            self._grow(_UNIONS[:5], size)
            self._grow(_UNIONS[5:], size + 1)

    def _grow(self, names: Sequence[str], size: int) -> None:
        for name in names:
            old: NDArray[Any] = getattr(self, name)
            new = whole_lines(size) if name == "lines" else np.empty((size, *old.shape[1:]), old.dtype)
            new[: old.shape[0]] = old
            setattr(self, name, new)


def joined(parts: Sequence[Seekers]) -> Seekers:
    """All of several, in that order."""
    # Records are copied as one number each: numpy copies them field by field otherwise, thirty times slower.
    whole: Seekers = np.concatenate([part.view(np.complex128) for part in parts] or [np.empty(0, complex)])
    return whole.view(SEEKER)


@numba.njit(cache=True, nogil=True)
def _count(keys: Array, number: Array) -> None:
    for i in range(keys.size):
        number[keys[i]] += 1


@numba.njit(cache=True)
def _place(number: Array, offset: Array) -> None:
    """From how many there are of each key in each part: where each key begins, and, in place of the numbers, each part of it."""
    begin = 0
    for k in range(number.shape[1]):
        offset[k] = begin
        for part in range(number.shape[0]):
            begin += number[part, k]
            number[part, k] = begin - number[part, k]
    offset[number.shape[1]] = begin


@numba.njit(cache=True, nogil=True)
def _scatter(records: Array, keys: Array, place: Array, out: Array) -> None:
    for i in range(keys.size):
        k = keys[i]
        out[place[k]] = records[i]
        place[k] += 1


def sorted_by(
    parts: Sequence[tuple[Seekers, NDArray[np.int32]]], size: int, crew: Crew
) -> tuple[Seekers, NDArray[np.int64]]:
    """Records in the stable order of their keys from 0 to ``size`` - 1, and where each key begins, (size + 1,).

    Records and keys come in parts, one a job; their order is that of one part after the other.
    """
    place, offset = np.zeros((len(parts), size), np.int64), np.empty(size + 1, np.int64)
    crew.run(_count, [(keys, place[i]) for i, (_, keys) in enumerate(parts)])
    _place(place, offset)
    out = np.empty(int(offset[-1]), SEEKER)
    crew.run(_scatter, [(records, keys, place[i], out) for i, (records, keys) in enumerate(parts)])
    return out, offset


@dataclass
class Calendar:
    """Searches that lie ahead, each batch sorted once by the year in which the market sees them, women before men.

    A woman comes to the market in the year in which her search begins, a man in the year after it: nobody waits
    inside the market. The key of a search (:func:`slot`) is twice the year, counted from the first, plus the sex.
    """

    first_year: int
    last_year: int
    batches: list[tuple[Seekers, NDArray[np.int64]]] = field(default_factory=list)

    @property
    def slots(self) -> int:
        """How many keys there are, one more for what comes after the last year."""
        return 2 * (self.last_year - self.first_year + 1) + 1

    @property
    def origin(self) -> int:
        """The first year, counted from the origin of months."""
        return self.first_year - ORIGIN_YEAR

    def put(self, parts: Sequence[tuple[Seekers, NDArray[np.int32]]], crew: Crew) -> None:
        """Add searches with their keys, in parts that follow on one another."""
        if any(seekers.size for seekers, _ in parts):
            self.batches.append(sorted_by(parts, self.slots, crew))

    def keys(self, seekers: Seekers, sex: NDArray[np.int8] | int, year: int) -> NDArray[np.int32]:
        """Keys of searches, none earlier than ``year``."""
        men = np.asarray(sex, np.int32)
        years = np.maximum(seekers["month"] // 12 + men, year - ORIGIN_YEAR) - self.origin
        return np.minimum(2 * years + men, self.slots - 1).astype(np.int32)

    def take(self, year: int) -> tuple[Seekers, Seekers]:
        """Women and men whose year it is; years are taken in order."""
        k = 2 * (year - self.first_year)
        found = [(s, *o[k : k + 3].tolist()) for s, o in self.batches]
        women = joined([s[w:m] for s, w, m, _ in found if m > w])
        men = joined([s[m:end] for s, _, m, end in found if end > m])
        self.batches = [
            batch for batch, (_, _, _, end) in zip(self.batches, found, strict=True) if batch[1][-2] > end
        ]
        return women, men


@numba.njit(cache=True, inline="always")
def slot(month: int, sex: int, floor: int, origin: int, slots: int) -> int:
    """Key of a search: see :class:`Calendar`; ``floor`` and ``origin`` are years from the origin of months."""
    return min(2 * (max(month // 12 + sex, floor) - origin) + sex, slots - 1)
