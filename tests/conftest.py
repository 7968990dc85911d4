"""One small real run for all tests that read results."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from yeonjwa import workflow
from yeonjwa.core.calendar import parse_month

# The first example of a test may compile a kernel. The same examples each time, so that a red test is red again;
# HYPOTHESIS_PROFILE=explore looks for new ones.
settings.register_profile("repeat", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeat"))

SMALL = {"scale": 0.002, "seed": 1, "first": parse_month("2005-01"), "last": parse_month("2006-12")}


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A baseline run of two years at the smallest scale."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    workflow.run("baseline", out=folder, **SMALL)
    return folder
