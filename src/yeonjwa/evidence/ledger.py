"""The ledger: facts with a number, claims in words, and the sources both rest on.

Three CSV files in ``data/``: ``facts.csv`` and ``facts_more.csv`` (one number a row), ``claims.csv`` (one
statement a row, with the claims that contradict it). They are read strictly: a wrong column, a doubled id, a
grade that does not exist or a conflict with an unknown claim is an error with file and line.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import near
from yeonjwa.evidence import toml

#: Folder of the shipped files.
FOLDER: Final = Path(__file__).parent / "data"
FACT_FILES: Final = ("facts.csv", "facts_more.csv")
CLAIM_FILES: Final = ("claims.csv",)

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
    "id", "topic", "quantity", "value", "low", "high", "unit", "period", "applies_to",
    "source", "url", "grade", "found", "note",
)  # fmt: skip
_CLAIM_COLUMNS = ("id", "claim", "who", "period", "source", "url", "grade", "found", "conflicts_with", "note")
_ID = re.compile(r"[a-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*")


@dataclass(frozen=True)
class Fact:
    """A number somebody published, with its range, unit, period, source and grade."""

    id: str
    topic: str
    quantity: str
    value: float
    low: float | None
    high: float | None
    unit: str
    period: str
    applies_to: str
    source: str
    url: str
    grade: str
    found: str
    note: str
    where: str


@dataclass(frozen=True)
class Claim:
    """A statement somebody published, with the ids of the claims it conflicts with."""

    id: str
    claim: str
    who: str
    period: str
    source: str
    url: str
    grade: str
    found: str
    conflicts_with: tuple[str, ...]
    note: str
    where: str


Entry = Fact | Claim
E = TypeVar("E", Fact, Claim, Entry)


@functools.cache
def load_facts() -> tuple[Fact, ...]:
    """All facts of the shipped ledger, in the order of its files."""
    return read_facts([FOLDER / name for name in FACT_FILES])


@functools.cache
def load_claims() -> tuple[Claim, ...]:
    """All claims of the shipped ledger, in the order of its file."""
    return read_claims([FOLDER / name for name in CLAIM_FILES])


def read_facts(files: Iterable[Path]) -> tuple[Fact, ...]:
    """Facts of CSV files.

    Raises
    ------
    InputError
        With file and line: a wrong column, id, number, range, grade or word for how it was found.
    """
    return tuple(_unique([_fact(row, where) for file in files for row, where in _rows(file, _FACT_COLUMNS)]))


def read_claims(files: Iterable[Path]) -> tuple[Claim, ...]:
    """Claims of CSV files.

    Raises
    ------
    InputError
        With file and line: a wrong column, id, grade, or a conflict with a claim that does not exist.
    """
    found = [_claim(row, where) for file in files for row, where in _rows(file, _CLAIM_COLUMNS)]
    claims = _unique(found)
    known = {claim.id: claim for claim in claims}
    for claim in claims:
        for other in claim.conflicts_with:
            if other not in known or other == claim.id:
                raise InputError("conflicts_with", other, near(other, known), claim.where)
    return tuple(claims)


@functools.cache
def entries() -> Mapping[str, Entry]:
    """Id -> fact or claim. An id stands for one of them only."""
    both: list[Entry] = [*load_facts(), *load_claims()]
    return {entry.id: entry for entry in _unique(both)}


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
    """Claim id -> ids of the claims on the other side, made symmetric, sorted; claims without any left out."""
    sides: dict[str, set[str]] = {}
    for claim in load_claims():
        for other in claim.conflicts_with:
            sides.setdefault(claim.id, set()).add(other)
            sides.setdefault(other, set()).add(claim.id)
    return {id: tuple(sorted(others)) for id, others in sorted(sides.items())}


def describe(entry: Entry) -> str:
    """One line that says what the entry states: a fact with number, unit and period, or the claim."""
    if isinstance(entry, Claim):
        return entry.claim
    number = f"{entry.value:,.10g}"
    bounds = (
        "" if entry.low is None and entry.high is None else f" ({_bound(entry.low)} to {_bound(entry.high)})"
    )
    return f"{entry.quantity}: {number}{bounds} {entry.unit}, {entry.applies_to}, {entry.period}"


@functools.cache
def digest() -> str:
    """SHA-256 of the ledger's files: equal digests mean equal evidence."""
    total = hashlib.sha256()
    for name in (*FACT_FILES, *CLAIM_FILES):
        total.update(name.encode() + b"\0" + (FOLDER / name).read_bytes() + b"\0")
    return total.hexdigest()


