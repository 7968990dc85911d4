"""The background check: is there a visible stain within the depth of the post? (MODEL.md, section 10)

*Stained* (true) and *on file* (found) are apart. Whether a file is found is a property of the stained person: one draw
gives the radius ``R = max{d : u < rho_d}`` within which the file comes up. "A visible stain within depth d" is then one
nearest-degree query: start each stained person at ``d - min(R, d)``, accept up to d. Files outlive persons: the dead count.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import InputError
from yeonjwa.kinship.elders import NearestElder, nearest_elder
from yeonjwa.kinship.few import NearestFew, nearest_of_few
from yeonjwa.kinship.nearest import Nearest, NearestOf, prepare_nearest
from yeonjwa.regime.rules import parse_stains
from yeonjwa.society.codes import HOSTILE, NOT_YET_BORN, STAIN_CAMP, STAIN_LEAVER, UNBORN
from yeonjwa.society.world import World

#: What answers for candidates: their nearest visible stain.
Check = NearestOf | NearestFew | NearestElder

#: Value of ``start`` and of degrees for "no stain".
NO_STAIN = 255
#: Persons ever for each one on file and degree of the check, from which on those around the files are looked up instead of
#: passing over everyone: the same answers, whichever is faster.
FEW = 130


def stained(world: World) -> NDArray[np.bool_]:
    """Who is a stain by the rule in force (``vetting.stain``: words joined by +)."""
    people = world.state.people
    words = parse_stains(world.month.text("vetting.stain"))
    out = np.zeros(people.stain.size, np.bool_)
    if "leaver" in words:
        out |= (people.stain & STAIN_LEAVER) > 0
    if "camp" in words:
        out |= (people.stain & STAIN_CAMP) > 0
    if "hostile" in words:
        born = (people.where != UNBORN) & (people.where != NOT_YET_BORN)
        out |= born & (people.songbun == HOSTILE)
    return out


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
    flagged = np.flatnonzero(stained(world))
    reach = radius(world.draw("vetting.file", flagged, 0), world.month.vector("vetting.on_file", "degree"))
    seen = reach > 0
    return flagged[seen], reach[seen]


def check(
    world: World, depth: int, found: tuple[NDArray[np.int64], NDArray[np.uint8]] | None = None
) -> Check:
    """Nearest visible stain within ``depth`` chon of everyone; ``degree`` is start + chon, 255 where there is none.

    ``vetting.definition`` says which kin are looked at: all within the degree ("chon"), or those of the same or an older
    generation ("generations": half the degree up, no more steps down than up). ``found`` are the :func:`files`, if at hand.
    """
    flagged, reach = files(world) if found is None else found
    begin = (depth - np.minimum(reach, depth)).astype(np.uint8)
    lines = world.month.text("vetting.lines")
    elders = world.month.text("vetting.definition") == "generations"
    if not elders and depth > 0 and FEW * depth * flagged.size <= world.tree.birth.size:
        return nearest_of_few(world.graph, flagged, begin, depth, lines=lines)
    start = np.full(world.tree.birth.size, NO_STAIN, np.uint8)
    start[flagged] = begin
    if elders:
        return nearest_elder(world.graph, start, depth, lines=lines)
    nearest = prepare_nearest(world.graph, start, depth, lines=lines, out=world.checks.get(depth))
    world.checks[depth] = nearest
    return nearest


def chon_of(
    nearest: Nearest | Check, depth: int, world: World, persons: NDArray[np.integer]
) -> NDArray[np.int64]:
    """Chon between each person and the relative who causes the refusal."""
    witness = nearest.person[persons]
    reach = radius(world.draw("vetting.file", witness, 0), world.month.vector("vetting.on_file", "degree"))
    found = nearest.degree[persons].astype(np.int64)
    return np.asarray(found - (depth - np.minimum(reach, depth).astype(np.int64)))
