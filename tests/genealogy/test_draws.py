"""Deaths and births of single lives against their slow twins."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yeonjwa.core.calendar import month_index
from yeonjwa.core.randomness import stream_key, uniform
from yeonjwa.demography.lifetable import AGES, hazards, life_expectancy
from yeonjwa.demography.rates import Rates
from yeonjwa.genealogy import draws, twin
from yeonjwa.genealogy.crew import Crew
from yeonjwa.genealogy.growing import COUPLE, LINE, SEEKER, sorted_by
from yeonjwa.genealogy.simulate import ages_reached, mortality_diagonal

BEGIN, END = 1680, 2030


@pytest.fixture(scope="module")
def diagonal(rates: Rates) -> np.ndarray:
    return mortality_diagonal(rates, BEGIN, END)


@settings(max_examples=150, deadline=None)
@given(
    birth=st.integers(month_index(1690), month_index(2024, 12)),
    sex=st.integers(0, 1),
    day=st.floats(0, 0.999),
    years=st.floats(0, 95),
    draw=st.floats(0, 0.999999),
    founder=st.booleans(),
)
def test_month_of_death_is_the_twins(
    rates: Rates,
    diagonal: np.ndarray,
    birth: int,
    sex: int,
    day: float,
    years: float,
    draw: float,
    founder: bool,
) -> None:
    past = years * 12 if founder else 0.0
    fast = draws.draw_death(diagonal, sex, BEGIN - 1600, birth, day, past, draw)
    slow = twin.death_month(rates, sex, birth, day, past, draw)
    assert abs(fast - slow) <= (1 if founder else 0) or _on_a_boundary(rates, sex, birth, day, past, draw)


def _on_a_boundary(rates: Rates, sex: int, birth: int, day: float, past: float, draw: float) -> bool:
    """Whether rounding alone decides between two months."""
    a = twin.death_month(rates, sex, birth, day, past, max(draw - 1e-7, 0.0))
    b = twin.death_month(rates, sex, birth, day, past, min(draw + 1e-7, 1 - 1e-9))
    return a != b


def test_life_expectancy_of_draws_is_that_of_the_table(rates: Rates, diagonal: np.ndarray) -> None:
    born = month_index(1790)
    generator = np.random.default_rng(1)
    for sex in (0, 1):
        lives = np.array(
            [
                draws.draw_death(diagonal, sex, BEGIN - 1600, born, day, 0.0, draw) - born
                for day, draw in generator.random((40_000, 2))
            ]
        )
        # Rates are constant until 1899, and hardly anybody of 1790 lives longer.
        expected = life_expectancy(rates.qx[rates.row(1790), sex])
        assert abs(lives.mean() / 12 - expected) < 4 * lives.std() / 12 / np.sqrt(lives.size)


def test_nobody_reaches_110(rates: Rates, diagonal: np.ndarray) -> None:
    born = month_index(1950)
    assert draws.draw_death(diagonal, 0, BEGIN - 1600, born, 0.5, 0.0, 1 - 1e-16) <= born + 12 * AGES
    assert hazards(rates.qx[0, 0]).min() >= 0


@settings(max_examples=150, deadline=None)
@given(
    union=st.integers(0, 10**6),
    start=st.integers(0, 500),
    wife_death=st.integers(1, 900),
    husband_death=st.integers(1, 900),
    interval=st.integers(1, 20),
    plain=st.booleans(),
    last=st.integers(300, 800),
    level=st.floats(0.0, 0.3),
)
def test_births_of_a_couple_are_the_twins(
    union: int,
    start: int,
    wife_death: int,
    husband_death: int,
    interval: int,
    plain: bool,
    last: int,
    level: float,
) -> None:
    born = month_index(1900)
    hazard = level * (1 + np.sin(np.arange(720) / 40.0)) * (np.arange(720) > 150)
    cumulative = np.concatenate([[0.0], np.cumsum(hazard)]).astype(np.float32)
    # The twin adds up the same rounded hazards.
    hazard = np.diff(cumulative.astype(float))
    key = stream_key(5, draws.BIRTH)
    first = born + 200
    couple = _couple(born, born + wife_death, born + husband_death, born + start)
    made, births, count = _births(
        couple, union, cumulative[None, None, :], born, interval, plain, first, born + last, key, 4000
    )
    months = births & 0x7FFF
    slow = twin.births(
        list(hazard), key=key, union=union, born=born, start=born + start, wife_death=born + wife_death,
        husband_death=born + husband_death, interval=interval, plain=plain, first=first, last=born + last,
    )  # fmt: skip
    assert made == count
    assert len(slow) == made
    # Sums in another order may move a birth that falls on the edge of a month.
    assert np.abs(months[:made] - np.array(slow, int)).max(initial=0) <= 1


def _couple(born: int, wife_death: int, husband_death: int, start: int) -> np.ndarray:
    couple = np.zeros(2, COUPLE)
    couple[0]["husband"] = -1  # a woman who found nobody is passed over
    couple[1] = (0, 1, -1, -1, born, wife_death, born, husband_death, start, 0)
    return couple


def _births(
    couples: np.ndarray, union: int, cumulative: np.ndarray, cohort: int, interval: int, plain: bool, first: int,
    last: int, key: np.uint64, room: int,
) -> tuple[int, np.ndarray, int]:  # fmt: skip
    """The kernel for one couple, nobody left out: births made, their numbers, the count of the union."""
    births, count = np.zeros(room, np.int32), np.zeros(1, np.int32)
    columns = (np.zeros(union + 1, np.int32), np.zeros(union + 1, np.int32), np.zeros(union + 1, np.int16))
    made = draws.draw_births(
        couples, np.zeros((0, LINE), np.int32), np.zeros((0, 2), np.int32), 0, couples.size, union, cumulative,
        *draws.hazard_guide(cumulative), cohort, 1, np.ones(1), interval, plain, first, last, key, key,
        first, 12, np.full(1, 0.5), 0, np.zeros((2, 2, 111)), 0, key, key, key, *columns,
        np.zeros((union + 1, LINE), np.int32), np.zeros((union + 1, 2), np.int32), count, births, np.zeros(500, np.int64),
    )  # fmt: skip
    return made, births[: max(made, 0)], int(count[0])


def test_a_short_buffer_is_reported_not_overrun() -> None:
    cumulative = np.cumsum(np.full(721, 0.5, np.float32))[None, None, :]
    couple = _couple(0, 700, 700, 0)
    made, _, _ = _births(couple, 0, cumulative, 0, 10, False, 0, 700, np.uint64(1), 3)
    assert made == -1


@given(keys=st.lists(st.integers(0, 20), max_size=60), cut=st.integers(0, 60))
def test_records_are_sorted_stably_in_one_part_or_two(keys: list[int], cut: int) -> None:
    array = np.array(keys, np.int32)
    records = np.zeros(array.size, SEEKER)
    records["person"] = np.arange(array.size)
    whole = [(records, array)]
    parts = [(records[:cut], array[:cut]), (records[cut:], array[cut:])]
    for crew, pieces in ((Crew(1), whole), (Crew(1), parts), (Crew(2), parts)):
        result, offset = sorted_by(pieces, 21, crew)
        assert np.array_equal(result["person"], np.argsort(array, kind="stable"))
        assert np.diff(offset).tolist() == [keys.count(k) for k in range(21)]
        crew.close()


@settings(max_examples=150, deadline=None)
@given(
    born=st.integers(month_index(1690), month_index(2024, 12)),
    sex=st.integers(0, 1),
    draw=st.floats(0, 0.9999999),
    day=st.floats(0, 0.999),
)
def test_the_table_of_ages_never_skips_the_age_of_death(
    diagonal: np.ndarray, born: int, sex: int, draw: float, day: float
) -> None:
    row = min(max(born // 12 - (BEGIN - 1600), 0), diagonal.shape[1] - 2)
    low = int(ages_reached(diagonal)[sex, row, int(draw * draws.QUANTILES)])
    target, share = -np.log(1.0 - draw), (born % 12 + day) / 12.0
    assert draws.spend(diagonal, sex, row, share, target, low, day) == draws.spend(
        diagonal, sex, row, share, target, 0, day
    )


@given(st.lists(st.floats(0, 0.4), min_size=2, max_size=80), st.floats(0, 1), st.data())
def test_a_wait_begins_where_the_guide_says_and_ends_where_the_hazard_is_spent(
    steps: list[float], part: float, data: st.DataObject
) -> None:
    cumulative = np.concatenate([[0.0], np.cumsum(steps)]).astype(np.float32)[None, None, :]
    guide, scale = draws.hazard_guide(cumulative)
    low = data.draw(st.integers(0, len(steps) - 1))
    row = cumulative[0, 0].astype(float)
    level = row[low] + part * (row[-1] - row[low])
    if level < row[-1]:
        due = max(m for m in range(low, len(steps)) if row[m] <= level)
        assert _wait(cumulative, guide, scale, low, level) == due


@numba.njit
def _wait(cumulative: Any, guide: Any, scale: float, low: int, level: float) -> int:
    return int(draws._wait(cumulative, guide, scale, 0, 0, low, level))


def test_founder_widows_are_left_out_by_the_share_that_is_still_married() -> None:
    draw, n, first = np.random.default_rng(5), 4000, 1000
    found, keys = np.zeros(n, SEEKER), np.arange(n, dtype=np.int32)
    found["person"] = draw.permutation(n)
    found["birth"] = draw.integers(first - 900, first, n)
    found["month"] = draw.integers(first - 300, first + 300, n)
    sex = draw.integers(0, 2, n).astype(np.int8)
    married, cdf = draw.random((30, 720)).astype(np.float32), draw.random((100, 720))
    born, person, key = found["birth"].astype(int), found["person"].copy(), np.uint64(77)
    age = np.clip(first - born, 0, 719)
    ever = cdf[np.clip(born // 12 - 5, 0, 99), age] * (1.0 - 0.1)
    share = married[np.clip((born - 120) // 60, 0, 29), age] / np.maximum(ever, 1e-9)
    past = (sex[person] == 0) & (found["month"] < first)
    there = ~past | (np.array([uniform(key, p, 0) for p in person]) < share)
    left = draws.founder_widows(found, keys, sex, first, 120, 60, married, 5, cdf, 0.1, key)
    assert found["person"][:left].tolist() == person[there].tolist()
    assert keys[:left].tolist() == np.flatnonzero(there).tolist()
    assert 0.5 < left / n < 0.95
