"""Pages of stored runs: the same numbers as the files and the command line, in both languages, without script or inline style."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.utils import translation

from tests.english import left
from yeonjwa.cli import cli
from yeonjwa.core.errors import InputError
from yeonjwa.laboratory.store import plain
from yeonjwa.observatory.pages import comparing, exporting, findings, sheets, stored
from yeonjwa.report import provinces

PAGES = ("results/", "money/", "map/", "map/?view=outline&show=poor")


class _Page(HTMLParser):
    """What a page must not hold, and its headings and ids."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Every start tag."""
        given = dict(attrs)
        self.tags.append(tag)
        if "id" in given:
            self.ids.append(str(given["id"]))
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)
        self.inline += [name for name in given if name == "style" or name.startswith("on")]


def page(answer: Any) -> str:
    """The text of a page after the checks that hold for each."""
    assert answer.status_code == 200
    text: str = answer.content.decode()
    found = _Page()
    found.feed(text)
    assert found.inline == []
    assert found.tags.count("h1") == 1
    assert sorted(found.ids) == sorted(set(found.ids))
    assert 'class="synthetic"' in text
    return text


@pytest.mark.parametrize("language", ["", "/ko"])
def test_every_page_of_a_run_opens(client: Any, finished: Any, language: str) -> None:
    texts = [page(client.get(f"{language}/runs/{finished.pk}/{name}")) for name in PAGES]
    texts.append(page(client.get(f"{language}/exports/{finished.pk}/")))
    texts.append(page(client.get(f"{language}/")))
    texts.append(page(client.get(f"{language}/compare/")))
    for text in texts:
        assert f'<html lang="{"ko" if language else "en"}"' in text


def test_pages_of_a_run_that_is_not_over_lead_to_its_progress(client: Any, finished: Any) -> None:
    finished.status = "running"
    finished.save()
    for name in ("results/", "money/", "map/"):
        answer = client.get(f"/runs/{finished.pk}/{name}")
        assert answer.status_code == 302
        assert answer["Location"] == f"/runs/{finished.pk}/"
    assert client.get("/runs/999999/results/").status_code == 404
    assert client.get(f"/exports/{finished.pk}/series.csv").status_code == 404


def test_results_are_those_of_the_report_that_the_command_line_wrote(
    client: Any, finished: Any, run_folder: Path
) -> None:
    report = (run_folder / "report.html").read_text("utf-8")
    shown = page(client.get(f"/runs/{finished.pk}/results/"))
    drawings = re.findall(r'<div class="drawing wide".*?</svg></div>', report, re.DOTALL)
    assert len(drawings) > 10
    assert all(drawing in shown for drawing in drawings)
    assert stored.text_of(stored.report(run_folder).headline) in stored.text_of(shown)
    assert 'href="@exports' not in shown
    assert 'href="#p-' not in shown


def test_table_of_arrivals_equals_the_parquet_file(client: Any, finished: Any, run_folder: Path) -> None:
    text = client.get(f"/exports/{finished.pk}/tables/arrivals-1.csv").content.decode()
    rows = list(csv.reader(io.StringIO(text)))
    truth = duckdb.execute(
        "SELECT sum(value) FROM read_parquet(?) WHERE measure = 'flight.arrivals' AND dimension = 'total'",
        [str(run_folder / "series.parquet")],
    ).fetchone()
    assert truth is not None
    assert sum(float(row[1].replace(",", "")) for row in rows[1:]) == pytest.approx(truth[0], rel=0.005)


def test_series_as_csv_has_the_rows_of_the_parquet_file(client: Any, finished: Any, run_folder: Path) -> None:
    text = client.get(f"/exports/{finished.pk}/series.csv").content.decode()
    count = duckdb.execute("SELECT count(*) FROM read_parquet(?)", [str(run_folder / "series.parquet")])
    assert len(text.splitlines()) - 1 == count.fetchall()[0][0]


def test_money_of_a_year_comes_out_as_it_went_in(client: Any, finished: Any, run_folder: Path) -> None:
    text = client.get(f"/runs/{finished.pk}/money.csv?year=2006").content.decode()
    rows = list(csv.reader(io.StringIO(text)))[1:]
    truth = duckdb.execute(
        "SELECT sum(amount) FROM read_parquet(?) WHERE year = 2006 AND \"to\" <> 'exit' "
        "AND motive NOT IN ('family', 'family_fee')",
        [str(run_folder / "flows.parquet")],
    ).fetchone()
    assert truth is not None
    assert sum(float(row[3]) for row in rows) == pytest.approx(truth[0])
    for year in ("1800", "x", "२०१४", "-1", ""):
        assert client.get(f"/runs/{finished.pk}/money/", {"year": year}).status_code == 200


