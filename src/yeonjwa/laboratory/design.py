"""Designs of experiments: which parameters are varied, and the table of what they are set to.

A design is a table of columns (:mod:`addresses <yeonjwa.laboratory.address>` of parameters) and rows (points). It says nothing
of luck: every point is run with the same seeds, so that two points differ by their parameters alone. A column ``scenario``
names the scenario a row starts from: *arms*, each with all the points.

Grids, lists and Latin hypercubes need nothing else; Sobol and Morris designs are SALib's (``yeonjwa[calibration]``).
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import InputError, MissingExtraError
from yeonjwa.core.parameters import Parameters, Scalar, near
from yeonjwa.evidence import parameters as shipped_parameters
from yeonjwa.laboratory import scenario as scenarios
from yeonjwa.laboratory.address import WORDS, Address, parse, together
from yeonjwa.laboratory.scenario import Scenario
from yeonjwa.regime.rules import validate

METHODS: Final = ("list", "grid", "lhs", "sobol", "morris")
#: Column of the scenario a row starts from, and that of its name.
ARM: Final = "scenario"
NAME: Final = "name"
MOST_ROWS: Final = 1_000_000
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+]{0,40}")


@dataclass(frozen=True)
class Range:
    """A column that is drawn from an interval.

    Attributes
    ----------
    address : Address
        What is varied.
    low, high : float
        Ends of the interval.
    log : bool
        Whether equal ratios, not equal differences, are equally likely.
    """

    address: Address
    low: float
    high: float
    log: bool = False

    def at(self, share: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values at shares of the interval, 0 to 1."""
        if self.log:
            return self.low * (self.high / self.low) ** share
        return self.low + (self.high - self.low) * share

    def share(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Place of values in the interval, 0 to 1: the inverse of :meth:`at`."""
        if self.log:
            return np.asarray(np.log(value / self.low) / math.log(self.high / self.low))
        return np.asarray((value - self.low) / (self.high - self.low))


@dataclass(frozen=True)
class Design:
    """Points of an experiment.

    Attributes
    ----------
    addresses : tuple of Address
        What is varied, one a column.
    rows : tuple of tuple
        What each is set to, one tuple a point.
    method : str
        One of ``METHODS``.
    names : tuple of str
        Name of each point, for folders and tables; "0001", "0002", ... unless given.
    arms : tuple of str
        Scenario each row starts from; empty for the one that the ensemble is given.
    ranges : tuple of Range
        Intervals of a drawn design, one a column; empty for lists and grids.
    settings : dict
        How it was drawn: what an analysis of its results needs, seed of the drawing included.
    """

    addresses: tuple[Address, ...]
    rows: tuple[tuple[Scalar, ...], ...]
    method: str = "list"
    names: tuple[str, ...] = ()
    arms: tuple[str, ...] = ()
    ranges: tuple[Range, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Name the points, and check that all parts have one length."""
        if not self.rows:
            raise InputError("rows of a design", 0, "one at least")
        if not self.names:
            width = max(4, len(str(len(self.rows))))
            object.__setattr__(self, "names", tuple(f"{n:0{width}d}" for n in range(1, len(self.rows) + 1)))
        check_names(self.names)
        for part, what in ((self.names, "names"), (self.arms or self.rows, "scenarios")):
            if len(part) != len(self.rows):
                raise InputError(f"{what} of a design", len(part), f"{len(self.rows)}, one a row")

    def __len__(self) -> int:
        """Number of points."""
        return len(self.rows)

    @property
    def columns(self) -> tuple[str, ...]:
        """Addresses as they were written."""
        return tuple(address.text for address in self.addresses)

    def values(self, row: int) -> dict[str, Scalar]:
        """Address -> value of a point."""
        return dict(zip(self.columns, self.rows[row], strict=True))

    def matrix(self) -> NDArray[np.float64]:
        """Points by columns, as numbers.

        Raises
        ------
        InputError
            If a column holds words.
        """
        try:
            return np.array(self.rows, dtype=np.float64).reshape(len(self.rows), len(self.addresses))
        except ValueError as error:
            raise InputError("values of a design", str(error), "numbers, not rules in words") from error

    def scenario(self, base: Scenario, row: int) -> Scenario:
        """The scenario of a point: the base, or the arm of the row, with its values as further changes.

        Parameters
        ----------
        base : Scenario
            What a row without an arm starts from; its period and scale hold for all.
        row : int
            Number of the row, from 0.

        Raises
        ------
        InputError
            A value that the parameter cannot have, or one that breaks a rule of the regime; names the row.
        """
        where = f"row {self.names[row]} of the design"
        start = base
        if self.arms and self.arms[row]:
            arm = scenarios.load(self.arms[row])
            start = replace(arm, first=base.first, last=base.last, scale=base.scale)
        parameters, changes = start.parameters, list(start.changes)
        for address, value in zip(self.addresses, self.rows[row], strict=True):
            for change in address.changes(parameters, value):
                parameters = scenarios.apply(parameters, change, where)
                changes.append(change)
        validate(parameters)
        name = f"{start.name}+{self.names[row]}"
        settings = ", ".join(f"{column} = {_short(value)}" for column, value in self.values(row).items())
        return replace(
            start,
            name=name,
            title=f"{start.title} · point {self.names[row]}",
            description=f"{start.description} Set by a design: {settings or 'nothing'}.",
            base=start.base or start.name,
            changes=tuple(changes),
            parameters=parameters,
        )

    def check(self, base: Scenario) -> None:
        """Raise if any point cannot be a scenario: before anything is run.

        Raises
        ------
        InputError
            Of the first such row.
        """
        for row in range(len(self.rows)):
            self.scenario(base, row)

    def outside(self, parameters: Parameters) -> list[tuple[str, str, float]]:
        """Points whose value is outside the range of the evidence: name, address, value. Allowed, but to be said."""
        found = []
        for column, address in enumerate(self.addresses):
            if parameters[address.path].kind in WORDS:
                continue
            try:
                low, high = address.range(parameters)
            except InputError:
                continue
            found += [
                (name, address.text, float(row[column]))
                for name, row in zip(self.names, self.rows, strict=True)
                if not low - 1e-12 <= float(row[column]) <= high + 1e-12
            ]
        return found

    def with_arms(self, arms: Sequence[str]) -> Design:
        """All points under each of several scenarios: *paired arms*, which share their seeds as all rows do.

        Parameters
        ----------
        arms : sequence of str
            Shipped names or paths of scenario files, two or more.

        Raises
        ------
        InputError
            Fewer than two arms, one twice, an unknown one, or a design that has arms already.
        """
        if self.arms:
            raise InputError("arms of a design", list(arms), "none: its rows name scenarios already")
        if len(arms) < 2 or len(set(arms)) < len(arms):
            raise InputError("arms of a design", list(arms), "two or more scenarios, each once")
        for arm in arms:
            scenarios.load(arm)
        short = [Path(arm).stem for arm in arms]
        return replace(
            self,
            rows=self.rows * len(arms),
            names=tuple(f"{arm}.{name}" for arm in short for name in self.names),
            arms=tuple(arm for arm in arms for _ in self.rows),
        )

    def describe(self) -> dict[str, Any]:
        """What the design is, as plain data: method, columns, ranges, number of points, settings."""
        return {
            "method": self.method,
            "columns": list(self.columns),
            "rows": len(self.rows),
            "arms": list(dict.fromkeys(self.arms)),
            "ranges": [
                {"address": r.address.text, "low": r.low, "high": r.high, "log": r.log} for r in self.ranges
            ],
            "settings": dict(self.settings),
        }


def check_names(names: Sequence[str]) -> None:
    """Raise unless the names are distinct and can name folders.

    Raises
    ------
    InputError
        The first that cannot.
    """
    seen: set[str] = set()
    for name in names:
        if not _NAME.fullmatch(name):
            allowed = "a letter or digit, then letters, digits, '_', '.', '+', 41 at most"
            raise InputError("name of a row", name, allowed)
        if name.lower() in seen:
            raise InputError("name of a row", name, "a name that no other row has, also in small letters")
        seen.add(name.lower())


def _short(value: Scalar) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def parse_range(text: str, parameters: Parameters, where: str = "") -> Range:
    """The range that ``ADDRESS``, ``ADDRESS=LOW:HIGH`` or ``ADDRESS=LOW:HIGH:log`` stands for.

    Parameters
    ----------
    text : str
        Without an interval that of the evidence is taken.
    parameters : Parameters
        What there is.
    where : str
        Option or file, for errors.

    Raises
    ------
    InputError
        An unknown address, or an interval that is none.
    """
    name, _, interval = text.partition("=")
    address = parse(name, parameters, where)
    if not interval:
        return Range(address, *address.range(parameters))
    parts = interval.split(":")
    log = parts[2:] == ["log"]
    try:
        low, high = map(float, parts[:2])
    except ValueError:
        low = high = math.nan
    if (
        len(parts) > 2 + log
        or not (math.isfinite(low) and math.isfinite(high))
        or low >= high
        or (log and low <= 0)
    ):
        allowed = "LOW:HIGH with LOW below HIGH, or LOW:HIGH:log with both above 0"
        raise InputError(f"range of {name}", interval, allowed, where)
    if parameters[address.path].kind in WORDS:
        raise InputError(f"range of {name}", interval, "a parameter with numbers", where)
    return Range(address, low, high, log)


def _ranges(wanted: Sequence[str | Range], parameters: Parameters) -> tuple[Range, ...]:
    if not wanted:
        raise InputError("parameters of a design", "none", "one at least, as support.alpha")
    found = tuple(item if isinstance(item, Range) else parse_range(item, parameters) for item in wanted)
    together([r.address for r in found])
    return found


def listed(
    points: Sequence[Mapping[str, Scalar]],
    *,
    parameters: Parameters | None = None,
    names: Sequence[str] = (),
) -> Design:
    """A design of points given one by one.

    Parameters
    ----------
    points : sequence of mapping
        Address -> value; all with the same addresses.
    parameters : Parameters, optional
        The shipped ones by default.
    names : sequence of str
        Of the points.

    Raises
    ------
    InputError
        An unknown address, or points that do not name the same ones.
    """
    parameters = shipped_parameters.load() if parameters is None else parameters
    columns = tuple(points[0]) if points else ()
    for number, point in enumerate(points, 1):
        if set(point) != set(columns):
            odd = sorted(set(point) ^ set(columns))
            raise InputError(f"addresses of point {number}", odd, f"those of the first: {', '.join(columns)}")
    addresses = tuple(parse(column, parameters) for column in columns)
    together(addresses)
    rows = tuple(tuple(point[column] for column in columns) for point in points)
    return Design(addresses, rows, names=tuple(names))


def grid(axes: Mapping[str, Iterable[Scalar]], *, parameters: Parameters | None = None) -> Design:
    """All combinations of the values of each axis, the last axis running fastest.

    Parameters
    ----------
    axes : mapping
        Address -> values, each with one at least.
    parameters : Parameters, optional
        The shipped ones by default.

    Raises
    ------
    InputError
        An unknown address, an axis without values, or more than a million points.
    """
    parameters = shipped_parameters.load() if parameters is None else parameters
    addresses = tuple(parse(axis, parameters) for axis in axes)
    together(addresses)
    values = [tuple(axis) for axis in axes.values()]
    for address, axis in zip(addresses, values, strict=True):
        if not axis:
            raise InputError(f"values of {address.text}", "none", "one at least")
    if math.prod(map(len, values)) > MOST_ROWS:
        raise InputError("points of a grid", math.prod(map(len, values)), f"at most {MOST_ROWS}")
    return Design(addresses, tuple(itertools.product(*values)), "grid")


def latin_hypercube(
    ranges: Sequence[str | Range], n: int, *, seed: int = 1, parameters: Parameters | None = None
) -> Design:
    """``n`` points of which each column has exactly one in each ``n``-th of its range.

    Parameters
    ----------
    ranges : sequence of str or Range
        As :func:`parse_range` reads them.
    n : int
        Points, 2 or more.
    seed : int
        Of the drawing; it has nothing to do with the seeds of runs.
    parameters : Parameters, optional
        The shipped ones by default.
    """
    parameters = shipped_parameters.load() if parameters is None else parameters
    found = _ranges(ranges, parameters)
    _check_number("points", n, 2)
    return _drawn(
        hypercube(n, len(found), np.random.default_rng(seed)), found, "lhs", parameters, {"seed": seed}
    )


def hypercube(n: int, columns: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """A Latin hypercube of ``n`` points in the unit cube: one point in each slice of each column."""
    slices = rng.permuted(np.tile(np.arange(n)[:, None], (1, columns)), axis=0)
    return np.asarray((slices + rng.random((n, columns))) / n)


def sobol(
    ranges: Sequence[str | Range], n: int, *, seed: int = 1, parameters: Parameters | None = None
) -> Design:
    """Saltelli's design for Sobol indices, ``n * (columns + 2)`` points: first-order and total indices.

    Parameters
    ----------
    ranges : sequence of str or Range
        As :func:`parse_range` reads them.
    n : int
        A power of two.
    seed : int
        Of the scrambling.
    parameters : Parameters, optional
        The shipped ones by default.
    """
    parameters = shipped_parameters.load() if parameters is None else parameters
    found = _ranges(ranges, parameters)
    _check_number("base points", n, 2)
    if n & (n - 1):
        raise InputError("base points", n, "a power of two (the balance of the sequence needs it)")
    sample = _salib("SALib.sample.sobol").sample(unit_problem(found), n, calc_second_order=False, seed=seed)
    return _drawn(sample, found, "sobol", parameters, {"seed": seed, "base": n})


def morris(
    ranges: Sequence[str | Range],
    trajectories: int,
    *,
    levels: int = 4,
    seed: int = 1,
    parameters: Parameters | None = None,
) -> Design:
    """Morris's one-at-a-time trajectories, ``trajectories * (columns + 1)`` points.

    Parameters
    ----------
    ranges : sequence of str or Range
        As :func:`parse_range` reads them.
    trajectories : int
        2 or more; 10 is usual.
    levels : int
        Of each column, an even number.
    seed : int
        Of the drawing.
    parameters : Parameters, optional
        The shipped ones by default.
    """
    parameters = shipped_parameters.load() if parameters is None else parameters
    found = _ranges(ranges, parameters)
    _check_number("trajectories", trajectories, 2)
    if levels < 4 or levels % 2:
        raise InputError("levels", levels, "an even number, 4 or more")
    sampler = _salib("SALib.sample.morris")
    sample = sampler.sample(unit_problem(found), trajectories, num_levels=levels, seed=seed)
    return _drawn(sample, found, "morris", parameters, {"seed": seed, "levels": levels, "base": trajectories})


def unit_problem(ranges: Sequence[Range]) -> dict[str, Any]:
    """SALib's description of the columns, each on 0 to 1."""
    return {
        "num_vars": len(ranges),
        "names": [r.address.text for r in ranges],
        "bounds": [[0.0, 1.0]] * len(ranges),
    }


def _drawn(
    unit: NDArray[np.float64],
    ranges: tuple[Range, ...],
    method: str,
    parameters: Parameters,
    settings: Mapping[str, Any],
) -> Design:
    """A design from points of the unit cube; whole-numbered kinds are rounded."""
    columns = []
    for number, r in enumerate(ranges):
        values = r.at(np.asarray(unit)[:, number])
        if parameters[r.address.path].kind == "degree" and not r.address.factor:
            values = np.rint(values)
        columns.append(values.tolist())
    rows = tuple(zip(*columns, strict=True))
    return Design(tuple(r.address for r in ranges), rows, method, ranges=ranges, settings=settings)


def _check_number(what: str, n: int, least: int) -> None:
    if not least <= n <= MOST_ROWS:
        raise InputError(what, n, f"a whole number from {least} to {MOST_ROWS}")


def _salib(module: str) -> Any:
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError("a Sobol or Morris design", "calibration") from error


def method_of(text: str) -> str:
    """A method by its name.

    Raises
    ------
    InputError
        An unknown one; lists near names.
    """
    if text not in METHODS:
        raise InputError("method of a design", text, near(text, METHODS))
    return text
