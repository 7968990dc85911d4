"""Households: who lives with whom.

A household is founded when two people marry, in the husband's province; unmarried children stay; a widowed parent
above a given age, and once a year any household of the old alone, joins the eldest married son, else a married
daughter; minors without parents go to the nearest adult kin. Members form a linked list, so that a move costs the
same in a country of any size.
"""

from __future__ import annotations

import numba
import numpy as np

from yeonjwa.core.memory import BORROWED, prefetch
from yeonjwa.core.parallel import each, over_rows
from yeonjwa.society.codes import ABROAD, BANISHED, DEAD, HOME, NOT_YET_BORN, UNBORN
from yeonjwa.society.state import Membership, Tree

#: Rows after which one is looked at whose persons are asked for now.
_AHEAD = 16
#: Persons who are placed at a time at the start.
_ROWS = 1 << 16


@numba.njit(cache=True, nogil=True, **BORROWED)
def is_here(where: int) -> bool:
    """Whether somebody lives in the country and is free (at home, banished) or posted abroad."""
    return where == HOME or where == BANISHED or where == ABROAD


@numba.njit(cache=True, nogil=True, **BORROWED)
def ask(p: int, step: int, tree: Tree, formed: np.ndarray, m: Membership) -> None:
    """Ask for what a move of person ``p`` will read, in three steps: each reads what the one before has asked for."""
    if step == 0:
        for column in (m.house, m.next, m.prev, tree.union_offset):
            prefetch(column, p)
        prefetch(m.where, p)
        prefetch(m.post, p)
        prefetch(m.gone_since, p)
        prefetch(tree.birth, p)
    elif step == 1:
        h = m.house[p]
        prefetch(m.head, h)
        prefetch(m.size, h)
        prefetch(m.next, m.prev[p])
        prefetch(m.prev, m.next[p])
        prefetch(tree.union_list, tree.union_offset[p])
    else:
        first = m.head[m.house[p]]
        prefetch(tree.birth, first)
        prefetch(m.next, first)
        prefetch(m.prev, first)
        if tree.union_offset[p] < tree.union_offset[p + 1]:
            u = tree.union_list[tree.union_offset[p]]
            prefetch(tree.wife, u)
            prefetch(tree.husband, u)
            prefetch(tree.start, u)
            prefetch(tree.first_child, u)
            prefetch(formed, u)


@numba.njit(cache=True, nogil=True, **BORROWED)
def join(p: int, h: int, m: Membership) -> None:
    """Put person ``p`` at the front of household ``h``."""
    first = np.int64(m.head[h])
    m.next[p] = first
    m.prev[p] = -1
    if first >= 0:
        m.prev[first] = p
    m.head[h] = p
    m.house[p] = h
    m.province[p] = m.house_province[h]
    if m.where[p] != ABROAD:
        m.size[h] += 1
        if m.banished[h] > 0:
            m.where[p] = BANISHED
        elif m.where[p] == BANISHED:
            m.where[p] = HOME


@numba.njit(cache=True, nogil=True, **BORROWED)
def leave(p: int, m: Membership) -> None:
    """Take person ``p`` out of the household, if any."""
    h = np.int64(m.house[p])
    if h < 0:
        return
    before, after = np.int64(m.prev[p]), np.int64(m.next[p])
    if before >= 0:
        m.next[before] = after
    else:
        m.head[h] = after
    if after >= 0:
        m.prev[after] = before
    m.next[p] = -1
    m.prev[p] = -1
    m.house[p] = -1
    if m.where[p] != ABROAD:
        m.size[h] -= 1


@numba.njit(cache=True, nogil=True, **BORROWED)
def found(h: int, key: int, province: int, m: Membership) -> None:
    """Make row ``h`` an empty household with a key for its draws."""
    m.head[h] = -1
    m.size[h] = 0
    m.key[h] = key
    m.house_province[h] = province
    m.leader[h] = -1


@numba.njit(cache=True, nogil=True, **BORROWED)
def ever_married(p: int, month: int, tree: Tree, formed: np.ndarray) -> bool:
    """Whether any union of ``p`` was formed by the month."""
    for k in range(np.int64(tree.union_offset[p]), np.int64(tree.union_offset[p + 1])):
        u = np.int64(tree.union_list[k])
        if tree.start[u] <= month and formed[u] >= 1:
            return True
    return False


