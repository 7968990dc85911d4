"""Run the country with all parameters drawn from their ranges at once, the level of arrivals fitted again for each draw.

    python -m verification.society.ranges --keep ranges.jsonl --draws 24

Draws are a Latin hypercube over every parameter with a range. The intercept of flight is not drawn: as for the baseline, it is
fitted to the recorded arrivals of 2005-2011 and 2013-2015, here by one small run to 2015 and one step; it is held within its own
range, so that a draw that cannot reach the record stays off it. Then the draw is run from 2005 to 2024. Every run goes to the
file of lines, so the work can be stopped and gone on with.

    python -m verification.society.ranges --keep ranges.jsonl --table

writes the results of the draws to ``ranges.csv`` beside this file and prints the table of docs/joint_fit.md.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
import time
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from verification.society.headline_ranges import HEADLINES, figure
from verification.society.scales import LAST, measured
from yeonjwa.core.calendar import month_index
from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import Parameters
from yeonjwa.core.warnings import YeonjwaWarning
from yeonjwa.laboratory import doubt, influence, monte_carlo, scenario
from yeonjwa.laboratory.intercept import FITTED_YEARS, PATH, recorded_arrivals
from yeonjwa.regime.rules import validate

FOLDER = Path(__file__).parent
#: A draw is near the record if its mean arrivals of the fitted years are within this factor.
NEAR = 1.25
#: Scale of the run to which the level is fitted.
SMALL = 0.004


def main() -> int:
    """Run the draws that are not done."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keep", type=Path, required=True, help="file of lines with what is done")
    parser.add_argument("--draws", type=int, default=24)
    parser.add_argument("--scale", type=float, default=0.01)
    parser.add_argument(
        "--table", action="store_true", help="write and print what the draws gave, run nothing"
    )
    asked = parser.parse_args()
    warnings.simplefilter("ignore", YeonjwaWarning)
    base = scenario.load()
    paths = [path for path in influence.ranged(base.parameters) if path != PATH]
    points = doubt.draws(paths, asked.draws)
    lines = asked.keep.read_text("utf-8").splitlines() if asked.keep.exists() else []
    if asked.table:
        print("\n".join(table([json.loads(line) for line in lines])))
        return 0
    done = {json.loads(line)["draw"] for line in lines}
    began = time.monotonic()
    for number, point in enumerate(points):
        if number in done:
            continue
        row = {"draw": number, "point": point, **drawn(base, point, asked.scale)}
        with asked.keep.open("a", encoding="utf-8") as target:
            target.write(json.dumps(row) + "\n")
        print(f"{number + 1}/{len(points)} {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return 0


def drawn(base: scenario.Scenario, point: dict[str, float], scale: float) -> dict[str, Any]:
    """One draw: the intercept that was fitted, what the small run had, and the run; or why it was refused."""
    try:
        moved = replace(base, parameters=doubt.at(base.parameters, point))
        validate(moved.parameters)
        first = measured(moved, SMALL, 1, last=month_index(max(FITTED_YEARS), 12))
        found = mean_arrivals(first)
        fitted = with_intercept(moved.parameters, found)
        row = measured(replace(moved, parameters=fitted), scale, 1, last=LAST)
    except InputError as error:
        return {"refused": str(error)}
    return {"arrivals_small": found, "a0": fitted.number(PATH, 0), **row}


def results_of(row: dict[str, Any]) -> dict[str, float]:
    """Headline results of a draw over its twenty years, the arrivals of the fitted years, and the intercept."""
    sums = {tuple(cell.split("|")): sum(values) for cell, values in row["yearly"].items()}
    months = 12 * len(row["yearly"]["flight.arrivals|total|total"])
    found = monte_carlo.results(sums, months)  # type: ignore[arg-type]
    return {
        **{name: found.get(name, 0.0) for name in HEADLINES},
        "fitted years": mean_arrivals(row),
        "a0": row["a0"],
    }


def table(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The table in Markdown: the baseline, then quantiles over all draws and over those whose arrivals are near the record."""
    drawn = [results_of(row) for row in rows if "refused" not in row]
    with (FOLDER / "ranges.csv").open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(["draw", *drawn[0]])
        for number, found in enumerate(drawn):
            writer.writerow([number, *(f"{value:.6g}" for value in found.values())])
    record = recorded_arrivals()
    target_level = sum(record.values()) / len(record)
    near = [
        row for row in drawn if abs(math.log(max(row["fitted years"], 1) / target_level)) < math.log(NEAR)
    ]
    known = monte_carlo.load()
    lines = [
        f"| result | baseline | lowest of {len(drawn)} | a quarter below | middle | a quarter above | highest | "
        f"lowest and highest of the {len(near)} near the record |",
        "|---|" + "---:|" * 7,
    ]
    for name in HEADLINES:
        values = np.array([row[name] for row in drawn])
        cells = [figure(known.row(name, known.scales[-1]).mean)]
        cells += [figure(float(v)) for v in np.quantile(values, [0, 0.25, 0.5, 0.75, 1])]
        some = [row[name] for row in near]
        cells.append(f"{figure(min(some))} to {figure(max(some))}")
        lines.append("| " + " | ".join([f"`{name}`", *cells]) + " |")
    return lines


def mean_arrivals(row: dict[str, Any]) -> float:
    """Mean arrivals a year over the fitted years."""
    years = range(int(row["first"][:4]), int(row["last"][:4]) + 1)
    by_year = dict(zip(years, row["yearly"]["flight.arrivals|total|total"], strict=True))
    return sum(by_year[year] for year in FITTED_YEARS) / len(FITTED_YEARS)


def with_intercept(parameters: Parameters, found: float) -> Parameters:
    """Parameters with the intercept moved by the log ratio of record and run, within its range."""
    record = recorded_arrivals()
    target = sum(record.values()) / len(record)
    dated = parameters[PATH].values[0]
    # One arrival in all the fitted years is the least that a run can tell.
    least = 1 / (SMALL * len(FITTED_YEARS))
    wanted = float(dated.value) + math.log(target / max(found, least))
    held = min(max(wanted, float(dated.low)), float(dated.high))
    return parameters.with_value(PATH, dated.start, held)


if __name__ == "__main__":
    sys.exit(main())
