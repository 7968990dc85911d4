"""A dated parameter gives the value that holds, refuses what does not fit, and changes its hash when it changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yeonjwa.core.calendar import parse_month
from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import Parameters, near, parse_parameter


def content(**changes: Any) -> dict[str, Any]:
    base = {
        "description": "A rate.",
        "kind": "rate",
        "unit": "per year",
        "grade": "B",
        "sources": ["a.1"],
        "values": [
            {"from": "2000-01", "value": 1.0, "low": 0.5, "high": 2.0},
            {"from": "2010-01", "value": 3.0},
        ],
    }
    return {**base, **changes}


def table(**changes: Any) -> dict[str, Any]:
    return content(values=[{"from": "2000-01", "value": {"f": 1.0, "m": 2.0}}], dimension="sex", **changes)


def parameters(**changes: Any) -> Parameters:
    return Parameters(
        {
            "a.rate": parse_parameter("a.rate", content(**changes), "x"),
            "a.table": parse_parameter("a.table", table(), "x"),
        }
    )


@pytest.mark.parametrize(
    ("month", "value"), [("1990-01", 1), ("2000-01", 1), ("2009-12", 1), ("2010-01", 3), ("2030-01", 3)]
)
def test_value_holds_from_its_date_until_the_next(month: str, value: float) -> None:
    assert parameters().number("a.rate", parse_month(month)) == value


@given(st.integers(parse_month("1990-01"), parse_month("2020-12")))
def test_linear_values_join_their_dates(month: int) -> None:
    start, end = parse_month("2000-01"), parse_month("2010-01")
    expected = 1 + 2 * min(max((month - start) / (end - start), 0), 1)
    assert parameters(interpolation="linear").number("a.rate", month) == pytest.approx(expected)


def test_series_vector_and_kinds_of_access() -> None:
    p, month = parameters(), parse_month("2009-11")
    np.testing.assert_array_equal(p.series("a.rate", month, month + 3), [1, 1, 3, 3])
    np.testing.assert_array_equal(p.vector("a.table", month, ("m", "f")), [2, 1])
    with pytest.raises(InputError, match=r"levels of a\.table"):
        p.vector("a.table", month, ("m", "x"))
    with pytest.raises(InputError, match="a single number"):
        p.number("a.table", month)
    with pytest.raises(InputError, match="a table by level"):
        p.table("a.rate", month)
    with pytest.raises(InputError, match=r"did you mean a\.rate"):
        p.number("a.rat", month)


def test_with_value_removes_later_dates_and_leaves_the_original() -> None:
    p = parameters()
    changed = p.with_value("a.rate", parse_month("2005-01"), 9.0)
    assert [changed.number("a.rate", parse_month(m)) for m in ("2004-12", "2005-01", "2015-01")] == [1, 9, 9]
    assert p.number("a.rate", parse_month("2015-01")) == 3
    partly = p.with_value("a.table", parse_month("2005-01"), {"m": 5.0})
    assert partly.table("a.table", parse_month("2006-01")) == {"f": 1.0, "m": 5.0}
    for value in (-1.0, float("nan"), True, "much", {"x": 1.0}):
        with pytest.raises(InputError):
            p.with_value("a.rate", parse_month("2005-01"), value)
    with pytest.raises(InputError, match=r"level of a\.table"):
        p.with_value("a.table", parse_month("2005-01"), {"x": 1.0})


def test_digest_changes_with_every_input() -> None:
    p = parameters()
    others = [
        p.with_value("a.rate", parse_month("2010-01"), 3.5),
        p.with_value("a.rate", parse_month("2011-01"), 3.0),
        parameters(interpolation="linear"),
        Parameters({"b.rate": p["a.rate"], "a.table": p["a.table"]}),
    ]
    assert parameters().digest() == p.digest()
    assert len({p.digest(), *(other.digest() for other in others)}) == 1 + len(others)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "ratio"}, "kind"),
        ({"grade": "D"}, "grade"),
        ({"interpolation": "spline"}, "interpolation"),
        ({"values": []}, "one .* at least"),
        ({"vlaues": []}, "did you mean values"),
        ({"values": [{"from": "2000-01"}]}, "value is missing"),
        ({"values": [{"from": "2000-13", "value": 1.0}]}, "month"),
        ({"values": [{"from": "2000-01", "value": -1.0}]}, "0 or more"),
        ({"values": [{"from": "2000-01", "value": "1"}]}, "finite number"),
        ({"values": [{"from": "2000-01", "value": 1.0, "low": 2.0}]}, "low of a.rate"),
        ({"values": [{"from": "2000-01", "value": 1.0, "high": 0.5}]}, "high of a.rate"),
        (
            {"values": [{"from": "2001-01", "value": 1.0}, {"from": "2000-01", "value": 1.0}]},
            "dates that increase",
        ),
        (
            {"values": [{"from": "2000-01", "value": 1.0}, {"from": "2001-01", "value": {"f": 1.0}}]},
            "same levels",
        ),
        ({"kind": "share", "values": [{"from": "2000-01", "value": 1.1}]}, "0 to 1"),
        ({"kind": "switch", "values": [{"from": "2000-01", "value": 1}]}, "true or false"),
        ({"kind": "rule", "values": [{"from": "2000-01", "value": " "}]}, "a text"),
        ({"kind": "degree", "values": [{"from": "2000-01", "value": 2.5}]}, "whole number"),
    ],
)
def test_mistakes_in_a_file(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_parameter("a.rate", content(**changes), "a/rate.toml")


def test_missing_key_is_named() -> None:
    without = content()
    del without["unit"]
    with pytest.raises(InputError, match="unit is missing"):
        parse_parameter("a.rate", without, "a/rate.toml")


def test_near_names_are_offered() -> None:
    assert near("alpah", ["alpha", "beta"]) == "did you mean alpha?"
    assert near("zzz", ["alpha", "beta"]) == "alpha, beta, ..."


@pytest.mark.parametrize("key", ["sources", "grade", "vlaue"])
def test_keys_of_a_value_that_would_be_ignored_are_refused(key: str) -> None:
    rows = [{"from": "2000-01", "value": 1.0, key: "B"}]
    with pytest.raises(InputError, match=key):
        parse_parameter("a.rate", content(values=rows), "x")
