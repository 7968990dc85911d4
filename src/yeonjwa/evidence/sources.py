"""Sources as objects: what to cite, and why; as text, BibTeX or CSL-JSON.

``data/sources.csv`` has one row for each source that facts and claims name, by DOI or publisher, and one for each work that
every run rests on. A page that was only a copy is not a source: its publisher is.
"""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import Parameters
from yeonjwa.evidence import ledger
from yeonjwa.evidence.rows import Faults, check_word, read_rows

FILE: Final = "sources.csv"
FORMATS: Final = ("text", "bibtex", "csl-json")
#: Type of a source, in words of the Citation Style Language, -> type of entry in BibTeX.
TYPES: Final = {
    "article-journal": "article",
    "article-newspaper": "misc",
    "book": "book",
    "calculation": "",
    "dataset": "misc",
    "entry-encyclopedia": "misc",
    "report": "techreport",
    "search": "",
    "software": "software",
}
#: Not works of others: nothing to cite.
OWN: Final = ("calculation", "search")
_COLUMNS = ("source", "type", "author", "title", "publisher", "year", "doi", "via", "used_for")
_BRACES = str.maketrans({"&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_", "{": "", "}": ""})


@dataclass(frozen=True)
class Source:
    """A work that a fact, a claim or every run rests on.

    ``text`` is the source as the ledger names it; ``via`` who passed it on; ``used_for`` is empty but for works that every
    run rests on.
    """

    text: str
    key: str
    type: str
    authors: tuple[str, ...]
    title: str
    publisher: str
    year: int | None
    doi: str
    via: str
    used_for: str


