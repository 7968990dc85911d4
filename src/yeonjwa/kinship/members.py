"""Who stands in a circle around each of many egos."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import InputError
from yeonjwa.core.parallel import core, step_aside
from yeonjwa.kinship.blood import BOTH, FATHER, MOTHER, Index, Wanted, blood_kin, make_folk, make_scratch
from yeonjwa.kinship.circles import Blood, Circle, parse_circle
from yeonjwa.kinship.graph import KinGraph, pack_bits
from yeonjwa.kinship.paths import Term
from yeonjwa.kinship.walk import Front, compile_circle, make_front, walk_kin

#: Names of the values of ``Members.side``.
SIDES = ("own", "father", "mother", "both", "marriage")

_LINES = {"both": BOTH, "paternal": FATHER, "maternal": MOTHER}
_SEXES = {"*": -1, "f": 0, "m": 1}
_NOBODY = np.empty(0, np.bool_)
_NO_BITS = np.empty(0, np.uint8)
#: Egos from whom the number of rows is estimated.
_SAMPLE = 64
#: Persons passed over in the time it takes to look up the life of one of an ego's unions or so.
_BITS_PAY = 8
#: How much more unions are visited for one degree more; measured in the country: 14 for three chon, 1,060 for eight.
_WIDENING = 2.4
#: Unions or so to be visited, below which a second thread costs more than it brings.
_ALONE_BELOW = 500_000
#: Rows or so of a piece that a thread takes: its columns stay in the cache until they are copied.
_PIECE = 250_000
#: Largest working memory kept between calls.
_LARGEST_KEPT = 32_768

Kept = TypeVar("Kept")
Row = TypeVar("Row", bound=np.generic)


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
    _info: NDArray[np.int16]
    _term: NDArray[np.int32] | None = None

    @property
    def info(self) -> NDArray[np.int16]:
        """Up, down, side and half of each row in 5, 5, 3 and 1 bits, the lowest first."""
        return self._info

    @cached_property
    def up(self) -> NDArray[np.uint8]:
        """Steps to a parent, of each row."""
        return up_down_side(self._info)[0]

    @cached_property
    def down(self) -> NDArray[np.uint8]:
        """Steps to a child, of each row."""
        return up_down_side(self._info)[1]

    @cached_property
    def degree(self) -> NDArray[np.uint8]:
        """Chon, of each row."""
        return self.up + self.down

    @cached_property
    def side(self) -> NDArray[np.uint8]:
        """Side, of each row; see ``SIDES``."""
        return up_down_side(self._info)[2]

    @cached_property
    def half(self) -> NDArray[np.bool_]:
        """Half-kin, of each row."""
        half: NDArray[np.bool_] = (self._info & (1 << 13)) != 0
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


def up_down_side(
    info: NDArray[np.int16],
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Steps up, steps down and side of rows that hold them as :attr:`Members.info` does."""
    return (
        (info & 31).astype(np.uint8),
        ((info >> 5) & 31).astype(np.uint8),
        ((info >> 10) & 7).astype(np.uint8),
    )