@numba.njit(cache=True, nogil=True, **BORROWED)
def child_to_join(p: int, month: int, tree: Tree, formed: np.ndarray, m: Membership) -> int:
    """The eldest married son who is here and lives elsewhere, else the eldest such daughter, else -1."""
    for wanted in (1, 0):
        best, best_birth = np.int64(-1), np.int64(32767)
        for k in range(np.int64(tree.union_offset[p]), np.int64(tree.union_offset[p + 1])):
            u = np.int64(tree.union_list[k])
            if formed[u] < 1:
                continue
            for c in range(np.int64(tree.first_child[u]), np.int64(tree.first_child[u + 1])):
                if tree.sex[c] != wanted or not is_here(m.where[c]):
                    continue
                if m.house[c] < 0 or tree.birth[c] >= best_birth:
                    continue
                if m.house[c] != m.house[p] and ever_married(c, month, tree, formed):
                    best, best_birth = np.int64(c), np.int64(tree.birth[c])
        if best >= 0:
            return int(best)
    return -1


@numba.njit(cache=True, nogil=True, **BORROWED)
def _adult_child_house(union: int, but: int, month: int, tree: Tree, m: Membership, skip: int) -> int:
    """Household of the eldest adult child of a union who is here, other than ``but``, not household ``skip``."""
    best, best_birth = np.int64(-1), np.int64(32767)
    for c in range(np.int64(tree.first_child[union]), np.int64(tree.first_child[union + 1])):
        if c == but or not is_here(m.where[c]) or m.house[c] < 0 or m.house[c] == skip:
            continue
        if month - tree.birth[c] >= tree.adult and tree.birth[c] < best_birth:
            best, best_birth = np.int64(m.house[c]), np.int64(tree.birth[c])
    return int(best)


@numba.njit(cache=True, nogil=True, **BORROWED)
def guardian_house(p: int, month: int, tree: Tree, m: Membership) -> int:
    """Household of the nearest adult kin of a minor: parent, sibling, grandparent, uncle or aunt; -1 if none."""
    u = np.int64(tree.birth_union[p])
    if u < 0:
        return -1
    skip = np.int64(m.house[p])
    for parent in (np.int64(tree.wife[u]), np.int64(tree.husband[u])):
        if is_here(m.where[parent]) and m.house[parent] >= 0 and m.house[parent] != skip:
            return int(m.house[parent])
    found_house = _adult_child_house(u, p, month, tree, m, skip)
    if found_house >= 0:
        return int(found_house)
    for parent in (np.int64(tree.husband[u]), np.int64(tree.wife[u])):
        v = np.int64(tree.birth_union[parent])
        if v < 0:
            continue
        for grandparent in (np.int64(tree.husband[v]), np.int64(tree.wife[v])):
            if is_here(m.where[grandparent]) and m.house[grandparent] >= 0:
                return int(m.house[grandparent])
        found_house = _adult_child_house(v, parent, month, tree, m, skip)
        if found_house >= 0:
            return int(found_house)
    return -1


@numba.njit(cache=True, nogil=True, **BORROWED)
def settle_household(h: int, month: int, tree: Tree, m: Membership) -> None:
    """After a loss: if no adult is left in household ``h``, its minors go to their nearest adult kin."""
    p = np.int64(m.head[h])
    while p >= 0:
        if month - tree.birth[p] >= tree.adult:
            return
        p = np.int64(m.next[p])
    p = np.int64(m.head[h])
    while p >= 0:
        after = np.int64(m.next[p])
        target = guardian_house(p, month, tree, m)
        if target >= 0:
            leave(p, m)
            join(p, target, m)
        p = after


@numba.njit(cache=True, nogil=True, **BORROWED)
def move_widowed(p: int, month: int, age: int, tree: Tree, formed: np.ndarray, m: Membership) -> None:
    """A widowed parent of at least ``age`` months joins a married child, unless minors depend on the parent."""
    if month - tree.birth[p] < age or not is_here(m.where[p]) or m.where[p] == ABROAD:
        return
    q = m.head[m.house[p]]
    while q >= 0:
        if q != p:
            return  # somebody lives here: the household goes on
        q = np.int64(m.next[q])
    child = child_to_join(p, month, tree, formed, m)
    if child >= 0:
        leave(p, m)
        join(p, np.int64(m.house[child]), m)


