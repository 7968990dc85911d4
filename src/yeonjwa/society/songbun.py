"""Songbun, the class of origin: drawn for those who were alive when it was introduced, then passed on by fathers."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.memory import BORROWED, prefetch
from yeonjwa.core.parallel import over_rows
from yeonjwa.core.randomness import uniform
from yeonjwa.society.state import Tree

#: Persons after whom one is looked at whose father is asked for now.
_AHEAD = 32


@numba.njit(cache=True, nogil=True)
def _draw_class(first: int, last: int, key: np.uint64, edges: np.ndarray, out: np.ndarray) -> None:
    drawn = out[first:last]
    for i in range(last - first):
        u = uniform(key, first + i, 0)
        above = 0
        for k in range(edges.size - 1):
            above += u >= edges[k]
        drawn[i] = above


def draw_classes(persons: int, key: np.uint64, share: NDArray[np.float64]) -> NDArray[np.int8]:
    """A class for everyone ever, one draw each; ``share`` of each class, in order."""
    out = np.empty(persons, np.int8)
    over_rows(_draw_class, persons, key, np.cumsum(share), out)
    return out


@numba.njit(cache=True, nogil=True, **BORROWED)
def inherit_songbun(introduced: int, own: np.ndarray, tree: Tree, songbun: np.ndarray) -> None:
    """Songbun by the father's line: men alive at its introduction get their own draw (``own``, uniform in classes),
    children their father's; somebody whose father was dead by then shares one draw with the father's other children.
    """
    for p in range(tree.birth.size):
        # Unions of persons who follow one another do so too: only their couples are far apart.
        if p + _AHEAD < songbun.size:
            father = tree.husband[tree.birth_union[p + _AHEAD]]
            prefetch(tree.death, father)
            prefetch(songbun, father)
        u = np.int64(tree.birth_union[p])
        if u < 0:
            songbun[p] = own[p]
            continue
        father = tree.husband[u]
        if tree.death[father] > introduced:
            songbun[p] = songbun[father]
        else:
            songbun[p] = own[father]
