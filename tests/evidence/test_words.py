"""The glossary is strict data, agrees with the kin terms of the package, and is romanised by the rules."""

from __future__ import annotations

import itertools
import json
import re
from collections import defaultdict
from pathlib import Path

import pytest

from yeonjwa import cli, evidence
from yeonjwa.core.errors import InputError, InputErrors
from yeonjwa.evidence import words
from yeonjwa.kinship import terms
from yeonjwa.report import words as printed
from yeonjwa.society.codes import PROVINCES

from .romanise import romanise

ROOT = Path(__file__).parent.parent.parent
#: Words whose parts meet at a border that spelling does not show.
_COMPOUNDS = {"의붓아들": "의붓+아들", "조선로동당": "조선 로동당"}


def bare(text: str) -> str:
    return re.sub("[- ]", "", text).lower()


@pytest.mark.parametrize(
    ("korean", "roman"),
    [
        ("왕십리", "wangsimni"), ("별내", "byeollae"), ("신라", "silla"), ("묵호", "mukho"), ("압구정", "apgujeong"),
        ("백마", "baengma"), ("종로", "jongno"), ("구미", "gumi"), ("설악", "seorak"), ("임실", "imsil"),
        ("광희문", "gwanghuimun"), ("낙동강", "nakdonggang"), ("의붓+아들", "uibudadeul"), ("옥천", "okcheon"),
    ],
)  # fmt: skip
def test_the_converter_gives_the_examples_of_the_rules(korean, roman):
    assert romanise(korean) == roman


@pytest.mark.parametrize("area", words.AREAS)
def test_korean_is_romanised_by_the_rules(area):
    for word in words.of_area(area):
        expected = romanise(_COMPOUNDS.get(word.korean, word.korean))
        assert bare(word.romanised) == bare(expected), word.id


def test_a_character_is_read_in_one_way():
    """But for the rule on first syllables: 女 is nyeo, or yeo at the beginning of a word."""
    readings = defaultdict(set)
    for word in words.load():
        for syllable, character in zip(word.korean, word.hanja, strict=False):
            if syllable != character:
                readings[character].add(syllable)
    several = {c: r for c, r in readings.items() if len(r) > 1}
    assert several == {"女": {"녀", "여"}}
    assert len(readings) > 150


@pytest.mark.parametrize(("up", "down"), [(u, d) for u in range(9) for d in range(9) if 1 <= u + d <= 8])
def test_every_kin_by_blood_to_eight_chon_is_there(up, down):
    known = {}
    for word in words.of_area("blood"):
        for english in (word.english, *word.also):
            known[word.path, word.korean, word.romanised, english] = word
    sides = (1, 2) if up > 1 or (up, down) == (1, 0) else (0,)
    for ego, kin, side, older, first, second, apex in itertools.product(
        (0, 1), (0, 1), sides, (False, True), (0, 1), (0, 1), (0, 1)
    ):
        if side and first != (side == 1):
            continue
        link = terms.Link(up, down, ego, kin, side, older, first, second, apex)
        key = ("U" * up + "D" * down, *terms.korean(link), terms.english(link))
        assert key in known, key
        assert known[key].chon == up + down


def test_every_kin_by_marriage_is_there():
    known = {
        (word.korean, word.romanised, english)
        for word in words.of_area("marriage")
        for english in (word.english, *word.also)
    }
    spoken = [w for _, w in terms._BY_MARRIAGE] + list(terms._UNCLES_SPOUSE.values())
    assert {(korean, roman, english) for english, korean, roman in spoken} <= known


def test_degrees_are_those_of_the_package():
    assert [(word.korean, word.romanised) for word in words.of_area("degree")] == [
        terms.degree_word(n) for n in range(1, 9)
    ]


@pytest.mark.parametrize(
    ("term", "id"),
    [
        ("First cousins", "blood.uudd.sachon"), ("oesachon", "blood.uudd.oesachon"), ("외사촌", "blood.uudd.oesachon"),
        ("gojongsachon", "blood.uudd.gojong_sachon"), ("UUUDDD", "blood.uuuddd.yukchon"), ("chon 6", "degree.6"),
        ("6촌", "degree.6"), ("성분", "system.songbun"), ("songbun", "system.songbun"), ("成分", "system.songbun"),
        ("kwanliso", "system.kwanliso"), ("bowibu", "system.bowibu"), ("inminban", "system.inminban"),
        ("father's elder brother", "blood.uud.keunabeoji"), ("wives", "marriage.s.anae"), ("ASFR", "demography.asfr"),
        ("collateral kin", "lines.side_line"), ("the best response", "economics.best_response"), ("ODD", "abm.odd"),
    ],
)  # fmt: skip
def test_words_are_found(term, id):
    assert id in [word.id for word in evidence.glossary(term)]


def test_unknown_word_names_near_ones():
    with pytest.raises(InputError, match="songbun"):
        evidence.glossary("songbin")


def test_all_words_are_listed_by_area():
    found = evidence.glossary()
    areas = [word.area for word in found]
    assert [area for area, _ in itertools.groupby(areas)] == list(words.AREAS)
    assert set(found) == set(words.load())


def test_command_prints_json(capsys):
    assert cli.main(["glossary", "first", "cousin", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["words"]
    assert {word["chon"] for word in found} == {4}
    assert cli.main(["glossary", "no such word anywhere"]) == 2


def test_the_document_is_written_from_the_data():
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    for word in words.load():
        assert f"| {word.korean} |" in text if word.korean else f"| {word.english}" in text, word.id


HEAD = ",".join(words._COLUMNS) + "\n"
GOOD = "system.a,system,origin,,성분,seongbun,成分,songbun,,,,standing\n"


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (GOOD.replace("system,", "sistem,"), "area"), (GOOD.replace("成分", "成"), "hanja"),
        (GOOD.replace("成分", "成성"), "hanja"), (GOOD.replace("seongbun", ""), "romanised"),
        (GOOD.replace("성분", "songbun"), "korean"), (GOOD.replace("origin", ""), "english"),
        (GOOD.replace(",,,,standing", ",,3,,standing"), "chon"), (GOOD.replace("origin", "origin "), "text"),
        (GOOD + GOOD, "id"), (GOOD + GOOD.replace("system.a", "system.A"), "id"),
        (GOOD.replace("system.a", "system.b") + GOOD, "order"),
        ("blood.x,blood,aunt,,,,,,,3,UD,\n", "path"), (GOOD.replace("songbun,,", "songbun,slang,"), "register"),
    ],
)  # fmt: skip
def test_bad_rows_are_refused_with_their_line(tmp_path, row, what):
    file = tmp_path / "glossary.csv"
    file.write_text(HEAD + row, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        words.load(file)
    errors = caught.value.errors if isinstance(caught.value, InputErrors) else [caught.value]
    assert what in {error.what for error in errors}
    assert all(error.where.startswith("glossary.csv, line ") for error in errors)


def test_good_row_is_read(tmp_path):
    file = tmp_path / "glossary.csv"
    file.write_text(HEAD + GOOD, encoding="utf-8")
    (word,) = words.load(file)
    assert str(word) == "origin (성분, songbun)"


def test_the_report_takes_its_words_from_here():
    assert list(printed.PROVINCES) == list(PROVINCES)
    assert printed.PROVINCES["ryanggang"] == ("Ryanggang", "량강도")


def test_the_kin_diagram_uses_words_of_the_glossary():
    from yeonjwa.report.keyfitz import _PLACES

    known = " ".join(word.korean for word in words.load())
    for place in _PLACES:
        for part in re.split("·|의 ", place.korean):
            assert part in known, place
