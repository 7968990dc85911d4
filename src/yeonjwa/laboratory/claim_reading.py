"""What a run says about the claims: its series, events and end states, reduced to the numbers that decide.

A :class:`Reading` is small, so that the runs of many arms can be read where they were computed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from yeonjwa.genealogy.pedigree import Pedigree
    from yeonjwa.society.engine import SocietyResult

Cell = tuple[str, str, str]


@dataclass(frozen=True)
class Reading:
    """One run in numbers.

    Attributes
    ----------
    first : int
        First recorded month.
    cells : dict
        (measure, dimension, level) -> value of each recorded month, in the real country.
    refused_degree : dict
        Post -> largest degree of a relative for whom a candidate was refused (in-laws apart from their own depth).
    posts_of : dict
        "members", "others" -> (holders of a post, adults) at the end, of all and, under "humble members" and "humble others", of
        those outside the core class; synthetic persons.
    threat_events, weight : int, float
        Demands made as threats, and persons of the real country one synthetic person stands for.
    """

    first: int
    cells: dict[Cell, NDArray[np.float64]]
    refused_degree: dict[str, int] = field(default_factory=dict)
    posts_of: dict[str, tuple[int, int]] = field(default_factory=dict)
    weight: float = 1.0

    def months(self, measure: str, dimension: str = "total", level: str = "total") -> NDArray[np.float64]:
        """Values of each month."""
        return self.cells[measure, dimension, level]

    def total(
        self, measure: str, dimension: str = "total", level: str = "total", *, since: int | None = None
    ) -> float:
        """Sum over the recorded months, or over those from ``since`` on."""
        values = self.cells[measure, dimension, level]
        return float(values[0 if since is None else max(0, since - self.first) :].sum())

    def over(self, measure: str, dimension: str, levels: Iterable[str], *, since: int | None = None) -> float:
        """Sum over some levels."""
        return sum(self.total(measure, dimension, level, since=since) for level in levels)

    def mean(self, measure: str, dimension: str = "total", level: str = "total") -> float:
        """Mean over the recorded months."""
        return float(self.cells[measure, dimension, level].mean())


def read(result: SocietyResult, pedigree: Pedigree, *, first: int, last: int, scale: float) -> Reading:
    """The reading of a run over the recorded months ``first`` to ``last``."""
    series = result.series
    months = last - first + 1
    table = series["value"].reshape(months, -1)
    width = table.shape[1]
    keys = zip(series["measure"][:width], series["dimension"][:width], series["level"][:width], strict=True)
    cells = {(str(m), str(d), str(v)): table[:, i].copy() for i, (m, d, v) in enumerate(keys)}
    return Reading(first, cells, _depths(result), _posts_of(result, pedigree, last), 1.0 / scale)


def _depths(result: SocietyResult) -> dict[str, int]:
    from yeonjwa.society.codes import POSTS

    refused = result.events["kind"] == "refused"
    code, degree = result.events["value"][refused].astype(int), result.events["degree"][refused]
    return {
        post: int(degree[code == i].max()) if np.any(code == i) else 0
        for i, post in enumerate(POSTS, start=1)
    }


def _posts_of(result: SocietyResult, pedigree: Pedigree, last: int) -> dict[str, tuple[int, int]]:
    from yeonjwa.society.codes import ABROAD, CORE, HOME

    persons = result.persons
    age = (last - pedigree.birth.astype(np.int64)) // 12
    adult = np.isin(persons["whereabouts"], (HOME, ABROAD)) & (age >= 30) & (age < 60)
    holds, member = persons["post"] > 0, persons["party"] == 1
    humble = persons["songbun"] != CORE
    groups = {
        "members": member,
        "others": ~member,
        "humble members": member & humble,
        "humble others": ~member & humble,
    }
    return {
        name: (int((adult & who & holds).sum()), int((adult & who).sum())) for name, who in groups.items()
    }
