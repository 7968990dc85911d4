"""The background check: is there a visible stain within the depth of the post? (MODEL.md, section 10)

*Stained* (true) and *on file* (found) are apart. Whether a file is found is a property of the stained person: one draw
gives the radius ``R = max{d : u < rho_d}`` within which the file comes up. "A visible stain within depth d" is then one
nearest-degree query: start each stained person at ``d - min(R, d)``, accept up to d. Files outlive persons: the dead count.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import InputError
from yeonjwa.core.parallel import each
from yeonjwa.kinship.elders import NearestElder, nearest_elder
from yeonjwa.kinship.in_range import FlagsInRange, NearestInRange, flags_in_range
from yeonjwa.kinship.nearest import Nearest
from yeonjwa.regime.rules import parse_stains
from yeonjwa.society.codes import HOSTILE, NOT_YET_BORN, STAIN_CAMP, STAIN_LEAVER, UNBORN
from yeonjwa.society.rows import rows_between
from yeonjwa.society.world import World

#: What answers for candidates: their nearest visible stain.
Check = NearestInRange | NearestElder

#: Value of ``start`` and of degrees for "no stain".
NO_STAIN = 255


def stained(world: World) -> NDArray[np.bool_]:
    """Who is a stain by the rule in force (``vetting.stain``: words joined by +)."""
    out = np.zeros(world.state.people.stain.size, np.bool_)
    out[flagged_rows(world)] = True
    return out


def flagged_rows(world: World) -> NDArray[np.int64]:
    """Ids of those who are a stain by the rule in force, ascending."""
    words, people = parse_stains(world.month.text("vetting.stain")), world.state.people
    wanted = (STAIN_LEAVER if "leaver" in words else 0) | (STAIN_CAMP if "camp" in words else 0)
    rows = rows_between(people.stain, 1, wanted, wanted)
    if "hostile" not in words:
        return rows
    hostile = rows_between(people.songbun, HOSTILE, HOSTILE)
    born = (people.where[hostile] != UNBORN) & (people.where[hostile] != NOT_YET_BORN)
    return np.union1d(rows, hostile[born])


def radius(u: NDArray[np.float64], on_file: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Degree within which a file is found, ``R = max{d : u < rho_d}``, 0 where it never is.

    Parameters
    ----------
    u : float (n,)
        One uniform draw a person.
    on_file : float (8,)
        Chance that a relative's file is found at degree 1 to 8; must not rise with the degree.
    """
    if np.any(np.diff(on_file) > 0):
        raise InputError("vetting.on_file", on_file.tolist(), "chances that do not rise with the degree")
    return np.asarray((u[:, None] < on_file[None, :]).sum(axis=1).astype(np.uint8))


def files(world: World) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Who is stained and on file somewhere, and the radius within which each file is found."""
    flagged = flagged_rows(world)
    reach = radius(world.draw("vetting.file", flagged, 0), world.month.vector("vetting.on_file", "degree"))
    seen = reach > 0
    return flagged[seen], reach[seen]


def checks(world: World, depths: Sequence[int]) -> dict[int, Check]:
    """Nearest visible stain within each depth, in chon, of whoever is asked about: ``degree`` is start + chon, 255 where none is.

    ``vetting.definition`` says which kin are looked at: all within the degree ("chon"), or those of the same or an older
    generation ("generations": half the degree up, no more steps down than up). What was found before is overwritten.
    """
    found, world.checks = _checks(world, depths, world.checks)
    return found


def check(world: World, depth: int) -> Check:
    """Nearest visible stain within ``depth`` chon, as :func:`checks` has it, in memory of its own."""
    return _checks(world, [depth], None)[0][depth]


def _checks(
    world: World, depths: Sequence[int], out: FlagsInRange | None
) -> tuple[dict[int, Check], FlagsInRange | None]:
    flagged, reach = files(world)
    lines = world.month.text("vetting.lines")
    if world.month.text("vetting.definition") != "generations":
        flags = flags_in_range(world.graph, flagged, reach, depths, out=out)
        return {depth: flags.within(depth, lines) for depth in depths}, flags

    def of_elders(depth: int) -> NearestElder:
        start = np.full(world.tree.birth.size, NO_STAIN, np.uint8)
        start[flagged] = depth - np.minimum(reach, depth)
        return nearest_elder(world.graph, start, depth, lines=lines)

    return dict(zip(depths, each(of_elders, list(depths)), strict=True)), None


def chon_of(nearest: Check, depth: int, world: World, persons: NDArray[np.integer]) -> NDArray[np.int64]:
    """Chon between each person and the relative who causes the refusal."""
    return chon_to(nearest.of(persons), depth, world)


def chon_to(found: Nearest, depth: int, world: World) -> NDArray[np.int64]:
    """The same of those who have been asked about: chon to the relatives ``found``."""
    reach = radius(
        world.draw("vetting.file", found.person, 0), world.month.vector("vetting.on_file", "degree")
    )
    spare = np.minimum(reach, depth).astype(np.int64)
    return np.asarray(found.degree.astype(np.int64) - (depth - spare))
