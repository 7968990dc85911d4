"""Step 7: offences, departures found out, sanctions on circles, recalls (MODEL.md, section 8).

Two reaches, never one. The camp reach takes a whole circle of close kin or nobody; the career reach touches each relative
with something to lose with a chance that falls with degree. A departure is an offence only once it is confirmed abroad:
everything here uses the record, not the truth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import NEVER
from yeonjwa.core.randomness import uniform
from yeonjwa.kinship.blood import MARRIAGE
from yeonjwa.kinship.members import members, up_down_side
from yeonjwa.society import capital
from yeonjwa.society.camps import intake
from yeonjwa.society.careers import end_posting
from yeonjwa.society.codes import (
    ABROAD,
    ABSENT,
    BANISHED,
    CAREER_GRADES,
    CONFIRMED,
    EXPATRIATE,
    HOME,
    HOSTILE,
    KIN,
    KIN_BY_STEPS,
    NO_POST,
    PROVINCES,
    RECORDED_MISSING,
    STAIN_CAMP,
    STAIN_LEAVER,
    WHEREABOUTS,
)
from yeonjwa.society.exits import escape
from yeonjwa.society.exposed import strike
from yeonjwa.society.marriage import career_circle, spared_daughters
from yeonjwa.society.state import Membership, People, Tree
from yeonjwa.society.world import World

Int32 = NDArray[np.int32]
Int = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: Kinds of offence: a confirmed departure, another political offence, people caught on the way.
FLIGHT, OTHER, CAUGHT = range(3)
OFFENCES = ("flight", "other", "caught")
#: Whereabouts within reach: free and in the country, or posted abroad.
HERE = (HOME, BANISHED, ABROAD)

#: Steps up or down from which on kin have no name of their own.
_FAR = 1 + max(max(steps) for steps in KIN_BY_STEPS)


def _kin_of_steps() -> Int:
    """Code of the kin type by steps up and steps down, as many as are told apart."""
    table = np.full((_FAR + 1, _FAR + 1), KIN.index("other"), np.int64)
    for steps, name in KIN_BY_STEPS.items():
        table[steps] = KIN.index(name)
    return table


_KIN_OF_STEPS = _kin_of_steps()


@dataclass
class Reached:
    """Kin in reach of the month's offences: one row for each (offence, person), the nearest relation kept.

    ``offence`` position in the month's list; ``person``; ``degree`` least chon; ``up``, ``down`` its steps; ``spouse``.
    """

    offence: Int
    person: Int32
    degree: Int
    up: Int
    down: Int
    spouse: Mask

    @staticmethod
    def of(offence: Int, person: Int32, info: NDArray[np.int16]) -> Reached:
        """Rows whose relations are given as in :attr:`yeonjwa.kinship.members.Members.info`."""
        up, down, side = up_down_side(info)
        steps = up.astype(np.int64), down.astype(np.int64)
        return Reached(offence, person, steps[0] + steps[1], *steps, side == MARRIAGE)

    def kin(self) -> Int:
        """Code of the kin type (position in KIN)."""
        out = _KIN_OF_STEPS[np.minimum(self.up, _FAR), np.minimum(self.down, _FAR)]
        out[self.spouse] = np.where(self.degree[self.spouse] == 0, KIN.index("spouse"), KIN.index("other"))
        return out


def kin_reached(
    world: World,
    circle: str,
    offset: Int,
    offenders: Int32,
    where: tuple[int, ...] = HERE,
) -> Reached:
    """Members of a circle around each offence who are in one of the whereabouts ``where``.

    The union over those who offended together; offenders are left out.
    """
    union_mask = world.state.union_formed if "spouse" in circle else None
    found = members(world.graph, circle, offenders, month=world.t, union_mask=union_mask)
    offence_of_ego = np.repeat(np.arange(offset.size - 1), np.diff(offset))
    offence = np.repeat(offence_of_ego, np.diff(found.offset))
    among = np.zeros(len(WHEREABOUTS), np.bool_)
    among[list(where)] = True
    there = np.flatnonzero(among[world.state.people.where[found.person]])
    order = there[np.lexsort((found.up[there], found.degree[there], found.person[there], offence[there]))]
    offence, person = offence[order], found.person[order]
    if offenders.size == offset.size - 1:  # nobody is his own kin, or stands among it twice
        return Reached.of(offence, person, found.info[order])
    first = np.ones(order.size, np.bool_)
    first[1:] = (offence[1:] != offence[:-1]) | (person[1:] != person[:-1])
    pairs = offence_of_ego * np.int64(world.tree.birth.size) + offenders
    rows = first & ~np.isin(offence * np.int64(world.tree.birth.size) + person, pairs)
    return Reached.of(offence[rows], person[rows], found.info[order[rows]])


def spare(world: World, reached: Reached) -> Reached:
    """Those in reach without the married daughters who are let off."""
    keep = ~spared_daughters(world, reached.person, reached.down, reached.spouse)
    return Reached(*(getattr(reached, f.name)[keep] for f in fields(reached)))


@numba.njit(cache=True)
def _other_offenders(
    key: np.uint64, month: int, chance: float, age: int, tree: Tree, people: People
) -> np.ndarray:
    """Who commits another political offence this month.

    Everyone ever is a candidate with the same small chance; the gaps between candidates are geometric, so that only
    candidates are visited; those who are not free adults in the country are passed over.
    """
    out = np.empty(64, np.int32)
    n = 0
    if chance <= 0.0:
        return out[:0]
    scale = math.log1p(-chance)
    p = -1
    step = 0
    while True:
        p += 1 + int(math.log(1.0 - uniform(key, step, month)) / scale)
        step += 1
        if p >= tree.birth.size:
            return out[:n].copy()
        if people.where[p] != HOME and people.where[p] != BANISHED:
            continue
        if month - tree.birth[p] < age:
            continue
        if n == out.size:
            bigger = np.empty(2 * n, np.int32)
            bigger[:n] = out
            out = bigger
        out[n] = p
        n += 1


def step_enforcement(world: World) -> None:
    """All offences of the month and what follows from them."""
    _caught(world)
    flights = find_out(world)
    others = _other_offenders(
        world.key("offence.other"),
        world.t,
        world.month.number("offence.rate") / 12.0,
        int(world.month.number("offence.min_age")) * 12,
        world.tree,
        world.state.people,
    )
    if others.size:
        world.recorder.events(world.t, "offence", others)
        intake(world, others, np.full(others.size, -1))
    punish(world, flights, FLIGHT)
    punish(world, [np.array([p], np.int32) for p in others.tolist()], OTHER)


def find_out(world: World) -> list[Int32]:
    """Departures that are confirmed abroad this month, each with those who left together."""
    month, state = world.month, world.state
    people = state.people
    watched = state.watched
    if watched.size == 0:
        return []
    still = (people.record[watched] == ABSENT) | (people.record[watched] == RECORDED_MISSING)
    watched = watched[still]
    hidden = people.record[watched] == RECORDED_MISSING
    survey = month.number("detection.survey")
    chance = np.where(hidden, month.number("detection.hidden"), month.number("detection.open"))
    chance = 1.0 - (1.0 - chance) * np.where(hidden, 1.0 - survey, 1.0)
    found = world.draw("detection.found", watched) < chance
    state.watched = watched[~found]
    groups = []
    for leader in watched[found].tolist():
        group = state.party_of.pop(leader)
        gone = group[(people.record[group] == ABSENT) | (people.record[group] == RECORDED_MISSING)]
        if gone.size == 0:
            continue
        people.record[gone] = CONFIRMED
        people.stain[gone] |= STAIN_LEAVER
        groups.append(gone)
        world.recorder.add("enforcement.confirmed", gone.size)
        world.recorder.events(world.t, "confirmed", gone, leader)
    return groups


def _caught(world: World) -> None:
    """People stopped at the river or sent back: some go to a camp, the others home, without post and party card."""
    persons = np.concatenate([*world.state.extra.pop("caught", []), np.empty(0, np.int32)]).astype(np.int32)
    people = world.state.people
    persons = persons[(people.where[persons] == HOME) | (people.where[persons] == BANISHED)]
    if persons.size == 0:
        return
    people.post[persons] = NO_POST
    people.party[persons] = 0
    to_camp = world.draw("border.camp", persons) < world.month.number("border.caught_camp")
    intake(world, persons[to_camp], np.full(int(to_camp.sum()), -1))
    punish(world, [np.array([p], np.int32) for p in persons[to_camp].tolist()], CAUGHT)


def punish(world: World, groups: list[Int32], kind: int) -> None:
    """Sanctions on the circles of the month's offences of one kind; beliefs and the family picture follow."""
    if not groups:
        return
    world.recorder.add("enforcement.offences", len(groups))
    offset = np.concatenate(([0], np.cumsum([g.size for g in groups]))).astype(np.int64)
    offenders = np.concatenate(groups).astype(np.int32)
    primary = offenders[offset[:-1]]
    outcome: dict[tuple[int, int], str] = {}
    taken = camp_reach(world, offset, offenders, primary, kind, outcome)
    banishments(world, offset, offenders, primary, kind, taken, outcome)
    recalls(world, offset, offenders, kind, outcome)
    career_reach(world, offset, offenders, taken, outcome)
    _observe(world, offset, offenders, primary, outcome)
    _keep_family(world, offset, offenders, kind, outcome)


