"""Run the baseline at several scales with several seeds, and write what chance and a small country do to each result.

    python -m verification.society.scales --keep scales.jsonl 0.01:20 0.02:10 0.05:5 0.2:2

SCALE:SEEDS says how many countries of a size; seeds are 1, 2, .... Scales that are given in one call take turns. Every run goes
to the file of lines, so the work can be stopped and gone on with; what is there with the same parameters is not run again.
With --write nothing is run and the table that comes with the package (``laboratory/data/monte_carlo.csv``) is written from the
file. A run costs about 17 minutes of processor time for the whole country, in proportion less for a smaller one. A run that was
made by the command line is taken as it is with --folder.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from yeonjwa.core.calendar import format_month, month_index
from yeonjwa.core.errors import InputError
from yeonjwa.core.provenance import versions
from yeonjwa.core.warnings import YeonjwaWarning
from yeonjwa.laboratory import monte_carlo, scenario
from yeonjwa.laboratory.measures import STOCKS
from yeonjwa.laboratory.paired import read_series
from yeonjwa.laboratory.run import simulate
from yeonjwa.report.basis import MAIN
from yeonjwa.society.codes import POSTS

FIRST, LAST = month_index(2005, 1), month_index(2024, 12)
#: Results of the table in the docs: the main results of a report, what the joint fit reads, what a small country may bias.
SHOWN = tuple(
    dict.fromkeys(
        (
            *MAIN.values(), "support.for_fear", "support.transfers", "support.paid_share", "signal.hints", "signal.threats",
            "flight.women_share", "flight.north_east_share", "flight.family_share", "flight.settled", "enforcement.confirmed",
            "enforcement.reach", "camp.stock", "camp.intake", "camp.family_share", "recall.flight", "belief.perceived",
            "population.alive", "hardship.poor", *monte_carlo.REACHING_FAR,
            *(f"vetting.refused_share by post: {post}" for post in POSTS),
        )
    )
)  # fmt: skip


def main() -> int:
    """Run what is not done, or write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="*", metavar="SCALE:SEEDS", help="countries of a size")
    parser.add_argument(
        "--keep", type=Path, default=Path("scales.jsonl"), help="file of lines with what is done"
    )
    parser.add_argument("--scenario", default="baseline", help="another world, for comparison")
    parser.add_argument("--folder", type=Path, help="a finished run, taken into the file of lines")
    parser.add_argument("--table", action="store_true", help="print the table of docs/scales.md, run nothing")
    parser.add_argument("--write", action="store_true", help="write the table of what is done, run nothing")
    asked = parser.parse_args()
    if asked.table:
        print("\n".join(page_table(monte_carlo.load())))
        return 0
    warnings.simplefilter("ignore", YeonjwaWarning)
    base = scenario.load(asked.scenario)
    digest = base.parameters.digest()
    done = kept(asked.keep, digest)
    if asked.folder:
        with asked.keep.open("a", encoding="utf-8") as target:
            target.write(json.dumps(taken(asked.folder)) + "\n")
        return 0
    work = [task for task in in_turn(asked.runs) if task not in {(row["scale"], row["seed"]) for row in done}]
    if asked.write:
        work = []
    began = time.monotonic()
    for number, (scale, seed) in enumerate(work, start=1):
        row = measured(base, scale, seed)
        with asked.keep.open("a", encoding="utf-8") as target:
            target.write(json.dumps({**row, "digest": digest}) + "\n")
        print(
            f"{number}/{len(work)} scale {scale:g} seed {seed}: {row['resources']['cpu_s']:.0f} s cpu, "
            f"{time.monotonic() - began:.0f} s in all",
            file=sys.stderr,
            flush=True,
        )
    if asked.write:
        _write(done, digest)
    return 0


def _write(done: list[dict[str, Any]], digest: str) -> None:
    """Write the table that comes with the package, and what each scale cost."""
    runs: dict[float, list[dict[Any, list[float]]]] = {}
    costs: dict[str, dict[str, Any]] = {}
    for row in sorted(done, key=lambda row: (row["scale"], row["seed"])):
        runs.setdefault(row["scale"], []).append({tuple(c.split("|")): v for c, v in row["yearly"].items()})
        cost = costs.setdefault(f"{row['scale']:g}", {"seeds": [], "cpu_s": [], "peak_rss_mb": []})
        cost["seeds"].append(row["seed"])
        for name in ("cpu_s", "peak_rss_mb"):
            cost[name].append(row["resources"][name])
    words = " ".join(f"{scale}:{len(cost['seeds'])}" for scale, cost in costs.items())
    about = {
        "command": f"python -m verification.society.scales --keep scales.jsonl {words}",
        "versions": done[-1]["versions"],
        "first": done[-1]["first"],
        "last": done[-1]["last"],
        "parameter_hash": digest,
        "scales": {
            scale: {
                "seeds": cost["seeds"],
                "cpu_s": round(float(np.median(cost["cpu_s"])), 1),
                # A process remembers its largest run: the least of several is nearest to what one needs.
                "peak_rss_mb": round(min(cost["peak_rss_mb"])),
            }
            for scale, cost in costs.items()
        },
    }
    monte_carlo.write(monte_carlo.rows_of(runs), about)
    print(f"written: {monte_carlo.FOLDER / monte_carlo.TABLE}", file=sys.stderr)


