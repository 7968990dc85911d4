"""Reach of circles and kin lost equal counting by the slow twin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from yeonjwa.core.errors import InputError
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.kinship import lost as lost_module
from yeonjwa.kinship import reach as reach_module
from yeonjwa.kinship import twin
from yeonjwa.kinship.circles import parse_circle
from yeonjwa.kinship.egos import choose_egos
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.lost import LOST, kin_lost, numbers_lost
from yeonjwa.kinship.reach import number_within, reach

from .builder import assemble, pedigrees, village

VILLAGE = village(5, rounds=400, founders=60)
MONTH = int(np.median(VILLAGE.birth)) + 240


def lost_of(pedigree: Pedigree, ego: int, line: str, month: int) -> tuple[int, int]:
    """Kin lost by one ego: since birth, in the last year."""
    ever = {kin.person for kin in twin.members_of(pedigree, parse_circle(line), ego)}
    born = int(pedigree.birth[ego])
    died = [int(pedigree.death[x]) for x in ever if born < pedigree.death[x] <= month]
    return len(died), sum(month - 12 < d for d in died)


@settings(max_examples=40)
@given(pedigrees(), st.integers(100, 2000), st.sampled_from([*LOST, "siblings, half", "parents + spouse"]))
def test_losses_equal_the_twin(pedigree: Pedigree, month: int, line: str) -> None:
    assume(pedigree.num_living(month) > 0)
    egos = choose_egos(KinGraph(pedigree), month)
    ever, last_year = numbers_lost(egos, parse_circle(line))
    expected = [lost_of(pedigree, ego, line, month) for ego in egos.ids.tolist()]
    assert list(zip(ever.tolist(), last_year.tolist(), strict=True)) == expected


def test_who_dies_before_ego_is_born_is_not_lost() -> None:
    """A father who dies in the month of birth, and one who dies in the next; the year is twelve months."""
    for died, ever in ((500, 0), (501, 1)):
        pedigree = assemble([0, 0, 500], [2000, died, 2000], [0, 1, 0], [-1, -1, 0], [(0, 1, 400)], [2, 3])
        for month, last_year in ((died, ever), (died + 11, ever), (died + 12, 0)):
            egos = choose_egos(KinGraph(pedigree), month)
            lost = numbers_lost(egos, parse_circle("father"))
            daughter = egos.ids.tolist().index(2)
            assert [numbers[daughter] for numbers in lost] == [ever, last_year]


def test_rows_of_losses_are_means_and_shares() -> None:
    egos = choose_egos(KinGraph(VILLAGE), MONTH)
    rows = kin_lost(egos)
    assert list(dict.fromkeys(r["kin"] for r in rows)) == list(LOST)
    for kin in ("mother", "siblings"):
        expected = {ego: lost_of(VILLAGE, ego, kin, MONTH) for ego in egos.ids.tolist()}
        for row in (r for r in rows if r["kin"] == kin):
            (cell,) = (c for c in egos.by_age if (c.group, c.sex) == (row["age_group"], row["sex_ego"]))
            chosen = np.array([expected[ego] for ego in egos.ids[cell.index].tolist()])
            assert row["n_ego"] == cell.size
            assert row["mean_lost"] == pytest.approx(chosen[:, 0].mean())
            assert row["share_lost"] == pytest.approx((chosen[:, 0] > 0).mean())
            assert row["mean_last_year"] == pytest.approx(chosen[:, 1].mean())
            assert row["share_last_year"] == pytest.approx((chosen[:, 1] > 0).mean())
    alive = {r["age_group"]: r for r in rows if (r["kin"], r["sex_ego"]) == ("mother", "all")}
    living = {r["age_group"]: r for r in reach(egos, "mother") if r["sex_ego"] == "all"}
    for group, row in alive.items():
        # Nobody's mother dies before the month of birth: she is alive, or lost, or unknown.
        assert row["mean_lost"] + living[group]["mean"] <= 1 + 1e-9


def test_who_is_not_lost_by_kinship_is_refused() -> None:
    egos = choose_egos(KinGraph(VILLAGE), MONTH)
    with pytest.raises(InputError, match="kin that can be lost"):
        kin_lost(egos, kinds=["siblings of spouse"])
    with pytest.raises(InputError, match="impossible"):
        kin_lost(egos, kinds=["mother, male"])


@settings(max_examples=30)
@given(
    pedigrees(),
    st.integers(100, 2000),
    st.sampled_from(["parents + spouse + children + grandchildren", "chon<=3", "siblings of spouse"]),
)
def test_reach_equals_the_twin(pedigree: Pedigree, month: int, line: str) -> None:
    assume(pedigree.num_living(month) > 0)
    egos = choose_egos(KinGraph(pedigree), month)
    circle = parse_circle(line)
    expected = [len(twin.members_of(pedigree, circle, ego, month=month)) for ego in egos.ids.tolist()]
    rows = reach(egos, line)
    assert len(rows) == len(egos.by_age)
    for row, cell in zip(rows, egos.by_age, strict=True):
        numbers = sorted(expected[i] for i in cell.index)
        assert (row["circle"], row["age_group"], row["sex_ego"]) == (line, cell.group, cell.sex)
        assert row["n_ego"] == len(numbers)
        assert row["mean"] == pytest.approx(np.mean(numbers))
        assert row["max"] == numbers[-1]
        assert row["share_none"] == pytest.approx(numbers.count(0) / len(numbers))
        for name, share in (("p10", 0.1), ("p50", 0.5), ("p90", 0.9)):
            # The smallest number that at least this share of egos does not exceed.
            least = min(n for n in numbers if sum(x <= n for x in numbers) >= share * len(numbers) - 1e-9)
            assert row[name] == least


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    egos = choose_egos(KinGraph(VILLAGE), MONTH)
    whole = number_within(egos.graph, "chon<=4", egos.ids, month=MONTH)
    ever, last_year = numbers_lost(egos, parse_circle("chon<=4"))
    monkeypatch.setattr(reach_module, "_BLOCK", 7)
    monkeypatch.setattr(lost_module, "_BLOCK", 7)
    assert number_within(egos.graph, "chon<=4", egos.ids, month=MONTH).tolist() == whole.tolist()
    assert [x.tolist() for x in numbers_lost(egos, parse_circle("chon<=4"))] == [
        ever.tolist(),
        last_year.tolist(),
    ]
    assert number_within(egos.graph, "chon<=4", egos.ids[:0]).size == 0
