"""Regimes on one population: how many persons each reaches for one offence, which kin, of which ages, with what end.

Offenders are adults drawn at random from the living, the same for every regime, so that differences come from the
rules alone. What is counted is whom the rules name, not how many were punished: for most practices no source says
how often they were carried out.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import format_month
from yeonjwa.core.errors import InputError
from yeonjwa.core.randomness import stream, uniforms
from yeonjwa.kinship.circles import Circle, make_circle
from yeonjwa.kinship.egos import Cell, Egos
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.members import members
from yeonjwa.kinship.paths import Term, blood_path, is_blood
from yeonjwa.regime.catalogue import Regime
from yeonjwa.regime.liability import Reached, liability
from yeonjwa.regime.sanctions import BODY, Sanction, sanctions

OFFENDERS: Final = stream("regime.offender")
ONE_IN: Final = stream("regime.one_in_a_thousand")

#: Kin types of the table, in order; those by blood up to first cousins by name, others by degree.
KIN: Final = (
    "spouse",
    "parents",
    "children",
    "siblings",
    "grandparents",
    "grandchildren",
    "aunts_uncles",
    "nieces_nephews",
    "first_cousins",
    "others to 4 chon",
    "5 to 6 chon",
    "7 to 8 chon",
    "by marriage",
)
_PATHS: Final = {
    "S": "spouse",
    "U": "parents",
    "D": "children",
    "UD": "siblings",
    "UU": "grandparents",
    "DD": "grandchildren",
    "UUD": "aunts_uncles",
    "UDD": "nieces_nephews",
    "UUDD": "first_cousins",
}
#: Families are units of standard errors, up to great-great-grandmothers.
_HEIGHT: Final = 4
_BLOCK: Final = 2_000


@dataclass(frozen=True)
class Measures:
    """Choices of the measurement; see ``comparison.toml``."""

    adult_age: int
    child_age: int
    one_in: int
    draws: int
    age_groups: tuple[int, ...]
    line_up: int
    line_down: int


@cache
def measures() -> Measures:
    """The choices that come with the package."""
    text = (files("yeonjwa.regime") / "comparison.toml").read_text(encoding="utf-8")
    row = tomllib.loads(text)
    return Measures(**{**row, "age_groups": tuple(row["age_groups"])})


@dataclass(frozen=True, eq=False)
class Setting:
    """A population in a month, and the offenders drawn from its adults.

    Attributes
    ----------
    graph : KinGraph
    month : int
        Month index.
    adults : int32 (adults,)
        Everybody old enough and alive.
    offenders : int32 (offenders,)
        A sample without replacement, sorted by birth union, the same for every regime.
    seed : int
    """

    graph: KinGraph
    month: int
    adults: NDArray[np.int32]
    offenders: NDArray[np.int32]
    seed: int

    @cached_property
    def living(self) -> int:
        """Persons alive in the month."""
        return self.graph.pedigree.num_living(self.month)

    @cached_property
    def egos(self) -> Egos:
        """The offenders, for means with families as units."""
        return Egos(self.graph, self.month, self.offenders)

    @cached_property
    def cell(self) -> Cell:
        """All of them."""
        return Cell("all", "all", np.arange(self.offenders.size))

    @cached_property
    def lines(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Living men of the male line of each offender's father's father, the offender left out: (place, person)."""
        found = members(self.graph, line_circle(), self.offenders, month=self.month)
        return np.repeat(np.arange(self.offenders.size), found.counts), found.person

    def draw(self, number: int) -> NDArray[np.int32]:
        """Adults who offend in one draw of the measure of shared fate."""
        chance = uniforms(self.seed, ONE_IN, self.adults, number)
        return self.adults[chance < 1.0 / measures().one_in]

    def describe(self) -> dict[str, Any]:
        """The setting as plain data, with ages and sexes of the offenders."""
        p = self.graph.pedigree
        age = (self.month - p.birth[self.offenders].astype(np.int64)) // 12
        p10, p50, p90 = np.quantile(age, (0.1, 0.5, 0.9), method="inverted_cdf").tolist()
        return {
            "month": format_month(self.month),
            "living": self.living,
            "adults": int(self.adults.size),
            "offenders": int(self.offenders.size),
            "offenders_women": float((p.sex[self.offenders] == 0).mean()),
            "offenders_age_p10": int(p10),
            "offenders_age_p50": int(p50),
            "offenders_age_p90": int(p90),
            "seed": self.seed,
        }


def choose_offenders(graph: KinGraph, month: int, *, sample: int = 2_000, seed: int = 0) -> Setting:
    """A setting with up to ``sample`` adults drawn at random as offenders.

    Raises
    ------
    InputError
        A month without adults, or a sample below 2.
    """
    if sample < 2:
        raise InputError("sample", sample, "2 or more")
    p = graph.pedigree
    old_enough = p.birth.astype(np.int64) <= month - 12 * measures().adult_age
    adults = np.flatnonzero(old_enough & (p.death > month)).astype(np.int32)
    if adults.size < 2:
        raise InputError("month", format_month(month), "a month in which two adults at least are alive")
    chosen = adults[np.argsort(uniforms(seed, OFFENDERS, adults, 0), kind="stable")[:sample]]
    order = np.lexsort((chosen, p.birth_union[chosen]))
    return Setting(graph, month, adults, chosen[order], seed)


