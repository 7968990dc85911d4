"""Words and numbers as the report writes them, in the active language."""

from __future__ import annotations

import calendar
import math
import re
from collections.abc import Iterable
from typing import Final

from yeonjwa.core import language
from yeonjwa.core.errors import InputError
from yeonjwa.core.language import gettext as _
from yeonjwa.core.language import noop, pgettext
from yeonjwa.evidence import korean, ledger
from yeonjwa.evidence.words import word as entry

#: No-break space, between a number and its unit.
NBSP: Final = "\u00a0"
MINUS: Final = "\u2212"

#: The ten units of the census of 2008, from the capital to the north-east.
_UNITS: Final = (
    "pyongyang", "s_pyongan", "n_pyongan", "chagang", "s_hwanghae", "n_hwanghae", "kangwon", "s_hamgyong",
    "n_hamgyong", "ryanggang",
)  # fmt: skip
#: Province -> English and Korean name.
PROVINCES: Final = {unit: (word.english, word.korean) for unit in _UNITS for word in [entry(f"place.{unit}")]}
_LEVELS: Final = {
    "administrator": noop("administrators"),
    "official": noop("officials"),
    "senior": noop("senior officials"),
    "security": noop("security agents"),
    "expatriate": noop("traders abroad"),
    "ordinary": noop("ordinary families"),
    "arrived": noop("relatives in the South"),
    "fees": noop("couriers, brokers, bribes"),
    "female": noop("women"),
    "male": noop("men"),
    "spouse": noop("spouse"),
    "children": noop("children"),
    "parents": noop("parents"),
    "siblings": noop("siblings"),
    "grandchildren": noop("grandchildren"),
    "grandparents": noop("grandparents"),
    "aunts_uncles": noop("aunts, uncles"),
    "nieces_nephews": noop("nieces, nephews"),
    "first_cousins": noop("first cousins"),
    "other": noop("others"),
    "camp": noop("camp"),
    "banishment": noop("banishment"),
    "dismissal": noop("dismissal"),
    "demotion": noop("demotion"),
    "party_loss": noop("loss of party membership"),
    "bar": noop("bar from university and army"),
    "father": noop("father's line"),
    "mother": noop("mother's line"),
    "own": noop("own"),
    "altruism": noop("affection alone"),
    "liability": noop("fear of punishment"),
    "hint": noop("after a hint"),
    "threat": noop("after a threat"),
    "remittance": noop("sent home"),
    "fee": noop("fees and bribes"),
    "poor": noop("poor"),
    "elsewhere": noop("other provinces"),
}
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_OUTSIDE: Final = {
    "\u2192": "to",
    "\u2190": "from",
    "\u2264": "at most ",
    "\u2265": "at least ",
    "\u2248": "about ",
    "\u2013": "\u2013",
    "\u014f": "o",
    "\u014e": "O",
    "\u016d": "u",
    "\u016c": "U",
    "\u03b1": "alpha",
    "\u03b2": "beta",
    "\u03b3": "gamma",
    "\u03ba": "kappa",
    "\u03bb": "lambda",
    "\u2011": "-",
}
#: Korean puts such words after what they belong to: signs are better.
_OUTSIDE_KO: Final = {
    **_OUTSIDE,
    "\u2192": "->",
    "\u2190": "<-",
    "\u2264": "<=",
    "\u2265": ">=",
    "\u2248": "약 ",
}
_UNCOVERED = re.compile(
    "[^\n\t\u0020-\u007e\u00a0-\u00ff\u2013\u2014\u2018-\u201e\u2022\u2026\u2212\u20ac\uac00-\ud7a3]"
)


#: Words of the glossary that a report explains at its end.
_EXPLAINED: Final = (
    "lines.degree", "degree.4", "degree.6", "degree.8", "lines.fathers_side", "lines.mothers_side",
    "system.yeonjwaje", "system.songbun", "system.kwanliso", "system.banishment", "system.cadre",
    "system.security_agent", "system.trade_worker", "system.recall", "system.missing", "model.patron", "model.tie",
    "model.hint", "model.threat", "model.hardship", "model.basket", "model.stain", "model.circle", "model.grade",
)  # fmt: skip


def explained() -> list[dict[str, str]]:
    """Words a reader of a report may not know, as the glossary has them: ``term``, ``korean``, ``romanised``, ``meaning``."""
    found = [entry(id) for id in _EXPLAINED]
    if language.active() == "ko":
        return [
            {
                "term": word.korean or said(word.english),
                "korean": "",
                "romanised": "",
                "meaning": said(word.meaning),
            }
            for word in found
        ]
    return [
        {
            "term": word.english,
            "korean": word.korean,
            "romanised": word.spelling or word.romanised,
            "meaning": word.meaning,
        }
        for word in found
    ]


