"""A dossier: what the ledger holds on who answers for whom, for one relation, offence and period.

It reports published evidence on rules and what was done under them. It says nothing about any person, gives no legal
advice and no assessment of a risk. Everything in it is a row of the ledger, with source, grade, period and how it was
found, or a sentence that follows from counting such rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from yeonjwa.core.errors import InputError
from yeonjwa.core.language import active, noop
from yeonjwa.core.language import gettext as _
from yeonjwa.core.parameters import near
from yeonjwa.evidence import ledger, tags, words
from yeonjwa.evidence.dates import When, check_order
from yeonjwa.evidence.ledger import Claim, Entry

#: What stands at the head of every dossier.
NOTICE: Final = noop(
    "This dossier reports published evidence on rules of kin liability in North Korea and on what was done under them. It "
    "is not legal advice and not an assessment of a risk to a person. It says nothing about any person, and nothing in it can "
    "be read as what happened, or would happen, to a particular family."
)
#: What to know before using one.
LIMITS: Final = (
    noop(
        "Entries are our own short statements of what a source says; the source decides, not the statement."
    ),
    noop(
        "Tags (who answers, for which offence, with which sanction, at which rank) were coded by one reader from the "
        "text of the ledger, not from the sources anew, and are not checked by a second one."
    ),
    noop(
        "Most press reports rest on one or two anonymous informants and cannot be checked. Several outlets "
        "repeat one another; entries are not independent of each other."
    ),
    noop(
        "Those who can report are those who got out. Families punished most heavily are least likely to be heard."
    ),
    noop("Silence of the ledger about a relation, sanction or year is not evidence that there was none."),
    noop(
        "A rule reported for one month may have held before and after; the ledger gives the period that the source gives."
    ),
)
#: Section -> heading, in order.
SECTIONS: Final = {
    "sanctions": noop("Sanctions reported"),
    "numbers": noop("Counts reported"),
    "checks": noop("Checks of relatives"),
    "spared": noop("Reported as spared, eased or denied"),
    "not_named": noop("Lists of relatives that do not name this one"),
    "conduct": noop("What relatives are reported to do"),
    "offender": noop("What is reported of the offender"),
    "condition": noop("Conditions reported of camps"),
    "unknown": noop("What is not known"),
}
FORMATS: Final = ("md", "html", "json")
#: How a row fits a relation, the closest first.
FITS: Final = ("named", "unspecified", "other")
#: Tags of relation that are words, as a reader is shown them.
_KIN: Final = {
    "offender": noop("offender"),
    "spouse": noop("spouse"),
    "parents": noop("parents"),
    "children": noop("children"),
    "siblings": noop("siblings"),
    "grandparents": noop("grandparents"),
    "grandchildren": noop("grandchildren"),
    "aunts_uncles": noop("aunts uncles"),
    "nieces_nephews": noop("nieces nephews"),
    "first_cousins": noop("first cousins"),
    "second_cousins": noop("second cousins"),
    "third_cousins": noop("third cousins"),
}
_SIDES: Final = {"paternal": "father", "maternal": "mother"}
_KIN_WORDS: Final = ("blood", "marriage", "degree")


@dataclass(frozen=True)
class Relation:
    """The relation asked about.

    Attributes
    ----------
    asked, label : str
        As it was written, and in the words of the glossary.
    korean : tuple of str
        Korean words with romanisation.
    paths : tuple of str
        Kinship paths; all of one degree if a degree was asked for.
    chon : int
        Degree.
    side : str
        "father", "mother", or nothing if either may be meant.
    """

    asked: str
    label: str
    korean: tuple[str, ...]
    paths: tuple[str, ...]
    chon: int
    side: str


@dataclass(frozen=True)
class Item:
    """A row of the ledger as the dossier gives it.

    ``number`` is its place in the dossier; ``fit`` is "named" if the row names the relation, by word or degree,
    "unspecified" if it speaks of family or relatives without saying which, "other" else.
    """

    number: int
    section: str
    fit: str
    entry: Entry
    tag: tags.Tag

    @property
    def statement(self) -> str:
        """What the row states."""
        return ledger.describe(self.entry)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for machines."""
        entry, tag = self.entry, self.tag
        return {
            "number": self.number,
            "id": entry.id,
            "section": self.section,
            "kind": "claim" if isinstance(entry, Claim) else "fact",
            "fit": self.fit,
            "statement": self.statement,
            "says": tag.says,
            "relation": list(tag.relation),
            "offence": list(tag.offence),
            "sanction": list(tag.sanction),
            "rank": list(tag.rank),
            "exit": list(tag.exit),
            "period": entry.period,
            "from": None if entry.start is None else str(entry.start),
            "to": None if entry.end is None else str(entry.end),
            "grade": entry.grade,
            "found": entry.found,
            "source": entry.source,
            "address": ledger.address(entry),
            "accessed_by": ledger.read_until().isoformat() if entry.found == "seen" else None,
            "note": entry.note,
        }


