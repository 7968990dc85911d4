"""Step 10, in January: retirements, party admission, vacancies and vetting, postings (MODEL.md, section 10)."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.lanes import LANES, fill_bits
from yeonjwa.core.parallel import each
from yeonjwa.core.randomness import as_uniform, uniform
from yeonjwa.society import admission, capital, vetting
from yeonjwa.society.codes import (
    ABROAD,
    BANISHED,
    EXPATRIATE,
    HOME,
    NO_POST,
    OFFICIAL,
    POSTS,
    PROVINCES,
    SENIOR,
)
from yeonjwa.society.marriage import spouse_of
from yeonjwa.society.rows import (
    ANY_POST,
    BLOCK,
    Standing,
    count_standing,
    free_of_blame,
    pick,
    rows_between,
    some_at_a_time,
)
from yeonjwa.society.state import Membership, People, Tree
from yeonjwa.society.world import World

Mask = NDArray[np.bool_]
Int = NDArray[np.int64]
Checks = dict[int, vetting.Check]

PYONGYANG = PROVINCES.index("pyongyang")
#: Posts in the order in which vacancies are filled: the best are chosen first.
ORDER = (SENIOR, EXPATRIATE, 4, OFFICIAL, 1)
#: Candidates looked at for each vacancy before the search is given up for the year.
SEARCH = 60
#: Candidates or so from whom it is told where in the order the first of all stand.
SAMPLE = 1 << 13
#: Room for the rounding of a draw against its bound.
SLACK = 1.0 + 1e-9


@numba.njit(cache=True)
def _post_abroad(person: np.ndarray, family: np.ndarray, m: Membership, tree: Tree) -> None:
    """Send people abroad; where ``family`` is set, spouse and children of the household go along."""
    for i in range(person.size):
        p = person[i]
        h = m.house[p]
        m.where[p] = ABROAD
        m.size[h] -= 1
        if not family[i]:
            continue
        q = m.head[h]
        while q >= 0:
            u = tree.birth_union[q]
            is_child = u >= 0 and (tree.wife[u] == p or tree.husband[u] == p)
            is_spouse = False
            for k in range(tree.union_offset[p], tree.union_offset[p + 1]):
                v = tree.union_list[k]
                is_spouse = is_spouse or tree.wife[v] + tree.husband[v] - p == q
            if q != p and (is_child or is_spouse) and m.where[q] == HOME and m.post[q] == 0:
                m.where[q] = ABROAD
                m.size[h] -= 1
            q = m.next[q]


@numba.njit(cache=True)
def _return_home(person: np.ndarray, m: Membership) -> None:
    """End postings: the expatriate and the family that went along are home again."""
    for i in range(person.size):
        h = m.house[person[i]]
        m.post[person[i]] = 0
        others = False
        q = m.head[h]
        while q >= 0:
            others = others or (m.where[q] == ABROAD and m.post[q] == EXPATRIATE)
            q = m.next[q]
        q = m.head[h]
        while q >= 0:
            if m.where[q] == ABROAD and (q == person[i] or not others):
                m.where[q] = BANISHED if m.banished[h] > 0 else HOME
                m.size[h] += 1
            q = m.next[q]


@numba.njit(cache=True, nogil=True)
def _bring_stranded_home(abroad: np.ndarray, m: Membership) -> int:
    """Family abroad without the expatriate (who died, or whom a child left to marry) comes home; returns how many."""
    count = 0
    for i in range(abroad.size):
        p = abroad[i]
        if m.post[p] == EXPATRIATE:
            continue
        h = m.house[p]
        q = m.head[h]
        while q >= 0 and not (m.where[q] == ABROAD and m.post[q] == EXPATRIATE):
            q = m.next[q]
        if q < 0:
            m.where[p] = BANISHED if m.banished[h] > 0 else HOME
            m.size[h] += 1
            count += 1
    return count


def end_posting(world: World, person: NDArray[np.integer]) -> None:
    """Bring expatriates home; their post ends."""
    ids = np.asarray(person, np.int32)
    people = world.state.people
    ids = ids[(people.where[ids] == ABROAD) & (people.post[ids] == EXPATRIATE)]
    if ids.size:
        _return_home(ids, world.state.membership)


def step_postings(world: World) -> None:
    """Every month: other recalls at a dated rate, so that the share due to flight is an output."""
    people = world.state.people
    if world.posted is None:
        return
    # Nobody is posted between January and January: they are among those whose incomes were told this month.
    posted = world.posted.person
    posted = posted[(people.post[posted] == EXPATRIATE) & (people.where[posted] == ABROAD)]
    rate = 1.0 - (1.0 - world.month.number("recall.other")) ** (1.0 / 12.0)
    called = posted[world.draw("recall.other", posted) < rate]
    world.recorder.add("recall.recalled", called.size)
    world.recorder.events(world.t, "recalled", called)
    end_posting(world, called)


def step_careers(world: World, initial: bool = False) -> None:
    """The January round: leave posts, admit to the party, check and appoint.

    ``initial`` fills the country for the first time, when age limits of admission do not yet bind.
    """
    retire(world)
    _bring_stranded_home(rows_between(world.state.people.where, ABROAD, ABROAD), world.state.membership)
    month = world.month
    depths = np.union1d(month.vector("vetting.depth", "post"), month.vector("vetting.inlaw_degree", "post"))
    # A depth of 0 is a check of nobody but the candidate.
    wanted = [int(d) for d in depths if d > 0 or d in month.vector("vetting.depth", "post")]
    _ = world.awake()  # made now, before two threads ask for it
    # How far files are seen is handed on from union to union, on one thread: meanwhile the other finds who applies.
    beside = [lambda: vetting.checks(world, wanted), lambda: apply(world, initial)]
    checks, (standing, applied) = each(lambda part: part(), beside)
    admit(world, checks, standing, applied)
    appointed = appoint(world, checks, standing)
    # Nobody else has come to a post; whoever is promoted held one. A stable sort takes runs in order as they are.
    listed = np.sort(np.concatenate((_holders(world), *appointed)), kind="stable")
    world.holders = listed[np.diff(listed, prepend=-1) > 0]


def _holders(world: World) -> NDArray[np.int64]:
    """Those who were listed last and still hold a post."""
    return np.asarray(world.holders[world.state.people.post[world.holders] != NO_POST])


def retire(world: World) -> None:
    """Leave by age, by turnover, and at the end of a tour abroad."""
    month, people = world.month, world.state.people
    holders = _holders(world)
    rank = people.post[holders].astype(np.int64)
    age = world.ages(holders)
    old = age >= month.by_rank("post.retire_age")[rank]
    left = world.draw("post.turnover", holders) < month.number("post.turnover")
    served = world.t - people.post_since[holders].astype(np.int64)
    tour = (rank == EXPATRIATE) & (served >= 12 * month.number("post.tour"))
    leaves = np.where(rank == EXPATRIATE, old | tour, old | left)
    gone = holders[leaves]
    world.recorder.events(world.t, "retired", gone)
    end_posting(world, gone)
    people.post[gone] = NO_POST


def apply(world: World, initial: bool) -> tuple[Standing, NDArray[np.integer] | None]:
    """The country's counts, and who applies for the party this year; None if it has no room.

    At the start it is filled from everyone of age.
    """
    month, people, tree = world.month, world.state.people, world.tree
    standing = count_standing(world.awake(), admission.latest_birth(world), len(POSTS), tree, people)
    if _room(world, standing) < 1:
        return standing, None
    limit = month.number("party.oldest" if initial else "party.age_limit")
    youngest, oldest = _months_of_age(month.number("party.min_age"), limit + 1)
    eligible = pick(world.awake(), world.t, youngest, oldest, True, 0, ANY_POST, tree, people)
    return standing, eligible if initial else admission.applicants(world, eligible, standing)


def _room(world: World, standing: Standing) -> float:
    """Members that the party lacks to its published size."""
    return world.month.number("party.members") * world.scale - standing.members


def admit(world: World, checks: Checks, standing: Standing, applied: NDArray[np.integer] | None) -> None:
    """Admission of applicants to the party up to its published size; a visible stain within the shallowest depth bars."""
    if applied is None:
        return
    month, people, wanted = world.month, world.state.people, _room(world, standing)
    clean = checks[int(month.vector("vetting.depth", "post").min())].degree[applied] == vetting.NO_STAIN
    world.recorder.add("party.applied", applied.size)
    world.recorder.add("party.refused", (~clean).sum())
    fit, key = applied[clean], world.key("party.admit")
    weight = month.vector("party.songbun_weight", "songbun")
    men = month.number("party.men_share")
    for sex, share in ((1, men), (0, 1.0 - men)):
        rest = (world.t, world.tree.sex, people.songbun)
        weigh = partial(_weigh_sex, sex, weight, key, *rest)
        chosen = first_in_order(world, "party.admit", fit, int(round(wanted * share)), weigh)
        people.party[chosen] = 1
        world.recorder.events(world.t, "admitted", chosen)


@numba.njit(cache=True, nogil=True)
def _weigh_sex(
    wanted: int,
    songbun_weight: np.ndarray,
    key: np.uint64,
    month: int,
    sex: np.ndarray,
    songbun: np.ndarray,
    pool: np.ndarray,
    bound: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Those of one sex, and the weight of each; some whose draw is above ``bound`` times it are left out."""
    out, weight = np.empty(pool.size, np.int64), np.empty(pool.size)
    n = 0
    for i in range(pool.size):
        p = pool[i]
        w = songbun_weight[songbun[p]]
        if sex[p] == wanted and not uniform(key, p, month) > bound * w:
            out[n], weight[n] = p, w
            n += 1
    return out[:n].copy(), weight[:n].copy()


