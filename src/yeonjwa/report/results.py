"""What a run folder says, read once, in the periods in which the report shows it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from yeonjwa.core.calendar import ORIGIN_YEAR, month_of, parse_month, year_of
from yeonjwa.core.errors import InputError
from yeonjwa.core.language import gettext as _
from yeonjwa.core.language import ngettext
from yeonjwa.laboratory.measures import MEANS, STOCKS
from yeonjwa.report import words

GRADES: Final = ("camp", "banishment", "dismissal", "party_loss", "bar", "demotion")
#: Full years from which on the report counts by year; shorter runs are shown by month.
YEARS_NEEDED: Final = 3

Key = tuple[str, str, str]
Row = dict[str, Any]


@dataclass(frozen=True)
class Period:
    """A calendar year, or a month of a short run.

    ``x`` is its place on a time axis in years (a year stands at its own number, a month at its middle);
    ``months`` are the month indices of the run that lie in it; a year that the run does not cover whole is
    not ``complete``.
    """

    label: str
    x: float
    months: tuple[int, ...]
    complete: bool


@dataclass(frozen=True)
class Results:
    """A run, read from its folder."""

    manifest: Mapping[str, Any]
    family: Mapping[str, Any]
    series: Mapping[Key, Mapping[int, float]]
    units: Mapping[str, str]
    flows: tuple[Row, ...]
    reach: tuple[Row, ...]
    parents: Mapping[int, tuple[int, int]] = field(default_factory=dict)

    @cached_property
    def months(self) -> tuple[int, ...]:
        """Month indices of the run, in order."""
        first, last = parse_month(self.manifest["first"]), parse_month(self.manifest["last"])
        return tuple(range(first, last + 1))

    @cached_property
    def yearly(self) -> bool:
        """Whether the report counts by year (else by month)."""
        years = [year_of(m) for m in self.months]
        return sum(years.count(y) == 12 for y in set(years)) >= YEARS_NEEDED

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """Years of the run, or its months if it has fewer than three full years."""
        if not self.yearly:
            return tuple(month_period(m) for m in self.months)
        by_year: dict[int, list[int]] = defaultdict(list)
        for m in self.months:
            by_year[year_of(m)].append(m)
        return tuple(_year_period(year, tuple(months)) for year, months in sorted(by_year.items()))

    @property
    def complete(self) -> tuple[Period, ...]:
        """The periods that the run covers whole: what figures and rates are made of."""
        return tuple(p for p in self.periods if p.complete)

    @property
    def per(self) -> str:
        """ "a year" or "a month"."""
        return _("a year") if self.yearly else _("a month")

    def state_unit(self) -> str:
        """Unit of persons counted at the end of a period."""
        return _("Persons, end of year") if self.yearly else _("Persons, end of month")

    def count_unit(self) -> str:
        """Unit of persons counted over a period."""
        return _("Persons {per}").format(per=self.per)

    def baskets_unit(self) -> str:
        """Unit of money over a period."""
        return _("Baskets {per}").format(per=self.per)

    def has(self, measure: str) -> bool:
        """Whether the run recorded the measure."""
        return (measure, "total", "total") in self.series

    def levels(self, measure: str, dimension: str) -> tuple[str, ...]:
        """Levels of a breakdown, in the order of the file."""
        return tuple(lv for (m, d, lv) in self.series if m == measure and d == dimension)

    def value(
        self, measure: str, period: Period, dimension: str = "total", level: str = "total"
    ) -> float | None:
        """Sum over the period, its last state for a stock, its mean for a belief; None if not recorded."""
        rows = self.series.get((measure, dimension, level))
        if rows is None:
            return None
        values = [rows[m] for m in period.months if m in rows]
        if not values:
            return None
        if measure in STOCKS:
            return values[-1]
        return sum(values) / len(values) if measure in MEANS else sum(values)

    def total(self, measure: str, dimension: str = "total", level: str = "total") -> float:
        """Sum over the whole run (0 if not recorded)."""
        return sum(self.series.get((measure, dimension, level), {}).values())

    def mean(
        self, measure: str, periods: Iterable[Period], dimension: str = "total", level: str = "total"
    ) -> float | None:
        """Mean over periods of what each shows; None if there is none."""
        values = [self.value(measure, p, dimension, level) for p in periods]
        known = [v for v in values if v is not None]
        return sum(known) / len(known) if known else None


def month_period(month: int) -> Period:
    """A month as a period."""
    label = words.month(year_of(month), month_of(month))
    return Period(label, ORIGIN_YEAR + (month + 0.5) / 12, (month,), True)


def _year_period(year: int, months: tuple[int, ...]) -> Period:
    whole = len(months) == 12
    label = (
        str(year)
        if whole
        else ngettext("{year} ({n} month)", "{year} ({n} months)", len(months)).format(
            year=year, n=len(months)
        )
    )
    return Period(label, float(year), months, whole)


def read(folder: Path) -> Results:
    """A run from its folder.

    Parameters
    ----------
    folder : Path
        With ``manifest.json``, ``series.parquet``, ``flows.parquet``; ``events.parquet`` and ``family.json``
        are used if they are there.

    Raises
    ------
    InputError
        A file is missing, or the folder holds a population and not a run.
    """
    for name in ("manifest.json", "series.parquet", "flows.parquet"):
        if not (folder / name).is_file():
            raise InputError("run folder", str(folder), f"a folder that holds {name}")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    if manifest.get("kind", "run") != "run":
        raise InputError("run folder", str(folder), "the folder of a run, not of a population")
    path = folder / "family.json"
    family = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    series, units = _series(folder / "series.parquet")
    return Results(
        manifest=manifest,
        family=family,
        series=series,
        units=units,
        flows=_flows(folder / "flows.parquet"),
        reach=_reach(folder / "events.parquet", float(manifest.get("scale", 1.0))),
        parents=_parents(folder, family),
    )


def _rows(query: str, *paths: Path) -> list[tuple[Any, ...]]:
    import duckdb

    with duckdb.connect() as connection:
        found: list[tuple[Any, ...]] = connection.execute(query, [str(p) for p in paths]).fetchall()
    return found


def _series(path: Path) -> tuple[dict[Key, dict[int, float]], dict[str, str]]:
    query = (
        f"SELECT measure, dimension, level, (year(month) - {ORIGIN_YEAR}) * 12 + month(month) - 1, value, unit "
        "FROM read_parquet(?) ORDER BY ALL"
    )
    series: dict[Key, dict[int, float]] = {}
    units: dict[str, str] = {}
    for measure, dimension, level, month, value, unit in _rows(query, path):
        series.setdefault((str(measure), str(dimension), str(level)), {})[int(month)] = float(value)
        units[str(measure)] = str(unit)
    return series, units


def _flows(path: Path) -> tuple[Row, ...]:
    # Money between relatives of different households; what stays in one, and what exits cost, has measures of its own.
    query = (
        'SELECT year, "from", "to", motive, sum(amount) FROM read_parquet(?) '
        "WHERE \"to\" <> 'exit' AND motive NOT IN ('family', 'family_fee') GROUP BY ALL ORDER BY ALL"
    )
    names = ("year", "from", "to", "motive", "amount")
    return tuple(dict(zip(names, row, strict=True)) for row in _rows(query, path))


def _reach(path: Path, scale: float) -> tuple[Row, ...]:
    """Sanctions by grade and degree in the real country: rows of grade, degree, count."""
    if not path.is_file():
        return ()
    wanted = ", ".join(f"'{grade}'" for grade in GRADES)
    query = (
        f"SELECT kind, degree, count(*) FROM read_parquet(?) WHERE kind IN ({wanted}) AND degree >= 0 "
        "GROUP BY ALL ORDER BY ALL"
    )
    return tuple({"grade": str(k), "degree": int(d), "count": n / scale} for k, d, n in _rows(query, path))


def _parents(folder: Path, family: Mapping[str, Any]) -> dict[int, tuple[int, int]]:
    """Father and mother of each relative in the family picture, where the microdata are kept."""
    persons, unions = folder / "persons.parquet", folder / "unions.parquet"
    ids = [int(k["id"]) for k in family.get("kin", []) if k.get("id") is not None]
    offender = family.get("offender", {}).get("id")
    if offender is not None:
        ids.append(int(offender))
    if not ids or not (persons.is_file() and unions.is_file()):
        return {}
    columns = {str(r[0]) for r in _rows("DESCRIBE SELECT * FROM read_parquet(?)", unions)}
    if not {"husband", "wife"} <= columns:
        return {}
    query = (
        "SELECT p.file_row_number, u.husband, u.wife FROM read_parquet(?, file_row_number = true) p "
        "JOIN read_parquet(?, file_row_number = true) u ON u.file_row_number = p.birth_union "
        f"WHERE p.file_row_number IN ({', '.join(map(str, ids))})"
    )
    return {int(i): (int(father), int(mother)) for i, father, mother in _rows(query, persons, unions)}
