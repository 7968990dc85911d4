"""How fast a population is simulated, how much memory it takes, and how both grow with its size.

    python benchmarks/population.py                                  # 25 thousand to 2.5 million living, one and two threads
    python benchmarks/population.py --living 25000000 --repeats 1    # a country; takes about 4 GB
    python benchmarks/population.py --out results                    # also population.json and population.md

Each size runs in a process of its own, so that peak memory is its own; kernels are compiled or read from the cache
by a small run first, which is timed apart. Figures are medians.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

SIZES = (25_000, 250_000, 2_500_000)
COLUMNS = (
    "birth", "death", "sex", "region", "birth_union", "wife", "husband", "start", "first_child", "union_offset",
    "union_list",
)  # fmt: skip


def measure(living: int, threads: int, repeats: int, all_births: bool) -> dict[str, Any]:
    """Simulate in this process: medians of seconds, peak memory above that of the interpreter, sizes."""
    from yeonjwa.core.calendar import month_index
    from yeonjwa.demography.rates import country
    from yeonjwa.evidence.parameters import load
    from yeonjwa.genealogy.simulate import simulate

    warnings.simplefilter("ignore")
    parameters = load()
    rates = country("PRK", parameters)
    call: dict[str, Any] = {"at": month_index(2005), "last": month_index(2024, 12), "all_births": all_births}
    begun = time.process_time()
    simulate(rates, parameters, living=1000, seed=0, threads=threads, **call)
    first = time.process_time() - begun
    before = _peak()
    runs: list[dict[str, float]] = []
    for seed in range(1, repeats + 1):
        cpu, wall = time.process_time(), time.perf_counter()
        pedigree = simulate(rates, parameters, living=living, seed=seed, threads=threads, **call)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        runs.append({"cpu_s": cpu, "wall_s": wall, **pedigree.info["seconds"]})
        held = sum(getattr(pedigree, name).nbytes for name in COLUMNS)
        persons, unions = pedigree.num_persons, pedigree.num_unions
        if seed < repeats:
            del pedigree
    median = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    return {
        "living": living,
        "threads": threads,
        "all_births": all_births,
        "repeats": repeats,
        "persons_ever": persons,
        "unions": unions,
        "first_small_run_cpu_s": first,
        "cpu_s": median.pop("cpu_s"),
        "wall_s": median.pop("wall_s"),
        "phases_s": median,
        "pedigree_bytes": held,
        "peak_bytes": max(_peak() - before, 0),
    }


def _peak() -> int:
    """Highest resident memory of this process so far, bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    import llvmlite
    import numba
    import numpy

    names = [line for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = [line for line in _lines("/proc/meminfo") if line.startswith("MemTotal")]
    return {
        "processor": names[0].split(":")[1].strip() if names else platform.processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(int(memory[0].split()[1]) / 2**20, 1) if memory else None,
        "load": [round(x, 2) for x in os.getloadavg()],
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "numba": numba.__version__,
        "llvmlite": llvmlite.__version__,
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def table(results: list[dict[str, Any]]) -> str:
    """Markdown: one row a size and number of threads, then seconds by phase."""
    base = next((r for r in results if r["living"] == 250_000 and r["threads"] == 1), results[0])
    reference = base["cpu_s"] / base["persons_ever"]
    lines = [
        "| living | threads | persons ever | unions | wall s | cpu s | us of cpu a person | ratio to 250 k "
        "| second core | bytes a person, peak | bytes a person, kept |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for r in results:
        cost = r["cpu_s"] / r["persons_ever"]
        alone = [s["wall_s"] for s in results if (s["living"], s["threads"]) == (r["living"], 1)]
        gain = f"{alone[0] / r['wall_s']:.2f}" if alone and r["threads"] > 1 else ""
        lines.append(
            f"| {r['living']:,} | {r['threads']} | {r['persons_ever']:,} | {r['unions']:,} | {r['wall_s']:.2f} "
            f"| {r['cpu_s']:.2f} | {cost * 1e6:.2f} | {cost / reference:.2f} | {gain} "
            f"| {_peak_of(r)} | {r['pedigree_bytes'] / r['persons_ever']:.0f} |"
        )
    phases = list(results[0]["phases_s"])
    lines += ["", "| living | threads | " + " | ".join(phases) + " |", "|---" * (len(phases) + 2) + "|"]
    for r in results:
        cells = " | ".join(f"{r['phases_s'][phase]:.3f}" for phase in phases)
        lines.append(f"| {r['living']:,} | {r['threads']} | {cells} |")
    return "\n".join(lines) + "\n"


def _peak_of(result: dict[str, Any]) -> str:
    """Peak bytes a person; empty where tables of fixed size, or the compiler before, took more than the population."""
    return f"{result['peak_bytes'] / result['persons_ever']:.0f}" if result["living"] >= 100_000 else ""


def main() -> None:
    """Measure each size in a child process and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--living", type=int, nargs="+", default=list(SIZES), help="persons living in 2005")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=3, help="runs of each, of which the median counts")
    parser.add_argument("--without-young-dead", action="store_true", help="all_births=False")
    parser.add_argument("--out", type=Path, help="folder for population.json and population.md")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        result = measure(
            options.living[0], options.threads[0], options.repeats, not options.without_young_dead
        )
        print(json.dumps(result))
        return
    results = []
    for living in options.living:
        for threads in options.threads:
            call = [sys.executable, __file__, "--child", "--living", str(living), "--threads", str(threads)]
            call += ["--repeats", str(options.repeats)]
            call += ["--without-young-dead"] if options.without_young_dead else []
            done = subprocess.run(call, check=True, capture_output=True, text=True)
            results.append(json.loads(done.stdout.splitlines()[-1]))
            print(f"{living:,} living, {threads} threads: {results[-1]['wall_s']:.2f} s", file=sys.stderr)
    text = table(results)
    print(text)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        content = {"machine": machine(), "results": results}
        (options.out / "population.json").write_text(json.dumps(content, indent=1) + "\n")
        (options.out / "population.md").write_text(text)


if __name__ == "__main__":
    main()
