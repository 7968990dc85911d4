"""Step 11: money from those who got out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from yeonjwa.kinship.members import members
from yeonjwa.society.codes import BANISHED, HOME, PROVINCES, SOUTH
from yeonjwa.society.flight import refresh
from yeonjwa.society.purse import lay_out
from yeonjwa.society.world import World


def step_remittances(world: World) -> None:
    """Some of those in the South send money to one household of close kin; what is sent is received or a fee."""
    month, state = world.month, world.state
    people, houses = state.people, state.houses
    state.arrived = state.arrived[people.where[state.arrived] == SOUTH]
    monthly = 1.0 - (1.0 - month.number("remittance.share")) ** (1.0 / 12.0)
    senders = state.arrived[world.draw("remittance.sends", state.arrived) < monthly]
    if senders.size == 0:
        return
    receiver = choose_receivers(world, senders)
    sent = receiver >= 0
    senders, house = senders[sent], people.house[receiver[sent]]
    net = month.number("remittance.net")
    fee = month.number("remittance.fee")
    gross = net / (1.0 - fee)
    length = max(1, int(month.number("remittance.months")))
    lay_out(houses, house, net, length)
    refresh(world, house)
    recorder = world.recorder
    recorder.add("remittance.sent", gross * senders.size)
    recorder.add("remittance.received", net * senders.size)
    recorder.add("remittance.fees", (gross - net) * senders.size)
    counts = np.bincount(houses.province[house], minlength=len(PROVINCES))
    for i in np.flatnonzero(counts):
        recorder.flow(world.t, "arrived", PROVINCES[i], "remittance", net * counts[i])
    recorder.flow(world.t, "arrived", "fees", "fee", (gross - net) * senders.size)
    recorder.events(world.t, "remittance", senders, receiver[sent], -1, net)


def choose_receivers(world: World, senders: NDArray[np.int32]) -> NDArray[np.int64]:
    """Who receives: a sibling, parent or child at home, drawn by the weights of their kind; -1 where there is none."""
    people = world.state.people
    found = members(world.graph, "parents + siblings + children", senders, month=world.t)
    # A mask over everyone would cost a pass over everyone; the relatives of some hundred senders are few.
    where = people.where[found.person]
    rows = np.flatnonzero((where == HOME) | (where == BANISHED))
    person, degree, up = found.person[rows], found.degree[rows], found.up[rows]
    weight = world.month.parameters.table("remittance.receiver", world.t)
    by_step = np.select([degree == 2, up == 1], [weight["siblings"], weight["parents"]], weight["children"])
    owner = np.repeat(np.arange(senders.size), np.diff(found.offset))[rows]
    u = world.draw("remittance.receiver", person)
    key = -np.log1p(-u) / by_step
    out = np.full(senders.size, -1, np.int64)
    order = np.lexsort((person, key, owner))
    first = np.ones(order.size, np.bool_)
    first[1:] = owner[order][1:] != owner[order][:-1]
    out[owner[order[first]]] = person[order[first]]
    return out
