"""Kin of those who hold a post, kept from one year to the next.

Who is kin of whom never changes, so that the kin of somebody who keeps a post need not be looked for again: a list holds
everyone by blood to a degree who is not dead, those included who are not born yet. Each January it loses the dead, and
those who are new in office are looked up.
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
from yeonjwa.society.rows import Bits, here_bits

#: Patrons of a list are cut by their id, so that each piece is small and can be made anew by itself.
PIECE = 1 << 17
#: A relation in sixteen bits: steps up, steps down, half-kin, kin by marriage; and how many such numbers there are.
STEPS, DOWN, HALF, INLAW, RELATIONS = 31, 5, 1 << 10, 1 << 11, 1 << 12
#: Where half-kin stand in the information of :class:`yeonjwa.kinship.members.Members`.
_HALF_FOUND = 13
#: Rows after which one is looked at whose household is asked for now.
_AHEAD = 64


class Piece(NamedTuple):
    """Kin of some patrons: kin of ``patrons[i]`` are rows ``offset[i]`` to ``offset[i + 1] - 1``, by degree and id.

    ``info`` holds the steps up in its lowest five bits, the steps down in the next five, half-kin in the next; the one after
    is set where two are kin by marriage, who stand in no list.
    """

    patrons: NDArray[np.int32]
    offset: NDArray[np.int64]
    person: NDArray[np.int32]
    info: NDArray[np.int16]


@dataclass
class KinLists:
    """Kin lists of patrons to ``degree`` chon, in pieces by id."""

    degree: int = 0
    pieces: dict[int, Piece] = field(default_factory=dict)


@numba.njit(cache=True, nogil=True)
def _sources(patrons: np.ndarray, old: np.ndarray) -> np.ndarray:
    """Where the list of each patron is: its place among the old ones, or -1 minus its place among those who are new."""
    source = np.empty(patrons.size, np.int64)
    i, new = 0, 0
    for k in range(patrons.size):
        while i < old.size and old[i] < patrons[k]:
            i += 1
        if i < old.size and old[i] == patrons[k]:
            source[k] = i
        else:
            new += 1
            source[k] = -new
    return source


@numba.njit(cache=True, nogil=True)
def _keep_living(
    source: np.ndarray,
    offset: np.ndarray,
    person: np.ndarray,
    info: np.ndarray,
    new_offset: np.ndarray,
    new_person: np.ndarray,
    new_info: np.ndarray,
    lives: np.ndarray,
    here: np.ndarray,
    house: np.ndarray,
    out_offset: np.ndarray,
    out_person: np.ndarray,
    out_info: np.ndarray,
    home: np.ndarray,
) -> None:
    """Write offsets, persons and relations of the lists without those who are gone, and the household of each who is here, else
    -1."""
    n = np.uint64(0)
    out_offset[0] = 0
    for k in range(source.size):
        at = source[k]
        if at >= 0:
            n = _keep_rows(
                offset[at], offset[at + 1], person, info, lives, here, house, n, out_person, out_info, home
            )
        else:
            first, last = new_offset[-1 - at], new_offset[-at]
            n = _keep_rows(
                first, last, new_person, new_info, lives, here, house, n, out_person, out_info, home
            )
        out_offset[k + 1] = n


@numba.njit(cache=True, nogil=True, inline="always")
def _keep_rows(
    first: int,
    last: int,
    person: np.ndarray,
    info: np.ndarray,
    lives: np.ndarray,
    here: np.ndarray,
    house: np.ndarray,
    n: np.uint64,
    out_person: np.ndarray,
    out_info: np.ndarray,
    home: np.ndarray,
) -> np.uint64:
    for r in range(first, last):
        prefetch(house, person[min(r + _AHEAD, person.size - 1)])
        p = np.uint32(person[r])
        byte, bit = p >> np.uint32(3), np.uint8(p & np.uint32(7))
        out_person[n], out_info[n] = p, info[r]
        home[n] = house[p] | (np.int32((here[byte] >> bit) & 1) - 1)
        n += np.uint64((lives[byte] >> bit) & 1)
    return n


@numba.njit(cache=True, nogil=True)
def _tie(
    patrons: np.ndarray,
    offset: np.ndarray,
    info: np.ndarray,
    first_patron: int,
    house: np.ndarray,
    house_key: np.ndarray,
    known: np.ndarray,
    key: np.uint64,
    home: np.ndarray,
    relation: np.ndarray,
    number: np.ndarray,
    tie_patron: np.ndarray,
    tie_house: np.ndarray,
    tie_key: np.ndarray,
    tie_info: np.ndarray,
    tie_degree: np.ndarray,
) -> int:
    """Ties to the nearest known member of each other household: writes ``number`` of each patron and the columns of the ties.

    Returns how many there are. ``home`` holds the household of each of the kin, -1 of who is not here, and is written over, as
    is ``relation``, working memory. Every row is written and then kept or not: what a row turns out to be cannot be foreseen, so
    that a branch costs more.
    """
    ahead = _AHEAD
    # Households of one patron's relatives: a small table with a mark for each patron, so that it need not be emptied.
    slots = 256
    mark, seen = np.full(slots, -1, np.int32), np.empty(slots, np.int32)
    near = 0
    for k in range(patrons.size):
        first, last = offset[k], offset[k + 1]
        if 2 * (last - first) > slots:
            while 2 * (last - first) > slots:
                slots *= 2
            mark, seen = np.full(slots, -1, np.int32), np.empty(slots, np.int32)
        mine = house[patrons[k]]
        before = near
        for r in range(first, last):
            h = home[r]
            slot = (np.int64(h) * 40503) & (slots - 1)
            while mark[slot] == k and seen[slot] != h:
                slot = (slot + 1) & (slots - 1)
            new = int(mark[slot] != k) & int(h >= 0) & int(h != mine)
            mark[slot], seen[slot] = k, h
            home[near], relation[near] = h, info[r]
            near += new
        number[k] = near - before
    r, ties = 0, 0
    for k in range(patrons.size):
        last, before = r + number[k], ties
        while r < last:
            if r + ahead < near:
                prefetch(house_key, home[r + ahead])
            degree = (relation[r] & STEPS) + ((relation[r] >> DOWN) & STEPS)
            at = house_key[home[r]]
            keep = known[degree] >= 1.0
            if not keep:
                keep = uniform(key, patrons[k], at) < known[degree]
            tie_patron[ties], tie_house[ties], tie_key[ties] = first_patron + k, home[r], at
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


_NOTHING = Piece(np.empty(0, np.int32), np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.int16))


def renew(
    lists: KinLists,
    graph: KinGraph,
    degree: int,
    month: int,
    patrons: NDArray[np.int32],
    where: NDArray[np.int8],
    house: NDArray[np.int32],
    house_key: NDArray[np.int64],
    known: NDArray[np.float64],
    key: np.uint64,
    bits: Bits | None = None,
) -> Ends:
    """Bring the lists up to date for ``patrons`` (ascending ids) and give their ties, in order of patron and degree.

    Parameters
    ----------
    degree, month : int
        Kin to this degree; month at whose end a relative must be alive.
    house_key : int64 (households,)
        What random draws are addressed by.
    known : float64 (degrees,)
        Chance that a patron knows a relative's household, by degree.
    key : uint64
        Key of the draw of who is known.
    bits : pair of uint8 arrays, optional
        Who lives and who is here (:func:`yeonjwa.society.rows.here_bits`), if at hand.
    """
    if lists.degree != degree:
        lists.degree, lists.pieces = degree, {}
    lives, here = here_bits(month, where, graph.pedigree.death) if bits is None else bits
    edges = np.searchsorted(patrons, np.arange(0, where.size + PIECE, PIECE)).tolist()
    mine = [patrons[low:high] for low, high in pairwise(edges)]
    had = [lists.pieces.pop(i, _NOTHING) for i in range(len(mine))]
    sources = [_sources(now, old.patrons) for now, old in zip(mine, had, strict=True)]
    found = _look_up(graph, degree, [now[at < 0] for now, at in zip(mine, sources, strict=True)], lives)
    number = np.empty(patrons.size, np.int64)

    def work(i: int) -> tuple[Piece, list[NDArray[Any]]]:
        piece, home = _renewed(mine[i], sources[i], had[i], found[i], lives, here, house)
        had[i] = found[i] = _NOTHING
        rows = piece.person.size
        columns = [np.empty(rows + 1, kind) for kind in (np.int32, np.int32, np.int32, np.int16, np.int8)]
        count, relation = number[edges[i] : edges[i + 1]], np.empty(rows + 1, np.int16)
        kin = (piece.patrons, piece.offset, piece.info)
        ties = _tie(*kin, edges[i], house, house_key, known, key, home, relation, count, *columns)
        # Copies: what is not used of the columns is given back.
        return piece, [column[:ties].copy() for column in columns]

    results = each(work, list(range(len(mine))))
    lists.pieces = {i: piece for i, (piece, _) in enumerate(results) if piece.patrons.size}
    columns = zip(*(columns for _, columns in results), strict=True)
    return Ends(number, *each(np.concatenate, list(columns)))


def _renewed(
    patrons: NDArray[np.int32],
    source: NDArray[np.int64],
    old: Piece,
    new: Piece,
    lives: NDArray[np.uint8],
    here: NDArray[np.uint8],
    house: NDArray[np.int32],
) -> tuple[Piece, NDArray[np.int32]]:
    """The lists of a piece for these patrons, without those who are gone, and the household of each of the kin who is here, -1 of
    the others."""
    rows = old.person.size + new.person.size
    offset = np.empty(patrons.size + 1, np.int64)
    # A row more: the last one is written before it is known whether it counts.
    person, info, home = (
        np.empty(rows + 1, np.int32),
        np.empty(rows + 1, np.int16),
        np.empty(rows + 1, np.int32),
    )
    _keep_living(source, *old[1:], *new[1:], lives, here, house, offset, person, info, home)
    for column in (person, info):
        column.resize(int(offset[-1]), refcheck=False)
    return Piece(patrons, offset, person, info), home


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
        pieces.append(Piece(part, offset, found.person[rows], relations(found.info[rows])))
    return pieces


def relations(info: NDArray[np.int16]) -> NDArray[np.int16]:
    """Relations of kin by blood in sixteen bits as in :class:`Piece`, from :attr:`yeonjwa.kinship.members.Members.info`."""
    return (info & (HALF - 1)) | ((info >> _HALF_FOUND) & 1) * HALF
