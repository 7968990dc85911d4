"""Counts that are found beside later steps stand where they would stand if they had been found at once."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numba
import numpy as np
import pytest

from yeonjwa.society.recorder import Recorder

TOTAL, SENIOR = ("exposure.loss", "total", "total"), ("exposure.loss", "rank", "senior")
Find = Callable[[], dict[tuple[str, str, str], float]]


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    if numba.config.NUMBA_NUM_THREADS < request.param:  # type: ignore[attr-defined]
        pytest.skip("this process was given one thread")
    before = numba.get_num_threads()
    numba.set_num_threads(request.param)
    yield request.param
    numba.set_num_threads(before)


def found_after(gate: threading.Event, threads: int, value: float) -> Find:
    """Cells that are not known before the gate is open, where there is a thread that can wait for it."""

    def find() -> dict[tuple[str, str, str], float]:
        assert threads == 1 or gate.wait(30)
        return {TOTAL: value, SENIOR: 2 * value}

    return find


def value_of(recorder: Recorder, month: int, cell: tuple[str, str, str]) -> float:
    series: dict[str, Any] = recorder.series()
    row = series["month"] == month
    for name, wanted in zip(("measure", "dimension", "level"), cell, strict=True):
        row &= series[name] == wanted
    assert row.sum() == 1
    return float(series["value"][row][0])


def test_cells_found_late_stand_in_their_own_month(threads: int) -> None:
    recorder, gate = Recorder(0.5), threading.Event()
    recorder.recording = True
    recorder.later(found_after(gate, threads, 3.0))
    recorder.add("recall.recalled", 1)
    recorder.close_month(100)
    recorder.add("recall.recalled", 4)
    assert recorder.now(*TOTAL) == 0.0  # the month to come is not waited for
    gate.set()
    recorder.later(found_after(gate, threads, 5.0))
    assert recorder.now(*SENIOR) == 10.0  # who asks within the month waits
    recorder.close_month(101)
    assert [value_of(recorder, month, TOTAL) for month in (100, 101)] == [3.0, 5.0]
    assert [value_of(recorder, month, SENIOR) for month in (100, 101)] == [6.0, 10.0]
    assert value_of(recorder, 101, ("recall.recalled", "total", "total")) == 8.0
    assert recorder.sums["exposure.loss"] == 8.0


def test_a_recorder_that_has_settled_can_be_kept(threads: int) -> None:
    recorder, gate = Recorder(1.0), threading.Event()
    recorder.recording = True
    recorder.later(found_after(gate, threads, 3.0))
    recorder.close_month(100)
    gate.set()
    recorder.settle()
    kept = pickle.loads(pickle.dumps(recorder))
    assert value_of(kept, 100, TOTAL) == 3.0
    assert all(np.array_equal(kept.series()[name], column) for name, column in recorder.series().items())


def test_months_that_are_not_kept_count_in_the_sums_only(threads: int) -> None:
    recorder, gate = Recorder(1.0), threading.Event()
    gate.set()
    recorder.later(found_after(gate, threads, 3.0))
    recorder.close_month(100)
    assert recorder.sums["exposure.loss"] == 3.0
    assert recorder.series()["month"].size == 0


def test_what_fails_beside_later_steps_is_not_lost(threads: int) -> None:
    recorder = Recorder(1.0)
    recorder.recording = True

    def find() -> dict[tuple[str, str, str], float]:
        raise ZeroDivisionError("found beside")

    def month() -> None:
        recorder.later(find)
        recorder.close_month(100)
        recorder.settle()

    with pytest.raises(ZeroDivisionError, match="found beside"):
        month()