def level(name: str) -> str:
    """A level of a breakdown in words ("s_pyongan" is "South Pyongan")."""
    if name in PROVINCES:
        return province(name)
    if name.isdigit():
        return f"{name}촌"
    return _(_LEVELS[name]) if name in _LEVELS else said(name.replace("_", " "))


def province(name: str) -> str:
    """A province as the active language calls it."""
    return PROVINCES[name][1 if language.active() == "ko" else 0]


def both(name: str) -> str:
    """A province in English and Korean, on a Korean page in Korean alone; another level in words."""
    if name not in PROVINCES:
        return capital(level(name))
    return province(name) if language.active() == "ko" else " ".join(PROVINCES[name])


def month(year: int, number: int) -> str:
    """A month: "Jan 2012", "2012년 1월"."""
    return f"{year}년 {number}월" if language.active() == "ko" else f"{_MONTHS[number - 1]} {year}"


def month_expression() -> str:
    """How Vega writes a place on an axis in years as a month, in the words of :func:`month`."""
    year, number = "floor(datum.value)", "floor((datum.value % 1) * 12)"
    if language.active() == "ko":
        return f"{year} + '년 ' + ({number} + 1) + '월'"
    names = ",".join(f"'{name}'" for name in _MONTHS)
    return f"[{names}][{number}] + ' ' + {year}"


def day(year: int, number: int, of_month: int) -> str:
    """A day: "23 November 2026", "2026년 11월 23일"."""
    if language.active() == "ko":
        return f"{year}년 {number}월 {of_month}일"
    return f"{of_month} {calendar.month_name[number]} {year}"


def said(text: str) -> str:
    """A text of the package's data, or of a file that it wrote, in the active language; as it is where it has no Korean."""
    return korean.said(text)


def unit(text: str) -> str:
    """A unit in the active language."""
    return korean.units().get(text) or said(text) if language.active() == "ko" else text


def stated(id: str, english: str) -> str:
    """What an entry of the ledger states in the active language, if this version still has the entry; else as it was."""
    if language.active() == "en":
        return english
    try:
        return korean.describe(ledger.entry(id))
    except InputError:
        return english


def span(low: str, high: str) -> str:
    """ "0.1 to 0.3"; signs keep words between them where a dash would be taken for one more."""
    if any(end[:1] in ("+", MINUS, "\u00d7") for end in (low, high)):
        return pgettext("with signs", "{low} to {high}").format(low=low, high=high)
    return _("{low} to {high}").format(low=low, high=high)


def period(first: str, last: str) -> str:
    """Months from one to another, ``YYYY-MM``; years alone where they are whole."""
    if first.endswith("-01") and last.endswith("-12"):
        first, last = first[:4], last[:4]
    return first if first == last else _("{first} to {last}").format(first=first, last=last)


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def plain(text: str) -> str:
    """The text in characters that the embedded faces hold: others are spelled out or become "?"."""
    for character, words in (_OUTSIDE_KO if language.active() == "ko" else _OUTSIDE).items():
        text = text.replace(character, words)
    return _UNCOVERED.sub("?", text)


def round_to(value: float, digits: int) -> float:
    """``value`` to so many significant digits."""
    if value == 0 or not math.isfinite(value):
        return 0.0
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def number(value: float | None, digits: int = 3) -> str:
    """A figure for running text: significant digits, comma at thousands; "million" from a million on, in Korean 만 and 억."""
    if value is None or not math.isfinite(value):
        return "\u2013"
    rounded = round_to(value, digits)
    if abs(rounded) >= 1e6:
        if language.active() == "ko":
            size, unit = (1e8, "억") if abs(rounded) >= 1e8 else (1e4, "만")
            return f"{_fixed(rounded / size, digits)}{unit}"
        return f"{_fixed(rounded / 1e6, digits)}{NBSP}million"
    return _fixed(rounded, digits)


def _fixed(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{abs(value):,.{min(decimals, 6)}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return (MINUS if value < 0 else "") + text


def cell(value: float | None) -> str:
    """A figure for a table: three digits that count, comma at thousands; a dash if there is none."""
    if value is None or not math.isfinite(value):
        return "\u2013"
    return _fixed(round_to(value, 3), 3)


def percent_sign() -> str:
    """What stands after a number of hundredths: a space before the sign in English, none in Korean."""
    return "%" if language.active() == "ko" else f"{NBSP}%"


def percent(share: float | None, digits: int = 2) -> str:
    """A share of one as "61 %", in Korean "61%"."""
    if share is None or not math.isfinite(share):
        return "\u2013"
    if 0.95 < share < 1:
        return f"{math.floor(share * 1000) / 10:g}{percent_sign()}"
    return f"{number(100 * share, digits)}{percent_sign()}"


def join(items: Iterable[str]) -> str:
    """ "a, b and c"; in Korean "a, b, c", which needs no particle."""
    parts = list(items)
    if language.active() == "ko":
        return ", ".join(parts)
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
