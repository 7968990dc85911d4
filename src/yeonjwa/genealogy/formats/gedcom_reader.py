"""A GEDCOM file as a pedigree of the long dead, for kinship queries only.

Whoever may be alive is left out, and so is every name and every text: what stays are sexes, months and descent. The
provenance of the pedigree is "imported", which the model of society refuses.
"""

from __future__ import annotations

import datetime
import heapq
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import NEVER, ORIGIN_YEAR
from yeonjwa.core.errors import InputError
from yeonjwa.core.progress import Progress
from yeonjwa.genealogy.formats.gedcom_facts import UNRECORDED, Facts, Family, read_facts
from yeonjwa.genealogy.formats.lifetimes import LONGEST_LIFE, Births, descent_order, year_known
from yeonjwa.genealogy.formats.placeholders import describe_placeholders
from yeonjwa.genealogy.index import union_index
from yeonjwa.genealogy.pedigree import FEMALE, MALE, NONE, Pedigree

_COMING_OF_AGE: Final = 10 * 12


@dataclass(frozen=True)
class Genealogy:
    """The part of a genealogy that may be used.

    Attributes
    ----------
    pedigree : Pedigree
        Provenance "imported"; ``info`` is ``report``. Dates before 1600 stand at January 1600.
    line : int32 (persons,)
        Line of the file at which the record of each person begins; 0 for placeholders.
    placeholder : bool (persons,)
        Stands for a parent who is not named, or who was left out; never alive, so never counted at a month.
    estimated : bool (persons,)
        The year of birth or of death is not in the file: the middle of what kin allow.
    ids : dict of str to int
        Id of each cross-reference of the file, in memory only: nothing that is written holds them.
    report : dict of str to int
        Counts: what was read, kept, left out and assumed.
    """

    pedigree: Pedigree
    line: NDArray[np.int32]
    placeholder: NDArray[np.bool_]
    estimated: NDArray[np.bool_]
    ids: dict[str, int] = field(repr=False)
    report: dict[str, int]


def read_gedcom(
    path: Path, *, today: datetime.date | None = None, progress: Progress | None = None
) -> Genealogy:
    """The genealogy of those in a GEDCOM file (7.0 or 5.5.1) who are certainly dead.

    Certainly dead is who died before this month by a date in the file, or was born more than 110 years ago, by a date
    in the file or by those of kin. Records marked confidential or private are left out with the living.

    Parameters
    ----------
    path : Path
        The file.
    today : date, optional
        The day by which somebody has to be dead; by default the day on which this is called.
    progress : Progress, optional
        Told of records.

    Raises
    ------
    InputError
        The file is malformed (with file and line), somebody in it is his own ancestor or dies before he is born, or
        nobody in it is certainly dead.
    """
    day = datetime.date.today() if today is None else today
    month = (day.year - ORIGIN_YEAR) * 12 + day.month - 1
    if not 0 < month < NEVER:
        raise InputError("today", day.isoformat(), "a day from 1600 to 4330")
    facts = read_facts(path, progress)
    births = Births(facts, descent_order(facts))
    kept = [births.surely_dead(i, month) for i in range(len(facts.individuals))]
    if not any(kept):
        raise InputError(
            "genealogy", "nobody", "somebody who is certainly dead: a date of death, or one of birth 110 years ago",
            path.name,
        )  # fmt: skip
    return _Assembly(facts, births, kept, month).genealogy()


@dataclass(slots=True)
class _Union:
    """A union of the pedigree: partners and children as places in the file, -1 for a placeholder."""

    wife: int
    husband: int
    children: list[int]
    start: int
    dated: bool


