"""Who applies for the party (step 10): a behaviour that weighs what membership brings against what it is worth to stay.

The log-odds that somebody of the right age who is not barred applies this year are

    party.appeal + party.apply_gain * gain - party.apply_hazard * hazard

with ``gain`` what membership adds to expected log income (the share of members with a post less that of others, times the
gap of incomes), the same for everyone, and ``hazard`` the chance that the household leaves within the year. Who plans to leave
does not apply. A visible stain within the shallowest depth refuses the applicant.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from yeonjwa.society.codes import OFFICIAL, POSTS
from yeonjwa.society.hints import logistic
from yeonjwa.society.rows import count_standing
from yeonjwa.society.world import World


def gain_of_membership(world: World) -> float:
    """Expected log income that membership adds: chance of a post with it less that without, times the gap of incomes."""
    latest = world.t - 12 * int(world.month.number("party.min_age"))
    adults = count_standing(world.awake(), latest, len(POSTS), world.tree, world.state.people).adults

    def share(member: int) -> float:
        count = int(adults[member].sum())
        return float(adults[member, 1] / count) if count else 0.0

    median = world.month.vector("economy.median", "class")
    return (share(1) - share(0)) * float(np.log(median[OFFICIAL] / median[0]))


def applicants(world: World, eligible: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those of the eligible who apply this year."""
    month, people, houses = world.month, world.state.people, world.state.houses
    home = np.maximum(people.house[eligible], 0)
    hazard = houses.base[home] * np.exp(month.number("support.alpha") * houses.smoothed[home].astype(float))
    yearly = 1.0 - np.exp(-12.0 * hazard)
    odds = (
        month.number("party.appeal")
        + month.number("party.apply_gain") * gain_of_membership(world)
        - month.number("party.apply_hazard") * yearly
    )
    applies = (world.draw("party.apply", eligible) < logistic(odds)) & (houses.plan[home] == 0)
    return np.asarray(eligible[applies])
