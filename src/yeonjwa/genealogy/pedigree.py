"""The pedigree: who was born to which union, who married whom, and when.

Ids are row numbers. All children of a union have consecutive ids, and a union always has a smaller id than the
unions its children form: ids are topological, not chronological. Dates are month indices
(:mod:`yeonjwa.core.calendar`); a person is alive at the end of month ``t`` if ``birth <= t < death``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Values of ``sex``.
FEMALE, MALE = 0, 1
#: Birth union of a founder, last union of somebody who never married.
NONE = -1


@dataclass(frozen=True)
class Pedigree:
    """Everyone ever born in one synthetic population, as arrays.

    Attributes
    ----------
    birth, death : int16 (persons,)
        Month of birth; first month at whose end the person is no longer alive.
    sex : int8 (persons,)
        0 female, 1 male.
    region : int16 (persons,)
        Region of birth. Men live there for life; a woman moves to her husband's region at each union.
    birth_union : int32 (persons,)
        Union of the parents; -1 for founders.
    wife, husband : int32 (unions,)
        Person ids.
    start : int16 (unions,)
        Month in which the union is formed. It ends with the first death of the two.
    first_child : int32 (unions + 1,)
        Children of union u are the persons first_child[u] to first_child[u + 1] - 1.
    union_offset, union_list : int32 (persons + 1,), int32 (2 * unions,)
        Unions of person p, in order of formation: union_list[union_offset[p]:union_offset[p + 1]].
    region_province : int8 (regions,)
        Province of each region, an index into ``provinces``.
    provinces : tuple of str
        Ids of the provinces.
    first_month, last_month : int
        First and last month of the simulation (month indices).
    info : dict
        What the simulator reports: expected and achieved sizes, unmet unions, rejected kin, coverage.
    provenance : str
        "simulated" or "imported". ``society`` runs on "simulated" only.
    """

    birth: NDArray[np.int16]
    death: NDArray[np.int16]
    sex: NDArray[np.int8]
    region: NDArray[np.int16]
    birth_union: NDArray[np.int32]
    wife: NDArray[np.int32]
    husband: NDArray[np.int32]
    start: NDArray[np.int16]
    first_child: NDArray[np.int32]
    union_offset: NDArray[np.int32]
    union_list: NDArray[np.int32]
    region_province: NDArray[np.int8]
    provinces: tuple[str, ...]
    first_month: int
    last_month: int
    info: dict[str, Any] = field(default_factory=dict)
    provenance: str = "simulated"

    @property
    def num_persons(self) -> int:
        """Persons ever born, founders included."""
        return int(self.birth.size)

    @property
    def num_unions(self) -> int:
        """Unions ever formed."""
        return int(self.wife.size)

    def parents(self, person: int) -> tuple[int, int]:
        """Mother and father of a person, (-1, -1) for a founder."""
        union = int(self.birth_union[person])
        return (NONE, NONE) if union == NONE else (int(self.wife[union]), int(self.husband[union]))

    def alive_at(self, month: int) -> NDArray[np.bool_]:
        """Who is alive at the end of a month, as a mask over persons."""
        return (self.birth <= month) & (month < self.death)

    def num_living(self, month: int) -> int:
        """Persons alive at the end of a month."""
        return int(self.alive_at(month).sum())
