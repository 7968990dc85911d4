"""Steps 4 and 6: plans, attempts, the border, China, arrival (MODEL.md, section 7).

Each person has a monthly log hazard of planning to leave; a household's hazard is the sum over its members. A plan becomes
an attempt or lapses; an attempt is stopped at the river, ends in death or leads to China, from where people are returned,
settle or reach the South. Whoever left together shares one fate until they settle.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import NEVER, format_month
from yeonjwa.core.errors import RunError
from yeonjwa.core.lanes import LANES, fill_bits, fill_exp
from yeonjwa.core.memory import SIXTEEN, list_marked
from yeonjwa.core.parallel import each, over_rows
from yeonjwa.core.randomness import as_uniform, uniform
from yeonjwa.kinship.members import members
from yeonjwa.society.beliefs import Nearby, fill_beliefs, seen_nearby
from yeonjwa.society.close_kin import Roofs, close_kin_sums
from yeonjwa.society.codes import (
    ABROAD,
    AGE_GROUP_OF,
    DEAD,
    HOME,
    MOTHER_CHILDREN,
    NO_RECORD,
    PROVINCES,
    SETTLED,
    SEXES,
    SINGLE,
    SOUTH,
    TRANSIT,
    WHOLE_HOUSEHOLD,
)
from yeonjwa.society.exits import forge, record_of
from yeonjwa.society.households import house_of_return, leave, settle_household
from yeonjwa.society.kin_lists import DOWN, RELATIONS, STEPS
from yeonjwa.society.losses import chance_confirmed, loss_a_head
from yeonjwa.society.rows import BLOCK, Bits, here_bits, rows_between
from yeonjwa.society.settings import Month
from yeonjwa.society.state import Houses, Membership, People, Tree
from yeonjwa.society.ties import TOGETHER, halves_by_ties, ties_to
from yeonjwa.society.world import World

Float = NDArray[np.float64]
Int32 = NDArray[np.int32]

#: Ages at which people plan for themselves (the census's working ages; children leave with somebody).
YOUNGEST, OLDEST = 15, 69
_GROUP = np.array(AGE_GROUP_OF, np.int64)
#: Where the age group and the sex begin in the number of a cell; the province comes first.
_GROUP_BIT, _SEX_BIT = 4, 7
#: Where the cell and the kin abroad begin in the row of a person; the place of the household in its tile comes first.
_CELL_BIT, _KIN_BIT = np.uint32(15), np.uint32(23)
#: Households of a tile.
_TILE = 1 << int(_CELL_BIT)
_PLACES = np.uint32(_TILE - 1)
#: Blocks of persons of a piece: what is known of them stays in a core's own cache.
_PIECE = 64


def hazard_table(world: World) -> Float:
    """Monthly hazard of a plan by sex, age group and province, before network, deterrence and own risk.

    The price of a crossing is a proxy of control at the border, which interdiction has already: ``flight.a_cost`` is 0 unless a
    scenario reads it as a cost.
    """
    month = world.month
    own = month.number("flight.a_own") * _caught(world) * month.number("border.caught_loss")
    level = (
        month.number("flight.a0")
        + month.vector("flight.a_sex", "sex")[:, None, None]
        + month.vector("flight.a_age", "age_group")[None, :, None]
        + month.vector("flight.a_province", "province")[None, None, :]
        - own / month.number("flight.loss_reference")
        - month.number("flight.a_cost")
        * math.log(month.number("border.price") / month.number("flight.price_reference"))
    )
    return np.exp(level)


def _caught(world: World) -> float:
    """Chance that an attempt ends with its makers in the hands of the state: at the river, or returned from transit."""
    month = world.month
    stopped = month.number("border.interdiction")
    leaving = [month.number(f"border.{x}") for x in ("to_south", "return", "repatriate")]
    leaving.append(month.vector("border.settle", "sex")[0])
    return stopped + (1.0 - stopped) * leaving[2] / max(sum(leaving), 1e-12)


@numba.njit(cache=True, inline="always")
def _person_hazard(
    age: int, sex: int, province: int, kin_abroad: int, where: int, table: np.ndarray, network: np.ndarray
) -> float:
    """Hazard of one person before the factor of the household; 0 for children, the old and those abroad."""
    if age < YOUNGEST or age > OLDEST or where == ABROAD:
        return 0.0
    return float(table[sex, _GROUP[age - YOUNGEST], province] * network[min(kin_abroad, network.size - 1)])


@numba.njit(cache=True)
def refresh_hazards(
    which: np.ndarray,
    month: int,
    table: np.ndarray,
    network: np.ndarray,
    backfire: float,
    funded: float,
    tree: Tree,
    people: People,
    houses: Houses,
) -> None:
    """Recompute ``base`` of the households ``which``: the sum of its members' hazards at no hardship.

    ``funded`` multiplies that of households which live on money from somebody who got out: it pays the next crossing.
    """
    # Arrays by themselves: a tuple of arrays inside the loop costs more than the arithmetic.
    birth, sex, where, province, abroad = (
        tree.birth,
        tree.sex,
        people.where,
        people.province,
        people.kin_abroad,
    )
    head, after = houses.head, people.next
    deterrence, banished, base = houses.deterrence, houses.banished, houses.base
    extra, extra_left = houses.extra, houses.extra_left
    for i in range(which.size):
        h = which[i]
        total = 0.0
        p = head[h]
        while p >= 0:
            age = (month - birth[p]) // 12
            total += _person_hazard(age, sex[p], province[p], abroad[p], where[p], table, network)
            p = after[p]
        if total > 0.0:
            total *= math.exp(-deterrence[h]) * (backfire if banished[h] == 2 else 1.0)
            if extra_left[h] > 0 and extra[h] > 0.0:
                total *= funded
        base[h] = total


def network_factor(world: World) -> Float:
    """``exp(a_net * log(1 + k))`` for k close kin abroad, k capped."""
    cap = int(world.month.number("flight.net_cap"))
    return np.asarray((1.0 + np.arange(cap + 1)) ** world.month.number("flight.a_net"))


@numba.njit(cache=True, nogil=True)
def _who_counts(
    n: int,
    born: np.ndarray,
    earliest: int,
    latest: int,
    where: np.ndarray,
    home: np.ndarray,
    counts: np.ndarray,
) -> None:
    """Which of ``n`` persons may plan: at home, born after ``earliest`` and until ``latest``."""
    for i in range(n):
        of_age = np.uint8(born[i] > earliest) & np.uint8(born[i] <= latest)
        counts[i] = of_age & np.uint8(home[i] >= 0) & np.uint8(where[i] != ABROAD)


@numba.njit(cache=True, nogil=True)
def _pack(
    n: int,
    born: np.ndarray,
    edges: np.ndarray,
    sex: np.ndarray,
    province: np.ndarray,
    abroad: np.ndarray,
    most: int,
    home: np.ndarray,
    cell: np.ndarray,
    row: np.ndarray,
) -> None:
    """Rows of ``n`` persons: place of the household in its tile, cell, kin abroad up to ``most``.

    Cells are by (sex, age group, province); a group is one higher for each of ``edges`` they were born before. ``cell`` is
    working memory.
    """
    for i in range(n):
        cell[i] = (np.uint8(sex[i]) << np.uint8(_SEX_BIT)) | np.uint8(province[i])
    for e in range(1, edges.size - 1):
        edge = edges[e]
        for i in range(n):
            cell[i] += np.uint8(born[i] <= edge) << np.uint8(_GROUP_BIT)
    for i in range(n):
        kin = min(np.uint32(abroad[i]), np.uint32(most))
        row[i] = (np.uint32(home[i]) & _PLACES) | (np.uint32(cell[i]) << _CELL_BIT) | (kin << _KIN_BIT)


@numba.njit(cache=True, nogil=True)
def _lay_out(
    blocks: np.ndarray,
    block: int,
    start: int,
    edges: np.ndarray,
    most: int,
    birth: np.ndarray,
    sex: np.ndarray,
    where: np.ndarray,
    province: np.ndarray,
    abroad: np.ndarray,
    house: np.ndarray,
    rows: np.ndarray,
    begin: np.ndarray,
) -> None:
    """Write rows of the persons of some blocks who may plan to ``rows`` from ``start`` on, by tile of households, then id.

    ``begin`` is filled with where the rows of each tile begin, and where the last ones end.
    """
    counts, cell, packed = np.empty(block, np.uint8), np.empty(block, np.uint8), np.empty(block, np.uint32)
    row, tile_of = np.empty(blocks.size * block, np.uint32), np.empty(blocks.size * block, np.uint16)
    kept, place, total = np.empty(block + SIXTEEN, np.int32), np.zeros(begin.size, np.int64), 0
    for b in range(blocks.size):
        low, high = blocks[b], min(blocks[b] + block, where.size)
        n, born, home = high - low, birth[low:high], house[low:high]
        _who_counts(n, born, edges[-1], edges[0], where[low:high], home, counts)
        columns = sex[low:high], province[low:high], abroad[low:high]
        _pack(n, born, edges, *columns, most, home, cell, packed)
        many = list_marked(counts[:n], 0, kept)
        some, tiles = row[total : total + many], tile_of[total : total + many]
        for j in range(many):
            some[j] = packed[np.uint32(kept[j])]
        for j in range(many):
            tiles[j] = np.uint32(home[np.uint32(kept[j])]) >> _CELL_BIT
        total += many
    for j in range(total):
        place[tile_of[j]] += 1
    for k in range(begin.size):
        begin[k] = start
        start += place[k]
        place[k] = begin[k]
    for j in range(total):
        tile = tile_of[j]
        rows[place[tile]] = row[j]
        place[tile] += 1


@numba.njit(cache=True, nogil=True)
def _add_rows(
    rows: np.ndarray,
    begin: np.ndarray,
    tile: int,
    by_cell: np.ndarray,
    network: np.ndarray,
    total: np.ndarray,
) -> None:
    """Add the hazards of the rows of one tile of some pieces, in order, to their households."""
    for piece in range(begin.shape[0]):
        some = rows[begin[piece, tile] : begin[piece, tile + 1]]
        for j in range(some.size):
            cell = (some[j] >> _CELL_BIT) & np.uint32((1 << _SEX_BIT + 1) - 1)
            # With nobody abroad the factor is 1.
            total[some[j] & _PLACES] += by_cell[cell] * network[some[j] >> _KIN_BIT]


def _by_cell(table: Float) -> Float:
    """A table by (sex, age group, province) where :func:`_cells` looks for it."""
    wide = np.zeros((len(SEXES), 1 << _SEX_BIT - _GROUP_BIT, 1 << _GROUP_BIT))
    wide[:, : table.shape[1], : table.shape[2]] = table
    return wide.ravel()


def _edges(month: int) -> NDArray[np.int16]:
    """Last month of birth of each age group in order, and of those who are too old."""
    starts = [YOUNGEST + int(np.searchsorted(_GROUP, group)) for group in range(_GROUP.max() + 1)]
    return (month - 12 * np.array([*starts, OLDEST + 1])).astype(np.int16)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _set_hazards(
    first: int,
    last: int,
    rows: np.ndarray,
    early: np.ndarray,
    late: np.ndarray,
    by_cell: np.ndarray,
    network: np.ndarray,
    backfire: float,
    funded: float,
    houses: Houses,
) -> None:
    """``base`` of the households first to last - 1, a tile, from the rows of their members.

    ``early`` and ``late`` say where the rows of each tile begin in the pieces of the first and the second half of the persons.
    """
    sums = np.zeros((2, _TILE))
    _add_rows(rows, early, first // _TILE, by_cell, network, sums[0])
    _add_rows(rows, late, first // _TILE, by_cell, network, sums[1])
    deterrence, banished, base = houses.deterrence, houses.banished, houses.base
    extra, extra_left = houses.extra, houses.extra_left
    held, factor, power = np.empty(LANES), np.empty(LANES), np.empty(LANES, np.int64)
    for low in range(first, last, LANES):
        n = min(LANES, last - low)
        taken, sent, out = deterrence[low : low + n], banished[low : low + n], base[low : low + n]
        money, months = extra[low : low + n], extra_left[low : low + n]
        one, two = sums[0, low - first : low - first + n], sums[1, low - first : low - first + n]
        for i in range(n):
            held[i] = -taken[i]
        fill_exp(n, held, factor, power)
        for i in range(n):
            paid = funded if (months[i] > 0) & (money[i] > 0.0) else 1.0
            out[i] = (one[i] + two[i]) * factor[i] * (backfire if sent[i] == 2 else 1.0) * paid


def refresh(world: World, which: NDArray[np.integer] | None = None) -> None:
    """Recompute the hazards of some households, or of all."""
    tree, people, houses = world.tree, world.state.people, world.state.houses
    table, network = hazard_table(world), network_factor(world)
    backfire = math.exp(world.month.number("flight.backfire"))
    funded = math.exp(world.month.number("remittance.follow_on"))
    if which is None:
        rows, early, late = _rows_by_tile(world, network.size - 1)
        by_cell, n = _by_cell(table), world.state.num_houses
        over_rows(_set_hazards, n, rows, early, late, by_cell, network, backfire, funded, houses, block=_TILE)
        return
    some = np.unique(which).astype(np.int64)
    refresh_hazards(some, world.t, table, network, backfire, funded, tree, people, houses)


def _rows_by_tile(world: World, most: int) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int64]]:
    """Rows of all who may plan by piece of persons, tile and id; where they begin in pieces of each half, (pieces, tiles + 1).

    Members of a household are far from each other. Put in order by tile, the sums of a tile stay in a core's own cache.
    """
    tree, people, blocks = world.tree, world.state.people, world.awake()
    half, edges = blocks.size // 2, _edges(world.t)
    # Always two halves, so that sums are the same whatever the size of a piece.
    pieces = [blocks[a : min(a + _PIECE, half)] for a in range(0, half, _PIECE)]
    pieces += [blocks[a : a + _PIECE] for a in range(half, blocks.size, _PIECE)]
    # Each piece has room for all its persons: memory that is not written to is never there.
    room = _PIECE * BLOCK
    rows = np.empty(len(pieces) * room, np.uint32)
    begin = np.empty((len(pieces), -(-world.state.num_houses // _TILE) + 1), np.int64)
    persons = (tree.birth, tree.sex, people.where, people.province, people.kin_abroad, people.house)
    each(
        lambda i: _lay_out(pieces[i], BLOCK, i * room, edges, most, *persons, rows, begin[i]),
        list(range(len(pieces))),
    )
    first = -(-half // _PIECE)
    return rows, begin[:first], begin[first:]


@numba.njit(cache=True, nogil=True)
def _deter(
    first: int,
    last: int,
    patron: np.ndarray,
    house: np.ndarray,
    info: np.ndarray,
    relatedness: np.ndarray,
    circle: np.ndarray,
    career: np.ndarray,
    camp: np.ndarray,
    income: np.ndarray,
    chance: np.ndarray,
    camp_chance: float,
    total: np.ndarray,
) -> None:
    """Add what each patron would lose a head, times relatedness, to the households first to last - 1 that he is tied to.

    ``relatedness``, ``circle`` (the camp's) and ``chance`` of a career sanction are looked up by the relation.
    """
    total[first:last] = 0.0
    own = np.empty(TOGETHER, np.uint32)
    for low in range(0, house.size, TOGETHER):
        for j in range(ties_to(first, last, low, house, own, total)):
            i = own[j]
            k, relation = np.uint32(patron[i]), np.uint32(info[i])
            loss = career[k] * chance[relation] + camp[k] * circle[relation] * camp_chance
            total[np.uint32(house[i])] += relatedness[relation] * (loss * income[k])


def refresh_deterrence(world: World, here: NDArray[np.uint8] | None = None) -> None:
    """Log hazard taken off by kin left behind: post-holders by their ties, ordinary close kin by one reference adult.

    ``kappa * sum over known kin of known * r * E[loss of that kin | believed] / loss_ref``, losses a head. ``here`` as for
    :func:`close_kin_outside`.
    """
    month, state, ties = world.month, world.state, world.ties
    houses, people = state.houses, state.people
    n = state.num_houses
    has_ties = ties is not None and ties.size > 0
    total = np.empty(n) if has_ties else np.zeros(n)
    if ties is not None and has_ties:
        career, camp = loss_a_head(month)
        chance = np.concatenate(([0.0], month.vector("sanction.career_probability", "degree")))
        income = np.exp(month.vector("economy.province", "province"))
        if month.switch("belief.publicity"):  # the truth by rank and date takes the place of the reference
            spared = 1.0 - month.vector("sanction.shield", "rank")
            career, camp = career * month.vector("sanction.career_factor", "rank") * spared, camp * spared
        rank = people.post[ties.patrons].astype(np.int64)
        home = np.maximum(people.house[ties.patrons], 0)
        code = np.arange(RELATIONS)
        degree = np.minimum((code & STEPS) + ((code >> DOWN) & STEPS), chance.size - 1)
        kin = (ties.relation.relatedness, ties.relation.camp, career[rank], camp[rank])
        rest = (income[houses.province[home]], chance[degree], month.number("sanction.camp_flight"), total)
        # Each part of the households reads all ties: sums must be taken in their order.
        parts = halves_by_ties(ties.house, n)
        each(lambda part: _deter(*part, ties.patron, ties.house, ties.info, *kin, *rest), parts)
    close = close_kin_outside(world, here)
    scale = month.number("flight.kappa") / month.number("flight.loss_reference")
    held = float(month.switch("support.liability")) * scale * chance_confirmed(month)
    a0, b0 = month.number("belief.prior_hit"), month.number("belief.prior_miss")
    believed = (houses.province, houses.key, houses.hits, houses.misses, seen_nearby(world.beliefs), a0, b0)
    losses = (ordinary_loss(month), close, total)
    over_rows(_hold_back, n, held, month.switch("belief.publicity"), *believed, *losses, houses.deterrence)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _hold_back(
    first: int,
    last: int,
    held: float,
    public: bool,
    province: np.ndarray,
    key: np.ndarray,
    hits: np.ndarray,
    misses: np.ndarray,
    near: Nearby,
    a0: float,
    b0: float,
    ordinary: float,
    close: np.ndarray,
    total: np.ndarray,
    out: np.ndarray,
) -> None:
    """Deterrence of the households first to last - 1 from what post-holders and close kin would lose.

    Each at its belief over the mean of what is believed at first, both 1 where what happens is ``public``.
    """
    prior = 1.0 if public else a0 / (a0 + b0)
    belief, unit = np.ones(LANES), np.empty(LANES, np.uint32)
    for low in range(first, last, LANES):
        n = min(LANES, last - low)
        if not public:
            fill_beliefs(low, n, province, key, hits, misses, near, a0, b0, unit, belief)
        kin, lost, taken = close[low : low + n], total[low : low + n], out[low : low + n]
        for h in range(n):
            taken[h] = held * (belief[h] / prior) * (lost[h] + ordinary * kin[h])


def ordinary_loss(month: Month) -> float:
    """Expected loss a head of ordinary close kin of a confirmed leaver: camp or banishment, baskets."""
    median = month.vector("economy.median", "class")
    months = month.vector("loss.months", "grade")
    camp = month.number("sanction.camp_flight") * months[0] * median[0]
    banished = month.number("sanction.banish_flight") * months[1] * max(0.0, median[0] - median[-1])
    return float(camp + banished)


def note_whereabouts(world: World) -> tuple[Bits, Int32]:
    """Who lives and who is here, a bit a person each, and the household of whoever is here, else -1."""
    people, blocks = world.state.people, world.awake()
    bits = here_bits(world.t, people.where, world.tree.death)
    if world.roofs is None:
        world.roofs = Roofs.of_nobody(people.house.size)
    world.roofs.note_moves(world.state.num_houses, blocks, BLOCK, bits[1], people.house)
    return bits, world.roofs.home


def close_kin_outside(world: World, here: NDArray[np.uint8] | None = None) -> Float:
    """Sum of relatedness to living kin within 2 chon outside the household, for one adult of each household.

    ``here`` says who lives here, as :func:`note_whereabouts` has told it, if that has been asked since somebody moved last.
    """
    if here is None:
        here = note_whereabouts(world)[0][1]
    state, blocks, roofs = world.state, world.awake(), world.roofs
    assert roofs is not None
    return close_kin_sums(
        state.num_houses, world.t, blocks, BLOCK, here, world.tree, state.people, world.graph, roofs
    )


@numba.njit(cache=True, nogil=True)
def _candidates(
    first: int,
    last: int,
    key: np.uint64,
    month: int,
    cap: float,
    house_key: np.ndarray,
    base: np.ndarray,
    plan: np.ndarray,
    size: np.ndarray,
) -> np.ndarray:
    """Households whose draw is below the largest hazard they can have: of all others no plan begins."""
    out = np.empty(last - first, np.int64)
    count = 0
    word, low_draw = np.empty(LANES, np.uint64), np.zeros(LANES, np.uint8)
    # Hardly any draw is low enough: eight are passed over at a time.
    eight = low_draw.view(np.uint64)
    for low in range(first, last, LANES):
        n = min(LANES, last - low)
        level, planned, persons = base[low : low + n], plan[low : low + n], size[low : low + n]
        fill_bits(low, n, key, house_key, month, word)
        for i in range(n):
            low_draw[i] = as_uniform(word[i]) < level[i] * cap
        for j in range((n + 7) // 8):
            if eight[j] == 0:
                continue
            for i in range(8 * j, min(8 * j + 8, n)):
                out[count] = low + i
                count += (low_draw[i] > 0) & (planned[i] <= 0) & (persons[i] > 0)
    return out[:count].copy()


@numba.njit(cache=True)
def _new_plans(
    candidates: np.ndarray,
    month: int,
    keys: np.ndarray,
    alpha: float,
    unit_share: np.ndarray,
    table: np.ndarray,
    network: np.ndarray,
    tree: Tree,
    people: People,
    houses: Houses,
) -> int:
    """Begin plans among the candidates; returns how many.

    ``unit_share`` holds the shares of whole households and of mothers with children.
    """
    begun = 0
    for i in range(candidates.size):
        h = candidates[i]
        hazard = houses.base[h] * math.exp(alpha * houses.smoothed[h])
        if uniform(keys[0], houses.key[h], month) >= 1.0 - math.exp(-hazard):
            continue
        total = 0.0
        p = houses.head[h]
        while p >= 0:
            age = (month - tree.birth[p]) // 12
            total += _person_hazard(
                age, tree.sex[p], people.province[p], people.kin_abroad[p], people.where[p], table, network
            )
            p = people.next[p]
        pick = uniform(keys[1], houses.key[h], month) * total
        p = houses.head[h]
        leader = -1
        has_minor = False
        while p >= 0:
            age = (month - tree.birth[p]) // 12
            value = _person_hazard(
                age, tree.sex[p], people.province[p], people.kin_abroad[p], people.where[p], table, network
            )
            if value > 0.0 and (leader < 0 or pick >= 0.0):
                leader = p
                pick -= value
            has_minor = has_minor or month - tree.birth[p] < tree.adult
            p = people.next[p]
        if leader < 0:
            continue
        u = uniform(keys[2], houses.key[h], month)
        unit = SINGLE
        if houses.size[h] > 1 and u < unit_share[0]:
            unit = WHOLE_HOUSEHOLD
        elif has_minor and tree.sex[leader] == 0 and u < unit_share[0] + unit_share[1]:
            unit = MOTHER_CHILDREN
        houses.plan[h] = unit
        houses.leader[h] = leader
        begun += 1
    return begun


def those_who_plan(world: World) -> NDArray[np.int64]:
    """Households in which somebody plans to go, in order."""
    return rows_between(world.state.houses.plan[: world.state.num_houses], 1, np.iinfo(np.int8).max)


def step_plans(world: World) -> None:
    """Plans lapse and begin."""
    month, state = world.month, world.state
    houses = state.houses
    planning = those_who_plan(world)
    lapse = world.draw("flight.lapse", houses.key[planning]) < month.number("flight.plan_lapse")
    houses.plan[planning[lapse | (houses.size[planning] <= 0)]] = 0
    keys = np.array([world.key(f"flight.{x}") for x in ("plan", "leader", "unit")])
    shares = np.array([month.number("flight.whole_household"), month.number("flight.mother_children")])
    alpha = month.number("support.alpha")
    # Smoothed hardship lies between 0 and 1, and 1 - exp(-x) is at most x; a hair more for rounding.
    cap = math.exp(max(alpha, 0.0)) * (1.0 + 1e-9)
    candidates = over_rows(
        _candidates,
        state.num_houses,
        keys[0],
        world.t,
        cap,
        houses.key,
        houses.base,
        houses.plan,
        houses.size,
    )
    _new_plans(
        np.concatenate(candidates),
        world.t,
        keys,
        alpha,
        shares,
        hazard_table(world),
        network_factor(world),
        world.tree,
        state.people,
        houses,
    )
    standing = those_who_plan(world)
    world.recorder.add("flight.plans", standing.size)
    world.recorder.split(
        "flight.plans",
        "province",
        PROVINCES,
        np.bincount(houses.province[standing], minlength=len(PROVINCES)),
    )


@numba.njit(cache=True)
def _gather_units(
    going: np.ndarray, month: int, tree: Tree, people: People, houses: Houses
) -> tuple[np.ndarray, np.ndarray]:
    """Who leaves with each plan: offsets and persons, the leader first."""
    total = 0
    for i in range(going.size):
        total += houses.size[going[i]]
    out = np.empty(total, np.int32)
    offset = np.zeros(going.size + 1, np.int64)
    n = 0
    for i in range(going.size):
        h = going[i]
        leader = houses.leader[h]
        if people.house[leader] == h and people.where[leader] != ABROAD:
            out[n] = leader
            n += 1
            p = houses.head[h]
            while p >= 0:
                goes = houses.plan[h] == WHOLE_HOUSEHOLD
                if houses.plan[h] == MOTHER_CHILDREN and tree.birth_union[p] >= 0:
                    is_child = tree.wife[tree.birth_union[p]] == leader
                    goes = is_child and month - tree.birth[p] < tree.adult
                if goes and p != leader and people.where[p] != ABROAD:
                    out[n] = p
                    n += 1
                p = people.next[p]
        offset[i + 1] = n
    return offset, out[:n].copy()


@numba.njit(cache=True)
def _depart(persons: np.ndarray, month: int, where: int, tree: Tree, m: Membership) -> None:
    """Take people out of their households: to China, or to their death."""
    for i in range(persons.size):
        p = np.int64(persons[i])
        h = np.int64(m.house[p])
        leave(p, m)
        m.where[p] = where
        m.gone_since[p] = month
        m.post[p] = 0
        if h >= 0:
            settle_household(h, month, tree, m)


def step_attempts(world: World) -> None:
    """Plans become attempts; the border; then everyone who is already out."""
    month, state = world.month, world.state
    houses, people = state.houses, state.people
    planning = those_who_plan(world)
    goes = world.draw("flight.attempt", houses.key[planning]) < month.number("flight.plan_to_attempt")
    going = planning[goes]
    in_china = state.out
    if going.size:
        offset, persons = _gather_units(going, world.t, world.tree, people, houses)
        houses.plan[going] = 0
        if persons.size:
            _cross(world, offset, persons)
    _china(world, in_china)
    _count_stocks(world)


def _cross(world: World, offset: NDArray[np.int64], persons: Int32) -> None:
    """The river: stopped, dead, or in China."""
    month, state, recorder = world.month, world.state, world.recorder
    people, tree = state.people, world.tree
    size = np.diff(offset)
    leaders = persons[np.minimum(offset[:-1], persons.size - 1)]
    leader = np.repeat(leaders, size)
    province = people.province[persons].astype(np.int64)
    recorder.add("flight.attempts", persons.size)
    recorder.split("flight.attempts", "sex", SEXES, np.bincount(tree.sex[persons], minlength=2))
    recorder.split("flight.attempts", "province", PROVINCES, np.bincount(province, minlength=len(PROVINCES)))
    recorder.events(world.t, "attempt", persons, leader)
    recorder.add("flight.follow_on", (state.houses.banished[people.house[persons]] > 0).sum())
    section = month.vector("border.interdiction_section", "province")[people.province[leader]]
    stopped = world.draw("border.stop", leader) < np.minimum(
        1.0, month.number("border.interdiction") * section
    )
    died = ~stopped & (world.draw("border.death", persons) < month.number("border.death_crossing"))
    out = ~stopped & ~died
    recorder.add("flight.interdicted", stopped.sum())
    recorder.events(world.t, "interdicted", persons[stopped], leader[stopped])
    recorder.add("flight.died", died.sum())
    recorder.events(world.t, "died_crossing", persons[died], leader[died])
    _remember_units(world, persons[died | out])
    left = people.house[leader[out]]
    _depart(persons[died], world.t, DEAD, tree, state.membership)
    _depart(persons[out], world.t, TRANSIT, tree, state.membership)
    world.leader_of[persons[out]] = leader[out]
    state.out = np.concatenate([state.out, persons[out]])
    _file(world, leader[out], persons[out], left)
    shift_network(world, persons[out], 1)
    world.state.extra.setdefault("caught", []).append(persons[stopped])


def _remember_units(world: World, persons: Int32) -> None:
    """Neighbourhood from which each person left: its people will see what follows."""
    people, houses = world.state.people, world.state.houses
    house = people.house[persons]
    ok = house >= 0
    unit = world.beliefs.unit_of(houses.province[house[ok]], houses.key[house[ok]])
    world.unit_of_leaver.update(zip(persons[ok].tolist(), unit.tolist(), strict=True))


def _file(world: World, leader: Int32, persons: Int32, left: Int32) -> None:
    """What the files say of those who got out: absent, or, where a record can be bought, missing or dead."""
    state = world.state
    state.people.record[persons] = record_of(forge(world, leader, left))
    heads = np.unique(leader)
    state.watched = np.concatenate([state.watched, heads.astype(np.int32)])
    for head in heads.tolist():
        state.party_of[head] = persons[leader == head]


def shift_network(world: World, persons: NDArray[np.integer], by: int) -> None:
    """Close kin of people who got out, or came back, have one more or fewer relative abroad."""
    if len(persons) == 0:
        return
    people = world.state.people
    degree = int(world.month.number("flight.network_degree"))
    found = members(world.graph, f"chon<={degree}", np.asarray(persons, np.int32), month=world.t)
    touched, times = np.unique(found.person, return_counts=True)
    count = people.kin_abroad[touched] + by * times
    people.kin_abroad[touched] = np.clip(count, 0, 255)
    houses = people.house[touched]
    refresh(world, houses[houses >= 0])


def _china(world: World, persons: Int32) -> None:
    """Fates of those who were in China at the start of the month."""
    month, state, tree = world.month, world.state, world.tree
    people = state.people
    # Deaths of the life table have been applied in step 1: only the living are left here.
    persons = persons[(people.where[persons] == TRANSIT) | (people.where[persons] == SETTLED)]
    leader = world.leader_of[persons]
    transit = people.where[persons] == TRANSIT
    u = world.draw("china.fate", leader)
    settle = month.vector("border.settle", "sex")[tree.sex[leader]]
    edges = np.cumsum(
        np.stack(
            [
                np.where(transit, month.number("border.to_south"), month.number("border.settled_late")),
                np.where(transit, month.number("border.return"), month.number("border.settled_return")),
                np.where(
                    transit, month.number("border.repatriate"), month.number("border.settled_repatriate")
                ),
                np.where(transit, settle, 0.0),
            ]
        ),
        axis=0,
    )
    fate = (u[None, :] >= edges).sum(axis=0)
    died = transit & (world.draw("china.death", persons) < month.number("border.death_transit"))
    _die_in_china(world, persons[died])
    ok = ~died
    _arrive(world, persons[ok & (fate == 0)])
    come_back(world, persons[ok & (fate == 1)], "returned")
    back = persons[ok & (fate == 2)]
    come_back(world, back, "repatriated")
    world.state.extra.setdefault("caught", []).append(back)
    settled = persons[ok & (fate == 3) & transit]
    people.where[settled] = SETTLED
    world.recorder.events(world.t, "settled", settled)


def _die_in_china(world: World, persons: Int32) -> None:
    world.state.people.where[persons] = DEAD
    world.recorder.add("flight.died", persons.size)
    world.recorder.events(world.t, "died_china", persons)


def _arrive(world: World, persons: Int32) -> None:
    """Arrivals in the South, with those who came as families told apart."""
    recorder, people = world.recorder, world.state.people
    people.where[persons] = SOUTH
    world.state.arrived = np.concatenate([world.state.arrived, persons])
    recorder.add("flight.arrivals", persons.size)
    recorder.split("flight.arrivals", "sex", SEXES, np.bincount(world.tree.sex[persons], minlength=2))
    province = people.province[persons].astype(np.int64)
    recorder.split("flight.arrivals", "province", PROVINCES, np.bincount(province, minlength=len(PROVINCES)))
    _, which, size = np.unique(world.leader_of[persons], return_inverse=True, return_counts=True)
    recorder.add("flight.family_arrivals", (size[which] > 1).sum() if persons.size else 0)
    recorder.events(world.t, "arrived", persons, world.leader_of[persons])


@numba.njit(cache=True)
def _bring_home(
    persons: np.ndarray, month: int, num_houses: int, tree: Tree, formed: np.ndarray, m: Membership
) -> int:
    n = num_houses
    for i in range(persons.size):
        p = np.int64(persons[i])
        m.where[p] = HOME
        m.gone_since[p] = NEVER
        n = house_of_return(p, month, n, tree.wife.size, tree, formed, m)
    return n


def bring_home(world: World, persons: NDArray[np.integer]) -> None:
    """Put people back into a household: spouse's, children's, parents', or one of their own."""
    state = world.state
    state.reserve(len(persons))
    state.num_houses = _bring_home(
        np.asarray(persons, np.int32),
        world.t,
        state.num_houses,
        world.tree,
        state.union_formed,
        state.membership,
    )


def come_back(world: World, persons: Int32, how: str) -> None:
    """People come back from China, by themselves or by force."""
    people = world.state.people
    bring_home(world, persons)
    unconfirmed = persons[people.record[persons] != 3]
    people.record[unconfirmed] = NO_RECORD
    shift_network(world, persons, -1)
    world.recorder.add(f"flight.{how}", persons.size)
    world.recorder.events(world.t, how, persons, world.leader_of[persons])


def _count_stocks(world: World) -> None:
    state, recorder = world.state, world.recorder
    where = state.people.where[state.out]
    state.out = state.out[(where == TRANSIT) | (where == SETTLED)]
    where = state.people.where[state.out]
    recorder.add("flight.in_transit", (where == TRANSIT).sum())
    settled = state.out[where == SETTLED]
    recorder.add("flight.settled", settled.size)
    recorder.split("flight.settled", "sex", SEXES, np.bincount(world.tree.sex[settled], minlength=2))


def check_identity(world: World, before: dict[str, float]) -> None:
    """The identity of section 7 for one month: stock before + attempts = all fates + stock after."""
    recorder = world.recorder
    attempts = recorder.now("flight.attempts")
    fates = sum(
        recorder.now(f"flight.{x}") for x in ("interdicted", "died", "repatriated", "returned", "arrivals")
    )
    after = recorder.now("flight.in_transit") + recorder.now("flight.settled")
    if not math.isclose(before["stock"] + attempts, fates + after, abs_tol=0.5):
        raise RunError(
            f"flight identity broken in {format_month(world.t)}: {before['stock']} + {attempts} != {fates} + {after}"
        )
