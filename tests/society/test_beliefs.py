"""Oracles of beliefs under secrecy (MODEL.md, section 9)."""

from __future__ import annotations

import numpy as np
import pytest

from yeonjwa.society import beliefs


def test_mean_and_variance_with_one_observation_a_month() -> None:
    theta, phi, a0, b0 = 0.3, 0.98, 1.0, 1.0
    rng = np.random.default_rng(1)
    hits = misses = np.zeros(20_000)
    for _ in range(600):
        seen = rng.random(hits.size) < theta
        hits, misses = phi * hits + seen, phi * misses + ~seen
    believed = beliefs.belief(a0, b0, hits, misses)
    assert believed.mean() == pytest.approx(beliefs.mean_of_belief(a0, b0, theta, phi), abs=1e-3)
    assert believed.var() == pytest.approx(beliefs.variance_of_belief(a0, b0, theta, phi), rel=0.05)


def test_counts_under_poisson_observation() -> None:
    rate, theta, phi = 0.2, 0.4, 0.95
    rng = np.random.default_rng(2)
    hits = np.zeros(40_000)
    for _ in range(300):
        hits = phi * hits + rng.binomial(rng.poisson(rate, hits.size), theta)
    mean, variance = beliefs.moments_of_counts(rate, theta, phi)
    assert hits.mean() == pytest.approx(mean, rel=0.02)
    assert hits.var() == pytest.approx(variance, rel=0.05)


def test_rare_observation_does_not_collapse_to_zero_or_one() -> None:
    rng = np.random.default_rng(3)
    phi, rate = beliefs.fading(60.0), 0.0005
    hits, misses = np.zeros(20_000), np.zeros(20_000)
    for _ in range(240):
        seen, hit = rng.random(hits.size) < rate, rng.random(hits.size) < 0.3
        hits, misses = phi * hits + (seen & hit), phi * misses + (seen & ~hit)
    believed = beliefs.belief(1.0, 1.0, hits, misses)
    assert believed.min() > 0.05
    assert believed.max() < 0.95
    assert believed.mean() == pytest.approx(0.5, abs=0.01)


def test_neighbourhoods_are_of_the_asked_size_and_stay_in_their_province() -> None:
    made = beliefs.make_beliefs(np.array([1200.0, 60.0, 2400.0]), 120.0)
    assert np.diff(made.first_unit).tolist() == [10, 1, 20]
    province = np.repeat([0, 1, 2], 500)
    unit = made.unit_of(province, np.arange(1500))
    assert np.all((unit >= made.first_unit[province]) & (unit < made.first_unit[province + 1]))
    assert np.unique(unit[province == 2]).size == 20
