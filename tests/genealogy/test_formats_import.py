"""GEDCOM in: the long dead of well-known families, nobody who may be alive, no names, errors with file and line."""

from __future__ import annotations

import datetime
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yeonjwa.core.calendar import month_index, parse_month
from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import Parameters
from yeonjwa.genealogy.files import read_population, write_population
from yeonjwa.genealogy.formats.gedcom_reader import Genealogy, describe, read_gedcom
from yeonjwa.genealogy.formats.gedcom_writer import write_gedcom
from yeonjwa.genealogy.formats.placeholders import placeholders
from yeonjwa.genealogy.formats.selection import select
from yeonjwa.genealogy.pedigree import FEMALE, MALE, NONE, Pedigree
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.members import members
from yeonjwa.kinship.relation import inbreeding, relatedness, relation
from yeonjwa.kinship.twin import relatedness_of

DATA = Path(__file__).parent.parent / "data"
TODAY = datetime.date(2026, 6, 1)


@pytest.fixture(scope="module")
def habsburg() -> Genealogy:
    return read_gedcom(DATA / "habsburg.ged")


@pytest.fixture(scope="module")
def victoria() -> Genealogy:
    return read_gedcom(DATA / "victoria551.ged")


def read(tmp_path: Path, *lines: str, version: str = "7.0", today: datetime.date = TODAY) -> Genealogy:
    path = tmp_path / "some.ged"
    head = ["0 HEAD", "1 GEDC", f"2 VERS {version}"]
    path.write_text("\n".join([*head, *lines, "0 TRLR", ""]), encoding="utf-8")
    return read_gedcom(path, today=today)


def person(name: str, *facts: str) -> list[str]:
    return [f"0 @{name}@ INDI", *facts]


def dead(name: str, birth: str = "1800", death: str = "1850", *facts: str) -> list[str]:
    return person(name, "1 BIRT", f"2 DATE {birth}", "1 DEAT", f"2 DATE {death}", *facts)


HABSBURG = [
    # Nearest first: a wife who is a niece is called a niece, kin by blood before kin by marriage.
    ("PHILIP_II", "ANNA_AUSTRIA", "niece", "조카딸", 3, "UDD", False),
    ("ANNA_AUSTRIA", "PHILIP_II", "uncle", "외삼촌", 3, "UUD", False),
    ("CHARLES_V", "ISABELLA_PORTUGAL", "first cousin", "이종사촌", 4, "UUDD", False),
    ("MAXIMILIAN_II", "MARIA_AUSTRIA", "first cousin", "사촌", 4, "UUDD", False),
    ("DON_CARLOS", "PHILIP_III", "half-brother", "이복 남동생", 2, "UD", True),
    ("DON_CARLOS", "ELISABETH_VALOIS", "stepmother", "새어머니", 1, "US", False),
    ("MARGARET_THERESA", "LEOPOLD_I", "uncle", "외삼촌", 3, "UUD", False),
    ("CHARLES_II", "MARIANA", "mother", "어머니", 1, "U", False),
    ("CHARLES_II", "MARIA_THERESA", "half-sister", "이복 누나", 2, "UD", True),
    ("CHARLES_II", "PHILIP_III", "grandfather", "할아버지", 2, "UU", False),
    ("CHARLES_II", "CHARLES_V", "great-great-grandfather", "고조할아버지", 4, "UUUU", False),
    ("CHARLES_II_STYRIA", "MARIA_ANNA_BAVARIA_STYRIA", "niece", "조카딸", 3, "UDD", False),
]
VICTORIA = [
    ("VICTORIA", "ALBERT", "first cousin", "외사촌", 4, "UUDD", False),
    ("ALBERT", "VICTORIA", "first cousin", "고종사촌", 4, "UUDD", False),
    ("VICTORIA", "LEOPOLD", "uncle", "외삼촌", 3, "UUD", False),
    ("VICTORIA", "GEORGE_IV", "uncle", "큰아버지", 3, "UUD", False),
    ("VICTORIA", "FEODORA", "half-sister", "이부 언니", 2, "UD", True),
    ("VICTORIA", "GEORGE_III", "grandfather", "할아버지", 2, "UU", False),
    ("GEORGE_IV", "CAROLINE", "first cousin", "고종사촌", 4, "UUDD", False),
    ("VICTORIA", "CAROLINE", "first cousin once removed up", "오촌 아주머니", 5, "UUUDD", False),
    ("ALBERT", "MARIE", "stepmother", "새어머니", 1, "US", False),
    ("LEOPOLD_II", "VICTORIA", "first cousin", "고종사촌", 4, "UUDD", False),
    ("ERNEST_I", "VICTORIA", "niece", "조카딸", 3, "UDD", False),
    # Wife of her uncle, and of her husband's uncle: fewer marriages first.
    ("VICTORIA", "LOUISE_ORLEANS", "aunt by marriage", "외숙모", 3, "UUDS", False),
]


