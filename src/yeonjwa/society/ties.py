"""Ties: which patron answers for which poor household (MODEL.md, section 2).

A tie joins patron k and relative j if k stands in a liability circle of j. Patrons are holders of posts; ties are
looked up once a year, in January, and a tie falls silent when the patron loses the post or one of the two is no longer there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.memory import prefetch
from yeonjwa.core.parallel import each, over_rows
from yeonjwa.core.randomness import stream, stream_key, uniform
from yeonjwa.kinship.circles import parse_circle
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.members import SIDES, members
from yeonjwa.regime.rules import with_inlaws
from yeonjwa.society.codes import ABROAD, BANISHED, FORMED, HOME, NO_POST, POSTS
from yeonjwa.society.kin_lists import DOWN, HALF, INLAW, RELATIONS, STEPS, Ends, KinLists, relations, renew
from yeonjwa.society.rows import here_bits, rows_between
from yeonjwa.society.settings import Month
from yeonjwa.society.state import State

#: Who is not dead or unborn for good, a bit a person; and the household of whoever lives here, else -1.
Whereabouts = tuple[NDArray[np.uint8], NDArray[np.int32]]

KNOWN = stream("society.ties.known")
#: Ties of which those of some households are listed at a time.
TOGETHER = 2048
#: Ties by which it is told where half of them are.
_SAMPLE = 4096
#: Bits of the place of a tie, below its degree.
_PLACE = 48
#: All relations.
_CODE = np.arange(RELATIONS, dtype=np.int16)
#: Rows by which memory is asked for ahead.
_AHEAD = 16
#: Degree of each relation: steps up and down.
CHON: NDArray[np.int8] = ((_CODE & STEPS) + ((_CODE >> DOWN) & STEPS)).astype(np.int8)


class Relation(NamedTuple):
    """What follows from a relation of two, each array (``RELATIONS``,), to be looked up by ``Ties.info``.

    ``relatedness`` coefficient, 0 by marriage; ``camp`` whether a patron stands in the relative's camp circle; ``inlaw`` whether
    they are kin by marriage only.
    """

    relatedness: NDArray[np.float64]
    camp: NDArray[np.bool_]
    inlaw: NDArray[np.bool_]


@dataclass(frozen=True)
class Column:
    """A column of the ties that is looked up when it is asked for, and takes no memory: ``column[rows]``, or an array of all."""

    table: NDArray[Any]
    info: NDArray[np.int16]

    def __getitem__(self, rows: Any) -> NDArray[Any]:
        """Values of some ties."""
        return np.asarray(self.table[self.info[rows]])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Values of all ties."""
        return np.asarray(self[:], dtype)


@dataclass
class Ties:
    """Ties of one year, sorted by patron and degree.

    Attributes
    ----------
    patrons : int32 (patrons,)
        Person ids.
    offset : int64 (patrons + 1,)
        Ties of patron k are offset[k] to offset[k + 1] - 1.
    patron : int32 (ties,)
        Position in ``patrons``.
    house : int32 (ties,)
        Household of the relative.
    key : int32 (ties,)
        What random draws of that household are addressed by.
    degree : int8 (ties,)
        Least chon between the patron and a member.
    info : int16 (ties,)
        The relation to that member (:class:`yeonjwa.society.kin_lists.Piece`), which says all that follows from it.
    relation : Relation
        What follows from each possible relation.
    paid_ever : bool (ties,)
        Whether the tie has been paid since it was last looked up.
    once, in_spell : int64
        Ties, in order, that have been paid since January, and since their household fell into hardship.
    nearest : int64 (households,)
        Tie to the nearest patron of each household, -1 if it has none.
    sharers : float64 (patrons,)
        Patrons in the patron's household, himself included: they share its surplus.
    """

    patrons: NDArray[np.int32]
    offset: NDArray[np.int64]
    patron: NDArray[np.int32]
    house: NDArray[np.int32]
    key: NDArray[np.int32]
    degree: NDArray[np.int8]
    info: NDArray[np.int16]
    relation: Relation
    paid_ever: NDArray[np.bool_]
    sharers: NDArray[np.float64]
    nearest: NDArray[np.int64]
    once: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    in_spell: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def size(self) -> int:
        """Number of ties."""
        return int(self.house.size)

    @property
    def relatedness(self) -> Column:
        """Coefficient of relatedness of each tie, by marriage 0."""
        return Column(self.relation.relatedness, self.info)

    @property
    def camp(self) -> Column:
        """Whether the patron of each tie stands in the camp circle of the relative."""
        return Column(self.relation.camp, self.info)

    @property
    def inlaw(self) -> Column:
        """Whether the two are kin by marriage only."""
        return Column(self.relation.inlaw, self.info)

    @cached_property
    def nearest_patron(self) -> NDArray[np.int32]:
        """Nearest patron of each household, -1 if it has none."""
        out = np.full(self.nearest.size, -1, np.int32)
        over_rows(_look_up_patrons, out.size, self.nearest, self.patron, out)
        return out

    def arrays(self) -> list[NDArray[np.generic]]:
        """All arrays, for tests."""
        own = [getattr(self, f.name) for f in fields(self)]
        return [array for part in own for array in (part if isinstance(part, tuple) else (part,))]


