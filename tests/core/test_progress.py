"""Progress says how far, how fast and how long still, on a terminal and in a log."""

from __future__ import annotations

import io

import pytest

from yeonjwa.core.progress import Bars, Lines, Silent, duration, for_stream


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_lines_say_rate_and_time_left() -> None:
    stream, clock = io.StringIO(), Clock()
    lines = Lines(stream, every=5.0, clock=clock)
    lines.stage("society", 240, "months")
    for _ in range(60):
        clock.now += 0.125
        lines.advance()
    lines.finish()
    assert stream.getvalue().splitlines() == [
        "society: 40 of 240 months, 8.0 a second, 25 s left",
        "society: 60 months in 7.5 s",
    ]


def test_first_steps_give_no_time_left() -> None:
    stream, clock = io.StringIO(), Clock()
    lines = Lines(stream, every=5.0, clock=clock)
    lines.stage("society", 240, "months")
    clock.now = 8.0
    lines.advance(4)
    assert stream.getvalue() == "society: 4 of 240 months, 2.0 s each\n"


def test_next_stage_closes_the_last_one() -> None:
    stream, clock = io.StringIO(), Clock()
    lines = Lines(stream, clock=clock)
    lines.stage("a", 2, "steps")
    lines.advance(2)
    lines.stage("b", 1, "steps")
    lines.finish()
    lines.finish()
    assert stream.getvalue().splitlines() == ["a: 2 steps in 0.0 s", "b: 0 steps in 0.0 s"]


def test_unknown_total_gives_no_time_left() -> None:
    stream, clock = io.StringIO(), Clock()
    lines = Lines(stream, every=1.0, clock=clock)
    lines.stage("a", 0, "rows")
    clock.now = 2.0
    lines.advance(1000)
    assert stream.getvalue() == "a: 1,000 rows, 500.0 a second\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_bar_names_stage_units_and_rate() -> None:
    terminal = Terminal()
    bars = for_stream(terminal)
    assert isinstance(bars, Bars)
    bars.stage("genealogy", 2, "years")
    bars.advance()
    bars.advance()
    bars.finish()
    bars.advance()
    text = terminal.getvalue()
    assert "genealogy" in text
    assert "2 of 2 years" in text


def test_pipe_gets_lines_and_silence_is_silent() -> None:
    stream = io.StringIO()
    assert isinstance(for_stream(stream), Lines)
    silent = Silent()
    silent.stage("a", 1, "b")
    silent.advance()
    silent.finish()
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (7800, "2 h 10 min"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text
