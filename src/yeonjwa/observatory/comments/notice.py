"""What a moderator's eye is drawn to: links, addresses, numbers, and words that may name a person or a place.

Nothing is decided by it, and nothing is found by it alone: it marks words in the moderator's reading view.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

_SURNAMES: Final = (
    "Kim|Lee|Ri|Rhee|Yi|Park|Pak|Choi|Choe|Jung|Jong|Chung|Cho|Jo|Kang|Jang|Chang|Yoon|Yun|Lim|Im|Rim|Han|Oh|O|"
    "Seo|So|Shin|Sin|Kwon|Hwang|An|Ahn|Song|Ryu|Yoo|Hong|Ko|Go|Moon|Mun|Yang|Son|Bae|Paek|Baek|Ho|Heo|Nam|Ro|Ha|Ju"
)
_KIN: Final = (
    "father|mother|brother|sister|uncle|aunt|cousin|grandfather|grandmother|husband|wife|son|daughter|neighbour|"
    "neighbor|friend|teacher|boss|colleague|classmate|nephew|niece|in-law"
)
_KIN_KO: Final = (
    "아버지|어머니|엄마|아빠|형|오빠|누나|언니|동생|삼촌|외삼촌|이모|고모|사촌|육촌|할아버지|할머니|남편|아내|아들|딸|이웃|친구|"
    "담임|선생|동무|동료|조카|장인|장모|시아버지|시어머니"
)
#: Kind -> pattern. The first that matches a place has it.
_PATTERNS: Final = {
    "link": re.compile(
        r"(?:https?://|www\.)\S+|\b[\w-]+\.(?:com|net|org|info|ru|cn|kr|io|xyz|shop|top)\b", re.I
    ),
    "contact": re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+|(?<!\w)@\w{3,}|(?:\+?\d[\s().-]?){8,}"),
    "birth": re.compile(
        r"\b(?:born|b\.)\s+(?:in|on)?\s*\d{4}|\d{4}년생|\b\d{1,2}[./]\d{1,2}[./](?:19|20)\d{2}\b"
    ),
    "person": re.compile(
        rf"\b(?:Mr|Mrs|Ms|Dr|Comrade)\.?\s+[A-Z][\w-]+|\b(?:{_SURNAMES})\s+[A-Z][a-z]+(?:[-\s][A-Za-z]?[a-z]+)?"
        rf"|[가-힣]{{2,4}}\s?(?:씨|님|동무|동지|아저씨|아주머니)(?![가-힣]{{3}})"
        rf"|\b[Mm]y\s+(?:[a-z]+\s+)?(?:{_KIN})\b|(?:내|제|우리)\s?(?:{_KIN_KO})"
    ),
    "place": re.compile(
        r"\b(?:[Ii]n|[Ff]rom|[Aa]t|[Nn]ear)\s+[A-Z][a-z]{2,}(?:-(?:ri|dong|gun|up|si|myon))?\b|[가-힣]{2,4}(?:군|읍|리|동|면)\s"
    ),
}


@dataclass(frozen=True)
class Mark:
    """Words from ``start`` to ``end`` that a moderator should look at, and why."""

    start: int
    end: int
    kind: str


def marks(text: str) -> list[Mark]:
    """Places of a text to look at, in order and apart from each other.

    Parameters
    ----------
    text : str
        As sent.
    """
    found: list[Mark] = []
    for kind, pattern in _PATTERNS.items():
        for match in pattern.finditer(text):
            if all(match.end() <= mark.start or match.start() >= mark.end for mark in found):
                found.append(Mark(match.start(), match.end(), kind))
    return sorted(found, key=lambda mark: mark.start)


def links(text: str) -> int:
    """Number of links."""
    return sum(mark.kind == "link" for mark in marks(text))


def words(text: str) -> list[str]:
    """What was noticed, in words of the reader's language; empty if nothing was.

    Parameters
    ----------
    text : str
        As sent.
    """
    kinds = [mark.kind for mark in marks(text)]
    said = []
    if {"person", "birth"} & set(kinds):
        said.append(_("may name a person"))
    if "place" in kinds:
        said.append(_("names a place"))
    if "contact" in kinds:
        said.append(_("an address or a number"))
    number = kinds.count("link")
    if number:
        said.append(ngettext("%(n)d link", "%(n)d links", number) % {"n": number})
    return said


def pieces(text: str) -> list[dict[str, Any]]:
    """The text cut at its marks: ``text`` and whether it is ``marked``.

    Parameters
    ----------
    text : str
        As sent.
    """
    cut, at = [], 0
    for mark in marks(text):
        cut.append({"text": text[at : mark.start], "marked": False})
        cut.append({"text": text[mark.start : mark.end], "marked": True})
        at = mark.end
    cut.append({"text": text[at:], "marked": False})
    return [piece for piece in cut if piece["text"]]
