"""Step 4, second half, applied: who hints or threatens this month, and what the patron makes of it.

The demand goes to the nearest patron. A planner hints with a given chance; a poor relative without a plan has an
opportunity with a given chance and takes it by the logit reply of :mod:`yeonjwa.society.hints`.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.parallel import over_rows
from yeonjwa.society import hints
from yeonjwa.society.codes import ABROAD, HOME, POSTS, SIGNAL_KINDS
from yeonjwa.society.losses import Stakes, monthly_budget, value_of_ties
from yeonjwa.society.purse import lay_out
from yeonjwa.society.ties import Ties
from yeonjwa.society.world import Signals, World


def usable_patrons(world: World, ties: Ties) -> NDArray[np.bool_]:
    """Patrons who still hold a post and are at home or abroad."""
    people = world.state.people
    where = people.where[ties.patrons]
    free = (where == HOME) | (where == ABROAD)
    return np.asarray((people.post[ties.patrons] > 0) & free & (people.house[ties.patrons] >= 0))


@numba.njit(cache=True, nogil=True)
def _in_reach(
    first: int,
    last: int,
    tie: np.ndarray,
    patron: np.ndarray,
    usable: np.ndarray,
    size: np.ndarray,
    hardship: np.ndarray,
) -> np.ndarray:
    """Poor households first to last - 1 whose nearest patron can be asked."""
    out = np.empty(last - first, np.int32)
    n = 0
    for h in range(first, last):
        if tie[h] >= 0 and hardship[h] > 0 and size[h] > 0 and usable[patron[tie[h]]]:
            out[n] = h
            n += 1
    return out[:n].copy()


def step_signals(world: World, ties: Ties, stakes: Stakes) -> None:
    """Demands of the month, with the patron's decision; sets ``world.signals`` and counts them."""
    month, houses = world.month, world.state.houses
    # Households founded since January have no tie yet; none of them stands in the table of nearest ties.
    known = min(world.state.num_houses, ties.nearest.size)
    tie = ties.nearest[:known]
    usable = usable_patrons(world, ties)
    house = np.concatenate(
        over_rows(_in_reach, known, tie, ties.patron, usable, houses.size, houses.hardship)
        or [np.empty(0, np.int32)]
    )
    planning = houses.plan[house] > 0
    key = houses.key[house]
    plain = _price(world, house)
    dear = plain * month.number("hint.threat_price")
    hint = world.draw("hint.speak", key) < _chance_to_hint(world, planning, plain)
    threat = world.draw("threat.speak", key) < _chance_to_threaten(world, planning, dear)
    # Who threatens does not hint as well: the louder word is the one that is heard.
    speaks, price = hint | threat, np.where(threat, dear, plain)
    _learn_prior(world, planning)
    house, threat, price = house[speaks], threat[speaks], price[speaks]
    signals = Signals(
        tie=tie[house],
        house=house,
        genuine=planning[speaks],
        threat=threat,
        price=price,
        belief=_belief_of_plan(world, threat),
        pays=np.zeros(house.size, np.bool_),
    )
    signals.pays = _decide(world, ties, stakes, signals)
    world.signals = signals
    _count(world, ties, signals)


def _price(world: World, house: NDArray[np.int32]) -> NDArray[np.float64]:
    houses = world.state.houses
    shortfall = houses.hardship[house].astype(float) * houses.size[house]
    return np.asarray(world.month.number("hint.price") * shortfall)


def _chance_to_hint(
    world: World, planning: NDArray[np.bool_], price: NDArray[np.float64]
) -> NDArray[np.float64]:
    month = world.month
    reply = _reply(world, "paid", price, 1.0, 1.0)
    return np.where(planning, month.number("hint.genuine"), month.number("hint.opportunity") * reply)


def _chance_to_threaten(
    world: World, planning: NDArray[np.bool_], price: NDArray[np.float64]
) -> NDArray[np.float64]:
    """A threat is weighed like a hint, with its own record of success, a higher price and a higher risk."""
    month = world.month
    reply = _reply(
        world, "threat_paid", price, month.number("hint.threat_denounce"), month.number("hint.threat_damage")
    )
    return np.where(planning, month.number("threat.genuine"), month.number("threat.opportunity") * reply)


