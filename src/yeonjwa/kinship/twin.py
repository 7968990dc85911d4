"""Slow twins of the kin queries, in plain Python with sets: what the fast kernels have to equal.

They are written from the definitions, one path at a time, and share no algorithm with the kernels.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from yeonjwa.genealogy.pedigree import FEMALE, NONE, Pedigree
from yeonjwa.kinship.circles import Circle
from yeonjwa.kinship.paths import Term

OWN, FATHER, MOTHER, MARRIAGE = 0, 1, 2, 4


class State(NamedTuple):
    """Somebody on a path: who, from whom, through which parent of ego, and whether the turn was through half-kin."""

    person: int
    origin: int
    side: int
    half: bool


class Kin(NamedTuple):
    """A member of a circle, in the order and with the content of a row of ``Members``."""

    degree: int
    person: int
    up: int
    down: int
    side: int
    half: bool
    term: int


def unions_of(pedigree: Pedigree, person: int) -> list[int]:
    """Unions of a person, in order of formation."""
    span = slice(pedigree.union_offset[person], pedigree.union_offset[person + 1])
    return [int(u) for u in pedigree.union_list[span]]


def children_of(pedigree: Pedigree, union: int) -> range:
    """Children of a union."""
    return range(int(pedigree.first_child[union]), int(pedigree.first_child[union + 1]))


def parents_of(pedigree: Pedigree, person: int) -> list[int]:
    """Known parents of a person."""
    return [p for p in pedigree.parents(person) if p != NONE]


def is_current(pedigree: Pedigree, union: int, month: int | None, union_mask: Iterable[bool] | None) -> bool:
    """Whether a union counts for a step to a spouse."""
    if union_mask is not None and not list(union_mask)[union]:
        return False
    if month is None:
        return True
    both = (int(pedigree.wife[union]), int(pedigree.husband[union]))
    return pedigree.start[union] <= month and all(pedigree.death[p] > month for p in both)


def _step(
    pedigree: Pedigree,
    term: Term,
    place: int,
    state: State,
    month: int | None,
    union_mask: Iterable[bool] | None,
) -> set[State]:
    """Everybody one step further on a path, before the condition on sex."""
    letter = term.path[place]
    reached = set()
    if letter == "U":
        for parent in parents_of(pedigree, state.person):
            side = state.side
            if place == 0 and term.blood:
                side = MOTHER if pedigree.sex[parent] == FEMALE else FATHER
            reached.add(State(parent, state.person, side, state.half))
    elif letter == "D":
        turns = place > 0 and term.path[place - 1] == "U"
        for union in unions_of(pedigree, state.person):
            full = turns and union == pedigree.birth_union[state.origin]
            if turns and term.link != "any" and full != (term.link == "full"):
                continue
            half = state.half or (turns and term.blood and not full)
            reached |= {State(c, state.person, state.side, half) for c in children_of(pedigree, union)}
    else:
        for union in unions_of(pedigree, state.person):
            if is_current(pedigree, union, month, union_mask):
                both = {int(pedigree.wife[union]), int(pedigree.husband[union])}
                (spouse,) = both - {state.person}
                reached.add(State(spouse, state.person, state.side, state.half))
    return {new for new in reached if new.person != state.origin}


def walk(
    pedigree: Pedigree,
    ego: int,
    term: Term,
    month: int | None = None,
    union_mask: Iterable[bool] | None = None,
) -> set[State]:
    """Everybody at the end of a path, ego included if the path leads back."""
    letters = {"*": (0, 1), "f": (0,), "m": (1,)}
    if pedigree.sex[ego] not in letters[term.sexes[0]]:
        return set()
    front = {State(ego, NONE, OWN if term.blood else MARRIAGE, False)}
    for place in range(len(term.path)):
        reached = set()
        for state in front:
            reached |= _step(pedigree, term, place, state, month, union_mask)
        sexes = letters[term.sexes[place + 1]]
        front = {s for s in reached if pedigree.sex[s.person] in sexes}
        if month is not None:
            front = {s for s in front if pedigree.birth[s.person] <= month}
    return front


def members_of(
    pedigree: Pedigree,
    circle: Circle,
    ego: int,
    *,
    month: int | None = None,
    mask: Iterable[bool] | None = None,
    union_mask: Iterable[bool] | None = None,
) -> list[Kin]:
    """Members of a circle around one ego, sorted by (degree, person)."""
    found: dict[int, list[tuple[Term, int, State]]] = {}
    if month is not None and pedigree.birth[ego] > month:
        return []
    for i, term in enumerate(circle.terms):
        for state in walk(pedigree, ego, term, month, union_mask):
            found.setdefault(state.person, []).append((term, i, state))
    allowed = None if mask is None else list(mask)
    rows = []
    for person, ways in found.items():
        if person == ego or (allowed is not None and not allowed[person]):
            continue
        if month is not None and not pedigree.birth[person] <= month < pedigree.death[person]:
            continue
        best = min(term.rank for term, _, _ in ways)
        named = [way for way in ways if way[0].rank == best]
        term = named[0][0]
        side = 0
        for _, _, state in named:
            side |= state.side
        half = all(state.half for _, _, state in named)
        rows.append(Kin(term.degree, person, term.up, term.down, side, half, min(i for _, i, _ in named)))
    return sorted(rows)


def ancestors_of(pedigree: Pedigree, person: int) -> dict[int, int]:
    """Ancestors and the person himself, with the least number of steps up to each."""
    height = {person: 0}
    front = {person}
    steps = 0
    while front:
        steps += 1
        front = {p for x in front for p in parents_of(pedigree, x) if p not in height}
        height.update(dict.fromkeys(front, steps))
    return height


def chon_between(pedigree: Pedigree, a: int, b: int) -> int | None:
    """Least degree by blood between two persons, None if no ancestor is in common."""
    up, down = ancestors_of(pedigree, a), ancestors_of(pedigree, b)
    common = up.keys() & down.keys()
    return min((up[x] + down[x] for x in common), default=None)


def nearest_of(
    pedigree: Pedigree, start: Iterable[int], max_degree: int, ego: int, lines: str = "both"
) -> tuple[int, int, int]:
    """(degree, person, side) of the nearest flagged relative of one ego; (255, -1, 255) if there is none."""
    mother, father = pedigree.parents(ego)
    best = (255, -1, 255)
    for j, value in enumerate(start):
        if value == 255 or j == ego:
            continue
        below = ancestors_of(pedigree, j).get(ego)
        reach = {OWN: below}
        if father != NONE and lines != "maternal":
            reach[FATHER] = _further(chon_between(pedigree, father, j))
        if mother != NONE and lines != "paternal":
            reach[MOTHER] = _further(chon_between(pedigree, mother, j))
        known = {side: int(value) + steps for side, steps in reach.items() if steps is not None}
        if not known or min(known.values()) > max_degree:
            continue
        least = min(known.values())
        side = OWN if known.get(OWN) == least else sum(s for s, steps in known.items() if steps == least)
        best = min(best, (least, j, side)) if best[1] >= 0 else (least, j, side)
    return best


def nearest_elder_of(
    pedigree: Pedigree, start: Iterable[int], max_degree: int, ego: int, lines: str = "both"
) -> tuple[int, int, int]:
    """(degree, person, side) of the nearest flagged relative of the same or an older generation; (255, -1, 255) if none."""
    mother, father = pedigree.parents(ego)
    flagged = list(start)
    first = {FATHER: father if lines != "maternal" else NONE, MOTHER: mother if lines != "paternal" else NONE}
    found: dict[tuple[int, int], int] = {}
    for side, parent in first.items():
        above = {parent} - {NONE}
        for up in range(1, (max_degree + 1) // 2 + 1):
            below = set(above)
            for down in range(up + 1):
                for j in below - {ego}:
                    if flagged[j] + up + down <= max_degree:
                        key = (flagged[j] + up + down, j)
                        found[key] = found.get(key, 0) | side
                below = {c for p in below for u in unions_of(pedigree, p) for c in children_of(pedigree, u)}
            above = {g for p in above for g in parents_of(pedigree, p)}
    if not found:
        return 255, -1, 255
    (degree, person), side = min(found.items())
    return degree, person, side


def _further(steps: int | None) -> int | None:
    return None if steps is None else steps + 1


def relatedness_of(pedigree: Pedigree, a: int, b: int) -> float:
    """Additive relationship by the recursion on the coefficient of kinship."""
    return 2.0 * _kinship(pedigree, a, b)


def _kinship(pedigree: Pedigree, a: int, b: int) -> float:
    if a == b:
        mother, father = pedigree.parents(a)
        return 0.5 if NONE in (mother, father) else 0.5 * (1.0 + _kinship(pedigree, mother, father))
    later, other = (a, b) if pedigree.birth_union[a] >= pedigree.birth_union[b] else (b, a)
    return sum(0.5 * _kinship(pedigree, parent, other) for parent in parents_of(pedigree, later))


def _ends(pedigree: Pedigree, ego: int, path: str, sexes: str = "") -> set[int]:
    term = Term(path, sexes or "*" * (len(path) + 1))
    return {state.person for state in walk(pedigree, ego, term)} - {ego}


def kin_types_of(pedigree: Pedigree, ego: int) -> dict[tuple[str, str], set[int]]:
    """Kin of one ego, living or dead, by (line, kin type), as the tables define them."""
    found: dict[tuple[str, str], set[int]] = {}
    closer: set[int] = set()
    for height, name in enumerate(("siblings", "first_cousins", "second_cousins", "third_cousins"), start=1):
        reached = _ends(pedigree, ego, "U" * height + "D" * height)
        found["all", name] = reached - closer
        closer |= reached
    for name, path in (
        ("parents", "U"),
        ("grandparents", "UU"),
        ("great_grandparents", "UUU"),
        ("children", "D"),
        ("grandchildren", "DD"),
        ("great_grandchildren", "DDD"),
        ("aunts_uncles", "UUD"),
        ("great_aunts_uncles", "UUUD"),
        ("nieces_nephews", "UDD"),
    ):
        found["all", name] = _ends(pedigree, ego, path)
    own = pedigree.birth_union[ego]
    found["all", "full_siblings"] = {x for x in found["all", "siblings"] if pedigree.birth_union[x] == own}
    for women, everybody in (
        ("mother", "parents"),
        ("sisters", "siblings"),
        ("daughters", "children"),
        ("aunts", "aunts_uncles"),
        ("nieces", "nieces_nephews"),
        ("granddaughters", "grandchildren"),
    ):
        found["all", women] = {x for x in found["all", everybody] if pedigree.sex[x] == FEMALE}
    found["all", "father"] = found["all", "parents"] - found["all", "mother"]
    found["all", "maternal_grandmother"] = _ends(pedigree, ego, "UU", "*ff")
    for name, path in (
        ("mother", "U"),
        ("grandmother", "UU"),
        ("great_grandmother", "UUU"),
        ("sisters", "UD"),
        ("daughters", "D"),
        ("granddaughters", "DD"),
        ("great_granddaughters", "DDD"),
        ("aunts", "UUD"),
        ("nieces", "UDD"),
        ("first_cousins", "UUDD"),
        ("second_cousins", "UUUDDD"),
        ("third_cousins", "UUUUDDDD"),
    ):
        found["female", name] = _ends(pedigree, ego, path, "*" + "f" * len(path))
    return found
