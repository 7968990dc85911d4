"""Step 5: the support game (MODEL.md, section 6).

A household of ``n`` persons has a monthly hazard that somebody leaves, ``base * exp(alpha * (h - t))`` with ``t`` the
transfer a head. A patron believes that a departure brings the loss ``L`` with probability ``p`` and weights small
risks, ``w(P) = kappa_w * P**gamma``. He minimises the weighted losses plus what he pays, under his budget. With ``m`` the
budget's multiplier the optimum is ``t = clip(h - h_star, 0, h)`` with::

    h_star = ln(n * (1 + m) / (gamma * alpha * D * kappa_w * V * base**gamma)) / (gamma * alpha),   V = sum of L * p**gamma

``D`` is the discount of a patron who values the whole stream of smoothed hardship (1 for the momentary form).
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.memory import prefetch

Float = NDArray[np.float64]

#: Best replies are played until no transfer moves by more than this (baskets a head).
TOLERANCE = 1e-3
#: Ties by which memory is asked for ahead.
AHEAD = 24
#: Bisection steps for the budget's multiplier: 2**-50 of its range.
BISECTIONS = 50
#: Guesses by which the multiplier is enclosed first, and how far beyond the place they mean they lie, in parts.
GUESSES, NEARLY = 10, 1e-14


def stream_factor(discount: float, memory: float) -> float:
    """Weight of a month's transfer in the stream of smoothed hardship, ``D = (b/tau) / (1 - b*(1 - 1/tau))``.

    Parameters
    ----------
    discount : float
        Monthly discount factor ``b``, 0 to 1.
    memory : float
        Memory of hardship ``tau``, months, 1 or more.
    """
    return (discount / memory) / (1.0 - discount * (1.0 - 1.0 / memory))


@numba.njit(cache=True, nogil=True)
def hardship_target(n: float, alpha: float, gamma: float, weight: float, value: float, base: float) -> float:
    """Hardship ``h_star`` above which the unbudgeted patron pays.

    Parameters
    ----------
    n : float
        Persons in the relative's household.
    alpha, gamma : float
        Hardship in the log hazard, per basket; exponent of the risk weight.
    weight : float
        ``D * kappa_w``.
    value : float
        ``V = sum over reaches of L * p**gamma``, baskets.
    base : float
        Monthly hazard of the household at no hardship.
    """
    if value <= 0.0 or base <= 0.0 or weight <= 0.0:
        return math.inf
    return math.log(n / (gamma * alpha * weight * value * base**gamma)) / (gamma * alpha)


def optimal_transfer(h: float, target: float) -> float:
    """Transfer a head of an unbudgeted patron, ``clip(h - h_star, 0, h)``."""
    return min(max(h - target, 0.0), h)


def altruistic_transfer(mine: float, theirs: float, relatedness: float, strength: float) -> float:
    """Stark's transfer a head, ``max(0, b*y_m - (1 - b)*y_h)`` with ``b = s*r / (1 + s*r)``.

    Parameters
    ----------
    mine, theirs : float
        Consumption a head of giver and receiver, baskets.
    relatedness : float
        Coefficient of relatedness, 0 to 1.
    strength : float
        Strength of altruism, 0 or more.
    """
    b = strength * relatedness / (1.0 + strength * relatedness)
    return max(0.0, b * mine - (1.0 - b) * theirs)


@numba.njit(cache=True, nogil=True)
def give_altruistically(
    order: np.ndarray,
    patron: np.ndarray,
    relative: np.ndarray,
    relatedness: Float,
    strength: float,
    mine: Float,
    theirs: Float,
    heads: Float,
    budget: Float,
    need: Float,
    paid: Float,
) -> None:
    """The altruistic part of support; fills ``paid`` (a head) and takes it off ``budget`` and ``need``.

    Ties are visited in ``order`` (nearest first). ``patron`` and ``relative`` index the arrays of patrons
    (``mine``, ``budget``) and of relatives (``theirs``, ``heads``, ``need``).
    """
    for s in range(order.size):
        ahead = relative[order[min(s + AHEAD, order.size - 1)]]
        prefetch(need, ahead)
        prefetch(theirs, ahead)
        prefetch(heads, ahead)
        i = order[s]
        k, j = patron[i], relative[i]
        if need[j] <= 0.0 or budget[k] <= 0.0:
            continue
        b = strength * relatedness[i] / (1.0 + strength * relatedness[i])
        wish = b * mine[k] - (1.0 - b) * theirs[j]
        give = min(wish, need[j], budget[k] / heads[j])
        if give > 0.0:
            paid[i] += give
            need[j] -= give
            theirs[j] += give
            budget[k] -= give * heads[j]


@numba.njit(cache=True, nogil=True)
def _spend(
    first: int,
    last: int,
    log_multiplier: float,
    scale: float,
    relative: np.ndarray,
    target: Float,
    heads: Float,
    need: Float,
    given: Float,
    paid: Float,
    write: bool,
) -> tuple[float, float]:
    """What one patron spends on his ties ``first`` to ``last - 1`` at a multiplier, and how fast that falls as the multiplier
    rises; writes what he pays if asked."""
    total, fall = 0.0, 0.0
    for i in range(first, last):
        j = relative[i]
        open_need = need[j] - (given[j] - paid[i])
        wish = open_need - (target[i] + log_multiplier / scale)
        t = min(max(wish, 0.0), max(open_need, 0.0))
        total += t * heads[j]
        if 0.0 < wish < open_need:
            fall += heads[j] / scale
        if write:
            given[j] += t - paid[i]
            paid[i] = t
    return total, fall


@numba.njit(cache=True, nogil=True)
def best_reply(
    first: int,
    last: int,
    budget: float,
    scale: float,
    relative: np.ndarray,
    target: Float,
    heads: Float,
    need: Float,
    given: Float,
    paid: Float,
) -> float:
    """Play one patron's best reply to what the others give; returns the log of his budget's multiplier, ``ln(1 + m)``."""
    wanted, fall = _spend(first, last, 0.0, scale, relative, target, heads, need, given, paid, False)
    log_multiplier = 0.0
    if wanted > budget:
        guess = (wanted - budget) / fall if fall > 0.0 else scale
        below, above = _enclose(first, last, budget, guess, scale, relative, target, heads, need, given, paid)
        low, high = 0.0, scale
        # What he spends falls as the multiplier rises, down to the last bit: most halves need no look at the ties.
        while high < above and (
            high <= below
            or _spend(first, last, high, scale, relative, target, heads, need, given, paid, False)[0] > budget
        ):
            low, high = high, 2.0 * high
            if high > 1e6:
                break
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            if middle < above and (
                middle <= below
                or _spend(first, last, middle, scale, relative, target, heads, need, given, paid, False)[0]
                > budget
            ):
                low = middle
            else:
                high = middle
        log_multiplier = high
    _spend(first, last, log_multiplier, scale, relative, target, heads, need, given, paid, True)
    return log_multiplier


@numba.njit(cache=True, nogil=True)
def _enclose(
    first: int,
    last: int,
    budget: float,
    guess: float,
    scale: float,
    relative: np.ndarray,
    target: Float,
    heads: Float,
    need: Float,
    given: Float,
    paid: Float,
) -> tuple[float, float]:
    """A multiplier at which the patron spends more than his budget (or 0), and one at which he does not (or infinity).

    Guesses follow the slope, which within one piece of the straight lines leads to the place itself, and then lie a little
    beyond it, so that the two end close together.
    """
    below, above = 0.0, math.inf
    for _ in range(GUESSES):
        if not below < guess < above:
            guess = 0.5 * (below + above) if above < math.inf else 2.0 * below + scale
        cost, fall = _spend(first, last, guess, scale, relative, target, heads, need, given, paid, False)
        beyond = NEARLY * (guess + scale)
        if cost > budget:
            below = guess
        else:
            above, beyond = guess, -beyond
        if above - below < 4.0 * NEARLY * (guess + scale):
            break
        guess = guess + (cost - budget) / fall + beyond if fall > 0.0 else above
    return below, above


@numba.njit(cache=True, nogil=True)
def solve(
    first: int,
    last: int,
    begin: np.ndarray,
    order: np.ndarray,
    offset: np.ndarray,
    patron: np.ndarray,
    by_household: np.ndarray,
    household_offset: np.ndarray,
    budget: Float,
    scale: float,
    relative: np.ndarray,
    target: Float,
    heads: Float,
    need: Float,
    given: Float,
    paid: Float,
    multiplier: Float,
    max_sweeps: int,
) -> int:
    """Equilibrium of the liability game in the groups ``first`` to ``last - 1`` by repeated best replies; returns the number of
    sweeps of the group that took most.

    Patrons of a group move in ``order``, highest value first, so that in interior cases one sweep is the equilibrium. After that
    only those move again to whose relatives somebody else has given more or less by over TOLERANCE since, until nobody is left.

    Parameters
    ----------
    begin : int (groups + 1,)
        Patrons of group g are order[begin[g]:begin[g + 1]]. Two groups must have no household in common.
    order : int (patrons,)
        Patrons group by group, in the order of play.
    offset : int (patrons + 1,)
        Ties of patron k are offset[k] to offset[k + 1] - 1.
    patron : int (ties,)
        Patron of each tie.
    by_household, household_offset : int (ties,), int (households + 1,)
        Ties of household j are by_household[household_offset[j]:household_offset[j + 1]].
    budget : float (patrons,)
        Baskets that may be spent this month.
    scale : float
        ``gamma * alpha``.
    relative, target : (ties,)
        Household of the tie; unbudgeted ``h_star``.
    heads, need : float (households,)
        Persons; hardship a head that is left.
    paid : float (ties,)
        The transfer a head, from which replies begin and with which they end; ``given`` (households,), its sum over the ties
        of each household, is kept up. ``multiplier`` (patrons,) with ``ln(1 + m)``.
    max_sweeps : int
        Sweeps after which a group is left as it stands; slow only where two stakes are nearly equal.
    """
    largest, most = 0, 0
    for k in order[begin[first] : begin[last]]:
        largest = max(largest, offset[k + 1] - offset[k])
    before = np.empty(largest)
    waiting = np.empty(budget.size, np.bool_)
    for g in range(first, last):
        players, sweeps, moving = order[begin[g] : begin[g + 1]], 0, True
        for k in players:
            waiting[k] = offset[k] < offset[k + 1]
        while moving and sweeps < max_sweeps:
            sweeps += 1
            moving = False
            for k in players:
                if not waiting[k]:
                    continue
                waiting[k] = False
                low, high = offset[k], offset[k + 1]
                before[: high - low] = paid[low:high]
                multiplier[k] = best_reply(
                    low, high, budget[k], scale, relative, target, heads, need, given, paid
                )
                for i in range(low, high):
                    if abs(paid[i] - before[i - low]) > TOLERANCE:
                        j = relative[i]
                        ties = by_household[household_offset[j] : household_offset[j + 1]]
                        moving |= _wake(ties, patron, k, waiting)
        most = max(most, sweeps)
    return most


@numba.njit(cache=True, nogil=True)
def _wake(ties: np.ndarray, patron: np.ndarray, mover: int, waiting: np.ndarray) -> bool:
    """Let the patrons of these ties move again but the one who has just moved; tells whether there is any."""
    any_other = False
    for i in ties:
        if patron[i] != mover:
            waiting[patron[i]] = True
            any_other = True
    return any_other


@numba.njit(cache=True, nogil=True)
def hand_to_nearest(
    by_household: np.ndarray,
    household_offset: np.ndarray,
    patron: np.ndarray,
    degree: np.ndarray,
    budget: Float,
    spent: Float,
    target: Float,
    multiplier: Float,
    scale: float,
    heads: Float,
    need: Float,
    paid: Float,
) -> None:
    """Where several patrons would each relieve a household in full, let the nearest of them pay.

    ``by_household`` lists ties household by household (``household_offset``), nearest first. Only what fits the nearest
    patron's budget is handed over; at a corner every split is an equilibrium, so nothing else has to change.
    """
    for j in range(need.size):
        first, last = household_offset[j], household_offset[j + 1]
        total = 0.0
        for s in range(first, last):
            total += paid[by_household[s]]
        if last - first < 2 or need[j] <= 0.0 or total < need[j] - TOLERANCE:
            continue
        for s in range(first, last):
            near = by_household[s]
            k = patron[near]
            if target[near] + multiplier[k] / scale > 0.0:
                continue
            for later in range(s + 1, last):
                far = by_household[later]
                if degree[far] > degree[near] and paid[far] > 0.0 and patron[far] != k:
                    shift = min(paid[far], max(0.0, budget[k] - spent[k]) / heads[j])
                    paid[far] -= shift
                    paid[near] += shift
                    spent[patron[far]] -= shift * heads[j]
                    spent[k] += shift * heads[j]
            break
