"""How long work says where it is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import IO, Any, Protocol


class Progress(Protocol):
    """What a long computation calls; the command line, a notebook and the web each bring their own."""

    def stage(self, name: str, total: int, unit: str) -> None:
        """A stage begins: ``total`` units of work of kind ``unit``."""

    def advance(self, n: int = 1) -> None:
        """``n`` more units are done."""

    def finish(self) -> None:
        """The stage is over."""


class Silent:
    """Says nothing."""

    def stage(self, name: str, total: int, unit: str) -> None:
        """Nothing."""

    def advance(self, n: int = 1) -> None:
        """Nothing."""

    def finish(self) -> None:
        """Nothing."""


def pace(rate: float) -> str:
    """How fast, in words: steps a second, or seconds a step where that says more.

    Parameters
    ----------
    rate : float
        Steps a second, more than 0.
    """
    return f"{rate:,.1f} a second" if rate >= 1 else f"{duration(1 / rate)} each"


class Lines:
    """Plain lines for logs and pipes: one every few seconds and one at the end of each stage."""

    def __init__(
        self, stream: IO[str], *, every: float = 5.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream, self._every, self._clock = stream, every, clock
        self._name, self._unit, self._total, self._done = "", "", 0, 0
        self._started = self._spoken = clock()

    def stage(self, name: str, total: int, unit: str) -> None:
        """Begin to count; an unfinished stage is closed first."""
        self.finish()
        self._name, self._unit, self._total, self._done = name, unit, total, 0
        self._started = self._spoken = self._clock()

    def advance(self, n: int = 1) -> None:
        """Count, and say so if it is time."""
        self._done += n
        now = self._clock()
        if not self._name or now - self._spoken < self._every:
            return
        self._spoken = now
        rate = self._done / max(now - self._started, 1e-9)
        # The first steps of a stage compile what the others use: they say nothing of the time left.
        known = self._total > self._done >= max(5, self._total / 50)
        left = f", {duration((self._total - self._done) / rate)} left" if known else ""
        total = f" of {self._total:,}" if self._total else ""
        self._say(f"{self._done:,}{total} {self._unit}, {pace(rate)}{left}")

    def finish(self) -> None:
        """Close the stage with its count and its time."""
        if self._name:
            self._say(f"{self._done:,} {self._unit} in {duration(self._clock() - self._started)}")
        self._name = ""

    def _say(self, text: str) -> None:
        print(f"{self._name}: {text}", file=self._stream, flush=True)


class Bars:
    """A bar for each stage on a terminal: how far, how fast, how long still."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._bar: Any = None
        self._task: Any = None

    def stage(self, name: str, total: int, unit: str) -> None:
        """Draw the bar of a stage below the ones that are done."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self.finish()
        self._bar = Progress(
            TextColumn("{task.description:<12}"),
            BarColumn(bar_width=28),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} {task.fields[unit]}"),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=Console(file=self._stream),
        )
        self._task = self._bar.add_task(name, total=max(total, 1), unit=unit, rate="")
        self._bar.start()

    def advance(self, n: int = 1) -> None:
        """Move the bar."""
        if self._bar is None:
            return
        self._bar.advance(self._task, n)
        task = self._bar.tasks[0]
        if task.speed:
            self._bar.update(self._task, rate=pace(task.speed))

    def finish(self) -> None:
        """Leave the bar where it stands."""
        if self._bar is not None:
            self._bar.stop()
        self._bar = None


class Cell:
    """One bar below a notebook's cell, which is drawn anew in its place; it needs nothing but the notebook itself."""

    def __init__(self, *, every: float = 0.2, clock: Callable[[], float] = time.monotonic) -> None:
        self._every, self._clock = every, clock
        self._handle: Any = None
        self._name, self._unit, self._total, self._done = "", "", 0, 0
        self._started = self._drawn = clock()
        self._stages: list[str] = []

    def stage(self, name: str, total: int, unit: str) -> None:
        """Begin a stage; those before it stay as a line of words."""
        self.finish()
        self._name, self._unit, self._total, self._done = name, unit, max(total, 1), 0
        self._started = self._clock()
        self._draw()

    def advance(self, n: int = 1) -> None:
        """Count, and draw if it is time."""
        self._done += n
        if self._name and self._clock() - self._drawn >= self._every:
            self._draw()

    def finish(self) -> None:
        """Close the stage with its count and its time."""
        if self._name:
            took = duration(self._clock() - self._started)
            self._stages.append(f"{self._name}: {self._done:,} {self._unit} in {took}")
            self._name = ""
            self._draw()

    def _draw(self) -> None:
        from importlib import import_module

        self._drawn = self._clock()
        if self._handle is None:
            self._handle = import_module("IPython.display").display(self, display_id=True)
        else:
            self._handle.update(self)

    def __repr__(self) -> str:
        return "; ".join([*self._stages, *([self._words()] if self._name else [])])

    def _words(self) -> str:
        gone = max(self._clock() - self._started, 1e-9)
        left = ""
        if self._total > self._done > 0:
            left = f", {duration(gone / self._done * (self._total - self._done))} left"
        return f"{self._name}: {self._done:,} of {self._total:,} {self._unit}{left}"

    def _repr_html_(self) -> str:
        from html import escape

        lines = [f"<div>{escape(line)}</div>" for line in self._stages]
        if self._name:
            bar = f'<progress value="{min(self._done, self._total)}" max="{self._total}"></progress>'
            lines.append(f"<div>{bar} {escape(self._words())}</div>")
        return "".join(lines)


def in_notebook() -> bool:
    """Whether this process answers the cells of a notebook."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    return shell is not None and hasattr(shell, "kernel")


def default() -> Progress:
    """What a job says where nobody asked: a bar below the cell of a notebook, nothing elsewhere."""
    return Cell() if in_notebook() else Silent()


def here() -> Progress:
    """What suits the place: a bar below the cell of a notebook, bars on a terminal, nothing elsewhere."""
    if in_notebook():
        return Cell()
    return Bars(sys.stderr) if sys.stderr.isatty() else Silent()


def for_stream(stream: IO[str]) -> Progress:
    """Bars where ``stream`` is a terminal, plain lines otherwise."""
    return Bars(stream) if stream.isatty() else Lines(stream)


def duration(seconds: float) -> str:
    """A time to read: ``0.4 s``, ``12 s``, ``3 min 05 s``, ``2 h 10 min``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
