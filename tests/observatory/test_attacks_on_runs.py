"""Scenarios, runs and exports attacked: uploads, scripts in scenarios, paths, runs of others."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.observatory.conftest import client_of
from yeonjwa.observatory.house.models import AuditEntry
from yeonjwa.observatory.runs import services
from yeonjwa.observatory.runs.models import Run, SavedScenario, Status

SCRIPT = "<script>alert(1)</script>"
GOOD = f"""title = "Harsher {SCRIPT}"
description = "{SCRIPT}<img src=x onerror=alert(2)>"
base = "baseline"

[[change]]
path = "detection.hidden"
factor = 1.1
note = "{SCRIPT}"
"""


def upload(client: Any, content: bytes, *, name: str = "mine", file: str = "mine.toml") -> Any:
    return client.post("/scenarios/upload/", {"name": name, "file": SimpleUploadedFile(file, content)})


@pytest.mark.parametrize(
    ("content", "name", "file"),
    [
        (b"#" * 300_000, "mine", "mine.toml"),
        (b"\xff\xfe\x00", "mine", "mine.toml"),
        (b"a\0b = 1", "mine", "mine.toml"),
        (b"", "mine", "mine.toml"),
        (b"= = =", "mine", "mine.toml"),
        (b"a=" + b"[" * 20_000, "mine", "mine.toml"),
        (b"\x7fELF" + bytes(range(256)) * 10, "mine", "mine.toml"),
        (GOOD.replace('"baseline"', '"/etc/hosts.toml"').encode(), "mine", "mine.toml"),
        (GOOD.replace('"baseline"', '"../../secret.toml"').encode(), "mine", "mine.toml"),
        (GOOD.encode(), "../mine", "mine.toml"),
        (GOOD.encode(), "baseline", "mine.toml"),
        (GOOD.encode(), "", "../../../etc/cron.d/x;rm.toml"),
        (GOOD.encode(), "", SCRIPT),
    ],
)
def test_uploads_that_are_refused(client: Any, db: None, content: bytes, name: str, file: str) -> None:
    answer = upload(client, content, name=name, file=file)
    assert answer.status_code == 422
    assert SCRIPT.encode() not in answer.content
    assert not SavedScenario.objects.exists()


def test_a_script_in_a_scenario_is_shown_as_text(client: Any, db: None) -> None:
    assert upload(client, GOOD.encode()).status_code == 302
    run = services.submit("mine", text=GOOD)
    Run.objects.filter(pk=run.pk).update(status=Status.FAILED, error=SCRIPT, detail=SCRIPT, reason="input")
    for path in ("/scenarios/", "/scenarios/mine/", "/scenarios/mine/edit/", "/runs/", f"/runs/{run.pk}/"):
        for prefix in ("", "/ko"):
            answer = client.get(prefix + path)
            assert answer.status_code == 200, path
            assert SCRIPT.encode() not in answer.content, path
            assert b"<img src=x" not in answer.content, path
    file = client.get("/scenarios/mine.toml")
    assert file["Content-Disposition"].startswith("attachment")
    assert file["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "name",
    [
        "../log.txt",
        "..%2f..%2fsecret.key",
        "%2e%2e/%2e%2e/secret.key",
        "/etc/passwd",
        "tables/../../log.txt",
        "figures/../manifest.json.svg",
        "..\\..\\secret.key",
    ],
)
def test_exports_give_files_of_the_run_only(client: Any, finished: Any, name: str) -> None:
    (finished.home / "log.txt").write_text("a log")
    assert client.get(f"/exports/{finished.pk}/{name}").status_code == 404


def test_runs_and_scenarios_of_others(client: Any, analyst: Any, others: None) -> None:
    from django.contrib.auth.models import User

    owner = User.objects.get(username="ana")
    run = services.submit("mine", text=GOOD, owner=owner)
    services.save("mine", GOOD, owner=owner)
    stranger = client_of("bo", "analyst")
    acts = [
        f"/runs/{run.pk}/cancel/",
        f"/runs/{run.pk}/delete/",
        "/scenarios/mine/edit/",
        "/scenarios/mine/delete/",
    ]
    for path in acts:
        assert client.post(path)["Location"].startswith("/log-in/"), path
        assert stranger.post(path).status_code == 403, path
    for path in (
        "/scenarios/new/",
        "/scenarios/upload/",
        "/scenarios/baseline/run/",
        f"/runs/{run.pk}/again/",
    ):
        assert client.post(path, {"scale": "0.01"})["Location"].startswith("/log-in/"), path
        assert client_of(f"reader{len(path)}", "reader").post(path).status_code == 403, path
    run.refresh_from_db()
    assert run.status == Status.QUEUED
    assert Run.objects.count() == SavedScenario.objects.count() == 1
    assert analyst.post(acts[0]).status_code == 302
    assert analyst.post(acts[1]).status_code == 302
    assert not Run.objects.exists()
    entry = AuditEntry.objects.get(act="delete")
    assert (entry.actor, entry.act, entry.thing) == ("ana", "delete", f"run {run.pk}")
