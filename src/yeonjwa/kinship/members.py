"""Who stands in a circle around each of many egos."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import InputError
from yeonjwa.kinship.blood import BOTH, FATHER, MOTHER, Index, Scratch, blood_kin, make_scratch
from yeonjwa.kinship.circles import Blood, Circle, parse_circle
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.walk import Front, compile_circle, make_front, walk_kin

#: Names of the values of ``Members.side``.
SIDES = ("own", "father", "mother", "both", "marriage")

_LINES = {"both": BOTH, "paternal": FATHER, "maternal": MOTHER}
_SEXES = {"*": -1, "f": 0, "m": 1}
_NOBODY = np.empty(0, np.bool_)


@dataclass(frozen=True)
class Members:
    """Kin of egos, in compressed rows: kin of ``egos[i]`` are rows ``offset[i]`` to ``offset[i + 1] - 1``.

    Rows of an ego are sorted by (degree, person), each person once, ego never. Up, down, degree, side and half
    belong to the *named* relation among the paths of the circle: blood before affinal, then least degree, then
    fewer steps up.

    Attributes
    ----------
    egos : int32 (egos,)
        As given.
    offset : int64 (egos + 1,)
        Where the kin of each ego begin.
    person : int32 (rows,)
        The relative.
    degree, up, down : uint8 (rows,)
        Chon, and the steps to a parent and to a child that make it.
    side : uint8 (rows,)
        0 own (descendants), 1 father's, 2 mother's, 3 both, 4 by marriage; see ``SIDES``.
    half : bool (rows,)
        Whether the two share one ancestor where the path turns, and nowhere a couple.
    term : int32 (rows,)
        Index of the naming path in ``circle.terms``.
    circle : Circle
        The circle that was asked for.
    """

    egos: NDArray[np.int32]
    offset: NDArray[np.int64]
    person: NDArray[np.int32]
    circle: Circle
    _info: NDArray[np.int32]
    _term: NDArray[np.int32] | None = None

    @cached_property
    def up(self) -> NDArray[np.uint8]:
        """Steps to a parent, of each row."""
        return (self._info & 0xFF).astype(np.uint8)

    @cached_property
    def down(self) -> NDArray[np.uint8]:
        """Steps to a child, of each row."""
        return ((self._info >> 8) & 0xFF).astype(np.uint8)

    @cached_property
    def degree(self) -> NDArray[np.uint8]:
        """Chon, of each row."""
        return self.up + self.down

    @cached_property
    def side(self) -> NDArray[np.uint8]:
        """Side, of each row; see ``SIDES``."""
        return ((self._info >> 16) & 0xFF).astype(np.uint8)

    @cached_property
    def half(self) -> NDArray[np.bool_]:
        """Half-kin, of each row."""
        half: NDArray[np.bool_] = (self._info & (1 << 24)) != 0
        return half

    @cached_property
    def term(self) -> NDArray[np.int32]:
        """Naming path, of each row."""
        if self._term is not None:
            return self._term
        return _term_table(self.circle)[self.up, self.down]

    @property
    def counts(self) -> NDArray[np.int64]:
        """Kin of each ego."""
        return np.diff(self.offset)

    @property
    def ego(self) -> NDArray[np.int32]:
        """Ego of each row."""
        return np.repeat(self.egos, self.counts)

    @property
    def relatedness(self) -> NDArray[np.float64]:
        """Relatedness of the named relation: 0.5 for children and full siblings, 0.125 for first cousins, 0 by marriage.

        It leaves out further ways in which the two are related;
        :func:`yeonjwa.kinship.relation.relatedness` counts all.
        """
        couple = (self.up > 0) & (self.down > 0) & ~self.half
        value = np.ldexp(1.0, couple.astype(np.int32) - self.degree.astype(np.int32))
        return np.where(self.side == 4, 0.0, value)

    def of(self, i: int) -> NDArray[np.int32]:
        """Kin of the i-th ego."""
        return self.person[self.offset[i] : self.offset[i + 1]]


def members(
    graph: KinGraph,
    circle: Circle | str,
    egos: NDArray[np.integer],
    *,
    month: int | None = None,
    mask: NDArray[np.bool_] | None = None,
    union_mask: NDArray[np.bool_] | None = None,
) -> Members:
    """Everyone who stands in a circle around each ego, exact whatever the pedigree.

    Parameters
    ----------
    graph : KinGraph
        The pedigree with its index.
    circle : Circle or str
        A circle, or the line that :func:`yeonjwa.kinship.circles.parse_circle` reads.
    egos : integer array (egos,)
        Ids, in any order, repeated or not; ascending ids are fastest.
    month : int, optional
        Count only kin alive at the end of this month (month index), reached through persons born by then; an
        ego not yet born has none; a spouse is one of a union begun by then with both alive. Without it everyone ever is kin.
    mask : bool array (persons,), optional
        Count only these persons. Paths may lead through others.
    union_mask : bool array (unions,), optional
        Unions that count for steps to a spouse.

    Returns
    -------
    Members
        Compressed rows, sorted by (degree, person) for each ego.
    """
    if isinstance(circle, str):
        circle = parse_circle(circle)
    ids = graph.check_egos(np.asarray(egos))
    chosen = _check_mask(mask, graph.num_persons, "mask over persons")
    unions = _check_mask(union_mask, graph.num_unions, "mask over unions")
    at = -1 if month is None else int(month)
    blood = circle.as_blood
    offset = np.zeros(ids.size + 1, np.int64)
    if blood is not None:
        person, info = _blood_rows(graph, ids, blood, at, chosen, offset)
        return Members(ids, offset, person, circle, info)
    person, info, term = _walk_rows(graph, ids, circle, at, chosen, unions, offset)
    return Members(ids, offset, person, circle, info, term)


def index_of(graph: KinGraph) -> Index:
    """The arrays of a graph in the order in which kernels take them."""
    p = graph.pedigree
    return Index(
        p.birth,
        p.death,
        p.sex,
        p.birth_union,
        p.wife,
        p.husband,
        p.start,
        p.first_child,
        p.union_offset,
        p.union_list,
        graph.child_unions,
    )


def _check_mask(mask: NDArray[np.bool_] | None, size: int, what: str) -> NDArray[np.bool_]:
    if mask is None:
        return _NOBODY
    values = np.ascontiguousarray(mask)
    if values.dtype != np.bool_ or values.shape != (size,):
        raise InputError(
            what, f"{values.dtype} array of shape {values.shape}", f"a bool array of shape ({size},)"
        )
    return values


def _term_table(circle: Circle) -> NDArray[np.int32]:
    table = np.full((circle.max_degree + 1, circle.max_degree + 1), -1, np.int32)
    for i, term in reversed(list(enumerate(circle.terms))):
        table[term.up, term.down] = i
    return table


def _blood_rows(
    graph: KinGraph,
    egos: NDArray[np.int32],
    blood: Blood,
    month: int,
    mask: NDArray[np.bool_],
    offset: NDArray[np.int64],
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    index = index_of(graph)
    scratch: Scratch = make_scratch(2048 if blood.degree <= 4 else 16384)
    rows = max(1024, egos.size * min(4 ** min(blood.degree, 6), 1024) // 4)
    person, info = np.empty(rows, np.int32), np.empty(rows, np.int32)
    done = 0
    while True:
        done, missing = blood_kin(
            index,
            egos,
            done,
            blood.degree,
            _LINES[blood.line],
            _SEXES[blood.sex],
            month,
            mask,
            scratch,
            offset,
            person,
            info,
        )
        if missing == 0:
            end = int(offset[-1])
            return person[:end].copy(), info[:end].copy()
        if missing == 1:
            scratch = make_scratch(len(scratch.table) * 4)
        else:
            size = _more_rows(person.size, int(offset[done]), done, egos.size, missing)
            person, info = _grow(person, size), _grow(info, size)


def _walk_rows(
    graph: KinGraph,
    egos: NDArray[np.int32],
    circle: Circle,
    month: int,
    mask: NDArray[np.bool_],
    union_mask: NDArray[np.bool_],
    offset: NDArray[np.int64],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    index, routes = index_of(graph), compile_circle(circle)
    front: Front = make_front(1024)
    rows = max(1024, egos.size * 16)
    person, info, term = (np.empty(rows, np.int32) for _ in range(3))
    done = 0
    while True:
        done, missing = walk_kin(
            index, egos, done, routes, month, mask, union_mask, front, offset, person, info, term
        )
        if missing == 0:
            end = int(offset[-1])
            return person[:end].copy(), info[:end].copy(), term[:end].copy()
        if missing == 1:
            front = make_front(len(front.table) * 4)
        else:
            size = _more_rows(person.size, int(offset[done]), done, egos.size, missing)
            person, info, term = _grow(person, size), _grow(info, size), _grow(term, size)


def _more_rows(have: int, used: int, done: int, egos: int, missing: int) -> int:
    """Rows to make room for: what the egos so far suggest for all, half as much again as now at the least."""
    expected = used * egos // max(done, 1)
    return max(have * 3 // 2, used + missing, min(expected * 11 // 10, have * 4))


def _grow(array: NDArray[np.int32], size: int) -> NDArray[np.int32]:
    bigger = np.empty(size, np.int32)
    bigger[: array.size] = array
    return bigger
