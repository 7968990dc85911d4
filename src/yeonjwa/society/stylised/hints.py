"""Hints of section 6: who bluffs, who pays, and does the market for hints come to rest?

A *market* is one patron facing one demand after another. The one-shot equilibrium is held against fictitious play; the
rule by which the population of a run learns (logit replies to fading shares) against its own fixed point, whose period
and damping have closed forms.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from yeonjwa.society import hints, losses, support
from yeonjwa.society.codes import OFFICIAL, PROVINCES
from yeonjwa.society.settings import Month
from yeonjwa.society.stylised.findings import Demonstration, Finding, Panel, Setting, agrees, beyond, curve

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Market:
    """Demands of one price.

    Attributes
    ----------
    prior : float
        Genuine share ``pi`` among those who could hint.
    stops : float
        Chance ``eps`` that a payment ends a plan.
    loss : float
        ``p * L``, baskets.
    price : float
        ``T``, baskets.
    denounced, damage : float
        Chance ``delta`` that a demand is denounced, and what that costs ``D``.
    noise : float
        Noise of the logit replies, as a share of the price.
    always : bool
        Denounced whether paid or refused.
    genuine : float
        Share ``g`` of planners who hint at all.
    """

    prior: float = 0.05
    stops: float = 0.6
    loss: float = 80.0
    price: float = 3.0
    denounced: float = 0.05
    damage: float = 40.0
    noise: float = 0.1
    always: bool = False
    genuine: float = 1.0

    @property
    def hinting(self) -> float:
        """``q*``; planners who do not hint count for nothing, which multiplies it by their share."""
        sure = self.prior * self.genuine
        prior = sure / (sure + 1.0 - self.prior)
        return hints.share_hinting(prior, self.stops, self.loss, self.price)

    @property
    def paid(self) -> float:
        """``r*``."""
        return hints.share_paid(self.denounced, self.damage, self.price, self.always)

    def posterior(self, hinting: float) -> float:
        """Chance that a demand is genuine if a share ``hinting`` of opportunists makes one."""
        sure = self.prior * self.genuine
        return sure / (sure + (1.0 - self.prior) * hinting)

    def reply_hint(self, paid: float) -> float:
        """Logit chance that an opportunist hints, by the function of the model."""
        price = np.array([self.price])
        reply = hints.chance_of_hint(paid, price, self.denounced, self.damage, self.noise, self.always)
        return float(reply[0])

    def reply_pay(self, genuine: float) -> float:
        """Logit chance that a patron pays, by the function of the model."""
        return float(
            hints.chance_of_payment(
                np.array([genuine]), self.stops, self.loss, np.array([self.price]), self.noise
            )[0]
        )

    def rest(self) -> tuple[float, float]:
        """Logit fixed point (hinting, paid), by the function of the model; for ``genuine`` = 1."""
        return hints.logit_fixed_point(
            self.prior,
            self.stops,
            self.loss,
            self.price,
            self.denounced,
            self.damage,
            self.noise,
            self.always,
        )


def fictitious_play(market: Market, rounds: int = 40_000) -> tuple[float, float]:
    """Shares (hinting, paid) after two players have answered, round by round, all that the other has done so far."""
    hinted = paid = 0.5
    risk = market.denounced * market.damage
    for n in range(1, rounds + 1):
        pays = market.posterior(hinted) * market.stops * market.loss > market.price
        gain = paid * market.price - (risk if market.always else (1.0 - paid) * risk)
        paid += (pays - paid) / (n + 1)
        hinted += ((gain > 0) - hinted) / (n + 1)
    return hinted, paid


@dataclass(frozen=True)
class Path:
    """Month by month: share of opportunists who hint, what is believed of payments and of demands."""

    hinting: Float
    paid: Float
    genuine: Float


def learn(
    market: Market,
    *,
    gain: float,
    months: int,
    demands: int | None = None,
    start: tuple[float, float] | None = None,
    rng: np.random.Generator | None = None,
) -> Path:
    """The rule by which a run learns: shares fade towards what the month has shown, with weight ``gain``.

    ``demands`` is the number of demands a month from which the shares are seen; None for so many that chance plays no
    part. ``start`` gives the shares (paid, genuine) believed at first; the fixed point by default.
    """
    if start is None:
        hint, rest = market.rest()
        start = (rest, market.posterior(hint))
    paid, genuine = start
    rows = np.empty((months, 3))
    for month in range(months):
        hinting = market.reply_hint(paid)
        seen_paid, seen_genuine = market.reply_pay(genuine), market.posterior(hinting)
        if demands is not None:
            generator = rng or np.random.default_rng(0)
            seen_paid = generator.binomial(demands, seen_paid) / demands
            seen_genuine = generator.binomial(demands, seen_genuine) / demands
        rows[month] = hinting, paid, genuine
        paid += gain * (seen_paid - paid)
        genuine += gain * (seen_genuine - genuine)
    return Path(*rows.T)


def turn(market: Market, gain: float) -> tuple[float, float]:
    """Period in months of the swing around the fixed point, and the share of it that is left after a month.

    With ``a`` the slope of payment in the believed genuine share and ``-b`` that of the genuine share in believed payment,
    learning is a rotation with eigenvalues ``1 - gain +- i*gain*sqrt(a*b)``: it comes to rest if ``a*b < (2 - gain)/gain``.
    """
    hint, paid = market.rest()
    risk = market.denounced * market.damage
    unit = market.noise * market.price
    a = paid * (1.0 - paid) * market.stops * market.loss / unit
    slope = hint * (1.0 - hint) * (market.price + (0.0 if market.always else risk)) / unit
    posterior = market.posterior(hint)
    b = slope * posterior * (1.0 - posterior) / hint
    root = complex(1.0 - gain, gain * math.sqrt(a * b))
    return 2.0 * math.pi / cmath.phase(root), abs(root)


def measured_turn(market: Market, gain: float, months: int = 20_000) -> tuple[float, float]:
    """The same from a path that starts a little off the fixed point: its turning points and how they shrink."""
    hint, rest = market.rest()
    path = learn(market, gain=gain, months=months, start=(rest + 1e-3, market.posterior(hint)))
    off = path.paid - rest
    peaks = np.flatnonzero((off[1:-1] > off[:-2]) & (off[1:-1] >= off[2:]) & (off[1:-1] > 1e-9)) + 1
    peaks = peaks[:8]
    if peaks.size < 2:
        return math.nan, math.nan
    between = float(peaks[-1] - peaks[0])
    return between / (peaks.size - 1), float((off[peaks[-1]] / off[peaks[0]]) ** (1.0 / between))


def main_period(series: Float) -> float:
    """Period at which a series swings most: the first peak of its autocorrelation (months)."""
    x = series - series.mean()
    n = x.size
    power = np.abs(np.fft.rfft(x, 2 * n)) ** 2
    correlation = np.fft.irfft(power)[: n // 4] / np.arange(n, n - n // 4, -1)
    below = np.flatnonzero(correlation < 0)
    if below.size == 0:
        return math.nan
    first = int(below[0])
    after = np.flatnonzero(correlation[first:] > 0)
    if after.size == 0:
        return math.nan
    start = first + int(after[0])
    return float(start + np.argmax(correlation[start : start + 2 * first]))


def swing(series: Float) -> float:
    """Distance between the lowest and the highest value in the second half of a series."""
    return float(np.ptp(series[series.size // 2 :]))


# --- what a hint does to support -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stake:
    """An official and a relative in one province: what counts in h*.

    ``base`` hazard a month of the relative's household at no hardship (a woman and a man in their thirties), ``value`` the
    ``V`` of the official in baskets, ``heads`` persons of the household.
    """

    base: float
    value: float
    heads: float


def official_and_relative(month: Month, province: str, degree: int, heads: float = 4.0) -> Stake:
    """The stake at the parameters of a month: the career reach alone, believed at the reference chance."""
    level = (
        month.number("flight.a0")
        + month.vector("flight.a_province", "province")[PROVINCES.index(province)]
        + month.vector("flight.a_age", "age_group")[2]
    )
    base = float(np.exp(level + month.vector("flight.a_sex", "sex")).sum())
    chance = (
        losses.chance_confirmed(month) * month.vector("sanction.career_probability", "degree")[degree - 1]
    )
    career, _ = losses.loss_a_head(month)
    return Stake(base, float(career[OFFICIAL] * heads * chance ** month.number("support.gamma")), heads)


def begins_to_pay(month: Month, stake: Stake, *, hardship: float, hinted: bool) -> float:
    """``h*`` of the official: silent, or when the relative has hinted and he means to pay."""
    alpha, gamma = month.number("support.alpha"), month.number("support.gamma")
    base = stake.base
    if hinted:
        mu = month.number("hint.prior_genuine")
        base = (1.0 - mu) * base + mu * month.number("flight.plan_to_attempt") * math.exp(-alpha * hardship)
    stream = support.stream_factor(month.number("support.discount"), month.number("flight.hardship_memory"))
    weight = month.number("support.kappa_w") * stream
    return float(support.hardship_target(stake.heads, alpha, gamma, weight, stake.value, base))


def carried_by_hints(month: Month, province: str, degree: int, hardship: Float) -> tuple[Float, Float]:
    """Transfers a head at each hardship: silent ones, and those after a hint that the patron means to meet."""
    stake = official_and_relative(month, province, degree)
    silent = [
        support.optimal_transfer(h, begins_to_pay(month, stake, hardship=h, hinted=False)) for h in hardship
    ]
    told = [
        support.optimal_transfer(h, begins_to_pay(month, stake, hardship=h, hinted=True)) for h in hardship
    ]
    return np.array(silent), np.array(told)


# --- what is shown -------------------------------------------------------------------------------------------------------


def demonstrate(setting: Setting) -> Demonstration:
    """All theorems on hints."""
    findings, panels = _equilibrium()
    more, cycles = _cycles(setting)
    last, carried = _carried(setting)
    return Demonstration("hints", "Hints and bluffs", (*findings, *more, *last), (*panels, *cycles, *carried))


Part = tuple[list[Finding], list[Panel]]


def _equilibrium() -> Part:
    return [*_one_shot(), *_at_rest(), *_off_the_interior()], _who_bluffs(Market())


def _one_shot() -> list[Finding]:
    """``q*`` and ``r*`` against fictitious play, in several markets."""
    base = Market()
    findings = []
    variants = {
        "denounced if refused": base,
        "denounced if refused, another market": Market(0.10, 0.6, 30.0, 2.0, 0.05, 20.0),
        "denounced always": replace(base, always=True),
        "denounced always, another market": Market(0.02, 0.5, 120.0, 1.5, 0.05, 10.0, always=True),
        "only half of planners hint": replace(base, genuine=0.5),
    }
    for words, market in variants.items():
        hinted, paid = fictitious_play(market)
        findings.append(
            agrees("opportunists who hint, q*", f"fictitious play, {words}", market.hinting, hinted, 0.012)
        )
        findings.append(agrees("demands paid, r*", f"fictitious play, {words}", market.paid, paid, 0.012))
    return findings


def _at_rest() -> list[Finding]:
    """The population's rule against the logit fixed point."""
    base = Market()
    findings = []
    for words, market in (("denounced if refused", base), ("denounced always", replace(base, always=True))):
        path = learn(market, gain=0.01, months=6000, start=(0.3, 0.3))
        rule = f"the population's rule against the logit fixed point, {words}"
        hint, paid = market.rest()
        findings.append(agrees("opportunists who hint", rule, hint, path.hinting[-1], 2e-3))
        findings.append(agrees("demands paid", rule, paid, path.paid[-1], 2e-3))
    return findings


