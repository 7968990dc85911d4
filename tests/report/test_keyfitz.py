"""The kin diagram: the numbers are those of the tables, every box has room, files are what their ending says."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from tests.kinship.builder import village
from yeonjwa.core.errors import InputError
from yeonjwa.kinship.circles import parse_circle
from yeonjwa.kinship.egos import choose_egos
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.paths import chon
from yeonjwa.kinship.tables import kin_by_age
from yeonjwa.report import keyfitz, theme

VILLAGE = village(5, rounds=600, founders=60)
MONTH = int(np.median(VILLAGE.birth)) + 240
EGOS = choose_egos(KinGraph(VILLAGE), MONTH)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("age", ["30-34", "all"])
def test_numbers_are_those_of_the_tables(age: str) -> None:
    table = {
        row["kin"]: row
        for row in kin_by_age(VILLAGE, MONTH)
        if (row["line"], row["sex_ego"], row["age_group"]) == ("all", "all", age)
    }
    boxes = {box.place.circle: box for box in keyfitz.numbers(EGOS, age)}
    assert len(boxes) == len(keyfitz.numbers(EGOS, age)) == 31

    def mean(*circles: str) -> float:
        return sum(boxes[circle].estimate.mean for circle in circles)

    assert mean("mother") == pytest.approx(table["mother"]["mean_living"]) != 0
    assert mean("father") == pytest.approx(table["father"]["mean_living"])
    assert mean("brothers", "sisters") == pytest.approx(table["siblings"]["mean_living"])
    assert mean("sons", "daughters") == pytest.approx(table["children"]["mean_living"])
    assert boxes["sisters"].estimate.se == pytest.approx(table["sisters"]["se_living"])
    assert {box.n_ego for box in boxes.values()} == {table["mother"]["n_ego"]}
    # Kin of both sides stand on both.
    both = mean("grandparents, paternal", "grandparents, maternal")
    assert both >= table["grandparents"]["mean_living"] - 1e-9
    for box in boxes.values():
        assert {chon(path) for path in parse_circle(box.place.circle).paths} == {box.degree}
        assert box.row()["mean_living"] == box.estimate.mean


def test_generations_and_sides_are_where_they_belong() -> None:
    for box in keyfitz.numbers(EGOS):
        circle = parse_circle(box.place.circle)
        terms = [term for term in circle.terms if "S" not in term.path]
        if not terms:
            assert (box.place.circle, box.place.column) == ("spouse", 0)
            continue
        for term in terms:
            # The spouse has a row of his own, below ego; whoever comes after ego stands one row further down.
            generation = term.up - term.down
            assert box.place.generation == (generation if generation >= 0 else generation - 1)
            first = next(sex for sex in term.sexes[1:] if sex != "*") if set(term.sexes[1:]) != {"*"} else "*"
            assert (first == "m") == (box.place.column < 0)


def texts(picture: str) -> list[tuple[float, float, str, str, float]]:
    found = []
    for item in ET.fromstring(picture).iter(f"{SVG}text"):
        size = float(item.get("font-size", "13px").removesuffix("px"))
        place = float(item.get("x", "0")), float(item.get("y", "0"))
        found.append((*place, item.get("text-anchor", "start"), item.text or "", size))
    return found


def test_boxes_do_not_overlap_and_hold_their_words() -> None:
    picture = keyfitz.drawing(keyfitz.numbers(EGOS, "30-34"), "Living kin")
    root = ET.fromstring(picture)
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    rects = [
        tuple(float(item.get(name, 0)) for name in ("x", "y", "width", "height"))
        for item in root.iter(f"{SVG}rect")
    ]
    background, *boxes = rects
    assert background == (0, 0, width, height)
    assert len(boxes) == 32
    for x, y, w, h in boxes:
        assert 0 <= x
        assert x + w <= width
        assert 0 <= y
        assert y + h <= height
    for (x1, y1, w1, h1), (x2, y2, w2, h2) in combinations(boxes, 2):
        assert x1 + w1 <= x2 or x2 + w2 <= x1 or y1 + h1 <= y2 or y2 + h2 <= y1
    for x, y, anchor, words, size in texts(picture):
        # Latin letters take about half of their size, syllables nearly all of it.
        wide = sum(0.98 if "가" <= letter <= "힣" else 0.5 for letter in words) * size
        left = x - wide if anchor == "end" else x - wide / 2 if anchor == "middle" else x
        inside = [b for b in boxes if b[0] <= x <= b[0] + b[2] and b[1] <= y <= b[1] + b[3]]
        for box in inside:
            assert box[0] <= left
            assert left + wide <= box[0] + box[2], words
    hangul = set(re.findall("[가-힣]", picture))
    assert hangul <= theme.core_hangul()


def test_small_numbers_are_zero_and_large_ones_short() -> None:
    assert [keyfitz.figure(x) for x in (0.0, 0.0049, 0.005, 0.624, 9.99, 9.996, 99.94, 99.96, 1234.5)] == [
        "0", "0", "0.01", "0.62", "9.99", "10.0", "99.9", "100", "1,234",
    ]  # fmt: skip


@pytest.mark.parametrize(("suffix", "start"), [(".svg", b"<svg"), (".png", b"\x89PNG"), (".pdf", b"%PDF")])
def test_files_are_what_their_ending_says(suffix: str, start: bytes, tmp_path: Path) -> None:
    boxes = keyfitz.numbers(EGOS, "all")
    content = keyfitz.save(boxes, tmp_path / f"kin{suffix}", title=keyfitz.title_of(EGOS, "all")).read_bytes()
    assert content.startswith(start)
    if suffix == ".svg":
        ET.fromstring(content)
        assert b"prefers-color-scheme: dark" in content
        assert b"url(http" not in content
        assert content.count(b"@font-face") == 3
    if suffix == ".pdf":
        assert b"YeonjwaSerif" in content.replace(b" ", b"")


def test_what_cannot_be_drawn_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ending"):
        keyfitz.check_file(tmp_path / "kin.jpg")
    with pytest.raises(InputError, match="folder"):
        keyfitz.check_file(tmp_path / "nowhere" / "kin.svg")
    with pytest.raises(InputError, match="age group"):
        keyfitz.numbers(EGOS, "30")
    young = choose_egos(KinGraph(VILLAGE), int(VILLAGE.birth.min()))
    with pytest.raises(InputError, match="somebody"):
        keyfitz.numbers(young, "90+")
