"""The society under another regime's rule: a scenario made from a file of the catalogue, ``regime:tang``.

What is put into the society is *whom the rule reaches*. How often it is carried out stays as it is, since for most regimes no
source says; so do border, posts, background checks, beliefs and everything else. What maps:

=========================================  =======================================================================
in the regime                              in the society
=========================================  =======================================================================
death, slavery, camp, prison, custody      one camp circle, the union of those who suffer any of them
banishment                                 the circle of banishment
loss of posts, bars                        career sanctions to the furthest degree, by post where the file says so
recall from abroad                         recall of expatriates to that degree
married-out daughters who are spared       all are spared; where a rule names no such exception, none is
a sanction the regime does not have        its chance is 0
=========================================  =======================================================================

Readings of the North Korean rules leave recalls and married-out daughters as they are unless their file names them.
Standing rules count; where a regime has only rules that hold sometimes, these do. Whatever does not map is said in the
description of the scenario. A file of the catalogue that lists changes itself (``[[scenario]]``) is taken at its word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from yeonjwa.core.toml import literal
from yeonjwa.evidence.ledger import load_claims
from yeonjwa.kinship.circles import parse_circle
from yeonjwa.regime.catalogue import Regime, Rule, regime, regimes
from yeonjwa.regime.rules import DEEPEST

#: What the name of such a scenario begins with.
PREFIX: Final = "regime:"
_POSTS: Final = ("administrator", "official", "senior", "security", "expatriate")
_BODY: Final = ("death", "confinement")
#: Words of a rule's ``post`` -> posts of the society, the first that is found; no words, or none of these: every post.
_WORDS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("senior and security officials and expatriates", ("senior", "security", "expatriate")),
    ("administrators and officials", ("administrator", "official")),
    ("senior officials", ("senior",)),
    ("expatriates", ("expatriate",)),
)
Change = tuple[str, Any, str, str]


def names() -> list[str]:
    """Names of the scenarios made from the catalogue, sorted."""
    return [f"{PREFIX}{id}" for id in regimes()]


def text(id: str) -> str:
    """The scenario of a regime, as TOML.

    Parameters
    ----------
    id : str
        Of the catalogue, without the prefix.

    Raises
    ------
    InputError
        No such regime; names near ones.
    """
    chosen = regime(id)
    made = _written(chosen) if chosen.scenario else _mapped(chosen)
    lines = [
        f"title = {literal(f'{chosen.name}: its rule in this society')}",
        f"description = {literal(description(chosen))}",
        'base = "baseline"',
    ]
    known = {claim.id for claim in load_claims()}
    claims = [id for id in chosen.ledger if id in known]
    if claims:
        lines.append(f"claims = {literal(claims)}")
    for path, value, start, note in made:
        lines += ["", "[[change]]", f"path = {literal(path)}", f"value = {literal(value)}"]
        lines += [f"from = {literal(start)}"] if start else []
        lines += [f"note = {literal(note)}"] if note else []
    return "\n".join(lines) + "\n"


def description(chosen: Regime) -> str:
    """What the regime does, what of it is put into the society, and what does not map."""
    said = [f"{chosen.summary[:1].upper()}{chosen.summary[1:]} ({chosen.years})."]
    if chosen.reading:
        said.append(f"Reading: {chosen.reading}.")
    if chosen.scenario:
        said.append("What this reading changes is listed in its file; all else is as in the baseline.")
    else:
        said.append(
            "Whom the rule reaches is changed; how often it is carried out is held, and so is all else."
        )
    lost = does_not_map(chosen)
    said.append(f"Does not map: {'; '.join(lost)}." if lost else "All of it maps.")
    return " ".join(said)


def does_not_map(chosen: Regime) -> tuple[str, ...]:
    """What the society cannot show of a regime, in words."""
    used, rules = {rule.id for rule in _used(chosen)}, _used(chosen)
    found: list[str] = []
    if not chosen.scenario:
        fates = sorted({rule.sanction.name for rule in rules if rule.sanction.kind in _BODY} - {"camp"})
        if fates:
            found.append(f"{_join(fates)}: all go to camps here")
        if any(rule.age_from is not None or rule.age_below is not None for rule in rules):
            found.append("limits of age")
        more = sorted({name for rule in rules for name in rule.also} - {"bar"})
        if more:
            found.append(f"beside it {_join([name.replace('_', ' ') for name in more])}")
        watched = [rule for rule in chosen.rules if rule.sanction.kind == "watch"]
        if watched:
            found.append("watch over kin")
        left = [rule for rule in chosen.rules if rule.id not in used and rule not in watched]
        found += [f"{rule.who[:1].lower()}{rule.who[1:]}, {rule.sanction.name} {rule.when}" for rule in left]
        if any(rule.sanction.kind == "career" and not _blood(rule) for rule in rules):
            found.append("careers by line or marriage: all blood kin to that degree answer here")
        if chosen.offender_sex:
            found.append("that offenders are of one sex")
        if chosen.group != "prk":
            found.append("its offences: flight and political offences set it off here")
    known = {f"post: {words}" for rule in rules for words, _ in _WORDS if words in rule.post}
    kept = [
        words
        for words in chosen.not_represented
        if not any(words.startswith(post) for post in known) and not words.startswith("exit: ")
    ]
    return tuple(dict.fromkeys([*found, *(words.replace("exit: ", "") for words in kept)]))


def _written(chosen: Regime) -> list[Change]:
    return [(path, value, start, "") for path, value, start in chosen.scenario]


def _mapped(chosen: Regime) -> list[Change]:
    """Changes of the society's parameters that put the rules of a regime into it."""
    rules = _used(chosen)
    body = [rule for rule in rules if rule.sanction.kind in _BODY]
    exile = [rule for rule in rules if rule.sanction.kind == "exile"]
    found = _circle("sanction.camp_circle", ("sanction.camp_flight", "sanction.camp_other"), body)
    found += _circle("sanction.banish_circle", ("sanction.banish_flight", "sanction.banish_other"), exile)
    found += _careers([rule for rule in rules if rule.sanction.kind == "career" and not _recall(rule)])
    recalls = [rule for rule in rules if _recall(rule)]
    if recalls:
        found.append(("recall.degree", max(_degree(rule) for rule in recalls), "", _who(recalls)))
    elif chosen.group != "prk":
        found.append(("recall.on", False, "", "It recalls nobody."))
    if chosen.group != "prk":
        spared = any("married_out" in rule.spares for rule in rules)
        note = "Daughters who have married out are spared." if spared else "No such exception."
        found.append(("sanction.spare_married_out", 1 if spared else 0, "", note))
    return found


