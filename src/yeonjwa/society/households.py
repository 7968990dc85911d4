"""Households: who lives with whom.

A household is founded when two people marry, in the husband's province; unmarried children stay; a widowed
parent above a given age, and once a year any household of the old alone, joins the eldest married son, else a
married daughter; minors without parents go to the nearest adult kin. Members form a linked list, so that a move costs the same in a country of any size.
"""

from __future__ import annotations

import numba
import numpy as np

from yeonjwa.society.codes import ABROAD, BANISHED, DEAD, HOME, NOT_YET_BORN, UNBORN
from yeonjwa.society.state import Houses, People, Tree

#: Age of majority for the purposes of who may live alone: 17 in the country's civil code.
ADULT_MONTHS = 17 * 12


@numba.njit(cache=True)
def is_here(where: int) -> bool:
    """Whether somebody lives in the country and is free (at home, banished) or posted abroad."""
    return where == HOME or where == BANISHED or where == ABROAD


@numba.njit(cache=True)
def join(p: int, h: int, people: People, houses: Houses) -> None:
    """Put person ``p`` at the front of household ``h``."""
    first = houses.head[h]
    people.next[p] = first
    people.prev[p] = -1
    if first >= 0:
        people.prev[first] = p
    houses.head[h] = p
    people.house[p] = h
    people.province[p] = houses.province[h]
    if people.where[p] != ABROAD:
        houses.size[h] += 1
        if houses.banished[h] > 0:
            people.where[p] = BANISHED
        elif people.where[p] == BANISHED:
            people.where[p] = HOME


@numba.njit(cache=True)
def leave(p: int, people: People, houses: Houses) -> None:
    """Take person ``p`` out of the household, if any."""
    h = people.house[p]
    if h < 0:
        return
    before, after = people.prev[p], people.next[p]
    if before >= 0:
        people.next[before] = after
    else:
        houses.head[h] = after
    if after >= 0:
        people.prev[after] = before
    people.next[p] = -1
    people.prev[p] = -1
    people.house[p] = -1
    if people.where[p] != ABROAD:
        houses.size[h] -= 1


@numba.njit(cache=True)
def found(h: int, key: int, province: int, houses: Houses) -> None:
    """Make row ``h`` an empty household with a key for its draws."""
    houses.head[h] = -1
    houses.size[h] = 0
    houses.key[h] = key
    houses.province[h] = province
    houses.leader[h] = -1


@numba.njit(cache=True)
def current_union(p: int, month: int, tree: Tree, formed: np.ndarray) -> int:
    """Union in which ``p`` lives at the end of a month, or -1: formed, and both alive by the pedigree."""
    for k in range(tree.union_offset[p + 1] - 1, tree.union_offset[p] - 1, -1):
        u = tree.union_list[k]
        if tree.start[u] <= month and formed[u] == 1:
            if tree.death[tree.wife[u]] > month and tree.death[tree.husband[u]] > month:
                return u
            return -1
    return -1


@numba.njit(cache=True)
def ever_married(p: int, month: int, tree: Tree, formed: np.ndarray) -> bool:
    """Whether any union of ``p`` was formed by the month."""
    for k in range(tree.union_offset[p], tree.union_offset[p + 1]):
        u = tree.union_list[k]
        if tree.start[u] <= month and formed[u] == 1:
            return True
    return False


@numba.njit(cache=True)
def child_to_join(
    p: int, month: int, tree: Tree, formed: np.ndarray, people: People, houses: Houses
) -> int:
    """Household of the eldest married son who is here, else of the eldest married daughter, else -1."""
    for wanted in (1, 0):
        best, best_birth = -1, 32767
        for k in range(tree.union_offset[p], tree.union_offset[p + 1]):
            u = tree.union_list[k]
            if formed[u] != 1:
                continue
            for c in range(tree.first_child[u], tree.first_child[u + 1]):
                if tree.sex[c] != wanted or not is_here(people.where[c]):
                    continue
                if people.house[c] < 0 or tree.birth[c] >= best_birth:
                    continue
                if people.house[c] != people.house[p] and ever_married(c, month, tree, formed):
                    best, best_birth = people.house[c], tree.birth[c]
        if best >= 0:
            return best
    return -1


