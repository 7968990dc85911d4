"""Step 5, in the game: those who want to give when altruism has given, numbered for the support game.

Most patrons and households see no reason: only the others get a number, in the order in which they stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.memory import prefetch
from yeonjwa.core.parallel import each
from yeonjwa.society.means import AHEAD
from yeonjwa.society.reasons import Reasons
from yeonjwa.society.ties import CHON

if TYPE_CHECKING:
    from yeonjwa.society.transfers import Game

Float = NDArray[np.float64]
Int32 = NDArray[np.int32]


@dataclass(frozen=True)
class Players:
    """The ties over which somebody wants to give, in order, as :func:`yeonjwa.society.support.solve` takes them.

    ``row`` of the game and ``target`` of each tie, ``k`` and ``j`` its patron and household by number, ``degree`` its degree;
    ``patron``, ``house`` who has each number, with ``budget``, ``heads`` and ``need``; ``offset`` ties by patron; ``order`` of
    play group by group, highest value first, and ``begin`` of each group; ``by_household``, ``household_offset`` ties by
    household, nearest first. A group are all who are joined by households that they have in common.
    """

    row: Int32
    target: Float
    k: Int32
    j: Int32
    degree: NDArray[np.int8]
    patron: Int32
    house: Int32
    budget: Float
    heads: Float
    need: Float
    offset: Int32
    order: Int32
    begin: Int32
    by_household: Int32
    household_offset: Int32


def find_players(parts: list[Reasons], game: Game) -> Players:
    """Who plays, of those who have reasons; the parts are in order."""
    left = (game.k, game.j, game.need, game.budget)
    wanting = each(lambda part: _wanting(part.row, part.target, part.value, *left), parts)
    row, target, value = each(np.concatenate, list(zip(*wanting, strict=True)))
    patron, k, offset, best = _by_patron(row, value, game.k)
    house, j = _by_place(row, game.j, game.need.size)
    near = CHON[game.relation[row]]

    def by_group() -> tuple[Int32, Int32]:
        out, start = in_groups(np.argsort(-best, kind="stable").astype(np.int32), offset, j, house.size)
        return out, start

    beside = [by_group, partial(nearest_by_household, j, near, house.size)]
    (order, begin), (by_household, household_offset) = each(lambda part: part(), beside)
    return Players(
        row=row,
        target=target,
        k=k,
        j=j,
        degree=near,
        patron=patron,
        house=house,
        budget=game.budget[patron],
        heads=game.heads[house],
        need=game.need[house],
        offset=offset,
        order=order,
        begin=begin,
        by_household=by_household,
        household_offset=household_offset,
    )


@numba.njit(cache=True, nogil=True)
def _wanting(
    row: np.ndarray,
    target: np.ndarray,
    value: np.ndarray,
    patron: np.ndarray,
    place: np.ndarray,
    need: np.ndarray,
    budget: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows whose households need more than the target, and whose patrons have something left; their targets and values."""
    rows, targets, values = np.empty(row.size, np.int32), np.empty(row.size), np.empty(row.size)
    n = np.uint64(0)
    for s in range(row.size):
        ahead = row[min(s + AHEAD, row.size - 1)]
        prefetch(need, place[ahead])
        prefetch(budget, patron[ahead])
        r = np.uint32(row[s])
        rows[n], targets[n], values[n] = r, target[s], value[s]
        n += np.uint64((target[s] < need[np.uint32(place[r])]) & (budget[np.uint32(patron[r])] > 0.0))
    return rows[:n].copy(), targets[:n].copy(), values[:n].copy()


