"""What the kin kernels read: the pedigree in union space.

All children of a union have consecutive ids, hence so have the entries of their unions: the unions formed by the
children of ``u`` are ``union_list[child_unions[u]:child_unions[u + 1]]``, one slice, and persons need not be touched
on the way down.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import InputError
from yeonjwa.genealogy.pedigree import Pedigree


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

    def living_bits(self, month: int, make: bool = True) -> NDArray[np.uint8] | None:
        """Who is alive at the end of a month, a bit a person and two bytes more; the last month asked for is kept.

        None if it is not kept and ``make`` does not ask for it: it costs a pass over everyone.
        """
        kept = self._living.get(month)
        if kept is None and make:
            kept = pack_bits(self.pedigree.alive_at(month))
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


def pack_bits(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """A mask as bits, the lowest of each byte first, and two bytes more."""
    return np.concatenate([np.packbits(mask, bitorder="little"), np.zeros(2, np.uint8)])
