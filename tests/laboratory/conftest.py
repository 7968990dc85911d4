"""One small ensemble that nothing disturbed, for all tests that compare with it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.conftest import SMALL
from yeonjwa.laboratory import ensemble
from yeonjwa.laboratory.ensemble import Event, Job
from yeonjwa.laboratory.scenario import load

MONTHS = {"first": SMALL["first"], "last": SMALL["first"] + 5}


def jobs(*seeds: int, names: tuple[str, ...] = ("baseline", "liability_off")) -> list[Job]:
    """Half a year of each of these scenarios with each of these seeds."""
    return [
        Job(name, load(name), seed, 0.002, **MONTHS, labels={"arm": name}) for name in names for seed in seeds
    ]


def digests(out: Path) -> dict[str, str]:
    """SHA-256 of every series of an ensemble, by the name of the run."""
    return {
        file.parent.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(out.glob("runs/*/series.parquet"))
    }


@pytest.fixture(scope="session")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """Two arms and two seeds, and the run of the fixture ``run_folder``, on two processes."""
    out = tmp_path_factory.mktemp("ensembles") / "sweep"
    events: list[Event] = []
    asked = [*jobs(2, 3), Job("first", load(), SMALL["seed"], SMALL["scale"], SMALL["first"], SMALL["last"])]
    assert ensemble.run(out, asked, workers=2, progress=events.append).complete
    return out, events


@pytest.fixture(scope="session")
def undisturbed(sweep: tuple[Path, list[Event]]) -> dict[str, str]:
    """What the runs of ``jobs(2, 3)`` must come to, whatever happens."""
    return {run: digest for run, digest in digests(sweep[0]).items() if run != "first-1"}
