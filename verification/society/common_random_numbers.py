"""How much pairing scenarios by their seed is worth: variance of a difference within pairs against that between them.

    python -m verification.society.common_random_numbers --scale 0.01 --seeds 20

Each seed is run twice, with the severity that rises after 2011 and with the one that stays flat; the two share one genealogy.
A measure is summed (or averaged, if it is a level) over 2013 to 2016. The variance of the difference of the two runs of one
seed is compared with that of the difference of runs of different seeds, which is the sum of the variances of the two. Rows go
to ``common_random_numbers.csv``; the run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

import numpy as np

from yeonjwa.core.calendar import month_index
from yeonjwa.core.progress import Silent
from yeonjwa.laboratory import run as laboratory
from yeonjwa.laboratory.scenario import load
from yeonjwa.society.engine import simulate
from yeonjwa.society.recorder import LEVEL_MEASURES

ARMS = ("baseline", "severity_flat")
FIRST, LAST = month_index(2013, 1), month_index(2016, 12)
FOLDER = Path(__file__).parent
MEASURES = (
    "flight.arrivals",
    "flight.attempts",
    "flight.plans",
    "support.transfers",
    "support.amount",
    "signal.hints",
    "signal.paid",
    "enforcement.sanctioned",
    "camp.intake",
    "recall.recalled",
    "belief.perceived",
    "exposure.loss",
)


def measured(seed: int, scale: float) -> list[dict[str, float | str]]:
    """One row for each arm: the measures over the four years."""
    scenarios = [load(name) for name in ARMS]
    parameters = scenarios[0].parameters
    living = round(scale * parameters.number("population.living", laboratory.REFERENCE_MONTH))
    rates = laboratory.country_rates(parameters)
    threads = laboratory.usable_cores()
    laboratory.set_threads(threads)
    pedigree = laboratory.simulate_genealogy(rates, parameters, living, seed, LAST, threads, Silent())
    rows: list[dict[str, float | str]] = []
    for scenario in scenarios:
        series = simulate(
            pedigree,
            scenario.parameters,
            seed=seed,
            scale=scale,
            first=month_index(2005, 1),
            last=LAST,
        ).series
        row: dict[str, float | str] = {"seed": seed, "arm": scenario.name}
        inside = (series["dimension"] == "total") & (series["month"] >= FIRST)
        for measure in MEASURES:
            values = series["value"][inside & (series["measure"] == measure)]
            row[measure] = float(values.mean() if measure in LEVEL_MEASURES else values.sum())
        rows.append(row)
    return rows


def table(rows: list[dict[str, str]]) -> list[tuple[str, float, float, float, float]]:
    """Measure, mean difference, its standard error in pairs and between runs, ratio of the variances."""
    out = []
    for measure in MEASURES:
        arms = [np.array([float(row[measure]) for row in rows if row["arm"] == arm]) for arm in ARMS]
        difference = arms[0] - arms[1]
        paired = float(difference.var(ddof=1))
        unpaired = float(arms[0].var(ddof=1) + arms[1].var(ddof=1))
        n = difference.size
        ratio = unpaired / paired if paired > 0 else float("inf")
        out.append((measure, float(difference.mean()), (paired / n) ** 0.5, (unpaired / n) ** 0.5, ratio))
    return out


def main() -> int:
    """Run what is missing, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=0.01)
    parser.add_argument("--seeds", type=int, default=20)
    asked = parser.parse_args()
    file = FOLDER / "common_random_numbers.csv"
    names = ["scale", "seed", "arm", *MEASURES]
    if not file.exists():
        file.write_text(",".join(names) + "\n", "utf-8")
    with file.open(encoding="utf-8", newline="") as source:
        done = {(row["scale"], row["seed"]) for row in csv.DictReader(source)}
    for seed in range(1, asked.seeds + 1):
        if (repr(asked.scale), str(seed)) in done:
            continue
        rows = measured(seed, asked.scale)
        with file.open("a", encoding="utf-8", newline="") as target:
            writer = csv.DictWriter(target, names, lineterminator="\n")
            writer.writerows({"scale": repr(asked.scale), **row} for row in rows)
        print(f"seed {seed}", file=sys.stderr, flush=True)
    with file.open(encoding="utf-8", newline="") as source:
        kept = [row for row in csv.DictReader(source) if row["scale"] == repr(asked.scale)]
    print(f"{'measure':<24}{'difference':>14}{'se paired':>12}{'se unpaired':>13}{'variance ratio':>16}")
    for measure, mean, se, wide, ratio in table(kept):
        print(f"{measure:<24}{mean:>14.4g}{se:>12.3g}{wide:>13.3g}{ratio:>16.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
