"""The ledger: facts with a number, claims in words, and the sources both rest on.

Two CSV files in ``data/``: ``facts.csv`` (one number a row) and ``claims.csv`` (one statement a row, with the claims
that contradict it), both with the period as text and as first and last date. Units stand in ``units.csv``, addresses of
copies in ``mirrors.csv``. They are read strictly: a wrong column, a doubled or unknown id, a bad date or unit, a
conflict that only one side knows or a number derived from itself is an error with file and line. All errors are given
at once, and a ledger with an error is refused whole.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import near
from yeonjwa.core.toml import parse, read_text
from yeonjwa.evidence import formula as formulas
from yeonjwa.evidence.dates import When, check_order, parse_when
from yeonjwa.evidence.rows import Faults, check_word, number, read_rows

#: Folder of the shipped files.
FOLDER: Final = Path(__file__).parent / "data"
FACT_FILES: Final = ("facts.csv",)
CLAIM_FILES: Final = ("claims.csv",)
UNIT_FILE: Final = "units.csv"
MIRROR_FILE: Final = "mirrors.csv"
CLOSED_FILE: Final = "closed.toml"

#: What a grade says, in the words that tables and reports print.
GRADES: Final = {
    "A": "official record, court, UN, or several documents",
    "B": "one solid or several partial sources",
    "C": "one report, unconfirmed",
    "assumption": "chosen by us, range stated",
}
#: ``seen``: a page with this content was read; ``recalled``: from memory of the named work, not re-read.
FOUND: Final = ("seen", "recalled")

_FACT_COLUMNS = (
    "id", "topic", "quantity", "value", "low", "high", "unit", "period", "from", "to", "applies_to",
    "source", "url", "grade", "found", "formula", "note",
)  # fmt: skip
_CLAIM_COLUMNS = (
    "id", "claim", "who", "period", "from", "to", "source", "url", "grade", "found", "conflicts_with", "note",
)  # fmt: skip
_ID = re.compile(r"[a-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*")


@dataclass(frozen=True)
class Fact:
    """A number somebody published, with its range, unit, period, source and grade.

    ``start`` and ``end`` are the dates of ``period``, None where it is open or has none; ``formula`` says how the
    number follows from other facts, where it does; ``decimals`` are the digits with which it is written.
    """

    id: str
    topic: str
    quantity: str
    value: float
    low: float | None
    high: float | None
    unit: str
    period: str
    start: When | None
    end: When | None
    applies_to: str
    source: str
    url: str
    grade: str
    found: str
    formula: str
    note: str
    where: str
    decimals: int = 0


@dataclass(frozen=True)
class Claim:
    """A statement somebody published, with the ids of the claims it conflicts with."""

    id: str
    claim: str
    who: str
    period: str
    start: When | None
    end: When | None
    source: str
    url: str
    grade: str
    found: str
    conflicts_with: tuple[str, ...]
    note: str
    where: str


Entry = Fact | Claim
E = TypeVar("E", Fact, Claim, Entry)


@dataclass(frozen=True)
class Ledger:
    """Facts and claims, each sorted by id."""

    facts: tuple[Fact, ...]
    claims: tuple[Claim, ...]


@functools.cache
def load() -> Ledger:
    """The shipped ledger.

    Raises
    ------
    InputError
        If anything in it is wrong; several errors are one ``InputErrors`` that holds them all.
    """
    return read([FOLDER / name for name in FACT_FILES], [FOLDER / name for name in CLAIM_FILES])


@functools.cache
def read_until(file: Path = FOLDER / CLOSED_FILE) -> datetime.date:
    """Last day on which a page of the ledger was read: as much as is known of the dates of access.

    Raises
    ------
    InputError
        If the file holds anything but the key ``read_until`` with a date.
    """
    content = parse(read_text(file), file.name)
    day = content.get("read_until")
    if set(content) != {"read_until"} or type(day) is not datetime.date:
        raise InputError(
            "last day of reading", content, "read_until = YYYY-MM-DD and nothing else", file.name
        )
    return day


def load_facts() -> tuple[Fact, ...]:
    """All facts of the shipped ledger, by id."""
    return load().facts


def load_claims() -> tuple[Claim, ...]:
    """All claims of the shipped ledger, by id."""
    return load().claims


def read(facts: Iterable[Path], claims: Iterable[Path]) -> Ledger:
    """A ledger from CSV files, looked at as a whole.

    Parameters
    ----------
    facts, claims : iterable of Path
        Files of either kind.

    Raises
    ------
    InputError
        With file and line: a wrong column, id, number, range, date, unit, grade, encoding, conflict or formula. Several
        errors are one ``InputErrors``; its ``errors`` are in the order of the files.
    """
    faults = Faults()
    found_facts, found_claims = _facts(facts, faults), _claims(claims, faults)
    both: list[Entry] = [*found_facts, *found_claims]
    _check_unique(both, faults)
    _check_conflicts(found_claims, faults)
    _check_formulas(found_facts, faults)
    faults.refuse("ledger")
    return Ledger(_sorted(found_facts), _sorted(found_claims))


def read_facts(files: Iterable[Path]) -> tuple[Fact, ...]:
    """Facts of CSV files, by id; errors as in :func:`read`."""
    return read(files, ()).facts


def read_claims(files: Iterable[Path]) -> tuple[Claim, ...]:
    """Claims of CSV files, by id; errors as in :func:`read`."""
    return read((), files).claims


@functools.cache
def entries() -> Mapping[str, Entry]:
    """Id -> fact or claim. An id stands for one of them only."""
    both: list[Entry] = [*load_facts(), *load_claims()]
    return {entry.id: entry for entry in both}


def entry(id: str, where: str = "") -> Entry:
    """The fact or claim with this id.

    Raises
    ------
    InputError
        If there is none; names close ones, and ``where`` the id was used.
    """
    known = entries()
    if id not in known:
        raise InputError("id of the ledger", id, near(id, known), where)
    return known[id]


@functools.cache
def conflicts() -> Mapping[str, tuple[str, ...]]:
    """Claim id -> ids of the claims on the other side, sorted; claims without any left out."""
    return {claim.id: tuple(sorted(claim.conflicts_with)) for claim in load_claims() if claim.conflicts_with}


@functools.cache
def units() -> Mapping[str, str]:
    """Unit -> what kind of quantity it measures."""
    return _pairs(UNIT_FILE, ("unit", "kind"))


@functools.cache
def mirrors() -> Mapping[str, str]:
    """Host -> what stands there instead of the publisher: a copy, a repost, an uploaded document."""
    return _pairs(MIRROR_FILE, ("host", "what"))


def mirror(url: str) -> str:
    """What the page at an address is a copy of, in words; empty if it is not known as a copy."""
    host = (urlsplit(url).hostname or "").lower()
    parts = host.split(".")
    known = mirrors()
    return next((known[name] for n in range(len(parts)) if (name := ".".join(parts[n:])) in known), "")


def address(entry: Entry) -> str:
    """The address that is printed: none for a mirror or a repost, whose source is named by its publisher."""
    return "" if mirror(entry.url) else entry.url


def during(entry: Entry, start: When | None = None, end: When | None = None) -> bool:
    """Whether the period of an entry has a part between two dates; an open or unknown end reaches everywhere."""
    late = start is not None and entry.end is not None and entry.end.ends < start.begins
    early = end is not None and entry.start is not None and entry.start.begins > end.ends
    return not (late or early)


def recomputed(fact: Fact, values: Mapping[str, float] | None = None) -> float | None:
    """The number that the formula of a fact comes to, or None if it has no formula.

    Parameters
    ----------
    fact : Fact
        The derived fact.
    values : mapping of str to float, optional
        Id -> number; those of the shipped ledger by default.
    """
    if not fact.formula:
        return None
    known = {other.id: other.value for other in load_facts()} if values is None else values
    return formulas.evaluate(fact.formula, known, fact.where)


def describe(entry: Entry) -> str:
    """One line that says what the entry states: a fact with number, unit and period, or the claim."""
    if isinstance(entry, Claim):
        return entry.claim
    number = f"{entry.value:,.10g}"
    bounds = (
        "" if entry.low is None and entry.high is None else f" ({bound(entry.low)} to {bound(entry.high)})"
    )
    return f"{entry.quantity}: {number}{bounds} {entry.unit}, {entry.applies_to}, {entry.period}"


@functools.cache
def digest() -> str:
    """SHA-256 of the ledger's files: equal digests mean equal evidence."""
    total = hashlib.sha256()
    for name in (*FACT_FILES, *CLAIM_FILES):
        total.update(name.encode() + b"\0" + (FOLDER / name).read_bytes() + b"\0")
    return total.hexdigest()


