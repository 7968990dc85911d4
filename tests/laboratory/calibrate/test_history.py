"""Emulators and history matching: formulas, what is ruled out, and known parameters found again with nominal coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest

from yeonjwa.core.errors import InputError
from yeonjwa.laboratory.calibrate import emulator, history, posterior, toy
from yeonjwa.laboratory.design import hypercube

pytest.importorskip("sklearn")
LOW, HIGH = (np.array([ends[side] for ends in toy.PRIOR.values()]) for side in (0, 1))


def unit_points(n: int, dims: int, seed: int = 1) -> np.ndarray:
    return hypercube(n, dims, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def toy_emulators() -> tuple[emulator.Emulator, ...]:
    """Emulators of the toy problem from a hundred points with two replicates each."""
    points = unit_points(100, 3)
    runs = [[toy.run(LOW + (HIGH - LOW) * p, 2 * i + s) for s in range(2)] for i, p in enumerate(points)]
    return tuple(
        emulator.fit(name, points, [[y[k] for y in of_point] for of_point in runs])
        for k, name in enumerate(toy.SUMMARIES)
    )


def toy_wave(emulators: tuple[emulator.Emulator, ...], recorded: np.ndarray) -> history.Wave:
    return history.Wave(
        emulators,
        tuple(history.Record(n, float(y), 0.0) for n, y in zip(toy.SUMMARIES, recorded, strict=True)),
    )


def test_a_smooth_function_is_emulated_and_its_uncertainty_is_right() -> None:
    def f(x: np.ndarray) -> np.ndarray:
        return 3 * x[:, 0] + np.sin(5 * x[:, 1])

    points, probes = unit_points(40, 2), unit_points(300, 2, seed=9)
    fitted = emulator.fit("f", points, [[y] for y in f(points)])
    mean, variance = fitted.predict(probes)
    assert np.abs(mean - f(probes)).max() < 0.1
    assert np.mean(np.abs(mean - f(probes)) <= 3 * np.sqrt(variance + fitted.noise)) > 0.95


@pytest.mark.parametrize("replicates", [1, 4])
def test_luck_is_told_apart_from_the_function(replicates: int) -> None:
    points, rng = unit_points(80, 2), np.random.default_rng(2)
    outputs = [(3 * x + rng.normal(0, 0.5, replicates)).tolist() for x in points[:, 0]]
    fitted = emulator.fit("f", points, outputs)
    assert math.sqrt(fitted.noise) == pytest.approx(0.5, rel=0.25)
    mean, variance = fitted.predict(np.array([[0.5, 0.5]]))
    assert abs(mean[0] - 1.5) < 4 * math.sqrt(variance[0])
    assert variance[0] < 0.25 * fitted.noise


def test_luck_may_grow_across_the_cube() -> None:
    points, rng = unit_points(120, 2), np.random.default_rng(3)
    outputs = [rng.normal(0, math.exp(1.5 * (x - 0.5)), 3).tolist() for x in points[:, 0]]
    noise = emulator.fit("f", points, outputs).noise_at(np.array([[0.0, 0.5], [1.0, 0.5]]))
    assert math.log(noise[1] / noise[0]) == pytest.approx(3.0, abs=0.9)


def test_what_the_others_predict_is_that_of_fits_without_the_point() -> None:
    """The one inverse for all left-out points against 25 inverses, one for each."""
    points = unit_points(25, 2)
    outputs = [[math.sin(4 * a) + b] for a, b in points]
    fitted = emulator.fit("f", points, outputs)
    means = np.array([y for (y,) in outputs])
    scaled = (means - means.mean()) / means.std()
    line = np.column_stack([np.ones(25), points - 0.5])
    kernel = fitted._kernel(points) + 100 * line @ line.T + np.eye(25) * (fitted.noise / means.var() + 1e-8)
    for i in (0, 7, 24):
        others = np.delete(np.arange(25), i)
        solved = np.linalg.solve(kernel[np.ix_(others, others)], kernel[others, i])
        mean, variance = solved @ scaled[others], kernel[i, i] - kernel[i, others] @ solved
        _, m, v = fitted.left_out[i]
        assert m == pytest.approx(mean * means.std() + means.mean(), abs=1e-4)
        assert v == pytest.approx(variance * means.var(), rel=1e-2)


def test_implausibility_is_the_distance_over_all_that_is_uncertain() -> None:
    points = unit_points(30, 2)
    fitted = emulator.fit("f", points, [[x, x + 0.2, x - 0.2] for x in points[:, 0]])
    record = history.Record("f", 2.0, observation=0.3, discrepancy=0.4, luck=0.25)
    probe = np.array([[0.5, 0.5]])
    mean, variance = fitted.predict(probe)
    by_hand = abs(2.0 - mean[0]) / math.sqrt(0.3**2 + variance[0] + 0.25 * fitted.noise_at(probe)[0] + 0.4**2)
    assert history.Wave((fitted,), (record,)).implausibility(probe)[0, 0] == pytest.approx(by_hand)


def test_what_is_left_is_the_band_that_gives_the_record() -> None:
    points = unit_points(30, 2)
    fitted = emulator.fit("sum", points, [[a + b] for a, b in points])
    wave = history.Wave((fitted,), (history.Record("sum", 1.0, observation=0.05),))
    left = history.left([wave], 2)
    assert np.abs(left.points.sum(axis=1) - 1).max() < 0.2
    # The band |a + b - 1| < 0.15 has this area.
    assert left.share == pytest.approx(1 - 0.85**2, abs=0.02)
    assert left.low < left.share < left.high
    later = history.next_points([wave], 2, 12)
    assert later.shape == (12, 2)
    assert np.abs(later.sum(axis=1) - 1).max() < 0.2
    assert later[:, 0].max() - later[:, 0].min() > 0.8


def test_nothing_left_is_said_with_the_targets_that_do_not_go_together() -> None:
    points = unit_points(30, 2)
    names = ("a", "b", "free")
    fitted = tuple(
        emulator.fit(n, points, [[v] for v in values])
        for n, values in zip(names, (points[:, 0], points[:, 0] + 0.01, points[:, 1]), strict=True)
    )
    records = tuple(history.Record(n, v, 0.05) for n, v in zip(names, (0.1, 0.9, 0.5), strict=True))
    left = history.left([history.Wave(fitted, records)], 2)
    assert left.empty
    assert left.share == 0
    assert 0 < left.high < 0.001
    assert set(left.conflict) == {"a", "b"}
    assert left.as_dict(("x", "y"))["extent"] == {"x": None, "y": None}
    with pytest.raises(InputError, match="finding"):
        history.next_points([history.Wave(fitted, records)], 2, 5)


def test_wilson_holds_the_share() -> None:
    assert history.wilson(0, 100)[0] == 0
    assert history.wilson(50, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)


def test_too_few_points_are_refused() -> None:
    with pytest.raises(InputError, match="5 at least"):
        emulator.fit("f", unit_points(4, 2), [[0.0]] * 4)
    with pytest.raises(InputError, match="not finite"):
        emulator.fit("f", unit_points(9, 2), [[math.nan]] * 9)


def test_known_parameters_are_not_ruled_out(toy_emulators: tuple[emulator.Emulator, ...]) -> None:
    """At a cut-off of 3 for the worst of five targets the truth stays in 98.7 % of normal cases."""
    rng, stays = np.random.default_rng(5), 0
    for i in range(150):
        truth = rng.random(3)
        wave = toy_wave(toy_emulators, toy.run(LOW + (HIGH - LOW) * truth, 10_000 + i))
        stays += bool(wave.implausibility(truth[None]).max() <= history.CUT_OFF)
    assert stays >= 0.9 * 150


def test_known_parameters_are_found_again_with_nominal_coverage(
    toy_emulators: tuple[emulator.Emulator, ...],
) -> None:
    """Intervals of 90 % hold the truth in 90 % of worlds, within four standard errors of 120 of them."""
    probes = unit_points(12_000, 3, seed=3)
    predicted = [e.predict(probes) for e in toy_emulators]
    luck = [e.noise_at(probes) for e in toy_emulators]
    rng, covered, widths, worlds = np.random.default_rng(6), np.zeros(3), [], 120
    for i in range(worlds):
        truth = rng.random(3)
        recorded = toy.run(LOW + (HIGH - LOW) * truth, 20_000 + i)
        logs = np.zeros(len(probes))
        for y, (mean, variance), noise in zip(recorded, predicted, luck, strict=True):
            logs -= 0.5 * ((y - mean) ** 2 / (variance + noise) + np.log(variance + noise))
        weights = np.exp(logs - logs.max())
        interval = posterior.Posterior(probes, weights / weights.sum()).interval(0.9)
        covered += (interval[:, 0] <= truth) & (truth <= interval[:, 1])
        widths.append(interval[:, 1] - interval[:, 0])
    error = math.sqrt(0.9 * 0.1 / worlds)
    assert (np.abs(covered / worlds - 0.9) < 4 * error).all()
    # And they say something: a guess from the prior would be 0.9 wide.
    assert (np.mean(widths, axis=0) < 0.45).all()


def test_posterior_weighs_as_the_likelihood_does(toy_emulators: tuple[emulator.Emulator, ...]) -> None:
    truth = np.array([(toy.TRUTH[n] - low) / (high - low) for n, (low, high) in toy.PRIOR.items()])
    wave = toy_wave(toy_emulators, toy.run(toy.TRUTH, 3))
    found = posterior.posterior(wave, 3, probes=8_000)
    assert found.size > 40
    interval = found.interval(0.99)
    assert ((interval[:, 0] < truth) & (truth < interval[:, 1])).all()
    coarse = posterior.posterior(wave, 3, probes=20_000, focus=0)
    assert found.mean() == pytest.approx(coarse.mean(), abs=0.06)
    assert np.diag(found.correlation()) == pytest.approx([1, 1, 1])


def test_toy_runs_repeat_and_move_with_their_parameters() -> None:
    one = toy.run(toy.TRUTH, 1)
    assert (one == toy.run(toy.TRUTH, 1)).all()
    assert (one != toy.run(toy.TRUTH, 2)).any()
    more = toy.run({**toy.TRUTH, "hazard": -1.6}, 1)
    assert more[0] > one[0]
