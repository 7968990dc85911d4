"""How an ensemble says where it is: on a terminal and in a notebook, in a log, and for machines."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import IO, Any

from yeonjwa.core.progress import Progress, duration, pace
from yeonjwa.laboratory.ensemble import Event


def standing(event: Event) -> str:
    """Where the work stands, in words: how far, how fast, how long still, what went wrong so far.

    Parameters
    ----------
    event : Event
        From an ensemble.
    """
    parts = [f"{event.done:,} of {event.total:,} runs"]
    if event.rate > 0:
        parts.append(pace(event.rate))
    if event.left:
        parts.append(f"{duration(event.left)} left")
    return ", ".join([*parts, *_bad(event)])


def _bad(event: Event) -> list[str]:
    words = {"FAILED": "failed", "CRASHED": "crashed", "CANCELLED": "cancelled"}
    return [f"{event.runs[state]:,} {word}" for state, word in words.items() if event.runs[state]]


def trouble(event: Event) -> str:
    """A sentence on a run that went wrong; empty if the event is about something else."""
    said = {"FAILED": "failed", "CRASHED": "crashed"}.get(event.state, "")
    if event.kind == "retry":
        said = "will be tried again"
    return f"{event.run} {said}: {event.error}" if said else ""


class Lines:
    """Plain lines for logs and pipes: one every few seconds, one for each trouble, one at the end."""

    def __init__(
        self, stream: IO[str], *, every: float = 5.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream, self._every, self._clock = stream, every, clock
        self._spoken = clock()

    def __call__(self, event: Event) -> None:
        """Say it, if it is worth a line now."""
        now = self._clock()
        if event.kind == "registered":
            self._say(f"{event.total:,} runs registered, {event.total - event.done:,} to run")
        elif trouble(event):
            self._say(trouble(event))
        elif event.kind == "ended":
            self._say(f"{standing(event)}; {duration(event.elapsed)} in all")
        elif now - self._spoken >= self._every:
            self._say(standing(event))

    def _say(self, text: str) -> None:
        self._spoken = self._clock()
        print(f"ensemble: {text}", file=self._stream, flush=True)


class Bar:
    """One bar on a terminal or in a notebook; troubles stand above it."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream
        self._bar: Any = None
        self._task: Any = None

    def __call__(self, event: Event) -> None:
        """Draw it."""
        if self._bar is None:
            self._start(event)
        if trouble(event):
            self._bar.console.print(trouble(event), markup=False, highlight=False)
        left = "" if event.left is None else f"{duration(event.left)} left"
        self._bar.update(
            self._task,
            completed=event.done,
            rate=pace(event.rate) if event.rate > 0 else "",
            left=left if event.kind != "ended" else f"{duration(event.elapsed)} in all",
            bad=", ".join(_bad(event)),
        )
        if event.kind == "ended":
            self._bar.stop()
            self._bar = None

    def _start(self, event: Event) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("runs"),
            BarColumn(bar_width=28),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
            TextColumn("{task.fields[rate]}"),
            TextColumn("{task.fields[left]}"),
            TextColumn("{task.fields[bad]}", style="bold"),
            console=Console(file=self._stream),
        )
        self._task = self._bar.add_task("runs", total=event.total, rate="", left="", bad="")
        self._bar.start()


class JsonLines:
    """One JSON object a line for each event."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def __call__(self, event: Event) -> None:
        """Write it."""
        print(json.dumps(event.as_dict(), ensure_ascii=False), file=self._stream, flush=True)


def counted(progress: Progress) -> Callable[[Event], None]:
    """What an ensemble may call, for a bar that counts its runs.

    Parameters
    ----------
    progress : Progress
        Any of :mod:`yeonjwa.core.progress`.
    """
    done = 0

    def told(event: Event) -> None:
        nonlocal done
        if event.kind == "registered":
            progress.stage("runs", event.total, "runs")
        progress.advance(event.done - done)
        done = event.done
        if event.kind == "ended":
            progress.finish()

    return told


def for_stream(stream: IO[str]) -> Callable[[Event], None]:
    """A bar where ``stream`` is a terminal, plain lines otherwise."""
    return Bar(stream) if stream.isatty() else Lines(stream)
