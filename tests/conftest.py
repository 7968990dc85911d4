"""One small real run for all tests that read results."""

from __future__ import annotations

from pathlib import Path

import pytest

from yeonjwa import workflow
from yeonjwa.core.calendar import parse_month

SMALL = {"scale": 0.002, "seed": 1, "first": parse_month("2005-01"), "last": parse_month("2006-12")}


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A baseline run of two years at the smallest scale."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    workflow.run("baseline", out=folder, **SMALL)
    return folder
