"""Parameters as the engine uses them: looked up once a month, in the order of the code tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.parameters import Parameters
from yeonjwa.society.codes import (
    AGE_GROUPS,
    CAREER_GRADES,
    CLASSES,
    DEGREES,
    GRADES,
    LABOUR,
    POSTS,
    PROVINCES,
    RANKS,
    SEXES,
    SONGBUN,
)

LEVELS = {
    "post": POSTS,
    "rank": RANKS,
    "class": CLASSES,
    "province": PROVINCES,
    "degree": DEGREES,
    "grade": GRADES,
    "career_grade": CAREER_GRADES,
    "sex": SEXES,
    "age_group": AGE_GROUPS,
    "songbun": SONGBUN,
    "labour": LABOUR,
}


@dataclass(frozen=True)
class Month:
    """All parameters at one month.

    Attributes
    ----------
    parameters : Parameters
        The validated inputs of the run.
    t : int
        Month index.
    """

    parameters: Parameters
    t: int

    def number(self, path: str) -> float:
        """A single number."""
        return self.parameters.number(path, self.t)

    def switch(self, path: str) -> bool:
        """A switch."""
        return self.parameters.switch(path, self.t)

    def text(self, path: str) -> str:
        """A rule in words."""
        return self.parameters.text(path, self.t)

    def vector(self, path: str, levels: str) -> NDArray[np.float64]:
        """A table as an array in the order of a code table (a key of LEVELS)."""
        return self.parameters.vector(path, self.t, LEVELS[levels])

    def by_rank(self, path: str) -> NDArray[np.float64]:
        """A table by post as an array by rank, with 0 for ordinary people."""
        return np.concatenate(([0.0], self.vector(path, "post")))