def _off_the_interior() -> list[Finding]:
    """What loss and damage move inside the conditions, and what happens outside of them."""
    base = Market()
    low = replace(base, loss=60.0)
    dear, cheap, hurt = replace(base, loss=130.0), replace(base, loss=4.0), replace(base, damage=80.0)
    paid, third = "demands paid, r*", "0 < q* < 1, fictitious play"
    wanted = replace(low, loss=80.0).hinting - low.hinting
    noisy = f"logit replies with noise {base.noise:g} of the price"
    return [
        agrees(
            "change of q* from a third more loss, over theory's", third, 1.0, _change(low, 0) / wanted, 0.05
        ),
        agrees("change of r* from a third more loss", third, 0.0, _change(low, 1), 0.015),
        agrees(paid, "twice the damage of being denounced", hurt.paid, fictitious_play(hurt)[1], 0.012),
        beyond(paid, "q* clipped to 1: the patron always pays", dear.paid, fictitious_play(dear)[1]),
        beyond(paid, "eps*p*L below the price: he never pays", cheap.paid, fictitious_play(cheap)[1]),
        beyond("opportunists who hint, q*", f"{noisy}, not best replies", base.hinting, base.rest()[0]),
        beyond(paid, noisy, base.paid, base.rest()[1]),
    ]


