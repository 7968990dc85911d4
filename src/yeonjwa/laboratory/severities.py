"""Rival accounts of severity, each named by the claim of the ledger that gives it (``severities.toml``)."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from yeonjwa.core.errors import InputError
from yeonjwa.evidence import toml

FILE: Final = Path(__file__).parent / "severities.toml"
_KEYS = {"claim", "says", "change"}


@dataclass(frozen=True)
class Severity:
    """One account: the claim that gives it, what it says, and the changes of parameters as tables of a scenario."""

    claim: str
    says: str
    changes: tuple[dict[str, Any], ...]


@functools.cache
def load(file: Path = FILE) -> dict[str, Severity]:
    """All accounts by claim id, in the order of the file.

    Raises
    ------
    InputError
        A key that is misspelt or missing.
    """
    rows = toml.parse(toml.read_text(file), file.name).get("severity", [])
    found = {}
    for row in rows:
        if set(row) != _KEYS:
            raise InputError("keys of a severity", sorted(row), ", ".join(sorted(_KEYS)), file.name)
        found[row["claim"]] = Severity(row["claim"], row["says"], tuple(row["change"]))
    return found
