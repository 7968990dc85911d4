"""Who answers for an offence under a regime, with which sanction: the rules of the catalogue on a pedigree.

Ages, sexes, lines, unions and who has married out are read from the pedigree as it stands in the month of the offence.
What it does not hold (divorce, betrothal, illness, households) can be given as :class:`Facts`; without them nobody is
divorced, promised or ill, and a household is a couple with its unmarried children.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import NEVER
from yeonjwa.core.errors import InputError
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.kinship.circles import Circle
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.members import members
from yeonjwa.regime.catalogue import Regime, Rule
from yeonjwa.regime.catalogue import regime as regime_of
from yeonjwa.regime.sanctions import sanctions

_SEXES: Final = {"f": 0, "m": 1}
_YEAR: Final = 12


@dataclass(frozen=True)
class Facts:
    """What a pedigree does not hold.

    Attributes
    ----------
    ended : int16 (unions,)
        Month of divorce, ``NEVER`` if none.
    betrothed, disabled : bool (persons,)
    household : int32 (persons,), optional
        Two persons with one number live together; by default a couple and its unmarried children do.
    """

    ended: NDArray[np.int16]
    betrothed: NDArray[np.bool_]
    disabled: NDArray[np.bool_]
    household: NDArray[np.int32] | None = None


def no_facts(pedigree: Pedigree) -> Facts:
    """Nobody divorced, promised or ill."""
    nobody = np.zeros(pedigree.num_persons, np.bool_)
    return Facts(np.full(pedigree.num_unions, NEVER, np.int16), nobody, nobody)


@dataclass(frozen=True)
class Reached:
    """Those who answer for each offender: rows ``offset[i]`` to ``offset[i + 1] - 1`` for ``offenders[i]``, by person.

    Attributes
    ----------
    regime : Regime
    rules : tuple of Rule
        Those that were applied.
    offenders : int32 (offenders,)
    offset : int64 (offenders + 1,)
    person : int32 (rows,)
        Each once for an offender.
    rule : int16 (rows,)
        Index in ``rules`` of the one that decides: the most severe, of equal ones the first.
    path : int16 (rows,)
        Index in ``paths`` of the nearest relation by which a rule reaches the person.
    paths : tuple of str
        In the order in which relations are named.
    """

    regime: Regime
    rules: tuple[Rule, ...]
    offenders: NDArray[np.int32]
    offset: NDArray[np.int64]
    person: NDArray[np.int32]
    rule: NDArray[np.int16]
    path: NDArray[np.int16]
    paths: tuple[str, ...]

    @property
    def counts(self) -> NDArray[np.int64]:
        """Persons who answer for each offender."""
        return np.diff(self.offset)

    @property
    def place(self) -> NDArray[np.int64]:
        """Index of the offender of each row."""
        return np.repeat(np.arange(self.offenders.size), self.counts)

    @property
    def sanction(self) -> NDArray[np.int16]:
        """Rank of the sanction of each row, 0 the most severe; see :func:`yeonjwa.regime.sanctions.sanctions`."""
        ranks = np.array([rule.sanction.rank for rule in self.rules] or [0], np.int16)
        return ranks[self.rule]

    @property
    def degree(self) -> NDArray[np.int16]:
        """Chon of each row."""
        degrees = np.array([len(path) - path.count("S") for path in self.paths] or [0], np.int16)
        return degrees[self.path]

    def of(self, i: int) -> dict[int, str]:
        """Person -> id of the sanction, for the i-th offender."""
        ids = list(sanctions())
        span = slice(int(self.offset[i]), int(self.offset[i + 1]))
        pairs = zip(self.person[span].tolist(), self.sanction[span].tolist(), strict=True)
        return {person: ids[rank] for person, rank in pairs}


def liability(
    graph: KinGraph,
    regime: Regime | str,
    offenders: NDArray[np.integer],
    month: int,
    *,
    facts: Facts | None = None,
    widest: bool = False,
) -> Reached:
    """Everyone who answers for each offender under a regime, each with one sanction, exact whatever the pedigree.

    Parameters
    ----------
    graph : KinGraph
        The pedigree with its index.
    regime : Regime or str
        A regime, or its id in the catalogue. Whether it was in force is not asked.
    offenders : integer array (offenders,)
        Ids. One who cannot set the regime off (``offender_sex``) has nobody answer for him.
    month : int
        Month index of the offence: ages and unions are those at its end, and only the living answer.
    facts : Facts, optional
        What the pedigree does not hold.
    widest : bool
        Also the rules that hold sometimes or in exceptional cases.

    Raises
    ------
    InputError
        An id that is unknown.
    """
    chosen = regime_of(regime) if isinstance(regime, str) else regime
    ids = graph.check_egos(np.asarray(offenders))
    given = no_facts(graph.pedigree) if facts is None else _checked(facts, graph)
    rules = chosen.chosen(widest)
    paths = paths_of(rule.circle for rule in rules)
    found = _Found(graph, ids, month, given, paths)
    may = np.ones(ids.size, np.bool_)
    if chosen.offender_sex:
        may = graph.pedigree.sex[ids] == _SEXES[chosen.offender_sex]
    for r, rule in enumerate(rules):
        found.add(r, rule, chosen.ages, may)
    return found.answer(chosen, rules)


def paths_of(circles: Iterable[Circle]) -> tuple[str, ...]:
    """Distinct paths of some circles in the order in which relations are named, equal ones by the alphabet."""
    ranked = {(term.rank, term.path) for circle in circles for term in circle.terms}
    return tuple(path for _, path in sorted(ranked))


class _Found:
    """Rows (offender, person, rule, path) gathered rule by rule."""

    def __init__(
        self, graph: KinGraph, ids: NDArray[np.int32], month: int, facts: Facts, paths: tuple[str, ...]
    ) -> None:
        self.graph, self.ids, self.month, self.facts, self.paths = graph, ids, month, facts, paths
        self.in_force = facts.ended > month
        self.rows: list[tuple[NDArray[np.int64], ...]] = []
        self.number = {path: i for i, path in enumerate(paths)}
        self._households: NDArray[np.int32] | None = None

    def add(self, r: int, rule: Rule, ages: str, may: NDArray[np.bool_]) -> None:
        """The rows of one rule."""
        for circle, can_leave in rule.parts:
            kin = members(self.graph, circle, self.ids, month=self.month, union_mask=self.in_force)
            place = np.repeat(np.arange(self.ids.size), kin.counts)
            kept = may[place] & self._fitting(rule, ages, can_leave, place, kin.person)
            numbers = np.array([self.number[term.path] for term in circle.terms], np.int64)
            rows = (place[kept], kin.person[kept].astype(np.int64), numbers[kin.term[kept]])
            self.rows.append((rows[0], rows[1], np.full(rows[0].size, r, np.int64), rows[2]))

    def _fitting(
        self,
        rule: Rule,
        ages: str,
        can_leave: bool,
        place: NDArray[np.int64],
        person: NDArray[np.int32],
    ) -> NDArray[np.bool_]:
        p = self.graph.pedigree
        fits = np.ones(person.size, np.bool_)
        if rule.age_from is not None or rule.age_below is not None:
            age = ages_at(p, person, self.month, ages)
            fits &= (age >= (rule.age_from or 0)) & (age < (rule.age_below or NEVER))
        if rule.household:
            homes = self.households()
            fits &= (homes[self.ids[place]] == homes[person]) == (rule.household == "same")
        if can_leave and "married_out" in rule.spares:
            fits &= ~self.married()[person]
        if can_leave and "betrothed" in rule.spares:
            fits &= ~(self.facts.betrothed & (p.sex == 0))[person]
        if "disabled" in rule.spares:
            fits &= ~self.facts.disabled[person]
        return fits

    def married(self) -> NDArray[np.bool_]:
        """Women in a union, or widows of one, that no divorce has ended."""
        p = self.graph.pedigree
        wives = p.wife[(p.start <= self.month) & self.in_force]
        mask = np.zeros(p.num_persons, np.bool_)
        mask[wives[wives >= 0]] = True
        return mask

    def households(self) -> NDArray[np.int32]:
        """Who lives with whom; see :func:`households_at`."""
        if self._households is None:
            given = self.facts.household
            self._households = (
                households_at(self.graph.pedigree, self.month, self.in_force) if given is None else given
            )
        return self._households

    def answer(self, regime: Regime, rules: tuple[Rule, ...]) -> Reached:
        """The most severe rule and the nearest path for each offender and person."""
        columns = [np.concatenate([row[c] for row in self.rows]) if self.rows else _NONE for c in range(4)]
        place, person, rule, path = columns
        severity = np.array([r.sanction.rank for r in rules] or [0], np.int64)[rule]
        order = np.lexsort((rule, severity, person, place))
        place, person, rule, path = (column[order] for column in (place, person, rule, path))
        new = np.ones(place.size, np.bool_)
        new[1:] = (place[1:] != place[:-1]) | (person[1:] != person[:-1])
        first = np.flatnonzero(new)
        nearest = np.minimum.reduceat(path, first) if first.size else path
        offset = np.zeros(self.ids.size + 1, np.int64)
        np.cumsum(np.bincount(place[first], minlength=self.ids.size), out=offset[1:])
        return Reached(
            regime,
            rules,
            self.ids,
            offset,
            person[first].astype(np.int32),
            rule[first].astype(np.int16),
            nearest.astype(np.int16),
            self.paths,
        )


_NONE: Final = np.empty(0, np.int64)


def ages_at(
    pedigree: Pedigree, person: NDArray[np.integer], month: int, count: str = "years"
) -> NDArray[np.int64]:
    """Ages in complete years, or counted ages: one at birth, one more at each New Year of the calendar."""
    birth = pedigree.birth[person].astype(np.int64)
    if count == "counted":
        age: NDArray[np.int64] = month // _YEAR - birth // _YEAR + 1
    else:
        age = (month - birth) // _YEAR
    return age


def households_at(
    pedigree: Pedigree, month: int, in_force: NDArray[np.bool_] | None = None
) -> NDArray[np.int32]:
    """Number of the household of everyone ever: a couple and its unmarried children.

    It is the last union somebody has formed by the month, for the unmarried that of their birth; founders without
    a union are alone. Three generations under one roof are not represented.

    Parameters
    ----------
    pedigree : Pedigree
    month : int
        Month index.
    in_force : bool array (unions,), optional
        False for unions that a divorce has ended.
    """
    homes = pedigree.birth_union.copy()
    alone = np.flatnonzero(homes < 0)
    homes[alone] = pedigree.num_unions + alone
    begun = pedigree.start <= month
    if in_force is not None:
        begun &= in_force
    unions = np.flatnonzero(begun)
    # Of several unions of one person the last assigned stays: the latest formed.
    unions = unions[np.lexsort((unions, pedigree.start[unions]))]
    for partners in (pedigree.wife[unions], pedigree.husband[unions]):
        known = partners >= 0
        homes[partners[known]] = unions[known]
    return homes.astype(np.int32)


def _checked(facts: Facts, graph: KinGraph) -> Facts:
    for what, array, size in (
        ("facts on unions", facts.ended, graph.num_unions),
        ("facts on betrothal", facts.betrothed, graph.num_persons),
        ("facts on illness", facts.disabled, graph.num_persons),
        ("households", facts.household, graph.num_persons),
    ):
        if array is not None and array.shape != (size,):
            raise InputError(what, f"array of shape {array.shape}", f"one value for each of {size}")
    return facts
