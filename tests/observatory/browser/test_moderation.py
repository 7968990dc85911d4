"""A comment from the reader's form to its publication, in a real browser: held, noticed, edited, shown, taken down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.observatory.conftest import PASSWORD, make_user
from yeonjwa.observatory.comments import services

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/comments/claim/seed.05/"
TEXT = "My neighbour in Hoeryong was refused a post because of a 육촌 who left. See http://a.example.com for more."
EDITED = "Someone was refused a post because of a 육촌 who left."


def look(visit: Any, pictures: Path, name: str) -> None:
    """The page has no fault, light and dark, wide and narrow; a picture of it stays."""
    page = visit.page
    assert visit.faults() == [], name
    page.emulate_media(color_scheme="dark")
    assert visit.faults() == [], f"{name}, dark"
    page.emulate_media(color_scheme="light")
    page.screenshot(path=pictures / f"{name}-1280.png", full_page=True)
    page.set_viewport_size({"width": 320, "height": 800})
    assert visit.too_wide() == "", name
    page.screenshot(path=pictures / f"{name}-320.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


def test_from_the_form_to_the_page(
    visit: Any, transactional_db: None, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "FASTEST", -1)
    make_user("mo", "moderator")
    page = visit.page

    # A reader, by the keyboard alone.
    visit.open(PAGE)
    look(visit, pictures, "comment-form")
    page.focus("#comment-text")
    page.keyboard.insert_text(TEXT)
    page.keyboard.press("Tab")
    page.keyboard.type("a reader")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.innerText") == "Send to a moderator", "past the trap"
    page.keyboard.press("Enter")
    page.wait_for_url("**held=*")
    notice = page.get_by_role("status")
    assert "held until a moderator has read it" in notice.inner_text()
    look(visit, pictures, "comment-held")
    visit.open(PAGE)
    assert page.get_by_text("Hoeryong").count() == 0

    # A moderator: a wrong password, the right one, queue, decision.
    visit.open("/moderate/")
    page.get_by_label("Name").fill("mo")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("main").get_by_role("button").click()
    assert page.get_by_role("alert").count() == 1
    look(visit, pictures, "log-in-wrong")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button").click()
    page.wait_for_url("**/moderate/")
    assert "One comment is held" in page.locator("h1").inner_text()
    assert "may name a person, names a place, 1 link" in page.locator("tbody").inner_text().replace("\n", " ")
    look(visit, pictures, "moderation-queue")
    page.get_by_role("link", name="Read").click()
    assert page.locator("mark").all_inner_texts() == ["My neighbour", "in Hoeryong", "http://a.example.com"]
    look(visit, pictures, "moderation-read")
    page.locator("#text").fill(EDITED)
    page.get_by_role("button", name="Approve").click()
    assert "Choose a reason" in page.get_by_role("alert").inner_text()
    assert page.locator("#text").input_value() == EDITED
    visit.said = [line for line in visit.said if "409" not in line]
    page.locator("#reason").select_option("person")
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url("**/moderate/")
    assert "is public now" in page.get_by_role("status").inner_text()
    visit.open("/moderate/audit/")
    look(visit, pictures, "moderation-log")
    visit.open("/moderate/guide/")
    look(visit, pictures, "moderation-guide")

    # What readers see, in both languages, and what happens when it is taken down.
    visit.open(PAGE)
    assert page.get_by_text("Someone was refused a post").count() == 1
    assert "edited by a moderator" in page.locator(".said-by-readers").inner_text()
    visit.open(f"/ko{PAGE}")
    assert page.locator(".said-by-readers [lang=en]").count() == 1
    look(visit, pictures, "comment-korean")
    visit.open(PAGE)
    page.get_by_role("link", name="Take down").click()
    page.locator("#reason").select_option("law")
    page.get_by_role("button", name="Take down").click()
    visit.open(PAGE)
    assert page.get_by_text("Someone was refused a post").count() == 0
    page.get_by_role("button", name="Log out").click()
    assert page.get_by_role("link", name="Log in").count() == 1
    assert visit.said == []
    assert visit.outside == []
