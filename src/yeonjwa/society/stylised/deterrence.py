"""Deterrence and backfire of sections 7 and 8: what banishment does by place, when flights rise with severity, and whether
one flight sets off the next without end.

Hazards are those of the flight step, in a synthetic country; deterrence and the chance to be found out are the functions of
the run. The village in which severity is turned up is small enough to have a closed form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from yeonjwa.society import enforcement, flight, losses, schedule
from yeonjwa.society.codes import HOME, PROVINCES
from yeonjwa.society.settings import Month
from yeonjwa.society.stylised.findings import Demonstration, Finding, Panel, Setting, agrees, beyond, curve
from yeonjwa.society.world import World

Float = NDArray[np.float64]
Int = NDArray[np.int64]


def becomes_attempt(month: Month) -> float:
    """Chance that a plan becomes an attempt before it lapses: each month it goes with one chance, then lapses with another."""
    go, lapse = month.number("flight.plan_to_attempt"), month.number("flight.plan_lapse")
    return go / (1.0 - (1.0 - go) * (1.0 - lapse))


def leaving(world: World, houses: Int) -> Float:
    """Attempts a year that households make in expectation: plans by the hazard of the flight step that become attempts."""
    state = world.state.houses
    alpha = world.month.number("support.alpha")
    hazard = state.base[houses] * np.exp(alpha * state.smoothed[houses])
    return np.asarray(12.0 * (1.0 - np.exp(-hazard)) * becomes_attempt(world.month), float)


@dataclass(frozen=True)
class FollowOn:
    """Attempts a year of households of one province before and after they are banished, by where they were sent."""

    before: Float
    after: Float
    interior: NDArray[np.bool_]


def banish_some(world: World, province: int, count: int, rng: np.random.Generator) -> tuple[Int, FollowOn]:
    """Banish households of a province by the function of the enforcement step; income and hardship follow by the economy's."""
    people, houses = world.state.people, world.state.houses
    flight.refresh(world)
    homes = np.unique(people.house[(people.where == HOME) & (people.province == province)])
    homes = rng.permutation(homes[homes >= 0])[:count].astype(np.int64)
    before = leaving(world, homes)
    enforcement.banish(world, houses.head[homes])
    schedule.step_hardship(world)
    houses.smoothed[homes] = houses.hardship[homes]
    flight.refresh(world)
    return homes, FollowOn(before, leaving(world, homes), houses.banished[homes] == 1)


def plans_begun(world: World, homes: Int, months: int) -> Int:
    """How often each household begins a plan in so many months, drawn by the flight step; plans are put away at once."""
    counts = np.zeros(homes.size, np.int64)
    kept, state = world.month, world.state.houses
    for month in range(months):
        world.month = replace(kept, t=kept.t + month)
        state.plan[: world.state.num_houses] = 0
        flight.step_plans(world)
        counts += state.plan[homes] > 0
    state.plan[: world.state.num_houses] = 0
    world.month = kept
    return counts


