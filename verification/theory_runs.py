"""What the set-ups of ``docs/theory.md`` say, in runs of the whole country: severity, hints, believed risk.

Run from the root of the project::

    python -m verification.theory_runs --scale 0.01 --seeds 3

It simulates one genealogy a seed, plays the society over it once for each arm, and writes the folder ``verification/theory``:
``severity.csv``, ``hints.csv``, ``beliefs.csv``, two figures. The arms share every draw that a change does not touch.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from yeonjwa.core.calendar import month_index
from yeonjwa.core.parameters import Parameters
from yeonjwa.demography.rates import country
from yeonjwa.evidence.parameters import load
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.genealogy.simulate import simulate as simulate_genealogy
from yeonjwa.report import figures, theory
from yeonjwa.society.codes import MOTIVES, PROVINCES
from yeonjwa.society.engine import SocietyResult, simulate
from yeonjwa.society.stylised.findings import Demonstration, Panel, curve

FOLDER = Path(__file__).parent / "theory"
FIRST, LAST = month_index(2005, 1), month_index(2012, 12)
SPINUP = 60
START = month_index(1985, 1)
LEVELS = (0.0, 0.15, 0.5, 1.0)
#: Arms of severity: where the banished go, and how much they want to leave.
PLACES: dict[str, dict[str, Any]] = {
    "shipped": {},
    "all within the county, backfire 2.5": {"flight.banished_interior": 0.0, "flight.backfire": 2.5},
}
SILENT: dict[str, Any] = {
    "hint.genuine": 0.0, "hint.opportunity": 0.0, "threat.genuine": 0.0, "threat.opportunity": 0.0,
}  # fmt: skip
Row = dict[str, Any]


def main() -> None:
    """Every arm of every seed, then tables and figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", type=float, default=0.01)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    severity: list[Row] = []
    hints: list[Row] = []
    beliefs: list[Row] = []
    for seed in range(1, given.seeds + 1):
        pedigree = genealogy(given.scale, seed)
        for place, changes in PLACES.items():
            for level in LEVELS:
                result = play(pedigree, {**changes, "sanction.banish_flight": level}, given.scale, seed)
                severity.append({"seed": seed, "place": place, "banish_flight": level, **flights(result)})
                if place == "shipped" and level == 0.15:
                    hints.append({"seed": seed, "arm": "shipped", **support(result)})
                    beliefs += believed(result, seed)
        hints.append(
            {"seed": seed, "arm": "nobody hints", **support(play(pedigree, SILENT, given.scale, seed))}
        )
        write("severity.csv", severity)
        write("hints.csv", hints)
        write("beliefs.csv", beliefs)
        draw(severity, beliefs)


def genealogy(scale: float, seed: int) -> Pedigree:
    """The genealogy of a seed."""
    inputs = load()
    living = round(scale * inputs.number("population.living", month_index(2005, 1)))
    return simulate_genealogy(
        country("PRK", inputs), inputs, living=living, at=month_index(2005, 1), seed=seed, last=LAST
    )


def play(pedigree: Pedigree, changes: Mapping[str, Any], scale: float, seed: int) -> SocietyResult:
    """The society over a genealogy, with some parameters changed from the first date on."""
    start = time.perf_counter()
    inputs: Parameters = load()
    for path, value in changes.items():
        inputs = inputs.with_value(path, START, value)
    result = simulate(pedigree, inputs, seed=seed, scale=scale, first=FIRST, last=LAST, spinup_months=SPINUP)
    print(f"{changes}: {time.perf_counter() - start:.0f} s", flush=True)
    return result


def total(result: SocietyResult, measure: str, dimension: str = "total", level: str = "total") -> np.ndarray:
    """One cell of the series, month by month."""
    s = result.series
    rows = (s["measure"] == measure) & (s["dimension"] == dimension) & (s["level"] == level)
    return np.asarray(s["value"][rows])


def flights(result: SocietyResult) -> Row:
    """Attempts, of which by households banished before, and households sent away, over the recorded years."""
    kinds = result.events["kind"]
    border = sum(total(result, "flight.attempts", "province", p).sum() for p in ("n_hamgyong", "ryanggang"))
    assert set(PROVINCES) >= {"n_hamgyong", "ryanggang"}
    return {
        "attempts": round(float(total(result, "flight.attempts").sum())),
        "attempts_border": round(float(border)),
        "follow_on": round(float(total(result, "flight.follow_on").sum())),
        "banished_persons_in_run": int((kinds == "banishment").sum()),
    }


def support(result: SocietyResult) -> Row:
    """Support by motive (baskets a month) and attempts."""
    months = LAST - FIRST + 1
    rows = {m: float(total(result, "support.amount", "motive", m).sum()) / months for m in MOTIVES[:4]}
    fear = rows["liability"] + rows["hint"] + rows["threat"]
    carried = (rows["hint"] + rows["threat"]) / fear if fear else float("nan")
    return {
        **{name: round(value) for name, value in rows.items()},
        "share_carried_by_signals": round(carried, 3),
        "attempts": round(float(total(result, "flight.attempts").sum())),
    }


def believed(result: SocietyResult, seed: int) -> list[Row]:
    """Believed and true chance, mean of each year."""
    perceived, true = total(result, "belief.perceived"), total(result, "belief.true")
    years = perceived.size // 12
    return [
        {
            "seed": seed,
            "year": 2005 + y,
            "perceived": round(float(perceived[12 * y : 12 * y + 12].mean()), 4),
            "true": round(float(true[12 * y : 12 * y + 12].mean()), 4),
        }
        for y in range(years)
    ]


def write(name: str, rows: Sequence[Row]) -> None:
    """A table."""
    with (FOLDER / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def draw(severity: Sequence[Row], beliefs: Sequence[Row]) -> None:
    """Flights against severity, a mark for each seed; believed against true risk, mean of the seeds."""
    curves, lines = [], []
    for place in PLACES:
        rows = [r for r in severity if r["place"] == place]
        base = {r["seed"]: r["attempts_border"] for r in rows if r["banish_flight"] == 0}
        x, y = zip(*((r["banish_flight"], r["attempts_border"] / base[r["seed"]]) for r in rows), strict=True)
        curves.append(curve(place, "model", x, y))
    years = sorted({r["year"] for r in beliefs})
    for name, kind in (("perceived", "model"), ("true", "theory")):
        mean = [np.mean([r[name] for r in beliefs if r["year"] == year]) for year in years]
        lines.append(curve("believed" if kind == "model" else "true", kind, years, mean))
    panels = (
        Panel(
            "Attempts at the border",
            "chance that kin are banished",
            "as a multiple of none banished",
            tuple(curves),
        ),
        Panel("Believed and true risk", "year", "chance that kin are punished", tuple(lines)),
    )
    figures.save(theory.figure(Demonstration("runs", "Runs of the country", (), panels)), FOLDER / "runs.svg")


if __name__ == "__main__":
    main()
