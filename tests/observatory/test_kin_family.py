"""Who is related to a person of a run on a date, and whom the rule names: against the kin queries and the files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from yeonjwa.core.calendar import parse_month
from yeonjwa.core.columns import connect
from yeonjwa.core.errors import InputError
from yeonjwa.kinship.members import members
from yeonjwa.kinship.residence import province_at
from yeonjwa.report import kin_family
from yeonjwa.report.kin_family import People, Shelf, family, home, life, open_people, search, struck

DATE = parse_month("2006-06")


@pytest.fixture(scope="module")
def people(run_folder: Path) -> People:
    return open_people(run_folder)


def adults(people: People, number: int) -> list[int]:
    p = people.pedigree
    living = np.flatnonzero(p.alive_at(DATE) & (p.birth < DATE - 20 * 12))
    return np.random.default_rng(5).choice(living, number, replace=False).tolist()


def test_living_kin_are_those_of_the_queries(people: People) -> None:
    for person in adults(people, 8):
        found = family(people, person, DATE)
        asked = members(people.graph, "chon<=8", np.array([person]), month=DATE)
        living = {k.id: k.degree for k in found.kin if k.alive and k.side != "marriage"}
        assert living == dict(zip(asked.person.tolist(), asked.degree.tolist(), strict=True))
        rows = {row["degree"]: row["living"] for row in found.by_degree() if row["degree"]}
        assert rows == {d: int((asked.degree == d).sum()) for d in range(1, 9)}


def test_circles_are_those_of_the_scenario_on_that_date(people: People) -> None:
    for person in adults(people, 8):
        found = family(people, person, DATE)
        assert found.rule.camp is not None
        named = members(people.graph, found.rule.camp, np.array([person]), month=DATE).person
        at_hand = {k.id for k in found.kin if k.where in kin_family.WITHIN_REACH}
        assert {k.id for k in found.kin if k.camp} == set(named.tolist()) & at_hand
        assert found.in_camp + found.in_career_only == sum(k.camp or k.career for k in found.kin)
        assert all(k.by["camp"] in found.rule.camp.paths for k in found.kin if k.camp)


def test_a_wider_circle_reaches_the_models_own_number(people: People) -> None:
    (person,) = adults(people, 1)
    reached = []
    for degree in range(1, 9):
        found = family(people, person, DATE, camp=f"chon<={degree}")
        asked = members(people.graph, f"chon<={degree}", np.array([person]), month=DATE).person
        away = [k for k in found.kin if k.alive and k.where not in kin_family.WITHIN_REACH]
        assert found.in_camp == asked.size - len({k.id for k in away} & set(asked.tolist()))
        reached.append(found.in_camp)
    assert reached == sorted(reached)
    assert reached[-1] > reached[0]


def test_deaths_of_the_months_and_those_never_born_are_in_the_lives(people: People, run_folder: Path) -> None:
    with connect() as c:
        events, persons = str(run_folder / "events.parquet"), str(run_folder / "persons.parquet")
        died = c.execute(f"select person, month from '{events}' where kind = 'camp_death'").fetchall()
        born = c.execute(
            f"select file_row_number, whereabouts from read_parquet('{persons}', file_row_number = true)"
        ).fetchall()
    assert died
    for person, month in died[:20]:
        assert people.pedigree.death[person] == parse_month(f"{month:%Y-%m}")
        assert life(people, person)[-1]["kind"] == "camp_death"
    never = [row for row, where in born if where == "unborn"]
    assert (people.pedigree.death[never] == people.pedigree.birth[never]).all()


def test_life_has_birth_union_children_and_events_in_order(people: People) -> None:
    p = people.pedigree
    union = int(np.flatnonzero((np.diff(p.first_child) > 1) & (p.start < DATE - 300))[-1])
    mother = int(p.wife[union])
    rows = life(people, mother)
    assert rows[0]["kind"] == "birth"
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    children = [row["other"] for row in rows if row["kind"] == "child"]
    assert set(range(int(p.first_child[union]), int(p.first_child[union + 1]))) - set(children) <= {
        c for c in range(p.num_persons) if p.death[c] <= p.birth[c]
    }
    assert all(row["at"] <= DATE for row in life(people, mother, DATE))


def test_struck_are_the_sanctions_of_the_events(people: People, run_folder: Path) -> None:
    with connect() as c:
        events = str(run_folder / "events.parquet")
        offender, number = c.execute(
            f"select other, count(*) from '{events}' where kind in ('camp', 'banishment', 'bar', 'dismissal', "
            "'party_loss', 'demotion') and other is not null group by other order by 2 desc, 1 limit 1"
        ).fetchone()
    rows = struck(people, offender)
    assert len(rows) == number
    assert all(row["kind"] in kin_family.SANCTIONS for row in rows)


def test_search_filters_and_pages(run_folder: Path) -> None:
    everyone = search(run_folder)
    assert everyone["total"] > 1000
    assert len(everyone["rows"]) == 50
    core = search(
        run_folder, {"songbun": "core", "outcome": "home", "sex": "f", "post": "none"}, page=2, size=20
    )
    assert core["page"] == 2
    assert {(r["songbun"], r["outcome"], r["sex"], r["post"]) for r in core["rows"]} == {
        ("core", "home", "f", None)
    }
    first = search(run_folder, {"songbun": "core", "outcome": "home", "sex": "f", "post": "none"}, size=20)
    assert not {r["id"] for r in first["rows"]} & {r["id"] for r in core["rows"]}
    assert search(run_folder, {"province": "atlantis"}) == {"total": 0, "pages": 1, "page": 1, "rows": []}
    assert search(run_folder, page=10**6)["page"] == everyone["pages"]
    with pytest.raises(InputError, match="songbun"):
        search(run_folder, {"name": "x"})


def test_home_of_one_is_that_of_everybody(people: People) -> None:
    everyone = province_at(people.pedigree, DATE)
    for person in range(0, people.pedigree.num_persons, 97):
        assert home(people.pedigree, person, DATE) == everyone[person]


def test_unknown_person_month_and_circle_are_refused(people: People, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="person"):
        family(people, people.pedigree.num_persons, DATE)
    with pytest.raises(InputError, match="2005-01 to 2006-12"):
        family(people, 0, parse_month("2010-01"))
    with pytest.raises(InputError, match="circle"):
        family(people, 0, DATE, camp="mother, paternal")
    with pytest.raises(InputError, match="folder"):
        open_people(tmp_path)


def test_shelf_reads_once_and_keeps_within_its_memory(
    people: People, run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []

    def opening(folder: Path) -> People:
        opened.append(folder)
        return replace(people, folder=folder)

    monkeypatch.setattr(kin_family, "open_people", opening)
    shelf = Shelf(most=people.bytes + 1)
    assert shelf.get(run_folder) is shelf.get(run_folder)
    assert opened == [run_folder]
    shelf.get(tmp_path)
    assert len(shelf) == 1
    shelf.get(run_folder)
    assert opened == [run_folder, tmp_path, run_folder]
