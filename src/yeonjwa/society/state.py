"""The state of the country in one month, as arrays.

Persons are rows of the pedigree, so every array over persons has the pedigree's length; households are rows of
their own. Kernels receive the arrays bundled in named tuples; nothing here decides anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import NEVER
from yeonjwa.core.parallel import each
from yeonjwa.genealogy.pedigree import Pedigree

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]
Int32 = NDArray[np.int32]
Float32 = NDArray[np.float32]


class Tree(NamedTuple):
    """The pedigree as kernels see it (arrays of :class:`yeonjwa.genealogy.pedigree.Pedigree`).

    ``adult`` age of majority in months.
    """

    birth: Int16
    death: Int16
    sex: Int8
    birth_union: Int32
    wife: Int32
    husband: Int32
    start: Int16
    first_child: Int32
    union_offset: Int32
    union_list: Int32
    adult: int


class People(NamedTuple):
    """State of persons, each array (persons,).

    ``where`` whereabouts, a position in WHEREABOUTS; ``house`` household or -1; ``next``, ``prev`` neighbours in the
    household's list of members; ``province`` of the household, a position in PROVINCES; ``songbun`` class of origin, a
    position in SONGBUN; ``party`` member of the party, 0 or 1; ``post`` 0 none, else 1 + position in POSTS;
    ``post_since`` month of appointment; ``gone_since`` month in which the person stopped being free and in the country
    (NEVER while there); ``record`` what the files say, a position in RECORDS; ``stain`` bits of what is held against the
    family; ``kin_abroad`` close kin who are out; ``sanctioned`` month of the last career sanction (NEVER if none);
    ``barred`` kept from university, army and party, 0 or 1.
    """

    where: Int8
    house: Int32
    next: Int32
    prev: Int32
    province: Int8
    songbun: Int8
    party: Int8
    post: Int8
    post_since: Int16
    gone_since: Int16
    record: Int8
    stain: NDArray[np.uint8]
    kin_abroad: NDArray[np.uint8]
    sanctioned: Int16
    barred: Int8


class Houses(NamedTuple):
    """State of households, each array (capacity,).

    ``head`` first member or -1; ``size`` members at home; ``key`` what random draws are addressed by (founding
    union, or number of unions + person), stable across scenarios; ``province`` a position in PROVINCES;
    ``income_class`` a position in CLASSES; ``banished`` 0 no, 1 to an interior village, 2 to a place from which the border
    can be reached; ``ar`` transitory log income; ``consumption`` baskets a head before transfers;
    ``hardship`` ``max(0, 1 - consumption)``; ``smoothed`` smoothed hardship after transfers; ``base`` monthly hazard
    of a plan at no hardship; ``deterrence`` log hazard taken off by kin left behind; ``plan`` unit that plans to go (0 none,
    1 one person, 2 mother and children, 3 all); ``leader`` of the plan, a person; ``extra`` baskets a head and month
    received (or owed) beyond income; ``extra_left`` months for which it lasts; ``hits``, ``misses`` own counts of belief;
    ``past`` hardship of the last months, which take turns: see :func:`turn_of`.
    """

    head: Int32
    size: Int16
    key: NDArray[np.int64]
    province: Int8
    income_class: Int8
    banished: Int8
    ar: Float32
    consumption: Float32
    hardship: Float32
    smoothed: Float32
    base: Float32
    deterrence: Float32
    plan: Int8
    leader: Int32
    extra: Float32
    extra_left: Int8
    hits: Float32
    misses: Float32
    past: Float32


class Membership(NamedTuple):
    """Who lives where: the part of the state that moves change (fewer arrays make smaller kernels).

    Arrays of :class:`People` (``where`` to ``gone_since``, ``post``) and of :class:`Houses` (``head`` to
    ``banished``), shared, not copied.
    """

    where: Int8
    house: Int32
    next: Int32
    prev: Int32
    province: Int8
    gone_since: Int16
    post: Int8
    head: Int32
    size: Int16
    key: NDArray[np.int64]
    house_province: Int8
    banished: Int8
    leader: Int32


#: Months of hardship that are remembered, so that sight can be late.
PAST_MONTHS = 4


@numba.njit(cache=True, nogil=True)
def turn_of(month: int, back: int) -> int:
    """Row of ``Houses.past`` with the hardship of ``back`` months before ``month``: each month writes over the oldest."""
    return (month - back) % PAST_MONTHS


def make_tree(pedigree: Pedigree, adult: int) -> Tree:
    """The pedigree's arrays as kernels take them, and the age of majority in months."""
    return Tree(
        pedigree.birth,
        pedigree.death,
        pedigree.sex,
        pedigree.birth_union,
        pedigree.wife,
        pedigree.husband,
        pedigree.start,
        pedigree.first_child,
        pedigree.union_offset,
        pedigree.union_list,
        adult,
    )