def _bound(value: float | None) -> str:
    return "?" if value is None else f"{value:,.10g}"


def _rows(file: Path, columns: Sequence[str]) -> list[tuple[dict[str, str], str]]:
    """Rows with their place ("facts.csv, line 12"); the line is the one on which the row begins."""
    reader = csv.reader(io.StringIO(toml.read_text(file), newline=""), strict=True)
    rows: list[tuple[dict[str, str], str]] = []
    begin = 1
    try:
        header = next(reader, [])
        if tuple(header) != tuple(columns):
            wrong = (
                [c for c in header if c not in columns] or [c for c in columns if c not in header] or header
            )
            raise InputError("columns", wrong, ", ".join(columns), f"{file.name}, line 1")
        begin = reader.line_num + 1
        for cells in reader:
            where = f"{file.name}, line {begin}"
            begin = reader.line_num + 1
            if len(cells) != len(columns):
                raise InputError("number of cells", len(cells), f"{len(columns)} cells", where)
            rows.append((dict(zip(columns, cells, strict=True)), where))
    except csv.Error as error:
        raise InputError(
            "CSV", str(error), "a row of quoted or plain cells", f"{file.name}, line {begin}"
        ) from error
    return rows


def _common(row: dict[str, str], text: str, where: str) -> None:
    if not _ID.fullmatch(row["id"]):
        raise InputError("id", row["id"], "small words joined by dots, as in pol.2012.harden", where)
    _one_of("grade", row["grade"], ("A", "B", "C"), where)
    _one_of("found", row["found"], FOUND, where)
    for column in (text, "source"):
        if not row[column].strip():
            raise InputError(column, row[column], "a text", where)
    if row["found"] == "seen" and not row["url"].strip():
        raise InputError("url", row["url"], "the address of the page that was seen", where)


def _fact(row: dict[str, str], where: str) -> Fact:
    _common(row, "quantity", where)
    value = _number("value", row["value"], where)
    low, high = (_number(name, row[name], where) if row[name] else None for name in ("low", "high"))
    if (low is not None and low > value) or (high is not None and high < value):
        raise InputError("range", [low, high], f"a range that holds the value, {value:g}", where)
    texts = {name: row[name] for name in _FACT_COLUMNS if name not in ("value", "low", "high")}
    return Fact(value=value, low=low, high=high, where=where, **texts)


def _claim(row: dict[str, str], where: str) -> Claim:
    _common(row, "claim", where)
    others = tuple(part.strip() for part in row["conflicts_with"].split(";") if part.strip())
    texts = {name: row[name] for name in _CLAIM_COLUMNS if name != "conflicts_with"}
    return Claim(conflicts_with=others, where=where, **texts)


def _number(column: str, text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise InputError(column, text, "a number", where) from None
    if not math.isfinite(value):
        raise InputError(column, text, "a finite number", where)
    return value


def _one_of(column: str, value: str, allowed: Sequence[str], where: str) -> None:
    if value not in allowed:
        raise InputError(column, value, ", ".join(allowed), where)


def _unique(found: Sequence[E]) -> Sequence[E]:
    """The entries themselves; a second entry with an id that is taken is an error."""
    first: dict[str, str] = {}
    for entry in found:
        if entry.id in first:
            raise InputError("id", entry.id, f"an id of its own; taken in {first[entry.id]}", entry.where)
        first[entry.id] = entry.where
    return found
