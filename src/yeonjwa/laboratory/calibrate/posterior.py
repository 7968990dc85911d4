"""A posterior on the emulators, at no further runs: points weighted by how well they give the records.

It is only as good as the emulators and takes the records as independent given the parameters. Use it where history matching has
left a space worth weighting; the claim that needs neither assumption is what was ruled out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import InputError
from yeonjwa.laboratory.calibrate.history import Wave
from yeonjwa.laboratory.design import hypercube

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Posterior:
    """Weighted points of the unit cube.

    Attributes
    ----------
    points : array
        Points by parameters.
    weights : array
        In sum 1.
    """

    points: Floats
    weights: Floats

    @property
    def size(self) -> float:
        """How many equally weighted points these are worth."""
        return float(1.0 / (self.weights**2).sum())

    def mean(self) -> Floats:
        """Of each parameter."""
        return np.asarray(self.weights @ self.points)

    def correlation(self) -> Floats:
        """Between parameters: near -1 or 1 where the records leave a ridge."""
        centred = self.points - self.mean()
        covariance = (centred * self.weights[:, None]).T @ centred
        sd = np.sqrt(np.diag(covariance))
        return np.asarray(covariance / np.outer(sd, sd))

    def interval(self, share: float = 0.9) -> Floats:
        """Lower and upper end for each parameter, equal tails, as parameters by two."""
        tail = (1 - share) / 2
        return np.array([weighted_quantiles(c, self.weights, (tail, 1 - tail)) for c in self.points.T])


def posterior(wave: Wave, dims: int, *, probes: int = 20_000, seed: int = 1, focus: int = 2) -> Posterior:
    """The posterior from a uniform prior on the unit cube.

    Parameters
    ----------
    wave : Wave
        Emulators and records; discrepancy and observation count as in history matching.
    dims : int
        Number of parameters.
    probes : int
        Points in each round.
    seed : int
        Of the points.
    focus : int
        Rounds after the first, in a box around what the round before found.

    Raises
    ------
    InputError
        If no point has any weight.
    """
    low, high = np.zeros(dims), np.ones(dims)
    for step in range(focus + 1):
        unit = hypercube(probes, dims, np.random.default_rng([seed, step]))
        points = low + unit * (high - low)
        logs = log_likelihood(wave, points)
        best = float(logs.max())
        if not np.isfinite(best):
            raise InputError("posterior", best, "records that some point can give")
        weights = np.exp(logs - best)
        weights /= weights.sum()
        found = Posterior(points, weights)
        # All points that matter lie in the next box; within it the prior is flat, so the weights stay right.
        matter = logs > best - 12
        margin = 0.05 * (high - low)
        low = np.maximum(points[matter].min(axis=0) - margin, 0)
        high = np.minimum(points[matter].max(axis=0) + margin, 1)
    return found


def log_likelihood(wave: Wave, points: Floats) -> Floats:
    """Logarithm of the Gaussian likelihood of the records at each point, up to a constant."""
    total = np.zeros(len(points))
    for emulator, record in zip(wave.emulators, wave.records, strict=True):
        mean, variance = emulator.predict(points)
        variance = (
            variance + record.observation**2 + record.discrepancy**2 + record.luck * emulator.noise_at(points)
        )
        total -= 0.5 * ((record.value - mean) ** 2 / variance + np.log(variance))
    return total


def weighted_quantiles(values: Floats, weights: Floats, at: Sequence[float]) -> list[float]:
    """Quantiles of weighted values."""
    order = np.argsort(values)
    cumulative = np.cumsum(weights[order]) - 0.5 * weights[order]
    return [float(np.interp(q, cumulative / weights.sum(), values[order])) for q in at]
