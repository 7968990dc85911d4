"""One small model of support and flight in Mesa, mesa-frames, Starsim and in the kernels of this package.

    python benchmarks/abm.py --peers /path/to/venv/bin/python          # a venv with: pip install mesa mesa-frames starsim
    python benchmarks/abm.py --peers ... --agents 20000 --out results  # also abm.json and abm.md

Each agent has a log income that is AR(1), is poor below one basket, is helped by a patron (every twentieth agent) who sees it
with a chance and has not left, remembers hardship, and leaves at a hazard that grows with it. The same equations and
parameters in each; draws differ, so shares that have left are printed to show that it is the same model. Every framework is
used as its documentation advises: objects with a ``step`` in Mesa, columns in mesa-frames, arrays of a module in Starsim. Each
runs in a process of its own, on one thread, after a small run that compiles or loads what it needs; figures are medians.
Our kernels are of the kind that the engine runs: blocks of rows, draws keyed by agent and month.
"""

from __future__ import annotations

import argparse
import functools
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

RHO, SIGMA, MEDIAN = 0.9, 0.4, 1.3
SIGHT, TARGET = 0.5, 0.1
BASE, ALPHA, MEMORY = 0.0005, 4.0, 6.0
CIRCLE = 20
FRAMEWORKS = ("mesa", "mesa-frames", "starsim", "yeonjwa")
#: Agents by default: what a framework does in some seconds.
AGENTS = {"mesa": 20_000, "mesa-frames": 1_000_000, "starsim": 1_000_000, "yeonjwa": 1_000_000}

Result = tuple[float, float]


