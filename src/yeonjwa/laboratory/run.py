"""One run: a scenario, a scale and a seed become a country and its months."""

from __future__ import annotations

import hashlib
import math
import os
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from yeonjwa.core.calendar import format_month, month_index
from yeonjwa.core.errors import InputError
from yeonjwa.core.progress import Progress, Silent, default
from yeonjwa.core.provenance import Meter
from yeonjwa.core.warnings import YeonjwaWarning

if TYPE_CHECKING:
    from yeonjwa.core.parameters import Parameters
    from yeonjwa.demography.rates import Rates
    from yeonjwa.genealogy.pedigree import Pedigree
    from yeonjwa.laboratory.scenario import Scenario
    from yeonjwa.society.checkpoint import Checkpoints
    from yeonjwa.society.engine import SocietyResult

#: The month in which scale times ``population.living`` persons are expected to be alive.
REFERENCE_MONTH: Final = month_index(2005, 1)
FIRST_ALLOWED: Final = month_index(1990, 1)
LAST_ALLOWED: Final = month_index(2024, 12)
SMALLEST_SCALE: Final = 0.002
LARGEST_SEED: Final = 2**63 - 1
MOST_THREADS: Final = 1024


@dataclass(frozen=True)
class Run:
    """What a run computed, before anything is written.

    Attributes
    ----------
    scenario : Scenario
        With the dates and the scale that were run.
    scale, seed, first, last, threads
        As asked for; ``first`` and ``last`` are month indices.
    expected_living : int
        Persons expected to be alive in ``REFERENCE_MONTH``.
    rates : dict
        Source of the vital rates in words, and their SHA-256.
    pedigree : Pedigree
        Everyone ever born.
    result : SocietyResult
        Series, events, flows, end states, the family of one offence.
    notes : tuple of str
        Every caveat of this run, in sentences.
    meter : Meter
        Resources by stage; goes on measuring while the run is written.
    """

    scenario: Scenario
    scale: float
    seed: int
    first: int
    last: int
    threads: int
    expected_living: int
    rates: dict[str, str]
    pedigree: Pedigree
    result: SocietyResult
    notes: tuple[str, ...] = ()
    meter: Meter = field(default_factory=Meter)


def simulate(
    scenario: Scenario,
    *,
    scale: float = 0.01,
    seed: int = 1,
    first: int | None = None,
    last: int | None = None,
    threads: int | None = None,
    check: bool = False,
    progress: Progress | None = None,
    meter: Meter | None = None,
    checkpoints: Checkpoints | None = None,
    genealogy: Genealogy | None = None,
) -> Run:
    """Run one scenario and give back everything it computed.

    Parameters
    ----------
    scenario : Scenario
        From :func:`yeonjwa.laboratory.scenario.load`.
    scale : float
        Size of the synthetic country as a share of the real one, 0.002 to 1.
    seed : int
        0 to 2**63 - 1. Equal seeds give equal results, on any number of threads.
    first, last : int, optional
        First and last month (month indices), 1990-01 to 2024-12; the scenario's by default.
    threads : int, optional
        1 to 1024; the cores this process may use by default. More than those are never started.
    check : bool
        Whether the engine checks its identities in each month (slower).
    progress : Progress, optional
        Told of stages and steps.
    meter : Meter, optional
        Measures the stages; a new one by default.
    checkpoints : Checkpoints, optional
        Where the society keeps its state, and whether it goes on from the one that is there.
    genealogy : Genealogy, optional
        From :func:`grow`, with the same seed and scale, an equal last month and parameters that give the same people;
        made here by default.

    Raises
    ------
    InputError
        A value outside its range.
    """
    first = scenario.first if first is None else first
    last = scenario.last if last is None else last
    threads = usable_cores() if threads is None else threads
    check_scale(scale)
    check_seed(seed)
    check_months(first, last)
    check_threads(threads)
    progress, meter = progress or default(), meter or Meter()
    set_threads(threads)
    parameters = scenario.parameters
    expected = round(scale * parameters.number("population.living", REFERENCE_MONTH))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", YeonjwaWarning)
        with meter.stage("genealogy"):
            grown = genealogy or grow(parameters, scale, seed, last, threads, progress)
        with meter.stage("society"):
            result = _society(
                grown.pedigree, parameters, scale, seed, first, last, check, progress, meter, checkpoints
            )
    notes = list(dict.fromkeys([*grown.notes, *sentences(caught), *result.notes]))
    return Run(
        scenario,
        scale,
        seed,
        first,
        last,
        threads,
        expected,
        grown.rates,
        grown.pedigree,
        result,
        tuple(notes),
        meter,
    )


@dataclass(frozen=True)
class Genealogy:
    """Everyone ever born, what their vital rates were (:func:`describe_rates`), and the caveats that came up."""

    pedigree: Pedigree
    rates: dict[str, str]
    notes: tuple[str, ...] = ()