def shield_of(world: World, reached: Reached, count: int) -> NDArray[np.float64]:
    """Chance that an offence's family is shielded: by the rank of its best placed member in reach."""
    rank = np.zeros(count, np.int64)
    np.maximum.at(rank, reached.offence, world.state.people.post[reached.person].astype(np.int64))
    return np.asarray(world.month.vector("sanction.shield", "rank")[rank])


def camp_reach(
    world: World,
    offset: Int,
    offenders: Int32,
    primary: Int32,
    kind: int,
    outcome: dict[tuple[int, int], str],
) -> Mask:
    """Arrest whole circles; returns which offences took their circle to a camp."""
    month, people = world.month, world.state.people
    n = primary.size
    reached = spare(world, kin_reached(world, month.text("sanction.camp_circle"), offset, offenders))
    chance = month.number("sanction.camp_other" if kind == OTHER else "sanction.camp_flight")
    chance_of = chance * (1.0 - shield_of(world, reached, n))
    arrested = world.draw(f"sanction.camp.{OFFENCES[kind]}", primary) < chance_of
    world.recorder.add("enforcement.expected", chance_of[reached.offence].sum())
    rows = np.flatnonzero(arrested[reached.offence])
    person, kin = reached.person[rows], reached.kin()[rows]
    spared = escape(world, person, kin)
    rows, person, kin = rows[~spared], person[~spared], kin[~spared]
    person, unique = np.unique(person, return_index=True)
    rows, kin = rows[unique], kin[unique]
    intake(world, person, kin)
    together = np.unique(reached.offence[rows]).size if kind != FLIGHT else 0
    world.recorder.add("camp.family_intake", person.size + together)
    _count_sanctions(world, kin, "camp")
    world.recorder.events(
        world.t, "camp", person, primary[reached.offence[rows]], reached.degree[rows].astype(np.int16)
    )
    for offence, p in zip(reached.offence[rows].tolist(), person.tolist(), strict=True):
        outcome[offence, p] = "camp"
    people.stain[person] |= STAIN_CAMP
    return arrested


