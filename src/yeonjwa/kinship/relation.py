"""What two persons are to each other: path, degree, side, terms and coefficient of relatedness."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from yeonjwa.genealogy.pedigree import NONE, Pedigree
from yeonjwa.kinship import terms
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.paths import Path, blood_path

_SIDES = ("own", "father", "mother", "both")


@dataclass(frozen=True)
class Relation:
    """What the second person is to the first.

    Attributes
    ----------
    path : str
        Steps from the first person over U, D and S; empty for the person himself and for strangers.
    chon : int or None
        Degree; None for strangers.
    term_en, term_ko, romanised : str
        English and Korean term.
    side : str
        "own" (descendants), "father", "mother", "both", "marriage" or "none".
    half : bool
        Whether they share one ancestor where the path turns, and nowhere a couple.
    blood : bool
        Whether they are kin by blood.
    r : float
        Coefficient of relatedness over all common ancestors, see :func:`relatedness`.
    """

    path: Path
    chon: int | None
    term_en: str
    term_ko: str
    romanised: str
    side: str
    half: bool
    blood: bool
    r: float


@dataclass(frozen=True)
class _Tie:
    """The named tie by blood: steps, common ancestors, side and fullness."""

    up: int
    down: int
    ancestors: tuple[int, ...]
    side: int
    half: bool


def relation(graph: KinGraph, a: int, b: int, *, month: int | None = None) -> Relation:
    """What person b is to person a: blood before marriage, then least degree, then fewer steps up.

    By marriage are found: the spouse, kin of a spouse, spouses of kin, spouses of a spouse's kin, and the parents of
    a child's spouse.

    Parameters
    ----------
    graph : KinGraph
        The pedigree with its index.
    a, b : int
        Persons.
    month : int, optional
        Count only marriages begun by the end of this month in which both were then alive. By default any marriage
        counts.
    """
    a, b = graph.check_person(a), graph.check_person(b)
    p = graph.pedigree
    if a == b:
        return Relation("", 0, "self", "본인", "bonin", "own", False, True, 1.0 + inbreeding(graph, a))
    r = relatedness(graph, a, b)
    tie = _blood_tie(p, a, b)
    if tie is not None:
        words = _blood_words(p, a, b, tie)
        path = blood_path(tie.up, tie.down)
        return Relation(path, tie.up + tie.down, *words, _SIDES[tie.side], tie.half, True, r)
    return relation_by_marriage(graph, a, b, month=month) or Relation(
        "", None, "no relation known", "남", "nam", "none", False, False, r
    )


def relation_by_marriage(
    graph: KinGraph, a: int, b: int, *, path: Path | None = None, month: int | None = None
) -> Relation | None:
    """What person b is to person a by marriage, also if they are kin by blood; None if nothing.

    Parameters
    ----------
    graph : KinGraph
        The pedigree with its index.
    a, b : int
        Persons.
    path : str, optional
        Only this path, such as ``S``; by default the one of least degree, then fewest steps up.
    month : int, optional
        As in :func:`relation`.
    """
    a, b = graph.check_person(a), graph.check_person(b)
    p = graph.pedigree
    # Of ways of equal degree the one through fewer marriages is named: an uncle's wife, not a husband's uncle's wife.
    ways = sorted(
        _marriage_ways(p, a, b, month),
        key=lambda way: (_degree(way[0]), way[0].count("U"), way[0].count("S"), way),
    )
    for found, first, last in ways:
        if path in (None, found):
            words = _marriage_words(p, a, b, found, first, last)
            r = relatedness(graph, a, b)
            return Relation(found, _degree(found), *words, "marriage", False, False, r)
    return None


def _degree(path: Path) -> int:
    return len(path) - path.count("S")


def _parents(p: Pedigree, person: int) -> list[int]:
    """Known parents, the father first."""
    mother, father = p.parents(person)
    return [x for x in (father, mother) if x != NONE]


def _spouses(p: Pedigree, person: int, month: int | None) -> list[int]:
    found = []
    for union in p.union_list[p.union_offset[person] : p.union_offset[person + 1]].tolist():
        both = (int(p.wife[union]), int(p.husband[union]))
        spouse = both[1] if both[0] == person else both[0]
        running = month is None or (
            p.start[union] <= month and all(p.death[x] > month for x in both if x != NONE)
        )
        if spouse != NONE and running:
            found.append(spouse)
    return found


def _heights(p: Pedigree, person: int) -> dict[int, int]:
    """Ancestors and the person himself, with the least number of steps up."""
    height, front = {person: 0}, [person]
    while front:
        above = {x: height[y] + 1 for y in front for x in _parents(p, y) if x not in height}
        height.update(above)
        front = list(above)
    return height


def _chains(p: Pedigree, person: int, ancestor: int, steps: int) -> Iterator[tuple[int, ...]]:
    """Ways up from somebody to an ancestor in exactly so many steps, fathers first: everybody on them in turn."""
    if steps == 0:
        if person == ancestor:
            yield (person,)
        return
    for parent in _parents(p, person):
        for way in _chains(p, parent, ancestor, steps - 1):
            yield (person, *way)


def _blood_tie(p: Pedigree, a: int, b: int) -> _Tie | None:
    """The named tie by blood: least degree, then fewest steps up."""
    above_a, above_b = _heights(p, a), _heights(p, b)
    common = above_a.keys() & above_b.keys()
    if not common:
        return None
    _, up = min((above_a[x] + above_b[x], above_a[x]) for x in common)
    degree = min(above_a[x] + above_b[x] for x in common)
    down = degree - up
    tops = tuple(sorted(x for x in common if above_a[x] == up and above_b[x] == down))
    ways_a = [way for x in tops for way in _chains(p, a, x, up)]
    sides = {int(p.sex[way[1]]) for way in ways_a if up}
    side = sum({0: 2, 1: 1}[sex] for sex in sides)
    if up == 0 or down == 0:
        return _Tie(up, down, tops, side, False)
    ways_b = [way for x in tops for way in _chains(p, b, x, down)]
    left = {int(p.birth_union[way[-2]]) for way in ways_a}
    right = {int(p.birth_union[way[-2]]) for way in ways_b}
    return _Tie(up, down, tops, side, not left & right)


def _blood_words(p: Pedigree, a: int, b: int, tie: _Tie) -> tuple[str, str, str]:
    """Terms of a tie by blood: by the first way up through the father if there is one."""
    way = next(way for x in tie.ancestors for way in _chains(p, a, x, tie.up))
    for top in tie.ancestors:
        for other in _chains(p, a, top, tie.up):
            if tie.up and p.sex[other[1]] > p.sex[way[1]]:
                way = other
    back = next(_chains(p, b, way[-1], tie.down))
    between = way[1] if tie.up else back[-2]
    compared = way[1] if (tie.up, tie.down) == (2, 1) else a
    link = terms.Link(
        up=tie.up,
        down=tie.down,
        ego=int(p.sex[a]),
        kin=int(p.sex[b]),
        side=tie.side,
        older=(int(p.birth[b]), b) < (int(p.birth[compared]), compared),
        first=int(p.sex[between]),
        second=int(p.sex[way[2]]) if tie.up >= 2 else 1,
        apex=int(p.sex[back[-2]]) if tie.down else 1,
        half=tie.half,
    )
    return terms.english(link), *terms.korean(link)


def _marriage_ways(p: Pedigree, a: int, b: int, month: int | None) -> Iterator[tuple[Path, int, int]]:
    """Paths with marriages from a to b: (path, person after a leading S or a, person before a final S or b)."""
    starts = [("", a), *(("S", x) for x in _spouses(p, a, month))]
    ends = [("", b), *(("S", y) for y in _spouses(p, b, month))]
    for lead, x in starts:
        for trail, y in ends:
            if not lead and not trail:
                continue
            if x == y:
                if (lead + trail) == "SS" or x == (a if trail else b):
                    yield lead + trail, x, y
                continue
            if (lead and x == b) or (trail and y == a):
                continue
            tie = _blood_tie(p, x, y)
            if tie is not None:
                yield lead + blood_path(tie.up, tie.down) + trail, x, y
    for union in p.union_list[p.union_offset[a] : p.union_offset[a + 1]].tolist():
        for child in range(int(p.first_child[union]), int(p.first_child[union + 1])):
            for spouse in _spouses(p, child, month):
                if b in _parents(p, spouse):
                    yield "DSU", child, spouse


def _marriage_words(p: Pedigree, a: int, b: int, path: Path, first: int, last: int) -> tuple[str, str, str]:
    ego, kin = int(p.sex[a]), int(p.sex[b])
    elder, younger = (last, a) if path.endswith("S") else (b, first)
    older = (int(p.birth[elder]), elder) < (int(p.birth[younger]), younger)
    between = int(p.sex[last if path.endswith("S") else first])
    words = terms.by_marriage(terms.Marriage(path, ego, between, kin, older))
    if words is not None:
        return words
    lead, trail = path.startswith("S"), path.endswith("S")
    if path == "SS":
        return terms.of_spouse(("other spouse", "다른 배우자", "dareun baeuja"), ego)
    x, y = (first if lead else a), (last if trail else b)
    tie = _blood_tie(p, x, y)
    assert tie is not None  # the way was found through this tie
    words = _blood_words(p, x, y, tie)
    if lead:
        words = terms.of_spouse(words, ego)
    return terms.spouse_of(words, kin) if trail else words


def relatedness(graph: KinGraph, a: int, b: int) -> float:
    """Coefficient of relatedness: the additive relationship, twice the coefficient of kinship.

    The sum over all common ancestors and all pairs of lines of descent from them; 0.5 for parent and child and for
    full siblings, 0.125 for first cousins, more if the family is interwoven, ``1 + F`` with oneself. Founders are
    taken as unrelated. Computed by Henderson's decomposition (1976), ``A = T D T'``: shares of descent of both persons
    from each ancestor, times the variance that segregates in that ancestor.
    """
    a, b = graph.check_person(a), graph.check_person(b)
    return _additive(graph.pedigree, a, b, {})


def inbreeding(graph: KinGraph, person: int) -> float:
    """Inbreeding coefficient of a person: half the relatedness of the parents, 0 for founders."""
    person = graph.check_person(person)
    return _inbreeding(graph.pedigree, person, {})


def _inbreeding(p: Pedigree, person: int, memo: dict[int, float]) -> float:
    union = int(p.birth_union[person])
    if union == NONE or len(_parents(p, person)) < 2:
        return 0.0
    if union not in memo:
        father, mother = _parents(p, person)
        memo[union] = 0.5 * _additive(p, father, mother, memo)
    return memo[union]


def _additive(p: Pedigree, a: int, b: int, memo: dict[int, float]) -> float:
    shares_a, shares_b = _shares(p, a), _shares(p, b)
    total = 0.0
    for x in sorted(shares_a.keys() & shares_b.keys()):
        own = 1.0 - sum(0.25 * (1.0 + _inbreeding(p, parent, memo)) for parent in _parents(p, x))
        total += shares_a[x] * shares_b[x] * own
    return total


def _shares(p: Pedigree, person: int) -> dict[int, float]:
    """Expected share of a person's genes from each ancestor: the sum of (1/2)**steps over all lines of descent."""
    share = {person: 1.0}
    waiting = [(-int(p.birth_union[person]), person)]
    while waiting:  # later birth unions first: a person's share is complete before it is handed on
        _, current = heapq.heappop(waiting)
        for parent in _parents(p, current):
            if parent not in share:
                share[parent] = 0.0
                heapq.heappush(waiting, (-int(p.birth_union[parent]), parent))
            share[parent] += 0.5 * share[current]
    return share