@pytest.mark.parametrize(("family", "rows"), [("habsburg", HABSBURG), ("victoria", VICTORIA)])
def test_relations_of_known_families(
    family: str, rows: list[tuple[str, str, str, str, int, str, bool]], request: pytest.FixtureRequest
) -> None:
    genealogy: Genealogy = request.getfixturevalue(family)
    graph = KinGraph(genealogy.pedigree)
    for a, b, english, korean, chon, path, half in rows:
        found = relation(graph, genealogy.ids[a], genealogy.ids[b])
        said = (found.term_en, found.term_ko, found.chon, found.path, found.half)
        assert said == (english, korean, chon, path, half), (a, b)


def test_relatedness_of_an_interwoven_family(habsburg: Genealogy) -> None:
    graph, ids = KinGraph(habsburg.pedigree), habsburg.ids
    # First cousins, of whose parents nothing is known: 1/8; their child: 1/16.
    assert relatedness(graph, ids["CHARLES_V"], ids["ISABELLA_PORTUGAL"]) == 1 / 8
    assert inbreeding(graph, ids["PHILIP_II"]) == 1 / 16
    # Full double cousins, whose parents are cousins twice over besides: 1/4 and 1/16.
    assert relatedness(graph, ids["PHILIP_II"], ids["MARIA_MANUELA"]) == 1 / 4 + 1 / 16
    assert inbreeding(graph, ids["DON_CARLOS"]) == 5 / 32
    # With more generations than this file has, 0.254 is published (Alvarez and others, PLoS ONE 4: e5174, 2009).
    assert 0.2 < inbreeding(graph, ids["CHARLES_II"]) < 0.254
    for a in ids.values():
        for b in ids.values():
            assert relatedness(graph, a, b) == pytest.approx(relatedness_of(habsburg.pedigree, a, b))


def test_dates_of_a_known_family(victoria: Genealogy) -> None:
    p, ids = victoria.pedigree, victoria.ids
    assert p.birth[ids["VICTORIA"]] == parse_month("1819-05")
    assert p.death[ids["VICTORIA"]] == parse_month("1901-01")
    # Old style: born 20 January 1706/07, died 20 March 1750/51, which are 31 January 1707 and 31 March 1751.
    assert p.birth[ids["FREDERICK"]] == parse_month("1707-01")
    assert p.death[ids["FREDERICK"]] == parse_month("1751-03")
    graph = KinGraph(p)
    uncles = members(graph, "uncles_aunts", np.array([ids["VICTORIA"]]), month=parse_month("1825-01"))
    assert set(uncles.person.tolist()) == {ids["GEORGE_IV"], ids["ERNEST_I"], ids["LEOPOLD"]}
    spouse = members(graph, "spouse", np.array([ids["LEOPOLD"]]), month=parse_month("1825-01"))
    assert spouse.person.size == 0


def test_nobody_of_the_known_families_is_left_out(habsburg: Genealogy, victoria: Genealogy) -> None:
    for genealogy in (habsburg, victoria):
        report = genealogy.report
        assert report["persons_kept"] == report["persons_in_file"] == len(genealogy.ids)
        assert report["dropped_may_be_alive"] == report["placeholders"] == report["dates_unread"] == 0
        assert genealogy.pedigree.provenance == "imported"


