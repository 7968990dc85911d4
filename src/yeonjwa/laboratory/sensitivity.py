"""Sensitivity of results to parameters: Morris first, Sobol on what matters, and which evidence to look for next.

Indices are SALib's, on designs of :mod:`yeonjwa.laboratory.design`. A single missing value makes all of them meaningless without
an error, so what is done about failed runs is said: try again (``yeonjwa ensemble resume``), then refuse with the count, or fill
the place from an emulator of the others and flag it. Replicates of a point are averaged; what they differ by tells which effects
are no more than luck.
"""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import InputError, MissingExtraError
from yeonjwa.core.parameters import Parameters
from yeonjwa.laboratory import influence
from yeonjwa.laboratory.calibrate.emulator import fit
from yeonjwa.laboratory.design import Design, Range, unit_problem
from yeonjwa.laboratory.sides import HEADLINES

Floats = NDArray[np.float64]
FAILED: Final = ("refuse", "emulate")
#: Share of a design's points that may be filled from an emulator.
MOST_FILLED: Final = 0.1
#: An effect counts if it is larger than luck makes it this many times in standard deviations.
BEYOND_LUCK: Final = 2.0


@dataclass(frozen=True)
class Index:
    """What one parameter does to one result.

    Attributes
    ----------
    address : str
        Of the parameter.
    values : dict
        Morris: ``mu_star`` (mean size of an effect over the whole range), ``mu`` (with its sign), ``sigma`` (how much it
        depends on the others), ``mu_star_conf``. Sobol: ``S1``, ``ST`` (shares of the variance, alone and with all it takes part
        in) with ``S1_conf``, ``ST_conf``. Confidences are half-widths of 95 %.
    beyond_luck : bool
        Whether the effect is larger than what replicates differ by would make it; True where there are none.
    """

    address: str
    values: Mapping[str, float]
    beyond_luck: bool


@dataclass(frozen=True)
class Sensitivity:
    """Indices of one result.

    Attributes
    ----------
    measure, method : str
        Result, and "morris", "sobol" or "sobol on an emulator".
    indices : tuple of Index
        The strongest first.
    filled : tuple of str
        Names of the points whose result is an emulator's.
    luck : float or None
        Standard deviation of the result of one run about its point's mean; None without replicates.
    """

    measure: str
    method: str
    indices: tuple[Index, ...]
    filled: tuple[str, ...]
    luck: float | None

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def analyse(
    design: Design,
    results: Sequence[Sequence[float]],
    *,
    measure: str = "result",
    failed: str = "refuse",
    seed: int = 1,
) -> Sensitivity:
    """Morris or Sobol indices of a result over a design that was drawn for them.

    Parameters
    ----------
    design : Design
        From :func:`~yeonjwa.laboratory.design.morris` or :func:`~yeonjwa.laboratory.design.sobol`, in one arm.
    results : sequence of sequence of float
        Replicates of each point, in the order of the design; none, or NaN, where all runs failed.
    measure : str
        Name of the result.
    failed : str
        "refuse" points without a result, or "emulate" them: up to a tenth is filled and flagged.
    seed : int
        Of the resampling of confidences.

    Raises
    ------
    InputError
        Another design, a number of results that is not that of the points, points without a result where they are refused or
        too many.
    """
    if design.method not in ("morris", "sobol"):
        raise InputError(
            "method of the design", design.method, "morris or sobol (yeonjwa design); see also emulated_sobol"
        )
    if design.arms:
        raise InputError(
            "arms of the design", sorted(set(design.arms)), "none: analyse the results of one arm at a time"
        )
    means, luck, counts = _means(design, results)
    means, filled = _completed(design, means, failed, measure)
    if design.method == "morris":
        rows = _morris(design, means, seed)
        noise = None if luck is None else _luck_of_morris(luck, counts, design)
        strength = "mu_star"
    else:
        rows = _sobol(design, means, seed)
        noise = None if luck is None else _luck_of_sobol(luck, counts, means)
        strength = "ST"
    indices = [
        Index(r.address.text, row, noise is None or row[strength] > noise)
        for r, row in zip(design.ranges, rows, strict=True)
    ]
    order = sorted(indices, key=lambda index: (-index.values[strength], index.address))
    return Sensitivity(measure, design.method, tuple(order), filled, luck)


