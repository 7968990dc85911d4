"""The command that holds worlds against each other."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from yeonjwa.options import (
    FOLDER,
    Month,
    Scale,
    Whole,
    as_json_option,
    examples,
    language_option,
    overwrite_option,
    print_answer,
)


@click.command(
    epilog=examples(
        "yeonjwa compare baseline liability_off",
        "yeonjwa compare baseline severity_flat severity_again_doubled --seeds 8 --scale 0.02 --out severity",
        "yeonjwa compare baseline my.toml --parameters 20 --measure support.amount --json",
        "yeonjwa compare runs/first runs/without",
        "yeonjwa compare sweep --out sweep-compared",
    )
)
@click.argument("arms", nargs=-1, required=True, metavar="A [B]...")
@click.option(
    "--seeds",
    type=Whole("seeds", 1, 100_000),
    default=4,
    show_default=True,
    metavar="N",
    help="Seeds 1 to N in every arm. Of folders: all that they share.",
)
@click.option("--scale", type=Scale(), metavar="F", help="Size of each country. Default: that of A.")
@click.option("--from", "first", type=Month(), metavar="YYYY-MM", help="First month. Default: that of A.")
@click.option("--to", "last", type=Month(), metavar="YYYY-MM", help="Last month. Default: that of A.")
@click.option(
    "--parameters",
    type=Whole("draws of parameters", 0, 10_000),
    default=0,
    show_default=True,
    metavar="N",
    help="Draws of all parameters from their ranges, shared by the arms; 0 holds them.",
)
@click.option(
    "--parameter-seeds",
    type=Whole("seeds of a draw", 2, 1000),
    default=2,
    show_default=True,
    metavar="N",
    help="Seeds with which each draw is run.",
)
@click.option(
    "--measure",
    "measures",
    multiple=True,
    metavar="NAME",
    help="The result in the headline; given again, further results. Default: flight.arrivals.",
)
@click.option(
    "--workers",
    type=Whole("workers", 1, 100_000),
    metavar="N",
    help="Processes. Default: the cores this process may use.",
)
@click.option("--dask", metavar="ADDRESS", help="A Dask scheduler that runs them, as tcp://host:8786.")
@click.option("--out", type=FOLDER, metavar="DIR", help="Folder for comparison.html and comparison.json.")
@language_option
@overwrite_option
@as_json_option
def compare(
    arms: tuple[str, ...],
    seeds: int,
    scale: float | None,
    first: int | None,
    last: int | None,
    parameters: int,
    parameter_seeds: int,
    measures: tuple[str, ...],
    workers: int | None,
    dask: str | None,
    out: Path | None,
    language: str,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Hold worlds against each other: what differs, how surely, and what would decide.

    A, B, ... are scenarios (names, regime:ID, TOML files), or folders of runs or ensembles; A alone may be an ensemble of
    several worlds. All arms of a seed have the same people and the same luck where the change does not reach; all are held
    against A.
    """
    from yeonjwa import workflow
    from yeonjwa.cli import _reporting

    with _reporting(as_json) as progress:
        answer = workflow.compare(
            arms,
            seeds=seeds,
            scale=scale,
            first=first,
            last=last,
            parameters=parameters,
            parameter_seeds=parameter_seeds,
            measures=measures,
            workers=workers,
            engine=dask or "processes",
            out=out,
            language=language,
            overwrite=overwrite,
            command=_command(arms, seeds, scale, first, last, parameters, parameter_seeds, measures),
            progress=progress,
        )
    print_answer(answer, as_json, lambda: _lines(answer, out, language))


def _command(
    arms: tuple[str, ...],
    seeds: int,
    scale: float | None,
    first: int | None,
    last: int | None,
    parameters: int,
    parameter_seeds: int,
    measures: tuple[str, ...],
) -> str:
    """The line that gives the same again; folders keep their names alone."""
    from yeonjwa.core.calendar import format_month

    names = [Path(arm).name if Path(arm).exists() else arm for arm in arms]
    line = ["yeonjwa", "compare", *names, "--seeds", str(seeds)]
    line += [] if scale is None else ["--scale", f"{scale:g}"]
    line += [] if first is None else ["--from", format_month(first)]
    line += [] if last is None else ["--to", format_month(last)]
    line += ["--parameters", str(parameters), "--parameter-seeds", str(parameter_seeds)] if parameters else []
    for measure in measures:
        line += ["--measure", measure]
    return shlex.join(line)


def _lines(answer: dict[str, Any], out: Path | None, language: str) -> list[str]:
    from yeonjwa.report import comparison_page, sheet

    lines = []
    for i, row in enumerate(answer["against"]):
        lines += [f"{comparison_page.headline(answer, i)}.", "", *comparison_page.lines(answer, i), ""]
        paths = ", ".join(change["path"] for change in row["changes"])
        lines += [f"Differs in: {paths or 'nothing'}", ""]
    lines += answer["notes"]
    if out is not None:
        lines.append(f"Page: {out / sheet.file_name('comparison.html', language)}")
    return lines


COMMANDS = (compare,)
