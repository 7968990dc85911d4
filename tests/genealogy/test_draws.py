"""Deaths and births of single lives against their slow twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yeonjwa.core.calendar import month_index
from yeonjwa.core.randomness import stream_key
from yeonjwa.demography.lifetable import AGES, hazards, life_expectancy
from yeonjwa.demography.rates import Rates
from yeonjwa.genealogy import draws, twin
from yeonjwa.genealogy.simulate import mortality_diagonal

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
    fast = draws.draw_death(diagonal[sex], BEGIN - 1600, birth, day, past, draw)
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
                draws.draw_death(diagonal[sex], BEGIN - 1600, born, day, 0.0, draw) - born
                for day, draw in generator.random((40_000, 2))
            ]
        )
        # Rates are constant until 1899, and hardly anybody of 1790 lives longer.
        expected = life_expectancy(rates.qx[rates.row(1790), sex])
        assert abs(lives.mean() / 12 - expected) < 4 * lives.std() / 12 / np.sqrt(lives.size)


def test_nobody_reaches_110(rates: Rates, diagonal: np.ndarray) -> None:
    born = month_index(1950)
    assert draws.draw_death(diagonal[0], BEGIN - 1600, born, 0.5, 0.0, 1 - 1e-16) <= born + 12 * AGES
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
    birth = np.array([born, born], np.int16)
    death = np.array([born + wife_death, born + husband_death], np.int16)
    months, count = np.empty(4000, np.int16), np.zeros(1, np.int32)
    first = born + 200
    made = draws.draw_births(
        np.array([0], np.int32), np.array([1], np.int32), np.array([born + start], np.int16), union, birth, death,
        cumulative[None, None, :], born, 1, np.ones(1), interval, plain, first, born + last, key, key, count, months,
    )  # fmt: skip
    slow = twin.births(
        list(hazard), key=key, union=union, born=born, start=born + start, wife_death=born + wife_death,
        husband_death=born + husband_death, interval=interval, plain=plain, first=first, last=born + last,
    )  # fmt: skip
    assert made == count[0]
    assert len(slow) == made
    # Sums in another order may move a birth that falls on the edge of a month.
    assert np.abs(months[:made] - np.array(slow, int)).max(initial=0) <= 1


def test_a_short_buffer_is_reported_not_overrun() -> None:
    cumulative = np.cumsum(np.full(721, 0.5, np.float32))[None, None, :]
    birth, death = np.zeros(2, np.int16), np.full(2, 700, np.int16)
    made = draws.draw_births(
        np.zeros(1, np.int32), np.ones(1, np.int32), np.zeros(1, np.int16), 0, birth, death, cumulative, 0, 1,
        np.ones(1), 10, False, 0, 700, np.uint64(1), np.uint64(2), np.zeros(1, np.int32), np.empty(3, np.int16),
    )  # fmt: skip
    assert made == -1


@given(keys=st.lists(st.integers(-5, 20), max_size=60))
def test_counting_order_is_a_stable_sort(keys: list[int]) -> None:
    array = np.array(keys, np.int64)
    order, offset = draws.counting_order(array, -5, 26)
    assert np.array_equal(order, np.argsort(array, kind="stable"))
    assert [int(offset[k + 1] - offset[k]) for k in range(26)] == [keys.count(k - 5) for k in range(26)]