@cache
def line_circle() -> Circle:
    """Men joined to ego through men alone, up to the father's father and down from him; see ``comparison.toml``."""
    terms = []
    for up in range(measures().line_up + 1):
        for down in range(measures().line_down + 1):
            if up + down:
                path = blood_path(up, down)
                terms.append(Term(path, ("*" if up else "m") + "m" * len(path)))
    return make_circle(terms, "male line")


def kin_type(path: str) -> str:
    """Kin type of the table for a path."""
    if path in _PATHS:
        return _PATHS[path]
    if not is_blood(path):
        return "by marriage"
    degree = len(path)
    return "others to 4 chon" if degree <= 4 else "5 to 6 chon" if degree <= 6 else "7 to 8 chon"


def compare(
    setting: Setting, regimes: Iterable[Regime], *, historic: dict[int, Setting] | None = None
) -> list[dict[str, Any]]:
    """One row for each regime; see the table of measures in the documentation.

    Parameters
    ----------
    setting : Setting
        The common population and offenders.
    regimes : iterable of Regime
    historic : mapping of month to Setting, optional
        Populations that stand for a regime's own time, by ``population_at``.
    """
    rows = []
    for regime in regimes:
        row = {**_about(regime), **_row(setting, regime)}
        own = (historic or {}).get(regime.population_at or -1)
        row["own_time"] = None if own is None else {**own.describe(), **_headline(own, regime)}
        rows.append(row)
    return rows


def _about(regime: Regime) -> dict[str, Any]:
    bases = sorted({rule.basis for rule in regime.rules})
    return {
        "id": regime.id,
        "group": regime.group,
        "name": regime.name,
        "korean": regime.korean,
        "dates": regime.years,
        "reading": regime.reading,
        "grade": regime.grade,
        "basis": bases[0] if len(bases) == 1 else "both",
        "max_degree": regime.degree(),
        "body_degree": regime.degree(*BODY),
        "career_degree": regime.degree("career"),
        "widest_degree": regime.degree(widest=True),
        "not_represented": list(regime.not_represented),
    }


def _headline(setting: Setting, regime: Regime) -> dict[str, Any]:
    return _distribution(setting, liability_in_blocks(setting, regime).counts, "reached")


def _row(setting: Setting, regime: Regime) -> dict[str, Any]:
    found = liability_in_blocks(setting, regime)
    row = _distribution(setting, found.counts, "reached")
    for kind, chosen in (("body", BODY), ("career", frozenset({"career"}))):
        row |= _distribution(setting, _numbers(found, _of_kinds(chosen)[found.sanction]), kind)
    row["share_none"] = float((found.counts == 0).mean())
    young, groups = _by_age(setting, found)
    row["children_mean"], row["children_se"] = _estimate(setting, _numbers(found, young))
    row["children_share"] = float(young.mean()) if young.size else None
    row["by_age"] = groups
    row["by_kin"] = _by_kin(setting, found)
    row["by_sanction"] = _by_sanction(setting, found)
    row |= _shared_fate(setting, regime)
    row |= _lines(setting, found)
    row["widest_mean"] = row["reached_mean"]
    if any(not rule.standing for rule in regime.rules):
        widest = liability_in_blocks(setting, regime, widest=True)
        row["widest_mean"] = float(widest.counts.mean())
    return row


def liability_in_blocks(
    setting: Setting, regime: Regime, *, widest: bool = False, offenders: NDArray[np.int32] | None = None
) -> Reached:
    """As :func:`yeonjwa.regime.liability.liability` for the offenders of a setting, some at a time to spare memory."""
    ids = setting.offenders if offenders is None else offenders
    parts = [
        liability(setting.graph, regime, ids[first : first + _BLOCK], setting.month, widest=widest)
        for first in range(0, max(ids.size, 1), _BLOCK)
    ]
    if len(parts) == 1:
        return parts[0]
    counts = np.concatenate([part.counts for part in parts])
    offset = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    one = parts[0]
    return Reached(
        one.regime,
        one.rules,
        ids,
        offset,
        np.concatenate([part.person for part in parts]),
        np.concatenate([part.rule for part in parts]),
        np.concatenate([part.path for part in parts]),
        one.paths,
    )


def _of_kinds(kinds: frozenset[str]) -> NDArray[np.bool_]:
    """By rank of a sanction: whether it is of one of the kinds."""
    return np.array([sanction.kind in kinds for sanction in sanctions().values()], np.bool_)


