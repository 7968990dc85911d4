"""English left on a Korean page: what a reader sees or hears of it, outside code, ids and titles of sources."""

from __future__ import annotations

import functools
import re
from html.parser import HTMLParser
from typing import Final

#: What stays as it is in any language: commands, code, ids, and what a page itself marks as English.
_CODE: Final = frozenset({"code", "pre", "script", "style", "textarea", "kbd", "samp"})
_SPOKEN: Final = frozenset({"aria-label", "alt", "title", "placeholder"})
_VOID: Final = frozenset({"meta", "link", "br", "hr", "img", "input", "source", "wbr", "col", "area", "base"})
#: Four words of English in a row; a word with a dot or an underscore in it is an id.
_RUN: Final = re.compile(r"(?<![\w.])[A-Za-z][A-Za-z’'-]*(?:[,;:]? [A-Za-z][A-Za-z’'-]*){3,}(?![\w.]*\w)")
#: Names that have no Korean: of licences, fonts and vendored works, and the two circles a rule is written in.
NAMES: Final = (
    "SIL Open Font License", "BSD 3-Clause", "Creative Commons Attribution", "World Population Prospects",
    "parents + spouse + children + grandchildren", "Natural Earth, first-order units of the DPRK", "MIT AND Zlib",
)  # fmt: skip


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        shut = self._shut or tag in _CODE or given.get("lang") == "en"
        if not shut:
            self.found += [str(given[name]) for name in _SPOKEN & given.keys() if given[name]]
        if tag not in _VOID:
            self._open.append((tag, shut))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            if self._open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        if not self._shut and data.strip():
            self.found.append(" ".join(data.split()))

    @property
    def _shut(self) -> bool:
        return bool(self._open) and self._open[-1][1]


@functools.cache
def _titles() -> re.Pattern[str]:
    """Sources as pages cite them, the longest first."""
    from yeonjwa.evidence import sources
    from yeonjwa.regime.catalogue import regimes
    from yeonjwa.report.words import plain

    works = sources.load().values()
    known = {text for work in works for text in (work.text, work.key, work.title, sources.cited(work))}
    known |= {source.cite for regime in regimes().values() for source in regime.sources.values()}
    known |= {plain(text) for text in known}
    return re.compile("|".join(map(re.escape, sorted({*known, *NAMES} - {""}, key=len, reverse=True))))


def left(html: str) -> list[str]:
    """Runs of four English words or more on a page."""
    reader = _Reader()
    reader.feed(html)
    doubtful = (text for text in dict.fromkeys(reader.found) if _RUN.search(text))
    kept = (_titles().sub(" · ", text) for text in doubtful)
    return list(dict.fromkeys(found[0] for text in kept for found in _RUN.finditer(text)))
