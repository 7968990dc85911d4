"""The documents on parameters, scenarios and words say what the package holds."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from yeonjwa.evidence import ledger

ROOT = Path(__file__).parent.parent.parent
_HANGUL = re.compile(r"[가-힣]")


def _tables():
    spec = importlib.util.spec_from_file_location("write_tables", ROOT / "tools" / "write_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.documents()


@pytest.mark.parametrize("name", ["parameters.md", "scenarios.md"])
def test_tables_are_up_to_date(name):
    document, text = next((d, t) for d, t in _tables().items() if d.name == name)
    assert document.read_text(encoding="utf-8") == text, "run: python tools/write_tables.py"


def test_grades_are_worded_as_in_the_ledger():
    text = (ROOT / "docs" / "parameters.md").read_text(encoding="utf-8")
    for grade, words in ledger.GRADES.items():
        assert f"| {grade} | {words} |" in text


def test_every_degree_to_eight_has_its_korean_terms():
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if "| `" in line
    ]
    degrees = {}
    for chon, path, english, korean, romanised in rows:
        steps = path.strip("`")
        assert int(chon) == len(re.sub("S", "", steps)), path
        assert english
        assert _HANGUL.search(korean)
        assert not _HANGUL.search(romanised)
        degrees.setdefault(int(chon), []).append(korean)
    assert sorted(degrees) == list(range(9))
    for degree, word in ((4, "사촌"), (6, "육촌"), (8, "팔촌")):
        assert any(word in korean for korean in degrees[degree])