@numba.njit(cache=True)
def _adult_child_house(
    union: int, but: int, month: int, tree: Tree, people: People, skip: int
) -> int:
    """Household of the eldest adult child of a union who is here, other than ``but``, not household ``skip``."""
    best, best_birth = -1, 32767
    for c in range(tree.first_child[union], tree.first_child[union + 1]):
        if c == but or not is_here(people.where[c]) or people.house[c] < 0 or people.house[c] == skip:
            continue
        if month - tree.birth[c] >= ADULT_MONTHS and tree.birth[c] < best_birth:
            best, best_birth = people.house[c], tree.birth[c]
    return best


@numba.njit(cache=True)
def guardian_house(p: int, month: int, tree: Tree, people: People) -> int:
    """Household of the nearest adult kin of a minor: parent, sibling, grandparent, uncle or aunt; -1 if none."""
    u = tree.birth_union[p]
    if u < 0:
        return -1
    skip = people.house[p]
    for parent in (tree.wife[u], tree.husband[u]):
        if is_here(people.where[parent]) and people.house[parent] >= 0 and people.house[parent] != skip:
            return int(people.house[parent])
    found_house = _adult_child_house(u, p, month, tree, people, skip)
    if found_house >= 0:
        return found_house
    for parent in (tree.husband[u], tree.wife[u]):
        v = tree.birth_union[parent]
        if v < 0:
            continue
        for grandparent in (tree.husband[v], tree.wife[v]):
            if is_here(people.where[grandparent]) and people.house[grandparent] >= 0:
                return int(people.house[grandparent])
        found_house = _adult_child_house(v, parent, month, tree, people, skip)
        if found_house >= 0:
            return found_house
    return -1


@numba.njit(cache=True)
def settle_household(h: int, month: int, tree: Tree, people: People, houses: Houses) -> None:
    """After a loss: if no adult is left in household ``h``, its minors go to their nearest adult kin."""
    p = houses.head[h]
    while p >= 0:
        if month - tree.birth[p] >= ADULT_MONTHS:
            return
        p = people.next[p]
    p = houses.head[h]
    while p >= 0:
        after = people.next[p]
        target = guardian_house(p, month, tree, people)
        if target >= 0:
            leave(p, people, houses)
            join(p, target, people, houses)
        p = after


@numba.njit(cache=True)
def move_widowed(
    p: int, month: int, age: int, tree: Tree, formed: np.ndarray, people: People, houses: Houses
) -> None:
    """A widowed parent of at least ``age`` months joins a married child, unless minors depend on the parent."""
    if month - tree.birth[p] < age or not is_here(people.where[p]) or people.where[p] == ABROAD:
        return
    q = houses.head[people.house[p]]
    while q >= 0:
        if q != p:
            return  # somebody lives here: the household goes on
        q = people.next[q]
    target = child_to_join(p, month, tree, formed, people, houses)
    if target >= 0:
        leave(p, people, houses)
        join(p, target, people, houses)


@numba.njit(cache=True)
def gather_old(
    month: int, age: int, num_houses: int, tree: Tree, formed: np.ndarray, people: People, houses: Houses
) -> int:
    """Households whose members are all at least ``age`` months old join a married child; returns how many did.

    The custom of the country: old parents live with the eldest son. Without it the mean household is too small.
    """
    moved = 0
    for h in range(num_houses):
        p = houses.head[h]
        old = p >= 0
        while p >= 0 and old:
            old = month - tree.birth[p] >= age and people.where[p] != ABROAD
            p = people.next[p]
        if not old or houses.banished[h] > 0:
            continue
        target = -1
        p = houses.head[h]
        while p >= 0 and target < 0:
            target = child_to_join(p, month, tree, formed, people, houses)
            p = people.next[p]
        if target < 0 or target == h:
            continue
        while houses.head[h] >= 0:
            p = houses.head[h]
            leave(p, people, houses)
            join(p, target, people, houses)
        houses.plan[h] = 0
        moved += 1
    return moved


