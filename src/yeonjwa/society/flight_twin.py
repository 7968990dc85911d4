"""Slow, readable twins of the kernels of :mod:`yeonjwa.society.flight`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from yeonjwa.kinship.members import members
from yeonjwa.society.codes import BANISHED, HOME
from yeonjwa.society.world import World


def close_kin_outside(world: World) -> NDArray[np.float64]:
    """Sum of relatedness to living kin within 2 chon outside the household, for one adult of each household."""
    people, n = world.state.people, world.state.num_houses
    adult = np.full(n, -1, np.int32)
    for p in np.flatnonzero(people.house >= 0).tolist():
        house = people.house[p]
        if adult[house] < 0 and world.t - int(world.tree.birth[p]) >= world.tree.adult:
            adult[house] = p
    rows = np.flatnonzero(adult >= 0)
    present = (people.where == HOME) | (people.where == BANISHED)
    found = members(world.graph, "chon<=2", adult[rows], month=world.t, mask=present)
    owner = np.repeat(rows, np.diff(found.offset))
    outside = people.house[found.person] != owner
    both = (found.up == 1) & (found.down == 1) & ~found.half
    related = np.where(both, 2.0, 1.0) * 0.5 ** found.degree.astype(float)
    return np.bincount(owner[outside], weights=related[outside], minlength=n).astype(float)
