"""The report is one complete, accessible file, for long runs, short runs and runs in which nothing happens."""

from __future__ import annotations

import base64
import html
import io
import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from tests.report import fixture
from yeonjwa import report
from yeonjwa.core.errors import InputError
from yeonjwa.report import theme


class Outline(HTMLParser):
    """Ids, links, headings and text of a page."""

    VOID = frozenset({"meta", "link", "br", "hr", "img", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.headings: list[int] = []
        self.text: list[str] = []
        self.stack: list[str] = []
        self.drawings: list[str] = []
        self.korean_without_language: list[str] = []
        self.languages: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag == "a" and values.get("href"):
            self.links.append(str(values["href"]))
        if tag in {"script", "link", "img", "iframe", "object"}:
            self.loads.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if "drawing" in str(values.get("class", "")).split():
            self.drawings.append(str(values.get("aria-label") or ""))
        if tag not in self.VOID:
            self.stack.append(tag)
            self.languages.append(values.get("lang"))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag, f"</{tag}> closes nothing"
        self.languages.pop()

    def handle_data(self, data: str) -> None:
        if "style" in self.stack:
            return
        self.text.append(data)
        korean = re.search("[\uac00-\ud7a3]", data)
        if korean and "svg" not in self.stack and "ko" not in self.languages:
            self.korean_without_language.append(data)


def outline(html: str) -> Outline:
    """The page, parsed to its end."""
    found = Outline()
    found.feed(html)
    found.close()
    assert found.stack == []
    return found


def embedded_characters(html: str) -> set[str]:
    """Characters that the fonts inside the page hold."""
    held: set[str] = set()
    for data in re.findall(r"data:font/woff2;base64,([A-Za-z0-9+/=]+)", html):
        font = TTFont(io.BytesIO(base64.b64decode(data)))
        held |= {chr(code) for code in font.getBestCmap()}
    return held


def without_fonts(html: str) -> str:
    """The page without the data of its fonts."""
    return re.sub(r"base64,[A-Za-z0-9+/=]+", "", html)


def test_nothing_is_loaded_from_elsewhere(page: str) -> None:
    found = outline(page)
    assert found.loads == []
    assert re.findall(r"url\((?!data:font/woff2;base64|#)[^)]*\)", page) == []
    assert "@import" not in page
    assert len(page) < 2_500_000


def test_every_character_is_in_an_embedded_font(page: str) -> None:
    held = embedded_characters(page)
    used = set("".join(outline(page).text)) - {"\n", "\t"}
    assert {"연", "좌", "촌"} <= used
    assert used - held == set()


def test_every_link_inside_the_page_has_its_place_once(page: str) -> None:
    found = outline(page)
    assert len(found.ids) == len(set(found.ids))
    inside = {link[1:] for link in found.links if link.startswith("#")}
    assert inside <= set(found.ids)
    assert {"answers", "run", "money", "signals", "flights", "family", "parameters", "sources"} <= inside


def test_headings_go_down_one_level_at_a_time_and_figures_say_what_they_show(page: str) -> None:
    found = outline(page)
    assert found.headings[0] == 1
    assert found.headings.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(found.headings))
    assert len(found.drawings) >= 40
    assert all(len(label) > 15 for label in found.drawings)
    assert page.count("<table") == page.count("<caption")


def test_korean_is_marked_as_korean(page: str) -> None:
    assert outline(page).korean_without_language == []


def test_synthetic_band_assumptions_and_command_are_there(page: str, run_folder: Path) -> None:
    manifest = json.loads((run_folder / "manifest.json").read_text())
    assert "Nobody on this page exists or ever did" in page
    assert manifest["command"] in page
    for parameter in manifest["parameters"]:
        assert f"<code>{parameter['path']}</code>" in page
    for citation in manifest["citations"]:
        assert f'id="s-{citation["id"]}"' in page


def test_two_reports_of_a_run_are_the_same(page: str, run_folder: Path) -> None:
    assert report.build(run_folder).read_text(encoding="utf-8") == page


def test_a_run_in_which_nothing_happens_says_so_in_words(tmp_path: Path) -> None:
    html = report.build(fixture.write(tmp_path, silent=True)).read_text(encoding="utf-8")
    found = outline(html)
    text = " ".join(" ".join(found.text).split())
    assert "No family in office paid a relative, and nobody reached the South" in text
    for sentence in ("Nobody arrives in South Korea in this run.", "No support is paid in this run.",
                     "Nobody is held in this run.", "This run has no offence to show", "No candidate is checked"):  # fmt: skip
        assert sentence in text
    assert found.drawings == []
    assert "nan" not in text.lower().split()
    assert "None" not in re.sub("None in this run", "", text)


@pytest.mark.parametrize(
    ("first", "last"), [("2010-03", "2011-02"), ("2015-06", "2015-06"), ("2011-07", "2012-06")]
)
def test_short_runs_are_shown_by_month(tmp_path: Path, first: str, last: str) -> None:
    html = report.build(fixture.write(tmp_path, first=first, last=last, family=False)).read_text(
        encoding="utf-8"
    )
    found = outline(html)
    assert "a month" in html
    assert len(found.drawings) >= 20
    assert not re.search(r"\bnan\b|undefined", without_fonts(html), re.IGNORECASE)


def test_partial_years_stand_in_tables_with_their_months_but_not_in_figures(tmp_path: Path) -> None:
    html = report.build(fixture.write(tmp_path, first="2006-07", last="2010-03", family=False)).read_text(
        encoding="utf-8"
    )
    assert "2006 (6 months)" in html
    assert "2010 (3 months)" in html
    assert "2007–2009" in html


def test_a_rare_syllable_brings_the_larger_font(run_folder: Path) -> None:
    rare = "뷁"
    assert rare not in theme.core_hangul()
    assert len(theme.font_faces("연좌" + "똠")) > len(theme.font_faces("연좌")) + 100_000


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"manifest\.json"):
        report.build(tmp_path)
    (tmp_path / "manifest.json").write_text('{"kind": "population"}')
    for name in ("series.parquet", "flows.parquet"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(InputError, match="population"):
        report.build(tmp_path)


def test_words_are_explained_as_the_glossary_has_them(page: str) -> None:
    from yeonjwa.report import words

    for word in words.explained():
        assert f"<dt>{html.escape(word['term'], quote=False)}" in page.replace("&#39;", "'")
        assert word["korean"] in page
