"""Who answers: the kernel equals the twin under every regime of the catalogue, and families in words come out right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yeonjwa.core.calendar import NEVER, parse_month
from yeonjwa.core.errors import InputError
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.regime.catalogue import regime, regimes
from yeonjwa.regime.family import Family, reached
from yeonjwa.regime.liability import Facts, households_at, liability, no_facts
from yeonjwa.regime.sanctions import sanctions
from yeonjwa.regime.twin import Verdict, household_of, liability_of

from ..kinship.builder import pedigrees, village

MAY_1950 = parse_month("1950-05")


def verdicts(found: object, i: int) -> dict[int, Verdict]:
    span = slice(int(found.offset[i]), int(found.offset[i + 1]))
    columns = (found.person[span], found.rule[span], found.path[span])
    return {
        int(person): Verdict(found.rules[rule].id, found.rules[rule].sanction.id, found.paths[path])
        for person, rule, path in zip(*columns, strict=True)
    }


def random_facts(pedigree: Pedigree, seed: int) -> Facts:
    rng = np.random.default_rng(seed)
    n, m = pedigree.num_persons, pedigree.num_unions
    ended = np.where(rng.random(m) < 0.3, pedigree.start + rng.integers(1, 300, m), NEVER)
    household = rng.integers(0, max(n // 3, 1), n).astype(np.int32) if seed % 2 else None
    return Facts(ended.astype(np.int16), rng.random(n) < 0.2, rng.random(n) < 0.2, household)


def assert_equal(pedigree: Pedigree, id: str, month: int, facts: Facts, widest: bool) -> int:
    living = np.flatnonzero((pedigree.birth <= month) & (pedigree.death > month))
    offenders = np.append(living[:: max(living.size // 4, 1)], 0)
    found = liability(KinGraph(pedigree), id, offenders, month, facts=facts, widest=widest)
    for i, offender in enumerate(offenders.tolist()):
        expected = liability_of(pedigree, regime(id), offender, month, facts, widest)
        assert verdicts(found, i) == expected, (id, offender)
        assert found.of(i) == {person: verdict.sanction for person, verdict in expected.items()}
    return int(found.person.size)


@pytest.mark.parametrize("id", list(regimes()))
@settings(max_examples=12, deadline=None)
@given(pedigrees(max_unions=12), st.integers(300, 1200), st.integers(0, 2**32), st.booleans())
def test_liability_equals_the_twin(id: str, pedigree: Pedigree, month: int, seed: int, widest: bool) -> None:
    assert_equal(pedigree, id, month, random_facts(pedigree, seed), widest)


@pytest.mark.parametrize("id", list(regimes()))
def test_liability_equals_the_twin_in_a_village(id: str) -> None:
    pedigree = village(3, rounds=60)
    month = int(np.median(pedigree.birth)) + 360
    assert assert_equal(pedigree, id, month, no_facts(pedigree), True) > 0


@settings(max_examples=30, deadline=None)
@given(pedigrees(), st.integers(0, 1500), st.integers(0, 2**32))
def test_households_equal_the_twin(pedigree: Pedigree, month: int, seed: int) -> None:
    facts = random_facts(pedigree, seed & ~1)
    homes = households_at(pedigree, month, facts.ended > month)
    expected = [household_of(pedigree, i, month, facts) for i in range(pedigree.num_persons)]
    for i in range(pedigree.num_persons):
        same = np.flatnonzero(homes == homes[i]).tolist()
        assert same == [j for j, home in enumerate(expected) if home == expected[i]]


@pytest.fixture
def family() -> tuple[Family, dict[str, int]]:
    """Three generations about a man of 45 in May 1950."""
    f = Family()
    who = {"grandfather": f.man("1860"), "grandmother": f.woman("1862")}
    old = f.marry(who["grandmother"], who["grandfather"], at="1880")
    who["father"] = f.child(old, "m", "1882")
    who["uncle"] = f.child(old, "m", "1884")
    who["mother"] = f.woman("1892")
    parents = f.marry(who["mother"], who["father"], at="1903")
    who["offender"] = f.child(parents, "m", "1905")
    who["brother"] = f.child(parents, "m", "1907")
    who["sister_single"] = f.child(parents, "f", "1909")
    who["sister_married"] = f.child(parents, "f", "1911")
    f.marry(who["sister_married"], f.man("1905"), at="1931")
    who["wife"] = f.woman("1908")
    who["union"] = f.marry(who["wife"], who["offender"], at="1927")
    who["son"] = f.child(who["union"], "m", "1928")
    who["boy"] = f.child(who["union"], "m", "1940")
    who["daughter"] = f.child(who["union"], "f", "1932")
    who["wife_of_brother"] = f.woman("1910")
    brothers = f.marry(who["wife_of_brother"], who["brother"], at="1930")
    who["nephew"] = f.child(brothers, "m", "1931")
    return f, who


def fates(id: str, f: Family, who: dict[str, int], offender: str = "offender") -> dict[str, str]:
    found = reached(id, f, who[offender], MAY_1950)
    return {name: found[n] for name, n in who.items() if n in found and name != "union"}


def test_tang_code_on_a_family(family: tuple[Family, dict[str, int]]) -> None:
    assert fates("tang", *family) == {
        "father": "death",
        "uncle": "banishment",
        "mother": "enslavement",
        "brother": "enslavement",
        "sister_single": "enslavement",
        "wife": "enslavement",
        "son": "death",
        "boy": "enslavement",
        "daughter": "enslavement",
        "nephew": "banishment",
    }


def test_order_00486_takes_the_wife_and_the_small_children(family: tuple[Family, dict[str, int]]) -> None:
    assert fates("nkvd.00486", *family) == {"wife": "camp", "boy": "home"}
    assert fates("nkvd.00486", *family, "wife") == {}


def test_divorce_betrothal_adoption_and_illness(family: tuple[Family, dict[str, int]]) -> None:
    f, who = family
    f.divorce(who["union"], at="1949-12")
    f.betroth(who["daughter"], at="1950-01")
    f.disable(who["mother"])
    strangers = f.marry(f.woman("1900"), f.man("1900"), at="1920")
    f.adopt(who["boy"], strangers, at="1945")
    found = fates("tang", f, who)
    assert not {"wife", "daughter", "mother", "boy"} & found.keys()
    assert {"son", "sister_single", "father"} <= found.keys()
    assert fates("prk.1985", f, who)["boy"] == "camp"  # born to him, whoever brought him up


def test_adoption_and_divorce_count_from_their_month(family: tuple[Family, dict[str, int]]) -> None:
    f, who = family
    f.divorce(who["union"], at="1950-06")
    f.adopt(who["boy"], f.marry(f.woman("1900"), f.man("1900"), at="1920"), at="1950-06")
    assert {"wife", "boy"} <= fates("tang", f, who).keys()


def test_counted_ages_begin_at_one_and_rise_at_new_year() -> None:
    f = Family()
    father, mother = f.man("1900"), f.woman("1902")
    union = f.marry(mother, father, at="1930")
    early, late = f.child(union, "m", "1935-12"), f.child(union, "m", "1936-01")
    found = reached("tang", f, father, MAY_1950)
    assert (found[early], found[late]) == ("death", "enslavement")


def test_the_most_severe_sanction_counts(family: tuple[Family, dict[str, int]]) -> None:
    f, who = family
    found = fates("prk.1985", f, who)
    assert (found["father"], found["brother"], found["uncle"]) == ("camp", "bar", "bar")
    order = list(sanctions())
    assert order.index("death") < order.index("camp") < order.index("banishment") < order.index("bar")


def test_what_cannot_be_asked() -> None:
    f = Family()
    man = f.man("1900")
    with pytest.raises(InputError, match=r"nkvd\.00486"):
        reached("nkvd.0486", f, man, MAY_1950)
    with pytest.raises(InputError, match="person"):
        reached("tang", f, man + 1, MAY_1950)
    with pytest.raises(InputError, match="wife"):
        f.marry(man, man, at="1920")
    with pytest.raises(InputError, match="sex"):
        f.child(f.marry(f.woman("1900"), man, at="1920"), "x", "1921")
    with pytest.raises(InputError, match="death"):
        f.man("1900", died="1899")
    with pytest.raises(InputError, match="household"):
        f.household(man, man) or f.household(man)
    pedigree = village(1)
    with pytest.raises(InputError, match="facts on unions"):
        facts = Facts(np.zeros(0, np.int16), *[np.zeros(pedigree.num_persons, bool)] * 2)
        liability(KinGraph(pedigree), "tang", np.array([0]), 100, facts=facts)
