"""Emulators: what a run would give at parameters at which it was not run, and how sure that is.

A Gaussian process over the unit cube for each output, on top of a straight line in each parameter, with luck in a term of its
own; scikit-learn finds its length scales, and how sure the line is counts as well. The line carries what forty noisy runs can
tell, the process what bends. Where there are replicates, luck may grow or shrink from one side of the cube to the other: a gamma
regression of the squared differences of replicates says how.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import InputError, MissingExtraError

Floats = NDArray[np.float64]
#: Variance of the line's coefficients before any run is seen, in variances of the output.
_LINE: Final = 100.0
#: Scatter about the line, in variances of the output, below which there is nothing to bend.
_NOTHING: Final = 1e-14


@dataclass(frozen=True)
class Emulator:
    """One output as a function of the parameters.

    Attributes
    ----------
    name : str
        Of the output.
    noise : float
        Variance of one run about its expectation, luck alone, in the middle of the cube.
    dims : int
        Number of parameters.
    inflation : float
        By what the variance of the process is multiplied, 1 or more: the mean squared distance, in standard deviations, of
        points from what the others predict for them. A process with fitted length scales is too sure of itself. Where there
        are no replicates the noise is multiplied as well.
    left_out : tuple of (float, float, float)
        For each point of the design: its mean output, and mean and variance predicted for it by the others.
    """

    name: str
    noise: float
    dims: int
    inflation: float
    left_out: tuple[tuple[float, float, float], ...]
    _kernel: Any
    _points: Floats
    _inverse: Floats
    _weights: Floats
    _tilt: Floats
    _centre: float
    _unit: float

    def predict(self, points: Floats) -> tuple[Floats, Floats]:
        """Mean and variance of the expected output at points of the unit cube; luck is not in the variance.

        Parameters
        ----------
        points : array
            Points by parameters.
        """
        points = np.atleast_2d(points)
        across = _covariance(self._kernel, points, self._points)
        own = _LINE * (_line(points) ** 2).sum(axis=1)
        if self._kernel is not None:
            own = own + self._kernel.diag(points)
        variance = np.maximum(own - ((across @ self._inverse) * across).sum(axis=1), 1e-12)
        mean = across @ self._weights * self._unit + self._centre
        return mean, self.inflation * variance * self._unit**2

    def noise_at(self, points: Floats) -> Floats:
        """Variance of one run about its expectation at points of the unit cube."""
        return np.asarray(self.noise * np.exp((np.atleast_2d(points) - 0.5) @ self._tilt))

    @property
    def covered(self) -> float:
        """Share of the design's points that lie within two standard deviations of what the others predict."""
        inside = [abs(y - m) <= 2 * np.sqrt(v) for y, m, v in self.left_out]
        return float(np.mean(inside))


def fit(name: str, points: Floats, outputs: Sequence[Sequence[float]], *, seed: int = 0) -> Emulator:
    """The emulator of one output.

    Parameters
    ----------
    name : str
        For tables and errors.
    points : array
        Points of the unit cube by parameters.
    outputs : sequence of sequence of float
        Replicates at each point, one at least. With two or more somewhere the noise is measured; else it is estimated from
        how rough the output is.
    seed : int
        Of the search for length scales.

    Raises
    ------
    InputError
        Fewer points than parameters plus three, a point without an output, or one that is not finite.
    """
    points = np.atleast_2d(np.asarray(points, dtype=np.float64))
    n, dims = points.shape
    if len(outputs) != n or n < dims + 3:
        raise InputError(f"points of the emulator of {name}", n, f"{dims + 3} at least, each with outputs")
    counts = np.array([len(values) for values in outputs])
    if counts.min() < 1 or not all(np.isfinite(values).all() for values in map(np.asarray, outputs)):
        raise InputError(
            f"outputs for the emulator of {name}", "missing or not finite", "a number at each point"
        )
    means = np.array([float(np.mean(values)) for values in outputs])
    centre, unit = float(means.mean()), float(means.std()) or 1.0
    scaled = (means - centre) / unit
    coefficients = np.asarray(np.linalg.lstsq(_line(points), scaled, rcond=None)[0], dtype=np.float64)
    rest = scaled - _line(points) @ coefficients
    scatter = float((rest**2).sum() / (n - dims - 1))
    # A line through few points takes part of the luck with it: what is left is made as wide as the luck was.
    rest = rest * math.sqrt(n / (n - dims - 1))
    luck = _luck(points, outputs, unit)
    tilt = np.zeros(dims)
    kernel: Any = None
    noise, each = 0.0, np.zeros(n)
    if luck is not None:
        noise, tilt = luck
        each = noise * np.exp((points - 0.5) @ tilt) / counts
        if scatter > _NOTHING:
            kernel = _process(points, rest, each, seed)
    elif scatter > _NOTHING:
        kernel, noise = _process_and_noise(points, rest, scatter, seed)
        each = noise / counts
    covariance = _covariance(kernel, points, points) + np.diag(each + 1e-8)
    inverse = np.asarray(np.linalg.inv(covariance), dtype=np.float64)
    weights = np.asarray(inverse @ scaled, dtype=np.float64)
    left_out = scaled - weights / np.diag(inverse), 1 / np.diag(inverse)
    pairs = tuple(
        (float(y), float(m * unit + centre), float(v * unit**2))
        for y, m, v in zip(means, *left_out, strict=True)
    )
    inflation = max(1.0, float(np.mean([(y - m) ** 2 / v for y, m, v in pairs])))
    if luck is None:
        # Luck that was not measured but guessed is no surer than the process.
        noise *= inflation
    return Emulator(
        name,
        float(noise * unit**2),
        dims,
        inflation,
        pairs,
        kernel,
        points,
        inverse,
        weights,
        tilt,
        centre,
        unit,
    )


