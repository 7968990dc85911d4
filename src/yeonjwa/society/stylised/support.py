"""The support game of section 6: is the closed form the best a patron can do, who pays, and when does it matter that
hardship is remembered?

A *problem* is one patron with several relatives; a *game* is several patrons and several households. Everything is
solved by :mod:`yeonjwa.society.support`, the functions that the model runs with, and held against a numerical optimiser
that knows nothing of closed forms, or against dynamic programming.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import MissingExtraError
from yeonjwa.society import support
from yeonjwa.society.stylised.findings import Demonstration, Finding, Panel, Setting, agrees, beyond, curve

Float = NDArray[np.float64]
Int = NDArray[np.int64]

SWEEPS = 20_000


@dataclass(frozen=True)
class Problem:
    """One patron and his relatives.

    Attributes
    ----------
    need, heads, base : float (relatives,)
        Hardship a head, persons, monthly hazard at no hardship.
    loss, chance : float (relatives, reaches)
        ``L`` in baskets and ``p`` of each reach (camp and career).
    alpha, gamma, kappa, stream : float
        Hardship in the log hazard; exponent and size of the risk weight; ``D`` of a remembered hardship.
    """

    need: Float
    heads: Float
    base: Float
    loss: Float
    chance: Float
    alpha: float = 3.0
    gamma: float = 0.5
    kappa: float = 0.5
    stream: float = 1.0

    @property
    def value(self) -> Float:
        """``V = sum over reaches of L * p**gamma``."""
        return np.asarray((self.loss * self.chance**self.gamma).sum(axis=1))

    @property
    def target(self) -> Float:
        """``h_star`` of each relative, by the function of the model."""
        weight = self.stream * self.kappa
        rows = zip(self.heads, self.value, self.base, strict=True)
        return np.array(
            [support.hardship_target(n, self.alpha, self.gamma, weight, v, b) for n, v, b in rows]
        )

    def cost(self, transfer: Float) -> float:
        """What the patron minimises, written out: weighted loss of each reach, P and w capped at 1, plus what he pays."""
        hazard = self.base * np.exp(self.alpha * (self.need - transfer))
        risk = np.minimum(self.chance * hazard[:, None], 1.0)
        weighted = np.minimum(self.kappa * risk**self.gamma, 1.0)
        return float(self.stream * (self.loss * weighted).sum() + (self.heads * transfer).sum())

    def largest_weight(self) -> float:
        """The largest P or w(P) at no transfer: the closed form needs it below 1."""
        risk = self.chance * (self.base * np.exp(self.alpha * self.need))[:, None]
        return float(max(risk.max(), (self.kappa * risk**self.gamma).max()))


def random_problem(rng: np.random.Generator, *, relatives: int, gamma: float, kappa: float = 0.5) -> Problem:
    """A patron of whose relatives some are worth paying; the losses grow with ``1/gamma`` so that this stays so."""
    need = rng.uniform(0.05, 1.0, relatives)
    chance = np.stack(
        [10.0 ** rng.uniform(-2, -0.3, relatives), 10.0 ** rng.uniform(-3, -1, relatives)], axis=1
    )
    made = Problem(
        need=need,
        heads=rng.integers(1, 7, relatives).astype(float),
        base=10.0 ** rng.uniform(-4.5, -2.5, relatives),
        loss=np.ones((relatives, 2)),
        chance=chance,
        gamma=gamma,
        kappa=kappa,
        stream=float(rng.uniform(0.5, 1.0)),
    )
    # Losses are drawn through the hardship at which they begin to pay, around the hardship there is.
    begins = need * rng.uniform(-0.2, 1.5, relatives)
    size = made.heads * np.exp(-gamma * made.alpha * begins) / (gamma * made.alpha * made.stream * kappa)
    wanted = size / made.base**gamma
    share = rng.uniform(0.1, 0.9, relatives)
    parts = np.stack([share * wanted, (1.0 - share) * wanted], axis=1)
    return replace(made, loss=parts / chance**gamma)


def closed_form(problem: Problem, budget: float = math.inf) -> tuple[Float, float]:
    """Transfers a head by the functions of the model, and the log of the budget's multiplier, ``ln(1 + m)``."""
    count = problem.need.size
    paid, given = np.zeros(count), np.zeros(count)
    multiplier = support.best_reply(
        0, count, budget, problem.gamma * problem.alpha, np.arange(count), problem.target, problem.heads,
        problem.need, given, paid,
    )  # fmt: skip
    return paid, multiplier


