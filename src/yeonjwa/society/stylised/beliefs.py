"""Beliefs of section 9: what does a village learn about a rule that nobody may read?

Households watch departures: each month a household sees some, and of each whether kin were punished. Counting, fading and
believing are done by :mod:`yeonjwa.society.beliefs`, on the arrays that a run has.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yeonjwa.society import beliefs
from yeonjwa.society.state import make_houses
from yeonjwa.society.stylised.findings import Demonstration, Finding, Panel, Setting, agrees, beyond, curve

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Village:
    """Households that watch.

    Attributes
    ----------
    rate : float
        Departures that a household sees a month.
    punished : float
        Share of them after which kin are punished.
    a0, b0 : float
        Prior counts.
    memory : float
        Months over which what was seen fades.
    households : int
        How many watch, each on its own.
    once : bool
        Exactly one departure a month instead of a random number with mean ``rate``.
    """

    rate: float
    punished: float
    a0: float = 1.0
    b0: float = 1.0
    memory: float = 60.0
    households: int = 4000
    once: bool = False

    @property
    def prior(self) -> float:
        """What somebody believes who has seen nothing."""
        return self.a0 / (self.a0 + self.b0)

    @property
    def phi(self) -> float:
        """Share of a count that is left after a month."""
        return beliefs.fading(self.memory)


#: Month -> public signals of the month as counts (hits, misses).
Public = Callable[[int], tuple[float, float]]


def nothing(month: int) -> tuple[float, float]:
    """No public signals."""
    return 0.0, 0.0


def yearly_threat(month: int) -> tuple[float, float]:
    """One public threat of weight 1 each January."""
    return (1.0, 0.0) if month % 12 == 0 else (0.0, 0.0)


@dataclass(frozen=True)
class Watched:
    """Beliefs at the end, and month by month their mean and the share of households that have moved by over 0.01."""

    believed: Float
    mean: Float
    moved: Float
    hits: Float


def watch(village: Village, months: int, rng: np.random.Generator, public: Public = nothing) -> Watched:
    """Let a village watch for some months."""
    n = village.households
    houses = make_houses(n)
    houses.key[:] = np.arange(n)
    common = beliefs.make_beliefs(np.array([float(n)]), float(n))
    which = np.arange(n)
    mean, moved = np.empty(months), np.empty(months)
    believed = np.full(n, village.prior)
    for month in range(months):
        beliefs.fade(common, houses, n, village.phi)
        seen = np.ones(n, np.int64) if village.once else rng.poisson(village.rate, n)
        struck = rng.binomial(seen, village.punished)
        houses.hits[:] += struck
        houses.misses[:] += seen - struck
        hits, misses = public(month)
        common.public_hits += hits
        common.public_misses += misses
        believed = beliefs.household_belief(common, houses, which, village.a0, village.b0)
        mean[month] = believed.mean()
        moved[month] = (np.abs(believed - village.prior) > 0.01).mean()
    return Watched(believed, mean, moved, houses.hits.astype(float))


def forget_everything(village: Village, months: int, rng: np.random.Generator) -> Float:
    """Beliefs of a village whose prior fades as well: the rule that the model does *not* use."""
    n = village.households
    hits, misses = np.full(n, village.a0), np.full(n, village.b0)
    for _ in range(months):
        seen = rng.poisson(village.rate, n)
        struck = rng.binomial(seen, village.punished)
        hits, misses = village.phi * hits + struck, village.phi * misses + seen - struck
    return beliefs.belief(0.0, 0.0, hits, misses)


def weight_of_prior(village: Village, points: int = 4000) -> float:
    """Mean weight of the prior in the belief after long watching, ``E[s/(s + N)]`` with ``s = a0 + b0``.

    ``N`` is what has been seen and not yet faded: Poisson numbers that fade. By its Laplace transform::

        E[s/(s + N)] = s * integral over u > 0 of exp(-u*s - rate * sum over k of (1 - exp(-u * phi**k)))

    so that the mean belief is ``punished + (prior - punished) * E[s/(s + N)]``: what separates belief from truth for good.
    """
    s = village.a0 + village.b0
    # u = -ln(x)/s puts the integral on (0, 1).
    x = (np.arange(points) + 0.5) / points
    u = -np.log(x) / s
    months = np.arange(round(20 * village.memory))
    faded = village.phi**months
    total = np.zeros(points)
    for start in range(0, months.size, 200):
        total += (1.0 - np.exp(-u[:, None] * faded[None, start : start + 200])).sum(axis=1)
    return float(np.exp(-village.rate * total).mean())


def mean_belief(village: Village) -> float:
    """Mean belief after long watching of a random number of departures a month."""
    return village.punished + (village.prior - village.punished) * weight_of_prior(village)


def announced(village: Village, counts: float, months: NDArray[np.int64]) -> Float:
    """Belief, so many months after an announcement worth ``counts``, of somebody who sees nothing: it fades, too."""
    left = counts * village.phi**months
    return np.asarray((village.a0 + left) / (village.a0 + village.b0 + left))


# --- what is shown -------------------------------------------------------------------------------------------------------


def demonstrate(setting: Setting) -> Demonstration:
    """All theorems on beliefs."""
    parts = [_moments(setting), _collapse(setting), _patchy(setting), _public(setting)]
    return Demonstration(
        "beliefs",
        "Beliefs under secrecy",
        tuple(f for findings, _ in parts for f in findings),
        tuple(p for _, panels in parts for p in panels),
    )


Part = tuple[list[Finding], list[Panel]]


def _village(setting: Setting, rate: float, punished: float, households: int = 4000) -> Village:
    month = setting.month
    return Village(
        rate, punished, month.number("belief.prior_hit"), month.number("belief.prior_miss"), month.number("belief.memory"),
        households,
    )  # fmt: skip


def _moments(setting: Setting) -> Part:
    findings = []
    for theta, memory in ((0.3, 60.0), (0.1, 24.0)):
        village = Village(1.0, theta, 1.0, 1.0, memory, 6000, once=True)
        found = watch(village, round(8 * memory), setting.rng(21, round(memory))).believed
        mean = beliefs.mean_of_belief(1.0, 1.0, theta, village.phi)
        variance = beliefs.variance_of_belief(1.0, 1.0, theta, village.phi)
        where = f"one departure a month, {theta:g} punished, memory {memory:g} months"
        findings.append(agrees("mean belief", where, mean, found.mean(), 0.003))
        findings.append(
            agrees("variance of belief, over the closed form", where, 1.0, found.var() / variance, 0.08)
        )
    rates = np.geomspace(0.0005, 1.0, 12)
    shown = rates[[0, 2, 4, 6, 8, 10]]
    curves = []
    for theta in (1.0, 0.0):
        villages = [_village(setting, r, theta, 3000) for r in rates]
        words = "always punished" if theta else "never punished"
        curves.append(curve(f"{words}, closed form", "theory", rates, [mean_belief(v) for v in villages]))
        found_at = {
            r: watch(_village(setting, r, theta, 3000), 420, setting.rng(22, i)) for i, r in enumerate(shown)
        }
        curves.append(curve(words, "model", shown, [found_at[r].believed.mean() for r in shown]))
        for r in (shown[2], shown[4]):
            village = _village(setting, r, theta, 3000)
            findings.append(
                agrees(
                    "mean belief",
                    f"{r:.2g} departures seen a month, {words}",
                    mean_belief(village),
                    found_at[r].believed.mean(),
                    0.012,
                )
            )
    village = _village(setting, 0.2, 0.3, 6000)
    hits = watch(village, 480, setting.rng(23)).hits
    mean, variance = beliefs.moments_of_counts(0.2, 0.3, village.phi)
    findings.append(
        agrees(
            "mean of the fading count, over the closed form",
            "0.2 departures a month at random, 0.3 punished",
            1.0,
            hits.mean() / mean,
            0.03,
        )
    )
    findings.append(
        agrees(
            "variance of the fading count, over the closed form",
            "0.2 departures a month at random, 0.3 punished",
            1.0,
            hits.var() / variance,
            0.08,
        )
    )
    rare = _village(setting, 0.01, 0.0, 3000)
    once = beliefs.mean_of_belief(rare.a0, rare.b0, 0.0, rare.phi)
    findings.append(
        beyond(
            "mean belief, closed form of one departure a month",
            "0.01 a month at random, none punished",
            once,
            watch(rare, 420, setting.rng(24)).mean[-1],
        )
    )
    return findings, [
        Panel("What watching teaches", "departures seen a month", "mean belief", tuple(curves), log_x=True)
    ]


def _collapse(setting: Setting) -> Part:
    rates = np.geomspace(0.0005, 0.3, 7)
    rows = []
    lowest = 1.0
    for i, rate in enumerate(rates):
        village = _village(setting, rate, 0.3, 2000)
        kept = watch(village, 480, setting.rng(25, i)).believed
        lost = forget_everything(village, 480, setting.rng(25, i))
        lowest = min(lowest, kept.min(), 1.0 - kept.max())
        rows.append((_extreme(kept), _extreme(lost)))
    kept_share, lost_share = np.array(rows).T
    at = float(np.interp(math.log(0.003), np.log(rates), lost_share))
    findings = [
        agrees(
            "households that believe under 0.01 or over 0.99 (share)",
            "prior kept, 0.0005 to 0.3 departures seen a month",
            0.0,
            kept_share.max(),
            0.0,
        ),
        beyond(
            "households that believe under 0.01 or over 0.99 (share)",
            "prior fades too, 0.003 departures seen a month, 40 years",
            0.0,
            at,
        ),
        beyond("the same", "prior fades too, 0.0005 departures seen a month", 0.0, lost_share[0]),
        beyond("the nearest that any household comes to certainty", "prior kept", 0.0, lowest),
    ]
    panel = Panel("Certain for life", "departures seen a month", "households that believe < 0.01 or > 0.99", (
        curve("prior kept: nobody", "theory", rates, 0 * rates),
        curve("prior kept", "model", rates, kept_share),
        curve("prior fades too", "model", rates, lost_share),
    ), log_x=True)  # fmt: skip
    return findings, [panel]


def _extreme(believed: Float) -> float:
    return float(((believed < 0.01) | (believed > 0.99)).mean())


def _patchy(setting: Setting) -> Part:
    """A rule applied in some districts only (Loeffel on kin liability in Germany): belief stays above it where it is not."""
    months, share = 240, 0.15
    rates = {"border county": 0.01, "interior": 0.0005}
    memory = setting.month.number("belief.memory")
    findings, curves = [], [curve("actual, country as a whole", "theory", [0, months / 12], [share, share])]
    for number, (place, rate) in enumerate(rates.items()):
        never = _village(setting, rate, 0.0, 4000)
        always = _village(setting, rate, 1.0, 4000)
        seen = {
            name: watch(v, 420, setting.rng(26, number)) for name, v in (("never", never), ("always", always))
        }
        theory = (1 - share) * mean_belief(never) + share * mean_belief(always)
        found = (1 - share) * seen["never"].mean[-1] + share * seen["always"].mean[-1]
        findings.append(
            agrees(
                "believed less actual risk, mean",
                f"{place}: {rate:g} departures seen a month, applied in {share:.0%} of districts",
                theory - share,
                found - share,
                0.012,
            )
        )
        path = (1 - share) * seen["never"].mean[:months] + share * seen["always"].mean[:months]
        curves.append(curve(f"believed, {place}", "model", np.arange(months)[5::12] / 12, path[5::12]))
    loud = watch(_village(setting, rates["interior"], share, 4000), months, setting.rng(27), yearly_threat)
    curves.append(
        curve(
            "believed, interior, one threat a year", "model", np.arange(months)[5::12] / 12, loud.mean[5::12]
        )
    )
    standing = _standing(memory)
    village = _village(setting, rates["interior"], share)
    theory = float((village.a0 + standing) / (village.a0 + village.b0 + standing))
    findings.append(
        agrees(
            "belief with one threat a year of weight 1",
            "interior, mean of the 20th year; nothing seen",
            theory,
            loud.mean[-12:].mean(),
            0.012,
        )
    )
    findings.append(
        beyond(
            "believed over actual risk", "interior, own watching alone, after 20 years", 1.0, path[-1] / share
        )
    )
    findings.append(
        beyond(
            "believed over actual risk", "interior, with a threat a year", 1.0, loud.mean[-12:].mean() / share
        )
    )
    return findings, [
        Panel("Believed and actual risk", "years", "chance that kin are punished", tuple(curves))
    ]


def _standing(memory: float) -> float:
    """Mean over a year of the faded count of one signal a year, after many years."""
    phi = beliefs.fading(memory)
    return float((phi ** np.arange(12)).mean() / (1.0 - phi**12))


def _public(setting: Setting) -> Part:
    months = 60
    village = _village(setting, 0.003, 0.6, 6000)
    own = watch(village, months, setting.rng(28))
    counts = 2.0
    told = watch(village, months, setting.rng(28), lambda month: (counts, 0.0) if month == 12 else (0.0, 0.0))
    deaf = _village(setting, 0.0, 0.6, 50)
    alone = watch(deaf, months, setting.rng(29), lambda month: (counts, 0.0) if month == 12 else (0.0, 0.0))
    after = np.arange(months - 12)
    theory = announced(deaf, counts, after)
    ahead = np.concatenate([np.full(12, village.prior), theory])
    findings = [
        agrees(
            "belief after an announcement, worst of 48 months",
            "nothing seen besides, weight 2",
            0.0,
            np.abs(alone.mean[12:] - theory).max(),
            1e-4,
        ),
        agrees(
            "households whose belief has moved within a year (share)",
            "own watching, 0.003 departures seen a month: 1 - exp(-12 rate)",
            1.0 - math.exp(-12 * village.rate),
            own.moved[11],
            0.01,
        ),
        beyond(
            "households whose belief has moved in the month of an announcement (share)",
            "own watching, 13 months",
            1.0,
            own.moved[12],
        ),
        beyond("the same", "with the announcement", 1.0, told.moved[12]),
        beyond(
            "rise of the mean belief a year after",
            "own watching, where 0.6 are punished against a prior of 0.5",
            0.1,
            own.mean[24] - own.mean[11],
        ),
        beyond(
            "the same",
            "with the announcement: further than the truth of 0.6",
            0.1,
            told.mean[24] - told.mean[11],
        ),
    ]
    years = np.arange(months) / 12
    panel = Panel("An announcement", "years", "mean belief", (
        curve("announced, nothing seen", "theory", years, ahead),
        curve("watching and announcement", "model", years[::3], told.mean[::3]),
        curve("own watching alone", "model", years[::3], own.mean[::3]),
    ))  # fmt: skip
    return findings, [panel]
