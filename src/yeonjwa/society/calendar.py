"""What the pedigree has pre-drawn for each month: deaths, births, unions."""

from __future__ import annotations

from dataclasses import dataclass

import numba
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


@numba.njit(cache=True, nogil=True)
def _count_months(months: np.ndarray, first: int, last: int) -> np.ndarray:
    """How many rows have each of the months first..last; the last one is for those that have none of them."""
    number = last - first + 1
    count = np.zeros(number + 1, np.int64)
    for month in months:
        count[min(np.uint64(np.int64(month) - first), np.uint64(number))] += 1
    return count


@numba.njit(cache=True, nogil=True)
def _sort_months(months: np.ndarray, first: int, last: int, at: np.ndarray, rows: np.ndarray) -> None:
    """Write the rows with the months first..last, those of a month from place ``at`` on, which is moved to their end."""
    for i in range(months.size):
        if first <= months[i] <= last:
            month = months[i] - first
            rows[at[month]] = i
            at[month] += 1


def monthly_events(months: NDArray[np.int16], first: int, last: int) -> MonthlyEvents:
    """Rows whose month lies in first..last, sorted by month and id."""
    count = _count_months(months, first, last)[:-1]
    offset = np.concatenate(([0], np.cumsum(count))).astype(np.int64)
    rows = np.empty(int(offset[-1]), np.int32)
    _sort_months(months, first, last, offset[:-1].copy(), rows)
    return MonthlyEvents(first, rows, offset)


def event_calendar(pedigree: Pedigree, first: int, last: int) -> EventCalendar:
    """All pre-drawn events of the months first..last."""
    return EventCalendar(
        deaths=monthly_events(pedigree.death, first, last),
        births=monthly_events(pedigree.birth, first, last),
        unions=monthly_events(pedigree.start, first, last),
    )
