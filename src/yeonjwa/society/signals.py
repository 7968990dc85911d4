"""Step 4, second half, applied: who hints or threatens this month, and what the patron makes of it.

The demand goes to the nearest patron. A planner hints with a given chance; a poor relative without a plan has an
opportunity with a given chance and takes it by the logit reply of :mod:`yeonjwa.society.hints`.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.lanes import LANES, fill_bits
from yeonjwa.core.memory import SIXTEEN, list_marked
from yeonjwa.core.parallel import over_rows
from yeonjwa.core.randomness import as_uniform
from yeonjwa.society import hints
from yeonjwa.society.codes import POSTS, SIGNAL_KINDS
from yeonjwa.society.losses import monthly_budget, value_of_ties
from yeonjwa.society.means import AT_HOME, Means
from yeonjwa.society.purse import lay_out
from yeonjwa.society.ties import Ties
from yeonjwa.society.world import Signals, World

#: In hardship this month, and at home to speak of it.
IN_NEED = AT_HOME | 1
#: A bound is this much higher than it is in exact arithmetic.
ROUNDING = 1.0 + 1e-9


@numba.njit(cache=True, nogil=True)
def _in_need(
    n: int, patron: np.ndarray, usable: np.ndarray, needy: np.ndarray, needs: np.ndarray, chosen: np.ndarray
) -> int:
    """Write which of ``n`` households are in need and have a nearest patron who can be asked; returns how many.

    Each row is written and then kept or not, without a branch; ``needs`` is working memory.
    """
    for i in range(n):
        needs[i] = np.uint8(needy[i] & np.uint8(IN_NEED) == IN_NEED) & np.uint8(patron[i] >= 0)
    count = 0
    for j in range(list_marked(needs[:n], 0, chosen)):
        h = np.uint32(chosen[j])
        chosen[count] = h
        count += int(usable[np.uint32(patron[h])])
    return count


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _may_speak(
    first: int,
    last: int,
    month: int,
    hint_key: np.uint64,
    threat_key: np.uint64,
    hint: np.ndarray,
    threat: np.ndarray,
    patron: np.ndarray,
    usable: np.ndarray,
    needy: np.ndarray,
    plan: np.ndarray,
    key: np.ndarray,
    hardship: np.ndarray,
    size: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, int, int]:
    """Of the poor households first to last - 1 whose nearest patron can be asked: who may speak, how many all are, how many plan.

    Of those who may speak, whether they plan, key and shortfall stand beside them.

    ``hint`` and ``threat`` hold the highest chance of those without and with a plan. Draws above it are not looked at again.
    """
    out, out_plans = np.empty(last - first, np.int32), np.empty(last - first, np.bool_)
    out_key, out_shortfall = np.empty(last - first, np.int64), np.empty(last - first)
    needs, plans, says = np.empty(LANES, np.uint8), np.empty(LANES, np.uint8), np.empty(LANES, np.uint8)
    chosen, speaks = np.empty(LANES + SIXTEEN, np.int32), np.empty(LANES + SIXTEEN, np.int32)
    keys, hint_word, threat_word = (
        np.empty(LANES, np.int64),
        np.empty(LANES, np.uint64),
        np.empty(LANES, np.uint64),
    )
    most, worst = (hint[0], hint[1]), (threat[0], threat[1])
    asked, planning, n = 0, 0, 0
    for low in range(first, last, LANES):
        high = min(low + LANES, last)
        count = _in_need(high - low, patron[low:high], usable, needy[low:high], needs, chosen)
        planned, entity = plan[low:high], key[low:high]
        for j in range(count):
            keys[j] = entity[np.uint32(chosen[j])]
        for j in range(count):
            plans[j] = np.uint8(planned[np.uint32(chosen[j])] > 0)
        fill_bits(0, count, hint_key, keys, month, hint_word)
        fill_bits(0, count, threat_key, keys, month, threat_word)
        asked += count
        for j in range(count):
            planning += plans[j]
        for j in range(count):
            hints = as_uniform(hint_word[j]) < (most[1] if plans[j] > 0 else most[0])
            threatens = as_uniform(threat_word[j]) < (worst[1] if plans[j] > 0 else worst[0])
            says[j] = np.uint8(hints) | np.uint8(threatens)
        for j in range(list_marked(says[:count], 0, speaks)):
            i = np.uint32(speaks[j])
            h = np.uint32(low + chosen[i])
            out[n], out_plans[n], out_key[n] = h, plans[i] > 0, keys[i]
            out_shortfall[n] = np.float64(hardship[h]) * size[h]
            n += 1
    return out[:n].copy(), out_plans[:n].copy(), out_key[:n].copy(), out_shortfall[:n].copy(), asked, planning


def step_signals(world: World, ties: Ties, means: Means) -> None:
    """Demands of the month, with the patron's decision; sets ``world.signals`` and counts them."""
    month = world.month
    house, planning, key, shortfall = _those_who_may_speak(world, ties, means)
    plain = month.number("hint.price") * shortfall
    dear = plain * month.number("hint.threat_price")
    hint = world.draw("hint.speak", key) < _chance_to_hint(world, planning, plain)
    threat = world.draw("threat.speak", key) < _chance_to_threaten(world, planning, dear)
    # Who threatens does not hint as well: the louder word is the one that is heard.
    speaks, price = hint | threat, np.where(threat, dear, plain)
    house, threat, price = house[speaks], threat[speaks], price[speaks]
    signals = Signals(
        tie=ties.nearest[house],
        house=house,
        genuine=planning[speaks],
        threat=threat,
        price=price,
        belief=_belief_of_plan(world, threat),
        pays=np.zeros(house.size, np.bool_),
    )
    signals.pays = _decide(world, ties, signals)
    world.signals = signals
    _count(world, ties, signals)


