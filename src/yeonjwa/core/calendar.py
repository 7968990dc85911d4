"""Months as small integers.

A *month index* counts months since January 1600, so that every date the package uses fits in a 16-bit
integer (January 1600 is 0; December 2024 is 5099; the largest, 32766, lies in the year 4330).

A person is alive at the end of month ``t`` if ``birth <= t < death``: the month of death is the first
month at whose end the person is gone, and ``death - birth`` is the length of the life in months.
"""

from __future__ import annotations

import datetime
import re
from typing import Final

from yeonjwa.core.errors import InputError

ORIGIN_YEAR: Final = 1600
#: Stands for "has not happened and will not": larger than every real month index.
NEVER: Final = 32767

_MONTH = re.compile(r"(\d{4})-(\d{2})")


def month_index(year: int, month: int = 1) -> int:
    """Month index of a calendar month.

    Parameters
    ----------
    year : int
        1600 to 4330.
    month : int
        1 (January) to 12.
    """
    if not 1 <= month <= 12:
        raise InputError("month of the year", month, "1 to 12")
    index = (year - ORIGIN_YEAR) * 12 + month - 1
    if not 0 <= index < NEVER:
        raise InputError("year", year, f"{ORIGIN_YEAR} to 4330")
    return index


def year_of(index: int) -> int:
    """Calendar year of a month index."""
    return ORIGIN_YEAR + index // 12


def month_of(index: int) -> int:
    """Month of the year, 1 to 12, of a month index."""
    return index % 12 + 1


def parse_month(text: str, where: str = "") -> int:
    """Month index of ``"YYYY-MM"``."""
    match = _MONTH.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise InputError("month", text, 'a year and a month as in "2005-01"', where)
    year, month = int(match[1]), int(match[2])
    if not 1 <= month <= 12 or not ORIGIN_YEAR <= year < 4330:
        allowed = f'a year and a month as in "2005-01", {ORIGIN_YEAR}-01 to 4329-12, months 01 to 12'
        raise InputError("month", text, allowed, where)
    return month_index(year, month)


def format_month(index: int) -> str:
    """``"YYYY-MM"`` of a month index."""
    return f"{year_of(index):04d}-{month_of(index):02d}"


def first_day(index: int) -> datetime.date:
    """First day of the month."""
    return datetime.date(year_of(index), month_of(index), 1)
