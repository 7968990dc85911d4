"""Persons ever born a second, against SOCSIM (the R package rsocsim, if the reader has installed it).

    python benchmarks/rsocsim.py                                   # 10 thousand living
    python benchmarks/rsocsim.py --living 10000 100000 --json      # 100 thousand takes SOCSIM a minute or two
    python benchmarks/rsocsim.py --library FOLDER                  # where R finds rsocsim, if not by itself

Both start in 1850 with people who are unrelated, hold the fertility of 1950 and the mortality of 1955 until 1949, and
then follow the rates of each year to the end of 2021; both have the same boys per girl. In SOCSIM births need no
union: a partner is found when an unmarried woman bears, never a parent, aunt or uncle, sibling or first cousin (this cannot
be turned off), and births keep ten months apart. Four modes of yeonjwa stand beside it: *plain* has neither partners
nor intervals nor avoidance; *no avoidance* has unions with remarriage and intervals; *first cousins* also avoids spouses
within four chon, as SOCSIM does; *default* within eight. Founders are chosen so that about as many are alive at the
end. R's start and yeonjwa's imports and compiled code are timed apart; seconds are processor time of one thread.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

#: Living at the end for each founder of SOCSIM, by these rates.
GROWTH = 17.5
START, FIRST_RATES, END = 1850, 1950, 2021
BOYS_PER_GIRL = 1.06
STATES = ("married", "single", "divorced", "widowed")
#: Modes of yeonjwa: the degree within which spouses are avoided, None for the plain mode.
MODES = {"plain": None, "no avoidance": 0, "first cousins": 4, "default": 8}


def rates() -> Any:
    """The rates of both: United Nations 1950-2021, before that fertility of 1950 with mortality of 1955."""
    import yeonjwa.demography
    from yeonjwa.demography.rates import Rates, read_rates

    un = read_rates(Path(yeonjwa.demography.__file__).parent / "data" / "prk")
    asfr = np.concatenate([un.asfr[:1], un.asfr])
    qx = np.concatenate([un.qx[un.row(1955)][None], un.qx])
    return Rates(un.first_year - 1, un.last_year, asfr, qx, np.full(asfr.shape[0], BOYS_PER_GIRL))


def write_socsim(folder: Path, founders: int) -> None:
    """The files of one run: rates of each year, founders, and what is to be done."""
    table = rates()
    for year in range(FIRST_RATES - 1, END + 1):
        row = table.row(year)
        asfr, lines = np.zeros(100), ["* SOCSIM fails on a file that begins with rates"]
        asfr[: table.asfr.shape[1]] = table.asfr[row]
        for state in STATES:
            lines.append(f"birth 1 F {state} 0")
            lines += [f"{age + 1} 0 {rate / 12:.10f}" for age, rate in enumerate(asfr)]
        (folder / f"fertility{year}").write_text("\n".join(lines) + "\n")
        lines = ["* deaths"]
        for sex, name in ((0, "F"), (1, "M")):
            q = np.clip(table.qx[row, sex], 0, 0.999999)
            monthly = 1 - (1 - q) ** (1 / 12)
            for state in STATES:
                lines.append(f"death 1 {name} {state}")
                lines += [f"{age + 1} 0 {rate:.10f}" for age, rate in enumerate(monthly[:100])]
        (folder / f"mortality{year}").write_text("\n".join(lines) + "\n")
    rng = np.random.default_rng(1)
    born = rng.integers(600, 1201, founders)
    female = rng.integers(0, 2, founders)
    people = [f"{i + 1} {female[i]} 1 0 {born[i]} 0 0 0 0 0 0 1 0 0" for i in range(founders)]
    (folder / "init.opop").write_text("\n".join(people) + "\n")
    share = BOYS_PER_GIRL / (1 + BOYS_PER_GIRL)
    head = ["marriage_queues 1", "bint 10", "hetfert 0", f"proportion_male {share:.6f}"]
    head += [f"segments {END - FIRST_RATES + 2}", "marriage_eval distribution", "marriage_after_childbirth 1"]
    head += ["input_file init"]
    spans = [(12 * (FIRST_RATES - START), FIRST_RATES - 1), *((12, y) for y in range(FIRST_RATES, END + 1))]
    for months, year in spans:
        head += [f"duration {months}", f"include fertility{year}", f"include mortality{year}", "run"]
    (folder / "run.sup").write_text("\n".join(head) + "\n")


def r_call(script: str, library: str | None) -> dict[str, float]:
    """CPU and wall seconds, and peak memory (MB), of an R process."""
    environment = dict(os.environ)
    if library:
        environment["R_LIBS"] = library
    wall, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["Rscript", "-e", script], env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "cpu_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "wall_s": time.perf_counter() - wall,
        "peak_mb": after.ru_maxrss / 1024,
    }


def socsim(living: int, seed: int, library: str | None) -> dict[str, Any]:
    """One run of SOCSIM, with the start of R and loading the package apart."""
    start = r_call("library(rsocsim)", library)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_socsim(folder, round(living / GROWTH))
        call = f"library(rsocsim); rsocsim::socsim('{folder}', 'run.sup', seed='{seed}')"
        whole = r_call(call, library)
        (result,) = folder.glob("sim_results_*/result.opop")
        people = np.loadtxt(result, usecols=(4, 12), dtype=np.int64)
    return {
        "persons_ever": int(people.shape[0]),
        "living": int((people[:, 1] == 0).sum()),
        "start_s": start["cpu_s"],
        "cpu_s": whole["cpu_s"] - start["cpu_s"],
        "peak_mb": whole["peak_mb"],
    }


def yeonjwa(living: int, mode: str, repeats: int) -> dict[str, Any]:
    """Medians of runs in a process of its own, after a small one that compiles or reads the cache."""
    call = [sys.executable, __file__, "--child", str(living), mode, str(repeats)]
    result: dict[str, Any] = json.loads(subprocess.run(call, check=True, capture_output=True).stdout)
    return result


def child(living: int, mode: str, repeats: int) -> dict[str, Any]:
    """What the child process does."""
    begun = time.process_time()
    from yeonjwa.core.calendar import month_index
    from yeonjwa.evidence.parameters import load
    from yeonjwa.genealogy.simulate import simulate

    warnings.simplefilter("ignore")
    last, parameters, table = month_index(END, 12), load(), rates()
    degree = MODES[mode]
    if degree is not None:
        parameters = parameters.with_value("union.forbidden_degree", month_index(START), degree)
    call: dict[str, Any] = {
        "at": last,
        "last": last,
        "start_year": START,
        "plain": degree is None,
        "threads": 1,
    }
    simulate(table, parameters, living=500, seed=0, **call)
    start = time.process_time() - begun
    seconds, people = [], []
    for seed in range(1, repeats + 1):
        begun = time.process_time()
        pedigree = simulate(table, parameters, living=living, seed=seed, **call)
        seconds.append(time.process_time() - begun)
        people.append((pedigree.num_persons, pedigree.num_living(last)))
    return {
        "persons_ever": statistics.median(p for p, _ in people),
        "living": statistics.median(n for _, n in people),
        "start_s": start,
        "cpu_s": statistics.median(seconds),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--living", type=int, nargs="+", default=[10_000])
    parser.add_argument("--library", help="folder in which R finds rsocsim")
    parser.add_argument("--repeats", type=int, default=5, help="runs of yeonjwa; SOCSIM runs once a seed")
    parser.add_argument("--seeds", type=int, default=1, help="runs of SOCSIM")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        living, mode, repeats = options.child
        print(json.dumps(child(int(living), mode, int(repeats))))
        return
    if importlib.util.find_spec("yeonjwa") is None:
        sys.exit("yeonjwa is not installed")
    try:
        r_call("library(rsocsim)", options.library)
    except (FileNotFoundError, subprocess.CalledProcessError):
        sys.exit(
            "R with the package rsocsim is missing: see https://github.com/MPIDR/rsocsim; nothing was measured"
        )
    rows = []
    for living in options.living:
        runs = [socsim(living, seed, options.library) for seed in range(1, options.seeds + 1)]
        other = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        for mode in MODES:
            own = yeonjwa(living, mode, options.repeats)
            ratio = (own["persons_ever"] / own["cpu_s"]) / (other["persons_ever"] / other["cpu_s"])
            rows.append({"asked": living, "mode": mode, "ratio": ratio, "yeonjwa": own, "rsocsim": other})
    if options.json:
        print(json.dumps({"load": os.getloadavg(), "rows": rows}, indent=1))
        return
    print(
        "| living asked | mode | yeonjwa: persons, cpu s, start s, MB | rsocsim: the same | persons a second, ratio |"
    )
    print("|---|---|---|---|---|")
    for row in rows:
        cells = [
            f"{r['persons_ever']:,.0f}, {r['cpu_s']:.3f}, {r['start_s']:.1f}, {r['peak_mb']:.0f}"
            for r in (row["yeonjwa"], row["rsocsim"])
        ]
        print(f"| {row['asked']:,} | {row['mode']} | {cells[0]} | {cells[1]} | {row['ratio']:.0f} |")


if __name__ == "__main__":
    main()
