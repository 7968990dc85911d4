"""One offence, and who was reached: the data of the family picture."""

from __future__ import annotations

from typing import Any

import numpy as np

from yeonjwa.core.calendar import format_month
from yeonjwa.kinship.circles import parse_circle
from yeonjwa.kinship.members import SIDES, members
from yeonjwa.kinship.relation import relation
from yeonjwa.society.codes import DEAD, NOT_YET_BORN, POSTS, PROVINCES, UNBORN
from yeonjwa.society.world import World

#: The picture shows blood kin to this degree, and the spouse.
PICTURE_DEGREE = 4


def draw_family(world: World) -> dict[str, Any]:
    """Kin of the offender of the offence that reached most, with terms, sides, ages and what befell each."""
    kept = world.family
    if not kept:
        return {}
    t, offender = int(kept["month"]), int(kept["offender"])
    people = world.state.people
    born = (people.where != UNBORN) & (people.where != NOT_YET_BORN) & (world.tree.birth <= t)
    ego = np.array([offender], np.int32)
    circle = f"chon<={PICTURE_DEGREE} + spouse"
    found = members(world.graph, circle, ego, mask=born, union_mask=world.state.union_formed == 1)
    in_camp = members(
        world.graph, kept["circle"], ego, mask=born, union_mask=world.state.union_formed == 1
    ).person
    depth = world.parameters.vector("sanction.career_depth", t, POSTS).max()
    rows = [
        _row(world, kept, int(p), int(d), SIDES[int(s)], bool(np.isin(p, in_camp)), depth)
        for p, d, s in zip(found.person, found.degree, found.side, strict=True)
    ]
    return {
        "month": format_month(t),
        "kind": kept["kind"],
        "offender": {
            "id": offender,
            "sex": "fm"[int(world.tree.sex[offender])],
            "age": int((t - world.tree.birth[offender]) // 12),
            "province": PROVINCES[int(people.province[offender])],
        },
        "circle": kept["circle"],
        "num_paths": len(parse_circle(kept["circle"]).paths),
        "kin": rows,
    }


def _row(
    world: World, kept: dict[str, Any], person: int, degree: int, side: str, in_camp: bool, depth: float
) -> dict[str, Any]:
    t = int(kept["month"])
    offender = int(kept["offender"])
    path, english, korean = _named(world, offender, person, degree)
    gone = min(int(world.tree.death[person]), _died(world, person))
    alive = gone > t
    post = kept["post"].get(person, int(world.state.people.post[person]))
    return {
        "id": person,
        "degree": degree,
        "path": path,
        "term": english,
        "korean": korean,
        "side": {"marriage": "spouse"}.get(side, side),
        "sex": "fm"[int(world.tree.sex[person])],
        "age": int((t - world.tree.birth[person]) // 12) if alive else None,
        "alive": bool(alive),
        "post": POSTS[post - 1] if post > 0 else None,
        "reached": kept["reached"].get(person),
        "in_camp_circle": in_camp,
        "in_career_circle": bool(0 < degree <= depth),
    }


def _named(world: World, offender: int, person: int, degree: int) -> tuple[str, str, str]:
    """Path and terms of a relative; a spouse is one here, also where the two are distant kin by blood as well."""
    if degree == 0:
        female = int(world.tree.sex[person]) == 0
        return ("S", "wife", "아내") if female else ("S", "husband", "남편")
    named = relation(world.graph, offender, person)
    return str(named.path), named.term_en, named.term_ko


def _died(world: World, person: int) -> int:
    """Month of a death that the society added (camp, flight), else never."""
    if int(world.state.people.where[person]) != DEAD:
        return 32767
    return int(min(world.state.people.gone_since[person], world.tree.death[person]))
