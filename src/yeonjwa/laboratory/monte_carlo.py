"""How far chance moves each result of a run, and what a small country does to it.

The baseline was run with several seeds at several scales (``verification/society/scales.py``); ``data/monte_carlo.csv`` holds the
mean of each result and its standard deviation over seeds, of a single year, of five and of twenty. Two laws carry these to a run
of another size and length, and both are tested on what was measured:

- **scale**: people of a smaller country are fewer, so the variance goes as one over the scale;
- **length**: the standard deviation falls as a power of the number of years. The power is measured for each result: one half
  where years are independent, less where luck lasts.

A count at another level than the baseline's has a variance in proportion to the level, as counts have; shares and averages keep
theirs. So the error of a run of another scenario is an estimate.
"""

from __future__ import annotations

import csv
import functools
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from yeonjwa.core.errors import InputError
from yeonjwa.core.files import write_text
from yeonjwa.laboratory.measures import RATIOS, Cell, of_sums, sums_of
from yeonjwa.society.codes import POSTS
from yeonjwa.society.recorder import LEVEL_MEASURES, MEASURES

FOLDER: Final = Path(__file__).parent / "data"
TABLE: Final = "monte_carlo.csv"
ABOUT: Final = "monte_carlo.json"
#: Years of the measured runs, and of the shorter spans of which the table has the chance.
YEARS: Final = 20
SPANS: Final = (1, 5)
_COLUMNS: Final = ("measure", "scale", "seeds", "mean", "sd", "sd_year", "sd_five")
#: Results that turn on kin of 6 chon and more, or on a small province: those a small country may bias.
REACHING_FAR: Final = (
    "vetting.refused_share",
    *(f"vetting.refused_share by degree: {d}" for d in (6, 7, 8)),
    *(f"vetting.refused_share by province: {p}" for p in ("chagang", "ryanggang")),
    "enforcement.sanctioned by kin: other",
    "recall.recalled",
    "flight.arrivals by province: chagang",
    "flight.arrivals by province: ryanggang",
)
#: A difference between scales of more than so many standard errors is a bias and not chance.
BEYOND_CHANCE: Final = 3.0
_TOTAL: Final = ("total", "total")
_CHECKED: Final = (("vetting.checked", *_TOTAL),)
_ARRIVED: Final = (("flight.arrivals", *_TOTAL),)
#: Results beside those of :func:`yeonjwa.laboratory.measures.summarise`: what reports and the joint fit read, and what a small
#: country may bias. Name -> what it says, cells above, cells below; nothing below: a sum per year.
DETAILS: Final[dict[str, tuple[str, tuple[Cell, ...], tuple[Cell, ...]]]] = {
    "support.for_fear": (
        "Support that is paid for fear of punishment",
        tuple(("support.amount", "motive", motive) for motive in ("liability", "hint", "threat")),
        (),
    ),
    "support.paid_share": (
        "Share of months in which a poor tie is paid",
        (("support.transfers", *_TOTAL),),
        (("support.poor_ties", *_TOTAL),),
    ),
    "flight.women_share": (
        "Women among those who arrive",
        (("flight.arrivals", "sex", "female"),),
        _ARRIVED,
    ),
    "flight.north_east_share": (
        "Arrivals from North Hamgyong and Ryanggang",
        tuple(("flight.arrivals", "province", p) for p in ("n_hamgyong", "ryanggang")),
        _ARRIVED,
    ),
    "flight.family_share": ("Arrivals in family units", (("flight.family_arrivals", *_TOTAL),), _ARRIVED),
    "camp.family_share": (
        "Taken to camps for a relative",
        (("camp.family_intake", *_TOTAL),),
        (("camp.intake", *_TOTAL),),
    ),
    "enforcement.sanctioned by kin: other": (
        "Distant relatives punished",
        (("enforcement.sanctioned", "kin", "other"),),
        (),
    ),
    **{
        f"flight.arrivals by province: {p}": (f"Arrivals from {p}", (("flight.arrivals", "province", p),), ())
        for p in ("n_hamgyong", "ryanggang", "chagang", "pyongyang")
    },
    **{
        f"vetting.refused_share by post: {post}": (
            f"Share of candidates refused, {post}",
            (("vetting.refused", "post", post),),
            (("vetting.checked", "post", post),),
        )
        for post in POSTS
    },
    **{
        f"vetting.refused_share by degree: {d}": (
            f"Share of candidates refused for a relative of {d} chon",
            (("vetting.refused", "degree", str(d)),),
            _CHECKED,
        )
        for d in (4, 6, 7, 8)
    },
    **{
        f"vetting.refused_share by province: {p}": (
            f"Share of candidates refused in {p}",
            (("vetting.refused", "province", p),),
            (("vetting.checked", "province", p),),
        )
        for p in ("pyongyang", "n_hamgyong", "ryanggang", "chagang")
    },
}


