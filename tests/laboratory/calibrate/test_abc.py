"""The bridge to pyABC: it finds what the emulators find, and goes on where it stopped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from yeonjwa.core.errors import InputError
from yeonjwa.laboratory.calibrate import abc
from yeonjwa.laboratory.calibrate.history import Record

pytest.importorskip("pyabc", reason="pyABC is not installed: pip install 'yeonjwa[abc]'")


def line(point: np.ndarray, seed: int) -> np.ndarray:
    """The sum and the difference of two parameters, with little luck."""
    return np.array([point.sum(), point[0] - point[1]]) + 0.02 * np.random.default_rng(seed).standard_normal(
        2
    )


def test_a_posterior_about_the_truth_that_goes_on(tmp_path: Path) -> None:
    records = [Record("sum", 1.0, 0.05), Record("difference", 0.4, 0.05)]
    first = abc.sample(line, records, 2, database=tmp_path / "abc.db", population=40, generations=3)
    assert first.mean() == pytest.approx([0.7, 0.3], abs=0.15)
    later = abc.sample(line, records, 2, database=tmp_path / "abc.db", population=40, generations=2)
    assert later.mean() == pytest.approx([0.7, 0.3], abs=0.08)
    width = [float((p.interval(0.9)[:, 1] - p.interval(0.9)[:, 0]).mean()) for p in (first, later)]
    assert width[1] < width[0]


def test_populations_of_nobody_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        abc.sample(line, [], 2, database=tmp_path / "abc.db")
