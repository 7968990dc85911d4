"""A calibration as a folder: waves of runs, what they rule out, and the one scoring of the held-out years.

::

    DIR/calibration.json    scenario, what is free and between what, size and seeds of runs, hash of the targets
    DIR/waves/1/            points.csv, runs/ (an ensemble), outputs.jsonl (the years of each run), left.json
    DIR/score.json          every scoring of the held-out years, with its date: the first is the one that counts

A wave can be taken from runs made elsewhere (:func:`add_wave`). Nothing is overwritten.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

import yeonjwa
from yeonjwa.core.calendar import month_index
from yeonjwa.core.errors import InputError, RunError
from yeonjwa.core.files import sha256, write_text
from yeonjwa.evidence import parameters as shipped_parameters
from yeonjwa.laboratory import design as designs
from yeonjwa.laboratory import design_file
from yeonjwa.laboratory.address import parse
from yeonjwa.laboratory.calibrate import history, score, targets
from yeonjwa.laboratory.calibrate.emulator import Emulator, fit
from yeonjwa.laboratory.calibrate.history import Left, Wave
from yeonjwa.laboratory.calibrate.targets import Target
from yeonjwa.laboratory.calibrate.yearly import Yearly, yearly
from yeonjwa.laboratory.scenario import load

Floats = NDArray[np.float64]
ABOUT: Final = "calibration.json"
SCORE: Final = "score.json"
#: Share of a wave's points that may fail: more, and what is left would be what happens to run.
MOST_FAILED: Final = 0.1
#: Exit code of a command that found that nothing is left.
NOTHING_LEFT: Final = 3
#: Points of what is left whose forecasts make the predictive distribution.
FORECASTERS: Final = 400


@dataclass(frozen=True)
class Calibration:
    """What a folder holds.

    Attributes
    ----------
    folder : Path
        Where.
    scenario : str
        What is calibrated.
    ranges : tuple of Range
        What is free, and between what.
    scale : float
        Size of the runs.
    seeds : tuple of int
        Replicates of each point.
    targets : tuple of Target
        All, with their uses.
    points : tuple of array
        Of each wave, in the unit cube, with those that failed left out.
    outputs : tuple of list
        Of each wave: for each point its runs.
    """

    folder: Path
    scenario: str
    ranges: tuple[designs.Range, ...]
    scale: float
    seeds: tuple[int, ...]
    targets: tuple[Target, ...]
    points: tuple[Floats, ...]
    outputs: tuple[list[list[Yearly]], ...]

    @property
    def dims(self) -> int:
        """Number of free parameters."""
        return len(self.ranges)

    @property
    def names(self) -> tuple[str, ...]:
        """Their addresses."""
        return tuple(r.address.text for r in self.ranges)

    def unit(self, values: Mapping[str, float]) -> list[float]:
        """A point in the unit cube from its values."""
        return [float(r.share(np.asarray(float(values[r.address.text])))) for r in self.ranges]

    def values(self, unit: Floats) -> Floats:
        """Values of points of the unit cube."""
        return np.column_stack([r.at(np.atleast_2d(unit)[:, i]) for i, r in enumerate(self.ranges)])

    def emulators(self, use: str, last: int | None = None) -> tuple[tuple[Target, ...], tuple[Emulator, ...]]:
        """Targets with one use and an emulator of each, from all waves up to the ``last`` (counted from 1)."""
        count = len(self.points) if last is None else last
        points = np.concatenate(self.points[:count])
        runs = [runs for wave in self.outputs[:count] for runs in wave]
        held = set.intersection(*(set(run.years) for of_point in runs for run in of_point))
        wanted = tuple(t for t in targets.used(self.targets, use) if held.issuperset(t.years))
        return wanted, tuple(
            fit(t.name, points, [[t.of_run(run) for run in r] for r in runs]) for t in wanted
        )

    def waves(self) -> list[Wave]:
        """Emulators and records of the targets that are fitted, wave by wave."""
        found = []
        for last in range(1, len(self.points) + 1):
            wanted, emulators = self.emulators("fit", last)
            found.append(Wave(emulators, tuple(t.record(self.scale) for t in wanted)))
        return found

    def left(self, waves: Sequence[Wave] | None = None) -> Left:
        """What is left after all waves."""
        return history.left(self.waves() if waves is None else waves, self.dims)


def start(
    folder: Path,
    ranges: Sequence[str],
    *,
    scenario: str = "baseline",
    scale: float = 0.02,
    seeds: Sequence[int] = (1,),
    file: Path = targets.FILE,
) -> Calibration:
    """Begin a calibration in a new folder; nothing is run.

    Parameters
    ----------
    folder : Path
        Absent or empty.
    ranges : sequence of str
        What is free, as ``yeonjwa design`` reads it.
    scenario : str
        What is calibrated.
    scale : float
        Size of the runs.
    seeds : sequence of int
        Replicates of each point.
    file : Path
        The targets.
    """
    from yeonjwa.laboratory.run import check_scale, check_seed

    check_scale(scale)
    for seed in seeds:
        check_seed(seed)
    if not seeds:
        raise InputError("seeds", list(seeds), "one at least")
    if folder.exists() and any(folder.iterdir()):
        raise InputError("folder of a calibration", str(folder), "a new or empty folder")
    targets.load(file)
    base = load(scenario)
    found = [designs.parse_range(text, base.parameters) for text in ranges]
    if not found:
        raise InputError("free parameters", "none", "one at least, as flight.a0=-10.5:-9.2")
    folder.mkdir(parents=True, exist_ok=True)
    about = {
        "scenario": scenario,
        "ranges": [{"address": r.address.text, "low": r.low, "high": r.high, "log": r.log} for r in found],
        "scale": scale,
        "seeds": list(seeds),
        "targets": "shipped" if file == targets.FILE else str(file.resolve()),
        "targets_sha256": sha256(file),
        "version": yeonjwa.__version__,
    }
    write_text(folder / ABOUT, _json(about))
    return read(folder)


def read(folder: Path) -> Calibration:
    """A calibration from its folder.

    Raises
    ------
    InputError
        If there is none, or the targets have changed since it began.
    """
    if not (folder / ABOUT).is_file():
        raise InputError(
            "folder of a calibration", str(folder), f"one that holds {ABOUT} (yeonjwa calibrate start)"
        )
    about = json.loads((folder / ABOUT).read_text("utf-8"))
    file = targets.FILE if about["targets"] == "shipped" else Path(about["targets"])
    if sha256(file) != about["targets_sha256"]:
        allowed = "the targets it began with: what is held against it must not change on the way"
        raise InputError("targets of the calibration", str(file), allowed, str(folder))
    parameters = shipped_parameters.load()
    ranges = tuple(
        designs.Range(parse(r["address"], parameters), r["low"], r["high"], r["log"]) for r in about["ranges"]
    )
    empty = Calibration(
        folder, about["scenario"], ranges, about["scale"], tuple(about["seeds"]), targets.load(file), (), ()
    )
    points, outputs = [], []
    for number in range(1, _waves(folder) + 1):
        rows = _rows(folder / "waves" / str(number) / "outputs.jsonl")
        by_point: dict[tuple[float, ...], list[Yearly]] = {}
        for row in rows:
            by_point.setdefault(tuple(empty.unit(row["values"])), []).append(Yearly.from_dict(row))
        points.append(np.array(list(by_point)))
        outputs.append(list(by_point.values()))
    return Calibration(
        folder, empty.scenario, ranges, empty.scale, empty.seeds, empty.targets, tuple(points), tuple(outputs)
    )


def _waves(folder: Path) -> int:
    number = 0
    while (folder / "waves" / str(number + 1) / "outputs.jsonl").is_file():
        number += 1
    return number


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def _json(data: Any) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def run_wave(
    folder: Path,
    *,
    points: int = 40,
    workers: int | None = None,
    engine: str = "processes",
    progress: Callable[[Any], None] | None = None,
) -> Left:
    """Run the next wave: points over all of the space, or, later, over what is left of it; give what is left then.

    A wave that was broken off goes on with the runs that are missing.

    Parameters
    ----------
    folder : Path
        Of the calibration.
    points : int
        Of the wave, three more than free parameters at least; ten for each are usual.
    workers, engine, progress
        As for an ensemble.

    Raises
    ------
    InputError
        If nothing is left to run, or too few points.
    RunError
        If more than a tenth of the points failed.
    """
    calibration = read(folder)
    if points < calibration.dims + 3:
        raise InputError(
            "points of a wave", points, f"{calibration.dims + 3} at least, for {calibration.dims} free"
        )
    number = len(calibration.points) + 1
    place = folder / "waves" / str(number)
    place.mkdir(parents=True, exist_ok=True)
    file = place / "points.csv"
    if not file.is_file():
        design_file.write(_next_design(calibration, points), file)
    base = load(calibration.scenario)
    design = design_file.read(file, parameters=base.parameters)
    rows = _ensemble(calibration, design, place / "runs", workers, engine, progress)
    return add_wave(folder, rows, asked=len(design))


def _next_design(calibration: Calibration, n: int) -> designs.Design:
    if not calibration.points:
        unit = designs.hypercube(n, calibration.dims, np.random.default_rng(1))
    else:
        unit = history.next_points(calibration.waves(), calibration.dims, n)
    rows = tuple(tuple(map(float, row)) for row in calibration.values(unit))
    return designs.Design(tuple(r.address for r in calibration.ranges), rows)


def _ensemble(
    calibration: Calibration,
    design: designs.Design,
    out: Path,
    workers: int | None,
    engine: str,
    progress: Callable[[Any], None] | None,
) -> list[dict[str, Any]]:
    """Run all points, and give the values and years of those that succeeded."""
    from yeonjwa.laboratory import ensemble
    from yeonjwa.laboratory.plan import Job

    base = load(calibration.scenario)
    last = max(year for target in calibration.targets for year in target.years)
    first = min(year for target in calibration.targets for year in target.years)
    if out.exists() and any(out.iterdir()):
        ensemble.resume(out, workers=workers, engine=engine, progress=progress)
    else:
        jobs = [
            Job(
                design.names[row],
                design.scenario(base, row),
                seed,
                calibration.scale,
                month_index(first, 1),
                month_index(last, 12),
                design.values(row),
            )
            for row in range(len(design))
            for seed in calibration.seeds
        ]
        ensemble.run(out, jobs, workers=workers, engine=engine, progress=progress)
    table = ensemble.table(out)
    rows = []
    for run, name, seed, state in zip(
        table["run"], table["design"], table["seed"], table["state"], strict=True
    ):
        if state == "SUCCEEDED":
            values = design.values(design.names.index(str(name)))
            rows.append(
                {
                    "name": str(name),
                    "seed": int(seed),
                    "values": values,
                    **of_folder(out / "runs" / str(run)).as_dict(),
                }
            )
    return rows


def of_folder(run: Path) -> Yearly:
    """The years of a run folder."""
    import duckdb

    file = str(run / "series.parquet").replace("'", "''")
    with duckdb.connect() as connection:
        asked = connection.execute(f"select month, measure, dimension, level, value from '{file}'")
        columns = asked.fetchnumpy()
    months = columns["month"].astype("datetime64[M]").astype(np.int64)
    return yearly({**columns, "month": months + month_index(1970, 1)})


def add_wave(folder: Path, rows: Sequence[Mapping[str, Any]], *, asked: int | None = None) -> Left:
    """A wave from runs that are there: what they leave, also written to the folder.

    Parameters
    ----------
    folder : Path
        Of the calibration.
    rows : sequence of mapping
        One a run: ``values`` (address -> number), ``years`` and ``cells``.
    asked : int, optional
        Points that were to be run; more than a tenth missing is an error.

    Raises
    ------
    RunError
        Too many runs failed.
    """
    calibration = read(folder)
    found = len({tuple(sorted(row["values"].items())) for row in rows})
    asked = found if asked is None else asked
    if found < (1 - MOST_FAILED) * asked:
        raise RunError(
            f"{asked - found} of {asked} points of the wave failed: more than {MOST_FAILED:.0%}, so that what is left would be "
            "what happens to run. Mend them and run the wave again: finished runs are kept."
        )
    number = len(calibration.points) + 1
    place = folder / "waves" / str(number)
    place.mkdir(parents=True, exist_ok=True)
    kept = ("name", "seed", "values", "years", "cells")
    lines = [json.dumps({key: row[key] for key in kept if key in row}) for row in rows]
    write_text(place / "outputs.jsonl", "\n".join(lines) + "\n")
    calibration = read(folder)
    left = calibration.left()
    about = {"wave": number, "points": found, "failed": asked - found, **left.as_dict(calibration.names)}
    write_text(place / "left.json", _json(about))
    return left


def status(folder: Path) -> dict[str, Any]:
    """What a calibration has come to: waves, what each left, and how often the held-out years were looked at."""
    calibration = read(folder)
    waves = []
    for number in range(1, len(calibration.points) + 1):
        waves.append(json.loads((folder / "waves" / str(number) / "left.json").read_text("utf-8")))
    for wave in waves:
        wave["extent"] = {
            r.address.text: None
            if wave["extent"][r.address.text] is None
            else [float(r.at(np.asarray(e))) for e in wave["extent"][r.address.text]]
            for r in calibration.ranges
        }
    return {
        "folder": str(folder),
        "scenario": calibration.scenario,
        "scale": calibration.scale,
        "seeds": list(calibration.seeds),
        "free": [
            {"address": r.address.text, "low": r.low, "high": r.high, "log": r.log}
            for r in calibration.ranges
        ],
        "waves": waves,
        "nothing_left": bool(waves and waves[-1]["share"] == 0),
        "scorings": len(scorings(folder)),
    }


def scorings(folder: Path) -> list[dict[str, Any]]:
    """Every scoring of the held-out years, the first first."""
    file = folder / SCORE
    return json.loads(file.read_text("utf-8"))["scorings"] if file.is_file() else []


def score_held_out(folder: Path, *, again: bool = False, seed: int = 1) -> dict[str, Any]:
    """Forecast the held-out years from what is left, compare with what was recorded, and write down that it was done.

    Parameters
    ----------
    folder : Path
        Of the calibration.
    again : bool
        Needed from the second time on: who has seen the answer no longer forecasts. All scorings stay in the file.
    seed : int
        Of the draws of luck.

    Returns
    -------
    dict
        Number of the scoring, date, and for "held_out" and "stress" each the judgement of the model, of the last value and of the
        linear trend (:func:`yeonjwa.laboratory.calibrate.score.judge`).

    Raises
    ------
    InputError
        No wave yet, or a second scoring without ``again``.
    """
    calibration = read(folder)
    if not calibration.points:
        raise InputError("waves of the calibration", 0, "one at least before the held-out years are scored")
    before = scorings(folder)
    if before and not again:
        allowed = f"--again, which is recorded too; it was scored on {before[0]['date']}"
        raise InputError("scoring of the held-out years", len(before) + 1, allowed, str(folder))
    left = calibration.left()
    points, nothing = _forecasters(calibration, left)
    answer: dict[str, Any] = {
        "scoring": len(before) + 1,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "version": yeonjwa.__version__,
        "waves": len(calibration.points),
        "points": len(points),
        "nothing_left": nothing,
    }
    rng = np.random.default_rng(seed)
    for use in ("held_out", "stress"):
        answer[use] = _judged(calibration, use, points, rng)
    write_text(folder / SCORE, _json({"scorings": [*before, answer]}))
    return answer


def _forecasters(calibration: Calibration, left: Left) -> tuple[Floats, bool]:
    """Points of what is left; where nothing is, the least implausible hundredth, which the answer says."""
    rng = np.random.default_rng(1)
    if not left.empty:
        return left.points[rng.permutation(len(left.points))[:FORECASTERS]], False
    probes = designs.hypercube(history.PROBES, calibration.dims, rng)
    worst = np.max([wave.implausibility(probes).max(axis=1) for wave in calibration.waves()], axis=0)
    return probes[np.argsort(worst)[: history.PROBES // 100]], True


def _judged(
    calibration: Calibration, use: str, points: Floats, rng: np.random.Generator
) -> dict[str, Any] | None:
    wanted, emulators = calibration.emulators(use)
    if not wanted:
        return None
    recorded = {t.name: t.recorded for t in wanted}
    model = {
        t.name: forecast(t, e, points, calibration.scale, rng) for t, e in zip(wanted, emulators, strict=True)
    }
    naive: dict[str, dict[str, score.Forecast]] = {"last_value": {}, "linear_trend": {}}
    known = {t.name: t for t in targets.used(calibration.targets, "fit")}
    for target in wanted:
        series = target.name.rpartition(".")[0]
        past = sorted(
            (t.years[0], t.recorded)
            for name, t in known.items()
            if name.rpartition(".")[0] == series and name[-4:].isdigit()
        )
        years, values = [y for y, _ in past], [v for _, v in past]
        if len(years) >= 4:
            naive["last_value"][target.name] = score.last_value(years, values, target.years)[0]
            naive["linear_trend"][target.name] = score.linear_trend(years, values, target.years)[0]
    return {
        "model": score.judge(model, recorded),
        **{name: score.judge(found, recorded) for name, found in naive.items() if found},
    }


def forecast(
    target: Target, emulator: Emulator, points: Floats, scale: float, rng: np.random.Generator
) -> score.Forecast:
    """Median and interval of 90 % of what is recorded, if one of the points is right.

    Variance of the emulator, luck at the country's size, discrepancy and error of the record are all in it.
    """
    mean, variance = emulator.predict(points)
    record = target.record(scale)
    total = variance + record.luck * emulator.noise_at(points) + record.discrepancy**2 + record.observation**2
    draws = mean[:, None] + np.sqrt(total)[:, None] * rng.standard_normal((len(points), 50))
    low, middle, high = np.quantile(draws, (0.05, 0.5, 0.95))
    numbers = [float(targets.back(v, target.transform)) for v in (middle, low, high)]
    return score.Forecast(*numbers)
