"""Oracles of the support game (MODEL.md, section 6)."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from yeonjwa.society import support, support_twin
from yeonjwa.society.players import in_groups

ALPHA = 3.0


def problem(rng: np.random.Generator, relatives: int) -> dict[str, np.ndarray | float]:
    """A patron with random relatives, some of whom are worth paying."""
    return {
        "h": rng.uniform(0.05, 1.0, relatives),
        "n": rng.integers(1, 7, relatives).astype(float),
        "value": rng.uniform(5.0, 400.0, relatives),
        "base": 10.0 ** rng.uniform(-4.5, -2.5, relatives),
        "gamma": float(rng.choice([0.33, 0.5, 1.0])),
        "weight": float(rng.uniform(0.2, 1.0)),
    }


def objective(t: np.ndarray, q: dict) -> float:
    risk = q["weight"] * q["value"] * (q["base"] * np.exp(ALPHA * (q["h"] - t))) ** q["gamma"]
    return float((risk + q["n"] * t).sum())


def targets(q: dict) -> np.ndarray:
    return np.array(
        [
            support.hardship_target(n, ALPHA, q["gamma"], q["weight"], v, b)
            for n, v, b in zip(q["n"], q["value"], q["base"], strict=True)
        ]
    )


def reply(q: dict, budget: float) -> tuple[np.ndarray, float]:
    m = q["h"].size
    paid, given = np.zeros(m), np.zeros(m)
    log_multiplier = support.best_reply(
        0, m, budget, q["gamma"] * ALPHA, np.arange(m), targets(q), q["n"], q["h"], given, paid
    )
    return paid, log_multiplier


@pytest.mark.parametrize("seed", range(40))
def test_closed_form_is_optimal_against_a_numerical_optimiser(seed: int) -> None:
    rng = np.random.default_rng(seed)
    q = problem(rng, int(rng.integers(1, 7)))
    free, _ = reply(q, math.inf)
    budget = float((free * q["n"]).sum() * rng.choice([0.3, 0.7, 2.0])) + 1e-3
    paid, _ = reply(q, budget)
    assert (paid * q["n"]).sum() <= budget * (1 + 1e-9)
    best = min(
        (
            minimize(
                objective,
                start,
                args=(q,),
                method="SLSQP",
                bounds=[(0.0, h) for h in q["h"]],
                constraints={"type": "ineq", "fun": lambda t: budget - (t * q["n"]).sum()},
                options={"ftol": 1e-12, "maxiter": 500},
            )
            for start in (np.zeros(q["h"].size), paid)
        ),
        key=lambda r: r.fun,
    )
    assert objective(paid, q) <= best.fun * (1 + 1e-6)


def test_slope_in_log_loss_is_one_over_gamma_alpha_for_interior_unbudgeted_ties() -> None:
    gamma, h, n, base = 0.5, 0.9, 4.0, 1.5e-4
    low = support.optimal_transfer(h, support.hardship_target(n, ALPHA, gamma, 0.5, 300.0, base))
    high = support.optimal_transfer(
        h, support.hardship_target(n, ALPHA, gamma, 0.5, 300.0 * math.exp(0.1), base)
    )
    assert 0 < low < high < h
    assert (high - low) / 0.1 == pytest.approx(1 / (gamma * ALPHA))


def bisected(q: dict, budget: float) -> float:
    """The multiplier by bisection alone: everything that a patron wants is added up at each half."""

    def spends_too_much(log_multiplier: float) -> bool:
        total = 0.0
        for h, n, target in zip(q["h"], q["n"], targets(q), strict=True):
            wish = h - (target + log_multiplier / (q["gamma"] * ALPHA))
            total += min(max(wish, 0.0), h) * n
        return total > budget

    if not spends_too_much(0.0):
        return 0.0
    low, high = 0.0, q["gamma"] * ALPHA
    while spends_too_much(high):
        low, high = high, 2.0 * high
    for _ in range(support.BISECTIONS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if spends_too_much(middle) else (low, middle)
    return high


@pytest.mark.parametrize("seed", range(60))
def test_a_place_enclosed_first_leaves_bisection_s_answer_to_the_last_bit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    q = problem(rng, int(rng.integers(1, 9)))
    free = float((reply(q, math.inf)[0] * q["n"]).sum())
    bound = 0
    for share in (0.0, 1e-300, 1e-9, 1e-3, 0.2, 0.5, 0.9, 1.0 - 1e-15, 1.0, 1.5):
        multiplier = reply(q, free * share)[1]
        assert multiplier == bisected(q, free * share), share
        bound += multiplier > 0.0
    assert bound >= 6 or free == 0.0


def test_common_change_of_loss_under_a_binding_budget_changes_nothing() -> None:
    q = problem(np.random.default_rng(3), 5)
    free, _ = reply(q, math.inf)
    budget = 0.4 * float((free * q["n"]).sum())
    before, multiplier = reply(q, budget)
    assert multiplier > 0
    after, _ = reply({**q, "value": q["value"] * 1.3}, budget)
    np.testing.assert_allclose(after, before, atol=1e-6)


def test_equal_relatives_are_equalised() -> None:
    q = {
        "h": np.array([0.9, 0.7, 0.5]),
        "n": np.full(3, 3.0),
        "value": np.full(3, 200.0),
        "base": np.full(3, 1e-3),
        "gamma": 0.5,
        "weight": 0.5,
    }
    free, _ = reply(q, math.inf)
    paid, _ = reply(q, 0.5 * float((free * q["n"]).sum()))
    left = q["h"] - paid
    helped = paid > 0
    assert helped.sum() >= 2
    assert np.ptp(left[helped]) < 1e-6
    assert np.all(left[~helped] <= left[helped].max() + 1e-9)


def settle(
    ties: list[list[tuple[int, float]]],
    budgets: np.ndarray,
    heads: np.ndarray,
    need: np.ndarray,
    order: np.ndarray,
    grouped: bool = True,
) -> np.ndarray:
    """The fast game on ties given patron by patron as (household, target); transfers a head in that order."""
    offset = np.concatenate(([0], np.cumsum([len(t) for t in ties]))).astype(np.int64)
    patron = np.repeat(np.arange(len(ties)), np.diff(offset))
    relative = np.array([j for t in ties for j, _ in t], np.int64)
    target = np.array([x for t in ties for _, x in t])
    by_household = np.lexsort((patron, relative)).astype(np.int64)
    household_offset = np.searchsorted(relative[by_household], np.arange(need.size + 1)).astype(np.int64)
    paid, given = np.zeros(relative.size), np.zeros(need.size)
    begin = np.array([0, len(ties)])
    if grouped:
        order, begin = in_groups(order, offset, relative, need.size)
    for group in range(begin.size - 1):
        sweeps = support.solve(
            group, group + 1, begin, order, offset, patron, by_household, household_offset, budgets, 0.5 * ALPHA, relative,
            target, heads, need, given, paid, np.zeros(len(ties)), 5000,
        )  # fmt: skip
        assert sweeps < 5000
    return paid


def play(values: np.ndarray, budgets: np.ndarray, order: np.ndarray, h: float = 0.8) -> np.ndarray:
    """Several patrons, one relative."""
    target = [support.hardship_target(4.0, ALPHA, 0.5, 0.5, v, 5e-4) for v in values]
    return settle([[(0, x)] for x in target], budgets, np.array([4.0]), np.array([h]), order)


@pytest.mark.parametrize("seed", range(30))
def test_fast_game_equals_its_plain_twin(seed: int) -> None:
    rng = np.random.default_rng(seed)
    patrons, households = int(rng.integers(1, 6)), int(rng.integers(1, 6))
    heads, need = rng.integers(1, 6, households).astype(float), rng.uniform(0.1, 0.9, households)
    ties = [
        [
            (int(j), float(rng.uniform(-0.1, 0.7)))
            for j in rng.choice(households, rng.integers(1, households + 1), False)
        ]
        for _ in range(patrons)
    ]
    budgets = rng.uniform(0.05, 3.0, patrons)
    order = np.argsort([min(x for _, x in t) for t in ties], kind="stable")
    fast = settle(ties, budgets, heads, need, order)
    slow = np.concatenate(support_twin.solve(order.tolist(), ties, budgets, 0.5 * ALPHA, heads, need))
    relative = np.array([j for t in ties for j, _ in t])
    # Who pays can be open among equals; what a household receives is not, up to the tolerance of the fast one.
    received = [np.bincount(relative, weights=x, minlength=households) for x in (fast, slow)]
    np.testing.assert_allclose(received[0], received[1], atol=20 * support.TOLERANCE)
    spent = np.bincount(np.repeat(np.arange(patrons), [len(t) for t in ties]), weights=fast * heads[relative])
    assert np.all(spent <= budgets * (1 + 1e-9))


@pytest.mark.parametrize("seed", range(20))
def test_groups_that_no_household_joins_play_as_if_all_played_together(seed: int) -> None:
    rng = np.random.default_rng(seed)
    patrons, households = 40, 45
    heads, need = rng.integers(1, 6, households).astype(float), rng.uniform(0.1, 0.9, households)
    ties = [
        [
            (int(j), float(rng.uniform(-0.1, 0.7)))
            for j in rng.choice(households, 1 + int(rng.random() < 0.3), False)
        ]
        for _ in range(patrons)
    ]
    order, offset = rng.permutation(patrons), np.cumsum([0, *map(len, ties)])
    relative = np.array([j for t in ties for j, _ in t])
    joined = coo_matrix((np.ones(relative.size), (np.repeat(np.arange(patrons), np.diff(offset)), relative)))
    together = connected_components(joined @ joined.T, directed=False)[1]
    found, begin = in_groups(order, offset, relative, households)
    groups = [found[low:high].tolist() for low, high in pairwise(begin)]
    assert groups == [[k for k in order if together[k] == g] for g in range(together.max() + 1)]
    assert 5 < len(groups) < patrons
    budgets = rng.uniform(0.05, 3.0, patrons)
    apart = settle(ties, budgets, heads, need, order)
    assert apart.any()
    assert np.array_equal(apart, settle(ties, budgets, heads, need, order, grouped=False))


def test_with_strictly_different_values_the_highest_pays_alone() -> None:
    values = np.array([150.0, 260.0, 200.0])
    order = np.argsort(-values)
    paid = play(values, np.full(3, math.inf), order)
    assert paid[1] > 0
    assert paid[[0, 2]] == pytest.approx([0.0, 0.0], abs=1e-9)


def test_with_a_budget_the_next_patron_fills_up_to_his_own_wish() -> None:
    values = np.array([150.0, 260.0, 200.0])
    alone = play(values[[2]], np.array([math.inf]), np.array([0]))[0]
    paid = play(values, np.array([math.inf, 0.4, math.inf]), np.argsort(-values))
    assert paid[1] == pytest.approx(0.1, abs=1e-6)  # 0.4 baskets over 4 heads
    assert paid[2] == pytest.approx(alone - 0.1, abs=1e-6)
    assert paid[0] == pytest.approx(0.0, abs=1e-9)


def test_total_does_not_depend_on_the_order_of_play() -> None:
    values, budgets = np.array([150.0, 260.0, 200.0]), np.array([math.inf, 0.4, math.inf])
    one = play(values, budgets, np.array([1, 2, 0]))
    other = play(values, budgets, np.array([0, 2, 1]))
    assert other.sum() == pytest.approx(one.sum(), abs=5e-3)


def test_at_a_corner_the_nearest_patron_pays() -> None:
    # Both patrons want full relief (targets below 0); the second is nearer.
    paid = np.array([0.5, 0.0])
    spent = np.array([2.0, 0.0])
    support.hand_to_nearest(
        np.array([1, 0]), np.array([0, 2]), np.array([0, 1]), np.array([3, 1]), np.array([9.0, 1.2]), spent,
        np.array([-0.2, -0.1]), np.zeros(2), 1.5, np.array([4.0]), np.array([0.5]), paid,
    )  # fmt: skip
    assert paid == pytest.approx(
        [0.2, 0.3]
    )  # as far as the nearer one's budget goes: 1.2 baskets over 4 heads
    assert spent == pytest.approx([0.8, 1.2])


def test_stream_factor_is_the_discounted_sum_of_smoothed_hardship() -> None:
    discount, memory = 0.99, 6.0
    months = np.arange(1, 3000)
    series = (discount**months * (1 / memory) * (1 - 1 / memory) ** (months - 1)).sum()
    assert support.stream_factor(discount, memory) == pytest.approx(series)
    assert support.stream_factor(1.0, memory) == pytest.approx(1.0)


def test_altruistic_transfer_is_stark_s() -> None:
    # b = 1/3 for a sibling at strength 1: 2.5/3 - 0.5*2/3
    assert support.altruistic_transfer(2.5, 0.5, 0.5, 1.0) == pytest.approx(2.5 / 3 - 1.0 / 3)
    assert support.altruistic_transfer(2.5, 0.5, 0.125, 0.2) == 0.0


def test_altruism_gives_to_the_nearest_first_and_stops_at_the_budget() -> None:
    paid, need, theirs = np.zeros(2), np.array([0.5, 0.5]), np.array([0.5, 0.5])
    budget = np.array([1.0])
    support.give_altruistically(
        np.array([1, 0]), np.zeros(2, np.int64), np.array([0, 1]), np.array([0.5, 0.5]), 1.0,
        np.array([6.0]), theirs, np.array([4.0, 4.0]), budget, need, paid,
    )  # fmt: skip
    assert paid == pytest.approx([0.0, 0.25])
    assert budget == pytest.approx([0.0])
    assert need == pytest.approx([0.5, 0.25])


def test_objective_risk_is_the_case_gamma_one() -> None:
    # gamma = kappa_w = 1: alpha * p * L * base * exp(alpha*h) = n at the target
    target = support.hardship_target(4.0, ALPHA, 1.0, 1.0, 300.0, 1e-3)
    assert ALPHA * 300.0 * 1e-3 * math.exp(ALPHA * target) == pytest.approx(4.0)