def test_map_counts_what_the_series_say(client: Any, finished: Any, run_folder: Path) -> None:
    text = client.get(f"/runs/{finished.pk}/map.csv?show=poor&year=Jun 2006").content.decode()
    shown = {row["province"]: float(row["poor"]) for row in csv.DictReader(io.StringIO(text))}
    query = (
        "SELECT level, value FROM read_parquet(?) "
        "WHERE measure = ? AND dimension = 'province' AND year(month) = 2006 AND month(month) = 6"
    )
    file = str(run_folder / "series.parquet")
    poor = dict(duckdb.execute(query, [file, "hardship.poor"]).fetchall())
    alive = dict(duckdb.execute(query, [file, "population.alive"]).fetchall())
    assert shown == pytest.approx({k: 100 * poor[k] / alive[k] for k in poor})
    assert set(shown) == set(provinces.TILES)
    # A run of two years is counted by month, and the page says so.
    assert "residents a month" in page(client.get(f"/runs/{finished.pk}/map/"))
    html = page(client.get(f"/runs/{finished.pk}/map/?show=poor"))
    assert all(name in html for name in ("평양", "함경북도", "량강도", "강원도", "라선", "남포", "개성"))


def test_korean_map_names_places_in_korean_and_once(client: Any, finished: Any) -> None:
    html = page(client.get(f"/ko/runs/{finished.pk}/map/?show=poor"))
    text = re.sub("<[^>]+>", " ", html[html.index("<main") : html.index("<details")])
    assert "Pyongyang" not in text
    assert "Hamgyong" not in text
    assert "함경북도" in text
    assert not re.search(r"(함경북도|평양)\s+\1", text)


def test_slider_of_the_map_asks_for_a_month_by_its_number(client: Any, finished: Any) -> None:
    months = client.get(f"/runs/{finished.pk}/map/").context["years"]
    html = page(client.get(f"/runs/{finished.pk}/map/?at=3&show=poor"))
    assert f'min="1" max="{len(months)}" step="1" value="3"' in html
    assert f'aria-valuetext="{months[2]}"' in html
    same = client.get(f"/runs/{finished.pk}/map/", {"year": months[2], "show": "poor"})
    assert client.get(f"/runs/{finished.pk}/map/?at=3&show=poor").context["rows"] == same.context["rows"]
    for wrong in ("0", "99", "x", "-1", ""):
        assert client.get(f"/runs/{finished.pk}/map/", {"at": wrong}).context["year"] == ""


def test_lines_of_python_give_the_numbers_of_the_page(
    client: Any, finished: Any, run_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "runs").mkdir()
    os.symlink(run_folder, tmp_path / "runs" / "baseline-1")
    code = client.get(f"/runs/{finished.pk}/money/").context["python"]
    code += "\n" + client.get(f"/runs/{finished.pk}/map/?show=poor").context["python"]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    first, *units = done.stdout.strip().splitlines()
    assert first == str(client.get(f"/runs/{finished.pk}/money/").context["flows"])
    shown = client.get(f"/runs/{finished.pk}/map/?show=poor").context["units"]
    assert units == [f"{u.english} {u.value} {u.persons}" for u in shown]


def test_command_of_a_run_is_that_of_its_manifest(finished: Any, run_folder: Path) -> None:
    made = json.loads((run_folder / "manifest.json").read_text("utf-8"))["command"]
    assert set(made.split()) <= set(finished.command.split())


@pytest.mark.parametrize(
    "name",
    [
        "../manifest.json",
        "..%2f..%2fsecret.key",
        "/etc/passwd",
        "figures/../x.svg",
        "nothing.csv",
        "figures/x.exe",
    ],
)
def test_only_files_of_the_run_are_given(client: Any, finished: Any, name: str) -> None:
    assert client.get(f"/exports/{finished.pk}/{name}").status_code == 404


def test_archive_holds_everything_with_its_hashes(client: Any, finished: Any, run_folder: Path) -> None:
    answer = client.get(f"/exports/{finished.pk}/all.zip")
    content = b"".join(answer.streaming_content)
    with zipfile.ZipFile(io.BytesIO(content)) as pack:
        contents = json.loads(pack.read("contents.json"))
        assert contents["synthetic"]
        assert {f["path"] for f in contents["files"]} | {"contents.json"} == set(pack.namelist())
        for entry in contents["files"]:
            assert hashlib.sha256(pack.read(entry["path"])).hexdigest() == entry["sha256"]
        assert pack.read("report.html") == (run_folder / "report.html").read_bytes()
        name = next(n for n in pack.namelist() if n.endswith(".svg"))
        assert b"<text" in pack.read(name)
        assert pack.read(name.replace(".svg", ".png")).startswith(b"\x89PNG")
        assert pack.read(name.replace(".svg", ".pdf")).startswith(b"%PDF")