def numerical_optimum(problem: Problem, budget: float = math.inf, *, starts: int = 3, seed: int = 0) -> Float:
    """Transfers that a general optimiser (SLSQP) finds from several starting points; it knows the cost and the bounds only.

    Raises
    ------
    MissingExtraError
        Without SciPy.
    """
    try:
        from scipy.optimize import minimize
    except ImportError as error:
        raise MissingExtraError("a numerical optimiser", "calibration") from error
    rng = np.random.default_rng(seed)
    limits = [(0.0, h) for h in problem.need]
    rule = {"type": "ineq", "fun": lambda t: budget - (t * problem.heads).sum()}
    constraints = [rule] if math.isfinite(budget) else []
    best, least = np.zeros(problem.need.size), problem.cost(np.zeros(problem.need.size))
    for _ in range(starts):
        start = rng.uniform(0.0, problem.need)
        if math.isfinite(budget):
            start *= min(1.0, budget / max((start * problem.heads).sum(), 1e-12))
        found = minimize(
            problem.cost,
            start,
            method="SLSQP",
            bounds=limits,
            constraints=constraints,
            options={"ftol": 1e-13, "maxiter": 500},
        )
        t = np.clip(found.x, 0.0, problem.need)
        if (t * problem.heads).sum() <= budget * (1 + 1e-9) and problem.cost(t) < least:
            best, least = t, problem.cost(t)
    return best


def excess_over_optimum(problem: Problem, budget: float = math.inf) -> float:
    """How much dearer the closed form is than the best that the optimiser finds, as a share; negative if cheaper."""
    paid, _ = closed_form(problem, budget)
    best = problem.cost(numerical_optimum(problem, budget))
    return problem.cost(paid) / best - 1.0


def excess_under_cap(problem: Problem, points: int = 4001) -> float:
    """The same for the first relative alone by exhaustive search, for problems in which P or w reach their cap of 1."""
    alone = replace(
        problem, **{name: getattr(problem, name)[:1] for name in ("need", "heads", "base", "loss", "chance")}
    )
    tried = np.linspace(0.0, float(alone.need[0]), points)
    best = min(alone.cost(np.array([t])) for t in tried)
    return alone.cost(closed_form(alone)[0]) / best - 1.0


@dataclass(frozen=True)
class Response:
    """How transfers answer a common rise of all losses: mean slopes in ln L, and who stands where."""

    scale: Float
    slope_all: Float
    slope_interior: Float
    share_paid: Float
    share_full: Float


def response_to_loss(
    *, scales: Float, ties: int, alpha: float, gamma: float, step: float, rng: np.random.Generator
) -> Response:
    """Slope of the transfer in ``ln L`` over random unbudgeted ties, at each common factor on the loss.

    A tie is interior if it is paid and not fully relieved before and after the step.
    """
    need = rng.uniform(0.05, 1.0, ties)
    log_value = rng.normal(0.0, 0.5, ties)
    rows: list[tuple[float, ...]] = []
    for scale in scales:

        def paid(factor: float, scale: float = scale) -> Float:
            target = -(np.log(scale * factor) + log_value) / (gamma * alpha)
            return np.array([support.optimal_transfer(h, x) for h, x in zip(need, target, strict=True)])

        before, after = paid(1.0), paid(math.exp(step))
        inner = (before > 0) & (after < need)
        slope = (after - before) / step
        rows.append(
            (slope.mean(), slope[inner].mean() if inner.any() else math.nan, (before > 0).mean(), (before >= need).mean())
        )  # fmt: skip
    columns = np.array(rows).T
    return Response(np.asarray(scales), *columns)


