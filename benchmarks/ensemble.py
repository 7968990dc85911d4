"""What ensembles cost: registering a thousand runs, overhead at one second a run, and a sweep.

    python benchmarks/ensemble.py                            # registration and overhead
    python benchmarks/ensemble.py --sweep 200 --scale 0.02   # and a sweep on the cores there are: an hour and more
    python benchmarks/ensemble.py --engine dask --out results

Overhead is taken apart: what the coordinator and the worker's process add to a task that does nothing for a second (wall clock
and the coordinator's processor time), and what a worker adds to the simulation itself (processor time: reading the scenario,
writing the folder, sealing it). State of the machine is printed with the figures: wall clock means little on a busy one.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from dataclasses import replace

from yeonjwa.core.calendar import parse_month
from yeonjwa.laboratory import ensemble, plan, playing
from yeonjwa.laboratory.run import usable_cores
from yeonjwa.laboratory.scenario import Change, apply, load

PAUSE = 1.0


def pause(task: Any) -> dict[str, Any]:
    """A run that is nothing but its second."""
    time.sleep(PAUSE)
    return {}


def registration(runs: int) -> dict[str, float]:
    """Seconds until that many runs are registered: of one scenario, and each of a scenario of its own."""
    base = load()
    value = base.parameters.number("hint.noise", base.first)
    found = {}
    for name in ("one scenario", "a scenario each"):
        if name == "one scenario":
            jobs = [ensemble.Job("baseline", base, seed, 0.02) for seed in range(1, runs + 1)]
        else:
            changes = [Change("hint.noise", value=value * (1 + k / runs)) for k in range(runs)]
            jobs = [
                ensemble.Job(
                    f"point{k}",
                    replace(base, changes=(change,), parameters=apply(base.parameters, change)),
                    1,
                    0.02,
                    labels={"hint.noise": change.value},
                )
                for k, change in enumerate(changes)
            ]
        times = []
        for _ in range(5):
            with tempfile.TemporaryDirectory() as folder:
                began = time.perf_counter()
                plan.write(Path(folder) / "sweep", jobs)
                times.append(time.perf_counter() - began)
        found[name] = statistics.median(times)
    return found


def dispatch(runs: int, workers: int, engine: str) -> dict[str, float]:
    """What the coordinator and the processes add to tasks of a second."""
    jobs = [ensemble.Job("baseline", load(), seed, 0.02) for seed in range(1, runs + 1)]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "sweep"
        known = plan.write(out, jobs)
        stamps: list[tuple[float, ensemble.Event]] = []
        cpu, began = time.process_time(), time.perf_counter()
        ensemble.work(
            out,
            known,
            workers=workers,
            engine=engine,
            play=importlib.import_module("ensemble").pause,  # as the workers find it
            progress=lambda e: stamps.append((time.perf_counter(), e)),
        )
        wall, cpu = time.perf_counter() - began, time.process_time() - cpu
        rows = [json.loads(line) for line in (out / plan.JOURNAL).read_text("utf-8").splitlines()]
    ideal = -(-runs // workers) * PAUSE
    seconds = [row["seconds"] for row in rows if "seconds" in row]
    return {
        "runs": runs,
        "workers": workers,
        "start_s": next(at for at, event in stamps if event.state == "SUCCEEDED") - began - PAUSE,
        "wall_s": wall,
        "ideal_s": ideal,
        "overhead_wall_percent": 100 * (wall - ideal) / ideal,
        "coordinator_cpu_ms_a_run": 1000 * cpu / runs,
        "overhead_a_run_ms_median": 1000 * (statistics.median(seconds) - PAUSE),
    }


def inside(repeats: int) -> dict[str, float]:
    """What a worker adds to the simulation: processor time of a run in its place, and of its stages."""
    last = parse_month("2005-01")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "sweep"
        jobs = [ensemble.Job("baseline", load(), seed, 0.002, last, last + 5) for seed in range(repeats + 1)]
        known = plan.write(out, jobs)
        for row in known["runs"]:
            cpu, wall = time.process_time(), time.perf_counter()
            playing.play(plan.task(out, known, row, False))
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            manifest = json.loads((out / plan.RUNS / row["run"] / "manifest.json").read_text("utf-8"))
            stages = {stage["stage"]: stage["cpu_s"] for stage in manifest["resources"]["stages"]}
            rows.append((cpu, stages["genealogy"] + stages["society"], stages["files"], wall))
    cpu, model, files, wall = (statistics.median(column) for column in zip(*rows[1:], strict=True))
    return {
        "cpu_s": cpu,
        "model_cpu_s": model,
        "files_cpu_ms": 1000 * files,
        "rest_cpu_ms": 1000 * (cpu - model - files),
        "wall_s": wall,
    }


def sweep(runs: int, scale: float, first: int, last: int, workers: int, engine: str) -> dict[str, Any]:
    """A sweep of that many runs: half of them with liability, half without, paired by their seeds."""
    seeds = range(1, runs // 2 + 1)
    jobs = ensemble.paired([load(), load("liability_off")], list(seeds), scale=scale, first=first, last=last)
    from yeonjwa.laboratory.watch import for_stream

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "sweep"
        began = time.perf_counter()
        found = ensemble.run(out, jobs, workers=workers, engine=engine, progress=for_stream(sys.stderr))
        wall = time.perf_counter() - began
        rows = [row for row in plan.entries(out).values() if row.get("state") == "SUCCEEDED"]
        size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    return {
        "runs": found.runs,
        "scale": scale,
        "wall_s": wall,
        "cpu_s_a_run": statistics.mean(row["cpu_s"] for row in rows),
        "seconds_a_run": statistics.mean(row["seconds"] for row in rows),
        "peak_rss_mb": max(row["peak_rss_mb"] for row in rows),
        "workers_busy": sum(row["seconds"] for row in rows) / (workers * wall),
        "mb_on_disk": size / 1e6,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=1000, help="runs that are registered")
    parser.add_argument("--pauses", type=int, default=40, help="tasks of a second")
    parser.add_argument("--repeats", type=int, default=10, help="small runs that are taken apart")
    parser.add_argument("--workers", type=int, default=usable_cores())
    parser.add_argument(
        "--engine", default="processes", help="processes, dask, or the address of a scheduler"
    )
    parser.add_argument("--sweep", type=int, default=0, help="runs of a sweep; none by default")
    parser.add_argument("--scale", type=float, default=0.02)
    parser.add_argument("--from", dest="first", type=parse_month, default=parse_month("2005-01"))
    parser.add_argument("--to", dest="last", type=parse_month, default=parse_month("2024-12"))
    parser.add_argument("--out", type=Path, help="folder for ensemble.json")
    given = parser.parse_args()
    load_before = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    found: dict[str, Any] = {
        "load_of_the_machine": load_before,
        "cores": usable_cores(),
        "engine": given.engine,
    }
    found["registration_s"] = registration(given.runs)
    found["dispatch"] = dispatch(given.pauses, given.workers, given.engine)
    if given.repeats:
        found["inside"] = inside(given.repeats)
    if given.sweep:
        found["sweep"] = sweep(given.sweep, given.scale, given.first, given.last, given.workers, given.engine)
    text = json.dumps(found, indent=1)
    print(text)
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
        (given.out / "ensemble.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