def banishments(
    world: World,
    offset: Int,
    offenders: Int32,
    primary: Int32,
    kind: int,
    taken: Mask,
    outcome: dict[tuple[int, int], str],
) -> None:
    """Households of close kin sent away, where the circle was not arrested."""
    month = world.month
    reached = spare(world, kin_reached(world, month.text("sanction.banish_circle"), offset, offenders))
    chance = month.number("sanction.banish_other" if kind == OTHER else "sanction.banish_flight")
    chance_of = np.where(taken, 0.0, chance * (1.0 - shield_of(world, reached, primary.size)))
    struck = world.draw(f"sanction.banish.{OFFENCES[kind]}", primary) < chance_of
    people = world.state.people
    at_home = people.where[reached.person] == HOME
    world.recorder.add("enforcement.expected", chance_of[reached.offence[at_home]].sum())
    rows = np.flatnonzero(struck[reached.offence] & at_home)
    person, unique = np.unique(reached.person[rows], return_index=True)
    rows = rows[unique]
    _count_sanctions(world, reached.kin()[rows], "banishment")
    world.recorder.events(
        world.t, "banishment", person, primary[reached.offence[rows]], reached.degree[rows].astype(np.int16)
    )
    for offence, p in zip(reached.offence[rows].tolist(), person.tolist(), strict=True):
        outcome[offence, p] = "banishment"
    banish(world, person)
    if kind == FLIGHT:
        permit = month.number("residence.expelled") * (1.0 - shield_of(world, reached, primary.size))
        capital.step_permits(world, reached.offence, reached.person, np.where(taken, 0.0, permit), primary)


