"""Which parameters move a result, by how much, and how much of the movement is down to assumptions.

Each parameter with a range (switches and rules in words have none) is set to its low and to its high end, all others left
as they are, and the country is run again with the same luck. The distance between the results is its *movement*; what two
seeds differ by tells what is chance. The table that comes with the package (``data/influence.csv``) was made by ``python
verification/evidence/influence.py``, which writes it anew; a parameter that came later is "not measured".

The share of a result that rests on assumptions is the part of all squared movements that belongs to parameters graded
*assumption*: the share of the variance if parameters were drawn independently from two-point ranges and acted one by one.
It leaves out what parameters do together, and what no range was given for.
"""

from __future__ import annotations

import csv
import functools
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from yeonjwa.core.errors import InputError
from yeonjwa.core.files import write_text
from yeonjwa.core.parameters import GRADES, DatedValue, Parameter, Parameters
from yeonjwa.core.progress import Silent
from yeonjwa.laboratory.measures import summarise
from yeonjwa.laboratory.run import REFERENCE_MONTH, check_scale, country_rates, simulate_genealogy
from yeonjwa.laboratory.scenario import SUMS_TO_ONE, Scenario

FOLDER: Final = Path(__file__).parent / "data"
TABLE: Final = "influence.csv"
ABOUT: Final = "influence.json"
SIDES: Final = ("low", "high")
_COLUMNS: Final = ("path", "measure", "low", "base", "high")
#: Areas in the order in which they are measured; those that act through the genealogy alone come last.
_ORDER: Final = (
    "support", "flight", "loss", "sanction", "hint", "economy", "belief", "detection", "vetting", "exit", "camp", "offence",
    "border", "post", "recall", "remittance", "party", "songbun",
)  # fmt: skip
#: A movement counts if it is larger than this many standard deviations of the difference of two seeds.
BEYOND_CHANCE: Final = 2.0


@dataclass(frozen=True)
class Effect:
    """What one parameter does to one result.

    Attributes
    ----------
    path, measure : str
        Parameter and result.
    low, base, high : float
        The result with the parameter at its low end, as it is, and at its high end.
    beyond_chance : bool
        Whether the movement is larger than chance makes it.
    squared : float
        Square of the movement, less what chance adds to it; 0 within chance.
    """

    path: str
    measure: str
    low: float
    base: float
    high: float
    beyond_chance: bool
    squared: float

    @property
    def movement(self) -> float:
        """Largest less smallest of the three results."""
        return max(self.low, self.base, self.high) - min(self.low, self.base, self.high)


@dataclass(frozen=True)
class Influence:
    """Everything measured, and how.

    Attributes
    ----------
    effects : dict
        Result -> effects beyond chance, the largest movement first; an entry for each result that was measured.
    about : dict
        Command, versions, scale, seeds, dates, paths that were moved, mean and chance of each result, what was refused.
    """

    effects: Mapping[str, tuple[Effect, ...]]
    about: Mapping[str, Any]

    @property
    def measured(self) -> frozenset[str]:
        """Paths of the parameters that were moved."""
        return frozenset(self.about["measured"])


@dataclass(frozen=True)
class Basis:
    """What a result rests on.

    Attributes
    ----------
    effects : tuple of Effect
        Of the parameters of a run, those beyond chance, the largest first.
    grades : dict
        Path -> grade, for these.
    by_grade : dict
        Grade -> share of the squared movement, in sum 1; empty if nothing moves the result beyond chance.
    unmeasured : tuple of str
        Parameters of the run that have a range and are not in the table.
    """

    effects: tuple[Effect, ...]
    grades: Mapping[str, str]
    by_grade: Mapping[str, float]
    unmeasured: tuple[str, ...]

    @property
    def assumed(self) -> float | None:
        """Share of the squared movement that is down to assumptions; None if nothing moves the result."""
        return self.by_grade.get("assumption", 0.0) if self.by_grade else None


@functools.cache
def load(folder: Path = FOLDER) -> Influence:
    """The table that comes with the package.

    Raises
    ------
    InputError
        If a file is missing or not as it was written.
    """
    about = json.loads((folder / ABOUT).read_text("utf-8"))
    rows = list(csv.reader(io.StringIO((folder / TABLE).read_text("utf-8"))))
    if not rows or tuple(rows[0]) != _COLUMNS:
        raise InputError("columns", rows[:1], ", ".join(_COLUMNS), f"{TABLE}, line 1")
    effects: dict[str, list[Effect]] = {measure: [] for measure in about["chance"]}
    for path, measure, *numbers in rows[1:]:
        low, base, high = map(float, numbers)
        effects[measure].append(_effect(path, measure, low, base, high, about))
    return Influence({m: tuple(sorted(found, key=_rank)) for m, found in sorted(effects.items())}, about)


def _rank(effect: Effect) -> tuple[float, str]:
    return -effect.movement, effect.path


def _effect(
    path: str, measure: str, low: float, base: float, high: float, about: Mapping[str, Any]
) -> Effect:
    movement = max(low, base, high) - min(low, base, high)
    chance = math.sqrt(2.0) * float(about["chance"][measure]["sd"])
    beyond = movement > BEYOND_CHANCE * chance
    return Effect(
        path, measure, low, base, high, beyond, max(movement**2 - chance**2, 0.0) if beyond else 0.0
    )


