"""Nothing that a task does takes other tasks down: the same on processes of this machine and on a Dask cluster."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.laboratory.misbehaving import act
from yeonjwa.core.errors import InputError
from yeonjwa.laboratory import runner
from yeonjwa.laboratory.workers import ENVIRONMENT

ENGINES = (runner.PROCESSES, "dask")


@pytest.mark.parametrize("engine", ENGINES)
def test_each_task_has_its_own_fate(engine: str, tmp_path: Path) -> None:
    tasks: list[tuple[str, object]] = [("square", n) for n in range(8)]
    tasks[2], tasks[4] = ("raise", "no such thing"), ("die", None)
    tasks += [("die once", str(tmp_path / "mark")), ("environment", list(ENVIRONMENT))]
    threads_here = os.environ.get("NUMBA_NUM_THREADS")
    started: list[tuple[int, int]] = []
    died: list[int] = []
    seen: list[runner.Result] = []
    results = runner.map(
        act,
        tasks,
        workers=2,
        engine=engine,
        on_start=lambda index, attempt: started.append((index, attempt)),
        on_crash=lambda index, error: died.append(index),
        on_result=seen.append,
    )
    assert [result.index for result in results] == list(range(10))
    assert sorted(seen, key=lambda result: result.index) == results
    assert [results[n].value for n in (0, 1, 3, 5, 6, 7)] == [0, 1, 9, 25, 36, 49]
    failed, crashed, killed, environment = (results[n] for n in (2, 4, 8, 9))
    assert (failed.status, failed.error, failed.attempts) == ("failed", "ValueError: no such thing", 1)
    assert "misbehaving.py" in failed.trace
    assert (crashed.status, crashed.attempts) == ("crashed", 3)
    assert "3 attempts" in crashed.error
    assert (killed.status, killed.attempts) == ("ok", 2)
    assert environment.value == dict(ENVIRONMENT)
    # Numba in this process reads its environment at every compilation: what is meant for workers may not reach it.
    assert os.environ.get("NUMBA_NUM_THREADS") == threads_here
    if engine == runner.PROCESSES:
        assert sorted(died) == [4, 4, 8]
    # Dask may have put a bystander on the worker that died: it was a suspect for a while, and lost nothing by it.
    assert {index: died.count(index) for index in (4, 8)} == {4: 2, 8: 1}
    # Suspects wait until all others are done.
    assert all(attempt > 1 for _, attempt in started[-len(died) :])


def test_how_a_process_died_is_said() -> None:
    killed, left, unsendable = runner.map(
        act, [("die", None), ("leave", None), ("unsendable", None)], workers=1, attempts=1
    )
    assert "SIGKILL" in killed.error
    assert left.error == "its process ended with exit code 3 in each of 1 attempts"
    assert (unsendable.status, "cannot be sent" in unsendable.error) == ("failed", True)


def test_fail_fast_stops_what_is_under_way_and_starts_nothing_more() -> None:
    before = time.monotonic()
    tasks = [("square", 2), ("sleep", 60), ("raise", "enough"), ("square", 3)]
    results = runner.map(act, tasks, workers=2, fail_fast=True)
    assert [result.status for result in results] == ["ok", "cancelled", "failed", "cancelled"]
    assert results[3].attempts == 0
    assert time.monotonic() - before < 30


def test_fail_fast_clears_a_suspect_before_anything_else() -> None:
    tasks = [("die", None), *[("square", n) for n in range(20)]]
    results = runner.map(act, tasks, workers=1, fail_fast=True)
    assert results[0].status == "crashed"
    assert {result.status for result in results[1:]} == {"cancelled"}


def test_workers_are_gone_when_the_work_is_done() -> None:
    (result,) = runner.map(act, [("who", None)], workers=1)
    assert result.value != os.getpid()
    with pytest.raises(ProcessLookupError):
        os.kill(result.value, 0)


def test_a_function_that_others_cannot_find_is_refused() -> None:
    with pytest.raises(InputError, match="can be imported"):
        runner.map(lambda task: task, [1])
    with pytest.raises(InputError, match="1 or more of each"):
        runner.map(act, [1], workers=0)
    assert runner.map(act, []) == []


def test_an_engine_that_there_is_not_is_refused() -> None:
    with pytest.raises(InputError, match="tcp://host:8786"):
        runner.map(act, [("square", 1)], engine="slurm")