@numba.njit(cache=True, nogil=True)
def _count_old(
    turn: int,
    latest: int,
    birth: np.ndarray,
    where: np.ndarray,
    house: np.ndarray,
    count: np.ndarray,
) -> None:
    """Count the persons at home who were born by ``latest`` in their households; those of every second block of rows."""
    ids, day = np.empty(_ROWS, np.int32), np.int16(latest)
    for low in range(turn * _ROWS, where.size, 2 * _ROWS):
        n, some = min(_ROWS, where.size - low), 0
        born, w = birth[low : low + n], where[low : low + n]
        for i in range(n):
            ids[some] = low + i
            some += int((w[i] == HOME) & (born[i] <= day))  # without a branch
        for i in range(some):
            if i + _AHEAD < some:
                prefetch(count, house[ids[i + _AHEAD]])
            count[house[ids[i]]] += 1


@numba.njit(cache=True, nogil=True)
def _all_old(
    first: int,
    last: int,
    early: np.ndarray,
    late: np.ndarray,
    size: np.ndarray,
    where: np.ndarray,
    after: np.ndarray,
    head: np.ndarray,
    banished: np.ndarray,
) -> np.ndarray:
    """Households first to last - 1, none banished, of whose members none is abroad and as many are old as are at home.

    ``early`` and ``late`` count the old in two halves of the persons.
    """
    out = np.empty(last - first, np.int64)
    n, old = 0, 0
    for h in range(first, last):
        out[n] = h
        n += int((size[h] > 0) & (early[h] + late[h] == size[h]) & (banished[h] <= 0))
    for i in range(n):
        p = head[out[i]]
        while p >= 0 and where[p] != ABROAD:
            p = after[p]
        if p < 0:
            out[old] = out[i]
            old += 1
    return out[:old].copy()


@numba.njit(cache=True, nogil=True, **BORROWED)
def _child_of_household(h: int, month: int, tree: Tree, formed: np.ndarray, m: Membership) -> int:
    """The married child whom the members of household ``h`` join: of the first member who has one; -1 if none."""
    child = np.int64(-1)
    p = np.int64(m.head[h])
    while p >= 0 and child < 0:
        child = np.int64(child_to_join(p, month, tree, formed, m))
        p = np.int64(m.next[p])
    return int(child)


@numba.njit(cache=True, nogil=True, **BORROWED)
def _look_for_children(
    first: int,
    last: int,
    old: np.ndarray,
    child: np.ndarray,
    month: int,
    tree: Tree,
    formed: np.ndarray,
    m: Membership,
) -> None:
    """The child whom each of the old households first to last - 1 would join, nobody having moved yet."""
    for i in range(first, last):
        for step in range(4):
            j = i + (4 - step) * _AHEAD
            if j < last:
                _ask_for_children(m.head[old[j]], step, tree, formed, m)
        child[i] = _child_of_household(old[i], month, tree, formed, m)


@numba.njit(cache=True, nogil=True, **BORROWED)
def _ask_for_children(p: int, step: int, tree: Tree, formed: np.ndarray, m: Membership) -> None:
    """Ask for what the search of a child of ``p`` will read, in four steps: unions, what is known of them, children, theirs."""
    low, high = (tree.union_offset[p], tree.union_offset[p + 1]) if step > 0 else (0, 0)
    if step == 0:
        prefetch(tree.union_offset, p)
        prefetch(m.next, p)
        prefetch(m.house, p)
    elif step == 1:
        prefetch(tree.union_list, low)
    elif low == high:
        return
    elif step == 2:
        prefetch(formed, tree.union_list[low])
        prefetch(tree.first_child, tree.union_list[low])
    else:
        c = tree.first_child[tree.union_list[low]]
        for column in (m.house, tree.union_offset):
            prefetch(column, c)
        prefetch(tree.sex, c)
        prefetch(m.where, c)
        prefetch(tree.birth, c)


@numba.njit(cache=True, nogil=True, **BORROWED)
def _gather(
    old: np.ndarray,
    child: np.ndarray,
    joined: np.ndarray,
    month: int,
    tree: Tree,
    formed: np.ndarray,
    m: Membership,
) -> int:
    """Bring the members of each of these households to the child they join, if there is one; returns how many moved.

    Moves change where a child lives, and nothing else of what the search has read, but for a household that others have
    joined, of which ``joined`` is made true: there the search is made again.
    """
    moved = 0
    for i in range(-3 * _AHEAD, old.size):
        for step in range(3):
            j = i + (3 - step) * _AHEAD
            if 0 <= j < old.size and child[j] >= 0:
                _ask_for_move(m.head[old[j]], child[j], step, m)
        if i < 0:
            continue
        h, best = old[i], child[i]
        if joined[h]:
            best = np.int64(_child_of_household(h, month, tree, formed, m))
        if best < 0 or m.house[best] == h:
            continue
        target = np.int64(m.house[best])
        while m.head[h] >= 0:
            p = np.int64(m.head[h])
            leave(p, m)
            join(p, target, m)
        joined[target] = True
        moved += 1
    return moved


