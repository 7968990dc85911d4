"""Worlds with the same luck: what differs is what the change does."""

from __future__ import annotations

import json

import numpy as np
import pytest

import yeonjwa.laboratory
from yeonjwa.core.calendar import month_index
from yeonjwa.core.errors import InputError, RunError
from yeonjwa.laboratory import comparison, differences, ensemble, paired
from yeonjwa.laboratory.comparison import compare, differing
from yeonjwa.laboratory.doubt import at
from yeonjwa.laboratory.influence import ranged
from yeonjwa.laboratory.measures import by_period, summarise
from yeonjwa.laboratory.scenario import load

WINTER = {"scale": 0.002, "first": month_index(2012, 1), "last": month_index(2012, 2)}


#: Seed -> records of the arms of ``compared``.
RECORDS: dict[int, tuple[paired.Record, ...]] = {}


@pytest.fixture(scope="module")
def compared():
    def play(task):
        RECORDS[task.seed] = paired.play(task)
        return RECORDS[task.seed]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "play", play)
        return compare("baseline", "paternal_vetting", "baseline", seeds=2, workers=1, **WINTER)


def test_package_offers_it():
    assert yeonjwa.laboratory.compare is compare


def test_equal_worlds_differ_in_nothing(compared):
    assert [arm.name for arm in compared.arms] == ["baseline (1)", "paternal_vetting", "baseline (2)"]
    same = compared["baseline (2)"]
    assert same.changes == ()
    assert {row.verdict for row in same.differences} <= {differences.SAME, differences.EMPTY}


def test_changes_are_named_and_act(compared):
    against = compared["paternal_vetting"]
    (change,) = against.changes
    assert change.path == "vetting.lines"
    assert [value for _, value in change.b] == ["paternal"]
    refused = against["vetting.refused_share"]
    assert refused.effect.mean < 0
    assert refused.b.mean - refused.a.mean == pytest.approx(refused.effect.mean)
    # Nobody is checked before the first January of the run, so nothing that comes before it may move.
    assert against["camp.deaths"].verdict == differences.SAME


def test_answer_is_plain_data(compared):
    content = json.loads(json.dumps(compared.as_dict(), allow_nan=False))
    assert content["synthetic"] is True
    assert content["against"][0]["differences"][0]["measure"] == "flight.arrivals"
    assert {row["measure"] for row in content["over_time"]} == set(compared.measures)
    assert any("Below a scale" in note for note in content["notes"])
    with pytest.raises(InputError, match="paternal_vetting"):
        compared["nobody"]
    with pytest.raises(InputError, match=r"flight\.arrivals"):
        compared.against[0]["nothing"]


def test_headline_can_be_another(compared):
    other = comparison.with_headline(compared, "camp.stock")
    assert other.answer.measure == "camp.stock"
    with pytest.raises(InputError, match="measure"):
        comparison.with_headline(compared, "camp.stok")


def test_draws_are_shared_and_told_apart_from_luck(monkeypatch):
    """A stand-in for runs whose parts are known: the arm adds a number that depends on one parameter alone."""
    seen = []

    def played(task):
        seen.append(task)
        alpha = [world.number("support.alpha", task.first) for world in task.worlds]
        liability = [world.switch("support.liability", task.first) for world in task.worlds]
        values = [100 * task.seed + (0 if on else 10 * a) for a, on in zip(alpha, liability, strict=True)]
        return tuple(paired.Record({"flight.arrivals": value}) for value in values)

    monkeypatch.setattr(comparison, "play", played)
    found = compare(
        "baseline",
        "liability_off",
        seeds=3,
        draws_of_parameters=4,
        measures=["flight.arrivals"],
        workers=1,
        **WINTER,
    )
    assert [(task.draw, task.seed) for task in seen[:4]] == [(0, 1), (0, 2), (0, 3), (1, 1)]
    assert len(seen) == 3 + 4 * 2
    doubt = found.answer.doubt
    held = 10 * load().parameters.number("support.alpha", WINTER["first"])
    assert found.answer.effect.mean == found.answer.effect.low == pytest.approx(held)
    assert (doubt.draws, doubt.seeds, doubt.same_sign) == (4, 2, 1.0)
    assert doubt.sd_luck == pytest.approx(0.0)
    assert doubt.share == pytest.approx(1.0)
    # What the scenario sets stays set in every draw.
    assert not any(world.switch("support.liability", 0) for task in seen for world in task.worlds[1:])
    lines = [{world["support.alpha"].values[0].value for world in task.worlds} for task in seen]
    assert all(len(values) == 1 for values in lines)
    assert len(set.union(*lines)) == 5


def test_a_draw_that_fails_is_left_out_and_named(monkeypatch):
    def played(task):
        if task.draw == 2 and task.seed == 1:
            raise ZeroDivisionError("no such country")
        return tuple(paired.Record({"flight.arrivals": float(i)}) for i, _ in enumerate(task.worlds))

    monkeypatch.setattr(comparison, "play", played)
    arguments = {"seeds": 2, "draws_of_parameters": 3, "measures": ["flight.arrivals"], "workers": 1}
    found = compare("baseline", "recall_off", **arguments, **WINTER)
    assert found.draws == found.answer.doubt.draws == 2
    assert found.lost == ("draw 2, seed 1: ZeroDivisionError: no such country",)
    monkeypatch.setattr(comparison, "play", lambda task: 1 / 0)
    with pytest.raises(RunError, match="seed 1: ZeroDivisionError"):
        compare("baseline", "recall_off", **arguments, **WINTER)


