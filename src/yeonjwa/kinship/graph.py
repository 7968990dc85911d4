"""What the kin kernels read: the pedigree in union space.

All children of a union have consecutive ids, hence so have the entries of their unions: the unions formed by the
children of ``u`` are ``union_list[child_unions[u]:child_unions[u + 1]]``, one slice, and persons need not be touched
on the way down.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import InputError
from yeonjwa.core.memory import prefetch
from yeonjwa.core.parallel import over_rows
from yeonjwa.genealogy.pedigree import Pedigree

Array = Any

#: Unions after which one is looked at whose couple is asked for now.
_AHEAD = 16


@dataclass(frozen=True)
class KinGraph:
    """A pedigree with the index that kin queries need.

    Attributes
    ----------
    pedigree : Pedigree
        Everyone ever.
    child_unions : int32 (unions + 1,)
        Where the unions of the children of union u begin in ``pedigree.union_list``.
    """

    pedigree: Pedigree
    child_unions: NDArray[np.int32] = field(init=False)
    _living: dict[int, NDArray[np.uint8]] = field(init=False, repr=False, compare=False, default_factory=dict)
    _saved: dict[int, float] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        p = self.pedigree
        index = np.ascontiguousarray(p.union_offset[p.first_child], dtype=np.int32)
        object.__setattr__(self, "child_unions", index)

    @property
    def num_persons(self) -> int:
        """Persons ever born."""
        return self.pedigree.num_persons

    @property
    def num_unions(self) -> int:
        """Unions ever formed."""
        return self.pedigree.num_unions

    @cached_property
    def below(self) -> NDArray[np.int32]:
        """What lies below each union, in turns: its first child, and where the unions of its children begin.

        Of length 2 * unions + 2: what lies below union u ends where that of the next begins.
        """
        first: NDArray[np.int32] = self.pedigree.first_child
        return np.stack([first, self.child_unions], axis=1).astype(np.int32, copy=False).ravel()

    @cached_property
    def above(self) -> NDArray[np.int32]:
        """What lies above each union, in turns: wife, husband, and the codes of their families; (4 * unions,).

        The code of a family is twice the birth union plus one, so 0 where it is not known, and one more if the person
        formed several unions.
        """
        p = self.pedigree
        rows = np.empty(4 * p.num_unions, np.int32)
        over_rows(_rows_above, p.num_unions, p.wife, p.husband, p.birth_union, p.union_offset, rows)
        return rows

    def living_bits(self, month: int, saved: float) -> NDArray[np.uint8] | None:
        """Who is alive at the end of a month, a bit a person and two bytes more; the last month asked for is kept.

        None if it is not kept and has not been worth it yet: it costs a pass over everyone, so it is made once the lives
        whose looking up it would have ``saved``, by all that asked for this month, are as many as there are persons.
        """
        kept = self._living.get(month)
        if kept is None:
            if month not in self._saved:
                self._saved.clear()
            self._saved[month] = self._saved.get(month, 0.0) + saved
            if self._saved[month] >= self.num_persons:
                kept = np.zeros((self.num_persons + 7) // 8 + 2, np.uint8)
                _pack_living(self.pedigree.birth, self.pedigree.death, month, kept)
                self._living.clear()
                self._living[month] = kept
        return kept

    def check_person(self, person: int, what: str = "person") -> int:
        """The id as a plain integer if there is such a person."""
        number = int(person)
        if not 0 <= number < self.num_persons:
            raise InputError(what, person, f"an id from 0 to {self.num_persons - 1}")
        return number

    def check_egos(self, egos: NDArray[np.integer]) -> NDArray[np.int32]:
        """Ids as a contiguous int32 array if they all exist."""
        ids = np.ascontiguousarray(egos)
        if ids.ndim != 1 or (ids.size and ids.dtype.kind not in "iu"):
            raise InputError(
                "egos", f"array of {ids.dtype}, {ids.ndim} dimensions", "a one-dimensional array of ids"
            )
        if ids.size and (int(ids.min()) < 0 or int(ids.max()) >= self.num_persons):
            bad = int(ids.min()) if int(ids.min()) < 0 else int(ids.max())
            raise InputError("ego", bad, f"an id from 0 to {self.num_persons - 1}")
        return ids.astype(np.int32, copy=False)


@numba.njit(cache=True, nogil=True)
def _rows_above(
    first: int, last: int, wife: Array, husband: Array, birth_union: Array, union_offset: Array, rows: Array
) -> None:
    for u in range(first, last):
        if u + _AHEAD < last:
            prefetch(birth_union, wife[u + _AHEAD])
            prefetch(birth_union, husband[u + _AHEAD])
            prefetch(union_offset, wife[u + _AHEAD])
            prefetch(union_offset, husband[u + _AHEAD])
        rows[4 * u], rows[4 * u + 1] = wife[u], husband[u]
        for k in range(2):
            p, code = rows[4 * u + k], 0
            if p >= 0:
                code = 2 * (birth_union[p] + 1) + (1 if union_offset[p + 1] - union_offset[p] > 1 else 0)
            rows[4 * u + 2 + k] = code


@numba.njit(cache=True, nogil=True)
def _pack_living(birth: Array, death: Array, month: int, bits: Array) -> None:
    for byte in range((birth.size + 7) // 8):
        here = 0
        for k in range(8 * byte, min(8 * byte + 8, birth.size)):
            here |= int(birth[k] <= month < death[k]) << (k & 7)
        bits[byte] = here


def pack_bits(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """A mask as bits, the lowest of each byte first, and two bytes more."""
    return np.concatenate([np.packbits(mask, bitorder="little"), np.zeros(2, np.uint8)])
