"""Runs of the studies of this folder, one after another; each is a line of a file, and a run that is there is not run again.

    NUMBA_NUM_THREADS=1 python -m verification.laboratory.runs ridge --keep ridge.jsonl

A study is a list of points: a name, a scenario, changes, seeds, years, scale. Runs of one seed and one last year share their
genealogy, which none of the points changes.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from yeonjwa.core.calendar import month_index
from yeonjwa.core.progress import Silent
from yeonjwa.laboratory import run as laboratory
from yeonjwa.laboratory import scenario as scenarios
from yeonjwa.laboratory.address import parse
from yeonjwa.laboratory.calibrate.yearly import yearly
from yeonjwa.laboratory.design import hypercube
from yeonjwa.laboratory.scenario import Change
from yeonjwa.society.engine import simulate


@dataclass(frozen=True)
class Point:
    """One scenario with some seeds; ``values`` are addresses, and ``severity`` for the step of 2012."""

    name: str
    scenario: str = "baseline"
    values: dict[str, float] = field(default_factory=dict)
    seeds: tuple[int, ...] = (1,)
    first: int = 2005
    last: int = 2019
    scale: float = 0.02


def severity_changes(share: float) -> list[Change]:
    """The step of 2012 taken ``share`` times: 0 is flat, 1 the baseline; both the loss and the chance of a career sanction."""
    baseline = scenarios.load().parameters
    start = month_index(2012, 1)
    found = []
    for path in ("loss.severity", "sanction.career_factor"):
        table = baseline.table(path, start)
        found.append(Change(path, start, value={k: 1 + share * (v - 1) for k, v in table.items()}))
    return found


def ridge() -> list[Point]:
    """Severity against border control after 2011: a cross with four seeds, then points over the plane."""
    border = "border.interdiction@2012-01..2019-12"
    cross = [(1.0, 0.6), (0.0, 0.6), (2.0, 0.6), (1.0, 0.5), (1.0, 0.7)]
    points = [
        Point(f"cross{i}", values={"severity": s, border: b}, seeds=(1, 2, 3, 4), scale=0.01)
        for i, (s, b) in enumerate(cross)
    ]
    plane = hypercube(12, 2, np.random.default_rng(20))
    for i, (s, b) in enumerate(plane):
        values = {"severity": 2 * s, border: 0.3 + 0.5 * b}
        points.append(Point(f"plane{i:02d}", values=values, scale=0.01))
    return points


def peers() -> list[Point]:
    """The years of Dukalskis, Elkink and Xiong: 1992 to 2014, with and without kin liability, repression dated or flat."""
    flat = {"border.interdiction": 0.35, "border.to_south": 0.02, "border.repatriate": 0.01}
    still = {"border.interdiction": 0.35}
    points = []
    for arm in ("baseline", "liability_off"):
        for name, values in (("dated", {}), ("river_flat", still), ("all_flat", flat)):
            points.append(Point(f"{arm}.{name}", arm, values, (1, 2), 1992, 2014, 0.01))
    return points


#: What the calibration of the real model varies, and between what.
FREE = {
    "flight.a0": (-10.5, -9.2),
    "flight.a_sex[female]": (1.6, 2.8),
    "flight.whole_household": (0.08, 0.2),
    "flight.a_net": (0.0, 2.5),
    "border.interdiction@2012-01..2020-01": (0.4, 0.8),
    "offence.rate": (0.3e-4, 4e-4),
}


def wave() -> list[Point]:
    """First wave of the calibration: a Latin hypercube over what is free; from the thirteenth on at half the size, for time."""
    unit = hypercube(40, len(FREE), np.random.default_rng(7))
    points = []
    for i, row in enumerate(unit):
        values = {}
        for (address, (low, high)), u in zip(FREE.items(), row, strict=True):
            log = address == "offence.rate"
            values[address] = float(low * (high / low) ** u if log else low + (high - low) * u)
        points.append(Point(f"w1.{i:02d}", values=values, last=2024, scale=0.02 if i < 12 else 0.01))
    return points


STUDIES: dict[str, Callable[[], list[Point]]] = {"ridge": ridge, "peers": peers, "wave": wave}


def main(arguments: list[str]) -> None:
    """Run what is missing of a study."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("studies", nargs="+", choices=STUDIES)
    parser.add_argument("--keep", type=Path, required=True)
    options = parser.parse_args(arguments)
    done = set()
    if options.keep.exists():
        done = {(r["name"], r["seed"]) for r in map(json.loads, options.keep.read_text().splitlines())}
    jobs = [(p, seed) for study in options.studies for p in STUDIES[study]() for seed in p.seeds]
    laboratory.set_threads(1)
    pedigrees: dict[tuple[int, int, float], object] = {}
    for point, seed in jobs:
        if (point.name, seed) in done:
            continue
        began = time.perf_counter(), time.process_time()
        scenario = scenarios.load(point.scenario)
        parameters = scenario.parameters
        for address, value in point.values.items():
            changes = (
                severity_changes(value)
                if address == "severity"
                else parse(address, parameters).changes(parameters, value)
            )
            for change in changes:
                parameters = scenarios.apply(parameters, change)
        last = month_index(point.last, 12)
        key = (seed, point.last, point.scale)
        if key not in pedigrees:
            living = round(point.scale * parameters.number("population.living", laboratory.REFERENCE_MONTH))
            rates = laboratory.country_rates(parameters)
            if len(pedigrees) > 4:
                pedigrees.clear()
            pedigrees[key] = laboratory.simulate_genealogy(rates, parameters, living, seed, last, 1, Silent())
        result = simulate(
            pedigrees[key],  # type: ignore[arg-type]
            parameters,
            seed=seed,
            scale=point.scale,
            first=month_index(point.first, 1),
            last=last,
        )
        row = {
            "name": point.name,
            "scenario": point.scenario,
            "values": point.values,
            "seed": seed,
            "scale": point.scale,
            "seconds": round(time.perf_counter() - began[0], 1),
            "cpu": round(time.process_time() - began[1], 1),
            **yearly(result.series).as_dict(),
        }
        with options.keep.open("a") as file:
            file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
