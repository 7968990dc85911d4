"""Tasks for the tests of the engines, in a module that other processes can import."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def act(task: tuple[str, object]) -> object:
    """Do as the task says."""
    what, value = task
    if what == "square":
        print("what a task prints goes nowhere near its result")
        return value * value  # type: ignore[operator]
    if what == "raise":
        raise ValueError(str(value))
    if what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "leave":
        os._exit(3)
    if what == "die once" and not Path(str(value)).exists():
        Path(str(value)).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "sleep":
        time.sleep(float(str(value)))
    if what == "unsendable":
        return lambda: None
    if what == "environment":
        return {name: os.environ.get(name) for name in value}  # type: ignore[attr-defined]
    return os.getpid()


def poison(task: dict[str, str]) -> None:
    """Play runs of an ensemble: one kills its process, one raises, the others leave a folder."""
    if task["run"] == "baseline-2":
        os.kill(os.getpid(), signal.SIGKILL)
    if task["run"] == "baseline-3":
        raise ArithmeticError("negative rice")
    antidote(task)


def antidote(task: dict[str, str]) -> None:
    """Play any run: leave a folder."""
    (Path(task["out"]) / "runs" / task["run"]).mkdir()
