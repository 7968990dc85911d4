"""A dossier gives the rows that fit the question, and says what it is and what it does not know."""

from __future__ import annotations

import json
import re

import pytest

from yeonjwa import cli
from yeonjwa.core.errors import InputError, InputErrors
from yeonjwa.evidence import dossier as dossiers
from yeonjwa.evidence import ledger, tags
from yeonjwa.evidence.dates import When
from yeonjwa.report import dossier as document

YEARS = When(2012), When(2016)


@pytest.fixture(scope="module")
def cousin():
    return dossiers.dossier("first cousin", "flight", *YEARS)


def ids(found, section=None):
    return {item.entry.id for item in found.items if section in (None, item.section)}


def test_every_claim_and_every_fact_on_sanctions_checks_and_camps_is_tagged():
    tagged = tags.load()
    assert {claim.id for claim in ledger.load_claims()} <= set(tagged)
    topics = {"sanctions", "vetting", "camps"}
    assert {fact.id for fact in ledger.load_facts() if fact.topic in topics} <= set(tagged)


@pytest.mark.parametrize(
    ("row", "path", "side", "named"),
    [
        ("seed.28", "UUDD", "", True), ("seed.28", "UUUDD", "", False), ("seed.30", "UUUUDDDD", "", True),
        ("seed.32", "U", "", True), ("seed.32", "UD", "", False), ("rule.inlaws", "SUD", "", True),
        ("rule.inlaws", "S", "", False), ("vet.admin_direct", "UU", "", True), ("vet.admin_direct", "UUD", "", False),
        ("vet.general_paternal", "UUUDDD", "", True), ("vet.general_paternal", "UUUDDD", "mother", False),
        ("pol.1972.three_generations", "DD", "", True), ("pol.1972.three_generations", "UUD", "", False),
        ("pol.2013dec.jang", "UUUUDDDD", "mother", False), ("rule.coi", "U", "", False),
    ],
)  # fmt: skip
def test_whom_a_row_names(row, path, side, named):
    assert tags.load()[row].names(path, side) is named


@pytest.mark.parametrize(
    ("text", "path", "chon", "side"),
    [
        ("first cousin", "UUDD", 4, ""), ("First Cousins", "UUDD", 4, ""), ("사촌", "UUDD", 4, ""),
        ("maternal uncle", "UUD", 3, "mother"), ("paternal uncle", "UUD", 3, "father"), ("외삼촌", "UUD", 3, "mother"),
        ("third cousin", "UUUUDDDD", 8, ""), ("wife", "S", 0, ""), ("father-in-law", "SU", 1, ""), ("UDD", "UDD", 3, ""),
        ("chon 4", "UUUD", 4, ""), ("4촌", "UDDD", 4, ""),
    ],
)  # fmt: skip
def test_relations_are_understood(text, path, chon, side):
    relation = dossiers.parse_relation(text)
    assert path in relation.paths
    assert (relation.chon, relation.side) == (chon, side)


def test_unknown_relation_names_near_ones():
    with pytest.raises(InputError, match="first cousin"):
        dossiers.parse_relation("frist cuosin")
    with pytest.raises(InputError, match="relation"):
        dossiers.parse_relation("songbun")


def test_rows_stand_where_they_belong(cousin):
    assert "rule.songbun_ladder" in ids(cousin, "sanctions")
    assert {"seed.28", "seed.29", "seed.30", "vet.dismiss4"} <= ids(cousin, "checks")
    assert {"seed.32", "seed.33", "seed.34", "seed.35", "vet.admin_direct"} <= ids(cousin, "not_named")
    assert "pol.2013feb.easing" in ids(cousin, "spared")
    assert "gap.sanction_rate" in ids(cousin, "unknown")
    assert "seed.08" not in ids(cousin)
    fit = {item.entry.id: item.fit for item in cousin.items}
    assert (fit["seed.28"], fit["seed.07"], fit["seed.32"]) == ("named", "unspecified", "other")


def test_period_is_kept_and_other_years_are_told(cousin):
    assert all(ledger.during(item.entry, *YEARS) for item in cousin.items)
    assert "pol.2017.four_chon" not in ids(cousin)
    assert "pol.2017.four_chon" in cousin.elsewhere


def test_rank_keeps_its_own_rows_and_those_without_a_rank():
    found = dossiers.dossier("first cousin", "flight", *YEARS, rank="official")
    assert "seed.29" in ids(found)
    assert not {"seed.28", "seed.30", "seed.15"} & ids(found)
    assert "pol.2013aug.secret" in ids(found)


