"""Two worlds or more with the same luck: what differs, how surely, and what would decide.

All arms of a seed share one genealogy and every draw that the change does not touch, so a difference is taken seed by seed. Its
interval is Student's over seeds: the *luck*. With draws of the parameters (:mod:`yeonjwa.laboratory.doubt`), shared by all
arms, the *doubt about parameters* is told apart from it (:mod:`yeonjwa.laboratory.differences`). What a scenario sets is set
in every draw: it is the question, not a doubt.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from yeonjwa.core.calendar import format_month
from yeonjwa.core.errors import InputError, RunError
from yeonjwa.core.parameters import Parameter, Parameters
from yeonjwa.core.progress import Progress, default
from yeonjwa.evidence import parameters as shipped_parameters
from yeonjwa.laboratory import differences, runner
from yeonjwa.laboratory.claims import interval
from yeonjwa.laboratory.differences import Difference
from yeonjwa.laboratory.doubt import at, draws
from yeonjwa.laboratory.influence import ranged
from yeonjwa.laboratory.measures import says, unit_of
from yeonjwa.laboratory.paired import Record, Stored, Task, play, stored, stored_arms
from yeonjwa.laboratory.run import check_months, check_scale, check_seed, check_threads, usable_cores
from yeonjwa.laboratory.scenario import Scenario, apply, load
from yeonjwa.laboratory.sides import HEADLINES
from yeonjwa.laboratory.store import FINITE_SIZE_SCALE, plain

#: The result in the headline, unless another is asked for.
HEADLINE: Final = "flight.arrivals"
#: Most arms that a figure can tell apart.
MOST_ARMS: Final = 6


@dataclass(frozen=True)
class Arm:
    """One of the worlds that are compared.

    Attributes
    ----------
    name : str
        Short, and different from that of every other arm.
    title, description : str
        Of the scenario.
    source : str
        "scenario", "run" or "ensemble".
    parameter_hash : str
        Of the parameters that ran.
    """

    name: str
    title: str
    description: str
    source: str
    parameter_hash: str


@dataclass(frozen=True)
class Change:
    """A parameter that differs between the first arm and another: its dated values in both."""

    path: str
    description: str
    unit: str
    grade: str
    a: tuple[tuple[str, Any], ...]
    b: tuple[tuple[str, Any], ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        row = dict(vars(self))
        for side in ("a", "b"):
            row[side] = [{"from": date, "value": plain(value)} for date, value in row[side]]
        return row


@dataclass(frozen=True)
class Against:
    """One arm against the first: the differences of all results, and the parameters that differ."""

    arm: str
    differences: tuple[Difference, ...]
    changes: tuple[Change, ...]

    def __getitem__(self, measure: str) -> Difference:
        """The difference in one result."""
        found = {row.measure: row for row in self.differences}
        if measure not in found:
            raise InputError("measure", measure, ", ".join(found))
        return found[measure]


@dataclass(frozen=True)
class Comparison:
    """What :func:`compare` found.

    Attributes
    ----------
    arms : tuple of Arm
        The first is the one that all others are held against.
    against : tuple of Against
        One for each other arm, in order.
    headline : str
        The result that the answer is about.
    measures : tuple of str
        All results compared.
    scale, seeds, first, last
        What was run; ``first`` and ``last`` as "2005-01".
    draws : int
        Draws of the parameters that were run; 0 if they were held.
    lost : tuple of str
        Draws that could not be run, each with the reason.
    over_time : tuple of dict
        ``measure``, ``arm``, ``x`` (years), ``mean``, ``low``, ``high`` (90 % over seeds) of each arm, and of each arm's
        difference from the first as ``difference``, ``difference_low``, ``difference_high``.
    notes : tuple of str
        What to keep in mind.
    """

    arms: tuple[Arm, ...]
    against: tuple[Against, ...]
    headline: str
    measures: tuple[str, ...]
    scale: float
    seeds: tuple[int, ...]
    first: str
    last: str
    draws: int
    lost: tuple[str, ...]
    over_time: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...]

    def __getitem__(self, arm: str) -> Against:
        """All that was found for an arm other than the first."""
        found = {row.arm: row for row in self.against}
        if arm not in found:
            raise InputError("arm", arm, ", ".join(found))
        return found[arm]

    @property
    def answer(self) -> Difference:
        """The headline result of the first other arm."""
        return self.against[0][self.headline]

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        content = {name: getattr(self, name) for name in self.__dataclass_fields__}
        content["arms"] = [vars(arm) for arm in self.arms]
        content["against"] = [
            {
                "arm": row.arm,
                "differences": [difference.as_dict() for difference in row.differences],
                "changes": [change.as_dict() for change in row.changes],
            }
            for row in self.against
        ]
        return {"synthetic": True, **{name: plain(value) for name, value in content.items()}}


def compare(
    *arms: str | Path | Scenario,
    seeds: int | Sequence[int] = 4,
    scale: float | None = None,
    first: int | None = None,
    last: int | None = None,
    draws_of_parameters: int = 0,
    seeds_of_draws: int = 2,
    measures: Iterable[str] = (),
    headline: str = HEADLINE,
    workers: int | None = None,
    engine: str = runner.PROCESSES,
    progress: Progress | None = None,
) -> Comparison:
    """Differences between worlds, with the doubt that luck and, if asked for, parameters leave.

    Parameters
    ----------
    arms : str, Path or Scenario
        Two or more: names of shipped scenarios, TOML files, or folders of runs or ensembles; or one ensemble of several worlds.
        All are held against the first. Scenarios are run; of folders the runs with the same seeds are read.
    seeds : int or sequence of int
        Seeds 1 to a number, or these seeds; of folders, all that they share.
    scale : float, optional
        Size of each country; that of the first scenario by default.
    first, last : int, optional
        Recorded months (month indices); those of the first scenario by default.
    draws_of_parameters : int
        Draws of all parameters that have a range; 0 or from 2 on. Each is run with ``seeds_of_draws`` of the seeds in all arms.
    seeds_of_draws : int
        Two at least; no more than there are seeds.
    measures : iterable of str
        Results to compare; those of :data:`yeonjwa.laboratory.sides.HEADLINES` by default.
    headline : str
        The result that the answer is about.
    workers : int, optional
        Processes; the cores this process may use by default, and none of its own for 1. The results do not depend on it.
    engine : str
        As in :func:`yeonjwa.laboratory.runner.map`.
    progress : Progress, optional
        Told of every run.

    Raises
    ------
    InputError
        Fewer than two arms, arms that cannot be compared, or a value outside its range.
    RunError
        A run with the parameters as they are held failed.
    """
    wanted = tuple(dict.fromkeys([headline, *(measures or HEADLINES)]))
    for measure in wanted:
        unit_of(measure)
    folders = [_folder(arm) for arm in arms]
    made = stored_arms(folders[0]) if len(arms) == 1 and folders[0] else []
    if not 2 <= max(len(arms), len(made)) <= MOST_ARMS:
        allowed = f"2 to {MOST_ARMS} scenarios or folders of runs, or an ensemble of so many worlds"
        raise InputError("arms", max(len(arms), len(made)), allowed)
    progress = progress or default()
    if any(folders):
        if not all(folders):
            odd = arms[folders.index(None)]
            raise InputError("arm", str(odd), "a folder, as the other arms: scenarios and folders do not mix")
        if draws_of_parameters:
            raise InputError(
                "draws of parameters", draws_of_parameters, "0 for folders of runs: they are not run again"
            )
        made = made or [stored(folder) for folder in folders if folder is not None]
        return _of_folders(made, wanted, headline, progress)
    scenarios = [arm if isinstance(arm, Scenario) else load(arm) for arm in arms]
    plan = _Plan(
        scenarios,
        _seeds(seeds),
        scenarios[0].scale if scale is None else scale,
        scenarios[0].first if first is None else first,
        scenarios[0].last if last is None else last,
        draws_of_parameters,
        seeds_of_draws,
    )
    plan.check()
    workers = usable_cores() if workers is None else workers
    check_threads(workers)
    return _of_scenarios(plan, wanted, headline, workers, engine, progress)


def differing(a: Parameters, b: Parameters) -> tuple[Change, ...]:
    """Parameters whose dated values differ, sorted by path, with the values of both."""
    found = []
    for path in sorted({*a, *b}):
        left, right = a.items_.get(path), b.items_.get(path)
        if left is None or right is None or _dated(left) != _dated(right):
            known = right or left
            assert known is not None
            found.append(
                Change(path, known.description, known.unit, known.grade, _dated(left), _dated(right))
            )
    return tuple(found)


def _dated(parameter: Parameter | None) -> tuple[tuple[str, Any], ...]:
    if parameter is None:
        return ()
    return tuple((format_month(held.start), plain(held.value)) for held in parameter.values)


@dataclass(frozen=True)
class _Plan:
    """What is run: every scenario with every seed, and with some of the seeds for each draw."""

    scenarios: Sequence[Scenario]
    seeds: tuple[int, ...]
    scale: float
    first: int
    last: int
    draws: int
    seeds_of_draws: int

    def check(self) -> None:
        """Raise unless all of it can be run."""
        check_scale(self.scale)
        check_months(self.first, self.last)
        if not self.seeds or len(set(self.seeds)) != len(self.seeds):
            raise InputError("seeds", list(self.seeds), "one or more, each once", "--seeds")
        for seed in self.seeds:
            check_seed(seed)
        if self.draws == 0:
            return
        if not 2 <= self.draws <= 10_000:
            raise InputError(
                "draws of parameters", self.draws, "0 (hold them), or 2 to 10000", "--parameters"
            )
        if not 2 <= self.seeds_of_draws <= len(self.seeds):
            allowed = f"2 to {len(self.seeds)}, the number of seeds"
            raise InputError("seeds of a draw", self.seeds_of_draws, allowed, "--parameter-seeds")

    def tasks(self) -> list[Task]:
        """The tasks with parameters as they are held first."""
        held = tuple(scenario.parameters for scenario in self.scenarios)
        found = [Task(seed, 0, held, self.scale, self.first, self.last) for seed in self.seeds]
        for number, worlds in enumerate(self.drawn(), start=1):
            for seed in self.seeds[: self.seeds_of_draws]:
                found.append(Task(seed, number, worlds, self.scale, self.first, self.last))
        return found

    def drawn(self) -> list[tuple[Parameters, ...]]:
        """The worlds of each draw."""
        if not self.draws:
            return []
        base = shipped_parameters.load()
        for scenario in self.scenarios:
            if _world(scenario, base).digest() != scenario.parameters.digest():
                raise InputError(
                    "scenario",
                    scenario.name,
                    "for draws of the parameters, changes of the shipped parameters",
                )
        points = draws(sorted(ranged(base)), self.draws)
        moved = [at(base, point) for point in points]
        return [tuple(_world(scenario, world) for scenario in self.scenarios) for world in moved]


def _world(scenario: Scenario, base: Parameters) -> Parameters:
    """A scenario's changes made on other parameters than the shipped ones."""
    for change in scenario.changes:
        base = apply(base, change)
    return base