@dataclass(frozen=True)
class Game:
    """Several patrons and households: ties patron by patron.

    ``ties`` lists, for each patron, (household, ``h_star``); ``degree`` in the same order; ``budget`` by patron; ``heads`` and
    ``need`` by household; ``scale`` is ``gamma * alpha``.
    """

    ties: tuple[tuple[tuple[int, float], ...], ...]
    degree: tuple[tuple[int, ...], ...]
    budget: Float
    heads: Float
    need: Float
    scale: float = 1.5


@dataclass(frozen=True)
class Settled:
    """The equilibrium: ``paid`` a head by patron and household, and the sweeps of best replies it took."""

    paid: Float
    sweeps: int

    @property
    def received(self) -> Float:
        """Baskets a head that each household gets."""
        return np.asarray(self.paid.sum(axis=0))


def by_value(game: Game) -> list[int]:
    """The order in which the model lets patrons move: highest stake (lowest ``h_star``) first."""
    lowest = [min(x for _, x in ties) for ties in game.ties]
    return sorted(range(len(lowest)), key=lambda k: (lowest[k], k))


def settle(
    game: Game, order: list[int] | None = None, *, nearest: bool = True, start: Float | None = None
) -> Settled:
    """Play the game as the model does: best replies in ``order``, then corners handed to the nearest patron.

    ``start`` (patrons, households) are transfers from which the replies begin, nothing by default.
    """
    count = len(game.ties)
    offset = np.concatenate(([0], np.cumsum([len(t) for t in game.ties]))).astype(np.int64)
    patron = np.repeat(np.arange(count), np.diff(offset))
    house = np.array([j for t in game.ties for j, _ in t], np.int64)
    target = np.array([x for t in game.ties for _, x in t], float)
    degree = np.array([d for row in game.degree for d in row], np.int64)
    by_household = np.lexsort((patron, degree, house)).astype(np.int64)
    household_offset = np.searchsorted(house[by_household], np.arange(game.need.size + 1)).astype(np.int64)
    paid = np.zeros(house.size) if start is None else start[patron, house].astype(float)
    multiplier = np.zeros(count)
    budget = np.asarray(game.budget, float)
    given = np.bincount(house, weights=paid, minlength=game.need.size)
    needed = support.solve(
        0, 1, np.array([0, count]), np.array(by_value(game) if order is None else order, np.int64), offset, patron,
        by_household, household_offset, budget, game.scale, house, target, game.heads, game.need, given, paid, multiplier,
        SWEEPS,
    )  # fmt: skip
    if nearest:
        spent = np.bincount(patron, weights=paid * game.heads[house], minlength=count)
        support.hand_to_nearest(
            by_household, household_offset, patron, degree, budget, spent, target, multiplier, game.scale, game.heads,
            game.need, paid,
        )  # fmt: skip
    table = np.zeros((count, game.need.size))
    np.add.at(table, (patron, house), paid)
    return Settled(table, needed)


def random_game(
    rng: np.random.Generator, *, patrons: int, households: int, kind: str, gap: float = 0.02
) -> Game:
    """A game of a kind: "interior" (nobody wants full relief, no budget), "corner" (all want it, no budget), "budget"
    (nobody wants it, budgets bind) or "both" (some want it, budgets bind for some).

    Stakes of two patrons of one household differ by at least ``gap`` baskets in ``h_star``.
    """
    need, heads = rng.uniform(0.4, 0.9, households), rng.integers(1, 6, households).astype(float)
    low, high = {
        "interior": (0.05, 0.95),
        "corner": (-0.9, -0.05),
        "budget": (0.05, 0.7),
        "both": (-1.4, 0.7),
    }[kind]
    target = np.empty((patrons, households))
    for j in range(households):
        while True:
            drawn = rng.uniform(low, high, patrons) * need[j]
            if patrons < 2 or np.diff(np.sort(drawn)).min() >= gap:
                break
        target[:, j] = drawn
    ties = tuple(tuple((j, float(target[k, j])) for j in range(households)) for k in range(patrons))
    degree = tuple(tuple(int(d) for d in rng.integers(1, 5, households)) for _ in range(patrons))
    budget = np.full(patrons, math.inf)
    if kind in ("budget", "both"):
        budget = rng.uniform(0.1, 0.5, patrons) * float((need * heads).sum()) * (1 if kind == "budget" else 2)
    return Game(ties, degree, budget, heads, need)


