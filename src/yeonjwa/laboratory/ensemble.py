"""Many runs in one folder: registered before the first starts, finished in any order, on any engine, after any accident.

::

    sweep/
      ensemble.json       every run, and the scenarios; never changed
      journal.jsonl       what happened, a line each: progress for machines
      lease.json          who is working on it, while somebody is
      runs/<design>-<seed>/   one folder a run, which appears whole

Names and results do not depend on the engine, on the number of workers, or on the order in which runs end.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from yeonjwa.core.errors import InputError
from yeonjwa.core.progress import in_notebook
from yeonjwa.laboratory import lease, plan, runner
from yeonjwa.laboratory.plan import Job
from yeonjwa.laboratory.playing import MEASURES, play
from yeonjwa.laboratory.run import usable_cores
from yeonjwa.laboratory.runner import PROCESSES, Result

if TYPE_CHECKING:
    from yeonjwa.laboratory.design import Design
    from yeonjwa.laboratory.scenario import Scenario

__all__ = ["Event", "Job", "Status", "measures", "paired", "resume", "run", "status", "table"]

_FULL: Final = "a disk with enough free space"
_STATE_OF: Final = {"ok": "SUCCEEDED", "failed": "FAILED", "crashed": "CRASHED", "cancelled": "CANCELLED"}


@dataclass(frozen=True)
class Event:
    """Something that happened, with where the work stands; what ``progress`` is called with.

    Attributes
    ----------
    kind : str
        "registered", "run" (a run changed its state), "retry" (a process died; the run will be tried again), "ended".
    run, state, error : str
        The run it concerns, its new state, what went wrong.
    runs : dict
        State -> number of runs.
    rate : float
        Runs that ended, a second, since the work began.
    left : float or None
        Seconds that the rest will take at that rate; None before the first has ended.
    """

    kind: str
    run: str
    state: str
    error: str
    runs: dict[str, int]
    elapsed: float
    rate: float
    left: float | None

    @property
    def total(self) -> int:
        """All runs of the ensemble."""
        return sum(self.runs.values())

    @property
    def done(self) -> int:
        """Runs that have ended, well or not."""
        return self.runs["SUCCEEDED"] + self.runs["FAILED"] + self.runs["CRASHED"]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class Status:
    """Where an ensemble stands.

    Attributes
    ----------
    folder : str
        As given.
    runs : dict
        State -> number of runs; each state is there.
    troubles : list of dict
        ``run``, ``state``, ``error`` and ``attempts`` of each run that failed or crashed.
    running : list of str
        Runs under way.
    lease : dict or None
        Who is working on it: ``process``, ``age_s``, ``left_s``; None if nobody is.
    """

    folder: str
    runs: dict[str, int]
    troubles: list[dict[str, Any]] = field(default_factory=list)
    running: list[str] = field(default_factory=list)
    lease: dict[str, Any] | None = None

    @property
    def complete(self) -> bool:
        """Whether every run has succeeded."""
        return self.runs["SUCCEEDED"] == sum(self.runs.values())

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "folder": self.folder,
            "total": sum(self.runs.values()),
            "runs": self.runs,
            "complete": self.complete,
            "running": self.running,
            "troubles": self.troubles,
            "lease": self.lease,
        }


def paired(
    scenarios: Sequence[Scenario],
    seeds: Sequence[int],
    *,
    scale: float | None = None,
    first: int | None = None,
    last: int | None = None,
    design: Design | None = None,
) -> list[Job]:
    """Jobs for every scenario, point of the design and seed: each combination has the same seeds, so all are paired.

    Parameters
    ----------
    scenarios : sequence of Scenario
        The arms, one or more. With a design whose rows name their scenarios: one, for period and scale.
    seeds : sequence of int
        The same for all.
    scale, first, last : float, int, optional
        For all runs; each scenario's own by default.
    design : Design, optional
        Points at which each scenario is run; its values become labels.

    Raises
    ------
    InputError
        A point that cannot be a scenario; several scenarios together with a design that names its own.
    """
    if design is not None and any(design.arms) and len(scenarios) > 1:
        names = [scenario.name for scenario in scenarios]
        raise InputError("scenarios", names, "one, since the rows of the design name their own", "--design")
    points: list[tuple[str, Scenario, dict[str, Any]]] = []
    for scenario in scenarios:
        if design is None:
            points.append((scenario.name, scenario, {}))
            continue
        for row, name in enumerate(design.names):
            values: dict[str, Any] = dict(design.values(row))
            start = design.arms[row] if design.arms else ""
            values |= {"scenario": start or scenario.name} if len(scenarios) > 1 or any(design.arms) else {}
            full = f"{scenario.name}.{name}" if len(scenarios) > 1 else name
            points.append((full, design.scenario(scenario, row), values))
    return [
        Job(
            # A name is that of a folder: regime:tang becomes regime-tang.
            name.replace(" ", "_").replace(":", "-"),
            scenario,
            seed,
            scale if scale is not None else (scenario.scale or 0.01),
            first,
            last,
            values,
        )
        for name, scenario, values in points
        for seed in seeds
    ]


def run(
    out: Path,
    jobs: Sequence[Job],
    *,
    workers: int | None = None,
    engine: str = PROCESSES,
    fail_fast: bool = False,
    keep: str = "series",
    finish: str = "",
    attempts: int = 3,
    progress: Callable[[Event], None] | None = None,
) -> Status:
    """Register all runs in a new folder, run them, and say where that led.

    Parameters
    ----------
    out : Path
        The folder: absent or empty.
    jobs : sequence of Job
        Those of one scenario that share a seed with those of another are a pair: all arms of a seed share one genealogy
        where their parameters make the same people.
    workers : int, optional
        Processes; the cores this process may use by default.
    engine : str
        "processes", "dask" (a cluster on this machine), or the address of a Dask scheduler, as "tcp://host:8786"; its
        workers must have the same version of the package, and see the folder under the same path.
    fail_fast : bool
        Stop at the first run that fails. By default the others go on.
    keep : str
        "series": scenario, manifest, series, flows, measures. "all": events, persons, citations as well.
    finish : str
        ``module:function`` that each worker calls with a folder before it is sealed; nothing by default.
    attempts : int
        Times that a run whose process dies is tried before it counts as crashed.
    progress : callable, optional
        Called with an :class:`Event` whenever something happens.

    Raises
    ------
    InputError
        Jobs that cannot be run, a folder that is not empty, a disk that is full.
    """
    out = Path(out)
    made = plan.write(out, jobs, keep=keep, finish=finish)
    return work(
        out,
        made,
        workers=workers,
        engine=engine,
        fail_fast=fail_fast,
        attempts=attempts,
        progress=progress,
    )


def resume(
    out: Path,
    *,
    workers: int | None = None,
    engine: str = PROCESSES,
    fail_fast: bool = False,
    attempts: int = 3,
    progress: Callable[[Event], None] | None = None,
) -> Status:
    """Run what is missing in an ensemble that was stopped, and nothing else; say where that led.

    Runs that failed or crashed are missing too. What is there is not touched.

    Parameters
    ----------
    out : Path
        Folder of the ensemble.
    workers, engine, fail_fast, attempts, progress
        As in :func:`run`; they may differ from those with which it began.

    Raises
    ------
    InputError
        It is no ensemble, somebody is working on it, or this installation would not give the same results.
    """
    out = Path(out)
    known = plan.read(out)
    plan.check_same(known, out)
    return work(
        out,
        known,
        workers=workers,
        engine=engine,
        fail_fast=fail_fast,
        attempts=attempts,
        progress=progress,
    )


def status(out: Path) -> Status:
    """Where an ensemble stands; nothing is changed, and whoever works on it is not disturbed.

    Parameters
    ----------
    out : Path
        Folder of the ensemble.
    """
    out = Path(out)
    known, held = plan.read(out), lease.look(out)
    alive = held is not None and held.holds
    found, last = plan.states(out, known, alive=alive), plan.entries(out)
    return Status(
        folder=str(out),
        runs=_counts(found.values()),
        troubles=[
            {"run": name, "state": state, **{key: last[name].get(key) for key in ("error", "attempts")}}
            for name, state in found.items()
            if state in ("FAILED", "CRASHED")
        ],
        running=[name for name, state in found.items() if state == "RUNNING"],
        lease={"process": held.process, "age_s": round(held.age, 1), "left_s": round(held.left, 1)}
        if held is not None and alive
        else None,
    )


def table(out: Path) -> dict[str, np.ndarray]:
    """One row a run, in the order of registration: name, design, seed, state, scale, the design's values, each measure.

    A value or measure that a run does not have is NaN, or an empty text.

    Parameters
    ----------
    out : Path
        Folder of the ensemble.
    """
    out = Path(out)
    known, held = plan.read(out), lease.look(out)
    found = plan.states(out, known, alive=held is not None and held.holds)
    rows = known["runs"]
    columns: dict[str, np.ndarray] = {
        "run": np.array([row["run"] for row in rows], dtype=object),
        "design": np.array([row["design"] for row in rows], dtype=object),
        "seed": np.array([row["seed"] for row in rows], dtype=np.int64),
        "state": np.array([found[row["run"]] for row in rows], dtype=object),
        "scale": np.array([row["scale"] for row in rows], dtype=np.float64),
        "first": np.array([row["first"] for row in rows], dtype=object),
        "last": np.array([row["last"] for row in rows], dtype=object),
    }
    for label in dict.fromkeys(label for row in rows for label in row["labels"]):
        columns[label] = _column([row["labels"].get(label) for row in rows])
    measured = [measures(out, row["run"]) if found[row["run"]] == "SUCCEEDED" else {} for row in rows]
    for measure in sorted({name for row in measured for name in row}):
        # A design may well vary what has the name of a measure: its values keep the name.
        name = measure if measure not in columns else f"measure {measure}"
        columns[name] = _column([row.get(measure) for row in measured])
    return columns


def measures(out: Path, run: str) -> dict[str, float]:
    """Summary measures of a run that has succeeded (:func:`yeonjwa.laboratory.measures.summarise`).

    Parameters
    ----------
    out : Path
        Folder of the ensemble.
    run : str
        Name of the run.
    """
    file = out / plan.RUNS / run / MEASURES
    try:
        found: dict[str, float] = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError("run", run, "a run that has succeeded", str(file)) from error
    return found


def _column(values: Sequence[Any]) -> np.ndarray:
    known = [value for value in values if value is not None]
    if all(isinstance(value, int | float) for value in known):
        return np.array([np.nan if value is None else float(value) for value in values])
    return np.array(["" if value is None else str(value) for value in values], dtype=object)


def _counts(found: Any) -> dict[str, int]:
    counted = Counter(found)
    return {state: counted[state] for state in plan.STATES}


def work(
    out: Path,
    known: Mapping[str, Any],
    *,
    workers: int | None,
    engine: str = PROCESSES,
    fail_fast: bool = False,
    attempts: int = 3,
    progress: Callable[[Event], None] | None = None,
    play: Callable[[Any], Any] = play,
) -> Status:
    """Run what is missing of a plan: the part that :func:`run` and :func:`resume` share.

    Parameters
    ----------
    out : Path
        Folder of the ensemble.
    known : mapping
        Its plan.
    workers, engine, fail_fast, attempts, progress
        As in :func:`run`.
    play : callable
        What is done for each run, in a worker.
    """
    workers = usable_cores() if workers is None else workers
    with lease.holding(out), _swept(out):
        diary = _Diary(out, known, progress)
        try:
            todo = _in_order(diary.missing(known["runs"]), workers)
            sharing = _sharing(known, todo)
            diary.begin(todo, sharing)
            runner.map(
                play,
                [plan.task(out, known, row, row["run"] in sharing) for row in todo],
                workers=workers,
                engine=engine,
                on_start=diary.started,
                on_result=diary.ended,
                on_crash=diary.died,
                attempts=attempts,
                fail_fast=fail_fast,
            )
        finally:
            diary.close()
    return status(out)


@contextlib.contextmanager
def _swept(out: Path) -> Any:
    """Remove unfinished folders before the work, which a death has left, and after it."""

    def sweep() -> None:
        for name in (plan.PARTS, plan.GENEALOGIES):
            shutil.rmtree(out / name, ignore_errors=True)

    sweep()
    try:
        for name in (plan.PARTS, plan.GENEALOGIES):
            (out / name).mkdir(exist_ok=True)
        yield
    finally:
        sweep()


def _in_order(rows: Sequence[Mapping[str, Any]], workers: int) -> list[Mapping[str, Any]]:
    """Runs in the order of execution: a few seeds at a time, all arms of these before the next few.

    Each of the first runs makes the genealogy of its seed, which the other arms find, and few genealogies are kept at once.
    """
    seeds = list(dict.fromkeys(row["seed"] for row in rows))
    block = {seed: place // max(workers, 1) for place, seed in enumerate(seeds)}
    designs = {name: place for place, name in enumerate(dict.fromkeys(row["design"] for row in rows))}
    return sorted(rows, key=lambda row: (block[row["seed"]], designs[row["design"]]))


def _sharing(known: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Run -> digest of the genealogy, for those that are not alone with it."""
    digests = {row["run"]: plan.people(known, row) for row in rows}
    number = Counter(digests.values())
    return {run: digest for run, digest in digests.items() if number[digest] > 1}


