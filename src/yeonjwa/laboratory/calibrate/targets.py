"""What a calibration is held against: recorded figures by id of the ledger, and the part of a run each is compared with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from yeonjwa.core import toml
from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import near
from yeonjwa.evidence import formula, ledger
from yeonjwa.laboratory.calibrate.history import Record
from yeonjwa.laboratory.calibrate.yearly import Yearly

FILE: Final = Path(__file__).parent / "data" / "targets.toml"
USES: Final = ("fit", "held_out", "stress")
TRANSFORMS: Final = ("sqrt", "log", "none")
#: Smallest number that a logarithm is taken of: one person in the smallest country.
_LEAST: Final = 1.0
_KEYS: Final = {"name", "what", "cells", "value", "transform", "observation", "discrepancy"}
_OPTIONAL: Final = {"of", "years", "use", "each_year", *USES}


@dataclass(frozen=True)
class Target:
    """A recorded figure and what it is compared with.

    Attributes
    ----------
    name, what : str
        Id, and what it is in words.
    cells, of : tuple of str
        Cells of :class:`~yeonjwa.laboratory.calibrate.yearly.Yearly` that are summed; and those they are a share of, if any.
    years : tuple of int
        Over which the sums are taken; a figure that is no share is their mean a year.
    facts : tuple of str
        Ids of the ledger it rests on.
    recorded : float
        The figure.
    transform : str
        Scale of the comparison: "sqrt", "log" or "none".
    observation, discrepancy : float
        Standard deviations on that scale.
    use : str
        "fit", "held_out" or "stress".
    """

    name: str
    what: str
    cells: tuple[str, ...]
    of: tuple[str, ...]
    years: tuple[int, ...]
    facts: tuple[str, ...]
    recorded: float
    transform: str
    observation: float
    discrepancy: float
    use: str

    def of_run(self, run: Yearly) -> float:
        """What a run has instead, on the scale of the comparison.

        Raises
        ------
        InputError
            If the run does not hold the years.
        """
        missing = [year for year in self.years if year not in run.years]
        if missing:
            allowed = f"runs with {', '.join(map(str, missing))}, for the target {self.name}"
            raise InputError("years of a run", f"{run.years[0]}-{run.years[-1]}", allowed)
        total = float(sum(run.of(cell, self.years).sum() for cell in self.cells))
        if self.of:
            below = float(sum(run.of(cell, self.years).sum() for cell in self.of))
            return forward(total / below if below else 0.0, self.transform)
        return forward(total / len(self.years), self.transform)

    def record(self, scale: float) -> Record:
        """What history matching needs of it, for runs of a country of this scale."""
        return Record(
            self.name, forward(self.recorded, self.transform), self.observation, self.discrepancy, scale
        )


def forward(value: float, transform: str) -> float:
    """A figure on the scale on which it is compared."""
    if transform == "sqrt":
        return math.sqrt(value)
    return math.log(max(value, _LEAST)) if transform == "log" else value


def back(values: Any, transform: str) -> Any:
    """Figures from the scale on which they are compared."""
    if transform == "sqrt":
        return np.maximum(values, 0.0) ** 2
    return np.exp(values) if transform == "log" else values


def load(file: Path = FILE) -> tuple[Target, ...]:
    """The targets of a file, those for each year apart.

    Parameters
    ----------
    file : Path
        The shipped one by default.

    Raises
    ------
    InputError
        An unknown key, fact or use, a value that is none; names the file and the line.
    """
    text = toml.read_text(file)
    content = toml.parse(text, file.name)
    if set(content) != {"target"}:
        raise InputError("keys", sorted(content), "[[target]] tables only", file.name)
    found = [
        target
        for number, row in enumerate(content["target"])
        for target in _targets(row, _place(text, file.name, number))
    ]
    names = [target.name for target in found]
    for name in names:
        if names.count(name) > 1:
            raise InputError("name of a target", name, "a name that no other target has", file.name)
    return tuple(found)


def _place(text: str, file: str, number: int) -> str:
    return toml.place(file, toml.line_of(text, "name", table=number, header="target"))


def _targets(row: Mapping[str, Any], where: str) -> list[Target]:
    for key in row:
        if key not in _KEYS | _OPTIONAL:
            raise InputError("key of a target", key, near(key, sorted(_KEYS | _OPTIONAL)), where)
    for key in sorted(_KEYS):
        if key not in row:
            raise InputError("keys of a target", sorted(row), f"{key} is missing", where)
    if row["transform"] not in TRANSFORMS:
        raise InputError("transform of a target", row["transform"], ", ".join(TRANSFORMS), where)
    if row.get("each_year"):
        return [
            _target(row, f"{row['name']}.{year}", (year,), use, where)
            for use in USES
            for year in row.get(use, ())
        ]
    if row.get("use") not in USES:
        raise InputError("use of a target", row.get("use"), ", ".join(USES), where)
    return [_target(row, row["name"], tuple(row["years"]), row["use"], where)]


def _target(row: Mapping[str, Any], name: str, years: tuple[int, ...], use: str, where: str) -> Target:
    rule = row["value"].replace("YEAR", str(years[0]))
    facts = formula.names(rule)
    values = {}
    for id in facts:
        entry = ledger.entry(id, where)
        value = getattr(entry, "value", None)
        if value is None:
            raise InputError("value of a target", id, "a fact with a number", where)
        values[id] = float(value)
    recorded = formula.evaluate(rule, values, where)
    # Relative deviations on the scale of the comparison: the slope of a root is half of one over the root.
    slope = {"sqrt": 0.5 * math.sqrt(max(recorded, 0.0)), "log": 1.0, "none": 1.0}[row["transform"]]
    return Target(
        name,
        row["what"],
        tuple(row["cells"]),
        tuple(row.get("of", ())),
        years,
        facts,
        recorded,
        row["transform"],
        float(row["observation"]) * slope,
        float(row["discrepancy"]) * slope,
        use,
    )


def used(targets: Sequence[Target], use: str) -> tuple[Target, ...]:
    """Those with one use."""
    return tuple(target for target in targets if target.use == use)
