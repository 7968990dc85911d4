"""A plausible run folder by the contract, in random numbers: to draw and test the report without a run."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from yeonjwa.core.calendar import first_day, month_index, parse_month, year_of
from yeonjwa.evidence import parameters as shipped
from yeonjwa.evidence.references import citations
from yeonjwa.society.codes import POSTS
from yeonjwa.society.recorder import MEASURES

#: Mean of each measure a month in the real country; 100 where the report makes nothing of it.
LEVELS = {
    "population.alive": 24e6, "population.households": 6.2e6, "hardship.poor": 6e6, "support.transfers": 41000,
    "support.amount": 118000, "support.received": 110000, "support.fees": 8000, "support.unmet": 30000,
    "support.poor_ties": 260000, "signal.hints": 5200, "signal.threats": 900, "signal.paid": 2600, "signal.bluff": 3300,
    "signal.denounced": 130, "flight.plans": 900, "flight.attempts": 420, "flight.interdicted": 180, "flight.died": 6,
    "flight.repatriated": 40, "flight.returned": 60, "flight.in_transit": 6000, "flight.settled": 18000,
    "flight.arrivals": 140, "flight.family_arrivals": 60, "flight.follow_on": 9, "enforcement.offences": 260,
    "enforcement.confirmed": 120, "enforcement.sanctioned": 900, "enforcement.expected": 910, "enforcement.spared": 60,
    "recall.recalled": 18, "recall.flight": 5, "camp.stock": 150000, "camp.intake": 700, "camp.deaths": 800,
    "camp.released": 90, "belief.perceived": 0.4, "belief.true": 0.22, "party.members": 3.3e6, "post.holders": 720000,
    "vetting.checked": 6000, "vetting.refused": 2300, "remittance.sent": 60000, "remittance.received": 42000,
    "remittance.fees": 18000, "exposure.loss": 9.0,
}  # fmt: skip
YEARLY = {"vetting.checked", "vetting.refused"}


def write(
    folder: Path,
    *,
    first: str = "2005-01",
    last: str = "2024-12",
    seed: int = 1,
    silent: bool = False,
    family: bool = True,
    scale: float = 0.01,
) -> Path:
    """The folder, filled. ``silent``: every count but the population is zero; ``family``: with a family picture."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    months = range(parse_month(first), parse_month(last) + 1)
    _table(
        folder / "series.parquet",
        ("month", "measure", "dimension", "level", "value", "unit"),
        _series(rng, months, silent),
        "month DATE, measure VARCHAR, dimension VARCHAR, level VARCHAR, value DOUBLE, unit VARCHAR",
    )
    flows = [] if silent else _flows(rng, sorted({year_of(m) for m in months}))
    _table(
        folder / "flows.parquet",
        ("year", "from", "to", "amount", "motive"),
        flows,
        'year INTEGER, "from" VARCHAR, "to" VARCHAR, amount DOUBLE, motive VARCHAR',
    )
    events = [] if silent else _events(rng, months)
    _table(
        folder / "events.parquet",
        ("month", "kind", "person", "other", "degree", "value"),
        events,
        "month DATE, kind VARCHAR, person INTEGER, other INTEGER, degree SMALLINT, value DOUBLE",
    )
    content = _family(rng) if family and not silent else {}
    (folder / "family.json").write_text(json.dumps(content), encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps(_manifest(first, last, seed, scale)), encoding="utf-8")
    return folder


def _table(path: Path, names: tuple[str, ...], rows: list[tuple[Any, ...]], schema: str) -> None:
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE t ({schema})")
        if rows:
            for start in range(0, len(rows), 20000):
                columns = {  # noqa: F841 - DuckDB reads the local variable
                    f"c{i}": np.array([r[i] for r in rows[start : start + 20000]], dtype=_dtype(rows[0][i]))
                    for i in range(len(names))
                }
                con.execute("INSERT INTO t SELECT * FROM columns")
        con.execute(f"COPY t TO '{path}' (FORMAT parquet)")


def _dtype(value: object) -> Any:
    return {date: "datetime64[us]", str: object, float: np.float64, int: np.int64}[type(value)]


