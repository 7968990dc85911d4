"""The documents on parameters, scenarios and words say what the package holds."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from yeonjwa.evidence import ledger

ROOT = Path(__file__).parent.parent.parent


def _tables():
    spec = importlib.util.spec_from_file_location("write_tables", ROOT / "tools" / "write_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.documents()


@pytest.mark.parametrize("name", ["parameters.md", "scenarios.md", "glossary.md", "model.md"])
def test_tables_are_up_to_date(name):
    document, text = next((d, t) for d, t in _tables().items() if d.name == name)
    assert document.read_text(encoding="utf-8") == text, "run: python tools/write_tables.py"


def test_grades_are_worded_as_in_the_ledger():
    text = (ROOT / "docs" / "parameters.md").read_text(encoding="utf-8")
    for grade, words in ledger.GRADES.items():
        assert f"| {grade} | {words} |" in text
