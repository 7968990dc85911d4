"""What a regime file may hold, and a check that lists everything that is wrong with one, by file and line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import near
from yeonjwa.core.toml import line_of, place
from yeonjwa.regime.sanctions import sanctions

#: Whom a rule can spare, and what has to be known of a person for it.
SPARES: Final = {
    "married_out": "a woman of the offender's own blood who has formed a union",
    "betrothed": "a woman of the offender's own blood who is promised in marriage",
    "adopted_out": "somebody adopted into another family",
    "disabled": "somebody gravely disabled or ill",
}
#: How a rule stands: the letter of a law, or what is reported to be done.
BASES: Final = ("statute", "practice")
#: Whether a rule holds for each offence of the kind, for some, or in rare cases only.
WHEN: Final = ("always", "sometimes", "exceptional")
#: How ages are told: complete years, or counted ages (one at birth, one more each New Year).
AGES: Final = ("years", "counted")
HOUSEHOLDS: Final = ("same", "other")
GRADES: Final = ("A", "B", "C", "assumption")
FOUND: Final = ("seen", "recalled")
_DATE = re.compile(r"-?\d{1,4}(-(0[1-9]|1[0-2]))?")
_ID = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")


@dataclass(frozen=True)
class Field:
    """A key of a table.

    Attributes
    ----------
    kind : str
        "text", "texts" (a list of texts), "whole", "share", "flag", "date", "id", "table" or "tables".
    needed : bool
    choices : sequence of str
        What a text, or each of the texts, may be; empty if anything.
    """

    kind: str
    needed: bool = False
    choices: tuple[str, ...] = ()


REGIME: Final = {
    "id": Field("id", True),
    "group": Field("id", True),
    "name": Field("text", True),
    "korean": Field("text", True),
    "hanja": Field("text"),
    "from": Field("date", True),
    "to": Field("date"),
    "dates": Field("text"),
    "triggers": Field("texts", True),
    "summary": Field("text", True),
    "spouse": Field("text", True),
    "ages": Field("text", choices=AGES),
    "offender_sex": Field("text", choices=("f", "m")),
    "reading": Field("text"),
    "population_at": Field("text"),
    "not_represented": Field("texts"),
    "grade": Field("text", True, GRADES),
    "note": Field("text"),
    "figure": Field("flag"),
    "scenario": Field("tables"),
    "ledger": Field("texts"),
    "sources": Field("tables"),
    "exits": Field("tables"),
    "rules": Field("tables", True),
}
RULE: Final = {
    "id": Field("id", True),
    "who": Field("text", True),
    "circle": Field("text", True),
    "sanction": Field("text", True, tuple(sanctions())),
    "also": Field("texts", choices=tuple(sanctions())),
    "basis": Field("text", True, BASES),
    "when": Field("text", choices=WHEN),
    "probability": Field("share"),
    "low": Field("share"),
    "high": Field("share"),
    "age_from": Field("whole"),
    "age_below": Field("whole"),
    "household": Field("text", choices=HOUSEHOLDS),
    "spares": Field("texts", choices=tuple(SPARES)),
    "post": Field("text"),
    "condition": Field("text"),
    "sources": Field("texts", True),
    "grade": Field("text", True, GRADES),
    "note": Field("text"),
}
EXIT: Final = {
    "id": Field("id", True),
    "how": Field("text", True),
    "represented": Field("flag"),
    "sources": Field("texts", True),
}
SOURCE: Final = {
    "key": Field("id", True),
    "cite": Field("text", True),
    "found": Field("text", True, FOUND),
    "url": Field("text"),
}
CHANGE: Final = {"path": Field("id", True), "value": Field("any", True), "from": Field("text")}
_TABLES: Final = {"rules": RULE, "exits": EXIT, "sources": SOURCE, "scenario": CHANGE}
_WORDS: Final = {
    "text": "a text",
    "texts": "a list of texts",
    "whole": "a whole number from 0 to 120",
    "share": "a number from 0 to 1",
    "flag": "true or false",
    "date": "a year, negative before our era, or a month as in 1937-08",
    "id": "lower-case letters, digits and _, parts joined by dots",
    "tables": "tables in double brackets",
    "any": "a value",
}


def check(content: Mapping[str, Any], text: str, where: str) -> list[InputError]:
    """Everything that is wrong with the content of a regime file, each with file and line.

    Parameters
    ----------
    content : mapping
        The parsed file.
    text : str
        Its text, for the lines.
    where : str
        Name of the file.
    """
    errors = _table(content, REGIME, text, where, None, "")
    for header, fields in _TABLES.items():
        rows = content.get(header, [])
        if isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows):
            for i, row in enumerate(rows):
                errors += _table(row, fields, text, where, i, header)
    return errors


def _table(
    row: Mapping[str, Any],
    fields: Mapping[str, Field],
    text: str,
    where: str,
    index: int | None,
    header: str,
) -> list[InputError]:
    def at(key: str) -> str:
        return place(where, line_of(text, key, table=index, header=header or "rules"))

    errors = [InputError("key", key, near(key, sorted(fields)), at(key)) for key in row if key not in fields]
    for key, field in fields.items():
        if key not in row:
            if field.needed:
                inside = f"[[{header}]]" if header else "regime file"
                errors.append(InputError(f"key of {inside}", f"no {key}", f"{key} is needed", at(key)))
        elif not _fits(row[key], field):
            allowed = ", ".join(field.choices) or _WORDS[field.kind]
            errors.append(InputError(key, row[key], allowed, at(key)))
    return errors


def _fits(value: Any, field: Field) -> bool:
    if field.kind in ("text", "texts"):
        given: Sequence[Any] = value if field.kind == "texts" and isinstance(value, list) else [value]
        if field.kind == "texts" and (not isinstance(value, list) or len(set(map(str, value))) < len(value)):
            return False
        return all(isinstance(v, str) and bool(v.strip()) for v in given) and (
            not field.choices or all(v in field.choices for v in given)
        )
    if field.kind == "id":
        return isinstance(value, str) and _ID.fullmatch(value) is not None
    if field.kind == "date":
        if isinstance(value, bool) or value == 0:
            return False
        return isinstance(value, int) or (isinstance(value, str) and _DATE.fullmatch(value) is not None)
    if field.kind == "flag":
        return isinstance(value, bool)
    if field.kind == "tables":
        return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)
    if field.kind == "any":
        return True
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if field.kind == "whole":
        return number and isinstance(value, int) and 0 <= value <= 120
    return number and 0 <= value <= 1