def members(
    graph: KinGraph,
    circle: Circle | str,
    egos: NDArray[np.integer],
    *,
    month: int | None = None,
    mask: NDArray[np.bool_] | NDArray[np.uint8] | None = None,
    union_mask: NDArray[np.bool_] | NDArray[np.int8] | None = None,
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
        Count only these persons. Paths may lead through others. Bits, as :func:`yeonjwa.kinship.graph.pack_bits` makes them,
        will do as well.
    union_mask : bool array (unions,), optional
        Unions that count for steps to a spouse. Codes of one byte will do as well: those with code 1 count.

    Returns
    -------
    Members
        Compressed rows, sorted by (degree, person) for each ego.
    """
    if isinstance(circle, str):
        circle = parse_circle(circle)
    ids = graph.check_egos(np.asarray(egos))
    packed = _check_bits(mask, graph.num_persons)
    chosen = _NOBODY if packed.size else _check_mask(mask, graph.num_persons, "mask over persons")
    unions = _check_unions(union_mask, graph.num_unions)
    at = -1 if month is None else int(month)
    blood, generation = circle.as_blood, False
    if blood is None:
        blood, generation = _generation_of(circle), True
    offset = np.zeros(ids.size + 1, np.int64)
    if blood is not None:
        wanted = _wanted(graph, ids.size, blood, at, chosen, packed)
        person, info = _blood_rows(graph, ids, blood, generation, wanted, offset)
        return Members(ids, offset, person, circle, info)
    if packed.size:
        chosen = np.unpackbits(packed, count=graph.num_persons, bitorder="little").astype(np.bool_)
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
        graph.below,
        graph.above,
    )


def _check_bits(mask: NDArray[Any] | None, size: int) -> NDArray[np.uint8]:
    """The mask, if it has a bit a person; else nothing."""
    if mask is None or mask.dtype != np.uint8 or mask.shape != ((size + 7) // 8 + 2,):
        return _NO_BITS
    return mask


def _check_mask(mask: NDArray[Any] | None, size: int, what: str) -> NDArray[np.bool_]:
    if mask is None:
        return _NOBODY
    values = np.ascontiguousarray(mask)
    if values.dtype != np.bool_ or values.shape != (size,):
        raise InputError(
            what, f"{values.dtype} array of shape {values.shape}", f"a bool array of shape ({size},)"
        )
    return values


def _check_unions(mask: NDArray[Any] | None, size: int) -> NDArray[np.int8]:
    if mask is not None and mask.dtype == np.int8 and mask.shape == (size,):
        return np.ascontiguousarray(mask)
    return _check_mask(mask, size, "mask over unions").view(np.int8)


def _term_table(circle: Circle) -> NDArray[np.int32]:
    table = np.full((circle.max_degree + 1, circle.max_degree + 1), -1, np.int32)
    for i, term in reversed(list(enumerate(circle.terms))):
        table[term.up, term.down] = i
    return table


@lru_cache(maxsize=256)
def _generation_of(circle: Circle) -> Blood | None:
    """All kin of ego's generation up to a degree, or None if the circle is not of that form."""
    most = len(circle.terms)
    paths = {Term("U" * k + "D" * k, "*" * (2 * k + 1)) for k in range(1, most + 1)}
    return Blood(2 * most, "both", "*") if set(circle.terms) == paths else None


def _wanted(
    graph: KinGraph,
    egos: int,
    blood: Blood,
    month: int,
    mask: NDArray[np.bool_],
    packed: NDArray[np.uint8],
) -> Wanted:
    """Who counts; as bits if they are at hand or the egos are many, for these cost a pass over everyone."""
    p, sex = graph.pedigree, _SEXES[blood.sex]
    given = mask.size > 0 or packed.size > 0
    some = month >= 0 or sex >= 0 or given
    lookups = egos * _BITS_PAY * 3.0 ** min(blood.degree, 8)
    many = packed.size > 0 or lookups >= graph.num_persons
    bits = None
    if some and (many or (sex < 0 and not given)):
        bits = graph.living_bits(month, lookups) if month >= 0 else None
        if packed.size and month >= 0 and bits is None:
            bits = pack_bits((p.birth <= month) & (month < p.death))
        if given:
            own = packed if packed.size else pack_bits(mask)
            bits = own if bits is None else bits & own
        if sex >= 0:
            bits = pack_bits(p.sex == sex) if bits is None else bits & pack_bits(p.sex == sex)
    return Wanted(_NO_BITS if bits is None else bits, mask, sex, month, some)


Query = Callable[[NDArray[np.int32], NDArray[np.int64], int], tuple[NDArray[Any], ...]]


class _Memory(threading.local):
    """Working memory of each thread, kept between calls: it need not be emptied."""

    def __init__(self) -> None:
        self.kept: dict[tuple[Callable[..., Any], int, int], Any] = {}

    def get(self, make: Callable[[int], Kept], size: int, which: int = 0) -> Kept:
        """What ``make(size)`` makes, the same each time for one ``which``; only small ones are kept."""
        if size > _LARGEST_KEPT:
            return make(size)
        found: Kept = self.kept.setdefault((make, size, which), None) or make(size)
        self.kept[make, size, which] = found
        return found


_MEMORY = _Memory()


def _run(
    query: Query, egos: NDArray[np.int32], offset: NDArray[np.int64], work: int
) -> tuple[NDArray[Any], ...]:
    """Columns of all rows: on one thread if there is little to do, else egos shared out in pieces, in order."""
    expected = 0
    if egos.size >= 16 * _SAMPLE:
        # Next to each other, as all egos are: rows with gaps would be another kernel, and a long one to compile.
        sample = np.ascontiguousarray(egos[:: egos.size // _SAMPLE])
        within = np.zeros(sample.size + 1, np.int64)
        query(sample, within, 0)
        expected = int(within[-1] / sample.size * egos.size * 1.2) + 1024
    threads = int(numba.get_num_threads()) if egos.size * work >= _ALONE_BELOW else 1
    if threads == 1:
        return query(egos, offset, expected)
    return _Shares(query, egos, offset, expected).run(threads)


class _Shares:
    """Egos cut into pieces that threads take in turn; each piece is copied to where the one before it ends."""

    def __init__(
        self, query: Query, egos: NDArray[np.int32], offset: NDArray[np.int64], expected: int
    ) -> None:
        size = int(min(max(_PIECE * egos.size // max(expected, 1), 16), 1 + egos.size // 8))
        self.query, self.egos, self.offset, self.expected = query, egos, offset, expected
        self.edges = [*range(0, egos.size, size), egos.size]
        self.waiting = iter(range(len(self.edges) - 1))
        self.turn, self.failed = 0, False
        self.columns: tuple[NDArray[Any], ...] = ()
        self.beyond: list[tuple[int, tuple[NDArray[Any], ...]]] = []
        self.changed = threading.Condition()

    def run(self, threads: int) -> tuple[NDArray[Any], ...]:
        """All columns."""
        with ThreadPoolExecutor(threads - 1) as pool:
            helpers = [pool.submit(self._help, core()) for _ in range(threads - 1)]
            self._work()
            for helper in helpers:
                helper.result()
        rows = int(self.offset[-1])
        if not self.beyond:
            return tuple(_shorten(column, rows) for column in self.columns)
        columns = tuple(_grow(column, rows) for column in self.columns)
        for start, piece in self.beyond:
            _place(columns, start, piece)
        return columns

    def _help(self, here: int) -> None:
        step_aside(here)
        self._work()

    def _work(self) -> None:
        try:
            for k in self.waiting:
                self._do(k)
        except BaseException:
            with self.changed:
                self.failed = True
                self.changed.notify_all()
            raise

    def _do(self, k: int) -> None:
        low, high = self.edges[k], self.edges[k + 1]
        within = np.zeros(high - low + 1, np.int64)
        piece = self.query(self.egos[low:high], within, self.expected * (high - low) // self.egos.size)
        with self.changed:
            self.changed.wait_for(lambda: self.turn == k or self.failed)
            if self.failed:
                return
            if k == 0:
                self.columns = tuple(np.empty(self.expected, column.dtype) for column in piece)
            start = int(self.offset[low])
            self.offset[low : high + 1] = within + start
            fits = start + int(within[-1]) <= self.expected
            if not fits:
                self.beyond.append((start, piece))
            self.turn += 1
            self.changed.notify_all()
        if fits:
            _place(self.columns, start, piece)


def _place(columns: tuple[NDArray[Any], ...], start: int, piece: tuple[NDArray[Any], ...]) -> None:
    for column, part in zip(columns, piece, strict=True):
        column[start : start + part.size] = part


def _blood_rows(
    graph: KinGraph,
    egos: NDArray[np.int32],
    blood: Blood,
    generation: bool,
    wanted: Wanted,
    offset: NDArray[np.int64],
) -> tuple[NDArray[np.int32], NDArray[np.int16]]:
    index = index_of(graph)

    def query(ids: NDArray[np.int32], offset: NDArray[np.int64], expected: int) -> tuple[NDArray[Any], ...]:
        size = 1024 if blood.degree <= 6 else 8192
        folk = _MEMORY.get(make_folk, blood.degree)
        shared, rest = _MEMORY.get(make_scratch, size), _MEMORY.get(make_scratch, size, 1)
        # Too few rows cost more than too many: the walk of one ego is made twice.
        rows = max(1024, expected, ids.size * blood.degree**3 if expected == 0 else 0)
        person, info = np.empty(rows, np.int32), np.empty(rows, np.int16)
        done = 0
        while True:
            done, missing = blood_kin(
                index,
                ids,
                done,
                blood.degree,
                generation,
                _LINES[blood.line],
                wanted,
                shared,
                rest,
                folk,
                offset,
                person,
                info,
            )
            if missing == 0:
                return _shorten(person, int(offset[-1])), _shorten(info, int(offset[-1]))
            if missing == 1:
                size *= 4
                shared, rest = _MEMORY.get(make_scratch, size), _MEMORY.get(make_scratch, size, 1)
            else:
                more = _more_rows(person.size, int(offset[done]), done, ids.size, missing)
                person, info = _grow(person, more), _grow(info, more)

    person, info = _run(query, egos, offset, round(_WIDENING**blood.degree))
    return person, info


def _walk_rows(
    graph: KinGraph,
    egos: NDArray[np.int32],
    circle: Circle,
    month: int,
    mask: NDArray[np.bool_],
    union_mask: NDArray[np.int8],
    offset: NDArray[np.int64],
) -> tuple[NDArray[np.int32], NDArray[np.int16], NDArray[np.int32]]:
    index, routes = index_of(graph), compile_circle(circle)

    def query(ids: NDArray[np.int32], offset: NDArray[np.int64], expected: int) -> tuple[NDArray[Any], ...]:
        front: Front = _MEMORY.get(make_front, 1024)
        rows = max(1024, expected)
        person, info, term = np.empty(rows, np.int32), np.empty(rows, np.int16), np.empty(rows, np.int32)
        done = 0
        while True:
            done, missing = walk_kin(
                index, ids, done, routes, month, mask, union_mask, front, offset, person, info, term
            )
            if missing == 0:
                end = int(offset[-1])
                return _shorten(person, end), _shorten(info, end), _shorten(term, end)
            if missing == 1:
                front = _MEMORY.get(make_front, len(front.table) * 4)
            else:
                size = _more_rows(person.size, int(offset[done]), done, ids.size, missing)
                person, info, term = _grow(person, size), _grow(info, size), _grow(term, size)

    person, info, term = _run(query, egos, offset, 2 * len(routes.rank))
    return person, info, term


def _more_rows(have: int, used: int, done: int, egos: int, missing: int) -> int:
    """Rows to make room for: what the egos so far suggest for all, half as much again as now at the least."""
    expected = used * egos // max(done, 1)
    return max(have * 3 // 2, used + missing, min(expected * 11 // 10, have * 4))


def _grow(array: NDArray[Row], size: int) -> NDArray[Row]:
    bigger = np.empty(size, array.dtype)
    bigger[: array.size] = array
    return bigger


def _shorten(array: NDArray[Row], size: int) -> NDArray[Row]:
    """The first rows, with the memory of the others given back."""
    array.resize(size, refcheck=False)
    return array
