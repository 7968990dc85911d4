"""What can be done to a relative: a closed vocabulary in order of severity, read from ``sanctions.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from yeonjwa.core.toml import parse

#: Kinds of sanction; the first three are those in body.
KINDS = ("death", "confinement", "exile", "career", "watch")
BODY = frozenset(KINDS[:3])


@dataclass(frozen=True)
class Sanction:
    """One sanction of the vocabulary.

    Attributes
    ----------
    id, name, korean : str
        ``id`` is what regime files and results use.
    kind : str
        "death", "confinement", "exile", "career" or "watch".
    ends_line : bool
        Whether a man on whom it falls will father nobody.
    rank : int
        0 is the most severe.
    """

    id: str
    name: str
    korean: str
    kind: str
    ends_line: bool
    rank: int

    @property
    def in_body(self) -> bool:
        """Whether it is death, confinement or exile."""
        return self.kind in BODY


@cache
def sanctions() -> dict[str, Sanction]:
    """Id -> sanction, the most severe first."""
    text = (files("yeonjwa.regime") / "sanctions.toml").read_text(encoding="utf-8")
    return {
        id: Sanction(id, row["name"], row["korean"], row["kind"], row["ends_line"], rank)
        for rank, (id, row) in enumerate(parse(text, "sanctions.toml").items())
    }