def _shape(measure: str, month: int) -> float:
    """Rises to 2009, falls after the succession, nearly ends with the closed border."""
    year = month / 12 + 1600
    if measure.startswith("flight") and measure not in {"flight.settled", "flight.in_transit"}:
        return (
            0.06
            if year > 2020.2
            else (1.5 * math.exp(-(((year - 2009) / 4) ** 2)) + 0.8 if year < 2012 else 0.9)
        )
    if measure == "camp.stock":
        return 1.27 - 0.03 * (year - 2005)
    return 1.6 if year >= 2012 and measure.startswith(("support.a", "signal", "enforcement")) else 1.0


def _series(rng: np.random.Generator, months: range, silent: bool) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for measure, (unit, dimensions) in MEASURES.items():
        shares = {d: _shares(rng, measure, d, levels) for d, levels in dimensions.items()}
        belief = unit == "probability" or measure == "exposure.loss"
        for m in months:
            zero = (silent and not measure.startswith("population")) or (measure in YEARLY and m % 12)
            total = (
                0.0 if zero else LEVELS.get(measure, 100.0) * _shape(measure, m) * float(rng.normal(1, 0.05))
            )
            total *= 12 if measure in YEARLY else 1
            rows.append((first_day(m), measure, "total", "total", total, unit))
            for d, levels in dimensions.items():
                for level, share in zip(levels, shares[d], strict=True):
                    part = total * (share * len(levels)) ** 0.3 if belief else total * share
                    rows.append((first_day(m), measure, d, level, min(part, 1.0) if belief else part, unit))
    return rows


def _shares(rng: np.random.Generator, measure: str, dimension: str, levels: tuple[str, ...]) -> list[float]:
    values = [_weight(rng, measure, dimension, level) for level in levels]
    return [v / sum(values) for v in values]


def _weight(rng: np.random.Generator, measure: str, dimension: str, level: str) -> float:
    if dimension == "province" and measure.startswith("flight"):
        return {"n_hamgyong": 55.0, "ryanggang": 20.0, "s_hamgyong": 9.0}.get(level, 2.0)
    if dimension == "sex" and measure.startswith("flight"):
        return 3.0 if level == "female" else 1.0
    if dimension == "degree":
        return 1 / float(level) ** 1.5
    return float(rng.uniform(0.2, 1))


def _flows(rng: np.random.Generator, years: list[int]) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    provinces = ("n_hamgyong", "ryanggang", "s_hamgyong", "pyongyang", "s_pyongan", "n_pyongan", "chagang")
    for year in years:
        for post in POSTS:
            for motive, size in {"altruism": 9.0, "liability": 14.0, "hint": 4.0, "threat": 1.6}.items():
                for i, province in enumerate(provinces):
                    amount = 9e3 * size / (i + 1) * float(rng.uniform(0.5, 1.5))
                    rows.append((year, post, province, amount, motive))
            rows.append((year, post, "fees", 6e4, "fee"))
        for i, province in enumerate(provinces):
            rows.append((year, "arrived", province, 2.4e5 / (i + 1) ** 2, "remittance"))
        rows.append((year, "arrived", "fees", 1.7e5, "fee"))
    return rows


def _events(rng: np.random.Generator, months: range) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for kind, (n, deepest) in {
        "camp": (900, 2), "banishment": (1500, 2), "dismissal": (1300, 8), "party_loss": (500, 8), "bar": (700, 6),
        "demotion": (400, 8), "arrived": (800, 0),
    }.items():  # fmt: skip
        for _ in range(n):
            degree = int(min(deepest, rng.geometric(0.45))) if deepest else -1
            month = int(rng.integers(months.start, months.stop))
            rows.append(
                (first_day(month), kind, int(rng.integers(240000)), int(rng.integers(240000)), degree, 0.0)
            )
    return rows


_TERMS = {
    "S": ("husband", "남편"), "U": ("parent", "부모"), "D": ("child", "자녀"), "UD": ("sibling", "형제자매"),
    "UU": ("grandparent", "조부모"), "DD": ("grandchild", "손주"), "UUD": ("uncle or aunt", "삼촌, 고모, 이모"),
    "UDD": ("nephew or niece", "조카"), "UUU": ("great-grandparent", "증조부모"), "UUDD": ("first cousin", "사촌"),
    "UUUD": ("great-uncle or great-aunt", "종조부, 대고모"), "UDDD": ("grandnephew", "종손"),
}  # fmt: skip
_COUNTS = {
    "S": 1,
    "U": 2,
    "D": 2,
    "UD": 4,
    "UU": 4,
    "DD": 1,
    "UUD": 9,
    "UDD": 5,
    "UUU": 8,
    "UUDD": 26,
    "UUUD": 14,
    "UDDD": 1,
}


