"""Kin of those who hold a post, kept from one year to the next.

Who is kin of whom never changes, so that the kin of somebody who keeps a post need not be looked for again: a list holds
everyone by blood to a degree who was not dead when it was written, those included who are not born yet. Those who are new in
office are looked up each January and written behind the others, until there is no more room: then a piece is written anew,
without the dead and without the kin of those who have left office.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.memory import prefetch
from yeonjwa.core.parallel import each
from yeonjwa.core.randomness import uniform
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.members import members

#: Patrons of a list are cut by their id, so that each piece is small and can be made anew by itself.
PIECE = 1 << 17
#: A relation in sixteen bits: steps up, steps down, half-kin, kin by marriage; and how many such numbers there are.
STEPS, DOWN, HALF, INLAW, RELATIONS = 31, 5, 1 << 10, 1 << 11, 1 << 12
#: Where half-kin stand in the information of :class:`yeonjwa.kinship.members.Members`.
_HALF_FOUND = 13
#: Rows after which one is looked at whose household is asked for now.
_AHEAD = 64
#: So many rows of a piece have room for one more of a new list: it is written anew every second or third year.
_ROOM = 4


class Piece(NamedTuple):
    """Kin of some patrons: kin of ``patrons[i]`` are rows ``begin[i]`` to ``end[i] - 1``, by degree and id.

    ``info`` holds the steps up in its lowest five bits, the steps down in the next five, half-kin in the next; the one after
    is set where two are kin by marriage, who stand in no list. From row ``used`` on there is room.
    """

    patrons: NDArray[np.int32]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    used: int
    person: NDArray[np.int32]
    info: NDArray[np.int16]


@dataclass
class KinLists:
    """Kin lists of patrons to ``degree`` chon, in pieces by id."""

    degree: int = 0
    pieces: dict[int, Piece] = field(default_factory=dict)


@numba.njit(cache=True, nogil=True)
def places_among(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Where each of some persons stands among others, or -1 minus its place among those who do not; both in order."""
    place = np.empty(some.size, np.int64)
    i, new = 0, 0
    for k in range(some.size):
        while i < others.size and others[i] < some[k]:
            i += 1
        if i < others.size and others[i] == some[k]:
            place[k] = i
        else:
            new += 1
            place[k] = -new
    return place


@numba.njit(cache=True, nogil=True)
def _keep_living(
    source: np.ndarray, old: Piece, new: Piece, lives: np.ndarray, room: int
) -> tuple[np.ndarray, np.ndarray, int, np.ndarray, np.ndarray]:
    """The lists from where ``source`` says, without those who are gone: begin, end, rows, persons and relations.

    There is room for as many rows as there were, for one that is written before it is known whether it counts, and for one more
    of every ``room``.
    """
    rows = 0
    for k in range(source.size):
        at = source[k]
        rows += old.end[at] - old.begin[at] if at >= 0 else new.end[-1 - at] - new.begin[-1 - at]
    begin, end = np.empty(source.size, np.int64), np.empty(source.size, np.int64)
    size = rows + rows // room + 1
    person, info, n = np.empty(size, np.int32), np.empty(size, np.int16), np.uint64(0)
    for k in range(source.size):
        at = source[k]
        begin[k] = n
        if at >= 0:
            some = slice(old.begin[at], old.end[at])
            n = _keep_rows(old.person[some], old.info[some], lives, n, person, info)
        else:
            some = slice(new.begin[-1 - at], new.end[-1 - at])
            n = _keep_rows(new.person[some], new.info[some], lives, n, person, info)
        end[k] = n
    return begin, end, int(n), person, info


@numba.njit(cache=True, nogil=True, inline="always")
def _keep_rows(
    some: np.ndarray,
    relation: np.ndarray,
    lives: np.ndarray,
    n: np.uint64,
    person: np.ndarray,
    info: np.ndarray,
) -> np.uint64:
    for r in range(some.size):
        p = np.uint32(some[r])
        person[n], info[n] = p, relation[r]
        n += np.uint64((lives[p >> np.uint32(3)] >> np.uint8(p & np.uint32(7))) & 1)
    return n


