"""What a finished run keeps on disk, as pages show it: its report cut into chapters, drawings and tables.

The report was written when the run ended, by the code that the command line runs; that in Korean when it is first asked for.
Pages show pieces of it instead of drawing again: the same figures to the last digit, in a few milliseconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from threading import Lock
from typing import Any, Final

from yeonjwa.core import language
from yeonjwa.core.errors import InputError
from yeonjwa.core.files import write_text
from yeonjwa.report import page as reports
from yeonjwa.report import sheet
from yeonjwa.report.results import Results, read

_SECTION: Final = re.compile(
    r'<section class="two(?: first)?" id="([\w-]+)" aria-labelledby="[\w-]+">(.*?)</section>', re.DOTALL
)
_TITLE: Final = re.compile(r"<h2[^>]*>(.*?)</h2>", re.DOTALL)
_PART: Final = re.compile(r'<div class="part">(.*?)(?=<div class="part">|<div class="margin">|\Z)', re.DOTALL)
_WIDE: Final = re.compile(
    r'<div class="drawing wide" role="img" aria-label="([^"]*)">(<svg.*?</svg>)</div>', re.DOTALL
)
_TABLE: Final = re.compile(r"<table>.*?</table>", re.DOTALL)
_KEY: Final = re.compile(r'<ul class="key">(.*?)</ul>', re.DOTALL)
_SIGN: Final = re.compile(r"<li>(<svg.*?</svg>)(.*?)</li>", re.DOTALL)
_TAG: Final = re.compile(r"<[^>]+>")
#: The end of a part's figure, where its files are offered.
_FIGURE_END: Final = "</figure>"
_WRITING: Final = Lock()


@dataclass(frozen=True)
class Drawing:
    """A figure of the report: its name in addresses, its title, what is seen, the drawing, and its key (signs and words)."""

    name: str
    title: str
    label: str
    svg: str
    key: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Rows:
    """A table of the report: its name in addresses, its title, and rows of text, the head first."""

    name: str
    title: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Chapter:
    """A chapter of the report as HTML, with the names of its figures and tables."""

    id: str
    title: str
    html: str


@dataclass(frozen=True)
class Stored:
    """A report, cut into pieces."""

    headline: str
    lead: str
    answers: str
    chapters: tuple[Chapter, ...]
    drawings: Mapping[str, Drawing]
    tables: Mapping[str, Rows]


class _Cells(HTMLParser):
    """Rows of text of one table."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.caption = ""
        self._in = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A row or a cell begins."""
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append("")
            self._in = "cell"
        elif tag == "caption":
            self._in = "caption"
        elif tag == "small" and self._in == "cell" and self.rows[-1][-1].strip():
            self.rows[-1][-1] += "; "

    def handle_endtag(self, tag: str) -> None:
        """A cell ends."""
        if tag in ("th", "td", "caption"):
            self._in = ""

    def handle_data(self, data: str) -> None:
        """Text of a cell."""
        if self._in == "cell":
            self.rows[-1][-1] += data
        elif self._in == "caption":
            self.caption += data


def table(html: str, name: str = "") -> Rows:
    """The text of a table of the report."""
    cells = _Cells()
    cells.feed(html)
    rows = tuple(tuple(" ".join(c.split()) for c in row) for row in cells.rows if row)
    return Rows(name, " ".join(cells.caption.split()), rows)


def text_of(html: str) -> str:
    """Words of a piece of HTML without its marks."""
    return " ".join(unescape(_TAG.sub("", html)).split())


def report(folder: Path) -> Stored:
    """The report of a run folder, cut into pieces.

    Parameters
    ----------
    folder : Path
        As ``yeonjwa run --out`` writes it.

    Raises
    ------
    InputError
        There is no report.
    """
    path = page(folder)
    return _report(path, path.stat().st_mtime_ns)


def page(folder: Path) -> Path:
    """The file of the report in the active language; one in Korean is written beside the run folder when it is first asked for.

    Raises
    ------
    InputError
        There is no report.
    """
    written = folder / "report.html"
    if not written.is_file():
        raise InputError("report", written.name, "a run folder with its report", str(folder))
    if language.active() == "en":
        return written
    other = folder.parent / f"{folder.name}.{sheet.file_name(written.name)}"
    with _WRITING:
        if not other.is_file() or other.stat().st_mtime_ns < written.stat().st_mtime_ns:
            write_text(other, reports.html(results(folder)))
    return other


@lru_cache(maxsize=8)
def _report(path: Path, changed: int) -> Stored:
    text = path.read_text(encoding="utf-8")
    body = text[text.index("<main>") :]
    drawings: dict[str, Drawing] = {}
    tables: dict[str, Rows] = {}
    answers, chapters = "", []
    for id, content in _SECTION.findall(body):
        title = _TITLE.search(content)
        words = title[1] if title else ""
        if id == "answers":
            answers = content
            first = _TABLE.search(content)
            if first:
                tables["answers"] = table(first[0], "answers")
        elif id != "run":
            chapters.append(_chapter(id, words, content, drawings, tables))
    headline, lead = _inside(body, "<h1>", "</h1>"), _inside(body, '<p class="lead">', "</p>")
    return Stored(headline, lead, answers, tuple(chapters), drawings, tables)


def _inside(text: str, start: str, end: str) -> str:
    begin = text.find(start)
    return text[begin + len(start) : text.index(end, begin)] if begin >= 0 else ""


def _chapter(
    id: str, title: str, content: str, drawings: dict[str, Drawing], tables: dict[str, Rows]
) -> Chapter:
    """One chapter; its figures and tables are put into the two dictionaries, and their files offered under them."""
    pieces, end = [], 0
    for number, match in enumerate(_PART.finditer(content), 1):
        name = f"{id}-{number}"
        part = match[1]
        head = _inside(part, "<h3>", "</h3>")
        drawn, rows = _WIDE.search(part), _TABLE.search(part)
        links = []
        if drawn:
            drawings[name] = Drawing(name, text_of(head), unescape(drawn[1]), drawn[2], _key(part))
            links += [f"figures/{name}.{kind}" for kind in ("svg", "png", "pdf")]
        if rows:
            tables[name] = table(rows[0], name)
            links.insert(0, f"tables/{name}.csv")
        place = part.find(_FIGURE_END)
        if links and place >= 0:
            place += len(_FIGURE_END)
            offered = "".join(
                f'<li><a href="@exports/{link}">{link.rpartition(".")[2].upper()}'
                f'<span class="aloud"> – {text_of(head)}</span></a></li>'
                for link in links
            )
            part = f'{part[:place]}<ul class="files">{offered}</ul>{part[place:]}'
        pieces += [content[end : match.start(1)], part]
        end = match.end(1)
    return Chapter(id, title, "".join([*pieces, content[end:]]))


def _key(part: str) -> tuple[tuple[str, str], ...]:
    """Signs and words of the key of a part's figure; signs that only the narrow drawing needs are left out."""
    found = _KEY.search(part)
    return tuple((sign, text_of(words)) for sign, words in _SIGN.findall(found[1])) if found else ()


def results(folder: Path) -> Results:
    """The data of a run folder, read once.

    Raises
    ------
    InputError
        The folder holds no run.
    """
    path = folder / "manifest.json"
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:
        raise InputError("run folder", folder.name, "a folder that holds manifest.json") from error
    # The periods of a run have names in a language, and keep them.
    return _results(folder, changed, language.active())


@lru_cache(maxsize=4)
def _results(folder: Path, changed: int, spoken: str) -> Results:
    return read(folder)


def manifest(folder: Path) -> Mapping[str, Any]:
    """The manifest of a run folder."""
    path = folder / "manifest.json"
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:
        raise InputError("run folder", folder.name, "a folder that holds manifest.json") from error
    return _manifest(path, changed)


@lru_cache(maxsize=16)
def _manifest(path: Path, changed: int) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