Weigh = Callable[[NDArray[np.integer], float], tuple[Int, NDArray[np.float64]]]


def first_in_order(
    world: World, name: str, pool: NDArray[np.integer], count: int, weigh: Weigh
) -> NDArray[np.int64]:
    """The first ``count`` of a random order in which heavier ones come earlier (Efraimidis and Spirakis 2006).

    The order is that of ``-log(1 - u) / weight``, which is never below ``u / weight``: where few are wanted, a sample says below
    which bound they are to be found, and nobody else needs a look. ``weigh(pool, bound)`` gives candidates of a pool with their
    weights, and may leave out whose draw in the stream ``name`` is above ``bound * weight``.
    """
    if count <= 0 or pool.size == 0:
        return np.empty(0, np.int64)
    bound, stride = np.inf, max(pool.size // SAMPLE, 1)
    if stride > 1:
        key = np.sort(_order_of(world, name, *weigh(np.ascontiguousarray(pool[::stride]), np.inf))[1])
        place = count // stride + 4 * math.isqrt(count // stride) + 4
        bound = float(key[place]) if place < key.size else np.inf
    candidates, key = _order_of(world, name, *_weigh_parts(weigh, pool, bound * SLACK))
    if np.count_nonzero(key <= bound) < count and bound < np.inf:
        candidates, key = _order_of(world, name, *weigh(pool, np.inf))
    if count < candidates.size:
        nearest = np.argpartition(key, count - 1)[:count]
        candidates, key = candidates[nearest], key[nearest]
    return candidates[np.argsort(key, kind="stable")]


def _weigh_parts(weigh: Weigh, pool: NDArray[np.integer], bound: float) -> tuple[Int, NDArray[np.float64]]:
    """What ``weigh`` says of a pool, each half on a thread of its own if it is large."""
    half = pool.size // 2
    parts = [pool] if pool.size <= SAMPLE else [pool[:half], pool[half:]]
    found, weight = zip(*each(lambda part: weigh(part, bound), parts), strict=True)
    return np.concatenate(found), np.concatenate(weight)


def _order_of(
    world: World, name: str, candidates: Int, weight: NDArray[np.float64]
) -> tuple[Int, NDArray[np.float64]]:
    """Candidates who have any weight, and what they are ordered by."""
    keep = weight > 0
    candidates, weight = candidates[keep], weight[keep]
    return candidates, -np.log1p(-world.draw(name, candidates)) / weight


@numba.njit(cache=True, nogil=True)
def _pool(
    blocks: np.ndarray,
    block: int,
    month: int,
    youngest: int,
    oldest: int,
    tree: Tree,
    people: People,
    women: np.ndarray,
    men: np.ndarray,
    women_members: np.ndarray,
    men_members: np.ndarray,
) -> tuple[int, int, int, int]:
    """Write who may be considered for a post, by sex, all and members of the party; returns how many of each.

    Those at home who are neither barred nor stained, without a post or officials who may be promoted, as
    :func:`yeonjwa.society.rows.pick` has them.
    """
    columns = (tree.birth, people.where, people.barred, people.stain)
    sex, party, post = tree.sex, people.party, people.post
    some, keep = np.empty(block + 1, np.int32), np.empty(block, np.bool_)
    a, b, c, d = 0, 0, 0, 0
    for k in range(blocks.size):
        n, low, high = 0, blocks[k], min(blocks[k] + block, sex.size)
        free_of_blame(low, high, month - oldest, month - youngest, False, *columns, keep)
        r = post[low:high]
        for i in range(high - low):
            keep[i] &= (r[i] == NO_POST) | (r[i] == OFFICIAL)
        for i in range(high - low):
            some[n] = low + i
            n += int(keep[i])
        for i in range(n):
            p = some[i]
            man, member = int(sex[p] == 1), int(party[p] == 1)
            women[a], men[b], women_members[c], men_members[d] = p, p, p, p
            a += 1 - man
            b += man
            c += (1 - man) & member
            d += man & member
    return a, b, c, d


def _pools(world: World, youngest: int, oldest: int) -> list[NDArray[np.int32]]:
    """Who may be considered for any post: women, men, women and men who are members of the party."""
    blocks = world.awake()

    def part(some: NDArray[np.int64]) -> list[NDArray[np.int32]]:
        out = [np.empty(BLOCK * some.size + 1, np.int32) for _ in range(4)]
        number = _pool(some, BLOCK, world.t, youngest, oldest, world.tree, world.state.people, *out)
        return [row[:n].copy() for row, n in zip(out, number, strict=True)]

    parts = each(part, some_at_a_time(blocks))
    return each(np.concatenate, list(zip(*parts, strict=True)))


def appoint(world: World, checks: Checks, standing: Standing) -> list[Int]:
    """Fill vacancies from candidates who pass the check of the post's depth; keeps ``standing`` up to date.

    Returns who was appointed.
    """
    month, appointed = world.month, list[Int]()
    living = float(standing.present + standing.camp)
    share = month.vector("post.share", "post")
    youngest, oldest = _months_of_age(
        month.vector("post.min_age", "post").min(), month.vector("post.retire_age", "post").max() - 2
    )
    pools = _pools(world, youngest, oldest)
    depth = month.vector("vetting.depth", "post").astype(int)
    for code in ORDER:
        i = code - 1
        holders = int(standing.holders[code])
        vacancies = int(np.floor(share[i] * living + world.draw("post.round", np.array([code]))[0])) - int(
            holders
        )
        if vacancies <= 0:
            continue
        men = month.vector("post.men_share", "post")[i]
        members = month.vector("post.party_required", "post")[i] >= 0.5
        for sex, part in ((1, men), (0, 1.0 - men)):
            count = int(np.floor(vacancies * part + world.draw("post.sex", np.array([2 * code + sex]))[0]))
            if count > 0:
                pool = pools[sex + 2 if members else sex]
                chosen, promoted = _fill(world, code, pool, count, checks, int(depth[i]))
                standing.holders[code] += chosen.size
                standing.holders[OFFICIAL] -= promoted
                appointed.append(chosen)
    return appointed


@numba.njit(cache=True, nogil=True)
def _weigh(
    pool: np.ndarray,
    code: int,
    youngest: int,
    oldest: int,
    songbun_weight: np.ndarray,
    factor: np.ndarray,
    key: np.uint64,
    month: int,
    bound: float,
    tree: Tree,
    people: People,
) -> tuple[np.ndarray, np.ndarray]:
    """Who of the pool may be considered for a post, and the weight of each.

    ``factor`` holds what living in the capital, membership and promotion multiply a weight by. Left out is whose draw is above
    ``bound`` times the weight.
    """
    birth, where, post = tree.birth, people.where, people.post
    songbun, province, party = people.songbun, people.province, people.party
    top = bound * songbun_weight.max() * max(factor[0], 1.0) * max(factor[1], 1.0)
    if code == SENIOR:  # nobody else is promoted
        top *= max(factor[2], 1.0)
    out, weight = np.empty(pool.size, np.int64), np.empty(pool.size)
    some, word, near = np.empty(LANES, np.int64), np.empty(LANES, np.uint64), np.empty(LANES, np.int64)
    n = 0
    for low in range(0, pool.size, LANES):
        size = min(LANES, pool.size - low)
        for i in range(size):
            some[i] = pool[low + i]
        fill_bits(0, size, key, some, month, word)
        count = 0
        for i in range(size):
            near[count] = i
            count += int(not as_uniform(word[i]) > top)
        for j in range(count):
            p, u = some[near[j]], as_uniform(word[near[j]])
            age = month - birth[p]
            if where[p] != HOME or age < youngest or age > oldest:
                continue
            promoted = code == SENIOR and post[p] == OFFICIAL
            if post[p] != NO_POST and not promoted:
                continue
            w = songbun_weight[songbun[p]]
            w *= factor[0] if province[p] == PYONGYANG else 1.0
            w *= factor[1] if party[p] == 1 else 1.0
            w *= factor[2] if promoted else 1.0
            if not u > bound * w:
                out[n], weight[n] = p, w
                n += 1
    return out[:n].copy(), weight[:n].copy()


def _candidates(
    world: World, code: int, pool: NDArray[np.integer], bound: float
) -> tuple[Int, NDArray[np.float64]]:
    """Who may be considered for a post, and the weight of each; some whose draw is above ``bound`` times it are left out."""
    month, i = world.month, code - 1
    youngest, oldest = _months_of_age(
        month.vector("post.min_age", "post")[i], month.vector("post.retire_age", "post")[i] - 2
    )
    factor = [month.vector("post.pyongyang", "post")[i]]
    factor += [month.number("post.party_weight"), month.number("post.promotion_weight")]
    found: tuple[Int, NDArray[np.float64]] = _weigh(
        pool,
        code,
        youngest,
        oldest,
        month.vector("post.songbun_weight", "songbun"),
        np.array(factor),
        world.key(_stream(code)),
        world.t,
        bound,
        world.tree,
        world.state.people,
    )
    return found


def _months_of_age(youngest: float, below: float) -> tuple[int, int]:
    """First and last month of life in which the age in completed years is at least ``youngest`` and below ``below``."""
    return 12 * int(np.ceil(youngest)), 12 * int(np.ceil(below)) - 1


def _stream(code: int) -> str:
    """Stream of the draws that order the candidates for a post."""
    return f"post.{POSTS[code - 1]}"


def _fill(
    world: World, code: int, pool: NDArray[np.integer], count: int, checks: Checks, depth: int
) -> tuple[Int, int]:
    """Check candidates until the vacancies are filled; who was chosen, and how many of them gave up another post."""
    nearest = checks[depth]
    inlaws = int(world.month.vector("vetting.inlaw_degree", "post")[code - 1])
    # Nearly always the first few pass; where they do not, all are looked at who may be before the search is given up.
    for search in (2 * count, SEARCH * count):
        order = first_in_order(world, _stream(code), pool, search, partial(_candidates, world, code))
        visible = nearest.degree[order] <= depth
        spouse = _stained_inlaws(world, order, checks, inlaws)
        by_marriage = (spouse >= 0) & ~visible
        visible |= by_marriage
        passed = np.flatnonzero(~visible)
        if passed.size >= count or order.size < search:
            break
    last = passed[count - 1] + 1 if passed.size >= count else order.size
    checked = order[:last]
    chosen = checked[~visible[:last]][:count]
    blood = checked[visible[:last] & ~by_marriage[:last]]
    _count_checks(world, code, checked, blood, nearest, depth)
    _count_inlaws(world, code, checked[by_marriage[:last]], spouse[:last][by_marriage[:last]], checks, inlaws)
    people = world.state.people
    promoted = int((people.post[chosen] == OFFICIAL).sum())
    people.post[chosen] = code
    people.post_since[chosen] = world.t
    world.recorder.events(world.t, "appointed", chosen, -1, -1, float(code))
    capital.move_in(world, chosen, code)
    if code == EXPATRIATE and chosen.size:
        family = world.draw("post.family", chosen) >= world.month.number("post.hostage")
        _post_abroad(chosen.astype(np.int32), family, world.state.membership, world.tree)
    return chosen, promoted


def _stained_inlaws(world: World, order: Int, checks: Checks, degree: int) -> Int:
    """Spouse of each candidate whose blood kin, or who, is a visible stain within ``degree``; else -1."""
    if degree == 0:
        return np.full(order.size, -1, np.int64)
    spouse = spouse_of(order, world.t, world.tree, world.state.union_formed)
    stained = checks[degree].degree[np.maximum(spouse, 0)] <= degree
    return np.where(stained & (spouse >= 0), spouse, -1)


def _count_inlaws(world: World, code: int, refused: Int, spouse: Int, checks: Checks, degree: int) -> None:
    """Refusals for kin of the spouse, by the degree of the spouse to them; the spouse himself counts as 1."""
    if refused.size == 0:
        return
    recorder, people, found = world.recorder, world.state.people, checks[degree].of(spouse)
    recorder.add("vetting.refused", refused.size)
    recorder.add("vetting.refused", refused.size, "post", POSTS[code - 1])
    province = people.province[refused].astype(np.int64)
    recorder.split("vetting.refused", "province", PROVINCES, np.bincount(province, minlength=len(PROVINCES)))
    chon = np.maximum(vetting.chon_to(found, degree, world), 1)
    recorder.split(
        "vetting.refused", "degree", tuple(str(d) for d in range(1, 9)), np.bincount(chon, minlength=9)[1:9]
    )
    recorder.add("vetting.refused", refused.size, "side", "spouse")
    recorder.events(world.t, "refused", refused, found.person, chon.astype(np.int16), float(code))


def _count_checks(
    world: World, code: int, checked: Int, refused: Int, nearest: vetting.Check, depth: int
) -> None:
    recorder, people = world.recorder, world.state.people
    post = POSTS[code - 1]
    for measure, who in (("vetting.checked", checked), ("vetting.refused", refused)):
        recorder.add(measure, who.size)
        recorder.add(measure, who.size, "post", post)
        province = people.province[who].astype(np.int64)
        recorder.split(measure, "province", PROVINCES, np.bincount(province, minlength=len(PROVINCES)))
    if refused.size == 0:
        return
    found = nearest.of(refused)
    chon = vetting.chon_to(found, depth, world)
    recorder.split(
        "vetting.refused", "degree", tuple(str(d) for d in range(1, 9)), np.bincount(chon, minlength=9)[1:9]
    )
    side = found.side.astype(np.int64)
    for name, codes in (("own", (0,)), ("father", (1,)), ("mother", (2,)), ("both", (3,))):
        count = float(np.isin(side, codes).sum())
        if name == "both":  # reached on both sides at the same degree: half to each
            recorder.add("vetting.refused", count / 2, "side", "father")
            recorder.add("vetting.refused", count / 2, "side", "mother")
        else:
            recorder.add("vetting.refused", count, "side", name)
    recorder.events(world.t, "refused", refused, found.person, chon.astype(np.int16), float(code))