# --- severity ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A place in which severity is the chance that a flight found out sends the kin's households away.

    Attributes
    ----------
    hazard : float
        Flights a household and month at severity 0.
    deterrence : float
        Fall of the log hazard from severity 0 to 1: ``kappa`` times the loss.
    found : float
        Chance that a flight is confirmed.
    kin : int
        Households of kin within the circle of banishment.
    exit : float
        Share of the banished who are sent where there is still a way out.
    again : float
        Chance that such a household leaves within the horizon.
    """

    hazard: float
    deterrence: float
    found: float
    kin: int
    exit: float
    again: float

    @property
    def reproduction(self) -> float:
        """Follow-on flights of one flight at severity 1."""
        return self.found * self.kin * self.exit * self.again

    def flights(self, severity: Float) -> Float:
        """Flights at a severity, as a multiple of those at 0: ``exp(-deterrence*s) / (1 - reproduction*s)``."""
        return np.asarray(np.exp(-self.deterrence * severity) / (1.0 - self.reproduction * severity))

    def turning(self) -> float:
        """Severity above which flights rise: ``1/reproduction - 1/deterrence``, below 0 if they rise from the start."""
        return 1.0 / self.reproduction - 1.0 / self.deterrence


def close_kin(world: World) -> float:
    """Mean, over households, of the sum of relatedness to close kin outside: what a loss of kin is weighed with."""
    alive = world.state.houses.size[: world.state.num_houses] > 0
    return float(flight.close_kin_outside(world)[: alive.size][alive].mean())


def play_place(
    place: Place, severity: float, *, families: int, members: int, months: int, rng: np.random.Generator
) -> float:
    """Flights by households in so many months: families of ``members`` households, of which ``kin`` answer for a flight.

    A household is banished once and leaves once; follow-on comes within the month, as the horizon is what counts.
    """
    chance = 1.0 - (1.0 - place.hazard * math.exp(-place.deterrence * severity)) ** months
    gone = rng.random((families, members)) < chance
    sent = np.zeros_like(gone)
    todo = [(int(f), int(h)) for f, h in np.argwhere(gone)]
    while todo:
        family, _ = todo.pop()
        if rng.random() >= place.found * severity:
            continue
        others = np.flatnonzero(~gone[family] & ~sent[family])
        for other in rng.permutation(others)[: place.kin]:
            sent[family, other] = True
            if rng.random() < place.exit * place.again:
                gone[family, other] = True
                todo.append((family, int(other)))
    return float(gone.sum())


def place_of(
    month: Month, province: str, *, kin: int, related: float, again: float, interior: float | None = None
) -> Place:
    """A place at the parameters of a month: its hazard (a woman and a man in their thirties), deterrence and detection.

    ``related`` is the sum of relatedness to close kin outside the household that the deterrence weighs; ``again`` the chance
    that a banished household with a way out leaves within the horizon.
    """
    level = (
        month.number("flight.a0")
        + month.vector("flight.a_province", "province")[PROVINCES.index(province)]
        + month.vector("flight.a_age", "age_group")[2]
    )
    hazard = float(np.exp(level + month.vector("flight.a_sex", "sex")).sum())
    found = losses.chance_confirmed(month)
    parameters = month.parameters
    loss = [
        flight.ordinary_loss(Month(parameters.with_value("sanction.banish_flight", 0, s), month.t))
        for s in (0.0, 1.0)
    ]
    scale = month.number("flight.kappa") / month.number("flight.loss_reference")
    stay = 1.0 - (month.number("flight.banished_interior") if interior is None else interior)
    return Place(hazard, scale * found * (loss[1] - loss[0]) * related, found, kin, stay, again)


# --- chain flight --------------------------------------------------------------------------------------------------------


def chain(world: World, leavers: NDArray[np.integer], months: int) -> Float:
    """Flights that each of some leavers would set off among close kin within so many months, by the hazards of the flight step.

    A leaver adds one to the kin abroad of those within the degree of the network; all other things stay.
    """
    houses = world.state.houses
    alpha = world.month.number("support.alpha")
    out = np.zeros(leavers.size)
    flight.refresh(world)
    before = houses.base.astype(float).copy()
    factor = np.exp(alpha * houses.smoothed.astype(float)) * becomes_attempt(world.month) * months
    for i, p in enumerate(leavers):
        one = np.array([p], np.int32)
        flight.shift_network(world, one, 1)
        out[i] = ((houses.base - before) * factor).sum()
        flight.shift_network(world, one, -1)
    return out


def with_network(world: World, a_net: float) -> None:
    """Let kin abroad weigh ``a_net`` in the country."""
    world.month = Month(world.parameters.with_value("flight.a_net", 0, a_net), world.month.t)


def critical(first: float, abroad: int = 0) -> float:
    """The weight of kin abroad at which one flight sets off one: ``first`` is reproduction at weight 1 among kin of nobody.

    Reproduction is ``first * ((k + 2)**a - (k + 1)**a)`` for kin with ``k`` abroad already.
    """
    low, high = 0.0, 20.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if first * _step(middle, abroad) < 1.0 else (low, middle)
    return low


def _step(a: float, abroad: int) -> float:
    return float((abroad + 2.0) ** a - (abroad + 1.0) ** a)


# --- what is shown -------------------------------------------------------------------------------------------------------


def demonstrate(setting: Setting) -> Demonstration:
    """Follow-on by place, severity, chain flight."""
    parts = [_follow_on(setting), _severity(setting), _chain(setting)]
    return Demonstration(
        "deterrence",
        "Deterrence, backfire, chain flight",
        tuple(f for findings, _ in parts for f in findings),
        tuple(p for _, panels in parts for p in panels),
    )


Part = tuple[list[Finding], list[Panel]]


def _follow_on(setting: Setting, count: int = 1500) -> Part:
    findings: list[Finding] = []
    backfires = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 2.5])
    shipped = setting.month.number("flight.backfire")
    rates: dict[str, list[float]] = {"same county": [], "interior village": []}
    for backfire in backfires:
        world = setting.country(setting.parameters.with_value("flight.backfire", 0, float(backfire)))
        homes, found = banish_some(world, PROVINCES.index("n_hamgyong"), count, setting.rng(51))
        rates["same county"].append(float(found.after[~found.interior].mean()))
        rates["interior village"].append(float(found.after[found.interior].mean()))
        if backfire == backfires[0]:
            before = float(found.before.mean())
    start = setting.month.number("flight.a0") + 3.0
    world = setting.country(setting.parameters.with_value("flight.a0", 0, start))
    homes, found = banish_some(world, PROVINCES.index("n_hamgyong"), count, setting.rng(51))
    for name, inside in (("interior village", found.interior), ("same county", ~found.interior)):
        begun = plans_begun(world, homes[inside], 60).sum() * becomes_attempt(world.month)
        expected = 5.0 * found.after[inside].sum()
        slack = 5.0 / math.sqrt(expected / becomes_attempt(world.month))
        findings.append(
            agrees(
                "follow-on flights drawn in five years, over the sum of hazards",
                f"sent to: {name}; hazard raised by exp(3) so that it can be counted",
                1.0,
                begun / expected,
                slack,
            )
        )
    county = np.array(rates["same county"])
    ratio = county / county[0]
    findings += [
        agrees(
            "follow-on in the same county against no backfire, over exp(backfire), worst",
            "backfire 0 to 2.5",
            1.0,
            float((ratio / np.exp(backfires))[np.abs(ratio / np.exp(backfires) - 1).argmax()]),
            0.02,
        ),
        beyond(
            "attempts a household and year, banished within the county against not banished",
            f"North Hamgyong, backfire {shipped:g}",
            before,
            float(np.interp(shipped, backfires, county)),
        ),
        beyond(
            "attempts a household and year, banished to an interior village against not banished",
            "North Hamgyong",
            before,
            float(np.mean(rates["interior village"])),
        ),
    ]
    panel = Panel("Follow-on of the banished", "backfire (log hazard)", "attempts a household and year, North Hamgyong", (
        curve("same county: exp(backfire)", "theory", backfires, county[0] * np.exp(backfires)),
        curve("banished within the county", "model", backfires, county),
        curve("banished to the interior", "model", backfires, rates["interior village"]),
        curve("not banished", "theory", backfires, np.full(backfires.size, before)),
    ))  # fmt: skip
    return findings, [panel]


def _severity(setting: Setting) -> Part:
    month = setting.month
    levels, fine = np.linspace(0.0, 1.0, 9), np.linspace(0.0, 1.0, 41)
    feared = Month(month.parameters.with_value("flight.kappa", 0, 3.0), month.t)
    related = close_kin(setting.country())
    stay = {"most to the interior": (month, 0.05, None), "all within the county": (month, 0.6, 0.0)}
    stay["the same, kin weigh three times"] = (feared, 0.6, 0.0)
    places = {
        name: place_of(when, "n_hamgyong", kin=2, related=related, again=again, interior=interior)
        for name, (when, again, interior) in stay.items()
    }
    findings: list[Finding] = []
    curves = []
    families, members = 60_000, 30
    for number, (name, place) in enumerate(places.items()):
        few = replace(place, hazard=1e-3)
        found = [
            play_place(
                few, float(s), families=families, members=members, months=1, rng=setting.rng(52, number, i)
            )
            for i, s in enumerate(levels)
        ]
        base = families * members * few.hazard
        ratio, theory = np.array(found) / base, place.flights(levels)
        worst = int(np.abs(ratio / theory - 1.0).argmax())
        where = f"banished: {name}; deterrence {place.deterrence:.2f}, reproduction {place.reproduction:.2f}"
        findings.append(
            agrees(
                "flights over the closed form, farthest of 9 severities",
                where,
                1.0,
                ratio[worst] / theory[worst],
                0.2,
            )
        )
        lowest = float(np.clip(place.turning(), 0.0, 1.0))
        smooth = np.poly1d(np.polyfit(levels, ratio, 3))(fine)
        findings.append(
            agrees("severity at which flights are fewest", where, lowest, float(fine[smooth.argmin()]), 0.3)
        )
        curves.append(curve(f"{name}, closed form", "theory", fine, place.flights(fine)))
        curves.append(curve(name, "model", levels, ratio))
    near = places["all within the county"]
    small = replace(near, hazard=5e-3)
    crowded = play_place(small, 1.0, families=4000, members=4, months=36, rng=setting.rng(53))
    base = 4000 * 4 * (1.0 - (1.0 - small.hazard) ** 36)
    needed = near.deterrence / (1.0 + near.deterrence)
    findings += [
        beyond(
            "flights at severity 1, as a multiple of those at 0",
            "families of 4 households, many flights: kin run out",
            float(near.flights(np.ones(1))[0]),
            crowded / base,
        ),
        beyond(
            "follow-on flights of one flight, against what makes flights rise before severity 1",
            "shipped values, most to the interior",
            needed,
            places["most to the interior"].reproduction,
        ),
    ]
    panel = Panel(
        "Flights against severity",
        "chance that kin are banished",
        "flights, as a multiple of none banished",
        tuple(curves),
    )
    return findings, [panel]


def _chain(setting: Setting, count: int = 120, months: int = 120) -> Part:
    world = setting.country()
    age = world.ages(np.arange(world.tree.birth.size))
    people = world.state.people
    weights = np.array([0.0, 0.6, 1.2, 1.8, 2.4, 3.0, 3.6])
    shipped = setting.month.number("flight.a_net")
    cap = int(setting.month.number("flight.net_cap"))
    findings: list[Finding] = []
    curves = []
    for number, (name, words) in enumerate(
        (("n_hamgyong", "North Hamgyong"), ("s_hamgyong", "South Hamgyong"))
    ):
        fit = (people.where == HOME) & (people.province == PROVINCES.index(name)) & (age >= 20) & (age < 50)
        leavers = setting.rng(54, number).permutation(np.flatnonzero(fit))[:count]
        found = []
        for a in weights:
            with_network(world, float(a))
            found.append(float(chain(world, leavers, months).mean()))
        with_network(world, 1.0)
        first = float(chain(world, leavers, months).mean())
        theory = first * (2.0**weights - 1.0)
        off = np.abs(np.array(found) - theory)
        findings.append(
            agrees(
                "flights set off by one, against first*(2**a - 1), worst",
                f"{words}, weights 0 to 3.6, ten years",
                0.0,
                float(off.max()),
                0.01 + 0.01 * float(theory.max()),
            )
        )
        now = first * _step(shipped, 0)
        findings.append(
            agrees(
                "flights set off by one: below 1",
                f"{words}, shipped weight {shipped:g}",
                1.0,
                float(now < 1.0),
                0.0,
            )
        )
        findings.append(
            beyond(
                "flights set off by one, among kin of nobody abroad",
                f"{words}, shipped weight {shipped:g}",
                1.0,
                now,
            )
        )
        findings.append(
            beyond(
                "the same, among kin of as many as still count",
                f"{words}, {cap - 1} abroad already",
                1.0,
                first * _step(shipped, cap - 1),
            )
        )
        findings.append(
            beyond(
                "weight at which one flight sets off one",
                f"{words}, against the shipped one",
                shipped,
                critical(first),
            )
        )
        findings.append(
            beyond(
                "the same, among kin of as many as still count",
                f"{words}, {cap - 1} abroad already",
                shipped,
                critical(first, cap - 1),
            )
        )
        curves.append(curve(f"{words}, closed form", "theory", weights, theory))
        curves.append(curve(words, "model", weights, found))
    curves.append(curve("one sets off one", "theory", weights, np.ones(weights.size)))
    return findings, [
        Panel("Chain flight", "weight of kin abroad", "flights set off by one in ten years", tuple(curves))
    ]
