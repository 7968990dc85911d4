"""Small families built by hand, and the question that tests and tutorials ask of them: who answers for this offence?

The persons are invented. A family holds what a simulated pedigree does not: divorce, adoption, betrothal, illness,
households.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np

from yeonjwa.core.calendar import NEVER, parse_month
from yeonjwa.core.errors import InputError
from yeonjwa.genealogy.pedigree import FEMALE, MALE, NONE, Pedigree
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.regime.catalogue import regime as regime_of
from yeonjwa.regime.liability import Facts, liability


@dataclass
class _Person:
    sex: int
    birth: int
    death: int = NEVER
    union: int = NONE
    adopted: int = NONE
    adopted_at: int = NEVER
    betrothed_at: int = NEVER
    disabled: bool = False


@dataclass
class _Union:
    wife: int
    husband: int
    start: int
    ended: int = NEVER


@dataclass
class Family:
    """A family of invented persons; persons and unions have numbers from 0 in the order in which they are added.

    Dates are ``"YYYY-MM"``, or ``"YYYY"`` for January; the calendar begins in 1600 and is the family's own: whether a
    regime was in force then is not asked.
    """

    _people: list[_Person] = field(default_factory=list)
    _unions: list[_Union] = field(default_factory=list)
    _homes: list[set[int]] = field(default_factory=list)

    def man(self, born: str, died: str = "") -> int:
        """A man without known parents; his number."""
        return self._add(MALE, born, died)

    def woman(self, born: str, died: str = "") -> int:
        """A woman without known parents; her number."""
        return self._add(FEMALE, born, died)

    def marry(self, wife: int, husband: int, at: str) -> int:
        """A union; its number."""
        for person, sex, what in ((wife, FEMALE, "wife"), (husband, MALE, "husband")):
            if self._person(person).sex != sex:
                raise InputError(what, person, "a woman as wife and a man as husband")
        self._unions.append(_Union(wife, husband, _month(at)))
        return len(self._unions) - 1

    def child(self, union: int, sex: str, born: str, died: str = "") -> int:
        """A child of a union, ``sex`` is "f" or "m"; its number."""
        if sex not in ("f", "m"):
            raise InputError("sex", sex, '"f" or "m"')
        self._union(union)
        number = self._add(MALE if sex == "m" else FEMALE, born, died)
        self._people[number].union = union
        return number

    def divorce(self, union: int, at: str) -> None:
        """End a union by divorce."""
        self._union(union).ended = _month(at)

    def adopt(self, child: int, into: int, at: str) -> None:
        """Give a child into another family: to the couple of union ``into``."""
        self._union(into)
        self._person(child).adopted, self._people[child].adopted_at = into, _month(at)

    def betroth(self, woman: int, at: str) -> None:
        """Promise a woman in marriage."""
        self._person(woman).betrothed_at = _month(at)

    def disable(self, person: int) -> None:
        """Somebody gravely disabled or ill."""
        self._person(person).disabled = True

    def household(self, *persons: int) -> None:
        """These live together. Once one household is given, everybody not named lives alone."""
        for person in persons:
            self._person(person)
            if any(person in home for home in self._homes):
                raise InputError("household", person, "each person in one household at most")
        self._homes.append(set(persons))

    def build(self, month: int, legal: bool = True) -> tuple[Pedigree, Facts, list[int]]:
        """The pedigree and facts as they stand in a month, and the number of each person's row.

        Parameters
        ----------
        month : int
            Month index.
        legal : bool
            Whether those adopted by then are children of their adoptive parents alone, or of those they were born to.
        """
        people, unions = self._people, self._unions
        if not people:
            raise InputError("family", "nobody", "one person at least")
        parents = [p.adopted if legal and p.adopted_at <= month else p.union for p in people]
        order = sorted(range(len(people)), key=lambda i: (parents[i], people[i].birth, i))
        row = [0] * len(people)
        for place, i in enumerate(order):
            row[i] = place
        founders = sum(union == NONE for union in parents)
        children = [sum(union == u for union in parents) for u in range(len(unions))]
        of: list[list[int]] = [[] for _ in people]
        for u, union in enumerate(unions):
            of[row[union.wife]].append(u)
            of[row[union.husband]].append(u)
        for own in of:
            own.sort(key=lambda u: (unions[u].start, u))
        pedigree = Pedigree(
            birth=np.array([people[i].birth for i in order], np.int16),
            death=np.array([people[i].death for i in order], np.int16),
            sex=np.array([people[i].sex for i in order], np.int8),
            region=np.zeros(len(people), np.int16),
            birth_union=np.array([parents[i] for i in order], np.int32),
            wife=np.array([row[u.wife] for u in unions], np.int32),
            husband=np.array([row[u.husband] for u in unions], np.int32),
            start=np.array([u.start for u in unions], np.int16),
            first_child=np.array([founders, *accumulate(children, initial=founders)][1:], np.int32),
            union_offset=np.array([0, *accumulate(map(len, of))], np.int32),
            union_list=np.array([u for own in of for u in own], np.int32),
            region_province=np.zeros(1, np.int8),
            provinces=("none",),
            first_month=0,
            last_month=NEVER - 1,
            provenance="imported",
        )
        facts = Facts(
            ended=np.array([u.ended for u in unions], np.int16),
            betrothed=np.array([people[i].betrothed_at <= month for i in order], np.bool_),
            disabled=np.array([people[i].disabled for i in order], np.bool_),
            household=np.array([self._home(i) for i in order], np.int32) if self._homes else None,
        )
        return pedigree, facts, row

    def _home(self, person: int) -> int:
        for number, home in enumerate(self._homes):
            if person in home:
                return number
        return len(self._homes) + person

    def _add(self, sex: int, born: str, died: str) -> int:
        birth, death = _month(born), _month(died) if died else NEVER
        if death <= birth:
            raise InputError("death", died, f"after the birth, {born}")
        self._people.append(_Person(sex, birth, death))
        return len(self._people) - 1

    def _person(self, number: int) -> _Person:
        if not 0 <= number < len(self._people):
            raise InputError("person", number, f"a number from 0 to {len(self._people) - 1}")
        return self._people[number]

    def _union(self, number: int) -> _Union:
        if not 0 <= number < len(self._unions):
            raise InputError("union", number, f"a number from 0 to {len(self._unions) - 1}")
        return self._unions[number]


def _month(text: str) -> int:
    return parse_month(f"{text}-01" if len(text) == 4 else text)


def reached(
    regime_id: str, family: Family | Pedigree, offender: int, month: int, *, widest: bool = False
) -> dict[int, str]:
    """Person -> id of the sanction, for everybody who answers for an offence; the offender is not in it.

    Parameters
    ----------
    regime_id : str
        Id in the catalogue.
    family : Family or Pedigree
        A family built by hand, or a small pedigree.
    offender : int
        Number of a person.
    month : int
        Month index of the offence (:func:`yeonjwa.core.calendar.parse_month`).
    widest : bool
        Also the rules that hold sometimes or in exceptional cases.

    Raises
    ------
    InputError
        A regime or person that does not exist.
    """
    regime = regime_of(regime_id)
    if isinstance(family, Pedigree):
        found = liability(KinGraph(family), regime, np.array([offender]), month, widest=widest)
        return found.of(0)
    legal = any("adopted_out" in rule.spares for rule in regime.rules)
    family._person(offender)
    pedigree, facts, row = family.build(month, legal)
    number = {place: person for person, place in enumerate(row)}
    found = liability(
        KinGraph(pedigree), regime, np.array([row[offender]]), month, facts=facts, widest=widest
    )
    return dict(sorted((number[place], sanction) for place, sanction in found.of(0).items()))
