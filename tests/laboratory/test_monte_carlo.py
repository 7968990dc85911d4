"""Chance of results: the laws of scale and length hold on what was measured, and errors of runs follow them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from verification.society.scales import page_table

from yeonjwa.core.errors import InputError
from yeonjwa.laboratory import monte_carlo
from yeonjwa.laboratory.monte_carlo import YEARS, Row, is_count, load, results, rows_of
from yeonjwa.report.basis import MAIN

TOTAL = ("total", "total")
ARRIVALS, CHECKED, REFUSED = (
    (name, *TOTAL) for name in ("flight.arrivals", "vetting.checked", "vetting.refused")
)


def _table(**rows: Row) -> monte_carlo.MonteCarlo:
    return monte_carlo.MonteCarlo({name: (row,) for name, row in rows.items()}, {})


def test_results_are_per_year_or_shares():
    sums = {ARRIVALS: 24.0, ("flight.arrivals", "sex", "female"): 18.0, CHECKED: 10.0, REFUSED: 4.0}
    found = results(sums, months=24)
    assert found["flight.arrivals"] == 12.0
    assert found["flight.women_share"] == 0.75
    assert found["vetting.refused_share"] == 0.4
    assert "support.for_fear" not in found  # nothing of it was recorded
    assert is_count("flight.arrivals")
    assert is_count("support.for_fear")
    assert not is_count("flight.women_share")
    assert not is_count("belief.perceived")


def test_deviations_over_seeds_of_spans():
    # Two seeds that differ by 2 every year: luck that lasts, the same for a year and for twenty.
    lasting = [{ARRIVALS: [10.0 + 2 * seed] * YEARS} for seed in range(2)]
    # Two seeds that differ by 2 up and down: nothing is left of it over twenty years.
    passing = [{ARRIVALS: [10.0 + (-1) ** (year + seed) for year in range(YEARS)]} for seed in range(2)]
    (row,) = (r for r in rows_of({0.01: lasting}) if r.measure == "flight.arrivals")
    assert (row.mean, row.seeds) == (11.0, 2)
    assert [row.sd, row.sd_year, row.sd_five] == pytest.approx([math.sqrt(2)] * 3)
    (row,) = (r for r in rows_of({0.01: passing}) if r.measure == "flight.arrivals")
    assert (row.sd, row.sd_year) == pytest.approx((0.0, math.sqrt(2)))
    (single,) = (r for r in rows_of({1.0: lasting[:1]}) if r.measure == "flight.arrivals")
    assert single.sd is None


def test_error_by_scale_length_and_level():
    row = Row(
        "flight.arrivals", 0.01, 20, mean=1000.0, sd=100.0, sd_year=100.0 * math.sqrt(YEARS), sd_five=200.0
    )
    table = _table(**{"flight.arrivals": row})
    error = table.error("flight.arrivals", 1000.0, scale=0.01)
    assert error == pytest.approx(100.0)
    assert table.error("flight.arrivals", 1000.0, scale=0.04) == pytest.approx(error / 2)
    assert table.error("flight.arrivals", 1000.0, scale=0.01, years=5) == pytest.approx(2 * error)
    assert table.error("flight.arrivals", 4000.0, scale=0.01) == pytest.approx(2 * error)
    # One arrival in twenty years at 0.01 is 5 a year: a run without any is no surer than that.
    assert (
        table.error("flight.arrivals", 0.0, scale=0.01) == table.error("flight.arrivals", 5.0, scale=0.01) > 0
    )
    share = Row("flight.women_share", 0.01, 20, mean=0.7, sd=0.04, sd_year=0.04, sd_five=0.04)
    table = _table(**{"flight.women_share": share})
    assert table.error("flight.women_share", 0.1, scale=0.01, years=1) == pytest.approx(0.04)


def test_scales_are_pooled_by_their_seeds_and_compared_with_the_largest():
    small = Row("flight.settled", 0.01, 5, 110.0, 10.0, 10.0, 10.0)
    large = Row("flight.settled", 0.04, 2, 100.0, 6.0, 6.0, 6.0)
    table = monte_carlo.MonteCarlo({"flight.settled": (small, large)}, {})
    pooled = math.sqrt((4 * 0.01 * 10.0**2 + 0.04 * 6.0**2) / 5)
    assert table.chance("flight.settled") == pytest.approx(pooled)
    bias = table.bias("flight.settled", 0.01)
    assert (bias.difference, bias.relative) == (10.0, pytest.approx(0.1))
    assert bias.se == pytest.approx(pooled * math.sqrt(1 / 0.05 + 1 / 0.08))
    assert bias.errors == pytest.approx(bias.difference / bias.se)
    assert table.bias("flight.settled", 0.04).errors == 0.0
    assert (table.nearest(0.019), table.nearest(0.021)) == (0.01, 0.04)
    with pytest.raises(InputError, match=r"flight.settled at 0.5"):
        table.row("flight.settled", 0.5)


def test_the_shipped_table_has_every_headline_measure_at_every_scale():
    table = load()
    assert {0.01, 0.02, 0.05, 0.2} <= set(table.scales)
    assert {*MAIN.values(), *monte_carlo.REACHING_FAR, *monte_carlo.DETAILS} <= set(table.rows)
    for measure in MAIN.values():
        assert tuple(row.scale for row in table.rows[measure]) == table.scales
    assert table.about["scales"]["0.01"]["seeds"] == list(range(1, 21))


def test_chance_falls_with_the_root_of_the_scale():
    """The deviations of each scale, carried to scale 1, agree within their own error: sd of a log sd is 1/sqrt(2(n-1))."""
    table = load()
    off = [
        math.log(row.sd * math.sqrt(row.scale) / table.chance(measure)) * math.sqrt(2 * (row.seeds - 1))
        for measure, rows in table.rows.items()
        for row in rows
        if row.seeds >= 4 and row.sd
    ]
    # Were deviations the same at every scale, the root mean square of this would be about 2.6.
    assert len(off) > 200
    assert math.sqrt(sum(z * z for z in off) / len(off)) < 1.2
    wrong = [
        math.log(row.sd / table.chance(measure) * math.sqrt(0.02)) * math.sqrt(2 * (row.seeds - 1))
        for measure, rows in table.rows.items()
        for row in rows
        if row.seeds >= 4 and row.sd
    ]
    assert math.sqrt(sum(z * z for z in wrong) / len(wrong)) > 1.5


def test_chance_of_five_years_lies_on_the_line_between_one_and_twenty():
    table = load()
    ratios = [
        table.chance(measure, years=5) / table._pooled(measure, "sd_five")
        for measure in table.rows
        if table._pooled(measure, "sd_five")
    ]
    assert 0.95 < math.exp(sum(map(math.log, ratios)) / len(ratios)) < 1.05
    assert 0.7 < min(ratios) < max(ratios) < 1.3


def test_headlines_agree_from_a_twentieth_up():
    """Largest of so many differences in standard errors; at chance, one of a hundred is beyond 2.6."""
    table = load()
    off = [
        table.bias(measure, scale).errors
        for measure in MAIN.values()
        for scale in table.scales
        if 0.05 <= scale < table.scales[-1]
    ]
    assert max(map(abs, off)) < 3


def test_the_page_shows_the_shipped_table():
    page = (Path(__file__).parents[2] / "docs" / "scales.md").read_text("utf-8")
    shown = page.split("<!-- table of scales -->\n")[1].split("\n<!-- end of table -->")[0]
    assert shown.splitlines() == page_table(load())


def test_biases_name_results_that_reach_far_with_their_error():
    found = monte_carlo.biases(0.012)
    assert set(monte_carlo.REACHING_FAR) <= set(found)
    refused = found["vetting.refused_share"]
    assert refused["scale"] == 0.01
    assert refused["against"] == load().scales[-1]
    assert refused["difference"] < 0 < refused["se"]
