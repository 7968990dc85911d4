"""When people of a genealogy were born and died, as far as their own dates and those of their kin tell.

Spans of birth are narrowed until nothing changes by what is true of everybody: a parent is at least 10 years older
than the child, a mother at most 60, a father at most 110; nobody is born after the death of the mother, or more than
ten months after that of the father; nobody lives longer than 110 years. Spans that kin contradict stay as they are.
"""

from __future__ import annotations

from typing import Final

from yeonjwa.core.errors import InputError
from yeonjwa.genealogy.formats.gedcom_dates import Span
from yeonjwa.genealogy.formats.gedcom_facts import Facts, Family, Individual
from yeonjwa.genealogy.formats.gedcom_lines import place

#: Months: longest life, by which those of whom no death is known are taken as dead.
LONGEST_LIFE: Final = 110 * 12
_YOUNGEST_PARENT: Final = 10 * 12
_OLDEST_MOTHER: Final = 60 * 12
_OLDEST_FATHER: Final = LONGEST_LIFE
_POSTHUMOUS: Final = 10
_FAR: Final = 10**9
_ROUNDS: Final = 1000


def descent_order(facts: Facts) -> list[int]:
    """Everybody, parents before children.

    Raises
    ------
    InputError
        Somebody is his own ancestor.
    """
    people, families = facts.individuals, facts.families
    waiting = [0] * len(people)
    below: list[list[int]] = [[] for _ in people]
    for child, person in enumerate(people):
        for parent in parents(person, families):
            below[parent].append(child)
            waiting[child] += 1
    ready = [i for i, count in enumerate(waiting) if count == 0]
    order = []
    while ready:
        current = ready.pop()
        order.append(current)
        for child in below[current]:
            waiting[child] -= 1
            if waiting[child] == 0:
                ready.append(child)
    if len(order) < len(people):
        line = _on_a_cycle(people, families, waiting)
        raise InputError(
            "descent", "a person who is his own ancestor", "parents older than their children",
            place(facts.path, line),
        )  # fmt: skip
    return order


def _on_a_cycle(people: list[Individual], families: list[Family], waiting: list[int]) -> int:
    """Line of somebody on a cycle: going up among those who wait must come round."""
    current = next(i for i, count in enumerate(waiting) if count)
    seen: set[int] = set()
    while current not in seen:
        seen.add(current)
        current = next(x for x in parents(people[current], families) if waiting[x])
    return people[current].line


def parents(person: Individual, families: list[Family]) -> list[int]:
    """Parents by birth who are named, the father first."""
    if person.parents < 0:
        return []
    family = families[person.parents]
    return [x for x in (family.husband, family.wife) if x >= 0]


class Births:
    """Bounds of births, in months; lists ``low`` and ``high`` over the individuals, +-10**9 where there is none."""

    def __init__(self, facts: Facts, order: list[int]) -> None:
        self._people, self._families, self._path = facts.individuals, facts.families, facts.path
        self.low = [-_FAR if p.birth.low is None else p.birth.low for p in self._people]
        self.high = [_FAR if p.birth.high is None else p.birth.high for p in self._people]
        self._changed = False
        self._own_dates()
        for _ in range(_ROUNDS):
            self._changed = False
            for child in order:
                self._from_parents(child)
            for child in reversed(order):
                self._from_child(child)
            if not self._changed:
                break

    def _narrow(self, i: int, low: int, high: int) -> None:
        """Narrow a span, unless nothing would be left of it."""
        new_low, new_high = max(self.low[i], low), min(self.high[i], high)
        if new_low <= new_high and (new_low, new_high) != (self.low[i], self.high[i]):
            self.low[i], self.high[i] = new_low, new_high
            self._changed = True

    def _own_dates(self) -> None:
        for i, person in enumerate(self._people):
            low, high = person.death
            if high is not None and high < self.low[i]:
                raise InputError(
                    "dates of a person", "a death before the birth", "a birth before the death",
                    place(self._path, person.line),
                )  # fmt: skip
            self._narrow(i, -_FAR if low is None else low - LONGEST_LIFE, _FAR if high is None else high)
        for family in self._families:
            low, high = family.start
            for i in (family.wife, family.husband):
                if i >= 0:
                    self._narrow(
                        i,
                        -_FAR if low is None else low - LONGEST_LIFE,
                        _FAR if high is None else high - _YOUNGEST_PARENT,
                    )

    def _from_parents(self, child: int) -> None:
        for parent, oldest, after_death in self._parents(child):
            low = self.low[parent] + _YOUNGEST_PARENT if self.low[parent] > -_FAR else -_FAR
            high = self.high[parent] + oldest if self.high[parent] < _FAR else _FAR
            death = self._people[parent].death.high
            self._narrow(child, low, high if death is None else min(high, death + after_death))

    def _from_child(self, child: int) -> None:
        for parent, oldest, _ in self._parents(child):
            low = self.low[child] - oldest if self.low[child] > -_FAR else -_FAR
            high = self.high[child] - _YOUNGEST_PARENT if self.high[child] < _FAR else _FAR
            self._narrow(parent, low, high)

    def _parents(self, child: int) -> list[tuple[int, int, int]]:
        """(parent, age at the birth of the last child, months after death in which a child can be born)."""
        if self._people[child].parents < 0:
            return []
        family = self._families[self._people[child].parents]
        found = ((family.wife, _OLDEST_MOTHER, 0), (family.husband, _OLDEST_FATHER, _POSTHUMOUS))
        return [row for row in found if row[0] >= 0]

    def surely_dead(self, i: int, month: int) -> bool:
        """Whether somebody died before a month: by date, or because nobody lives that long."""
        person = self._people[i]
        if person.private:
            return False
        if person.death.high is not None and person.death.high < month:
            return True
        latest = self.high[i] + LONGEST_LIFE
        return max(latest, latest if person.death.low is None else person.death.low) < month

    def middle(self, i: int) -> int:
        """A month of birth: the middle of the span, or its only end."""
        if self.low[i] > -_FAR and self.high[i] < _FAR:
            return (self.low[i] + self.high[i]) // 2
        return self.high[i] if self.high[i] < _FAR else self.low[i]

    def precise(self, i: int) -> bool:
        """Whether the file itself gives the year of birth and the year of death."""
        return all(year_known(span) for span in (self._people[i].birth, self._people[i].death))


def year_known(span: Span) -> bool:
    """Whether a span is at most a year long."""
    return span.low is not None and span.high is not None and span.high - span.low < 12
