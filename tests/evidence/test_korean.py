"""The Korean of the package's data: complete, up to date, and with the numbers of the English."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from yeonjwa.core import language
from yeonjwa.core.errors import InputError
from yeonjwa.evidence import korean, ledger

TOOL = Path(__file__).parents[2] / "tools" / "korean.py"
#: Part of a table that has to be there; all of a table that is not named here.
NEEDED = {"article": 0.95}  # a new measurement may bring sentences of its own
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve",
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth",
    "never once twice thrice",
    "none single double triple",
)
_TENS = ["twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties"]
_POWERS = {
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "조": 10**12,
    "억": 10**8,
    "만": 10**4,
    "천": 10**3,
}
_NUMBER = re.compile(r"(\d+(?:,\d{3})*(?:\.\d+)?)(?: ?(thousand|million|billion|[억만천]|조(?= |$)))?")
_RANGE = re.compile(
    r"(?<!in )(?<![\d.,])(\d[\d.,]*)( ?-| to| and| or| against) ?(\d[\d.,]*) (thousand|million|billion)"
)


@pytest.fixture(scope="module")
def tool() -> Any:
    spec = importlib.util.spec_from_file_location("korean_tool", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["korean_tool"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def wanted(tool: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = tool.tables()
    return found


def numbers(text: str) -> Counter[float]:
    """The numbers that a text writes with digits."""
    found: Counter[float] = Counter()
    for digits, power in _NUMBER.findall(_RANGE.sub(r"\1 \4\2 \3 \4", text)):
        found[round(float(digits.replace(",", "")) * _POWERS.get(power, 1), 6)] += 1
    return found


def in_words(text: str) -> Counter[float]:
    """Numbers that an English text writes in words: months, "two", "half"; Korean may write them with digits."""
    found: Counter[float] = Counter()
    for word in re.findall(r"[a-z]+", text.lower()):
        if word[:3] in _MONTHS:
            found[float(_MONTHS.index(word[:3]) + 1)] += 1
        for row in _WORDS:
            if word in row.split():
                found[float(row.split().index(word))] += 1
        if word in _TENS:
            found[10.0 * (_TENS.index(word) + 2)] += 1
        if word in ("half", "halves"):
            found.update((1.0, 2.0))
        if word in ("quarter", "quarters"):
            found.update((1.0, 4.0))
        if word in ("a", "an", "each", "per", "by", "every"):
            found[1.0] += 1
    for word, power in re.findall(
        r"\b(one|two|three|four|five|ten) (thousand|million|billion)", text.lower()
    ):
        found[float(_WORDS[0].split().index(word) * _POWERS[power])] += 1
    return found


def different(english: str, said: str) -> str:
    """What numbers the Korean lost or has too many; empty if none."""
    given, got = numbers(english), numbers(said)
    lost, more = given - got, got - given - in_words(english)
    return f"lost {dict(lost)}, more {dict(more)}" if lost or more else ""


def test_no_translation_is_out_of_date(tool: Any, wanted: dict[str, list[str]]) -> None:
    assert sorted(path.stem for path in korean.FOLDER.glob("*.csv")) == sorted(wanted)
    for name, texts in wanted.items():
        stale = [english for english in tool.read(name) if english not in texts]
        assert stale == [], f"translation is out of date: run tools/korean.py ({name})"


def test_every_text_has_its_korean(tool: Any, wanted: dict[str, list[str]]) -> None:
    assert set(NEEDED) <= set(wanted)
    for name, texts in wanted.items():
        held = tool.read(name)
        missing = [text for text in texts if not held.get(text, "").strip()]
        there = 1 - len(missing) / len(texts)
        assert there >= NEEDED.get(name, 1.0), (
            f"{name}: {there:.1%}; translate and run tools/korean.py: {missing[:5]}"
        )


def test_numbers_are_those_of_the_english(tool: Any, wanted: dict[str, list[str]]) -> None:
    faults = [
        (name, english, said, found)
        for name in wanted
        for english, said in tool.read(name).items()
        if said and (found := different(english, said))
    ]
    assert faults == []


def test_comparison_of_numbers_finds_what_is_wrong() -> None:
    assert different("3 million in April 2013", "2013년 4월에 300만") == ""
    assert different("half of 20 men", "남성 20명의 2분의 1") == ""
    assert different("half of 20 men", "남성 21명의 절반")
    assert different("in 2013", "2013년 4월")
    assert different("chon 4 and chon 4", "4촌")


def test_korean_is_korean_and_in_the_fonts_that_come_along(tool: Any, wanted: dict[str, list[str]]) -> None:
    outside = re.compile("[^\n -~\u00a0-\u00ff\u2013\u2014\u2018-\u201e\u2022\u2026\u2212\uac00-\ud7a3]")
    for name in wanted:
        for english, said in tool.read(name).items():
            assert not outside.search(said), (name, said)
            assert said == " ".join(said.split()), (name, said)
            assert not said or not re.search(r"[a-z] [a-z]+ [a-z]+ [a-z]", said) or said == english, (
                name,
                said,
            )


def test_every_measure_has_words_of_its_own() -> None:
    from yeonjwa.laboratory.measures import says
    from yeonjwa.society.recorder import MEASURES

    words = [says(name) for name in MEASURES]
    assert not set(words) & set(MEASURES)
    assert len({korean.korean(text) for text in words}) == len(words)


def test_a_text_that_changed_has_no_korean() -> None:
    assert korean.translation("Memory of what nobody saw.") is None
    assert korean.korean("Memory of what nobody saw.") == "Memory of what nobody saw."
    assert korean.translation("1998-2003") == "1998-2003"
    assert korean.translation("Recall\nrule.") == korean.translation("Recall rule.") == "소환 규칙."


def test_a_text_in_the_active_language() -> None:
    assert korean.said("Recall rule.") == "Recall rule."
    with language.use("ko"):
        assert korean.said("Recall rule.") == "소환 규칙."


def test_units_follow_their_numbers() -> None:
    assert korean.amount("831", "persons") == "831명"
    assert korean.amount("12.5", "percent") == "12.5%"
    assert korean.amount("69.5", "percent of senders") == "69.5% (송금자 중)"
    assert korean.amount("3", "km") == "3 km"
    assert korean.amount("27", "per 1,000") == "27 (1,000명당)"
    assert korean.amount("2", "children") == "2명"
    assert korean.korean("children") == "자녀"


def test_an_entry_in_one_line() -> None:
    fact = ledger.entry("food.rice.2000")
    said = korean.describe(fact)
    assert isinstance(fact, ledger.Fact)
    assert "50 (45–60) (kg당 북한 원)" in said
    assert korean.describe(ledger.entry("seed.04")) == "중국에 주재하는 북한 사업가도 그렇게 한다"


def test_files_are_read_strictly(tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text("english,korean\nkm,km\n", encoding="utf-8")
    (tmp_path / "a.csv").write_text("english,korean\none,하나\none,일\n", encoding="utf-8")
    with pytest.raises(InputError, match="one row only"):
        korean.load(tmp_path)
