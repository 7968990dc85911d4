"""What an ensemble is to do, written down before any of it is done, and what has become of each run.

``ensemble.json`` is written once, in one piece, with every run. ``journal.jsonl`` is added to, line by line. A run has
succeeded if and only if its folder is there: folders appear whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from yeonjwa.core.errors import InputError
from yeonjwa.core.files import explain, write_text
from yeonjwa.core.provenance import SCHEMA_VERSION, platform_kind, versions

if TYPE_CHECKING:
    from yeonjwa.laboratory.scenario import Scenario

PLAN: Final = "ensemble.json"
JOURNAL: Final = "journal.jsonl"
RUNS: Final = "runs"
#: Unfinished folders, and genealogies that several runs share; neither outlives the work.
PARTS: Final = "parts"
GENEALOGIES: Final = "genealogies"
STATES: Final = ("PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CRASHED", "CANCELLED")
KEEP: Final = ("series", "all")
#: Groups of parameters that make the people; all others leave a genealogy as it is (tests/laboratory/test_ensemble.py).
PEOPLE: Final = ("fertility", "mortality", "population", "union")
_NAME: Final = re.compile(r"\w[\w.+-]{0,99}")


@dataclass(frozen=True)
class Job:
    """One run that is asked for.

    Attributes
    ----------
    name : str
        The design: the arm or the point that the run is of. Runs that share it differ in their seeds.
    scenario : Scenario
        What is run. Its changes must tell it from the shipped parameters.
    seed : int
        Shared by the arms that are to be paired.
    scale : float
        Size of the country.
    first, last : int, optional
        First and last month (month indices); the scenario's by default.
    labels : mapping of str to number or str
        The design's values, for the table of runs.
    """

    name: str
    scenario: Scenario
    seed: int
    scale: float
    first: int | None = None
    last: int | None = None
    labels: Mapping[str, Any] = field(default_factory=dict)

    @property
    def run(self) -> str:
        """Name of the run and of its folder."""
        return f"{self.name}-{self.seed}"


def write(out: Path, jobs: Sequence[Job], *, keep: str = "series", finish: str = "") -> dict[str, Any]:
    """Register all runs in a new folder and give back the plan.

    Parameters
    ----------
    out : Path
        Absent or empty.
    jobs : sequence of Job
        Each with its own pair of name and seed.
    keep : str
        "series" or "all".
    finish : str
        ``module:function`` that is called with each folder before it is sealed; nothing by default.

    Raises
    ------
    InputError
        No job, one that is there twice, a name that cannot be a folder's, a value out of range, a folder that is not empty.
    """
    _check(jobs, keep)
    if out.is_symlink() or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
        raise InputError("output folder", str(out), "a new or empty folder; nothing is overwritten", "--out")
    plan = describe(jobs, keep, finish)
    try:
        (out / RUNS).mkdir(parents=True)
    except OSError as error:
        raise explain(error, out) from error
    write_text(out / PLAN, json.dumps(plan, ensure_ascii=False, separators=(",", ":")) + "\n")
    return plan


def describe(jobs: Sequence[Job], keep: str, finish: str) -> dict[str, Any]:
    """The plan as plain data."""
    import datetime

    from yeonjwa.core.calendar import format_month
    from yeonjwa.evidence import ledger
    from yeonjwa.laboratory.store import plain
    from yeonjwa.laboratory.unfinished import code_digest

    scenarios: dict[str, dict[str, Any]] = {}
    known: dict[int, str] = {}
    runs = []
    for job in jobs:
        if id(job.scenario) not in known:
            row = _scenario(job.scenario)
            key = hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:16]
            scenarios[key], known[id(job.scenario)] = row, key
        runs.append(
            {
                "run": job.run,
                "design": job.name,
                "seed": job.seed,
                "scenario": known[id(job.scenario)],
                "scale": job.scale,
                "first": format_month(job.scenario.first if job.first is None else job.first),
                "last": format_month(job.scenario.last if job.last is None else job.last),
                "labels": plain(job.labels),
            }
        )
    return {
        "schema": SCHEMA_VERSION,
        "software": "yeonjwa",
        "kind": "ensemble",
        "synthetic": True,
        "created": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "versions": versions(),
        "platform": platform_kind(),
        "code": code_digest(),
        "parameters": _shipped().digest(),
        "evidence_hash": ledger.digest(),
        "keep": keep,
        "finish": finish,
        "scenarios": scenarios,
        "runs": runs,
    }


def read(out: Path) -> dict[str, Any]:
    """The plan of an ensemble's folder.

    Raises
    ------
    InputError
        There is none, or a newer version of the package wrote it.
    """
    allowed = f"a folder that `yeonjwa ensemble run` wrote, with {PLAN}"
    try:
        plan = json.loads((out / PLAN).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError("ensemble", str(out), allowed, str(error)) from error
    if not isinstance(plan, dict) or plan.get("kind") != "ensemble":
        raise InputError("ensemble", str(out), allowed, PLAN)
    if int(str(plan["schema"]).split(".")[0]) > int(SCHEMA_VERSION.split(".")[0]):
        raise InputError("schema of the plan", plan["schema"], f"up to {SCHEMA_VERSION}", str(out / PLAN))
    return plan


def check_same(plan: Mapping[str, Any], out: Path) -> None:
    """Raise unless this package gives the same results as the one that registered the plan."""
    from yeonjwa.laboratory.unfinished import code_digest

    here = {"code": code_digest(), "parameters": _shipped().digest(), "numpy": versions()["numpy"]}
    there = {"code": plan["code"], "parameters": plan["parameters"], "numpy": plan["versions"]["numpy"]}
    for what, value in here.items():
        if there[what] != value:
            raise InputError(
                f"{what} of the ensemble",
                there[what][:16],
                f"{value[:16]}, as of this installation: the runs that are missing would not match those that are there; "
                f"use yeonjwa {plan['versions']['yeonjwa']} as it was, or begin a new ensemble",
                str(out / PLAN),
            )


class Journal:
    """Adds lines to the journal of an ensemble; one process at a time has it open."""

    def __init__(self, out: Path) -> None:
        self._file = out / JOURNAL
        try:
            self._handle = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            size = os.fstat(self._handle).st_size
            os.lseek(self._handle, max(0, size - 1), os.SEEK_SET)
            if size and os.read(self._handle, 1) != b"\n":
                # Whoever wrote before died within a line.
                os.write(self._handle, b"\n")
        except OSError as error:
            raise explain(error, self._file) from error

    def add(self, **entry: Any) -> None:
        """One line, with the time."""
        import datetime

        at = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        line = json.dumps({"at": at, **entry}, ensure_ascii=False, allow_nan=False) + "\n"
        try:
            os.write(self._handle, line.encode())
        except OSError as error:
            raise explain(error, self._file) from error

    def close(self) -> None:
        """No more lines."""
        os.close(self._handle)


def entries(out: Path) -> dict[str, dict[str, Any]]:
    """Last line of the journal for each run; lines that were cut off by a death are passed over."""
    last: dict[str, dict[str, Any]] = {}
    try:
        text = (out / JOURNAL).read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return last
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and "run" in entry and entry.get("state") in STATES:
            last[entry["run"]] = entry
    return last


def finished(out: Path) -> set[str]:
    """Names of the runs whose folders are there."""
    try:
        with os.scandir(out / RUNS) as found:
            return {entry.name for entry in found if not entry.name.startswith(".")}
    except FileNotFoundError:
        return set()


def states(out: Path, plan: Mapping[str, Any], *, alive: bool) -> dict[str, str]:
    """Run -> its state.

    Parameters
    ----------
    out : Path
        Folder of the ensemble.
    plan : mapping
        From :func:`read`.
    alive : bool
        Whether somebody holds the lease: without one nothing is RUNNING, whatever the journal says.
    """
    last, there = entries(out), finished(out)
    return {row["run"]: _state(row["run"], last, there, alive) for row in plan["runs"]}


def _state(run: str, last: Mapping[str, dict[str, Any]], there: set[str], alive: bool) -> str:
    if run in there:
        return "SUCCEEDED"
    said = str(last[run]["state"]) if run in last else "PENDING"
    if said == "SUCCEEDED" or (said == "RUNNING" and not alive):
        return "PENDING"
    return said


def task(out: Path, plan: Mapping[str, Any], row: Mapping[str, Any], share: bool) -> dict[str, Any]:
    """All that a worker has to be told of a run; ``share`` if others have the same genealogy."""
    return {
        "out": str(out.absolute()),
        "run": row["run"],
        "seed": row["seed"],
        "scale": row["scale"],
        "first": row["first"],
        "last": row["last"],
        "keep": plan["keep"],
        "finish": plan["finish"],
        "code": plan["code"],
        "parameters": plan["parameters"],
        "scenario": plan["scenarios"][row["scenario"]],
        "genealogy": people(plan, row) if share else "",
    }


def people(plan: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """Digest of all that the genealogy of a run depends on."""
    from yeonjwa.core.calendar import parse_month
    from yeonjwa.laboratory.run import REFERENCE_MONTH

    last = max(parse_month(row["last"]), REFERENCE_MONTH)
    parts = [plan["code"], plan["parameters"], plan["scenarios"][row["scenario"]]["people"]]
    text = json.dumps([*parts, row["seed"], row["scale"], last])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _shipped() -> Any:
    from yeonjwa.evidence.parameters import load

    return load()


def _scenario(scenario: Scenario) -> dict[str, Any]:
    from yeonjwa.laboratory.scenario import to_toml

    _check_changes(scenario)
    about_people = [
        repr((change.path, change.start, change.value, change.factor))
        for change in scenario.changes
        if change.path.split(".")[0] in PEOPLE
    ]
    return {
        "name": scenario.name,
        "base": scenario.base,
        "variants": dict(scenario.variants),
        "toml": to_toml(scenario),
        "people": about_people,
    }


def _check_changes(scenario: Scenario) -> None:
    """Raise if the parameters differ from the shipped ones by more than the changes say: a worker has only those."""
    shipped, changed = _shipped(), {change.path for change in scenario.changes}
    for path, parameter in scenario.parameters.items_.items():
        if path in changed:
            continue
        if path not in shipped or (
            parameter is not shipped[path] and parameter.values != shipped[path].values
        ):
            raise InputError(
                f"parameter of {scenario.name}",
                path,
                "one that differs from the shipped ones by its changes only",
            )


def _check(jobs: Sequence[Job], keep: str) -> None:
    from yeonjwa.laboratory.run import check_months, check_scale, check_seed

    if not jobs:
        raise InputError("jobs", 0, "one or more")
    if keep not in KEEP:
        raise InputError("keep", keep, " or ".join(KEEP))
    seen: set[str] = set()
    for job in jobs:
        if not _NAME.fullmatch(job.name):
            raise InputError("name of a design", job.name, "up to 100 letters, digits, and . _ + - within")
        if job.run in seen:
            raise InputError("run", job.run, "each name and seed once")
        seen.add(job.run)
        check_scale(job.scale)
        check_seed(job.seed)
        first = job.scenario.first if job.first is None else job.first
        check_months(first, job.scenario.last if job.last is None else job.last)
