"""Revised Romanisation by rule (2000): letters of syllables, and the changes where two syllables meet.

Written for tests. Aspiration is not written in nouns (묵호 Mukho), tensing never; what the rules cannot know, such as the
border inside a compound, is marked with ``+`` by the caller.
"""

from __future__ import annotations

import re

_FIRST = [
    "g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h",
]  # fmt: skip
_VOWEL = [
    "a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi", "yu", "eu",
    "ui", "i",
]  # fmt: skip
#: Finals as they end a word, in the order of Unicode.
_LAST = [
    "", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "l", "l", "l", "p", "l", "m", "p", "p", "t", "t", "ng", "t",
    "t", "k", "t", "p", "t",
]  # fmt: skip
#: Single finals before a vowel.
_LINKED = {1: "g", 2: "kk", 4: "n", 7: "d", 8: "r", 16: "m", 17: "b", 19: "s", 20: "ss", 22: "j", 23: "ch", 24: "k",
           25: "t", 26: "p", 27: ""}  # fmt: skip
_NASAL = {"k": "ng", "t": "n", "p": "m"}


def romanise(text: str) -> str:
    """The text in Latin letters; whatever is not Hangul stays."""
    return re.sub(r"[가-힣+]+", lambda found: _run(found[0]), text)


def _run(text: str) -> str:
    letters = ""
    syllables = [divmod(ord(c) - 0xAC00, 28) for c in text.replace("+", "")]
    borders = {len(text[:n].replace("+", "")) for n, c in enumerate(text) if c == "+"}
    carried: str | None = None
    for n, (start, last) in enumerate(syllables):
        first, vowel = divmod(start, 21)
        onset = _FIRST[first] if carried is None else carried
        following = syllables[n + 1][0] // 21 if n + 1 < len(syllables) else None
        coda, carried = _meet(last, following, n + 1 in borders)
        letters += onset + _VOWEL[vowel] + coda
    return letters


def _meet(last: int, following: int | None, border: bool) -> tuple[str, str | None]:
    """How a final is written, and the onset of the next syllable where it changes."""
    end = _LAST[last]
    if following is None or not last:
        return end, None
    onset = _FIRST[following]
    if onset == "" and end != "ng":
        if border:
            return "", {"k": "g", "t": "d", "p": "b", "l": "r"}.get(end, end)
        return "", _LINKED[last]
    if onset == "r":
        if end in ("l", "n"):
            return "l", "l"
        return _NASAL.get(end, end), "n"
    if onset in ("n", "m"):
        return ("l", "l") if end == "l" and onset == "n" else (_NASAL.get(end, end), None)
    return end, None
