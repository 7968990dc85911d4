"""Runs that belong together: one seed, several worlds, the same people and all luck that the worlds do not change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from yeonjwa.core.calendar import ORIGIN_YEAR, parse_month
from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import Parameters
from yeonjwa.core.progress import Silent
from yeonjwa.laboratory import plan
from yeonjwa.laboratory.measures import by_period, summarise
from yeonjwa.laboratory.run import REFERENCE_MONTH, country_rates, set_threads, simulate_genealogy
from yeonjwa.laboratory.store import MANIFEST, read_manifest

if TYPE_CHECKING:
    from yeonjwa.genealogy.pedigree import Pedigree

#: Areas of the parameters that the genealogy is made of; all others leave the people of a seed as they are.
GENEALOGY: Final = plan.PEOPLE


@dataclass(frozen=True)
class Task:
    """What one process does: the worlds of one seed, one after the other, over one genealogy where they allow it.

    ``draw`` numbers draws of the parameters from 1; 0 stands for parameters as they are held.
    """

    seed: int
    draw: int
    worlds: tuple[Parameters, ...]
    scale: float
    first: int
    last: int


@dataclass(frozen=True)
class Record:
    """A run in numbers: each result over the whole run, and by year or month (place on an axis -> value)."""

    whole: Mapping[str, float]
    periods: Mapping[str, Mapping[float, float]] = field(default_factory=dict)


def play(task: Task) -> tuple[Record, ...]:
    """One record for each world of a task, in their order; equal worlds are run once."""
    from yeonjwa.society.engine import simulate

    set_threads(1)
    people: tuple[str, Pedigree] | None = None
    known: dict[str, Record] = {}
    found: list[Record] = []
    for world in task.worlds:
        digest = world.digest()
        if digest not in known:
            key = genealogy_digest(world)
            if people is None or people[0] != key:
                people = (key, genealogy(world, scale=task.scale, seed=task.seed, last=task.last))
            result = simulate(
                people[1], world, seed=task.seed, scale=task.scale, first=task.first, last=task.last
            )
            # Periods are drawn for parameters as they are held alone.
            known[digest] = record(result.series, periods=task.draw == 0)
        found.append(known[digest])
    return tuple(found)


def genealogy(world: Parameters, *, scale: float, seed: int, last: int) -> Pedigree:
    """Everyone of a seed under the parameters of a world."""
    living = round(scale * world.number("population.living", REFERENCE_MONTH))
    return simulate_genealogy(country_rates(world), world, living, seed, last, 1, Silent())


def genealogy_digest(world: Parameters) -> str:
    """Equal digests mean equal genealogies for a seed."""
    return Parameters({p: world[p] for p in world if p.split(".")[0] in GENEALOGY}).digest()


def record(series: Mapping[str, Any], *, periods: bool = True) -> Record:
    """The record of the series of a run."""
    return Record(summarise(series), by_period(series) if periods else {})


@dataclass(frozen=True)
class Stored:
    """Runs of one world that were made before.

    Attributes
    ----------
    folder : Path
        Of the run, or of the ensemble.
    name, title, description : str
        Of the scenario.
    scenario : Path
        The file that holds it.
    scale : float
        Size of the country.
    first, last : int
        Recorded months.
    parameter_hash : str
        Of the parameters that ran.
    runs : dict
        Seed -> folder of the run.
    """

    folder: Path
    name: str
    title: str
    description: str
    scenario: Path
    scale: float
    first: int
    last: int
    parameter_hash: str
    runs: Mapping[int, Path]

    def record(self, seed: int) -> Record:
        """The record of one of the runs."""
        return record(read_series(self.runs[seed]))


def stored(folder: Path) -> Stored:
    """The runs below a folder, all of one world: a run folder, or an ensemble with ``runs/``.

    Raises
    ------
    InputError
        It holds no finished run, or runs of different worlds, scales or periods.
    """
    return _arm(folder, _folders(folder), "")


def stored_arms(folder: Path) -> list[Stored]:
    """The worlds of an ensemble, in the order in which they were registered; a run folder holds one.

    Raises
    ------
    InputError
        As :func:`stored`.
    """
    folders = _folders(folder)
    if not (folder / plan.PLAN).is_file():
        return [_arm(folder, folders, "")]
    there = {path.name: path for path in folders}
    by_name: dict[str, list[Path]] = {}
    for row in plan.read(folder)["runs"]:
        if row["run"] in there:
            by_name.setdefault(row["design"], []).append(there[row["run"]])
    return [_arm(folder, found, name) for name, found in by_name.items()]


def _folders(folder: Path) -> list[Path]:
    """Folders of finished runs; none is an error."""
    if (folder / MANIFEST).is_file():
        found = [folder]
    else:
        found = sorted(path.parent for path in (folder / "runs").glob(f"*/{MANIFEST}"))
    found = [path for path in found if read_manifest(path).get("kind") == "run"]
    if not found:
        raise InputError(
            "folder", str(folder), "a folder of a run, or of an ensemble with finished runs in runs/"
        )
    return found


def _arm(folder: Path, folders: list[Path], name: str) -> Stored:
    manifests = {path: read_manifest(path) for path in folders}
    (path, manifest), *others = manifests.items()
    for key in ("parameter_hash", "scale", "first", "last"):
        for other, second in others:
            if second[key] != manifest[key]:
                found = f"{manifest[key]} in {path.name}, {second[key]} in {other.name}"
                allowed = "the same in all runs of an arm; an ensemble of several worlds is compared alone"
                raise InputError(f"{key} of the runs", found, allowed, str(folder))
    runs: dict[int, Path] = {}
    for other, second in manifests.items():
        if int(second["seed"]) in runs:
            raise InputError("seed", second["seed"], "each once in an arm", str(other))
        runs[int(second["seed"])] = other
    return Stored(
        folder,
        name or manifest["scenario"]["name"],
        manifest["scenario"]["title"],
        manifest["scenario"]["description"],
        path / "scenario.toml",
        float(manifest["scale"]),
        parse_month(manifest["first"]),
        parse_month(manifest["last"]),
        manifest["parameter_hash"],
        runs,
    )


def read_series(folder: Path) -> dict[str, Any]:
    """Series of a run folder, as the engine gives them."""
    import duckdb

    file = folder / "series.parquet"
    if not file.is_file():
        raise InputError("folder", str(folder), "a folder with series.parquet")
    text = (
        "select (year(month) - ? ) * 12 + month(month) - 1 as month, measure, dimension, level, value "
        "from read_parquet(?) order by all"
    )
    with duckdb.connect() as connection:
        columns = connection.execute(text, [ORIGIN_YEAR, str(file)]).fetchnumpy()
    return {name: column.tolist() for name, column in columns.items()}