@dataclass(frozen=True)
class Conflict:
    """Two claims that cannot both hold as they stand; ``outside`` says that the second is outside the question."""

    one: Claim
    other: Claim
    outside: bool

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for machines."""
        return {
            side: {
                "id": claim.id,
                "statement": claim.claim,
                "period": claim.period,
                "grade": claim.grade,
                "found": claim.found,
                "source": claim.source,
            }
            for side, claim in (("one", self.one), ("other", self.other))
        } | {"other_outside_question": self.outside}


@dataclass(frozen=True)
class Dossier:
    """What the ledger holds on a question.

    Attributes
    ----------
    relation : Relation
        Who is asked about.
    offence, rank : str
        Words of :mod:`yeonjwa.evidence.tags`; ``rank`` is empty if none was asked for.
    start, end : When or None
        The period asked about.
    items : tuple of Item
        Rows of the ledger, numbered, in the order of the sections.
    conflicts : tuple of Conflict
        Pairs of claims, the first of them among the items.
    exits : mapping of str to item numbers
        Exit -> the items that report it.
    unknown : tuple of str
        Sentences on what the ledger does not hold.
    elsewhere : tuple of str
        Ids that name the relation for this offence and rank, in other years.
    digest : str
        Hash of the ledger.
    """

    relation: Relation
    offence: str
    rank: str
    start: When | None
    end: When | None
    items: tuple[Item, ...]
    conflicts: tuple[Conflict, ...]
    exits: Mapping[str, tuple[int, ...]]
    unknown: tuple[str, ...]
    elsewhere: tuple[str, ...]
    digest: str = field(repr=False)

    def of(self, section: str) -> tuple[Item, ...]:
        """The items of a section."""
        return tuple(item for item in self.items if item.section == section)

    @property
    def title(self) -> str:
        """The question in a line."""
        rank = f", {_(tags.RANKS[self.rank])}" if self.rank else ""
        return f"{words_of(self.relation)}: {_(tags.OFFENCES[self.offence])}, {period(self.start, self.end)}{rank}"

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for machines."""
        return {
            "notice": NOTICE,
            "question": {
                "relation": self.relation.asked,
                "words": self.relation.label,
                "korean": list(self.relation.korean),
                "paths": list(self.relation.paths),
                "chon": self.relation.chon,
                "side": self.relation.side,
                "offence": self.offence,
                "rank": self.rank or None,
                "from": None if self.start is None else str(self.start),
                "to": None if self.end is None else str(self.end),
            },
            "entries": [item.as_dict() for item in self.items],
            "exits": {exit: list(numbers) for exit, numbers in self.exits.items()},
            "conflicts": [conflict.as_dict() for conflict in self.conflicts],
            "unknown": list(self.unknown),
            "other_years": list(self.elsewhere),
            "limits": list(LIMITS),
            "ledger": self.digest,
        }


def dossier(
    relation: str,
    offence: str = "flight",
    start: When | None = None,
    end: When | None = None,
    rank: str = "",
) -> Dossier:
    """What the sources report on who answers for whom; see :class:`Dossier`.

    Parameters
    ----------
    relation : str
        The relative of the offender who is asked about, in English ("first cousin", "maternal uncle"), in Korean, as a
        path ("UUDD") or a degree ("chon 4").
    offence : str
        A key of ``tags.OFFENCES``.
    start, end : When, optional
        Period; open by default. Entries whose period is open or unknown are kept.
    rank : str, optional
        A key of ``tags.RANKS``; entries that name no rank are kept.

    Raises
    ------
    InputError
        A word that is not known; names close ones.
    """
    if offence not in tags.OFFENCES:
        raise tags.unknown("offence", offence, tags.OFFENCES)
    if rank and rank not in tags.RANKS:
        raise tags.unknown("rank", rank, tags.RANKS)
    check_order(start, end, "period of the dossier")
    kin = parse_relation(relation)
    fitting = [
        (ledger.entry(id), tag, section, fit)
        for id, tag in tags.load().items()
        if _offence_fits(tag, offence) and _rank_fits(tag, rank)
        for section, fit in [_place(tag, kin, isinstance(ledger.entry(id), Claim))]
        if section
    ]
    during = [row for row in fitting if ledger.during(row[0], start, end)]
    items = _numbered(during)
    return Dossier(
        relation=kin,
        offence=offence,
        rank="" if rank == "any" else rank,
        start=start,
        end=end,
        items=items,
        conflicts=_conflicts(items),
        exits=_exits(items),
        unknown=_unknown(items, kin),
        elsewhere=tuple(
            entry.id
            for entry, _tag, section, fit in fitting
            if fit == "named" and section != "unknown" and not ledger.during(entry, start, end)
        ),
        digest=ledger.digest(),
    )