@numba.njit(cache=True)
def _move_banished(which: np.ndarray, how: np.ndarray, province: np.ndarray, m: Membership) -> None:
    for i in range(which.size):
        h = which[i]
        m.banished[h] = how[i]
        m.house_province[h] = province[i]
        p = np.int64(m.head[h])
        while p >= 0:
            if m.where[p] == HOME:
                m.where[p] = BANISHED
                m.post[p] = 0
            m.province[p] = province[i]
            p = np.int64(m.next[p])


#: Provinces without a land border with China, Pyongyang apart: where interior villages are.
INTERIOR = tuple(PROVINCES.index(x) for x in ("s_pyongan", "s_hwanghae", "n_hwanghae", "kangwon"))


def banish(world: World, persons: NDArray[np.integer]) -> None:
    """Move the households of these persons away: to an interior village without exit, or within the county.

    From the capital everyone has to go: to an interior village, or to another province.
    """
    people, houses = world.state.people, world.state.houses
    home = np.unique(people.house[persons])
    home = home[home >= 0]
    if home.size == 0:
        return
    key = houses.key[home]
    interior = world.draw("banish.interior", key) < world.month.number("flight.banished_interior")
    share = world.month.vector("population.province_share", "province")[list(INTERIOR)]
    edges = np.cumsum(share / share.sum())
    choice = np.searchsorted(edges, world.draw("banish.province", key), side="right")
    target = np.array(INTERIOR, np.int64)[np.minimum(choice, len(INTERIOR) - 1)]
    province = np.where(interior, target, houses.province[home]).astype(np.int8)
    province = capital.place_outside(world, home, province)
    _move_banished(home, np.where(interior, 1, 2).astype(np.int8), province, world.state.membership)


def recalls(
    world: World, offset: Int, offenders: Int32, kind: int, outcome: dict[tuple[int, int], str]
) -> None:
    """Expatriates with close kin among the confirmed are called home; some are punished."""
    month, people = world.month, world.state.people
    if not month.switch("recall.on"):
        return
    degree = int(month.number("recall.degree"))
    if degree == 0:
        return
    reached = kin_reached(world, f"chon<={degree}", offset, offenders, (ABROAD,))
    called = world.draw("recall.kin", reached.person) < month.number("recall.probability")
    called &= people.post[reached.person] == EXPATRIATE
    person, unique = np.unique(reached.person[called], return_index=True)
    offence = reached.offence[called][unique]
    if person.size == 0:
        return
    if kind == FLIGHT:
        world.recorder.add("recall.flight", person.size)
    recall(world, person, reached.degree[called][unique])
    punished = world.draw("recall.punished", person) < month.number("recall.punished")
    people.post[person[punished]] = NO_POST
    kin = reached.kin()[called][unique][punished]
    _count_sanctions(world, kin, "dismissal")
    world.recorder.events(world.t, "dismissal", person[punished])
    for o, p in zip(offence[punished].tolist(), person[punished].tolist(), strict=True):
        outcome[o, p] = "dismissal"


