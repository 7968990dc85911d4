"""Formulas are read, never executed: arithmetic over names, and nothing else."""

from __future__ import annotations

import pytest

from yeonjwa.core.errors import InputError
from yeonjwa.evidence import formula


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("2 + 3 * {a}", 23),
        ("-({a} - {b.c.2008}) / 2", -1.5),
        ("2 ** 3 ** 0.5", 2**3**0.5),
        ("round(max({a}, {b.c.2008}) / 3, 1)", 2.3),
        ("mean({a}, {b.c.2008}, 6)", 17 / 3),
        ("exp(log({a})) + sqrt({b.c.2008})", 9),
        ("1e6 * {a}", 7e6),
    ],
)
def test_arithmetic(text, result):
    assert formula.evaluate(text, {"a": 7, "b.c.2008": 4}) == pytest.approx(result)


@pytest.mark.parametrize(
    "text",
    [
        "{c}", "", "2 +", "a", "__import__('os')", "(1).real", "[1][0]", "1 if 2 else 3", "round(1, digits=2)",
        "9 ** 9 ** 9", "1 / 0", "log(0)", "True", "'1'", "_0_", "mean()", "exp(1000)", "(-1) ** 0.5", "lambda: 1",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text):
    with pytest.raises(InputError):
        formula.evaluate(text, {"a": 7}, "here")


def test_names_and_cycles():
    assert formula.names("{a} + {b} * {a}") == ("a", "b")
    assert formula.cycles({"a": ["b", "c"], "b": ["c"], "c": []}) == []
    assert formula.cycles({"a": ["b"], "b": ["c"], "c": ["b"]}) == [("b", "c", "b")]
    assert formula.cycles({"a": ["a"]}) == [("a", "a")]


@pytest.mark.parametrize(
    ("text", "digits"), [("8.0", 1), ("702372", 0), ("0.0078125", 7), ("1e-3", 3), ("2.5e3", 0)]
)
def test_decimals_as_written(text, digits):
    assert formula.decimals(text) == digits


def test_agreement_is_that_of_rounding():
    assert formula.agrees(8.0198, 8.0, 1)
    assert not formula.agrees(8.06, 8.0, 1)
