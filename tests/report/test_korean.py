"""Pages of the report in Korean: no English is left, no number is lost, and English pages stay as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.english import left
from yeonjwa import workflow
from yeonjwa.cli import cli
from yeonjwa.core import language
from yeonjwa.core.errors import InputError
from yeonjwa.laboratory.claims import stored
from yeonjwa.regime.catalogue import regimes
from yeonjwa.report import claims_page, comparison_page, dossier, regime_rings, retold, sheet, theme, words


@pytest.fixture
def korean() -> Iterator[None]:
    """Everything in the test speaks Korean."""
    with language.use("ko"):
        yield


@pytest.fixture(scope="module")
def korean_page(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report of the fixture run in Korean, written again by the command line, which leaves the run as it is."""
    before = sorted(file.name for file in run_folder.iterdir())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("korean"))
        line = ["report", str(run_folder), "--language", "ko", "--json"]
        answer = json.loads(CliRunner().invoke(cli, line).output)
        assert answer == {"report": f"{run_folder.name}.report.ko.html", "language": "ko"}
        text = Path(answer["report"]).read_text("utf-8")
    assert sorted(file.name for file in run_folder.iterdir()) == before
    return text


def numbers(page: str) -> list[str]:
    """The numbers in the cells of the tables of answers and of years, in order."""
    page = re.sub('<span lang="ko">(.*?)</span>', r"\1", page)
    cells = re.findall(r"<t[dh][^>]*>\s*([\u2212\d.,]+)\s*<", page)
    return [cell for cell in cells if any(c.isdigit() for c in cell)]


def test_report_has_no_english_left(korean_page: str) -> None:
    assert '<html lang="ko">' in korean_page
    assert left(korean_page) == []
    assert "2026년" in korean_page or re.search(r"\d{4}년 \d+월 \d+일", korean_page)


def test_report_has_the_same_numbers_in_both_languages(korean_page: str, page: str) -> None:
    assert numbers(korean_page) == numbers(page)
    assert korean_page.count("<svg") == page.count("<svg")


def test_every_syllable_of_a_report_has_a_font_of_each_weight(korean_page: str) -> None:
    weights = re.findall(r'font-family:"Yeonjwa Hangul";font-weight:(\d+);', korean_page)
    assert sorted(weights) == ["400", "400", "700", "700"]
    assert set(re.findall("[가-힣]", korean_page)) <= theme.everyday_hangul()


def test_pages_of_claims_and_dossiers_have_no_english_left() -> None:
    from yeonjwa.evidence import dossier as dossiers

    with language.use("ko"):
        assert left(claims_page.html(stored())) == []
        for form in ("html", "md"):
            found = dossiers.dossier("first cousin", "flight")
            text = re.sub("`[^`]*`", "", dossier.render(found, form))
            assert left(text) == []


def test_rings_are_drawn_in_korean(korean: None) -> None:
    chosen = [regime for regime in regimes().values() if regime.figure]
    title, lead = regime_rings.headline(chosen)
    panels = [regime_rings.Panel(regime, regime_rings.panel_note(regime)) for regime in chosen]
    assert left(regime_rings.drawing(panels, title=title, lead=lead)) == []


@pytest.mark.parametrize("verdict", ["higher", "lower", "not distinguishable from zero", "no difference in any run",
                                     "one seed gives no interval", "not measured in every run"])  # fmt: skip
def test_answers_of_a_comparison_are_sentences_in_korean(verdict: str, korean: None) -> None:
    effect = {"mean": -120.0, "low": -200.0, "high": -40.0}
    row = {
        "measure": "flight.arrivals", "says": "Arrivals in South Korea", "unit": "persons a year", "verdict": verdict,
        "a": {"mean": 1500.0}, "b": {"mean": 1380.0}, "effect": effect, "relative": -0.08, "doubt": None,
        "seeds_needed": 12, "seeds_for_tenth": 30,
    }  # fmt: skip
    arms = [
        {"name": name, "title": "Nobody answers for a relative"} for name in ("baseline", "liability_off")
    ]
    answer = {
        "arms": arms, "against": [{"arm": "liability_off", "differences": [row]}], "headline": "flight.arrivals",
        "seeds": [1, 2], "scale": 0.01, "first": "2010-01", "last": "2014-12",
    }  # fmt: skip
    headline, lead = comparison_page.headline(answer), comparison_page.lead(answer)
    assert headline.startswith("아무도 친척을 책임지지 않는다: 남한 도착")
    assert left(headline) == left(lead) == []
    assert "짝지은\u00a0시드 2개" in lead


def test_sentences_of_the_laboratory_are_said_again_with_their_values(korean: None) -> None:
    text = (
        "Camps held 22,000 persons after the unrecorded years; 144,000 were added in families drawn by the rule to reach the "
        "recorded stock."
    )
    said = retold.sentence(text)
    assert "22,000명" in said
    assert "144,000명" in said
    rule = "The interval lies above zero. Rule: severity rises in 2012-01 for official, senior."
    assert (
        retold.sentence(rule)
        == "구간이 0보다 위에 있다. 규칙: 2012년 1월에 처벌이 무거워지는 지위: 간부, 고위 간부."
    )
    assert retold.sentence("Nobody knows this sentence.") == "Nobody knows this sentence."
    with language.use("en"):
        assert retold.sentence(text) == text


@pytest.mark.parametrize(
    "row", [row for row in stored()["claims"] if row["reason"]], ids=lambda row: row["id"]
)
def test_reasons_of_all_verdicts_are_said_again(row: dict[str, str], korean: None) -> None:
    assert left(retold.sentence(row["reason"])) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1400, "1,400"), (999_400, "999,000"), (1_234_567, "123만"), (24_500_000, "2,450만"), (123e6, "1.23억"),
     (-2e6, "\u2212200만")],
)  # fmt: skip
def test_large_numbers_count_in_ten_thousands(value: float, text: str, korean: None) -> None:
    assert words.number(value) == text


def test_dates_lists_and_spans_are_written_as_in_korean(korean: None) -> None:
    assert words.month(2012, 1) == "2012년 1월"
    assert words.day(2026, 11, 23) == "2026년 11월 23일"
    assert words.join(["가", "나", "다"]) == "가, 나, 다"
    assert words.period("2005-01", "2024-12") == "2005–2024"
    assert words.span("\u221231", "+77") == "\u221231에서 +77"
    assert words.both("n_hamgyong") == words.level("n_hamgyong") == "함경북도"
    assert "'년 '" in words.month_expression()


def test_an_unknown_language_is_refused_before_anything_is_done(run_folder: Path, tmp_path: Path) -> None:
    for ask in (
        lambda: workflow.report(run_folder, language="kr"),
        lambda: workflow.run(out=tmp_path / "run", language="kr"),
        lambda: workflow.claims(language="kr"),
        lambda: workflow.compare(["baseline"], language="kr"),
    ):
        with pytest.raises(InputError, match=r"'kr'.*--language.*en or ko"):
            ask()
    assert list(tmp_path.iterdir()) == []


def test_dossiers_take_a_language() -> None:
    line = ["evidence", "dossier", "--relation", "first cousin", "--language", "ko"]
    assert "## 요약" in CliRunner().invoke(cli, line).output


def test_files_in_korean_have_it_in_their_name() -> None:
    assert sheet.file_name("report.html") == "report.html"
    assert sheet.file_name("rings.svg", "ko") == "rings.ko.svg"
