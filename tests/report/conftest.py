"""One fixture run and its report for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.report import fixture
from yeonjwa import report


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plausible run folder of twenty years."""
    return fixture.write(tmp_path_factory.mktemp("report") / "run")


@pytest.fixture(scope="session")
def page(run_folder: Path) -> str:
    """Its report."""
    return report.build(run_folder).read_text(encoding="utf-8")
