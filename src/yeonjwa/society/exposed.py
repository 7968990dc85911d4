"""Kin of offenders who have something to lose: found by bits, looked at and struck on all threads.

Kin to the eighth degree are a thousand living persons an offence, of whom one in four has a post, a party card or studies. Who
may have any of these is kept as a bit a person for a year, since posts and cards are given in January only, so that a walk
through the kin passes over the others without a look at them. What is left is looked at in detail, offence by offence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import NEVER
from yeonjwa.core.memory import prefetch
from yeonjwa.core.parallel import each
from yeonjwa.core.randomness import uniform
from yeonjwa.kinship.blood import MARRIAGE, sort_keys, spot
from yeonjwa.kinship.circles import parse_circle
from yeonjwa.kinship.members import members
from yeonjwa.society.codes import ABROAD, BANISHED, DEAD, HOME, UNBORN
from yeonjwa.society.marriage import spouse_of
from yeonjwa.society.rows import BLOCK, gather_bits
from yeonjwa.society.state import People, Tree

if TYPE_CHECKING:
    from yeonjwa.society.world import World

Int32 = NDArray[np.int32]
Int = NDArray[np.int64]
Float = NDArray[np.float64]

#: Pieces in which the offences of a month are looked at, and offences of a piece at the least.
_PIECES, _LEAST = 8, 16
#: Blocks of persons that a thread takes at a time.
_BLOCKS = 256
#: Rows after which one is looked at whose person is asked for now.
_AHEAD = 16
#: Bits of a key below those of the person: degree and steps up, and the row.
_PERSON, _UP, _ROW = 36, 25, (1 << 25) - 1


class Rule(NamedTuple):
    """What a career sanction depends on in one month.

    ``month``; ``studies`` first and last age of studies; ``by_degree`` chance by degree, from 0; ``factor``, ``open`` (one
    less the shield) and ``depth`` by rank; ``spared`` share of married daughters who are let off; ``spare``, ``strike`` keys
    of draws.
    """

    month: int
    studies: Float
    by_degree: Float
    factor: Float
    open: Float
    depth: Float
    spared: float
    spare: np.uint64
    strike: np.uint64


class Struck(NamedTuple):
    """Who is struck: a row for each (offence, person), in order of offences; and the sum of chances of everyone in reach.

    ``info`` up, down, side and half of the nearest relation, as in :attr:`yeonjwa.kinship.members.Members.info`. Somebody
    related to several offences of the month counts in ``expected`` once, with the largest chance.
    """

    offence: Int
    person: Int32
    info: NDArray[np.int16]
    expected: float


def rule_of(world: World) -> Rule:
    """The rule of career sanctions at the current month."""
    month = world.month
    depth = month.vector("sanction.career_depth", "post")
    return Rule(
        world.t,
        np.array([month.number("sanction.study_first"), month.number("sanction.study_last")]),
        np.concatenate(([0.0], month.vector("sanction.career_probability", "degree"))),
        month.vector("sanction.career_factor", "rank"),
        1.0 - month.vector("sanction.shield", "rank"),
        np.concatenate(([depth.min()], depth)),
        month.number("sanction.spare_married_out"),
        world.key("sanction.married_out"),
        world.key("sanction.career"),
    )


def may_lose(world: World) -> NDArray[np.uint8]:
    """Who may have a post, a party card or studies to lose until next January: bits as kin queries take them.

    Nobody gains a post or a card after January; whoever has lost them or was sanctioned since is told from what he has now.
    """
    first, last = world.month.number("sanction.study_first"), world.month.number("sanction.study_last")
    season = (world.t - 1) // 12, first, last  # offences come before appointments in a January
    if world._exposed is None or world._exposed[0] != season:
        born = np.array([world.t - 12 * (last + 1), world.t + 12 - 12 * first])
        bits = np.zeros((world.tree.birth.size + 7) // 8 + 2, np.uint8)
        blocks, people = world.awake(), world.state.people
        pieces = [blocks[k : k + _BLOCKS] for k in range(0, blocks.size, _BLOCKS)]
        each(
            lambda piece: _fill_exposed(
                piece, born, people.where, people.post, people.party, world.tree.birth, bits
            ),
            pieces,
        )
        world._exposed = (season, bits)
    return world._exposed[1]


@numba.njit(cache=True, nogil=True)
def _fill_exposed(
    blocks: np.ndarray,
    born: np.ndarray,
    where: np.ndarray,
    post: np.ndarray,
    party: np.ndarray,
    birth: np.ndarray,
    bits: np.ndarray,
) -> None:
    """The bits of the persons of these blocks: of who has a post or a card, or was born between two months, and is not dead."""
    some = np.zeros(BLOCK, np.uint8)
    earliest, latest = born[0], born[1]
    for low in blocks:
        high = min(low + BLOCK, where.size)
        w, rank, card, month = where[low:high], post[low:high], party[low:high], birth[low:high]
        some[:] = 0
        for i in range(high - low):
            studies = (month[i] >= earliest) & (month[i] <= latest)
            alive = (w[i] != DEAD) & (w[i] != UNBORN)
            some[i] = alive & ((rank[i] > 0) | (card[i] == 1) | studies)
        gather_bits(some, bits, low // 8, (high - low + 7) // 8)


def strike(world: World, circle: str, offset: Int, offenders: Int32) -> Struck:
    """Whom the career reach strikes in the circle around each offence; married daughters are let off first.

    Parameters
    ----------
    circle : str
        Kin in reach.
    offset, offenders
        Who offended together: those of offence i are ``offenders[offset[i]:offset[i + 1]]``.
    """
    rule, state = rule_of(world), world.state
    blood = parse_circle(circle).as_blood is not None
    bits = may_lose(world) if blood else None
    count = offset.size - 1

    def look(piece: tuple[int, int]) -> tuple[np.ndarray, ...]:
        first, last = piece
        egos = offenders[offset[first] : offset[last]]
        if blood:
            found = members(world.graph, circle, egos, mask=bits)
        else:
            found = members(world.graph, circle, egos, month=world.t, union_mask=state.union_formed)
        within = offset[first : last + 1] - offset[first]
        rows: tuple[np.ndarray, ...] = _strike(
            first, within, egos, found.offset, found.person, found.info, rule, world.tree, state.people,
            state.union_formed,
        )  # fmt: skip
        return rows

    size = max(-(-count // _PIECES), _LEAST)
    rows = each(look, [(k, min(k + size, count)) for k in range(0, count, size)])
    person, chance, offence, struck, info = (np.concatenate(column) for column in zip(*rows, strict=True))
    return Struck(offence, struck, info, float(_sum_of_largest(person, chance)))


@numba.njit(cache=True, nogil=True)
def _strike(
    first: int,
    offset: np.ndarray,
    egos: np.ndarray,
    kin: np.ndarray,
    person: np.ndarray,
    info: np.ndarray,
    rule: Rule,
    tree: Tree,
    people: People,
    formed: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of each offence: everyone who has a chance of being struck, and it; then offence, person and relation of who is struck."""
    reached, chance = np.empty(person.size, np.int32), np.empty(person.size)
    offence, struck = np.empty(person.size, np.int64), np.empty(person.size, np.int32)
    relation = np.empty(person.size, np.int16)
    key = np.empty(0, np.int64)
    end, hits = np.int64(0), 0
    for i in range(offset.size - 1):
        low, high = kin[offset[i]], kin[offset[i + 1]]
        if key.size < 2 * (high - low):
            key = np.empty(4 * (high - low), np.int64)
        count = _exposed(
            low, high, person, info, rule.month, rule.studies, key,
            people.where, people.post, people.party, people.sanctioned, tree.birth,
        )  # fmt: skip
        if offset[i + 1] - offset[i] > 1:  # kin of one person stand in a walk once, and he does not
            sort_keys(key, count, np.int64(0))
            count = _nearest(key, count, egos[offset[i] : offset[i + 1]])
        begin = end
        end = _chances(
            key, count, low, info, begin, reached, chance, rule.by_degree, rule.factor, rule.open, rule.depth,
            people.post,
        )  # fmt: skip
        end = _spare(begin, end, key, low, info, reached, chance, rule, tree, formed)
        for j in range(begin, end):
            if uniform(rule.strike, np.int64(reached[j]), rule.month) < chance[j]:
                offence[hits], struck[hits] = first + i, reached[j]
                relation[hits] = info[low + (key[j - begin] & _ROW)]
                hits += 1
    return (
        reached[:end].copy(),
        chance[:end].copy(),
        offence[:hits].copy(),
        struck[:hits].copy(),
        relation[:hits].copy(),
    )


