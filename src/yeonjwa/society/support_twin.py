"""The slow, readable twin of the support game: plain Python, everyone moves in every sweep."""

from __future__ import annotations

from collections.abc import Sequence


def reply(ties: Sequence[tuple[float, float, float, float]], budget: float, scale: float) -> list[float]:
    """One patron's transfers a head: what each relative still needs, cut down evenly in hardship until the budget fits.

    Parameters
    ----------
    ties : sequence of (need, others, target, heads)
        Hardship a head, what others give, the unbudgeted ``h_star``, persons.
    budget : float
        Baskets.
    scale : float
        ``gamma * alpha``.
    """

    def wishes(log_multiplier: float) -> list[float]:
        return [
            min(max(need - others - (target + log_multiplier / scale), 0.0), max(need - others, 0.0))
            for need, others, target, _ in ties
        ]

    def cost(transfers: Sequence[float]) -> float:
        return sum(t * heads for t, (_, _, _, heads) in zip(transfers, ties, strict=True))

    free = wishes(0.0)
    if cost(free) <= budget:
        return free
    low, high = 0.0, 1.0
    while cost(wishes(high)) > budget:
        low, high = high, 2 * high
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if cost(wishes(middle)) > budget else (low, middle)
    return wishes(high)


def solve(
    order: Sequence[int],
    ties_of: Sequence[Sequence[tuple[int, float]]],
    budget: Sequence[float],
    scale: float,
    heads: Sequence[float],
    need: Sequence[float],
    sweeps: int = 20_000,
    tolerance: float = 1e-9,
) -> list[list[float]]:
    """Transfers a head of every patron to every relative, by sweeps of best replies until nothing moves.

    Parameters
    ----------
    order : sequence of int
        Patrons in the order of play.
    ties_of : sequence of sequences of (household, target)
        Ties of each patron.
    budget, heads, need : sequences of float
        By patron; by household.
    scale : float
        ``gamma * alpha``.
    """
    paid = [[0.0] * len(ties) for ties in ties_of]
    for _ in range(sweeps):
        moved = 0.0
        for k in order:
            rows = []
            for j, target in ties_of[k]:
                others = sum(
                    paid[other][i]
                    for other, ties in enumerate(ties_of)
                    if other != k
                    for i, (house, _) in enumerate(ties)
                    if house == j
                )
                rows.append((need[j], others, target, heads[j]))
            new = reply(rows, budget[k], scale)
            moved = max([moved, *(abs(a - b) for a, b in zip(new, paid[k], strict=True))])
            paid[k] = new
        if moved <= tolerance:
            break
    return paid