def parse_relation(text: str) -> Relation:
    """The relation written in a word, a path or a degree.

    Raises
    ------
    InputError
        If the glossary has no such name of kin; names close ones.
    """
    asked = " ".join(text.split())
    first, _space, rest = asked.partition(" ")
    side = _SIDES.get(first.lower(), "")
    found = [word for word in words.find(rest if side else asked) if word.area in _KIN_WORDS]
    own = [word for word in found if word.area != "degree"] or found
    own = [word for word in own if word.register != "formal"] or own
    if side:
        own = [word for word in own if f"{_other(side)}'s" not in word.meaning]
    own = [word for word in own if word.chon == own[0].chon]
    if not own:
        latin = asked.isascii()
        known = {
            found.english if latin else found.korean
            for found in words.load()
            if found.area in ("blood", "marriage") and "great-great" not in found.english
        }
        raise InputError(
            "relation", text, f"a name of kin in English or Korean, or chon N; {near(asked, sorted(known))}"
        )
    chon = own[0].chon or 0
    degree = own[0].area == "degree"
    paths = ["U" * up + "D" * (chon - up) for up in range(chon, -1, -1)] if degree else [w.path for w in own]
    mothers = bool(own) and all("mother's" in word.meaning for word in own)
    return Relation(
        asked=asked,
        label=f"kin of {chon} chon" if degree else _label(own, side),
        korean=tuple(dict.fromkeys(f"{word.korean} {word.romanised}" for word in own)),
        paths=tuple(dict.fromkeys(paths)),
        chon=chon,
        side=side or ("mother" if mothers else ""),
    )


def words_of(relation: Relation) -> str:
    """The relation in words, with a capital; in Korean as the glossary has it."""
    if active() == "ko":
        named = ", ".join(dict.fromkeys(word.rpartition(" ")[0] or word for word in relation.korean))
        return _("kin of {chon} chon").format(chon=relation.chon) if " chon" in relation.label else named
    return relation.label[:1].upper() + relation.label[1:]


def period(start: When | None, end: When | None) -> str:
    """ "2012 to 2016", "from 2012", "any year"."""
    if start is None and end is None:
        return _("any year")
    if start is None:
        return _("to {end}").format(end=end)
    if end is None:
        return _("from {start}").format(start=start)
    return str(start) if start == end else _("{first} to {last}").format(first=start, last=end)


def _other(side: str) -> str:
    return {"father": "mother", "mother": "father"}[side]


def _label(own: list[words.Word], side: str) -> str:
    names = list(dict.fromkeys(word.english for word in own))
    line = {"father": "paternal ", "mother": "maternal "}.get(side, "")
    return line + " or ".join(names)


def _offence_fits(tag: tags.Tag, offence: str) -> bool:
    return not tag.offence or any(word in (offence, *tags.WIDER[offence]) for word in tag.offence)


def _rank_fits(tag: tags.Tag, rank: str) -> bool:
    return rank in ("", "any") or not tag.rank or rank in tag.rank or "any" in tag.rank


def _place(tag: tags.Tag, kin: Relation, claim: bool) -> tuple[str, str]:
    """The section a row stands in and how it fits the relation; no section if it does not belong to the question."""
    named = any(tag.names(path, kin.side) for path in kin.paths)
    fit = "named" if named else "unspecified" if tag.vague else "other"
    if tag.says == "background":
        return "", fit
    if tag.says == "gap":
        return "unknown", fit
    if tag.says == "condition":
        return ("condition" if claim else ""), fit
    if tag.relation == ("offender",):
        return "offender", fit
    if tag.relation == ("none",):
        return ("numbers" if not claim and "camp" in tag.sanction else ""), fit
    if fit == "other":
        return ("not_named" if tag.lists else ""), fit
    if tag.says == "practice" and not claim:
        return "numbers", fit
    return {"check": "checks", "spared": "spared", "conduct": "conduct"}.get(tag.says, "sanctions"), fit


