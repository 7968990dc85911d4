"""The ledger is read strictly, and holds together."""

from __future__ import annotations

from pathlib import Path

import pytest

from yeonjwa.core.errors import InputError, InputErrors
from yeonjwa.evidence import citations, ledger, parameters
from yeonjwa.evidence.dates import When, parse_when

FACTS = (
    "id,topic,quantity,value,low,high,unit,period,from,to,applies_to,source,url,grade,found,formula,note\n"
)
FACT = 'pop.x,population,Persons,5,4,6,persons,2008,2008,2008,all,"A, B",https://example.org,A,seen,,\n'
CLAIMS = "id,claim,who,period,from,to,source,url,grade,found,conflicts_with,note\n"
CLAIM = "pol.a,Said,officials,Feb 2012,2012-02,,Paper,https://example.org,C,seen,,\n"


def _file(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "ledger.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_shipped_ledger_is_whole():
    facts, claims = ledger.load_facts(), ledger.load_claims()
    assert len(facts) == 1004
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
        (FACTS + FACT.rstrip("\n") + ",more\n", 2, "17 cells"),
        (FACTS + FACT.replace("persons,", "person,"), 2, "did you mean persons"),
        (FACTS + FACT.replace("2008,2008,2008", "2008,2008-13,2008"), 2, "2013-02"),
        (FACTS + FACT.replace("2008,2008,2008", "2008,0,2008"), 2, "before our era"),
        (FACTS + FACT.replace("2008,2008,2008", "2008,2008-07,2007"), 2, "not after the last"),
        (FACTS + FACT.replace("https://", "ftp://"), 2, "https://"),
        (FACTS + FACT.replace("seen,,", "seen,2 * {pop.y},"), 2, "name in a formula"),
        (FACTS + FACT.replace("seen,,", "seen,2 * {pop.x},"), 2, "pop.x -> pop.x"),
        (FACTS + FACT.replace("seen,,", "seen,2 * 3,"), 2, "6, to which 2 * 3 comes"),
        (FACTS + FACT.replace("seen,,", "seen,open(1),"), 2, "formula"),
    ],
)
def test_wrong_facts_are_refused_with_their_line(tmp_path, text, line, says):
    with pytest.raises(InputError) as caught:
        ledger.read_facts([_file(tmp_path, text)])
    assert caught.value.where == f"ledger.csv, line {line}"
    assert says in str(caught.value)


def test_all_errors_are_listed_at_once(tmp_path):
    """A file with several mistakes of several kinds is refused whole, and each mistake has its line."""
    facts = tmp_path / "facts.csv"
    facts.write_text(FACTS + FACT + FACT.replace("persons,", "person,") + FACT.replace(",5,", ",x,"), "utf-8")
    claims = tmp_path / "claims.csv"
    both = (
        CLAIM
        + CLAIM.replace("pol.a", "pol.b").replace("seen,,", "seen,pol.a,")
        + CLAIM.replace("pol.a", "pop.x")
    )
    claims.write_text(CLAIMS + both, "utf-8")
    with pytest.raises(InputErrors) as caught:
        ledger.read([facts], [claims])
    found = {(error.where, error.what) for error in caught.value.errors}
    assert found == {
        ("facts.csv, line 3", "unit"),
        ("facts.csv, line 4", "value"),
        ("claims.csv, line 3", "conflicts_with"),
        ("claims.csv, line 4", "id"),
    }
    assert len(caught.value.as_dict()["errors"]) == 4
    assert str(caught.value).count("\n") == 4


def test_derivation_in_a_circle_is_named(tmp_path):
    rows = "".join(
        FACT.replace("pop.x", f"pop.{a}").replace("seen,,", f"seen,{{pop.{b}}},")
        for a, b in ("xy", "yz", "zx")
    )
    with pytest.raises(InputError, match=r"pop\.x -> pop\.y -> pop\.z -> pop\.x"):
        ledger.read_facts([_file(tmp_path, FACTS + rows)])


def test_dates_of_periods():
    assert ledger.entry("pop.north.2008").start == (2008, 10)
    easing = ledger.entry("pol.2013feb.easing")
    assert str(easing.start) == "2013-02"
    assert ledger.during(easing, When(2013), When(2013, 3))
    assert not ledger.during(easing, When(2013, 3))
    assert not ledger.during(easing, None, When(2013, 1))
    timeless = next(fact for fact in ledger.load_facts() if fact.period == "timeless")
    assert (timeless.start, timeless.end) == (None, None)
    assert ledger.during(timeless, When(-338), When(-200))
    assert str(parse_when("-338")) == "-338"
    assert parse_when("-338").ends < parse_when("0653-02").begins


def test_loading_is_sorted(tmp_path):
    rows = FACT.replace("pop.x", "pop.z") + FACT
    assert [fact.id for fact in ledger.read_facts([_file(tmp_path, FACTS + rows)])] == ["pop.x", "pop.z"]
    ids = [fact.id for fact in ledger.load_facts()]
    assert ids == sorted(ids)


def test_derived_facts_come_to_what_they_state():
    """Each is computed again from the facts it names; the check is the loader's, looked at from outside."""
    derived = [fact for fact in ledger.load_facts() if fact.formula]
    assert len(derived) >= 28
    for fact in derived:
        assert round(ledger.recomputed(fact), fact.decimals) == pytest.approx(fact.value, abs=1e-12), fact.id
    rate = ledger.entry("defectors.rate.n_hamgyong")
    assert ledger.recomputed(rate) == pytest.approx(1000 * 18_665 / 2_327_362)


def test_addresses_of_copies_are_not_printed():
    assert ledger.mirror("https://www.yumpu.com/en/document/view/42804980") == "uploaded documents"
    assert ledger.mirror("https://en.wikipedia-on-ipfs.org/wiki/X") == "copy of Wikipedia"
    assert ledger.mirror("https://www.rfa.org/english/") == ledger.mirror("https://notyumpu.com/") == ""
    copies = [entry for entry in ledger.entries().values() if ledger.mirror(entry.url)]
    assert copies
    printed = {citation.url for citation in citations(parameters.load(), [entry.id for entry in copies])}
    assert not printed & {entry.url for entry in copies}
    assert "https://www.rfa.org/english/news/korea/relatives-03232015172926.html" in printed


@pytest.mark.parametrize("other", ["pol.b", "pol.a"])
def test_conflict_with_nobody_or_oneself_is_refused(tmp_path, other):
    with pytest.raises(InputError, match="conflicts_with"):
        ledger.read_claims([_file(tmp_path, CLAIMS + CLAIM.replace("seen,,", f"seen,{other},"))])


def test_wrong_encoding_is_named(tmp_path):
    file = tmp_path / "ledger.csv"
    file.write_bytes(FACTS.encode() + b"\xff\n")
    with pytest.raises(InputError, match="UTF-8") as caught:
        ledger.read_facts([file])
    assert caught.value.where == "ledger.csv, line 2"
    file.write_bytes(b"\xef\xbb\xbf" + FACTS.encode())
    with pytest.raises(InputError, match="byte order mark"):
        ledger.read_facts([file])


@pytest.mark.parametrize(
    "text", ["", "read_until = 2026", 'read_until = "2026-11-23"', "read_til = 2026-11-23"]
)
def test_the_last_day_of_reading_is_a_date_and_nothing_else(tmp_path: Path, text: str) -> None:
    file = tmp_path / "closed.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(InputError, match="last day of reading"):
        ledger.read_until(file)
    assert ledger.read_until().year >= 2026
