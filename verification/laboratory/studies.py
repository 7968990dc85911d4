"""The studies of this folder, from the runs that :mod:`verification.laboratory.runs` made: tables, figures, numbers.

    python -m verification.laboratory.studies ridge peers calibration \\
        --keep verification/laboratory/runs.jsonl.gz --figures docs/studies

The runs that the documents rest on are kept there, by year.

Each study prints what it found as JSON and writes its table beside this file.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import math
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from yeonjwa.laboratory import design as designs
from yeonjwa.laboratory import sensitivity
from yeonjwa.laboratory.calibrate import emulator, folder, history, targets
from yeonjwa.laboratory.calibrate.information import Moment, breaking, information
from yeonjwa.laboratory.calibrate.posterior import log_likelihood, weighted_quantiles
from yeonjwa.laboratory.calibrate.yearly import Yearly
from yeonjwa.laboratory.design import hypercube
from yeonjwa.report import figures
from yeonjwa.report import ridge as drawn

from .runs import FREE
from .runs import ridge as ridge_points

HERE = Path(__file__).parent
PAIRED = HERE.parent / "society" / "common_random_numbers.csv"
LATE = (2013, 2014, 2015, 2016)
#: Chance to be stopped at the river from 2012 in the baseline: the middle of the cross.
BORDER = next(p for p in ridge_points() if p.name == "cross0").values["border.interdiction@2012-01..2019-12"]


def main(arguments: list[str]) -> None:
    """Print the studies asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("studies", nargs="+", choices=("ridge", "peers", "calibration"))
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--figures", type=Path, required=True)
    options = parser.parse_args(arguments)
    options.figures.mkdir(parents=True, exist_ok=True)
    with gzip.open(options.keep, "rt") if options.keep.suffix == ".gz" else options.keep.open() as file:
        found = [json.loads(line) for line in file]
    rows = list({(row["name"], row["seed"]): row for row in found}.values())
    studies = {"ridge": ridge, "peers": peers, "calibration": calibration}
    for study in options.studies:
        print(json.dumps({study: studies[study](rows, options.figures)}, indent=1))


def late(run: Yearly, cell: str) -> float:
    """Sum of a cell over 2013 to 2016."""
    return float(run.of(cell, LATE).sum())


def moments_of(run: Yearly) -> dict[str, float]:
    """What could be recorded of 2013 to 2016, on the scale on which an error of a tenth is a tenth."""
    attempts, arrivals = late(run, "flight.attempts"), late(run, "flight.arrivals")
    return {
        "arrivals": math.log(arrivals),
        "attempts": math.log(attempts),
        "caught at the river, share": math.log(late(run, "flight.interdicted") / attempts),
        "support given": math.log(late(run, "support.amount")),
        "support given out of fear": math.log(
            sum(late(run, f"support.amount/motive/{motive}") for motive in ("liability", "hint", "threat"))
        ),
        "demands paid": math.log(late(run, "signal.paid")),
        "family share": math.log(max(late(run, "flight.family_arrivals"), 1.0) / arrivals),
    }