def test_society_refuses_an_imported_genealogy(
    victoria: Genealogy, parameters: Parameters, tmp_path: Path
) -> None:
    from yeonjwa.society.engine import simulate

    write_population(victoria.pedigree, tmp_path)
    for pedigree in (victoria.pedigree, read_population(tmp_path)):
        with pytest.raises(InputError, match="imported"):
            simulate(
                pedigree, parameters, seed=1, scale=0.01, first=month_index(1990), last=month_index(1990, 12)
            )


ALIVE = {
    "no dates": [],
    "born too late": ["1 BIRT", "2 DATE 1940"],
    "born 109 years ago": ["1 BIRT", "2 DATE JUL 1917"],
    "born perhaps too late": ["1 BIRT", "2 DATE ABT 1910"],
    "born after": ["1 BIRT", "2 DATE AFT 1700"],
    "dead, not said when": ["1 BIRT", "2 DATE 1940", "1 DEAT Y"],
    "dead since then or later": ["1 BIRT", "2 DATE 1940", "1 DEAT", "2 DATE AFT 1990"],
    "dead in the future": ["1 BIRT", "2 DATE 1940", "1 DEAT", "2 DATE 2040"],
    "dates unreadable": ["1 BIRT", "2 DATE long ago", "1 DEAT", "2 DATE long after"],
    "confidential": ["1 RESN CONFIDENTIAL", "1 BIRT", "2 DATE 1700", "1 DEAT", "2 DATE 1750"],
    "private": ["1 RESN privacy", "1 BIRT", "2 DATE 1700", "1 DEAT", "2 DATE 1750"],
}
DEAD = {
    "by date": ["1 BIRT", "2 DATE 1940", "1 DEAT", "2 DATE 1990"],
    "by date alone": ["1 DEAT", "2 DATE 1990"],
    "before": ["1 DEAT", "2 DATE BEF 1990"],
    "buried": ["1 BIRT", "2 DATE 1940", "1 DEAT Y", "1 BURI", "2 DATE 1990"],
    "born 110 years ago": ["1 BIRT", "2 DATE MAY 1916"],
    "born before": ["1 BIRT", "2 DATE BEF 1800"],
    "baptised": ["1 CHR", "2 DATE 1800"],
}


@pytest.mark.parametrize("name", ALIVE)
def test_who_may_be_alive_is_left_out(name: str, tmp_path: Path) -> None:
    genealogy = read(tmp_path, *dead("A"), *person("X", *ALIVE[name]))
    assert set(genealogy.ids) == {"A"}
    assert genealogy.pedigree.num_persons == 1
    report = genealogy.report
    assert report["dropped_may_be_alive"] + report["dropped_confidential"] == 1
    assert any("left out" in line for line in describe(report))


@pytest.mark.parametrize("name", DEAD)
def test_who_is_certainly_dead_stays(name: str, tmp_path: Path) -> None:
    genealogy = read(tmp_path, *person("X", *DEAD[name]))
    assert set(genealogy.ids) == {"X"}
    birth, death = genealogy.pedigree.birth[0], genealogy.pedigree.death[0]
    assert 0 <= birth <= death <= month_index(2026, 6)


def test_kin_tell_who_is_dead(tmp_path: Path) -> None:
    family = [
        "0 @F1@ FAM",
        "1 HUSB @P@",
        "1 WIFE @W@",
        "1 CHIL @C@",
        "0 @F2@ FAM",
        "1 WIFE @D@",
        "1 CHIL @P@",
    ]
    lines = [*person("P"), *person("W"), *dead("C"), *person("D"), *person("S"), *family]
    genealogy = read(tmp_path, *lines, "0 @F3@ FAM", "1 HUSB @S@", "1 WIFE @C@", "1 MARR", "2 DATE 1825")
    # Parents and grandmother of somebody born in 1800, and who married in 1825, are dead; and none has a date.
    assert set(genealogy.ids) == {"P", "W", "C", "D", "S"}
    birth = {name: int(genealogy.pedigree.birth[i]) for name, i in genealogy.ids.items()}
    assert birth["D"] + 120 <= birth["P"] <= birth["C"] - 120
    assert birth["W"] <= birth["C"] - 120
    assert birth["S"] <= parse_month("1815-12")
    assert genealogy.report["years_estimated"] == 4
    # Somebody whose dead mother was born in 1930 may be alive.
    young = read(tmp_path, *dead("M", "1930", "1999"), *person("K"), "0 @F@ FAM", "1 WIFE @M@", "1 CHIL @K@")
    assert set(young.ids) == {"M"}


