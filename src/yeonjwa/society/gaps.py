"""How long poor relatives wait for a first payment, and why those once paid are not paid every month (seed.10, seed.13).

A *spell* begins when a tie's household falls below one basket and ends when it no longer is (or in January, when ties are looked
up anew). Nothing here changes what happens: it only counts, and only ties that were paid are visited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.memory import SIXTEEN, list_marked
from yeonjwa.core.parallel import each, over_rows
from yeonjwa.society.codes import CAUSES, POSTS
from yeonjwa.society.means import Means
from yeonjwa.society.ties import Ties
from yeonjwa.society.world import World

if TYPE_CHECKING:
    from yeonjwa.society.transfers import Game, Given

Int = NDArray[np.int64]

#: Of a budget, what counts as all of it.
SPENT = 0.999
#: Ties of a block.
TIES = 1 << 18
#: Marks of a tie: paid before this year, paid now, paid in a spell that lasted until now; hardship over it is seen.
_ONCE, _PAID, _IN_SPELL, _SEEN = np.uint8(1), np.uint8(2), np.uint8(4), np.uint8(8)
#: Positions in CAUSES.
_UNSEEN, _ILLIQUID, _BUDGET, _NOT_WORTH_IT = range(len(CAUSES))


def count(world: World, ties: Ties, means: Means, game: Game, given: Given) -> None:
    """Count waits and gaps of the month, before its transfers are booked."""
    held, gaps, by_rank = _follow(ties, means, game, given)
    world.recorder.add("support.held", held)
    world.recorder.add("support.gaps", gaps.sum())
    world.recorder.split("support.gaps", "cause", CAUSES, gaps)
    _count_waits(world, by_rank[0], by_rank[1])


def _follow(ties: Ties, means: Means, game: Game, given: Given) -> tuple[int, Int, Int]:
    """Renew ``ties.in_spell`` and ``ties.once``; ties to the poor that were once paid, and those of them not paid now by cause.

    Last come counts by rank of the ties that were paid in their spell before, and that are paid in it first now.
    """
    found = over_rows(
        _follow_rows,
        ties.size,
        ties.in_spell,
        ties.once,
        given.tie,
        game.seen.tie,
        ties.patron,
        ties.house,
        means.usable,
        means.needy,
        means.rank,
        game.budget,
        given.spent,
        len(POSTS) + 1,
        block=TIES,
    )
    if not found:
        return 0, np.zeros(len(CAUSES), np.int64), np.zeros((2, len(POSTS) + 1), np.int64)
    ties.in_spell, ties.once = each(np.concatenate, [[part[i] for part in found] for i in (0, 1)])
    gaps, by_rank = (np.sum([part[i] for part in found], axis=0) for i in (3, 4))
    return sum(part[2] for part in found), gaps, by_rank


@numba.njit(cache=True, nogil=True)
def _follow_rows(
    first: int,
    last: int,
    in_spell: np.ndarray,
    once: np.ndarray,
    paid: np.ndarray,
    seen: np.ndarray,
    patron: np.ndarray,
    house: np.ndarray,
    usable: np.ndarray,
    needy: np.ndarray,
    rank: np.ndarray,
    budget: np.ndarray,
    spent: np.ndarray,
    ranks: int,
) -> tuple[np.ndarray, np.ndarray, int, np.ndarray, np.ndarray]:
    """What :func:`_follow` says, of the ties first to last - 1: paid in a spell that lasts, paid at all, and the counts.

    All lists are in order. Every tie of a spell has been paid before.
    """
    marks = np.zeros(last - first, np.uint8)
    _mark(marks, _ONCE, once, first, last)
    _mark(marks, _PAID, paid, first, last)
    _mark(marks, _IN_SPELL, in_spell, first, last)
    row = np.empty(marks.size + SIXTEEN, np.int32)
    m = list_marked(marks, 0, row)
    _mark(marks, _SEEN, seen, first, last)
    all_paid, of, mark = np.empty(m, np.int64), np.empty(m, np.int32), np.empty(m, np.uint8)
    for i in range(m):
        all_paid[i], mark[i] = first + row[i], marks[np.uint32(row[i])]
    poor = _poor(all_paid, patron, house, usable, needy, of)
    held, counted, missed = 0, np.empty(m, np.uint8), np.empty(m, np.uint8)
    for i in range(m):
        held += poor[i] & np.uint8(mark[i] & _ONCE != 0)
        counted[i] = poor[i] & np.uint8(mark[i] & (_IN_SPELL | _PAID) != 0)
        missed[i] = poor[i] & np.uint8(mark[i] & _PAID == 0)
    by_rank, gaps = np.zeros((2, ranks), np.int64), np.zeros(len(CAUSES), np.int64)
    n = list_marked(counted, 0, row)
    spells = np.empty(n, np.int64)
    for j in range(n):
        at = np.uint32(row[j])
        spells[j] = all_paid[at]
        by_rank[np.uint8(mark[at] & _IN_SPELL == 0), np.uint8(rank[np.uint32(of[at])])] += 1
    for j in range(list_marked(missed, 0, row)):
        at = np.uint32(row[j])
        k = np.uint32(of[at])
        cause = _BUDGET if spent[k] >= SPENT * budget[k] else _NOT_WORTH_IT
        cause = _ILLIQUID if budget[k] <= 0.0 else cause
        gaps[cause if mark[at] & _SEEN else _UNSEEN] += 1
    return spells, all_paid, held, gaps, by_rank


@numba.njit(cache=True, nogil=True)
def _poor(
    tie: np.ndarray,
    patron: np.ndarray,
    house: np.ndarray,
    usable: np.ndarray,
    needy: np.ndarray,
    of: np.ndarray,
) -> np.ndarray:
    """Whether the household of each tie is in hardship and its patron, whom ``of`` is told, can pay: a spell lasts as long."""
    poor = np.empty(tie.size, np.uint8)
    for i in range(tie.size):
        poor[i] = needy[np.uint32(house[np.uint32(tie[i])])] & np.uint8(1)
    for i in range(tie.size):
        of[i] = patron[np.uint32(tie[i])]
        poor[i] &= np.uint8(usable[np.uint32(of[i])])
    return poor


@numba.njit(cache=True, nogil=True)
def _mark(marks: np.ndarray, mark: int, listed: np.ndarray, first: int, last: int) -> None:
    """Set a mark of those of the ties first to last - 1 that are listed."""
    for i in range(np.searchsorted(listed, first), np.searchsorted(listed, last)):
        marks[np.uint64(listed[i] - first)] |= np.uint8(mark)


def _count_waits(world: World, paid_before: Int, first: Int) -> None:
    """Ties to the poor that have not been paid in their spell, and those of them that are paid now, by post."""
    recorder = world.recorder
    everyone = np.array([recorder.now("support.poor_ties", "post", name) for name in POSTS])
    for measure, counts in (("support.waiting", everyone - paid_before[1:]), ("support.first", first[1:])):
        recorder.add(measure, counts.sum())
        recorder.split(measure, "post", POSTS, counts)
