"""The people of a run by age and sex at the end of a year: counts, and the pyramid."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import month_index
from yeonjwa.genealogy.pedigree import MALE
from yeonjwa.report import svg, theme
from yeonjwa.report.kin_family import People

#: Years of a group, and the first age of the last group, which has no end.
STEP: Final = 5
OLDEST: Final = 85
_ROW: Final = 18.0


def labels() -> list[str]:
    """Names of the age groups, the youngest first."""
    return [*(f"{a}\u2013{a + STEP - 1}" for a in range(0, OLDEST, STEP)), f"{OLDEST}+"]


def years(people: People) -> list[int]:
    """Years whose December the run covers."""
    return [y for y in range(1800, 2200) if people.first <= month_index(y, 12) <= people.last]


def counts(people: People, month: int) -> NDArray[np.int64]:
    """Living persons, wherever they are: women in row 0 and men in row 1, by age group.

    Parameters
    ----------
    people : People
        Of a run.
    month : int
        Month index.
    """
    p = people.pedigree
    living = np.flatnonzero(p.alive_at(month))
    groups = np.minimum((month - p.birth[living]) // (12 * STEP), OLDEST // STEP)
    male = p.sex[living] == MALE
    size = OLDEST // STEP + 1
    return np.stack([np.bincount(groups[male == sex], minlength=size) for sex in (False, True)])


def pyramid(found: NDArray[np.int64], women: str, men: str, *, width: int = 600) -> str:
    """Men to the left, women to the right, the oldest on top.

    Parameters
    ----------
    found : array
        As :func:`counts` gives it.
    women, men : str
        What stands above the two sides.
    width : int
        In pixels.
    """
    middle, gap = width / 2, 27.0
    most = max(1, int(found.max()))
    reach = width / 2 - gap - 52
    names = labels()
    parts = [
        svg.text(middle - gap, 14, men, anchor="end", colour=theme.MUTE),
        svg.text(middle + gap, 14, women, colour=theme.MUTE),
    ]
    for group, name in enumerate(names):
        y = 24 + (len(names) - 1 - group) * _ROW
        parts.append(svg.text(middle, y + 12, name, anchor="middle", colour=theme.INK_2, size=12))
        for side, fill, number in (
            (-1, theme.SEQUENCE[2], int(found[1, group])),
            (1, theme.PLUM, int(found[0, group])),
        ):
            long = reach * number / most
            x = middle + gap if side > 0 else middle - gap - long
            parts.append(svg.tag("rect", x=x, y=y, width=long, height=_ROW - 3, fill=fill))
            at = middle + side * (gap + long + 5)
            anchor = "start" if side > 0 else "end"
            parts.append(svg.text(at, y + 12, f"{number:,}", anchor=anchor, colour=theme.MUTE, size=11))
    return svg.drawing(width, 28 + len(names) * _ROW, "".join(parts))