def _seeds(seeds: int | Sequence[int]) -> tuple[int, ...]:
    return tuple(range(1, seeds + 1)) if isinstance(seeds, int) else tuple(seeds)


def _folder(arm: str | Path | Scenario) -> Path | None:
    """The folder that an arm names; None if it is a scenario."""
    if isinstance(arm, Scenario):
        return None
    path = Path(arm)
    return path if path.is_dir() else None


def _of_scenarios(
    plan: _Plan, measures: tuple[str, ...], headline: str, workers: int, engine: str, progress: Progress
) -> Comparison:
    tasks = plan.tasks()
    progress.stage("compare", len(tasks) * len(plan.scenarios), "runs")
    found = _run(tasks, workers, engine, lambda: progress.advance(len(plan.scenarios)))
    progress.finish()
    failed = [(task, result) for task, result in zip(tasks, found, strict=True) if isinstance(result, str)]
    for task, reason in failed:
        if task.draw == 0:
            raise RunError(f"seed {task.seed}: {reason}")
    lost_draws = sorted({task.draw for task, _ in failed})
    lost = tuple(f"draw {task.draw}, seed {task.seed}: {reason}" for task, reason in failed)
    by_draw: dict[int, list[tuple[Record, ...]]] = {}
    for task, result in zip(tasks, found, strict=True):
        if not isinstance(result, str) and task.draw not in lost_draws:
            by_draw.setdefault(task.draw, []).append(result)
    held = by_draw.pop(0)
    names = _names([scenario.name for scenario in plan.scenarios])
    arms = tuple(
        Arm(name, scenario.title, scenario.description.strip(), "scenario", scenario.parameters.digest())
        for name, scenario in zip(names, plan.scenarios, strict=True)
    )
    runs = [[records[i] for records in held] for i in range(len(arms))]
    drawn = [[[records[i] for records in rows] for rows in by_draw.values()] for i in range(len(arms))]
    worlds = [scenario.parameters for scenario in plan.scenarios]
    notes = _notes(plan.scale, len(plan.seeds), len(measures), len(by_draw), len(lost_draws))
    return Comparison(
        arms,
        _against(arms, runs, drawn, worlds, measures),
        headline,
        measures,
        plan.scale,
        plan.seeds,
        format_month(plan.first),
        format_month(plan.last),
        len(by_draw),
        lost,
        _over_time(arms, runs, measures),
        notes,
    )


