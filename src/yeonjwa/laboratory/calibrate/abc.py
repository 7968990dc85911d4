"""A bridge to pyABC (``yeonjwa[abc]``): a posterior by sampling, where runs are cheap, and a check on the emulators.

pyABC is asked for a sequence of populations with a shrinking distance (ABC-SMC); its history is an SQLite file, so that a
calculation that stopped can go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import InputError, MissingExtraError
from yeonjwa.laboratory.calibrate.history import Record
from yeonjwa.laboratory.calibrate.posterior import Posterior

Floats = NDArray[np.float64]


def sample(
    model: Callable[[Floats, int], Sequence[float]],
    records: Sequence[Record],
    dims: int,
    *,
    database: Path,
    population: int = 100,
    generations: int = 4,
    seed: int = 1,
) -> Posterior:
    """A posterior on the unit cube by ABC-SMC.

    Parameters
    ----------
    model : callable
        Outputs at a point of the unit cube, for a seed; as many as there are records, on their scale.
    records : sequence of Record
        The distance is the root of the sum of squared differences, each in standard deviations of observation and discrepancy; a
        record without either counts in its own units.
    dims : int
        Number of parameters; the prior is uniform.
    database : Path
        SQLite file of the history: a new one is begun, one that is there is gone on with, by ``generations`` more.
    population : int
        Points of each generation.
    generations : int
        At most.
    seed : int
        Of proposals and, by their number, of runs. Runs are made one after another in this process.

    Raises
    ------
    MissingExtraError
        Without pyABC.
    """
    if population < 10 or generations < 1 or not records:
        raise InputError(
            "population, generations, records",
            (population, generations, len(records)),
            "10, 1 and 1 at least",
        )
    try:
        import pyabc
    except ImportError as error:
        raise MissingExtraError("sampling by ABC", "abc") from error
    names = [f"p{i}" for i in range(dims)]
    width = np.array([float(np.hypot(r.observation, r.discrepancy)) or 1.0 for r in records])
    numbers = iter(range(seed * 1_000_000, (seed + 1) * 1_000_000))

    def run(point: Mapping[str, float]) -> dict[str, Any]:
        values = np.array([point[name] for name in names])
        return {"y": np.asarray(model(values, next(numbers)), dtype=np.float64)}

    def distance(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
        return float(np.sqrt((((one["y"] - other["y"]) / width) ** 2).sum()))

    # pyABC draws from the global generator of numpy, and has no other way in.
    np.random.seed(seed)  # noqa: NPY002
    prior = pyabc.Distribution(**{name: pyabc.RV("uniform", 0, 1) for name in names})
    smc = pyabc.ABCSMC(
        run, prior, distance, population_size=population, sampler=pyabc.sampler.SingleCoreSampler()
    )
    address = f"sqlite:///{database.resolve()}"
    recorded = {"y": np.array([r.value for r in records])}
    if database.exists():
        smc.load(address, 1, recorded)
    else:
        smc.new(address, recorded)
    history = smc.run(max_nr_populations=generations)
    frame, weights = history.get_distribution()
    return Posterior(frame[names].to_numpy(dtype=np.float64), np.asarray(weights, dtype=np.float64))
