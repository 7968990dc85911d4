"""Eight at once are what numpy makes of them one by one, and nothing beside them changes."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llvmlite import binding

from yeonjwa.core import memory
from yeonjwa.core.memory import (
    EIGHT,
    SIXTEEN,
    add_eight,
    copy_eight,
    copy_many,
    count_ones,
    fill_eight,
    list_marked,
    prefetch,
)


@numba.njit
def _copy(to: Any, place: int, source: Any, at: int) -> None:
    copy_eight(to, place, source, at)


@numba.njit
def _fill(to: Any, place: int, value: int) -> None:
    fill_eight(to, place, value)


@numba.njit
def _add(to: Any, place: int, table: Any, at: int, value: int) -> None:
    add_eight(to, place, table, at, value)


@numba.njit
def _many(to: Any, place: int, source: Any, at: int, number: int) -> None:
    copy_many(to, place, source, at, number)


@numba.njit
def _ones(word: int) -> int:
    return count_ones(np.uint64(word))


@numba.njit
def _ask(array: Any, place: int) -> None:
    prefetch(array, place)


PLACES = st.integers(0, 40 - EIGHT)


@pytest.mark.parametrize("dtype", [np.int16, np.int32])
@given(place=PLACES, at=PLACES, value=st.integers(-30_000, 30_000), number=st.integers(0, EIGHT))
def test_rows_are_written_as_by_slices(dtype: Any, place: int, at: int, value: int, number: int) -> None:
    source = np.arange(100, 140).astype(dtype)
    steps = np.arange(40, dtype=np.uint8) * 6
    calls: tuple[tuple[Any, tuple[Any, ...], Any, int], ...] = (
        (_copy, (source, at), source[at : at + EIGHT], EIGHT),
        (_fill, (value,), value, EIGHT),
        (_add, (steps, at, value), (value + steps[at : at + EIGHT].astype(np.int64)).astype(dtype), EIGHT),
        (_many, (source, at, number), source[at : at + number], number),
    )
    for call, arguments, result, size in calls:
        expected = np.arange(40).astype(dtype)
        got = expected.copy()
        expected[place : place + size] = result
        call(got, place, *arguments)
        np.testing.assert_array_equal(got, expected)


@given(st.integers(0, 2**64 - 1))
def test_ones_are_counted(word: int) -> None:
    assert _ones(np.uint64(word)) == word.bit_count()


def test_asking_for_memory_changes_nothing_wherever_it_lies() -> None:
    array = np.arange(5)
    for place in (-3, 0, 4, 10**6):
        _ask(array, place)
    np.testing.assert_array_equal(array, np.arange(5))


def test_arrays_of_other_kinds_are_refused_when_compiled() -> None:
    with pytest.raises(numba.TypingError):
        _copy(np.arange(16), 0, np.arange(16, dtype=np.int32), 0)


@pytest.fixture(params=["one instruction", "one after the other"])
def lister(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """:func:`list_marked`, compiled as by new and by old versions of the compiler."""
    old = request.param == "one after the other"
    if old:
        monkeypatch.setattr(memory, "_CLOSES_GAPS", 1_000)
    compiled = numba.njit(list_marked.py_func)
    compiled(np.zeros(SIXTEEN, np.uint8), 0, np.empty(2 * SIXTEEN, np.int32))
    closes = "vector.compress" in "".join(compiled.inspect_llvm().values())
    assert closes == (not old and binding.llvm_version_info[0] >= 19)
    return compiled


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    marks=st.lists(st.integers(0, 255), max_size=70), first=st.integers(0, 2**31 - 200), sparse=st.booleans()
)
def test_marked_rows_are_those_of_nonzero(lister: Any, marks: list[int], first: int, sparse: bool) -> None:
    mark = np.array(marks, np.uint8) & (0x81 if sparse else 0xFF)
    room = mark.size + SIXTEEN
    out = np.full(room + 40, -1, np.int32)
    n = lister(mark, first, out[:room])
    assert n == np.count_nonzero(mark)
    assert np.array_equal(out[:n], first + np.flatnonzero(mark))
    assert (out[room:] == -1).all()
