"""Scenarios and runs in the browser: the form to and from TOML, what is wrong at its field, progress, cancel, try again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.observatory.test_pages import page
from yeonjwa.core.errors import InputError
from yeonjwa.laboratory import scenario
from yeonjwa.observatory.runs import forms
from yeonjwa.observatory.runs.models import Run, SavedScenario

TEXT = """title = "Try"
description = "A test."
from = "2008-01"
to = "2010-12"

[[change]]
path = "border.interdiction"
from = "2009-01"
factor = 0.5
note = "half"

[[change]]
path = "support.liability"
value = false
"""


@pytest.mark.parametrize(
    "name", ["liability_off", "severity_again_doubled", "circle_wide", "severity_easing", "vetting_off"]
)
def test_form_gives_back_the_scenario_that_it_shows(name: str) -> None:
    text = (scenario.FOLDER / f"{name}.toml").read_text("utf-8")
    again = scenario.loads(forms.of_text(text, name).text())
    known = scenario.load(name)
    assert again.parameters.digest() == known.parameters.digest()
    assert (again.first, again.last, again.scale) == (known.first, known.last, known.scale)
    assert again.claims == known.claims


def fields(html: str) -> dict[str, str]:
    """Every field of the largest form of a page with what it holds."""
    found = dict(re.findall(r'<input(?=[^>]*type="hidden")[^>]*name="([^"]+)" value="([^"]*)"', html))
    for tag in re.findall(r"<input(?![^>]*hidden)[^>]*>", html):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name:
            found[name[1]] = value[1] if value else ""
    for name, body in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', html, re.DOTALL):
        found[name] = body
    for name, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', body)
        found[name] = (chosen[1] or chosen[2]) if chosen else ""
    return {k: v for k, v in found.items() if k != "csrfmiddlewaretoken"}


def test_rows_are_added_and_removed_without_script(client: Any, db: None) -> None:
    given = fields(page(client.get("/scenarios/new/")))
    assert given["rows"] == "0"
    html = page(
        client.post("/scenarios/new/", {**given, "title": "T", "add": "1", "add-path": "border.interdiction"})
    )
    given = fields(html)
    assert (given["rows"], given["title"], given["change-0-path"]) == ("1", "T", "border.interdiction")
    assert "Chance that an attempt is stopped at the river" in html
    assert "0.2 to 0.6" in html
    assert 'class="grade assumption"' in html
    given.update({"change-0-value": "0.5", "add": "1", "add-path": "support.liability"})
    given = fields(page(client.post("/scenarios/new/", given)))
    assert (given["rows"], given["change-0-value"]) == ("2", "0.5")
    given = fields(page(client.post("/scenarios/new/", {**given, "remove": "0"})))
    assert (given["rows"], given["change-0-path"]) == ("1", "support.liability")
    assert not SavedScenario.objects.exists()


def test_saved_scenario_is_what_was_typed(client: Any, db: None) -> None:
    given = {
        "rows": "1",
        "name": "half",
        "title": "Half the guards",
        "description": "Half.",
        "base": "baseline",
        "from": "2008-01",
        "to": "2010-12",
        "change-0-path": "border.interdiction",
        "change-0-from": "2009-01",
        "change-0-kind": "factor",
        "change-0-value": "0.5",
        "save": "1",
    }
    answer = client.post("/scenarios/new/", given)
    assert answer["Location"] == "/scenarios/half/"
    found = scenario.loads(SavedScenario.objects.get(name="half").text)
    assert [(c.path, c.factor) for c in found.changes] == [("border.interdiction", 0.5)]
    page(client.get("/scenarios/half/"))
    assert fields(page(client.get("/scenarios/half/edit/")))["change-0-value"] == "0.5"
    answer = client.post("/scenarios/half/edit/", {**given, "title": "Other", "run": "1"})
    run = Run.objects.get()
    assert answer["Location"] == f"/runs/{run.pk}/"
    assert (run.scenario, run.first, run.last) == ("half", "2008-01", "2010-12")
    assert SavedScenario.objects.get().title == "Other"
    page(client.get("/scenarios/half/delete/"))
    client.post("/scenarios/half/delete/")
    assert not SavedScenario.objects.exists()


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"change-0-from": "2009-13"}, "change-0-from", "2009-13"),
        ({"change-0-value": "7"}, "change-0-value", "7"),
        ({"from": "2011-01", "to": "2009-01"}, "from", "2011-01"),
        ({"name": "a b"}, "name", "a b"),
        ({"name": "new"}, "name", "new"),
        ({"scale": "5"}, "scale", "5"),
        ({"title": ""}, "title", "Title"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_in_the_summary(
    client: Any, db: None, change: dict[str, str], field: str, words: str
) -> None:
    given = {
        "rows": "1",
        "name": "half",
        "title": "T",
        "description": "D",
        "change-0-path": "border.interdiction",
        "change-0-from": "2009-01",
        "change-0-kind": "value",
        "change-0-value": "0.5",
        "save": "1",
    }
    answer = client.post("/scenarios/new/", {**given, **change})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert f'<a href="#{field}">' in html
    assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', html)
    assert words in re.sub("<[^>]+>", "", html)
    assert not SavedScenario.objects.exists()


def test_a_table_is_typed_cell_by_cell(client: Any, db: None) -> None:
    given = {
        "rows": "1",
        "name": "ranks",
        "title": "T",
        "description": "D",
        "change-0-path": "loss.severity",
        "change-0-from": "2012-01",
        "change-0-kind": "value",
        "change-0-cell-official": "4.5",
        "change-0-cell-senior": "3",
        "save": "1",
    }
    asked = {key: value for key, value in given.items() if key != "save"}
    html = page(client.post("/scenarios/new/", {**asked, "update": "1"}))
    parameter = forms.Row("loss.severity").parameter
    assert parameter is not None
    held = parameter.at(12 * 2012)
    assert isinstance(held, dict)
    for level in parameter.levels:
        cell = html[html.index(f'id="change-0-cell-{level}"') :]
        assert f'<p class="hint" id="b-change-0-cell-{level}">{held[level]:.4g}' in cell[:700]
    assert 'value="4.5"' in html
    assert client.post("/scenarios/new/", given)["Location"] == "/scenarios/ranks/"
    (change,) = scenario.loads(SavedScenario.objects.get(name="ranks").text).changes
    assert change.value == {"official": 4.5, "senior": 3}
    again = fields(page(client.get("/scenarios/ranks/edit/")))
    assert (again["change-0-cell-official"], again["change-0-cell-senior"]) == ("4.5", "3")
    assert (again["change-0-cell-ordinary"], again["change-0-value"]) == ("", "")


@pytest.mark.parametrize(
    ("path", "change", "field", "words"),
    [
        ("loss.severity", {"cell-official": "-1"}, "cell-official", "Officials: -1 cannot be used"),
        ("loss.severity", {"cell-senior": "x = 1"}, "cell-senior", "Senior officials: x = 1 cannot be used"),
        ("loss.severity", {"cell-senior": "1e999"}, "cell-senior", "Senior officials: 1e999 cannot be used"),
        ("loss.severity", {"cell-senior": "2", "value": "3"}, "value", "either the cells"),
        ("vetting.on_file", {"cell-3": "1.5"}, "cell-3", "3촌: 1.5 cannot be used. Use chance of one event, 0 to 1"),
        ("sanction.career_depth", {"cell-official": "2.5"}, "cell-official", "whole number"),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_is_named_at_its_place(
    client: Any, db: None, path: str, change: dict[str, str], field: str, words: str
) -> None:
    given = {
        "rows": "1",
        "name": "ranks",
        "title": "T",
        "description": "D",
        "save": "1",
        "change-0-path": path,
    }
    answer = client.post("/scenarios/new/", given | {f"change-0-{k}": v for k, v in change.items()})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert f'<a href="#change-0-{field}">' in html
    assert re.search(rf'id="change-0-{field}"[^>]*aria-invalid="true"', html)
    assert words in re.sub("<[^>]+>", "", html)
    assert not SavedScenario.objects.exists()


def test_file_goes_up_and_comes_down_as_it_was(client: Any, db: None) -> None:
    sent = SimpleUploadedFile("half.toml", TEXT.encode())
    answer = client.post("/scenarios/upload/", {"file": sent, "name": ""})
    assert answer["Location"] == "/scenarios/half/"
    assert client.get("/scenarios/half.toml").content == TEXT.encode()
    shipped = client.get("/scenarios/liability_off.toml").content
    assert shipped == (scenario.FOLDER / "liability_off.toml").read_bytes()


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"title = ", "cannot be used"), (b"\xff\xfe", "UTF-8"), (b"x = 1", "x"), (b"#" * 300_000, "bytes")],
)
def test_file_that_is_no_scenario_is_refused_in_words(
    client: Any, db: None, content: bytes, words: str
) -> None:
    answer = client.post(
        "/scenarios/upload/", {"file": SimpleUploadedFile("a.toml", content), "name": "other"}
    )
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not SavedScenario.objects.exists()


def test_form_escapes_what_was_typed(client: Any, db: None) -> None:
    answer = client.post(
        "/scenarios/new/", {"title": "<script>alert(1)</script>", "name": '"><b>', "rows": "0", "save": "1"}
    )
    assert "<script>alert" not in answer.content.decode()
    assert '"><b>' not in answer.content.decode()


def test_text_of_a_value_is_written_as_toml() -> None:
    assert forms.written_value(forms.Row(value="0.5")) == "0.5"
    assert forms.written_value(forms.Row(value="{ official = 2 }")) == "{ official = 2 }"
    assert forms.written_value(forms.Row(value="kin to 3")) == '"kin to 3"'
    assert forms.written_value(forms.Row(value='1\nbase = "x"')) == '"1 base = \\"x\\""'
    with pytest.raises(InputError):
        forms.of_text("change = 3", "a")


def test_run_waits_is_cancelled_and_can_be_asked_for_again(client: Any, db: None) -> None:
    answer = client.post(
        "/scenarios/baseline/run/", {"scale": "0.002", "seed": "7", "from": "2005-01", "to": "2005-12"}
    )
    run = Run.objects.get()
    assert answer["Location"] == f"/runs/{run.pk}/"
    html = page(client.get(f"/runs/{run.pk}/"))
    assert run.command in html
    assert "progress.js" in html
    assert 'data-open="1"' in client.get(f"/runs/{run.pk}/progress/").content.decode()
    Run.objects.filter(pk=run.pk).update(status="running", stage="society", done=3, total=12, unit="months")
    assert 'value="25"' in client.get(f"/runs/{run.pk}/progress/").content.decode()
    Run.objects.filter(pk=run.pk).update(status="queued")
    client.post(f"/runs/{run.pk}/cancel/")
    run.refresh_from_db()
    assert run.status == "cancelled"
    html = page(client.get(f"/runs/{run.pk}/"))
    assert "The run was cancelled." in html
    assert "progress.js" not in html
    assert f'href="/scenarios/new/?run={run.pk}"' in html
    again = client.post(f"/runs/{run.pk}/again/")
    fresh = Run.objects.exclude(pk=run.pk).get()
    assert again["Location"] == f"/runs/{fresh.pk}/"
    assert (fresh.seed, fresh.scale, fresh.first) == (7, 0.002, "2005-01")
    copied = fields(page(client.get(f"/scenarios/new/?run={run.pk}")))
    assert (copied["from"], copied["to"], copied["scale"]) == ("2005-01", "2005-12", "0.002")
    client.post(f"/runs/{run.pk}/delete/")
    assert not Run.objects.filter(pk=run.pk).exists()


def test_failure_is_said_in_plain_words_with_the_detail_apart(client: Any, db: None) -> None:
    run = Run.objects.create(
        scenario="baseline", scale=0.01, first="2005-01", last="2005-12", status="crashed", reason="killed",
        exit_code=-9, detail="Traceback <b>",
    )  # fmt: skip
    html = page(client.get(f"/runs/{run.pk}/"))
    assert "The worker process ended with code -9" in html
    assert "Traceback &lt;b&gt;" in html


@pytest.mark.parametrize("field", ["scale", "seed", "from"])
def test_run_that_cannot_be_is_refused_at_the_form(client: Any, db: None, field: str) -> None:
    given = {"scale": "0.002", "seed": "7", "from": "2005-01", "to": "2005-12", field: "x"}
    answer = client.post("/scenarios/baseline/run/", given)
    assert answer.status_code == 422
    assert "Error:" in answer.content.decode()
    assert not Run.objects.exists()


def test_others_need_an_account_to_run_and_keep_to_their_own(client: Any, analyst: Any, others: None) -> None:
    row = SavedScenario.objects.create(name="theirs", title="T", text=TEXT)
    for path in ("/scenarios/new/", "/scenarios/theirs/edit/"):
        assert client.get(path).status_code == 302
    assert client.post("/scenarios/baseline/run/", {}).status_code == 302
    page(client.get("/scenarios/baseline/"))
    assert analyst.get("/scenarios/theirs/edit/").status_code == 403
    assert analyst.post("/scenarios/theirs/delete/").status_code == 403
    run = Run.objects.create(scenario="baseline", scale=0.01, first="2005-01", last="2005-12")
    assert analyst.post(f"/runs/{run.pk}/cancel/").status_code == 403
    assert SavedScenario.objects.filter(pk=row.pk).exists()
