"""The command line: thin, every command is also a function of :mod:`yeonjwa.workflow`.

Nothing heavy is imported before a command needs it, so that ``--version`` and ``--help`` answer at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

import yeonjwa
from yeonjwa.core.calendar import parse_month
from yeonjwa.core.errors import InputError, MissingExtraError, YeonjwaError

if TYPE_CHECKING:
    from yeonjwa.core.progress import Progress

    _Type = click.ParamType[Any]
else:
    # Generic for the type checker only: older versions of the library cannot be subscripted.
    _Type = click.ParamType

BAD_INPUT, FAILURE, INTERRUPTED = 2, 1, 130


class _Whole(_Type):
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
                self.what, value, f"a whole number from {self.low} to {self.high}", _option(param)
            )
        return number


class _Scale(_Type):
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
            raise InputError("scale", value, allowed, _option(param))
        return number


class _Month(_Type):
    """``YYYY-MM`` as a month index."""

    name = "YYYY-MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The month index, or an error in a sentence."""
        return value if isinstance(value, int) else parse_month(value, _option(param))


def _option(param: click.Parameter | None) -> str:
    return param.opts[0] if param is not None else ""


def _examples(*lines: str) -> str:
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


_SEED = _Whole("seed", 0, 2**63 - 1)
_THREADS = _Whole("threads", 1, 1024)
_LIVING = _Whole("living", 100, 100_000_000)
_YEAR = _Whole("start year", 1700, 2000)
_FOLDER = click.Path(path_type=Path)
_as_json = click.option(
    "--json", "as_json", is_flag=True, help="Standard output is one JSON object, nothing else."
)
_overwrite = click.option("--overwrite", is_flag=True, help="Replace a folder that yeonjwa wrote.")
_threads = click.option(
    "--threads", type=_THREADS, metavar="N", help="Default: the cores this process may use."
)


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_examples(
        "yeonjwa run --out runs/first",
        "yeonjwa run liability_off --seed 2 --out runs/without",
        "yeonjwa scenarios",
        "yeonjwa run --help",
    ),
)
@click.version_option(yeonjwa.__version__, prog_name="yeonjwa", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """An open laboratory for guilt by association: a synthetic nation with its full kinship graph.

    Everyone in it is synthetic; nobody here exists or ever did.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@cli.command(
    epilog=_examples(
        "yeonjwa run",
        "yeonjwa run baseline --scale 0.05 --seed 7 --out runs/seven",
        "yeonjwa run my-scenario.toml --from 2010-01 --to 2015-12 --json",
    )
)
@click.argument("scenario", default="baseline", metavar="[SCENARIO]")
@click.option(
    "--scale", type=_Scale(), metavar="F", help="Share of the real country, 0.002 to 1. Default: 0.01."
)
@click.option(
    "--seed", type=_SEED, default=1, show_default=True, metavar="N", help="Equal seeds, equal results."
)
@click.option("--from", "first", type=_Month(), metavar="YYYY-MM", help="First month. Default: 2005-01.")
@click.option("--to", "last", type=_Month(), metavar="YYYY-MM", help="Last month. Default: 2024-12.")
@_threads
@click.option("--out", type=_FOLDER, metavar="DIR", help="Folder of the result. Default: runs/SCENARIO-SEED.")
@_overwrite
@click.option("--keep-pedigree", is_flag=True, help="Write everyone's row above scale 0.1 too.")
@_as_json
def run(
    scenario: str,
    scale: float | None,
    seed: int,
    first: int | None,
    last: int | None,
    threads: int | None,
    out: Path | None,
    overwrite: bool,
    keep_pedigree: bool,
    as_json: bool,
) -> None:
    """Run the system and write a folder with data, figures and a report.

    SCENARIO is the name of a shipped scenario (see `yeonjwa scenarios`) or the path of a TOML file.
    """
    _give_threads(threads)
    from yeonjwa import workflow

    folder = out if out is not None else Path("runs") / f"{Path(scenario).stem}-{seed}"
    with _reporting(as_json) as progress:
        manifest = workflow.run(
            scenario,
            out=folder,
            scale=scale,
            seed=seed,
            first=first,
            last=last,
            threads=threads,
            overwrite=overwrite,
            keep_pedigree=keep_pedigree,
            progress=progress,
        )
    _answer(manifest, as_json, lambda: _run_summary(manifest, folder))


@cli.command(
    epilog=_examples(
        "yeonjwa population --country PRK --living 250000 --at 2020-12 --out pop",
        "yeonjwa population --rates my-rates --living 50000 --at 2020-12 --plain --out pop",
    )
)
@click.option("--country", metavar="CODE", help="Rates that come with the package: PRK.")
@click.option(
    "--rates", type=_FOLDER, metavar="DIR", help="A rates folder: asfr.csv, mx.csv, perhaps srb.csv."
)
@click.option("--living", type=_LIVING, required=True, metavar="N", help="Living persons expected at --at.")
@click.option(
    "--at", type=_Month(), required=True, metavar="YYYY-MM", help="Month in which the simulation ends."
)
@click.option(
    "--seed", type=_SEED, default=1, show_default=True, metavar="N", help="Equal seeds, equal results."
)
@click.option("--plain", is_flag=True, help="The assumptions of matrix models of kinship.")
@click.option(
    "--start-year", type=_YEAR, default=1790, show_default=True, metavar="YYYY", help="Year of the founders."
)
@_threads
@click.option("--out", type=_FOLDER, required=True, metavar="DIR", help="Folder of the result.")
@_overwrite
@_as_json
def population(
    country: str | None,
    rates: Path | None,
    living: int,
    at: int,
    seed: int,
    plain: bool,
    start_year: int,
    threads: int | None,
    out: Path,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Simulate a population with its full kinship graph, by the rates of a country."""
    _give_threads(threads)
    from yeonjwa import workflow

    with _reporting(as_json) as progress:
        manifest = workflow.population(
            out=out,
            living=living,
            at=at,
            country=country,
            rates=rates,
            seed=seed,
            plain=plain,
            start_year=start_year,
            threads=threads,
            overwrite=overwrite,
            progress=progress,
        )
    _answer(manifest, as_json, lambda: _population_summary(manifest, out))


@cli.command(
    epilog=_examples("yeonjwa kin pop --by-age", "yeonjwa kin runs/baseline-1 --by-age --at 2014-12 --json")
)
@click.argument("folder", type=_FOLDER, metavar="DIR")
@click.option("--by-age", is_flag=True, help="Mean number of living kin by kin type and age group of ego.")
@click.option("--at", type=_Month(), metavar="YYYY-MM", help="Month. Default: the last of the folder.")
@_as_json
def kin(folder: Path, by_age: bool, at: int | None, as_json: bool) -> None:
    """Count living kin in a population or run folder."""
    if not by_age:
        raise InputError("table", "none", "--by-age", "command line")
    from yeonjwa import workflow

    answer = workflow.kin_by_age(folder, month=at)
    _answer(answer, as_json, lambda: _kin_table(answer["rows"]))


@cli.command(
    epilog=_examples(
        "yeonjwa fit --scale 0.02 --seeds 3", "yeonjwa fit my-scenario.toml --iterations 1 --json"
    )
)
@click.argument("scenario", default="baseline", metavar="[SCENARIO]")
@click.option(
    "--scale", type=_Scale(), default=0.02, show_default=True, metavar="F", help="Size of each run."
)
@click.option(
    "--seeds", type=_Whole("seeds", 1, 1000), default=3, show_default=True, metavar="N", help="Seeds 1 to N."
)
@click.option(
    "--iterations",
    type=_Whole("iterations", 1, 20),
    default=3,
    show_default=True,
    metavar="N",
    help="Steps of the fit.",
)
@_as_json
def fit(scenario: str, scale: float, seeds: int, iterations: int, as_json: bool) -> None:
    """Fit the intercept of flight (flight.a0) to recorded arrivals of 2005-2011 and 2013-2015.

    To be run again after any change of alpha, kappa or hardship. Nothing is written: the value that it prints goes into
    the parameter file or a scenario.
    """
    from yeonjwa import workflow

    with _reporting(as_json) as progress:
        answer = workflow.fit(scenario, scale=scale, seeds=seeds, iterations=iterations, progress=progress)
    _answer(answer, as_json, lambda: _fit_summary(answer))


@cli.command(epilog=_examples("yeonjwa scenarios", "yeonjwa scenarios --json"))
@_as_json
def scenarios(as_json: bool) -> None:
    """List the scenarios that come with the package."""
    from yeonjwa.laboratory.scenario import load, names

    rows = [{"name": s.name, "title": s.title, "description": s.description} for s in map(load, names())]
    width = max(len(row["name"]) for row in rows)
    _answer({"scenarios": rows}, as_json, lambda: [f"{row['name']:<{width}}  {row['title']}" for row in rows])


def _give_threads(threads: int | None) -> None:
    # Numba fixes the size of its pool when it is imported, which has not happened yet.
    if threads is not None and "numba" not in sys.modules:
        os.environ.setdefault("NUMBA_NUM_THREADS", str(threads))


def _answer(answer: dict[str, Any], as_json: bool, lines: Callable[[], Sequence[str]]) -> None:
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, allow_nan=False))
    else:
        for line in lines():
            click.echo(line)


