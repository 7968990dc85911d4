"""Recorded figures that the report sets beside a run, from the ledger, with what each was used for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from yeonjwa.evidence.ledger import Fact, load_facts

#: Years to which the values of flight are fitted; MODEL section 7.
FITTED: Final = (*range(2005, 2012), *range(2013, 2016))
HELD_OUT: Final = range(2016, 2020)
CLOSED_BORDER: Final = range(2020, 2024)


@dataclass(frozen=True)
class Recorded:
    """A published figure at a year, with its range, grade, source and id in the ledger."""

    year: int
    value: float
    low: float | None
    high: float | None
    grade: str
    source: str
    id: str
    use: str


def arrivals_use(year: int) -> str:
    """What the arrivals of a year are used for: fitted, held_out, closed_border or not_used."""
    if year in FITTED:
        return "fitted"
    if year in HELD_OUT:
        return "held_out"
    return "closed_border" if year in CLOSED_BORDER else "not_used"


def _matching(pattern: str) -> Iterator[tuple[str, Fact]]:
    """The first group of the pattern and the fact, for every fact whose id fits."""
    compiled = re.compile(pattern)
    for fact in load_facts():
        found = compiled.fullmatch(fact.id)
        if found:
            yield found[1], fact


def _year(text: str) -> int:
    """Year of a period in an id; a decade ("2000s") stands at its middle."""
    return int(text[:4]) + (5 if text.endswith("s") else 0)


def _recorded(pattern: str, use: str = "") -> tuple[Recorded, ...]:
    rows = []
    for text, fact in _matching(pattern):
        year = _year(text)
        what_for = use or arrivals_use(year)
        rows.append(
            Recorded(year, fact.value, fact.low, fact.high, fact.grade, fact.source, fact.id, what_for)
        )
    return tuple(sorted(rows, key=lambda r: (r.year, r.id)))


def arrivals() -> tuple[Recorded, ...]:
    """Arrivals in South Korea by calendar year, all persons."""
    return _recorded(r"defectors\.arrivals\.(\d{4})\.total")


def women_share() -> tuple[Recorded, ...]:
    """Share of women among the arrivals of a year, 0 to 1, from the counts by sex."""
    women = {r.year: r for r in _recorded(r"defectors\.arrivals\.(\d{4})\.women")}
    everyone = {r.year: r for r in arrivals()}
    return tuple(
        Recorded(y, w.value / everyone[y].value, None, None, w.grade, w.source, w.id, arrivals_use(y))
        for y, w in sorted(women.items())
        if y in everyone and everyone[y].value > 0
    )


def camp_population() -> tuple[Recorded, ...]:
    """Published estimates of the number held in political prison camps; the sources conflict."""
    estimates = _recorded(r"camps\.population\.(\d{4}s?)", "estimate")
    return (*estimates, *_recorded(r"camps\.population\.dailynk\.(\d{4})", "not_used"))


def origin_shares() -> dict[str, Recorded]:
    """Province id -> recorded share of all arrivals to mid 2018, 0 to 1, where one was published."""
    return {
        province: Recorded(2018, fact.value / 100, None, None, fact.grade, fact.source, fact.id, "estimate")
        for province, fact in _matching(r"defectors\.origin\.([a-z_]+)_share\.2018")
    }


def ids() -> tuple[str, ...]:
    """Ids of the facts that reports show beside a run, sorted."""
    shown = (*arrivals(), *women_share(), *camp_population(), *origin_shares().values())
    return tuple(
        sorted({row.id for row in shown} | {row.id.replace(".women", ".total") for row in women_share()})
    )
