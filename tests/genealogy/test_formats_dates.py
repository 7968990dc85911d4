"""Dates of GEDCOM: every form becomes the months it stands for, in every calendar."""

from __future__ import annotations

import pytest
from convertdate import french_republican, hebrew, julian
from hypothesis import given
from hypothesis import strategies as st

from yeonjwa.core.calendar import parse_month
from yeonjwa.genealogy.formats.gedcom_dates import MARGIN, Span, read_date

ROMAN = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
FRENCH = [
    "VEND",
    "BRUM",
    "FRIM",
    "NIVO",
    "PLUV",
    "VENT",
    "GERM",
    "FLOR",
    "PRAI",
    "MESS",
    "THER",
    "FRUC",
    "COMP",
]
# The library counts months from Nisan.
HEBREW = ["NSN", "IYR", "SVN", "TMZ", "AAV", "ELL", "TSH", "CSH", "KSL", "TVT", "SHV", "ADR", "ADS"]


def m(text: str) -> int:
    return parse_month(text)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("MAR 1950", m("1950-03"), m("1950-03")),
        ("2 MAR 1950", m("1950-03"), m("1950-03")),
        ("1950", m("1950-01"), m("1950-12")),
        ("2 mar 1950", m("1950-03"), m("1950-03")),
        ("GREGORIAN 1950", m("1950-01"), m("1950-12")),
        ("@#DGREGORIAN@ 2 MAR 1950", m("1950-03"), m("1950-03")),
        ("BET 1700 AND MAR 1710", m("1700-01"), m("1710-03")),
        ("FROM 1700 TO 1710", m("1700-01"), m("1710-12")),
        ("FROM 1700", m("1700-01"), None),
        ("TO 1700", None, m("1700-12")),
        ("BEF MAR 1700", None, m("1700-03")),
        ("AFT MAR 1700", m("1700-03"), None),
        ("ABT 1700", m("1700-01") - MARGIN, m("1700-12") + MARGIN),
        ("EST MAR 1700", m("1700-03") - MARGIN, m("1700-03") + MARGIN),
        ("INT 1850 (about the time of the flood)", m("1850-01"), m("1850-12")),
        ("20 JAN 1706/07", m("1707-01"), m("1707-01")),
        ("@#DJULIAN@ 20 JAN 1706/07", m("1707-01"), m("1707-01")),
        ("25 DEC 1699/00", m("1700-12"), m("1700-12")),
        ("JULIAN 25 DEC 1799", m("1800-01"), m("1800-01")),
        ("JULIAN 1799", m("1799-01"), m("1800-01")),
        ("1 BCE", -1600 * 12, -1600 * 12 + 11),
        ("2 B.C.", -1601 * 12, -1601 * 12 + 11),
        ("@#DFRENCH R@ 18 BRUM 8", m("1799-11"), m("1799-11")),
        ("FRENCH_R COMP 3", m("1795-09"), m("1795-09")),
        ("HEBREW 5 IYR 5708", m("1948-05"), m("1948-05")),
        ("(unknown)", None, None),
        ("", None, None),
    ],
)
def test_forms(text: str, low: int | None, high: int | None) -> None:
    assert read_date(text) == Span(low, high)


@pytest.mark.parametrize(
    "text",
    ["yesterday", "31 FOO 1900", "40 MAR 1900", "BET 1900", "BET 1910 AND 1900", "1900-03-01", "VEND 1900",
     "HEBREW MAR 5000", "MAR 1706/09", "ABT", "BEF", "@#DROMAN@ 1900"],
)  # fmt: skip
def test_no_date(text: str) -> None:
    with pytest.raises(ValueError):
        read_date(text)


def month_of(year: int, month: int) -> Span:
    value = (year - 1600) * 12 + month - 1
    return Span(value, value)


@given(st.integers(1, 2100), st.integers(1, 12), st.integers(1, 28))
def test_julian_as_another_library_has_it(year: int, month: int, day: int) -> None:
    expected = julian.to_gregorian(year, month, day)[:2]
    assert read_date(f"JULIAN {day} {ROMAN[month - 1]} {year}") == month_of(*expected)


@pytest.mark.filterwarnings("ignore:month_days is deprecated")
@given(st.integers(4800, 5900), st.integers(1, 13), st.integers(1, 29))
def test_hebrew_as_another_library_has_it(year: int, month: int, day: int) -> None:
    if month == 13 and not hebrew.leap(year):
        month = 12
    expected = hebrew.to_gregorian(year, month, day)[:2]
    assert read_date(f"HEBREW {day} {HEBREW[month - 1]} {year}") == month_of(*expected)


@given(st.integers(1, 14), st.integers(1, 13), st.integers(1, 30))
def test_french_as_another_library_has_it(year: int, month: int, day: int) -> None:
    day = min(day, 5) if month == 13 else day
    expected = french_republican.to_gregorian(year, month, day)[:2]
    assert read_date(f"FRENCH_R {day} {FRENCH[month - 1]} {year}") == month_of(*expected)


@given(st.sampled_from(["JULIAN", "HEBREW", "FRENCH_R"]), st.data())
def test_a_month_holds_its_days(calendar: str, data: st.DataObject) -> None:
    names = {"JULIAN": ROMAN, "HEBREW": HEBREW, "FRENCH_R": FRENCH}[calendar]
    year = data.draw(st.integers(1, 14) if calendar == "FRENCH_R" else st.integers(1200, 5800))
    name = data.draw(st.sampled_from(names))
    day = data.draw(st.integers(1, 5 if name == "COMP" else 28))
    exact, whole = read_date(f"{calendar} {day} {name} {year}"), read_date(f"{calendar} {name} {year}")
    of_year = read_date(f"{calendar} {year}")
    assert exact.low is not None
    assert whole.low is not None
    assert whole.high is not None
    assert of_year.low is not None
    assert of_year.high is not None
    assert of_year.low <= whole.low <= exact.low <= whole.high <= of_year.high
    assert whole.high - whole.low <= 2
