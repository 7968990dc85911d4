"""Kernel for circles that are lists of paths, with marriages and conditions on sex.

A circle is compiled into *routes*, one for each way of telling sides and full kin apart: an ``UD`` turn of kin by
blood becomes a step to full siblings (F) and one to half-siblings (H), and a path that goes up first is split by the
parent it starts with. Each route then has one side and one fullness, and adding them up over the routes that reach a
person is exact. A route is walked with a frontier of persons; each remembers whom it was reached from, so that the
next step does not go straight back (or that it was reached from several, when nothing need be left out).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.kinship.blood import (
    BOTH,
    FATHER,
    MARRIAGE,
    MOTHER,
    NONE,
    ONE,
    OWN,
    Index,
    pack_info,
    sort_keys,
    spot,
)
from yeonjwa.kinship.circles import Circle
from yeonjwa.kinship.paths import Term, meet

_UP, _DOWN, _SPOUSE, _FULL, _HALF = 0, 1, 2, 3, 4
_OPS: Final = {"U": _UP, "D": _DOWN, "S": _SPOUSE, "F": _FULL, "H": _HALF}
_SEX: Final = {"*": -1, "f": 0, "m": 1}
_MANY = -2
_EPOCH = np.int64(1) << 32


class Routes(NamedTuple):
    """Compiled circle: one row a route, one column a step.

    ``step`` (-1 after the last), ``via`` (sex of the parent at a turn F or H), ``to`` (sex of the person reached);
    for each route ``ego`` (sex of ego), ``info`` (up, down, side, half in bytes), ``rank`` (order of naming) and
    ``term`` (index in ``circle.terms``).
    """

    step: NDArray[np.int8]
    via: NDArray[np.int8]
    to: NDArray[np.int8]
    ego: NDArray[np.int8]
    info: NDArray[np.int32]
    rank: NDArray[np.int32]
    term: NDArray[np.int32]


class Front(NamedTuple):
    """Working memory of a walk.

    ``front`` holds (person, whom he was reached from) of the frontier, ``fresh`` the candidates for the next one,
    ``table`` (tag, place) of those already on it. ``found`` holds (person, naming route, packed info) of what was
    found for an ego, ``known`` (tag, place) of them, ``key`` what is being sorted, ``epoch`` the epochs of the tables.
    """

    front: NDArray[np.int32]
    fresh: NDArray[np.int32]
    table: NDArray[np.int64]
    found: NDArray[np.int32]
    known: NDArray[np.int64]
    key: NDArray[np.int64]
    epoch: NDArray[np.int64]


def make_front(size: int) -> Front:
    """Working memory for frontiers of ``size / 2`` persons; ``size`` is a power of two."""
    half = size // 2
    return Front(
        np.empty((half, 2), np.int32),
        np.empty((half, 2), np.int32),
        np.zeros((size, 2), np.int64),
        np.empty((half, 3), np.int32),
        np.zeros((size, 2), np.int64),
        np.empty(2 * half, np.int64),
        np.zeros(2, np.int64),
    )


def _split(term: Term) -> list[tuple[list[tuple[str, str, str]], int, bool]]:
    """Routes of a term: (steps as (op, via, to), side, half)."""
    path, sexes = term.path, term.sexes
    if not term.blood:
        return [(_turns(path, sexes, term.link), MARRIAGE, False)]
    if "U" not in path:
        return [([("D", "*", sexes[i + 1]) for i in range(len(path))], OWN, False)]
    routes = []
    turn = "UD" in path
    for op in ("F", "H") if turn else ("",):
        if term.link == ("half" if op == "F" else "full") and turn:
            continue
        for sex, side in (("m", FATHER), ("f", MOTHER)):
            first = meet(sexes[1], sex)
            if first is None:
                continue
            marked = sexes[:1] + first + sexes[2:]
            if op == "F" and path.startswith("UD") and sexes[1] == "*":
                side, marked = BOTH, sexes
            at = path.find("UD") if turn else len(path)
            steps = [("U", "*", marked[i + 1]) for i in range(at)]
            if turn:
                steps.append((op, marked[at + 1], marked[at + 2]))
                steps += [("D", "*", marked[i + 1]) for i in range(at + 2, len(path))]
            routes.append((steps, side, op == "H"))
            if side == BOTH:
                break
    return routes


def _turns(path: str, sexes: str, link: str) -> list[tuple[str, str, str]]:
    """Steps of a path with marriages; its turns are told apart only if the term asks for full or half kin."""
    steps: list[tuple[str, str, str]] = []
    at = 0
    while at < len(path):
        if link != "any" and path[at : at + 2] == "UD":
            steps.append(("F" if link == "full" else "H", sexes[at + 1], sexes[at + 2]))
            at += 2
        else:
            steps.append((path[at], "*", sexes[at + 1]))
            at += 1
    return steps


@lru_cache(maxsize=256)
def compile_circle(circle: Circle) -> Routes:
    """Routes of a circle, for the kernel."""
    ranks = {rank: i for i, rank in enumerate(sorted({term.rank for term in circle.terms}))}
    rows = [(term, i, *route) for i, term in enumerate(circle.terms) for route in _split(term)]
    longest = max(len(row[2]) for row in rows)
    step = np.full((len(rows), longest), -1, np.int8)
    via, to = np.full_like(step, -1), np.full_like(step, -1)
    for r, (_, _, steps, _, _) in enumerate(rows):
        for i, (op, between, target) in enumerate(steps):
            step[r, i], via[r, i], to[r, i] = _OPS[op], _SEX[between], _SEX[target]
    info = [term.up | term.down << 8 | side << 16 | half << 24 for term, _, _, side, half in rows]
    return Routes(
        step,
        via,
        to,
        np.array([_SEX[row[0].sexes[0]] for row in rows], np.int8),
        np.array(info, np.int32),
        np.array([ranks[row[0].rank] for row in rows], np.int32),
        np.array([row[1] for row in rows], np.int32),
    )


# As in blood.py, loops call only functions of numbers: candidates are gathered by one function for each kind of step,
# and another keeps those who fit.


@numba.njit(cache=True)
def _gather_parents(
    front: NDArray[np.int32],
    size: int,
    fresh: NDArray[np.int32],
    birth_union: NDArray[np.int32],
    wife: NDArray[np.int32],
    husband: NDArray[np.int32],
) -> int:
    """Candidates for a step U; their number, more than the room if they do not fit."""
    if 2 * size > fresh.shape[0]:
        return int(fresh.shape[0] + 1)
    end = 0
    for i in range(size):
        person, origin = front[i, 0], front[i, 1]
        union = birth_union[person]
        if union < 0:
            continue
        if wife[union] >= 0 and wife[union] != origin:
            fresh[end, 0], fresh[end, 1] = wife[union], person
            end += 1
        if husband[union] >= 0 and husband[union] != origin:
            fresh[end, 0], fresh[end, 1] = husband[union], person
            end += 1
    return end


@numba.njit(cache=True)
def _gather_children(
    front: NDArray[np.int32],
    size: int,
    fresh: NDArray[np.int32],
    first_child: NDArray[np.int32],
    union_offset: NDArray[np.int32],
    union_list: NDArray[np.int32],
) -> int:
    """Candidates for a step D; their number, more than the room if they do not fit."""
    room = fresh.shape[0]
    end = 0
    for i in range(size):
        person, origin = front[i, 0], front[i, 1]
        for j in range(union_offset[person], union_offset[person + 1]):
            low, high = first_child[union_list[j]], first_child[union_list[j] + 1]
            if end + high - low > room:
                return int(room + 1)
            for child in range(low, high):
                if child != origin:
                    fresh[end, 0], fresh[end, 1] = child, person
                    end += 1
    return end


@numba.njit(cache=True)
def _gather_spouses(
    front: NDArray[np.int32],
    size: int,
    fresh: NDArray[np.int32],
    wife: NDArray[np.int32],
    husband: NDArray[np.int32],
    start: NDArray[np.int16],
    death: NDArray[np.int16],
    union_offset: NDArray[np.int32],
    union_list: NDArray[np.int32],
    month: int,
    union_mask: NDArray[np.int8],
) -> int:
    """Candidates for a step S: of unions in the mask; at a month, of those begun and with both alive."""
    room, masked = fresh.shape[0], union_mask.size > 0
    end = 0
    for i in range(size):
        person, origin = front[i, 0], front[i, 1]
        for j in range(union_offset[person], union_offset[person + 1]):
            union = union_list[j]
            spouse = husband[union] if wife[union] == person else wife[union]
            if spouse < 0 or spouse == origin or (masked and union_mask[union] != 1):
                continue
            if month >= 0 and not (start[union] <= month < min(death[person], death[spouse])):
                continue
            if end >= room:
                return int(room + 1)
            fresh[end, 0], fresh[end, 1] = spouse, person
            end += 1
    return end


@numba.njit(cache=True)
def _gather_siblings(
    front: NDArray[np.int32],
    size: int,
    fresh: NDArray[np.int32],
    full: bool,
    via: int,
    birth_union: NDArray[np.int32],
    wife: NDArray[np.int32],
    husband: NDArray[np.int32],
    first_child: NDArray[np.int32],
    union_offset: NDArray[np.int32],
    union_list: NDArray[np.int32],
) -> int:
    """Candidates for a turn to full or half-siblings; ``via`` is the sex of the parent in common (-1 either)."""
    room = fresh.shape[0]
    end = 0
    for i in range(2 * size):
        person, common = front[i >> 1, 0], i & 1
        own = birth_union[person]
        if own < 0 or (via >= 0 and via != common):
            continue
        parent = wife[own] if common == 0 else husband[own]
        if parent < 0:
            continue
        for j in range(union_offset[parent], union_offset[parent + 1]):
            union = union_list[j]
            if full != (union == own):
                continue
            low, high = first_child[union], first_child[union + 1]
            if end + high - low > room:
                return int(room + 1)
            for child in range(low, high):
                if child != person:
                    fresh[end, 0], fresh[end, 1] = child, parent
                    end += 1
    return end


@numba.njit(cache=True)
def _keep(
    fresh: NDArray[np.int32],
    end: int,
    front: NDArray[np.int32],
    table: NDArray[np.int64],
    base: int,
    sexes: NDArray[np.int8],
    sex: int,
    birth: NDArray[np.int16],
    month: int,
) -> int:
    """Make the candidates of the right sex, born by the month, the frontier, each once; its size."""
    mask = table.shape[0] - 1
    size = 0
    for c in range(end):
        person, origin = fresh[c, 0], fresh[c, 1]
        if (sex >= 0 and sexes[person] != sex) or (month >= 0 and birth[person] > month):
            continue
        tag = base + person
        at = spot(person, mask)
        while table[at, 0] >= base and table[at, 0] != tag:
            at = (at + 1) & mask
        if table[at, 0] != tag:
            table[at, 0], table[at, 1] = tag, size
            front[size, 0], front[size, 1] = person, origin
            size += 1
        elif front[table[at, 1], 1] != origin:
            front[table[at, 1], 1] = _MANY
    return size


@numba.njit(cache=True)
def _add(
    front: NDArray[np.int32],
    size: int,
    ego: int,
    known: NDArray[np.int64],
    base: int,
    found: NDArray[np.int32],
    count: int,
    r: int,
    rank: NDArray[np.int32],
    info: NDArray[np.int32],
) -> int:
    """Add the frontier at the end of route r to what was found; its number, more than the room if it is full."""
    mask = known.shape[0] - 1
    for q in range(size):
        person = front[q, 0]
        if person == ego:
            continue
        tag = base + person
        at = spot(person, mask)
        while known[at, 0] >= base and known[at, 0] != tag:
            at = (at + 1) & mask
        if known[at, 0] != tag:
            if count >= found.shape[0]:
                return count + 1
            known[at, 0], known[at, 1] = tag, count
            found[count, 0], found[count, 1], found[count, 2] = person, r, info[r]
            count += 1
            continue
        i = known[at, 1]
        best, packed = rank[found[i, 1]], found[i, 2]
        if rank[r] < best:
            found[i, 1], found[i, 2] = r, info[r]
        elif rank[r] == best:
            found[i, 2] = ((packed | info[r]) & 0xFFFFFF) | (packed & info[r] & (1 << 24))
    return count


@numba.njit(cache=True)
def _follow(
    ix: Index, ego: int, routes: Routes, r: int, month: int, union_mask: NDArray[np.int8], f: Front
) -> int:
    """Walk one route of one ego; the size of its last frontier, more than the room if memory is too small."""
    size, i = ONE, 0
    front, fresh = f.front, f.fresh
    front[0, 0], front[0, 1] = ego, -1
    while size > 0 and i < routes.step.shape[1] and routes.step[r, i] >= 0:
        op = routes.step[r, i]
        if op == _UP:
            end = _gather_parents(front, size, fresh, ix.birth_union, ix.wife, ix.husband)
        elif op == _DOWN:
            end = _gather_children(front, size, fresh, ix.first_child, ix.union_offset, ix.union_list)
        elif op == _SPOUSE:
            end = _gather_spouses(
                front, size, fresh, ix.wife, ix.husband, ix.start, ix.death,
                ix.union_offset, ix.union_list, month, union_mask,
            )  # fmt: skip
        else:
            end = _gather_siblings(
                front, size, fresh, op == _FULL, routes.via[r, i], ix.birth_union, ix.wife, ix.husband,
                ix.first_child, ix.union_offset, ix.union_list,
            )  # fmt: skip
        if end > fresh.shape[0]:
            return int(end)
        f.epoch[0] += 1
        size = _keep(
            fresh, end, front, f.table, f.epoch[0] * _EPOCH, ix.sex, routes.to[r, i], ix.birth, month
        )
        i += 1
    return int(size)


@numba.njit(cache=True)
def _keys_of_found(
    found: NDArray[np.int32],
    count: int,
    key: NDArray[np.int64],
    birth: NDArray[np.int16],
    death: NDArray[np.int16],
    month: int,
    mask: NDArray[np.bool_],
) -> int:
    """Keys (degree, person, place) of those found who are counted: alive at the month, in the mask; their number."""
    masked = mask.size > 0
    size = 0
    for i in range(count):
        person, packed = found[i, 0], found[i, 2]
        if (masked and not mask[person]) or (month >= 0 and not birth[person] <= month < death[person]):
            continue
        degree = (packed & 0xFF) + ((packed >> 8) & 0xFF)
        key[size] = (np.int64(degree) << 56) | (np.int64(person) << 24) | i
        size += 1
    return size


@numba.njit(cache=True, nogil=True)
def walk_kin(
    ix: Index,
    egos: NDArray[np.int32],
    begin: int,
    routes: Routes,
    month: int,
    mask: NDArray[np.bool_],
    union_mask: NDArray[np.int8],
    f: Front,
    offset: NDArray[np.int64],
    person: NDArray[np.int32],
    info: NDArray[np.int16],
    term: NDArray[np.int32],
) -> tuple[int, int]:
    """Kin of egos[begin:], as far as the room goes: (egos done, what was missing: 0, 1 work, n > 1 rows)."""
    found, key, room = f.found, f.key, f.front.shape[0]
    for e in range(begin, egos.size):
        ego, count = egos[e], NONE
        f.epoch[1] += 1
        offset[e + 1] = offset[e]
        if month >= 0 and ix.birth[ego] > month:
            continue
        for r in range(routes.step.shape[0]):
            if routes.ego[r] < 0 or routes.ego[r] == ix.sex[ego]:
                size = _follow(ix, ego, routes, r, month, union_mask, f)
                if size <= room:
                    base = f.epoch[1] * _EPOCH
                    count = _add(f.front, size, ego, f.known, base, found, count, r, routes.rank, routes.info)
                if size > room or count > room:
                    return e, 1
        out = offset[e]
        if out + count > person.size:
            return e, count + 1
        size = _keys_of_found(found, count, key, ix.birth, ix.death, month, mask)
        sort_keys(key, size, np.int64(24))
        for q in range(size):
            i = key[q] & 0xFFFFFF
            person[out], info[out], term[out] = found[i, 0], pack_info(found[i, 2]), routes.term[found[i, 1]]
            out += 1
        offset[e + 1] = out
    return egos.size, 0