@numba.njit(cache=True, nogil=True)
def _look_up_patrons(first: int, last: int, nearest: np.ndarray, patron: np.ndarray, out: np.ndarray) -> None:
    """Patron of the nearest tie of the households first to last - 1, if they have one."""
    for h in range(first, last):
        if h + _AHEAD < last and nearest[h + _AHEAD] >= 0:
            prefetch(patron, nearest[h + _AHEAD])
        if nearest[h] >= 0:
            out[h] = patron[nearest[h]]


def coefficient(
    up: NDArray[np.integer], down: NDArray[np.integer], half: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Coefficient of relatedness of a named relation: ``(1/2)**chon`` for lineal and half-kin, twice that for full kin."""
    one_path = (up == 0) | (down == 0) | half
    return np.asarray(np.where(one_path, 1.0, 2.0) * 0.5 ** (up.astype(float) + down.astype(float)))


def camp_steps(circle: str) -> NDArray[np.bool_]:
    """Table (up, down) -> whether a patron who finds a relative by these steps is in the relative's camp circle."""
    table = np.zeros((10, 10), np.bool_)
    for path in parse_circle(circle).inverse().paths:
        steps = str(path)
        if "S" not in steps:
            table[steps.count("U"), steps.count("D")] = True
    return table


def relation_table(camp_circle: str) -> Relation:
    """What follows from each relation where the camp takes this circle."""
    code = np.arange(RELATIONS)
    up, down, half, inlaw = code & STEPS, (code >> DOWN) & STEPS, (code & HALF) != 0, (code & INLAW) != 0
    steps = camp_steps(camp_circle)
    last = len(steps) - 1
    camp = steps[np.minimum(up, last), np.minimum(down, last)] & ~inlaw
    return Relation(np.where(inlaw, 0.0, coefficient(up, down, half)), camp, inlaw)


def build_ties(
    graph: KinGraph,
    state: State,
    month: Month,
    seed: int,
    lists: KinLists | None = None,
    whereabouts: Whereabouts | None = None,
    holders: NDArray[np.int64] | None = None,
) -> Ties:
    """Ties of everyone who holds a post this month.

    ``lists`` holds the kin of patrons from year to year, ``holders`` who has a post, if it is at hand as ``whereabouts`` may be.
    Where in-laws have ties (``support.inlaw_degree``), and without lists, everybody's kin are looked up anew.
    """
    people = state.people
    held = rows_between(people.post, NO_POST + 1, len(POSTS)) if holders is None else holders
    patrons = held.astype(np.int32)
    where = people.where[patrons]
    patrons = patrons[((where == HOME) | (where == ABROAD)) & (people.house[patrons] >= 0)]
    if lists is None or month.number("support.inlaw_degree") > 0:
        ends = _look_up_ends(graph, state, month, seed, patrons)
    else:
        lives, home = whereabouts or _whereabouts(graph, state, month)
        depth, key = int(month.number("support.degree")), stream_key(seed, KNOWN)
        houses = (people.house, state.houses.key)
        ends = renew(lists, graph, depth, patrons, lives, home, *houses, _known(month), key)
    own = people.house[patrons]
    sharers = _sharers(own, state.num_houses)
    return Ties(
        patrons=patrons,
        offset=np.concatenate(([0], np.cumsum(ends.number))),
        patron=ends.patron,
        house=ends.house,
        key=ends.key,
        degree=ends.degree,
        info=ends.info,
        relation=relation_table(month.text("sanction.camp_circle")),
        paid_ever=np.zeros(ends.house.size, np.bool_),
        sharers=sharers,
        nearest=nearest_tie(ends.house, ends.degree, state.num_houses),
    )


@numba.njit(cache=True, nogil=True)
def _sharers(house: np.ndarray, num_houses: int) -> np.ndarray:
    """How many patrons the household of each has; ``house`` is theirs."""
    number, out = np.zeros(num_houses, np.uint16), np.empty(house.size)
    for k in range(house.size):
        number[house[k]] += 1
    for k in range(house.size):
        out[k] = number[house[k]]
    return out


def _whereabouts(graph: KinGraph, state: State, month: Month) -> Whereabouts:
    """Who lives, and the household of whoever is here, told anew."""
    house = state.people.house
    lives, here = here_bits(month.t, state.people.where, graph.pedigree.death)
    return lives, np.where(np.unpackbits(here, count=house.size, bitorder="little") == 1, house, np.int32(-1))


def _known(month: Month) -> NDArray[np.float64]:
    return np.concatenate(([1.0], month.vector("support.known", "degree")))


def _look_up_ends(graph: KinGraph, state: State, month: Month, seed: int, patrons: NDArray[np.int32]) -> Ends:
    """Ties found by asking for the members of the circle of every patron: slow, for any circle, and the twin of lists."""
    people = state.people
    present = (people.where == HOME) | (people.where == BANISHED)
    depth = int(month.number("support.degree"))
    circle = with_inlaws(f"chon<={depth}", int(month.number("support.inlaw_degree")))
    unions = state.union_formed == FORMED if "spouse" in circle else None
    found = members(graph, circle, patrons, month=month.t, mask=present, union_mask=unions)
    offset, keep = _select(
        patrons,
        found.offset,
        found.person,
        found.degree,
        people.house,
        state.houses.key,
        _known(month),
        stream_key(seed, KNOWN),
        state.num_houses,
    )
    inlaw = found.side[keep] == SIDES.index("marriage")
    home = people.house[found.person[keep]]
    return Ends(
        number=np.diff(offset),
        patron=np.repeat(np.arange(patrons.size, dtype=np.int32), np.diff(offset)),
        house=home,
        key=state.houses.key[home].astype(np.int32),
        info=relations(found.info[keep]) | (inlaw * INLAW).astype(np.int16),
        degree=found.degree[keep].astype(np.int8),
    )


def nearest_tie(house: NDArray[np.int32], degree: NDArray[np.int8], num_houses: int) -> NDArray[np.int64]:
    """Tie to the nearest patron of each household, -1 if it has none; the first in the order of ties among equals."""
    nearest = np.empty(num_houses, np.int64)
    each(lambda half: _find_nearest(*half, house, degree, nearest), halves_by_ties(house, num_houses))
    return nearest


def halves_by_ties(house: NDArray[np.int32], num_houses: int) -> list[tuple[int, int]]:
    """Households in two parts to which there are about equally many ties."""
    middle = int(np.median(house[:: max(house.size // _SAMPLE, 1)])) if house.size else 0
    return [(0, middle), (middle, num_houses)]


@numba.njit(cache=True, nogil=True)
def _find_nearest(first: int, last: int, house: np.ndarray, degree: np.ndarray, nearest: np.ndarray) -> None:
    """Nearest ties of the households first to last - 1: the least of degree and place in one number."""
    far, own = np.int64(1) << 62, np.empty(TOGETHER, np.uint32)
    nearest[first:last] = far
    for low in range(0, house.size, TOGETHER):
        for j in range(ties_to(first, last, low, house, own, nearest)):
            i = own[j]
            at = np.uint32(house[i])
            nearest[at] = min(nearest[at], (np.int64(degree[i]) << _PLACE) | np.int64(i))
    for h in range(first, last):
        nearest[h] = nearest[h] & ((np.int64(1) << _PLACE) - 1) if nearest[h] < far else -1


@numba.njit(cache=True, nogil=True)
def ties_to(first: int, last: int, low: int, house: np.ndarray, own: np.ndarray, column: np.ndarray) -> int:
    """List, of the ties from ``low`` on that ``own`` has room for, those to the households first to last - 1.

    Returns how many there are. Whose household it is cannot be foreseen: every tie is written and then kept or not. Their rows of
    a ``column`` by household are asked for.
    """
    n, begin, many = np.uint32(0), np.uint32(first), np.uint32(last - first)
    for i in range(low, min(low + own.size, house.size)):
        own[n] = i
        n += np.uint32(np.uint32(house[np.uint32(i)]) - begin < many)
    for j in range(n):
        prefetch(column, house[own[j]])
    return int(n)


@numba.njit(cache=True)
def _select(
    patrons: np.ndarray,
    offset: np.ndarray,
    person: np.ndarray,
    degree: np.ndarray,
    house: np.ndarray,
    house_key: np.ndarray,
    known: np.ndarray,
    key: np.uint64,
    num_houses: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Keep the nearest known member of each other household; members of a patron come sorted by degree."""
    last_seen = np.full(num_houses, -1, np.int32)
    keep = np.empty(person.size, np.int64)
    out = np.zeros(patrons.size + 1, np.int64)
    n = 0
    for k in range(patrons.size):
        mine = house[patrons[k]]
        for i in range(offset[k], offset[k + 1]):
            h = house[person[i]]
            if h < 0 or h == mine or last_seen[h] == k:
                continue
            last_seen[h] = k
            d = degree[i]
            if known[d] < 1.0 and uniform(key, patrons[k], house_key[h]) >= known[d]:
                continue
            keep[n] = i
            n += 1
        out[k + 1] = n
    return out, keep[:n].copy()