@dataclass(frozen=True)
class Row:
    """A result at one scale: mean over seeds and standard deviations over seeds, of 20 years, of one and of five.

    The deviations are None where there is one seed.
    """

    measure: str
    scale: float
    seeds: int
    mean: float
    sd: float | None
    sd_year: float | None
    sd_five: float | None


@dataclass(frozen=True)
class Bias:
    """Difference of a scale from the largest that was measured, with its standard error."""

    scale: float
    against: float
    difference: float
    se: float
    level: float

    @property
    def errors(self) -> float:
        """The difference in standard errors; 0 where there is neither difference nor chance."""
        return (
            self.difference / self.se
            if self.se
            else math.copysign(math.inf, self.difference)
            if self.difference
            else 0.0
        )

    @property
    def relative(self) -> float:
        """The difference as a part of the value at the largest scale."""
        return self.difference / self.level if self.level else math.nan


@dataclass(frozen=True)
class MonteCarlo:
    """Everything measured, and how.

    Attributes
    ----------
    rows : dict
        Result -> its rows by scale, the smallest scale first.
    about : dict
        Command, versions, months, parameter hash, seeds and cost by scale.
    """

    rows: Mapping[str, tuple[Row, ...]]
    about: Mapping[str, Any]

    @property
    def scales(self) -> tuple[float, ...]:
        """The scales that were measured, the smallest first."""
        return tuple(sorted({row.scale for rows in self.rows.values() for row in rows}))

    def row(self, measure: str, scale: float) -> Row:
        """A result at a measured scale.

        Raises
        ------
        InputError
            If there is none.
        """
        for row in self.rows.get(measure, ()):
            if row.scale == scale:
                return row
        raise InputError("result and scale", f"{measure} at {scale:g}", "one of the table", TABLE)

    def chance(self, measure: str, *, years: float = YEARS) -> float:
        """Standard deviation over seeds at scale 1, from all scales by the laws of scale and length."""
        whole, single = (self._pooled(measure, name) for name in ("sd", "sd_year"))
        if not whole or not single:
            return whole
        return whole * math.exp(math.log(YEARS / years) * math.log(single / whole) / math.log(YEARS))

    def _pooled(self, measure: str, name: str) -> float:
        known = [
            (row.seeds - 1, row.scale, getattr(row, name)) for row in self.rows[measure] if row.seeds > 1
        ]
        freedom = sum(n for n, _, _ in known)
        return math.sqrt(sum(n * scale * sd**2 for n, scale, sd in known) / freedom) if freedom else math.nan

    def error(self, measure: str, value: float, *, scale: float, years: float = YEARS) -> float:
        """Standard error of one run's value of a result.

        Parameters
        ----------
        measure : str
            One of the table.
        value : float
            What the run shows, per year where it is a count.
        scale, years : float
            Size and length of the run.
        """
        error = self.chance(measure, years=years) / math.sqrt(scale)
        level = abs(self.rows[measure][-1].mean)
        if not is_count(measure) or not level:
            return error
        # A count of nothing is as uncertain as one of a single synthetic person.
        return error * math.sqrt(max(abs(value), 1 / (scale * years)) / level)

    def bias(self, measure: str, scale: float) -> Bias:
        """Difference of a measured scale from the largest, with the error of both by the law of scale."""
        row, largest = self.row(measure, scale), self.rows[measure][-1]
        error = self.chance(measure) * math.sqrt(
            1 / (scale * row.seeds) + 1 / (largest.scale * largest.seeds)
        )
        if row is largest:
            error = 0.0
        return Bias(scale, largest.scale, row.mean - largest.mean, error, largest.mean)

    def nearest(self, scale: float) -> float:
        """The measured scale that is nearest to a scale, in proportion."""
        return min(self.scales, key=lambda known: abs(math.log(known / scale)))


def is_count(measure: str) -> bool:
    """Whether a result grows with the number of persons: not a share, and not an average."""
    return (measure in MEASURES and measure not in LEVEL_MEASURES) or (
        measure in DETAILS and not DETAILS[measure][2]
    )


def says(measure: str) -> str:
    """A result in words."""
    from yeonjwa.laboratory import measures

    return DETAILS[measure][0] if measure in DETAILS else measures.says(measure)


def results(sums: Mapping[Cell, float], months: int) -> dict[str, float]:
    """Every result of the table over so many months, from sums of the monthly values of each cell."""
    found = of_sums(sums, months)
    for name, (_, above, below) in DETAILS.items():
        if not any(cell in sums for cell in above):
            continue
        top, bottom = (sum(sums.get(cell, 0.0) for cell in cells) for cells in (above, below))
        if not below:
            found[name] = top * 12 / months
        elif bottom:
            found[name] = top / bottom
    return found


