"""How far back ancestors are known, by birth cohort."""

from __future__ import annotations

import numpy as np

from yeonjwa.core.calendar import ORIGIN_YEAR
from yeonjwa.genealogy.pedigree import Pedigree

#: At most so many unions are looked at; beyond it, every n-th one.
_SAMPLE = 100_000


def coverage(pedigree: Pedigree, generations: int = 4) -> dict[int, float]:
    """Share of the ancestors ``generations`` back that are known, by decade of birth.

    Parameters
    ----------
    pedigree : Pedigree
    generations : int
        4 for great-great-grandparents, whose descendants the third cousins are.

    A value below one says that circles of this depth are incomplete for the cohort, not small.
    """
    unions = pedigree.num_unions
    sample = np.arange(0, unions, max(1, unions // _SAMPLE))
    children = np.diff(pedigree.first_child)[sample]
    sample, children = sample[children > 0], children[children > 0]
    known = np.ones((sample.size, 1), bool)
    front = sample[:, None].astype(np.int64)
    for _ in range(generations - 1):
        parents = np.concatenate([pedigree.wife[front], pedigree.husband[front]], axis=1)
        above = pedigree.birth_union[parents]
        known = np.concatenate([known, known], axis=1) & (above >= 0)
        front = np.maximum(above, 0)
    share = known.mean(axis=1)
    decade = (pedigree.birth[pedigree.first_child[sample]] // 12 + ORIGIN_YEAR) // 10 * 10
    result: dict[int, float] = {}
    for value in np.unique(decade):
        here = decade == value
        result[int(value)] = float(np.average(share[here], weights=children[here]))
    return result
