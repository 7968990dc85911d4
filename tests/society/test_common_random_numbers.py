"""Scenarios with one seed share all luck that the change between them does not touch."""

from __future__ import annotations

import numpy as np

from tests.society.conftest import FIRST, play
from yeonjwa.core.calendar import month_index


def test_severity_after_2011_changes_no_month_before() -> None:
    rises, flat = play("baseline"), play("severity_flat")
    change = month_index(2012, 1)
    for name in ("series", "events"):
        one, other = getattr(rises, name), getattr(flat, name)
        before = one["month"] < change
        assert before.sum() > 1000
        assert one["month"].min() == FIRST
        for column in one:
            assert np.array_equal(one[column][before], other[column][other["month"] < change]), column
    moved = rises.series["value"] != flat.series["value"]
    assert moved[rises.series["month"] >= change].sum() > 100
