"""A run that is stopped goes on from the last state that was kept, and ends as if it had never been stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.society.conftest import FIRST, SCALE, parameters, pedigree
from yeonjwa import workflow
from yeonjwa.core.errors import InputError
from yeonjwa.core.files import sha256
from yeonjwa.laboratory.unfinished import place_of
from yeonjwa.society import engine, schedule
from yeonjwa.society.checkpoint import Checkpoints
from yeonjwa.society.engine import SocietyResult

MONTHS = 30
WHOSE = {"run": "test"}


class Stopped(Exception):
    """Raised in the middle of a run."""


def play(path: Path | None, resume: bool = False, every: int = 1) -> SocietyResult:
    checkpoints = Checkpoints(path, every, WHOSE, resume) if path else None
    return engine.simulate(
        pedigree(),
        parameters(),
        seed=3,
        scale=SCALE,
        first=FIRST,
        last=FIRST + MONTHS - 13,
        spinup_months=12,
        checkpoints=checkpoints,
    )


def assert_same(one: SocietyResult, other: SocietyResult) -> None:
    for name in ("series", "events", "flows", "persons"):
        mine, theirs = getattr(one, name), getattr(other, name)
        assert list(mine) == list(theirs)
        for column in mine:
            assert np.array_equal(mine[column], theirs[column]), (name, column)
    assert (one.family, one.notes, one.totals) == (other.family, other.notes, other.totals)


@pytest.mark.parametrize("stops", [(1, 5, 12), (14, 15), (26,)])
def test_months_in_pieces_are_the_months_in_one(
    stops: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = play(None)
    run_month, played = schedule.run_month, 0

    def until_stopped(world: object, meter: object) -> None:
        nonlocal played
        if played in left:
            left.remove(played)
            raise Stopped
        played += 1
        run_month(world, meter)  # type: ignore[arg-type]

    left = list(stops)
    monkeypatch.setattr(schedule, "run_month", until_stopped)
    for k in range(len(stops)):
        with pytest.raises(Stopped):
            play(tmp_path / "state", resume=k > 0)
    assert_same(play(tmp_path / "state", resume=True), whole)
    assert played == MONTHS  # no month was played twice


def test_another_run_is_not_taken_up(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="run to resume"):
        workflow.resume(tmp_path / "never")


def command(out: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "yeonjwa", "run", *more, "--threads", "1"]


def begin(out: Path) -> list[str]:
    asked = ["--scale", "0.002", "--seed", "5", "--from", "2010-01", "--to", "2010-12"]
    return command(out, *asked, "--checkpoint-every", "1", "--out", str(out))


def hashes(out: Path) -> dict[str, str]:
    return {file.name: sha256(file) for file in sorted(out.glob("*.parquet"))}


def test_killed_at_any_moment_it_goes_on(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    subprocess.run(begin(whole), check=True, capture_output=True)
    assert [file.name for file in tmp_path.iterdir()] == ["whole"]  # nothing is left beside a finished run
    broken, rng, kills = tmp_path / "broken", np.random.default_rng(7), 0
    state = place_of(broken) / "state"
    while not broken.exists():
        has_state = state.is_file()
        line = command(broken, "--resume", str(broken)) if has_state else begin(broken)
        process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        before = state.stat().st_mtime_ns if has_state else 0
        # Wait until it has got further, then strike at a random moment of the months that follow.
        while process.poll() is None and not (state.is_file() and state.stat().st_mtime_ns > before):
            time.sleep(0.005)
        time.sleep(float(rng.uniform(0.0, 0.6)))
        if kills < 5 and process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        _, errors = process.communicate()
        assert process.returncode in (0, -signal.SIGKILL), errors.decode()
    assert kills >= 3
    assert hashes(broken) == hashes(whole)
    assert (broken / "scenario.toml").read_text() == (whole / "scenario.toml").read_text()
    ours, theirs = (json.loads((folder / "manifest.json").read_text()) for folder in (broken, whole))
    for name in ("scenario", "seed", "scale", "command", "parameter_hash", "notes", "living"):
        assert ours[name] == theirs[name], name
    assert sorted(file.name for file in tmp_path.iterdir()) == ["broken", "whole"]


def test_nothing_else_may_be_asked_for_with_resume(tmp_path: Path) -> None:
    line = command(tmp_path, "--resume", str(tmp_path / "x"), "--seed", "3")
    done = subprocess.run(line, capture_output=True, text=True)
    assert done.returncode == 2
    assert "beside --resume" in done.stderr