def _of_folders(
    made: Sequence[Stored], measures: tuple[str, ...], headline: str, progress: Progress
) -> Comparison:
    one = made[0]
    for other in made[1:]:
        for key in ("scale", "first", "last"):
            if getattr(other, key) != getattr(one, key):
                found = f"{getattr(one, key)} in {one.folder}, {getattr(other, key)} in {other.folder}"
                raise InputError(f"{key} of the runs", found, "the same in all arms")
    seeds = tuple(sorted(set.intersection(*(set(arm.runs) for arm in made))))
    if not seeds:
        found = "; ".join(f"{arm.folder}: {', '.join(map(str, sorted(arm.runs)))}" for arm in made)
        raise InputError("seeds of the runs", found, "at least one seed that all arms have")
    progress.stage("compare", len(seeds) * len(made), "runs")
    runs: list[list[Record]] = []
    for arm in made:
        runs.append([])
        for seed in seeds:
            runs[-1].append(arm.record(seed))
            progress.advance()
    progress.finish()
    names = _names([arm.name for arm in made])
    arms = tuple(
        Arm(name, arm.title, arm.description.strip(), _kind(arm), arm.parameter_hash)
        for name, arm in zip(names, made, strict=True)
    )
    worlds = [load(arm.scenario).parameters for arm in made]
    notes = _notes(one.scale, len(seeds), len(measures), 0, 0)
    for arm, world in zip(made, worlds, strict=True):
        if world.digest() != arm.parameter_hash:
            notes = (
                *notes,
                f"{arm.folder} ran with parameters of another version: its changes may be incomplete.",
            )
    return Comparison(
        arms,
        _against(arms, runs, [[] for _ in arms], worlds, measures),
        headline,
        measures,
        one.scale,
        seeds,
        format_month(one.first),
        format_month(one.last),
        0,
        (),
        _over_time(arms, runs, measures),
        notes,
    )


