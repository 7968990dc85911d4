"""Dates of the ledger: a year or a month, of this era or the one before."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from yeonjwa.core.errors import InputError

_DATE: Final = re.compile(r"([+-]?)(\d{1,4})(?:-(\d{2}))?")
#: Years that a ledger can mean; the farthest regime in it is that of Qin.
YEARS: Final = (-3000, 2100)


class When(NamedTuple):
    """A year, and its month where that is known. Years before our era are negative; there is no year 0."""

    year: int
    month: int | None = None

    @property
    def begins(self) -> tuple[int, int]:
        """Year and month with which it begins, for comparisons."""
        return self.year, self.month or 1

    @property
    def ends(self) -> tuple[int, int]:
        """Year and month with which it ends, for comparisons."""
        return self.year, self.month or 12

    def __str__(self) -> str:
        """As it is written in the ledger: ``2013-02``, ``2013``, ``-338``."""
        year = f"{self.year:04d}" if self.year > 0 else str(self.year)
        return year if self.month is None else f"{year}-{self.month:02d}"


def parse_when(text: str, what: str = "date", where: str = "") -> When | None:
    """The date of a cell, or None if it is empty.

    Parameters
    ----------
    text : str
        ``"2013-02"``, ``"2013"``, ``"-338"`` or nothing.
    what, where : str
        Name and place of the cell, for errors.

    Raises
    ------
    InputError
        Anything else, the year 0, a month that is none, or a year outside ``YEARS``.
    """
    if not text:
        return None
    found = _DATE.fullmatch(text)
    year = int(found[1] + found[2]) if found else 0
    month = int(found[3]) if found and found[3] else None
    if found is None or year == 0 or not YEARS[0] <= year <= YEARS[1] or not 1 <= (month or 1) <= 12:
        allowed = 'a year or a month as in "2013" or "2013-02", "-338" for 338 before our era, or nothing'
        raise InputError(what, text, allowed, where)
    return When(year, month)


def check_order(start: When | None, end: When | None, where: str = "") -> None:
    """Raise if a period ends before it begins."""
    if start is not None and end is not None and end.ends < start.begins:
        raise InputError("from and to", f"{start} to {end}", "a first date that is not after the last", where)