def order_spread(game: Game, orders: int, rng: np.random.Generator) -> tuple[float, float]:
    """Largest difference over random orders of play, in what a household gets and in what a patron pays (baskets a head)."""
    found = [settle(game, list(rng.permutation(len(game.ties))), nearest=False).paid for _ in range(orders)]
    received = np.array([paid.sum(axis=0) for paid in found])
    return float(np.ptp(received, axis=0).max()), float(np.ptp(np.array(found), axis=0).max())


# --- hardship that is remembered -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stream:
    """A patron who plans for ever against remembered hardship, ``H' = H + (h - t - H)/memory``.

    ``size`` is ``kappa_w * V * base**gamma``: the weighted loss of a month is ``size * exp(scale * H)``; he discounts by
    ``discount`` a month and pays 1 basket for each basket a head (household of one).
    """

    size: float
    scale: float
    memory: float
    discount: float

    def target(self, weight: float) -> float:
        """``h_star`` of the model with ``weight`` in place of ``D``."""
        return float(support.hardship_target(1.0, self.scale, 1.0, weight * self.size, 1.0, 1.0))

    @property
    def factor(self) -> float:
        """``D`` of the model."""
        return support.stream_factor(self.discount, self.memory)


@dataclass(frozen=True)
class Policy:
    """The best plan on a grid: ``transfer`` and ``value`` (hardship states, momentary states), and the grids."""

    smoothed: Float
    momentary: Float
    transfer: Float
    value: Float


def chain(mean: float, sd: float, persistence: float, states: int) -> tuple[Float, Float]:
    """Momentary hardship as a Markov chain (Rouwenhorst): its states, and the chances of moving between them."""
    if states == 1:
        return np.array([mean]), np.ones((1, 1))
    p = (1.0 + persistence) / 2.0
    moves = np.array([[p, 1 - p], [1 - p, p]])
    for n in range(3, states + 1):
        bigger = np.zeros((n, n))
        bigger[:-1, :-1] += p * moves
        bigger[:-1, 1:] += (1 - p) * moves
        bigger[1:, :-1] += (1 - p) * moves
        bigger[1:, 1:] += p * moves
        bigger[1:-1] /= 2.0
        moves = bigger
    spread = sd * math.sqrt(states - 1)
    return np.maximum(mean + np.linspace(-spread, spread, states), 0.0), moves


def best_plan(
    stream: Stream,
    momentary: Float,
    moves: Float,
    *,
    points: int = 241,
    choices: int = 121,
    rounds: int = 2000,
) -> Policy:
    """The best plan by value iteration: no closed form is used.

    ``momentary`` and ``moves`` are the states and chances of :func:`chain`. This month's loss depends on the hardship that
    is remembered when the month begins; the transfer changes what is remembered from the next month on.
    """
    top = float(momentary.max())
    smoothed = np.linspace(0.0, top, points)
    share = np.linspace(0.0, 1.0, choices)
    value = np.zeros((points, momentary.size))
    loss = stream.size * np.exp(stream.scale * smoothed)
    transfer = share[None, :] * momentary[:, None]
    after = (
        smoothed[:, None, None] * (1.0 - 1.0 / stream.memory)
        + (momentary[:, None] - transfer)[None] / stream.memory
    )
    best = np.zeros((points, momentary.size), np.int64)
    for _ in range(rounds):
        expected = value @ moves.T
        new = np.empty_like(value)
        for i in range(momentary.size):
            total = transfer[i][None, :] + stream.discount * np.interp(after[:, i], smoothed, expected[:, i])
            best[:, i] = total.argmin(axis=1)
            new[:, i] = loss + np.take_along_axis(total, best[:, [i]], axis=1)[:, 0]
        moved = np.abs(new - value).max()
        value = new
        if moved < 1e-9 * np.abs(value).max():
            break
    return Policy(
        smoothed,
        momentary,
        np.take_along_axis(transfer[None].repeat(points, 0), best[..., None], 2)[..., 0],
        value,
    )