def _run_summary(manifest: dict[str, Any], folder: Path) -> list[str]:
    living, resources = manifest["living"], manifest["resources"]
    lines = [
        f"{manifest['scenario']['name']}: {manifest['first']} to {manifest['last']} at scale {manifest['scale']:g}, "
        f"seed {manifest['seed']}, {living['achieved']:,} living in {living['at']}.",
        f"{resources['wall_s']:.1f} s, {resources['peak_rss_mb']:,.0f} MB at most.",
    ]
    lines += [f"note: {note}" for note in manifest["notes"]]
    if manifest["finite_size"]["flagged"]:
        lines.append(
            f"note: below scale {manifest['finite_size']['threshold']:g} {manifest['finite_size']['why']}."
        )
    return [*lines, f"Report: {folder / 'report.html'}"]


def _population_summary(manifest: dict[str, Any], folder: Path) -> list[str]:
    living, pedigree = manifest["living"], manifest["pedigree"]
    return [
        f"{living['achieved']:,} living in {living['at']} ({living['expected']:,} expected), "
        f"{pedigree['persons_ever']:,} persons and {pedigree['unions']:,} unions ever, seed {manifest['seed']}.",
        *(f"note: {note}" for note in manifest["notes"]),
        f"Population: {folder}",
    ]