def _those_who_may_speak(
    world: World, ties: Ties, means: Means
) -> tuple[NDArray[np.int32], NDArray[np.bool_], NDArray[np.int64], NDArray[np.float64]]:
    """Households whose draws are below the highest chance that anybody has; learns the share of those who plan.

    With them whether they plan, their keys, and the baskets that they lack.

    That share, among those in a position to hint as of this month, is ``pi`` of section 6.
    """
    # Households founded since January have no tie yet; none of them stands in the table of nearest ties.
    houses = world.state.houses
    known = min(world.state.num_houses, ties.nearest.size)
    free = np.ones(1)
    without, with_plan = np.zeros(1, np.bool_), np.ones(1, np.bool_)
    # The chance grows with the price, towards that of somebody whom no denunciation can hurt.
    hint, threat = (
        ROUNDING
        * np.concatenate([chance(world, plans, free, harmless=True) for plans in (without, with_plan)])
        for chance in (_chance_to_hint, _chance_to_threaten)
    )
    found = over_rows(
        _may_speak,
        known,
        world.t,
        world.key("hint.speak"),
        world.key("threat.speak"),
        hint,
        threat,
        ties.nearest_patron,
        means.usable,
        means.needy,
        *(houses.plan, houses.key, houses.hardship, houses.size),
    )
    asked, planning = (sum(part[i] for part in found) for i in (-2, -1))
    world.shares["planning"] = planning / asked if asked else 0.0
    if not found:
        return np.empty(0, np.int32), np.empty(0, np.bool_), np.empty(0, np.int64), np.empty(0)
    house, plans, key, shortfall = (np.concatenate(column) for column in list(zip(*found, strict=True))[:-2])
    return house, plans, key, shortfall


def _chance_to_hint(
    world: World, planning: NDArray[np.bool_], price: NDArray[np.float64], harmless: bool = False
) -> NDArray[np.float64]:
    """Chance that somebody in need hints; the most that it can be at any price if ``harmless``."""
    month = world.month
    reply = _reply(world, "paid", price, 1.0, 0.0 if harmless else 1.0)
    return np.where(planning, month.number("hint.genuine"), month.number("hint.opportunity") * reply)


def _chance_to_threaten(
    world: World, planning: NDArray[np.bool_], price: NDArray[np.float64], harmless: bool = False
) -> NDArray[np.float64]:
    """A threat is weighed like a hint, with its own record of success, a higher price and a higher risk."""
    month = world.month
    worse = 0.0 if harmless else month.number("hint.threat_damage")
    reply = _reply(world, "threat_paid", price, month.number("hint.threat_denounce"), worse)
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


def _belief_of_plan(world: World, threat: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Chance, to the patron, that a demand is genuine: learnt from hints, and from threats apart.

    A threat counts for more to begin with (``hint.threat_evidence``); what threats were worth is learnt from then on.
    """
    shares = np.where(threat, world.shares["threat_genuine"], world.shares["genuine"])
    return np.clip(shares, 1e-6, 1 - 1e-6)


def _decide(world: World, ties: Ties, signals: Signals) -> NDArray[np.bool_]:
    month = world.month
    if signals.tie.size == 0 or not month.switch("support.liability"):
        return np.zeros(signals.tie.size, np.bool_)
    value = month.number("support.kappa_w") * value_of_ties(world, ties, signals.tie)
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