def run_mesa(agents: int, months: int, seed: int) -> Result:
    """Seconds of the months, and the share that has left."""
    import mesa

    class Person(mesa.Agent):  # type: ignore[misc]
        def __init__(self, model: Any, number: int) -> None:
            super().__init__(model)
            self.number, self.ar, self.smoothed, self.gone = number, 0.0, 0.0, False

        def step(self) -> None:
            if self.gone:
                return
            draw = self.model.random
            self.ar = RHO * self.ar + SIGMA * math.sqrt(1 - RHO**2) * draw.gauss(0.0, 1.0)
            hardship = max(0.0, 1.0 - MEDIAN * math.exp(self.ar))
            paid = 0.0
            if draw.random() < SIGHT and not self.model.people[self.number // CIRCLE * CIRCLE].gone:
                paid = max(hardship - TARGET, 0.0)
            self.smoothed += (hardship - paid - self.smoothed) / MEMORY
            self.gone = draw.random() < 1.0 - math.exp(-BASE * math.exp(ALPHA * self.smoothed))

    class Country(mesa.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(seed=seed)
            self.people = [Person(self, i) for i in range(agents)]

        def step(self) -> None:
            self.agents.do("step")

    country = Country()
    begun = time.process_time()
    for _ in range(months):
        country.step()
    seconds = time.process_time() - begun
    return seconds, sum(person.gone for person in country.people) / agents


def run_mesa_frames(agents: int, months: int, seed: int) -> Result:
    """The same in columns of polars."""
    import numpy as np
    import polars as pl
    from mesa_frames import AgentSetPolars, ModelDF

    class People(AgentSetPolars):  # type: ignore[misc]
        def __init__(self, model: Any) -> None:
            super().__init__(model)
            start = {"unique_id": np.arange(agents), "ar": np.zeros(agents), "smoothed": np.zeros(agents)}
            self.add(pl.DataFrame({**start, "gone": np.zeros(agents, bool)}))

        def step(self) -> None:
            rng = model.random
            frame = self.agents.with_columns(
                z=pl.Series(rng.standard_normal(agents)),
                u=pl.Series(rng.random(agents)),
                v=pl.Series(rng.random(agents)),
                patron_gone=pl.col("gone").gather(pl.int_range(agents) // CIRCLE * CIRCLE),
            )
            stay = ~pl.col("gone")
            ar = RHO * pl.col("ar") + SIGMA * math.sqrt(1 - RHO**2) * pl.col("z")
            frame = frame.with_columns(ar=pl.when(stay).then(ar).otherwise(pl.col("ar")))
            hardship = (1.0 - MEDIAN * pl.col("ar").exp()).clip(lower_bound=0.0)
            seen = (pl.col("u") < SIGHT) & ~pl.col("patron_gone")
            paid = pl.when(seen).then((hardship - TARGET).clip(lower_bound=0.0)).otherwise(0.0)
            smoothed = pl.col("smoothed") + (hardship - paid - pl.col("smoothed")) / MEMORY
            frame = frame.with_columns(smoothed=pl.when(stay).then(smoothed).otherwise(pl.col("smoothed")))
            leaves = pl.col("v") < 1.0 - (-BASE * (ALPHA * pl.col("smoothed")).exp()).exp()
            frame = frame.with_columns(gone=pl.col("gone") | leaves)
            self.agents = frame.select("unique_id", "ar", "smoothed", "gone")

    model = ModelDF(seed=seed)
    people = People(model)
    begun = time.process_time()
    for _ in range(months):
        people.step()
    seconds = time.process_time() - begun
    return seconds, float(people.agents["gone"].mean())


def run_starsim(agents: int, months: int, seed: int) -> Result:
    """The same as a module over the arrays of Starsim."""
    import numpy as np
    import starsim as ss

    class Flight(ss.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.define_states(
                ss.FloatArr("ar", default=0.0),
                ss.FloatArr("smoothed", default=0.0),
                ss.BoolState("gone", default=False),
            )
            self.z, self.u, self.v = ss.normal(), ss.random(), ss.random()

        def step(self) -> None:
            stay = (~self.gone).uids
            self.ar[stay] = RHO * self.ar[stay] + SIGMA * math.sqrt(1 - RHO**2) * self.z.rvs(stay)
            hardship = np.maximum(0.0, 1.0 - MEDIAN * np.exp(self.ar[stay]))
            patron_here = ~self.gone[ss.uids(np.asarray(stay) // CIRCLE * CIRCLE)]
            seen = (self.u.rvs(stay) < SIGHT) & patron_here
            paid = np.where(seen, np.maximum(hardship - TARGET, 0.0), 0.0)
            self.smoothed[stay] = self.smoothed[stay] + (hardship - paid - self.smoothed[stay]) / MEMORY
            leaves = self.v.rvs(stay) < 1.0 - np.exp(-BASE * np.exp(ALPHA * self.smoothed[stay]))
            self.gone[stay[leaves]] = True

    sim = ss.Sim(n_agents=agents, modules=Flight(), start=0, dur=months - 1, dt=1, rand_seed=seed, verbose=0)
    sim.init()
    begun = time.process_time()
    sim.run()
    seconds = time.process_time() - begun
    flight = next(module for module in sim.modules if isinstance(module, Flight))
    return seconds, float(np.mean(flight.gone.values))


def run_yeonjwa(agents: int, months: int, seed: int) -> Result:
    """The same in blocks of rows with keyed draws, as the steps of the society are computed."""
    import numpy as np

    from yeonjwa.core.randomness import stream, stream_key

    keys = np.array([stream_key(seed, stream(f"benchmark.{name}")) for name in "zuv"])
    entity = np.arange(agents)
    ar, smoothed, gone = np.zeros(agents), np.zeros(agents), np.zeros(agents, np.bool_)
    month_of = _kernel()
    begun = time.process_time()
    for month in range(months):
        month_of(month, keys, entity, ar, smoothed, gone.copy(), gone)
    seconds = time.process_time() - begun
    return seconds, float(gone.mean())


@functools.lru_cache(maxsize=1)
def _kernel() -> Callable[..., None]:
    import numba
    import numpy as np

    from yeonjwa.core.lanes import LANES, fill_bits, fill_exp, fill_normals

    innovation = SIGMA * math.sqrt(1 - RHO**2)

    @numba.njit(error_model="numpy")  # type: ignore[misc]
    def month_of(
        month: int,
        keys: np.ndarray,
        entity: np.ndarray,
        ar: np.ndarray,
        smoothed: np.ndarray,
        before: np.ndarray,
        gone: np.ndarray,
    ) -> None:
        word, power = np.empty(LANES, np.uint64), np.empty(LANES, np.int64)
        x, y, u = np.empty(LANES), np.empty(LANES), np.empty(LANES)
        unit, shift = 1.0 / 9007199254740992.0, np.uint64(11)
        for low in range(0, ar.size, LANES):
            n = min(LANES, ar.size - low)
            fill_normals(low, n, keys[0], entity, month, x, word, u, power)
            for i in range(n):
                new = RHO * ar[low + i] + innovation * x[i]
                ar[low + i] = ar[low + i] if gone[low + i] else new
                x[i] = ar[low + i]
            fill_exp(n, x, y, power)
            fill_bits(low, n, keys[1], entity, month, word)
            for i in range(n):
                hardship = max(0.0, 1.0 - MEDIAN * y[i])
                seen = float(word[i] >> shift) * unit < SIGHT and not before[(low + i) // CIRCLE * CIRCLE]
                paid = max(hardship - TARGET, 0.0) if seen else 0.0
                new = smoothed[low + i] + (hardship - paid - smoothed[low + i]) / MEMORY
                smoothed[low + i] = smoothed[low + i] if gone[low + i] else new
                x[i] = ALPHA * smoothed[low + i]
            fill_exp(n, x, y, power)
            for i in range(n):
                y[i] = -BASE * y[i]
            fill_exp(n, y, x, power)
            fill_bits(low, n, keys[2], entity, month, word)
            for i in range(n):
                gone[low + i] = gone[low + i] or float(word[i] >> shift) * unit < 1.0 - x[i]

    return month_of


RUNS: dict[str, Callable[[int, int, int], Result]] = {
    "mesa": run_mesa,
    "mesa-frames": run_mesa_frames,
    "starsim": run_starsim,
    "yeonjwa": run_yeonjwa,
}


def work(framework: str, agents: int, months: int, repeats: int) -> dict[str, Any]:
    """Medians in this process: nanoseconds an agent and month, and the share that has left."""
    from importlib.metadata import version

    run = RUNS[framework]
    run(1000, 3, 0)
    results = [run(agents, months, seed) for seed in range(1, repeats + 1)]
    return {
        "framework": framework,
        "version": version(framework) if framework != "yeonjwa" else "this tree",
        "agents": agents,
        "months": months,
        "ns_per_person_month": statistics.median(seconds for seconds, _ in results) / agents / months * 1e9,
        "left": statistics.median(left for _, left in results),
    }


def main() -> int:
    """Every framework in a process of its own; prints a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peers", default=sys.executable, help="a Python with mesa, mesa-frames, starsim")
    parser.add_argument("--agents", type=int, help="agents in each; by default fewer in Mesa")
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--worker", choices=FRAMEWORKS)
    asked = parser.parse_args()
    if asked.worker:
        agents = asked.agents or AGENTS[asked.worker]
        print(json.dumps(work(asked.worker, agents, asked.months, asked.repeats)))
        return 0
    one = dict.fromkeys(("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "POLARS_MAX_THREADS"), "1")
    rows = []
    for framework in FRAMEWORKS:
        python = sys.executable if framework == "yeonjwa" else asked.peers
        line = [python, __file__, "--worker", framework, "--months", str(asked.months)]
        line += ["--repeats", str(asked.repeats)] + (["--agents", str(asked.agents)] if asked.agents else [])
        done = subprocess.run(line, capture_output=True, text=True, env={**os.environ, **one}, check=False)
        if done.returncode:
            print(f"{framework}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
            continue
        rows.append(json.loads(done.stdout.strip().splitlines()[-1]))
    own = next((row["ns_per_person_month"] for row in rows if row["framework"] == "yeonjwa"), math.nan)
    text = [
        "| Framework | Version | Agents | ns a person-month | Times ours | Left |",
        "|---|---|---|---|---|---|",
    ]
    text += [
        f"| {r['framework']} | {r['version']} | {r['agents']:,} | {r['ns_per_person_month']:,.1f} | "
        f"{r['ns_per_person_month'] / own:,.1f} | {r['left']:.3f} |"
        for r in rows
    ]
    print("\n".join(text))
    if asked.out:
        asked.out.mkdir(parents=True, exist_ok=True)
        (asked.out / "abm.json").write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
        (asked.out / "abm.md").write_text("\n".join(text) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
