"""What the pedigree has pre-drawn for each month: deaths, births, unions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yeonjwa.genealogy.pedigree import Pedigree


@dataclass(frozen=True)
class MonthlyEvents:
    """Rows sorted by month: those of month ``first + i`` are rows[offset[i]:offset[i + 1]]."""

    first: int
    rows: NDArray[np.int32]
    offset: NDArray[np.int64]

    def at(self, month: int) -> NDArray[np.int32]:
        """Rows of one month, in order of id."""
        i = month - self.first
        return self.rows[self.offset[i] : self.offset[i + 1]]


@dataclass(frozen=True)
class EventCalendar:
    """Pre-drawn deaths and births (person ids) and unions (union ids) by month."""

    deaths: MonthlyEvents
    births: MonthlyEvents
    unions: MonthlyEvents


def monthly_events(months: NDArray[np.int16], first: int, last: int) -> MonthlyEvents:
    """Rows whose month lies in first..last, sorted by month and id."""
    rows = np.flatnonzero((months >= first) & (months <= last)).astype(np.int32)
    order = np.argsort(months[rows], kind="stable")
    rows = rows[order]
    offset = np.searchsorted(months[rows], np.arange(first, last + 2)).astype(np.int64)
    return MonthlyEvents(first, rows, offset)


def event_calendar(pedigree: Pedigree, first: int, last: int) -> EventCalendar:
    """All pre-drawn events of the months first..last."""
    return EventCalendar(
        deaths=monthly_events(pedigree.death, first, last),
        births=monthly_events(pedigree.birth, first, last),
        unions=monthly_events(pedigree.start, first, last),
    )
