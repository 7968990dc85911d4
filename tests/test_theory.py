"""The page on theory: what it prints is what the set-ups find, and every finding inside its conditions agrees."""

from __future__ import annotations

import importlib
import json
import re
from functools import lru_cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from tools.write_theory import filled

from yeonjwa import theory
from yeonjwa.cli import cli
from yeonjwa.core.errors import InputError
from yeonjwa.society.stylised.findings import Demonstration, Finding

DOCS = Path(__file__).parent.parent / "docs"
KEPT = json.loads((DOCS / "theory" / "findings.json").read_text("utf-8"))
#: Set-ups that simulate a country take seconds each: their tests stand in tests/society/stylised, on a shared one.
VILLAGES = ("support", "hints", "beliefs")


@lru_cache(maxsize=1)
def given() -> theory.Setting:
    return theory.setting()


@lru_cache(maxsize=8)
def shown(name: str) -> Demonstration:
    (found,) = theory.demonstrate([name], given=given())
    return found


@pytest.mark.parametrize("name", VILLAGES)
def test_every_finding_inside_its_conditions_agrees(name: str) -> None:
    assert shown(name).failed == []
    assert any(found.inside for found in shown(name).findings)
    assert any(not found.inside for found in shown(name).findings)


@pytest.mark.parametrize("name", VILLAGES)
def test_the_page_says_what_the_set_up_finds(name: str) -> None:
    now = [row.as_dict() for row in shown(name).findings]
    assert [(row["what"], row["where"]) for row in now] == [(row["what"], row["where"]) for row in KEPT[name]]
    for new, old in zip(now, KEPT[name], strict=True):
        assert new["theory"] == pytest.approx(old["theory"], rel=1e-6, abs=1e-9), new["what"]
        assert new["found"] == pytest.approx(old["found"], rel=0.02, abs=2e-3), new["what"]


def test_tables_of_the_page_are_those_of_its_findings() -> None:
    page = (DOCS / "theory.md").read_text("utf-8")
    assert filled(page, KEPT) == page
    assert re.findall(r"<!-- findings: (\w+) -->", page) == list(theory.NAMES)
    assert set(KEPT) == set(theory.NAMES)


def test_every_set_up_has_its_module_and_figure() -> None:
    for name in theory.NAMES:
        assert callable(importlib.import_module(f"yeonjwa.society.stylised.{name}").demonstrate)
        assert "<svg" in (DOCS / "theory" / f"{name}.svg").read_text("utf-8")[:100]


def test_a_finding_off_its_theory_is_reported() -> None:
    row = Finding("a", "b", True, 1.0, 1.2, 0.1)
    assert not row.holds
    assert Demonstration("x", "X", (row,), ()).failed == [row]
    assert Demonstration("x", "X", (Finding("a", "b", False, 1.0, 1.2),), ()).failed == []
    assert not Finding("a", "b", True, 1.0, float("nan"), 1.0).holds


def test_the_command_answers_and_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = shown("support")
    monkeypatch.setattr("yeonjwa.society.stylised.support.demonstrate", lambda given: found)
    done = CliRunner().invoke(cli, ["theory", "support", "--json", "--out", str(tmp_path / "figures")])
    assert done.exit_code == 0, done.output
    answer = json.loads(done.output)
    assert answer["agree"] is True
    assert [found["name"] for found in answer["set_ups"]] == ["support"]
    assert (tmp_path / "figures" / "support.svg").is_file()
    assert set(json.loads((tmp_path / "figures" / "findings.json").read_text("utf-8"))) == {"support"}


def test_unknown_set_ups_and_small_countries_are_refused() -> None:
    with pytest.raises(InputError, match="support"):
        theory.demonstrate(["nothing"])
    with pytest.raises(InputError, match="20000"):
        theory.setting(living=100)