def of_run(series: Mapping[str, Any], months: int, scale: float) -> dict[str, dict[str, Any]]:
    """Result -> value and Monte Carlo error of a run, for its manifest.

    ``measured`` says whether runs of this size were among those the errors come from; else they are carried there by the law
    of scale.
    """
    table = load()
    cells = {
        cell
        for tables in (RATIOS, DETAILS)
        for _, above, below in tables.values()
        for cell in (*above, *below)
    }
    found = results(sums_of(series, cells), months)
    seeds = {
        scale: max(row.seeds for rows in table.rows.values() for row in rows if row.scale == scale)
        for scale in table.scales
    }
    return {
        name: {
            "value": value,
            "se": table.error(name, value, scale=scale, years=months / 12),
            "measured": seeds.get(scale, 0) > 1,
        }
        for name, value in found.items()
        if name in table.rows
    }


def biases(scale: float) -> dict[str, dict[str, float]]:
    """What a country of about this size does to results: the bias measured at the nearest scale, with its error.

    Given for results that reach far among kin or rest on a small province, and for every other one biased beyond chance.
    """
    table = load()
    nearest = table.nearest(scale)
    found = {}
    for measure in table.rows:
        bias = table.bias(measure, nearest)
        if measure in REACHING_FAR or abs(bias.errors) > BEYOND_CHANCE:
            found[measure] = {
                "scale": nearest, "against": bias.against, "difference": _short(bias.difference),
                "se": _short(bias.se), "relative": _short(bias.relative),
            }  # fmt: skip
    return found


@functools.cache
def load(folder: Path = FOLDER) -> MonteCarlo:
    """The table that comes with the package.

    Raises
    ------
    InputError
        If a file is missing or not as it was written.
    """
    about = json.loads((folder / ABOUT).read_text("utf-8"))
    lines = list(csv.reader(io.StringIO((folder / TABLE).read_text("utf-8"))))
    if not lines or tuple(lines[0]) != _COLUMNS:
        raise InputError("columns", lines[:1], ", ".join(_COLUMNS), f"{TABLE}, line 1")
    rows: dict[str, list[Row]] = {}
    for measure, scale, seeds, mean, *deviations in lines[1:]:
        sd, year, five = (float(number) if number else None for number in deviations)
        rows.setdefault(measure, []).append(
            Row(measure, float(scale), int(seeds), float(mean), sd, year, five)
        )
    return MonteCarlo({m: tuple(sorted(r, key=lambda row: row.scale)) for m, r in rows.items()}, about)


def rows_of(runs: Mapping[float, Sequence[Mapping[Cell, Sequence[float]]]]) -> list[Row]:
    """The table from runs: scale -> one run for each seed, each cell -> sums of the monthly values of 20 years."""
    found = []
    for scale, countries in sorted(runs.items()):
        spans = {n: [_of_spans(cells, n) for cells in countries] for n in (*SPANS, YEARS)}
        whole = [country[0] for country in spans[YEARS]]
        for measure in sorted(set.intersection(*(set(w) for w in whole))):
            deviations = [_deviation(spans[n], measure) for n in (YEARS, *SPANS)]
            mean = sum(w[measure] for w in whole) / len(whole)
            found.append(Row(measure, scale, len(whole), mean, *deviations))
    return sorted(found, key=lambda row: (row.measure, row.scale))


def _of_spans(cells: Mapping[Cell, Sequence[float]], years: int) -> list[dict[str, float]]:
    """Results of every span of so many years."""
    return [
        results({cell: math.fsum(yearly[at : at + years]) for cell, yearly in cells.items()}, 12 * years)
        for at in range(0, YEARS, years)
    ]


def _deviation(countries: Sequence[Sequence[Mapping[str, float]]], measure: str) -> float | None:
    """Root of the mean over spans of the variance over seeds; None with one seed."""
    if len(countries) < 2:
        return None
    variances = []
    for span in zip(*countries, strict=True):
        values = [found[measure] for found in span if measure in found]
        if len(values) > 1:
            mean = sum(values) / len(values)
            variances.append(sum((v - mean) ** 2 for v in values) / (len(values) - 1))
    return math.sqrt(sum(variances) / len(variances)) if variances else None


def write(rows: Iterable[Row], about: Mapping[str, Any], folder: Path = FOLDER) -> None:
    """Write the table and what it is about."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    for row in rows:
        numbers = (row.mean, row.sd, row.sd_year, row.sd_five)
        table.writerow(
            [row.measure, f"{row.scale:g}", row.seeds, *("" if n is None else _short(n) for n in numbers)]
        )
    write_text(folder / TABLE, text.getvalue())
    write_text(folder / ABOUT, json.dumps(about, indent=1, ensure_ascii=False) + "\n")
    load.cache_clear()


def _short(number: float) -> float:
    return float(f"{number:.6g}")