def grow(
    parameters: Parameters,
    scale: float,
    seed: int,
    last: int,
    threads: int = 1,
    progress: Progress | None = None,
) -> Genealogy:
    """The genealogy of a run, which several runs may share.

    Parameters
    ----------
    parameters : Parameters
        Of the scenario.
    scale, seed, last, threads, progress
        As in :func:`simulate`.
    """
    living = round(scale * parameters.number("population.living", REFERENCE_MONTH))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", YeonjwaWarning)
        rates = country_rates(parameters)
        pedigree = simulate_genealogy(rates, parameters, living, seed, last, threads, progress or Silent())
    return Genealogy(pedigree, describe_rates(rates), tuple(sentences(caught)))


def country_rates(parameters: Any) -> Rates:
    """Vital rates of the country of the scenarios."""
    from yeonjwa.demography.rates import country

    return country("PRK", parameters)


def simulate_genealogy(
    rates: Rates, parameters: Any, living: int, seed: int, last: int, threads: int, progress: Progress
) -> Pedigree:
    """The genealogy of a run: ``living`` persons expected in the reference month, played to ``last``."""
    from yeonjwa.genealogy.simulate import simulate as simulate_pedigree

    return simulate_pedigree(
        rates,
        parameters,
        living=living,
        at=REFERENCE_MONTH,
        seed=seed,
        last=max(last, REFERENCE_MONTH),
        threads=threads,
        progress=progress,
    )


def _society(
    pedigree: Pedigree,
    parameters: Any,
    scale: float,
    seed: int,
    first: int,
    last: int,
    check: bool,
    progress: Progress,
    meter: Meter,
    checkpoints: Checkpoints | None,
) -> SocietyResult:
    from yeonjwa.society.engine import simulate as simulate_society

    return simulate_society(
        pedigree,
        parameters,
        seed=seed,
        scale=scale,
        first=first,
        last=last,
        check=check,
        progress=progress,
        meter=meter,
        checkpoints=checkpoints,
    )


def sentences(caught: list[warnings.WarningMessage]) -> list[str]:
    """Caveats among recorded warnings, each once; every other warning is given again."""
    found = []
    for message in caught:
        if issubclass(message.category, YeonjwaWarning):
            found.append(str(message.message))
        else:
            warnings.warn_explicit(message.message, message.category, message.filename, message.lineno)
    return list(dict.fromkeys(found))


def describe_rates(rates: Rates) -> dict[str, str]:
    """Source of vital rates in words, and the SHA-256 of their numbers."""
    digest = hashlib.sha256()
    for table in (rates.asfr, rates.qx, rates.srb):
        digest.update(str(table.shape).encode())
        digest.update(table.astype("<f8").tobytes())
    notes = getattr(rates, "notes", ())
    source = notes if isinstance(notes, str) else " ".join(map(str, notes))
    return {"source": source, "sha256": digest.hexdigest()}


def usable_cores() -> int:
    """Cores this process may use, 1 at least."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def set_threads(threads: int) -> None:
    """Let parallel kernels use ``threads`` threads, or as many as the compiler has if those are fewer."""
    import numba

    numba.set_num_threads(min(threads, int(numba.config.NUMBA_NUM_THREADS)))  # type: ignore[attr-defined]


def check_scale(scale: float) -> None:
    """Raise unless the scale is within its range."""
    if not math.isfinite(scale) or not SMALLEST_SCALE <= scale <= 1:
        raise InputError(
            "scale",
            scale,
            f"{SMALLEST_SCALE} to 1 (share of the real country; 0.01 is one person in a hundred)",
            "--scale",
        )


def check_seed(seed: int) -> None:
    """Raise unless the seed is within its range."""
    if not 0 <= seed <= LARGEST_SEED:
        raise InputError("seed", seed, f"a whole number from 0 to {LARGEST_SEED}", "--seed")


def check_threads(threads: int) -> None:
    """Raise unless the number of threads is within its range."""
    if not 1 <= threads <= MOST_THREADS:
        raise InputError("threads", threads, f"a whole number from 1 to {MOST_THREADS}", "--threads")


def check_months(first: int, last: int) -> None:
    """Raise unless a run may go from ``first`` to ``last``."""
    allowed = f"{format_month(FIRST_ALLOWED)} to {format_month(LAST_ALLOWED)}"
    for month, where in ((first, "--from"), (last, "--to")):
        if not FIRST_ALLOWED <= month <= LAST_ALLOWED:
            raise InputError("month of the run", format_month(month), allowed, where)
    if first > last:
        raise InputError(
            "months of the run",
            f"{format_month(first)} to {format_month(last)}",
            "first not after last",
            "--from",
        )
