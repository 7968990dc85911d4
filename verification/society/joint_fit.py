"""What the model gives beside the record and the trial: arrivals by period, women, families, ties, recalls, camps, refusals.

    python -m verification.society.joint_fit scales.jsonl ...

reads files of lines of ``verification/society/scales.py``. All runs are pooled, each weighted by its size: together they hold
nearly as many people as the country. Refusals, which a small country biases, are taken from scale 0.05 up. Writes
``joint_fit.csv`` beside this file and prints the table of docs/joint_fit.md.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from yeonjwa.report.record import arrivals, women_share

FOLDER = Path(__file__).parent
FIRST_YEAR = 2005
FITTED = (*range(2005, 2012), 2013, 2014, 2015)
FEAR = ("liability", "hint", "threat")
Runs = Sequence[dict[str, Any]]
Years = Sequence[int]


def at(run: dict[str, Any], cells: Sequence[str], years: Years, kind: str = "yearly") -> float:
    """Sum over cells of the mean over years."""
    places = [year - FIRST_YEAR for year in years]
    return sum(
        float(np.mean([run[kind][cell][place] for place in places])) for cell in cells if cell in run[kind]
    )


def pooled(runs: Runs, value: Callable[[dict[str, Any]], float]) -> tuple[float, float]:
    """Mean of runs weighted by their size, and its standard error by the law of scale."""
    weights = np.array([run["scale"] for run in runs])
    values = np.array([value(run) for run in runs])
    mean = float((weights * values).sum() / weights.sum())
    unit = float((weights * (values - mean) ** 2).sum() / (len(runs) - 1))
    return mean, math.sqrt(unit / float(weights.sum()))


def share(runs: Runs, above: Sequence[str], below: Sequence[str], years: Years) -> tuple[float, float]:
    """Ratio of pooled sums, and its standard error to first order."""
    top, bottom = (pooled(runs, lambda run, c=cells: at(run, c, years))[0] for cells in (above, below))
    ratio = top / bottom
    _, error = pooled(runs, lambda run: (at(run, above, years) - ratio * at(run, below, years)) / bottom)
    return ratio, error


def total(measure: str) -> list[str]:
    """The cell of a measure's total."""
    return [f"{measure}|total|total"]


