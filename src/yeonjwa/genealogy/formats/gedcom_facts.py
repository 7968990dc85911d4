"""What a GEDCOM file says about persons and families, without names and texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from yeonjwa.core.errors import InputError
from yeonjwa.core.progress import Progress, Silent
from yeonjwa.genealogy.formats.gedcom_dates import UNKNOWN, Span, read_date
from yeonjwa.genealogy.formats.gedcom_lines import Line, place, records
from yeonjwa.genealogy.pedigree import FEMALE, MALE

#: Sex that the file does not give, or gives as neither of the two.
UNRECORDED: Final = -1
#: Kinds of a link to parents that are descent. Absent is descent too.
_DESCENT: Final = ("", "BIRTH", "NATURAL", "BIOLOGICAL", "UNKNOWN")
_EARLY: Final = ("CHR", "BAPM")
_LATE: Final = ("BURI", "CREM", "PROB")
_PRIVATE: Final = ("CONFIDENTIAL", "PRIVACY")
#: Every so many records progress is told.
_STEP: Final = 1000


@dataclass(slots=True)
class Individual:
    """An INDI record. Spans are of months; ``parents`` is an index into the families, -1 for none."""

    line: int
    sex: int = UNRECORDED
    birth: Span = UNKNOWN
    death: Span = UNKNOWN
    private: bool = False
    parents: int = -1


@dataclass(slots=True)
class Family:
    """A FAM record: indices into the individuals, -1 for a partner who is not named."""

    line: int
    wife: int = -1
    husband: int = -1
    children: list[int] = field(default_factory=list)
    start: Span = UNKNOWN


@dataclass
class Facts:
    """A GEDCOM file.

    Attributes
    ----------
    path : Path
    individuals, families : list
        In the order of the file.
    xref : dict of str to int
        Cross-reference of each individual to its place in the list.
    counts : dict of str to int
        What was passed over: links that are not descent, further pairs of parents, divorces, dates that cannot be read.
    """

    path: Path
    individuals: list[Individual] = field(default_factory=list)
    families: list[Family] = field(default_factory=list)
    xref: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            ("links_not_by_birth", "further_parents", "divorces", "dates_unread"), 0
        )
    )


def read_facts(path: Path, progress: Progress | None = None) -> Facts:
    """Persons and families of a GEDCOM file, version 7 or 5.5.1.

    Raises
    ------
    InputError
        The file is malformed; with file and line.
    """
    progress = progress or Silent()
    progress.stage("GEDCOM", 0, "records")
    reader = _Reader(path)
    for number, record in enumerate(records(path), 1):
        reader.take(record)
        if number % _STEP == 0:
            progress.advance(_STEP)
    progress.finish()
    return reader.facts_of_all()


@dataclass(slots=True)
class _Link:
    """A child in a family, by cross-references; whether it was born to it, and how much the link says of that.

    Ranks: 0 the family that the birth of the child names, 1 a family the child names, 2 one that names the child.
    """

    family: str
    child: str
    line: int
    descent: bool
    rank: int


class _Reader:
    """Takes records one by one; pointers are resolved at the end, as they may point forward."""

    def __init__(self, path: Path) -> None:
        self.facts = Facts(path)
        self.families: dict[str, int] = {}
        self.others: set[str] = set()
        self.partners: list[tuple[int, str, str, int]] = []
        self.links: list[_Link] = []

    def take(self, record: Line) -> None:
        """Keep what is needed of one record."""
        if record.tag in ("INDI", "FAM"):
            self._name(record)
            self._individual(record) if record.tag == "INDI" else self._family(record)

    def _name(self, record: Line) -> None:
        xref, where = record.xref, place(self.facts.path, record.number)
        if not xref:
            raise InputError(f"record {record.tag}", "no cross-reference", "@XREF@ before the tag", where)
        if xref in self.facts.xref or xref in self.families:
            raise InputError("cross-reference", f"@{xref}@", "one record for each", where)

    def _individual(self, record: Line) -> None:
        person = Individual(record.number)
        self.facts.xref[record.xref] = len(self.facts.individuals)
        self.facts.individuals.append(person)
        person.sex = {"F": FEMALE, "M": MALE}.get(record.first("SEX").upper()[:1], UNRECORDED)
        person.private = any(word in record.first("RESN").upper() for word in _PRIVATE)
        person.birth = self._date(record, "BIRT")
        if not person.birth.known:
            person.birth = Span(None, self._earliest(record, _EARLY))
        person.death = self._date(record, "DEAT")
        if person.death.high is None:
            person.death = Span(person.death.low, self._earliest(record, _LATE))
        preferred = {
            line.pointer(self.facts.path) for event in record.all("BIRT") for line in event.all("FAMC")
        }
        adopting = {
            line.pointer(self.facts.path) for event in record.all("ADOP") for line in event.all("FAMC")
        }
        for line in record.all("FAMC"):
            family = line.pointer(self.facts.path)
            if family is not None:
                descent = line.first("PEDI").upper() in _DESCENT and family not in adopting - preferred
                rank = 0 if family in preferred else 1
                self.links.append(_Link(family, record.xref, line.number, descent, rank))

    def _family(self, record: Line) -> None:
        family = Family(record.number)
        index = len(self.facts.families)
        self.families[record.xref] = index
        self.facts.families.append(family)
        family.start = self._date(record, "MARR")
        self.facts.counts["divorces"] += bool(record.all("DIV", "ANUL"))
        for role in ("HUSB", "WIFE"):
            found = record.all(role)
            if len(found) > 1:
                allowed = "one in a family"
                raise InputError(
                    f"second {role}", found[1].value, allowed, place(self.facts.path, found[1].number)
                )
            partner = found[0].pointer(self.facts.path) if found else None
            if partner is not None:
                self.partners.append((index, role, partner, found[0].number))
        for line in record.all("CHIL"):
            child = line.pointer(self.facts.path)
            if child is not None:
                kinds = (line.first("_FREL").upper(), line.first("_MREL").upper())
                descent = all(kind in _DESCENT for kind in kinds)
                self.links.append(_Link(record.xref, child, line.number, descent, 2))

    def _date(self, record: Line, event: str) -> Span:
        """Span of the first event of a kind that has a readable date; without bounds if there is none."""
        for line in record.all(event):
            for date in line.all("DATE"):
                try:
                    span = read_date(date.value)
                except ValueError:
                    self.facts.counts["dates_unread"] += 1
                    continue
                if span.known:
                    return span
        return UNKNOWN

    def _earliest(self, record: Line, events: tuple[str, ...]) -> int | None:
        """The month by which one of some events had happened, None if there is none."""
        highs = [self._date(record, event).high for event in events]
        return min((high for high in highs if high is not None), default=None)

    def facts_of_all(self) -> Facts:
        """The facts, with every pointer resolved."""
        facts = self.facts
        for index, role, xref, line in self.partners:
            person = self._resolve(facts.xref, xref, "an INDI record", line)
            family = facts.families[index]
            if role == "WIFE":
                family.wife = person
            else:
                family.husband = person
            if family.wife == family.husband:
                raise InputError("partners of a family", f"@{xref}@", "two persons", place(facts.path, line))
        self._place_partners()
        self._place_children()
        return facts

    def _resolve(self, known: dict[str, int], xref: str, what: str, line: int) -> int:
        if xref not in known:
            raise InputError("pointer", f"@{xref}@", f"{what} of the file", place(self.facts.path, line))
        return known[xref]

    def _place_partners(self) -> None:
        """Wife and husband by sex where the file gives it, else by the roles, which then give the sex."""
        people = self.facts.individuals
        for family in self.facts.families:
            wife = people[family.wife].sex if family.wife >= 0 else UNRECORDED
            husband = people[family.husband].sex if family.husband >= 0 else UNRECORDED
            if (husband == FEMALE or wife == MALE) and wife != FEMALE and husband != MALE:
                family.wife, family.husband = family.husband, family.wife
            for person, sex in ((family.wife, FEMALE), (family.husband, MALE)):
                if person >= 0 and people[person].sex == UNRECORDED:
                    people[person].sex = sex

    def _place_children(self) -> None:
        """One family of birth for each child: the one its birth names, else the first."""
        facts = self.facts
        barred: set[tuple[str, str]] = set()
        for link in self.links:
            self._resolve(facts.xref, link.child, "an INDI record", link.line)
            self._resolve(self.families, link.family, "a FAM record", link.line)
            if not link.descent:
                barred.add((link.child, link.family))
        facts.counts["links_not_by_birth"] = len(barred)
        further: set[tuple[str, str]] = set()
        for link in sorted(self.links, key=lambda link: link.rank):
            if (link.child, link.family) in barred:
                continue
            child, index = facts.individuals[facts.xref[link.child]], self.families[link.family]
            if child.parents < 0:
                child.parents = index
            elif child.parents != index:
                further.add((link.child, link.family))
        facts.counts["further_parents"] = len(further)
        for index, person in enumerate(facts.individuals):
            if person.parents >= 0:
                facts.families[person.parents].children.append(index)