def _numbers(found: Reached, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Rows chosen, for each offender."""
    return np.bincount(found.place[chosen], minlength=found.offenders.size).astype(np.int64)


def _estimate(setting: Setting, numbers: NDArray[np.generic]) -> tuple[float, float | None]:
    found = setting.egos.estimate(numbers, setting.cell, _HEIGHT)
    return found.mean, found.se


def _distribution(setting: Setting, numbers: NDArray[np.int64], name: str) -> dict[str, Any]:
    mean, se = _estimate(setting, numbers)
    p10, p50, p90 = np.quantile(numbers, (0.1, 0.5, 0.9), method="inverted_cdf").astype(int).tolist()
    return {
        f"{name}_mean": mean,
        f"{name}_se": se,
        f"{name}_p10": p10,
        f"{name}_p50": p50,
        f"{name}_p90": p90,
        f"{name}_max": int(numbers.max()),
    }


def _by_age(setting: Setting, found: Reached) -> tuple[NDArray[np.bool_], list[dict[str, Any]]]:
    """Which rows are children, and the mean number of those reached by age group."""
    chosen = measures()
    age = (setting.month - setting.graph.pedigree.birth[found.person].astype(np.int64)) // 12
    limits = chosen.age_groups
    group = np.searchsorted(np.array(limits), age, side="right") - 1
    rows = []
    for i, name in enumerate(age_group_names(limits)):
        mean, se = _estimate(setting, _numbers(found, group == i))
        rows.append({"age_group": name, "mean": mean, "se": se})
    return age < chosen.child_age, rows


def age_group_names(limits: Sequence[int]) -> list[str]:
    """ "0-14", "15-29", ..., "60+" for lower limits of age groups."""
    ends = [f"{low}-{high - 1}" for low, high in pairwise(limits)]
    return [*ends, f"{limits[-1]}+"]


def _by_kin(setting: Setting, found: Reached) -> list[dict[str, Any]]:
    kinds = np.array([KIN.index(kin_type(path)) for path in found.paths] or [0])
    of_row = kinds[found.path]
    rows = []
    for i, name in enumerate(KIN):
        if np.any(of_row == i):
            mean, se = _estimate(setting, _numbers(found, of_row == i))
            rows.append({"kin": name, "mean": mean, "se": se})
    return rows


def _by_sanction(setting: Setting, found: Reached) -> list[dict[str, Any]]:
    rows = []
    for sanction in sanctions().values():
        chosen = found.sanction == sanction.rank
        if np.any(chosen):
            mean, se = _estimate(setting, _numbers(found, chosen))
            rows.append({"sanction": sanction.id, "kind": sanction.kind, "mean": mean, "se": se})
    return rows


def _shared_fate(setting: Setting, regime: Regime) -> dict[str, Any]:
    """Share of the living who answer when one adult in so many offends: mean over draws, and its standard error."""
    shares: dict[str, list[float]] = {"share_of_population": [], "share_in_body": []}
    in_body = _of_kinds(BODY)
    for number in range(measures().draws):
        draw = setting.draw(number)
        found = liability_in_blocks(setting, regime, offenders=draw)
        body = found.person[in_body[found.sanction]]
        for name, chosen in (("share_of_population", found.person), ("share_in_body", body)):
            shares[name].append(np.setdiff1d(chosen, draw).size / setting.living)
    row: dict[str, Any] = {}
    for name, values in shares.items():
        row[name] = float(np.mean(values))
        row[f"{name}_se"] = float(np.std(values, ddof=1) / np.sqrt(len(values)))
    return row


def _lines(setting: Setting, found: Reached) -> dict[str, Any]:
    """Male lines with another man than the offender; share of them in which every other man is hit.

    *Ended*: by a sanction after which he fathers nobody. *Taken*: by any sanction in body.
    """
    place, person = setting.lines
    men = np.bincount(place, minlength=setting.offenders.size)
    with_others = men > 0
    row: dict[str, Any] = {"lines_with_others": float(with_others.mean())}
    sanction = _sanction_of(found, place, person, setting.graph.num_persons)
    for name, hits in (
        ("lines_ended", [s.ends_line for s in sanctions().values()]),
        ("lines_taken", [s.in_body for s in sanctions().values()]),
    ):
        hit = np.array([*hits, False])[sanction]
        struck = np.bincount(place[hit], minlength=setting.offenders.size)
        values = (struck == men)[with_others]
        row[name], row[f"{name}_se"] = _share(setting, values, with_others)
    return row


def _sanction_of(
    found: Reached, place: NDArray[np.int64], person: NDArray[np.int32], persons: int
) -> NDArray[np.int64]:
    """Rank of what happens to each (offender, person), -1 if nothing."""
    keys = found.place * persons + found.person
    wanted = place * persons + person
    if not keys.size:
        return np.full(wanted.size, -1, np.int64)
    at = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
    return np.where(keys[at] == wanted, found.sanction[at].astype(np.int64), -1)


def _share(
    setting: Setting, values: NDArray[np.bool_], chosen: NDArray[np.bool_]
) -> tuple[float | None, float | None]:
    if not values.size:
        return None, None
    numbers = np.zeros(chosen.size)
    numbers[chosen] = values
    cell = Cell("with others", "all", np.flatnonzero(chosen))
    found = setting.egos.estimate(numbers, cell, _HEIGHT)
    return found.mean, found.se


def worst(regime: Regime) -> Sanction | None:
    """The most severe sanction of a regime's standing rules."""
    return min((rule.sanction for rule in regime.chosen()), key=lambda s: s.rank, default=None)