def _who_bluffs(base: Market) -> list[Panel]:
    """Both shares against the believed loss: by theory, in fictitious play and at the logit fixed point."""
    loss = np.array([4.0, 20.0, 40.0, 60.0, 80.0, 95.0, 110.0, 130.0])
    play = np.array([fictitious_play(replace(base, loss=x)) for x in loss])
    rest = np.array([replace(base, loss=x).rest() for x in loss])
    fine = np.linspace(4.0, 130.0, 64)
    theory = np.array([replace(base, loss=x).hinting for x in fine])
    # Where q* is clipped the patron always pays; where a payment is worth less than its price he never does.
    inner = np.array(
        [
            0.0 if base.stops * x < base.price else 1.0 if q >= 1.0 else base.paid
            for x, q in zip(fine, theory, strict=True)
        ]
    )
    return [
        Panel("Who bluffs", "believed loss p·L (baskets)", "share of opportunists who hint", (
            curve("q*", "theory", fine, theory),
            curve("fictitious play", "model", loss, play[:, 0]),
            curve("logit fixed point", "model", loss, rest[:, 0]),
        )),
        Panel("Who is paid", "believed loss p·L (baskets)", "share of demands paid", (
            curve("r* where 0 < q* < 1, else 0 or 1", "theory", fine, inner),
            curve("fictitious play", "model", loss, play[:, 1]),
            curve("logit fixed point", "model", loss, rest[:, 1]),
        )),
    ]  # fmt: skip


