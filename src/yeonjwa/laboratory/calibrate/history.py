"""History matching: which parameters cannot be excluded, wave by wave.

A point is *implausible* for a target if model and record are further apart than all that is uncertain lets them be:

    I = |record - emulated mean| / sqrt(V_observation + V_emulator + V_replicate + V_discrepancy)

with the variance of the record, that of the emulator, that of the one history the country had (luck), and that of what the model
leaves out. A point is ruled out when its largest implausibility exceeds a cut-off of 3 (at most 5 % of any unimodal
distribution lies outside; Pukelsheim 1994). What is left after a wave is where the next one runs. Nothing left is a finding:
with the discrepancy that was granted, the model cannot give the record.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import InputError
from yeonjwa.laboratory.calibrate.emulator import Emulator
from yeonjwa.laboratory.design import hypercube

Floats = NDArray[np.float64]
CUT_OFF: Final = 3.0
#: Points at which the space that is left is measured.
PROBES: Final = 20_000


@dataclass(frozen=True)
class Record:
    """What a target says, on the scale on which it is compared.

    Attributes
    ----------
    name : str
        Of the target.
    value : float
        Recorded.
    observation, discrepancy : float
        Standard deviations: of the record, and of what the model leaves out.
    luck : float
        Part of the variance of a run's luck that one history of the country has: 1 for a record of the run's own size, the scale
        for the country.
    """

    name: str
    value: float
    observation: float
    discrepancy: float = 0.0
    luck: float = 1.0


@dataclass(frozen=True)
class Wave:
    """Emulators of one wave and the records they are held against, one each."""

    emulators: tuple[Emulator, ...]
    records: tuple[Record, ...]

    def __post_init__(self) -> None:
        """Check that the two belong together."""
        if [e.name for e in self.emulators] != [r.name for r in self.records]:
            raise InputError(
                "records of a wave", [r.name for r in self.records], "one for each emulator, in order"
            )

    def implausibility(self, points: Floats) -> Floats:
        """Points by targets."""
        found = np.empty((len(points), len(self.records)))
        for column, (emulator, record) in enumerate(zip(self.emulators, self.records, strict=True)):
            mean, variance = emulator.predict(points)
            total = (
                record.observation**2
                + variance
                + record.luck * emulator.noise_at(points)
                + record.discrepancy**2
            )
            found[:, column] = np.abs(record.value - mean) / np.sqrt(np.maximum(total, 1e-300))
        return found


@dataclass(frozen=True)
class Left:
    """What is left of the space after some waves.

    Attributes
    ----------
    share, low, high : float
        Share of the prior's volume that cannot be excluded, with an interval of 95 % for the sampling of it.
    points : array
        Those of the probes that are left, in the unit cube.
    probes : int
        How many were looked at.
    by_target : dict
        Target -> share of the volume that it alone rules out in the last wave.
    conflict : tuple of str
        Where nothing is left: the smallest set found of targets that together rule out all; empty otherwise.
    """

    share: float
    low: float
    high: float
    points: Floats
    probes: int
    by_target: dict[str, float]
    conflict: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing is left."""
        return len(self.points) == 0

    def as_dict(self, names: Sequence[str]) -> dict[str, Any]:
        """Plain data: shares, the extent of each parameter on 0 to 1, what rules out most."""
        extent = {
            name: [float(self.points[:, i].min()), float(self.points[:, i].max())] if not self.empty else None
            for i, name in enumerate(names)
        }
        return {
            "share": self.share,
            "low": self.low,
            "high": self.high,
            "probes": self.probes,
            "extent": extent,
            "ruled_out_by": dict(sorted(self.by_target.items(), key=lambda item: -item[1])),
            "conflict": list(self.conflict),
        }