def _fit_summary(answer: dict[str, Any]) -> list[str]:
    lines = [f"recorded: {answer['target']:,.0f} arrivals a year"]
    for step in answer["steps"]:
        error = "" if step["se"] is None else f" (standard error {step['se']:,.0f})"
        lines.append(f"a0 {step['a0']:.3f}: {step['arrivals']:,.0f} arrivals a year{error}")
    return [*lines, f"flight.a0 = {answer['a0']:.3f}"]


def _kin_table(rows: list[dict[str, Any]]) -> list[str]:
    head = f"{'kin':<22} {'age':<6} {'sex':<4} {'line':<7} {'egos':>9} {'mean':>9} {'se':>8}"
    return [head] + [
        f"{r['kin']:<22} {r['age_group']:<6} {r['sex_ego']:<4} {r['line']:<7} {r['n_ego']:>9,} "
        f"{_figure(r['mean_living'], 9)} {_figure(r['se_living'], 8)}"
        for r in rows
    ]


def _figure(value: float | None, width: int) -> str:
    return f"{'-':>{width}}" if value is None else f"{value:>{width}.4f}"


class _Stoppable:
    """Passes progress on, and stops the work at its next step if an interruption got lost on the way.

    A signal that arrives inside a compiler callback raises where nobody can catch it; the next step sees it.
    """

    def __init__(self, inner: Progress, interrupted: list[int]) -> None:
        self._inner, self._interrupted = inner, interrupted

    def _look(self) -> None:
        if self._interrupted:
            raise KeyboardInterrupt

    def stage(self, name: str, total: int, unit: str) -> None:
        """Begin a stage."""
        self._look()
        self._inner.stage(name, total, unit)

    def advance(self, n: int = 1) -> None:
        """Count."""
        self._look()
        self._inner.advance(n)

    def finish(self) -> None:
        """End a stage."""
        self._look()
        self._inner.finish()


