"""Exits from liability: forged records, bribes, divorce, denouncing first (MODEL.md, section 8).

Each exit has a switch with a date, a chance or a rule that says who takes it, and a price in baskets that the household pays
over the months to come. Bribes and fees go to those who take them; what else an exit costs is lost.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.society.codes import ABSENT, DIVORCED, FORMED, KIN, PROVINCES, RECORDED_MISSING
from yeonjwa.society.purse import lay_out
from yeonjwa.society.state import Tree
from yeonjwa.society.world import World

Int32 = NDArray[np.int32]
Int = NDArray[np.int64]
Mask = NDArray[np.bool_]


def escape(world: World, person: Int32, kin: Int) -> Mask:
    """Who escapes an arrest of the circle, and pays for it; the cheapest way open to each is taken.

    Parameters
    ----------
    person : int32 (n,)
        Relatives in reach.
    kin : int (n,)
        Their kin type to the offender (position in KIN).
    """
    month = world.month
    adult = world.t - world.tree.birth[person].astype(np.int64) >= world.tree.adult
    out = np.zeros(person.size, np.bool_)
    if month.switch("exit.denounce_on"):
        speaks = adult & (world.draw("exit.denounce", person) < month.number("exit.denounce_first"))
        out |= _take(world, "denounce", person, speaks)
    if month.switch("exit.divorce_on"):
        leaves = (kin == KIN.index("spouse")) & (
            world.draw("exit.divorce", person) < month.number("exit.divorce")
        )
        divorced = _take(world, "divorce", person, leaves & ~out)
        part(world, person[divorced])
        out |= divorced
    if month.switch("exit.bribe_on"):
        out |= _take(world, "bribe", person, adult & ~out & can_bribe(world, person))
    world.recorder.add("enforcement.spared", out.sum())
    return out


def can_bribe(world: World, person: Int32) -> Mask:
    """Whether a month's surplus of the household covers the bribe."""
    houses, people = world.state.houses, world.state.people
    home = np.maximum(people.house[person], 0)
    surplus = np.maximum(houses.consumption[home].astype(float) - 1.0, 0.0) * houses.size[home]
    return np.asarray(surplus >= world.month.number("exit.bribe_price"))


def forge(world: World, leader: Int32, left: Int32) -> Mask:
    """Whose departure is recorded as missing or dead: a share of those who leave somebody behind to pay for it.

    Parameters
    ----------
    leader : int32 (n,)
        Leader of the departure of each person who left.
    left : int32 (n,)
        Household that the leader has left.
    """
    month, houses = world.month, world.state.houses
    if not month.switch("exit.forged_record"):
        return np.zeros(leader.size, np.bool_)
    share = month.number("detection.recorded_missing")
    forged = (world.draw("detection.record", leader) < share) & (left >= 0) & (houses.size[left] > 0)
    first = np.unique(leader, return_index=True)[1]
    _pay(world, "forged", left[first][forged[first]])
    _count(world, "forged", int(forged[first].sum()))
    return np.asarray(forged)


def record_of(forged: Mask) -> NDArray[np.int8]:
    """What the files say of somebody who has left."""
    return np.where(forged, RECORDED_MISSING, ABSENT).astype(np.int8)


def _take(world: World, kind: str, person: Int32, who: Mask) -> Mask:
    house = world.state.people.house[person[who]]
    _pay(world, kind, house[house >= 0])
    _count(world, kind, int(who.sum()))
    return np.asarray(who)


def _count(world: World, kind: str, times: int) -> None:
    world.recorder.add("exit.used", times)
    world.recorder.add("exit.used", times, "exit", kind)


def _pay(world: World, kind: str, house: NDArray[np.integer]) -> None:
    """The households' debts for an exit, and where the money goes: to officials, or it is lost."""
    if house.size == 0:
        return
    month, houses, recorder = world.month, world.state.houses, world.recorder
    price = month.number(f"exit.{kind}_price")
    lay_out(houses, house, -price, int(month.number("exit.months")))
    total = price * house.size
    recorder.add("exit.paid", total)
    recorder.add("exit.paid", total, "exit", kind)
    recorder.add("exit.bribes" if kind in ("forged", "bribe") else "exit.lost", total)
    counts = np.bincount(houses.province[house], minlength=len(PROVINCES))
    for i in np.flatnonzero(counts):
        recorder.flow(world.t, PROVINCES[i], "exit", kind, price * counts[i])


@numba.njit(cache=True)
def _end_unions(persons: np.ndarray, month: int, tree: Tree, formed: np.ndarray) -> int:
    """End the last union of each person; returns how many ended."""
    ended = 0
    for i in range(persons.size):
        p = np.int64(persons[i])
        for k in range(np.int64(tree.union_offset[p + 1]) - 1, np.int64(tree.union_offset[p]) - 1, -1):
            u = np.int64(tree.union_list[k])
            if formed[u] == FORMED and tree.start[u] <= month:
                formed[u] = DIVORCED
                ended += 1
                break
    return ended


def part(world: World, persons: NDArray[np.integer]) -> None:
    """Divorce: the union is over, has no more children, and no longer makes the two kin by marriage."""
    _end_unions(np.asarray(persons, np.int32), world.t, world.tree, world.state.union_formed)
