"""``yeonjwa regimes``: list, show, compare, on the command line and as functions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.english import left
from yeonjwa import cli, regimes
from yeonjwa.core.errors import InputError
from yeonjwa.laboratory.scenario import load
from yeonjwa.regime.catalogue import regimes as catalogue

SMALL = ("--living", "2000", "--sample", "60", "--seed", "2")


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.cli, ["regimes", *words], catch_exceptions=False)


def test_list_names_every_regime() -> None:
    answer = json.loads(run("list", "--json").output)
    assert [row["id"] for row in answer["regimes"]] == list(catalogue())
    lines = run("list", "--group", "prk").output.splitlines()
    assert all(line.startswith("prk.") for line in lines[1:])
    with pytest.raises(InputError, match="prk"):
        regimes.listed("dprk")


def test_show_gives_rules_and_sources_with_their_grades() -> None:
    answer = json.loads(run("show", "prk.1985", "--json").output)
    sources = {source["key"]: source for source in answer["sources"]}
    assert sources["rule.hrw2011"]["grade"] == "A"
    assert {key for rule in answer["rules"] for key in rule["sources"]} <= sources.keys()
    text = run("show", "tang").output
    assert "not re-read" in text
    assert "not represented: adoption" in text


@pytest.mark.parametrize("id", [r.id for r in catalogue().values() if r.scenario])
def test_a_reading_of_the_north_korean_rules_is_a_scenario(id: str, tmp_path: Path) -> None:
    file = tmp_path / "reading.toml"
    file.write_text(run("show", id, "--scenario").output, encoding="utf-8")
    loaded = load(str(file))
    assert len(loaded.changes) == len(catalogue()[id].scenario)


def test_any_other_regime_is_a_scenario_as_far_as_it_maps() -> None:
    assert regimes.scenario("tang") == run("show", "tang", "--scenario").output
    assert "Does not map: death and slavery" in regimes.scenario("tang")
    with pytest.raises(InputError, match="tang"):
        regimes.scenario("tan")


def test_compare_prints_a_row_for_each_regime() -> None:
    answer = json.loads(run("compare", "tang", "nkvd.00486", *SMALL, "--json").output)
    assert [row["id"] for row in answer["regimes"]] == ["tang", "nkvd.00486"]
    for row in answer["regimes"]:
        assert row["reached_p10"] <= row["reached_p50"] <= row["reached_p90"] <= row["reached_max"]
        assert row["reached_se"] > 0
    assert [row["max_degree"] for row in answer["regimes"]] == [3, 1]
    assert answer["population"]["offenders"] == 60
    again = json.loads(run("compare", "tang", "nkvd.00486", *SMALL, "--json").output)
    assert again == answer
    lines = run("compare", "tang", *SMALL).output
    assert "Shared fate" in lines


def test_compare_reads_a_folder(run_folder: Path) -> None:
    answer = regimes.compare(["tang"], folder=run_folder, sample=50)
    assert answer["population"]["month"] == "2006-12"
    assert answer["regimes"][0]["reached_mean"] > 1


def test_compare_writes_a_page_in_korean(run_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "rings"
    regimes.compare(["tang", "prk.2012"], folder=run_folder, sample=50, out=out, language="ko")
    assert {"regimes.ko.html", "rings.ko.svg", "rings.ko.png", "regimes.json"} <= {
        p.name for p in out.iterdir()
    }
    page = (out / "regimes.ko.html").read_text("utf-8")
    assert '<html lang="ko">' in page
    assert left(page) == left((out / "rings.ko.svg").read_text("utf-8")) == []


def test_what_cannot_be_compared() -> None:
    with pytest.raises(InputError, match="regime"):
        regimes.compare(["song"])
    with pytest.raises(InputError, match="living"):
        regimes.compare(["tang"], living=10)
    with pytest.raises(InputError, match="country"):
        regimes.compare(["tang"], country="XXX", living=2000)
