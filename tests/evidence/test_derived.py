"""Derived values of parameters are computed again from the facts that they name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import DatedValue, Parameters, parse_parameter
from yeonjwa.evidence import derived, ledger, parameters
from yeonjwa.evidence.check import check


def _with(*changed):
    shipped = parameters.load()
    return Parameters({**shipped.items_, **{p.path: p for p in changed}})


def _alpha(formula, value=3.0, sources=("pop.north.2008",)):
    values = (DatedValue(4600, value, 0.0, 9.0, formula=formula),)
    return replace(parameters.load()["support.alpha"], values=values, sources=sources)


def test_shipped_values_come_to_what_they_state():
    found = derived.derived(parameters.load())
    assert len(found) >= 60
    for number in found:
        assert round(number.result, number.digits) == pytest.approx(number.stated, abs=1e-12), number
    facts = {fact.id: fact.value for fact in ledger.load_facts()}
    ryanggang = next(n for n in found if (n.path, n.level) == ("population.province_share", "ryanggang"))
    assert ryanggang.result == pytest.approx(facts["pop.province.ryanggang.2008"] / 23_349_859)
    assert derived.check(parameters.load()) == []


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("{pop.north.2008} / 7e6", "to which"),
        ("{pop.north.1066}", "pop.north"),
        ("{pop.north.2000} / 7e6", "among them"),
        ("3 +", "formula"),
        ({"a": "3"}, "one text for a number"),
    ],
)
def test_wrong_formulas_are_errors_with_their_place(formula, says):
    report = check(_with(_alpha(formula)))
    found = [f for f in report["errors"] if f["where"].startswith("support/alpha.toml, from 1983-05")]
    assert found
    assert says in found[0]["message"]


def test_parameters_derived_in_a_circle_are_an_error():
    shipped = parameters.load()
    beta = replace(shipped["support.fee"], values=(DatedValue(4600, 3.0, formula="{support.alpha}"),))
    errors = derived.check(_with(_alpha("{support.fee}"), beta))
    assert ["support.alpha -> support.fee -> support.alpha"] == [error.value for error in errors]


def test_a_formula_for_a_level_that_is_not_there_is_refused():
    content = {
        "description": "x", "kind": "share", "unit": "x", "grade": "A",
        "values": [{"from": "2000-01", "value": {"a": 1, "b": 0}, "formula": {"c": "1"}}],
    }  # fmt: skip
    with pytest.raises(InputError, match="level of the formula"):
        parse_parameter("x.y", content, "x/y.toml")