@numba.njit(cache=True, nogil=True)
def _by_patron(
    row: np.ndarray, value: np.ndarray, patron: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Patrons of the rows, which stand patron by patron, each once; the number of each row's; first row of each, and the number
    of rows; and the highest value that each patron has."""
    some, offset, best = np.empty(row.size, np.int32), np.empty(row.size + 1, np.int32), np.zeros(row.size)
    number = np.empty(row.size, np.int32)
    n = 0
    for i in range(row.size):
        k = patron[row[i]]
        if n == 0 or some[n - 1] != k:
            some[n], offset[n] = k, i
            n += 1
        number[i] = n - 1
        best[n - 1] = max(best[n - 1], value[i])
    offset[n] = row.size
    return some[:n].copy(), number, offset[: n + 1].copy(), best[:n].copy()


@numba.njit(cache=True, nogil=True)
def _by_place(row: np.ndarray, place: np.ndarray, places: int) -> tuple[np.ndarray, np.ndarray]:
    """Places of the rows, each once and in order, and the number of each row's among them."""
    mark, number = np.zeros(places, np.uint8), np.empty(places, np.int32)
    of = np.empty(row.size, np.int32)
    for i in range(row.size):
        of[i] = place[row[i]]
        mark[of[i]] = 1
    some = np.empty(places, np.int32)
    n = 0
    for h in range(places):
        some[n], number[h] = h, n
        n += mark[h]
    for i in range(row.size):
        of[i] = number[of[i]]
    return some[:n].copy(), of


@numba.njit(cache=True, nogil=True)
def in_groups(
    order: np.ndarray, offset: np.ndarray, j: np.ndarray, households: int
) -> tuple[np.ndarray, np.ndarray]:
    """Patrons by group, those of one group in ``order``, and where each group begins.

    Groups are those that no household joins: what one gives is nothing to the other. They are numbered by their first patron.

    Parameters
    ----------
    order : int (patrons,)
        Every patron once.
    offset : int (patrons + 1,)
        Ties of patron k, of whom each has one at least, are offset[k] to offset[k + 1] - 1.
    j : int (ties,)
        Household of each tie.
    """
    root = np.arange(households).astype(np.int32)
    for k in range(offset.size - 1):
        one = _root(root, j[offset[k]])
        for i in range(offset[k] + 1, offset[k + 1]):
            other = _root(root, j[i])
            root[max(one, other)] = min(one, other)
            one = min(one, other)
    number, group = np.full(households, -1, np.int32), np.empty(order.size, np.int32)
    groups = 0
    for k in range(order.size):
        top = _root(root, j[offset[k]])
        if number[top] < 0:
            number[top] = groups
            groups += 1
        group[k] = number[top]
    out, start = _counted(group, order, groups)
    return out, start


@numba.njit(cache=True, nogil=True)
def _root(root: np.ndarray, h: int) -> int:
    """The first household of the group of household ``h``; whoever is passed on the way is led closer to it."""
    while root[h] != h:
        root[h] = root[root[h]]
        h = root[h]
    return h


@numba.njit(cache=True, nogil=True)
def nearest_by_household(j: np.ndarray, degree: np.ndarray, households: int) -> tuple[np.ndarray, np.ndarray]:
    """Ties household by household, those of one household by degree and then in order, and where each household begins.

    What :func:`numpy.lexsort` of place, degree and household gives: numbers are few, so that counting them sorts.
    """
    highest = 0
    for d in degree:
        highest = max(highest, d)
    near, _ = _counted(degree, np.arange(degree.size).astype(np.int32), highest + 1)
    out, start = _counted(j, near, households)
    return out, start


@numba.njit(cache=True, nogil=True)
def _counted(number: np.ndarray, given: np.ndarray, numbers: int) -> tuple[np.ndarray, np.ndarray]:
    """The places ``given`` by their number, those of one number as they are given, and where each number begins."""
    start = np.zeros(numbers + 1, np.int32)
    for s in given:
        start[number[s] + 1] += 1
    for d in range(numbers):
        start[d + 1] += start[d]
    out, at = np.empty(given.size, np.int32), start.copy()
    for s in given:
        out[at[number[s]]] = s
        at[number[s]] += 1
    return out, start