@numba.njit(cache=True)
def new_house(p: int, num_houses: int, num_unions: int, people: People, houses: Houses) -> int:
    """Found a household for person ``p`` alone; returns the number of households now used."""
    h = num_houses
    found(h, num_unions + p, people.province[p], houses)
    leave(p, people, houses)
    join(p, h, people, houses)
    return num_houses + 1


@numba.njit(cache=True)
def house_of_return(
    p: int, month: int, num_houses: int, num_unions: int, tree: Tree, people: People, houses: Houses
) -> int:
    """Somebody comes home (from China, a camp, a posting): to spouse, parents or children, else a new household.

    ``people.where[p]`` must already be HOME. Returns the number of households now used.
    """
    for k in range(tree.union_offset[p + 1] - 1, tree.union_offset[p] - 1, -1):
        u = tree.union_list[k]
        other = tree.wife[u] + tree.husband[u] - p
        if is_here(people.where[other]) and people.house[other] >= 0 and tree.start[u] <= month:
            join(p, people.house[other], people, houses)
            return num_houses
        for c in range(tree.first_child[u], tree.first_child[u + 1]):
            if is_here(people.where[c]) and people.house[c] >= 0:
                join(p, people.house[c], people, houses)
                return num_houses
    target = guardian_house(p, month, tree, people)
    if target >= 0:
        join(p, target, people, houses)
        return num_houses
    found(num_houses, num_unions + p, people.province[p], houses)
    join(p, num_houses, people, houses)
    return num_houses + 1


@numba.njit(cache=True)
def form_households(
    month: int,
    widowed_age: int,
    tree: Tree,
    formed: np.ndarray,
    people: People,
    houses: Houses,
) -> int:
    """Households of everyone who is here at the start; returns how many there are.

    Three passes: couples and the widowed, the old widowed into their children's, the unmarried to their parents'.
    """
    n = 0
    num_unions = tree.wife.size
    for u in range(num_unions):
        if formed[u] != 1 or tree.start[u] > month:
            continue
        w, m = tree.wife[u], tree.husband[u]
        if tree.death[w] <= month or tree.death[m] <= month:
            continue
        found(n, u, people.province[m], houses)
        join(m, n, people, houses)
        join(w, n, people, houses)
        n += 1
    for p in range(tree.birth.size):
        if people.where[p] != HOME or people.house[p] >= 0 or not ever_married(p, month, tree, formed):
            continue
        target = -1
        if month - tree.birth[p] >= widowed_age:
            target = child_to_join(p, month, tree, formed, people, houses)
        if target >= 0:
            join(p, target, people, houses)
        else:
            n = new_house(p, n, num_unions, people, houses)
    for p in range(tree.birth.size):
        if people.where[p] != HOME or people.house[p] >= 0:
            continue
        target = -1
        u = tree.birth_union[p]
        if u >= 0:
            for parent in (tree.wife[u], tree.husband[u]):
                if target < 0 and people.where[parent] == HOME:
                    target = people.house[parent]
            if target < 0 and month - tree.birth[p] < ADULT_MONTHS:
                target = guardian_house(p, month, tree, people)
        if target >= 0:
            join(p, target, people, houses)
        else:
            n = new_house(p, n, num_unions, people, houses)
    return n


@numba.njit(cache=True)
def apply_deaths(
    dying: np.ndarray,
    month: int,
    widowed_age: int,
    tree: Tree,
    formed: np.ndarray,
    people: People,
    houses: Houses,
) -> None:
    """Deaths at home or abroad: the household closes up, the old widowed and orphaned minors move."""
    for i in range(dying.size):
        p = dying[i]
        h = people.house[p]
        leave(p, people, houses)
        people.where[p] = DEAD
        people.post[p] = 0
        if people.gone_since[p] > month:
            people.gone_since[p] = month
        if h < 0:
            continue
        settle_household(h, month, tree, people, houses)
        for k in range(tree.union_offset[p + 1] - 1, tree.union_offset[p] - 1, -1):
            u = tree.union_list[k]
            other = tree.wife[u] + tree.husband[u] - p
            if formed[u] == 1 and people.house[other] >= 0:
                move_widowed(other, month, widowed_age, tree, formed, people, houses)