def left(
    waves: Sequence[Wave], dims: int, *, probes: int = PROBES, cut_off: float = CUT_OFF, seed: int = 1
) -> Left:
    """What the waves leave of the unit cube.

    Parameters
    ----------
    waves : sequence of Wave
        A point must pass all of them.
    dims : int
        Number of parameters.
    probes : int
        Points of a Latin hypercube that are looked at.
    cut_off : float
        Implausibility above which a point is ruled out.
    seed : int
        Of the probes.
    """
    points = hypercube(probes, dims, np.random.default_rng(seed))
    if not waves:
        return Left(1.0, 1.0, 1.0, points, probes, {}, ())
    keep = np.ones(probes, dtype=bool)
    for wave in waves:
        found = wave.implausibility(points)
        keep &= found.max(axis=1) <= cut_off
    ruled = found > cut_off
    by_target = {r.name: float(ruled[:, i].mean()) for i, r in enumerate(waves[-1].records)}
    conflict = () if keep.any() else _conflict(waves, points, cut_off)
    low, high = wilson(int(keep.sum()), probes)
    return Left(float(keep.mean()), low, high, points[keep], probes, by_target, conflict)


def _conflict(waves: Sequence[Wave], points: Floats, cut_off: float) -> tuple[str, ...]:
    """A small set of targets that together leave nothing: greedily the one that rules out most of what is left."""
    ruled: dict[str, NDArray[np.bool_]] = {}
    for wave in waves:
        found = wave.implausibility(points) > cut_off
        for column, record in enumerate(wave.records):
            ruled[record.name] = ruled.get(record.name, np.zeros(len(points), dtype=bool)) | found[:, column]
    left_over = np.ones(len(points), dtype=bool)
    chosen: list[str] = []
    while left_over.any():
        name = max(ruled, key=lambda n: (int((ruled[n] & left_over).sum()), n))
        if not (ruled[name] & left_over).any():
            break
        chosen.append(name)
        left_over &= ~ruled[name]
    # Drop what the later ones made needless.
    for name in list(chosen):
        others = [ruled[n] for n in chosen if n != name]
        if others and np.logical_or.reduce(others).all():
            chosen.remove(name)
    return tuple(chosen)


def next_points(
    waves: Sequence[Wave], dims: int, n: int, *, cut_off: float = CUT_OFF, seed: int = 1, probes: int = PROBES
) -> Floats:
    """Points for the next wave: ``n`` of those left, spread out.

    Where chance finds too few, those that were found are stepped from, within what is left.

    Parameters
    ----------
    waves : sequence of Wave
        Those run so far.
    dims, n : int
        Number of parameters, and of points wanted.
    cut_off, seed, probes
        As in :func:`left`.

    Raises
    ------
    InputError
        If nothing is left.
    """
    rng = np.random.default_rng([seed, len(waves)])
    found = left(waves, dims, cut_off=cut_off, seed=seed + 1000 * len(waves), probes=probes)
    if found.empty:
        allowed = (
            "a space of which something is left; nothing is, which is a finding, not an error of the method"
        )
        raise InputError("next wave", "no point", allowed)
    pool = found.points
    for _ in range(20):
        if len(pool) >= 20 * n:
            break
        spread = np.maximum(pool.std(axis=0), 0.02)
        steps = pool[rng.integers(len(pool), size=50 * n)] + rng.normal(0, 0.5, (50 * n, dims)) * spread
        steps = steps[((steps >= 0) & (steps <= 1)).all(axis=1)]
        if len(steps):
            worst = np.max([wave.implausibility(steps).max(axis=1) for wave in waves], axis=0)
            pool = np.concatenate([pool, steps[worst <= cut_off]])
    return spread_out(pool, n, rng)


def spread_out(pool: Floats, n: int, rng: np.random.Generator) -> Floats:
    """``n`` points of a pool, each as far as can be from those before it."""
    if len(pool) <= n:
        return pool
    pool = pool[rng.permutation(len(pool))[: 200 * n]]
    chosen = [0]
    distance = ((pool - pool[0]) ** 2).sum(axis=1)
    while len(chosen) < n:
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, ((pool - pool[chosen[-1]]) ** 2).sum(axis=1))
    return np.asarray(pool[chosen])


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval for a share; its upper end is above 0 also where nothing was found."""
    p = hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(middle - half, 0.0), min(middle + half, 1.0)