@numba.njit(cache=True, nogil=True, **BORROWED)
def _ask_for_move(p: int, child: int, step: int, m: Membership) -> None:
    """Ask for what a move of ``p`` and who follows to ``child`` will read, in three steps: both, household, its first member."""
    if step == 0:
        prefetch(m.house, child)
        _ask_for_member(p, m)
        return
    target = m.house[child]
    if step == 1:
        prefetch(m.head, target)
        prefetch(m.size, target)
        prefetch(m.banished, target)
        prefetch(m.house_province, target)
        _ask_for_member(m.next[p], m)
    else:
        prefetch(m.prev, m.head[target])


@numba.njit(cache=True, nogil=True, **BORROWED)
def _ask_for_member(p: int, m: Membership) -> None:
    for column in (m.house, m.next, m.prev):
        prefetch(column, p)
    prefetch(m.where, p)
    prefetch(m.province, p)


def gather_old(month: int, age: int, num_houses: int, tree: Tree, formed: np.ndarray, m: Membership) -> int:
    """Households whose members are all at least ``age`` months old join a married child; returns how many did.

    The custom of the country: old parents live with the eldest son. Without it the mean household is too small.
    """
    # Who moves in is old, and who moves leaves nobody behind: no move changes which other households are of the old alone.
    count = np.zeros((2, num_houses), np.int16)
    each(lambda turn: _count_old(turn, month - age, tree.birth, m.where, m.house, count[turn]), [0, 1])
    columns = (m.size, m.where, m.next, m.head, m.banished)
    found = over_rows(_all_old, num_houses, *count, *columns, block=1 << 18)
    old = np.concatenate(found) if found else np.empty(0, np.int64)
    child = np.empty(old.size, np.int64)
    over_rows(_look_for_children, old.size, old, child, month, tree, formed, m, block=1 << 14)
    return int(_gather(old, child, np.zeros(num_houses, np.bool_), month, tree, formed, m))


@numba.njit(cache=True, nogil=True, **BORROWED)
def new_house(p: int, num_houses: int, num_unions: int, m: Membership) -> int:
    """Found a household for person ``p`` alone; returns the number of households now used."""
    h = num_houses
    found(h, num_unions + p, m.province[p], m)
    leave(p, m)
    join(p, h, m)
    return num_houses + 1


@numba.njit(cache=True, nogil=True, **BORROWED)
def house_of_return(
    p: int, month: int, num_houses: int, num_unions: int, tree: Tree, formed: np.ndarray, m: Membership
) -> int:
    """Somebody comes home (from China, a camp, a posting): to spouse, parents or children, else a new household.

    ``m.where[p]`` must already be HOME. Returns the number of households now used.
    """
    for k in range(tree.union_offset[p + 1] - 1, tree.union_offset[p] - 1, -1):
        u = np.int64(tree.union_list[k])
        other = tree.wife[u] + tree.husband[u] - p
        if formed[u] == 1 and is_here(m.where[other]) and m.house[other] >= 0 and tree.start[u] <= month:
            join(p, np.int64(m.house[other]), m)
            return num_houses
        for c in range(np.int64(tree.first_child[u]), np.int64(tree.first_child[u + 1])):
            if is_here(m.where[c]) and m.house[c] >= 0:
                join(p, np.int64(m.house[c]), m)
                return num_houses
    target = guardian_house(p, month, tree, m)
    if target >= 0:
        join(p, target, m)
        return num_houses
    found(num_houses, num_unions + p, m.province[p], m)
    join(p, num_houses, m)
    return num_houses + 1


