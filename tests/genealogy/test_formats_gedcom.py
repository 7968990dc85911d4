"""GEDCOM out: other people's readers accept it and find the same families; and back in again."""

from __future__ import annotations

import datetime
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import ged4py
import gedcom7
import numpy as np
import pytest
from hypothesis import given, settings

from tests.kinship.builder import pedigrees, village
from yeonjwa.core.errors import InputError
from yeonjwa.core.progress import Silent
from yeonjwa.genealogy.formats import gedcom_writer
from yeonjwa.genealogy.formats.gedcom_reader import Genealogy, read_gedcom
from yeonjwa.genealogy.formats.gedcom_writer import write_gedcom
from yeonjwa.genealogy.pedigree import NONE, Pedigree
from yeonjwa.kinship.circles import parse_circle
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.members import members
from yeonjwa.kinship.twin import members_of

FAR = datetime.date(4000, 1, 1)


def written(pedigree: Pedigree, version: str = "7.0") -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.ged"
        write_gedcom(pedigree, path, version=version)
        return path.read_text("ascii")


def again(text: str, today: datetime.date = FAR) -> Genealogy:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.ged"
        path.write_text(text, encoding="utf-8")
        return read_gedcom(path, today=today)


def same(pedigree: Pedigree, genealogy: Genealogy) -> None:
    """Persons, parents, couples and dates are those of the pedigree."""
    p, ids = genealogy.pedigree, genealogy.ids
    assert len(ids) == pedigree.num_persons == p.num_persons
    to = np.array([ids[f"I{i}"] for i in range(pedigree.num_persons)])
    for name in ("birth", "death", "sex"):
        assert np.array_equal(getattr(p, name)[to], getattr(pedigree, name)), name
    for i in range(pedigree.num_persons):
        expected = tuple(NONE if x == NONE else int(to[x]) for x in pedigree.parents(i))
        assert p.parents(int(to[i])) == expected
    before = Counter(zip(to[pedigree.wife], to[pedigree.husband], pedigree.start, strict=True))
    assert before == Counter(zip(p.wife, p.husband, p.start, strict=True))


@pytest.mark.parametrize("version", ["7.0", "5.5.1"])
@given(pedigree=pedigrees())
@settings(max_examples=40)
def test_round_trip(version: str, pedigree: Pedigree) -> None:
    genealogy = again(written(pedigree, version))
    same(pedigree, genealogy)
    assert genealogy.pedigree.provenance == "imported"
    assert not genealogy.placeholder.any()
    assert not genealogy.estimated.any()


def test_round_trip_keeps_every_set_of_kin() -> None:
    pedigree = village(11)
    genealogy = again(written(pedigree))
    to = np.array([genealogy.ids[f"I{i}"] for i in range(pedigree.num_persons)])
    graph = KinGraph(genealogy.pedigree)
    pairs = 0
    for text in ("chon<=6", "spouse", "siblings of spouse", "siblings, half", "chon<=4, paternal"):
        circle = parse_circle(text)
        found = members(graph, circle, to)
        for ego in range(pedigree.num_persons):
            expected = {
                (int(to[row.person]), row.degree, row.half) for row in members_of(pedigree, circle, ego)
            }
            rows = slice(found.offset[ego], found.offset[ego + 1])
            got = zip(found.person[rows], found.degree[rows], found.half[rows], strict=True)
            assert {(int(a), int(b), bool(c)) for a, b, c in got} == expected
            pairs += len(expected)
    assert pairs > 1000


@given(pedigrees())
@settings(max_examples=40)
def test_version_7_is_valid_for_another_reader(pedigree: Pedigree) -> None:
    records = gedcom7.loads(written(pedigree))
    assert gedcom7.validate(records) == []
    tags = Counter(record.tag for record in records)
    assert tags == Counter(HEAD=1, INDI=pedigree.num_persons, FAM=pedigree.num_unions, TRLR=1)


def test_version_551_is_read_by_another_reader(tmp_path: Path) -> None:
    pedigree = village(3)
    path = tmp_path / "out.ged"
    assert write_gedcom(pedigree, path, version="5.5.1") == {
        "persons": pedigree.num_persons,
        "families": pedigree.num_unions,
    }
    with ged4py.GedcomReader(str(path)) as reader:
        people = {record.xref_id: record for record in reader.records0("INDI")}
        for i in range(pedigree.num_persons):
            record = people[f"@I{i}@"]
            found = [record.mother, record.father]
            assert [x.xref_id if x else None for x in found] == [
                None if x == NONE else f"@I{x}@" for x in pedigree.parents(i)
            ]
            assert record.sex == "FM"[pedigree.sex[i]]
            assert record.sub_tag("NAME") is None
        header = reader.header
        assert header is not None
        assert header.sub_tag_value("GEDC/VERS") == "5.5.1"


@pytest.mark.parametrize("version", ["7.0", "5.5.1"])
def test_nobody_has_a_name_and_everybody_is_marked(version: str) -> None:
    pedigree = village(2)
    text = written(pedigree, version)
    head, *people = text.split(" INDI\n")
    assert "synthetic: true" in head
    assert len(people) == pedigree.num_persons
    assert all("1 NOTE synthetic: true\n" in record for record in people)
    assert not any("NAME" in record for record in people)
    imported = written(replace(pedigree, provenance="imported"), version)
    assert "synthetic: true" not in imported
    assert "synthetic: false" in imported


def test_equal_pedigrees_give_equal_bytes_in_pieces_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    pedigree = village(9)
    text = written(pedigree)
    assert written(village(9)) == text
    monkeypatch.setattr(gedcom_writer, "_CHUNK", 3)
    assert written(pedigree) == text


def test_what_has_not_happened_is_left_out() -> None:
    whole = village(4)
    last = int(np.median(whole.birth))
    pedigree = replace(whole, last_month=last)
    genealogy = again(written(pedigree))
    born = np.flatnonzero(pedigree.birth <= last)
    assert sorted(genealogy.ids) == sorted(f"I{i}" for i in born)
    for i in born:
        known = pedigree.death[i] <= last
        assert genealogy.estimated[genealogy.ids[f"I{i}"]] == (not known)
    assert gedcom7.validate(gedcom7.loads(written(pedigree))) == []
    started = pedigree.start <= last
    assert genealogy.pedigree.num_unions == int(started.sum())


def test_progress_is_told_of_large_files_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Told(Silent):
        def __init__(self) -> None:
            self.total = self.done = 0

        def stage(self, name: str, total: int, unit: str) -> None:
            self.total = total

        def advance(self, n: int = 1) -> None:
            self.done += n

    pedigree, told = village(4), Told()
    write_gedcom(pedigree, tmp_path / "a.ged", progress=told)
    assert told.total == 0
    monkeypatch.setattr(gedcom_writer, "_LARGE", 10)
    write_gedcom(pedigree, tmp_path / "b.ged", progress=told)
    assert told.total == told.done == pedigree.num_persons + pedigree.num_unions


def test_another_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="version of GEDCOM"):
        write_gedcom(village(1), tmp_path / "out.ged", version="5.5")
    assert not (tmp_path / "out.ged").exists()
