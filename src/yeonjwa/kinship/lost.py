"""Kin lost: how many of ego's kin have died in ego's lifetime, and in the last year, by age of ego."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import InputError
from yeonjwa.kinship.circles import Circle, parse_circle
from yeonjwa.kinship.egos import Egos
from yeonjwa.kinship.members import members
from yeonjwa.kinship.reach import height_of

#: Kin types of the table unless others are asked for.
LOST: Final = (
    "mother",
    "father",
    "grandparents",
    "siblings",
    "spouse",
    "children",
    "grandchildren",
    "aunts_uncles",
    "nieces_nephews",
    "first_cousins",
    "chon<=4",
)
_BLOCK: Final = 20_000
_YEAR: Final = 12


def kin_lost(egos: Egos, *, kinds: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """How many kin of each type the living have lost since their own birth, and within the last twelve months.

    A relative is lost if he was alive at the end of the month in which ego was born, or was born later, and has died
    by now. Who died before ego was born is not lost by ego. A row tells what has happened to those who are alive: by
    age of ego it is the experience of survivors, not of a whole cohort.

    Parameters
    ----------
    egos : Egos
        Who has lost, and by which month.
    kinds : iterable of str, optional
        Circles of kin by blood, or ``spouse``; see ``LOST``.

    Returns
    -------
    list of dict
        ``kin``, ``age_group``, ``sex_ego``, ``n_ego``; ``mean_lost`` and ``share_lost`` (of egos who have lost one at
        least); ``mean_last_year`` and ``share_last_year``, the same of the last twelve months; and for each its
        standard error with families as units (``se_mean_lost`` and so on).

    Raises
    ------
    InputError
        A circle that is impossible, or holds kin by marriage other than the spouse.
    """
    rows = []
    for kin in LOST if kinds is None else kinds:
        circle = _check(kin)
        lost, last_year = numbers_lost(egos, circle)
        rows += _rows(egos, kin, height_of(circle), lost, last_year)
    return rows


def numbers_lost(egos: Egos, circle: Circle) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Kin within a circle lost by each ego (egos,): since birth, and in the last twelve months."""
    p, month = egos.graph.pedigree, egos.month
    dead = p.death <= month
    lost = np.zeros(egos.ids.size, np.int64)
    last_year = np.zeros(egos.ids.size, np.int64)
    for first in range(0, egos.ids.size, _BLOCK):
        ids = egos.ids[first : first + _BLOCK]
        # The living are left out of the count, not of the ways: month would leave out the dead.
        found = members(egos.graph, circle, ids, mask=dead)
        place = np.repeat(np.arange(ids.size), found.counts)
        died = p.death[found.person]
        own = died > p.birth[ids][place]
        lost[first : first + ids.size] = np.bincount(place[own], minlength=ids.size)
        own &= died > month - _YEAR
        last_year[first : first + ids.size] = np.bincount(place[own], minlength=ids.size)
    return lost, last_year


def _check(kin: str) -> Circle:
    circle = parse_circle(kin)
    if any(not term.blood and term.path != "S" for term in circle.terms):
        raise InputError("kin that can be lost", kin, "kin by blood, or the spouse")
    return circle


def _rows(
    egos: Egos, kin: str, height: int, lost: NDArray[np.int64], last_year: NDArray[np.int64]
) -> list[dict[str, Any]]:
    rows = []
    for cell in egos.by_age:
        row: dict[str, Any] = {
            "kin": kin,
            "age_group": cell.group,
            "sex_ego": cell.sex,
            "n_ego": cell.size,
        }
        for name, values in (("lost", lost), ("last_year", last_year)):
            row[f"mean_{name}"], row[f"se_mean_{name}"] = egos.estimate(values, cell, height)
            row[f"share_{name}"], row[f"se_share_{name}"] = egos.estimate(values > 0, cell, height)
        rows.append(row)
    return rows
