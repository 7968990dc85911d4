"""What of the source article is in the model, and what kind of proof a run can give of it.

The table is data (``data/mechanisms.toml``): *wired* claims are rules or inputs, which a run can only represent;
*emergent* ones are outcomes that can fail; *background* ones have no mechanism, for the reason given.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import near
from yeonjwa.evidence import ledger, toml

FILE: Final = Path(__file__).parent / "data" / "mechanisms.toml"
#: Kind -> what a run can show.
KINDS: Final = {
    "wired": "a rule or an input: a run can only represent it",
    "emergent": "an outcome that can fail",
    "mixed": "the rule is wired, its effect emergent",
    "background": "no mechanism",
}
_KEYS = ("claims", "kind", "says", "mechanism", "decides", "parameters")


@dataclass(frozen=True)
class Mechanism:
    """Claims that share a mechanism, and what decides on them; for background, why there is none."""

    claims: tuple[str, ...]
    kind: str
    says: str
    mechanism: str
    decides: str
    parameters: tuple[str, ...]


@functools.cache
def load(file: Path = FILE) -> tuple[Mechanism, ...]:
    """The table, in the order of its file.

    Raises
    ------
    InputError
        A misspelt key, an unknown kind, a claim that is unknown or stands in two rows.
    """
    content = toml.parse(toml.read_text(file), file.name)
    rows = content.get("mechanism", [])
    found = tuple(_mechanism(row, f"{file.name}, table {n}") for n, row in enumerate(rows, start=1))
    claims = [id for mechanism in found for id in mechanism.claims]
    twice = sorted({id for id in claims if claims.count(id) > 1})
    if twice:
        raise InputError("claims", twice, "each claim in one table", file.name)
    return found


def of(claim: str) -> Mechanism | None:
    """The row a claim stands in, or None."""
    return next((mechanism for mechanism in load() if claim in mechanism.claims), None)


def _mechanism(row: dict[str, Any], where: str) -> Mechanism:
    for key in row:
        if key not in _KEYS:
            raise InputError("key", key, near(key, _KEYS), where)
    missing = [key for key in ("claims", "kind", "says", "mechanism") if not row.get(key)]
    if missing:
        raise InputError("keys", sorted(row), f"{missing[0]} is missing", where)
    if row["kind"] not in KINDS:
        raise InputError("kind", row["kind"], ", ".join(KINDS), where)
    known = {claim.id: claim for claim in ledger.load_claims()}
    for id in row["claims"]:
        if id not in known:
            raise InputError("claims", id, near(id, known), where)
    return Mechanism(
        claims=tuple(row["claims"]),
        kind=row["kind"],
        says=row["says"],
        mechanism=row["mechanism"],
        decides=row.get("decides", ""),
        parameters=tuple(row.get("parameters", ())),
    )
