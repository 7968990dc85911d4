"""Slow twin of :mod:`yeonjwa.regime.liability`, in plain Python from the definitions: one person, one path at a time."""

from __future__ import annotations

from typing import NamedTuple

from yeonjwa.genealogy.pedigree import FEMALE, NONE, Pedigree
from yeonjwa.kinship.paths import Term
from yeonjwa.kinship.twin import unions_of, walk
from yeonjwa.regime.catalogue import Regime, Rule
from yeonjwa.regime.liability import Facts


class Verdict(NamedTuple):
    """What happens to a person: id of the rule that decides, id of the sanction, nearest path."""

    rule: str
    sanction: str
    path: str


def age_of(pedigree: Pedigree, person: int, month: int, count: str) -> int:
    """Age in complete years, or counted."""
    birth = int(pedigree.birth[person])
    return month // 12 - birth // 12 + 1 if count == "counted" else (month - birth) // 12


def unions_by(pedigree: Pedigree, person: int, month: int, facts: Facts) -> list[int]:
    """Unions a person has formed by a month and no divorce has ended."""
    return [u for u in unions_of(pedigree, person) if pedigree.start[u] <= month < facts.ended[u]]


def household_of(pedigree: Pedigree, person: int, month: int, facts: Facts) -> tuple[str, int]:
    """The household: as given, or the latest own union, or that of birth, or alone."""
    if facts.household is not None:
        return ("given", int(facts.household[person]))
    own = unions_by(pedigree, person, month, facts)
    if own:
        return ("union", max(own, key=lambda u: (int(pedigree.start[u]), u)))
    born = int(pedigree.birth_union[person])
    return ("alone", person) if born == NONE else ("union", born)


def applies(
    pedigree: Pedigree,
    regime: Regime,
    rule: Rule,
    term: Term,
    offender: int,
    person: int,
    month: int,
    facts: Facts,
) -> bool:
    """Whether a rule falls on somebody whom one of its paths reaches."""
    age = age_of(pedigree, person, month, regime.ages)
    if rule.age_from is not None and age < rule.age_from:
        return False
    if rule.age_below is not None and age >= rule.age_below:
        return False
    if rule.household:
        together = household_of(pedigree, person, month, facts) == household_of(
            pedigree, offender, month, facts
        )
        if together != (rule.household == "same"):
            return False
    born_to_the_line = term.path.endswith("D") and pedigree.sex[person] == FEMALE
    if born_to_the_line and "married_out" in rule.spares and unions_by(pedigree, person, month, facts):
        return False
    if born_to_the_line and "betrothed" in rule.spares and facts.betrothed[person]:
        return False
    return not ("disabled" in rule.spares and facts.disabled[person])


def liability_of(
    pedigree: Pedigree,
    regime: Regime,
    offender: int,
    month: int,
    facts: Facts,
    widest: bool = False,
) -> dict[int, Verdict]:
    """Person -> verdict, for one offender."""
    if regime.offender_sex and "fm"[int(pedigree.sex[offender])] != regime.offender_sex:
        return {}
    if pedigree.birth[offender] > month:
        return {}
    in_force = [int(end) > month for end in facts.ended]
    ways: dict[int, list[tuple[int, int, Rule, Term]]] = {}
    for number, rule in enumerate(regime.chosen(widest)):
        for term in rule.circle.terms:
            for state in walk(pedigree, offender, term, month, in_force):
                person = state.person
                alive = pedigree.birth[person] <= month < pedigree.death[person]
                if not alive or person == offender:
                    continue
                if applies(pedigree, regime, rule, term, offender, person, month, facts):
                    ways.setdefault(person, []).append((rule.sanction.rank, number, rule, term))
    found = {}
    for person, hits in ways.items():
        _, _, rule, _ = min(hits, key=lambda hit: hit[:2])
        nearest = min((hit[3] for hit in hits), key=lambda term: (term.rank, term.path))
        found[person] = Verdict(rule.id, rule.sanction.id, nearest.path)
    return dict(sorted(found.items()))