def test_the_closer_the_relative_the_more_is_named():
    child = dossiers.dossier("children", "political", *YEARS)
    assert {"seed.34"} <= ids(child, "sanctions")
    assert not ids(child, "not_named") & {"seed.34"}
    assert "seed.30" in ids(dossiers.dossier("third cousin", "flight", *YEARS), "checks")
    assert "seed.29" in ids(dossiers.dossier("third cousin", "flight", *YEARS), "not_named")


def test_conflicts_stand_side_by_side(cousin):
    pairs = {frozenset((c.one.id, c.other.id)): c.outside for c in cousin.conflicts}
    assert pairs[frozenset(("seed.07", "pol.2015jul.leniency"))] is False
    assert pairs[frozenset(("seed.07", "pol.2018jan.suspend"))] is True
    assert len(pairs) == len(cousin.conflicts)


def test_exits_point_to_their_entries(cousin):
    by_number = {item.number: item for item in cousin.items}
    assert "forged_record" in cousin.exits
    for exit, numbers in cousin.exits.items():
        assert all(exit in by_number[number].tag.exit for number in numbers)


@pytest.mark.parametrize("form", ["md", "html"])
def test_documents_hold_every_entry_and_the_notice(cousin, form):
    text = document.render(cousin, form)
    assert "not legal advice" in text
    assert "not an assessment of a risk" in text
    for item in cousin.items:
        assert item.entry.id in text
    for conflict in cousin.conflicts:
        assert conflict.other.id in text
    assert f"Page seen, accessed by {ledger.read_until()}" in text
    assert not any(host in text for host in ledger.mirrors())


def test_sources_say_how_they_were_read(cousin):
    access = {source["source"]: source["access"] for source in document.sources(cousin)}
    assert access["Negative literature search (no publication found)"].startswith("Our own search")
    assert access["R. Collins, Marked for Life: Songbun, HRNK 2012"].startswith("Not re-read")
    assert access["UN COI 2014 detailed findings, imprisonment section"].endswith(
        "read as a copy, which is not cited"
    )


def test_html_loads_nothing_from_elsewhere(cousin):
    text = document.render(cousin, "html")
    assert not re.search(r"<(script|link|img|iframe)|@import|url\((?!\"?data:)", text)


def test_json_is_the_same_content(cousin):
    content = json.loads(document.render(cousin, "json"))
    assert [entry["id"] for entry in content["entries"]] == [item.entry.id for item in cousin.items]
    last = ledger.read_until().isoformat()
    assert all(
        entry["accessed_by"] == (last if entry["found"] == "seen" else None) for entry in content["entries"]
    )
    assert content["question"]["chon"] == 4


def test_command_writes_and_refuses(capsys, tmp_path):
    line = ["evidence", "dossier", "--relation", "first cousin", "--from", "2012", "--to", "2016"]
    assert cli.main([*line, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["question"]["offence"] == "flight"
    assert cli.main([*line, "--format", "html", "--out", str(tmp_path / "d.html")]) == 0
    assert (tmp_path / "d.html").read_text("utf-8").startswith("<!doctype html>")
    for wrong in (
        ["--offence", "theft"], ["--rank", "king"], ["--format", "pdf"], ["--from", "2017"], ["--relation", "dog"],
    ):  # fmt: skip
        assert cli.main([*line, *wrong]) == 2


HEAD = "id,says,relation,offence,sanction,rank,exit\n"
GOOD = "seed.28,check,chon<=4,any,bar,administrator,\n"


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        (GOOD.replace("seed.28", "seed.99"), "id"), (GOOD + GOOD, "id"), (GOOD.replace("check", "guess"), "says"),
        (GOOD.replace("chon<=4", "cousin"), "relation"), (GOOD.replace("chon<=4", "chon<=40"), "relation"),
        (GOOD.replace(",any,", ",theft,"), "offence"), (GOOD.replace("bar", "fine"), "sanction"),
        (GOOD.replace("administrator", "king"), "rank"), (GOOD.replace("chon<=4", ""), "tags"),
        (GOOD.replace(",bar,", ",bar;bar,"), "sanction"), (GOOD, "claim without tags"),
    ],
)  # fmt: skip
def test_bad_tags_are_refused(tmp_path, rows, what):
    file = tmp_path / "tags.csv"
    file.write_text(HEAD + rows, encoding="utf-8")
    with pytest.raises(InputErrors) as caught:
        tags.load(file)
    assert what in {error.what for error in caught.value.errors}


def test_the_check_reads_tags_and_glossary(monkeypatch):
    from yeonjwa.evidence import check, words

    def broken():
        raise InputError("id", "x", "another", "tags.csv, line 2")

    monkeypatch.setattr(tags, "load", broken)
    monkeypatch.setattr(words, "load", broken)
    assert [error["where"] for error in check.check()["errors"]] == ["tags.csv, line 2"] * 2