@numba.njit(cache=True)
def _exposed(
    low: int,
    high: int,
    person: np.ndarray,
    info: np.ndarray,
    month: int,
    studies: np.ndarray,
    key: np.ndarray,
    where: np.ndarray,
    post: np.ndarray,
    party: np.ndarray,
    sanctioned: np.ndarray,
    birth: np.ndarray,
) -> int:
    """Keys (person, degree, steps up, row) of the rows low to high - 1 of who is here with something to lose; their number."""
    count = 0
    for i in range(low, high):
        if i + _AHEAD < high:
            p = person[i + _AHEAD]
            prefetch(where, p)
            prefetch(post, p)
            prefetch(party, p)
            prefetch(sanctioned, p)
            prefetch(birth, p)
        p = person[i]
        w = where[p]
        if (w != HOME and w != BANISHED and w != ABROAD) or sanctioned[p] != NEVER:
            continue
        age = (month - np.int64(birth[p])) // 12
        if post[p] > 0 or party[p] == 1 or studies[0] <= age <= studies[1]:
            up, down = np.int64(info[i]) & 31, (np.int64(info[i]) >> 5) & 31
            key[count] = (np.int64(p) << _PERSON) | ((up + down) << 30) | (up << _UP) | (i - low)
            count += 1
    return count


