"""What the commands of the command line share: types of options, options, and how an answer is printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from yeonjwa.core.calendar import parse_month
from yeonjwa.core.errors import InputError
from yeonjwa.core.language import LANGUAGES, checked

if TYPE_CHECKING:
    _Type = click.ParamType[Any]
else:
    # Generic for the type checker only: older versions of the library cannot be subscripted.
    _Type = click.ParamType


class Whole(_Type):
    """A whole number from ``low`` to ``high``."""

    name = "whole number"

    def __init__(self, what: str, low: int, high: int) -> None:
        self.what, self.low, self.high = what, low, high

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, or an error in a sentence."""
        try:
            number = int(str(value).replace("_", ""))
        except ValueError:
            number = self.low - 1
        if not self.low <= number <= self.high:
            raise InputError(
                self.what, value, f"a whole number from {self.low} to {self.high}", option_of(param)
            )
        return number


class Scale(_Type):
    """A number above 0 and up to 1; the exact range is the laboratory's to check."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number, or an error in a sentence."""
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not 0.002 <= number <= 1:
            allowed = "0.002 to 1 (share of the real country; 0.01 is one person in a hundred)"
            raise InputError("scale", value, allowed, option_of(param))
        return number


class Month(_Type):
    """``YYYY-MM`` as a month index."""

    name = "YYYY-MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The month index, or an error in a sentence."""
        return value if isinstance(value, int) else parse_month(value, option_of(param))


class Language(_Type):
    """A language of pages and reports."""

    name = "language"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The language, or an error in a sentence."""
        return checked(str(value), option_of(param))


def option_of(param: click.Parameter | None) -> str:
    """How an option is written, for error messages."""
    return param.opts[0] if param is not None else ""


def examples(*lines: str) -> str:
    """The end of a help page."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


SEED = Whole("seed", 0, 2**63 - 1)
THREADS = Whole("threads", 1, 1024)
LIVING = Whole("living", 100, 100_000_000)
YEAR = Whole("start year", 1700, 2000)
FOLDER = click.Path(path_type=Path)
as_json_option = click.option(
    "--json", "as_json", is_flag=True, help="Standard output is one JSON object, nothing else."
)
language_option = click.option(
    "--language",
    type=Language(),
    default="en",
    show_default=True,
    metavar="LANG",
    help=f"Language of what is written: {' or '.join(LANGUAGES)}.",
)
overwrite_option = click.option("--overwrite", is_flag=True, help="Replace a folder that yeonjwa wrote.")
threads_option = click.option(
    "--threads", type=THREADS, metavar="N", help="Default: the cores this process may use."
)


def print_answer(answer: dict[str, Any], as_json: bool, lines: Callable[[], Sequence[str]]) -> None:
    """Print an answer: one JSON object, or lines for a reader."""
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, allow_nan=False))
    else:
        for line in lines():
            click.echo(line)
