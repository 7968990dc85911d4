"""Accidents, for real: workers, coordinators, schedulers are killed, and the disk is full.

In each case the runs that ended stay whole, the rest can be resumed, and all are in the end what they are undisturbed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.laboratory.conftest import digests, jobs
from yeonjwa.core.errors import RunError
from yeonjwa.laboratory import ensemble, plan
from yeonjwa.laboratory.ensemble import Event

PATIENCE = 180.0
pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds its processes in /proc: Linux only")


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for something."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def workers_of(process: int) -> list[int]:
    """Processes that a coordinator has started for runs."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((place / "stat").read_text("utf-8").rpartition(")")[2].split()[1])
            command = (place / "cmdline").read_bytes()
        except (OSError, ValueError):
            continue
        if parent == process and b"yeonjwa.laboratory.worker" in command:
            found.append(int(place.name))
    return found


def gone(process: int) -> bool:
    """Whether a process is there no more."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    # A child of somebody who is gone may wait to be buried.
    return Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "Z"


def command(*words: object, **more: object) -> subprocess.Popen[str]:
    """The command line as a process of its own."""
    line = [sys.executable, "-m", "yeonjwa", "ensemble", *map(str, words)]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)  # type: ignore[call-overload, no-any-return]


def whole(out: Path) -> None:
    """Whatever folder is there has all its files, with the bytes that its manifest says."""
    for folder in (out / plan.RUNS).iterdir():
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        for name, row in manifest["files"].items():
            assert (folder / name).stat().st_size == row["bytes"]
    assert not list(out.glob("runs/.*"))


def test_a_worker_is_killed(tmp_path: Path, undisturbed: dict[str, str]) -> None:
    out = tmp_path / "sweep"
    killed: list[int] = []

    def kill() -> None:
        until(lambda: list(out.glob("parts/baseline-2.*")), "the run did not begin")
        killed.extend(workers_of(os.getpid()))
        os.kill(killed[0], signal.SIGKILL)

    murderer = threading.Thread(target=kill)
    murderer.start()
    events: list[Event] = []
    found = ensemble.run(out, jobs(2), workers=1, progress=events.append)
    murderer.join()
    assert len(killed) == 1
    assert [(e.run, "SIGKILL" in e.error) for e in events if e.kind == "retry"] == [("baseline-2", True)]
    assert found.complete
    assert digests(out) == {run: undisturbed[run] for run in ("baseline-2", "liability_off-2")}


def test_the_coordinator_is_killed_and_then_the_disk_is_full(
    tmp_path: Path, undisturbed: dict[str, str]
) -> None:
    resource = pytest.importorskip(
        "resource", reason="no limits of processes here: a full disk was not tried"
    )
    out = tmp_path / "sweep"
    plan.write(out, jobs(2, 3))
    process = command("resume", out, "--workers", 1, "--progress", "json")
    until(lambda: plan.finished(out), "no run ended")
    (worker,) = workers_of(process.pid)
    process.kill()
    process.communicate()
    until(lambda: gone(worker), "a worker outlived its coordinator")
    whole(out)
    before = digests(out)
    found = ensemble.status(out)
    # Nobody renews the lease, and the process is known to be dead: what was under way waits again.
    assert found.lease is None
    assert (found.runs["SUCCEEDED"], found.runs["RUNNING"]) == (len(before), 0)
    assert 0 < len(before) < 4

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    process = command("resume", out, "--workers", 1, "--json", preexec_fn=small_files)
    answer, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2, answer
    assert json.loads(error)["error"]["what"] == "place for the result"
    assert digests(out) == before
    whole(out)
    found = ensemble.status(out)
    assert (found.runs["FAILED"], found.runs["CANCELLED"]) == (1, 3 - len(before))
    assert "free space" in found.troubles[0]["error"]
    assert not (out / plan.PARTS).exists()

    assert ensemble.resume(out, workers=1).complete
    assert digests(out) == undisturbed
    assert {run: digests(out)[run] for run in before} == before


def test_ctrl_c_leaves_whole_things(tmp_path: Path, undisturbed: dict[str, str]) -> None:
    out = tmp_path / "sweep"
    plan.write(out, jobs(2, 3))
    process = command("resume", out, "--workers", 2)
    until(lambda: list(out.glob("parts/*/")), "no run began")
    workers = workers_of(process.pid)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert f"yeonjwa ensemble resume {out}" in error
    assert workers
    assert all(map(gone, workers))
    found = ensemble.status(out)
    assert found.runs["CANCELLED"] + found.runs["SUCCEEDED"] == 4
    assert found.runs["CANCELLED"] >= 2
    assert {entry.name for entry in out.iterdir()} == {plan.PLAN, plan.JOURNAL, plan.RUNS}
    whole(out)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes], list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers on the loopback, as processes of their own: address, scheduler, workers."""
    pytest.importorskip("distributed")
    settings = {
        **os.environ,
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",
        "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "5s",
    }
    file = tmp_path / "scheduler.json"
    quiet = {"env": settings, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    dask = [sys.executable, "-m", "dask"]
    place = ["--host", "127.0.0.1", "--no-dashboard"]
    scheduler = subprocess.Popen(
        [*dask, "scheduler", *place, "--port", "0", "--scheduler-file", str(file)], **quiet
    )
    workers: list[subprocess.Popen[bytes]] = []
    try:
        until(file.is_file, "no scheduler")
        until(lambda: file.read_text("utf-8").strip().endswith("}"), "no address")
        address = json.loads(file.read_text("utf-8"))["address"]
        line = [*dask, "worker", address, *place, "--nthreads", "1", "--no-nanny", "--death-timeout", "60"]
        workers += [subprocess.Popen(line, **quiet) for _ in range(2)]
        yield address, scheduler, workers
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()


@pytest.mark.slow
def test_a_worker_and_then_the_scheduler_of_a_dask_cluster_are_killed(
    tmp_path: Path,
    cluster: tuple[str, subprocess.Popen[bytes], list[subprocess.Popen[bytes]]],
    undisturbed: dict[str, str],
) -> None:
    address, scheduler, workers = cluster
    first, second = tmp_path / "first", tmp_path / "second"
    events: list[Event] = []

    def kill_worker(event: Event) -> None:
        events.append(event)
        if event.state == "SUCCEEDED" and event.done == 1:
            workers[0].kill()

    asked = jobs(2, 3)
    assert ensemble.run(first, asked, engine=address, progress=kill_worker).complete
    assert workers[0].wait(10) == -signal.SIGKILL
    assert digests(first) == undisturbed

    def kill_scheduler(event: Event) -> None:
        if event.state == "SUCCEEDED":
            scheduler.kill()

    with pytest.raises(RunError, match="scheduler is gone"):
        ensemble.run(second, asked[:2], engine=address, progress=kill_scheduler)
    found = ensemble.status(second)
    assert (found.runs["SUCCEEDED"], found.runs["CANCELLED"]) == (1, 1)
    assert found.lease is None
    whole(second)
    # The rest on a cluster of this machine, which the engine starts itself.
    assert ensemble.resume(second, workers=1, engine="dask").complete
    assert digests(second) == {job.run: undisturbed[job.run] for job in asked[:2]}