def bound(value: float | None) -> str:
    """A bound as it is written; "?" where it is not known."""
    return "?" if value is None else f"{value:,.10g}"


def _sorted(found: Sequence[E]) -> tuple[E, ...]:
    return tuple(sorted(found, key=lambda entry: entry.id))


def _pairs(name: str, columns: tuple[str, str]) -> dict[str, str]:
    faults = Faults()
    pairs: dict[str, str] = {}
    for row, where in read_rows(FOLDER / name, columns, faults):
        key, value = row[columns[0]], row[columns[1]]
        if not key.strip() or not value.strip() or key in pairs:
            faults.add(columns[0], key, f"a {columns[0]} of its own, with its {columns[1]}", where)
        pairs[key] = value
    faults.refuse(name)
    return pairs


def _facts(files: Iterable[Path], faults: Faults) -> list[Fact]:
    return [
        fact
        for file in files
        for row, where in read_rows(file, _FACT_COLUMNS, faults)
        if (fact := _fact(row, where, faults)) is not None
    ]


def _claims(files: Iterable[Path], faults: Faults) -> list[Claim]:
    return [
        claim
        for file in files
        for row, where in read_rows(file, _CLAIM_COLUMNS, faults)
        if (claim := _claim(row, where, faults)) is not None
    ]


