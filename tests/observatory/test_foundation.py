"""The house stands: places, environment, headers, languages, the commands."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from yeonjwa.core.errors import InputError
from yeonjwa.observatory.config import environment, places


def test_data_folder_and_key_are_closed_to_others(tmp_path: Path) -> None:
    folder = places.prepare(tmp_path / "a" / "b")
    key = places.secret_key(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / places.KEY_FILE).stat().st_mode) == 0o600
    assert places.secret_key(folder) == key
    assert len(key) >= places.SHORTEST_KEY
    (folder / places.KEY_FILE).write_text("short")
    with pytest.raises(InputError, match="secret key"):
        places.secret_key(folder)


def test_sqlite_waits_and_takes_the_lock_at_once(tmp_path: Path) -> None:
    found = environment.database("", tmp_path)
    assert found["NAME"] == tmp_path / "observatory.sqlite3"
    assert found["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert found["OPTIONS"]["timeout"] == 20
    assert "journal_mode=WAL" in found["OPTIONS"]["init_command"]


def test_readers_do_not_wait_for_writers(db: None) -> None:
    from django.db import connection

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_address_of_postgresql(tmp_path: Path) -> None:
    found = environment.database("postgresql://kim:p%40ss@db:5433/lab?sslmode=require", tmp_path)
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"], found["NAME"]) == (
        "kim",
        "p@ss",
        "db",
        "5433",
        "lab",
    )
    assert found["OPTIONS"] == {"sslmode": "require"}
    assert environment.database("postgresql:///lab?host=/run/pg", tmp_path)["HOST"] == "/run/pg"
    for wrong in ("mysql://a/b", "postgresql://kim:secret@db/", "postgresql://kim:secret@db:x/lab"):
        with pytest.raises(InputError) as caught:
            environment.database(wrong, tmp_path)
        assert "secret" not in str(caught.value)


def test_private_means_nobody_else_can_ask() -> None:
    assert environment.read({}).private
    for name, value in (
        ("YEONJWA_HTTPS", "1"),
        ("YEONJWA_PROXIES", "1"),
        ("YEONJWA_ALLOWED_HOSTS", "lab.example"),
    ):
        assert not environment.read({name: value}).private


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("YEONJWA_HTTPS", "maybe"),
        ("YEONJWA_PROXIES", "-1"),
        ("YEONJWA_SLOTS", "1.5"),
        ("YEONJWA_LARGEST_SCALE", "nan"),
        ("YEONJWA_ALLOWED_HOSTS", "*"),
        ("YEONJWA_SECRET_KEY", "short"),
    ],
)
def test_environment_is_checked(name: str, value: str) -> None:
    with pytest.raises(InputError, match=name):
        environment.read({name: value})


def test_every_answer_carries_the_policy(client: Any, db: None) -> None:
    for path in ("/", "/ko/", "/no-such-page/", "/health/"):
        policy = client.get(path)["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_two_languages(client: Any, db: None) -> None:
    assert 'lang="en"' in client.get("/", HTTP_ACCEPT_LANGUAGE="ko").content.decode()
    korean = client.get("/ko/?a=1").content.decode()
    assert '<html lang="ko"' in korean
    assert 'href="/?a=1"' in korean
    assert 'href="/ko/?a=1"' in korean


def test_no_migration_is_missing(db: None) -> None:
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_manage_from_the_command_line(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "yeonjwa", "manage", "--data", str(tmp_path / "data"), "check"]
    done = subprocess.run(line, capture_output=True, text=True, env=dict(os.environ), check=False)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_serve_migrates_and_answers(tmp_path: Path) -> None:
    import urllib.request

    line = [sys.executable, "-m", "yeonjwa", "serve", "--port", "0", "--data", str(tmp_path), "--json"]
    server = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        address = json.loads(server.stdout.readline())["address"]
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(f"{address}health/") as answer:
            assert answer.read() == b"ok\n"
        for file in ("observatory.sqlite3", "secret.key"):
            assert stat.S_IMODE((tmp_path / file).stat().st_mode) == 0o600
    finally:
        server.terminate()
        assert server.wait(20) == 0
