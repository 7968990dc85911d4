"""The server as a whole: killed with a run under way, started again."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
ASK = (
    "import sys, pathlib; from yeonjwa.observatory import server; server.prepare(pathlib.Path(sys.argv[1])); server.migrate(); "
    "from yeonjwa.observatory.runs import services; services.submit('baseline', scale=0.02)"
)


@contextlib.contextmanager
def serving(data: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A server that answers."""
    line = [sys.executable, "-m", "yeonjwa", "serve", "--port", "0", "--data", str(data), "--json"]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["address"]
        yield process
    finally:
        process.terminate()
        process.wait(30)


def row(data: Path) -> dict[str, Any]:
    """The run, from the table."""
    with contextlib.closing(sqlite3.connect(data / "observatory.sqlite3", timeout=20)) as database:
        database.row_factory = sqlite3.Row
        return dict(database.execute("SELECT * FROM runs_run").fetchone())


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def workers(number: int) -> list[int]:
    """Processes that this one started and that compute a run."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().decode().split("\0")
            parent = (folder / "stat").read_text().rsplit(")", 1)[1].split()[1]
            if "yeonjwa.observatory.runs.worker" in words and int(parent) == number:
                found.append(int(folder.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_a_server_that_is_killed_leaves_no_worker_and_marks_its_run_when_it_comes_back(
    tmp_path: Path,
) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("YEONJWA_")}
    subprocess.run([sys.executable, "-c", ASK, str(tmp_path)], env=environment, check=True)
    with serving(tmp_path, environment) as server:
        until(lambda: row(tmp_path)["done"] > 0)
        (worker,) = workers(server.pid)
        server.send_signal(signal.SIGKILL)
        server.wait(10)
        # The worker has another parent now, or is gone already.
        until(
            lambda: not Path(f"/proc/{worker}").exists() or "Z" in Path(f"/proc/{worker}/stat").read_text(),
            20,
        )
    assert row(tmp_path)["status"] == "running", "nobody is there to say otherwise"
    with serving(tmp_path, environment):
        until(lambda: row(tmp_path)["status"] == "interrupted", 20)
    assert row(tmp_path)["reason"] == "restart"
    assert not list((tmp_path / "runs" / "1").glob(".result.*"))
