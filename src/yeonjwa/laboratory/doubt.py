"""Parameters drawn from their ranges, so that a result can be asked how far it rests on them.

Each parameter with a range gets one number between 0 and 1 for all its dates and levels, since they share their doubt: 0 is
its low end, one half the value that is held, 1 its high end, and between these it moves in straight lines. So the value that is
held is the median of what is drawn. Draws are a Latin hypercube: of N draws of a parameter one lies in each N-th of its range.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import DatedValue, Parameter, Parameters
from yeonjwa.laboratory.influence import at_end, ranged
from yeonjwa.laboratory.rules import check_limits

Point = Mapping[str, float]


def draws(paths: Sequence[str], number: int, *, seed: int = 0) -> list[dict[str, float]]:
    """Points of a Latin hypercube: path -> place between the ends of its range, 0 to 1.

    Parameters
    ----------
    paths : sequence of str
        The parameters to move.
    number : int
        How many points.
    seed : int
        Of the draws of parameters; it has nothing to do with the seeds of runs.
    """
    if number < 1:
        raise InputError("draws of parameters", number, "1 or more")
    chance = np.random.default_rng(seed)
    table = {
        path: (chance.permutation(number) + chance.random(number)) / number for path in sorted(set(paths))
    }
    return [{path: float(column[i]) for path, column in table.items()} for i in range(number)]


def at(parameters: Parameters, point: Point) -> Parameters:
    """Parameters with those of a point moved to their places.

    Raises
    ------
    InputError
        A parameter without a range, a place outside 0 to 1, or a value with which the engine cannot compute.
    """
    movable = ranged(parameters)
    for path, place in point.items():
        if path not in movable:
            raise InputError("parameter to draw", path, "one that has a range")
        if not 0 <= place <= 1:
            raise InputError(f"place of {path}", place, "0 (low end) to 1 (high end)")
    moved_ = {path: moved(parameters[path], place) for path, place in point.items()}
    return Parameters({**parameters.items_, **moved_})


def moved(parameter: Parameter, place: float) -> Parameter:
    """A parameter with all its dated values at a place between the ends of their ranges."""
    end = at_end(parameter, "low" if place < 0.5 else "high")
    part = abs(2 * place - 1)
    values = tuple(
        replace(held, value=_between(parameter, held, far, part))
        for held, far in zip(parameter.values, end.values, strict=True)
    )
    return replace(parameter, values=values)


def _between(parameter: Parameter, held: DatedValue, far: DatedValue, part: float) -> Any:
    if isinstance(held.value, Mapping) and isinstance(far.value, Mapping):
        value: Any = {
            level: _number(parameter.kind, number, far.value[level], part)
            for level, number in held.value.items()
        }
    else:
        value = _number(parameter.kind, held.value, far.value, part)
    check_limits(parameter.path, parameter.kind, value, "draw of parameters")
    return value


def _number(kind: str, held: Any, far: Any, part: float) -> float:
    value = float(held) + part * (float(far) - float(held))
    return float(round(value)) if kind == "degree" else value
