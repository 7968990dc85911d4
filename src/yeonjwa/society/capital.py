"""Who may live in Pyongyang: entry by post, and the loss of the permit (steps 7 and 10).

Residence in the capital is a privilege that goes with a post and is lost with a leaver in the family: households of
close kin of a confirmed leaver have to go, and nobody banished from the capital stays in it. Nobody else moves in except
by marriage, as the genealogy has it.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.society.codes import HOME, PROVINCES
from yeonjwa.society.flight import refresh
from yeonjwa.society.state import Membership
from yeonjwa.society.world import World

CAPITAL = PROVINCES.index("pyongyang")


@numba.njit(cache=True)
def _move(which: np.ndarray, province: np.ndarray, m: Membership) -> int:
    """Move whole households; returns how many persons at home moved."""
    count = 0
    for i in range(which.size):
        h = which[i]
        m.house_province[h] = province[i]
        count += m.size[h]
        p = np.int64(m.head[h])
        while p >= 0:
            m.province[p] = province[i]
            p = np.int64(m.next[p])
    return count


def place_outside(
    world: World, houses: NDArray[np.integer], province: NDArray[np.integer]
) -> NDArray[np.int8]:
    """The given provinces, with the capital replaced by one of the others, drawn by their population."""
    share = world.month.vector("population.province_share", "province").copy()
    share[CAPITAL] = 0.0
    edges = np.cumsum(share / share.sum())
    drawn = np.searchsorted(edges, world.draw("capital.place", world.state.houses.key[houses]), side="right")
    # The last province may get a rounding error of the sum; the capital is never drawn, because its share is 0.
    elsewhere = np.minimum(drawn, len(PROVINCES) - 1)
    return np.where(np.asarray(province) == CAPITAL, elsewhere, province).astype(np.int8)


def move_in(world: World, appointed: NDArray[np.integer], post: int) -> None:
    """Some of those appointed to a post from elsewhere get a permit and move to the capital with their household."""
    people = world.state.people
    share = world.month.by_rank("residence.entry")[post]
    new = appointed[(people.where[appointed] == HOME) & (people.province[appointed] != CAPITAL)]
    new = new[world.draw("capital.entry", new) < share]
    _relocate(world, people.house[new], None, "residence.moved_in")


def expel(world: World, houses: NDArray[np.integer]) -> None:
    """Households that lose the permit move to another province, free otherwise."""
    _relocate(world, houses, world.state.houses.province, "residence.expelled")


def _relocate(world: World, which: NDArray[np.integer], now: NDArray[np.int8] | None, measure: str) -> None:
    which = np.unique(which[which >= 0]).astype(np.int64)
    if which.size == 0:
        return
    if now is None:
        target = np.full(which.size, CAPITAL, np.int8)
    else:
        target = place_outside(world, which, now[which])
    world.recorder.add(measure, _move(which, target, world.state.membership))
    refresh(world, which)


def step_permits(
    world: World,
    offence: NDArray[np.int64],
    person: NDArray[np.int32],
    chance: NDArray[np.float64],
    primary: NDArray[np.int32],
) -> NDArray[np.bool_]:
    """Expel families of confirmed leavers from the capital; returns which offences lost their families the permit.

    Parameters
    ----------
    offence, person : int (n,)
        Relatives in reach, each with the position of the offence.
    chance : float (offences,)
        Chance that an offence costs the permit.
    primary : int (offences,)
        Leader of each departure, by whom the draw is addressed.
    """
    people = world.state.people
    struck = world.draw("capital.expelled", primary) < chance
    lives = (people.where[person] == HOME) & (people.province[person] == CAPITAL)
    expel(world, people.house[person[struck[offence] & lives]])
    return np.asarray(struck)
