"""`yeonjwa run --check` finds in any month what a run without it looks for each December only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from yeonjwa import cli
from yeonjwa.core.calendar import format_month
from yeonjwa.society import engine, schedule


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run three months from January with an empty past; gives the exit code."""
    monkeypatch.setattr(engine, "SPINUP_YEARS", 0)
    arguments = ["run", "--scale", "0.002", "--from", "2005-01", "--to", "2005-03", "--checkpoint-every", "0"]
    return lambda name, *more: cli.main([*arguments, "--out", str(tmp_path / name), *more])


def test_check_looks_at_everyone_every_month(
    call: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    play = schedule.run_month

    def lose_somebody(world: Any, *more: Any) -> None:
        """A member too many on the books of one household in February, put right in March."""
        if format_month(world.t) == "2005-03":
            world.state.houses.size[0] -= 1
        play(world, *more)
        if format_month(world.t) == "2005-02":
            world.state.houses.size[0] += 1

    monkeypatch.setattr(schedule, "run_month", lose_somebody)
    assert call("unseen") == 0
    capsys.readouterr()
    assert call("seen", "--check") != 0
    assert "do not add up to the people at home in 2005-02" in capsys.readouterr().err
    monkeypatch.setattr(schedule, "run_month", play)
    assert call("right", "--check") == 0