def _kind(arm: Stored) -> str:
    return "run" if set(arm.runs.values()) == {arm.folder} else "ensemble"


def _names(names: Sequence[str]) -> list[str]:
    """The names, with a number behind those that would stand for two arms."""
    return [
        name if names.count(name) == 1 else f"{name} ({1 + list(names[:i]).count(name)})"
        for i, name in enumerate(names)
    ]


def _against(
    arms: Sequence[Arm],
    runs: Sequence[Sequence[Record]],
    drawn: Sequence[Sequence[Sequence[Record]]],
    worlds: Sequence[Parameters],
    measures: Sequence[str],
) -> tuple[Against, ...]:
    found = []
    for i, arm in enumerate(arms[1:], start=1):
        rows = tuple(
            differences.difference(
                _values(runs[0], measure),
                _values(runs[i], measure),
                measure=measure,
                says=says(measure),
                unit=unit_of(measure),
                results=len(measures),
                drawn=[
                    [y - x for x, y in zip(_values(a, measure), _values(b, measure), strict=True)]
                    for a, b in zip(drawn[0], drawn[i], strict=True)
                ]
                if len(drawn[0]) > 1
                else (),
            )
            for measure in measures
        )
        found.append(Against(arm.name, rows, differing(worlds[0], worlds[i])))
    return tuple(found)