@numba.njit(cache=True)
def _nearest(key: np.ndarray, count: int, egos: np.ndarray) -> int:
    """Keep the first of sorted keys for each person who is not among the egos; their number."""
    size, last = 0, np.int64(-1)
    for k in range(count):
        p = key[k] >> _PERSON
        if p == last:
            continue
        last = p
        own = False
        for e in range(egos.size):
            own = own or egos[e] == p
        if not own:
            key[size] = key[k]
            size += 1
    return size


@numba.njit(cache=True)
def _chances(
    key: np.ndarray,
    count: int,
    low: int,
    info: np.ndarray,
    begin: int,
    reached: np.ndarray,
    chance: np.ndarray,
    by_degree: np.ndarray,
    factor: np.ndarray,
    open_: np.ndarray,
    depth: np.ndarray,
    post: np.ndarray,
) -> int:
    """Persons with a chance and it, from row ``begin`` on, and their keys to the front; the row after the last."""
    end = begin
    for k in range(count):
        p, what = key[k] >> _PERSON, np.int64(info[low + (key[k] & _ROW)])
        degree, rank = (what & 31) + ((what >> 5) & 31), post[p]
        by_marriage = ((what >> 10) & 7) == MARRIAGE
        value = min(by_degree[min(int(degree), by_degree.size - 1)] * factor[rank], 1.0) * open_[rank]
        if value > 0.0 and (by_marriage or degree <= depth[rank]):
            reached[end], chance[end], key[end - begin] = p, value, key[k]
            end += 1
    return end


@numba.njit(cache=True)
def _spare(
    begin: int,
    end: int,
    key: np.ndarray,
    low: int,
    info: np.ndarray,
    reached: np.ndarray,
    chance: np.ndarray,
    rule: Rule,
    tree: Tree,
    formed: np.ndarray,
) -> int:
    """Leave out married daughters who are let off; the row after the last."""
    if rule.spared == 0.0:
        return end
    rows = np.empty(end - begin, np.int64)
    n = 0
    sex = tree.sex
    for j in range(begin, end):
        what = np.int64(info[low + (key[j - begin] & _ROW)])
        daughter = ((what >> 5) & 31) > 0 and ((what >> 10) & 7) != MARRIAGE and sex[reached[j]] == 0
        if daughter and uniform(rule.spare, np.int64(reached[j]), rule.month) < rule.spared:
            rows[n] = j
            n += 1
    rows = rows[:n]
    spouse = spouse_of(reached[rows], rule.month, tree, formed)
    to, k = begin, 0
    for j in range(begin, end):
        if k < n and rows[k] == j:
            k += 1
            if spouse[k - 1] >= 0:
                continue
        reached[to], chance[to], key[to - begin] = reached[j], chance[j], key[j - begin]
        to += 1
    return to


@numba.njit(cache=True, nogil=True)
def _sum_of_largest(person: np.ndarray, chance: np.ndarray) -> float:
    """Sum over persons of their largest chance."""
    bits = 1
    while 1 << bits < 2 * person.size + 2:
        bits += 1
    mask = (1 << bits) - 1
    place = np.full(mask + 1, -1, np.int32)
    largest = np.zeros(person.size)
    who = np.empty(person.size, np.int32)
    n = 0
    for i in range(person.size):
        at = spot(np.int64(person[i]), mask)
        while place[at] >= 0 and who[place[at]] != person[i]:
            at = (at + 1) & mask
        if place[at] < 0:
            place[at], who[n] = n, person[i]
            n += 1
        largest[place[at]] = max(largest[place[at]], chance[i])
    return float(largest[:n].sum())
