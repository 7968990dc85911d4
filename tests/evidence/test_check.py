"""The check of the evidence finds what is planted, and nothing in what ships."""

from __future__ import annotations

from dataclasses import replace

import pytest

from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import DatedValue, Parameters
from yeonjwa.evidence import ledger, mechanisms, parameters
from yeonjwa.evidence.check import check
from yeonjwa.laboratory import scenario
from yeonjwa.laboratory.rules import has_check


def _with(path: str, **changes: object) -> Parameters:
    shipped = parameters.load()
    return Parameters({**shipped.items_, path: replace(shipped[path], **changes)})


def test_shipped_evidence_has_no_errors():
    report = check(cited={name: scenario.load(name).claims for name in scenario.names()})
    assert report["errors"] == []
    assert [f for f in report["warnings"] if f["rule"] in ("no mechanism", "grade")] == []
    counts = report["counts"]
    assert counts["facts"] == len(ledger.load_facts())
    assert 0 < counts["facts_cited"] < counts["facts"]
    assert sum(counts["parameters_by_grade"].values()) == counts["parameters"]
    assert sum(counts["claims_by_kind"].values()) == counts["claims"]


@pytest.mark.parametrize(
    ("changes", "kind", "rule"),
    [
        ({"sources": ("seed.99",)}, "errors", "unknown source"),
        ({"formula": "twice pop.north.1066"}, "errors", "unknown id in words"),
        ({"grade": "B"}, "warnings", "no source"),
        ({"values": (DatedValue(4600, 3.0),)}, "warnings", "no range"),
        ({"grade": "A", "sources": ("seed.05",)}, "warnings", "grade"),
    ],
)
def test_planted_faults_are_found(changes, kind, rule):
    before = [f for f in check()[kind] if f["rule"] == rule]
    after = [f for f in check(_with("support.alpha", **changes))[kind] if f["rule"] == rule]
    assert [f["where"] for f in after if f not in before] == ["support/alpha.toml"]


def test_unknown_claims_of_others_are_errors():
    report = check(cited={"scenario x": ["seed.07", "seed.77"]})
    assert [f["where"] for f in report["errors"]] == ["scenario x"]


def test_a_mechanism_without_its_parameter_is_an_error():
    shipped = parameters.load()
    without = Parameters({path: shipped[path] for path in shipped if path != "vetting.depth"})
    assert {f["rule"] for f in check(without)["errors"]} == {"unknown parameter"}


def test_every_claim_has_a_mechanism_or_a_reason():
    for claim in ledger.load_claims():
        row = mechanisms.of(claim.id)
        assert row is not None, claim.id
        assert row.mechanism
        assert row.parameters or row.kind == "background", claim.id
        if row.kind == "emergent":
            assert row.decides or row.claims == ("party.gate",)


def test_mechanisms_are_read_strictly(tmp_path):
    text = '[[mechanism]]\nclaims = ["seed.01"]\nkind = "wired"\nsays = "a"\nmechanism = "b"\n'
    for old, new in (
        ("kind =", "knd ="),
        ('"wired"', '"real"'),
        ("seed.01", "seed.0x"),
        ('says = "a"\n', ""),
    ):
        file = tmp_path / f"{abs(hash(new))}.toml"
        file.write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(InputError):
            mechanisms.load(file)
    twice = tmp_path / "twice.toml"
    twice.write_text(text + text, encoding="utf-8")
    with pytest.raises(InputError, match="each claim in one table"):
        mechanisms.load(twice)


def test_every_rule_in_words_can_be_checked():
    shipped = parameters.load()
    rules = [path for path in shipped if shipped[path].kind == "rule"]
    assert len(rules) >= 6
    assert all(has_check(path) for path in rules)
