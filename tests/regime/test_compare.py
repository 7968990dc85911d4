"""The comparison equals sums over the twin, person by person, and is the same for the same seed."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from yeonjwa.core.errors import InputError
from yeonjwa.genealogy.pedigree import MALE
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.twin import children_of, unions_of
from yeonjwa.regime import compare as module
from yeonjwa.regime.catalogue import regime, regimes
from yeonjwa.regime.compare import Setting, choose_offenders, compare, kin_type, measures
from yeonjwa.regime.liability import no_facts
from yeonjwa.regime.sanctions import sanctions
from yeonjwa.regime.twin import Verdict, liability_of

from ..kinship.builder import village

IDS = ("tang", "ming", "nkvd.00486", "prk.1985", "nine_kin.generations", "ussr.1934", "nkvd.00689")


@pytest.fixture(scope="module")
def setting() -> Setting:
    pedigree = village(5, rounds=150, founders=12)
    month = int(np.median(pedigree.birth)) + 420
    return choose_offenders(KinGraph(pedigree), month, sample=12, seed=3)


@pytest.fixture(scope="module")
def rows(setting: Setting) -> dict[str, dict[str, object]]:
    return {row["id"]: row for row in compare(setting, [regime(id) for id in IDS])}


@pytest.fixture(scope="module")
def verdicts(setting: Setting) -> dict[str, list[dict[int, Verdict]]]:
    p = setting.graph.pedigree
    return {
        id: [liability_of(p, regime(id), o, setting.month, no_facts(p)) for o in setting.offenders.tolist()]
        for id in IDS
    }


@pytest.mark.parametrize("id", IDS)
def test_means_are_those_of_the_twin(
    id: str, setting: Setting, rows: dict[str, dict], verdicts: dict[str, list[dict[int, Verdict]]]
) -> None:
    p, row, found = setting.graph.pedigree, rows[id], verdicts[id]
    n = len(found)
    counts = [len(v) for v in found]
    assert row["reached_mean"] == pytest.approx(sum(counts) / n)
    assert (row["reached_max"], row["share_none"]) == (max(counts), counts.count(0) / n)
    assert sorted(counts)[-(-n // 2) - 1] == row["reached_p50"]
    everyone = [(person, v) for one in found for person, v in one.items()]
    kinds = Counter(kin_type(v.path) for _, v in everyone)
    assert {r["kin"]: r["mean"] * n for r in row["by_kin"]} == pytest.approx(kinds)
    done = Counter(v.sanction for _, v in everyone)
    assert {r["sanction"]: r["mean"] * n for r in row["by_sanction"]} == pytest.approx(done)
    body = sum(number for id, number in done.items() if sanctions()[id].in_body)
    assert row["body_mean"] == pytest.approx(body / n)
    ages = [(setting.month - int(p.birth[person])) // 12 for person, _ in everyone]
    assert row["children_mean"] * n == pytest.approx(sum(age < measures().child_age for age in ages))
    assert sum(r["mean"] for r in row["by_age"]) == pytest.approx(row["reached_mean"])
    grown = sum(15 <= age < 30 for age in ages)
    assert {r["age_group"]: r["mean"] * n for r in row["by_age"]}["15-29"] == pytest.approx(grown)


def male_line(setting: Setting, offender: int) -> set[int]:
    """Living men of the male line of the father's father, by going up and down one man at a time."""
    p = setting.graph.pedigree
    root = offender
    for _ in range(measures().line_up):
        father = p.parents(root)[1]
        if father < 0:
            break
        root = father
    line, front = set(), {root} if p.sex[root] == MALE else set()
    while front:
        line |= front
        front = {c for man in front for u in unions_of(p, man) for c in children_of(p, u) if p.sex[c] == MALE}
    return {man for man in line - {offender} if p.birth[man] <= setting.month < p.death[man]}


@pytest.mark.parametrize("id", IDS)
def test_lines_end_where_every_other_man_is_struck(
    id: str, setting: Setting, rows: dict[str, dict], verdicts: dict[str, list[dict[int, Verdict]]]
) -> None:
    lines = [male_line(setting, o) for o in setting.offenders.tolist()]
    ended = taken = others = 0
    for line, found in zip(lines, verdicts[id], strict=True):
        if line:
            fates = [sanctions()[found[man].sanction] if man in found else None for man in line]
            others += 1
            ended += all(fate is not None and fate.ends_line for fate in fates)
            taken += all(fate is not None and fate.in_body for fate in fates)
    assert 0 < others
    assert rows[id]["lines_with_others"] == pytest.approx(others / len(lines))
    assert rows[id]["lines_ended"] == pytest.approx(ended / others)
    assert rows[id]["lines_taken"] == pytest.approx(taken / others)


