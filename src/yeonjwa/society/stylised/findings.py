"""What a set-up returns: findings, curves for a figure; and what it is given."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from yeonjwa.core.calendar import month_index
from yeonjwa.core.parameters import Parameters
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.society.settings import Month
from yeonjwa.society.world import World


@dataclass(frozen=True)
class Finding:
    """One number of theory beside the number that was found.

    Attributes
    ----------
    what : str
        The quantity, in words.
    where : str
        The conditions under which it was looked for.
    inside : bool
        Whether these are the conditions of the theorem: then the two must agree.
    theory, found : float
        Closed form; what came out of the functions of the model.
    tolerance : float
        Largest difference that counts as agreement, in the unit of the quantity.
    """

    what: str
    where: str
    inside: bool
    theory: float
    found: float
    tolerance: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether the two agree within the tolerance."""
        return math.isfinite(self.found) and abs(self.found - self.theory) <= self.tolerance

    def as_dict(self) -> dict[str, Any]:
        """The finding as plain data."""
        return {
            "what": self.what,
            "where": self.where,
            "inside": self.inside,
            "theory": self.theory,
            "found": self.found,
            "tolerance": self.tolerance,
            "holds": self.holds if self.inside else None,
        }


def agrees(what: str, where: str, theory: float, found: float, tolerance: float) -> Finding:
    """A finding inside the conditions of its theorem: within ``tolerance`` of it, or the set-up has failed."""
    return Finding(what, where, True, float(theory), float(found), float(tolerance))


def beyond(what: str, where: str, theory: float, found: float) -> Finding:
    """A finding outside the conditions: how far the closed form is off is what is shown."""
    return Finding(what, where, False, float(theory), float(found))


@dataclass(frozen=True)
class Curve:
    """Points of one line of a figure; ``kind`` is "theory" (drawn as a line) or "model" (drawn as marks)."""

    name: str
    kind: str
    x: tuple[float, ...]
    y: tuple[float, ...]

    def as_dict(self) -> dict[str, Any]:
        """The curve as plain data."""
        return {"name": self.name, "kind": self.kind, "x": list(self.x), "y": list(self.y)}


def curve(name: str, kind: str, x: ArrayLike, y: ArrayLike) -> Curve:
    """A curve from arrays; points that are not finite are left out."""
    xs, ys = np.asarray(x, float).ravel(), np.asarray(y, float).ravel()
    there = np.isfinite(xs) & np.isfinite(ys)
    return Curve(name, kind, tuple(xs[there].tolist()), tuple(ys[there].tolist()))


@dataclass(frozen=True)
class Panel:
    """One small figure: curves on common axes. ``log_x`` spaces the horizontal axis by ratios."""

    title: str
    x: str
    y: str
    curves: tuple[Curve, ...]
    log_x: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The panel as plain data."""
        return {
            "title": self.title,
            "x": self.x,
            "y": self.y,
            "curves": [found.as_dict() for found in self.curves],
        }


@dataclass(frozen=True)
class Demonstration:
    """All findings and curves of one set-up."""

    name: str
    title: str
    findings: tuple[Finding, ...]
    panels: tuple[Panel, ...]

    @property
    def failed(self) -> list[Finding]:
        """Findings inside the conditions of their theorem that do not agree with it."""
        return [found for found in self.findings if found.inside and not found.holds]

    def as_dict(self) -> dict[str, Any]:
        """The demonstration as plain data."""
        return {
            "name": self.name,
            "title": self.title,
            "findings": [found.as_dict() for found in self.findings],
            "panels": [panel.as_dict() for panel in self.panels],
        }


#: Month at which set-ups that need a country look at it.
LOOK = month_index(2010, 1)


@dataclass(frozen=True)
class Setting:
    """What a set-up is given: the parameters of the model, a seed, and how large a country may be.

    Attributes
    ----------
    parameters : Parameters
        All inputs; ``yeonjwa.evidence.parameters.load()`` for the shipped ones.
    seed : int
        Seed of all draws.
    living : int
        Persons alive in 2005-01 of the synthetic country in which reach, vetting and flight are looked at.
    given : Pedigree, optional
        A genealogy that is there already; otherwise one is simulated when first asked for.
    """

    parameters: Parameters
    seed: int = 1
    living: int = 60_000
    given: Pedigree | None = field(default=None, repr=False)

    def rng(self, *words: int) -> np.random.Generator:
        """A generator of its own for each use."""
        return np.random.default_rng([self.seed, *words])

    @cached_property
    def month(self) -> Month:
        """The parameters at the month of the look."""
        return Month(self.parameters, LOOK)

    @cached_property
    def pedigree(self) -> Pedigree:
        """The genealogy, simulated once."""
        if self.given is not None:
            return self.given
        from yeonjwa.demography.rates import country
        from yeonjwa.genealogy.simulate import simulate

        rates = country("PRK", self.parameters)
        at = month_index(2005, 1)
        return simulate(rates, self.parameters, living=self.living, at=at, seed=self.seed, last=LOOK + 24)

    @property
    def scale(self) -> float:
        """Persons of the synthetic country for one of the real one."""
        return self.living / self.parameters.number("population.living", month_index(2005, 1))

    def country(self, parameters: Parameters | None = None) -> World:
        """A country at the end of the month before the look: people placed, posts filled, ties looked up."""
        from yeonjwa.society.engine import make_world

        return make_world(
            self.pedigree,
            parameters or self.parameters,
            seed=self.seed,
            scale=self.scale,
            start=LOOK,
            last=LOOK + 12,
        )


def mean_and_error(values: Sequence[float] | ArrayLike) -> tuple[float, float]:
    """Mean of independent values and its standard error."""
    found = np.asarray(values, float)
    return float(found.mean()), float(found.std(ddof=1) / math.sqrt(found.size))
