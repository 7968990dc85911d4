"""Targets, scores and the folder of a calibration, on years made by hand: no country is run here."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from yeonjwa import cli
from yeonjwa.core.errors import InputError, RunError
from yeonjwa.evidence import ledger
from yeonjwa.laboratory import design_file, sensitivity
from yeonjwa.laboratory.calibrate import folder, score, targets
from yeonjwa.laboratory.calibrate.yearly import Yearly, yearly
from yeonjwa.laboratory.design import hypercube

pytest.importorskip("sklearn")
YEARS = tuple(range(2005, 2025))
RANGES = ("flight.a0=-10.5:-9.5", "border.interdiction@2012-01..2020-01=0.4:0.8")


def test_targets_rest_on_the_ledger() -> None:
    shipped = targets.load()
    assert {t.use for t in shipped} == set(targets.USES)
    for target in shipped:
        assert target.facts
        assert target.observation > 0
    women = next(t for t in shipped if t.name == "arrivals.women.2010")
    assert women.recorded == ledger.entry("defectors.arrivals.2010.women").value
    assert women.discrepancy == pytest.approx(0.2 * 0.5 * math.sqrt(women.recorded))


def test_nothing_after_2015_is_fitted_and_2012_is_not_used() -> None:
    shipped = targets.load()
    assert max(year for t in targets.used(shipped, "fit") for year in t.years) == 2015
    assert {t.years[0] for t in targets.used(shipped, "held_out")} == {2016, 2017, 2018, 2019}
    assert {t.years[0] for t in targets.used(shipped, "stress")} == set(range(2020, 2025))
    arrivals = [t for t in shipped if t.name.startswith(("arrivals.women.", "arrivals.men."))]
    assert 2012 not in {t.years[0] for t in arrivals}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('what = "Women', 'wat = "Women', "wat"),
        ('transform = "sqrt"', 'transform = "cube"', "log"),
        ("{defectors.arrivals.YEAR.women}", "{defectors.arrival.YEAR.women}", "defectors.arrival.2005.women"),
    ],
)
def test_errors_of_targets_say_the_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    file = tmp_path / "t.toml"
    file.write_text(targets.FILE.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(InputError) as caught:
        targets.load(file)
    assert says in str(caught.value)
    assert "t.toml, line" in str(caught.value)


def test_years_of_a_series() -> None:
    months = np.repeat(np.arange(405 * 12, 407 * 12 + 3), 2)
    series = {
        "month": months,
        "measure": np.array(["flight.arrivals", "camp.stock"] * (len(months) // 2)),
        "dimension": np.full(len(months), "total"),
        "level": np.full(len(months), "total"),
        "value": np.arange(len(months), dtype=float),
    }
    found = yearly(series)
    assert found.years == (2005, 2006)
    assert found.of("flight.arrivals", [2005]) == sum(range(0, 24, 2))
    assert found.of("camp.stock", [2006]) == 47
    assert found.of("recall.recalled", [2005]) == 0
    assert Yearly.from_dict(json.loads(json.dumps(found.as_dict()))).of("camp.stock", [2006]) == 47


def made(a0: float, border: float, seed: int) -> dict[str, object]:
    """Years as a country might give them: arrivals rise with a0 and fall with the border after 2011."""
    rng = np.random.default_rng([seed, int(1e6 * (a0 + 20)), int(1e6 * border)])
    level = np.array(
        [
            2400 * math.exp(a0 + 10) * (1 if y < 2012 else 1.3 * (1 - border)) * (1 if y < 2020 else 0.1)
            for y in YEARS
        ]
    )
    women = rng.poisson(0.75 * level / 50) * 50.0
    men = rng.poisson(0.25 * level / 50) * 50.0
    total = women + men
    cells = {
        "flight.arrivals": total, "flight.arrivals/sex/female": women, "flight.arrivals/sex/male": men,
        "flight.family_arrivals": 0.53 * total, "flight.arrivals/province/n_hamgyong": 0.6 * total,
        "flight.arrivals/province/ryanggang": 0.16 * total, "remittance.sent": np.full(len(YEARS), 4e5),
        "camp.stock": np.linspace(170e3, 70e3, len(YEARS)), "party.members": np.full(len(YEARS), 3e6),
    }  # fmt: skip
    values = {RANGES[0].split("=")[0]: a0, RANGES[1].split("=")[0]: border}
    return {"values": values, "seed": seed, **Yearly(YEARS, cells).as_dict()}


def rows(n: int = 24, shift: float = 0.0) -> list[dict[str, object]]:
    unit = hypercube(n, 2, np.random.default_rng(4))
    return [made(-10.5 + a + shift, 0.4 + 0.4 * b, 1) for a, b in unit]


def test_a_wave_leaves_what_gives_the_record(tmp_path: Path) -> None:
    place = tmp_path / "cal"
    calibration = folder.start(place, RANGES)
    assert calibration.dims == 2
    left = folder.add_wave(place, rows())
    assert 0 < left.share < 0.5
    calibration = folder.read(place)
    # What is left gives about the recorded 2,399 a year before 2012 and 1,395 after, by the rule the years were made with.
    a0, border = calibration.values(left.points).T
    early = 2400 * np.exp(a0 + 10)
    late = early * 1.3 * (1 - border)
    assert ((0.6 * 2399 < early) & (early < 1.3 * 2399)).all()
    assert ((0.7 * 1395 < late) & (late < 1.4 * 1395)).all()
    assert a0.max() - a0.min() < 0.75
    said = folder.status(place)
    assert said["waves"][0]["points"] == 24
    assert not said["nothing_left"]
    with pytest.raises(InputError, match="new or empty"):
        folder.start(place, RANGES)


def test_held_out_years_are_scored_once(tmp_path: Path) -> None:
    place = tmp_path / "cal"
    folder.start(place, RANGES)
    with pytest.raises(InputError, match="one at least"):
        folder.score_held_out(place)
    folder.add_wave(place, rows())
    first = folder.score_held_out(place)
    assert first["scoring"] == 1
    assert first["held_out"]["model"]["n"] == 8
    assert first["held_out"]["last_value"]["n"] == 8
    assert first["stress"]["linear_trend"]["n"] == 10
    with pytest.raises(InputError, match="--again"):
        folder.score_held_out(place)
    figure = tmp_path / "score.svg"
    assert cli.main(["calibrate", "score", str(place), "--again", "--figure", str(figure)]) == 0
    assert "last year again" in figure.read_text("utf-8")
    second = folder.scorings(place)[1]
    assert [s["scoring"] for s in folder.scorings(place)] == [1, 2]
    assert second["held_out"] == first["held_out"]


def test_nothing_left_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "cal"
    assert cli.main(["calibrate", "start", str(place), *RANGES, "--json"]) == 0
    # All points have three times the arrivals that were recorded, or more.
    folder.add_wave(place, [{**made(a0 + 1.7, b, 1), "values": v} for a0, b, v in _points()])
    capsys.readouterr()
    assert cli.main(["calibrate", "status", str(place), "--json"]) == folder.NOTHING_LEFT
    said = json.loads(capsys.readouterr().out)
    assert said["nothing_left"]
    assert said["waves"][0]["conflict"]
    assert cli.main(["calibrate", "wave", str(place)]) == 2
    assert cli.main(["calibrate", "score", str(place)]) == 0
    assert "nothing was left" in capsys.readouterr().out


def _points() -> list[tuple[float, float, dict[str, float]]]:
    found = []
    for a, b in hypercube(24, 2, np.random.default_rng(4)):
        values = made(-10.5 + a, 0.4 + 0.4 * b, 1)["values"]
        assert isinstance(values, dict)
        found.append((-10.5 + a, 0.4 + 0.4 * b, values))
    return found


def test_too_many_failures_are_refused_with_a_count(tmp_path: Path) -> None:
    place = tmp_path / "cal"
    folder.start(place, RANGES)
    with pytest.raises(RunError, match="4 of 24"):
        folder.add_wave(place, rows(20), asked=24)
    assert folder.status(place)["waves"] == []


def test_targets_cannot_change_on_the_way(tmp_path: Path) -> None:
    file = tmp_path / "t.toml"
    file.write_bytes(targets.FILE.read_bytes())
    folder.start(tmp_path / "cal", RANGES, file=file)
    file.write_text(file.read_text("utf-8").replace("0.20", "0.50"), "utf-8")
    with pytest.raises(InputError, match="must not change"):
        folder.read(tmp_path / "cal")


def test_naive_forecasts() -> None:
    years, values = [2010, 2011, 2013, 2014, 2015], [10.0, 12.0, 16.0, 18.0, 20.0]
    trend = score.linear_trend(years, values, [2016, 2030])
    assert trend[0].middle == pytest.approx(22)
    assert trend[0].high - trend[0].low == pytest.approx(0, abs=1e-9)
    last = score.last_value(years, values, [2016, 2019])
    assert [f.middle for f in last] == [20, 20]
    # Three steps of 2: a random walk with that deviation.
    assert last[0].high - 20 == pytest.approx(1.6449 * 2)
    assert last[1].high - 20 == pytest.approx(1.6449 * 2 * 2)
    assert score.linear_trend(years, values[::-1], [2050])[0].middle == 0


def test_judgement_by_hand() -> None:
    forecasts = {"a": score.Forecast(10, 8, 12), "b": score.Forecast(10, 8, 12)}
    judged = score.judge(forecasts, {"a": 11.0, "b": 14.0})
    assert (judged["n"], judged["covered"]) == (2, 1)
    assert judged["mean_absolute"] == 2.5
    assert judged["interval_score"] == pytest.approx((4 + 4 + 20 * 2) / 2)


ONE_YEAR = """
[[target]]
name = "arrivals"
what = "Arrivals in 2005"
cells = ["flight.arrivals"]
years = [2005]
value = "{defectors.arrivals.2005.total}"
transform = "sqrt"
observation = 0.01
discrepancy = 0.5
use = "fit"
"""


@pytest.mark.slow
def test_a_wave_of_real_runs(tmp_path: Path) -> None:
    """Five tiny countries of one year, by the ensemble; the folder holds what each gave, and goes on."""
    file = tmp_path / "one.toml"
    file.write_text(ONE_YEAR, "utf-8")
    place = tmp_path / "cal"
    folder.start(place, ["flight.a0=-9.6:-8.6"], scale=0.002, file=file)
    left = folder.run_wave(place, points=5, workers=1)
    assert 0 < left.share <= 1
    calibration = folder.read(place)
    assert [len(runs) for runs in calibration.outputs[0]] == [1] * 5
    arrivals = [runs[0].of("flight.arrivals", [2005])[0] for runs in calibration.outputs[0]]
    # One person of the run stands for 500; more leave where the intercept is higher.
    assert all(n % 500 == 0 for n in arrivals)
    design = design_file.read(place / "waves" / "1" / "points.csv")
    assert sensitivity.from_ensemble(place / "waves" / "1" / "runs", design, "flight.arrivals") == [
        [n] for n in arrivals
    ]
    with pytest.raises(InputError, match=r"flight\.arrivals"):
        sensitivity.from_ensemble(place / "waves" / "1" / "runs", design, "no.such")
    order = np.argsort(calibration.points[0][:, 0])
    assert arrivals[order[-1]] > arrivals[order[0]]
    assert folder.score_held_out(place)["held_out"] is None
    with pytest.raises(InputError, match="4 at least"):
        folder.run_wave(place, points=3)