def test_some_lines_end_and_none_by_camps(rows: dict[str, dict]) -> None:
    assert rows["nine_kin.generations"]["lines_ended"] == 1
    assert rows["prk.1985"]["lines_ended"] == 0


def test_shared_fate_is_the_union_over_offenders(
    setting: Setting, rows: dict[str, dict], monkeypatch: pytest.MonkeyPatch
) -> None:
    draws = [setting.adults[number::7][:3] for number in range(measures().draws)]
    monkeypatch.setattr(Setting, "draw", lambda self, number: draws[number])
    (row,) = compare(setting, [regime("tang")])
    p = setting.graph.pedigree
    shares = []
    for draw in draws:
        struck: set[int] = set()
        for offender in draw.tolist():
            struck |= liability_of(p, regime("tang"), offender, setting.month, no_facts(p)).keys()
        shares.append(len(struck - set(draw.tolist())) / setting.living)
    assert row["share_of_population"] == pytest.approx(np.mean(shares))
    assert row["share_of_population_se"] == pytest.approx(np.std(shares, ddof=1) / np.sqrt(len(shares)))
    assert row["share_in_body"] == row["share_of_population"]


def test_one_adult_in_a_thousand_offends() -> None:
    pedigree = village(8, rounds=4000, founders=400)
    setting = choose_offenders(KinGraph(pedigree), int(np.median(pedigree.birth)) + 420, sample=10)
    drawn = np.array([setting.draw(number).size for number in range(400)])
    expected = setting.adults.size / measures().one_in
    assert abs(drawn.mean() - expected) < 5 * np.sqrt(expected / drawn.size)


def test_offenders_are_adults_and_the_same_for_the_same_seed(setting: Setting) -> None:
    p = setting.graph.pedigree
    ages = (setting.month - p.birth[setting.offenders].astype(int)) // 12
    assert ages.min() >= measures().adult_age
    assert np.all(p.death[setting.offenders] > setting.month)
    assert np.unique(setting.offenders).size == setting.offenders.size == 12
    again = choose_offenders(setting.graph, setting.month, sample=12, seed=3)
    other = choose_offenders(setting.graph, setting.month, sample=12, seed=4)
    assert np.array_equal(again.offenders, setting.offenders)
    assert not np.array_equal(other.offenders, setting.offenders)
    (one,) = compare(setting, [regime("tang")])
    (two,) = compare(again, [regime("tang")])
    assert one == two


def test_blocks_do_not_change_the_answer(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    (whole,) = compare(setting, [regime("ming")])
    monkeypatch.setattr(module, "_BLOCK", 5)
    (parts,) = compare(setting, [regime("ming")])
    assert whole == parts


def test_rules_that_hold_sometimes_only_widen(setting: Setting) -> None:
    found = {
        row["id"]: row
        for row in compare(setting, [r for r in regimes().values() if r.group in ("ussr", "kor")])
    }
    assert found["nkvd.00689"]["reached_mean"] == 0 < found["nkvd.00689"]["widest_mean"]
    assert found["kor"]["reached_mean"] < found["kor"]["widest_mean"]
    assert found["ussr.1940"]["reached_mean"] == found["ussr.1940"]["widest_mean"]  # every rule stands


def test_own_time_is_another_month_of_the_same_genealogy(setting: Setting) -> None:
    joseon = regime("joseon")
    own = choose_offenders(setting.graph, setting.month - 120, sample=10, seed=3)
    (row,) = compare(setting, [joseon], historic={joseon.population_at: own})
    (alone,) = compare(own, [joseon])
    assert row["own_time"]["reached_mean"] == alone["reached_mean"]
    assert row["own_time"]["living"] == own.living
    assert compare(setting, [joseon])[0]["own_time"] is None


def test_a_month_without_adults_is_refused(setting: Setting) -> None:
    with pytest.raises(InputError, match="two adults"):
        choose_offenders(setting.graph, 0)
    with pytest.raises(InputError, match="sample"):
        choose_offenders(setting.graph, setting.month, sample=1)