def test_folders_of_runs_are_compared_by_seed(run_folder, tmp_path):
    found = compare(run_folder, run_folder)
    assert found.seeds == (1,)
    assert found.scale == 0.002
    assert {arm.source for arm in found.arms} == {"run"}
    assert {row.verdict for row in found.against[0].differences} <= {differences.ALONE, differences.EMPTY}
    ensemble = tmp_path / "both"
    (ensemble / "runs").mkdir(parents=True)
    (ensemble / "runs" / "baseline-1").symlink_to(run_folder)
    assert compare(ensemble, run_folder).arms[0].source == "ensemble"
    (ensemble / "runs" / "baseline-2").symlink_to(run_folder)
    with pytest.raises(InputError, match="each once"):
        compare(ensemble, run_folder)


def test_reading_a_folder_gives_what_the_engine_gave(run_folder):
    series = paired.read_series(run_folder)
    record = paired.record(series)
    assert record.whole == pytest.approx(summarise(series))
    months = record.periods["camp.stock"]
    assert len(months) == 24
    assert sum(months.values()) / 24 == pytest.approx(record.whole["camp.stock"])


def test_longer_runs_are_cut_into_full_years():
    months = list(range(month_index(2005, 6), month_index(2009, 1)))
    series = {
        "month": months,
        "measure": ["flight.arrivals"] * len(months),
        "dimension": ["total"] * len(months),
        "level": ["total"] * len(months),
        "value": [1.0] * len(months),
    }
    assert by_period(series)["flight.arrivals"] == {2006.0: 12.0, 2007.0: 12.0, 2008.0: 12.0}


def test_worlds_of_one_ensemble_are_compared_by_seed(compared, tmp_path):
    """A real ensemble on real processes gives what the comparison's own runs give."""
    worlds = [load("baseline"), load("paternal_vetting")]
    jobs = ensemble.paired(worlds, [2], **WINTER)
    assert ensemble.run(tmp_path / "sweep", jobs, workers=2).complete
    found = compare(tmp_path / "sweep")
    assert [arm.name for arm in found.arms] == ["baseline", "paternal_vetting"]
    assert {arm.source for arm in found.arms} == {"ensemble"}
    assert found.seeds == compared.seeds[1:] == (2,)
    for row in found.against[0].differences:
        levels = (row.a.mean, row.b.mean)
        assert levels == pytest.approx(
            [record.whole.get(row.measure, np.nan) for record in RECORDS[2][:2]], nan_ok=True
        )
    with pytest.raises(InputError, match="compared alone"):
        compare(tmp_path / "sweep", tmp_path / "sweep")


@pytest.mark.parametrize(
    ("arms", "more", "words"),
    [
        (["baseline"], {}, "2 to 6"),
        (["baseline", "nothing"], {}, "shipped"),
        (["baseline", "recall_off"], {"measures": ["flight.arrival"]}, "did you mean"),
        (["baseline", "recall_off"], {"seeds": 0}, "one or more"),
        (["baseline", "recall_off"], {"seeds": [1, 1]}, "each once"),
        (["baseline", "recall_off"], {"draws_of_parameters": 1}, "2 to 10000"),
        (["baseline", "recall_off"], {"draws_of_parameters": 2, "seeds": 1}, "number of seeds"),
        (["baseline", "recall_off"], {"scale": 2}, "0.002 to 1"),
    ],
)
def test_what_cannot_be_compared_is_refused(arms, more, words):
    with pytest.raises(InputError, match=words):
        compare(*arms, **more)


def test_scenarios_and_folders_do_not_mix(run_folder):
    with pytest.raises(InputError, match="do not mix"):
        compare(run_folder, "baseline")
    with pytest.raises(InputError, match="not run again"):
        compare(run_folder, run_folder, draws_of_parameters=2)


def test_parameters_that_differ_are_found():
    base, other = load("baseline").parameters, load("liability_off").parameters
    assert [change.path for change in differing(base, other)] == sorted(
        {change.path for change in load("liability_off").changes}
    )
    assert differing(base, base) == ()


def test_people_of_a_seed_depend_on_their_own_parameters_alone():
    """Everything outside ``paired.GENEALOGY`` moved to its low end leaves the same people; one parameter inside does not."""
    base = load("baseline").parameters
    paths = sorted(ranged(base))
    outside = at(base, {path: 0.0 for path in paths if path.split(".")[0] not in paired.GENEALOGY})
    inside = at(base, {next(path for path in paths if path.startswith("union.")): 0.0})
    same, moved, other = (
        paired.genealogy(world, scale=0.002, seed=1, last=month_index(2005, 2))
        for world in (base, outside, inside)
    )
    assert np.array_equal(same.birth, moved.birth)
    assert np.array_equal(same.death, moved.death)
    assert not np.array_equal(same.death, other.death)
    digests = [paired.genealogy_digest(world) for world in (base, outside, inside)]
    assert digests[0] == digests[1] != digests[2]