def table(runs: Runs) -> list[tuple[str, str, str, str, str]]:
    """Rows: quantity, use, record or target, trial, model."""
    rows: list[tuple[str, str, str, str, str]] = []

    def number(name: str, use: str, target: str, trial: str, found: tuple[float, float]) -> None:
        rows.append((name, use, target, trial, f"{_short(found[0])} ± {_short(found[1], 2)}"))

    def percent(name: str, use: str, target: str, trial: str, found: tuple[float, float]) -> None:
        mean, error = (100 * value for value in found)
        rows.append((name, use, target, trial, f"{mean:.3g} ± {error:.1g} %"))

    record = {row.year: row.value for row in arrivals()}
    women = {row.year: row.value for row in women_share()}
    for first, last, use, trial in (
        (2005, 2011, "fitted", "2,420"), (2013, 2015, "fitted", "1,320 (2013-16)"), (2016, 2019, "held out", ""),
        (2017, 2019, "held out", "770"), (2020, 2023, "not used", "0"),
    ):  # fmt: skip
        years = range(first, last + 1)
        target = _short(sum(record[y] for y in years) / len(years))
        found = pooled(runs, lambda run, y=years: at(run, total("flight.arrivals"), y))
        number(f"arrivals a year, {first}-{last}", use, target, trial, found)
    arrived = total("flight.arrivals")
    recorded = sum(women[y] * record[y] for y in FITTED) / sum(record[y] for y in FITTED)
    percent(
        "women, fitted years", "fitted", f"{100 * recorded:.0f} %", "74 %",
        share(runs, ["flight.arrivals|sex|female"], arrived, FITTED),
    )  # fmt: skip
    north_east = [f"flight.arrivals|province|{p}" for p in ("n_hamgyong", "ryanggang")]
    percent(
        "two north-eastern provinces",
        "looked at",
        "60-77 %",
        "70 %",
        share(runs, north_east, arrived, FITTED),
    )
    families = share(runs, total("flight.family_arrivals"), arrived, FITTED)
    percent("in family units", "fitted", "38-54 %", "42 %", families)
    china = pooled(
        runs, lambda run: at(run, [*total("flight.settled"), *total("flight.in_transit")], [2013], "ends")
    )
    number("in China without papers, end of 2013", "looked at", "20,000-100,000", "55,000", china)
    for year, target, trial in (
        (2009, "154,000", "101,000"),
        (2013, "100,000", "88,000"),
        (2024, "59,000 (2025)", "60,000"),
    ):
        stock = pooled(runs, lambda run, y=year: at(run, total("camp.stock"), [y], "ends"))
        number(f"held in camps, end of {year}", "looked at", f"{target}; rivals near 200,000", trial, stock)
    every = range(2005, 2025)
    association = share(runs, total("camp.family_intake"), total("camp.intake"), every)
    percent("taken to camps as families", "looked at", "28-40 %", "41 %", association)
    recalls = pooled(runs, lambda run: at(run, total("recall.flight"), every))
    number(
        "recalls because kin fled, a year", "looked at", "tens to hundreds", "49 (3 chon), 145 (4)", recalls
    )
    ties = total("support.poor_ties")
    for words, trial, paid in (
        (
            "out of fear, a hint or a threat",
            "4.2 %",
            [f"support.transfers|motive|{motive}" for motive in FEAR],
        ),
        ("for any reason", "", total("support.transfers")),
    ):
        for span in (range(2005, 2012), range(2012, 2020)):
            name = f"months in which a poor tie is paid {words}, {span[0]}-{span[-1]}"
            percent(name, "looked at", "not 0, not all", trial, share(runs, paid, ties, span))
    signals, bluff = [*total("signal.hints"), *total("signal.threats")], total("signal.bluff")
    for span in (range(2005, 2012), range(2012, 2020)):
        genuine = pooled(runs, lambda run, s=span: at(run, signals, s) - at(run, bluff, s))
        number(f"hints by planners a year, {span[0]}-{span[-1]}", "looked at", "a minority", "6,100", genuine)
    for span, trial in ((range(2005, 2012), "112,000"), (range(2012, 2020), "167,000")):
        found = pooled(runs, lambda run, s=span: at(run, bluff, s))
        number(
            f"hints and threats without a plan a year, {span[0]}-{span[-1]}",
            "looked at",
            "a minority",
            trial,
            found,
        )
    percent("hints and threats that are paid, 2012-2019", "looked at", "a minority", "43 %",
            share(runs, total("signal.paid"), signals, range(2012, 2020)))  # fmt: skip
    large = [run for run in runs if run["scale"] >= 0.05]
    for post, depth, trial in (
        ("administrator", 4, "18 %"), ("official", 6, "28 %"), ("security", 8, "35 %"), ("expatriate", 8, "36 %"),
    ):  # fmt: skip
        checked = share(large, [f"vetting.refused|post|{post}"], [f"vetting.checked|post|{post}"], every)
        percent(f"refused, {post} ({depth} chon)", "looked at", "not all", trial, checked)
    return rows


def _short(value: float, digits: int = 3) -> str:
    rounded = float(f"{value:.{digits}g}")
    return f"{rounded:,.0f}" if abs(value) >= 100 else f"{rounded:g}"


def main() -> int:
    """Write and print the table."""
    runs = [json.loads(line) for name in sys.argv[1:] for line in Path(name).read_text("utf-8").splitlines()]
    rows = table(runs)
    head = ("quantity", "use", "record or target", "trial", "model")
    with (FOLDER / "joint_fit.csv").open("w", encoding="utf-8", newline="") as target:
        csv.writer(target, lineterminator="\n").writerows([head, *rows])
    for row in (head, ("---",) * 5, *rows):
        print("| " + " | ".join(row) + " |")
    sizes = [run["scale"] for run in runs]
    print(f"{len(runs)} runs, together {sum(sizes):.2f} of the country", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
