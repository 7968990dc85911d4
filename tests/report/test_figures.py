"""Figures: axes that hold their values, marks for the record, files in every format."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yeonjwa.core.errors import InputError
from yeonjwa.core.warnings import YeonjwaWarning
from yeonjwa.report import figures, theme, words

ROWS = [{"x": 2005 + i, "y": 100.0 * (i + 1), "series": "run"} for i in range(6)]


def spec(**more: object) -> figures.Spec:
    """A small figure."""
    return figures.lines(ROWS, unit="persons a year", description="A rising line.", **more)  # type: ignore[arg-type]


@given(st.floats(1e-6, 1e9))
def test_axis_holds_its_largest_value_with_three_to_six_ticks(value: float) -> None:
    top, step = figures.nice_top(value)
    assert top >= value * (1 - 1e-9)
    assert top - step < value * (1 + 1e-9)
    assert 2 <= round(top / step) <= 6


@given(st.lists(st.floats(0, 100), min_size=1, max_size=6))
def test_labels_keep_their_distance_and_order(wanted: list[float]) -> None:
    placed = figures._spread(wanted, 15, 0, 100)
    by_wish = [placed[i] for i in sorted(range(len(wanted)), key=lambda i: wanted[i])]
    assert all(b - a >= 15 - 1e-6 for a, b in pairwise(by_wish))
    assert by_wish[-1] <= 100 + 1e-6


def test_drawing_has_the_unit_the_fonts_and_only_colours_the_page_knows() -> None:
    marks = [{"x": 2006, "y": 150.0, "use": use, "low": 100.0, "high": 220.0} for use in figures.RECORDED]
    drawing = figures.svg(spec(recorded=marks, events=[(2007.5, "succession")]), "one")
    assert "persons a year" in drawing
    assert "succession" in drawing
    assert "Yeonjwa Serif" in drawing
    colours = set(re.findall(r'(?:fill|stroke)="(#[0-9a-fA-F]{3,6})"', drawing))
    assert colours <= set(theme.VARIABLES)
    assert all(i.startswith("one-") for i in re.findall(r'\bid="([^"]+)"', drawing))


def test_label_of_a_date_makes_way_for_the_unit() -> None:
    def moved(at: float) -> float:
        layers = spec(events=[(at, "succession")])["layer"]
        (label,) = [layer for layer in layers if layer["mark"].get("style") == "note"]
        return float(label["mark"]["dx"])

    first, last = min(row["x"] for row in ROWS), max(row["x"] for row in ROWS)
    assert moved(first) >= 7 * len("persons a year")
    assert moved(last) == 0
    assert moved(first) > moved(first + (last - first) / 20) > 0


def test_six_lines_at_most() -> None:
    seven = [(str(i), f"line {i}") for i in range(7)]
    with pytest.raises(InputError, match="at most six"):
        spec(series=seven)


def test_no_rows_is_an_error() -> None:
    with pytest.raises(InputError, match="rows"):
        figures.lines([], unit="persons", description="Nothing.")


@pytest.mark.parametrize(
    ("suffix", "start"), [(".svg", b"<svg"), (".png", b"\x89PNG"), (".pdf", b"%PDF"), (".json", b"{")]
)
def test_saved_in_every_format(tmp_path: Path, suffix: str, start: bytes) -> None:
    path = figures.save(spec(), tmp_path / f"figure{suffix}")
    assert path.read_bytes().startswith(start)
    if suffix == ".json":
        assert json.loads(path.read_text())["description"] == "A rising line."


def test_other_endings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ending"):
        figures.save(spec(), tmp_path / "figure.gif")


def test_hangul_outside_the_fonts_for_files_is_warned_about(tmp_path: Path) -> None:
    with pytest.warns(YeonjwaWarning, match="뷁"):
        figures.save(figures.lines(ROWS, unit="뷁", description="A line."), tmp_path / "figure.json")


def test_empty_tiles_stay_empty() -> None:
    rows = [{"column": "1촌", "line": "camp", "value": 0.0, "text": "0"}]
    drawing = figures.svg(figures.tiles(rows, columns=["1촌"], lines_=["camp"], description="One tile."))
    assert ">0<" not in drawing


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1234567, "1.23\u00a0million"),
        (1400, "1,400"),
        (0.0456, "0.0456"),
        (-17.26, "\u221217.3"),
        (2e6, "2\u00a0million"),
    ],
)
def test_numbers_in_words(value: float, text: str) -> None:
    assert words.number(value) == text


@given(st.text(max_size=60))
def test_plain_text_stays_within_the_fonts(text: str) -> None:
    assert words.plain(words.plain(text)) == words.plain(text)
    assert not words._UNCOVERED.search(words.plain(text))
