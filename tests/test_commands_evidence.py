"""The commands for the evidence: one JSON object with --json, lines for a reader without, exit code 1 on errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from yeonjwa import cli
from yeonjwa.evidence import ledger
from yeonjwa.laboratory import scenario


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = cli.main(["evidence", *arguments])
    streams = capsys.readouterr()
    assert streams.err == ""
    return code, streams.out


def test_check(capsys):
    code, out = call(capsys, "check", "--json")
    report = json.loads(out)
    assert code == 0
    assert set(report) == {"errors", "warnings", "counts"}
    assert report["errors"] == []
    rules = {found["rule"] for found in report["warnings"]}
    assert {"unused fact", "stale", "address of a copy"} <= rules
    unused = {found["message"] for found in report["warnings"] if found["rule"] == "unused fact"}
    assert len(unused) == len(ledger.load_facts()) - report["counts"]["facts_in_use"]
    assert not {"defectors.arrivals.2017.total", "camps.association.cases", "camps.population.2009"} & unused
    code, out = call(capsys, "check")
    assert "more; --all lists them" in out
    assert len(call(capsys, "check", "--all")[1].splitlines()) > len(out.splitlines())


def test_check_of_a_broken_ledger_lists_all_errors_and_ends_with_1(capsys, tmp_path, monkeypatch):
    for file in filter(Path.is_file, ledger.FOLDER.iterdir()):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    facts = tmp_path / "facts.csv"
    lines = facts.read_text("utf-8").splitlines()
    lines[4] = lines[4].replace(",persons,", ",perons,")
    lines[9] = lines[8]
    facts.write_text("\n".join(lines) + "\n", "utf-8")
    caches = (ledger.load, ledger.entries, ledger.conflicts)
    monkeypatch.setattr(ledger, "FOLDER", tmp_path)
    for cache in caches:
        cache.cache_clear()
    try:
        code, out = call(capsys, "check", "--json")
    finally:
        monkeypatch.undo()
        for cache in caches:
            cache.cache_clear()
    report = json.loads(out)
    assert code == 1
    assert {found["where"] for found in report["errors"]} >= {"facts.csv, line 5", "facts.csv, line 10"}
    assert report["counts"] == {}


def test_a_broken_scenario_is_an_error_of_the_check(capsys, tmp_path, monkeypatch):
    for file in scenario.FOLDER.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    broken = tmp_path / "severity_flat.toml"
    broken.write_text(broken.read_text("utf-8").replace("seed.07", "seed.7x"), "utf-8")
    monkeypatch.setattr(scenario, "FOLDER", tmp_path)
    code, out = call(capsys, "check", "--json")
    (found,) = json.loads(out)["errors"]
    assert code == 1
    assert found["where"].startswith("severity_flat.toml, line ")


def test_conflicts(capsys):
    code, out = call(capsys, "conflicts", "--json")
    rows = json.loads(out)["conflicts"]
    assert code == 0
    assert {"id", "question", "sides", "why_not"} == set(rows[0])
    assert all(claim["grade"] in ledger.GRADES for r in rows for s in r["sides"] for claim in s["claims"])
    assert "pol.2013feb.easing: Milder for ordinary families" in call(capsys, "conflicts")[1]


@pytest.mark.parametrize(("format", "begins"), [("text", "["), ("bibtex", "@"), ("csl-json", "[")])
def test_sources(capsys, tmp_path: Path, format, begins):
    file = tmp_path / "out"
    code, out = call(capsys, "sources", "--format", format, "--scenario", "liability_off", "--out", str(file))
    assert code == 0
    assert str(file) in out
    assert file.read_text("utf-8").startswith(begins)


def test_sources_as_json(capsys):
    rows = json.loads(call(capsys, "sources", "--json")[1])["sources"]
    assert len(rows) > 300
    assert all(row["entries"] and row["reasons"] for row in rows)


def test_rivals(capsys):
    arguments = (
        "rivals",
        "vetting_lines",
        "--scale",
        "0.002",
        "--seeds",
        "1",
        "--from",
        "2012-01",
        "--to",
        "2012-03",
    )
    code, out = call(capsys, *arguments, "--json")
    answer = json.loads(out)
    assert code == 0
    assert {o["side"] for o in answer["outcomes"]} == {"", "seed.27", "vet.general_paternal"}
    assert answer["conflict"]["id"] == "vetting_lines"
