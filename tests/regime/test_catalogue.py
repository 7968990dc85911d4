"""Every regime of the catalogue keeps the invariants, and a file that is wrong is refused with all its errors at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from yeonjwa.core.errors import InputError, InputErrors
from yeonjwa.evidence import ledger
from yeonjwa.regime import catalogue
from yeonjwa.regime.catalogue import Regime, describe, read_regimes, regime, regimes
from yeonjwa.regime.sanctions import KINDS, sanctions

PAGE = (Path(__file__).parents[2] / "docs" / "regimes.md").read_text("utf-8")
TANG = (catalogue.CATALOGUE / "tang.toml").read_text("utf-8")


@pytest.fixture(params=list(regimes()))
def entry(request: pytest.FixtureRequest) -> Regime:
    return regimes()[request.param]


class TestEntry:
    """What holds for each entry."""

    def test_has_a_standing_rule_or_says_why_not(self, entry: Regime) -> None:
        assert entry.chosen() or entry.note
        assert set(entry.chosen()) <= set(entry.chosen(widest=True)) == set(entry.rules)

    def test_recalled_sources_alone_do_not_make_grade_a(self, entry: Regime) -> None:
        for rule in entry.rules:
            found = [entry.sources[key].found if key in entry.sources else "seen" for key in rule.sources]
            assert rule.grade != "A" or "seen" in found

    def test_sources_are_in_the_file_or_in_the_ledger(self, entry: Regime) -> None:
        for key in entry.ledger:
            assert ledger.entry(key, entry.id)
        assert entry.ledger or entry.sources

    def test_is_listed_in_the_document(self, entry: Regime) -> None:
        assert f"| `{entry.id}` |" in PAGE

    def test_degree_of_a_kind_is_within_that_of_all(self, entry: Regime) -> None:
        total = entry.degree(widest=True)
        assert total is not None
        assert total == max(entry.degree(kind, widest=True) or 0 for kind in KINDS)

    def test_spares_only_whom_somebody_could_be(self, entry: Regime) -> None:
        for rule in entry.rules:
            assert "married_out" not in rule.spares or any(leaves for _, leaves in rule.parts)

    def test_spouse_is_described_as_the_rules_have_it(self, entry: Regime) -> None:
        paths = {path for rule in entry.rules for path in rule.circle.paths}
        assert ("S" in paths) != entry.spouse.startswith("Not ")

    def test_described_as_plain_data(self, entry: Regime) -> None:
        import json

        again = json.loads(json.dumps(describe(entry)))
        assert [rule["id"] for rule in again["rules"]] == [rule.id for rule in entry.rules]
        assert all(rule["probability"] == 1 for rule in again["rules"] if rule["basis"] == "statute")


def test_document_lists_the_catalogue_and_the_vocabulary() -> None:
    lists = PAGE[: PAGE.index("## Who answers")]
    rows = re.findall(r"^\| `([a-z0-9_.]+)` \|", lists, re.MULTILINE)
    assert set(rows) == set(regimes()) | set(sanctions())
    assert [row for row in rows if row in sanctions()] == list(sanctions())


def test_unknown_regime_names_near_ones() -> None:
    with pytest.raises(InputError, match="tang"):
        regime("tan")


def write(folder: Path, text: str, name: str = "tang.toml") -> None:
    (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('circle = "father"', 'circel = "father"', r"circel.*tang\.toml, line \d+.*circle"),
        ('circle = "father"', 'circle = "fathers of"', r"circle.*fathers of"),
        ('sanction = "death"', 'sanction = "hanging"', r"hanging.*death, castration"),
        ("age_from = 16", "age_from = 80", "age_from.*80.*below age_below, 80"),
        ("age_from = 16", 'age_from = "16"', "age_from.*'16'.*whole number"),
        ('grade = "B"', 'grade = "D"', "grade.*'D'"),
        ('id = "tang"', 'id = "song"', "id.*song.*tang"),
        ("from = 653", "from = 0", "from.*0.*year"),
        ("from = 653", "from = 653\nto = 600", "to.*600.*no earlier than 653"),
        ('sources = ["tang248"]', 'sources = ["tang249"]', "sources.*tang249.*tang248"),
        ('found = "recalled"', 'found = "guessed"', "found.*guessed"),
        ('basis = "statute"', 'basis = "statute"\nprobability = 0.5', "probability.*a statute holds"),
        ('spares = ["disabled"]', 'spares = ["rich"]', "spares.*rich"),
        ('id = "sons_small"', 'id = "sons_grown"', "sons_grown.*each once"),
        ("figure = true", "figure = 1", "figure.*true or false"),
        ('key = "wikipedia.nine"', 'key = "wikipedia.ten"', "wikipedia.ten.*one that a rule or exit cites"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in TANG
    write(tmp_path, TANG.replace(old, new))
    with pytest.raises(InputErrors) as caught:
        read_regimes(tmp_path)
    assert re.search(message, str(caught.value), re.DOTALL)
    assert all("tang.toml" in error.where for error in caught.value.errors)


def test_all_errors_of_all_files_are_listed_at_once(tmp_path: Path) -> None:
    write(tmp_path, TANG.replace("figure = true", "figure = 1").replace("age_from = 16", "age_from = -1"))
    write(tmp_path, "id = ", "second.toml")
    (tmp_path / "third.toml").write_bytes(b"\xff")
    with pytest.raises(InputErrors) as caught:
        read_regimes(tmp_path)
    places = [error.where for error in caught.value.errors]
    assert len(places) == 4
    assert [place.split(",")[0].split("/")[-1] for place in places] == [
        "second.toml",
        "tang.toml",
        "tang.toml",
        "third.toml",
    ]
    with pytest.raises(InputErrors, match="catalogue"):
        read_regimes(tmp_path / "none")


def test_line_of_an_error_is_the_line_of_the_key(tmp_path: Path) -> None:
    lines = TANG.splitlines()
    at = lines.index("age_from = 16")
    write(tmp_path, TANG.replace("age_from = 16", "age_from = 200"))
    with pytest.raises(InputErrors) as caught:
        read_regimes(tmp_path)
    assert caught.value.errors[0].where == f"tang.toml, line {at + 1}"


def test_evidence_check_knows_what_regimes_cite(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from yeonjwa.laboratory import cited

    ids = cited.by_regimes()["regime/catalogue/prk.1985.toml"]
    assert "rule.hrw2011" in ids
    text = (catalogue.CATALOGUE / "prk.1985.toml").read_text("utf-8")
    write(tmp_path, text.replace('"rule.hrw2011"', '"rule.hrw2010"'), "prk.1985.toml")
    monkeypatch.setattr(cited, "regimes", lambda: read_regimes(tmp_path))
    found = cited.check_all()["errors"]
    assert any("prk.1985.toml" in e["where"] and "rule.hrw2010" in e["message"] for e in found)
    write(tmp_path, "id = ", "second.toml")
    assert [e["rule"] for e in cited.check_all()["errors"]] == ["regimes"]