def _change(market: Market, which: int) -> float:
    """What a third more loss changes in fictitious play: in the share who hint (0) or who pay (1)."""
    return fictitious_play(replace(market, loss=market.loss * 4 / 3))[which] - fictitious_play(market)[which]


def _cycles(setting: Setting) -> Part:
    base = replace(Market(), noise=setting.month.number("hint.noise"))
    gain = setting.month.number("hint.learning")
    sharp = replace(base, noise=2e-3)
    gains = np.geomspace(0.003, 0.3, 9)
    hard, soft = ([_lasting(market, g) for g in gains] for market in (sharp, base))
    swing_now = float(np.interp(gain, gains, hard))
    findings = [
        *_small_swings(base, gain),
        *_kept_alive(base, gain, setting),
        beyond("lasting swing of the share paid", f"nearly best replies (noise 0.002), gain {gain:g}", 0.0, swing_now),
    ]  # fmt: skip
    noisy = learn(base, gain=gain, months=480, demands=90, rng=setting.rng(12))
    best = learn(sharp, gain=gain, months=480, demands=90, start=(0.5, 0.3), rng=setting.rng(13))
    _, paid = base.rest()
    months = np.arange(480) / 12
    panels = [
        Panel("Repeated demands", "years", "share of demands believed to be paid", (
            curve("logit fixed point", "theory", [0, 40], [paid, paid]),
            curve("90 demands a month, logit replies", "model", months[::6], noisy.paid[::6]),
            curve("the same, nearly best replies", "model", months[::6], best.paid[::6]),
        )),
        Panel("Does it come to rest?", "weight of the newest month", "lasting swing of the share paid", (
            curve("at rest", "theory", gains, 0 * gains),
            curve("logit replies", "model", gains, soft),
            curve("nearly best replies", "model", gains, hard),
        ), log_x=True),
    ]  # fmt: skip
    return findings, panels


def _lasting(market: Market, gain: float) -> float:
    """The swing that is left when no chance plays a part, over as many months as the gain needs."""
    return swing(learn(market, gain=gain, months=round(30 / gain), start=(0.5, 0.3)).paid)