def test_the_dead_of_a_simulated_population_and_nobody_else(small: Pedigree, tmp_path: Path) -> None:
    """With every third date gone, nobody who is alive stays, and most of the long dead do."""
    at = month_index(2005)
    whole = tmp_path / "whole.ged"
    write_gedcom(replace(small, last_month=at), whole)
    lines, rng = whole.read_text("ascii").splitlines(), np.random.default_rng(4)
    gone = rng.random(len(lines)) < 1 / 3
    kept = [line for line, drop in zip(lines, gone, strict=True) if not (drop and line.startswith("2 DATE"))]
    holes = tmp_path / "holes.ged"
    holes.write_text("\n".join(kept) + "\n", encoding="ascii")
    genealogy = read_gedcom(holes, today=datetime.date(2005, 1, 31))
    ids = np.array([int(xref[1:]) for xref in genealogy.ids])
    assert not small.alive_at(at)[ids].any()
    old = np.flatnonzero(small.birth < month_index(1850))
    assert np.isin(old, ids).mean() > 0.95
    p = genealogy.pedigree
    assert (p.birth <= p.death).all()
    child = np.flatnonzero(p.birth_union != NONE)
    for parent in (p.wife, p.husband):
        assert (p.birth[parent[p.birth_union[child]]] < p.birth[child]).all()
    truth = np.array([genealogy.ids[f"I{i}"] for i in ids])
    exact = ~genealogy.estimated[truth]
    assert np.array_equal(p.birth[truth[exact]], small.birth[ids[exact]])
    write_population(p, tmp_path)
    assert read_population(tmp_path).num_persons == p.num_persons


def test_no_text_of_the_file_is_kept(tmp_path: Path) -> None:
    secret = "Mustermann"
    lines = dead(
        "A", "1800", "1850", f"1 NAME {secret}", f"1 NOTE {secret}", f"2 CONT {secret}", f"1 OCCU {secret}"
    )
    genealogy = read(tmp_path, *lines)
    out = tmp_path / "out"
    out.mkdir()
    write_population(genealogy.pedigree, out, extra={"line": genealogy.line})
    write_gedcom(genealogy.pedigree, out / "again.ged")
    assert len(list(out.iterdir())) == 4
    for file in out.iterdir():
        assert secret.encode() not in file.read_bytes(), file.name


WOMEN = [*dead("M", "1770", "1840", "1 SEX F"), *dead("B", "1805", "1860", "1 SEX F")]
FAMILY = [*WOMEN, *dead("A")]


def test_a_missing_parent_is_a_placeholder(tmp_path: Path) -> None:
    genealogy = read(
        tmp_path, *FAMILY, *dead("C", "1810", "1870"),
        "0 @F1@ FAM", "1 WIFE @M@", "1 CHIL @A@", "1 CHIL @B@", "0 @F2@ FAM", "1 WIFE @M@", "1 CHIL @C@",
    )  # fmt: skip
    p, ids = genealogy.pedigree, genealogy.ids
    graph = KinGraph(p)
    assert int(genealogy.placeholder.sum()) == 2
    assert np.array_equal(placeholders(p), genealogy.placeholder)
    assert (p.sex[genealogy.placeholder] == MALE).all()
    assert (genealogy.line[genealogy.placeholder] == 0).all()
    # One family is one couple: brother and sister in full. Two families of a mother have two fathers.
    assert relation(graph, ids["A"], ids["B"]).term_en == "sister"
    assert relation(graph, ids["A"], ids["C"]).term_en == "half-brother"
    assert relatedness(graph, ids["A"], ids["B"]) == 0.5
    assert relatedness(graph, ids["A"], ids["C"]) == 0.25
    assert not any(p.alive_at(month)[genealogy.placeholder].any() for month in range(0, 5000, 7))
    at = parse_month("1830-01")
    everyone = members(graph, "chon<=2 + spouse", np.array([ids["A"]]), month=at)
    assert set(everyone.person.tolist()) == {ids["M"], ids["B"], ids["C"]}
    # What is written has no placeholders, and says the same when it is read again.
    path = tmp_path / "again.ged"
    assert write_gedcom(p, path) == {"persons": 4, "families": 2}
    back = read_gedcom(path, today=TODAY)
    assert back.report["placeholders"] == 2
    assert (
        relation(KinGraph(back.pedigree), *(back.ids[f"I{ids[x]}"] for x in "AC")).term_en == "half-brother"
    )
    part = select(p, genealogy.line > 0).pedigree
    assert int(placeholders(part).sum()) == 2
    assert (part.birth[placeholders(part)] == part.death[placeholders(part)]).all()


