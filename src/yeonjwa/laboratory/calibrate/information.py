"""What records can tell apart: the information matrix of a set of moments, the ridge they leave, and what would break it.

A moment is something that could be recorded, with its slope in each parameter (from paired runs) and its standard deviation
(error of the record, and what the model may be wrong by). The information of moments that err independently is the sum of
``slope slope' / sd**2``. Where it is singular the records fix a combination of the parameters and leave a ridge: pairs that
give the same records.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import InputError

Floats = NDArray[np.float64]
#: Ratio of the eigenvalues below which a matrix counts as singular.
SINGULAR = 1e-9


@dataclass(frozen=True)
class Moment:
    """Something that could be recorded.

    Attributes
    ----------
    name : str
        What it is.
    slopes : tuple of float
        Change of the moment for a unit of each parameter.
    sd : float
        Standard deviation with which it is known.
    """

    name: str
    slopes: tuple[float, ...]
    sd: float


@dataclass(frozen=True)
class Information:
    """What a set of moments tells of the parameters.

    Attributes
    ----------
    parameters : tuple of str
        Their names.
    matrix : array
        Information: inverse of the variance that is left.
    """

    parameters: tuple[str, ...]
    matrix: Floats

    @property
    def condition(self) -> float:
        """Smallest eigenvalue over the largest: 0 on a ridge, 1 where all directions are known alike."""
        values = np.linalg.eigvalsh(self.matrix)
        return float(max(values[0], 0.0) / values[-1]) if values[-1] > 0 else 0.0

    @property
    def ridge(self) -> Floats:
        """Direction of which least is known, of length 1, its largest part above 0."""
        _, vectors = np.linalg.eigh(self.matrix)
        direction = vectors[:, 0]
        return np.asarray(direction * np.sign(direction[np.abs(direction).argmax()]))

    def errors(self) -> Floats:
        """Standard error of each parameter; infinite for those on a ridge."""
        values, vectors = np.linalg.eigh(self.matrix)
        known = values > SINGULAR * max(float(values[-1]), 1e-300)
        squares = vectors**2
        on_ridge = squares[:, ~known].sum(axis=1) > 1e-12
        found = np.sqrt((squares[:, known] / values[known]).sum(axis=1))
        return np.where(on_ridge, math.inf, found)

    def correlation(self) -> float:
        """Of the errors of the first two parameters: -1 or 1 on a ridge.

        Raises
        ------
        InputError
            Other than two parameters.
        """
        if len(self.parameters) != 2:
            raise InputError("parameters", len(self.parameters), "two, for a correlation")
        (a, b), (_, d) = self.matrix
        return float(-b / math.sqrt(a * d)) if a > 0 and d > 0 else 0.0


def information(parameters: Sequence[str], moments: Sequence[Moment]) -> Information:
    """The information of moments that err independently.

    Parameters
    ----------
    parameters : sequence of str
        Names, in the order of the slopes.
    moments : sequence of Moment
        One at least.

    Raises
    ------
    InputError
        A moment with another number of slopes, or without a deviation.
    """
    if not moments:
        raise InputError("moments", 0, "one at least")
    total = np.zeros((len(parameters), len(parameters)))
    for moment in moments:
        if len(moment.slopes) != len(parameters) or moment.sd <= 0:
            allowed = f"{len(parameters)} slopes and a deviation above 0"
            raise InputError(f"moment {moment.name}", (moment.slopes, moment.sd), allowed)
        slope = np.asarray(moment.slopes)
        total += np.outer(slope, slope) / moment.sd**2
    return Information(tuple(parameters), total)


def breaking(
    parameters: Sequence[str], held: Sequence[Moment], further: Sequence[Moment]
) -> list[tuple[str, Information]]:
    """What each further moment alone would add to those that are held; the one that breaks the ridge best first.

    Parameters
    ----------
    parameters : sequence of str
        Names.
    held : sequence of Moment
        Recorded.
    further : sequence of Moment
        Not recorded, or hardly.

    Returns
    -------
    list of (str, Information)
        Sorted by the volume of what would be left, the smallest first.
    """
    found = [(moment.name, information(parameters, [*held, moment])) for moment in further]
    return sorted(found, key=lambda item: -float(np.linalg.det(item[1].matrix)))
