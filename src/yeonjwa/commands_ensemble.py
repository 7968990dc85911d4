"""Commands of ensembles: many runs in a folder, what is missing of them, where they stand, and questions to their results."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import click

from yeonjwa.options import FOLDER, Month, Scale, Whole, as_json_option, examples, print_answer

_workers_option = click.option(
    "--workers",
    type=Whole("workers", 1, 1024),
    metavar="N",
    help="Runs at a time, each in a process of its own. Default: the cores this process may use.",
)
_dask_option = click.option(
    "--dask",
    metavar="ADDRESS",
    help="Run on the Dask cluster whose scheduler listens there, as tcp://host:8786; `local` starts one here.",
)
_fail_fast_option = click.option("--fail-fast", is_flag=True, help="Stop at the first run that fails.")
_progress_option = click.option(
    "--progress",
    "watched",
    type=click.Choice(["auto", "lines", "json", "none"]),
    default="auto",
    show_default=True,
    help="On standard error: a bar on a terminal and lines elsewhere; lines; a JSON object a line; nothing.",
)


@click.group(
    epilog=examples(
        "yeonjwa ensemble run baseline --seeds 20 --out sweep",
        "yeonjwa ensemble status sweep",
        "yeonjwa ensemble resume sweep",
    )
)
def ensemble() -> None:
    """Run many runs into one folder; any that are missing after an accident can be run later."""


@ensemble.command(
    "run",
    epilog=examples(
        "yeonjwa ensemble run baseline --seeds 20 --out sweep",
        "yeonjwa ensemble run baseline liability_off --seeds 10 --scale 0.02 --out pair",
        "yeonjwa ensemble run baseline --seeds 4 --design design.csv --workers 8 --out sweep",
        "yeonjwa ensemble run baseline --seeds 100 --dask tcp://10.0.0.5:8786 --out /shared/sweep --json",
    ),
)
@click.argument("scenarios", nargs=-1, required=True, metavar="SCENARIO...")
@click.option("--seeds", type=Whole("seeds", 1, 100_000), required=True, metavar="N", help="Seeds 1 to N.")
@click.option(
    "--scale", type=Scale(), metavar="F", help="Share of the real country. Default: the scenario's, or 0.01."
)
@click.option(
    "--from", "first", type=Month(), metavar="YYYY-MM", help="First month. Default: the scenario's."
)
@click.option("--to", "last", type=Month(), metavar="YYYY-MM", help="Last month. Default: the scenario's.")
@click.option(
    "--design",
    type=FOLDER,
    metavar="FILE",
    help="CSV with a row for each point at which to run, see `design`.",
)
@_workers_option
@_dask_option
@_fail_fast_option
@click.option(
    "--keep",
    type=click.Choice(["series", "all"]),
    default="series",
    show_default=True,
    help="Of each run: series, flows, measures; or all that `yeonjwa run` writes, with its report.",
)
@click.option(
    "--out", type=FOLDER, required=True, metavar="DIR", help="Folder of the ensemble: new or empty."
)
@_progress_option
@as_json_option
def run(
    scenarios: tuple[str, ...],
    seeds: int,
    scale: float | None,
    first: int | None,
    last: int | None,
    design: Path | None,
    workers: int | None,
    dask: str | None,
    fail_fast: bool,
    keep: str,
    out: Path,
    watched: str,
    as_json: bool,
) -> int:
    """Run every SCENARIO with seeds 1 to N, and at every point of a design, into DIR/runs/<design>-<seed>/.

    All runs are registered before the first starts. A run that fails, or whose process dies, is named and leaves the others
    alone. Scenarios and points share their seeds: they are paired. The exit code is 1 if any run is missing at the end.
    """
    from yeonjwa import workflow

    with _explained(out):
        found = workflow.ensemble(
            scenarios,
            out=out,
            seeds=seeds,
            scale=scale,
            first=first,
            last=last,
            design=design,
            workers=workers,
            engine=_engine(dask),
            fail_fast=fail_fast,
            keep=keep,
            progress=_watching(watched, as_json),
        )
    return _answered(found, as_json)


@ensemble.command(
    "resume", epilog=examples("yeonjwa ensemble resume sweep", "yeonjwa ensemble resume sweep --json")
)
@click.argument("folder", type=FOLDER, metavar="DIR")
@_workers_option
@_dask_option
@_fail_fast_option
@_progress_option
@as_json_option
def resume(
    folder: Path, workers: int | None, dask: str | None, fail_fast: bool, watched: str, as_json: bool
) -> int:
    """Run what is missing in DIR, failed runs included; what is there stays as it is."""
    from yeonjwa.laboratory import ensemble as module

    with _explained(folder):
        found = module.resume(
            folder,
            workers=workers,
            engine=_engine(dask),
            fail_fast=fail_fast,
            progress=_watching(watched, as_json),
        )
    return _answered(found, as_json)


@ensemble.command(
    "status", epilog=examples("yeonjwa ensemble status sweep", "yeonjwa ensemble status sweep --json")
)
@click.argument("folder", type=FOLDER, metavar="DIR")
@as_json_option
def status(folder: Path, as_json: bool) -> None:
    """Say how many runs of DIR are in which state, which went wrong, and who is working on it."""
    from yeonjwa.laboratory import ensemble as module

    found = module.status(folder)
    print_answer(found.as_dict(), as_json, lambda: _lines(found))


@click.command(
    epilog=examples(
        "yeonjwa query \"select design, avg(value) from measures where measure = 'flight.arrivals' group by design\" sweep",
        'yeonjwa query "select * from runs" sweep --out runs.csv',
        "yeonjwa query \"select month, value, unit from series where measure = 'camp.stock'\" runs/first --json",
    )
)
@click.argument("question", metavar="SQL")
@click.argument("folder", type=FOLDER, default=Path("runs"), metavar="[DIR]")
@click.option("--out", type=FOLDER, metavar="FILE", help="Write the rows to FILE.csv or FILE.parquet.")
@as_json_option
def query(question: str, folder: Path, out: Path | None, as_json: bool) -> None:
    """Answer a question in SQL about the results in DIR: an ensemble, a run, or a folder of runs (default: runs).

    The views are runs, series, flows, measures and provenance; `describe select * from series` says what is in one.
    """
    from yeonjwa.laboratory import questions

    with questions.open(folder) as results:
        answer = results.sql(question)
    if out is not None:
        answer.write(out)
        print_answer(
            {"file": str(out), "rows": len(answer)}, as_json, lambda: [f"{len(answer):,} rows: {out}"]
        )
    else:
        print_answer(answer.as_dict(), as_json, answer.lines)


COMMANDS: Final = (ensemble, query)


def _engine(dask: str | None) -> str:
    return "processes" if dask is None else "dask" if dask == "local" else dask


def _watching(watched: str, as_json: bool) -> Any:
    from yeonjwa.laboratory import watch

    if watched == "none" or (as_json and watched == "auto"):
        return None
    kinds: dict[str, Any] = {"auto": watch.for_stream, "lines": watch.Lines, "json": watch.JsonLines}
    return kinds[watched](sys.stderr)


class _explained:
    """Says, after Ctrl-C, what is there and how to go on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if (
            kind is not None
            and issubclass(kind, KeyboardInterrupt)
            and (self._folder / "ensemble.json").is_file()
        ):
            click.echo(
                f"The runs that ended are whole. To run the others: yeonjwa ensemble resume {self._folder}",
                err=True,
            )


def _answered(found: Any, as_json: bool) -> int:
    print_answer(found.as_dict(), as_json, lambda: _lines(found))
    return 0 if found.complete else 1


def _lines(found: Any) -> list[str]:
    words = [f"{number:,} {state.lower()}" for state, number in found.runs.items() if number]
    lines = [f"{sum(found.runs.values()):,} runs: {', '.join(words)}"]
    if found.lease is not None:
        lines.append(
            f"Process {found.lease['process']} works on them; its lease holds {found.lease['left_s']:.0f} s."
        )
    lines += [f"{row['run']} {row['state'].lower()}: {row['error']}" for row in found.troubles[:20]]
    if len(found.troubles) > 20:
        lines.append(f"... and {len(found.troubles) - 20:,} more; --json lists them all")
    if not found.complete and found.lease is None:
        lines.append(f"To run what is missing: yeonjwa ensemble resume {found.folder}")
    return lines
