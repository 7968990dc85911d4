"""Runs as jobs: claimed once, progress, cancelled, failed, killed, interrupted, limited; the same figures as the command line."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from yeonjwa.core.errors import InputError
from yeonjwa.observatory.runs import scenarios, selectors, services, supervisor
from yeonjwa.observatory.runs.models import Run, SavedScenario, Status
from yeonjwa.observatory.runs.supervisor import Supervisor
from yeonjwa.observatory.runs.worker import Noted, Stopped

HARSHER = """title = "Harsher"
description = "Twice as many are found out."
base = "baseline"

[[change]]
path = "detection.hidden"
factor = 1.1
note = "a test"
"""
TINY = {"scale": 0.002, "seed": 1, "first": "2005-01", "last": "2006-12"}


@pytest.fixture
def playing(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Supervisor]]:
    """Makes supervisors whose workers only play a run."""
    root = Path(__file__).parent.parent.parent
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(root), str(root / "src")]))
    made: list[Supervisor] = []

    def make(how: str = "plain", **given: Any) -> Supervisor:
        command = [sys.executable, "-m", "tests.observatory.playing", how]
        made.append(Supervisor(given.pop("slots", 1), command=command, **given))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def until(run: Run, condition: Callable[[Run], bool], each: Supervisor, seconds: float = 60) -> Run:
    """The run once the condition holds, while its supervisor works."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        each.tick()
        run.refresh_from_db()
        if condition(run):
            return run
        time.sleep(0.05)
    raise AssertionError(f"still {run.status}, {run.stage} {run.done}: {run.detail}")


def under_way(run: Run) -> bool:
    return bool(run.status == Status.RUNNING and run.done > 0)


def process_of(each: Supervisor, run: Run) -> Any:
    return each._processes[run.pk]


def leftovers(run: Run) -> list[str]:
    return [path.name for path in run.home.glob(".result*")]


def test_a_run_is_claimed_once(transactional_db: None) -> None:
    first, second = services.submit("baseline"), services.submit("baseline", seed=2)
    taken: list[int | None] = []

    def take() -> None:
        from django.db import connections

        found = supervisor.claim("somebody")
        taken.append(None if found is None else found.pk)
        connections.close_all()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken, key=str) == sorted([first.pk, second.pk, None, None], key=str)


def test_progress_rises_and_cancel_ends_the_run(playing: Callable[..., Supervisor]) -> None:
    each, run = playing(), services.submit("baseline")
    waiting = services.submit("baseline", seed=2)
    until(run, under_way, each)
    seen = run.done
    until(run, lambda r: r.done > seen, each)
    assert (run.stage, run.unit, run.total) == ("society", "months", 2000)
    assert run.heartbeat is not None
    assert waiting.status == Status.QUEUED
    assert selectors.waiting_before(waiting) == 0
    assert services.cancel(waiting)
    assert services.cancel(run)
    assert not services.cancel(run)
    until(run, lambda r: not r.is_open, each)
    assert (run.status, run.reason) == (Status.CANCELLED, "cancelled")
    until(run, lambda r: not each._processes, each)
    assert leftovers(run) == []
    waiting.refresh_from_db()
    assert waiting.status == Status.CANCELLED


def test_a_killed_worker_is_shown(playing: Callable[..., Supervisor]) -> None:
    each, run = playing(), services.submit("baseline")
    until(run, under_way, each)
    started = time.monotonic()
    os.kill(process_of(each, run).pid, signal.SIGKILL)
    until(run, lambda r: not r.is_open, each)
    assert time.monotonic() - started < 5
    assert (run.status, run.exit_code) == (Status.CRASHED, -signal.SIGKILL)
    assert "-9" in selectors.failure_words(run)
    assert leftovers(run) == []


