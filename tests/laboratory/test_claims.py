"""The claims: all of them, each decided as it says, by intervals that are right and numbers that can fail."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tests.society.conftest import FIRST, LAST, SCALE, parameters, pedigree, play
from yeonjwa import cli
from yeonjwa.core.errors import RunError
from yeonjwa.core.progress import Silent
from yeonjwa.evidence import mechanisms
from yeonjwa.laboratory import claims
from yeonjwa.laboratory.claim_reading import Reading, read
from yeonjwa.laboratory.claim_tests import ARMS, CIRCLE, EMERGENT, WIRED, changes_of
from yeonjwa.laboratory.claims import Claims, Effect, decide, examine, interval, judge, student_quantile
from yeonjwa.laboratory.scenario import apply
from yeonjwa.report import claims_page


def reading(name: str, seed: int) -> Reading:
    return read(play(name, seed), pedigree(), first=FIRST, last=LAST, scale=SCALE)


@pytest.fixture(scope="module")
def readings() -> dict[str, list[Reading]]:
    """Two seeds; the arms that are not run here are the baseline over again, so that their effects are nothing."""
    base = [reading("baseline", seed) for seed in (3, 4)]
    off = [reading("liability_off", seed) for seed in (3, 4)]
    return {arm: off if arm == "liability_off" else base for arm in ARMS}


@pytest.fixture(scope="module")
def table(readings: dict[str, list[Reading]]) -> Claims:
    return judge(parameters(), readings, scale=SCALE, seeds=(3, 4))


def test_every_claim_of_the_article_has_one_entry(table: Claims) -> None:
    assert [entry.id for entry in table.entries] == [f"seed.{n:02d}" for n in range(1, 45)]
    kinds = {entry.id: entry.kind for entry in table.entries}
    for claim, kind in kinds.items():
        stated = mechanisms.of(claim).kind
        assert kind == {"mixed": "emergent"}.get(stated, stated), claim
    assert {claim for claim, kind in kinds.items() if kind == "emergent"} == set(EMERGENT)
    assert {claim for claim, kind in kinds.items() if kind == "wired"} == set(WIRED)


def test_rules_with_an_effect_say_whether_the_rule_is_there(table: Claims) -> None:
    for entry in table.entries:
        mixed = mechanisms.of(entry.id).kind == "mixed"
        assert (entry.rule_represented is not None) == mixed, entry.id
        assert ("rule_represented" in entry.as_dict()) == mixed


def test_json_has_what_is_promised(table: Claims) -> None:
    answer = json.loads(json.dumps(table.as_dict(), allow_nan=False))
    for row in answer["claims"]:
        if row["kind"] == "emergent":
            assert row["relative"] == pytest.approx(row["effect"] / row["baseline"])
        assert {"id", "kind", "mechanism", "measure", "effect", "low", "high", "verdict"} <= set(row)
        if row["kind"] == "background":
            assert row["effect"] is None
            assert row["verdict"] == ""
            assert row["reason"]


@pytest.mark.parametrize(
    ("effect", "level", "beyond", "verdict"),
    [
        (Effect(2, 1, 3), 10, None, "reproduced"),
        (Effect(2, 1, 3), 10, Effect(1, 0.5, 1.5), "reproduced"),
        (Effect(2, 1, 3), 10, Effect(1, -0.5, 2.5), "not decidable at this scale"),
        (Effect(2, 1, 3), 10, Effect(-1, -1.5, -0.5), "not reproduced"),
        (Effect(-2, -3, -1), 10, None, "not reproduced"),
        (Effect(0.1, -0.4, 0.6), 10, None, "not reproduced"),
        (Effect(0.1, -2, 2.2), 10, None, "not decidable at this scale"),
        (Effect(2, None, None), 10, None, "not decidable at this scale"),
        (Effect(float("nan"), None, None), 10, None, "not decidable at this scale"),
    ],
)
def test_verdicts(effect: Effect, level: float, beyond: Effect | None, verdict: str) -> None:
    assert decide(effect, level, beyond)[0] == verdict


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(1, 12.7062), (2, 4.3027), (3, 3.1824), (7, 2.3646), (200, 1.9719)]
)
def test_quantiles_of_student(freedom: int, quantile: float) -> None:
    assert student_quantile(0.975, freedom) == pytest.approx(quantile, abs=2e-4)


def test_interval_covers_as_often_as_it_says() -> None:
    draws = np.random.default_rng(5).normal(1.0, 2.0, (4000, 4))
    found = [interval(row.tolist()) for row in draws]
    covered = np.mean([e.low <= 1.0 <= e.high for e in found])
    assert 0.94 < covered < 0.96


def test_liability_is_not_compared_with_zero(readings: dict[str, list[Reading]]) -> None:
    """No effect is there by construction: without liability affection still pays, over the same kind of tie."""
    compared = [d for d in EMERGENT.values() if d.arm == "liability_off"]
    assert len(compared) >= 6
    for decision in compared:
        for off in readings["liability_off"]:
            assert decision.value(off) > 0, decision.measure


def test_an_effect_that_is_not_there_is_not_reproduced(table: Claims) -> None:
    for entry in table.entries:
        if entry.kind == "emergent" and entry.arm not in ("", "liability_off"):
            assert entry.effect == 0
            assert entry.verdict == "not reproduced", entry.id
    placebo = next(entry for entry in table.entries if entry.id == "seed.05")
    assert placebo.verdict != "reproduced"  # nothing above a placebo that is the baseline itself


@pytest.mark.parametrize("claim", ["seed.31", *CIRCLE])
def test_kin_outside_the_rule_in_a_camp_are_found(readings: dict[str, list[Reading]], claim: str) -> None:
    broken = deepcopy(readings["baseline"])
    broken[0].cells["camp.intake", "kin", "siblings"][3] = 200.0
    assert not WIRED[claim].rule(parameters(), broken)[1]


def test_a_deeper_refusal_than_the_rule_is_found(readings: dict[str, list[Reading]]) -> None:
    base = readings["baseline"]
    for claim, post in (("seed.28", "administrator"), ("seed.29", "official"), ("seed.30", "security")):
        rule = EMERGENT[claim].rule
        assert rule(parameters(), base)[1]
        broken = deepcopy(base)
        broken[0].refused_degree[post] = 9
        assert not rule(parameters(), broken)[1]


@pytest.mark.parametrize("arm", [arm for arm in ARMS if arm != "baseline"])
def test_arms_change_what_they_name(arm: str) -> None:
    inputs = parameters()
    for change in changes_of(arm, inputs):
        inputs = apply(inputs, change)
    changed = {path for path in inputs if inputs[path].values != parameters()[path].values}
    assert changed == {change.path for change in ARMS[arm][1]}


def test_runs_share_a_genealogy_and_are_those_of_the_engine() -> None:
    found = examine(scale=0.002, seeds=(1, 2), threads=2, arms=("liability_off",))
    assert set(found.arms) == {"baseline", "liability_off"}
    by_id = {entry.id: entry for entry in found.entries}
    assert by_id["seed.03"].low is not None
    assert by_id["seed.07"].reason.startswith("The arm severity_flat was not run")


def test_a_run_that_fails_ends_the_work_and_is_named() -> None:
    with pytest.raises(RunError, match="run no_such_arm 5 of the claims failed: KeyError"):
        claims._run_arms(parameters(), SCALE, [5], ["no_such_arm"], 1, Silent())


def test_command_and_page(table: Claims, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "examine", lambda **_: table)
    result = CliRunner().invoke(cli.cli, ["claims", "--json", "--out", str(tmp_path)])
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert len(answer["claims"]) == 44
    assert json.loads((tmp_path / "claims.json").read_text("utf-8")) == answer
    page = (tmp_path / "claims.html").read_text("utf-8")
    for row in answer["claims"]:
        assert f'id="{row["id"]}"' in page
    assert "<script" not in page
    assert "http" not in page.split("<body>")[1].replace("http://www.w3.org/2000/svg", "")
    words = CliRunner().invoke(cli.cli, ["claims"]).stdout
    assert "seed.03" in words


def test_pictures_keep_zero_in_the_middle() -> None:
    drawing = claims_page.picture(2.0, 1.0, 3.0)
    assert f'x1="{claims_page.WIDTH / 2:.0f}"' in drawing
    assert claims_page.picture(None, None, None) == ""
