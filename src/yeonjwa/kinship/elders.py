"""The nearest flagged relative of the same or an older generation: the other reading of "to third cousins".

Kin are those reached by ``a`` steps up and ``b`` down with ``b <= a <= reach``: with a reach of four, ancestors to
great-great-grandparents and their descendants down to ego's own generation. Own descendants, nephews and
nieces are not among them.

Two sweeps for each step of the reach. Downwards in time reversed, ``D_b`` holds the best flags of everyone and his descendants
within ``b`` generations. Then, from the farthest ancestors on, ``G_a = best(D_a, G_{a+1} of the parents + 1)`` is what a person
knows as somebody's ancestor ``a`` steps up; ego asks his parents for ``G_1``. The best two of different persons are carried,
because a flagged ego does not count for himself. A way up and down again through one child is longer than the way that stays
below, and ends in a generation that is allowed there too, so that the shortest of all ways is always a true one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.kinship.blood import FATHER, MOTHER
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.nearest import (
    _SIDES,
    NONE,
    Asked,
    Nearest,
    _check,
    _keys,
    _other,
    hand_down,
    hand_up,
    write_flags,
)


def reach_of(max_degree: int) -> int:
    """Steps up that a degree allows, half of it rounded up: 4 for eight chon, since third cousins are four up, four down."""
    return (max_degree + 1) // 2


@numba.njit(cache=True, nogil=True)
def _answer(
    egos: NDArray[np.int64],
    best: NDArray[np.unsignedinteger],
    birth_union: NDArray[np.int32],
    wife: NDArray[np.int32],
    husband: NDArray[np.int32],
    shift: int,
    max_degree: int,
    sides: int,
    degree: NDArray[np.uint8],
    person: NDArray[np.int32],
    side: NDArray[np.uint8],
) -> None:
    """What the parents of some persons know of others than these persons."""
    step, never = np.int64(1) << shift, np.int64(max_degree + 1) << shift
    ids = step - 1
    for n in range(egos.size):
        i = egos[n]
        father, mother = never, never
        u = birth_union[i]
        if u >= 0:
            w, h = 2 * np.int64(wife[u]), 2 * np.int64(husband[u])
            if h >= 0 and (sides & FATHER) != 0:
                father = _other(i, np.int64(best[h]), np.int64(best[h + 1]), ids) + step
            if w >= 0 and (sides & MOTHER) != 0:
                mother = _other(i, np.int64(best[w]), np.int64(best[w + 1]), ids) + step
        nearest = min(father, mother)
        degree[n], person[n], side[n] = NONE, -1, NONE
        if nearest < never:
            degree[n], person[n] = nearest >> shift, nearest & ids
            side[n] = (FATHER if father == nearest else 0) | (MOTHER if mother == nearest else 0)


@dataclass(frozen=True)
class NearestElder(Asked):
    """The nearest flagged relative of the same or an older generation, of whoever is asked about; see :func:`nearest_elder`."""

    graph: KinGraph
    max_degree: int
    lines: str
    best: NDArray[np.unsignedinteger]
    shift: int

    def of(self, egos: NDArray[np.integer]) -> Nearest:
        """Degree, relative and side, in the order of the egos."""
        p, ids = self.graph.pedigree, np.ascontiguousarray(egos, np.int64)
        found = Nearest(
            np.empty(ids.size, np.uint8), np.empty(ids.size, np.int32), np.empty(ids.size, np.uint8)
        )
        _answer(
            ids,
            self.best,
            p.birth_union,
            p.wife,
            p.husband,
            self.shift,
            self.max_degree,
            _SIDES[self.lines],
            found.degree,
            found.person,
            found.side,
        )
        return found


def nearest_elder(
    graph: KinGraph, start: NDArray[np.uint8], max_degree: int, *, lines: str = "both"
) -> NearestElder:
    """Nearest flagged relative by blood of the same or an older generation, to be asked for any person.

    Parameters
    ----------
    graph : KinGraph
        The pedigree with its index.
    start : uint8 array (persons,)
        255 for persons who are not flagged; else what is added to the distance from this person.
    max_degree : int
        1 to 250; farther ones count as none. Ancestors are followed half as many steps up, rounded up.
    lines : str
        "both"; "paternal" or "maternal": only kin whose path begins with the father (mother).

    Returns
    -------
    NearestElder
        Degree, relative (the smallest id if several are equally near) and side, by ego. Working memory is eight or
        sixteen bytes a person for each step of the reach.

    Raises
    ------
    InputError
        Flags of another shape or type, a degree or lines that are not allowed.
    """
    flags = _check(graph, start, max_degree, lines)
    p, (shift, kind) = graph.pedigree, _keys(graph.num_persons, max_degree)
    families = (p.wife, p.husband, p.first_child, shift, max_degree)
    levels: list[NDArray[Any]] = []
    for _ in range(reach_of(max_degree) + 1):
        best = np.empty(2 * graph.num_persons, kind)
        write_flags(best, flags, shift, max_degree)
        if levels:
            hand_up(levels[-1], best, *families)
        levels.append(best)
    while len(levels) > 2:
        hand_down(levels.pop(), levels[-1], *families)
    return NearestElder(graph, max_degree, lines, levels[-1], shift)