def test_a_figure_travels_with_its_title_its_key_and_what_it_is(
    client: Any, finished: Any, run_folder: Path
) -> None:
    drawings = stored.report(run_folder).drawings
    with_key = next(d for d in drawings.values() if d.key)
    text = client.get(f"/exports/{finished.pk}/figures/{with_key.name}.svg").content.decode()
    root = ElementTree.fromstring(text)
    said = " ".join("".join(root.itertext()).split())
    for word in [*with_key.title.split(), *(w for _, label in with_key.key for w in label.split())]:
        assert word in said
    assert exporting.SYNTHETIC in said
    korean = client.get(f"/ko/exports/{finished.pk}/figures/{with_key.name}.svg").content.decode()
    assert "가상의 인물" in korean
    assert exporting.SYNTHETIC not in korean
    assert "yeonjwa run" in said
    background = root.find("{http://www.w3.org/2000/svg}rect")
    assert background is not None
    assert background.get("width") == "100%"
    inner = root.find("{http://www.w3.org/2000/svg}svg")
    assert inner is not None
    room = float(str(root.get("width"))) - float(str(inner.get("width")))
    assert room == 2 * sheets.MARGIN


def test_a_line_of_text_that_is_too_long_is_broken() -> None:
    assert sheets.lines("one two three", 1000, 12) == ["one two three"]
    assert sheets.lines("one two three", 45, 12) == ["one two", "three"]
    assert sheets.lines("가나다 라마바", 45, 12) == ["가나다", "라마바"]


def test_report_opens_in_a_sandbox(client: Any, finished: Any) -> None:
    policy = client.get(f"/runs/{finished.pk}/report/")["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "script" not in policy


def test_cells_that_a_spreadsheet_would_calculate_are_quoted() -> None:
    assert exporting.cell("=1+1") == "'=1+1"
    assert exporting.cell("@x") == "'@x"
    assert exporting.cell("-3.5") == "-3.5"
    assert exporting.cell(-3.5) == -3.5
    assert exporting.cell("plain") == "plain"


def effect(mean: float, half: float) -> dict[str, float]:
    """A mean with an interval around it."""
    return {"mean": mean, "low": mean - half, "high": mean + half}


def content(fear: float, refused: float, bluff: float) -> dict[str, Any]:
    """Comparisons with these effects: on support (of 100), refusals at 8 chon, and bluffs at twice the severity."""

    def row(arm: str, measure: str, a: float, b: float) -> dict[str, Any]:
        change = effect(b - a, abs(a) * 0.01)
        return {
            "arm": arm,
            "measure": measure,
            "a": effect(a, 0.01 * a),
            "b": effect(b, 0.01 * b),
            "effect": change,
            "wide": change,
            "narrow": change,
        }

    rows = [
        row("liability_off", "support.amount", 100.0, 100.0 + fear),
        row("severity_flat", "signal.bluff_share", 0.4, 0.4),
        row("severity_again_doubled", "signal.bluff_share", 0.4, 0.4 + bluff),
        *(row(f"vetting_depth_{d}", "vetting.refused_share", 0.2, refused * d / 8) for d in (2, 4, 6, 8)),
    ]
    return {"sets": [{"arms": ["baseline", "liability_off"], "command": "c", "rows": rows}]}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (-60.0, "pays most"),
        (-20.0, "pays part"),
        (-7.0, "pays a small part"),
        (0.5, "cannot be told"),
        (9.0, "get more"),
    ],
)
def test_headline_of_fear_says_what_its_interval_allows(db: None, change: float, words: str) -> None:
    found = findings.fear(content(change, 0.4, 0.0))
    assert words in found.headline
    assert found.numeral.startswith("\u2212" if change < 0 else "+")


def test_headlines_of_vetting_and_bluffs_turn_with_their_effects(db: None) -> None:
    heads = [findings.vetting(content(-7, share, 0.0)).headline for share in (0.95, 0.6, 0.3)]
    assert "nearly everyone" in heads[0]
    assert "most candidates" in heads[1]
    assert "4 times as many" in heads[2]
    bluffs = [findings.bluffs(content(-7, 0.4, change)).headline for change in (0.1, -0.1, 0.0)]
    slight = findings.bluffs(content(-7, 0.4, 0.01)).headline
    assert "by little" in slight
    assert "larger" in bluffs[0]
    assert "smaller" in bluffs[1]
    assert "not visibly" in bluffs[2]