def recall(world: World, person: Int32, degree: Int | int = -1) -> None:
    """Bring expatriates home; the post ends with the tour."""
    world.recorder.add("recall.recalled", person.size)
    world.recorder.events(world.t, "recalled", person, -1, np.asarray(degree, np.int16))
    end_posting(world, person)


def career_chances(world: World, reached: Reached) -> NDArray[np.float64]:
    """Chance of a career sanction for each relative in reach; 0 for those with nothing to lose or sanctioned before.

    In-laws are in reach only to the degree the rule names.
    """
    month, people = world.month, world.state.people
    by_degree = np.concatenate(([0.0], month.vector("sanction.career_probability", "degree")))
    depth = month.vector("sanction.career_depth", "post")
    depth_of = np.concatenate(([depth.min()], depth))
    rank = people.post[reached.person].astype(np.int64)
    chance = by_degree[np.minimum(reached.degree, 8)] * month.vector("sanction.career_factor", "rank")[rank]
    chance = np.minimum(chance, 1.0) * (1.0 - month.vector("sanction.shield", "rank")[rank])
    within = reached.spouse | (reached.degree <= depth_of[rank])
    return np.where(has_something_to_lose(world, reached.person) & within, chance, 0.0)


def has_something_to_lose(world: World, person: Int32) -> Mask:
    """Who holds a post, is in the party or of an age to study, and has had no career sanction yet."""
    month, people = world.month, world.state.people
    age = world.ages(person)
    studies = (age >= month.number("sanction.study_first")) & (age <= month.number("sanction.study_last"))
    exposed = (people.post[person] > 0) | (people.party[person] == 1) | studies
    return np.asarray(exposed & (people.sanctioned[person] == NEVER))


def career_reach(
    world: World, offset: Int, offenders: Int32, taken: Mask, outcome: dict[tuple[int, int], str]
) -> None:
    """Career sanctions on kin with something to lose, degree by degree."""
    people = world.state.people
    depth = int(world.month.vector("sanction.career_depth", "post").max())
    if depth == 0:
        return
    found = strike(world, career_circle(world.month, depth), offset, offenders)
    world.recorder.add("enforcement.expected", found.expected)
    # Somebody related to two offenders of one month is counted once, by the first offence: one draw against the larger chance.
    person, rows = np.unique(found.person, return_index=True)
    reached = Reached.of(found.offence[rows], person, found.info[rows])
    grade = _career_grades(world, person)
    kin = reached.kin()
    people.sanctioned[person] = world.t
    for code, name in enumerate(CAREER_GRADES):
        struck = grade == code
        _count_sanctions(world, kin[struck], name)
        world.recorder.events(
            world.t,
            name,
            person[struck],
            offenders[offset[reached.offence[struck]]],
            reached.degree[struck].astype(np.int16),
        )
    for offence, p, g in zip(reached.offence.tolist(), person.tolist(), grade.tolist(), strict=True):
        outcome.setdefault((offence, p), CAREER_GRADES[g])
    apply_career(world, person, grade)


