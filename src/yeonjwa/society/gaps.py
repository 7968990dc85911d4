"""How long poor relatives wait for a first payment, and why those once paid are not paid every month (seed.10, seed.13).

A *spell* begins when a tie's household falls below one basket and ends when it no longer is (or in January, when ties are looked
up anew). Nothing here changes what happens: it only counts, and only ties that were paid are visited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.memory import prefetch
from yeonjwa.core.parallel import over_rows
from yeonjwa.society.codes import CAUSES, POSTS
from yeonjwa.society.means import AHEAD, Means
from yeonjwa.society.ties import Ties
from yeonjwa.society.world import World

if TYPE_CHECKING:
    from yeonjwa.society.transfers import Game, Given

Int = NDArray[np.int64]

#: Of a budget, what counts as all of it.
SPENT = 0.999
#: Ties of a block.
TIES = 1 << 18
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
    ties.in_spell, ties.once = (np.concatenate([part[i] for part in found]) for i in (0, 1))
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

    All lists are in order. Every tie of a spell has been paid, so that one walk along ``once`` and ``paid`` meets them all.
    """
    o, p, r = np.searchsorted(once, first), np.searchsorted(paid, first), np.searchsorted(in_spell, first)
    s, last_o, last_p = np.searchsorted(seen, first), np.searchsorted(once, last), np.searchsorted(paid, last)
    room = last_o - o + last_p - p
    spells, all_paid = np.empty(room, np.int64), np.empty(room, np.int64)
    by_rank, gaps = np.zeros((2, ranks), np.int64), np.zeros(len(CAUSES), np.int64)
    held, n, m = 0, 0, 0
    while o < last_o or p < last_p:
        before = once[o] if o < last_o else last
        now = paid[p] if p < last_p else last
        if o + AHEAD < last_o:
            prefetch(needy, house[once[o + AHEAD]])
        tie = min(before, now)
        all_paid[m] = tie
        m += 1
        o += int(before == tie)
        p += int(now == tie)
        in_it = r < in_spell.size and in_spell[r] == tie
        r += int(in_it)
        # The spell lasts while the household is in hardship and the patron can pay.
        k = patron[tie]
        poor = int(needy[house[tie]] & 1 != 0) & int(usable[k])
        held += poor & int(before == tie)
        counted = poor & int(in_it or now == tie)
        spells[n] = tie
        n += counted
        by_rank[0 if in_it else 1, rank[k]] += counted
        if poor and now != tie:
            while s < seen.size and seen[s] < tie:
                s += 1
            cause = _BUDGET if spent[k] >= SPENT * budget[k] else _NOT_WORTH_IT
            cause = _ILLIQUID if budget[k] <= 0.0 else cause
            gaps[cause if s < seen.size and seen[s] == tie else _UNSEEN] += 1
    return spells[:n].copy(), all_paid[:m].copy(), held, gaps, by_rank


def _count_waits(world: World, paid_before: Int, first: Int) -> None:
    """Ties to the poor that have not been paid in their spell, and those of them that are paid now, by post."""
    recorder = world.recorder
    everyone = np.array([recorder.now("support.poor_ties", "post", name) for name in POSTS])
    for measure, counts in (("support.waiting", everyone - paid_before[1:]), ("support.first", first[1:])):
        recorder.add(measure, counts.sum())
        recorder.split(measure, "post", POSTS, counts)
