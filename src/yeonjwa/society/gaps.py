"""How long poor relatives wait for a first payment, and why those once paid are not paid every month (seed.10, seed.13).

A *spell* begins when a tie's household falls below one basket and ends when it no longer is (or in January, when ties are looked
up anew). Nothing here changes what happens: it only counts, and only ties that were paid are visited.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from yeonjwa.society.codes import CAUSES, POSTS
from yeonjwa.society.signals import usable_patrons
from yeonjwa.society.ties import Ties
from yeonjwa.society.world import World

if TYPE_CHECKING:
    from yeonjwa.society.transfers import Game

Int = NDArray[np.int64]

#: Of a budget, what counts as all of it.
SPENT = 0.999


def count(world: World, ties: Ties, game: Game) -> None:
    """Count waits and gaps of the month, before its transfers are booked (``game`` holds what was given)."""
    given = game.altruism + game.liability
    paid = game.tie[given > 0]
    poor = _poor(world, ties)
    _count_waits(world, ties, paid[poor(paid)], poor)
    held = ties.once[poor(ties.once)]
    gap = _without(held, paid)
    world.recorder.add("support.held", held.size)
    world.recorder.add("support.gaps", gap.size)
    if gap.size:
        counts = np.bincount(_causes(gap, game, given), minlength=len(CAUSES))
        world.recorder.split("support.gaps", "cause", CAUSES, counts)
    ties.once = _merged(ties.once, paid)


def _without(rows: Int, others: Int) -> Int:
    """Rows that are not among the others, both ascending."""
    if others.size == 0:
        return rows
    at = np.minimum(np.searchsorted(others, rows), others.size - 1)
    return np.asarray(rows[others[at] != rows])


def _merged(rows: Int, others: Int) -> Int:
    """Rows of either, each once, both ascending: two runs are merged, not sorted."""
    both = np.concatenate((rows, others))
    both.sort(kind="stable")
    new = np.ones(both.size, np.bool_)
    new[1:] = both[1:] != both[:-1]
    return np.asarray(both[new])


def _poor(world: World, ties: Ties) -> Callable[[Int], NDArray[np.bool_]]:
    """Function of ties: whether the household is in hardship and the patron can pay."""
    usable, hardship = usable_patrons(world, ties), world.state.houses.hardship
    return lambda rows: (hardship[ties.house[rows]] > 0) & usable[ties.patron[rows]]


def _count_waits(world: World, ties: Ties, paid: Int, poor: Callable[[Int], NDArray[np.bool_]]) -> None:
    """Ties to the poor that have not been paid in their spell, and those of them that are paid now, by post."""
    recorder = world.recorder
    ties.in_spell = ties.in_spell[poor(ties.in_spell)]
    first = _without(paid, ties.in_spell)
    post = world.state.people.post

    def by_post(rows: Int) -> Int:
        return np.bincount(post[ties.patrons[ties.patron[rows]]], minlength=len(POSTS) + 1)[1:]

    everyone = np.array([recorder.now("support.poor_ties", "post", name) for name in POSTS])
    for measure, counts in (
        ("support.waiting", everyone - by_post(ties.in_spell)),
        ("support.first", by_post(first)),
    ):
        recorder.add(measure, counts.sum())
        recorder.split(measure, "post", POSTS, counts)
    ties.in_spell = _merged(ties.in_spell, first)


def _causes(gap: Int, game: Game, given: NDArray[np.float64]) -> Int:
    """Why each of these ties, none of them paid, is not (position in CAUSES)."""
    cause = np.full(gap.size, CAUSES.index("unseen"), np.int64)
    if game.tie.size == 0:
        return cause
    spent = np.bincount(game.k, weights=given * game.heads[game.j], minlength=game.patrons.size)
    at = np.minimum(np.searchsorted(game.tie, gap), game.tie.size - 1)
    seen = game.tie[at] == gap
    k = game.k[at[seen]]
    cause[seen] = np.select(
        [game.budget[k] <= 0.0, spent[k] >= SPENT * game.budget[k]],
        [CAUSES.index("illiquid"), CAUSES.index("budget")],
        CAUSES.index("not_worth_it"),
    )
    return cause
