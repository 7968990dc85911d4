"""Memory that is given back stays with the process while it is needed again, and goes when it is not."""

from __future__ import annotations

import resource

import numpy as np
import pytest

from yeonjwa.core import heap

LONG = 48 << 20


def faults() -> int:
    """Pages that the system had to give out for one long array, made and given back five times."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        np.empty(LONG, np.uint8)[::4096] = 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def in_use() -> int:
    """Bytes of memory of this process that are there."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


needs_gnu = pytest.mark.skipif(heap._library() is None, reason="another C library")


@needs_gnu
def test_long_arrays_are_cleared_once_and_given_back_at_the_end() -> None:
    outside = faults()
    before = in_use()
    with heap.kept_heap():
        faults()
        assert faults() * 4 < outside
        with heap.kept_heap():
            faults()
        assert faults() * 4 < outside, "the inner one must not end the outer one"
        assert in_use() > before + LONG // 2
    assert in_use() < before + LONG // 2
    assert faults() * 4 > outside


@needs_gnu
def test_it_ends_with_an_error_too() -> None:
    with pytest.raises(ZeroDivisionError), heap.kept_heap():
        raise ZeroDivisionError
    assert heap._inside == 0


def test_another_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap, "_library", lambda: None)
    with heap.kept_heap():
        assert np.zeros(3).sum() == 0
    assert heap._inside == 0
