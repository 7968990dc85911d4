"""kin_of() equals the slow twin, row by row, and its columns and filters say what they promise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yeonjwa.core.calendar import NEVER, format_month
from yeonjwa.core.columns import read_parquet
from yeonjwa.core.errors import InputError
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.kinship import twin
from yeonjwa.kinship.circles import parse_circle
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.members import SIDES
from yeonjwa.kinship.query import kin_of, with_words
from yeonjwa.kinship.relation import relatedness, relation, relation_by_marriage
from yeonjwa.kinship.residence import province_at, region_at

from .builder import assemble, pedigrees, village

CIRCLES = (
    "chon<=4",
    "parents + spouse + children + grandchildren",
    "siblings of spouse",
    "siblings, half",
    "first_cousins, paternal, female",
    "spouse of siblings + chon<=2",
)


def settled(pedigree: Pedigree, seed: int = 1) -> Pedigree:
    """The same people in five regions of two provinces."""
    rng = np.random.default_rng(seed)
    return replace(
        pedigree,
        region=rng.integers(0, 5, pedigree.num_persons).astype(np.int16),
        region_province=np.array([0, 0, 1, 1, 1], np.int8),
        provinces=("pyongyang", "s_pyongan"),
    )


def region_of(pedigree: Pedigree, person: int, month: int) -> int:
    """Where somebody lives, written from the rule."""
    home = int(pedigree.region[person])
    for union in twin.unions_of(pedigree, person):
        if pedigree.wife[union] == person and pedigree.start[union] <= month:
            home = int(pedigree.region[pedigree.husband[union]])
    return home


@settings(max_examples=40)
@given(pedigrees(), st.integers(0, 2500), st.integers(0, 10**6))
def test_residence_follows_the_husband(pedigree: Pedigree, month: int, seed: int) -> None:
    pedigree = settled(pedigree, seed)
    expected = [region_of(pedigree, person, month) for person in range(pedigree.num_persons)]
    assert region_at(pedigree, month).tolist() == expected
    assert province_at(pedigree, month).tolist() == pedigree.region_province[expected].tolist()


@settings(max_examples=60)
@given(pedigrees(), st.integers(100, 1800), st.sampled_from(CIRCLES), st.booleans())
def test_rows_equal_the_twin(pedigree: Pedigree, month: int, line: str, living: bool) -> None:
    assert_equal(pedigree, month, line, living)


@pytest.mark.parametrize("line", CIRCLES)
@pytest.mark.parametrize("living", [True, False])
def test_rows_of_a_village_equal_the_twin(line: str, living: bool) -> None:
    pedigree = village(9, rounds=90, founders=14)
    first, last = int(pedigree.start.min()), int(pedigree.start.max())
    numbers = [assert_equal(pedigree, month, line, living) for month in (first, (first + last) // 2, last)]
    assert sum(numbers) > 0


def test_a_union_counts_from_its_month_and_moves_the_wife() -> None:
    pedigree = assemble([0, 0], [900, 900], [0, 1], [-1, -1], [(0, 1, 300)], [2, 2])
    pedigree = replace(
        pedigree,
        region=np.array([3, 1], np.int16),
        region_province=np.array([0, 0, 1, 1], np.int8),
        provinces=("pyongyang", "s_pyongan"),
    )
    for month, spouses, home in ((299, 0, 3), (300, 1, 1)):
        for living in (True, False):
            assert len(kin_of(KinGraph(pedigree), 0, "spouse", month=month, living=living)) == spouses
        assert region_at(pedigree, month).tolist() == [home, 1]
    (row,) = kin_of(KinGraph(pedigree), 1, "spouse", month=300).rows()
    assert (row["province"], row["same_province"]) == ("pyongyang", True)


def assert_equal(pedigree: Pedigree, month: int, line: str, living: bool) -> int:
    """The table equals the twin; the number of its rows."""
    circle = parse_circle(line)
    table = kin_of(KinGraph(pedigree), np.arange(pedigree.num_persons), circle, month=month, living=living)
    expected = []
    for ego in range(pedigree.num_persons):
        if pedigree.birth[ego] > month:
            continue
        if living:
            kin = twin.members_of(pedigree, circle, ego, month=month)
        else:
            kin = twin.members_of(
                pedigree, circle, ego, mask=pedigree.birth <= month, union_mask=pedigree.start <= month
            )
        for k in kin:
            path = circle.terms[k.term].path
            expected.append((ego, k.person, path, k.degree, SIDES[k.side], k.half))
    rows = table.rows()
    found = [(r["ego"], r["person"], r["path"], r["degree"], r["side"], r["half"]) for r in rows]
    assert found == expected
    for row in rows:
        person = row["person"]
        born, died = int(pedigree.birth[person]), int(pedigree.death[person])
        assert row["birth"] == format_month(born)
        assert row["living"] == (born <= month < died) == (row["death"] is None)
        assert row["age"] == (min(month, died) - born) // 12 >= 0
        assert row["blood"] == ("S" not in row["path"])
        assert row["sex"] == "fm"[pedigree.sex[person]]
    return len(rows)


def test_several_egos_keep_their_order_and_the_unborn_have_nobody() -> None:
    pedigree = village(9, rounds=200, founders=30)
    month = int(np.median(pedigree.birth))
    graph = KinGraph(pedigree)
    unborn = int(np.argmax(pedigree.birth))
    one, other = np.flatnonzero((pedigree.birth <= month) & (pedigree.birth_union >= 0))[[0, 9]].tolist()
    egos = np.array([other, unborn, one, other])
    table = kin_of(graph, egos, "chon<=3", month=month, living=False)
    alone = [kin_of(graph, ego, "chon<=3", month=month, living=False) for ego in (other, one, other)]
    assert table.person.tolist() == [p for each in alone for p in each.person.tolist()]
    assert set(table.ego.tolist()) == {one, other}
    assert kin_of(graph, unborn, month=month, living=False).rows() == []
    assert kin_of(graph, unborn, month=month).rows() == []


def test_filters_keep_the_rows_that_meet_them() -> None:
    pedigree = settled(village(9, rounds=400, founders=30))
    month = int(np.median(pedigree.birth)) + 240
    egos = np.flatnonzero(pedigree.alive_at(month))
    table = kin_of(KinGraph(pedigree), egos, "chon<=4 + spouse", month=month, living=False)
    rows = table.rows()

    def count(**conditions: object) -> int:
        return len(table.where(**conditions))  # type: ignore[arg-type]

    assert count(kin="first_cousins") == sum(r["path"] == "UUDD" for r in rows) > 0
    assert count(kin=["UUDD", "spouse"]) == sum(r["path"] in ("UUDD", "S") for r in rows)
    assert count(degree=2) == sum(r["degree"] == 2 for r in rows) > 0
    assert count(degree=(1, 4)) == sum(r["degree"] in (1, 4) for r in rows)
    assert count(side="father") == sum(r["side"] in ("father", "both") for r in rows) > count(side="both") > 0
    assert count(side="marriage") == count(blood=False) == sum(r["path"] == "S" for r in rows) > 0
    assert count(sex="f") + count(sex="m") == len(table) == len(rows)
    assert count(half=True) == sum(r["half"] for r in rows) > 0
    assert count(living=True) == sum(r["death"] is None for r in rows)
    assert 0 < count(living=True) < len(table)
    assert count(province="s_pyongan") == sum(r["province"] == "s_pyongan" for r in rows) > 0
    home = {ego: province_at(pedigree, month)[ego] for ego in egos.tolist()}
    near = [pedigree.provinces[home[r["ego"]]] == r["province"] for r in rows]
    assert [r["same_province"] for r in rows] == near
    assert 0 < count(same_province=True) == sum(near) < len(table)
    both = table.where(kin="siblings", half=False).where(sex="f")
    assert len(both) == sum(r["path"] == "UD" and not r["half"] and r["sex"] == "f" for r in rows)
    assert sum(table.counts().values()) == len(table)


def test_filters_refuse_what_cannot_occur() -> None:
    pedigree = village(4)
    table = kin_of(KinGraph(pedigree), 10, "siblings + parents")
    for conditions in ({"kin": "first_cousins"}, {"side": "left"}, {"sex": "w"}, {"province": "seoul"}):
        with pytest.raises(InputError):
            table.where(**conditions)
    with pytest.raises(InputError):
        kin_of(KinGraph(pedigree), pedigree.num_persons)


def test_table_as_relation_and_parquet(tmp_path: Path) -> None:
    pedigree = settled(village(9, rounds=200, founders=30))
    month = int(np.median(pedigree.birth)) + 240
    egos = np.flatnonzero(pedigree.alive_at(month))
    table = kin_of(KinGraph(pedigree), egos, "chon<=4", month=month, living=False)
    numbers = dict(table.relation().aggregate("kin, count(*)").fetchall())
    assert numbers == table.counts()
    table.write(tmp_path / "kin.parquet")
    back = read_parquet(tmp_path / "kin.parquet")
    assert back["person"].tolist() == table.person.tolist()
    assert back["death"].tolist() == table.death.tolist()
    assert back["province"].tolist() == [table.province.names[c] for c in table.province.codes]
    assert NEVER in back["death"].tolist()
    with pytest.raises(InputError, match="parquet"):
        table.write(tmp_path / "kin.csv")


def test_words_are_those_of_the_path_or_of_the_nearest_blood() -> None:
    pedigree = village(9, rounds=200, founders=30)
    graph = KinGraph(pedigree)
    month = int(np.median(pedigree.birth)) + 240
    line = "chon<=4 + spouse + siblings of spouse + parents of spouse of siblings"
    seen = set()
    for ego in np.flatnonzero(pedigree.alive_at(month)).tolist():
        for row in with_words(graph, kin_of(graph, ego, line, month=month)):
            if row["blood"]:
                named = relation(graph, ego, row["person"], month=month)
                assert (row["named_path"], row["term_ko"]) == (named.path, named.term_ko)
                assert row["named_path"] == row["path"]
                assert row["r"] == named.r
            elif row["path"] == "UDSU":
                assert (row["term_en"], row["term_ko"], row["named_path"]) == (None, None, "UDSU")
                assert row["r"] == relatedness(graph, ego, row["person"])
            else:
                by_marriage = relation_by_marriage(graph, ego, row["person"], path=row["path"], month=month)
                assert by_marriage is not None
                assert (row["named_path"], row["term_ko"]) == (row["path"], by_marriage.term_ko)
                if row["path"] == "S":
                    assert row["term_en"] == {"f": "wife", "m": "husband"}[row["sex"]]
            seen.add(row["path"])
    assert seen >= {"U", "D", "UD", "UUDD", "S", "SUD", "UDSU"}


def test_a_wife_who_is_a_cousin_is_both() -> None:
    """Two brothers' children marry each other."""
    unions = [(0, 1, 200), (2, 3, 500), (5, 4, 520), (6, 7, 900)]
    birth = [0, 0, 210, 220, 230, 220, 600, 590]
    sex = [0, 1, 0, 1, 1, 0, 0, 1]
    # persons: 0, 1 grandparents; 2 and 5 wives from outside; 3 and 4 brothers; 6 and 7 cousins
    order = [0, 1, 2, 5, 3, 4, 6, 7]
    place = {old: new for new, old in enumerate(order)}
    couples = [(place[w], place[h], start) for w, h, start in unions]
    parents = [-1, -1, -1, -1, 0, 0, 1, 2]
    pedigree = assemble(
        [birth[i] for i in order], [2000] * 8, [sex[i] for i in order], parents, couples, [4, 6, 7, 8, 8]
    )
    graph = KinGraph(pedigree)
    husband, wife = place[7], place[6]
    assert relation(graph, husband, wife).path == "UUDD"
    married = relation_by_marriage(graph, husband, wife)
    assert married is not None
    assert (married.path, married.term_ko, married.chon, married.blood) == ("S", "아내", 0, False)
    assert married.r == pytest.approx(0.125)
    assert relation_by_marriage(graph, husband, wife, path="DS") is None
    assert relation_by_marriage(graph, husband, wife, month=899) is None
    (row,) = with_words(graph, kin_of(graph, husband, "spouse", month=1000))
    assert (row["term_en"], row["named_path"]) == ("wife", "S")
