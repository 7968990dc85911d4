"""Fast kernels of the society give what their slow twins give, on any number of threads."""

from __future__ import annotations

from collections.abc import Iterator

import numba
import numpy as np
import pytest

from tests.society.conftest import FIRST, LAST, SCALE, parameters, pedigree
from yeonjwa.core import parallel
from yeonjwa.core.lanes import LANES
from yeonjwa.core.parallel import over_rows
from yeonjwa.core.randomness import stream, stream_key, uniforms
from yeonjwa.society import (
    admission,
    careers,
    economy,
    economy_twin,
    flight,
    flight_twin,
    record,
    schedule,
)
from yeonjwa.society.beliefs import belief, household_belief
from yeonjwa.society.calendar import monthly_events
from yeonjwa.society.careers import retire
from yeonjwa.society.codes import CAMP, DEAD, HOME, OFFICIAL
from yeonjwa.society.enforcement import Reached, career_chances, has_something_to_lose, kin_reached, spare
from yeonjwa.society.engine import make_world
from yeonjwa.society.exposed import may_lose, strike
from yeonjwa.society.hints import logistic
from yeonjwa.society.losses import chance_confirmed, chance_factor, loss_a_head
from yeonjwa.society.marriage import career_circle
from yeonjwa.society.rows import ANY_POST, ANYBODY, BLOCK, awake_rows, count_standing, lived_in, pick
from yeonjwa.society.settings import Month
from yeonjwa.society.songbun import draw_classes
from yeonjwa.society.state import Houses
from yeonjwa.society.ties import build_ties
from yeonjwa.society.world import World

#: Long enough that children are born whose rows were not looked at in the first January.
YEARS = 2


@pytest.fixture(scope="module")
def world() -> World:
    """The country some years after its start, in a January of which only the births and deaths are played."""
    made = make_world(pedigree(), parameters(), seed=3, scale=SCALE, start=FIRST, last=LAST)
    for t in range(FIRST, FIRST + YEARS * 12):
        made.month = Month(parameters(), t)
        schedule.run_month(made)
        made.recorder.close_month(t)
    made.month = Month(parameters(), FIRST + YEARS * 12)
    schedule.step_calendar(made)
    return made


@pytest.fixture
def one_thread_after() -> Iterator[None]:
    before = numba.get_num_threads()
    yield
    numba.set_num_threads(before)


def copied(houses: Houses) -> Houses:
    return Houses(*(array.copy() for array in houses))


