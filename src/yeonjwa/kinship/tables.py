"""Mean numbers of living kin by type and age of ego, with standard errors by families.

Kin types of the line "all" lead through men and women; those of the line "female" through women only, and count women
only, as the one-sex models of kinship do. ``docs/kinship.md`` defines each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import InputError
from yeonjwa.core.randomness import stream, uniforms
from yeonjwa.genealogy.pedigree import FEMALE, MALE, NONE, Pedigree
from yeonjwa.kinship.counts import COUNTED, count_living
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.members import index_of

_SAMPLE = stream("kinship.tables.sample")
_ALL, _WOMEN, _MEN = 0, 1, 2

#: Kin types of the line "all": name -> (counted type, which of them, steps up to the ancestors shared).
_TYPES: Final[dict[str, tuple[str, int, int]]] = {
    "mother": ("parents", _WOMEN, 1),
    "father": ("parents", _MEN, 1),
    "parents": ("parents", _ALL, 1),
    "maternal_grandmother": ("", _WOMEN, 2),
    "grandparents": ("grandparents", _ALL, 2),
    "great_grandparents": ("great_grandparents", _ALL, 3),
    "sisters": ("siblings", _WOMEN, 1),
    "siblings": ("siblings", _ALL, 1),
    "full_siblings": ("full_siblings", _ALL, 1),
    "daughters": ("children", _WOMEN, 1),
    "children": ("children", _ALL, 1),
    "aunts": ("aunts_uncles", _WOMEN, 2),
    "aunts_uncles": ("aunts_uncles", _ALL, 2),
    "nieces": ("nieces_nephews", _WOMEN, 1),
    "nieces_nephews": ("nieces_nephews", _ALL, 1),
    "great_aunts_uncles": ("great_aunts_uncles", _ALL, 3),
    "first_cousins": ("first_cousins", _ALL, 2),
    "second_cousins": ("second_cousins", _ALL, 3),
    "third_cousins": ("third_cousins", _ALL, 4),
    "granddaughters": ("grandchildren", _WOMEN, 1),
    "grandchildren": ("grandchildren", _ALL, 1),
    "great_grandchildren": ("great_grandchildren", _ALL, 1),
}

#: Kin types of the line "female": name -> (steps up, steps down).
_FEMALE_LINE: Final[dict[str, tuple[int, int]]] = {
    "mother": (1, 0),
    "grandmother": (2, 0),
    "great_grandmother": (3, 0),
    "sisters": (1, 1),
    "daughters": (0, 1),
    "granddaughters": (0, 2),
    "great_granddaughters": (0, 3),
    "aunts": (2, 1),
    "nieces": (1, 2),
    "first_cousins": (2, 2),
    "second_cousins": (3, 3),
    "third_cousins": (4, 4),
}

#: Names of the kin types, by line.
KINDS: Final[dict[str, tuple[str, ...]]] = {"all": tuple(_TYPES), "female": tuple(_FEMALE_LINE)}
#: Names of the age groups; the last stands for all ages.
AGE_GROUPS: Final = (*(f"{a}-{a + 4}" for a in range(0, 90, 5)), "90+", "all")
_SEX_NAMES: Final = ("f", "m", "all")


def kin_by_age(
    pedigree: Pedigree,
    month: int,
    *,
    kinds: Iterable[str] | None = None,
    sample: int | None = None,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Mean numbers of living kin of the living, by kin type, age group and sex of ego.

    Parameters
    ----------
    pedigree : Pedigree
        Everyone ever.
    month : int
        Month index; egos and kin are those alive at its end.
    kinds : iterable of str, optional
        Kin types of either line; see ``KINDS``. All by default. Third cousins take nine tenths of the time.
    sample : int, optional
        Draw so many egos at random, without replacement; kin are always counted in full.
    seed : int
        Seed of the sample.

    Returns
    -------
    list of dict
        One row a kin type, line, sex and age group with at least one ego: ``kin``, ``age_group`` ("30-34", "90+",
        "all"), ``sex_ego`` ("f", "m", "all"), ``line`` ("all", "female"), ``n_ego``, ``mean_living`` and
        ``se_living``, its standard error with families as the units (None for a single family).

    Raises
    ------
    InputError
        Unknown kin type, no living ego, a sample below 1.
    """
    wanted = _check_kinds(kinds)
    egos = _choose_egos(pedigree, month, sample, seed)
    sex = pedigree.sex[egos]
    age = np.minimum((month - pedigree.birth[egos].astype(np.int64)) // 60, len(AGE_GROUPS) - 2)
    mothers = _mothers(pedigree)
    blocks = [_families(pedigree, mothers, egos, height) for height in range(1, 5)]
    rows: list[dict[str, Any]] = []
    for line, table in (
        ("all", _two_lines(pedigree, month, egos, mothers, wanted)),
        ("female", _female_line(pedigree, month, egos, mothers, wanted)),
    ):
        for kin, (values, height) in table.items():
            rows += _summarise(kin, line, values, sex, age, blocks[height - 1])
    return rows


def _check_kinds(kinds: Iterable[str] | None) -> set[str]:
    known = {*_TYPES, *_FEMALE_LINE}
    wanted = known if kinds is None else set(kinds)
    unknown = sorted(wanted - known)
    if unknown:
        raise InputError("kin type", unknown[0], ", ".join(sorted(known)))
    return wanted


def _choose_egos(pedigree: Pedigree, month: int, sample: int | None, seed: int) -> NDArray[np.int32]:
    """Egos, sorted by birth union."""
    egos = np.flatnonzero(pedigree.alive_at(month)).astype(np.int32)
    if not egos.size:
        raise InputError("month", month, "a month in which somebody is alive")
    if sample is not None:
        if sample < 1:
            raise InputError("sample", sample, "a number of egos from 1")
        if sample < egos.size:
            draws = uniforms(seed, _SAMPLE, egos.astype(np.int64))
            egos = np.sort(egos[np.argpartition(draws, sample - 1)[:sample]])
    return egos[np.argsort(pedigree.birth_union[egos], kind="stable")]


def _mothers(pedigree: Pedigree) -> NDArray[np.int32]:
    """Mother of everyone, -1 if not known."""
    if not pedigree.num_unions:
        return np.full(pedigree.num_persons, NONE, np.int32)
    return np.where(pedigree.birth_union >= 0, pedigree.wife[pedigree.birth_union], NONE).astype(np.int32)


def _families(
    pedigree: Pedigree, mothers: NDArray[np.int32], egos: NDArray[np.int32], height: int
) -> NDArray[np.int64]:
    """Family of each ego: birth union of the ancestress ``height - 1`` steps up the mothers, as far as known.

    Egos with a common family at this height share the ancestors by whom kin of this height are counted.
    """
    current = egos.astype(np.int64)
    family = np.where(
        pedigree.birth_union[current] >= 0, pedigree.birth_union[current], pedigree.num_unions + current
    ).astype(np.int64)
    for _ in range(height - 1):
        above = np.where(current >= 0, mothers[current], NONE).astype(np.int64)
        known = (above >= 0) & (pedigree.birth_union[above] >= 0)
        family = np.where(known, pedigree.birth_union[above], family)
        current = np.where(known, above, NONE)
    return family


def _two_lines(
    pedigree: Pedigree, month: int, egos: NDArray[np.int32], mothers: NDArray[np.int32], wanted: set[str]
) -> dict[str, tuple[NDArray[np.int32], int]]:
    """Counts through men and women: kin type -> (counts, height)."""
    asked = {kin: what for kin, what in _TYPES.items() if kin in wanted}
    if not asked:
        return {}
    depth = 4 if "third_cousins" in asked else 3
    counts = np.zeros((egos.size, 2 * len(COUNTED)), np.int32)
    count_living(index_of(KinGraph(pedigree)), egos, depth, month, _living_children(pedigree, month), counts)
    table = {}
    for kin, (counted, which, height) in asked.items():
        if kin == "maternal_grandmother":
            table[kin] = (
                _female_line(pedigree, month, egos, mothers, {"grandmother"})["grandmother"][0],
                height,
            )
            continue
        column = 2 * COUNTED.index(counted)
        everybody, women = counts[:, column], counts[:, column + 1]
        table[kin] = ({_ALL: everybody, _WOMEN: women, _MEN: everybody - women}[which], height)
    return table


def _living_children(pedigree: Pedigree, month: int) -> NDArray[np.int16]:
    """Living children, all and girls by turns, of each union; two zeros more."""
    child = np.flatnonzero(pedigree.alive_at(month) & (pedigree.birth_union >= 0))
    size = pedigree.num_unions + 1
    union, girls = pedigree.birth_union[child], pedigree.sex[child] == FEMALE
    living = [np.bincount(union, minlength=size), np.bincount(union[girls], minlength=size)]
    return np.stack(living, axis=1).astype(np.int16).ravel()


def _female_line(
    pedigree: Pedigree, month: int, egos: NDArray[np.int32], mothers: NDArray[np.int32], wanted: set[str]
) -> dict[str, tuple[NDArray[np.int32], int]]:
    """Counts of women through women: kin type -> (counts, height).

    Women and their daughters make a tree, so kin are differences of numbers of descendants: cousins are the
    granddaughters of the grandmother less the daughters of the mother.
    """
    size = pedigree.num_persons
    woman = pedigree.sex == FEMALE
    alive = (pedigree.alive_at(month) & woman).astype(np.int64)
    descendants = [alive]
    daughters = np.flatnonzero(woman & (mothers >= 0))
    for _ in range(4):
        below = np.bincount(mothers[daughters], descendants[-1][daughters], minlength=size)
        descendants.append(below.astype(np.int64))
    ancestors = [egos.astype(np.int64)]
    for _ in range(4):
        last = ancestors[-1]
        ancestors.append(np.where(last >= 0, mothers[last], NONE))

    def tree(height: int, steps: int) -> NDArray[np.int64]:
        """Living women ``steps`` below the ancestress at a height; women only below ego."""
        top = ancestors[height]
        return np.where(top >= 0, descendants[steps][top], 0)

    fathers = _descendants_of_men(pedigree, descendants, egos)
    table = {}
    for kin, (up, down) in _FEMALE_LINE.items():
        if kin not in wanted:
            continue
        if up == 0:
            values = np.where(pedigree.sex[egos] == MALE, fathers(down), tree(0, down))
        elif down == 0:
            values = tree(up, 0)
        else:
            values = tree(up, down) - np.where(ancestors[up] >= 0, tree(up - 1, down - 1), 0)
        table[kin] = (values.astype(np.int32), max(up, 1))
    return table


def _descendants_of_men(
    pedigree: Pedigree, descendants: list[NDArray[np.int64]], egos: NDArray[np.int32]
) -> Callable[[int], NDArray[np.int64]]:
    """Daughters of men, and the daughters of these: what the line of women below a man holds."""
    daughters = np.flatnonzero((pedigree.sex == FEMALE) & (pedigree.birth_union >= 0))
    father = pedigree.husband[pedigree.birth_union[daughters]]
    daughters, father = daughters[father >= 0], father[father >= 0]

    def count(steps: int) -> NDArray[np.int64]:
        below = np.bincount(father, descendants[steps - 1][daughters], minlength=pedigree.num_persons)
        return below[egos].astype(np.int64)

    return count


def _summarise(
    kin: str,
    line: str,
    values: NDArray[np.int32],
    sex: NDArray[np.int8],
    age: NDArray[np.int64],
    family: NDArray[np.int64],
) -> list[dict[str, Any]]:
    """Rows of one kin type: means by sex and age group with the standard error of a ratio of sums over families."""
    order = np.argsort(family, kind="stable")
    groups = len(AGE_GROUPS)
    sums = np.zeros((3 * groups, 6))
    _sum_families(
        values[order].astype(np.float64), sex[order].astype(np.int64), age[order], family[order], groups, sums
    )
    rows = []
    for s, sex_name in enumerate(_SEX_NAMES):
        for g, age_group in enumerate(AGE_GROUPS):
            families, n, total, squares, products, sizes = sums[s * groups + g]
            if n == 0:
                continue
            mean = total / n
            spread = max(squares - 2 * mean * products + mean * mean * sizes, 0.0)
            se = float(np.sqrt(spread * families / (families - 1)) / n) if families > 1 else None
            rows.append(
                {
                    "kin": kin,
                    "age_group": age_group,
                    "sex_ego": sex_name,
                    "line": line,
                    "n_ego": int(n),
                    "mean_living": float(mean),
                    "se_living": se,
                }
            )
    return rows


@numba.njit(cache=True)
def _sum_families(
    values: NDArray[np.float64],
    sex: NDArray[np.int64],
    age: NDArray[np.int64],
    family: NDArray[np.int64],
    groups: int,
    sums: NDArray[np.float64],
) -> None:
    """For each cell (sex, age group): families, egos, kin, and the sums over families of kin^2, kin*egos, egos^2."""
    cells = sums.shape[0]
    egos, kin = np.zeros(cells), np.zeros(cells)
    touched = np.zeros(cells, np.int64)
    count = 0
    for i in range(values.size):
        for k in range(4):
            cell = (sex[i] if k & 1 else 2) * groups + (age[i] if k & 2 else groups - 1)
            if egos[cell] == 0:
                touched[count] = cell
                count += 1
            egos[cell] += 1
            kin[cell] += values[i]
        if i + 1 == values.size or family[i + 1] != family[i]:
            for t in range(count):
                c = touched[t]
                sums[c, 0] += 1
                sums[c, 1] += egos[c]
                sums[c, 2] += kin[c]
                sums[c, 3] += kin[c] * kin[c]
                sums[c, 4] += kin[c] * egos[c]
                sums[c, 5] += egos[c] * egos[c]
                egos[c], kin[c] = 0, 0
            count = 0