def remembered_in_the_end(stream: Stream, policy: Policy, months: int = 400) -> float:
    """Smoothed hardship to which the best plan leads from above when momentary hardship does not change."""
    h, level = float(policy.momentary[0]), float(policy.momentary[0])
    trace = []
    for _ in range(months):
        t = float(np.interp(level, policy.smoothed, policy.transfer[:, 0]))
        level += (h - t - level) / stream.memory
        trace.append(level)
    return float(np.mean(trace[months // 2 :]))


def cost_of_plan(
    stream: Stream,
    policy: Policy,
    moves: Float,
    weight: float | None,
    *,
    months: int,
    paths: int,
    rng: np.random.Generator,
) -> float:
    """Mean discounted cost of a plan over random histories: the best plan, or the model's rule with ``weight`` for ``D``."""
    cut = np.cumsum(moves, axis=1)
    state = np.full(paths, policy.momentary.size // 2)
    level = np.full(paths, policy.momentary[state[0]])
    total = np.zeros(paths)
    target = 0.0 if weight is None else stream.target(weight)
    for month in range(months):
        h = policy.momentary[state]
        if weight is None:
            t = np.empty(paths)
            for i in range(policy.momentary.size):
                here = state == i
                t[here] = np.interp(level[here], policy.smoothed, policy.transfer[:, i])
        else:
            t = np.clip(h - target, 0.0, h)
        total += stream.discount**month * (stream.size * np.exp(stream.scale * level) + t)
        level = level + (h - t - level) / stream.memory
        state = (rng.random(paths)[:, None] > cut[state]).sum(axis=1)
    return float(total.mean())


# --- what is shown -------------------------------------------------------------------------------------------------------


def demonstrate(setting: Setting) -> Demonstration:
    """All theorems of the support game."""
    parts = [_optimum(setting), _slope(setting), _payers(setting), _memory(setting)]
    return Demonstration(
        "support",
        "The support game",
        tuple(f for findings, _ in parts for f in findings),
        tuple(p for _, panels in parts for p in panels),
    )


Part = tuple[list[Finding], list[Panel]]


def _optimum(setting: Setting) -> Part:
    findings: list[Finding] = []
    for gamma, words in ((0.33, "weighted risk"), (0.5, "weighted risk"), (1.0, "objective risk")):
        for budgeted in (False, True):
            rng = setting.rng(1, round(100 * gamma), budgeted)
            excess: list[float] = []
            while len(excess) < 8:
                problem = random_problem(
                    rng, relatives=int(rng.integers(1, 6)), gamma=gamma, kappa=1.0 if gamma == 1.0 else 0.5
                )
                wanted = float((closed_form(problem)[0] * problem.heads).sum())
                if problem.largest_weight() >= 1.0 or wanted <= 0.0:
                    continue
                budget = wanted * rng.uniform(0.2, 0.9) if budgeted else math.inf
                excess.append(excess_over_optimum(problem, budget))
            findings.append(
                agrees(
                    "cost above the best an optimiser finds, farthest of 8 (share)",
                    f"{words}, gamma {gamma:g}, two reaches, 1 to 5 relatives, {'budget binds' if budgeted else 'no budget'}",
                    0.0,
                    max(excess, key=abs),
                    1e-5,
                )
            )
    lifts = np.array([0.25, 0.5, 0.8, 1.0, 1.5, 2.0, 3.0])
    excess = [_excess_at(lift) for lift in lifts]
    findings.append(
        beyond(
            "cost above the best found by trying (share)",
            "w(P) would be twice its cap of 1 at no transfer",
            0.0, excess[5],
        )
    )  # fmt: skip
    panel = Panel(
        "The closed form and the cap of w at 1", "weight w(P) before its cap, at no transfer",
        "cost above the best (share)",
        (
            curve("closed form against all transfers tried", "model", lifts, excess),
            curve("optimal", "theory", lifts, 0 * lifts),
        ),
    )  # fmt: skip
    return findings, [panel]


def _excess_at(lift: float) -> float:
    """Excess of the closed form for a relative whose weight at no transfer would be ``lift``, stakes just worth full relief."""
    need, gamma, alpha, kappa, heads = 0.8, 0.5, 3.0, 1.0, 4.0
    base = (lift / kappa) ** (1 / gamma) * math.exp(-alpha * need)
    loss = heads * math.exp(-gamma * alpha * 0.3) / (gamma * alpha * kappa * base**gamma)
    problem = Problem(
        np.array([need]), np.array([heads]), np.array([base]), np.array([[loss, 0.0]]), np.array([[1.0, 0.0]]),
        alpha, gamma, kappa,
    )  # fmt: skip
    return excess_under_cap(problem)


def _slope(setting: Setting) -> Part:
    alpha, gamma = setting.month.number("support.alpha"), setting.month.number("support.gamma")
    scales = np.geomspace(0.2, 20.0, 25)
    found = response_to_loss(
        scales=scales, ties=4000, alpha=alpha, gamma=gamma, step=0.02, rng=setting.rng(2)
    )
    theory = 1.0 / (gamma * alpha)
    inner = found.slope_interior[np.isfinite(found.slope_interior)]
    problem = random_problem(setting.rng(3), relatives=5, gamma=gamma)
    wanted = float((closed_form(problem)[0] * problem.heads).sum())
    before, _ = closed_form(problem, 0.4 * wanted)
    after, _ = closed_form(replace(problem, loss=1.3 * problem.loss), 0.4 * wanted)
    peak = int(np.argmax(found.slope_all))
    findings = [
        agrees(
            "slope of the transfer in ln L (baskets)",
            "interior, unbudgeted ties",
            theory,
            float(inner.mean()),
            1e-6,
        ),
        agrees(
            "change of a transfer when all losses rise by 30 %",
            "binding budget",
            0.0,
            float(np.abs(after - before).max()),
            1e-6,
        ),
        beyond(
            "mean slope at its highest (baskets)",
            f"all ties, {found.share_paid[peak]:.0%} of them paid",
            theory,
            float(found.slope_all[peak]),
        ),
        beyond(
            "mean slope at the largest losses (baskets)",
            f"{found.share_full[-1]:.0%} fully relieved",
            theory,
            float(found.slope_all[-1]),
        ),
    ]
    panel = Panel(
        "How transfers answer the loss", "loss, as a multiple", "slope in ln L (baskets)",
        (
            curve("1/(γα)", "theory", scales, np.full(scales.size, theory)),
            curve("interior ties", "model", scales, found.slope_interior),
            curve("all ties", "model", scales, found.slope_all),
        ),
        log_x=True,
    )  # fmt: skip
    return findings, [panel]


def _share_with_one_payer(games: list[Game], *, nearest: bool) -> float:
    """Share of households with exactly one payer among those that are paid at all."""
    payers = np.concatenate([(settle(game, nearest=nearest).paid > 1e-9).sum(axis=0) for game in games])
    return float((payers[payers > 0] == 1).mean())


def _payers(setting: Setting) -> Part:
    rng = setting.rng(4)
    findings = [*_who_pays(rng), *_in_any_order(rng)]
    rounds, panel = _rounds()
    return [*findings, rounds], [panel]


def _who_pays(rng: np.random.Generator) -> list[Finding]:
    """One payer inside the conditions, who he is, and the next one's wish where budgets bind."""
    made = {
        kind: [random_game(rng, patrons=3, households=1, kind=kind) for _ in range(150)]
        for kind in ("interior", "corner", "budget")
    }
    one = {kind: _share_with_one_payer(games, nearest=True) for kind, games in made.items()}
    highest = np.mean([settle(g).paid[:, 0].argmax() == by_value(g)[0] for g in made["interior"]])
    nearest = [
        settle(g).paid[:, 0].argmax() == min(range(3), key=lambda k: (g.degree[k][0], k))
        for g in made["corner"]
        if len({row[0] for row in g.degree}) == 3
    ]
    short = max(_gap_to_next_wish(g) for g in made["budget"])
    interior, corner = "interior, unbudgeted, different stakes", "corner: all want full relief, no budget"
    wish = "what the next patron's wish is short by, worst (baskets a head)"
    filled = "budgets bind: the next fills up to his own wish"
    return [
        agrees("households with one payer (share)", interior, 1.0, one["interior"], 0.0),
        agrees("payer is the one with the highest stake (share)", interior, 1.0, float(highest), 0.0),
        agrees("payer is the nearest relative (share)", corner, 1.0, float(np.mean(nearest)), 0.0),
        agrees(wish, filled, 0.0, short, 2 * support.TOLERANCE),
        beyond("households with one payer (share)", "budgets bind", 1.0, one["budget"]),
    ]


def _in_any_order(rng: np.random.Generator) -> list[Finding]:
    """How far what a household gets hangs on the order of play, inside the conditions and outside."""
    spread = {
        kind: np.array([order_spread(random_game(rng, patrons=4, households=4, kind=kind), 5, rng)[0] for _ in range(40)])
        for kind in ("interior", "budget", "both")
    }  # fmt: skip
    settled = max(float(spread["interior"].max()), float(spread["budget"].max()))
    left_over = [
        _left_on_the_table(random_game(rng, patrons=4, households=4, kind="both")) for _ in range(60)
    ]
    return [
        agrees(
            "spread of what a household gets over orders of play, worst of 80 (baskets a head)",
            "four patrons, four households, nobody wants full relief, with and without budgets",
            0.0,
            settled,
            10 * support.TOLERANCE,
        ),
        beyond(
            "the same, 90th percentile of 40",
            "some want full relief and budgets bind for some",
            0.0,
            float(np.quantile(spread["both"], 0.9)),
        ),
        beyond(
            "budget freed by the nearest relative's paying that could still help others, mean (share of what is paid)",
            "the same",
            0.0,
            float(np.mean(left_over)),
        ),
    ]


def _rounds() -> tuple[Finding, Panel]:
    """Sweeps until nothing moves, by the distance of two stakes and by who moves first."""
    gaps = np.geomspace(0.3, 0.003, 9)
    sweeps = [float(np.mean([_sweeps_at(gap, s, [1, 0]) for s in range(4)])) for gap in gaps]
    first = [float(np.mean([_sweeps_at(gap, s, [0, 1]) for s in range(4)])) for gap in gaps]
    finding = agrees(
        "sweeps in which the highest stake, moving first, settles an interior game",
        "stakes 0.003 to 0.3 baskets apart",
        1.0,
        max(first),
        1.0,
    )
    panel = Panel(
        "Rounds until nothing moves", "distance of the two stakes (baskets of h*)", "sweeps of best replies",
        (curve("lowest stake moves first", "model", gaps, sweeps), curve("highest stake moves first", "model", gaps, first)),
        log_x=True,
    )  # fmt: skip
    return finding, panel


def _sweeps_at(gap: float, seed: int, order: list[int]) -> int:
    rng = np.random.default_rng(seed)
    low = rng.uniform(0.1, 0.3)
    game = Game(
        (((0, low),), ((0, low + gap),)), ((1,), (2,)), np.full(2, math.inf), np.ones(1), np.array([0.9])
    )
    return settle(game, order, nearest=False).sweeps


def _gap_to_next_wish(game: Game) -> float:
    """How far a household ends from the wish of the highest patron whose budget is not spent, if he would give more."""
    paid = settle(game, nearest=False).paid
    spent = (paid * game.heads).sum(axis=1)
    free = [k for k in range(len(game.ties)) if spent[k] < game.budget[k] * (1 - 1e-6)]
    if not free:
        return 0.0
    wish = min(dict(game.ties[k])[0] for k in free)
    left = float(game.need[0] - paid.sum())
    return max(0.0, left - max(wish, 0.0))


def _left_on_the_table(game: Game) -> float:
    """What the relieved would still give to others once the nearest pay at corners, as a share of all that is paid."""
    before = settle(game).paid
    again = settle(game, start=before, nearest=False).paid
    return float(((again - before) @ game.heads).sum() / max((before @ game.heads).sum(), 1e-12))


def _memory(setting: Setting) -> Part:
    alpha, gamma = setting.month.number("support.alpha"), setting.month.number("support.gamma")
    discount, memory = (
        setting.month.number("support.discount"),
        setting.month.number("flight.hardship_memory"),
    )
    need, sd = 0.8, 0.2
    wanted = np.array([0.1, 0.2, 0.35, 0.5, 0.65])
    found = []
    for h_star in wanted:
        stream = _stream_for(h_star, gamma * alpha, memory, discount)
        policy = best_plan(stream, *chain(need, 0.0, 0.0, 1))
        found.append(remembered_in_the_end(stream, policy))
    stream = _stream_for(0.35, gamma * alpha, memory, discount)
    states, moves = chain(need, sd, setting.month.number("economy.autocorrelation"), 7)
    policy = best_plan(stream, states, moves, points=81, choices=61, rounds=900)
    weights = {
        "best plan": None,
        "rule with D": stream.factor,
        "rule with D = 1": 1.0,
        "this month only (D = 1/τ)": 1.0 / memory,
        "nothing": 1e-9,
    }
    costs = {
        name: cost_of_plan(stream, policy, moves, w, months=600, paths=1000, rng=setting.rng(5))
        for name, w in weights.items()
    }  # fmt: skip
    scale = costs["nothing"] - costs["best plan"]
    lost = {name: (cost - costs["best plan"]) / scale for name, cost in costs.items()}
    month_only = stream.target(1.0 / memory)
    findings = [
        *(
            agrees(
                "smoothed hardship under the best plan (baskets)",
                f"hardship constant at {need:g}, stakes for h* = {h:g} with D",
                float(h),
                f,
                0.015,
            )
            for h, f in zip(wanted, found, strict=True)
        ),
        beyond(
            "gain that the rule with D loses against the best plan (share)",
            f"hardship moves (sd {sd:g}, as persistent as the model's shock)",
            0.0,
            lost["rule with D"],
        ),
        beyond(
            "gain that a patron loses who looks at this month only (share)",
            "the same, D = 1/τ",
            0.0,
            lost["this month only (D = 1/τ)"],
        ),
        beyond(
            "hardship at which he begins to pay (baskets)", "D = 1/τ, against h* with D", 0.35, month_only
        ),
    ]
    panel = Panel(
        "Hardship the patron lets stand", "h* with D (baskets)", "smoothed hardship in the end (baskets)",
        (
            curve("h* with D", "theory", wanted, wanted),
            curve("dynamic programming", "model", wanted, found),
            curve("h* of this month only (D = 1/τ), up to all", "theory", wanted, np.minimum(need, wanted + (month_only - 0.35))),
        ),
    )  # fmt: skip
    return findings, [panel]


def _stream_for(h_star: float, scale: float, memory: float, discount: float) -> Stream:
    """A patron for whom ``h_star`` with ``D`` is the given one."""
    factor = support.stream_factor(discount, memory)
    return Stream(math.exp(-scale * h_star) / (scale * factor), scale, memory, discount)
