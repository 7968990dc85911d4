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
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

import yeonjwa
from yeonjwa.commands_calibrate import COMMANDS as CALIBRATE_COMMANDS
from yeonjwa.commands_claims import COMMANDS as CLAIM_COMMANDS
from yeonjwa.commands_compare import COMMANDS as COMPARE_COMMANDS
from yeonjwa.commands_design import COMMANDS as DESIGN_COMMANDS
from yeonjwa.commands_ensemble import COMMANDS as ENSEMBLE_COMMANDS
from yeonjwa.commands_evidence import COMMANDS as EVIDENCE_COMMANDS
from yeonjwa.commands_explain import COMMANDS as EXPLAIN_COMMANDS
from yeonjwa.commands_formats import COMMANDS as FORMAT_COMMANDS
from yeonjwa.commands_kin import COMMANDS as KIN_COMMANDS
from yeonjwa.commands_regimes import COMMANDS as REGIME_COMMANDS
from yeonjwa.commands_report import COMMANDS as REPORT_COMMANDS
from yeonjwa.commands_scenario import COMMANDS as SCENARIO_COMMANDS
from yeonjwa.commands_sensitivity import COMMANDS as SENSITIVITY_COMMANDS
from yeonjwa.commands_theory import COMMANDS as THEORY_COMMANDS
from yeonjwa.commands_web import COMMANDS as WEB_COMMANDS
from yeonjwa.commands_words import COMMANDS as WORD_COMMANDS
from yeonjwa.core.errors import InputError, MissingExtraError, YeonjwaError
from yeonjwa.options import (
    FOLDER,
    LIVING,
    SEED,
    YEAR,
    Month,
    Scale,
    Whole,
    as_json_option,
    examples,
    language_option,
    overwrite_option,
    print_answer,
    threads_option,
)

if TYPE_CHECKING:
    from yeonjwa.core.progress import Progress

BAD_INPUT, FAILURE, INTERRUPTED = 2, 1, 130


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples(
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
    epilog=examples(
        "yeonjwa run",
        "yeonjwa run baseline --scale 0.05 --seed 7 --out runs/seven",
        "yeonjwa run my-scenario.toml --from 2010-01 --to 2015-12 --json",
        "yeonjwa run --resume runs/seven",
    )
)
@click.argument("scenario", default="baseline", metavar="[SCENARIO]")
@click.option(
    "--scale", type=Scale(), metavar="F", help="Share of the real country, 0.002 to 1. Default: 0.01."
)
@click.option(
    "--seed", type=SEED, default=1, show_default=True, metavar="N", help="Equal seeds, equal results."
)
@click.option("--from", "first", type=Month(), metavar="YYYY-MM", help="First month. Default: 2005-01.")
@click.option("--to", "last", type=Month(), metavar="YYYY-MM", help="Last month. Default: 2024-12.")
@threads_option
@click.option("--out", type=FOLDER, metavar="DIR", help="Folder of the result. Default: runs/SCENARIO-SEED.")
@language_option
@overwrite_option
@click.option("--keep-pedigree", is_flag=True, help="Write everyone's row above scale 0.1 too.")
@click.option(
    "--check", is_flag=True, help="Verify every month that money is kept and everyone is somewhere once."
)
@click.option(
    "--checkpoint-every",
    type=Whole("months between two states", 0, 1200),
    metavar="N",
    help="Months after which the state is kept each time, 0 for never. Default: 12.",
)
@click.option(
    "--resume",
    "resumed",
    type=FOLDER,
    metavar="DIR",
    help="Go on with the stopped run that was to write DIR; nothing else but how to compute may be asked for.",
)
@as_json_option
@click.pass_context
def run(
    context: click.Context,
    scenario: str,
    scale: float | None,
    seed: int,
    first: int | None,
    last: int | None,
    threads: int | None,
    out: Path | None,
    language: str,
    overwrite: bool,
    keep_pedigree: bool,
    check: bool,
    checkpoint_every: int | None,
    resumed: Path | None,
    as_json: bool,
) -> None:
    """Run the system and write a folder with data, figures and a report.

    SCENARIO is the name of a shipped scenario (see `yeonjwa scenarios`) or the path of a TOML file.
    """
    _give_threads(threads)
    from yeonjwa import workflow

    if resumed is not None:
        _nothing_but(context, {"resumed", "threads", "checkpoint_every", "as_json"})
        with _reporting(as_json) as progress:
            manifest = workflow.resume(
                resumed, threads=threads, checkpoint_every=checkpoint_every, progress=progress
            )
        print_answer(manifest, as_json, lambda: _run_summary(manifest, resumed))
        return
    # A name such as regime:tang is no path, and its colon no part of a folder's name everywhere.
    named = Path(scenario).stem if scenario.endswith(".toml") else scenario.replace(":", "-")
    folder = out if out is not None else Path("runs") / f"{Path(named).name}-{seed}"
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
            check=check,
            checkpoint_every=12 if checkpoint_every is None else checkpoint_every,
            language=language,
            progress=progress,
        )
    print_answer(manifest, as_json, lambda: _run_summary(manifest, folder))


