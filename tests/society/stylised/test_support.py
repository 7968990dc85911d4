"""The support game against a numerical optimiser, other orders of play, and dynamic programming."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from yeonjwa.society.stylised import support


@pytest.mark.parametrize("gamma", [0.33, 0.5, 1.0])
@pytest.mark.parametrize("budgeted", [False, True])
def test_closed_form_with_two_reaches_is_the_best_an_optimiser_finds(gamma: float, budgeted: bool) -> None:
    rng = np.random.default_rng(round(10 * gamma))
    for _ in range(6):
        problem = support.random_problem(rng, relatives=4, gamma=gamma)
        if problem.largest_weight() >= 1:
            continue
        free, _ = support.closed_form(problem)
        budget = 0.5 * float((free * problem.heads).sum()) + 1e-3 if budgeted else math.inf
        paid, _ = support.closed_form(problem, budget)
        assert abs(support.excess_over_optimum(problem, budget)) < 1e-5
        # The cost knows the difference: anything a little off is dearer.
        inner = (paid > 0.05) & (paid < problem.need - 0.05)
        if inner.any() and not budgeted:
            assert problem.cost(np.where(inner, paid + 0.04, paid)) > problem.cost(paid)
            assert problem.cost(np.where(inner, paid - 0.04, paid)) > problem.cost(paid)


def test_beyond_the_cap_of_the_weight_the_closed_form_is_too_dear() -> None:
    assert support._excess_at(0.8) < 1e-6
    assert support._excess_at(2.0) > 0.3


def test_equal_relatives_are_equalised_with_two_reaches() -> None:
    problem = support.Problem(
        need=np.array([0.9, 0.7, 0.2]),
        heads=np.full(3, 3.0),
        base=np.full(3, 1e-3),
        loss=np.full((3, 2), 150.0),
        chance=np.full((3, 2), 0.2),
    )
    free, _ = support.closed_form(problem)
    paid, log_multiplier = support.closed_form(problem, 0.5 * float((free * problem.heads).sum()))
    left = problem.need - paid
    assert log_multiplier > 0
    assert left[0] == pytest.approx(left[1])
    assert paid[2] == 0
    assert left[2] <= left[0]


def test_the_slope_is_that_of_interior_ties_only() -> None:
    found = support.response_to_loss(
        scales=np.array([0.05, 1.0, 50.0]),
        ties=500,
        alpha=2.0,
        gamma=0.4,
        step=0.01,
        rng=np.random.default_rng(1),
    )
    assert found.slope_interior[1] == pytest.approx(1 / 0.8)
    assert found.slope_all[1] < 0.9 / 0.8
    assert found.slope_all[2] == pytest.approx(0.0)  # everybody is fully relieved


@pytest.mark.parametrize("kind", ["interior", "budget"])
def test_what_households_get_does_not_depend_on_the_order_of_play(kind: str) -> None:
    rng = np.random.default_rng(5)
    spread = [
        support.order_spread(support.random_game(rng, patrons=4, households=4, kind=kind), 4, rng)[0]
        for _ in range(15)
    ]
    assert max(spread) < 0.01


def test_with_corners_and_budgets_it_can() -> None:
    rng = np.random.default_rng(6)
    games = [support.random_game(rng, patrons=4, households=4, kind="both") for _ in range(40)]
    assert max(support.order_spread(game, 5, rng)[0] for game in games) > 0.05


def test_the_outcome_of_a_run_does_not_depend_on_how_patrons_are_numbered() -> None:
    rng = np.random.default_rng(7)
    for _ in range(10):
        game = support.random_game(rng, patrons=4, households=4, kind="both")
        apart = np.array([rng.permutation(4) + 1 for _ in range(4)]).T  # no two equally near to one household
        game = replace(game, degree=tuple(tuple(row) for row in apart.tolist()))
        relabel = list(rng.permutation(4))
        other = replace(
            game,
            ties=tuple(game.ties[k] for k in relabel),
            degree=tuple(game.degree[k] for k in relabel),
            budget=game.budget[relabel],
        )
        np.testing.assert_allclose(support.settle(other).paid, support.settle(game).paid[relabel], atol=1e-9)


def test_dynamic_programming_ends_at_the_target_with_the_stream_factor() -> None:
    scale, memory, discount, need = 1.5, 6.0, 0.99, 0.8
    stream = support._stream_for(0.3, scale, memory, discount)
    policy = support.best_plan(stream, *support.chain(need, 0.0, 0.0, 1))
    assert support.remembered_in_the_end(stream, policy) == pytest.approx(
        stream.target(stream.factor), abs=0.01
    )
    # A patron who counts this month alone begins to pay ln(tau) / (gamma*alpha) later, less the discount: never here.
    assert stream.target(1.0 / memory) - 0.3 == pytest.approx(math.log(stream.factor * memory) / scale)
    assert stream.target(1.0 / memory) > need


def test_best_plan_pays_as_little_as_reaches_its_level_and_no_rule_is_cheaper() -> None:
    stream = support._stream_for(0.35, 1.5, 6.0, 0.99)
    states, moves = support.chain(0.8, 0.2, 0.9, 5)
    policy = support.best_plan(stream, states, moves, points=81, choices=61, rounds=800)
    costs = [
        support.cost_of_plan(stream, policy, moves, w, months=500, paths=600, rng=np.random.default_rng(3))
        for w in (None, stream.factor, 0.3 * stream.factor, 1e-9)
    ]
    assert costs[0] < costs[1] * 1.002 < costs[2] < costs[3]
    assert (costs[1] - costs[0]) / (costs[3] - costs[0]) < 0.05


def test_chain_has_the_mean_spread_and_persistence_asked_for() -> None:
    states, moves = support.chain(2.0, 0.3, 0.8, 7)
    stay = np.linalg.matrix_power(moves, 2000)[0]
    mean = stay @ states
    assert mean == pytest.approx(2.0)
    assert math.sqrt(stay @ (states - mean) ** 2) == pytest.approx(0.3)
    assert (stay * (states - mean)) @ moves @ (states - mean) / 0.09 == pytest.approx(0.8)