@numba.njit(cache=True, nogil=True)
def _put_behind(source: np.ndarray, old: Piece, new: Piece) -> tuple[np.ndarray, np.ndarray]:
    """Write the new lists behind the old ones; where the list of each patron begins and ends."""
    begin, end = np.empty(source.size, np.int64), np.empty(source.size, np.int64)
    for r in range(new.used):
        old.person[old.used + r], old.info[old.used + r] = new.person[r], new.info[r]
    for k in range(source.size):
        at = source[k]
        if at >= 0:
            begin[k], end[k] = old.begin[at], old.end[at]
        else:
            begin[k], end[k] = old.used + new.begin[-1 - at], old.used + new.end[-1 - at]
    return begin, end


@numba.njit(cache=True, nogil=True)
def _tie(
    kin: Piece,
    first_patron: int,
    home: np.ndarray,
    house: np.ndarray,
    house_key: np.ndarray,
    known: np.ndarray,
    key: np.uint64,
    near: np.ndarray,
    relation: np.ndarray,
    number: np.ndarray,
    tie_patron: np.ndarray,
    tie_house: np.ndarray,
    tie_key: np.ndarray,
    tie_info: np.ndarray,
    tie_degree: np.ndarray,
) -> int:
    """Ties to the nearest known member of each other household: writes ``number`` of each patron and the columns of the ties.

    Returns how many there are. ``home`` holds the household of each person who is here, -1 of the others; ``near``, households
    near to a patron, and ``relation`` are working memory. Every row is written and then kept or not: what a row turns out to be
    cannot be foreseen, so that a branch costs more.
    """
    ahead, patrons, person, info = _AHEAD, kin.patrons, kin.person, kin.info
    # Households of one patron's relatives: a small table with a mark for each patron, so that it need not be emptied.
    slots = 256
    mark, seen = np.full(slots, -1, np.int32), np.empty(slots, np.int32)
    total = 0
    for k in range(patrons.size):
        first, last = kin.begin[k], kin.end[k]
        if 2 * (last - first) > slots:
            while 2 * (last - first) > slots:
                slots *= 2
            mark, seen = np.full(slots, -1, np.int32), np.empty(slots, np.int32)
        mine = house[patrons[k]]
        before = total
        for r in range(first, last):
            prefetch(home, person[min(r + ahead, kin.used - 1)])
            h = home[np.uint32(person[r])]
            slot = (np.int64(h) * 40503) & (slots - 1)
            while mark[slot] == k and seen[slot] != h:
                slot = (slot + 1) & (slots - 1)
            new = int(mark[slot] != k) & int(h >= 0) & int(h != mine)
            mark[slot], seen[slot] = k, h
            near[total], relation[total] = h, info[r]
            total += new
        number[k] = total - before
    r, ties = 0, 0
    for k in range(patrons.size):
        last, before = r + number[k], ties
        while r < last:
            if r + ahead < total:
                prefetch(house_key, near[r + ahead])
            degree = (relation[r] & STEPS) + ((relation[r] >> DOWN) & STEPS)
            at = house_key[near[r]]
            keep = known[degree] >= 1.0
            if not keep:
                keep = uniform(key, patrons[k], at) < known[degree]
            tie_patron[ties], tie_house[ties], tie_key[ties] = first_patron + k, near[r], at
            tie_info[ties], tie_degree[ties] = relation[r], degree
            ties += int(keep)
            r += 1
        number[k] = ties - before
    return ties


class Ends(NamedTuple):
    """The two ends of ties: how many each patron has, and of each tie its patron, household, relation and degree.

    Patrons by their place among those asked for; ``key`` of the household's draws; relations as in :class:`Piece`.
    """

    number: NDArray[np.int64]
    patron: NDArray[np.int32]
    house: NDArray[np.int32]
    key: NDArray[np.int32]
    info: NDArray[np.int16]
    degree: NDArray[np.int8]


_NOTHING = Piece(
    np.empty(0, np.int32),
    np.empty(0, np.int64),
    np.empty(0, np.int64),
    0,
    np.empty(0, np.int32),
    np.empty(0, np.int16),
)


