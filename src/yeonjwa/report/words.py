"""Words and numbers as the report writes them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Final

from yeonjwa.evidence.words import Word
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
    "administrator": "administrators",
    "official": "officials",
    "senior": "senior officials",
    "security": "security agents",
    "expatriate": "traders abroad",
    "ordinary": "ordinary families",
    "arrived": "relatives in the South",
    "fees": "couriers, brokers, bribes",
    "female": "women",
    "male": "men",
    "spouse": "spouse",
    "aunts_uncles": "aunts, uncles",
    "nieces_nephews": "nieces, nephews",
    "first_cousins": "first cousins",
    "other": "others",
    "party_loss": "loss of party membership",
    "bar": "bar from university and army",
    "father": "father's line",
    "mother": "mother's line",
    "altruism": "affection alone",
    "liability": "fear of punishment",
    "hint": "after a hint",
    "threat": "after a threat",
    "remittance": "sent home",
    "fee": "fees and bribes",
}
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


def explained() -> list[Word]:
    """Words a reader of a report may not know, as the glossary has them."""
    return [entry(id) for id in _EXPLAINED]


def level(name: str) -> str:
    """A level of a breakdown in words ("s_pyongan" is "South Pyongan")."""
    if name in PROVINCES:
        return PROVINCES[name][0]
    if name.isdigit():
        return f"{name}촌"
    return _LEVELS.get(name, name.replace("_", " "))


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def plain(text: str) -> str:
    """The text in characters that the embedded faces hold: others are spelled out or become "?"."""
    for character, words in _OUTSIDE.items():
        text = text.replace(character, words)
    return _UNCOVERED.sub("?", text)


def round_to(value: float, digits: int) -> float:
    """``value`` to so many significant digits."""
    if value == 0 or not math.isfinite(value):
        return 0.0
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def number(value: float | None, digits: int = 3) -> str:
    """A figure for running text: significant digits, comma at thousands, "million" from a million on."""
    if value is None or not math.isfinite(value):
        return "\u2013"
    rounded = round_to(value, digits)
    if abs(rounded) >= 1e6:
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


def percent(share: float | None, digits: int = 2) -> str:
    """A share of one as "61 %"."""
    if share is None or not math.isfinite(share):
        return "\u2013"
    if 0.95 < share < 1:
        return f"{math.floor(share * 1000) / 10:g}{NBSP}%"
    return f"{number(100 * share, digits)}{NBSP}%"


def join(items: Iterable[str]) -> str:
    """ "a, b and c"."""
    parts = list(items)
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def count(n: float, one: str, many: str = "") -> str:
    """ "1 year", "3 years"."""
    return f"{number(n)}{NBSP}{one if n == 1 else many or one + 's'}"