def _family(rng: np.random.Generator) -> dict[str, Any]:
    kin: list[dict[str, Any]] = []
    for path, count in _COUNTS.items():
        for i in range(count):
            side = "father" if i % 2 else "mother"
            sides = {"S": "spouse", "D": "own", "DD": "own", "UD": "both", "UDD": "both", "UDDD": "both"}
            alive = bool(rng.random() < {"UU": 0.4, "UUU": 0.05, "UUUD": 0.3}.get(path, 0.93))
            camp = path in {"S", "U", "D", "DD"}
            reached = None
            if alive and camp and rng.random() < 0.6:
                reached = "camp"
            elif alive and rng.random() < 0.3 / len(path):
                reached = ("dismissal", "bar", "demotion")[int(rng.integers(3))]
            kin.append(
                {
                    "id": len(kin) + 100, "degree": 0 if path == "S" else len(path), "path": path,
                    "term": _TERMS[path][0], "korean": _TERMS[path][1], "side": sides.get(path, side),
                    "sex": "m" if path == "S" or i % 2 else "f", "age": int(rng.integers(3, 90)) if alive else None,
                    "alive": alive, "post": POSTS[int(rng.integers(5))] if rng.random() < 0.05 else None,
                    "reached": reached, "in_camp_circle": camp, "in_career_circle": True,
                }
            )  # fmt: skip
    offender = {"sex": "f", "age": 31, "province": "n_hamgyong"}
    circle = "parents + spouse + children + grandchildren"
    return {"month": "2013-04", "kind": "flight", "offender": offender, "circle": circle, "kin": kin}


def _manifest(first: str, last: str, seed: int, scale: float) -> dict[str, Any]:
    parameters = shipped.load()
    start, end = month_index(2005), month_index(2024, 12)
    lines = []
    for path in parameters:
        p = parameters[path]
        held = p.values[-1]
        plain = {
            k: (dict(v) if hasattr(v, "keys") else v)
            for k, v in {
                "value_start": p.at(start),
                "value_end": p.at(end),
                "low": held.low,
                "high": held.high,
            }.items()
        }
        lines.append({"path": path, "description": p.description, "kind": p.kind, "unit": p.unit, "grade": p.grade,
                      "sources": list(p.sources), **plain})  # fmt: skip
    return {
        "schema": "1.0", "software": "yeonjwa", "kind": "run", "synthetic": True, "created": "2026-11-23T09:00:00Z",
        "versions": {"yeonjwa": "0.1.0", "python": "3.11.7", "numpy": "2.4.0", "numba": "0.68.0", "duckdb": "2.0.0"},
        "platform": {"system": "Linux", "machine": "x86_64", "implementation": "CPython"},
        "scenario": {"name": "baseline", "title": "As reported", "description": "Everything as reported.",
                     "base": None, "sha256": "0" * 64, "changes": 0},
        "seed": seed, "scale": scale, "threads": 2,
        "living": {"at": "2005-01", "expected": round(scale * 23.9e6), "achieved": round(scale * 23.85e6)},
        "first": first, "last": last, "command": f"yeonjwa run baseline --scale {scale:g} --seed {seed}",
        "parameter_hash": "5f0c" * 16, "evidence_hash": "a1b2" * 16, "rates": {"source": "UN", "sha256": "0" * 64},
        "parameters": lines, "citations": [c.as_dict() for c in citations(parameters)],
        "finite_size": {"flagged": scale < 0.05, "threshold": 0.05, "measures": ["vetting.refused", "recall.recalled"],
                        "why": "the country is so small that an adult's kin to 8 chon are a noticeable share of a province, so "
                        "these measures may be biased and not only noisy"},
        "notes": ["The society ran unrecorded from 1995-01 to fill China, files, beliefs and networks."],
        "resources": {"wall_s": 41.0, "cpu_s": 60.0, "peak_rss_mb": 900.0, "stages": []}, "files": {},
    }  # fmt: skip