def test_runs_here_that_contradict_a_headline_change_it(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    from yeonjwa.laboratory.differences import difference

    up = difference([100.0, 101.0, 99.0], [110.0, 111.5, 109.0])
    monkeypatch.setattr(findings, "runs_here", lambda *_: up)
    found = findings.fear(content(-7.0, 0.4, 0.0))
    assert found.contradicted
    assert "contradict" in found.headline
    agreeing = findings.fear(content(9.0, 0.4, 0.0))
    assert not agreeing.contradicted
    assert "Paired runs here" in agreeing.here


def test_shipped_findings_are_measured_and_shown(client: Any, db: None) -> None:
    made = findings.measured()
    assert made["synthetic"]
    assert len(made["seeds"]) >= 4
    compare = cli.commands["compare"]
    text = page(client.get("/"))
    with translation.override("en"):
        for found in findings.all_findings():
            assert found.numeral in text
            assert len(found.rows) >= 2
            compile(found.python, "page", "exec")
            # The line is one that the command line takes.
            words = shlex.split(found.command)
            compare.make_context("compare", words[2:]).close()


def test_the_same_run_twice_is_one_and_an_unknown_one_is_named(client: Any, finished: Any) -> None:
    twice = page(client.get("/compare/", {"runs": f"{finished.pk},{finished.pk}"}))
    assert "a comparison needs two" in twice
    unknown = client.get("/compare/", {"runs": f"{finished.pk},999"})
    assert unknown.status_code == 422
    assert "999" in unknown.content.decode()


def test_runs_without_a_common_seed_are_not_compared_and_no_error_names_a_folder(
    client: Any, finished: Any
) -> None:
    from yeonjwa.observatory.runs.models import Run

    other = Run.objects.get(pk=finished.pk)
    other.pk, other.seed = None, 2
    other.save()
    found = client.get("/compare/", {"runs": f"{finished.pk},{other.pk}"})
    assert found.status_code == 422
    assert "no seed in common" in found.content.decode()
    place = str(finished.folder.resolve())
    told = comparing._plain(InputError("scale", f"{place}: 0.002", "the same"), [finished])
    assert place not in told
    assert f"run {finished.pk}: 0.002" in told


def test_a_run_is_held_against_another_of_the_same_luck(finished: Any) -> None:
    from yeonjwa.observatory.runs.models import Run

    assert findings.runs_here("baseline", "liability_off", "support.amount") is None
    other = Run.objects.create(
        scenario="liability_off", scale=0.002, seed=1, first="2005-01", last="2006-12", status="succeeded"
    )
    other.home.mkdir(parents=True)
    os.symlink(finished.folder.resolve(), other.folder)
    found = findings.runs_here("baseline", "liability_off", "support.amount")
    assert found is not None
    assert found.effect.mean == 0
    assert found.a.mean > 0


def test_overview_links_to_people_of_a_finished_run_only(client: Any, finished: Any) -> None:
    from yeonjwa.observatory.runs.models import Run

    Run.objects.create(scenario="baseline", scale=0.002, first="2005-01", last="2006-12", status="failed")
    assert f'href="/runs/{finished.pk}/people/"' in page(client.get("/"))
    assert findings.together("90 % interval 3 to 4") == "90\u00a0% interval 3\u00a0to\u00a04"


def test_lines_of_a_run_and_of_a_comparison_give_the_numbers_of_their_pages(
    client: Any, db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the pages of runs and of a comparison show as Python is run, and gives what they show."""
    from yeonjwa.observatory.runs.models import Run

    monkeypatch.chdir(tmp_path)
    runs = [
        Run.objects.create(
            scenario=name, scale=0.002, seed=3, first="2005-01", last="2005-02", status="succeeded"
        )
        for name in ("baseline", "liability_off")
    ]
    for run in runs:
        exec(client.get(f"/runs/{run.pk}/").context["run"].python, {})
        run.home.mkdir(parents=True)
        os.symlink(tmp_path / "runs" / f"{run.scenario}-3", run.folder)
        assert run.folder.joinpath("manifest.json").exists()
    pair = ",".join(str(run.pk) for run in runs)
    shown = client.get("/compare/", {"runs": pair, "measure": "support.amount"}).context
    assert left(client.get("/ko/compare/", {"runs": pair}).content.decode()) == []
    names: dict[str, Any] = {}
    exec(shown["python"], names)
    assert plain(names["found"].as_dict()["against"]) == plain(shown["answer"]["against"])
    folders = [f"runs/{run.scenario}-3" for run in runs]
    assert shown["command"] == f"yeonjwa compare {' '.join(folders)} --measure support.amount"
