"""One Chromium for all tests of the pages, on a machine that knows no Korean font.

Without Chromium the tests of this folder are skipped, and say so; ``.ci/run`` installs Debian's where it may.
"""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
_FONT = ROOT / "src" / "yeonjwa" / "report" / "data" / "fonts" / "yeonjwa-serif-regular.ttf"
_NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    """Path of an installed Chromium."""
    given = os.environ.get("CHROMIUM")
    return given or next((path for name in _NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A running Chromium that finds a single Latin font on its machine."""
    path = chromium()
    if path is None:
        reason = "NO CHROMIUM: the pages are not tested in a browser (apt-get install chromium)"
        warnings.warn(reason, stacklevel=1)
        pytest.skip(reason)
    sync_api = pytest.importorskip("playwright.sync_api")
    folder = tmp_path_factory.mktemp("fonts")
    shutil.copy(_FONT, folder / "latin.ttf")
    (folder / "fonts.conf").write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>{folder}</dir><cachedir>{folder}/cache</cachedir></fontconfig>",
        encoding="utf-8",
    )
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"],
            env={**os.environ, "FONTCONFIG_FILE": str(folder / "fonts.conf")},
        )
        yield running
        running.close()


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Folder in which the screenshots stay: ``SCREENSHOTS``, or ``screenshots`` beside the sources."""
    folder = Path(os.environ.get("SCREENSHOTS", ROOT / "screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Visit:
    """A page that was opened, and everything it said and asked for."""

    def __init__(self, page: Any, server: str) -> None:
        self.page, self.server = page, server
        self.said: list[str] = []
        self.asked: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        page.on("request", lambda request: self.asked.append(request.url))

    def _console(self, message: Any) -> None:
        # A slow machine draws the text before the preloaded font has come.
        if "preloaded using link preload" not in message.text:
            self.said.append(f"{message.type}: {message.text}")

    def open(self, address: str) -> Any:
        """Go to an address of the server; waits for fonts."""
        answer = self.page.goto(self.server + address, wait_until="load")
        self.page.evaluate("async () => { await document.fonts.ready }")
        return answer

    @property
    def outside(self) -> list[str]:
        """Addresses that were asked for elsewhere."""
        return [url for url in self.asked if not url.startswith((self.server, "data:", "blob:"))]

    def too_wide(self) -> str:
        """What is wider than the window, if the page has to be scrolled sideways."""
        return str(
            self.page.evaluate(
                """() => {
                  const wide = document.documentElement.scrollWidth - window.innerWidth;
                  if (wide <= 0) return "";
                  const out = [...document.querySelectorAll("main *, header *, footer *")].filter((e) =>
                    e.getBoundingClientRect().right > window.innerWidth + 1 && !e.closest(".scroll, svg, .aloud"));
                  return wide + " px: " + out.slice(0, 4).map((e) => e.outerHTML.slice(0, 90)).join(" | ");
                }"""
            )
        )

    def faults(self) -> list[str]:
        """What axe-core finds at WCAG 2 A and AA and its best practices."""
        # The policy of the pages forbids inline script; a script of the debugger is not the page's.
        self.page.evaluate(AXE)
        found = self.page.evaluate(
            """async () => (await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa",
                 "best-practice"], resultTypes: ["violations"]})).violations
                 .map((v) => v.id + ": " + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120)).join(" | "))"""
        )
        return [str(fault) for fault in found]


@pytest.fixture
def visit(browser: Any, live_server: Any) -> Iterator[Visit]:
    """An empty page of the browser beside the running server."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(20_000)
    yield Visit(page, live_server.url)
    context.close()