def test_an_end_that_could_not_be_written_is_written_later(
    playing: Callable[..., Supervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    each, run = playing(), services.submit("baseline")
    until(run, under_way, each)
    process = process_of(each, run)
    process.kill()
    process.wait()

    def busy(*_args: Any, **_fields: Any) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as context:
        context.setattr(supervisor, "_mark", busy)
        with pytest.raises(OperationalError):
            each.tick()
    until(run, lambda r: not r.is_open, each)
    assert run.status == Status.CRASHED


@pytest.mark.parametrize(("how", "reason"), [("refused", "input"), ("broken", "unexpected")])
def test_failure_is_kept_in_words_and_in_detail(
    playing: Callable[..., Supervisor], how: str, reason: str
) -> None:
    each, run = playing(how), services.submit("baseline")
    until(run, lambda r: not r.is_open, each)
    assert (run.status, run.reason) == (Status.FAILED, reason)
    assert run.error
    assert "Traceback" in run.detail
    assert selectors.failure_words(run)


def test_a_deaf_run_is_ended(playing: Callable[..., Supervisor]) -> None:
    each, run = playing("deaf", silence=0.5), services.submit("baseline")
    until(run, lambda r: r.stage == "society", each)
    process = process_of(each, run)
    services.cancel(run)
    until(run, lambda r: not r.is_open, each)
    assert (run.status, run.reason) == (Status.CANCELLED, "silent")
    assert process.returncode == -signal.SIGKILL
    assert leftovers(run) == []


def test_a_stopped_server_interrupts_its_runs(playing: Callable[..., Supervisor]) -> None:
    each, run = playing(), services.submit("baseline")
    until(run, under_way, each)
    process = process_of(each, run)
    each.stop()
    run.refresh_from_db()
    assert process.returncode is not None
    assert (run.status, run.reason) == (Status.INTERRUPTED, "restart")
    other = services.again(run)
    assert (other.pk != run.pk, other.status, other.arguments()) == (True, Status.QUEUED, run.arguments())


def test_a_dead_server_leaves_no_worker_and_is_noticed(playing: Callable[..., Supervisor]) -> None:
    """As after ``kill -9`` of the server: the pipe closes, and nobody writes heartbeats any more."""
    each, run = playing(), services.submit("baseline")
    until(run, under_way, each)
    process = each._processes.pop(run.pk)
    process.stdin.close()
    assert process.wait(10) == 3
    next_one = supervisor.identity()
    assert supervisor.recover(next_one) == 1, "same process number, other token: dead"
    run.refresh_from_db()
    assert run.status == Status.INTERRUPTED
    assert leftovers(run) == []


def test_a_server_elsewhere_is_lost_only_after_silence(db: None) -> None:
    run = services.submit("baseline")
    supervisor.claim("another-machine:1:abc")
    assert supervisor.recover("me:2:def") == 0
    Run.objects.update(heartbeat=timezone.now() - timedelta(seconds=supervisor.LOST + 1))
    assert supervisor.recover("me:2:def") == 1
    run.refresh_from_db()
    assert run.status == Status.INTERRUPTED


def test_time_left_is_told_where_it_can_be(db: None) -> None:
    now = timezone.now()
    run = Run(status=Status.RUNNING, total=100, done=25, stage_started=now - timedelta(seconds=10))
    left = selectors.seconds_left(run)
    assert left == pytest.approx(30, abs=1)
    for changed in ({"done": 2}, {"total": 2, "done": 1}, {"status": Status.QUEUED}, {"stage_started": None}):
        fields = {"status": Status.RUNNING, "total": 100, "done": 25, "stage_started": now} | changed
        assert selectors.seconds_left(Run(**fields)) is None


def test_a_run_that_is_not_ours_any_more_stops(db: None) -> None:
    run = services.submit("baseline")
    Run.objects.update(status=Status.RUNNING)
    now = [0.0]
    progress = Noted(run.pk, clock=lambda: now[0])
    progress.stage("society", 10, "months")
    progress.advance()
    run.refresh_from_db()
    assert run.done == 0, "not before a quarter of a second"
    now[0] = 0.3
    progress.advance()
    run.refresh_from_db()
    assert run.done == 2
    Run.objects.update(status=Status.INTERRUPTED)
    now[0] = 0.6
    with pytest.raises(Stopped):
        progress.advance()


@pytest.mark.slow
def test_the_web_computes_what_the_command_line_computes(transactional_db: None, run_folder: Path) -> None:
    """The folder of a job holds the bytes of the folder of ``yeonjwa run``, all but times."""
    each = Supervisor(1)
    run = services.submit("baseline", **TINY)  # type: ignore[arg-type]
    try:
        until(run, lambda r: not r.is_open, each, 300)
    finally:
        each.stop()
    assert run.status == Status.SUCCEEDED, run.detail
    names = {file.name for file in run_folder.iterdir()}
    assert {file.name for file in run.folder.iterdir()} == names
    tables = sorted(name for name in names if name.endswith(".parquet"))
    assert tables
    for name in tables:
        assert (run.folder / name).read_bytes() == (run_folder / name).read_bytes(), name
    assert run.size > 0
    assert run.command == (
        "yeonjwa run baseline --scale 0.002 --seed 1 --from 2005-01 --to 2006-12 --out runs/baseline-1"
    )


def test_command_and_python_of_a_run_parse(db: None) -> None:
    from yeonjwa import cli

    run = services.submit("harsher", text=HARSHER, scale=0.0025, seed=7, first="2005-01", last="2005-03")
    words = run.command.split()[2:]
    given = cli.cli.commands["run"].make_context("run", words).params
    assert (given["scenario"], given["scale"], given["seed"]) == ("harsher.toml", 0.0025, 7)
    assert {k: given[k] for k in ("first", "last")} == {k: run.arguments()[k] for k in ("first", "last")}
    compile(run.python, "python", "exec")
    assert "seed=7" in run.python


@pytest.mark.parametrize(
    "asked",
    [
        {"scenario": "no-such"},
        {"scenario": "../../etc/passwd"},
        {"scenario": "baseline", "scale": 0.5},
        {"scenario": "baseline", "scale": float("nan")},
        {"scenario": "baseline", "seed": -1},
        {"scenario": "baseline", "first": "1960-01"},
        {"scenario": "baseline", "first": "2010-01", "last": "2009-12"},
        {"scenario": "baseline", "first": "soon"},
        {"scenario": "baseline", "text": HARSHER},
    ],
)
def test_what_a_run_may_ask_for(db: None, asked: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        services.submit(**asked)
    assert Run.objects.count() == 0


def test_queue_and_disk_are_limited(db: None, settings: Any) -> None:
    settings.QUEUE = 1
    services.submit("baseline")
    with pytest.raises(InputError, match="waiting"):
        services.submit("baseline")
    Run.objects.update(status=Status.SUCCEEDED, size=3_000_000_000)
    settings.DISK_GB = 2
    with pytest.raises(InputError, match="GB used"):
        services.submit("baseline")
    settings.DISK_GB, settings.FREE_GB = 20, 1e6
    with pytest.raises(InputError, match="must stay free"):
        services.submit("baseline")


def test_a_run_that_is_over_is_deleted_with_its_files(db: None) -> None:
    run = services.submit("baseline")
    run.folder.mkdir(parents=True)
    with pytest.raises(InputError):
        services.delete(run)
    services.cancel(run)
    services.delete(run)
    assert not run.home.exists()
    assert not Run.objects.exists()


def test_scenarios_are_checked_before_they_are_kept(db: None) -> None:
    row = services.save("harsher", HARSHER)
    assert row.title == "Harsher"
    services.save("harsher", HARSHER.replace("Harsher", "Harsher still"), replace=row)
    assert SavedScenario.objects.get().title == "Harsher still"
    for name, text in (
        ("harsher", HARSHER),
        ("baseline", HARSHER),
        ("a/b", HARSHER),
        ("..", HARSHER),
        ("fine", HARSHER.replace("detection.hidden", "no.such")),
        ("fine", HARSHER.replace('base = "baseline"', 'base = "../../../etc/hosts.toml"')),
        ("fine", HARSHER.replace('base = "baseline"', "base = []")),
        ("fine", "= ="),
        ("fine", "a=" + "[" * 5000),
        ("fine", "#" * 300_000),
        ("fine", ""),
    ):
        with pytest.raises(InputError):
            services.save(name, text)
    assert SavedScenario.objects.count() == 1


def test_files_of_visitors_are_decoded_with_care() -> None:
    assert scenarios.decode(b"\xef\xbb\xbfa = 1\r\n") == "a = 1\n"
    for content in (b"\xff\xfe", b"a\0b", b"x" * 300_000):
        with pytest.raises(InputError):
            scenarios.decode(content)


def test_the_zip_of_a_run_counts_and_makes_way_before_a_run_is_refused(
    client: Any, finished: Any, settings: Any
) -> None:
    before = services.size_of(finished.home)
    client.get(f"/exports/{finished.pk}/all.zip")
    archive = finished.home / "exports.zip"
    finished.refresh_from_db()
    assert finished.size >= before + archive.stat().st_size
    settings.DISK_GB = (finished.size - 1) / 1e9
    services.check_disk()
    assert not archive.exists(), "it can be made again"
    finished.refresh_from_db()
    settings.DISK_GB = finished.size / 1e9
    with pytest.raises(InputError, match="space for runs"):
        services.check_disk()
    answer = client.get(f"/exports/{finished.pk}/all.zip", follow=True)
    assert "Space for runs" in answer.content.decode()
    assert not archive.exists()


def test_all_servers_together_keep_to_their_limit(db: None, settings: Any) -> None:
    for _ in range(2):
        services.submit("baseline", **TINY)
    settings.SLOTS_TOGETHER = 1
    first = supervisor.claim("one")
    assert first is not None
    assert supervisor.claim("two") is None
    Run.objects.filter(pk=first.pk).update(status=Status.SUCCEEDED)
    assert supervisor.claim("two") is not None


def test_the_log_says_who_cancelled_and_removed(client: Any, administrator: Any, others: None) -> None:
    from yeonjwa.observatory.house.models import AuditEntry

    run = services.submit("baseline", **TINY)
    row = SavedScenario.objects.create(name="theirs", title="T", text=HARSHER)
    administrator.post(f"/runs/{run.pk}/cancel/")
    administrator.post(f"/runs/{run.pk}/cancel/")
    administrator.post(f"/scenarios/{row.name}/delete/")
    found = [(e.actor, e.act, e.thing) for e in AuditEntry.objects.order_by("pk")]
    assert found == [("ada", "cancel", f"run {run.pk}"), ("ada", "scenario", "scenario theirs")]
    assert "harsher" not in AuditEntry.objects.latest("pk").before