def basis(measure: str, grades: Mapping[str, str], table: Influence | None = None) -> Basis:
    """What a result rests on in a run with these parameters.

    Parameters
    ----------
    measure : str
        A measure, or a ratio of :mod:`yeonjwa.laboratory.measures`.
    grades : mapping of str to str
        Path -> grade of the parameters of the run that have a range; others are left out.
    table : Influence, optional
        The shipped one by default.

    Raises
    ------
    InputError
        If the result is not in the table.
    """
    table = load() if table is None else table
    if measure not in table.effects:
        raise InputError("measure", measure, ", ".join(table.effects))
    found = [e for e in table.effects[measure] if e.beyond_chance and e.path in grades]
    total = math.fsum(effect.squared for effect in found)
    by_grade = {
        grade: math.fsum(effect.squared for effect in found if grades[effect.path] == grade) / total
        for grade in GRADES
        if any(grades[effect.path] == grade for effect in found)
    }
    unmeasured = tuple(sorted(set(grades) - table.measured))
    return Basis(tuple(found), {e.path: grades[e.path] for e in found}, by_grade, unmeasured)


def ranged(parameters: Parameters) -> dict[str, str]:
    """Path -> grade of the parameters that can be moved: those with a range. A switch is a choice, not a doubt."""
    return {path: parameters[path].grade for path in parameters if _movable(parameters[path])}


def _movable(parameter: Parameter) -> bool:
    return parameter.kind not in ("rule", "switch") and any(
        v.low not in (None, v.value) or v.high not in (None, v.value) for v in parameter.values
    )


def at_end(parameter: Parameter, side: str) -> Parameter:
    """The parameter with all its dated values at their low or high end.

    A table that divides a whole has its most uncertain level at that end, the others in proportion.
    """
    values = tuple(replace(v, value=_end(parameter, v, side)) for v in parameter.values)
    return replace(parameter, values=values)


def _end(parameter: Parameter, dated: DatedValue, side: str) -> Any:
    bound = dated.low if side == "low" else dated.high
    if bound is None:
        return dated.value
    if not isinstance(dated.value, Mapping):
        return bound
    ends = {level: _of(bound, level, number) for level, number in dated.value.items()}
    if parameter.path not in SUMS_TO_ONE:
        return ends
    widths = {level: _of(dated.high, level, n) - _of(dated.low, level, n) for level, n in dated.value.items()}
    widest = max(widths, key=lambda level: (widths[level], level))
    rest = sum(number for level, number in dated.value.items() if level != widest)
    left = (1 - ends[widest]) / rest
    return {lv: ends[lv] if lv == widest else number * left for lv, number in dated.value.items()}


def _of(bound: Any, level: str, otherwise: float) -> float:
    if isinstance(bound, Mapping):
        return float(bound.get(level, otherwise))
    return otherwise if bound is None else float(bound)


def tasks(parameters: Parameters, seeds: Sequence[int]) -> list[tuple[str, str, int]]:
    """What has to be run: path, side and seed; the base runs, with path ``""``, first."""
    found = [("", "base", seed) for seed in seeds]
    for path in sorted(ranged(parameters), key=_turn):
        for side in SIDES:
            if at_end(parameters[path], side).values != parameters[path].values:
                found.append((path, side, seeds[0]))
    return found


def _turn(path: str) -> tuple[int, str]:
    area = path.split(".")[0]
    return (_ORDER.index(area) if area in _ORDER else len(_ORDER)), path


def measure(
    scenario: Scenario, path: str, side: str, seed: int, *, scale: float, first: int, last: int
) -> dict[str, float]:
    """Results of one run with a parameter at one end; path ``""`` leaves all as they are.

    Raises
    ------
    InputError
        If the end cannot be run, as where it breaks a rule of the regime.
    """
    from yeonjwa.regime.rules import validate
    from yeonjwa.society.engine import simulate

    check_scale(scale)
    parameters = scenario.parameters
    if path:
        parameters = Parameters({**parameters.items_, path: at_end(parameters[path], side)})
    validate(parameters)
    living = round(scale * parameters.number("population.living", REFERENCE_MONTH))
    pedigree = simulate_genealogy(country_rates(parameters), parameters, living, seed, last, 1, Silent())
    result = simulate(pedigree, parameters, seed=seed, scale=scale, first=first, last=last)
    return summarise(result.series)


def write(
    results: Mapping[tuple[str, str, int], Mapping[str, float]],
    about: Mapping[str, Any],
    folder: Path = FOLDER,
) -> None:
    """Write the table and what it is about from results by path, side and seed.

    The base of the comparison is the run with the seed of the moved ones; chance is the standard deviation over seeds. Only
    movements beyond chance are written.
    """
    seeds = sorted(seed for path, _, seed in results if not path)
    moved = sorted({(path, seed) for path, _, seed in results if path})
    measures = sorted(set.intersection(*(set(results["", "base", seed]) for seed in seeds)))
    chance: dict[str, dict[str, float]] = {}
    for name in measures:
        values = [results["", "base", seed][name] for seed in seeds]
        chance[name] = {"mean": _short(sum(values) / len(values)), "sd": _short(_sd(values))}
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    for path, seed in moved:
        base = results["", "base", seed]
        ends = [results.get((path, side, seed), base) for side in SIDES]
        for name in measures:
            low, high = (end.get(name, base[name]) for end in ends)
            low, middle, high = map(_short, (low, base[name], high))
            if _effect(path, name, low, middle, high, {"chance": chance}).beyond_chance:
                table.writerow([path, name, low, middle, high])
    write_text(folder / TABLE, text.getvalue())
    whole = {**about, "seeds": seeds, "measured": sorted({path for path, _ in moved}), "chance": chance}
    write_text(folder / ABOUT, json.dumps(whole, indent=1, ensure_ascii=False) + "\n")
    load.cache_clear()


def _short(number: float) -> float:
    return float(f"{number:.5g}")


def _sd(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / max(len(values) - 1, 1))
