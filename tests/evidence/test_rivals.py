"""Conflicts have sides, every contradiction of the ledger stands in one, and each side is a named variant."""

from __future__ import annotations

import pytest

from yeonjwa.core.errors import InputError, InputErrors
from yeonjwa.evidence import ledger, parameters, rivals

GOOD = """
[[conflict]]
id = "spouse"
question = "?"
[[conflict.side]]
id = "rule.divorce_option"
reading = "a"
[[conflict.side]]
id = "seed.33"
reading = "b"
[[conflict.side.change]]
path = "exit.divorce_on"
value = false
"""


def test_every_contradiction_stands_in_a_conflict():
    held = {frozenset((a, b)) for c in rivals.load().values() for s in c.sides for o in c.sides if s != o
            for a in s.claims for b in o.claims}  # fmt: skip
    for claim, others in ledger.conflicts().items():
        assert all(frozenset((claim, other)) in held for other in others), claim


def test_sides_change_parameters_that_there_are():
    shipped = parameters.load()
    changed = [change["path"] for c in rivals.load().values() for s in c.sides for change in s.changes]
    assert len(changed) > 20
    assert set(changed) <= set(shipped)


def test_a_conflict_as_data_has_sides_with_dates_and_grades():
    row = rivals.get("severity").as_dict()
    first = row["sides"][0]["claims"][0]
    assert (first["id"], first["grade"], first["from"], first["to"]) == ("seed.07", "C", "2012-01", None)
    assert [side["baseline"] for side in row["sides"]] == [True, False, False, False, False]


def test_a_side_is_found_by_any_claim_that_is_its_own():
    severity = rivals.get("severity")
    assert severity.side("pol.2013aug.secret").id == "seed.07"
    with pytest.raises(InputError, match=r"side of severity.*pol\.2013feb\.easing"):
        severity.side("seed.33")
    with pytest.raises(InputError, match="severity"):
        rivals.get("severty")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("question", "querstion", "querstion"),
        ("seed.33", "seed.3x", "seed.3x"),
        ("seed.33", "seed.32", "conflicts with another"),
        ("value = false", "", "either value or factor"),
        ("[[conflict.side.change]]\npath", "#", "why_not"),
        ('id = "seed.33"', 'id = "rule.divorce_option"', "id of its own"),
    ],
)
def test_mistakes_are_named(tmp_path, old, new, says):
    text = GOOD.replace(old, new, 1)
    if new == "#":
        text = text[: text.index("#")]
    file = tmp_path / "rivals.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(InputErrors) as caught:
        rivals.load.__wrapped__(file)
    assert says in str(caught.value.errors[0])
    assert any(error.what == "conflict" for error in caught.value.errors), "contradictions without a conflict"
