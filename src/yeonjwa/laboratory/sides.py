"""Run every side of a conflict between sources, with the same luck, and show how far the results depend on the choice."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from yeonjwa.core.errors import InputError
from yeonjwa.core.progress import Progress, Silent, default
from yeonjwa.evidence import rivals
from yeonjwa.laboratory.measures import summarise
from yeonjwa.laboratory.run import (
    REFERENCE_MONTH,
    check_months,
    check_scale,
    check_seed,
    country_rates,
    simulate_genealogy,
)
from yeonjwa.laboratory.scenario import Scenario, load, with_variants

#: The results that are compared.
HEADLINES: Final = (
    "support.amount",
    "support.fear_share",
    "flight.attempts",
    "flight.arrivals",
    "enforcement.sanctioned",
    "camp.stock",
    "camp.deaths",
    "recall.recalled",
    "vetting.refused_share",
)


@dataclass(frozen=True)
class Outcome:
    """One result under one side.

    Attributes
    ----------
    side, measure : str
        Side of the conflict and result.
    mean : float
        Over seeds.
    change : float or None
        Mean relative difference from the scenario as it is, over seeds with the same luck; None where that is 0.
    lowest, highest : float or None
        Smallest and largest of these differences.
    """

    side: str
    measure: str
    mean: float
    change: float | None
    lowest: float | None
    highest: float | None


@dataclass(frozen=True)
class Comparison:
    """All sides of a conflict compared; ``outcomes`` in the order of sides and of ``HEADLINES``."""

    conflict: rivals.Conflict
    scenario: str
    scale: float
    seeds: tuple[int, ...]
    outcomes: tuple[Outcome, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "conflict": self.conflict.as_dict(),
            "scenario": self.scenario,
            "scale": self.scale,
            "seeds": list(self.seeds),
            "outcomes": [vars(outcome) for outcome in self.outcomes],
            "spread": {
                measure: spread for measure in HEADLINES if (spread := self.spread(measure)) is not None
            },
        }

    def spread(self, measure: str) -> float | None:
        """Largest less smallest mean of a result over the sides, over the mean of the scenario as it is.

        None if the result is 0 or missing there.
        """
        means = {o.side: o.mean for o in self.outcomes if o.measure == measure}
        base = means.pop("", 0.0)
        return (max(means.values()) - min(means.values())) / abs(base) if base and means else None


def compare(
    conflict: str,
    *,
    scenario: Scenario | None = None,
    scale: float = 0.01,
    seeds: Sequence[int] = (1, 2, 3),
    first: int | None = None,
    last: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Results of a scenario under each side of a conflict.

    Parameters
    ----------
    conflict : str
        As listed by ``yeonjwa evidence conflicts``.
    scenario : Scenario, optional
        What the sides are chosen on; the baseline by default.
    scale : float
        Size of the country, 0.002 to 1.
    seeds : sequence of int
        One country for each; all sides share its people and its luck.
    first, last : int, optional
        Recorded months; the scenario's by default.
    progress : Progress, optional
        Told of every run.

    Raises
    ------
    InputError
        An unknown conflict, one whose sides no run can tell apart, or a value outside its range.
    """
    from yeonjwa.society.engine import simulate

    found = rivals.get(conflict)
    if found.why_not:
        raise InputError("conflict", conflict, f"a conflict that a run can bear on; {found.why_not}")
    base = load() if scenario is None else scenario
    first = base.first if first is None else first
    last = base.last if last is None else last
    check_scale(scale)
    check_months(first, last)
    if not seeds:
        raise InputError("seeds", list(seeds), "one at least")
    worlds = {"": base} | {side.id: with_variants(base, {found.id: side.id}) for side in found.sides}
    progress = progress or default()
    progress.stage("sides", len(seeds) * len(worlds), "runs")
    results: dict[str, list[Mapping[str, float]]] = {name: [] for name in worlds}
    living = round(scale * base.parameters.number("population.living", REFERENCE_MONTH))
    for seed in seeds:
        check_seed(seed)
        rates = country_rates(base.parameters)
        pedigree = simulate_genealogy(rates, base.parameters, living, seed, last, 1, Silent())
        known: dict[str, Mapping[str, float]] = {}
        for name, world in worlds.items():
            digest = world.parameters.digest()
            if digest not in known:
                run = simulate(pedigree, world.parameters, seed=seed, scale=scale, first=first, last=last)
                known[digest] = summarise(run.series)
            results[name].append(known[digest])
            progress.advance()
    progress.finish()
    outcomes = tuple(_outcome(name, m, results) for name in worlds for m in HEADLINES)
    return Comparison(found, base.name, scale, tuple(seeds), outcomes)


def _outcome(side: str, measure: str, results: Mapping[str, Sequence[Mapping[str, float]]]) -> Outcome:
    values = [found.get(measure, 0.0) for found in results[side]]
    bases = [found.get(measure, 0.0) for found in results[""]]
    changes = [value / base - 1 for value, base in zip(values, bases, strict=True) if base]
    mean = math.fsum(values) / len(values)
    if not changes:
        return Outcome(side, measure, mean, None, None, None)
    return Outcome(side, measure, mean, math.fsum(changes) / len(changes), min(changes), max(changes))
