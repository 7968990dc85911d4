"""How many unrecorded years before the first recorded month? Ten against five, paired by the seed.

    python -m verification.society.spinup --scale 0.05 --seeds 4 --keep spinup.jsonl

Each run is a line of the file, and a run that is there is not run again. Printed is the table of docs/scales.md: the difference
of five unrecorded years from ten, in per cent, with the standard error over seeds.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from yeonjwa.core.progress import Silent
from yeonjwa.laboratory.run import grow, set_threads
from yeonjwa.laboratory.scenario import load
from yeonjwa.society.engine import simulate

LONG, SHORT = 120, 60
MEASURES = (
    "flight.arrivals",
    "flight.attempts",
    "flight.settled",
    "support.amount",
    "signal.hints",
    "enforcement.sanctioned",
    "camp.stock",
    "belief.perceived",
    "exposure.loss",
    "vetting.refused",
    "remittance.sent",
)
SPANS = ((2005, 2005), (2005, 2011), (2013, 2015), (2016, 2019))


def main(arguments: list[str]) -> None:
    """Run what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=0.05)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--keep", type=Path, required=True)
    options = parser.parse_args(arguments)
    rows = (
        [json.loads(line) for line in options.keep.read_text().splitlines()] if options.keep.exists() else []
    )
    done = {(row["seed"], row["spin"]) for row in rows}
    set_threads(1)
    scenario = load()
    for seed in range(1, options.seeds + 1):
        missing = [spin for spin in (LONG, SHORT) if (seed, spin) not in done]
        if not missing:
            continue
        people = grow(scenario.parameters, options.scale, seed, scenario.last, 1, Silent()).pedigree
        for spin in missing:
            result = simulate(
                people,
                scenario.parameters,
                seed=seed,
                scale=options.scale,
                first=scenario.first,
                last=scenario.last,
                spinup_months=spin,
            )
            rows.append({"seed": seed, "spin": spin, "out": by_year(result.series)})
            with options.keep.open("a") as file:
                file.write(json.dumps(rows[-1]) + "\n")
    print(table(rows, options.seeds))


def by_year(series: dict[str, Any]) -> dict[str, list[float]]:
    """Sum of each measure's total by year."""
    total = series["dimension"] == "total"
    found = {}
    for measure in MEASURES:
        rows = total & (series["measure"] == measure)
        year = series["month"][rows] // 12
        found[measure] = [float(series["value"][rows][year == y].sum()) for y in np.unique(year)]
    return found


def table(rows: list[dict[str, Any]], seeds: int) -> str:
    """Differences in per cent, one line a measure, one column a span of years."""
    runs = {(row["seed"], row["spin"]): row["out"] for row in rows}
    lines = ["| | " + " | ".join(str(a) if a == b else f"{a}-{b}" for a, b in SPANS) + " |"]
    lines.append("|---|" + "---:|" * len(SPANS))
    for measure in MEASURES:
        cells = []
        for first, last in SPANS:
            years = slice(first - 2005, last - 2004)
            long, short = (
                np.array([sum(runs[seed, spin][measure][years]) for seed in range(1, seeds + 1)])
                for spin in (LONG, SHORT)
            )
            change = 100 * (short / long - 1)
            error = change.std(ddof=1) / np.sqrt(seeds)
            cells.append(f"{change.mean():+.1f} ± {error:.1f}".replace("-", "−"))
        lines.append(f"| `{measure}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main(sys.argv[1:])
