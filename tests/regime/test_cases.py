"""The second coder: each legal rule as a case in plain words, coded from the evidence and not from the regime files.

``tests/cases/*.toml`` holds families and who answers by the source. A person of a family is either in ``answers`` with the
sanction, or in ``spared`` (answers in no way), or in ``not_in_body`` (no death, confinement or exile; the source is silent on
careers), or in ``silent`` (the source does not say), or plays no part because dead or because the source's list leaves him out:
then he must not answer.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from yeonjwa.core.calendar import parse_month
from yeonjwa.regime import family as families
from yeonjwa.regime.catalogue import regimes
from yeonjwa.regime.family import Family, reached
from yeonjwa.regime.sanctions import sanctions

FOLDER = Path(__file__).parent.parent / "cases"
KEYS = {
    "name", "regime", "offence", "month", "widest", "source", "family", "use", "offender", "answers", "spared",
    "not_in_body", "silent", "represented", "said", "note",
}  # fmt: skip
NEEDED = {"name", "regime", "offence", "month", "source", "answers"}
_PERSON = re.compile(r"(?P<name>[^:]+): (?P<sex>man|woman) born (?P<born>[\d-]+)(?:, died (?P<died>[\d-]+))?")
_CHILD = re.compile(
    r"(?P<name>[^:]+): (?P<sex>son|daughter) of (?P<a>.+) and (?P<b>.+), born (?P<born>[\d-]+)(?:, died (?P<died>[\d-]+))?"
)
_MARRIED = re.compile(r"(?P<a>.+) and (?P<b>.+) married (?P<at>[\d-]+)")
_DIVORCED = re.compile(r"(?P<a>.+) and (?P<b>.+) divorced (?P<at>[\d-]+)")
_ADOPTED = re.compile(r"(?P<child>.+) adopted by (?P<a>.+) and (?P<b>.+) in (?P<at>[\d-]+)")
_BETROTHED = re.compile(r"(?P<who>.+) betrothed (?P<at>[\d-]+)")
_DISABLED = re.compile(r"(?P<who>.+) is disabled")
_TOGETHER = re.compile(r"(?P<who>.+) live together")


def _cases() -> list[dict[str, Any]]:
    found = []
    for file in sorted(FOLDER.glob("*.toml")):
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        assert set(content) <= {"case", "families"}
        for case in content["case"]:
            assert set(case) >= NEEDED, case["name"]
            assert set(case) <= KEYS, set(case) - KEYS
            lines = case["family"] if "family" in case else content["families"][case["use"]]
            found.append({**case, "lines": lines})
    assert len({case["name"] for case in found}) == len(found)
    return found


CASES = _cases()
HELD = [case for case in CASES if case.get("represented", True)]
NOT_HELD = [case for case in CASES if case not in HELD]


class Built:
    """A family read from lines that a lawyer can read, and the numbers of its persons."""

    def __init__(self, lines: list[str]) -> None:
        self.family, self.people, self.sexes = Family(), {}, {}
        self.unions: dict[frozenset[str], int] = {}
        for line in lines:
            self._read(line)

    def _read(self, line: str) -> None:
        for pattern, act in (
            (_CHILD, self._child), (_PERSON, self._person), (_DIVORCED, self._divorced), (_MARRIED, self._married),
            (_ADOPTED, self._adopted), (_BETROTHED, self._betrothed), (_DISABLED, self._disabled),
            (_TOGETHER, self._together),
        ):  # fmt: skip
            found = pattern.fullmatch(line)
            if found:
                act(**found.groupdict())
                return
        raise AssertionError(f"a line of a family that says nothing known: {line!r}")

    def _add(self, name: str, sex: str, number: int) -> None:
        assert name not in self.people
        self.people[name], self.sexes[name] = number, sex

    def _person(self, name: str, sex: str, born: str, died: str | None) -> None:
        add = self.family.man if sex == "man" else self.family.woman
        self._add(name, sex, add(born, died or ""))

    def _child(self, name: str, sex: str, a: str, b: str, born: str, died: str | None) -> None:
        union = self.unions[frozenset((a, b))]
        letter, word = ("m", "man") if sex == "son" else ("f", "woman")
        self._add(name, word, self.family.child(union, letter, born, died or ""))

    def _married(self, a: str, b: str, at: str) -> None:
        wife, husband = (a, b) if self.sexes[a] == "woman" else (b, a)
        union = self.family.marry(self.people[wife], self.people[husband], at=at)
        self.unions[frozenset((a, b))] = union

    def _divorced(self, a: str, b: str, at: str) -> None:
        self.family.divorce(self.unions[frozenset((a, b))], at=at)

    def _adopted(self, child: str, a: str, b: str, at: str) -> None:
        self.family.adopt(self.people[child], into=self.unions[frozenset((a, b))], at=at)

    def _betrothed(self, who: str, at: str) -> None:
        self.family.betroth(self.people[who], at=at)

    def _disabled(self, who: str) -> None:
        self.family.disable(self.people[who])

    def _together(self, who: str) -> None:
        self.family.household(*(self.people[name] for name in who.split(", ")))


def _answers(case: dict[str, Any]) -> dict[str, str]:
    built = Built(case["lines"])
    names = {number: name for name, number in built.people.items()}
    offender = built.people[case.get("offender", "offender")]
    month = parse_month(case["month"])
    found = reached(case["regime"], built.family, offender, month, widest=case.get("widest", False))
    return {names[person]: sanction for person, sanction in found.items()}


@pytest.mark.parametrize("case", HELD, ids=[case["name"] for case in HELD])
def test_who_answers_is_as_the_source_says(case: dict[str, Any]) -> None:
    found = _answers(case)
    body = {id for id, s in sanctions().items() if s.kind in ("death", "confinement", "exile")}
    told = set(case["answers"]) | set(case.get("spared", ())) | set(case.get("not_in_body", ()))
    told |= set(case.get("silent", ()))
    assert told <= set(Built(case["lines"]).people), "a name that is not in the family"
    assert {name: found.get(name) for name in case["answers"]} == case["answers"]
    assert not set(case.get("spared", ())) & set(found)
    assert not {name for name in case.get("not_in_body", ()) if found.get(name) in body}
    loose = set(case.get("not_in_body", ())) | set(case.get("silent", ()))
    assert set(found) - loose == set(case["answers"]), "somebody answers of whom the source does not say it"


@pytest.mark.parametrize("case", NOT_HELD, ids=[case["name"] for case in NOT_HELD])
def test_what_a_regime_does_not_represent_it_says(case: dict[str, Any]) -> None:
    assert any(case["said"] in text for text in regimes()[case["regime"]].not_represented)
    assert _answers(case) != case["answers"], "it is represented after all"


#: Rules that no answer can show, and why; they still reach somebody in a case.
NOT_SHOWN = {
    ("prk.1985", "banished"): "parents, spouse and children go to the camp, which is heavier",
    ("prk.2012", "recalled"): "dismissal is heavier",
    ("prk.2013easing", "senior"): "the source says officials were treated strictly, not how",
    ("prk.2013easing", "watched"): "the source says not banished, not what else",
    ("prk.2013easing", "posts_near"): "the same as posts_far, within it",
    ("prk.2018suspend", "watched"): "the source says not banished, not what else",
    ("prk.extended", "posts_near"): "kin within four chon go to the camp, which is heavier",
    ("xinjiang", "circle"): "the source does not say what being in the file brings",
}


@pytest.mark.parametrize("id", sorted(regimes()))
def test_every_rule_is_hit_by_a_case(id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each rule alone reaches somebody in a case of its regime, whose answer is the sanction of the rule."""
    whole = regimes()[id]
    own = [case for case in HELD if case["regime"] == id]
    for rule in whole.rules:
        alone = dataclasses.replace(whole, rules=(rule,))
        monkeypatch.setattr(families, "regime_of", lambda _id, alone=alone: alone)
        hits = [(case, _answers({**case, "widest": True})) for case in own]
        assert any(found for _, found in hits), f"no case reaches anybody by {rule.id}"
        shown = any(
            case["answers"].get(name) == sanction for case, found in hits for name, sanction in found.items()
        )
        assert shown is ((id, rule.id) not in NOT_SHOWN), f"{rule.id} of {id} is seen in an answer: {shown}"


def test_cases_cite_rows_of_the_ledger() -> None:
    """Ids in the sources of cases lead somewhere."""
    from yeonjwa.evidence import ledger

    pattern = re.compile(r"\b(?:seed|rule|pol|vet|vetting|purge|sanction)\.[A-Za-z0-9_.]*[A-Za-z0-9_]")
    cited = {id for case in CASES for id in pattern.findall(case["source"])}
    assert len(cited) > 20
    assert cited <= set(ledger.entries())
