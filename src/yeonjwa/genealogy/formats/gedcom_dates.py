"""Dates of GEDCOM files as spans of months.

Read are the date values of GEDCOM 7.0 and 5.5.1: exact dates, periods, ranges, approximations, interpreted dates,
double years (``1731/32``), and the Gregorian, Julian, French Republican and Hebrew calendars. A date in another
calendar becomes the Gregorian months in which its days fall.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from yeonjwa.core.calendar import ORIGIN_YEAR

#: How far, in months, an approximate date (ABT, CAL, EST) may be off.
MARGIN: Final = 120


class Span(NamedTuple):
    """First and last month in which something can have happened, None where there is no bound.

    Months are counted from January 1600 as everywhere, but may be negative here.
    """

    low: int | None = None
    high: int | None = None

    @property
    def known(self) -> bool:
        """Whether there is any bound."""
        return self.low is not None or self.high is not None


UNKNOWN: Final = Span()


def _numbered(names: str) -> dict[str, int]:
    return {name: i + 1 for i, name in enumerate(names.split())}


_ROMAN: Final = _numbered("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC")
_FRENCH: Final = _numbered("VEND BRUM FRIM NIVO PLUV VENT GERM FLOR PRAI MESS THER FRUC COMP")
_HEBREW: Final = _numbered("TSH CSH KSL TVT SHV ADR ADS NSN IYR SVN TMZ AAV ELL")
_MONTHS: Final = {"GREGORIAN": _ROMAN, "JULIAN": _ROMAN, "FRENCH_R": _FRENCH, "HEBREW": _HEBREW}
_ESCAPE: Final = re.compile(r"@#D([A-Z ]+)@")
_DATE: Final = re.compile(
    r"(?:(?P<calendar>GREGORIAN|JULIAN|FRENCH_R|HEBREW) )?"
    r"(?:(?:(?P<day>\d{1,2}) )?(?P<month>[A-Z]{3,4}) )?"
    r"(?P<year>\d{1,4})(?:/(?P<second>\d{2}|\d{4}))?"
    r"(?P<epoch> BCE| B\.?C\.?)?"
)


def read_date(text: str) -> Span:
    """Months of a date value; without bounds if it says nothing, as an empty one or a phrase in brackets.

    Raises
    ------
    ValueError
        The text is not a date value.
    """
    value = _ESCAPE.sub(lambda match: match[1].strip().replace(" ", "_"), text.upper())
    value = re.sub(r"^INT (.*?)(?: ?\(.*\))?$", r"\1", " ".join(value.split()))
    if not value or (value.startswith("(") and value.endswith(")")):
        return UNKNOWN
    first, _, rest = value.partition(" ")
    low: int | None
    high: int | None
    if first in ("ABT", "CAL", "EST"):
        begins, ends = _months(rest)
        return Span(begins - MARGIN, ends + MARGIN)
    if first == "BEF":
        return Span(None, _months(rest)[1])
    if first == "AFT":
        return Span(_months(rest)[0], None)
    if first == "TO":
        return Span(None, _months(rest)[1])
    for begin, between in (("BET", " AND "), ("FROM", " TO ")):
        if first == begin:
            start, joined, end = rest.partition(between)
            if not joined and begin == "BET":
                raise ValueError(text)
            low = _months(start)[0]
            high = _months(end)[1] if joined else None
            if high is not None and high < low:
                raise ValueError(text)
            return Span(low, high)
    return Span(*_months(value))


def _months(text: str) -> tuple[int, int]:
    """First and last Gregorian month of a single date."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    calendar = match["calendar"] or "GREGORIAN"
    year = int(match["year"])
    if match["second"]:
        # Where the year began in March: the second year is the one that begins in January.
        year += 1
        if int(match["second"][-2:]) != year % 100:
            raise ValueError(text)
    if match["epoch"]:
        year = 1 - year
    month = None
    if match["month"]:
        if match["month"] not in _MONTHS[calendar]:
            raise ValueError(text)
        month = _MONTHS[calendar][match["month"]]
    day = int(match["day"]) if match["day"] else None
    if day is not None and not 1 <= day <= 31:
        raise ValueError(text)
    if calendar == "GREGORIAN":
        low = (year - ORIGIN_YEAR) * 12
        return (low, low + 11) if month is None else (low + month - 1, low + month - 1)
    first, last = _days(calendar, year, month, day)
    return _gregorian_month(first), _gregorian_month(last)


def _days(calendar: str, year: int, month: int | None, day: int | None) -> tuple[int, int]:
    """First and last Julian day number of a year, a month or a day of a calendar other than the Gregorian."""
    begin = {"JULIAN": _julian_day, "FRENCH_R": _french_day, "HEBREW": _hebrew_day}[calendar]
    months = len(set(_MONTHS[calendar].values()))
    if month is None:
        return begin(year, 1), begin(year + 1, 1) - 1
    first = begin(year, month)
    if day is None:
        following = begin(year, month + 1) if month < months else begin(year + 1, 1)
        if following == first:  # Adar of a common year
            following = begin(year, month + 2)
        return first, following - 1
    return first + day - 1, first + day - 1


def _gregorian_month(day: int) -> int:
    """Month since January 1600 of a Julian day number (Richards, Explanatory Supplement 2012, 15.11)."""
    f = day + 1401 + (4 * day + 274277) // 146097 * 3 // 4 - 38
    e = 4 * f + 3
    h = 5 * (e % 1461 // 4) + 2
    month = (h // 153 + 2) % 12 + 1
    year = e // 1461 - 4716 + (14 - month) // 12
    return (year - ORIGIN_YEAR) * 12 + month - 1


def _julian_day(year: int, month: int) -> int:
    """Julian day number of the first of a month of the Julian calendar."""
    a = (14 - month) // 12
    y, m = year + 4800 - a, month + 12 * a - 3
    return 1 + (153 * m + 2) // 5 + 365 * y + y // 4 - 32083


def _french_day(year: int, month: int) -> int:
    """Julian day number of the first of a month of the French Republican calendar.

    The years 3, 7 and 11 had a sixth complementary day; the calendar was in force in the years 1 to 14.
    """
    return 2375840 + 365 * (year - 1) + (year // 4 if year < 16 else 3) + 30 * (month - 1)


def _hebrew_day(year: int, month: int) -> int:
    """Julian day number of the first of a month of the Hebrew calendar, months counted from Tishri.

    A leap year has two Adars, ADR and ADS; in a common year both names stand for its only one.
    """
    new_year = _hebrew_new_year(year)
    length = _hebrew_new_year(year + 1) - new_year
    leap = length > 360
    days = [30, 30 if length % 10 == 5 else 29, 29 if length % 10 == 3 else 30, 29, 30]
    days += [30, 29] if leap else [0, 29]
    days += [30, 29, 30, 29, 30, 29]
    return new_year + sum(days[: month - 1])


def _hebrew_new_year(year: int) -> int:
    """Julian day number of 1 Tishri (Reingold and Dershowitz, Calendrical Calculations)."""
    before, day, after = _elapsed(year - 1), _elapsed(year), _elapsed(year + 1)
    if after - day == 356:
        day += 2
    elif day - before == 382:
        day += 1
    return day + 347998


def _elapsed(year: int) -> int:
    """Days from the epoch to the mean new moon of Tishri, put off from Sunday, Wednesday and Friday."""
    months = (235 * year - 234) // 19
    day = 29 * months + (12084 + 13753 * months) // 25920
    return day + 1 if 3 * (day + 1) % 7 < 3 else day
