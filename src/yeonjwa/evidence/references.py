"""What the numbers of a run rest on: the entries of the ledger they cite, and a table of the parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from yeonjwa.core.calendar import format_month
from yeonjwa.core.parameters import DatedValue, Parameter, Parameters, Scalar, Table
from yeonjwa.evidence import ledger


@dataclass(frozen=True)
class Citation:
    """An entry of the ledger that a run rests on, and the parameters that cite it."""

    id: str
    states: str
    source: str
    url: str
    grade: str
    found: str
    cited_by: tuple[str, ...]

    @property
    def text(self) -> str:
        """The source as it is printed; says so where the page was not read again."""
        return self.source if self.found == "seen" else f"{self.source} (not re-read)"

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for the manifest and the report."""
        return {
            "id": self.id,
            "states": self.states,
            "source": self.source,
            "url": self.url,
            "grade": self.grade,
            "found": self.found,
            "cited_by": list(self.cited_by),
        }


@dataclass(frozen=True)
class Line:
    """A parameter at one month, as a line of a table: value with its range, grade and sources."""

    path: str
    description: str
    kind: str
    unit: str
    value: Scalar | Table
    low: float | Table | None
    high: float | Table | None
    since: str
    grade: str
    sources: tuple[str, ...]
    note: str
    changed: bool

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for the manifest and the report."""
        return {
            "path": self.path,
            "description": self.description,
            "kind": self.kind,
            "unit": self.unit,
            "value": _plain(self.value),
            "low": _plain(self.low),
            "high": _plain(self.high),
            "since": self.since,
            "grade": self.grade,
            "sources": list(self.sources),
            "note": self.note,
            "changed": self.changed,
        }


def citations(parameters: Parameters, also: Iterable[str] = ()) -> list[Citation]:
    """Entries of the ledger cited by the parameters, by id.

    Parameters
    ----------
    parameters : Parameters
        The parameters of the run.
    also : iterable of str
        Further ids, as the claims a scenario tests.

    Raises
    ------
    InputError
        If an id is not in the ledger; says which parameter cites it.
    """
    cited: dict[str, list[str]] = {id: [] for id in also}
    for path in parameters:
        for id in parameters[path].sources:
            cited.setdefault(id, []).append(path)
    return [_citation(id, tuple(cited[id])) for id in sorted(cited)]


def summary(parameters: Parameters, month: int, base: Parameters | None = None) -> list[Line]:
    """One line for each parameter at a month, by path.

    Parameters
    ----------
    parameters : Parameters
        The parameters of the run.
    month : int
        Month index for which values are given.
    base : Parameters, optional
        Parameters to compare with; a line whose dated values differ from them is marked ``changed``.
    """
    lines = []
    for path in parameters:
        parameter = parameters[path]
        changed = base is not None and (path not in base or base[path].values != parameter.values)
        lines.append(_line(parameter, month, changed))
    return lines


def counts_by_grade(parameters: Parameters) -> Mapping[str, int]:
    """Grade -> number of parameters, every grade present, from the best to ``assumption``."""
    found = [parameters[path].grade for path in parameters]
    return {grade: found.count(grade) for grade in ledger.GRADES}


def _citation(id: str, cited_by: tuple[str, ...]) -> Citation:
    entry = ledger.entry(id, f"sources of {cited_by[0]}" if cited_by else "claims of the scenario")
    return Citation(
        id, ledger.describe(entry), entry.source, ledger.address(entry), entry.grade, entry.found, cited_by
    )


def _line(parameter: Parameter, month: int, changed: bool) -> Line:
    held = _held(parameter, month)
    return Line(
        path=parameter.path,
        description=parameter.description,
        kind=parameter.kind,
        unit=parameter.unit,
        value=parameter.at(month),
        low=held.low,
        high=held.high,
        since=format_month(held.start),
        grade=parameter.grade,
        sources=parameter.sources,
        note=held.note,
        changed=changed,
    )


def _held(parameter: Parameter, month: int) -> DatedValue:
    """The dated value in force: the last one that began, or the first of all."""
    begun = [value for value in parameter.values if value.start <= month]
    return begun[-1] if begun else parameter.values[0]


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value
