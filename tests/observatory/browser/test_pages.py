"""Every page in a real browser: axe-core, console, outside requests, keyboard, narrow, zoomed, dark, Hangul."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.observatory.browser.addresses import KOREAN, READERS, there
from yeonjwa.core.calendar import parse_month
from yeonjwa.report.kin_family import family, open_people

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="session")
def person(run_folder: Path) -> int:
    """Somebody of the small run with a camp circle and many kin."""
    people = open_people(run_folder)
    p, at = people.pedigree, parse_month("2006-06")
    living = np.flatnonzero(p.alive_at(at) & (p.birth < at - 40 * 12) & (p.birth > at - 60 * 12))
    return max(living.tolist()[:40], key=lambda one: family(people, one, at).in_camp)


def filled(address: str, run: Any, person: int) -> str:
    return address.format(run=run.pk, person=person)


@pytest.mark.parametrize("address", READERS, ids=list(READERS.values()))
def test_page(
    visit: Any, transactional_db: None, finished: Any, person: int, pictures: Path, address: str
) -> None:
    if address != "/nowhere/" and not there(address):
        pytest.skip(f"{address} is not built yet")
    name = READERS[address]
    answer = visit.open(filled(address, finished, person))
    assert answer.status == (404 if address == "/nowhere/" else 200)
    page = visit.page
    assert page.locator("h1").count() == 1
    for landmark in ("header", "main", "footer", "nav"):
        assert page.locator(landmark).count() >= 1
    assert visit.faults() == []
    page.screenshot(path=pictures / f"{name}-1280.png", full_page=True)
    page.emulate_media(color_scheme="dark")
    assert visit.faults() == []
    page.screenshot(path=pictures / f"{name}-1280-dark.png")
    page.emulate_media(color_scheme="light")
    # Zoomed to 200 % a window of 1280 pixels has 640.
    for width in (640, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert visit.too_wide() == ""
    page.set_viewport_size({"width": 360, "height": 800})
    page.screenshot(path=pictures / f"{name}-360.png", full_page=True)
    _by_keyboard(page)
    if address == "/nowhere/":
        visit.said = [line for line in visit.said if "404" not in line]
    assert visit.said == []
    assert visit.outside == []


def _by_keyboard(page: Any) -> None:
    """The first stop leads to the content; every further one is seen, has a name, and they come in order."""
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate(
        "() => { const b = document.body; b.tabIndex = -1; b.focus(); b.removeAttribute('tabindex'); scrollTo(0, 0); }"
    )
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.classList.contains('skip')")
    page.keyboard.press("Enter")
    assert page.evaluate("() => location.hash") == "#content"
    for _ in range(12):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            """() => {
              const a = document.activeElement, box = a.getBoundingClientRect(), look = getComputedStyle(a);
              if (a === document.body) return "end";
              if (box.width === 0 || box.height === 0) return "not drawn: " + a.outerHTML.slice(0, 120);
              if (look.outlineStyle === "none" || parseFloat(look.outlineWidth) < 2)
                return "focus not seen: " + a.outerHTML.slice(0, 120);
              return "";
            }"""
        )
        if seen == "end":
            break
        assert seen == ""


@pytest.mark.parametrize("address", KOREAN)
def test_korean_page(
    visit: Any, transactional_db: None, finished: Any, person: int, pictures: Path, address: str
) -> None:
    answer = visit.open("/ko" + filled(address, finished, person))
    assert answer.status == 200
    page = visit.page
    assert page.evaluate("() => document.documentElement.lang") == "ko"
    assert visit.faults() == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert visit.too_wide() == ""
    page.set_viewport_size({"width": 1280, "height": 900})
    page.screenshot(path=pictures / f"ko-{READERS[address]}-1280.png", full_page=True)
    assert visit.said == []
    assert visit.outside == []


def test_hangul_is_drawn_without_any_korean_font_on_the_machine(visit: Any, transactional_db: None) -> None:
    """Two syllables look different; as boxes, which a browser draws without a font, they look alike."""
    visit.open("/ko/terms/")
    page = visit.page

    def drawn(text: str, family: str, field: bool = False) -> bytes:
        page.evaluate(
            """async ([text, family, field]) => {
              document.getElementById("probe")?.remove();
              const probe = document.createElement(field ? "input" : "p");
              probe.id = "probe";
              if (field) probe.value = text; else probe.textContent = text;
              probe.style.fontFamily = family; probe.style.fontSize = "40px"; probe.style.width = "300px";
              document.querySelector("main").prepend(probe);
              await document.fonts.load("40px 'Yeonjwa Hangul'", text);
              await document.fonts.ready;
            }""",
            [text, family, field],
        )
        return bytes(page.locator("#probe").screenshot())

    ours = "var(--font)"
    for field in (False, True):
        assert drawn("연연", ours, field) != drawn("좌좌", ours, field)
        assert drawn("똠똠", ours, field) != drawn("펲펲", ours, field)
    # The machine itself has none: the test would otherwise see the machine's.
    assert drawn("연연", "serif") == drawn("좌좌", "serif")


def test_arrow_keys_walk_the_family(
    visit: Any, transactional_db: None, finished: Any, person: int, run_folder: Path
) -> None:
    visit.open(f"/runs/{finished.pk}/people/{person}/kin/?at=2006-06")
    page = visit.page
    page.wait_for_selector(".wide svg[data-ready=yes]")
    at = parse_month("2006-06")
    everyone = family(open_people(run_folder), person, at)

    def here() -> tuple[int, str, str]:
        found = page.evaluate(
            "() => [document.activeElement.id, document.activeElement.dataset.up || '',"
            " document.activeElement.getAttribute('aria-label')]"
        )
        return int(found[0][1:]), found[1], found[2]

    page.locator(".wide svg a[tabindex='0']").focus()
    page.keyboard.press("Home")
    assert here()[0] == person
    page.keyboard.press("ArrowDown")
    first, up, label = here()
    kin = everyone.of(first)
    assert kin is not None
    assert int(up) == person
    assert f"Person {first}" in label
    assert f"{kin.degree}촌" in label
    page.keyboard.press("ArrowRight")
    second = here()[0]
    page.keyboard.press("ArrowLeft")
    assert here()[0] == first != second
    while True:
        before = here()[0]
        page.keyboard.press("ArrowDown")
        if here()[0] == before:
            break
    depth = 0
    while here()[0] != person:
        above = int(here()[1])
        page.keyboard.press("ArrowUp")
        assert here()[0] == above
        depth += 1
    assert depth >= 1
    page.keyboard.press("ArrowDown")
    page.locator("#selected h2", has_text=f"Person {here()[0]}").wait_for()
    box = page.locator(".wide svg").get_attribute("viewBox")
    page.keyboard.press("+")
    assert page.locator(".wide svg").get_attribute("viewBox") != box
    page.keyboard.press("0")
    assert visit.said == []


def test_explorer_works_without_script(
    browser: Any, live_server: Any, transactional_db: None, finished: Any, person: int
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/runs/{finished.pk}/people/{person}/kin/?at=2006-06&camp=4")
    assert page.locator("h2", has_text="By degree").count() == 1
    assert page.locator(".zoom").first.is_hidden()
    page.locator("#list table a").first.click()
    assert page.locator("h1").inner_text().startswith("If person")
    context.close()


def test_slider_of_the_map_moves_by_keys_and_works_without_script(
    browser: Any, visit: Any, live_server: Any, transactional_db: None, finished: Any
) -> None:
    address = f"/runs/{finished.pk}/map/?show=poor"
    visit.open(address)
    page = visit.page
    page.locator("#at").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.locator(".lead", has_text="Feb 2005").wait_for()
    assert page.locator("#at-said").inner_text() == "Feb 2005"
    assert page.locator("#at").get_attribute("aria-valuetext") == "Feb 2005"
    assert page.evaluate("() => document.activeElement.id") == "at"
    assert "at=2" in page.url
    assert page.locator("#slider button").is_hidden()
    assert visit.said == []
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(live_server.url + address)
    plain.locator("#at").focus()
    plain.keyboard.press("Home")
    plain.locator("#slider button").click()
    assert "Jan 2005" in plain.locator(".lead").inner_text()
    context.close()
