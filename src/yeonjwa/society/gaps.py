"""How long poor relatives wait for a first payment, and why those once paid are not paid every month (seed.10, seed.13).

A *spell* begins when a tie's household falls below one basket and ends when it no longer is (or in January, when ties are looked
up anew). Nothing here changes what happens: it only counts, and only ties that were paid are visited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.parallel import over_rows
from yeonjwa.society.codes import CAUSES, POSTS
from yeonjwa.society.means import Means
from yeonjwa.society.ties import Ties
from yeonjwa.society.world import World

if TYPE_CHECKING:
    from yeonjwa.society.transfers import Game

Int = NDArray[np.int64]

#: Of a budget, what counts as all of it.
SPENT = 0.999
#: Rows of a block: ties that were paid, and all ties.
PIECE, TIES = 1 << 15, 1 << 18
#: Positions in CAUSES.
_UNSEEN, _ILLIQUID, _BUDGET, _NOT_WORTH_IT = range(len(CAUSES))


def count(world: World, ties: Ties, means: Means, game: Game) -> None:
    """Count waits and gaps of the month, before its transfers are booked (``game`` holds what was given)."""
    given = game.altruism + game.liability
    paid = game.tie[given > 0].astype(np.int64)
    spent = np.zeros(ties.patrons.size)
    spent += np.bincount(game.k, weights=given * game.heads[game.j], minlength=spent.size)
    _count_gaps(world, ties, means, paid, game.seen.tie, game.budget, spent)
    _count_waits(world, *_follow_spells(ties, means, paid))


def _count_gaps(
    world: World,
    ties: Ties,
    means: Means,
    paid: Int,
    seen: NDArray[np.int32],
    budget: NDArray[np.float64],
    spent: NDArray[np.float64],
) -> None:
    """Of the ties once paid, those to the poor, and those of them that are not paid now, by cause."""
    found = over_rows(
        _gap_rows,
        ties.once.size,
        ties.once,
        ties.patron,
        ties.house,
        means.usable,
        means.needy,
        paid,
        seen,
        budget,
        spent,
        block=PIECE,
    )
    held = sum(part[0] for part in found)
    gaps = np.sum([part[1] for part in found], axis=0) if found else np.zeros(len(CAUSES), np.int64)
    world.recorder.add("support.held", held)
    world.recorder.add("support.gaps", gaps.sum())
    world.recorder.split("support.gaps", "cause", CAUSES, gaps)


@numba.njit(cache=True, nogil=True)
def _gap_rows(
    first: int,
    last: int,
    once: np.ndarray,
    patron: np.ndarray,
    house: np.ndarray,
    usable: np.ndarray,
    needy: np.ndarray,
    paid: np.ndarray,
    seen: np.ndarray,
    budget: np.ndarray,
    spent: np.ndarray,
) -> tuple[int, np.ndarray]:
    """Ties to the poor among ``once[first]`` to ``once[last - 1]``, and gaps by cause."""
    held, gaps = 0, np.zeros(len(CAUSES), np.int64)
    p, s = np.searchsorted(paid, once[first]), np.searchsorted(seen, once[first])
    for n in range(first, last):
        i = once[n]
        k = patron[i]
        if needy[house[i]] & 1 == 0 or not usable[k]:
            continue
        held += 1
        while p < paid.size and paid[p] < i:
            p += 1
        if p < paid.size and paid[p] == i:
            continue
        while s < seen.size and seen[s] < i:
            s += 1
        cause = _BUDGET if spent[k] >= SPENT * budget[k] else _NOT_WORTH_IT
        cause = _ILLIQUID if budget[k] <= 0.0 else cause
        gaps[cause if s < seen.size and seen[s] == i else _UNSEEN] += 1
    return held, gaps


def _follow_spells(ties: Ties, means: Means, paid: Int) -> tuple[Int, Int]:
    """Renew ``ties.in_spell`` and ``ties.once``; counts by rank of the ties paid in their spell before, and now first."""
    found = over_rows(
        _merge_rows,
        ties.size,
        ties.in_spell,
        ties.once,
        paid,
        ties.patron,
        ties.house,
        means.usable,
        means.needy,
        means.rank,
        len(POSTS) + 1,
        block=TIES,
    )
    counts = np.zeros((2, len(POSTS) + 1), np.int64)
    if found:
        ties.in_spell, ties.once = (np.concatenate([part[i] for part in found]) for i in (0, 1))
        counts += np.sum([part[2] for part in found], axis=0)
    return counts[0], counts[1]


@numba.njit(cache=True, nogil=True)
def _merge_rows(
    first: int,
    last: int,
    in_spell: np.ndarray,
    once: np.ndarray,
    paid: np.ndarray,
    patron: np.ndarray,
    house: np.ndarray,
    usable: np.ndarray,
    needy: np.ndarray,
    rank: np.ndarray,
    ranks: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the ties first to last - 1 those paid in a spell that lasts, and those paid at all; counts by rank of before and now.

    All lists are in order. Every tie of a spell has been paid, so that one walk along ``once`` and ``paid`` meets them all.
    """
    o, p, r = np.searchsorted(once, first), np.searchsorted(paid, first), np.searchsorted(in_spell, first)
    last_o, last_p = np.searchsorted(once, last), np.searchsorted(paid, last)
    room = last_o - o + last_p - p
    spells, all_paid, counts = (
        np.empty(room, np.int64),
        np.empty(room, np.int64),
        np.zeros((2, ranks), np.int64),
    )
    n, m = 0, 0
    while o < last_o or p < last_p:
        before = once[o] if o < last_o else last
        now = paid[p] if p < last_p else last
        tie = min(before, now)
        all_paid[m] = tie
        m += 1
        o += int(before == tie)
        p += int(now == tie)
        held = r < in_spell.size and in_spell[r] == tie
        r += int(held)
        if held or now == tie:
            # The spell lasts while the household is in hardship and the patron can pay.
            k = patron[tie]
            poor = int(needy[house[tie]] & 1 != 0) & int(usable[k])
            spells[n] = tie
            n += poor
            counts[0 if held else 1, rank[k]] += poor
    return spells[:n].copy(), all_paid[:m].copy(), counts


def _count_waits(world: World, paid_before: Int, first: Int) -> None:
    """Ties to the poor that have not been paid in their spell, and those of them that are paid now, by post."""
    recorder = world.recorder
    everyone = np.array([recorder.now("support.poor_ties", "post", name) for name in POSTS])
    for measure, counts in (("support.waiting", everyone - paid_before[1:]), ("support.first", first[1:])):
        recorder.add(measure, counts.sum())
        recorder.split(measure, "post", POSTS, counts)