def test_brothers_of_unknown_parents_stay_brothers(tmp_path: Path) -> None:
    genealogy = read(tmp_path, *FAMILY, "0 @F1@ FAM", "1 CHIL @A@", "1 CHIL @B@")
    graph = KinGraph(genealogy.pedigree)
    assert genealogy.report["placeholders"] == 2
    assert relation(graph, genealogy.ids["B"], genealogy.ids["A"]).term_ko == "오빠"


def test_ties_through_the_living_are_cut(tmp_path: Path) -> None:
    living = [
        *person("X", "1 BIRT", "2 DATE 1950", "1 SEX M"),
        *person("Y", "1 BIRT", "2 DATE 1950", "1 SEX F"),
    ]
    young = [*dead("A", "1970", "1980"), *dead("B", "1972", "1990")]
    genealogy = read(
        tmp_path, *living, *young,
        "0 @F1@ FAM", "1 HUSB @X@", "1 WIFE @Y@", "1 CHIL @A@", "1 CHIL @B@",
    )  # fmt: skip
    assert set(genealogy.ids) == {"A", "B"}
    assert genealogy.pedigree.num_persons == 2
    assert genealogy.pedigree.num_unions == 0
    assert genealogy.report["ties_to_dropped_parents"] == 2


def test_only_descent_makes_parents(tmp_path: Path) -> None:
    families = [
        "0 @F1@ FAM", "1 WIFE @M@", "1 CHIL @A@",
        "0 @F2@ FAM", "1 WIFE @B@", "1 CHIL @A@",
        "0 @F3@ FAM", "1 WIFE @M@", "1 CHIL @C@", "2 _MREL Adopted",
    ]  # fmt: skip
    adopted = dead("A", "1830", "1850", "1 FAMC @F1@", "2 PEDI ADOPTED", "1 FAMC @F2@", "2 PEDI birth")
    genealogy = read(tmp_path, *WOMEN, *adopted, *dead("C", "1840", "1870"), *families)
    p, ids = genealogy.pedigree, genealogy.ids
    assert p.parents(ids["A"])[0] == ids["B"]
    assert p.parents(ids["C"]) == (NONE, NONE)
    assert genealogy.report["links_not_by_birth"] == 2
    event = dead("A", "1830", "1850", "1 FAMC @F1@", "1 FAMC @F2@", "1 ADOP", "2 FAMC @F1@")
    genealogy = read(tmp_path, *WOMEN, *event, *dead("C", "1840", "1870"), *families)
    assert genealogy.pedigree.parents(genealogy.ids["A"])[0] == genealogy.ids["B"]


def test_of_two_pairs_of_parents_one_counts(tmp_path: Path) -> None:
    families = ["0 @F1@ FAM", "1 WIFE @M@", "1 CHIL @A@", "0 @F2@ FAM", "1 WIFE @B@", "1 CHIL @A@"]
    for facts, mother in (((), "M"), (("1 FAMC @F2@",), "B"), (("1 FAMC @F1@", "1 FAMC @F2@"), "M")):
        genealogy = read(tmp_path, *WOMEN, *dead("A", "1830", "1850", *facts), *families)
        assert genealogy.pedigree.parents(genealogy.ids["A"])[0] == genealogy.ids[mother]
        assert genealogy.report["further_parents"] == 1
    birth = ["1 BIRT", "2 DATE 1830", "2 FAMC @F2@", "1 DEAT", "2 DATE 1850", "1 FAMC @F1@", "1 FAMC @F2@"]
    genealogy = read(tmp_path, *WOMEN, *person("A", *birth), *families)
    assert genealogy.pedigree.parents(genealogy.ids["A"])[0] == genealogy.ids["B"]


