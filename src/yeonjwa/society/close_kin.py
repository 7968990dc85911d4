"""Close kin outside the household, counted for every household at once.

Kin within 2 chon of somebody are parents, children, full and half siblings, grandparents and grandchildren. None of them has
to be listed: full siblings share parents and grandparents, so that a few sums over unions give the whole,

    0.5 * (parents + full siblings + children) + 0.25 * (half siblings + grandparents + grandchildren),

from which those who live under the same roof are taken away again. Every term is a multiple of 0.25, so that sums are exact.
The sums are over persons unless somebody is kin in two ways within 2 chon, which the avoidance of kin as spouses rules out.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.parallel import each, over_rows
from yeonjwa.society.codes import BANISHED, HOME
from yeonjwa.society.state import People, Tree

Float = NDArray[np.float64]


#: Two generations are at least so far apart: a pair closer in age needs no look at grandparents.
_TWO_GENERATIONS = 24 * 12
#: Columns of what is kept of the reference adult of a household.
_SELF, _MOTHER, _FATHER, _BORN = range(4)

# Parents, children and siblings have neighbouring rows; others have not. Each loop below reads its rows in order and looks
# up few others, all of them known at once: a chain of look-ups would cost ten times as much.


@numba.njit(cache=True, nogil=True)
def _who_is_here(
    blocks: np.ndarray,
    block: int,
    month: int,
    tree: Tree,
    people: People,
    here: np.ndarray,
    children: np.ndarray,
    parents: np.ndarray,
) -> None:
    """Who is alive at home or banished; the children and the parents of each union who are."""
    where, house, death, birth_union = people.where, people.house, tree.death, tree.birth_union
    union_offset, union_list = tree.union_offset, tree.union_list
    for b in range(blocks.size):
        for p in range(blocks[b], min(blocks[b] + block, where.size)):
            if house[p] < 0 or (where[p] != HOME and where[p] != BANISHED) or month >= death[p]:
                continue
            here[p] = 1
            if birth_union[p] >= 0:
                children[birth_union[p]] += 1
            for k in range(union_offset[p], union_offset[p + 1]):
                parents[union_list[k]] += 1


@numba.njit(cache=True, nogil=True)
def _give_to_parents(parent: np.ndarray, value: np.ndarray, out: np.ndarray) -> None:
    """Add the value of each union to one of its parents."""
    for u in range(value.size):
        if value[u] > 0:
            out[parent[u]] += value[u]


@numba.njit(cache=True, nogil=True)
def _give_to_union(birth_union: np.ndarray, value: np.ndarray, out: np.ndarray) -> None:
    """Add the value of each person to the union that person was born to."""
    for p in range(value.size):
        if value[p] > 0 and birth_union[p] >= 0:
            out[birth_union[p]] += value[p]


@numba.njit(cache=True, nogil=True)
def _pack(
    first: int,
    last: int,
    birth_union: np.ndarray,
    here: np.ndarray,
    parents: np.ndarray,
    children_of: np.ndarray,
    out: np.ndarray,
) -> None:
    """What a child needs to know of a parent, in one number: here, the parent's parents here, the parent's children here."""
    for p in range(first, last):
        u = birth_union[p]
        above = np.uint16(parents[u]) if u >= 0 else np.uint16(0)
        out[p] = np.uint16(here[p]) | (above << np.uint16(1)) | (np.uint16(children_of[p]) << np.uint16(3))


@numba.njit(cache=True, nogil=True)
def _all_kin(
    blocks: np.ndarray,
    block: int,
    month: int,
    adult_months: int,
    tree: Tree,
    house: np.ndarray,
    packed: np.ndarray,
    children: np.ndarray,
    children_of: np.ndarray,
    grandchildren_of: np.ndarray,
    adult: np.ndarray,
    out: np.ndarray,
) -> None:
    """Reference adults, and four times the relatedness summed over all kin of each within 2 chon."""
    birth, birth_union, wife, husband = tree.birth, tree.birth_union, tree.wife, tree.husband
    for b in range(blocks.size):
        for p in range(blocks[b], min(blocks[b] + block, house.size)):
            h = house[p]
            if h < 0 or month - birth[p] < adult_months or adult[h, _SELF] >= 0:
                continue
            total = 2 * int(children_of[p]) + int(grandchildren_of[p])
            u = birth_union[p]
            mother, father = np.int32(-1), np.int32(-1)
            if u >= 0:
                mother, father = wife[u], husband[u]
                m, f = int(packed[mother]), int(packed[father])
                siblings = int(children[u]) - int(packed[p] & 1)
                total += 2 * ((m & 1) + (f & 1) + siblings) + ((m >> 1) & 3) + ((f >> 1) & 3)
                total += (m >> 3) + (f >> 3) - 2 * int(children[u])
            adult[h, _SELF], adult[h, _MOTHER], adult[h, _FATHER], adult[h, _BORN] = (
                p,
                mother,
                father,
                birth[p],
            )
            out[h] = total


@numba.njit(cache=True, nogil=True, inline="always")
def _is_child_of(union: int, person: int, wife: np.ndarray, husband: np.ndarray) -> bool:
    return union >= 0 and (wife[union] == person or husband[union] == person)


@numba.njit(cache=True, nogil=True)
def _under_one_roof(
    blocks: np.ndarray,
    block: int,
    tree: Tree,
    house: np.ndarray,
    here: np.ndarray,
    adult: np.ndarray,
    out: np.ndarray,
) -> None:
    """Four times the relatedness of the reference adult to the members of the same household."""
    birth, birth_union, wife, husband = tree.birth, tree.birth_union, tree.wife, tree.husband
    for b in range(blocks.size):
        for p in range(blocks[b], min(blocks[b] + block, house.size)):
            if here[p] == 0:
                continue
            h = house[p]
            a = adult[h, _SELF]
            if a < 0 or a == p:
                continue
            mother, father = np.int32(-1), np.int32(-1)
            if birth_union[p] >= 0:
                mother, father = wife[birth_union[p]], husband[birth_union[p]]
            near_mother, near_father = adult[h, _MOTHER], adult[h, _FATHER]
            if mother == a or father == a or near_mother == p or near_father == p:
                out[h] += 2
                continue
            same_mother = mother >= 0 and mother == near_mother
            same_father = father >= 0 and father == near_father
            if same_mother or same_father:
                out[h] += 2 if same_mother and same_father else 1
                continue
            gap = int(birth[p]) - int(adult[h, _BORN])
            if gap >= _TWO_GENERATIONS and mother >= 0:
                grandchild = _is_child_of(birth_union[mother], a, wife, husband)
                out[h] += int(grandchild or _is_child_of(birth_union[father], a, wife, husband))
            elif -gap >= _TWO_GENERATIONS and near_mother >= 0:
                grandparent = _is_child_of(birth_union[near_mother], p, wife, husband)
                out[h] += int(grandparent or _is_child_of(birth_union[near_father], p, wife, husband))


def close_kin_sums(
    num_houses: int,
    month: int,
    adult_months: int,
    blocks: NDArray[np.int64],
    block: int,
    tree: Tree,
    people: People,
) -> Float:
    """Relatedness summed over living kin within 2 chon outside the household, for the adult of lowest id in each.

    Parameters
    ----------
    blocks, block : int64 (n,), int
        First rows of blocks of persons in which somebody may be about, and the size of a block.
    """
    persons, unions, house = tree.birth.size, tree.wife.size, people.house
    here = np.zeros(persons, np.uint8)
    children, parents = np.zeros(unions, np.uint8), np.zeros(unions, np.uint8)
    _who_is_here(blocks, block, month, tree, people, here, children, parents)
    children_of = _share(children, tree, np.uint8)
    grandchildren = np.zeros(unions, np.uint16)
    _give_to_union(tree.birth_union, children_of, grandchildren)
    grandchildren_of = _share(grandchildren, tree, np.uint16)
    packed = np.empty(persons, np.uint16)
    over_rows(_pack, persons, tree.birth_union, here, parents, children_of, packed, block=1 << 20)
    adult = np.full((num_houses, 4), -1, np.int32)
    total = np.zeros(num_houses, np.int16)
    _all_kin(
        blocks,
        block,
        month,
        adult_months,
        tree,
        house,
        packed,
        children,
        children_of,
        grandchildren_of,
        adult,
        total,
    )
    half = blocks.size // 2
    parts = [(part, np.zeros(num_houses, np.int16)) for part in (blocks[:half], blocks[half:])]
    each(lambda part: _under_one_roof(part[0], block, tree, house, here, adult, part[1]), parts)
    return np.asarray(0.25 * (total - parts[0][1] - parts[1][1]))


def _share(
    value: NDArray[np.unsignedinteger], tree: Tree, kind: type[np.unsignedinteger]
) -> NDArray[np.unsignedinteger]:
    """Sum of the value of each person's unions."""
    out = np.zeros(tree.birth.size, kind)
    # Wives and husbands are different persons: the two passes may run at the same time.
    each(lambda parent: _give_to_parents(parent, value, out), [tree.wife, tree.husband])
    return out
