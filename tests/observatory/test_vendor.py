"""Files of others that the pages carry: as they were taken, with their licences, and none that asks another host."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import yeonjwa

PACKAGE = Path(yeonjwa.__file__).parent
TOOL = PACKAGE.parents[1] / "tools" / "vendor_web.py"
OBSERVATORY = PACKAGE / "observatory"
STATIC = OBSERVATORY / "static"
#: Names of XML vocabularies; nothing is fetched from them.
VOCABULARY = "http://www.w3.org/"


def listed() -> list[dict[str, str]]:
    """Entries of VENDOR.toml."""
    found: list[dict[str, str]] = tomllib.loads((OBSERVATORY / "VENDOR.toml").read_text("utf-8"))["file"]
    return found


@pytest.mark.parametrize("entry", listed(), ids=lambda e: Path(e["path"]).name)
def test_vendored_file_is_the_one_that_was_taken(entry: dict[str, str]) -> None:
    content = (PACKAGE / entry["path"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    text = (PACKAGE / entry["licence_text"]).read_text("utf-8")
    assert (
        "SIL OPEN FONT LICENSE" if entry["licence"] == "OFL-1.1" else "public domain"
    ).lower() in text.lower()


def test_every_font_and_map_is_listed() -> None:
    binary = {
        p.relative_to(PACKAGE).as_posix()
        for p in PACKAGE.rglob("*")
        if p.suffix in {".woff2", ".ttf", ".js.map", ".topojson"} or p.name == "provinces.json"
    }
    assert binary == {e["path"] for e in listed()}


@pytest.mark.parametrize(
    "path",
    [p for p in STATIC.rglob("*") if p.suffix in {".css", ".js", ".svg", ".html"}],
    ids=lambda p: p.name,
)
def test_no_file_of_the_browser_names_another_host(path: Path) -> None:
    addresses = re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"')]*", path.read_text("utf-8"))
    assert [a for a in addresses if not a.startswith(VOCABULARY)] == []


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """The maintainers' tool as a module."""
    spec = importlib.util.spec_from_file_location("vendor_web", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_style_sheets_follow_from_fonts_and_colours(tool: ModuleType) -> None:
    own = STATIC / "observatory"
    assert (own / "fonts.css").read_text("utf-8") == tool.font_style()
    assert (own / "figures.css").read_text("utf-8") == tool.figure_style()
    assert (OBSERVATORY / "VENDOR.toml").read_text("utf-8") == tool.vendor()


def test_every_syllable_has_a_face_in_both_weights(tool: ModuleType) -> None:
    from fontTools.ttLib import TTFont

    sheet = tool.font_style()
    faces = [f for f in sheet.splitlines() if "Yeonjwa Hangul" in f]
    for weight in ("400", "700"):
        shown: set[int] = set()
        for rule in faces:
            if f"font-weight: {weight};" in rule:
                file = re.search(r'url\("([^"]+)"\)', rule)
                assert file is not None
                path = (
                    PACKAGE / "report" / "data" / "fonts" / Path(file[1]).name
                    if "report" in file[1]
                    else STATIC / "observatory" / file[1]
                )
                shown |= set(TTFont(path).getBestCmap())
        assert set(range(0xAC00, 0xD7A4)) <= shown
