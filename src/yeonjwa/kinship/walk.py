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

from yeonjwa.kinship.blood import BOTH, FATHER, MARRIAGE, MOTHER, OWN, Index, passes, sort_keys
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
    """Working memory of a walk: two frontiers, the table of the next one, and what was found."""

    person: NDArray[np.int32]
    origin: NDArray[np.int32]
    tag: NDArray[np.int64]
    slot: NDArray[np.int32]
    found_tag: NDArray[np.int64]
    found_slot: NDArray[np.int32]
    found: NDArray[np.int32]
    route: NDArray[np.int32]
    info: NDArray[np.int32]
    key: NDArray[np.int64]
    counter: NDArray[np.int64]


def make_front(size: int) -> Front:
    """Working memory for frontiers of ``size / 2`` persons; ``size`` is a power of two."""
    half = size // 2
    return Front(
        np.empty((2, half), np.int32),
        np.empty((2, half), np.int32),
        np.zeros(size, np.int64),
        np.empty(size, np.int32),
        np.zeros(size, np.int64),
        np.empty(size, np.int32),
        np.empty(half, np.int32),
        np.empty(half, np.int32),
        np.empty(half, np.int32),
        np.empty(half, np.int64),
        np.zeros(4, np.int64),
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


@numba.njit(cache=True)
def _place(tag: NDArray[np.int64], epoch: int, key: int) -> int:
    mask = tag.size - 1
    at = ((key * np.int64(0x9E3779B97F4A7C1)) >> 29) & mask
    while tag[at] >= epoch and tag[at] != epoch + key:
        at = (at + 1) & mask
    return int(at)


@numba.njit(cache=True)
def _reach(f: Front, ix: Index, row: int, person: int, origin: int, sex: int, month: int) -> None:
    """Put somebody on frontier ``row``, if the sex fits and he is born."""
    if person < 0 or (sex >= 0 and ix.sex[person] != sex) or (month >= 0 and ix.birth[person] > month):
        return
    epoch = f.counter[0] * _EPOCH
    at = _place(f.tag, epoch, person)
    if f.tag[at] == epoch + person:
        if f.origin[row, f.slot[at]] != origin:
            f.origin[row, f.slot[at]] = _MANY
        return
    new = f.counter[1]
    if new < f.person.shape[1]:
        f.tag[at], f.slot[at] = epoch + person, new
        f.person[row, new], f.origin[row, new] = person, origin
    f.counter[1] = new + 1


@numba.njit(cache=True)
def _children(
    f: Front, ix: Index, row: int, union: int, origin: int, leave: int, sex: int, month: int
) -> None:
    for child in range(ix.first_child[union], ix.first_child[union + 1]):
        if child != leave:
            _reach(f, ix, row, child, origin, sex, month)


@numba.njit(cache=True)
def _turn(f: Front, ix: Index, row: int, person: int, op: int, via: int, sex: int, month: int) -> None:
    """From somebody to the full, or to the half-siblings; ``via`` is the sex of the parent in common."""
    union = ix.birth_union[person]
    if union < 0:
        return
    for parent_sex in range(2):
        parent = ix.wife[union] if parent_sex == 0 else ix.husband[union]
        if parent < 0 or (via >= 0 and via != parent_sex):
            continue
        if op == _FULL:
            _children(f, ix, row, union, parent, person, sex, month)
            continue
        for j in range(ix.union_offset[parent], ix.union_offset[parent + 1]):
            if ix.union_list[j] != union:
                _children(f, ix, row, ix.union_list[j], parent, person, sex, month)


@numba.njit(cache=True)
def _current(ix: Index, union: int, month: int, union_mask: NDArray[np.bool_]) -> bool:
    """Whether a union counts for a step to a spouse: in the mask; at a month, begun and both alive."""
    if union_mask.size and not union_mask[union]:
        return False
    if ix.wife[union] < 0 or ix.husband[union] < 0:
        return False
    if month < 0:
        return True
    both = ix.death[ix.wife[union]] > month and ix.death[ix.husband[union]] > month
    return bool(ix.start[union] <= month and both)


@numba.njit(cache=True)
def _advance(
    f: Front,
    ix: Index,
    row: int,
    size: int,
    op: int,
    via: int,
    sex: int,
    month: int,
    union_mask: NDArray[np.bool_],
) -> int:
    """One step of a frontier: from row ``row`` to the other; size of the new one."""
    f.counter[0] += 1
    f.counter[1] = 0
    other = 1 - row
    for i in range(size):
        person, origin = f.person[row, i], f.origin[row, i]
        if op == _UP:
            union = ix.birth_union[person]
            if union >= 0:
                if ix.wife[union] != origin:
                    _reach(f, ix, other, ix.wife[union], person, sex, month)
                if ix.husband[union] != origin:
                    _reach(f, ix, other, ix.husband[union], person, sex, month)
        elif op == _DOWN:
            for j in range(ix.union_offset[person], ix.union_offset[person + 1]):
                _children(f, ix, other, ix.union_list[j], person, origin, sex, month)
        elif op == _SPOUSE:
            for j in range(ix.union_offset[person], ix.union_offset[person + 1]):
                union = ix.union_list[j]
                spouse = ix.wife[union] + ix.husband[union] - person
                if spouse != origin and _current(ix, union, month, union_mask):
                    _reach(f, ix, other, spouse, person, sex, month)
        else:
            _turn(f, ix, other, person, op, via, sex, month)
    return int(f.counter[1])


@numba.njit(cache=True)
def _add(f: Front, routes: Routes, epoch: int, r: int, person: int) -> bool:
    """Add somebody whom route r reaches to what was found; False if there is no room."""
    at = _place(f.found_tag, epoch, person)
    if f.found_tag[at] != epoch + person:
        new = f.counter[2]
        if new >= f.found.size:
            return False
        f.found_tag[at], f.found_slot[at] = epoch + person, new
        f.found[new], f.route[new], f.info[new] = person, r, routes.info[r]
        f.counter[2] = new + 1
        return True
    i = f.found_slot[at]
    best = routes.rank[f.route[i]]
    if routes.rank[r] < best:
        f.route[i], f.info[i] = r, routes.info[r]
    elif routes.rank[r] == best:
        half = f.info[i] & routes.info[r] & (1 << 24)
        f.info[i] = (f.info[i] & 0xFFFF) | ((f.info[i] | routes.info[r]) & 0xFF0000) | half
    return True


@numba.njit(cache=True)
def _gather(
    ix: Index, ego: int, routes: Routes, month: int, union_mask: NDArray[np.bool_], f: Front, epoch: int
) -> bool:
    """Walk all routes of one ego; False if the working memory is too small."""
    f.counter[2] = 0
    if month >= 0 and ix.birth[ego] > month:
        return True
    for r in range(routes.step.shape[0]):
        if routes.ego[r] >= 0 and routes.ego[r] != ix.sex[ego]:
            continue
        row, size, i = 0, 1, 0
        f.person[0, 0], f.origin[0, 0] = ego, -1
        while size > 0 and i < routes.step.shape[1] and routes.step[r, i] >= 0:
            op = routes.step[r, i]
            size = _advance(f, ix, row, size, op, routes.via[r, i], routes.to[r, i], month, union_mask)
            if size > f.person.shape[1]:
                return False
            row = 1 - row
            i += 1
        for q in range(size):
            if f.person[row, q] != ego and not _add(f, routes, epoch, r, f.person[row, q]):
                return False
    return True


@numba.njit(cache=True)
def walk_kin(
    ix: Index,
    egos: NDArray[np.int32],
    begin: int,
    routes: Routes,
    month: int,
    mask: NDArray[np.bool_],
    union_mask: NDArray[np.bool_],
    f: Front,
    offset: NDArray[np.int64],
    person: NDArray[np.int32],
    info: NDArray[np.int32],
    term: NDArray[np.int32],
) -> tuple[int, int]:
    """Kin of egos[begin:], as far as the room goes: (egos done, what was missing: 0, 1 work, n > 1 rows)."""
    for e in range(begin, egos.size):
        f.counter[3] += 1
        if not _gather(ix, egos[e], routes, month, union_mask, f, f.counter[3] * _EPOCH):
            return e, 1
        out, size = offset[e], f.counter[2]
        if out + size > person.size:
            return e, size + 1
        for i in range(size):
            degree = (f.info[i] & 0xFF) + ((f.info[i] >> 8) & 0xFF)
            f.key[i] = (np.int64(degree) << 32) | f.found[i]
        sort_keys(f.key, size)
        for q in range(size):
            who = np.int32(f.key[q] & 0xFFFFFFFF)
            if passes(ix, who, -1, month, mask):
                i = f.found_slot[_place(f.found_tag, f.counter[3] * _EPOCH, who)]
                person[out], info[out], term[out] = who, f.info[i], routes.term[f.route[i]]
                out += 1
        offset[e + 1] = out
    return egos.size, 0
