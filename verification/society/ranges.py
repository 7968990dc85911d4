"""Run the country with all parameters drawn from their ranges at once, the level of arrivals fitted again for each draw.

    python -m verification.society.ranges --keep ranges.jsonl --draws 24

Draws are a Latin hypercube over every parameter with a range. The intercept of flight is not drawn: as for the baseline, it is
fitted to the recorded arrivals of 2005-2011 and 2013-2015, here by one small run to 2015 and one step; it is held within its own
range, so that a draw that cannot reach the record stays off it. Then the draw is run from 2005 to 2024. Every run goes to the
file of lines, so the work can be stopped and gone on with.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

from verification.society.scales import LAST, measured
from yeonjwa.core.calendar import month_index
from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import Parameters
from yeonjwa.core.warnings import YeonjwaWarning
from yeonjwa.laboratory import doubt, influence, scenario
from yeonjwa.laboratory.intercept import FITTED_YEARS, PATH, recorded_arrivals
from yeonjwa.regime.rules import validate

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
    asked = parser.parse_args()
    warnings.simplefilter("ignore", YeonjwaWarning)
    base = scenario.load()
    paths = [path for path in influence.ranged(base.parameters) if path != PATH]
    points = doubt.draws(paths, asked.draws)
    lines = asked.keep.read_text("utf-8").splitlines() if asked.keep.exists() else []
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
