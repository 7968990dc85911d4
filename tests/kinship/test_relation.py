"""relation(), its terms, and relatedness()."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from yeonjwa.core.errors import InputError
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.kinship import twin
from yeonjwa.kinship.circles import parse_circle
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.members import SIDES, members
from yeonjwa.kinship.paths import chon
from yeonjwa.kinship.relation import inbreeding, relatedness, relation

from .builder import assemble, pedigrees, village


@settings(max_examples=30, deadline=None)
@given(pedigrees(max_unions=10))
def test_relation_by_blood_equals_the_twin(pedigree: Pedigree) -> None:
    graph, circle = KinGraph(pedigree), parse_circle("chon<=16")
    for a in range(pedigree.num_persons):
        named = {kin.person: kin for kin in twin.members_of(pedigree, circle, a)}
        for b in range(pedigree.num_persons):
            got = relation(graph, a, b)
            if b in named:
                kin = named[b]
                assert (got.chon, got.path) == (kin.degree, "U" * kin.up + "D" * kin.down)
                assert (got.side, got.half, got.blood) == (SIDES[kin.side], kin.half, True)
            elif a != b:
                assert not got.blood
                assert got.side in ("marriage", "none")


@settings(max_examples=30, deadline=None)
@given(pedigrees(max_unions=8))
def test_relation_by_marriage_is_a_path_that_leads_there(pedigree: Pedigree) -> None:
    graph = KinGraph(pedigree)
    for a in range(pedigree.num_persons):
        for b in range(pedigree.num_persons):
            got = relation(graph, a, b)
            if got.side == "marriage":
                assert b in members(graph, got.path, np.array([a])).person
                assert got.chon == chon(got.path)
            elif got.side == "none":
                circle = "S + SU + SD + DS + US + SUD + UDS + SUDS + DSU + SUU + DDS + UUDS + UDDS"
                assert b not in members(graph, circle, np.array([a])).person


@settings(max_examples=40, deadline=None)
@given(pedigrees(max_unions=10))
def test_relatedness_equals_the_recursion(pedigree: Pedigree) -> None:
    graph = KinGraph(pedigree)
    for a in range(pedigree.num_persons):
        for b in range(a, pedigree.num_persons):
            assert relatedness(graph, a, b) == pytest.approx(twin.relatedness_of(pedigree, a, b), abs=1e-12)


def test_relatedness_of_the_named_relation_is_the_least() -> None:
    graph = KinGraph(village(4, rounds=50))
    kin = members(graph, "chon<=6", np.arange(graph.num_persons))
    for a, b, nominal in zip(kin.ego.tolist(), kin.person.tolist(), kin.relatedness.tolist(), strict=True):
        assert relatedness(graph, a, b) >= nominal - 1e-12


def clan() -> tuple[KinGraph, dict[str, int]]:
    """Three generations: a couple with two sons and a daughter, their families, and ego's mother's family."""
    people: dict[str, tuple[int, int, int]] = {}  # name -> sex, birth, birth union
    couples: list[tuple[str, str, list[tuple[str, int]]]] = [
        ("gm", "gf", [("bigbrother", 1), ("father", 1), ("aunt", 0)]),
        ("mgm", "mgf", [("mother", 0), ("uncle", 1), ("imo", 0)]),
        ("w1", "bigbrother", [("sachon", 1)]),
        ("aunt", "h1", [("gojong", 0)]),
        ("w2", "uncle", [("oesachon", 1)]),
        ("imo", "h2", [("ijong", 0)]),
        ("mother", "father", [("elder", 0), ("ego", 1), ("younger", 1)]),
        ("wife", "ego", [("daughter", 0), ("son", 1)]),
        ("elder", "brother_in_law", [("niece", 0)]),
        ("daughter", "son_in_law", [("grandson", 1)]),
    ]
    founders = ["gm", "gf", "mgm", "mgf", "w1", "h1", "w2", "h2", "wife", "brother_in_law", "son_in_law"]
    women = {"gm", "mgm", "w1", "w2", "wife"}
    for i, name in enumerate(founders):
        people[name] = (0 if name in women else 1, 10 + i, -1)
    first = []
    for u, (_, _, children) in enumerate(couples):
        first.append(len(people))
        for name, sex in children:
            people[name] = (sex, 300 * (u + 1) + 12 * len(people), u)
    first.append(len(people))
    ids = {name: i for i, name in enumerate(people)}
    rows = list(people.values())
    pedigree = assemble(
        [r[1] for r in rows],
        [20000] * len(rows),
        [r[0] for r in rows],
        [r[2] for r in rows],
        [(ids[w], ids[h], 200 * (u + 1)) for u, (w, h, _) in enumerate(couples)],
        first,
    )
    return KinGraph(pedigree), ids


@pytest.mark.parametrize(
    ("who", "path", "english", "korean", "roman", "r"),
    [
        ("father", "U", "father", "아버지", "abeoji", 0.5),
        ("mgm", "UU", "grandmother", "외할머니", "oehalmeoni", 0.25),
        ("elder", "UD", "sister", "누나", "nuna", 0.5),
        ("younger", "UD", "brother", "남동생", "namdongsaeng", 0.5),
        ("bigbrother", "UUD", "uncle", "큰아버지", "keunabeoji", 0.25),
        ("aunt", "UUD", "aunt", "고모", "gomo", 0.25),
        ("uncle", "UUD", "uncle", "외삼촌", "oesamchon", 0.25),
        ("imo", "UUD", "aunt", "이모", "imo", 0.25),
        ("sachon", "UUDD", "first cousin", "사촌", "sachon", 0.125),
        ("gojong", "UUDD", "first cousin", "고종사촌", "gojong-sachon", 0.125),
        ("oesachon", "UUDD", "first cousin", "외사촌", "oesachon", 0.125),
        ("ijong", "UUDD", "first cousin", "이종사촌", "ijong-sachon", 0.125),
        ("niece", "UDD", "niece", "조카딸", "jokattal", 0.25),
        ("grandson", "DD", "grandson", "외손자", "oesonja", 0.25),
        ("wife", "S", "wife", "아내", "anae", 0.0),
        ("brother_in_law", "UDS", "brother-in-law", "매형", "maehyeong", 0.0),
        ("son_in_law", "DS", "son-in-law", "사위", "sawi", 0.0),
        ("w2", "UUDS", "aunt by marriage", "외숙모", "oesungmo", 0.0),
        ("h1", "UUDS", "uncle by marriage", "고모부", "gomobu", 0.0),
        ("gf", "UU", "grandfather", "할아버지", "harabeoji", 0.25),
    ],
)
def test_terms_in_a_clan(who: str, path: str, english: str, korean: str, roman: str, r: float) -> None:
    graph, ids = clan()
    got = relation(graph, ids["ego"], ids[who])
    assert (got.path, got.term_en, got.term_ko, got.romanised) == (path, english, korean, roman)
    assert got.r == r


@pytest.mark.parametrize(
    ("a", "b", "english", "korean"),
    [
        ("wife", "father", "father-in-law", "시아버지"),
        ("wife", "elder", "sister-in-law", "시누이"),
        ("son_in_law", "wife", "mother-in-law", "장모"),
        ("younger", "wife", "sister-in-law", "형수"),
        ("elder", "younger", "brother", "남동생"),
        ("elder", "wife", "sister-in-law", "올케"),
        ("daughter", "sachon", "first cousin once removed up", "오촌 아저씨"),
        ("niece", "oesachon", "first cousin once removed up", "외오촌 아저씨"),
        ("sachon", "daughter", "first cousin once removed down", "오촌 조카딸"),
        ("grandson", "sachon", "first cousin twice removed up", "외육촌 할아버지"),
        ("daughter", "bigbrother", "great-uncle", "종조할아버지"),
        ("daughter", "aunt", "great-aunt", "고모할머니"),
        ("mgm", "gm", "mother of a child-in-law", "사돈"),
        ("bigbrother", "wife", "wife of a nephew", "조카며느리"),
    ],
)
def test_terms_between_others(a: str, b: str, english: str, korean: str) -> None:
    graph, ids = clan()
    got = relation(graph, ids[a], ids[b])
    assert (got.term_en, got.term_ko) == (english, korean)


def two_lines(generations: int) -> KinGraph:
    """A couple with two sons, and a line of sons from each; persons 2, 3, then wives, then pairs of cousins."""
    wives = 2 * (generations - 1)
    birth, sex, birth_union = [0] * (2 + wives), [0, 1] + [0] * wives, [-1] * (2 + wives)
    couples, first = [(0, 1, 200)], [len(birth)]
    line = [len(birth), len(birth) + 1]
    for step in range(generations):
        if step:
            couples += [(2 * step, line[0], 300 * step + 200), (2 * step + 1, line[1], 300 * step + 200)]
            line = [len(birth), len(birth) + 1]
        birth += [300 * (step + 1)] * 2
        sex += [1, 1]
        birth_union += [0, 0] if step == 0 else [len(couples) - 2, len(couples) - 1]
        first += [len(birth)] if step == 0 else [len(birth) - 1, len(birth)]
    return KinGraph(assemble(birth, [20000] * len(birth), sex, birth_union, couples, first))


@pytest.mark.parametrize(
    ("generations", "english", "korean", "roman"),
    [
        (2, "first cousin", "사촌", "sachon"),
        (3, "second cousin", "육촌", "yukchon"),
        (4, "third cousin", "팔촌", "palchon"),
        (5, "fourth cousin", "십촌", "sipchon"),
    ],
)
def test_cousins_are_called_by_their_degree(generations: int, english: str, korean: str, roman: str) -> None:
    graph = two_lines(generations)
    got = relation(graph, graph.num_persons - 2, graph.num_persons - 1)
    assert (got.term_en, got.term_ko, got.romanised) == (english, korean, roman)
    assert got.chon == 2 * generations
    assert got.r == 2.0 * 0.5 ** (2 * generations)


def test_strangers_and_bad_ids() -> None:
    graph, ids = clan()
    assert relation(graph, ids["gm"], ids["gf"]).term_en == "husband"
    assert relation(graph, ids["ego"], ids["ego"]).r == 1.0
    assert inbreeding(graph, ids["ego"]) == 0.0
    got = relation(graph, ids["w1"], ids["uncle"])
    assert (got.path, got.chon, got.blood, got.side, got.r) == ("", None, False, "none", 0.0)
    with pytest.raises(InputError, match="person"):
        relation(graph, 0, 10_000)