def test_incomes_of_blocks_are_those_of_households_one_by_one(world: World) -> None:
    fast, slow = copied(world.state.houses), copied(world.state.houses)
    n = world.state.num_houses
    month = world.month
    keys = np.array([world.key_of(economy.PERMANENT), world.key_of(economy.TRANSITORY)])
    inputs = (
        np.log(month.vector("economy.median", "class")),
        month.vector("economy.province", "province"),
        -0.1,
        np.array([0.5, 0.3, 0.9]),
    )
    fast.extra[: n // 2], fast.extra_left[: n // 2] = -0.2, 3
    slow.extra[: n // 2], slow.extra_left[: n // 2] = -0.2, 3
    some = economy.lasting_luck(np.empty(0), n // 3, keys[0], fast)
    luck = economy.lasting_luck(some, n, keys[0], fast)
    economy.step_economy(world.t, n, keys[1], luck, *inputs, fast)
    rows = np.r_[0 : n // 20, n - 500 : n]
    few = Houses(*(array[..., rows] for array in slow))
    economy_twin.step_economy(world.t, rows.size, keys, *inputs, few)
    for name in ("ar", "consumption", "hardship", "past", "extra_left"):
        got, expected = getattr(fast, name)[..., rows], getattr(few, name)
        assert np.allclose(got, expected, rtol=3e-7, atol=3e-7), name
    assert 0 < (few.hardship > 0).mean() < 1


def test_incomes_are_the_same_where_only_some_rows_of_a_block_are_looked_at(world: World) -> None:
    n, key = world.state.num_houses, world.key_of(economy.TRANSITORY)
    luck, inputs = np.zeros(n), (np.zeros(9), np.zeros(10), 0.0, np.array([0.5, 0.3, 0.9]))
    whole = copied(world.state.houses)
    whole.head[: 2 * LANES][np.arange(2 * LANES) % 5 > 0] = -1
    some, lived = copied(whole), lived_in(n, whole.head)
    emptied = np.flatnonzero(whole.head[:LANES] >= 0)[::2]
    whole.head[emptied] = some.head[emptied] = -1  # since the list was made
    economy.step_economy(world.t, n, key, luck, *inputs, whole)
    economy.step_economy(world.t, n, key, luck, *inputs, some, lived)
    assert lived.thin[:2].all()
    assert not lived.thin[2:].all()
    assert emptied.size > 1
    assert all(np.array_equal(a, b) for a, b in zip(whole, some, strict=True))


def test_incomes_are_the_same_with_shocks_that_were_drawn_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    n, key, houses = world.state.num_houses, world.key_of(economy.TRANSITORY), world.state.houses
    luck, inputs = np.zeros(n), (np.zeros(9), np.zeros(10), 0.0, np.array([0.5, 0.3, 0.9]))
    shocks = economy.Shocks()
    monkeypatch.setattr(parallel, "threads", lambda: 2)
    shocks.begin(world.t, key, n - LANES, houses.key, world.lived())
    drawn = shocks.drawn(world.t, key).copy()
    assert drawn.size == n - LANES
    assert shocks.drawn(world.t, key).size == 0  # once only
    shocks.begin(world.t + 1, key, n, houses.key, world.lived())
    assert shocks.drawn(world.t, key).size == 0  # of another month
    alone, some = copied(houses), copied(houses)
    economy.step_economy(world.t, n, key, luck, *inputs, alone, world.lived())
    economy.step_economy(world.t, n, key, luck, *inputs, some, world.lived(), drawn)
    assert all(np.array_equal(a, b) for a, b in zip(alone, some, strict=True))


def test_classes_smoothing_and_the_poor(world: World) -> None:
    fast, slow = copied(world.state.houses), copied(world.state.houses)
    n = world.state.num_houses
    economy.assign_classes(world.holders, n, world.state.people, fast)
    economy_twin.assign_classes(n, world.state.people, slow)
    assert np.array_equal(fast.income_class, slow.income_class)
    assert len(np.unique(fast.income_class[:n])) > 3
    house = np.arange(0, n, 3, dtype=np.int32)
    received = np.linspace(0.0, 0.4, house.size)
    before = fast.smoothed.copy()
    economy.smooth_hardship(n, house, received, 6.0, fast)
    economy_twin.smooth_hardship(n, house, received, 6.0, slow)
    assert np.array_equal(fast.smoothed, slow.smoothed)
    assert not np.array_equal(fast.smoothed, before)
    assert economy.poor_persons(n, 10, fast).tolist() == economy_twin.poor_persons(n, 10, slow).tolist()


def test_close_kin_in_sums_over_unions_are_those_found_one_by_one(world: World) -> None:
    assert np.array_equal(flight.close_kin_outside(world), flight_twin.close_kin_outside(world))
    assert flight.close_kin_outside(world).mean() > 1.0


def test_close_kin_are_those_found_one_by_one_after_moves(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was known of households in which nobody came or went is used again."""
    flight.close_kin_outside(world)
    before, people = flight.close_kin_outside(world), world.state.people
    where, house = people.where.copy(), people.house.copy()
    some = np.flatnonzero(world.present() & (house >= 0))
    where[some[::7]] = DEAD
    house[some[1::7]] = house[some[::-1][1::7]]  # strangers, some of them under the roof of their kin
    monkeypatch.setattr(world.state, "people", people._replace(where=where, house=house))
    after = flight.close_kin_outside(world)
    assert np.array_equal(after, flight_twin.close_kin_outside(world))
    assert 0.1 < (after != before).mean() < 0.9
    monkeypatch.undo()
    assert np.array_equal(flight.close_kin_outside(world), before)


def test_a_household_that_stands_empty_stays_empty() -> None:
    """What :class:`yeonjwa.society.rows.Lived` rests on: whoever joins a household joins somebody who lives there."""
    made = make_world(pedigree(), parameters(), seed=5, scale=SCALE, start=FIRST, last=LAST)
    empty, emptied = np.zeros(0, np.bool_), 0
    for t in range(FIRST, FIRST + 24):
        made.month = Month(parameters(), t)
        schedule.run_month(made)
        made.recorder.close_month(t)
        now = made.state.houses.head[: made.state.num_houses] < 0
        assert now[: empty.size][empty].all()
        emptied += int(now[: empty.size].sum()) - int(empty.sum())
        empty = now.copy()
    assert emptied > 100


def test_hazards_of_all_are_those_of_each(world: World) -> None:
    n, houses = world.state.num_houses, world.state.houses
    flight.refresh(world)
    together = houses.base[:n].copy()
    flight.refresh(world, np.arange(n))
    assert np.allclose(together, houses.base[:n], rtol=1e-6, atol=0.0)
    assert (together > 0).mean() > 0.5


def test_no_plan_begins_outside_the_candidates(world: World) -> None:
    houses, n, alpha = world.state.houses, world.state.num_houses, world.month.number("support.alpha")
    hazard = houses.base[:n].astype(float) * np.exp(alpha * houses.smoothed[:n].astype(float))
    u = world.draw("flight.plan", houses.key[:n])
    begins = (u < 1.0 - np.exp(-hazard)) & (houses.plan[:n] == 0) & (houses.size[:n] > 0)
    cap = np.exp(alpha) * (1.0 + 1e-9)
    found = over_rows(
        flight._candidates,
        n,
        world.key("flight.plan"),
        world.t,
        cap,
        houses.key,
        houses.base,
        houses.plan,
        houses.size,
        block=1000,
    )
    candidates = np.concatenate(found)
    assert set(np.flatnonzero(begins).tolist()) <= set(candidates.tolist())
    assert candidates.size < n // 10


def test_ties_from_kept_lists_are_those_looked_up_anew(world: World) -> None:
    retire(world)  # a few patrons of the lists have left, and years of births and deaths have passed
    world.state.people.post[np.flatnonzero(world.present())[::701]] = 2  # and others are new
    kept = build_ties(world.graph, world.state, world.month, world.seed, world.kin_lists)
    anew = build_ties(world.graph, world.state, world.month, world.seed)
    assert anew.size > 5000
    for one, other in zip(kept.arrays(), anew.arrays(), strict=True):
        assert np.array_equal(one, other)
    order = np.lexsort((np.arange(kept.size), kept.degree, kept.house))  # by household, the nearest first
    houses, first = np.unique(kept.house[order], return_index=True)
    nearest = np.full(kept.nearest.size, -1)
    nearest[houses] = order[first]
    assert np.array_equal(kept.nearest, nearest)
    assert np.array_equal(kept.patrons, np.flatnonzero((world.state.people.post > 0) & world.present()))


def test_blocks_that_are_passed_over_hold_nobody(world: World) -> None:
    rows = awake_rows(world.t, world.tree.birth, world.state.people.where)
    awake = np.zeros(world.tree.birth.size + BLOCK, np.bool_)
    for first in rows.tolist():
        awake[first : first + BLOCK] = True
    assert awake[np.flatnonzero(world.state.people.house >= 0)].all()
    soon = np.flatnonzero((world.tree.birth > world.t) & (world.tree.birth <= world.t + 12))
    assert awake[soon].all()
    assert awake.mean() < 0.9


def test_census_and_candidates_are_those_of_masks(world: World) -> None:
    people, tree, blocks = world.state.people, world.tree, world.awake()
    count, party, post = record.census(world)
    free = world.present()
    assert count.sum() == world.living_here().sum()
    some, size = slice(7, world.state.num_houses - 5), world.state.houses.size
    assert (
        record._inhabited(some.start, some.stop, size)
        == np.count_nonzero(size[some])
        < some.stop - some.start
    )
    assert party.tolist() == [int((free & (tree.sex == s) & (people.party == 1)).sum()) for s in (0, 1)]
    assert post[1:].tolist() == np.bincount(people.post[free], minlength=6)[1:].tolist()
    latest = world.t - 18 * 12
    standing = count_standing(blocks, latest, 5, tree, people)
    adult = free & (tree.birth <= latest)
    assert standing.adults[1, 0] == (adult & (people.party == 1) & (people.post == 0)).sum()
    assert (standing.present, standing.camp) == (free.sum(), (people.where == CAMP).sum())
    age = (world.t - tree.birth.astype(int)) // 12
    clean = (people.barred == 0) & (people.stain == 0) & (age >= 18) & (age <= 40)
    found = pick(blocks, world.t, 18 * 12, 41 * 12 - 1, True, 0, ANY_POST, tree, people)
    assert np.array_equal(found, np.flatnonzero(free & clean & (people.party == 0)))
    office = (people.post == 0) | (people.post == 2)
    found = pick(blocks, world.t, 18 * 12, 41 * 12 - 1, False, ANYBODY, 2, tree, people)
    assert np.array_equal(found, np.flatnonzero((people.where == HOME) & clean & office))


def test_candidates_for_posts_are_those_picked_by_sex_and_party(world: World) -> None:
    people, tree = world.state.people, world.tree
    span = (20 * 12, 60 * 12)
    found = careers._pools(world, *span)
    for member in (ANYBODY, 1):
        expected = pick(world.awake(), world.t, *span, False, member, OFFICIAL, tree, people)
        for sex in (0, 1):
            assert np.array_equal(found[sex + 2 * (member == 1)], expected[tree.sex[expected] == sex])


@pytest.mark.parametrize("count", [1, 40, 20_000, 10**9])
def test_the_first_in_a_random_order_are_those_of_everyone_sorted(world: World, count: int) -> None:
    pool = np.flatnonzero(world.present())
    heavy = np.array([3.0, 1.0, 0.0])[world.state.people.songbun[pool]]
    assert pool.size > 2 * careers.SAMPLE
    asked = []

    def weigh(some: np.ndarray, bound: float) -> tuple[np.ndarray, np.ndarray]:
        asked.append(bound)
        weight = heavy[np.searchsorted(pool, some)]
        kept = (weight > 0) & (world.draw("test", some) <= bound * np.maximum(weight, 1e-9))
        return some[kept], weight[kept]

    found = careers.first_in_order(world, "test", pool, count, weigh)
    with np.errstate(divide="ignore"):
        key = -np.log1p(-world.draw("test", pool)) / heavy
    order = np.argsort(key, kind="stable")[: min(count, int((heavy > 0).sum()))]
    assert np.array_equal(found, pool[order])
    assert (min(asked) < np.inf) == (count < pool.size // 2)


def test_who_applies_are_those_whose_draw_lies_below_the_chance(world: World) -> None:
    month, houses = world.month, world.state.houses
    eligible = np.flatnonzero(world.present())[::3]
    home = world.state.people.house[eligible]
    hazard = houses.base[home] * np.exp(month.number("support.alpha") * houses.smoothed[home].astype(float))
    odds = (
        month.number("party.appeal")
        + month.number("party.apply_gain") * admission.gain_of_membership(world)
        - month.number("party.apply_hazard") * (1.0 - np.exp(-12.0 * hazard))
    )
    applies = (world.draw("party.apply", eligible) < logistic(odds)) & (houses.plan[home] == 0)
    assert np.array_equal(admission.applicants(world, eligible), eligible[applies])
    assert 0.1 < applies.mean() < 0.95


def test_beliefs_and_exposure_by_rank_are_means_over_households(world: World) -> None:
    month, houses, n = world.month, world.state.houses, world.state.num_houses
    total, heads = record._believed_by_rank(world, 0.3)
    rows = np.flatnonzero(houses.size[:n] > 0)
    rank = np.where(houses.income_class[rows] < 6, houses.income_class[rows], 0).astype(np.int64)
    rank[np.isin(rows, world.state.people.house[world.posted.person])] = 5
    a0, b0 = month.number("belief.prior_hit"), month.number("belief.prior_miss")
    unit = world.beliefs.unit_of(houses.province[rows], houses.key[rows])
    hits = houses.hits[rows] + world.beliefs.hits[unit] + world.beliefs.public_hits
    misses = houses.misses[rows] + world.beliefs.misses[unit] + world.beliefs.public_misses
    believed = belief(a0, b0, hits, misses)
    assert np.allclose(household_belief(world.beliefs, houses, rows, a0, b0), believed, rtol=1e-12)
    factor = chance_confirmed(month) * 0.3 / (a0 / (a0 + b0))
    expected = np.bincount(rank, weights=np.clip(believed * factor, 0, 1) * houses.size[rows], minlength=6)
    assert np.allclose(total, expected, rtol=1e-9)
    assert heads.sum() == houses.size[rows].sum()


@pytest.mark.parametrize("published", [False, True])
def test_exposure_is_a_sum_over_the_ties_of_each_patron(world: World, published: bool) -> None:
    month, people, houses = world.month, world.state.people, world.state.houses
    ties = build_ties(world.graph, world.state, month, world.seed, world.kin_lists)
    rank, home = people.post[ties.patrons].astype(int), np.maximum(people.house[ties.patrons], 0)
    factor = chance_factor(world, rank, home)[0]
    confirmed = np.full(6, chance_confirmed(month))
    if published:
        factor, confirmed = np.linspace(0.5, 3.0, 6)[rank], np.linspace(0.5, 3.0, 6)
    career, chance = loss_a_head(month)[0], np.array([0.0, 0.9, 0.5, 0.3, 0.2, 0.1])
    hazard = (houses.base * np.exp(houses.smoothed)).astype(np.float32)
    yearly = 12.0 * np.minimum(1.0, factor[ties.patron] * chance[ties.degree]) * hazard[ties.house]
    loss = yearly * (career[rank] * np.maximum(houses.size[home], 1))[ties.patron]
    total, count = record.exposed_patrons(world, ties, hazard, chance, career, confirmed, published).losses()
    assert np.allclose(total, np.bincount(rank[ties.patron], weights=loss, minlength=6), rtol=1e-12)
    assert count.tolist() == np.bincount(rank, minlength=6).tolist()
    assert (total > 0).sum() > 2


def test_what_patrons_would_lose_is_added_in_the_order_of_ties(world: World) -> None:
    ties, n = world.ties, world.state.num_houses
    assert ties is not None
    table = ties.relation
    rng = np.random.default_rng(1)
    held, taken, income = rng.uniform(0.5, 2.0, (3, ties.patrons.size))
    chance = rng.uniform(size=table.camp.size)
    columns = (ties.patron, ties.house, ties.info, table.relatedness, table.camp, held, taken, income, chance)
    total = np.empty(n)
    for part in ((0, n // 3), (n // 3, n)):
        flight._deter(*part, *columns, 0.3, total)
    loss = held[ties.patron] * chance[ties.info] + taken[ties.patron] * table.camp[ties.info] * 0.3
    expected = np.zeros(n)
    np.add.at(expected, ties.house, table.relatedness[ties.info] * (loss * income[ties.patron]))
    assert np.array_equal(total, expected)


def test_what_holds_back_is_believed_by_each_household(world: World) -> None:
    month, n, houses = world.month, world.state.num_houses, world.state.houses
    flight.refresh_deterrence(world)
    close, a0, b0 = (
        flight.close_kin_outside(world),
        month.number("belief.prior_hit"),
        month.number("belief.prior_miss"),
    )
    believed = household_belief(world.beliefs, houses, np.arange(n), a0, b0) / (a0 / (a0 + b0))
    alone = np.ones(n, np.bool_)  # households without a patron among their kin
    assert world.ties is not None
    alone[world.ties.house] = False
    held = flight.ordinary_loss(month) * chance_confirmed(month) * month.number("flight.kappa")
    expected = held / month.number("flight.loss_reference") * believed * close
    assert np.allclose(houses.deterrence[:n][alone], expected[alone], rtol=1e-6)
    assert (expected[alone] > 0).sum() > 100
    assert believed[alone].std() > 0


def test_a_month_is_the_same_on_one_and_two_threads(world: World, one_thread_after: None) -> None:
    if numba.config.NUMBA_NUM_THREADS < 2:  # type: ignore[attr-defined]
        pytest.skip("this process was given one thread")
    seen = []
    for threads in (1, 2):
        numba.set_num_threads(threads)
        flight.refresh_deterrence(world)
        flight.refresh(world)
        houses = world.state.houses
        seen.append([houses.deterrence.tobytes(), houses.base.tobytes()])
    assert seen[0] == seen[1]


def test_classes_of_origin_are_one_draw_each() -> None:
    share = np.array([0.28, 0.45, 0.27])
    found = draw_classes(70_000, stream_key(3, stream("society.songbun")), share)
    drawn = uniforms(3, stream("society.songbun"), np.arange(70_000))
    assert np.array_equal(found, np.searchsorted(np.cumsum(share)[:-1], drawn, side="right"))
    assert np.bincount(found).min() > 10_000


@pytest.mark.parametrize("inlaws", [0, 2])
def test_who_is_struck_is_told_from_everyone_in_the_circle(world: World, inlaws: int) -> None:
    """Bits, pieces and kernels of the career reach give what chances and draws of all kin in reach give."""
    world._exposed = None  # a test above has given posts away
    gone = np.flatnonzero(world.state.people.where == HOME)[::997].astype(np.int32)
    offset = np.array([0, 1, 4, *range(5, gone.size + 1)])  # three of them left together
    circle = career_circle(world.month, 8) + (f" + chon<={inlaws} of spouse" if inlaws else "")
    reached = spare(world, kin_reached(world, circle, offset, gone))
    chance = career_chances(world, reached)
    hit = world.draw("sanction.career", reached.person) < chance
    exposed = has_something_to_lose(world, reached.person)
    assert 0 < exposed.mean() < 1
    assert 0 < hit.sum()
    assert not hit[~exposed].any()
    bits = np.unpackbits(may_lose(world), count=world.tree.birth.size, bitorder="little")
    assert bits[reached.person[exposed]].all()
    found = strike(world, circle, offset, gone)
    order = np.lexsort((found.person, found.offence))
    assert np.array_equal(found.offence[order], reached.offence[hit])
    assert np.array_equal(found.person[order], reached.person[hit])
    same = Reached.of(found.offence, found.person, found.info[order])
    assert np.array_equal(same.degree, reached.degree[hit])
    assert np.array_equal(same.up, reached.up[hit])
    assert np.array_equal(same.spouse, reached.spouse[hit])
    largest = np.zeros(world.tree.birth.size)
    np.maximum.at(largest, reached.person, chance)
    assert found.expected == pytest.approx(largest.sum(), rel=1e-12)


def test_who_may_lose_follows_a_change_of_the_rule_within_a_year(world: World) -> None:
    """Bits are kept for a year, but not beyond a dated change of the ages of study."""
    before, at = may_lose(world).copy(), world.month
    later = at.parameters.with_value("sanction.study_last", world.t, at.number("sanction.study_last") + 5)
    try:
        world.month = Month(later, world.t)
        changed = may_lose(world)
        assert not np.array_equal(changed, before)
        assert np.array_equal(changed & before, before)
    finally:
        world.month = at
    assert np.array_equal(may_lose(world), before)


def test_the_calendar_is_a_stable_sort_of_rows_by_month(world: World) -> None:
    months = world.tree.death
    events = monthly_events(months, FIRST, LAST)
    rows = np.flatnonzero((months >= FIRST) & (months <= LAST))
    assert np.array_equal(events.rows, rows[np.argsort(months[rows], kind="stable")])
    for month in range(FIRST, LAST + 1):
        assert np.array_equal(events.at(month), np.flatnonzero(months == month))
