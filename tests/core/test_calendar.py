"""Months are small integers and come back as they went in."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yeonjwa.core.calendar import NEVER, first_day, format_month, month_index, month_of, parse_month, year_of
from yeonjwa.core.errors import InputError


@given(st.integers(0, (4330 - 1600) * 12 - 1))
def test_round_trip(index: int) -> None:
    assert parse_month(format_month(index)) == index
    assert month_index(year_of(index), month_of(index)) == index
    assert first_day(index) == datetime.date(year_of(index), month_of(index), 1)


def test_named_months() -> None:
    assert month_index(1600, 1) == 0
    assert month_index(2024, 12) == 5099
    assert month_index(2024, 12) < NEVER


@pytest.mark.parametrize(
    "text", ["", "2005", "2005-1", "2005-00", "2005-13", "1599-12", "4330-01", "05-2005", "２005-01x"]
)
def test_what_is_no_month(text: str) -> None:
    with pytest.raises(InputError, match="month") as caught:
        parse_month(text, "here")
    assert caught.value.where == "here"


@pytest.mark.parametrize(("year", "month"), [(2005, 0), (2005, 13), (1599, 1), (9999, 1)])
def test_out_of_range(year: int, month: int) -> None:
    with pytest.raises(InputError):
        month_index(year, month)
