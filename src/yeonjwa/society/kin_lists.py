"""Kin of those who hold a post, kept from one year to the next.

Who is kin of whom never changes, so that the kin of somebody who keeps a post need not be looked for again: a list holds
everyone by blood to a degree who is not dead, those included who are not born yet. Each January it loses the dead, and
those who are new in office are looked up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.parallel import each, over_rows
from yeonjwa.core.randomness import uniform
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.members import members
from yeonjwa.society.codes import BANISHED, DEAD, HOME, UNBORN

#: Patrons of a list are cut by their id, so that each piece is small and can be made anew by itself.
PIECE = 1 << 17
#: What a relative is this month: gone for good, not here, here.
GONE, AWAY, HERE = 0, 1, 2


#: A relation in sixteen bits: steps up, steps down, half-kin.
STEPS, DOWN, HALF = 31, 5, 1 << 10


class Piece(NamedTuple):
    """Kin of some patrons: kin of ``patrons[i]`` are rows ``offset[i]`` to ``offset[i + 1] - 1``, by degree and id.

    ``info`` holds the steps up in its lowest five bits, the steps down in the next five, half-kin in the next.
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
def _fill_status(
    first: int, last: int, month: int, where: np.ndarray, death: np.ndarray, status: np.ndarray
) -> None:
    for p in range(first, last):
        w = where[p]
        if w == DEAD or w == UNBORN:
            status[p] = GONE
        else:
            status[p] = HERE if (w == HOME or w == BANISHED) and month < death[p] else AWAY