def form_households(month: int, widowed_age: int, tree: Tree, formed: np.ndarray, m: Membership) -> int:
    """Households of everyone who is here at the start; returns how many there are.

    Three passes: couples and the widowed, the old widowed into their children's, the unmarried to their parents'.
    """
    n = int(_found_couples(month, tree, formed, m))
    ids = np.empty(_ROWS, np.int32)
    for first in range(0, tree.birth.size, _ROWS):
        n = int(_place_widowed(first, ids, month, widowed_age, n, tree, formed, m))
    for first in range(0, tree.birth.size, _ROWS):
        n = int(_place_unmarried(first, ids, month, n, tree, m))
    return n


@numba.njit(cache=True, nogil=True, **BORROWED)
def _without_house(first: int, where: np.ndarray, house: np.ndarray, ids: np.ndarray) -> int:
    """Write those of the next persons, as many as fit, who are at home in no household; returns how many they are."""
    last = min(first + ids.size, where.size)
    n = 0
    for p in range(first, last):
        ids[n] = p
        n += int((where[p] == HOME) & (house[p] < 0))  # without a branch
    return n


@numba.njit(cache=True, nogil=True, **BORROWED)
def _found_couples(month: int, tree: Tree, formed: np.ndarray, m: Membership) -> int:
    """A household for each couple; how many there are."""
    n: int | np.int64 = np.int64(0)
    death, wife, husband, start = tree.death, tree.wife, tree.husband, tree.start
    num_unions = wife.size
    for u in range(num_unions):
        if u + 2 * _AHEAD < num_unions:
            prefetch(death, wife[u + 2 * _AHEAD])
            prefetch(death, husband[u + 2 * _AHEAD])
        if u + _AHEAD < num_unions and formed[u + _AHEAD] == 1:
            for k in range(2):
                p = wife[u + _AHEAD] if k == 0 else husband[u + _AHEAD]
                if death[p] > month:
                    prefetch(m.house, p)
                    prefetch(m.next, p)
                    prefetch(m.prev, p)
                    prefetch(m.province, p)
                    prefetch(m.where, p)
        if formed[u] != 1 or start[u] > month:
            continue
        w, man = np.int64(wife[u]), np.int64(husband[u])
        if death[w] <= month or death[man] <= month:
            continue
        found(n, u, m.province[man], m)
        join(man, n, m)
        join(w, n, m)
        n += 1
    return int(n)


@numba.njit(cache=True, nogil=True, **BORROWED)
def _place_widowed(
    first: int,
    ids: np.ndarray,
    month: int,
    widowed_age: int,
    num_houses: int,
    tree: Tree,
    formed: np.ndarray,
    m: Membership,
) -> int:
    """Of a block, the old widowed go to a married child, others are households of their own; how many households there are."""
    n: int | np.int64 = np.int64(num_houses)
    offset, size, widowed = tree.union_offset, _without_house(first, m.where, m.house, ids), 0
    for i in range(size):
        if i + _AHEAD < size and offset[ids[i + _AHEAD]] < tree.union_list.size:
            u = tree.union_list[offset[ids[i + _AHEAD]]]
            prefetch(tree.start, u)
            prefetch(formed, u)
        if ever_married(ids[i], month, tree, formed):
            ids[widowed] = ids[i]
            widowed += 1
    for i in range(-4 * _AHEAD, widowed):
        for step in range(4):
            ahead = i + (4 - step) * _AHEAD
            if 0 <= ahead < widowed and month - tree.birth[ids[ahead]] >= widowed_age:
                _ask_for_children(ids[ahead], step, tree, formed, m)
        if i < 0:
            continue
        p = np.int64(ids[i])
        child = np.int64(-1)
        if month - tree.birth[p] >= widowed_age:
            child = np.int64(child_to_join(p, month, tree, formed, m))
        if child >= 0:
            join(p, np.int64(m.house[child]), m)
        else:
            n = new_house(p, n, tree.wife.size, m)
    return int(n)


@numba.njit(cache=True, nogil=True, **BORROWED)
def _ask_for_parents(p: int, step: int, tree: Tree, m: Membership) -> None:
    """Ask for what the unmarried ``p`` finds of the mother and her household, in three steps.

    Unions of persons who follow one another do so too: only their couples are far apart.
    """
    mother = tree.wife[tree.birth_union[p]]
    if step == 0:
        prefetch(m.where, mother)
        prefetch(m.house, mother)
        return
    house = m.house[mother]
    if step == 1:
        prefetch(m.head, house)
        prefetch(m.size, house)
        prefetch(m.house_province, house)
        prefetch(m.banished, house)
    else:
        prefetch(m.prev, m.head[house])