@dataclass(frozen=True)
class Reference:
    """A source, the reasons to cite it, and the entries of the ledger through which it is used.

    Attributes
    ----------
    source : Source
        The work.
    reasons : tuple of str
        Sentences: what it is used for.
    entries : tuple of str
        Ids of facts and claims.
    url : str
        A page that was read, if it is not a copy; else empty.
    recalled : bool
        Whether no page of it was read again.
    """

    source: Source
    reasons: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()
    url: str = ""
    recalled: bool = False
    grades: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for the manifest."""
        return {
            "key": self.source.key,
            "source": self.source.text,
            "type": self.source.type,
            "doi": self.source.doi,
            "url": self.url,
            "recalled": self.recalled,
            "grades": list(self.grades),
            "reasons": list(self.reasons),
            "entries": list(self.entries),
        }


@functools.cache
def load() -> Mapping[str, Source]:
    """Text of a source in the ledger -> the source.

    Raises
    ------
    InputError
        With file and line: a wrong column, type, year or DOI, a row twice, a row that nothing uses, a source of the ledger
        without a row; several errors at once.
    """
    faults = Faults()
    found: dict[str, Source] = {}
    keys: set[str] = set()
    used = {entry.source for entry in ledger.entries().values()}
    for row, where in read_rows(ledger.FOLDER / FILE, _COLUMNS, faults):
        source = _source(row, keys, where, faults)
        if source.text in found:
            faults.add("source", source.text, "one row for each source", where)
        if source.text not in used and not source.used_for:
            faults.add("source", source.text, "a source that a fact or claim names", where)
        found[source.text] = source
    whole = not faults.errors
    for entry in ledger.entries().values():
        # A file that is broken would miss every row after the break.
        if whole and entry.source not in found:
            faults.add("source", entry.source, f"a source with a row in {FILE}", entry.where)
    faults.refuse(FILE)
    return found


def all_references() -> list[Reference]:
    """Every source of the ledger and the entries that name it, by key."""
    return _references(dict.fromkeys(ledger.entries(), ()))


def references(parameters: Parameters, claims: Iterable[str] = ()) -> list[Reference]:
    """What a run with these parameters has to cite, and why; by key, the works that every run rests on first.

    Parameters
    ----------
    parameters : Parameters
        Parameters of the run; the facts and claims they name are cited.
    claims : iterable of str
        Claims that its scenario tests.

    Raises
    ------
    InputError
        If an id is not in the ledger.
    """
    reasons: dict[str, tuple[str, ...]] = {}
    for path in parameters:
        for id in parameters[path].sources:
            reasons[id] = (*reasons.get(id, ()), path)
    for id in claims:
        reasons[id] = (*reasons.get(id, ()), "")
    return for_entries(reasons)


def for_entries(reasons: Mapping[str, Sequence[str]]) -> list[Reference]:
    """References for entries of the ledger; the works that every run rests on first.

    Parameters
    ----------
    reasons : mapping of str to str
        Id -> paths of the parameters that rest on it; ``""`` stands for a claim that is tested.
    """
    standing = [Reference(source, (source.used_for,)) for source in load().values() if source.used_for]
    return [*sorted(standing, key=lambda r: r.source.key), *_references(reasons)]


def _references(used: Mapping[str, Sequence[str]]) -> list[Reference]:
    """References of entries: id -> paths of parameters that rest on it, or "" for a claim that is tested."""
    by_source: dict[str, list[str]] = {}
    for id in sorted(used):
        by_source.setdefault(ledger.entry(id).source, []).append(id)
    known = load()
    found = []
    for text, ids in by_source.items():
        entries = [ledger.entry(id) for id in ids]
        reasons = dict.fromkeys(
            reason
            for entry in entries
            for reason in (_reasons(entry, used[entry.id]) or [ledger.describe(entry)])
        )
        found.append(
            Reference(
                known[text],
                tuple(reasons),
                tuple(ids),
                next(filter(None, map(ledger.address, entries)), ""),
                all(entry.found == "recalled" for entry in entries),
                tuple(sorted({entry.grade for entry in entries})),
            )
        )
    return sorted(found, key=lambda r: r.source.key)


def _reasons(entry: ledger.Entry, paths: Sequence[str]) -> list[str]:
    return [
        f"{path} rests on {entry.id}: {ledger.describe(entry)}"
        if path
        else f"the scenario tests {entry.id}: {ledger.describe(entry)}"
        for path in paths
    ]


def write(found: Iterable[Reference], format: str) -> str:
    """References as text, BibTeX or CSL-JSON; our own calculations and searches are left out.

    Parameters
    ----------
    found : iterable of Reference
        From :func:`references` or :func:`all_references`.
    format : str
        ``text``, ``bibtex`` or ``csl-json``.
    """
    check_word("format", format, FORMATS, "--format")
    cited = [reference for reference in found if reference.source.type not in OWN]
    if format == "csl-json":
        return json.dumps([as_csl(r) for r in cited], ensure_ascii=False, indent=1) + "\n"
    if format == "bibtex":
        return "\n".join(as_bibtex(r) for r in cited)
    return "".join(as_text(r) for r in cited)


def as_text(reference: Reference) -> str:
    """The reference as lines: how it is cited, and why."""
    source = reference.source
    where = f" https://doi.org/{source.doi}" if source.doi else f" {reference.url}" if reference.url else ""
    recalled = " (not re-read)" if reference.recalled else ""
    lines = [f"[{source.key}] {cited(source)}.{where}{recalled}"]
    return "\n".join([*lines, *(f"    {reason}" for reason in reference.reasons)]) + "\n"


def cited(source: Source) -> str:
    """The source in one line, without an address."""
    who = "; ".join(source.authors)
    year = str(source.year) if source.year else ""
    parts = [who, source.title, source.publisher, f"via {source.via}" if source.via else "", year]
    return ", ".join(part for part in parts if part)


def as_csl(reference: Reference) -> dict[str, Any]:
    """The reference as an item of CSL-JSON; the reasons to cite it stand in ``annote``."""
    source = reference.source
    item: dict[str, Any] = {
        "id": source.key,
        "type": source.type,
        "title": source.title,
        "author": [_name(author) for author in source.authors],
        "publisher": source.publisher if source.type != "article-journal" else "",
        "container-title": source.publisher if source.type.startswith("article") else "",
        "issued": {"date-parts": [[source.year]]} if source.year else None,
        "DOI": source.doi,
        "URL": reference.url,
        "annote": "\n".join(reference.reasons),
        "note": "; ".join(
            filter(
                None, (f"via {source.via}" if source.via else "", "not re-read" if reference.recalled else "")
            )
        ),
    }
    return {key: value for key, value in item.items() if value}


def as_bibtex(reference: Reference) -> str:
    """The reference as an entry of BibTeX; the reasons to cite it stand in ``annote``."""
    source = reference.source
    place = {"article": "journal", "techreport": "institution", "misc": "howpublished"}.get(
        TYPES[source.type], "publisher"
    )
    names = " and ".join(author if ", " in author else f"{{{author}}}" for author in source.authors)
    fields = {
        "author": names or f"{{{source.publisher}}}",
        "title": f"{{{source.title.translate(_BRACES)}}}",
        place: source.publisher.translate(_BRACES),
        "year": str(source.year or ""),
        "doi": source.doi,
        "url": reference.url,
        "note": "; ".join(
            filter(
                None, (f"via {source.via}" if source.via else "", "not re-read" if reference.recalled else "")
            )
        ).translate(_BRACES),
        "annote": "; ".join(reference.reasons).translate(_BRACES),
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@{TYPES[source.type]}{{{source.key},\n" + ",\n".join(lines) + "\n}\n"


def _name(author: str) -> dict[str, str]:
    family, comma, given = author.partition(", ")
    return {"family": family, "given": given} if comma else {"literal": author}


def _source(row: dict[str, str], keys: set[str], where: str, faults: Faults) -> Source:
    faults.guard(lambda: check_word("type", row["type"], TYPES, where), None)
    for column in ("source", "title"):
        if not row[column].strip():
            faults.add(column, row[column], "a text", where)
    if row["year"] and not re.fullmatch(r"1[4-9]\d\d|20\d\d", row["year"]):
        faults.add("year", row["year"], "a year, or nothing", where)
    if row["doi"] and not re.fullmatch(r"10\.\d{4,9}/\S+", row["doi"]):
        faults.add("doi", row["doi"], "a DOI as in 10.6115/fer.2018.023, or nothing", where)
    authors = tuple(part.strip() for part in row["author"].split(";") if part.strip())
    year = int(row["year"]) if row["year"].isdigit() else None
    key = _key(authors[0] if authors else row["publisher"] or row["title"], year, row["title"], keys)
    return Source(
        row["source"], key, row["type"], authors, row["title"], row["publisher"], year, row["doi"], row["via"],
        row["used_for"],
    )  # fmt: skip


def _key(who: str, year: int | None, title: str, taken: set[str]) -> str:
    """A key of who, year and first long word of the title; a letter more where that is taken."""
    first = _plain(who.split(",")[0])[:16]
    word = next((w for w in map(_plain, title.split()) if len(w) > 3 and w not in ("report", first)), "")
    stem = f"{first}{year or ''}{word[:12]}"
    key = next(k for k in (stem, *(f"{stem}-{n}" for n in range(2, 1000))) if k not in taken)
    taken.add(key)
    return key


def _plain(text: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", ascii_only.lower())


def find(key: str) -> Source:
    """The source with this key.

    Raises
    ------
    InputError
        If there is none.
    """
    found = next((source for source in load().values() if source.key == key), None)
    if found is None:
        raise InputError("key of a source", key, "a key of `yeonjwa evidence sources`")
    return found
