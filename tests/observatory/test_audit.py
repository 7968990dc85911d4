"""The audit of dependencies: which packages it asks for, and what it makes of the answer."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

FILE = Path(__file__).parent.parent.parent / "tools" / "audit_dependencies.py"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """The tool as a module."""
    spec = importlib.util.spec_from_file_location("audit_dependencies", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_needed_is_followed_and_nothing_else(tool: ModuleType) -> None:
    django = tool.needed("django", ())
    assert {"asgiref", "sqlparse"} <= set(django)
    assert "argon2-cffi" not in django, "an extra that was not asked for"
    assert "django" not in django


def test_a_fault_with_a_newer_version_is_told_apart(tool: ModuleType) -> None:
    answer = {
        "dependencies": [
            {"name": "a", "version": "1", "vulns": []},
            {"name": "b", "version": "2", "vulns": [{"id": "X-1", "fix_versions": ["2.1"]}]},
            {"name": "c", "version": "3", "vulns": [{"id": "X-2", "fix_versions": []}]},
        ]
    }
    assert tool.judge(answer) == (["b 2: X-1, mended in 2.1"], ["c 3: X-2"])


def test_who_cannot_ask_says_so_and_does_not_fail(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tool, "ask", lambda packages: "no network")
    assert tool.main() == 0
    assert "NOT AUDITED" in capsys.readouterr().err
    monkeypatch.setattr(
        tool,
        "ask",
        lambda packages: {"dependencies": [{"name": "b", "version": "2", "skip_reason": "not found"}]},
    )
    assert tool.main() == 0
    assert "NOT AUDITED" in capsys.readouterr().err, "a mirror without faults is no audit"
    monkeypatch.setattr(
        tool,
        "ask",
        lambda packages: {
            "dependencies": [{"name": "b", "version": "2", "vulns": [{"id": "X", "fix_versions": ["3"]}]}]
        },
    )
    assert tool.main() == 1