def _values(records: Sequence[Record], measure: str) -> list[float]:
    """A result of each run; not a number where it has none, as a share of nothing."""
    return [record.whole.get(measure, math.nan) for record in records]


def _over_time(
    arms: Sequence[Arm], runs: Sequence[Sequence[Record]], measures: Sequence[str]
) -> tuple[dict[str, Any], ...]:
    rows = []
    for measure in measures:
        for arm, records in zip(arms, runs, strict=True):
            for x in sorted({place for record in records for place in record.periods.get(measure, {})}):
                own = [record.periods.get(measure, {}).get(x, math.nan) for record in records]
                base = [record.periods.get(measure, {}).get(x, math.nan) for record in runs[0]]
                level = interval(own, confidence=0.9)
                gap = interval([b - a for a, b in zip(base, own, strict=True)], confidence=0.9)
                rows.append(
                    {
                        "measure": measure,
                        "arm": arm.name,
                        "x": x,
                        "mean": level.mean,
                        "low": level.low,
                        "high": level.high,
                        "difference": gap.mean,
                        "difference_low": gap.low,
                        "difference_high": gap.high,
                    }
                )
    return tuple(rows)


def _notes(scale: float, seeds: int, results: int, drawn: int, lost: int) -> tuple[str, ...]:
    notes = [
        "Intervals are Student's of 95 % over seeds, of differences paired by the seed; they hold luck alone.",
        f"{results} results are compared: of 20 without any effect, one is told from zero by chance.",
    ]
    if seeds < 5:
        notes.append(f"{seeds} seeds: an interval from so few is wide, and its width itself is uncertain.")
    if drawn:
        notes.append(
            f"{drawn} draws of all parameters with a range, the same in every arm; what a scenario sets stays set. "
            "Ranges are judgements, so the interval over draws is one too."
        )
    else:
        notes.append("Parameters are held: what they leave open is not in the intervals.")
    if lost:
        notes.append(f"{lost} draws could not be run and are left out; they are named under lost.")
    if scale < FINITE_SIZE_SCALE:
        notes.append(
            f"Below a scale of {FINITE_SIZE_SCALE:g} what depends on 6 to 8 chon is biased, not only noisy (finite size)."
        )
    return tuple(notes)


def _run(
    tasks: Sequence[Task], workers: int, engine: str, done: Callable[[], None]
) -> list[tuple[Record, ...] | str]:
    """The records of each task, in order, or the reason why there are none."""
    if workers == 1 and engine == runner.PROCESSES:
        found: list[tuple[Record, ...] | str] = []
        for task in tasks:
            found.append(_attempt(task))
            done()
        return found
    results = runner.map(_attempt, tasks, workers=workers, engine=engine, on_result=lambda _: done())
    return [result.value if result.status == "ok" else result.error for result in results]


def _attempt(task: Task) -> tuple[Record, ...] | str:
    from yeonjwa.regime.rules import validate

    try:
        for world in task.worlds:
            validate(world)
        return play(task)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def with_headline(comparison: Comparison, measure: str) -> Comparison:
    """The same comparison with another result in its headline."""
    if measure not in comparison.measures:
        raise InputError("measure", measure, ", ".join(comparison.measures))
    return replace(comparison, headline=measure)
