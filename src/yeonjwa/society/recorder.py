"""Step 12: what a run writes down (schema: docs/run_folder.md).

Counts are of synthetic persons; :meth:`Recorder.series` multiplies them by the weight of a person, one over the scale, so
that every figure is of the real country. Probabilities are left as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import year_of
from yeonjwa.core.parallel import ahead
from yeonjwa.society.codes import (
    CAUSES,
    EXITS,
    KIN,
    LABOUR,
    MOTIVES,
    POSTS,
    PROVINCES,
    RANKS,
    SEXES,
    SIGNAL_KINDS,
)

_DEGREES_TIES = ("1", "2", "3", "4")
_DEGREES = tuple(str(d) for d in range(1, 9))
_GRADES = ("camp", "banishment", "dismissal", "party_loss", "bar", "demotion")

#: Every measure with its unit and the breakdowns it has; a total row is written each month for each.
MEASURES: dict[str, tuple[str, dict[str, tuple[str, ...]]]] = {
    "population.alive": ("persons", {"sex": SEXES, "province": PROVINCES}),
    "population.households": ("households", {}),
    "hardship.poor": ("persons", {"province": PROVINCES}),
    "support.transfers": ("ties", {"post": POSTS, "degree": _DEGREES_TIES, "motive": MOTIVES[:4]}),
    "support.amount": ("baskets", {"post": POSTS, "degree": _DEGREES_TIES, "motive": MOTIVES[:4]}),
    "support.received": ("baskets", {}),
    "support.fees": ("baskets", {}),
    "support.unmet": ("baskets", {"post": POSTS}),
    "support.waiting": ("ties", {"post": POSTS}),
    "support.first": ("ties", {"post": POSTS}),
    "support.held": ("ties", {}),
    "support.gaps": ("ties", {"cause": CAUSES}),
    "support.poor_ties": ("ties", {"post": POSTS, "degree": _DEGREES_TIES}),
    "signal.hints": ("events", {"post": POSTS}),
    "signal.threats": ("events", {"post": POSTS}),
    "signal.paid": ("events", {"post": POSTS}),
    "signal.bluff": ("events", {"kind": SIGNAL_KINDS}),
    "signal.denounced": ("events", {}),
    "flight.plans": ("households", {"province": PROVINCES}),
    "flight.attempts": ("persons", {"sex": SEXES, "province": PROVINCES}),
    "flight.interdicted": ("persons", {}),
    "flight.died": ("persons", {}),
    "flight.repatriated": ("persons", {}),
    "flight.returned": ("persons", {}),
    "flight.in_transit": ("persons", {}),
    "flight.settled": ("persons", {"sex": SEXES}),
    "flight.arrivals": ("persons", {"sex": SEXES, "province": PROVINCES}),
    "flight.family_arrivals": ("persons", {}),
    "flight.follow_on": ("persons", {}),
    "enforcement.offences": ("events", {}),
    "enforcement.confirmed": ("persons", {}),
    "enforcement.sanctioned": ("persons", {"kin": KIN, "grade": _GRADES}),
    "enforcement.expected": ("persons", {}),
    "enforcement.spared": ("persons", {}),
    "recall.recalled": ("persons", {}),
    "recall.flight": ("persons", {}),
    "camp.stock": ("persons", {"sex": SEXES, "labour": LABOUR}),
    "camp.intake": ("persons", {"kin": ("offender", *KIN)}),
    "camp.family_intake": ("persons", {}),
    "camp.deaths": ("persons", {"labour": LABOUR}),
    "camp.released": ("persons", {"labour": LABOUR}),
    "belief.perceived": ("probability", {"rank": RANKS}),
    "belief.true": ("probability", {"rank": RANKS}),
    "party.members": ("persons", {"sex": SEXES}),
    "party.applied": ("persons", {}),
    "party.refused": ("persons", {}),
    "post.holders": ("persons", {"post": POSTS}),
    "vetting.checked": ("persons", {"post": POSTS, "province": PROVINCES}),
    "vetting.refused": (
        "persons",
        {
            "post": POSTS,
            "degree": _DEGREES,
            "side": ("father", "mother", "own", "spouse"),
            "province": PROVINCES,
        },
    ),
    "posting.sent": ("baskets", {}),
    "posting.received": ("baskets", {}),
    "posting.fees": ("baskets", {}),
    "exit.used": ("events", {"exit": EXITS}),
    "exit.paid": ("baskets", {"exit": EXITS}),
    "exit.bribes": ("baskets", {}),
    "exit.lost": ("baskets", {}),
    "residence.moved_in": ("persons", {}),
    "residence.expelled": ("persons", {}),
    "remittance.sent": ("baskets", {}),
    "remittance.received": ("baskets", {}),
    "remittance.fees": ("baskets", {}),
    "exposure.loss": ("baskets", {"rank": RANKS[1:]}),
}
#: Measures that are levels, not sums over synthetic persons: never multiplied by the weight.
LEVEL_MEASURES = {"belief.perceived", "belief.true", "exposure.loss"}
EVENT_KINDS = (
    "attempt",
    "interdicted",
    "died_crossing",
    "died_china",
    "repatriated",
    "returned",
    "settled",
    "arrived",
    "hint",
    "threat",
    "denounced",
    "confirmed",
    "offence",
    "camp",
    "released",
    "camp_death",
    "banishment",
    "dismissal",
    "party_loss",
    "bar",
    "demotion",
    "recalled",
    "refused",
    "appointed",
    "retired",
    "admitted",
    "remittance",
)


#: A cell of a month: measure, dimension, level.
Cell = tuple[str, str, str]


@dataclass
class _Late:
    """Cells that are being found on a thread of their own: ``found`` holds them when ``running`` is done; ``row`` is the row of
    their month, once it is closed."""

    running: Future[None]
    found: list[Mapping[Cell, float]]
    row: NDArray[np.float64] | None = field(default=None)


class Recorder:
    """Collects counts of the month, series of the run, events and flows of money.

    ``recording``: whether this month is kept. ``following``: whether counts that go on from month to month and begin anew each
    January (:mod:`yeonjwa.society.gaps`) are kept up, as they must be before the first month that is kept.
    """

    following = True
    _late: _Late | None = None

    def __init__(self, scale: float) -> None:
        self.weight = 1.0 / scale
        self.recording = False
        self._now: dict[Cell, float] = {}
        self._rows: list[tuple[int, NDArray[np.float64]]] = []
        self._events: list[tuple[Any, Any, NDArray[np.int32], NDArray[np.int32], NDArray[np.int16], Any]] = []
        self._flows: dict[tuple[int, str, str, str], float] = {}
        self._keys = [
            (measure, dimension, level)
            for measure in sorted(MEASURES)
            for dimension, level in _levels(measure)
        ]
        self.sums: dict[str, float] = {}

    def add(self, measure: str, value: float, dimension: str = "total", level: str = "total") -> None:
        """Add to one cell of the month."""
        key = (measure, dimension, level)
        self._now[key] = self._now.get(key, 0.0) + float(value)

    def split(self, measure: str, dimension: str, levels: Sequence[str], values: Iterable[float]) -> None:
        """Add an array over the levels of a dimension."""
        for level, value in zip(levels, values, strict=True):
            if value:
                self.add(measure, value, dimension, level)

    def later(self, find: Callable[[], Mapping[Cell, float]]) -> None:
        """Add cells of the month that ``find`` gives, beside steps to come: they are waited for where somebody asks for them.

        What it reads must not change any more.
        """
        self.settle()
        found: list[Mapping[Cell, float]] = []
        running = ahead(lambda: found.append(find()))
        if running is None:
            self._add_all(find())
        else:
            self._late = _Late(running, found)

    def settle(self) -> None:
        """Wait for cells that are being found, and put them where they belong."""
        late, self._late = self._late, None
        if late is None:
            return
        late.running.result()
        if late.row is None:
            self._add_all(late.found[0])
            return
        for cell, value in late.found[0].items():
            late.row[self._keys.index(cell)] += value
            self._sum(cell, value)

    def _add_all(self, cells: Mapping[Cell, float]) -> None:
        for (measure, dimension, level), value in cells.items():
            self.add(measure, value, dimension, level)

    def _sum(self, cell: Cell, value: float) -> None:
        """Add to the sums over all months, which are of totals."""
        measure, dimension, _ = cell
        if dimension == "total":
            self.sums[measure] = self.sums.get(measure, 0.0) + value

    def now(self, measure: str, dimension: str = "total", level: str = "total") -> float:
        """One cell of the month so far; the measure's total by default."""
        if self._late is not None and self._late.row is None:
            self.settle()
        return self._now.get((measure, dimension, level), 0.0)

    def events(
        self,
        month: int,
        kind: str,
        person: NDArray[np.integer],
        other: NDArray[np.integer] | int = -1,
        degree: NDArray[np.integer] | int = -1,
        value: NDArray[np.floating] | float = 0.0,
    ) -> None:
        """One row for each person to whom something happened."""
        n = len(person)
        if not self.recording or n == 0:
            return
        self._events.append(
            (
                month,
                EVENT_KINDS.index(kind),
                np.asarray(person, np.int32),
                np.broadcast_to(np.asarray(other, np.int32), n),
                np.broadcast_to(np.asarray(degree, np.int16), n),
                np.broadcast_to(np.asarray(value, np.float64), n),
            )
        )

    def flow(self, month: int, source: str, target: str, motive: str, amount: float) -> None:
        """Money from one group to another, in baskets."""
        if self.recording and amount:
            key = (year_of(month), source, target, motive)
            self._flows[key] = self._flows.get(key, 0.0) + float(amount)

    def close_month(self, month: int) -> None:
        """End of the month: keep the counts, if this month is recorded, and start again."""
        if not self.recording:
            self.settle()
        for cell, value in self._now.items():
            self._sum(cell, value)
        if self.recording:
            row = np.array([self._now.get(key, 0.0) for key in self._keys])
            self._rows.append((month, row))
            if self._late is not None and self._late.row is None:
                self._late.row = row
        self._now = {}

    def series(self) -> dict[str, NDArray[Any]]:
        """Tidy series, sorted by month, measure, dimension, level; counts of the real country."""
        self.settle()
        months = np.array([m for m, _ in self._rows], np.int32)
        table = np.array([values for _, values in self._rows]).reshape(len(months), len(self._keys))
        weights = np.array([1.0 if k[0] in LEVEL_MEASURES else self.weight for k in self._keys])
        order = sorted(range(len(self._keys)), key=lambda i: self._keys[i])
        keys = [self._keys[i] for i in order]
        table = (table * weights)[:, order]
        columns = {
            name: np.tile(np.array([k[i] for k in keys], dtype=object), len(months))
            for i, name in enumerate(("measure", "dimension", "level"))
        }
        units = np.array([MEASURES[k[0]][0] for k in keys], dtype=object)
        return {
            "month": np.repeat(months, len(keys)),
            **columns,
            "value": table.ravel(),
            "unit": np.tile(units, len(months)),
        }

    def merge_events(self) -> None:
        """Put the events so far into one block: a few long arrays are kept faster than many short ones."""
        if len(self._events) > 1:
            blocks = self._events
            months = _join([np.broadcast_to(b[0], len(b[2])) for b in blocks], np.int32)
            kinds = _join([np.broadcast_to(b[1], len(b[2])) for b in blocks], np.int8)
            person, other, degree, value = (
                np.concatenate(column) for column in zip(*(b[2:] for b in blocks), strict=True)
            )
            self._events = [(months, kinds, person, other, degree, value)]

    def event_table(self) -> dict[str, NDArray[Any]]:
        """Events, one row for each synthetic person, in the order in which they happened."""
        kinds = np.array(EVENT_KINDS, dtype=object)
        blocks = self._events
        return {
            "month": _join([np.broadcast_to(b[0], len(b[2])) for b in blocks], np.int32),
            "kind": kinds[_join([np.broadcast_to(b[1], len(b[2])) for b in blocks], np.int64)],
            "person": _join([b[2] for b in blocks], np.int32),
            "other": _join([b[3] for b in blocks], np.int32),
            "degree": _join([b[4] for b in blocks], np.int16),
            "value": _join([b[5] for b in blocks], np.float64),
        }

    def flow_table(self) -> dict[str, NDArray[Any]]:
        """Money by year, in baskets of the real country."""
        rows = sorted(self._flows.items())
        return {
            "year": np.array([k[0] for k, _ in rows], np.int32),
            "from": np.array([k[1] for k, _ in rows], dtype=object),
            "to": np.array([k[2] for k, _ in rows], dtype=object),
            "amount": np.array([v * self.weight for _, v in rows], np.float64),
            "motive": np.array([k[3] for k, _ in rows], dtype=object),
        }


def _levels(measure: str) -> list[tuple[str, str]]:
    breakdowns = MEASURES[measure][1]
    return [("total", "total")] + [(d, level) for d, levels in breakdowns.items() for level in levels]


def _join(parts: list[NDArray[Any]], dtype: Any) -> NDArray[Any]:
    return np.concatenate(parts).astype(dtype) if parts else np.empty(0, dtype)
