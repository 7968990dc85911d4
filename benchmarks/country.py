"""The whole country: seconds, processor time and memory of the genealogy and of each step of the society.

    python benchmarks/country.py                              # 25 million living, ten unrecorded years, recorded from 2005
    python benchmarks/country.py --unrecorded-years 0         # the months from 2005 on alone
    python benchmarks/country.py --scale 0.1 --threads 1

A small country is played first, so that compiling stands apart. What a run computes does not depend on threads; how long it takes
depends on what else the machine does, which is printed beside. Files and the report are not counted: ``yeonjwa run`` has them in
its manifest.
"""

from __future__ import annotations

import argparse
import json
import os
import time

from yeonjwa.core.progress import Silent
from yeonjwa.core.provenance import Meter
from yeonjwa.laboratory.run import grow, set_threads, usable_cores
from yeonjwa.laboratory.scenario import Scenario, load
from yeonjwa.society.engine import simulate

WARM_SCALE = 0.01


def play(scenario: Scenario, scale: float, seed: int, threads: int, unrecorded: int) -> Meter:
    """One country, measured."""
    meter, parameters = Meter(), scenario.parameters
    with meter.stage("genealogy"):
        grown = grow(parameters, scale, seed, scenario.last, threads, Silent())
    with meter.stage("society"):
        simulate(
            grown.pedigree,
            parameters,
            seed=seed,
            scale=scale,
            first=scenario.first,
            last=scenario.last,
            spinup_months=12 * unrecorded,
            meter=meter,
        )
    return meter


def main() -> None:
    """Print a table, and with ``--json`` what the manifest of a run holds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=usable_cores())
    parser.add_argument("--unrecorded-years", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    set_threads(options.threads)
    scenario = load()
    play(scenario, WARM_SCALE, options.seed, options.threads, options.unrecorded_years)
    load_before, began = os.getloadavg()[0], time.perf_counter()
    found = play(scenario, options.scale, options.seed, options.threads, options.unrecorded_years).as_dict()
    wall = time.perf_counter() - began
    if options.json:
        print(json.dumps({"wall_s": wall, "load_before": load_before, **found}))
        return
    print(f"scale {options.scale:g}, {options.threads} threads, load of the machine before {load_before:.1f}")
    print(f"{'in all':14} {wall:7.1f} s")
    for row in [*found["stages"], *sorted(found["steps"], key=lambda step: -step["wall_s"])]:
        name = row.get("stage", row.get("step"))
        print(
            f"{name:14} {row['wall_s']:7.1f} s {row['cpu_s']:7.1f} s of the processor {row['peak_rss_mb']:7,.0f} MB at most"
        )


if __name__ == "__main__":
    main()