def _reply(
    world: World, share: str, price: NDArray[np.float64], riskier: float, worse: float
) -> NDArray[np.float64]:
    month = world.month
    return hints.chance_of_hint(
        world.shares[share],
        price,
        min(1.0, month.number("hint.denounce") * riskier),
        month.number("hint.damage") * worse,
        month.number("hint.noise"),
        month.text("hint.denounce_variant") == "always",
    )


def _learn_prior(world: World, planning: NDArray[np.bool_]) -> None:
    """The share of planners among those in a position to hint, as of this month (``pi`` of section 6)."""
    world.shares["planning"] = float(planning.mean()) if planning.size else 0.0


def _belief_of_plan(world: World, threat: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Chance, to the patron, that a demand is genuine: learnt from hints, and from threats apart.

    A threat counts for more to begin with (``hint.threat_evidence``); what threats were worth is learnt from then on.
    """
    shares = np.where(threat, world.shares["threat_genuine"], world.shares["genuine"])
    return np.clip(shares, 1e-6, 1 - 1e-6)


def _decide(world: World, ties: Ties, stakes: Stakes, signals: Signals) -> NDArray[np.bool_]:
    month = world.month
    if signals.tie.size == 0 or not month.switch("support.liability"):
        return np.zeros(signals.tie.size, np.bool_)
    value = month.number("support.kappa_w") * value_of_ties(world, ties, stakes, signals.tie)
    chance = hints.chance_of_payment(
        signals.belief, month.number("hint.payment_stops"), value, signals.price, month.number("hint.noise")
    )
    purse = month.number("hint.budget_months") * monthly_budget(world, ties, ties.patron[signals.tie])
    willing = world.draw("hint.pay", world.state.houses.key[signals.house]) < chance
    return willing & (signals.price <= purse)


def _count(world: World, ties: Ties, signals: Signals) -> None:
    recorder, people = world.recorder, world.state.people
    patron = ties.patrons[ties.patron[signals.tie]]
    post = people.post[patron].astype(np.int64) - 1
    head = world.state.houses.head[signals.house]
    degree = ties.degree[signals.tie].astype(np.int16)
    for measure, which in (
        ("signal.hints", ~signals.threat),
        ("signal.threats", signals.threat),
        ("signal.paid", signals.pays),
    ):
        recorder.add(measure, which.sum())
        recorder.split(measure, "post", POSTS, np.bincount(post[which], minlength=len(POSTS)))
    recorder.add("signal.bluff", (~signals.genuine).sum())
    bluff = np.bincount(signals.threat[~signals.genuine], minlength=len(SIGNAL_KINDS))
    recorder.split("signal.bluff", "kind", SIGNAL_KINDS, bluff)
    for kind, which in (("hint", ~signals.threat), ("threat", signals.threat)):
        recorder.events(world.t, kind, head[which], patron[which], degree[which], signals.price[which])


#: Months over which the damage of being denounced is spread (a year of labour terms and lost rations).
DAMAGE_MONTHS = 12


def settle_signals(world: World, signals: Signals) -> None:
    """After support: payments end plans, refused demands may be denounced, and the shares are learnt."""
    month, houses, recorder = world.month, world.state.houses, world.recorder
    key = houses.key[signals.house]
    ended = (
        signals.pays & signals.genuine & (world.draw("hint.stops", key) < month.number("hint.payment_stops"))
    )
    houses.plan[signals.house[ended]] = 0
    risk = month.number("hint.denounce") * np.where(signals.threat, month.number("hint.threat_denounce"), 1.0)
    exposed = ~signals.pays | (month.text("hint.denounce_variant") == "always")
    denounced = exposed & (world.draw("hint.denounce", key) < risk)
    struck = signals.house[denounced]
    houses.plan[struck] = 0
    worse = np.where(signals.threat[denounced], month.number("hint.threat_damage"), 1.0)
    lay_out(houses, struck, -month.number("hint.damage") * worse, DAMAGE_MONTHS)
    recorder.add("signal.denounced", denounced.sum())
    recorder.events(world.t, "denounced", houses.head[struck])
    gain = month.number("hint.learning")
    for which, prefix in ((~signals.threat, ""), (signals.threat, "threat_")):
        if which.any():
            for name, seen in (("paid", signals.pays), ("genuine", signals.genuine)):
                share = prefix + name
                world.shares[share] += gain * (float(seen[which].mean()) - world.shares[share])