def _numbered(rows: Iterable[tuple[Entry, tags.Tag, str, str]]) -> tuple[Item, ...]:
    """By section, rows that name the relation first, then by the heaviest sanction, by date and id."""
    sections, sanctions = list(SECTIONS), [*tags.SANCTIONS, ""]

    def key(row: tuple[Entry, tags.Tag, str, str]) -> tuple[Any, ...]:
        entry, tag, section, fit = row
        heaviest = min((sanctions.index(word) for word in tag.sanction), default=len(sanctions))
        start = entry.start.begins if entry.start else (0, 0)
        return sections.index(section), FITS.index(fit), heaviest, start, entry.id

    return tuple(
        Item(number, section, fit, entry, tag)
        for number, (entry, tag, section, fit) in enumerate(sorted(rows, key=key), start=1)
    )


def _conflicts(items: tuple[Item, ...]) -> tuple[Conflict, ...]:
    """Each pair once, its earlier side first; a side outside the question is marked."""
    inside = {item.entry.id for item in items}
    pairs: dict[frozenset[str], Conflict] = {}
    for item in items:
        if not isinstance(item.entry, Claim):
            continue
        for id in item.entry.conflicts_with:
            other = ledger.entry(id)
            pair = frozenset((item.entry.id, id))
            if pair not in pairs and isinstance(other, Claim):
                pairs[pair] = Conflict(item.entry, other, id not in inside)
    return tuple(pairs.values())


def _exits(items: tuple[Item, ...]) -> dict[str, tuple[int, ...]]:
    found = {exit: tuple(item.number for item in items if exit in item.tag.exit) for exit in tags.EXITS}
    return {exit: numbers for exit, numbers in found.items() if numbers}


def _unknown(items: tuple[Item, ...], kin: Relation) -> tuple[str, ...]:
    """What follows from counting the rows."""
    sentences = []
    reported = [item for item in items if item.section == "sanctions"]
    named = {word for item in reported if item.fit == "named" for word in item.tag.sanction}
    vague = {word for item in reported if item.fit == "unspecified" for word in item.tag.sanction}
    only = [
        _(tags.SANCTIONS[word]) for word in tags.SANCTIONS if word in vague - named and word != "unspecified"
    ]
    none = [_(tags.SANCTIONS[word]) for word in ("death", "camp", "banishment") if word not in named | vague]
    if only:
        sentences.append(
            _(
                "For these sanctions no entry names the relation; sources say only family or relatives: {sanctions}."
            ).format(sanctions=", ".join(only))
        )
    if none:
        sentences.append(
            _("No entry in this period reports for this relation: {sanctions}.").format(
                sanctions=", ".join(none)
            )
        )
    if not any(item.fit == "named" for item in items if item.section in ("sanctions", "numbers")):
        sentences.append(_("No entry reports a sanction that names this relation, by word or by degree."))
    sentences.append(
        _(
            "No entry gives the share of such relatives who were punished; counts are of cases that somebody reported."
        )
    )
    claims = [item for item in items if item.section not in ("unknown", "condition")]
    grades = ", ".join(
        _("{n} of grade {grade}").format(n=sum(item.entry.grade == grade for item in claims), grade=grade)
        for grade in ("A", "B", "C")
    )
    recalled = sum(item.entry.found == "recalled" for item in claims)
    undated = sum(item.entry.start is None and item.entry.end is None for item in claims)
    sentences.append(
        _(
            "Of {n} entries, {grades}; {recalled} were not re-read; {undated} have no date and stand here because they are "
            "not tied to other years."
        ).format(n=len(claims), grades=grades, recalled=recalled, undated=undated)
    )
    sentences.append(
        _(
            "The ledger does not record on which day a page was read: dates of access are the last possible day, {day}."
        ).format(day=ledger.read_until())
    )
    if kin.side == "":
        sentences.append(
            _(
                "Sources seldom say which side a relative is of; some report that checks and sanctions follow the father's "
                "line."
            )
        )
    return tuple(sentences)


def parse_period(first: str | None, last: str | None) -> tuple[When | None, When | None]:
    """The two ends of a period as they are typed: "2012" or "2012-06".

    Raises
    ------
    InputError
        A date that is none, or an end before the beginning.
    """
    from yeonjwa.evidence.dates import parse_when

    start, end = parse_when(first or "", "from", "--from"), parse_when(last or "", "to", "--to")
    check_order(start, end, "--from and --to")
    return start, end


def degrees_in(text: str) -> str:
    """Tags of relation in words: "chon<=4" is "to 4 chon"."""
    if text in _KIN:
        return _(_KIN[text])
    degree = re.fullmatch(r"chon<=(\d+)(, patrilineal)?", text)
    if degree is None:
        return _(text.replace("_", " "))
    said = _("to {chon} chon, patrilineal") if degree[2] else _("to {chon} chon")
    return said.format(chon=degree[1])