@numba.njit(cache=True, nogil=True, **BORROWED)
def _place_unmarried(
    first: int, ids: np.ndarray, month: int, num_houses: int, tree: Tree, m: Membership
) -> int:
    """Of a block, who is in no household yet goes to the parents, minors without any to kin; how many households there are."""
    n: int | np.int64 = np.int64(num_houses)
    wife, husband = tree.wife, tree.husband
    size = _without_house(first, m.where, m.house, ids)
    for i in range(-3 * _AHEAD, size):
        for step in range(3):
            ahead = i + (3 - step) * _AHEAD
            if 0 <= ahead < size:
                _ask_for_parents(ids[ahead], step, tree, m)
        if i < 0:
            continue
        p = np.int64(ids[i])
        target: int | np.int64 = np.int64(-1)
        parents = np.int64(tree.birth_union[p])
        if parents >= 0:
            for parent in (np.int64(wife[parents]), np.int64(husband[parents])):
                if target < 0 and m.where[parent] == HOME:
                    target = np.int64(m.house[parent])
            if target < 0 and month - tree.birth[p] < tree.adult:
                target = guardian_house(p, month, tree, m)
        if target >= 0:
            join(p, target, m)
        else:
            n = new_house(p, n, wife.size, m)
    return int(n)


@numba.njit(cache=True, nogil=True, **BORROWED)
def apply_deaths(
    dying: np.ndarray,
    month: int,
    widowed_age: int,
    tree: Tree,
    formed: np.ndarray,
    m: Membership,
) -> None:
    """Deaths at home or abroad: the household closes up, the old widowed and orphaned minors move."""
    for i in range(-3 * _AHEAD, dying.size):
        for step in range(3):
            j = i + (3 - step) * _AHEAD
            if 0 <= j < dying.size:
                ask(dying[j], step, tree, formed, m)
        if i < 0:
            continue
        p = np.int64(dying[i])
        h = np.int64(m.house[p])
        leave(p, m)
        m.where[p] = DEAD
        m.post[p] = 0
        if m.gone_since[p] > month:
            m.gone_since[p] = month
        if h < 0:
            continue
        settle_household(h, month, tree, m)
        for k in range(tree.union_offset[p + 1] - 1, tree.union_offset[p] - 1, -1):
            u = np.int64(tree.union_list[k])
            other = tree.wife[u] + tree.husband[u] - p
            if formed[u] == 1 and m.house[other] >= 0:
                move_widowed(other, month, widowed_age, tree, formed, m)


@numba.njit(cache=True, nogil=True, **BORROWED)
def apply_unions(
    unions: np.ndarray,
    month: int,
    num_houses: int,
    tree: Tree,
    formed: np.ndarray,
    m: Membership,
) -> int:
    """Unions of the month: they take place if both are alive, free and in the country; returns households used."""
    n: int | np.int64 = np.int64(num_houses)
    for i in range(-4 * _AHEAD, unions.size):
        for step in range(4):
            j = i + (4 - step) * _AHEAD
            if 0 <= j < unions.size:
                if step == 0:
                    prefetch(tree.wife, unions[j])
                    prefetch(tree.husband, unions[j])
                    prefetch(formed, unions[j])
                else:
                    ask(tree.wife[unions[j]], step - 1, tree, formed, m)
                    ask(tree.husband[unions[j]], step - 1, tree, formed, m)
        if i < 0:
            continue
        u = np.int64(unions[i])
        w, man = np.int64(tree.wife[u]), np.int64(tree.husband[u])
        if not (is_here(m.where[w]) and is_here(m.where[man])) or m.house[w] < 0:
            formed[u] = 0
            continue
        old = np.int64(m.house[w])
        if not ever_married(man, month, tree, formed) or m.house[man] < 0:
            leave(man, m)
            found(n, u, m.province[man], m)
            join(man, n, m)
            n += 1
        formed[u] = 1
        target = np.int64(m.house[man])
        if target != old:
            leave(w, m)
            join(w, target, m)
            _bring_minors(w, old, target, month, tree, m)
            settle_household(old, month, tree, m)
    return int(n)


