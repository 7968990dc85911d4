"""Scenarios: what a change does to the dates around it, round trips, and mistakes with file and line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yeonjwa.core.calendar import month_index
from yeonjwa.core.errors import InputError
from yeonjwa.evidence import parameters as shipped_parameters
from yeonjwa.laboratory import scenario
from yeonjwa.laboratory.scenario import Change, apply

HEAD = 'title = "Trial"\ndescription = "For a test."\n'
FIRST, LAST = month_index(1985), month_index(2024, 12)


@pytest.fixture(scope="module")
def base():
    return shipped_parameters.load()


def _file(folder: Path, body: str, name: str = "trial.toml") -> Path:
    file = folder / name
    file.write_text(HEAD + body, encoding="utf-8")
    return file


def _change(**keys: object) -> str:
    return "\n[[change]]\n" + "\n".join(f"{key} = {value}" for key, value in keys.items()) + "\n"


def test_baseline_is_the_shipped_parameters(base):
    loaded = scenario.load()
    assert loaded.name == "baseline"
    assert loaded.base == ""
    assert loaded.changes == ()
    assert loaded.parameters.digest() == base.digest()
    assert (loaded.first, loaded.last) == (month_index(2005), LAST)


@pytest.mark.parametrize("name", scenario.names())
def test_shipped_scenarios_survive_the_round_trip(tmp_path, name):
    loaded = scenario.load(name)
    file = tmp_path / "scenario.toml"
    file.write_text(scenario.to_toml(loaded), encoding="utf-8")
    again = scenario.load(file)
    assert again.parameters.digest() == loaded.parameters.digest()
    assert again.changes == loaded.changes
    assert again.claims == loaded.claims
    assert (again.first, again.last, again.scale) == (loaded.first, loaded.last, loaded.scale)
    assert (again.title, again.description) == (loaded.title, loaded.description)


def test_shipped_scenarios_differ_from_the_baseline_and_from_each_other():
    digests = {name: scenario.load(name).parameters.digest() for name in scenario.names()}
    assert scenario.names()[0] == "baseline"
    assert len(set(digests.values())) == len(digests) >= 25


def test_liability_off_takes_away_every_sanction_on_kin():
    off = scenario.load("liability_off").parameters
    for month in (FIRST, month_index(2012), LAST):
        assert not off.switch("support.liability", month)
        assert not off.switch("recall.on", month)
        assert max(off.table("sanction.career_probability", month).values()) == 0
        for name in ("camp_flight", "camp_other", "banish_flight", "banish_other"):
            assert off.number(f"sanction.{name}", month) == 0
    assert off.series("belief.signal_hits", FIRST, LAST).sum() == 0
    changed = {change.path for change in scenario.load("liability_off").changes}
    unchanged = set(off) - changed
    baseline = scenario.load().parameters
    assert all(off[path] == baseline[path] for path in unchanged)


def test_severity_scenarios_act_from_2012_only(base):
    flat = scenario.load("severity_flat").parameters
    doubled = scenario.load("severity_again_doubled").parameters
    before, after = month_index(2011, 12), month_index(2012)
    for parameters in (flat, doubled):
        assert parameters.table("loss.severity", before) == base.table("loss.severity", before)
    assert set(flat.table("loss.severity", LAST).values()) == {1.0}
    assert doubled.table("loss.severity", after)["senior"] == 2 * base.table("loss.severity", after)["senior"]
    assert doubled.table("loss.severity", after)["ordinary"] == 1


def test_reversals_put_each_order_in_its_month():
    parameters = scenario.load("severity_reversals").parameters
    banish = {m: parameters.number("sanction.banish_flight", month_index(*m)) for m in (
        (2013, 1), (2013, 2), (2013, 7), (2013, 8), (2017, 12), (2018, 1), (2022, 6), (2022, 7))}  # fmt: skip
    assert list(banish.values()) == [0.15, 0.05, 0.05, 0.25, 0.25, 0, 0, 0.15]


def test_a_value_without_date_holds_at_all_dates(base):
    changed = apply(base, Change("border.interdiction", value=0.4))
    assert set(changed.series("border.interdiction", FIRST, LAST)) == {0.4}


def test_a_dated_value_ends_all_later_ones_and_keeps_the_earlier(base):
    start = month_index(2010, 6)
    series = apply(base, Change("border.interdiction", start, 0.4)).series("border.interdiction", FIRST, LAST)
    old = base.series("border.interdiction", FIRST, LAST)
    assert np.array_equal(series[: start - FIRST], old[: start - FIRST])
    assert set(series[start - FIRST :]) == {0.4}


def test_part_of_a_table_leaves_the_other_levels_their_dates(base):
    changed = apply(base, Change("loss.severity", value={"senior": 3}))
    for year in (2011, 2012):
        table, old = (p.table("loss.severity", month_index(year)) for p in (changed, base))
        assert table == {**old, "senior": 3}


def test_linear_parameters_do_not_ramp_towards_a_change(base):
    start = month_index(2005)
    changed = apply(base, Change("party.members", start, 5_000_000)).series("party.members", FIRST, LAST)
    old = base.series("party.members", FIRST, LAST)
    assert changed[: start - FIRST] == pytest.approx(old[: start - FIRST], rel=1e-9)
    assert set(changed[start - FIRST :]) == {5_000_000}


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(
        ["border.interdiction", "economy.shock", "party.members", "remittance.share", "support.alpha"]
    ),
    st.integers(FIRST, LAST),
    st.floats(0.05, 1.0),
)
def test_a_factor_multiplies_each_month_from_its_date_on(path, start, factor):
    base = shipped_parameters.load()
    old = base.series(path, FIRST, LAST)
    new = apply(base, Change(path, start, factor=factor)).series(path, FIRST, LAST)
    expected = np.where(np.arange(FIRST, LAST + 1) >= start, factor, 1.0) * old
    assert new == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_factor_by_level(base):
    changed = apply(base, Change("camp.mortality", month_index(1998), factor=0.5))
    assert changed.number("camp.mortality", month_index(1998)) == pytest.approx(0.05)
    assert changed.number("camp.mortality", month_index(2005)) == pytest.approx(0.03)
    levels = apply(base, Change("post.pyongyang", factor={"senior": 2}))
    table, old = (p.table("post.pyongyang", LAST) for p in (levels, base))
    assert table == {**old, "senior": 2 * old["senior"]}


def test_bases_chain_and_changes_add_up(tmp_path):
    _file(tmp_path, 'base = "severity_flat"\nfrom = "2000-01"\nscale = 0.05\n', "middle.toml")
    body = 'base = "middle.toml"\nto = "2010-12"\n' + _change(
        path='"recall.on"', value="false", claim='"seed.15"'
    )
    top = scenario.load(_file(tmp_path, body))
    assert top.base == "middle"
    assert [change.path for change in top.changes] == ["loss.severity", "sanction.career_factor", "recall.on"]
    assert (top.first, top.last, top.scale) == (month_index(2000), month_index(2010, 12), 0.05)
    assert top.claims == ("seed.07", "seed.15")
    again = scenario.load(_file(tmp_path, scenario.to_toml(top).split("\n", 2)[2], "again.toml"))
    assert again.parameters.digest() == top.parameters.digest()


def test_own_parameters_are_the_baseline(base):
    own = base.with_value("support.alpha", FIRST, 4.0)
    assert scenario.load("placebo", parameters=own).parameters.number("support.alpha", LAST) == 4.0


@settings(max_examples=80, deadline=None)
@given(st.text(min_size=1, max_size=60).filter(lambda text: text.strip()))
def test_any_text_survives_the_round_trip(tmp_path_factory, text):
    text = text.encode("utf-8", "ignore").decode() or "x"
    if not text.strip():
        return
    loaded = scenario.load()
    written = scenario.Scenario(**{**vars(loaded), "title": text, "description": text})
    file = tmp_path_factory.mktemp("texts") / "scenario.toml"
    file.write_bytes(scenario.to_toml(written).encode())
    again = scenario.load(file)
    assert (again.title, again.description) == (text, text)


ALPHA = {"path": '"support.alpha"'}


@pytest.mark.parametrize(
    ("body", "line", "says"),
    [
        ('bas = "baseline"\n', 3, "did you mean base"),
        ('base = "basline"\n', 3, "did you mean baseline"),
        ("scale = 0\n", 3, "0.002 to 1"),
        ("scale = 1.5\n", 3, "0.002 to 1"),
        ("scale = true\n", 3, "0.002 to 1"),
        ('from = "1989-12"\n', 3, "1990-01 to 2024-12"),
        ('to = "2025-01"\n', 3, "1990-01 to 2024-12"),
        ("from = 2005\n", 3, "2005-01"),
        ('from = "2010-01"\nto = "2009-12"\n', 3, "not after the last"),
        ('claims = ["seed.99"]\n', 3, "seed"),
        ("claims = 7\n", 3, "a list"),
        ("x = = 3\n", 3, "valid TOML"),
        ("change = 3\n", 3, "[[change]]"),
        (_change(path='"loss.severty"', value=1), 5, "did you mean loss.severity"),
        (_change(**ALPHA), 5, "either value or factor"),
        (_change(**ALPHA, value=1, factor=2), 5, "either value or factor"),
        (_change(**ALPHA, vlaue=1), 6, "did you mean value"),
        (_change(**ALPHA, value="[1, 2]"), 6, "a number"),
        (_change(**ALPHA, value="true"), 6, "finite number"),
        (_change(**ALPHA, value="nan"), 6, "finite number"),
        (_change(**ALPHA, value=0), 6, "0.01 to 100"),
        (_change(**ALPHA, value="{ a = 1 }"), 6, "a single value"),
        (_change(**ALPHA, value=2, **{"from": '"2012-13"'}), 7, "months 01 to 12"),
        (_change(**ALPHA, value=2, **{"from": '"2026-01"'}), 7, "1980-01 to 2024-12"),
        (_change(**ALPHA, value=2, claim='"seed.77"'), 7, "did you mean"),
        (_change(path='"offence.rate"', value=-1), 6, "0 or more"),
        (_change(path='"loss.severity"', value="{ officer = 1 }"), 6, "official"),
        (_change(path='"loss.severity"', value="{}"), 6, "one or more of"),
        (_change(path='"support.liability"', value=0), 6, "true or false"),
        (_change(path='"support.liability"', factor=2), 6, "it is a switch"),
        (_change(path='"sanction.career_probability"', factor=2), 6, "0 to 1"),
        (_change(path='"vetting.lines"', value='"father"'), 6, "paternal"),
        (_change(path='"vetting.stain"', value='"leaver + envy"'), 6, "hostile"),
        (_change(path='"vetting.depth"', value=9), 6, "at most 8"),
        (_change(path='"vetting.depth"', value=2.5), 6, "whole number"),
        (_change(path='"sanction.camp_circle"', value='"parents + granny"'), 6, "kin type"),
        (_change(path='"loss.career_mix"', value="{ bar = 0.5 }"), 6, "sum to 1"),
        (_change(path='"vetting.on_file"', value="{ 8 = 0.9 }"), 5, "do not rise with the degree"),
    ],
)
def test_mistakes_name_file_and_line(tmp_path, body, line, says):
    with pytest.raises(InputError) as caught:
        scenario.load(_file(tmp_path, body))
    assert caught.value.where == f"trial.toml, line {line}"
    assert says in str(caught.value)


def test_the_line_is_that_of_the_change_at_fault(tmp_path):
    body = _change(**ALPHA, value=2) + _change(**ALPHA, value=3) + _change(path='"offence.rate"', value=-1)
    with pytest.raises(InputError) as caught:
        scenario.load(_file(tmp_path, body))
    assert caught.value.where == "trial.toml, line 14"


def test_missing_title_and_unreadable_files_are_refused(tmp_path):
    file = tmp_path / "trial.toml"
    file.write_text('description = "d"\n', encoding="utf-8")
    with pytest.raises(InputError, match="title is missing"):
        scenario.load(file)
    file.write_bytes(b'title = "\xff"\n')
    with pytest.raises(InputError, match="UTF-8"):
        scenario.load(file)
    with pytest.raises(InputError, match="a TOML file that exists"):
        scenario.load(tmp_path / "none.toml")
    with pytest.raises(InputError):
        scenario.load(tmp_path)


def test_bases_that_run_in_a_circle_are_refused(tmp_path):
    _file(tmp_path, 'base = "b.toml"\n', "a.toml")
    _file(tmp_path, 'base = "a.toml"\n', "b.toml")
    with pytest.raises(InputError, match="a -> b -> a"):
        scenario.load(tmp_path / "a.toml")


def test_an_unknown_name_lists_the_shipped_ones():
    with pytest.raises(InputError) as caught:
        scenario.load("liabilty_off")
    assert "did you mean liability_off" in str(caught.value)
    assert all(name in caught.value.allowed for name in scenario.names())


@pytest.mark.parametrize(
    "claim", ["seed.07", "pol.2013feb.easing", "pol.2015jul.leniency", "pol.2018jan.suspend"]
)
def test_severity_is_chosen_by_the_claim_that_gives_it(tmp_path: Path, claim: str) -> None:
    file = tmp_path / "rival.toml"
    file.write_text(f'title = "t"\ndescription = "d"\nseverity = "{claim}"\n', encoding="utf-8")
    rival, base = scenario.load(file), scenario.load("baseline")
    assert claim in rival.claims
    first = {"seed.07": None, "pol.2013feb.easing": (2013, 2), "pol.2015jul.leniency": (2015, 7)}.get(
        claim, (2018, 1)
    )
    differs = [
        month
        for month in range(month_index(1990), month_index(2025))
        if any(rival.parameters[p].at(month) != base.parameters[p].at(month) for p in rival.parameters)
    ]
    assert (differs[0] if differs else None) == (month_index(*first) if first else None)


def test_an_unknown_account_of_severity_names_the_known_ones(tmp_path: Path) -> None:
    file = tmp_path / "rival.toml"
    file.write_text('title = "t"\ndescription = "d"\nseverity = "pol.1066"\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"pol\.2013feb\.easing"):
        scenario.load(file)


def test_a_scenario_chooses_a_side(base, tmp_path):
    """A variant is the changes of its side, with the claim; own changes come after it; a file made of it gives it again."""
    body = _change(path='"sanction.banish_flight"', **{"from": '"2013-08"'}, value=0.3)
    chosen = scenario.load(_file(tmp_path, body + '\n[variants]\nseverity = "pol.2013feb.easing"\n'))
    assert chosen.variants == {"severity": "pol.2013feb.easing"}
    assert "pol.2013feb.easing" in chosen.claims
    held = chosen.parameters["sanction.banish_flight"]
    before = base["sanction.banish_flight"].at(month_index(2013, 1))
    assert [held.at(month_index(2013, m)) for m in (1, 2, 7, 8)] == [before, 0.05, 0.05, 0.3]
    again = tmp_path / "again.toml"
    again.write_text(scenario.to_toml(chosen), encoding="utf-8")
    assert scenario.load(again).parameters.digest() == chosen.parameters.digest()


def test_the_side_of_the_baseline_changes_nothing(base, tmp_path):
    chosen = scenario.load(
        _file(tmp_path, '\n[variants]\nseverity = "seed.07"\nrecall = "exp.recall_cause"\n')
    )
    assert chosen.changes == ()
    assert chosen.parameters.digest() == base.digest()
    assert set(chosen.claims) == {"seed.07", "exp.recall_cause"}


def test_every_side_can_be_run():
    from yeonjwa.evidence import rivals

    baseline = scenario.load()
    for conflict in rivals.load().values():
        for side in conflict.sides:
            chosen = scenario.with_variants(baseline, {conflict.id: side.id})
            changed = chosen.parameters.digest() != baseline.parameters.digest()
            assert changed == bool(side.changes), (conflict.id, side.id)


@pytest.mark.parametrize(
    ("table", "line", "says"),
    [
        ('severty = "seed.07"', 5, "severity"),
        ('severity = "seed.33"', 5, "pol.2013feb.easing"),
        ("severity = 1", 5, "the id of a claim"),
        ('severity = "pol.2013feb.easing"\nbanishment = "pol.2018jan.suspend"', 6, "one side only"),
    ],
)
def test_wrong_variants_are_named_with_their_line(tmp_path, table, line, says):
    with pytest.raises(InputError) as caught:
        scenario.load(_file(tmp_path, f"\n[variants]\n{table}\n"))
    assert caught.value.where == f"trial.toml, line {line}"
    assert says in str(caught.value)
