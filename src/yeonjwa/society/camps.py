"""Step 8: camps (MODEL.md, section 8): intake, deaths, releases, closures."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.parallel import over_rows
from yeonjwa.kinship.members import members
from yeonjwa.society.codes import CAMP, DEAD, HOME, KIN, LABOUR, SEXES, STAIN_CAMP
from yeonjwa.society.flight import bring_home
from yeonjwa.society.households import leave, settle_household
from yeonjwa.society.state import Membership, Tree
from yeonjwa.society.world import World

#: Candidates that are put in order at first, for each place in the camps.
_ENOUGH = 4


@numba.njit(cache=True)
def _commit(persons: np.ndarray, month: int, tree: Tree, party: np.ndarray, m: Membership) -> None:
    for i in range(persons.size):
        p = np.int64(persons[i])
        h = np.int64(m.house[p])
        leave(p, m)
        m.where[p] = CAMP
        m.gone_since[p] = month
        m.post[p] = 0
        party[p] = 0
        if h >= 0:
            settle_household(h, month, tree, m)


def intake(
    world: World, persons: NDArray[np.integer], kin: NDArray[np.integer], counted: bool = True
) -> None:
    """Send people to a camp.

    Parameters
    ----------
    persons : int (n,)
        Who.
    kin : int (n,)
        Kin type to the offender (position in KIN), -1 for offenders themselves.
    counted : bool
        Whether they are an intake of the month; the stock of the first month is not.
    """
    if len(persons) == 0:
        return
    ids = np.asarray(persons, np.int32)
    _commit(ids, world.t, world.tree, world.state.people.party, world.state.membership)
    world.state.people.stain[ids] |= STAIN_CAMP
    world.state.inmates = np.concatenate([world.state.inmates, ids])
    if not counted:
        return
    recorder = world.recorder
    recorder.add("camp.intake", ids.size)
    counts = np.bincount(np.asarray(kin, np.int64) + 1, minlength=len(KIN) + 1)
    recorder.split("camp.intake", "kin", ("offender", *KIN), counts)


def labour_of(world: World, inmates: NDArray[np.integer]) -> NDArray[np.int64]:
    """Labour regime of each inmate (position in LABOUR): drawn once for a person, for life."""
    edges = np.cumsum(world.month.vector("camp.labour", "labour"))
    drawn = np.searchsorted(edges, world.draw("camp.labour", inmates, 0) * edges[-1], side="right")
    return np.asarray(np.minimum(drawn, len(LABOUR) - 1), np.int64)


def step_camps(world: World) -> None:
    """Deaths beyond those of the life table, releases, closures; then the stock is counted."""
    month, state, recorder = world.month, world.state, world.recorder
    people = state.people
    inmates = state.inmates[people.where[state.inmates] == CAMP]
    labour = labour_of(world, inmates)
    yearly = month.number("camp.mortality") * month.vector("camp.labour_mortality", "labour")[labour]
    died = world.draw("camp.death", inmates) < 1.0 - np.exp(-yearly / 12.0)
    yearly = month.number("camp.release") * month.vector("camp.labour_release", "labour")[labour]
    freed = ~died & (world.draw("camp.release", inmates) < 1.0 - np.exp(-yearly / 12.0))
    closed = ~died & ~freed & (world.draw("camp.closure", inmates) < month.number("camp.closure"))
    perished = closed & (world.draw("camp.closure_death", inmates) < month.number("camp.closure_deaths"))
    dead, out = died | perished, freed | (closed & ~perished)
    people.where[inmates[dead]] = DEAD
    recorder.add("camp.deaths", dead.sum())
    recorder.split("camp.deaths", "labour", LABOUR, np.bincount(labour[dead], minlength=len(LABOUR)))
    recorder.events(world.t, "camp_death", inmates[dead])
    people.where[inmates[out]] = HOME
    bring_home(world, inmates[out])
    recorder.add("camp.released", out.sum())
    recorder.split("camp.released", "labour", LABOUR, np.bincount(labour[out], minlength=len(LABOUR)))
    recorder.events(world.t, "released", inmates[out])
    stays = ~(died | freed | closed)
    state.inmates = inmates[stays]
    recorder.add("camp.stock", state.inmates.size)
    recorder.split("camp.stock", "sex", SEXES, np.bincount(world.tree.sex[state.inmates], minlength=2))
    recorder.split("camp.stock", "labour", LABOUR, np.bincount(labour[stays], minlength=len(LABOUR)))


def fill(world: World, target: float) -> None:
    """Bring the stock up to ``target`` persons with families drawn by the rule: offenders, some with their circle.

    Used once, after the unrecorded years: the prisoners of earlier decades are not simulated one by one.
    """
    month, state = world.month, world.state
    state.inmates = state.inmates[state.people.where[state.inmates] == CAMP]
    oldest = world.t - 12 * int(month.number("offence.min_age"))
    candidates = np.concatenate(
        over_rows(_at_home, world.tree.birth.size, oldest, world.tree.birth, state.people.where)
    )
    draw = world.draw("camp.fill", candidates)
    # Far fewer are taken than could be: those with low draws are put in order first.
    order = _in_order(candidates, draw, draw < _ENOUGH * target / max(candidates.size, 1))
    batch = max(16, int(target // 20))
    start, present = 0, world.present()
    while state.inmates.size < target and start < candidates.size:
        if start + batch > order.size and order.size < candidates.size:
            order = _in_order(candidates, draw, np.ones(draw.size, np.bool_))
        some = order[start : start + batch]
        start += batch
        chosen = some[state.people.where[some] == HOME]
        whole = world.draw("camp.fill_family", chosen) < month.number("camp.initial_family_share")
        found = members(
            world.graph,
            month.text("sanction.camp_circle"),
            chosen[whole],
            month=world.t,
            mask=present,
            union_mask=state.union_formed,
        )
        kin = np.setdiff1d(found.person, chosen)
        room = max(0, int(target) - state.inmates.size)
        together = np.concatenate([chosen, kin.astype(np.int32)])[: max(room, 0)]
        if together.size == 0:
            break
        intake(world, together, np.full(together.size, -1), counted=False)
        present[together] = False


@numba.njit(cache=True, nogil=True)
def _at_home(first: int, last: int, latest: int, birth: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Who of the persons first to last - 1 is at home and was born by the month ``latest``, in order."""
    out = np.empty(last - first + 1, np.int32)
    count = 0
    for p in range(first, last):
        out[count] = p
        count += int((where[p] == HOME) & (birth[p] <= latest))
    return out[:count].copy()


def _in_order(
    candidates: NDArray[np.int32], draw: NDArray[np.float64], which: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """Those of the candidates, in the order of their draws."""
    return np.asarray(candidates[which][np.argsort(draw[which], kind="stable")])