def _common(row: dict[str, str], text: str, where: str, faults: Faults) -> tuple[When | None, When | None]:
    """Notes what is wrong in the columns of both files, and gives back the two dates."""
    if not _ID.fullmatch(row["id"]):
        faults.add("id", row["id"], "small words joined by dots, as in pol.2012.harden", where)
    faults.guard(lambda: check_word("grade", row["grade"], GRADES, where), None)
    faults.guard(lambda: check_word("found", row["found"], FOUND, where), None)
    for column in (text, "source"):
        if not row[column].strip():
            faults.add(column, row[column], "a text", where)
    if row["url"] and not re.fullmatch(r"https?://[^\s/]+\S*", row["url"]):
        faults.add("url", row["url"], "an address that begins with http:// or https://", where)
    if row["found"] == "seen" and not row["url"].strip():
        faults.add("url", row["url"], "the address of the page that was seen", where)
    start = faults.guard(lambda: parse_when(row["from"], "from", where), None)
    end = faults.guard(lambda: parse_when(row["to"], "to", where), None)
    faults.guard(lambda: check_order(start, end, where), None)
    return start, end


def _fact(row: dict[str, str], where: str, faults: Faults) -> Fact | None:
    before = len(faults.errors)
    start, end = _common(row, "quantity", where, faults)
    value = faults.guard(lambda: number("value", row["value"], where), None)
    low = faults.guard(lambda: number("low", row["low"], where) if row["low"] else None, None)
    high = faults.guard(lambda: number("high", row["high"], where) if row["high"] else None, None)
    if value is not None and ((low is not None and low > value) or (high is not None and high < value)):
        faults.add("range", [low, high], f"a range that holds the value, {value:g}", where)
    if row["unit"] not in units():
        faults.add("unit", row["unit"], f"a unit of {UNIT_FILE}; {near(row['unit'], units())}", where)
    if value is None or len(faults.errors) > before:
        return None
    written = formulas.decimals(row["value"])
    texts = {name: row[name] for name in _FACT_COLUMNS if name not in ("value", "low", "high", "from", "to")}
    return Fact(value=value, low=low, high=high, start=start, end=end, where=where, decimals=written, **texts)


def _claim(row: dict[str, str], where: str, faults: Faults) -> Claim | None:
    before = len(faults.errors)
    start, end = _common(row, "claim", where, faults)
    if len(faults.errors) > before:
        return None
    others = tuple(part.strip() for part in row["conflicts_with"].split(";") if part.strip())
    texts = {name: row[name] for name in _CLAIM_COLUMNS if name not in ("conflicts_with", "from", "to")}
    return Claim(conflicts_with=others, start=start, end=end, where=where, **texts)


def _check_unique(found: Sequence[Entry], faults: Faults) -> None:
    """Notes every entry with an id that is taken."""
    first: dict[str, str] = {}
    for entry in found:
        if entry.id in first:
            faults.add("id", entry.id, f"an id of its own; taken in {first[entry.id]}", entry.where)
        first.setdefault(entry.id, entry.where)


def _check_conflicts(claims: Sequence[Claim], faults: Faults) -> None:
    """Notes conflicts with nobody, with oneself, and those of which only one side knows."""
    known = {claim.id: claim for claim in claims}
    for claim in claims:
        for other in claim.conflicts_with:
            if other not in known or other == claim.id:
                faults.add("conflicts_with", other, near(other, known), claim.where)
            elif claim.id not in known[other].conflicts_with:
                allowed = f"a conflict that both name; add {claim.id} in {known[other].where}"
                faults.add("conflicts_with", other, allowed, claim.where)


def _check_formulas(facts: Sequence[Fact], faults: Faults) -> None:
    """Notes formulas that name no fact, go in a circle, or come to another number than is stated."""
    values = {fact.id: fact.value for fact in facts}
    derived = {fact.id: fact for fact in facts if fact.formula}
    depends = {id: formulas.names(fact.formula) for id, fact in derived.items()}
    for id, fact in derived.items():
        for name in depends[id]:
            if name not in values:
                faults.add("name in a formula", name, near(name, values), fact.where)
    circular = formulas.cycles(depends)
    for chain in circular:
        faults.add("formula", " -> ".join(chain), "no fact derived from itself", derived[chain[0]].where)
    if circular:
        return
    for fact in derived.values():
        if all(name in values for name in depends[fact.id]):
            faults.guard(functools.partial(_check_result, fact, values), None)


def _check_result(fact: Fact, values: Mapping[str, float]) -> None:
    result = recomputed(fact, values)
    if result is not None and not formulas.agrees(result, fact.value, fact.decimals):
        raise InputError("value", fact.value, f"{result:.10g}, to which {fact.formula} comes", fact.where)