def _small_swings(base: Market, gain: float) -> list[Finding]:
    """Period and damping of a small swing against their closed forms, at the model's gain and at three times it."""
    period, left = turn(base, gain)
    found, shrink = measured_turn(base, gain)
    faster, faster_left = turn(base, 3 * gain)
    found_faster, shrink_faster = measured_turn(base, 3 * gain)
    length, rest = "period of the swing (months)", "swing left after a month (share)"
    slow, fast = f"small swing, gain {gain:g}, no chance", f"small swing, gain {3 * gain:g}"
    return [
        agrees(length, slow, period, found, 0.03 * period),
        agrees(rest, slow, left, shrink, 5e-4),
        agrees(length, fast, faster, found_faster, 0.04 * faster),
        agrees(rest, fast, faster_left, shrink_faster, 2e-3),
    ]


def _kept_alive(base: Market, gain: float, setting: Setting) -> list[Finding]:
    """What chance does when demands are repeated: its period, its mean, how far the shares wander."""
    long = learn(base, gain=gain, months=30_000, demands=90, rng=setting.rng(11))
    period, _ = turn(base, gain)
    _, paid = base.rest()
    months = "repeated demands, 90 a month"
    wander = {
        name: float(np.ptp(np.quantile(x, [0.05, 0.95])))
        for name, x in (("paid", long.paid), ("hint", long.hinting))
    }
    return [
        agrees("period that chance keeps alive (months)", f"90 demands a month, gain {gain:g}", period,
               main_period(long.paid), 0.25 * period),
        beyond("mean share paid, against the logit fixed point", months, paid, float(long.paid.mean())),
        beyond("share paid, 5th to 95th percentile of months", months, 0.0, wander["paid"]),
        beyond("share of opportunists who hint, 5th to 95th percentile", months, 0.0, wander["hint"]),
    ]  # fmt: skip


def _carried(setting: Setting) -> Part:
    month = setting.month
    alpha = month.number("support.alpha")
    hardship = np.linspace(0.02, 1.0, 50)
    findings = []
    for province in ("n_hamgyong", "s_hamgyong", "n_pyongan"):
        stake = official_and_relative(month, province, 4)
        mu, start = month.number("hint.prior_genuine"), month.number("flight.plan_to_attempt")
        ratio = mu * start / (stake.base * math.exp(alpha * 0.5))
        silent = begins_to_pay(month, stake, hardship=0.5, hinted=False)
        told = begins_to_pay(month, stake, hardship=0.5, hinted=True)
        findings.append(
            agrees(
                "fall of h* by a hint (baskets)",
                f"{province}, hardship 0.5: ln(1 - mu + ratio)/alpha",
                math.log(1.0 - mu + ratio) / alpha,
                silent - told,
                1e-9,
            )
        )
        findings.append(
            beyond(
                "hazard after a hint, as a multiple of the silent one",
                f"{province}, hardship 0.5",
                1.0,
                1.0 - mu + ratio,
            )
        )
        silent_paid, told_paid = carried_by_hints(month, province, 4, hardship)
        findings.append(
            beyond(
                "mean transfer to a first cousin by an official, silent (baskets a head)",
                f"{province}, hardship evenly from 0 to 1",
                0.0,
                float(silent_paid.mean()),
            )
        )
        findings.append(
            beyond(
                "the same after a hint he means to meet",
                f"{province}, hardship evenly from 0 to 1",
                0.0,
                float(told_paid.mean()),
            )
        )
    shown = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    curves = [curve("full relief", "theory", [0, 1], [0, 1])]
    for province, words in (("n_hamgyong", "North Hamgyong"), ("n_pyongan", "North Pyongan")):
        silent_paid, told_paid = carried_by_hints(month, province, 4, shown)
        curves.append(curve(f"{words}, silent", "model", shown, silent_paid))
        curves.append(curve(f"{words}, after a hint", "model", shown, told_paid))
    panel = Panel(
        "What a hint does to support",
        "hardship (baskets)",
        "transfer a head to a first cousin (baskets)",
        tuple(curves),
    )
    return findings, [panel]
