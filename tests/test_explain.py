"""From a number to its sources: every link of the chain is there, and says the same as the files."""

from __future__ import annotations

import json

import pytest

from yeonjwa import cli
from yeonjwa.core.errors import InputError
from yeonjwa.evidence import ledger
from yeonjwa.evidence import sources as registry
from yeonjwa.laboratory import influence
from yeonjwa.report import explain, grounds, page, results
from yeonjwa.society.recorder import MEASURES
from yeonjwa.society.schedule import SCHEDULE


@pytest.fixture(scope="module")
def chain(run_folder):
    return explain.explain(run_folder, "support.amount")


def test_the_number_is_that_of_the_series(chain, run_folder):
    import duckdb

    query = (
        "SELECT sum(value) * 12 / count(DISTINCT month) FROM read_parquet(?) "
        "WHERE measure = 'support.amount' AND dimension = 'total'"
    )
    (expected,) = duckdb.execute(query, [str(run_folder / "series.parquet")]).fetchall()[0]
    assert chain["value"] == pytest.approx(expected)
    assert chain["unit"] == "baskets"


def test_parameters_lead_to_entries_and_entries_to_sources(chain):
    moved = [effect.path for effect in influence.load().effects["support.amount"]]
    assert [p["path"] for p in chain["parameters"]] == [
        p for p in moved if p in {q["path"] for q in chain["parameters"]}
    ]
    keys = {source["key"] for source in chain["sources"]}
    for parameter in chain["parameters"]:
        assert parameter["grade"] in ledger.GRADES
        assert [entry["id"] for entry in parameter["entries"]] == parameter["sources"]
        for entry in parameter["entries"]:
            assert entry["source"] in keys
            assert registry.load()[ledger.entry(entry["id"]).source].key == entry["source"]
    assert 0 <= chain["assumed"] <= 1
    assert sum(chain["by_grade"].values()) == pytest.approx(1)


def test_the_chain_is_printed_step_by_step(chain):
    text = "\n".join(explain.as_lines(chain))
    places = [
        text.index(words)
        for words in ("support.amount = ", "series.parquet", "steps of the month", "grade ", "movement")
    ]
    assert places == sorted(places)
    assert "of all squared movement beyond chance" in text


@pytest.mark.parametrize("measure", ["flight.arrivals", "support.fear_share", "camp.stock", "party.members"])
def test_any_measure_can_be_explained(run_folder, measure, capsys):
    assert cli.main(["explain", str(run_folder), measure, "--parameters", "2", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["measure"] == measure
    assert 1 <= len(answer["parameters"]) <= 2
    assert cli.main(["explain", str(run_folder), measure]) == 0
    assert capsys.readouterr().out.startswith(f"{measure} = ")


def test_what_to_cite_is_printed_and_stored(run_folder, capsys):
    assert cli.main(["explain", str(run_folder), "--cite"]) == 0
    printed = capsys.readouterr().out
    assert printed.rstrip() in (run_folder / "CITATION.txt").read_text("utf-8")
    assert cli.main(["explain", str(run_folder), "--cite", "--format", "bibtex"]) == 0
    assert capsys.readouterr().out.rstrip() == (run_folder / "citation.bib").read_text("utf-8").rstrip()
    assert cli.main(["explain", str(run_folder), "--cite", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sources"]


def test_bad_input(run_folder, tmp_path):
    with pytest.raises(InputError, match=r"flight\.arrivals"):
        explain.explain(run_folder, "flight.arrival")
    with pytest.raises(InputError):
        explain.explain(tmp_path, "flight.arrivals")
    assert cli.main(["explain", str(run_folder)]) == 2
    assert cli.main(["explain", str(run_folder), "flight.arrivals", "--cite"]) == 2


def test_every_measure_has_its_mechanism():
    steps = {step.name for step in SCHEDULE}
    for measure in MEASURES:
        first = measure.split(".")[0]
        assert first in explain.MECHANISMS, measure
        assert set(explain.MECHANISMS[first].steps) <= steps


def test_every_figure_and_table_says_what_it_rests_on(run_folder):
    run = results.read(run_folder)
    found = [part for section in page.sections(run) for part in section.parts if part.figure or part.table]
    assert found
    for part in found:
        assert part.grounds is not None, part.title
        for mover in part.grounds.movers:
            assert mover.grade in ledger.GRADES
    assert any(part.grounds.movers for part in found)
    html = (run_folder / "report.html").read_text("utf-8")
    assert html.count('class="grounds"') >= sum(not part.empty for part in found)
    assert "What moves these results" in html


def test_movements_in_words():
    def effect(low, base, high):
        return influence.Effect("a.b", "m", low, base, high, True, 1.0)

    assert grounds.movement(effect(5, 10, 12)) == "\u221250 to +20\u00a0%"
    assert grounds.movement(effect(1, 10, 31)) == "\u00d7\u00a00.1 to \u00d7\u00a03.1"
    assert grounds.movement(effect(10, 10, 10.01)) == "less than 1\u00a0%"