def make_people(n: int) -> People:
    """State of ``n`` persons of whom nothing is known yet."""
    house, after, before = each(lambda value: np.full(n, value, np.int32), [-1, -1, -1])
    post_since, gone_since, sanctioned = each(
        lambda value: np.full(n, value, np.int16), [NEVER, NEVER, NEVER]
    )
    return People(
        where=np.zeros(n, np.int8),
        house=house,
        next=after,
        prev=before,
        province=np.zeros(n, np.int8),
        songbun=np.zeros(n, np.int8),
        party=np.zeros(n, np.int8),
        post=np.zeros(n, np.int8),
        post_since=post_since,
        gone_since=gone_since,
        record=np.zeros(n, np.int8),
        stain=np.zeros(n, np.uint8),
        kin_abroad=np.zeros(n, np.uint8),
        sanctioned=sanctioned,
        barred=np.zeros(n, np.int8),
    )


def make_houses(capacity: int) -> Houses:
    """``capacity`` empty households."""
    c = capacity
    return Houses(
        head=np.full(c, -1, np.int32),
        size=np.zeros(c, np.int16),
        key=np.zeros(c, np.int64),
        province=np.zeros(c, np.int8),
        income_class=np.zeros(c, np.int8),
        banished=np.zeros(c, np.int8),
        ar=np.zeros(c, np.float32),
        consumption=np.ones(c, np.float32),
        hardship=np.zeros(c, np.float32),
        smoothed=np.zeros(c, np.float32),
        base=np.zeros(c, np.float32),
        deterrence=np.zeros(c, np.float32),
        plan=np.zeros(c, np.int8),
        leader=np.full(c, -1, np.int32),
        extra=np.zeros(c, np.float32),
        extra_left=np.zeros(c, np.int8),
        hits=np.zeros(c, np.float32),
        misses=np.zeros(c, np.float32),
        past=np.zeros((PAST_MONTHS, c), np.float32),
    )


def grow_houses(houses: Houses, capacity: int) -> Houses:
    """A copy with room for ``capacity`` households."""
    fresh = make_houses(capacity)
    arrays: list[tuple[NDArray[Any], NDArray[Any]]] = list(zip(houses, fresh, strict=True))  # type: ignore[arg-type]
    for old, new in arrays:
        new[..., : old.shape[-1]] = old
    return fresh


@dataclass
class State:
    """Everything that changes from month to month.

    Attributes
    ----------
    people : People
        Everyone ever.
    houses : Houses
        Households, with room for more.
    num_houses : int
        Households used so far; one that is empty is never used again.
    union_formed : int8 (unions,)
        Which unions took place (1), did not (0), lie ahead (-1), or ended in divorce (2).
    out : int32
        Persons in China, in transit or settled.
    inmates : int32
        Persons in camps.
    arrived : int32
        Persons in the South.
    watched : int32
        Leaders of departures that are not confirmed yet.
    party_of : dict
        Leader -> those who left together.
    extra : dict
        Persons stopped at the border or sent back, until enforcement has dealt with them in the same month.
    """

    people: People
    houses: Houses
    num_houses: int
    union_formed: Int8
    out: Int32 = field(default_factory=lambda: np.empty(0, np.int32))
    inmates: Int32 = field(default_factory=lambda: np.empty(0, np.int32))
    arrived: Int32 = field(default_factory=lambda: np.empty(0, np.int32))
    watched: Int32 = field(default_factory=lambda: np.empty(0, np.int32))
    party_of: dict[int, Int32] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def membership(self) -> Membership:
        """Who lives where; to be asked for again after :meth:`reserve`."""
        p, h = self.people, self.houses
        return Membership(
            p.where,
            p.house,
            p.next,
            p.prev,
            p.province,
            p.gone_since,
            p.post,
            h.head,
            h.size,
            h.key,
            h.province,
            h.banished,
            h.leader,
        )

    def reserve(self, more: int) -> None:
        """Make sure ``more`` households can be founded before the next call of a kernel."""
        capacity = self.houses.head.shape[0]
        if self.num_houses + more > capacity:
            self.houses = grow_houses(self.houses, max(capacity + capacity // 4, self.num_houses + more))
