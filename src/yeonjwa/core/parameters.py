"""Dated parameters: what a number is, from when it holds, how sure anyone is of it, and where it comes from.

A parameter is one small TOML file; its folder and name are its path (``support/alpha.toml`` is
``support.alpha``)::

    description = "How much one basket of missing consumption raises the log hazard that somebody leaves."
    kind = "coefficient"            # one of KINDS
    unit = "per basket"
    grade = "assumption"            # A, B, C or assumption
    sources = []                    # ids of the ledger
    dimension = "post"              # optional: what the keys of a table of values are

    [[values]]
    from = "1990-01"
    value = 3.0                     # or a table, one number for each level of the dimension
    low = 1.5
    high = 5.0
    note = "..."                    # optional
    formula = "{pop.a} / {pop.b}"   # optional: how it follows from facts, by level for a table

Values hold from their date until the next one (``interpolation = "linear"`` joins them instead). Before the
first date the first value is held.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import format_month, parse_month
from yeonjwa.core.errors import InputError

Scalar = float | str | bool
Table = Mapping[str, float]

#: What a number can be. The first group is bounded to 0..1, the second to 0 and above.
KINDS: Final = {
    "probability": "chance of one event, 0 to 1",
    "share": "part of a whole, 0 to 1",
    "rate": "events per person and time, 0 or more",
    "count": "number of things, 0 or more",
    "duration": "length of time, 0 or more",
    "money": "baskets, 0 or more",
    "factor": "multiplier, 0 or more",
    "coefficient": "any real number, as in a log hazard",
    "degree": "degree of kinship, a whole number from 0",
    "age": "years of age, 0 or more",
    "rule": "text, as a circle of kin",
    "switch": "true or false",
}
_UNIT_INTERVAL = {"probability", "share"}
_NON_NEGATIVE = {"rate", "count", "duration", "money", "factor", "degree", "age"}
GRADES: Final = ("A", "B", "C", "assumption")
_FIELDS = {
    "description",
    "kind",
    "unit",
    "grade",
    "sources",
    "dimension",
    "interpolation",
    "formula",
    "values",
}
_VALUE_FIELDS = {"from", "value", "low", "high", "note", "formula"}


@dataclass(frozen=True)
class DatedValue:
    """One value and the month from which it holds (``start``, a month index).

    ``formula`` says how a derived value follows from facts of the ledger, level by level for a table.
    """

    start: int
    value: Scalar | Table
    low: float | Table | None = None
    high: float | Table | None = None
    note: str = ""
    formula: str | Mapping[str, str] = ""


@dataclass(frozen=True)
class Parameter:
    """A named quantity with its dated values and its evidence."""

    path: str
    description: str
    kind: str
    unit: str
    grade: str
    sources: tuple[str, ...]
    values: tuple[DatedValue, ...]
    dimension: str | None = None
    interpolation: str = "step"
    formula: str = ""

    @property
    def levels(self) -> tuple[str, ...]:
        """Keys of the table of values, in the order of the file; empty for a single number."""
        value = self.values[0].value
        return tuple(value) if isinstance(value, Mapping) else ()

    @cached_property
    def _starts(self) -> list[int]:
        return [v.start for v in self.values]

    def at(self, month: int) -> Scalar | Table:
        """Value that holds in a month."""
        after = bisect_right(self._starts, month)
        held = self.values[max(after - 1, 0)]
        if self.interpolation != "linear":
            return held.value
        late = self.values[min(max(after, 1), len(self.values) - 1)]
        span, gone = late.start - held.start, max(month - held.start, 0)
        if isinstance(held.value, Mapping):
            ends = late.value if isinstance(late.value, Mapping) else {}
            return {level: _between(held.value[level], ends[level], gone, span) for level in self.levels}
        return _between(held.value, late.value, gone, span)

    def as_dict(self) -> dict[str, Any]:
        """Plain data: for the manifest, the report and the hash."""
        return {
            "path": self.path,
            "description": self.description,
            "kind": self.kind,
            "unit": self.unit,
            "grade": self.grade,
            "sources": list(self.sources),
            "dimension": self.dimension,
            "interpolation": self.interpolation,
            "values": [
                {
                    "from": format_month(v.start),
                    "value": _plain(v.value),
                    "low": _plain(v.low),
                    "high": _plain(v.high),
                }
                for v in self.values
            ],
        }


def _between(early: Any, late: Any, gone: int, span: int) -> float:
    """Value ``gone`` months into ``span``; as ``numpy.interp`` has it, at a tenth of its price for one number."""
    first = float(early)
    return (float(late) - first) / span * gone + first if span > 0 else first


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


@dataclass(frozen=True)
class Parameters(Mapping[str, Parameter]):
    """All parameters of a run, validated; the only way in which a number about the world enters the engine."""

    items_: Mapping[str, Parameter] = field(default_factory=dict)

    def __getitem__(self, path: str) -> Parameter:
        """The parameter at ``path``; an unknown path is an error that lists near ones."""
        try:
            return self.items_[path]
        except KeyError:
            raise InputError("parameter", path, near(path, self.items_)) from None

    def __contains__(self, path: object) -> bool:
        """Whether there is a parameter at ``path``."""
        return path in self.items_

    def __iter__(self) -> Iterator[str]:
        """Paths in sorted order."""
        return iter(sorted(self.items_))

    def __len__(self) -> int:
        """Number of parameters."""
        return len(self.items_)

    def number(self, path: str, month: int) -> float:
        """A single number at a month."""
        value = self[path].at(month)
        if isinstance(value, (Mapping, str)):
            raise InputError("parameter", path, "a single number is needed here, not a table or a text")
        return float(value)

    def switch(self, path: str, month: int) -> bool:
        """A switch at a month."""
        return bool(self[path].at(month))

    def text(self, path: str, month: int) -> str:
        """A rule in words at a month."""
        return str(self[path].at(month))

    def table(self, path: str, month: int) -> dict[str, float]:
        """Level -> number at a month."""
        value = self[path].at(month)
        if not isinstance(value, Mapping):
            raise InputError("parameter", path, "a table by level is needed here, not a single value")
        return {k: float(v) for k, v in value.items()}

    def vector(self, path: str, month: int, levels: Sequence[str]) -> NDArray[np.float64]:
        """Numbers at a month in the order of ``levels``, each of which must be in the table."""
        table = self.table(path, month)
        missing = [level for level in levels if level not in table]
        if missing:
            raise InputError(f"levels of {path}", missing, f"a value for each of {', '.join(levels)}")
        return np.array([table[level] for level in levels])

    def series(self, path: str, first: int, last: int) -> NDArray[np.float64]:
        """The number for each month from ``first`` to ``last``, both included."""
        return np.array([self.number(path, month) for month in range(first, last + 1)])

    def with_value(self, path: str, start: int, value: Scalar | Table, where: str = "") -> Parameters:
        """A copy in which ``path`` has ``value`` from month ``start`` on, later dates removed.

        A table may name only the levels that change.
        """
        parameter = self[path]
        if isinstance(value, Mapping):
            base = parameter.at(start)
            if not isinstance(base, Mapping):
                raise InputError(f"value of {path}", dict(value), "a single value", where)
            unknown = [level for level in value if level not in base]
            if unknown:
                raise InputError(f"level of {path}", unknown[0], ", ".join(base), where)
            value = {**base, **value}
        elif parameter.levels and not isinstance(value, (str, bool)):
            value = {level: float(value) for level in parameter.levels}
        check_value(parameter.path, parameter.kind, value, where)
        kept = tuple(v for v in parameter.values if v.start < start)
        changed = replace(parameter, values=(*kept, DatedValue(start, value)))
        return Parameters({**self.items_, path: changed})

    def digest(self) -> str:
        """SHA-256 over every path, date, value and interpolation: equal digests mean equal inputs."""
        rows = [[path, self[path].interpolation, self[path].as_dict()["values"]] for path in self]
        text = json.dumps(rows, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def near(word: str, known: Mapping[str, Any] | Sequence[str]) -> str:
    """The names closest to a misspelt one, for an error message."""
    import difflib

    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=5, cutoff=0.4) or [
        n for n in names if n.split(".")[0] == word.split(".")[0]
    ]
    return "did you mean " + ", ".join(close[:5]) + "?" if close else ", ".join(names[:12]) + ", ..."


def check_value(path: str, kind: str, value: Any, where: str = "") -> None:
    """Raise unless ``value`` fits the kind."""
    numbers = list(value.values()) if isinstance(value, Mapping) else [value]
    for number in numbers:
        if kind == "switch":
            if not isinstance(number, bool):
                raise InputError(path, number, "true or false", where)
        elif kind == "rule":
            if not isinstance(number, str) or not number.strip():
                raise InputError(path, number, "a text", where)
        elif isinstance(number, bool) or not isinstance(number, (int, float)) or not np.isfinite(number):
            raise InputError(path, number, f"a finite number ({KINDS[kind]})", where)
        elif kind in _UNIT_INTERVAL and not 0 <= number <= 1:
            raise InputError(path, number, KINDS[kind], where)
        elif kind in _NON_NEGATIVE and number < 0:
            raise InputError(path, number, KINDS[kind], where)
        elif kind == "degree" and number != int(number):
            raise InputError(path, number, KINDS[kind], where)


def parse_parameter(path: str, content: Mapping[str, Any], where: str) -> Parameter:
    """A validated parameter from the content of its file; ``where`` names the file in errors."""
    _check_keys(content, _FIELDS, {"description", "kind", "unit", "grade", "values"}, where)
    kind, grade = content["kind"], content["grade"]
    if kind not in KINDS:
        raise InputError("kind", kind, ", ".join(KINDS), where)
    if grade not in GRADES:
        raise InputError("grade", grade, ", ".join(GRADES), where)
    if content.get("interpolation", "step") not in ("step", "linear"):
        raise InputError("interpolation", content["interpolation"], "step or linear", where)
    rows = content["values"]
    if not isinstance(rows, list) or not rows:
        raise InputError("values", rows, "one [[values]] table at least", where)
    values = tuple(_parse_value(path, kind, row, where) for row in rows)
    starts = [v.start for v in values]
    if starts != sorted(set(starts)):
        raise InputError("dates of values", [format_month(s) for s in starts], "dates that increase", where)
    shapes = {tuple(v.value) if isinstance(v.value, Mapping) else () for v in values}
    if len(shapes) > 1:
        raise InputError("levels of values", sorted(map(list, shapes)), "the same levels at each date", where)
    return Parameter(
        path=path,
        description=str(content["description"]),
        kind=kind,
        unit=str(content["unit"]),
        grade=grade,
        sources=tuple(content.get("sources", ())),
        values=values,
        dimension=content.get("dimension"),
        interpolation=content.get("interpolation", "step"),
        formula=str(content.get("formula", "")),
    )


def _parse_value(path: str, kind: str, row: Mapping[str, Any], where: str) -> DatedValue:
    _check_keys(row, _VALUE_FIELDS, {"from", "value"}, where)
    start = parse_month(row["from"], f"{where}, from")
    for bound in ("value", "low", "high"):
        if bound in row:
            check_value(path, kind, row[bound], f"{where}, {bound} from {row['from']}")
    _check_order(path, row, where)
    formula = row.get("formula", "")
    levels = row["value"] if isinstance(row["value"], Mapping) else {}
    if isinstance(formula, Mapping):
        for level in formula:
            if level not in levels:
                raise InputError(
                    f"level of the formula of {path}", level, ", ".join(levels) or "a text", where
                )
    return DatedValue(start, row["value"], row.get("low"), row.get("high"), str(row.get("note", "")), formula)


def _check_order(path: str, row: Mapping[str, Any], where: str) -> None:
    def numbers(key: str) -> dict[str, float]:
        raw = row.get(key)
        if raw is None or isinstance(raw, (str, bool)):
            return {}
        return dict(raw) if isinstance(raw, Mapping) else {"": raw}

    value = numbers("value")
    for level, low in numbers("low").items():
        if level in value and low > value[level]:
            raise InputError(f"low of {path}", low, f"at most the value, {value[level]}", where)
    for level, high in numbers("high").items():
        if level in value and high < value[level]:
            raise InputError(f"high of {path}", high, f"at least the value, {value[level]}", where)


def _check_keys(content: Mapping[str, Any], known: set[str], needed: set[str], where: str) -> None:
    for key in content:
        if key not in known:
            raise InputError("key", key, near(key, sorted(known)), where)
    for key in sorted(needed):
        if key not in content:
            raise InputError("keys", sorted(content), f"{key} is missing", where)