def _shown() -> Callable[[Event], None] | None:
    """A bar below the cell of a notebook; nothing elsewhere."""
    if not in_notebook():
        return None
    from yeonjwa.core.progress import Cell
    from yeonjwa.laboratory.watch import counted

    return counted(Cell())


class _Diary:
    """Writes what happens into the journal, tells whoever listens, and throws away genealogies that nobody needs any more."""

    def __init__(self, out: Path, known: Mapping[str, Any], progress: Callable[[Event], None] | None) -> None:
        self._out, self._progress = out, progress or _shown()
        self._journal = plan.Journal(out)
        # Nobody else holds the lease: what the journal calls RUNNING was interrupted.
        self._states = plan.states(out, known, alive=False)
        self._rows: Sequence[Mapping[str, Any]] = ()
        self._sharing: dict[str, str] = {}
        self._users: Counter[str] = Counter()
        self._began, self._ended = time.monotonic(), 0

    def missing(self, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The runs whose folders are not there."""
        return [row for row in rows if self._states[row["run"]] != "SUCCEEDED"]

    def begin(self, rows: Sequence[Mapping[str, Any]], sharing: dict[str, str]) -> None:
        """All runs are known; these are to be run now."""
        self._rows, self._sharing, self._users = rows, sharing, Counter(sharing.values())
        for row in rows:
            # What failed before is waiting again.
            self._states[row["run"]] = "PENDING"
        self._journal.add(event="registered", total=len(self._states), missing=len(rows))
        self._tell("registered")

    def started(self, index: int, attempt: int) -> None:
        """A run is under way."""
        self._note(index, "RUNNING", attempts=attempt)

    def died(self, index: int, error: str) -> None:
        """A process died; its run waits to be tried alone."""
        self._note(index, "PENDING", kind="retry", error=error)

    def ended(self, result: Result) -> None:
        """A run has come to its end."""
        if result.status != "cancelled":
            self._ended += 1
        more: dict[str, Any] = {"attempts": result.attempts, "seconds": round(result.seconds, 3)}
        if result.error:
            more |= {"error": result.error, "trace": result.trace}
        if result.value:
            more |= result.value
        self._note(result.index, _STATE_OF[result.status], **more)
        self._release(self._rows[result.index]["run"])
        if result.status == "failed" and _FULL in result.error:
            # All that follow would fail of the same, one by one.
            raise InputError(
                "place for the result",
                str(self._out),
                f"{_FULL}; then `yeonjwa ensemble resume`",
                result.error,
            )

    def close(self) -> None:
        """What is still under way or waiting was cancelled."""
        with contextlib.suppress(InputError):
            for index, row in enumerate(self._rows):
                if self._states[row["run"]] in ("PENDING", "RUNNING"):
                    self._note(index, "CANCELLED")
            self._journal.add(event="ended", runs=_counts(self._states.values()))
        self._journal.close()
        self._tell("ended")

    def _note(self, index: int, state: str, kind: str = "run", **more: Any) -> None:
        name = self._rows[index]["run"]
        self._states[name] = state
        self._journal.add(run=name, state=state, **more)
        self._tell(kind, name, state, str(more.get("error", "")))

    def _release(self, run: str) -> None:
        digest = self._sharing.get(run, "")
        if digest:
            self._users[digest] -= 1
            if not self._users[digest]:
                (self._out / plan.GENEALOGIES / f"{digest}.pickle").unlink(missing_ok=True)

    def _tell(self, kind: str, run: str = "", state: str = "", error: str = "") -> None:
        if self._progress is None:
            return
        elapsed = time.monotonic() - self._began
        rate = self._ended / elapsed if elapsed > 0 else 0.0
        left = (len(self._rows) - self._ended) / rate if rate > 0 else None
        self._progress(Event(kind, run, state, error, _counts(self._states.values()), elapsed, rate, left))
