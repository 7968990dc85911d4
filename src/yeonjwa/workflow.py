"""Whole jobs: run, write, report, rename into place. The command line, a notebook and the web call these."""

from __future__ import annotations

import json
import math
import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yeonjwa.core.calendar import format_month
from yeonjwa.core.errors import InputError, MissingExtraError
from yeonjwa.core.files import staged_folder, write_text
from yeonjwa.core.language import checked
from yeonjwa.core.progress import Progress, default
from yeonjwa.core.provenance import Meter
from yeonjwa.core.warnings import YeonjwaWarning

if TYPE_CHECKING:
    from yeonjwa.core.parameters import Parameters
    from yeonjwa.demography.rates import Rates
    from yeonjwa.laboratory.design import Design
    from yeonjwa.laboratory.ensemble import Event, Status
    from yeonjwa.laboratory.scenario import Scenario
    from yeonjwa.laboratory.unfinished import Unfinished


def run(
    scenario: str | Path | Scenario = "baseline",
    *,
    out: Path,
    scale: float | None = None,
    seed: int = 1,
    first: int | None = None,
    last: int | None = None,
    threads: int | None = None,
    overwrite: bool = False,
    keep_pedigree: bool = False,
    check: bool = False,
    checkpoint_every: int = 12,
    language: str = "en",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Run a scenario into a folder with data and report, and give back its manifest.

    The folder appears at once when all of it is there, and not at all after an error or an interruption. What an unfinished
    run needs to go on is kept beside it: see :func:`resume`.

    Parameters
    ----------
    scenario : str, Path or Scenario
        Name of a shipped scenario, path of a TOML file, or a scenario.
    out : Path
        The folder: absent or empty, or with ``overwrite`` one that yeonjwa wrote.
    scale : float, optional
        0.002 to 1; the scenario's, else 0.01, by default.
    seed, first, last, threads
        As in :func:`yeonjwa.laboratory.run.simulate`.
    overwrite : bool
        Replace a folder that yeonjwa wrote.
    keep_pedigree : bool
        Keep everyone's row above scale 0.1 too.
    check : bool
        Verify after every month that everyone is somewhere exactly once (slower); money is verified every month anyway.
    checkpoint_every : int
        Months after which the state is kept each time, 0 for never.
    language : str
        Of the report, one of :data:`yeonjwa.core.language.LANGUAGES`; that in Korean is ``report.ko.html``.
    progress : Progress, optional
        Told of stages and steps.

    Raises
    ------
    InputError
        Anything that cannot be used; nothing has been written or replaced then.
    """
    checked(language, "--language")
    check_target(out, overwrite)
    from yeonjwa.laboratory.run import (
        check_months,
        check_scale,
        check_seed,
        check_threads,
        usable_cores,
    )
    from yeonjwa.laboratory.scenario import load
    from yeonjwa.laboratory.unfinished import Unfinished

    progress, meter = progress or default(), Meter()
    chosen = load(str(scenario)) if isinstance(scenario, str | Path) else scenario
    chosen = replace(
        chosen,
        first=chosen.first if first is None else first,
        last=chosen.last if last is None else last,
        scale=scale if scale is not None else (chosen.scale or 0.01),
    )
    threads = usable_cores() if threads is None else threads
    check_scale(chosen.scale)
    check_seed(seed)
    check_months(chosen.first, chosen.last)
    check_threads(threads)
    check_checkpoints(checkpoint_every)
    job = Unfinished(chosen, seed, checkpoint_every, overwrite, keep_pedigree, check, language)
    return _finish(job, out, threads, resuming=False, progress=progress, meter=meter)


def resume(
    out: Path,
    *,
    threads: int | None = None,
    checkpoint_every: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Go on with a run that was stopped, from the last state that was kept, and give back its manifest.

    The result is the same, byte for byte, as if the run had never been stopped.

    Parameters
    ----------
    out : Path
        The folder that the run was to write.
    threads, progress
        As in :func:`run`; the number of threads may differ.
    checkpoint_every : int, optional
        Months between two states from now on; as before by default.

    Raises
    ------
    InputError
        Nothing is kept there, it is damaged, or another version of the package began the run.
    """
    from yeonjwa.laboratory.run import check_threads, usable_cores
    from yeonjwa.laboratory.unfinished import find

    meter = Meter()
    job = find(out)
    if checkpoint_every is not None:
        check_checkpoints(checkpoint_every)
        job = replace(job, every=checkpoint_every)
    check_target(out, job.overwrite)
    threads = usable_cores() if threads is None else threads
    check_threads(threads)
    return _finish(job, out, threads, resuming=True, progress=progress or default(), meter=meter)


def check_checkpoints(every: int) -> None:
    """Raise unless a state can be kept after so many months each time."""
    if not 0 <= every <= 1200:
        raise InputError(
            "months between two states", every, "0 (never) to 1200, a whole number", "--checkpoint-every"
        )


def _finish(
    job: Unfinished, out: Path, threads: int, *, resuming: bool, progress: Progress, meter: Meter
) -> dict[str, Any]:
    """Compute and write a run, from its beginning or from the state that is kept."""
    from yeonjwa.laboratory.run import simulate
    from yeonjwa.laboratory.store import seal, write
    from yeonjwa.laboratory.unfinished import keeping

    with keeping(job, out, resuming) as checkpoints, staged_folder(out, replace=job.overwrite) as folder:
        outcome = simulate(
            job.scenario,
            scale=job.scenario.scale,
            seed=job.seed,
            threads=threads,
            check=job.check,
            progress=progress,
            meter=meter,
            checkpoints=checkpoints,
        )
        progress.stage("files", 2, "steps")
        write(outcome, folder, keep_pedigree=job.keep_pedigree)
        progress.advance()
        with meter.stage("report"):
            _report(folder, job.language)
        manifest = seal(folder, meter)
        progress.advance()
        progress.finish()
    return manifest


def _report(folder: Path, language: str) -> None:
    from yeonjwa.report import build

    build(folder, language)


def report(folder: Path, *, language: str = "en", out: Path | None = None) -> Path:
    """Write the report of a finished run again, as in another language; returns its path.

    Parameters
    ----------
    folder : Path
        Folder of a run.
    language : str
        One of :data:`yeonjwa.core.language.LANGUAGES`.
    out : Path, optional
        The file; by default one in the current folder that is named after the run, such as ``baseline-1.report.ko.html``.

    Raises
    ------
    InputError
        The folder holds no run, or there is no such language.
    """
    from yeonjwa.core.language import use
    from yeonjwa.report import page, sheet
    from yeonjwa.report.results import read

    checked(language, "--language")
    found = read(folder)
    with use(language):
        path = out or Path(f"{folder.resolve().name}.{sheet.file_name('report.html')}")
        write_text(path, page.html(found))
    return path


def population(
    *,
    out: Path,
    living: int,
    at: int,
    country: str | None = None,
    rates: Path | None = None,
    seed: int = 1,
    plain: bool = False,
    start_year: int = 1790,
    threads: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Simulate a population into a folder and give back its manifest.

    Parameters
    ----------
    out : Path
        The folder: absent or empty, or with ``overwrite`` one that yeonjwa wrote.
    living : int
        Living persons expected at ``at``, 100 to 100 million.
    at : int
        Month index at which the simulation ends.
    country, rates : str, Path
        One of the two: code of a country whose rates come with the package ("PRK"), or a rates folder.
    seed : int
        0 to 2**63 - 1.
    plain : bool
        The assumptions of matrix models of kinship.
    start_year : int
        Year in which the founders live.
    threads, overwrite, progress
        As in :func:`run`.
    """
    check_target(out, overwrite)
    from yeonjwa.evidence.parameters import load
    from yeonjwa.genealogy.files import write_population
    from yeonjwa.genealogy.simulate import simulate
    from yeonjwa.laboratory import run as laboratory
    from yeonjwa.laboratory import store

    if (country is None) == (rates is None):
        raise InputError("rates", "none or both", "either --country or --rates", "command line")
    threads = laboratory.usable_cores() if threads is None else threads
    laboratory.check_seed(seed)
    laboratory.check_threads(threads)
    if not 100 <= living <= 100_000_000:
        raise InputError("living", living, "a whole number from 100 to 100000000", "--living")
    progress, meter, parameters = progress or default(), Meter(), load()
    laboratory.set_threads(threads)
    with staged_folder(out, replace=overwrite) as folder, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", YeonjwaWarning)
        with meter.stage("genealogy"):
            table = _rates(country, rates, parameters)
            pedigree = simulate(
                table,
                parameters,
                living=living,
                at=at,
                seed=seed,
                start_year=start_year,
                last=at,
                plain=plain,
                threads=threads,
                progress=progress,
            )
        with meter.stage("files"):
            write_population(pedigree, folder)
        source = f"--country {country}" if country else "--rates DIR"
        manifest = {
            **store.population_manifest(pedigree, seed=seed, at=at, living=living, meter=meter),
            "threads": threads,
            "command": _population_command(source, living, at, seed, plain, start_year),
            "parameter_hash": parameters.digest(),
            "rates": laboratory.describe_rates(table),
            "notes": laboratory.sentences(caught),
        }
        write_text(folder / store.MANIFEST, json.dumps(store.plain(manifest)))
        sealed = store.seal(folder, meter)
    return sealed


def _rates(country: str | None, folder: Path | None, parameters: Parameters) -> Rates:
    from yeonjwa.demography import rates

    return rates.read_rates(folder) if folder is not None else rates.country(str(country), parameters)


def _population_command(source: str, living: int, at: int, seed: int, plain: bool, start_year: int) -> str:
    line = f"yeonjwa population {source} --living {living} --at {format_month(at)} --seed {seed}"
    return (
        line + (" --plain" if plain else "") + (f" --start-year {start_year}" if start_year != 1790 else "")
    )


def claims(
    *,
    scale: float = 0.02,
    seeds: int = 4,
    threads: int | None = None,
    out: Path | None = None,
    language: str = "en",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """The claims of the source article with measured effects and verdicts; with ``out``, a page and its data as well.

    Parameters
    ----------
    scale : float
        Size of each country, 0.002 to 1.
    seeds : int
        Seeds 1 to this number; an interval needs two.
    threads : int, optional
        Runs at a time; the cores this process may use by default.
    out : Path, optional
        Folder for ``claims.html`` and ``claims.json``.
    language : str
        Of the page, one of :data:`yeonjwa.core.language.LANGUAGES`; that in Korean is ``claims.ko.html``.
    progress : Progress, optional
        Told of every run.
    """
    from yeonjwa.laboratory.claims import examine
    from yeonjwa.report.claims_page import write

    checked(language, "--language")
    found = examine(scale=scale, seeds=range(1, seeds + 1), threads=threads, progress=progress).as_dict()
    if out is not None:
        write(found, out, language)
    return found


def ensemble(
    scenarios: str | Path | Scenario | Sequence[str | Path | Scenario],
    *,
    out: Path,
    seeds: int | Sequence[int],
    scale: float | None = None,
    first: int | None = None,
    last: int | None = None,
    design: Path | Design | None = None,
    workers: int | None = None,
    engine: str = "processes",
    fail_fast: bool = False,
    keep: str = "series",
    progress: Callable[[Event], None] | None = None,
) -> Status:
    """Run scenarios, each with all seeds and at all points of a design, into one folder; say where that led.

    Parameters
    ----------
    scenarios : str, Path, Scenario or a sequence of them
        Paired arms: all have the same seeds.
    out : Path
        The folder: absent or empty.
    seeds : int or sequence of int
        A number stands for seeds 1 to that number.
    scale, first, last : float, int, optional
        For all runs; each scenario's own by default.
    design : Path or Design, optional
        Points, or the CSV that holds them.
    workers, engine, fail_fast, progress
        As in :func:`yeonjwa.laboratory.ensemble.run`.
    keep : str
        "series", or "all": what :func:`run` writes, report included.
    """
    from yeonjwa.laboratory import design_file
    from yeonjwa.laboratory import ensemble as module
    from yeonjwa.laboratory.scenario import Scenario, load

    given = [scenarios] if isinstance(scenarios, str | Path | Scenario) else list(scenarios)
    chosen = [one if isinstance(one, Scenario) else load(str(one)) for one in given]
    points = design_file.read(design) if isinstance(design, Path) else design
    numbers = range(1, seeds + 1) if isinstance(seeds, int) else seeds
    jobs = module.paired(chosen, numbers, scale=scale, first=first, last=last, design=points)
    return module.run(
        out,
        jobs,
        workers=workers,
        engine=engine,
        fail_fast=fail_fast,
        keep=keep,
        finish="yeonjwa.report:build" if keep == "all" else "",
        progress=progress,
    )


def compare(
    arms: Sequence[str | Path],
    *,
    seeds: int = 4,
    scale: float | None = None,
    first: int | None = None,
    last: int | None = None,
    parameters: int = 0,
    parameter_seeds: int = 2,
    measures: Sequence[str] = (),
    workers: int | None = None,
    engine: str = "processes",
    out: Path | None = None,
    overwrite: bool = False,
    language: str = "en",
    command: str = "",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Differences between worlds as plain data; with ``out``, a page and its data as well.

    Parameters
    ----------
    arms : sequence of str or Path
        Scenarios, or folders of runs or ensembles; all are held against the first.
    seeds, scale, first, last, workers, engine, progress
        As in :func:`yeonjwa.laboratory.comparison.compare`.
    parameters, parameter_seeds : int
        Draws of the parameters, and seeds of each.
    measures : sequence of str
        Results beside the usual ones; the first is the one in the headline.
    out : Path, optional
        Folder for ``comparison.html`` and ``comparison.json``: absent or empty, or with ``overwrite`` one that yeonjwa wrote.
    language : str
        Of the page, one of :data:`yeonjwa.core.language.LANGUAGES`; that in Korean is ``comparison.ko.html``.
    command : str
        The line that makes it again, for the page.
    """
    checked(language, "--language")
    if out is not None:
        check_target(out, overwrite)
    from yeonjwa.laboratory.comparison import HEADLINE
    from yeonjwa.laboratory.comparison import compare as held_against
    from yeonjwa.laboratory.sides import HEADLINES

    meter = Meter()
    with meter.stage("runs"):
        found = held_against(
            *arms,
            seeds=seeds,
            scale=scale,
            first=first,
            last=last,
            draws_of_parameters=parameters,
            seeds_of_draws=parameter_seeds,
            measures=(*measures, *HEADLINES),
            headline=measures[0] if measures else HEADLINE,
            workers=workers,
            engine=engine,
            progress=progress,
        ).as_dict()
    if out is not None:
        _write_comparison(found, out, overwrite, command, language, meter)
    return found


def _write_comparison(
    found: dict[str, Any], out: Path, overwrite: bool, command: str, language: str, meter: Meter
) -> None:
    from yeonjwa.laboratory import store
    from yeonjwa.report import comparison_page

    with staged_folder(out, replace=overwrite) as folder:
        with meter.stage("page"):
            comparison_page.write(found, folder, command, language)
        manifest = {
            **store.header("comparison", int(found["seeds"][0])),
            "seeds": found["seeds"],
            "scale": found["scale"],
            "first": found["first"],
            "last": found["last"],
            "arms": found["arms"],
            "command": command or comparison_page.again(found),
            "notes": found["notes"],
            "resources": meter.as_dict(),
            "files": {},
        }
        write_text(folder / store.MANIFEST, json.dumps(store.plain(manifest)))
        store.seal(folder, meter)


def check_target(out: Path, overwrite: bool) -> None:
    """Raise unless a result may be put at ``out``.

    It may if nothing is there, if an empty folder is there, or, with ``overwrite``, if a folder is there that
    yeonjwa wrote and to which nobody has added anything.
    """
    from yeonjwa.laboratory.store import foreign_files

    where = "--out"
    parent = next(p for p in (out.absolute().parent, *out.absolute().parents) if p.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise InputError("output folder", str(out), f"a place that can be written; {parent} cannot", where)
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise InputError("output folder", str(out), "a new or empty folder, not a file or a link", where)
    if not out.exists():
        return
    if out.resolve() == Path.cwd():
        raise InputError("output folder", str(out), "another folder than the current one", where)
    if not any(out.iterdir()):
        return
    if not overwrite:
        raise InputError(
            "output folder", str(out), "a new or empty folder, or --overwrite to replace a result", where
        )
    try:
        foreign = foreign_files(out)
    except InputError as error:
        allowed = (
            "with --overwrite, a folder that yeonjwa wrote; this one is not empty and has no manifest of ours"
        )
        raise InputError("output folder", str(out), allowed, where) from error
    if foreign:
        allowed = f"a folder without files of others; first move away {', '.join(foreign[:5])}"
        raise InputError("output folder", str(out), allowed, where)


def need(module: str, feature: str, extra: str) -> None:
    """Raise the error that says the line to install unless an optional library is there."""
    import importlib.util

    if importlib.util.find_spec(module) is None:
        raise MissingExtraError(feature, extra)


def fit(
    scenario: str,
    *,
    scale: float = 0.02,
    seeds: int = 3,
    iterations: int = 3,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Intercept of flight that meets recorded arrivals, as plain data: ``a0``, ``target`` and the steps taken.

    Parameters
    ----------
    scenario : str
        Name of a shipped scenario, or path of a TOML file.
    scale : float
        Size of each run, 0.002 to 1.
    seeds, iterations : int
        Seeds 1 to ``seeds`` are run in each of ``iterations`` steps.
    progress : Progress, optional
        Told of every run.
    """
    from yeonjwa.laboratory import intercept
    from yeonjwa.laboratory.scenario import load

    found = intercept.fit_intercept(
        load(scenario), scale=scale, seeds=range(1, seeds + 1), iterations=iterations, progress=progress
    )
    steps = [
        {"a0": a0, "arrivals": mean, "se": None if math.isnan(error) else error}
        for a0, mean, error in found.steps
    ]
    return {"a0": found.a0, "target": found.target, "steps": steps}
