"""A run and a scenario in a real browser: progress without reloading, the form by keyboard alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from yeonjwa.observatory.runs.models import Run, SavedScenario

pytestmark = pytest.mark.django_db(transaction=True)


def test_progress_rises_and_the_end_is_said_without_a_reload_by_hand(
    visit: Any, transactional_db: None
) -> None:
    run = Run.objects.create(
        scenario="baseline", scale=0.002, first="2005-01", last="2005-12", status="running", stage="society",
        done=3, total=12, unit="months",
    )  # fmt: skip
    visit.open(f"/runs/{run.pk}/")
    page = visit.page
    page.locator('progress[value="25"]').wait_for(state="visible")
    Run.objects.filter(pk=run.pk).update(done=6)
    page.locator('progress[value="50"]').wait_for(state="visible", timeout=15_000)
    page.locator("#cancel").click()
    page.get_by_text("It is being cancelled").wait_for(timeout=15_000)
    run.refresh_from_db()
    assert run.cancel_requested
    Run.objects.filter(pk=run.pk).update(status="cancelled", reason="cancelled")
    page.get_by_text("The run was cancelled.").wait_for(timeout=15_000)
    assert page.get_by_role("link", name="Copy settings and try again").is_visible()
    assert visit.faults() == []
    assert visit.said == []
    assert visit.outside == []


def test_scenario_is_written_by_keyboard_alone(visit: Any, transactional_db: None) -> None:
    visit.open("/scenarios/new/")
    page, keys = visit.page, visit.page.keyboard
    page.locator("#title").focus()
    keys.type("By keyboard")
    keys.press("Enter")  # keeps what was typed and saves nothing
    page.wait_for_load_state()
    assert page.locator("#title").input_value() == "By keyboard"
    assert not SavedScenario.objects.exists()
    page.locator("#title").focus()
    keys.press("Tab")
    keys.type("by-keyboard")
    keys.press("Tab")
    keys.type("Nobody touched a mouse.")
    page.locator("#add-path").focus()
    keys.type("border.interdiction")
    keys.press("Tab")
    keys.press("Enter")
    page.locator("#change-0-value").wait_for()
    page.locator("#change-0-value").focus()
    keys.type("7")
    page.get_by_role("button", name="Save", exact=True).focus()
    keys.press("Enter")
    page.locator("#change-0-value[aria-invalid=true]").wait_for()
    assert visit.faults() == []
    page.locator("#change-0-value").focus()
    keys.press("Control+A")
    keys.type("0.5")
    page.get_by_role("button", name="Save", exact=True).focus()
    keys.press("Enter")
    page.get_by_role("heading", name="By keyboard").wait_for()
    assert 'path = "border.interdiction"\nvalue = 0.5' in SavedScenario.objects.get().text


def test_a_table_in_the_form_is_cells_that_can_be_used_on_a_narrow_screen(
    visit: Any, transactional_db: None, pictures: Path
) -> None:
    visit.open("/scenarios/new/?copy=severity_again_doubled")
    page = visit.page
    assert page.get_by_label("Senior officials").input_value() == "2"
    page.get_by_label("Senior officials").fill("many")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#change-0-cell-senior[aria-invalid=true]").wait_for()
    assert page.get_by_text("Senior officials: many cannot be used").count() == 2, (
        "in the summary and at the cell"
    )
    assert visit.faults() == []
    page.screenshot(path=pictures / "scenario-cells-1280.png", full_page=True)
    page.set_viewport_size({"width": 320, "height": 800})
    assert visit.too_wide() == ""
    assert visit.outside == []