def page_table(table: monte_carlo.MonteCarlo) -> list[str]:
    """The table of docs/scales.md: the largest scale, differences of the others from it, chance of one run."""
    *small, largest = table.scales
    head = ["result", f"at {largest:g}", *(f"{scale:g}" for scale in small), "chance at 0.01", "at 1"]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    for measure in SHOWN:
        row = table.row(measure, largest)
        level = row.mean or 1.0
        cells = [f"`{measure}`", _figure(row.mean)]
        for scale in small:
            bias = table.bias(measure, scale)
            mark = " **!**" if abs(bias.errors) > monte_carlo.BEYOND_CHANCE else ""
            cells.append(f"{_percent(bias.relative)} ± {100 * bias.se / abs(level):.1f}{mark}")
        cells += [
            f"{100 * table.chance(measure) / math.sqrt(scale) / abs(level):.2g} %" for scale in (0.01, 1.0)
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _figure(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 100 else f"{float(f'{value:.3g}'):,.0f}"


def _percent(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "\u2212")


def in_turn(words: list[str]) -> list[tuple[float, int]]:
    """Scales and seeds in the order of work: seeds spread so that every scale is done at the same pace."""
    asked = [(float(scale), int(seeds)) for scale, seeds in (word.split(":") for word in words)]
    tasks = [((seed - 0.5) / seeds, scale, seed) for scale, seeds in asked for seed in range(1, seeds + 1)]
    return [(scale, seed) for _, scale, seed in sorted(tasks)]


def kept(file: Path, digest: str) -> list[dict[str, Any]]:
    """Rows of the file of lines that were made with these parameters."""
    if not file.exists():
        return []
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    return [row for row in rows if row["digest"] == digest]


def measured(base: scenario.Scenario, scale: float, seed: int, *, last: int = LAST) -> dict[str, Any]:
    """One run: every cell of the series by year (sums, and the state in December for stocks), and what the run cost."""
    run = simulate(base, scale=scale, seed=seed, first=FIRST, last=last, threads=1)
    living = run.pedigree.num_living(FIRST)
    return {
        "scale": scale,
        "seed": seed,
        "first": format_month(FIRST),
        "last": format_month(last),
        "versions": versions(),
        "living": living,
        **by_year(run.result.series, last),
        "resources": run.meter.as_dict(),
    }


def taken(folder: Path) -> dict[str, Any]:
    """The same of a run folder of 2005-01 to 2024-12."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    if (manifest["first"], manifest["last"]) != (format_month(FIRST), format_month(LAST)):
        raise InputError(
            "months of the run", f"{manifest['first']} to {manifest['last']}", "2005-01 to 2024-12"
        )
    known = ("scale", "seed", "first", "last", "versions", "living", "resources")
    return {
        **{name: manifest[name] for name in known},
        **by_year(read_series(folder), LAST),
        "digest": manifest["parameter_hash"],
    }


def by_year(series: Mapping[str, Any], last: int) -> dict[str, dict[str, list[float]]]:
    """Every cell by year: sums, and the state in December for stocks."""
    cells: dict[str, dict[int, float]] = {}
    columns = (list(series[name]) for name in ("measure", "dimension", "level", "month", "value"))
    for measure, dimension, level, month, value in zip(*columns, strict=True):
        cells.setdefault(f"{measure}|{dimension}|{level}", {})[int(month)] = float(value)
    yearly, ends = {}, {}
    for cell, by_month in cells.items():
        values = np.array([by_month.get(month, 0.0) for month in range(FIRST, last + 1)]).reshape(-1, 12)
        yearly[cell] = [float(f"{v:.9g}") for v in values.sum(axis=1)]
        if cell.split("|")[0] in STOCKS:
            ends[cell] = [float(f"{v:.9g}") for v in values[:, -1]]
    return {"yearly": yearly, "ends": ends}


if __name__ == "__main__":
    sys.exit(main())
