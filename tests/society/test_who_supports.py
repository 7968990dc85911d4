"""Who sees, who may give, and what is counted: the kernels of support against what a reader would write."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import fields
from functools import partial

import numba
import numpy as np
import pytest

from tests.society.conftest import FIRST, LAST, SCALE, parameters, pedigree
from yeonjwa.core.randomness import bits, uniform
from yeonjwa.society import choice, gaps, reasons, schedule, signals, support, transfers
from yeonjwa.society.abroad import means_of
from yeonjwa.society.checkpoint import _let_months_take_turns
from yeonjwa.society.codes import ABROAD, CAUSES, HOME, POSTS, PROVINCES
from yeonjwa.society.engine import make_world
from yeonjwa.society.losses import monthly_budget, value_of_ties
from yeonjwa.society.means import AT_HOME, Means, look_up_means
from yeonjwa.society.players import find_players, in_groups
from yeonjwa.society.settings import Month
from yeonjwa.society.sight import Seen, see_hardship
from yeonjwa.society.state import PAST_MONTHS, turn_of
from yeonjwa.society.ties import CHON, Ties
from yeonjwa.society.world import World

MONTHS = 15


@pytest.fixture(scope="module")
def world() -> World:
    """The country in the middle of a month: incomes are known, demands are made, nobody has given yet."""
    made = make_world(pedigree(), parameters(), seed=3, scale=SCALE, start=FIRST, last=LAST)
    for t in range(FIRST, FIRST + MONTHS):
        made.month = Month(parameters(), t)
        schedule.run_month(made)
        made.recorder.close_month(t)
    made.month = Month(parameters(), FIRST + MONTHS)
    made.recorder.recording = True
    for step in (schedule.step_calendar, schedule.step_hardship, schedule.step_plans_and_signals):
        step(made)
    return made


@pytest.fixture
def month_after(world: World) -> Iterator[None]:
    """Takes back what a test does to the parameters and the counts."""
    month, demands, means = world.month, copy.deepcopy(world.signals), world.means
    spell, once = world.ties.in_spell, world.ties.once
    yield
    world.month, world.signals, world.means = month, demands, means
    world.ties.in_spell, world.ties.once = spell, once
    world.recorder._now.clear()


def usable(world: World) -> np.ndarray:
    people, person = world.state.people, world.ties.patrons
    free = (people.where[person] == HOME) | (people.where[person] == ABROAD)
    return free & (people.post[person] > 0) & (people.house[person] >= 0)


def test_means_are_those_of_each_patron_and_household(world: World) -> None:
    ties, houses, people, n = world.ties, world.state.houses, world.state.people, world.state.num_houses
    means = look_up_means(world, ties)
    everyone = np.arange(ties.patrons.size)
    income, _ = means_of(world, ties.patrons)
    rank = people.post[ties.patrons]
    assert np.array_equal(means.income, income)
    fee = world.month.by_rank("support.fee")[rank]
    assert np.array_equal(means.budget, monthly_budget(world, ties, everyone) * (1.0 - fee))
    assert np.array_equal(means.rank, rank)
    assert np.array_equal(means.usable, usable(world))
    assert np.isin(world.posted.person, ties.patrons).any()
    assert np.array_equal(means.needy[:n] & AT_HOME > 0, houses.size[:n] > 0)
    assert np.array_equal(means.needy[:n] & 1, houses.hardship[:n] > 0)
    home = np.flatnonzero(houses.size[:n] > 0)
    for m in range(PAST_MONTHS):
        assert np.array_equal((means.needy[home] >> m) & 1, houses.past[turn_of(world.t, m), home] > 0)


def test_those_who_may_speak_hold_all_who_do(world: World, month_after: None) -> None:
    ties, houses, means = world.ties, world.state.houses, world.means
    known = ties.nearest.size
    poor = (houses.hardship[:known] > 0) & (houses.size[:known] > 0) & (ties.nearest >= 0)
    poor[poor] = usable(world)[ties.patron[ties.nearest[poor]]]
    asked = np.flatnonzero(poor)
    planning = houses.plan[asked] > 0
    found, plans, keys, shortfall = signals._those_who_may_speak(world, ties, means)
    assert np.array_equal(plans, houses.plan[found] > 0)
    assert np.array_equal(keys, houses.key[found])
    assert np.array_equal(shortfall, houses.hardship[found].astype(float) * houses.size[found])
    assert world.shares["planning"] == planning.mean()
    assert set(found.tolist()) <= set(asked.tolist())
    lacking = houses.hardship[asked].astype(float) * houses.size[asked]
    price, key = world.month.number("hint.price") * lacking, houses.key[asked]
    hints = world.draw("hint.speak", key) < signals._chance_to_hint(world, planning, price)
    threats = world.draw("threat.speak", key) < signals._chance_to_threaten(world, planning, 2.0 * price)
    assert set(asked[hints | threats].tolist()) <= set(found.tolist())
    assert hints.sum() > 20 < found.size < asked.size // 5


def test_ties_are_seen_by_chance_late_or_because_of_a_demand(world: World, month_after: None) -> None:
    ties, houses, people, month, means = (
        world.ties,
        world.state.houses,
        world.state.people,
        world.month,
        world.means,
    )
    world.recorder._now.clear()
    seen = see_hardship(world, ties, means)
    rank, able = people.post[ties.patrons], usable(world)
    told = set(world.signals.tie.tolist())  # type: ignore[union-attr]
    sight, delay = month.by_rank("support.sight"), month.by_rank("support.delay")
    key, expected, need, poor = world.key("support.sight"), [], {}, 0
    for i, (k, h) in enumerate(zip(ties.patron.tolist(), ties.house.tolist(), strict=True)):
        if not able[k]:
            continue
        poor += houses.hardship[h] > 0
        late = 0 if i in told else min(int(delay[rank[k]]), 3)
        u = uniform(np.uint64(bits(key, ties.patrons[k], world.t)), houses.key[h], 0)
        if (
            houses.past[turn_of(world.t, late), h] > 0
            and houses.size[h] > 0
            and (i in told or u < sight[rank[k]])
        ):
            expected.append(i)
            need[h] = max(need.get(h, 0.0), houses.past[turn_of(world.t, late), h])
    assert seen.tie.tolist() == expected
    for tie, patron, house in seen.parts:
        assert np.array_equal(patron, ties.patron[tie])
        assert np.array_equal(house, ties.house[tie])
    assert world.recorder.now("support.poor_ties") == poor
    assert told & set(expected)
    choice.weigh_households(world, means)
    rows = np.array(list(need))
    assert np.array_equal(means.room.need[rows], np.array(list(need.values()), np.float32))
    assert not means.room.when.any()


def everyone_plays(world: World, ties: Ties, means: Means, seen: Seen) -> choice.Choice:
    """The slow twin of a choice: none."""
    house = ties.house[seen.tie]
    means.room.mark[house] = 1
    everything = np.full(seen.tie.size, np.inf, np.float32)
    return choice.Choice(seen.tie, ties.patron[seen.tie], house, ties.info[seen.tie], everything)


def played(world: World) -> tuple[transfers.Game, dict[int, tuple[float, float]]]:
    """A game after both its parts, and what it gives by tie."""
    world.recorder._now.clear()
    world.means = look_up_means(world, world.ties)
    game = transfers.set_up(world, world.ties, world.means)
    transfers.play(world, world.ties, world.means, game)
    given = zip(game.tie.tolist(), game.altruism.tolist(), game.liability.tolist(), strict=True)
    return game, {tie: (gift, owed) for tie, gift, owed in given if gift + owed > 0}


def joined(parts: list[reasons.Reasons]) -> reasons.Reasons:
    """The reasons of all parts."""
    columns = (np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(reasons.Reasons))
    return reasons.Reasons(*columns)


def reasons_by_parts(
    world: World, ties: Ties, means: Means, game: transfers.Game, monkeypatch: pytest.MonkeyPatch
) -> list[reasons.Reasons]:
    """The reasons for some ties at a time."""
    monkeypatch.setattr(reasons, "TIES", 64)
    parts = [part() for part in reasons.reasons_in_parts(world, ties, means, game)]
    assert len(parts) > 1
    return parts


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"support.placebo": True, "support.kappa_w": 5.0},
        {"belief.publicity": True, "support.gamma": 0.8, "support.kappa_w": 20.0},
        {"support.altruism_on": False, "sanction.inlaw_degree": 2},
        {"support.liability": False, "support.altruism": 3.0},
    ],
    ids=str,
)
def test_whoever_is_left_out_of_the_game_would_give_nothing(
    world: World, month_after: None, monkeypatch: pytest.MonkeyPatch, changes: dict[str, float | bool]
) -> None:
    inputs = parameters()
    for path, value in changes.items():
        inputs = inputs.with_value(path, FIRST, value)
    world.month = Month(inputs, world.t)
    fast, given = played(world)
    counts = dict(world.recorder._now)
    monkeypatch.setattr(transfers, "choose", everyone_plays)
    slow, expected = played(world)
    assert given == expected
    assert counts == world.recorder._now
    assert len(given) > 20
    assert fast.tie.size < slow.tie.size
    assert np.array_equal(world.ties.house[fast.tie], fast.house[fast.j])
    assert np.array_equal(fast.heads, world.state.houses.size[fast.house])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"support.placebo": True, "support.kappa_w": 5.0},
        {"belief.publicity": True, "support.gamma": 0.8, "sanction.inlaw_degree": 2},
    ],
    ids=str,
)
def test_reasons_found_in_parts_are_those_of_each_tie(
    world: World, month_after: None, monkeypatch: pytest.MonkeyPatch, changes: dict[str, float | bool]
) -> None:
    inputs = parameters()
    for path, value in changes.items():
        inputs = inputs.with_value(path, FIRST, value)
    world.month = month = Month(inputs, world.t)
    ties, means = world.ties, look_up_means(world, world.ties)
    game = transfers.set_up(world, ties, means)
    found = joined(reasons_by_parts(world, ties, means, game, monkeypatch))
    rows = np.flatnonzero((game.pull > 1.0) & (means.budget[game.k] > 0.0))
    assert np.array_equal(found.row, rows)
    demand_of = dict(zip(game.told.tolist(), game.demand.tolist(), strict=True))
    assert demand_of.keys() & set(rows.tolist())
    value = value_of_ties(world, ties, game.tie[rows])
    assert np.array_equal(found.value, value)
    alpha, gamma = month.number("support.alpha"), month.number("support.gamma")
    weight = month.number("support.kappa_w") * support.stream_factor(
        month.number("support.discount"), month.number("flight.hardship_memory")
    )
    for i, row in enumerate(rows):
        h = game.house[game.j[row]]
        base, demand = float(world.state.houses.base[h]), demand_of.get(row, -1)
        if demand >= 0 and world.signals.pays[demand]:
            mu, hardship = world.signals.belief[demand], float(world.state.houses.hardship[h])
            base = (1 - mu) * base + mu * month.number("flight.plan_to_attempt") * np.exp(-alpha * hardship)
        heads = world.state.houses.size[h] / (1.0 - game.fee[means.rank[game.k[row]]])
        target = support.hardship_target(heads, alpha, gamma, weight, value[i], base)
        assert found.target[i] == pytest.approx(target, rel=1e-12)


def test_players_are_numbered_as_numpy_numbers_them(
    world: World, month_after: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ties, means = world.ties, look_up_means(world, world.ties)
    game = transfers.set_up(world, ties, means)
    parts = reasons_by_parts(world, ties, means, game, monkeypatch)
    found = joined(parts)
    game.need *= np.random.default_rng(1).random(game.need.size)
    who = find_players(parts, game)
    wants = (found.target < game.need[game.j[found.row]]) & (game.budget[game.k[found.row]] > 0)
    row, value = found.row[wants], found.value[wants]
    assert 0 < row.size < found.row.size
    patron, k = np.unique(game.k[row], return_inverse=True)
    house, j = np.unique(game.j[row], return_inverse=True)
    degree = ties.degree[game.tie[row]]
    best = [value[k == i].max() for i in range(patron.size)]
    by_household = np.lexsort((np.arange(row.size), degree, j))
    order = np.array(sorted(range(patron.size), key=lambda i: -best[i]))
    offset = np.searchsorted(k, np.arange(patron.size + 1))
    expected = {
        "row": row,
        "target": found.target[wants],
        "k": k,
        "j": j,
        "degree": degree,
        "patron": patron,
        "house": house,
        "budget": game.budget[patron],
        "heads": world.state.houses.size[game.house[house]],
        "need": game.need[house],
        "offset": offset,
        "order": in_groups(order, offset, j, house.size)[0],
        "by_household": by_household,
        "household_offset": np.searchsorted(j[by_household], np.arange(house.size + 1)),
    }
    for name, numbers in expected.items():
        assert np.array_equal(getattr(who, name), numbers), name


def test_nobody_plays_if_nobody_wants_to_give(
    world: World, month_after: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ties, means = world.ties, look_up_means(world, world.ties)
    game = transfers.set_up(world, ties, means)
    parts = reasons_by_parts(world, ties, means, game, monkeypatch)
    game.need[:] = -np.inf
    who = find_players(parts, game)
    assert (who.row.size, who.patron.size, who.house.size) == (0, 0, 0)
    assert (who.offset.tolist(), who.household_offset.tolist(), who.begin.tolist()) == ([0], [0], [0])


@pytest.mark.parametrize("inlaws", [0, 3])
def test_the_degree_of_a_tie_follows_from_its_relation(inlaws: int) -> None:
    inputs = parameters().with_value("support.inlaw_degree", FIRST, inlaws)
    ties = make_world(pedigree(), inputs, seed=3, scale=SCALE, start=FIRST, last=LAST).ties
    assert ties.inlaw[:].any() == (inlaws > 0)
    assert np.array_equal(CHON[ties.info], ties.degree[:])


def test_transfers_are_booked_one_by_one(world: World, month_after: None) -> None:
    game, _ = played(world)
    ties, people, recorder, demands = world.ties, world.state.people, world.recorder, world.signals
    recorder._now.clear()
    recorder._flows.clear()
    given = transfers.add_up(game)
    transfers._book(world, ties, world.means, game, given)
    now, flows, received = {}, {}, np.zeros(world.state.num_houses)

    def add(table: dict[tuple[str, ...], float], *key: str, amount: float) -> None:
        table[key] = table.get(key, 0.0) + amount

    demand_of = dict(zip(game.told.tolist(), game.demand.tolist(), strict=True))
    assert set(game.tie[game.told]) <= set(demands.tie)
    assert np.array_equal(game.tie[game.told], demands.tie[game.demand])
    for row in np.flatnonzero(game.altruism + game.liability > 0):
        tie, h = game.tie[row], game.house[game.j[row]]
        post = people.post[ties.patrons[ties.patron[tie]]]
        fee, heads = world.month.by_rank("support.fee")[post], world.state.houses.size[h]
        demand, owed_for = demand_of.get(row, -1), "liability"
        if demand >= 0 and demands.pays[demand]:
            owed_for = "threat" if demands.threat[demand] else "hint"
        parts = {"altruism": game.altruism[row] * heads, owed_for: game.liability[row] * heads}
        add(now, "support.transfers", "motive", max(parts, key=lambda name: parts[name]), amount=1)
        add(now, "support.transfers", "degree", str(ties.degree[tie]), amount=1)
        for motive, amount in parts.items():
            add(now, "support.amount", "motive", motive, amount=amount / (1 - fee))
            add(now, "support.amount", "post", POSTS[post - 1], amount=amount / (1 - fee))
            add(now, "support.fees", "total", "total", amount=amount * fee / (1 - fee))
            if amount > 0:
                add(flows, POSTS[post - 1], PROVINCES[world.state.houses.province[h]], motive, amount=amount)
            received[h] += amount / heads
    for key, amount in now.items():
        assert recorder.now(*key) == pytest.approx(amount, rel=1e-12), key
    assert {key[1:]: value for key, value in recorder._flows.items() if key[2] != "fees"} == pytest.approx(
        flows
    )
    assert np.allclose(given.received, received[game.house], rtol=1e-12)
    assert received.sum() == pytest.approx(received[game.house].sum(), rel=1e-12)
    assert {"hint", "altruism", "liability"} <= {
        motive for measure, _, motive in now if measure == "support.amount"
    }


def test_gaps_and_spells_are_those_of_sets(world: World, month_after: None) -> None:
    game, given = played(world)
    ties, means, houses = world.ties, world.means, world.state.houses
    paid = set(given)
    before, spell = set(ties.once.tolist()), set(ties.in_spell.tolist())
    assert before
    assert spell
    able = usable(world)
    poor = {i for i in before | paid if houses.hardship[ties.house[i]] > 0 and able[ties.patron[i]]}
    seen = dict.fromkeys(game.seen.tie.tolist())
    spent = np.zeros(able.size)
    for i, k, j in zip(range(game.tie.size), game.k, game.j, strict=True):
        spent[k] += (game.altruism[i] + game.liability[i]) * game.heads[j]
    causes = dict.fromkeys(CAUSES, 0)
    for i in (before & poor) - paid:
        k = ties.patron[i]
        cause = "not_worth_it" if spent[k] < gaps.SPENT * game.budget[k] else "budget"
        cause = "illiquid" if game.budget[k] <= 0 else cause
        causes[cause if i in seen else "unseen"] += 1
    gaps.count(world, ties, means, game, transfers.add_up(game))
    now = partial(world.recorder.now, "support.gaps", "cause")
    assert {name: now(name) for name in CAUSES} == causes
    assert min(causes["unseen"], causes["illiquid"]) > 10
    assert world.recorder.now("support.held") == len(before & poor)
    assert ties.once.tolist() == sorted(before | paid)
    assert ties.in_spell.tolist() == sorted((spell | paid) & poor)
    waiting = world.recorder.now("support.poor_ties") - len(spell & poor)
    assert world.recorder.now("support.waiting") == waiting
    assert world.recorder.now("support.first") == len((paid & poor) - spell)


def test_support_is_the_same_on_one_and_two_threads(
    world: World, month_after: None, one_thread_after: None
) -> None:
    if numba.config.NUMBA_NUM_THREADS < 2:  # type: ignore[attr-defined]
        pytest.skip("this process was given one thread")
    results = []
    for threads in (1, 2):
        numba.set_num_threads(threads)
        game, given = played(world)
        results.append(
            (given, game.house.tolist(), game.need.tolist(), world.recorder.now("support.poor_ties"))
        )
    assert results[0] == results[1]


@pytest.fixture
def one_thread_after() -> Iterator[None]:
    before = numba.get_num_threads()
    yield
    numba.set_num_threads(before)


def test_states_written_before_months_took_turns_are_put_in_turn(world: World) -> None:
    state = copy.copy(world.state)
    turns = state.houses.past.copy()
    turns[:] = np.arange(turns.size).reshape(turns.shape)
    newest_first = np.stack([turns[turn_of(world.t, back)] for back in range(PAST_MONTHS)], axis=1)
    state.houses = state.houses._replace(past=newest_first)
    _let_months_take_turns(state, world.t)
    assert np.array_equal(state.houses.past, turns)
