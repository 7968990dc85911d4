"""What marriage does to liability: daughters who married out, and in-laws.

A married daughter counts with her husband's line and is often spared when her natal family answers; in-laws answer, and
are checked, only where a rule names them (``support.inlaw_degree``, ``sanction.inlaw_degree``, ``vetting.inlaw_degree``).
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.memory import prefetch
from yeonjwa.regime.rules import with_inlaws
from yeonjwa.society.codes import FORMED
from yeonjwa.society.settings import Month
from yeonjwa.society.state import Tree
from yeonjwa.society.world import World

#: Persons after which one is looked at of whom something is asked for now.
_AHEAD = 8


def career_circle(month: Month, depth: int) -> str:
    """Kin in reach of career sanctions."""
    return with_inlaws(f"chon<={depth}", int(month.number("sanction.inlaw_degree")))


@numba.njit(cache=True, nogil=True)
def spouse_of(persons: np.ndarray, month: int, tree: Tree, formed: np.ndarray) -> np.ndarray:
    """Partner of the last union of each person that took place and did not end in divorce, living or dead; -1 if none."""
    out = np.full(persons.size, -1, np.int64)
    offset, unions, start, wife, husband = (
        tree.union_offset,
        tree.union_list,
        tree.start,
        tree.wife,
        tree.husband,
    )
    for i in range(persons.size + 3 * _AHEAD):
        # What is needed is asked for some persons ahead: where the unions stand, the last of them, what is known of it.
        if i < persons.size:
            prefetch(offset, persons[i] + 1)
        if _AHEAD <= i < persons.size + _AHEAD:
            prefetch(unions, offset[persons[i - _AHEAD] + 1] - 1)
        if 2 * _AHEAD <= i < persons.size + 2 * _AHEAD:
            p = persons[i - 2 * _AHEAD]
            if offset[p] < offset[p + 1]:
                u = unions[offset[p + 1] - 1]
                prefetch(formed, u)
                prefetch(start, u)
                prefetch(wife, u)
                prefetch(husband, u)
        if i < 3 * _AHEAD:
            continue
        p = np.int64(persons[i - 3 * _AHEAD])
        for k in range(np.int64(offset[p + 1]) - 1, np.int64(offset[p]) - 1, -1):
            u = np.int64(unions[k])
            if formed[u] == FORMED and start[u] <= month:
                out[i - 3 * _AHEAD] = np.int64(wife[u]) + np.int64(husband[u]) - p
                break
    return out


def married_out(
    world: World,
    person: NDArray[np.int32],
    down: NDArray[np.int64],
    by_marriage: NDArray[np.bool_],
    among: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Women ``among`` them who are reached as daughters of their natal family (daughters, sisters, nieces …) and are married."""
    women = among & (world.tree.sex[person] == 0) & (down > 0) & ~by_marriage
    out = np.zeros(person.size, np.bool_)
    rows = np.flatnonzero(women)
    out[rows] = spouse_of(person[rows], world.t, world.tree, world.state.union_formed) >= 0
    return out


def spared_daughters(
    world: World, person: NDArray[np.int32], down: NDArray[np.int64], by_marriage: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Married daughters who are let off this month."""
    share = world.month.number("sanction.spare_married_out")
    if share == 0.0 or person.size == 0:
        return np.zeros(person.size, np.bool_)
    off = world.draw("sanction.married_out", person) < share
    return married_out(world, person, down, by_marriage, off)
