"""Money that expatriates send to their families at home (step 2), and what is left to them for other relatives.

Whoever is posted abroad earns there: the pay of the class ``expatriate``, the luck of his household, not the shocks at
home. A share of what he has above one basket a head goes to the members of his household who stayed behind as a
pledge; they live on what they earn themselves and on that. The rest is the surplus from which he can help other kin.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.memory import prefetch
from yeonjwa.core.parallel import over_rows
from yeonjwa.core.randomness import normal
from yeonjwa.society.codes import ABROAD, CLASSES, EXPATRIATE, PROVINCES
from yeonjwa.society.economy import PERMANENT
from yeonjwa.society.state import turn_of
from yeonjwa.society.world import World

Float = NDArray[np.float64]
EXPATRIATE_CLASS = CLASSES.index("expatriate")
#: Households of a block, and rows by which memory is asked for ahead.
_HOUSES, _AHEAD = 2048, 16


@dataclass
class Posted:
    """Expatriates abroad this month, one row each.

    ``person`` expatriate, in order of id; ``income`` baskets a head; ``surplus`` baskets left to each for other kin.
    """

    person: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    income: Float = field(default_factory=lambda: np.empty(0))
    surplus: Float = field(default_factory=lambda: np.empty(0))


@numba.njit(cache=True, nogil=True)
def _count_abroad(
    first: int,
    last: int,
    home: np.ndarray,
    head: np.ndarray,
    after: np.ndarray,
    where: np.ndarray,
    post: np.ndarray,
    heads: np.ndarray,
    posted: np.ndarray,
) -> None:
    """Members abroad, and those of them who are posted, of the households first to last - 1 of ``home``."""
    for i in range(first, last):
        for step in range(3):
            j = i + (3 - step) * _AHEAD
            if j < last:
                _ask(home[j], step, head, after, where)
        p = np.int64(head[home[i]])
        while p >= 0:
            if where[p] == ABROAD:
                heads[i] += 1
                posted[i] += post[p] == EXPATRIATE
            p = np.int64(after[p])


@numba.njit(cache=True, nogil=True)
def _ask(h: int, step: int, head: np.ndarray, after: np.ndarray, where: np.ndarray) -> None:
    """Ask for what a walk through household ``h`` reads first, in three steps: the first member, who follows, the second."""
    if step == 0:
        prefetch(head, h)
    elif step == 1:
        prefetch(after, head[h])
        prefetch(where, head[h])
    else:
        second = after[head[h]]
        prefetch(after, second)
        prefetch(where, second)


def step_money_home(world: World, person: NDArray[np.int64]) -> None:
    """Income abroad, what is sent home and received; sets ``world.posted``. ``person`` are the expatriates abroad."""
    month, people, houses = world.month, world.state.people, world.state.houses
    home = people.house[person].astype(np.int64)
    heads, posted = np.zeros(home.size, np.int64), np.zeros(home.size, np.int64)
    columns = (houses.head, people.next, people.where, people.post)
    over_rows(_count_abroad, home.size, home, *columns, heads, posted, block=_HOUSES)
    own = np.empty(home.size)
    over_rows(_draw_own, home.size, world.key_of(PERMANENT), home, houses.key, own, block=_HOUSES)
    luck = month.number("economy.sd_permanent") * own
    income = month.vector("economy.median", "class")[EXPATRIATE_CLASS] * np.exp(luck + houses.ar[home])
    surplus = np.maximum(0.0, income - 1.0) * heads / np.maximum(posted, 1)
    at_home = houses.size[home]
    sent = np.where(at_home > 0, month.number("post.sent_home") * surplus, 0.0)
    fee = month.by_rank("support.fee")[EXPATRIATE]
    net = sent * (1.0 - fee)
    _receive(world, home[at_home > 0], (net / np.maximum(at_home, 1))[at_home > 0])
    world.posted = Posted(person, income, surplus - sent)
    _book(world, home, sent, net)


@numba.njit(cache=True, nogil=True)
def _draw_own(
    first: int, last: int, permanent: np.uint64, home: np.ndarray, key: np.ndarray, out: np.ndarray
) -> None:
    for i in range(first, last):
        out[i] = normal(permanent, key[home[i]], 0)


def _receive(world: World, home: NDArray[np.int64], a_head: Float) -> None:
    """Money from abroad is consumption of this month, like income."""
    houses = world.state.houses
    np.add.at(houses.consumption, home, a_head.astype(np.float32))
    hardship = np.maximum(0.0, 1.0 - houses.consumption[home])
    houses.hardship[home] = hardship
    houses.past[turn_of(world.t, 0), home] = hardship


def _book(world: World, home: NDArray[np.int64], sent: Float, net: Float) -> None:
    recorder = world.recorder
    recorder.add("posting.sent", sent.sum())
    recorder.add("posting.received", net.sum())
    recorder.add("posting.fees", (sent - net).sum())
    if not home.size:
        return
    by_province = np.bincount(world.state.houses.province[home], weights=net, minlength=len(PROVINCES))
    for i in np.flatnonzero(by_province):
        recorder.flow(world.t, "expatriate", PROVINCES[i], "family", by_province[i])
    recorder.flow(world.t, "expatriate", "fees", "family_fee", float((sent - net).sum()))


def means_of(world: World, person: NDArray[np.integer]) -> tuple[Float, Float]:
    """Consumption a head and monthly surplus in baskets of patrons: of the household, or of the expatriate himself."""
    people, houses = world.state.people, world.state.houses
    home = np.maximum(people.house[person], 0)
    income = houses.consumption[home].astype(float)
    surplus = np.maximum(0.0, income - 1.0) * np.maximum(houses.size[home], 1)
    posted = world.posted
    if posted is not None and posted.person.size:
        at = np.minimum(np.searchsorted(posted.person, person), posted.person.size - 1)
        away = posted.person[at] == person
        income = np.where(away, posted.income[at], income)
        surplus = np.where(away, posted.surplus[at], surplus)
    return income, surplus