def renew(
    lists: KinLists,
    graph: KinGraph,
    degree: int,
    patrons: NDArray[np.int32],
    lives: NDArray[np.uint8],
    home: NDArray[np.int32],
    house: NDArray[np.int32],
    house_key: NDArray[np.int64],
    known: NDArray[np.float64],
    key: np.uint64,
) -> Ends:
    """Bring the lists up to date for ``patrons`` (ascending ids) and give their ties, in order of patron and degree.

    Parameters
    ----------
    degree : int
        Kin to this degree.
    lives : uint8
        Who is not dead or unborn for good, a bit a person (:func:`yeonjwa.society.rows.here_bits`).
    home, house : int32 (persons,)
        Household of whoever lives here, else -1; household of everyone.
    house_key : int64 (households,)
        What random draws are addressed by.
    known : float64 (degrees,)
        Chance that a patron knows a relative's household, by degree.
    key : uint64
        Key of the draw of who is known.
    """
    if lists.degree != degree:
        lists.degree, lists.pieces = degree, {}
    edges = np.searchsorted(patrons, np.arange(0, house.size + PIECE, PIECE)).tolist()
    mine = [patrons[low:high] for low, high in pairwise(edges)]
    had = [lists.pieces.pop(i, _NOTHING) for i in range(len(mine))]
    sources = [places_among(now, old.patrons) for now, old in zip(mine, had, strict=True)]
    found = _look_up(graph, degree, [now[at < 0] for now, at in zip(mine, sources, strict=True)], lives)
    number = np.empty(patrons.size, np.int64)

    def work(i: int) -> tuple[Piece, list[NDArray[Any]]]:
        piece = _renewed(mine[i], sources[i], had[i], found[i], lives)
        had[i] = found[i] = _NOTHING
        # A row more: the last one is written before it is known whether it counts.
        rows = int((piece.end - piece.begin).sum()) + 1
        columns = [np.empty(rows, kind) for kind in (np.int32, np.int32, np.int32, np.int16, np.int8)]
        memory = np.empty(rows, np.int32), np.empty(rows, np.int16), number[edges[i] : edges[i + 1]]
        ties = _tie(piece, edges[i], home, house, house_key, known, key, *memory, *columns)
        # Copies: what is not used of the columns is given back.
        return piece, [column[:ties].copy() for column in columns]

    results = each(work, list(range(len(mine))))
    lists.pieces = {i: piece for i, (piece, _) in enumerate(results) if piece.patrons.size}
    columns = zip(*(columns for _, columns in results), strict=True)
    return Ends(number, *each(np.concatenate, list(columns)))


def _renewed(
    patrons: NDArray[np.int32], source: NDArray[np.int64], old: Piece, new: Piece, lives: NDArray[np.uint8]
) -> Piece:
    """The lists of a piece for these patrons: in the memory of the old ones, if there is room, else written anew."""
    if old.used + new.used <= old.person.size:
        begin, end = _put_behind(source, old, new)
        return Piece(patrons, begin, end, old.used + new.used, old.person, old.info)
    begin, end, used, person, info = _keep_living(source, old, new, lives, _ROOM)
    return Piece(patrons, begin, end, used, person, info)


def _look_up(
    graph: KinGraph, degree: int, fresh: list[NDArray[np.int32]], lives: NDArray[np.uint8]
) -> list[Piece]:
    """Lists of patrons who have none yet, piece by piece."""
    egos = np.concatenate(fresh)
    if egos.size == 0:
        return [_NOTHING] * len(fresh)
    found = members(graph, f"chon<={degree}", egos, mask=lives)
    edges = np.cumsum([0, *(part.size for part in fresh)]).tolist()
    pieces = []
    for i, part in enumerate(fresh):
        low = found.offset[edges[i]]
        rows = slice(int(low), int(found.offset[edges[i + 1]]))
        offset = found.offset[edges[i] : edges[i + 1] + 1] - low
        kin = found.person[rows], relations(found.info[rows])
        pieces.append(Piece(part, offset[:-1], offset[1:], kin[0].size, *kin))
    return pieces


def relations(info: NDArray[np.int16]) -> NDArray[np.int16]:
    """Relations of kin by blood in sixteen bits as in :class:`Piece`, from :attr:`yeonjwa.kinship.members.Members.info`."""
    return (info & (HALF - 1)) | ((info >> _HALF_FOUND) & 1) * HALF
