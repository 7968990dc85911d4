"""The pedigree while it grows, and the searches for a spouse that lie ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import ORIGIN_YEAR
from yeonjwa.core.errors import InputError
from yeonjwa.genealogy.draws import counting_order

_PERSONS = ("birth", "death", "sex", "region", "birth_union")
_UNIONS = ("wife", "husband", "start", "couples", "first_child")


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
    couples: NDArray[np.int32]  # (unions, 6): see matching.note_couples
    persons: int = 0
    unions: int = 0

    @classmethod
    def with_room(cls, persons: int, unions: int) -> GrowingPedigree:
        """Empty, with room for so many."""
        return cls(
            np.empty(persons, np.int16), np.empty(persons, np.int16), np.empty(persons, np.int8),
            np.empty(persons, np.int16), np.empty(persons, np.int32), np.empty(unions, np.int32),
            np.empty(unions, np.int32), np.empty(unions, np.int16), np.zeros(unions + 1, np.int32),
            np.empty((unions, 6), np.int32),
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
            self._grow(_UNIONS[:4], size)
            self._grow(_UNIONS[4:], size + 1)

    def _grow(self, names: Sequence[str], size: int) -> None:
        for name in names:
            old: NDArray[Any] = getattr(self, name)
            new = np.empty((size, *old.shape[1:]), old.dtype)
            new[: old.shape[0]] = old
            setattr(self, name, new)


@dataclass(frozen=True)
class Searches:
    """Persons who look for a spouse, from which month on, and in which region they live then."""

    person: NDArray[np.int32]
    month: NDArray[np.int16]
    home: NDArray[np.int16]

    def where(self, which: NDArray[Any] | slice) -> Searches:
        """Those under a mask or index."""
        return Searches(self.person[which], self.month[which], self.home[which])

    @staticmethod
    def joined(parts: Sequence[Searches]) -> Searches:
        """All of several, in that order."""
        return Searches(
            np.concatenate([p.person for p in parts]),
            np.concatenate([p.month for p in parts]),
            np.concatenate([p.home for p in parts]),
        )


def none_found() -> Searches:
    """Nobody."""
    return Searches(np.empty(0, np.int32), np.empty(0, np.int16), np.empty(0, np.int16))


@dataclass
class Calendar:
    """Searches that lie ahead, each batch sorted by calendar year once and read in slices."""

    first_year: int
    last_year: int
    batches: list[tuple[Searches, NDArray[np.int64]]] = field(default_factory=list)

    def put(self, searches: Searches, year: int) -> None:
        """Add searches; those of before ``year`` count as of that year."""
        if searches.person.size == 0:
            return
        years = np.clip(searches.month // 12 + ORIGIN_YEAR, year, self.last_year + 1) - self.first_year
        order, offset = counting_order(years.astype(np.int64), 0, self.last_year - self.first_year + 2)
        self.batches.append((searches.where(order), offset))

    def take(self, year: int) -> Searches:
        """Searches of a calendar year; years are taken in order."""
        k = year - self.first_year
        parts = [s.where(slice(o[k], o[k + 1])) for s, o in self.batches if o[k + 1] > o[k]]
        self.batches = [batch for batch in self.batches if batch[1][-1] > batch[1][k + 1]]
        return Searches.joined(parts) if parts else none_found()
