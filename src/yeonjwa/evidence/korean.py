"""The Korean of the package's own texts: what entries, parameters, scenarios, regimes and measures say.

The tables in ``data/korean`` hold each English text beside its Korean. The English itself is the key: a text that is
changed has no Korean until somebody translates it again, so that a page never shows the translation of an older wording.
Sentences that hold measured numbers are forms of the catalogue (:mod:`yeonjwa.report.retold`). Titles
of sources and quotations stay in their own language and are in no table. ``tools/korean.py`` brings the tables up to date.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from yeonjwa.core import language
from yeonjwa.evidence import ledger
from yeonjwa.evidence.rows import Faults, read_rows

FOLDER: Final = Path(__file__).parent / "data" / "korean"
#: Table of units.
UNITS: Final = "units"
#: A unit that follows its number without a space: per cent, and short counters.
_CLOSE: Final = re.compile(r"%|(?!비율)[가-힣]{1,2}(\(.*\))?$")
#: A unit that says of what or by what: it stands in brackets behind the number.
_RATIO: Final = re.compile("^[0-9]|당|중|대비|배$| |비율")


@functools.cache
def load(folder: Path = FOLDER) -> Mapping[str, str]:
    """English -> Korean, of all tables; a text whose translation is still empty is left out.

    A unit that is also a word of another table, such as "children", has the Korean of that table here.

    Raises
    ------
    InputError
        A wrong column or a text twice; several errors are one that lists them.
    """
    files = sorted(file for file in folder.glob("*.csv") if file.stem != UNITS)
    return MappingProxyType({**units(folder), **_read(files)})


@functools.cache
def units(folder: Path = FOLDER) -> Mapping[str, str]:
    """English -> Korean, of units."""
    return MappingProxyType(_read([folder / f"{UNITS}.csv"]))


def _read(files: Iterable[Path]) -> dict[str, str]:
    faults = Faults()
    pairs: dict[str, str] = {}
    for file in files:
        for row, where in read_rows(file, ("english", "korean"), faults):
            if row["english"] in pairs:
                faults.add("english", row["english"], "a text that stands in one row only", where)
            pairs[row["english"]] = row["korean"]
    faults.refuse("Korean tables")
    return {english: said for english, said in pairs.items() if said}


def translation(text: str) -> str | None:
    """The Korean of a text of the data; None where there is none, so that a page can mark the English as English.

    A text without a Latin letter, such as "1998-2003", is the same in both languages. Where lines break does not matter.
    """
    known = load()
    text = " ".join(text.split())
    found = known.get(text)
    if found is not None:
        return found
    if not any("a" <= letter <= "z" for letter in text.lower()):
        return text
    return None


def korean(text: str) -> str:
    """The Korean of a text of the data; the English where there is none."""
    found = translation(text)
    return text if found is None else found


def said(text: str) -> str:
    """A text of the data in the active language."""
    return korean(text) if language.active() == "ko" else text


def amount(number: str, unit: str) -> str:
    """A number with its unit in Korean: "831명", "12.5%", "3 kg", "27 (1,000명당)".

    Parameters
    ----------
    number : str
        As it is written.
    unit : str
        In English.
    """
    said = units().get(unit) or korean(unit)
    if _CLOSE.match(said):
        return f"{number}{said}"
    return f"{number} ({said})" if _RATIO.search(said) else f"{number} {said}"


def describe(entry: ledger.Entry) -> str:
    """One line in Korean that says what an entry of the ledger states, as :func:`ledger.describe` does in English."""
    if isinstance(entry, ledger.Claim):
        return korean(entry.claim)
    number = f"{entry.value:,.10g}"
    if entry.low is not None or entry.high is not None:
        number += f" ({ledger.bound(entry.low)}–{ledger.bound(entry.high)})"
    of_whom = ", ".join((korean(entry.applies_to), korean(entry.period)))
    return f"{korean(entry.quantity)}: {amount(number, entry.unit)}, {of_whom}"