@numba.njit(cache=True)
def apply_unions(
    unions: np.ndarray,
    month: int,
    num_houses: int,
    tree: Tree,
    formed: np.ndarray,
    people: People,
    houses: Houses,
) -> int:
    """Unions of the month: they take place if both are alive, free and in the country; returns households used."""
    n = num_houses
    for i in range(unions.size):
        u = unions[i]
        w, m = tree.wife[u], tree.husband[u]
        if not (is_here(people.where[w]) and is_here(people.where[m])) or people.house[w] < 0:
            formed[u] = 0
            continue
        old = people.house[w]
        if not ever_married(m, month, tree, formed) or people.house[m] < 0:
            leave(m, people, houses)
            found(n, u, people.province[m], houses)
            join(m, n, people, houses)
            n += 1
        formed[u] = 1
        target = people.house[m]
        if target != old:
            leave(w, people, houses)
            join(w, target, people, houses)
            _bring_minors(w, old, target, month, tree, people, houses)
            settle_household(old, month, tree, people, houses)
    return n


@numba.njit(cache=True)
def _bring_minors(
    mother: int, old: int, target: int, month: int, tree: Tree, people: People, houses: Houses
) -> None:
    for k in range(tree.union_offset[mother], tree.union_offset[mother + 1]):
        u = tree.union_list[k]
        for c in range(tree.first_child[u], tree.first_child[u + 1]):
            if people.house[c] == old and month - tree.birth[c] < ADULT_MONTHS:
                leave(c, people, houses)
                join(c, target, people, houses)


@numba.njit(cache=True)
def apply_births(
    born: np.ndarray,
    month: int,
    pregnancy: int,
    tree: Tree,
    formed: np.ndarray,
    people: People,
    houses: Houses,
) -> int:
    """Births of the month; returns how many took place.

    A pre-drawn birth happens only if the union took place, the mother is alive, free and in the country, and the
    father was so ``pregnancy`` months before; otherwise the child is unborn, and so are its descendants, because no union
    of the unborn is ever formed.
    """
    count = 0
    for i in range(born.size):
        c = born[i]
        u = tree.birth_union[c]
        w, m = tree.wife[u], tree.husband[u]
        mother_here = is_here(people.where[w]) and people.house[w] >= 0
        father_was = people.gone_since[m] >= month - pregnancy
        if formed[u] != 1 or not mother_here or not father_was:
            people.where[c] = UNBORN
            continue
        people.where[c] = HOME
        join(c, people.house[w], people, houses)
        count += 1
    return count


@numba.njit(cache=True)
def members_of(h: int, people: People, houses: Houses, out: np.ndarray) -> int:
    """Fill ``out`` with the members of household ``h`` who are at home; returns how many."""
    n = 0
    p = houses.head[h]
    while p >= 0 and n < out.size:
        if people.where[p] != ABROAD:
            out[n] = p
            n += 1
        p = people.next[p]
    return n


@numba.njit(cache=True)
def place(month: int, tree: Tree, region_province: np.ndarray, region: np.ndarray, people: People) -> None:
    """Whereabouts and provinces of everyone at the start: home if alive, women in their husbands' province."""
    for p in range(tree.birth.size):
        people.province[p] = region_province[region[p]]
        if tree.birth[p] > month:
            people.where[p] = NOT_YET_BORN
        elif tree.death[p] <= month:
            people.where[p] = DEAD
            people.gone_since[p] = tree.death[p]
        else:
            people.where[p] = HOME
    for u in range(tree.wife.size):
        if tree.start[u] <= month:
            people.province[tree.wife[u]] = region_province[region[tree.husband[u]]]


@numba.njit(cache=True)
def inherit_songbun(
    introduced: int, own: np.ndarray, tree: Tree, people: People
) -> None:
    """Songbun by the father's line: men alive at its introduction get their own draw (``own``, uniform in classes),
    children their father's; somebody whose father was dead by then shares one draw with the father's other children.
    """
    for p in range(tree.birth.size):
        u = tree.birth_union[p]
        if u < 0:
            people.songbun[p] = own[p]
            continue
        father = tree.husband[u]
        if tree.death[father] > introduced:
            people.songbun[p] = people.songbun[father]
        else:
            people.songbun[p] = own[father]