def _career_grades(world: World, person: Int32) -> Int:
    """Grade of each sanction: drawn by the mix, then fitted to what the person has to lose."""
    people = world.state.people
    edges = np.cumsum(world.month.vector("loss.career_mix", "career_grade"))
    grade = np.searchsorted(edges, world.draw("sanction.grade", person) * edges[-1], side="right")
    names = {name: code for code, name in enumerate(CAREER_GRADES)}
    grade = np.minimum(grade, len(CAREER_GRADES) - 1)
    grade = np.where((grade == names["dismissal"]) & (people.post[person] == 0), names["party_loss"], grade)
    grade = np.where((grade == names["party_loss"]) & (people.party[person] == 0), names["bar"], grade)
    already = people.where[person] != HOME
    return np.where((grade == names["banishment"]) & already, names["bar"], grade).astype(np.int64)


def apply_career(world: World, person: Int32, grade: Int) -> None:
    """Make career sanctions effective."""
    people = world.state.people
    names = {name: code for code, name in enumerate(CAREER_GRADES)}
    dismissed = person[grade == names["dismissal"]]
    abroad = dismissed[people.where[dismissed] == ABROAD]
    end_posting(world, abroad)
    people.post[dismissed] = NO_POST
    people.party[person[grade == names["party_loss"]]] = 0
    people.barred[person[grade == names["bar"]]] = 1
    demoted = person[grade == names["demotion"]]
    people.songbun[demoted] = np.minimum(people.songbun[demoted] + 1, HOSTILE)
    banish(world, person[grade == names["banishment"]])


def _count_sanctions(world: World, kin: Int, grade: str) -> None:
    recorder = world.recorder
    recorder.add("enforcement.sanctioned", kin.size)
    recorder.add("enforcement.sanctioned", kin.size, "grade", grade)
    recorder.split("enforcement.sanctioned", "kin", KIN, np.bincount(kin, minlength=len(KIN)))


def _observe(
    world: World, offset: Int, offenders: Int32, primary: Int32, outcome: dict[tuple[int, int], str]
) -> None:
    """Households of known kin within 3 chon, and the neighbourhood, see whether anybody was punished."""
    people, houses = world.state.people, world.state.houses
    punished = np.zeros(primary.size, np.bool_)
    for reached_by, _ in outcome:
        punished[reached_by] = True
    seen = kin_reached(world, "chon<=3", offset, offenders, (HOME, BANISHED))
    pair = seen.offence * np.int64(world.state.num_houses + 1) + people.house[seen.person]
    pair = np.unique(pair[people.house[seen.person] >= 0])
    offence, house = pair // (world.state.num_houses + 1), pair % (world.state.num_houses + 1)
    hit = punished[offence]
    np.add.at(houses.hits, house[hit], np.float32(1.0))
    np.add.at(houses.misses, house[~hit], np.float32(1.0))
    for i, p in enumerate(primary.tolist()):
        unit = world.unit_of_leaver.get(p)
        if unit is None:
            continue
        if punished[i]:
            world.beliefs.hits[unit] += 1.0
        else:
            world.beliefs.misses[unit] += 1.0


def _keep_family(
    world: World, offset: Int, offenders: Int32, kind: int, outcome: dict[tuple[int, int], str]
) -> None:
    """Remember the recorded flight that reached most kin: the report draws its family."""
    if not world.recorder.recording or kind != FLIGHT or not outcome:
        return
    counts = np.bincount([o for o, _ in outcome], minlength=offset.size - 1)
    camps = np.bincount([o for (o, _), g in outcome.items() if g == "camp"], minlength=offset.size - 1)
    score = counts + 3 * np.minimum(camps, 4)
    best = int(np.argmax(score))
    if score[best] <= world.family.get("score", 0):
        return
    world.family = {
        "score": int(score[best]),
        "month": world.t,
        "kind": OFFENCES[kind],
        "offender": int(offenders[offset[best]]),
        "circle": world.month.text("sanction.camp_circle"),
        "reached": {p: grade for (o, p), grade in outcome.items() if o == best},
        "post": {},
    }
    people = world.state.people
    world.family["post"] = {p: int(people.post[p]) for p in world.family["reached"]}
