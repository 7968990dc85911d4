"""Korean pages say in Korean what the data say; only titles of sources, rules to be typed and ids stay as they are."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.utils import translation

from yeonjwa.evidence import ledger
from yeonjwa.evidence.korean import korean
from yeonjwa.observatory.documents.templatetags.written import english, plainly, unit
from yeonjwa.observatory.pages.templatetags.looks import crumbs
from yeonjwa.regime.catalogue import regimes

PAGES = (
    "/ko/claims/", "/ko/claims/seed.05/", "/ko/parameters/", "/ko/parameters/loss.severity/",
    "/ko/parameters/sanction.camp_circle/", "/ko/conflicts/", "/ko/conflicts/severity/", "/ko/evidence/?kind=claim",
    "/ko/evidence/overseas.hostage_children/", "/ko/evidence/pol.2015apr.divorce/", "/ko/regimes/", "/ko/regimes/prk.2012/",
    "/ko/regimes/tang/", "/ko/scenarios/", "/ko/scenarios/inlaws/", "/ko/scenarios/hardship_undernourishment/",
)  # fmt: skip
_VOID = {"meta", "link", "input", "br", "img", "hr"}
_SILENT = {"script", "style", "pre", "code", "svg"}


class Texts(HTMLParser):
    """Texts of a page: ``marked`` as English, and ``korean``, what the page takes for Korean."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[tuple[str, str, bool]] = []
        self.marked: list[str] = []
        self.korean: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in _VOID:
            _, lang, silent = self.open[-1] if self.open else ("", "", False)
            self.open.append((tag, dict(attrs).get("lang") or lang, silent or tag in _SILENT))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and self.open and not self.open[-1][2]:
            (self.marked if self.open[-1][1] == "en" else self.korean).append(data.strip())


@pytest.mark.parametrize("address", PAGES)
def test_only_titles_of_sources_are_in_english(client: Any, db: None, address: str) -> None:
    page = Texts(client.get(address).content.decode())
    titles = {entry.source for entry in ledger.entries().values()} | {"English"}
    titles |= {source.cite for regime in regimes().values() for source in regime.sources.values()}
    assert set(page.marked) <= titles
    sentences = [text for text in page.korean if re.search(r"\b[a-z]{2,} [a-z]{2,}", text)]
    assert [text for text in sentences if not re.search("[가-힣]", text)] == []
    assert any(re.search("[가-힣]", text) for text in page.korean)


def test_words_of_a_search_are_looked_for_in_korean_too(client: Any, db: None) -> None:
    asked = "/evidence/?q=무역일군"
    assert "hostage" not in client.get(asked).content.decode()
    assert "exp.family_with" in client.get("/ko" + asked).content.decode()


def test_a_copy_of_a_shipped_scenario_begins_with_korean_words(client: Any, db: None) -> None:
    page = client.get("/ko/scenarios/new/?copy=severity_reversals").content.decode()
    assert 'value="처벌이 보도대로 오르내린다"' in page
    assert 'value="용서 없이 처벌하라는 지시."' in page
    assert "누그러졌다는 보도를" in page
    assert (
        'value="Order to punish without mercy."'
        in client.get("/scenarios/new/?copy=severity_reversals").content.decode()
    )


def test_filters_translate_on_korean_pages_only() -> None:
    text = "Recall rule."
    with translation.override("ko"):
        assert english(text) == plainly(text) == korean(text)
        assert (unit("children"), english("children")) == ("명", "자녀")
        assert english("Nobody wrote this") == '<span lang="en">Nobody wrote this</span>'
        assert english("직접 쓴 것 abc") == "직접 쓴 것 abc"
    with translation.override("en"):
        assert english(text) == plainly(text) == text


def test_a_way_to_a_page_has_its_language_once() -> None:
    with translation.override("ko"):
        assert 'href="/ko/runs/1/"' in crumbs("/ko/runs/1/", "기준", "", "여기")
        assert 'href="/ko/runs/"' in crumbs("/runs/", "실행")
