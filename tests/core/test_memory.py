"""Eight at once are what numpy makes of them one by one, and nothing beside them changes."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yeonjwa.core.memory import EIGHT, add_eight, copy_eight, copy_many, count_ones, fill_eight, prefetch


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