def _nothing_but(context: click.Context, allowed: set[str]) -> None:
    """Raise if anything was asked for that a resumed run has from its beginning."""
    for name in context.params:
        given = context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        if given and name not in allowed:
            raise InputError(
                "what is asked for beside --resume",
                name,
                "--threads, --checkpoint-every and --json; all else is as when the run began",
                "--resume",
            )


@cli.command(
    epilog=examples(
        "yeonjwa population --country PRK --living 250000 --at 2020-12 --out pop",
        "yeonjwa population --rates my-rates --living 50000 --at 2020-12 --plain --out pop",
    )
)
@click.option("--country", metavar="CODE", help="Rates that come with the package: PRK.")
@click.option(
    "--rates", type=FOLDER, metavar="DIR", help="A rates folder: asfr.csv, mx.csv, perhaps srb.csv."
)
@click.option("--living", type=LIVING, required=True, metavar="N", help="Living persons expected at --at.")
@click.option(
    "--at", type=Month(), required=True, metavar="YYYY-MM", help="Month in which the simulation ends."
)
@click.option(
    "--seed", type=SEED, default=1, show_default=True, metavar="N", help="Equal seeds, equal results."
)
@click.option("--plain", is_flag=True, help="The assumptions of matrix models of kinship.")
@click.option(
    "--start-year", type=YEAR, default=1790, show_default=True, metavar="YYYY", help="Year of the founders."
)
@threads_option
@click.option("--out", type=FOLDER, required=True, metavar="DIR", help="Folder of the result.")
@overwrite_option
@as_json_option
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
    print_answer(manifest, as_json, lambda: _population_summary(manifest, out))


@cli.command(
    epilog=examples(
        "yeonjwa fit --scale 0.02 --seeds 3", "yeonjwa fit my-scenario.toml --iterations 1 --json"
    )
)
@click.argument("scenario", default="baseline", metavar="[SCENARIO]")
@click.option("--scale", type=Scale(), default=0.02, show_default=True, metavar="F", help="Size of each run.")
@click.option(
    "--seeds", type=Whole("seeds", 1, 1000), default=3, show_default=True, metavar="N", help="Seeds 1 to N."
)
@click.option(
    "--iterations",
    type=Whole("iterations", 1, 20),
    default=3,
    show_default=True,
    metavar="N",
    help="Steps of the fit.",
)
@as_json_option
def fit(scenario: str, scale: float, seeds: int, iterations: int, as_json: bool) -> None:
    """Fit the intercept of flight (flight.a0) to recorded arrivals of 2005-2011 and 2013-2015.

    To be run again after any change of alpha, kappa or hardship. Nothing is written: the value that it prints goes into
    the parameter file or a scenario.
    """
    from yeonjwa import workflow

    with _reporting(as_json) as progress:
        answer = workflow.fit(scenario, scale=scale, seeds=seeds, iterations=iterations, progress=progress)
    print_answer(answer, as_json, lambda: _fit_summary(answer))


for _command in (
    *CALIBRATE_COMMANDS,
    *CLAIM_COMMANDS,
    *COMPARE_COMMANDS,
    *REPORT_COMMANDS,
    *DESIGN_COMMANDS,
    *ENSEMBLE_COMMANDS,
    *KIN_COMMANDS,
    *FORMAT_COMMANDS,
    *EVIDENCE_COMMANDS,
    *EXPLAIN_COMMANDS,
    *REGIME_COMMANDS,
    *SCENARIO_COMMANDS,
    *SENSITIVITY_COMMANDS,
    *THEORY_COMMANDS,
    *WORD_COMMANDS,
    *WEB_COMMANDS,
):
    cli.add_command(_command)


def _give_threads(threads: int | None) -> None:
    # Numba fixes the size of its pool when it is imported, which has not happened yet.
    if threads is not None and "numba" not in sys.modules:
        os.environ.setdefault("NUMBA_NUM_THREADS", str(threads))


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
    page = next(name for name in sorted(manifest["files"]) if name.startswith("report."))
    return [*lines, f"Report: {folder / page}"]


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
            code = cli.main(args=given, prog_name="yeonjwa", standalone_mode=False, obj=interrupted)
            sys.stdout.flush()
            # A command that was asked to end with a code gives it back; all others give back nothing.
            return code if isinstance(code, int) else 0
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