def test_sex_comes_from_the_record_or_from_the_role(tmp_path: Path) -> None:
    people = [
        *dead("A"),
        *dead("B"),
        *dead("C", "1800", "1850", "1 SEX F"),
        *dead("D", "1800", "1850", "1 SEX X"),
    ]
    genealogy = read(
        tmp_path, *people, "0 @F1@ FAM", "1 HUSB @A@", "1 WIFE @B@", "0 @F2@ FAM", "1 HUSB @C@", "1 WIFE @A@",
    )  # fmt: skip
    p, ids = genealogy.pedigree, genealogy.ids
    assert [int(p.sex[ids[x]]) for x in "ABCD"] == [MALE, FEMALE, FEMALE, MALE]
    assert set(p.wife.tolist()) == {ids["B"], ids["C"]}
    assert set(p.husband.tolist()) == {ids["A"]}
    assert genealogy.report["sex_assumed_male"] == 1


HEAD = "0 HEAD\n1 GEDC\n2 VERS 7.0\n"
A = "0 @A@ INDI\n1 DEAT\n2 DATE 1800\n"
BROKEN = {
    "not GEDCOM": ("once upon a time\n", 1, "line"),
    "empty": ("", 1, "end of the file"),
    "no head": (A + "0 TRLR\n", 1, "first record"),
    "no version": ("0 HEAD\n1 SOUR X\n" + A + "0 TRLR\n", 1, "version"),
    "old version": ("0 HEAD\n1 GEDC\n2 VERS 4.0\n" + A + "0 TRLR\n", 2, "version"),
    "no trailer": (HEAD + A, 6, "end of the file"),
    "after the trailer": (HEAD + A + "0 TRLR\n" + A, 8, "after TRLR"),
    "level jumps": (HEAD + A + "3 SOUR X\n5 PAGE 4\n0 TRLR\n", 8, "level"),
    "no level": (HEAD + A + "a word\n0 TRLR\n", 7, "line"),
    "no cross-reference": (HEAD + "0 INDI\n0 TRLR\n", 4, "record INDI"),
    "twice": (HEAD + A + A + "0 TRLR\n", 7, "cross-reference"),
    "dangling partner": (HEAD + A + "0 @F@ FAM\n1 HUSB @B@\n0 TRLR\n", 8, "pointer"),
    "dangling child": (HEAD + A + "0 @F@ FAM\n1 CHIL @B@\n0 TRLR\n", 8, "pointer"),
    "dangling parents": (HEAD + A + "1 FAMC @F@\n0 TRLR\n", 7, "pointer"),
    "child is a family": (HEAD + A + "0 @F@ FAM\n1 CHIL @F@\n0 TRLR\n", 8, "pointer"),
    "no pointer": (HEAD + A + "0 @F@ FAM\n1 HUSB A\n0 TRLR\n", 8, "pointer of HUSB"),
    "two husbands": (HEAD + A + "0 @F@ FAM\n1 HUSB @A@\n1 HUSB @A@\n0 TRLR\n", 9, "second HUSB"),
    "one with himself": (HEAD + A + "0 @F@ FAM\n1 HUSB @A@\n1 WIFE @A@\n0 TRLR\n", 9, "partners"),
    "own ancestor": (HEAD + A + "0 @F@ FAM\n1 HUSB @A@\n1 CHIL @A@\n0 TRLR\n", 4, "descent"),
    "death before birth": (HEAD + A + "1 BIRT\n2 DATE 1900\n0 TRLR\n", 4, "dates"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_named_with_their_line(name: str, tmp_path: Path) -> None:
    text, line, what = BROKEN[name]
    path = tmp_path / "broken.ged"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_gedcom(path, today=TODAY)
    assert what in caught.value.what
    assert caught.value.where == f"broken.ged, line {line}"


def test_an_error_does_not_repeat_the_text_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "broken.ged"
    path.write_text(HEAD + A + "1 NOTE a\nof Mustermann, Erika\n0 TRLR\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_gedcom(path, today=TODAY)
    assert "Erika" not in str(caught.value)
    assert "line 8" in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can be read"):
        read_gedcom(tmp_path / "none.ged")
    (tmp_path / "packed.gdz").write_bytes(b"PK\x03\x04....")
    with pytest.raises(InputError, match="unpack"):
        read_gedcom(tmp_path / "packed.gdz")
    with pytest.raises(InputError, match="certainly dead"):
        read(tmp_path, *person("X"))
    with pytest.raises(InputError, match="today"):
        read(tmp_path, *dead("A"), today=datetime.date(1500, 1, 1))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings_and_line_ends(end: str, encoding: str, tmp_path: Path) -> None:
    lines = [
        "0 HEAD",
        "1 GEDC",
        "2 VERS 5.5.1",
        "",
        *dead("A", "1800", "1850", "1 NAME J\xf6rg /M\xfcller/"),
        "0 TRLR",
    ]
    path = tmp_path / "some.ged"
    path.write_bytes(end.join([*lines, ""]).encode(encoding))
    genealogy = read_gedcom(path)
    assert genealogy.line.tolist() == [5]
    assert genealogy.pedigree.birth.tolist() == [parse_month("1800-06")]


def test_void_pointers_and_unread_dates(tmp_path: Path) -> None:
    genealogy = read(
        tmp_path, *dead("A", "1800", "1850"), *dead("B", "1790 or so", "1830"),
        "0 @F@ FAM", "1 HUSB @VOID@", "1 CHIL @A@", "1 CHIL @B@", "1 DIV",
    )  # fmt: skip
    assert genealogy.report["dates_unread"] == 1
    assert genealogy.report["divorces"] == 1
    assert genealogy.report["placeholders"] == 2


def test_cycles_of_several_generations(tmp_path: Path) -> None:
    families = ["0 @F1@ FAM", "1 HUSB @A@", "1 CHIL @B@", "0 @F2@ FAM", "1 WIFE @B@", "1 CHIL @C@"]
    with pytest.raises(InputError, match="own ancestor"):
        read(
            tmp_path, *dead("Z"), *dead("A"), *dead("B"), *dead("C"),
            *families, "0 @F3@ FAM", "1 HUSB @C@", "1 CHIL @A@", "1 CHIL @Z@",
        )  # fmt: skip


WORDS = ["0", "1", "2", "7", "@I1@", "@I2@", "@F1@", "@VOID@", "INDI", "FAM", "HUSB", "WIFE", "CHIL", "FAMC", "BIRT",
         "DEAT", "DATE", "SEX", "F", "M", "1800", "BET", "AND", "JULIAN", "31 DEC 1850", "PEDI", "ADOPTED", "MARR", "",
         "\x85", "@"]  # fmt: skip


@given(st.data())
@settings(max_examples=200)
def test_whatever_is_broken_is_an_input_error(data: st.DataObject) -> None:
    """Lines of a good file dropped, doubled, moved and rewritten: read, or refused with a sentence; nothing else."""
    lines = (DATA / "habsburg.ged").read_text("utf-8").splitlines()
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(lines) - 1))
        kind = data.draw(st.sampled_from(["drop", "double", "move", "write"]))
        if kind == "write":
            lines[at] = " ".join(data.draw(st.lists(st.sampled_from(WORDS), max_size=4)))
        elif kind == "double":
            lines.insert(at, lines[at])
        else:
            line = lines.pop(at)
            if kind == "move":
                lines.insert(data.draw(st.integers(0, len(lines))), line)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "some.ged"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        try:
            genealogy = read_gedcom(path, today=TODAY)
        except InputError:
            return
        p = genealogy.pedigree
        assert (p.birth <= p.death).all()
        assert (p.birth_union[p.first_child[0] :] >= 0).all()
        write_population(p, Path(folder))
        assert read_population(Path(folder)).num_persons == p.num_persons