@numba.njit(cache=True, nogil=True)
def _sources(patrons: np.ndarray, old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Where the list of each patron is: its place among the old ones, or -1 minus its place among the new ones."""
    source = np.empty(patrons.size, np.int64)
    i, j = 0, 0
    for k in range(patrons.size):
        while i < old.size and old[i] < patrons[k]:
            i += 1
        if i < old.size and old[i] == patrons[k]:
            source[k] = i
            continue
        while new[j] < patrons[k]:
            j += 1
        source[k] = -1 - j
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
    status: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Offsets, persons and relations of the lists without those who are gone."""
    rows = 0
    for k in range(source.size):
        if source[k] >= 0:
            rows += offset[source[k] + 1] - offset[source[k]]
        else:
            rows += new_offset[-source[k]] - new_offset[-source[k] - 1]
    out_offset = np.zeros(source.size + 1, np.int64)
    out_person, out_info = np.empty(rows, np.int32), np.empty(rows, np.int16)
    n = 0
    for k in range(source.size):
        at = source[k]
        if at >= 0:
            for r in range(offset[at], offset[at + 1]):
                out_person[n], out_info[n] = person[r], info[r]
                n += status[person[r]] != GONE
        else:
            for r in range(new_offset[-1 - at], new_offset[-at]):
                out_person[n], out_info[n] = new_person[r], new_info[r]
                n += status[new_person[r]] != GONE
        out_offset[k + 1] = n
    return out_offset, out_person[:n].copy(), out_info[:n].copy()


@numba.njit(cache=True, nogil=True)
def _tie(
    patrons: np.ndarray,
    offset: np.ndarray,
    person: np.ndarray,
    info: np.ndarray,
    status: np.ndarray,
    house: np.ndarray,
    house_key: np.ndarray,
    known: np.ndarray,
    key: np.uint64,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ties to the nearest known member of each other household: ties of each patron, household and row of each tie."""
    count = np.zeros(patrons.size, np.int64)
    tie_house, tie_row = np.empty(person.size, np.int32), np.empty(person.size, np.int64)
    # Households of one patron's relatives: a small table with a mark for each patron, so that it need not be emptied.
    slots = 4096
    mark, seen = np.full(slots, -1, np.int32), np.empty(slots, np.int32)
    ties = 0
    for k in range(patrons.size):
        first, last = offset[k], offset[k + 1]
        if 2 * (last - first) > slots:
            while 2 * (last - first) > slots:
                slots *= 2
            mark, seen = np.full(slots, -1, np.int32), np.empty(slots, np.int32)
        mine = house[patrons[k]]
        before = ties
        for r in range(first, last):
            if status[person[r]] != HERE:
                continue
            h = house[person[r]]
            if h < 0 or h == mine:
                continue
            slot = (np.int64(h) * 40503) & (slots - 1)
            while mark[slot] == k and seen[slot] != h:
                slot = (slot + 1) & (slots - 1)
            if mark[slot] == k:
                continue
            mark[slot], seen[slot] = k, h
            degree = (info[r] & STEPS) + ((info[r] >> DOWN) & STEPS)
            if known[degree] < 1.0 and uniform(key, patrons[k], house_key[h]) >= known[degree]:
                continue
            tie_house[ties], tie_row[ties] = h, r
            ties += 1
        count[k] = ties - before
    return count, tie_house[:ties].copy(), tie_row[:ties].copy()


class Ends(NamedTuple):
    """The two ends of ties: ties of each patron, and for each tie household, steps up and down, half-kin, in-laws."""

    number: NDArray[np.int64]
    house: NDArray[np.int32]
    up: NDArray[np.int16]
    down: NDArray[np.int16]
    half: NDArray[np.bool_]
    inlaw: NDArray[np.bool_]


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
    """
    if lists.degree != degree:
        lists.degree, lists.pieces = degree, {}
    status = np.empty(where.size, np.uint8)
    over_rows(_fill_status, where.size, month, where, graph.pedigree.death, status, block=1 << 20)
    edges = np.searchsorted(patrons, np.arange(0, where.size + PIECE, PIECE))
    had = [lists.pieces.get(i, _NOTHING) for i in range(edges.size - 1)]
    mine = [patrons[edges[i] : edges[i + 1]] for i in range(edges.size - 1)]
    fresh = [now[~np.isin(now, old.patrons)] for now, old in zip(mine, had, strict=True)]
    found = _look_up(graph, degree, fresh, status)

    def work(i: int) -> tuple[Piece, NDArray[np.int64], NDArray[np.int32], NDArray[np.int16]]:
        source = _sources(mine[i], had[i].patrons, found[i].patrons)
        piece = Piece(mine[i], *_keep_living(source, *had[i][1:], *found[i][1:], status))
        count, home, row = _tie(*piece, status, house, house_key, known, key)
        return piece, count, home, piece.info[row]

    results = each(work, list(range(len(mine))))
    lists.pieces = {i: result[0] for i, result in enumerate(results) if mine[i].size}
    info = np.concatenate([part for _, _, _, part in results])
    return Ends(
        number=np.concatenate([part for _, part, _, _ in results]),
        house=np.concatenate([part for _, _, part, _ in results]),
        up=info & STEPS,
        down=(info >> DOWN) & STEPS,
        half=(info & HALF) != 0,
        inlaw=np.zeros(info.size, np.bool_),
    )


def _look_up(
    graph: KinGraph, degree: int, fresh: list[NDArray[np.int32]], status: NDArray[np.uint8]
) -> list[Piece]:
    """Lists of patrons who have none yet, piece by piece."""
    egos = np.concatenate(fresh)
    if egos.size == 0:
        return [_NOTHING] * len(fresh)
    found = members(graph, f"chon<={degree}", egos, mask=status != GONE)
    info = found.up.astype(np.int16) | (found.down.astype(np.int16) << DOWN)
    info[found.half] |= HALF
    edges = np.cumsum([0, *(part.size for part in fresh)])
    pieces = []
    for i, part in enumerate(fresh):
        low = found.offset[edges[i]]
        rows = slice(int(low), int(found.offset[edges[i + 1]]))
        offset = found.offset[edges[i] : edges[i + 1] + 1] - low
        pieces.append(Piece(part, offset, found.person[rows], info[rows]))
    return pieces