def _covariance(kernel: Any, one: Floats, other: Floats) -> Floats:
    """Of the output at two sets of points: the line's, with a prior so wide that it says nothing, and the process's."""
    line = _LINE * _line(one) @ _line(other).T
    return line if kernel is None else np.asarray(line + kernel(one, other))


def _line(points: Floats) -> Floats:
    return np.column_stack([np.ones(len(points)), points - 0.5])


def _luck(points: Floats, outputs: Sequence[Sequence[float]], unit: float) -> tuple[float, Floats] | None:
    """Variance of luck in the middle of the cube, and how its logarithm tilts; None on fewer than three differences.

    A gamma regression with a logarithmic link, its slopes held back by a prior of standard deviation 2.
    """
    free = np.array([len(values) - 1 for values in outputs])
    if free.sum() < 3:
        return None
    squares = np.array([((np.asarray(v) - np.mean(v)) ** 2).sum() / unit**2 for v in outputs])
    level = float(squares.sum() / free.sum())
    tilt = np.zeros(points.shape[1])
    if level <= 0 or (free > 0).sum() < 3 * (points.shape[1] + 1):
        return max(level, 0.0), tilt
    line = _line(points)
    held = np.diag([0.0, *np.full(points.shape[1], 0.25)])
    theta = np.array([math.log(level), *tilt])
    for _ in range(50):
        ratio = squares / np.exp(line @ theta)
        gradient = line.T @ (0.5 * (ratio - free)) - held @ theta
        curvature = line.T @ (line * (0.5 * np.maximum(free, 0))[:, None]) + held + 1e-9 * np.eye(len(theta))
        step = np.linalg.solve(curvature, gradient)
        theta = theta + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-6:
            break
    return float(math.exp(theta[0])), np.asarray(theta[1:])


def _kernel(dims: int, scatter: float) -> Any:
    try:
        from sklearn.gaussian_process.kernels import RBF, ConstantKernel
    except ImportError as error:
        raise MissingExtraError("an emulator", "calibration") from error
    return ConstantKernel(scatter, (scatter * 1e-4, scatter * 1e2)) * RBF(np.full(dims, 0.7), (0.2, 5.0))


def _process(points: Floats, rest: Floats, each: Floats, seed: int) -> Any:
    """Kernel of what the line leaves, with known noise at each point."""
    scatter = float(rest.var())
    alpha = np.maximum(each, 1e-10 * scatter)
    return _fitted(_kernel(points.shape[1], scatter), alpha, points, rest, seed).kernel_


def _process_and_noise(points: Floats, rest: Floats, scatter: float, seed: int) -> tuple[Any, float]:
    """Kernel of what the line leaves, and the variance of luck that fits best."""
    found = _fitted(_white(points.shape[1], scatter), 1e-10 * scatter, points, rest, seed).kernel_
    return found.k1, float(found.k2.noise_level)


def _white(dims: int, scatter: float) -> Any:
    from sklearn.gaussian_process.kernels import WhiteKernel

    return _kernel(dims, scatter) + WhiteKernel(scatter / 2, (scatter * 1e-4, scatter * 10))


def _fitted(kernel: Any, alpha: Any, points: Floats, rest: Floats, seed: int) -> Any:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor

    process = GaussianProcessRegressor(kernel, alpha=alpha, random_state=seed)
    with warnings.catch_warnings():
        # A length scale at its bound says that a parameter does nothing: no reason for a word.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return process.fit(points, rest)
