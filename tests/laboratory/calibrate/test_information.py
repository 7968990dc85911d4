"""Information matrices by hand: a ridge, its direction, and what breaks it."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from yeonjwa.core.errors import InputError
from yeonjwa.laboratory.calibrate.information import Moment, breaking, information
from yeonjwa.report import ridge

BOTH = ("severity", "border")


def test_one_moment_leaves_a_ridge() -> None:
    found = information(BOTH, [Moment("arrivals", (-0.1, -0.4), 0.05)])
    assert found.condition == pytest.approx(0, abs=1e-12)
    assert np.isinf(found.errors()).all()
    assert abs(found.correlation()) == pytest.approx(1)
    # Along the ridge the moment does not move.
    assert found.ridge @ np.array([-0.1, -0.4]) == pytest.approx(0, abs=1e-12)


def test_two_moments_are_the_inverse_by_hand() -> None:
    found = information(BOTH, [Moment("a", (1.0, 0.0), 0.5), Moment("b", (1.0, 2.0), 0.1)])
    assert found.matrix == pytest.approx(np.array([[4 + 100, 200], [200, 400]]))
    assert found.errors() == pytest.approx(np.sqrt(np.diag(np.linalg.inv(found.matrix))))
    assert found.errors()[0] == pytest.approx(0.5)
    assert found.correlation() == pytest.approx(-200 / math.sqrt(104 * 400))


def test_a_parameter_that_nothing_moves_is_unknown_and_the_other_known() -> None:
    found = information(BOTH, [Moment("a", (0.0, 2.0), 0.1)])
    assert math.isinf(found.errors()[0])
    assert found.errors()[1] == pytest.approx(0.05)


def test_errors_hold_what_estimates_scatter_by() -> None:
    """Least squares on a thousand noisy records of two moments scatters as the errors say."""
    moments = [Moment("a", (1.0, 0.5), 0.2), Moment("b", (-0.3, 1.0), 0.4)]
    slopes, sd = np.array([m.slopes for m in moments]), np.array([m.sd for m in moments])
    rng = np.random.default_rng(1)
    records = slopes @ np.array([0.7, -0.2]) + sd * rng.standard_normal((4_000, 2))
    estimates = np.linalg.solve(slopes, records.T).T
    assert estimates.std(axis=0) == pytest.approx(information(BOTH, moments).errors(), rel=0.05)


def test_what_breaks_the_ridge_is_what_points_across_it() -> None:
    held = [Moment("arrivals", (-0.1, -0.4), 0.05)]
    along, across = Moment("attempts", (-0.1, -0.39), 0.05), Moment("support", (0.5, 0.0), 0.05)
    assert [name for name, _ in breaking(BOTH, held, [along, across])] == ["support", "attempts"]


def test_moments_that_are_none() -> None:
    for moments in ([], [Moment("a", (1.0,), 0.1)], [Moment("a", (1.0, 1.0), 0.0)]):
        with pytest.raises(InputError):
            information(BOTH, moments)


def test_figures_show_the_ridge_and_say_what_is_not_known(tmp_path: Path) -> None:
    rows = [
        {"panel": "arrivals", "x": x / 4, "y": y / 4, "implausibility": abs(x + y - 4) * 1.5}
        for x in range(5)
        for y in range(5)
    ]
    spec = ridge.plane(
        rows,
        panels=["arrivals"],
        x_title="severity",
        y_title="border",
        steps=(0.25, 0.25),
        description="A ridge.",
    )
    # Cells whose implausibility is above 3 are left empty: two steps off the diagonal and more.
    assert len(spec["data"]["values"]) == sum(abs(x + y - 4) <= 2 for x in range(5) for y in range(5))
    assert "severity" in ridge.save(spec, tmp_path / "plane.svg").read_text("utf-8")
    bars = ridge.errors(
        [("alone", math.inf), ("with support", 0.1)], most=4, unit="steps", description="Errors."
    )
    assert "not known at all" in ridge.save(bars, tmp_path / "errors.svg").read_text("utf-8")
