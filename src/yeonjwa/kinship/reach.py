"""How many living relatives a circle holds, by age and sex of ego, with the distribution."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yeonjwa.kinship.circles import Circle, parse_circle
from yeonjwa.kinship.egos import Cell, Egos
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.members import members

#: Egos asked at a time: what they have in kin is held in memory.
_BLOCK: Final = 20_000


def number_within(
    graph: KinGraph,
    circle: Circle | str,
    egos: NDArray[np.integer],
    *,
    month: int | None = None,
    mask: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Number of kin of each ego (egos,) within a circle, as :func:`yeonjwa.kinship.members.members` finds them, block by block.

    Parameters
    ----------
    graph, circle, egos, month, mask
        As there.
    """
    blocks = [
        members(graph, circle, egos[first : first + _BLOCK], month=month, mask=mask).counts
        for first in range(0, egos.size, _BLOCK)
    ]
    return np.concatenate(blocks) if blocks else np.zeros(0, np.int64)


def height_of(circle: Circle) -> int:
    """Steps up to the ancestors that the kin of a circle share, at least 1: how far families reach in standard errors."""
    return max(1, *(term.up for term in circle.terms))


def reach(egos: Egos, circle: Circle | str) -> list[dict[str, Any]]:
    """How many living relatives of the egos stand in a circle.

    Parameters
    ----------
    egos : Egos
        Whose kin, and in which month.
    circle : Circle or str
        A circle or the line it is written in.

    Returns
    -------
    list of dict
        One row for each sex and age group of ego: ``circle``, ``age_group``, ``sex_ego``, ``n_ego``, ``mean``, ``se``
        (families as units), ``p10``, ``p50``, ``p90`` (numbers that occur: the smallest that at least this share of
        egos does not exceed), ``max``, ``share_none`` and ``se_share_none``.

    Raises
    ------
    InputError
        A circle that is not well formed or impossible.
    """
    if isinstance(circle, str):
        circle = parse_circle(circle)
    numbers = number_within(egos.graph, circle, egos.ids, month=egos.month)
    return [_row(egos, circle, numbers, cell) for cell in egos.by_age]


def _row(egos: Egos, circle: Circle, numbers: NDArray[np.int64], cell: Cell) -> dict[str, Any]:
    height = height_of(circle)
    chosen = numbers[cell.index]
    mean, se = egos.estimate(numbers, cell, height)
    none, se_none = egos.estimate(numbers == 0, cell, height)
    p10, p50, p90 = np.quantile(chosen, (0.1, 0.5, 0.9), method="inverted_cdf").astype(int).tolist()
    return {
        "circle": circle.text,
        "age_group": cell.group,
        "sex_ego": cell.sex,
        "n_ego": cell.size,
        "mean": mean,
        "se": se,
        "p10": p10,
        "p50": p50,
        "p90": p90,
        "max": int(chosen.max()),
        "share_none": none,
        "se_share_none": se_none,
    }
