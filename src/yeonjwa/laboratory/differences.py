"""Paired differences: how large, how sure, whether chance could have made them, and what would decide.

``d[j][r]`` below is the difference of two arms under draw ``j`` of the parameters and seed ``r``, the same seeds for each draw.
By the law of total variance::

    Var(d) = E[Var(d | parameters)]  +  Var(E[d | parameters])
             luck: fewer with seeds     parameters: stays, however many seeds

The first is the mean over draws of the variance over seeds. The variance of the means of the draws holds the second and what is
left of the luck that a draw does not share with the others, which is taken off: ``Var(row means) - MS(interaction) / seeds``.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from yeonjwa.core.errors import InputError
from yeonjwa.laboratory.claims import Effect, interval, student_quantile

#: Chance of seeing an effect that is there, for which numbers of seeds are given.
POWER: Final = 0.8
#: Seeds above this number are not a plan.
MOST_SEEDS: Final = 100_000
HIGHER, LOWER, UNCLEAR, SAME, ALONE, EMPTY = (
    "higher",
    "lower",
    "not distinguishable from zero",
    "no difference in any run",
    "one seed gives no interval",
    "not measured in every run",
)


@dataclass(frozen=True)
class Doubt:
    """A difference under draws of the parameters.

    Attributes
    ----------
    draws, seeds : int
        Draws of the parameters, and seeds that each was run with.
    mean, low, high : float
        Mean over draws, and the interval of 95 % in which the effect lies for one more draw: what is known of the effect if the
        parameters may be anywhere in their ranges. More seeds do not make it narrower than the parameters allow.
    sd_luck : float
        Standard deviation of one paired difference over seeds, parameters held.
    sd_parameters : float
        Standard deviation of the effect over draws, luck taken off; 0 if luck explains all.
    share : float or None
        Part of the variance of one paired difference that is due to parameters; None if nothing varies.
    same_sign : float
        Part of the draws whose mean difference has the sign of ``mean``.
    """

    draws: int
    seeds: int
    mean: float
    low: float
    high: float
    sd_luck: float
    sd_parameters: float
    share: float | None
    same_sign: float

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return dict(vars(self))


@dataclass(frozen=True)
class Difference:
    """One result in two arms.

    Attributes
    ----------
    measure, says, unit : str
        The result, in words, and its unit.
    a, b : Effect
        Its level in the first and in the other arm, with intervals of 95 % over seeds.
    effect : Effect
        The other arm less the first, paired by seed, parameters held: mean and interval of 95 %.
    wide, narrow : Effect
        The same with intervals of 90 % and 50 %, as figures show them.
    verdict : str
        "higher", "lower", "not distinguishable from zero", "no difference in any run", "one seed gives no interval" or "not
        measured in every run".
    together : bool
        Whether the difference is still told from zero if all results of the comparison are judged at once (Bonferroni).
    sd : float or None
        Standard deviation of the paired difference over seeds.
    seeds_needed : int or None
        Seeds with which an effect of this size would be told from zero in four comparisons of five; None if there is no effect,
        no interval, or 100,000 would not do.
    seeds_for_tenth : int or None
        The same for an effect of a tenth of the level in the first arm.
    doubt : Doubt or None
        The effect under draws of the parameters, if they were drawn.
    """

    measure: str
    says: str
    unit: str
    a: Effect
    b: Effect
    effect: Effect
    wide: Effect
    narrow: Effect
    verdict: str
    together: bool
    sd: float | None
    seeds_needed: int | None
    seeds_for_tenth: int | None
    doubt: Doubt | None = None

    @property
    def relative(self) -> float | None:
        """The effect over the level in the first arm; None if that is 0."""
        return self.effect.mean / self.a.mean if self.a.mean else None

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        row = {name: getattr(self, name) for name in self.__dataclass_fields__}
        for name in ("a", "b", "effect", "wide", "narrow"):
            row[name] = dict(vars(row[name]))
        row["relative"] = self.relative
        row["doubt"] = None if self.doubt is None else self.doubt.as_dict()
        return row


def difference(
    a: Sequence[float],
    b: Sequence[float],
    *,
    measure: str = "",
    says: str = "",
    unit: str = "",
    results: int = 1,
    drawn: Sequence[Sequence[float]] = (),
) -> Difference:
    """What two arms differ by, from their values for the same seeds.

    Parameters
    ----------
    a, b : sequence of float
        One value for each seed, in the same order.
    measure, says, unit : str
        What it is.
    results : int
        How many results are compared at once.
    drawn : sequence of sequences of float
        Differences by draw of the parameters and by seed.
    """
    paired = [y - x for x, y in zip(a, b, strict=True)]
    effect = interval(paired)
    whole = all(map(math.isfinite, paired))
    sd = statistics.stdev(paired) if whole and len(paired) > 1 else None
    strict = interval(paired, confidence=1 - 0.05 / results)
    level = statistics.fmean(a)
    return Difference(
        measure,
        says or measure,
        unit,
        interval(a),
        interval(b),
        effect,
        interval(paired, confidence=0.9),
        interval(paired, confidence=0.5),
        verdict(effect),
        verdict(strict) in (HIGHER, LOWER),
        sd,
        None if sd is None else seeds_to_tell(effect.mean, sd),
        None if sd is None else seeds_to_tell(0.1 * level, sd),
        doubt(drawn) if drawn and whole and all(map(math.isfinite, itertools.chain(*drawn))) else None,
    )


def verdict(effect: Effect) -> str:
    """What an interval says of a difference, in words."""
    if not math.isfinite(effect.mean):
        return EMPTY
    if effect.low is None or effect.high is None:
        return ALONE
    if effect.low == effect.high == 0.0:
        return SAME
    if effect.low > 0:
        return HIGHER
    return LOWER if effect.high < 0 else UNCLEAR


def seeds_to_tell(size: float, sd: float, *, power: float = POWER) -> int | None:
    """Smallest number of seeds with which an effect of a size would be told from zero at 95 %, with a chance of ``power``.

    Parameters
    ----------
    size : float
        The effect.
    sd : float
        Standard deviation of a paired difference over seeds.
    power : float
        Above one half.
    """
    if not size or not math.isfinite(size) or not math.isfinite(sd):
        return None
    enough, failing = 2, 1
    while not _tells(size, sd, enough, power):
        failing, enough = enough, enough * 2
        if failing > MOST_SEEDS:
            return None
    while enough - failing > 1:
        middle = (enough + failing) // 2
        enough, failing = (middle, failing) if _tells(size, sd, middle, power) else (enough, middle)
    return enough if enough <= MOST_SEEDS else None


def _tells(size: float, sd: float, seeds: int, power: float) -> bool:
    if seeds < 2:
        return False
    return abs(size) >= (_quantile(0.975, seeds - 1) + _quantile(power, seeds - 1)) * sd / math.sqrt(seeds)


def _quantile(probability: float, freedom: int) -> float:
    """Student's quantile; from 20 degrees of freedom on by its expansion around the normal one (to three figures and more)."""
    if freedom < 20:
        return student_quantile(probability, freedom)
    z = statistics.NormalDist().inv_cdf(probability)
    first, second = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
    return z + first / freedom + second / freedom**2


