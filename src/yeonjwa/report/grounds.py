"""What a figure or a table rests on: the parameters that move it most, their grades, and the share that is assumed.

The movements were measured once, one parameter at a time, on the baseline (:mod:`yeonjwa.laboratory.influence`); a run takes
from them what concerns its own parameters and their grades.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from yeonjwa.core.language import gettext as _
from yeonjwa.laboratory import influence
from yeonjwa.report import words
from yeonjwa.report.results import Results

#: So many parameters are named under a figure.
NAMED: Final = 3
#: A movement of more than this is given as a factor and not as a percentage.
_FACTOR: Final = 2.0


@dataclass(frozen=True)
class Mover:
    """A parameter that moves a result: path, grade, and from what to what it moves it, in words."""

    path: str
    grade: str
    moves: str


@dataclass(frozen=True)
class Grounds:
    """What one figure or table rests on.

    Attributes
    ----------
    movers : tuple of Mover
        The parameters with the largest movements, the largest first.
    assumed : str
        Share of all squared movement that is down to assumptions, in words; empty if nothing moves it beyond chance.
    unmeasured : int
        Parameters of the run with a range that were not measured.
    """

    movers: tuple[Mover, ...]
    assumed: str
    unmeasured: int


def grades_of(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Path -> grade of the parameters of a run that have a range."""
    return {
        str(row["path"]): str(row["grade"])
        for row in manifest.get("parameters", [])
        if row.get("kind") not in ("rule", "switch")
        and not (row.get("low") is None and row.get("high") is None)
    }


def of(results: Results, measures: Sequence[str]) -> Grounds | None:
    """What a figure of these measures rests on; None if none of them was measured.

    Where a figure has several measures, each counts the same: the movements of each are taken as shares of all its squared
    movement, and the mean over the measures decides.
    """
    table = influence.load()
    known = [measure for measure in dict.fromkeys(measures) if measure in table.effects]
    if not known:
        return None
    grades = grades_of(results.manifest)
    found = [influence.basis(measure, grades, table) for measure in known]
    moved = [basis for basis in found if basis.effects]
    shares: dict[str, float] = {}
    for basis in moved:
        total = sum(effect.squared for effect in basis.effects)
        for effect in basis.effects:
            shares[effect.path] = shares.get(effect.path, 0.0) + effect.squared / total / len(moved)
    best = sorted(shares, key=lambda path: (-shares[path], path))[:NAMED]
    movers = tuple(Mover(path, grades[path], _moves(path, known, found)) for path in best)
    assumed = sum(basis.assumed or 0.0 for basis in moved) / len(moved) if moved else None
    return Grounds(movers, "" if assumed is None else words.percent(assumed), len(found[0].unmeasured))


def _moves(path: str, measures: Iterable[str], found: Iterable[influence.Basis]) -> str:
    """The largest movement of a parameter in words: "× 0.2 to × 3.1" or "−12 to +30 %"."""
    best = ""
    largest = -1.0
    for _measure, basis in zip(measures, found, strict=True):
        for effect in basis.effects:
            if effect.path == path and effect.base and effect.movement / abs(effect.base) > largest:
                largest = effect.movement / abs(effect.base)
                best = movement(effect)
    return best


def movement(effect: influence.Effect) -> str:
    """From what to what a parameter moves a result, against its value in the baseline."""
    if not effect.base:
        return words.span(words.number(effect.low), words.number(effect.high))
    low, high = sorted((effect.low / effect.base, effect.high / effect.base))
    if high > _FACTOR or low < 1 / _FACTOR:
        return words.span(f"\u00d7\u00a0{words.number(low, 2)}", f"\u00d7\u00a0{words.number(high, 2)}")
    if max(abs(low - 1), abs(high - 1)) < 0.01:
        return _("less than 1\u00a0%")
    return words.span(_signed(low - 1), f"{_signed(high - 1)}{words.percent_sign()}")


def _signed(share: float) -> str:
    rounded = round(100 * share)
    return "0" if rounded == 0 else f"{'+' if rounded > 0 else chr(0x2212)}{abs(rounded)}"