def ridge(rows: list[dict[str, Any]], place: Path) -> dict[str, Any]:
    """Severity against border control after 2011: slopes, information, what breaks the ridge."""
    runs: dict[str, dict[int, dict[str, float]]] = defaultdict(dict)
    for row in rows:
        if row["name"].startswith("cross"):
            runs[row["name"]][row["seed"]] = moments_of(Yearly.from_dict(row))
    names = list(moments_of(Yearly.from_dict(rows[-1]))) if rows else []
    # A unit of severity is the step of 2012 as the baseline has it; a unit of border is ten points of interdiction.
    pairs = {"severity": [("cross0", "cross1", 1.0), ("cross2", "cross0", 1.0)], "border": []}
    pairs["border"] = [("cross4", "cross0", 1.0), ("cross0", "cross3", 1.0)]
    slopes: dict[str, dict[str, tuple[float, float, int]]] = {}
    for parameter, between in pairs.items():
        slopes[parameter] = {}
        for name in names:
            found = [
                (runs[a][seed][name] - runs[b][seed][name]) / step
                for a, b, step in between
                for seed in sorted(set(runs[a]) & set(runs[b]))
            ]
            sd = float(np.std(found, ddof=1)) if len(found) > 1 else math.nan
            slopes[parameter][name] = (float(np.mean(found)), sd / math.sqrt(len(found)), len(found))
    for name, cell in (("arrivals", "flight.arrivals"), ("attempts", "flight.attempts"), ("support given", "support.amount"),
                       ("demands paid", "signal.paid")):  # fmt: skip
        slopes["severity"][name] = paired(cell)
    table = HERE / "ridge_slopes.csv"
    with table.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["moment", "severity", "se", "pairs", "border", "se", "pairs"])
        for name in names:
            writer.writerow(
                [name, *map(_short, slopes["severity"][name]), *map(_short, slopes["border"][name])]
            )
    sd = 0.1
    moments = {
        name: Moment(name, (slopes["severity"][name][0], slopes["border"][name][0]), sd) for name in names
    }
    both = ("severity", "border")
    alone = information(both, [moments["arrivals"]])
    further = breaking(both, [moments["arrivals"]], [m for n, m in moments.items() if n != "arrivals"])
    answer: dict[str, Any] = {
        "slopes": {p: {n: list(map(_short, v)) for n, v in by.items()} for p, by in slopes.items()},
        "arrivals alone": _told(alone),
        **{f"arrivals and {name}": _told(found) for name, found in further},
        "all": _told(information(both, list(moments.values()))),
        "slopes over the plane": over_the_plane(rows),
    }
    shown = [("arrivals alone", math.inf)]
    shown += [(f"with {name}", float(found.errors()[0])) for name, found in further]
    about = "Standard error of the severity step, in steps, by what is known besides arrivals."
    figures.save(drawn.errors(shown, most=8.0, unit="steps", description=about), place / "ridge_errors.svg")
    figures.save(_plane(moments), place / "ridge_plane.svg")
    figures.save(_plane(moments), place / "ridge_plane.png")
    figures.save(drawn.errors(shown, most=8.0, unit="steps", description=about), place / "ridge_errors.png")
    return answer


