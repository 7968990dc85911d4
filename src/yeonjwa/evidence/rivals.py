"""Where sources contradict each other: the question, its sides, and what each would change in a run.

``data/rivals.toml`` has one table for each conflict. A side is named by the claim that leads it; the changes of a side are
those of a scenario, which chooses it with ``[variants]``. The side without a change is what the baseline holds.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import near
from yeonjwa.evidence import ledger, toml
from yeonjwa.evidence.rows import Faults

FILE: Final = ledger.FOLDER / "rivals.toml"
_KEYS = ("id", "question", "why_not", "side")
_SIDE_KEYS = ("id", "claims", "reading", "change")
_CHANGE_KEYS = ("path", "from", "value", "factor")


@dataclass(frozen=True)
class Side:
    """One side of a conflict.

    Attributes
    ----------
    id : str
        The claim that leads it.
    claims : tuple of str
        All claims on this side, the leading one first.
    reading : str
        What the model makes of it, in a sentence.
    changes : tuple of dict
        ``path``, perhaps ``from``, and ``value`` or ``factor``, as in a scenario; none is the baseline.
    """

    id: str
    claims: tuple[str, ...]
    reading: str
    changes: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Conflict:
    """A question on which sources disagree; ``why_not`` says why no run can tell the sides apart, if so."""

    id: str
    question: str
    sides: tuple[Side, ...]
    why_not: str = ""

    @property
    def claims(self) -> tuple[str, ...]:
        """The claims of all sides, each once."""
        return tuple(dict.fromkeys(claim for side in self.sides for claim in side.claims))

    def side(self, name: str, where: str = "") -> Side:
        """The side with this id, or the only one with this claim.

        Raises
        ------
        InputError
            If there is none, or the claim stands on several sides.
        """
        found = [side for side in self.sides if side.id == name] or [
            side for side in self.sides if name in side.claims
        ]
        if len(found) != 1:
            raise InputError(f"side of {self.id}", name, ", ".join(side.id for side in self.sides), where)
        return found[0]

    def as_dict(self) -> dict[str, Any]:
        """Plain data: sides with claims, dates, grades and sources."""
        return {
            "id": self.id,
            "question": self.question,
            "why_not": self.why_not,
            "sides": [
                {
                    "id": side.id,
                    "reading": side.reading,
                    "baseline": not side.changes and not self.why_not,
                    "changes": [dict(change) for change in side.changes],
                    "claims": [_claim(id) for id in side.claims],
                }
                for side in self.sides
            ],
        }


def _claim(id: str) -> dict[str, Any]:
    claim = ledger.entry(id)
    return {
        "id": id,
        "claim": ledger.describe(claim),
        "period": claim.period,
        "from": str(claim.start) if claim.start else None,
        "to": str(claim.end) if claim.end else None,
        "grade": claim.grade,
        "found": claim.found,
        "source": claim.source,
        "url": ledger.address(claim),
    }


@functools.cache
def load(file: Path = FILE) -> Mapping[str, Conflict]:
    """Id -> conflict, in the order of the file.

    Raises
    ------
    InputError
        A misspelt key, an id that is taken, a claim that is unknown, sides that do not contradict each other, a pair of
        conflicting claims that no conflict holds; several errors at once.
    """
    faults = Faults()
    content = toml.parse(toml.read_text(file), file.name)
    found: dict[str, Conflict] = {}
    for number, table in enumerate(content.get("conflict", []), start=1):
        where = f"{file.name}, conflict {number}"
        conflict = faults.guard(functools.partial(_conflict, table, where), None)
        if conflict is None:
            continue
        if conflict.id in found:
            faults.add("id", conflict.id, "an id of its own", where)
        found[conflict.id] = conflict
    held = {pair for conflict in found.values() for pair in _pairs(conflict)}
    for claim, others in ledger.conflicts().items():
        for other in others:
            if claim < other and frozenset((claim, other)) not in held:
                faults.add("conflict", f"{claim} and {other}", "a conflict with both as sides", file.name)
    faults.refuse(file.name)
    return found


def get(id: str, where: str = "") -> Conflict:
    """The conflict with this id.

    Raises
    ------
    InputError
        If there is none; names close ones.
    """
    known = load()
    if id not in known:
        raise InputError("conflict", id, near(id, known), where)
    return known[id]


def _pairs(conflict: Conflict) -> Iterator[frozenset[str]]:
    """Pairs of claims on different sides."""
    for one in conflict.sides:
        for other in conflict.sides:
            if one.id < other.id:
                yield from (frozenset((a, b)) for a in one.claims for b in other.claims if a != b)


def _conflict(table: Mapping[str, Any], where: str) -> Conflict:
    _check(table, _KEYS, ("id", "question", "side"), where)
    sides = tuple(
        _side(side, f"{where} ({table['id']}), side {n}") for n, side in enumerate(table["side"], 1)
    )
    names = [side.id for side in sides]
    if len(sides) < 2 or len(set(names)) < len(names):
        raise InputError("sides", names, "two or more, each with an id of its own", where)
    conflict = Conflict(table["id"], table["question"], sides, table.get("why_not", ""))
    changed = [side.id for side in sides if side.changes]
    if bool(conflict.why_not) == bool(changed):
        raise InputError("sides", changed, "changes on a side at least, or why_not", where)
    known = ledger.conflicts()
    for side in sides:
        others = {claim for other in sides if other.id != side.id for claim in other.claims}
        if not others & {foe for claim in side.claims for foe in known.get(claim, ())}:
            raise InputError("side", side.id, "a side that conflicts with another in claims.csv", where)
    return conflict


def _side(table: Mapping[str, Any], where: str) -> Side:
    _check(table, _SIDE_KEYS, ("id", "reading"), where)
    claims = tuple(dict.fromkeys((table["id"], *table.get("claims", ()))))
    known = {claim.id: claim for claim in ledger.load_claims()}
    for id in claims:
        if id not in known:
            raise InputError("claim", id, near(id, known), where)
    changes = tuple(table.get("change", ()))
    for change in changes:
        _check(change, _CHANGE_KEYS, ("path",), where)
        if ("value" in change) == ("factor" in change):
            raise InputError("change", change["path"], "either value or factor", where)
    return Side(table["id"], claims, table["reading"], changes)


def _check(table: Mapping[str, Any], known: tuple[str, ...], needed: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            raise InputError("key", key, near(key, known), where)
    for key in needed:
        if not table.get(key):
            raise InputError("keys", sorted(table), f"{key} is missing", where)