@contextlib.contextmanager
def _reporting(as_json: bool) -> Iterator[Progress]:
    """Progress for this command; silent with --json."""
    from yeonjwa.core.progress import Silent, for_stream
    from yeonjwa.core.warnings import YeonjwaWarning

    inner = Silent() if as_json else for_stream(sys.stderr)
    try:
        with warnings.catch_warnings():
            # Caveats are notes of the manifest, which the summary prints.
            warnings.simplefilter("ignore", YeonjwaWarning)
            interrupted = click.get_current_context().obj
            yield _Stoppable(inner, [] if interrupted is None else interrupted)
    finally:
        with contextlib.suppress(Exception):
            inner.finish()


@contextlib.contextmanager
def _interruptible() -> Iterator[list[int]]:
    """SIGINT and SIGTERM raise KeyboardInterrupt; the list holds those that came."""
    interrupted: list[int] = []

    def interrupt(number: int, _frame: Any) -> None:
        interrupted.append(number)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return
    previous = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupted
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give back the exit code: 0, 1 (failure), 2 (bad input) or 130 (interrupted).

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the name of the program; those of the process by default.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in given
    try:
        with _interruptible() as interrupted:
            cli.main(args=given, prog_name="yeonjwa", standalone_mode=False, obj=interrupted)
            sys.stdout.flush()
    except click.exceptions.Exit as stop:
        return int(stop.exit_code)
    except (KeyboardInterrupt, click.exceptions.Abort):
        _complain("interrupted", {"what": "interrupted", "value": None, "allowed": "", "where": ""}, as_json)
        return INTERRUPTED
    except InputError as error:
        _complain(str(error), error.as_dict(), as_json)
        return BAD_INPUT
    except click.UsageError as error:
        _complain(error.format_message(), _usage(error, given), as_json)
        return BAD_INPUT
    except BrokenPipeError:
        # The reader went away; nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE
    except Exception as error:
        return _failed(error, as_json)
    return 0


def entry() -> NoReturn:
    """Run the command line as a process and end it."""
    code = main()
    if code == INTERRUPTED:
        # An interruption that passed through compiled code makes Python end as if killed by the signal, whatever
        # the exit code; everything is cleaned up and said by now.
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _failed(error: Exception, as_json: bool) -> int:
    if os.environ.get("YEONJWA_TRACEBACK"):
        raise error
    if isinstance(error, MissingExtraError):
        allowed = f"pip install 'yeonjwa[{error.extra}]'"
        fields = {"what": error.feature, "value": None, "allowed": allowed, "where": ""}
        _complain(str(error), fields, as_json)
        return FAILURE
    text = str(error) or type(error).__name__
    if isinstance(error, MemoryError):
        text = "not enough memory; a smaller --scale or --living needs less"
    elif isinstance(error, OSError):
        text = f"the system refused: {text}"
    elif not isinstance(error, YeonjwaError):
        text = f"unexpected {type(error).__name__}: {text} (YEONJWA_TRACEBACK=1 shows where)"
    _complain(text, {"what": text, "value": None, "allowed": "", "where": ""}, as_json)
    return FAILURE


def _usage(error: click.UsageError, given: list[str]) -> dict[str, Any]:
    value = getattr(error, "option_name", None) or " ".join(given)
    near = getattr(error, "possibilities", None)
    command = error.ctx.command_path if error.ctx else "yeonjwa"
    allowed = ", ".join(near) if near else f"see {command} --help"
    return {"what": error.format_message(), "value": value, "allowed": allowed, "where": "command line"}


def _complain(text: str, fields: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps({"error": fields}, ensure_ascii=False), file=sys.stderr)
    else:
        print(f"yeonjwa: {text}", file=sys.stderr)
