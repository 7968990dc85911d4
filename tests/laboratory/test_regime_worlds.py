"""The society under the rules of the catalogue: what maps is put in, what does not is said."""

from __future__ import annotations

import pytest

from yeonjwa.core.calendar import month_index
from yeonjwa.core.errors import InputError
from yeonjwa.kinship.circles import parse_circle
from yeonjwa.laboratory import paired, regime_worlds, scenario
from yeonjwa.regime.catalogue import regimes

T = month_index(2012)


def test_every_regime_of_the_catalogue_is_a_scenario():
    assert len(regime_worlds.names()) == len(regimes()) == 34
    for name in regime_worlds.names():
        made = scenario.load(name)
        assert made.name == name
        assert made.base == "baseline"
        assert made.description.endswith((".", "All of it maps."))
        assert "map" in made.description


def test_a_regime_is_a_base_of_a_file(tmp_path):
    file = tmp_path / "trial.toml"
    file.write_text('title = "t"\ndescription = "d"\nbase = "regime:tang"\nscale = 0.02\n', encoding="utf-8")
    made = scenario.load(file)
    assert made.parameters.digest() == scenario.load("regime:tang").parameters.digest()
    file.write_text('title = "t"\ndescription = "d"\nbase = "regime:tong"\n', encoding="utf-8")
    with pytest.raises(InputError) as caught:
        scenario.load(file)
    assert caught.value.where == "trial.toml, line 3"
    assert "did you mean" in caught.value.allowed


def test_readings_with_changes_of_their_own_are_taken_at_their_word():
    base = scenario.load().parameters
    for id, regime in regimes().items():
        if regime.scenario:
            made = scenario.load(f"regime:{id}")
            assert [change.path for change in made.changes] == [path for path, _, _ in regime.scenario]
            changed = {change.path for change in made.changes}
            assert all(made.parameters[path] == base[path] for path in base if path not in changed)


def test_tang_sends_its_dead_and_its_slaves_to_camps_and_uncles_away():
    tang = scenario.load("regime:tang").parameters
    camp = set(parse_circle(tang.text("sanction.camp_circle", T)).terms)
    for named in ("father", "sons", "brothers, patriline", "spouse, female"):
        assert set(parse_circle(named).terms) <= camp, named
    assert not camp & set(parse_circle("uncles, patriline + first_cousins").terms)
    assert "uncles" in tang.text("sanction.banish_circle", T)
    assert set(tang.table("sanction.career_probability", T).values()) == {0}
    assert not tang.switch("recall.on", T)
    assert tang.number("sanction.spare_married_out", T) == 1
    # How often it is carried out is held.
    assert tang["sanction.camp_flight"] == scenario.load().parameters["sanction.camp_flight"]
    lost = " ".join(regime_worlds.does_not_map(regimes()["tang"]))
    for words in ("death", "limits of age", "confiscation", "adoption", "concubines"):
        assert words in lost


def test_what_a_regime_does_not_do_is_not_done():
    kor = scenario.load("regime:kor").parameters
    for name in ("camp_flight", "camp_other", "banish_flight", "banish_other"):
        assert kor.number(f"sanction.{name}", T) == 0
    assert set(kor.table("sanction.career_depth", T).values()) == {4}


def test_rules_that_hold_sometimes_count_where_there_are_no_others():
    army = scenario.load("regime:sippenhaft.army").parameters
    assert army.text("sanction.camp_circle", T) == "spouse + children + parents"
    # Order 00486 has a standing rule for wives, so that on older children is left out, and named.
    assert "socially dangerous" in scenario.load("regime:nkvd.00486").description


def test_posts_of_a_reading_answer_to_their_own_degree():
    depth = scenario.load("regime:prk.purge2013").parameters.table("sanction.career_depth", T)
    assert depth == {"administrator": 4, "official": 4, "senior": 8, "security": 8, "expatriate": 8}


def test_wives_and_husbands_are_spouses_so_that_a_divorce_counts():
    written = regime_worlds.union(["wife + sons", "siblings of wife", "wife + sons"])
    assert written == "(spouse, female) + sons + siblings of (spouse, female)"
    assert set(parse_circle(written).terms) == set(parse_circle("wife + sons + siblings of wife").terms)


def test_the_society_runs_under_the_widest_of_them():
    world = scenario.load("regime:nine_kin.lines").parameters
    task = paired.Task(1, 1, (world,), 0.002, month_index(2012, 1), month_index(2012, 2))
    (record,) = paired.play(task)
    assert 20e6 < record.whole["population.alive"] < 30e6
