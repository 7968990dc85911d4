"""The ledger is read strictly, and holds together."""

from __future__ import annotations

from pathlib import Path

import pytest

from yeonjwa.core.errors import InputError
from yeonjwa.evidence import ledger

FACTS = "id,topic,quantity,value,low,high,unit,period,applies_to,source,url,grade,found,note\n"
FACT = 'pop.x,population,Persons,5,4,6,persons,2008,all,"A, B",https://example.org,A,seen,\n'
CLAIMS = "id,claim,who,period,source,url,grade,found,conflicts_with,note\n"
CLAIM = "pol.a,Said,officials,2012,Paper,https://example.org,C,seen,,\n"


def _file(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "ledger.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_shipped_ledger_is_whole():
    facts, claims = ledger.load_facts(), ledger.load_claims()
    assert len(facts) == 996
    assert len(claims) == 124
    assert set(ledger.entries()) == {entry.id for entry in (*facts, *claims)}
    assert {f"seed.{n:02d}" for n in range(1, 45)} <= set(ledger.entries())
    assert all(entry.url for entry in ledger.entries().values() if entry.found == "seen")


def test_an_entry_knows_its_line():
    entry = ledger.entry("pop.north.2008")
    assert isinstance(entry, ledger.Fact)
    assert entry.value == 24_052_231
    name, line = entry.where.split(", line ")
    lines = (ledger.FOLDER / name).read_text(encoding="utf-8").splitlines()
    assert lines[int(line) - 1].startswith("pop.north.2008,")


def test_lines_count_cells_with_breaks(tmp_path):
    broken = FACT.replace('"A, B"', '"A\nB"') + FACT.replace("pop.x", "pop.y").replace(",5,", ",five,")
    with pytest.raises(InputError) as caught:
        ledger.read_facts([_file(tmp_path, FACTS + broken)])
    assert caught.value.where == "ledger.csv, line 4"


def test_conflicts_are_symmetric():
    sides = ledger.conflicts()
    for claim, others in sides.items():
        assert claim not in others
        assert all(claim in sides[other] for other in others)
    assert "seed.07" in sides["pol.2015jul.leniency"]


def test_unknown_id_names_close_ones():
    with pytest.raises(InputError, match=r"pop\.north\.2008") as caught:
        ledger.entry("pop.nort.2008", "here.toml")
    assert caught.value.where == "here.toml"


def test_digest_follows_the_files(tmp_path, monkeypatch):
    before = ledger.digest()
    for name in (*ledger.FACT_FILES, *ledger.CLAIM_FILES):
        (tmp_path / name).write_bytes((ledger.FOLDER / name).read_bytes())
    monkeypatch.setattr(ledger, "FOLDER", tmp_path)
    same = ledger.digest.__wrapped__()
    (tmp_path / "claims.csv").write_bytes((tmp_path / "claims.csv").read_bytes() + b"\n")
    assert same == before
    assert ledger.digest.__wrapped__() != before


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (FACTS.replace("topic", "theme") + FACT, 1, "theme"),
        (FACTS + FACT.replace("A,seen", "D,seen"), 2, "A, B, C"),
        (FACTS + FACT.replace("A,seen", "A,read"), 2, "seen, recalled"),
        (FACTS + FACT.replace(",5,", ",7,"), 2, "range"),
        (FACTS + FACT.replace(",5,", ",nan,"), 2, "finite"),
        (FACTS + FACT.replace(",5,", ",,"), 2, "a number"),
        (FACTS + FACT.replace("pop.x", "Pop x"), 2, "small words"),
        (FACTS + FACT.replace("https://example.org", ""), 2, "address"),
        (FACTS + FACT + FACT, 3, "taken in ledger.csv, line 2"),
        (FACTS + FACT.rstrip("\n") + ",more\n", 2, "14 cells"),
    ],
)
def test_wrong_facts_are_refused_with_their_line(tmp_path, text, line, says):
    with pytest.raises(InputError) as caught:
        ledger.read_facts([_file(tmp_path, text)])
    assert caught.value.where == f"ledger.csv, line {line}"
    assert says in str(caught.value)


@pytest.mark.parametrize("other", ["pol.b", "pol.a"])
def test_conflict_with_nobody_or_oneself_is_refused(tmp_path, other):
    with pytest.raises(InputError, match="conflicts_with"):
        ledger.read_claims([_file(tmp_path, CLAIMS + CLAIM.replace("seen,,", f"seen,{other},"))])


def test_wrong_encoding_is_named(tmp_path):
    file = tmp_path / "ledger.csv"
    file.write_bytes(FACTS.encode() + b"\xff\n")
    with pytest.raises(InputError, match="UTF-8"):
        ledger.read_facts([file])
