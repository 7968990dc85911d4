"""Distributions of the number of living kin, and their mean by birth cohort."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import ORIGIN_YEAR
from yeonjwa.core.errors import InputError
from yeonjwa.genealogy.coverage import coverage
from yeonjwa.kinship.circles import parse_circle
from yeonjwa.kinship.egos import Egos
from yeonjwa.kinship.reach import height_of, number_within
from yeonjwa.kinship.tables import KINDS, _check_kinds, _female_line, _two_lines

Numbers = dict[str, tuple[NDArray[np.int32], int]]


def distribution(egos: Egos, kin: str, *, line: str = "all", top: int = 10) -> list[dict[str, Any]]:
    """Share of egos with 0, 1, 2, ... living kin, by age group and sex.

    Parameters
    ----------
    egos : Egos
        Whose kin, and in which month.
    kin : str
        A kin type of :data:`yeonjwa.kinship.tables.KINDS`, or any circle ("siblings, half").
    line : str
        "all" or "female" (women through women), for kin types.
    top : int
        The last class holds this number and more.

    Returns
    -------
    list of dict
        ``kin``, ``line``, ``age_group``, ``sex_ego``, ``n_ego``, ``living`` ("0", "1", ..., "10+"), ``share`` and
        ``se_share`` (families as units). Shares of one cell add up to 1; classes that occur nowhere above are left out.

    Raises
    ------
    InputError
        Neither a kin type of the line nor a circle; a top below 1.
    """
    if top < 1:
        raise InputError("last class of the distribution", top, "a whole number from 1")
    values, height = numbers_of(egos, kin, line)
    classes = np.minimum(values, top)
    last = int(classes.max())
    labels = [str(number) for number in range(last + 1)]
    if last == top:
        labels[top] += "+"
    rows = []
    for cell in egos.by_age:
        for number, label in enumerate(labels):
            share, se = egos.estimate(classes == number, cell, height)
            rows.append(
                {
                    "kin": kin,
                    "line": line,
                    "age_group": cell.group,
                    "sex_ego": cell.sex,
                    "n_ego": cell.size,
                    "living": label,
                    "share": share,
                    "se_share": se,
                }
            )
    return rows


def numbers_of(egos: Egos, kin: str, line: str = "all") -> tuple[NDArray[np.int32], int]:
    """Living kin of one type of each ego (egos,), and the steps up to the ancestors shared.

    Parameters
    ----------
    egos, kin, line
        As in :func:`distribution`.
    """
    if line not in KINDS:
        raise InputError("line", line, ", ".join(KINDS))
    if kin in KINDS[line]:
        return _all_numbers(egos, {kin})[line][kin]
    if line != "all":
        raise InputError("kin type of the female line", kin, ", ".join(KINDS[line]))
    circle = parse_circle(kin)
    numbers = number_within(egos.graph, circle, egos.ids, month=egos.month)
    return numbers.astype(np.int32), height_of(circle)


def _all_numbers(egos: Egos, wanted: set[str]) -> dict[str, Numbers]:
    given = (egos.graph.pedigree, egos.month, egos.ids, egos.mothers, wanted)
    found = {"all": _two_lines(*given), "female": _female_line(*given)}
    # Columns of one large array come back: each is read many times, and far apart in memory until copied.
    return {
        line: {kin: (np.ascontiguousarray(values), height) for kin, (values, height) in numbers.items()}
        for line, numbers in found.items()
    }


def kin_by_cohort(egos: Egos, *, kinds: Iterable[str] | None = None, width: int = 10) -> list[dict[str, Any]]:
    """Mean numbers of living kin of the living, by kin type, birth cohort and sex of ego.

    Parameters
    ----------
    egos : Egos
        Whose kin, and in which month.
    kinds : iterable of str, optional
        Kin types of either line, see :data:`yeonjwa.kinship.tables.KINDS`; all by default.
    width : int
        Years of a cohort.

    Returns
    -------
    list of dict
        ``kin``, ``line``, ``cohort`` ("1980-1989", "all"), ``sex_ego``, ``n_ego``, ``mean_living``, ``se_living`` and
        ``ancestors_known``: the share of the ancestors by whom these kin are counted that the pedigree knows, of those
        born in the decades of the cohort (None for "all"). Below 1 the kin are incomplete, not few.

    Raises
    ------
    InputError
        Unknown kin type, a width out of range.
    """
    wanted = _check_kinds(kinds)
    cells = egos.by_cohort(width)
    known = {height: coverage(egos.graph.pedigree, height) for height in range(1, 5)}
    return [
        {
            "kin": kin,
            "line": line,
            "cohort": cell.group,
            "sex_ego": cell.sex,
            "n_ego": cell.size,
            "mean_living": estimate.mean,
            "se_living": estimate.se,
            "ancestors_known": _known(known[height], cell.group),
        }
        for line, numbers in _all_numbers(egos, wanted).items()
        for kin, (values, height) in numbers.items()
        for cell in cells
        for estimate in [egos.estimate(values, cell, height)]
    ]


def _known(by_decade: dict[int, float], cohort: str) -> float | None:
    """The least coverage of the decades that a cohort touches; founders, who have no parents, know nobody."""
    if cohort == "all":
        return None
    first, last = (int(year) for year in cohort.split("-"))
    decades = range(max(first, ORIGIN_YEAR) // 10 * 10, last + 1, 10)
    shares = [by_decade[decade] for decade in decades if decade in by_decade]
    return min(shares) if shares else None