@numba.njit(cache=True, nogil=True, **BORROWED)
def _bring_minors(mother: int, old: int, target: int, month: int, tree: Tree, m: Membership) -> None:
    for k in range(np.int64(tree.union_offset[mother]), np.int64(tree.union_offset[mother + 1])):
        u = np.int64(tree.union_list[k])
        for c in range(np.int64(tree.first_child[u]), np.int64(tree.first_child[u + 1])):
            if m.house[c] == old and month - tree.birth[c] < tree.adult:
                leave(c, m)
                join(c, target, m)


@numba.njit(cache=True, nogil=True, **BORROWED)
def _ask_for_birth(c: int, step: int, tree: Tree, formed: np.ndarray, m: Membership) -> None:
    """Ask for what the birth of ``c`` will read, in four steps: family, parents, mother's household, its first member."""
    u = tree.birth_union[c] if step > 0 else 0
    if step == 0:
        for column in (tree.birth_union, m.house, m.next, m.prev):
            prefetch(column, c)
        prefetch(m.where, c)
        prefetch(m.province, c)
    elif step == 1:
        prefetch(tree.wife, u)
        prefetch(tree.husband, u)
        prefetch(formed, u)
    elif step == 2:
        prefetch(m.where, tree.wife[u])
        prefetch(m.house, tree.wife[u])
        prefetch(m.gone_since, tree.husband[u])
    else:
        h = m.house[tree.wife[u]]
        prefetch(m.head, h)
        prefetch(m.size, h)
        prefetch(m.banished, h)
        prefetch(m.house_province, h)


@numba.njit(cache=True, nogil=True, **BORROWED)
def apply_births(
    born: np.ndarray,
    month: int,
    pregnancy: int,
    tree: Tree,
    formed: np.ndarray,
    m: Membership,
) -> int:
    """Births of the month; returns how many took place.

    A pre-drawn birth happens only if the union took place, the mother is alive, free and in the country, and the
    father was so ``pregnancy`` months before; otherwise the child is unborn, and so are its descendants, because no union
    of the unborn is ever formed.
    """
    count = 0
    for i in range(-4 * _AHEAD, born.size):
        for step in range(4):
            j = i + (4 - step) * _AHEAD
            if 0 <= j < born.size:
                _ask_for_birth(born[j], step, tree, formed, m)
        if i < 0:
            continue
        c = np.int64(born[i])
        u = np.int64(tree.birth_union[c])
        w, man = np.int64(tree.wife[u]), np.int64(tree.husband[u])
        mother_here = is_here(m.where[w]) and m.house[w] >= 0
        father_was = m.gone_since[man] >= month - pregnancy
        if formed[u] != 1 or not mother_here or not father_was:
            m.where[c] = UNBORN
            continue
        m.where[c] = HOME
        join(c, np.int64(m.house[w]), m)
        count += 1
    return count


@numba.njit(cache=True, nogil=True, **BORROWED)
def _place_persons(
    first: int,
    last: int,
    month: int,
    tree: Tree,
    region_province: np.ndarray,
    region: np.ndarray,
    m: Membership,
) -> None:
    birth, death, where, province, gone = tree.birth, tree.death, m.where, m.province, m.gone_since
    for p in range(first, last):
        province[p] = region_province[region[p]]
        if birth[p] > month:
            where[p] = NOT_YET_BORN
        elif death[p] <= month:
            where[p] = DEAD
            gone[p] = death[p]
        else:
            where[p] = HOME


@numba.njit(cache=True, nogil=True, **BORROWED)
def _place_wives(
    month: int, tree: Tree, region_province: np.ndarray, region: np.ndarray, province: np.ndarray
) -> None:
    wife, husband, start = tree.wife, tree.husband, tree.start
    for u in range(wife.size):
        if u + _AHEAD < wife.size:
            prefetch(region, husband[u + _AHEAD])
            prefetch(province, wife[u + _AHEAD])
        if start[u] <= month:
            province[wife[u]] = region_province[region[husband[u]]]


def place(month: int, tree: Tree, region_province: np.ndarray, region: np.ndarray, m: Membership) -> None:
    """Whereabouts and provinces of everyone at the start: home if alive, women in their husbands' province."""
    over_rows(_place_persons, tree.birth.size, month, tree, region_province, region, m, block=1 << 20)
    _place_wives(month, tree, region_province, region, m.province)


def inherit_at_birth(born: np.ndarray, tree: Tree, songbun: np.ndarray) -> None:
    """Children take the songbun their father has now: a demotion is inherited by those born after it."""
    songbun[born] = songbun[tree.husband[tree.birth_union[born]]]