def emulated_sobol(
    design: Design,
    results: Sequence[Sequence[float]],
    *,
    measure: str = "result",
    base: int = 512,
    seed: int = 1,
) -> Sensitivity:
    """Sobol indices on an emulator fitted to a design of any drawn kind: no further runs, and only as good as the emulator.

    Parameters
    ----------
    design : Design
        With ranges: a Latin hypercube, say. Points without a result are left out of the fit.
    results : sequence of sequence of float
        Replicates of each point.
    measure : str
        Name of the result.
    base : int
        Base points of the Sobol sequence, a power of two.
    seed : int
        Of the sequence.
    """
    if not design.ranges:
        raise InputError("ranges of the design", "none", "a design drawn from ranges (yeonjwa design lhs)")
    emulator = _emulator(design, results, measure)
    sampler, analyser = _salib("SALib.sample.sobol"), _salib("SALib.analyze.sobol")
    problem = unit_problem(design.ranges)
    points = sampler.sample(problem, base, calc_second_order=False, seed=seed)
    mean, _ = emulator.predict(points)
    found = _quietly(lambda: analyser.analyze(problem, mean, calc_second_order=False, seed=seed))
    indices = [
        Index(r.address.text, {key: float(found[key][i]) for key in ("S1", "ST", "S1_conf", "ST_conf")}, True)
        for i, r in enumerate(design.ranges)
    ]
    order = sorted(indices, key=lambda index: (-index.values["ST"], index.address))
    luck = math.sqrt(emulator.noise)
    return Sensitivity(measure, "sobol on an emulator", tuple(order), (), luck)


def from_ensemble(out: Path, design: Design, measure: str) -> list[list[float]]:
    """Replicates of a result for each point of a design that an ensemble ran; points without one are empty.

    Raises
    ------
    InputError
        A measure that no run has.
    """
    from yeonjwa.laboratory import ensemble

    table = ensemble.table(out)
    if measure not in table:
        known = sorted(
            set(table) - {"run", "design", "seed", "state", "scale", "first", "last", *design.columns}
        )
        raise InputError("measure", measure, ", ".join(known) or "a run that succeeded")
    found: dict[str, list[float]] = {name: [] for name in design.names}
    for name, state, value in zip(table["design"], table["state"], table[measure], strict=True):
        if state == "SUCCEEDED" and str(name) in found and math.isfinite(float(value)):
            found[str(name)].append(float(value))
    return [found[name] for name in design.names]


def _means(
    design: Design, results: Sequence[Sequence[float]]
) -> tuple[Floats, float | None, NDArray[np.int64]]:
    """Mean of each point, NaN without a result; standard deviation within points; replicates of each."""
    if len(results) != len(design):
        raise InputError("results of a design", len(results), f"{len(design)}, one list a point")
    lists = [[float(v) for v in values if math.isfinite(v)] for values in results]
    means = np.array([math.fsum(v) / len(v) if v else math.nan for v in lists])
    free = sum(max(len(v) - 1, 0) for v in lists)
    squares = sum(float(np.var(v) * len(v)) for v in lists if len(v) > 1)
    counts = np.array([len(v) for v in lists])
    return means, math.sqrt(squares / free) if free else None, counts


def _completed(design: Design, means: Floats, failed: str, measure: str) -> tuple[Floats, tuple[str, ...]]:
    """Means without a gap, and the names of points that were filled."""
    if failed not in FAILED:
        raise InputError("policy for failed runs", failed, ", ".join(FAILED))
    missing = np.flatnonzero(np.isnan(means))
    if not missing.size:
        return means, ()
    names = tuple(design.names[i] for i in missing)
    shown = f"{len(names)} of {len(design)} points ({', '.join(names[:8])}{', ...' * (len(names) > 8)})"
    if failed == "refuse":
        allowed = 'all: run them again (yeonjwa ensemble resume), or failed="emulate"'
        raise InputError(f"points without {measure}", shown, allowed)
    if len(missing) > MOST_FILLED * len(design):
        raise InputError(
            f"points without {measure}", shown, f"at most {MOST_FILLED:.0%} to fill from an emulator"
        )
    emulator = _emulator(design, [[] if math.isnan(m) else [m] for m in means], measure)
    unit = np.column_stack([r.share(design.matrix()[:, i]) for i, r in enumerate(design.ranges)])
    whole = means.copy()
    whole[missing] = emulator.predict(unit[missing])[0]
    return whole, names


def _emulator(design: Design, results: Sequence[Sequence[float]], measure: str) -> Any:
    unit = np.column_stack([r.share(design.matrix()[:, i]) for i, r in enumerate(design.ranges)])
    there = [i for i, values in enumerate(results) if len(values)]
    return fit(measure, unit[there], [results[i] for i in there])


def _morris(design: Design, means: Floats, seed: int) -> list[dict[str, float]]:
    analyser = _salib("SALib.analyze.morris")
    problem = unit_problem(design.ranges)
    unit = np.column_stack([r.share(design.matrix()[:, i]) for i, r in enumerate(design.ranges)])
    levels = int(design.settings.get("levels", 4))
    found = _quietly(
        lambda: analyser.analyze(problem, unit, means, num_levels=levels, seed=seed, print_to_console=False)
    )
    keys = ("mu_star", "mu", "sigma", "mu_star_conf")
    return [{key: float(found[key][i]) for key in keys} for i in range(len(design.ranges))]