class _Assembly:
    """Dates, unions, order and numbers of those who are kept."""

    def __init__(self, facts: Facts, births: Births, kept: list[bool], today: int) -> None:
        self.facts, self.births, self.kept, self.today = facts, births, kept, today
        people = facts.individuals
        self.birth = [births.middle(i) if kept[i] else 0 for i in range(len(people))]
        self.latest_child = [-(10**9)] * len(people)
        for i, person in enumerate(people):
            if kept[i] and person.parents >= 0:
                mother = facts.families[person.parents].wife
                if mother >= 0:
                    self.latest_child[mother] = max(self.latest_child[mother], self.birth[i])
        self.death = [self._death(i) if kept[i] else 0 for i in range(len(people))]
        self.cut = 0
        self.unions = [u for family in facts.families if (u := self._union(family)) is not None]

    def _death(self, i: int) -> int:
        """Month of death: the middle of what the file and the births of children allow."""
        span, birth = self.facts.individuals[i].death, self.birth[i]
        if span.low is not None and span.high is not None:
            return max(birth, (span.low + span.high) // 2)
        low = max(birth, self.latest_child[i], birth if span.low is None else span.low)
        high = min(birth + LONGEST_LIFE, self.today if span.high is None else span.high)
        return max(birth, (low + high) // 2 if low <= high else high)

    def _union(self, family: Family) -> _Union | None:
        """The union of a family, or None if nothing is left of it.

        A couple stays if both are kept. One partner stays with the children, beside a placeholder. Brothers and
        sisters of whom no parent is in the file stay brothers and sisters; if the parents are left out as perhaps
        living, the tie goes with them.
        """
        children = sorted((c for c in family.children if self.kept[c]), key=lambda c: (self.birth[c], c))
        wife, husband = (x if x >= 0 and self.kept[x] else -1 for x in (family.wife, family.husband))
        named = family.wife >= 0 or family.husband >= 0
        if wife < 0 and husband < 0 and (named or len(children) < 2):
            self.cut += len(children)
            return None
        if (wife < 0 or husband < 0) and not children:
            return None
        start = self._start(family, wife, husband, children)
        return _Union(wife, husband, children, start, year_known(family.start))

    def _start(self, family: Family, wife: int, husband: int, children: list[int]) -> int:
        """Month of the marriage; not in the file: that of the first birth, else the middle of the years together."""
        low, high = family.start
        if low is not None and high is not None:
            return (low + high) // 2
        if children:
            return self.birth[children[0]]
        ends = min(self.death[x] for x in (wife, husband) if x >= 0)
        begins = max(self.birth[x] for x in (wife, husband) if x >= 0) + _COMING_OF_AGE
        begins = begins if low is None else max(begins, low)
        ends = ends if high is None else min(ends, high)
        return (begins + ends) // 2 if begins <= ends else ends

    def _order(self) -> list[int]:
        """Unions by their start, each after those into which its partners were born."""
        own = {child: u for u, union in enumerate(self.unions) for child in union.children}
        waiting = [0] * len(self.unions)
        after: list[list[int]] = [[] for _ in self.unions]
        for u, union in enumerate(self.unions):
            for earlier in {own[x] for x in (union.wife, union.husband) if x in own}:
                after[earlier].append(u)
                waiting[u] += 1
        ready = [(union.start, u) for u, union in enumerate(self.unions) if waiting[u] == 0]
        heapq.heapify(ready)
        order = []
        while ready:
            _, u = heapq.heappop(ready)
            order.append(u)
            for later in after[u]:
                waiting[later] -= 1
                if waiting[later] == 0:
                    heapq.heappush(ready, (self.unions[later].start, later))
        return order

    def genealogy(self) -> Genealogy:
        """Everything in arrays."""
        unions = [self.unions[u] for u in self._order()]
        children = [child for union in unions for child in union.children]
        has_parents = set(children)
        founders = [i for i, keep in enumerate(self.kept) if keep and i not in has_parents]
        birth = [self.birth[i] for i in founders]
        death = [self.death[i] for i in founders]
        people = self.facts.individuals
        sex = [people[i].sex for i in founders]
        partners = {"wife": [u.wife for u in unions], "husband": [u.husband for u in unions]}
        first = len(founders) + sum(column.count(-1) for column in partners.values())
        number = {person: i for i, person in enumerate(founders)}
        number |= {person: first + i for i, person in enumerate(children)}
        next_placeholder = len(founders)
        columns: dict[str, list[int]] = {"wife": [], "husband": []}
        for role, own_sex in (("wife", FEMALE), ("husband", MALE)):
            for union, person in zip(unions, partners[role], strict=True):
                if person >= 0:
                    columns[role].append(number[person])
                    continue
                columns[role].append(next_placeholder)
                next_placeholder += 1
                # Older than the children, as every query takes for granted of parents.
                month = min([union.start, *(self.birth[c] for c in union.children)]) - _COMING_OF_AGE
                birth.append(month)
                death.append(month)
                sex.append(own_sex)
        birth += [self.birth[i] for i in children]
        death += [self.death[i] for i in children]
        sex += [people[i].sex for i in children]
        everyone = np.array([*founders, *[-1] * (first - len(founders)), *children], np.int64)
        return self._finished(everyone, birth, death, sex, columns, unions, number)

    def _finished(
        self,
        everyone: NDArray[np.int64],
        birth: list[int],
        death: list[int],
        sex: list[int],
        columns: dict[str, list[int]],
        unions: list[_Union],
        number: dict[int, int],
    ) -> Genealogy:
        people, placeholder = self.facts.individuals, everyone < 0
        sizes = [len(union.children) for union in unions]
        first = everyone.size - sum(sizes)
        wife, husband = np.array(columns["wife"], np.int32), np.array(columns["husband"], np.int32)
        offset, members = union_index(everyone.size, wife, husband)
        sexes = np.array(sex, np.int8)
        estimated = np.array([i >= 0 and not self.births.precise(int(i)) for i in everyone])
        report = self._report(unions, estimated, int(placeholder.sum()), int((sexes == UNRECORDED).sum()))
        pedigree = Pedigree(
            birth=_months(birth),
            death=_months(death),
            # The two sexes are all a pedigree knows; who has neither parent nor child by it is not asked for it.
            sex=np.where(sexes == UNRECORDED, MALE, sexes).astype(np.int8),
            region=np.zeros(everyone.size, np.int16),
            birth_union=np.array(
                [NONE] * first + [u for u, size in enumerate(sizes) for _ in range(size)], np.int32
            ),
            wife=wife,
            husband=husband,
            start=_months([union.start for union in unions]),
            first_child=(first + np.concatenate([[0], np.cumsum(sizes)])).astype(np.int32),
            union_offset=offset,
            union_list=members,
            region_province=np.zeros(1, np.int8),
            provinces=("unknown",),
            first_month=int(_months(birth).min()),
            last_month=self.today,
            info={**report, **describe_placeholders(placeholder)},
            provenance="imported",
        )
        line = np.array([people[i].line if i >= 0 else 0 for i in everyone], np.int32)
        ids = {xref: number[i] for xref, i in self.facts.xref.items() if i in number}
        return Genealogy(pedigree, line, placeholder, estimated, ids, report)

    def _report(
        self, unions: list[_Union], estimated: NDArray[np.bool_], placeholders: int, unrecorded: int
    ) -> dict[str, int]:
        people, families = self.facts.individuals, self.facts.families
        hidden = sum(person.private for person in people)
        return {
            "persons_in_file": len(people),
            "families_in_file": len(families),
            "persons_kept": sum(self.kept),
            "dropped_may_be_alive": len(people) - sum(self.kept) - hidden,
            "dropped_confidential": hidden,
            "unions": len(unions),
            "placeholders": placeholders,
            "ties_to_dropped_parents": self.cut,
            "years_estimated": int(estimated.sum()),
            "starts_estimated": sum(not union.dated for union in unions),
            "sex_assumed_male": unrecorded,
            **self.facts.counts,
        }


def _months(values: list[int]) -> NDArray[np.int16]:
    """Month indices; what lies before 1600 stands at the beginning of that year."""
    return np.clip(np.array(values, np.int64), 0, NEVER - 1).astype(np.int16)


def describe(report: dict[str, Any]) -> list[str]:
    """The counts of an import in sentences."""
    kept, there = report["persons_kept"], report["persons_in_file"]
    lines = [f"{kept:,} of {there:,} persons kept; names and texts were not read."]
    for key, text in _SENTENCES.items():
        if report[key]:
            lines.append(f"note: {text.format(f'{report[key]:,}')}.")
    return lines


_SENTENCES: Final = {
    "dropped_may_be_alive": "{} left out who may be alive",
    "dropped_confidential": "{} left out whose record is confidential",
    "ties_to_dropped_parents": "{} became founders because their parents are left out",
    "placeholders": "{} placeholders stand for parents who are not there",
    "years_estimated": "the years of {} are estimates from their kin",
    "starts_estimated": "the years in which {} unions began are estimates",
    "sex_assumed_male": "{} of unrecorded sex, with no part in a family, are taken as men",
    "links_not_by_birth": "{} links to adoptive, foster or step-parents are not descent",
    "further_parents": "{} further pairs of parents were passed over",
    "divorces": "{} divorces were passed over: a union ends with a death",
    "dates_unread": "{} dates could not be read",
}
