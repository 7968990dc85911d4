"""All sides of a conflict are run with the same luck, and differ by what they change alone."""

from __future__ import annotations

import pytest

from yeonjwa.core.calendar import month_index
from yeonjwa.core.errors import InputError
from yeonjwa.laboratory import sides

WINTER = {"scale": 0.002, "first": month_index(2012, 1), "last": month_index(2012, 2)}


@pytest.fixture(scope="module")
def compared():
    return sides.compare("vetting_lines", seeds=(1,), **WINTER)


def test_the_side_of_the_baseline_is_the_baseline(compared):
    by_cell = {(o.side, o.measure): o for o in compared.outcomes}
    for measure in sides.HEADLINES:
        same = by_cell["seed.27", measure]
        assert same.mean == by_cell["", measure].mean
        assert same.change in (0.0, None)
    assert {o.side for o in compared.outcomes} == {"", "seed.27", "vet.general_paternal"}


def test_checks_of_one_line_refuse_fewer(compared):
    by_cell = {(o.side, o.measure): o for o in compared.outcomes}
    base = by_cell["", "vetting.refused_share"].mean
    other = by_cell["vet.general_paternal", "vetting.refused_share"].mean
    assert 0 < other < base
    spread = compared.spread("vetting.refused_share")
    assert spread == pytest.approx((base - other) / base)
    assert compared.as_dict()["spread"]["vetting.refused_share"] == spread


def test_what_no_run_can_tell_is_refused():
    with pytest.raises(InputError, match="the text in which they stand"):
        sides.compare("principles", **WINTER)
    with pytest.raises(InputError, match="recall"):
        sides.compare("recal", **WINTER)
    with pytest.raises(InputError, match="seeds"):
        sides.compare("recall", seeds=(), **WINTER)
