"""Close kin outside the household, summed for every household at once.

Kin within 2 chon of somebody are parents, children, full and half siblings, grandparents and grandchildren. What is summed over
those of them who live under another roof is the relatedness,

    0.5 * (parents + full siblings + children) + 0.25 * (half siblings + grandparents + grandchildren).

None of them has to be listed: counts of the parents, children and grandchildren of each union who are here give the whole, from
which those who live under the same roof are taken away again. What is kept of the reference adult of a household are four
numbers, ``self, mother, father, month of birth``: all that tells how a member is related is in one place in memory. Every term
is a multiple of 0.25, so that sums are exact. The sums are over persons unless somebody is kin in two ways within 2 chon, which
the avoidance of kin as spouses rules out.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.memory import prefetch
from yeonjwa.core.parallel import each, over_rows
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.society.rows import here_bits
from yeonjwa.society.state import People, Tree

Float = NDArray[np.float64]

#: Two generations are at least so far apart: a pair closer in age needs no look at grandparents.
_TWO_GENERATIONS = 24 * 12
#: Rows after which one is looked at whose family or household is asked for now.
_AHEAD = 16


@numba.njit(cache=True, nogil=True)
def _reference_adults(
    blocks: np.ndarray,
    block: int,
    latest: int,
    birth: np.ndarray,
    house: np.ndarray,
    taken: np.ndarray,
    out: np.ndarray,
) -> int:
    """The person of lowest id born by ``latest`` in each household, in order of id; returns how many there are."""
    n = 0
    for b in range(blocks.size):
        for p in range(blocks[b], min(blocks[b] + block, house.size)):
            h = house[p]
            if h < 0 or birth[p] > latest or taken[h] != 0:
                continue
            taken[h] = 1
            out[n] = p
            n += 1
    return n


@numba.njit(cache=True, nogil=True)
def _count_here(
    first: int,
    last: int,
    above: np.ndarray,
    below: np.ndarray,
    here: np.ndarray,
    parents: np.ndarray,
    children: np.ndarray,
) -> None:
    """How many parents and children of the unions first to last - 1 are here."""
    for u in range(first, last):
        count = 0
        for c in range(below[2 * u], below[2 * u + 2]):
            count += int((here[c >> 3] >> (c & 7)) & 1)
        children[u] = count
        w, m = above[4 * u], above[4 * u + 1]
        count = int((here[w >> 3] >> (w & 7)) & 1) if w >= 0 else 0
        parents[u] = count + (int((here[m >> 3] >> (m & 7)) & 1) if m >= 0 else 0)


@numba.njit(cache=True, nogil=True)
def _count_grandchildren(above: np.ndarray, children: np.ndarray, begun: int, grand: np.ndarray) -> None:
    """How many grandchildren of each union are here."""
    for u in range(begun):
        if children[u] > 0:
            for k in range(4 * u + 2, 4 * u + 4):
                v = (above[k] >> 1) - 1
                if v >= 0:
                    grand[v] += children[u]


@numba.njit(cache=True, nogil=True)
def _all_kin(
    first: int,
    last: int,
    adults: np.ndarray,
    birth: np.ndarray,
    birth_union: np.ndarray,
    union_offset: np.ndarray,
    union_list: np.ndarray,
    above: np.ndarray,
    here: np.ndarray,
    parents: np.ndarray,
    children: np.ndarray,
    grand: np.ndarray,
    house: np.ndarray,
    reference: np.ndarray,
    out: np.ndarray,
) -> None:
    """Four times the relatedness summed over all kin within 2 chon of the adults first to last - 1; what is kept of each."""
    for n in range(first, last):
        if n + _AHEAD < last:
            q = adults[n + _AHEAD]
            prefetch(above, 4 * birth_union[q])
            prefetch(reference, 4 * house[q])
        p = adults[n]
        u, at = birth_union[p], 4 * house[p]
        total = 0
        reference[at], reference[at + 3] = p, birth[p]
        if u >= 0:
            total = 2 * (int(parents[u]) + int(children[u]) - int((here[p >> 3] >> (p & 7)) & 1))
            for k in range(2):
                q, code = above[4 * u + k], above[4 * u + 2 + k]
                reference[at + 1 + k] = q
                v = (code >> 1) - 1
                total += int(parents[v]) if v >= 0 else 0
                if code & 1:  # more unions than one
                    for i in range(union_offset[q], union_offset[q + 1]):
                        total += int(children[union_list[i]]) if union_list[i] != u else 0
        for i in range(union_offset[p], union_offset[p + 1]):
            total += 2 * int(children[union_list[i]]) + int(grand[union_list[i]])
        out[house[p]] = total


@numba.njit(cache=True, nogil=True)
def _under_one_roof(
    blocks: np.ndarray,
    block: int,
    birth: np.ndarray,
    birth_union: np.ndarray,
    above: np.ndarray,
    here: np.ndarray,
    house: np.ndarray,
    reference: np.ndarray,
    out: np.ndarray,
) -> None:
    """Four times the relatedness of the reference adult to the members of the same household."""
    for b in range(blocks.size):
        high = min(blocks[b] + block, house.size)
        for p in range(blocks[b], high):
            prefetch(reference, 4 * house[min(p + _AHEAD, high - 1)])
            h = house[p]
            if h < 0 or not (here[p >> 3] >> (p & 7)) & 1:
                continue
            a = reference[4 * h]
            if a < 0 or a == p:
                continue
            mother, father, u = np.int32(-2), np.int32(-2), birth_union[p]
            if u >= 0:
                mother, father = above[4 * u], above[4 * u + 1]
            near_mother, near_father = reference[4 * h + 1], reference[4 * h + 2]
            lineal = (mother == a) | (father == a) | (near_mother == p) | (near_father == p)
            related = 2 if lineal else int(mother == near_mother) + int(father == near_father)
            if related == 0:
                gap = int(birth[p]) - reference[4 * h + 3]
                # The younger of the two may be a grandchild: one of the parents of father or mother is the other.
                old, v = p, -1
                if gap >= _TWO_GENERATIONS:
                    old, v = a, u
                elif -gap >= _TWO_GENERATIONS:
                    v = birth_union[a]
                for k in range(2, 4 if v >= 0 else 2):
                    w = 4 * ((above[4 * v + k] >> 1) - 1)
                    related |= int(w >= 0 and (above[w] == old or above[w + 1] == old))
            out[h] += related


def close_kin_sums(
    num_houses: int,
    month: int,
    blocks: NDArray[np.int64],
    block: int,
    tree: Tree,
    people: People,
    graph: KinGraph,
) -> Float:
    """Relatedness summed over living kin within 2 chon outside the household, for the adult of lowest id in each.

    Parameters
    ----------
    blocks, block : int64 (n,), int
        First rows of blocks of persons in which somebody may be about, and the size of a block.
    """
    here = here_bits(month, people.where, tree.death)[1]
    adults, taken = np.empty(num_houses, np.int32), np.zeros(num_houses, np.uint8)
    latest = month - tree.adult
    count = int(_reference_adults(blocks, block, latest, tree.birth, people.house, taken, adults))
    unions = tree.wife.size
    parents, children = np.zeros(unions, np.uint8), np.zeros(unions, np.uint8)
    grand = np.zeros(unions, np.uint16)
    begun = _first_after(tree.start, month)
    above = graph.above
    over_rows(_count_here, begun, above, graph.below, here, parents, children)
    _count_grandchildren(above, children, begun, grand)
    reference = np.full(4 * num_houses, -1, np.int32)
    total = np.zeros(num_houses, np.int16)
    family = (tree.birth_union, tree.union_offset, tree.union_list, above, here)
    counts = (parents, children, grand)
    over_rows(_all_kin, count, adults, tree.birth, *family, *counts, people.house, reference, total)
    half = blocks.size // 2
    parts = [(part, np.zeros(num_houses, np.int16)) for part in (blocks[:half], blocks[half:])]
    rest = (tree.birth, tree.birth_union, above, here, people.house, reference)
    each(lambda part: _under_one_roof(part[0], block, *rest, part[1]), parts)
    return np.asarray(0.25 * (total - parts[0][1] - parts[1][1]))


def _first_after(start: NDArray[np.int16], month: int) -> int:
    """The first union after all that have begun by a month: from there on none has children yet."""
    begun = np.flatnonzero(start <= month)
    return int(begun[-1]) + 1 if begun.size else 0
