"""The rings are what the rules say: place by place for two codes, and as invariants for every regime."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.report.test_page import outline
from yeonjwa import regimes as functions
from yeonjwa.core.errors import InputError
from yeonjwa.kinship.paths import plain
from yeonjwa.laboratory.store import read_manifest
from yeonjwa.regime.catalogue import Regime, regime, regimes
from yeonjwa.regime.sanctions import BODY
from yeonjwa.report.regime_rings import (
    SECTORS,
    Look,
    Panel,
    disc,
    drawing,
    headline,
    looks,
    numerals,
    ordered,
    places,
    ring_paths,
    told_apart,
)


@pytest.fixture(params=list(regimes()))
def entry(request: pytest.FixtureRequest) -> Regime:
    return regimes()[request.param]


def test_tang_code_place_by_place() -> None:
    found = looks(regime("tang"))
    assert found["father", "U", "m"] == Look("death")
    assert found["mother", "U", "f"] == Look("confinement")
    assert found["descendants", "D", "m"] == Look("death")
    assert found["descendants", "D", "f"] == Look("confinement")
    assert found["siblings", "UD", "f"] == found["siblings", "UD", "m"] == Look("confinement")
    assert found["father", "UUD", "m"] == found["siblings", "UDD", "m"] == Look("exile")
    assert found["spouse", "S", "f"] == Look("confinement")
    absent = [("father", "UUD", "f"), ("mother", "UUD", "m"), ("father", "UUDD", "m"), ("mother", "UU", "f")]
    assert not found.keys() & set(absent)


def test_what_holds_sometimes_or_at_home_is_told_apart() -> None:
    south, soldiers = looks(regime("kor")), looks(regime("ussr.1934"))
    assert south["mother", "UUDD", "f"] == Look("career")
    assert south["mother", "UUUDDD", "f"] == Look("", False, "career")
    assert soldiers["siblings", "UD", "m"] == Look("exile", True, "confinement")


def test_every_kin_by_blood_to_eight_chon_has_one_place_in_each_line() -> None:
    on_rings = {(sector, path) for sector in SECTORS for d in range(1, 9) for path in ring_paths(sector, d)}
    for up in range(9):
        for down in range(9 - up):
            if up + down:
                found = places(plain("U" * up + "D" * down))
                assert {(sector, path) for sector, path, _ in found} <= on_rings
                assert len({sector for sector, _, _ in found}) == (2 if up > 1 or not down else 1)
                assert len(found) == len(set(found))
    assert places(plain("DS")) == []


def test_rings_reach_as_far_as_the_rules(entry: Regime) -> None:
    found = looks(entry)
    sure = [len(path) for (sector, path, _), look in found.items() if sector != "spouse" and look.fill]
    if entry.degree():
        assert max(sure) == min(entry.degree() or 0, 8)
    in_body = [len(p) for (s, p, _), look in found.items() if s != "spouse" and look.fill in BODY]
    assert max(in_body, default=0) <= (entry.degree(*BODY) or 0)
    body, career = numerals(entry)
    assert (body == "\u2013") == (entry.degree(*BODY, widest=True) is None)
    assert (career == "\u2013") == (entry.degree("career", widest=True) is None)


def test_discs_are_well_formed(entry: Regime) -> None:
    root = ET.fromstring(drawing([Panel(entry, "in words")], columns=1, width=300.0))
    assert entry.name.split()[0] in "".join(root.itertext())
    filled = disc(entry, 100.0).count("<path")
    assert (filled > 0) == any(sector != "spouse" for sector, _, _ in looks(entry))


def test_headline_is_said_only_if_the_rules_bear_it_out() -> None:
    shown = [r for r in regimes().values() if r.figure]
    title, lead = headline(shown)
    body = [d for r in shown if (d := r.degree(*BODY)) is not None]
    assert "shallow" in title
    assert f"in {sum(d <= 4 for d in body)} of {len(body)} regimes" in lead
    assert "shallow" not in headline([regime("nine_kin.generations"), regime("kor")])[0]
    assert [r.id for r in ordered([regime("tang"), regime("kor"), regime("prk.1985")])] == [
        "prk.1985",
        "kor",
        "tang",
    ]


def test_patterns_of_two_pictures_do_not_meet() -> None:
    one = told_apart(drawing([Panel(regime("kor"), "")]), "one")
    assert 'id="barred-one"' in one
    assert "url(#barred)" not in one


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("regimes") / "out"
    functions.compare(["tang", "prk.2012", "nkvd.00689"], living=2000, sample=40, out=out)
    return out


def test_folder_holds_data_rings_and_page(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert manifest["kind"] == "regimes"
    assert set(manifest["files"]) == {"regimes.json", "rings.svg", "rings.png", "regimes.html"}
    answer = json.loads((folder / "regimes.json").read_text("utf-8"))
    assert [row["id"] for row in answer["regimes"]] == ["tang", "prk.2012", "nkvd.00689"]
    assert (folder / "rings.png").read_bytes().startswith(b"\x89PNG")
    ET.fromstring((folder / "rings.svg").read_text("utf-8"))
    with pytest.raises(InputError, match="output folder"):
        functions.compare(["tang"], living=2000, sample=40, out=folder)


def test_page_is_whole_and_loads_nothing(folder: Path) -> None:
    text = (folder / "regimes.html").read_text("utf-8")
    page = outline(text)
    assert page.loads == []
    assert page.korean_without_language == []
    assert len(page.ids) == len(set(page.ids))
    assert page.headings[0] == 1
    assert all(link.startswith(("#", "http")) for link in page.links)
    assert all(page.drawings)
    words = " ".join(page.text)
    for needed in ("Tang Code", "USSR, Order 00689", "not re-read", "Nobody counted here exists", "adoption"):
        assert needed in words
    (row,) = [
        r for r in json.loads((folder / "regimes.json").read_text("utf-8"))["regimes"] if r["id"] == "tang"
    ]
    assert f"{row['reached_mean']:.2f}" in words
    assert "--living 2000" in words


def test_figure_and_list_of_the_page_are_what_the_catalogue_says() -> None:
    import runpy

    root = Path(__file__).parents[2]
    tool = runpy.run_path(str(root / "tools" / "write_regimes.py"))
    assert tool["table"]() in (root / "docs" / "regimes.md").read_text("utf-8")
    shown = ET.fromstring((root / "docs" / "regimes" / "rings.svg").read_text("utf-8"))
    drawn = ET.fromstring(tool["picture"]())
    paths = [
        [e.attrib for e in tree.iter() if e.tag.endswith(("path", "circle", "rect"))]
        for tree in (shown, drawn)
    ]
    assert paths[0] == paths[1]
    assert list(drawn.itertext()) == list(shown.itertext())[1:]  # after the style
