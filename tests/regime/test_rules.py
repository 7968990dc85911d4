"""Rules of a regime, read and checked together."""

from __future__ import annotations

import pytest

from yeonjwa.core.calendar import month_index
from yeonjwa.core.errors import InputError
from yeonjwa.evidence.parameters import load
from yeonjwa.laboratory import regime_worlds, scenario
from yeonjwa.regime.rules import parse_stains, rules_at, validate

T = month_index(2012, 1)


def test_default_regime_is_the_one_of_the_article() -> None:
    rules = rules_at(load(), T)
    assert {str(path) for path in rules.camp_circle.paths} == {"U", "S", "D", "DD"}
    assert rules.vetting_depth["administrator"] == 4  # seed.28: first cousins
    assert rules.vetting_depth["official"] == 6  # seed.29: second cousins
    assert rules.vetting_depth["security"] == 8  # seed.30: third cousins
    assert rules.vetting_lines == "both"  # seed.26, seed.27
    assert rules.recall_degree == 3
    assert rules.secret


def test_severity_rises_once_in_2012_and_for_the_high_ranks_only() -> None:
    before, after = rules_at(load(), T - 1).severity, rules_at(load(), T).severity
    assert set(before.values()) == {1}
    assert after["ordinary"] == after["administrator"] == 1
    assert after["official"] == after["security"] == 2


@pytest.mark.parametrize("name", [*scenario.names(), *regime_worlds.names()])
def test_every_shipped_scenario_is_a_valid_regime(name: str) -> None:
    parameters = scenario.load(name).parameters
    validate(parameters)
    assert rules_at(parameters, T).describe()


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("vetting.stain", "leaver + neighbour", "neighbour"),
        ("vetting.lines", "father", "both, paternal, maternal"),
        ("sanction.camp_circle", "parents + cusins", "cusins"),
        ("vetting.depth", {"official": 9}, "0 to 8 chon"),
        ("vetting.on_file", {"8": 0.9}, "do not rise"),
        ("loss.career_mix", {"bar": 0.9}, "sum of loss.career_mix"),
        ("hint.denounce_variant", "sometimes", "refused, always"),
    ],
)
def test_rules_that_make_no_sense_together_are_refused(path: str, value: object, says: str) -> None:
    with pytest.raises(InputError, match=says):
        validate(load().with_value(path, month_index(1985, 1), value))  # type: ignore[arg-type]


def test_stains_are_words_joined_by_plus() -> None:
    assert parse_stains("leaver + camp") == ("leaver", "camp")
