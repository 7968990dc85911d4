"""The page of a comparison says what was found, with its doubt, and says when nothing can be told."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import jsonschema
import pytest

from yeonjwa import workflow
from yeonjwa.core.calendar import month_index
from yeonjwa.core.errors import InputError
from yeonjwa.core.provenance import manifest_schema
from yeonjwa.laboratory import comparison, paired
from yeonjwa.report import comparison_page, intervals
from yeonjwa.report.intervals import nice_span


def _records(task):
    """A stand-in for runs: recalls stop, support falls with luck of its own, arrivals differ by luck alone."""
    found = []
    for world in task.worlds:
        on = world.switch("recall.on", task.first)
        luck = (task.seed * 37 + task.draw * 11) % 13
        # The other arm's luck turns with the seed, so that its difference holds zero.
        arrivals = 1000.0 + 20 * luck + (0 if on else 30 * (-1) ** task.seed)
        whole = {
            "flight.arrivals": arrivals,
            "support.amount": 5e6 + 1e4 * luck - (0 if on else 1e6 + 1e3 * luck),
            "recall.recalled": 80.0 if on else 0.0,
            "camp.stock": 1e5,
            "flight.attempts": 0.0 if on else 4.0 + luck,
        }
        periods = {name: {2005.0 + i: value for i in range(4)} for name, value in whole.items()}
        found.append(paired.Record(whole, periods))
    return tuple(found)


@pytest.fixture(scope="module")
def answer():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "play", _records)
        found = comparison.compare(
            "baseline", "recall_off", "baseline", seeds=4, scale=0.01, draws_of_parameters=3, workers=1
        )
    return found.as_dict()


@pytest.fixture(scope="module")
def page(answer):
    return comparison_page.html(answer)


def of(answer, measure):
    return {**answer, "headline": measure}


def test_headline_is_the_answer_with_its_interval(answer):
    support = comparison_page.headline(of(answer, "support.amount"))
    assert re.fullmatch(
        r"Expatriates are not recalled when kin flee: support paid to relatives 20\s% lower \(95\s%: 20 to 20\s%\)",
        support,
    )
    gone = comparison_page.headline(of(answer, "recall.recalled"))
    assert "expatriates recalled 100\u00a0% lower" in gone


def test_what_cannot_be_told_is_the_headline_too(answer):
    assert (
        "no difference in arrivals in South Korea can be told (95\u00a0%: \u2212"
        in comparison_page.headline(answer)
    )
    assert comparison_page.headline(answer, 1).endswith("arrivals in South Korea do not differ in any run")
    said = comparison_page.lead(answer)
    row = answer["against"][0]["differences"][0]
    if row["seeds_needed"]:
        assert f"{row['seeds_needed']:,} seeds" in said
    else:
        assert "No number of seeds that one can run" in said
    assert f"one of a tenth of baseline (1) with {row['seeds_for_tenth']:,} seeds" in said
    assert "If parameters may be anywhere in their ranges" in said


def test_results_that_the_first_arm_has_not_are_named_and_not_drawn(answer):
    (part,) = comparison_page.sections(answer)[0].parts
    assert "attempts to leave" in part.reading
    assert "Attempts to leave" not in part.figure.wide
    # What no run measured is named as well: these runs hold five results.
    assert "deaths in camps" in part.reading


def test_page_is_whole_without_a_network(page):
    class Parser(HTMLParser):
        ids: list[str]
        problems: list[str]

        def __init__(self):
            super().__init__()
            self.ids, self.problems = [], []

        def handle_starttag(self, tag, attrs):
            named = dict(attrs)
            self.ids += [named["id"]] if "id" in named else []
            for key in ("src", "href"):
                if named.get(key, "#").startswith(("http", "//")):
                    self.problems.append(named[key])
            if tag == "script":
                self.problems.append(tag)

    parser = Parser()
    parser.feed(page)
    assert parser.problems == []
    assert len(parser.ids) == len(set(parser.ids))
    assert "Synthetic persons." in page
    # A table under every figure, in each of its two widths once.
    assert page.count('<div class="drawing wide"') == page.count('<div class="drawing narrow"') == 4
    assert page.count("<table>") >= 4


def test_page_names_changes_seeds_and_the_way_back(page):
    assert "recall.on" in page
    assert "1 parameter differs in recall_off" in page.replace("\u00a0", " ")
    assert "yeonjwa compare" in page
    assert "Draws of parameters" in page


def test_dated_values_are_said_once_and_not_all_of_many():
    def held(*values):
        return [{"from": f"{2000 + i}-01", "value": value} for i, value in enumerate(values)]

    said = comparison_page._dated
    assert said([]) == "–"
    assert said(held(2, 2, 2)) == "2"
    assert said(held({"a": 1, "b": 1}, {"a": 1, "b": 2})) == "from 2000-01: 1 for all; from 2001-01: a 1, b 2"
    assert said(held(True, False)) == "from 2000-01: yes; from 2001-01: no"
    assert said(held(*range(9))) == "from 2000-01: 0; from 2001-01: 1; 6 more; from 2008-01: 8"


def test_recorded_arrivals_are_marks(answer):
    figure = comparison_page.over_time_figure(answer)
    assert "recorded, used for the fit" in {key.label for key in figure.key}
    gaps = comparison_page.over_time_figure(answer, gaps=True)
    assert not any("recorded" in key.label for key in gaps.key)
    assert comparison_page.over_time_figure({**answer, "over_time": []}) is None


def test_lines_of_the_terminal_hold_every_result(answer):
    lines = comparison_page.lines(answer)
    assert len(lines) == 1 + len(answer["measures"])
    assert any("not measured in every run" in line for line in lines)
    assert all("with parameters in their ranges" in line for line in lines if "lower" in line)


@pytest.mark.parametrize(
    ("low", "high", "span"),
    [
        (3.0, 97.0, (0.0, 100.0, 20.0)),
        (-30.0, 12.0, (-30.0, 20.0, 10.0)),
        (-0.02, -0.01, (-0.02, 0.0, 0.005)),
        (0.0, 0.0, (0.0, 1.0, 0.5)),
    ],
)
def test_axis_holds_zero_and_both_ends(low, high, span):
    assert nice_span(low, high) == pytest.approx(span)


def test_a_dashed_interval_never_makes_the_others_small():
    row = {
        "label": "a",
        "text": "",
        "mean": 1.0,
        "low": 0.0,
        "high": 2.0,
        "inner_low": 0.5,
        "inner_high": 1.5,
    }
    spec = intervals.intervals([{**row, "draws_low": -900.0, "draws_high": 3.0}], unit="%", description="d")
    (axis,) = [
        layer["encoding"]["x"]["scale"]["domain"]
        for layer in spec["layer"]
        if "scale" in layer.get("encoding", {}).get("x", {})
    ]
    assert axis[0] >= -5
    with pytest.raises(InputError):
        intervals.intervals([], unit="%", description="d")
    with pytest.raises(InputError):
        intervals.bands([], unit="%", description="d", series=[("a", "a")])


def test_folder_of_a_comparison(tmp_path, monkeypatch):
    monkeypatch.setattr(comparison, "play", _records)
    arguments = {"seeds": 2, "workers": 1, "first": month_index(2005), "last": month_index(2008, 12)}
    out = tmp_path / "out"
    found = workflow.compare(["baseline", "recall_off"], out=out, measures=["support.amount"], **arguments)
    assert found["headline"] == "support.amount"
    assert json.loads((out / "comparison.json").read_text("utf-8")) == json.loads(json.dumps(found))
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    jsonschema.validate(manifest, manifest_schema())
    assert set(manifest["files"]) == {"comparison.html", "comparison.json"}
    with pytest.raises(InputError, match="--overwrite"):
        workflow.compare(["baseline", "recall_off"], out=out, **arguments)
    workflow.compare(["baseline", "recall_off"], out=out, overwrite=True, **arguments)