def _sobol(design: Design, means: Floats, seed: int) -> list[dict[str, float]]:
    analyser = _salib("SALib.analyze.sobol")
    problem = unit_problem(design.ranges)
    found = _quietly(lambda: analyser.analyze(problem, means, calc_second_order=False, seed=seed))
    keys = ("S1", "ST", "S1_conf", "ST_conf")
    return [{key: float(found[key][i]) for key in keys} for i in range(len(design.ranges))]


def _luck_of_morris(luck: float, counts: NDArray[np.int64], design: Design) -> float:
    """What a mean absolute effect comes to where there is none, and two standard deviations more.

    An effect is a difference of two means over the step; the absolute value of a normal number has mean 0.80 and
    standard deviation 0.60.
    """
    levels = int(design.settings.get("levels", 4))
    step = levels / (2 * (levels - 1))
    one = luck * math.sqrt(2 / max(float(counts[counts > 0].mean()), 1)) / step
    trajectories = max(int(design.settings.get("base", 1)), 1)
    return one * (math.sqrt(2 / math.pi) + BEYOND_LUCK * math.sqrt(1 - 2 / math.pi) / math.sqrt(trajectories))


def _luck_of_sobol(luck: float, counts: NDArray[np.int64], means: Floats) -> float:
    """The total index that luck alone gives a parameter: its share of the variance of the means."""
    return luck**2 / max(float(counts[counts > 0].mean()), 1) / max(float(means.var()), 1e-300)


def _quietly(work: Any) -> Any:
    """What the work gives, without what it prints and what it says of its own future."""
    import warnings

    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return work()


def _salib(module: str) -> Any:
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError("sensitivity indices", "calibration") from error


@dataclass(frozen=True)
class Wanted:
    """A parameter graded *assumption*, and how much hangs on it.

    Attributes
    ----------
    path, description, unit : str
        The parameter.
    share : float
        Mean over the headline results of its part of all squared movement, of whatever grade.
    moved : dict
        Headline result -> its movement from end to end, as a share of the result; only where beyond chance.
    """

    path: str
    description: str
    unit: str
    share: float
    moved: Mapping[str, float]


def evidence_wanted(
    parameters: Parameters,
    *,
    measures: Sequence[str] = HEADLINES,
    table: influence.Influence | None = None,
) -> list[Wanted]:
    """Parameters graded *assumption*, the one on which most hangs first: which evidence to look for next.

    It rests on the table of one-at-a-time movements that comes with the package
    (:mod:`yeonjwa.laboratory.influence`), so on what each parameter does alone, between the ends of its range.

    Parameters
    ----------
    parameters : Parameters
        Their grades count.
    measures : sequence of str
        Headline results.
    table : Influence, optional
        The shipped one by default.

    Raises
    ------
    InputError
        A result that the table does not hold.
    """
    table = influence.load() if table is None else table
    grades = influence.ranged(parameters)
    shares: dict[str, float] = {}
    moved: dict[str, dict[str, float]] = {}
    for measure in measures:
        found = influence.basis(measure, grades, table)
        total = math.fsum(effect.squared for effect in found.effects)
        level = abs(float(table.about["chance"][measure]["mean"]))
        for effect in found.effects:
            if found.grades[effect.path] != "assumption":
                continue
            shares[effect.path] = shares.get(effect.path, 0.0) + effect.squared / total / len(measures)
            moved.setdefault(effect.path, {})[measure] = effect.movement / level if level else math.inf
    rows = [
        Wanted(path, parameters[path].description, parameters[path].unit, share, moved[path])
        for path, share in shares.items()
    ]
    return sorted(rows, key=lambda row: (-row.share, row.path))


def screened(sensitivities: Sequence[Sensitivity], *, ranges: Sequence[Range], most: int = 8) -> list[Range]:
    """Ranges of the parameters that matter for any result, for a Sobol design after a Morris one.

    Parameters
    ----------
    sensitivities : sequence of Sensitivity
        Of a Morris design, one a result.
    ranges : sequence of Range
        Of that design.
    most : int
        Parameters kept.

    Returns
    -------
    list of Range
        Those beyond luck whose effect is largest as a share of the largest for some result.
    """
    strength: dict[str, float] = {}
    for found in sensitivities:
        largest = found.indices[0].values["mu_star"] or 1.0
        for index in found.indices:
            if index.beyond_luck:
                share = index.values["mu_star"] / largest
                strength[index.address] = max(strength.get(index.address, 0.0), share)
    chosen = sorted(strength, key=lambda address: (-strength[address], address))[:most]
    return [r for r in ranges if r.address.text in chosen]
