"""A part of a pedigree that is itself a pedigree."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import format_month
from yeonjwa.core.errors import InputError
from yeonjwa.genealogy.formats.placeholders import describe_placeholders, placeholders
from yeonjwa.genealogy.index import union_index
from yeonjwa.genealogy.pedigree import NONE, Pedigree


@dataclass(frozen=True)
class Selection:
    """Some persons of a pedigree, renumbered.

    Attributes
    ----------
    pedigree : Pedigree
        The selected persons and the unions between them. Persons whose parents are not selected are founders.
    persons : int32 (persons,)
        Id of each person in the pedigree from which the selection was taken.
    added : int
        Persons who were not asked for, but are the other parent of somebody whose one parent was: nobody has half a
        pair of parents.
    """

    pedigree: Pedigree
    persons: NDArray[np.int32]
    added: int


def living_between(pedigree: Pedigree, first: int, last: int) -> NDArray[np.bool_]:
    """Who is alive at the end of at least one month from ``first`` to ``last``, as a mask over persons.

    Parameters
    ----------
    pedigree : Pedigree
    first, last : int
        Month indices, ``first`` not after ``last``.
    """
    if first > last:
        raise InputError(
            "months", f"{format_month(first)} to {format_month(last)}", "a first month not after the last"
        )
    return (pedigree.birth <= last) & (pedigree.death > first) & (pedigree.birth < pedigree.death)


def select(pedigree: Pedigree, persons: NDArray[np.bool_]) -> Selection:
    """The pedigree of the persons in a mask, with the unions between them.

    Parameters
    ----------
    pedigree : Pedigree
    persons : bool array (persons,)
        Whom to take. If one parent of a selected child is selected, the other one is added.

    Raises
    ------
    InputError
        The mask does not fit the pedigree, or nobody is in it.
    """
    asked = np.asarray(persons)
    if asked.dtype != np.bool_ or asked.shape != (pedigree.num_persons,):
        allowed = f"a bool array of shape ({pedigree.num_persons},)"
        raise InputError("mask over persons", f"{asked.dtype} array of shape {asked.shape}", allowed)
    if not asked.any():
        raise InputError("selection", "nobody", "one person at least")
    chosen = _with_other_parents(pedigree, asked)
    unions = np.flatnonzero(chosen[pedigree.wife] & chosen[pedigree.husband])
    new_union = np.full(pedigree.num_unions + 1, NONE, np.int32)  # the last place is the one of NONE
    new_union[unions] = np.arange(unions.size, dtype=np.int32)
    ids = np.flatnonzero(chosen)
    birth_union = new_union[pedigree.birth_union[ids]]
    # Founders first, then children in the order of their unions; ids are in that order already but for new founders.
    order = np.argsort(birth_union, kind="stable")
    kept: NDArray[np.int32] = ids[order].astype(np.int32)
    birth_union = birth_union[order]
    new_person = np.full(pedigree.num_persons, NONE, np.int32)
    new_person[kept] = np.arange(kept.size, dtype=np.int32)
    wife, husband = new_person[pedigree.wife[unions]], new_person[pedigree.husband[unions]]
    offset, members = union_index(kept.size, wife, husband)
    part = replace(
        pedigree,
        birth=pedigree.birth[kept],
        death=pedigree.death[kept],
        sex=pedigree.sex[kept],
        region=pedigree.region[kept],
        birth_union=birth_union,
        wife=wife,
        husband=husband,
        start=pedigree.start[unions],
        first_child=np.searchsorted(birth_union, np.arange(unions.size + 1)).astype(np.int32),
        union_offset=offset,
        union_list=members,
        info={
            **(
                describe_placeholders(placeholders(pedigree)[kept])
                if pedigree.provenance == "imported"
                else {}
            ),
            "part_of": pedigree.num_persons,
            "asked_for": int(asked.sum()),
            "other_parents_added": int(kept.size - asked.sum()),
        },
    )
    return Selection(part, kept, int(kept.size - asked.sum()))


def _with_other_parents(pedigree: Pedigree, asked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask with the other parent of everyone who has one in it; repeated, as the added ones have parents too."""
    chosen = asked.copy()
    while True:
        unions = np.unique(pedigree.birth_union[chosen])
        unions = unions[unions != NONE]
        wife, husband = pedigree.wife[unions], pedigree.husband[unions]
        half = chosen[wife] != chosen[husband]
        if not half.any():
            return chosen
        chosen[wife[half]] = True
        chosen[husband[half]] = True