def over_the_plane(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Slopes by least squares over the points of the plane, with standard errors: runs of one seed, apart from the cross."""
    points = [row for row in rows if row["name"].startswith("plane")]
    if len(points) < 4:
        return {}
    found = [moments_of(Yearly.from_dict(row)) for row in points]
    values = [list(row["values"].values()) for row in points]
    at = np.array([[1.0, s - 1, (b - BORDER) / 0.1] for s, b in values])
    answer = {}
    for name in found[0]:
        y = np.array([moments[name] for moments in found])
        slopes = np.linalg.lstsq(at, y, rcond=None)[0]
        rest = float(((y - at @ slopes) ** 2).sum() / (len(y) - 3))
        errors = np.sqrt(rest * np.diag(np.linalg.inv(at.T @ at)))
        answer[name] = {
            "severity": [_short(slopes[1]), _short(errors[1])],
            "border": [_short(slopes[2]), _short(errors[2])],
        }
    return answer


def paired(cell: str) -> tuple[float, float, int]:
    """Log ratio of the baseline to flat severity over 2013 to 2016, its standard error, and pairs: twenty seeds at 0.01."""
    by: dict[str, dict[str, float]] = defaultdict(dict)
    with PAIRED.open() as file:
        for row in csv.DictReader(file):
            by[row["seed"]][row["arm"]] = float(row[cell])
    logs = [math.log(arms["baseline"] / arms["severity_flat"]) for arms in by.values()]
    return float(np.mean(logs)), float(np.std(logs, ddof=1) / math.sqrt(len(logs))), len(logs)


def _plane(moments: dict[str, Moment]) -> dict[str, Any]:
    """Implausibility over the plane by the measured slopes, from the baseline's own records."""
    severities, borders = np.linspace(0, 3, 46), np.linspace(BORDER - 0.15, BORDER + 0.15, 46)
    panels = ("arrivals alone", "with all support", "with support out of fear")
    sets = ([], ["support given"], ["support given out of fear"])
    rows = []
    for panel, extra in zip(panels, sets, strict=True):
        for s in severities:
            for b in borders:
                worst = max(
                    abs(m.slopes[0] * (s - 1) + m.slopes[1] * (b - BORDER) / 0.1) / m.sd
                    for m in (moments[n] for n in ["arrivals", *extra])
                )
                rows.append({"panel": panel, "x": float(s), "y": float(b), "implausibility": worst})
    return drawn.plane(
        rows,
        panels=panels,
        x_title="severity step of 2012",
        y_title="stopped at the river, 2012-2019",
        steps=(float(severities[1] - severities[0]), float(borders[1] - borders[0])),
        description="Pairs of severity and border control that arrivals cannot tell apart run from end to end of the plane; "
        "a record of what is given out of fear cuts the ridge; one of all support does not.",
    )


def _told(found: Any) -> dict[str, Any]:
    errors = [float(f"{e:.3g}") if math.isfinite(e) else "infinite" for e in found.errors()]
    return {
        "errors": errors,
        "condition": float(f"{found.condition:.2g}"),
        "ridge": [float(f"{v:.3g}") for v in found.ridge],
    }


def _short(value: float) -> float:
    return float(f"{value:.4g}")


#: Blocks of years in which a small country has enough arrivals to be compared.
BLOCKS = ((1998, 2000), (2001, 2003), (2004, 2006), (2007, 2009), (2010, 2011), (2012, 2014))


def peers(rows: list[dict[str, Any]], place: Path) -> dict[str, Any]:
    """The years of Dukalskis, Elkink and Xiong, with and without kin liability."""
    from yeonjwa.laboratory.intercept import recorded_arrivals

    recorded = recorded_arrivals(range(1998, 2015))
    runs: dict[str, list[Yearly]] = defaultdict(list)
    for row in rows:
        if row["name"].split(".")[0] in ("baseline", "liability_off"):
            runs[row["name"]].append(Yearly.from_dict(row))
    answer: dict[str, Any] = {}
    lines = []
    for name, found in sorted(runs.items()):
        years = found[0].years
        arrivals = np.mean([run.of("flight.arrivals", years) for run in found], axis=0)
        attempts = np.mean([run.of("flight.attempts", years) for run in found], axis=0)
        at = {year: i for i, year in enumerate(years)}
        block = {
            f"{a}-{b}": (
                float(np.mean([recorded[y] for y in range(a, b + 1)])),
                float(np.mean([arrivals[at[y]] for y in range(a, b + 1)])),
            )
            for a, b in BLOCKS
        }
        log = np.array([math.log((m + 20) / (r + 20)) for r, m in block.values()])
        level = math.log(
            sum(recorded[y] for y in range(2005, 2012))
            / max(sum(arrivals[at[y]] for y in range(2005, 2012)), 1)
        )
        levelled = np.array([math.log((m * math.exp(level) + 20) / (r + 20)) for r, m in block.values()])
        through = {
            f"{a}-{b}": _short(
                sum(arrivals[at[y]] for y in range(a, b + 1))
                / max(sum(attempts[at[y]] for y in range(a, b + 1)), 1)
            )
            for a, b in ((1992, 1997), *BLOCKS)
        }
        belief = {
            str(y): [
                _short(float(np.mean([run.of(f"belief.{w}", [y]) for run in found])))
                for w in ("perceived", "true")
            ]
            for y in (1992, 1998, 2004, 2010, 2014)
        }
        answer[name] = {
            "seeds": len(found),
            "a year, recorded and run": {k: [round(r), round(m)] for k, (r, m) in block.items()},
            "log error": _short(float(np.sqrt((log**2).mean()))),
            "level": _short(level),
            "log error, level set on 2005-11": _short(float(np.sqrt((levelled**2).mean()))),
            "arrivals per attempt": through,
            "believed and true chance": belief,
        }
        if name.endswith(".dated") or name == "baseline.all_flat":
            lines += [
                {"x": y, "y": float(a) * math.exp(level), "series": name}
                for y, a in zip(years, arrivals, strict=True)
            ]
    marks = [{"x": y, "y": n, "use": "estimate", "low": None, "high": None} for y, n in recorded.items()]
    shown = [
        ("baseline.dated", "kin answer"),
        ("liability_off.dated", "nobody answers"),
        ("baseline.all_flat", "flat border"),
    ]
    shown = [s for s in shown if s[0] in runs]
    if shown:
        about = "Arrivals a year, 1992 to 2014, level set on 2005 to 2011, beside the record."
        spec = figures.lines(lines, unit="arrivals a year", description=about, series=shown, recorded=marks)
        figures.save(spec, place / "peers.svg")
        figures.save(spec, place / "peers.png")
    return answer


def calibration(rows: list[dict[str, Any]], place: Path) -> dict[str, Any]:
    """The first wave of the real model: what is left, the score of held-out years, and the recovery of its own points."""
    wave = [{**row, "values": row["values"]} for row in rows if row["name"].startswith("w1.")]
    with tempfile.TemporaryDirectory() as temporary:
        cal = Path(temporary) / "cal"
        ranges = [f"{a}={low}:{high}{':log' * (a == 'offence.rate')}" for a, (low, high) in FREE.items()]
        folder.start(cal, ranges, scale=0.02)
        folder.add_wave(cal, wave)
        status = folder.status(cal)
        score = folder.score_held_out(cal)
        held = folder.read(cal)
    answer = {
        "points": len(wave),
        "wave": status["waves"][0],
        "score": {
            use: {who: {k: v for k, v in judged.items() if k != "rows"} for who, judged in score[use].items()}
            for use in ("held_out", "stress")
            if score[use]
        },
        "nothing_left": score["nothing_left"],
        "recovery": recovery(held),
        "sobol on the emulators": shares(held),
    }
    about = "Arrivals of the years that were held out: forecasts with intervals of 90 %, and what was recorded (bars)."
    spec = drawn.forecasts(score["held_out"], unit="persons a year", description=about)
    for kind in ("svg", "png"):
        figures.save(spec, place / f"held_out.{kind}")
    with (HERE / "held_out.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["use", "forecaster", "target", "recorded", "middle", "low", "high", "inside"])
        for use in ("held_out", "stress"):
            for who, judged in (score[use] or {}).items():
                for r in judged["rows"]:
                    numbers = [round(r[k]) for k in ("recorded", "middle", "low", "high")]
                    writer.writerow([use, who, r["target"], *numbers, str(r["inside"]).lower()])
    return answer


def shares(held: folder.Calibration) -> dict[str, Any]:
    """Total Sobol indices of some targets over what is free, on emulators of the wave."""
    points = np.concatenate(held.points)
    rows = tuple(tuple(map(float, row)) for row in held.values(points))
    design = designs.Design(tuple(r.address for r in held.ranges), rows, "lhs", ranges=held.ranges)
    runs = [runs for of_wave in held.outputs for runs in of_wave]
    answer = {}
    for target in held.targets:
        if target.name in (
            "arrivals.early",
            "arrivals.late",
            "women_share.early",
            "family_share.early",
            "camp.stock.2013",
        ):
            results = [[target.of_run(run) for run in of_point] for of_point in runs]
            found = sensitivity.emulated_sobol(design, results, measure=target.name)
            answer[target.name] = {
                i.address: [round(i.values["ST"], 2), round(i.values["ST_conf"], 2)] for i in found.indices
            }
    return answer


def recovery(held: folder.Calibration) -> dict[str, Any]:
    """Each point of the wave as a world whose parameters are to be found by emulators of the other points.

    Its one run is the record: of its own size, without error or discrepancy, so that luck is that of a run.
    """
    wanted = [
        t
        for t in targets.used(held.targets, "fit")
        if not t.name.startswith(("arrivals.women", "arrivals.men"))
    ]
    points = np.concatenate(held.points)
    runs = [runs for of_wave in held.outputs for runs in of_wave]
    outputs = {t.name: [[t.of_run(run) for run in r] for r in runs] for t in wanted}
    probes = hypercube(20_000, held.dims, np.random.default_rng(2))
    covered, stays, widths = np.zeros(held.dims), 0, []
    for left_out in range(len(points)):
        others = [i for i in range(len(points)) if i != left_out]
        fitted = tuple(emulator.fit(n, points[others], [y[i] for i in others]) for n, y in outputs.items())
        records = tuple(history.Record(n, float(np.mean(y[left_out])), 0.0) for n, y in outputs.items())
        wave = history.Wave(fitted, records)
        stays += bool(wave.implausibility(points[[left_out]]).max() <= history.CUT_OFF)
        logs = log_likelihood(wave, probes)
        weights = np.exp(logs - logs.max())
        weights /= weights.sum()
        ends = np.array([weighted_quantiles(c, weights, (0.05, 0.95)) for c in probes.T])
        covered += (ends[:, 0] <= points[left_out]) & (points[left_out] <= ends[:, 1])
        widths.append(ends[:, 1] - ends[:, 0])
    return {
        "worlds": len(points),
        "targets": len(wanted),
        "truth not ruled out": stays,
        "within 90 %": dict(zip(held.names, map(int, covered), strict=True)),
        "mean width of 90 %, of the prior": {
            n: round(float(w), 2) for n, w in zip(held.names, np.mean(widths, axis=0), strict=True)
        },
    }


if __name__ == "__main__":
    main(sys.argv[1:])