def doubt(drawn: Sequence[Sequence[float]]) -> Doubt:
    """Luck and parameters apart, from differences by draw and by seed; see the head of this module.

    Raises
    ------
    InputError
        Fewer than two draws or two seeds, or draws with different numbers of seeds.
    """
    draws, seeds = len(drawn), len(drawn[0]) if drawn else 0
    if draws < 2 or seeds < 2 or any(len(row) != seeds for row in drawn):
        raise InputError(
            "differences by draw and seed",
            f"{draws} by {seeds}",
            "two or more draws, each with two or more seeds",
        )
    rows = [statistics.fmean(row) for row in drawn]
    columns = [statistics.fmean(column) for column in zip(*drawn, strict=True)]
    mean = statistics.fmean(rows)
    left = [
        (value - row - column + mean) ** 2
        for row, values in zip(rows, drawn, strict=True)
        for column, value in zip(columns, values, strict=True)
    ]
    interaction = math.fsum(left) / ((draws - 1) * (seeds - 1))
    parameters = max(0.0, statistics.variance(rows) - interaction / seeds)
    luck = statistics.fmean(statistics.variance(row) for row in drawn)
    # One more draw, and what the seeds leave open about the mean.
    open_ = parameters * (1 + 1 / draws) + statistics.variance(columns) / seeds
    half = student_quantile(0.975, draws - 1) * math.sqrt(open_)
    whole = parameters + luck
    same = sum(row * mean > 0 for row in rows) / draws
    return Doubt(
        draws,
        seeds,
        mean,
        mean - half,
        mean + half,
        math.sqrt(luck),
        math.sqrt(parameters),
        parameters / whole if whole else None,
        same,
    )