def _used(chosen: Regime) -> list[Rule]:
    """Rules that are put into the society: of each kind the standing ones, or those that hold sometimes if there is none."""
    found: list[Rule] = []
    for kinds in (_BODY, ("exile",), ("career",)):
        of_kind = [rule for rule in chosen.rules if rule.sanction.kind in kinds]
        standing = [rule for rule in of_kind if rule.standing]
        found += standing or [rule for rule in of_kind if rule.when == "sometimes"]
    return [rule for rule in chosen.rules if rule in found]


def _circle(path: str, chances: Sequence[str], rules: Sequence[Rule]) -> list[Change]:
    if not rules:
        return [(chance, 0, "", "No such sanction in its file.") for chance in chances]
    return [(path, union(rule.circle.text for rule in rules), "", _who(rules))]


def union(circles: Iterable[str]) -> str:
    """A circle of all who are in any of some circles; wives and husbands are spouses, so that a divorce counts."""
    parts: list[str] = []
    for circle in dict.fromkeys(circles):
        spouses = re.sub(r"\bwife\b", "(spouse, female)", circle)
        parts.append(re.sub(r"\bhusband\b", "(spouse, male)", spouses))
    written = " + ".join(parts)
    parse_circle(written)
    return written


def _careers(rules: Sequence[Rule]) -> list[Change]:
    if not rules:
        note = "No career in its file."
        return [("sanction.career_probability", 0, "", note)]
    depth = dict.fromkeys(_POSTS, 0)
    for rule in rules:
        for post in _posts(rule.post):
            depth[post] = max(depth[post], _degree(rule))
    return [("sanction.career_depth", depth, "", _who(rules))]


def _posts(words: str) -> tuple[str, ...]:
    for known, posts in _WORDS:
        if known in words:
            return posts
    return _POSTS


def _recall(rule: Rule) -> bool:
    return rule.sanction.id == "recall"


def _degree(rule: Rule) -> int:
    return min(rule.circle.max_degree, DEEPEST)


def _blood(rule: Rule) -> bool:
    """Whether a circle holds all blood kin up to its degree, as career sanctions do here."""
    form = rule.circle.as_blood
    return form is not None and form.line == "both" and form.sex == "*"


def _who(rules: Sequence[Rule]) -> str:
    return "; ".join(dict.fromkeys(rule.who for rule in rules))


def _join(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def summaries() -> Mapping[str, tuple[str, str]]:
    """Name -> title and description of the scenario of each regime."""
    return {
        f"{PREFIX}{id}": (f"{chosen.name}: its rule in this society", description(chosen))
        for id, chosen in regimes().items()
    }
