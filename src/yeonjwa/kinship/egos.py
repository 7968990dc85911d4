"""The egos of a table: who is asked, in which groups, and which of them are of one family."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import ORIGIN_YEAR, format_month
from yeonjwa.core.errors import InputError
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.tables import AGE_GROUPS, _choose_egos, _families, _mothers

_SEX_NAMES: Final = ("f", "m", "all")
#: Families are looked for so many generations up at most.
_HIGHEST: Final = 4


@dataclass(frozen=True, eq=False)
class Cell:
    """Egos of one sex and group.

    Attributes
    ----------
    group, sex : str
        "30-34" or "1980-1989" or "all"; "f", "m" or "all".
    index : int64 (egos of the cell,)
        Places among the egos.
    """

    group: str
    sex: str
    index: NDArray[np.int64]
    _families: dict[int, tuple[NDArray[np.int64], int]] = field(default_factory=dict, repr=False)

    @property
    def size(self) -> int:
        """Number of egos."""
        return int(self.index.size)


class Estimate(NamedTuple):
    """A mean and its standard error, None where a single family does not tell."""

    mean: float
    se: float | None


@dataclass(frozen=True, eq=False)
class Egos:
    """The living of a month, or a sample of them, as those whose kin are counted.

    Attributes
    ----------
    graph : KinGraph
        The pedigree with its index.
    month : int
        Month index.
    ids : int32 (egos,)
        Who, sorted by birth union.
    """

    graph: KinGraph
    month: int
    ids: NDArray[np.int32]

    @cached_property
    def mothers(self) -> NDArray[np.int32]:
        """Mother of everyone ever, -1 if not known."""
        return _mothers(self.graph.pedigree)

    @cached_property
    def birth(self) -> NDArray[np.int64]:
        """Month of birth of each ego."""
        return self.graph.pedigree.birth[self.ids].astype(np.int64)

    @cached_property
    def by_age(self) -> tuple[Cell, ...]:
        """Cells by age group of five years and sex, those with nobody left out."""
        group = np.minimum((self.month - self.birth) // 60, len(AGE_GROUPS) - 2)
        return self._cells(group, AGE_GROUPS[:-1])

    def by_cohort(self, width: int = 10) -> tuple[Cell, ...]:
        """Cells by birth cohort and sex; ``width`` in years, cohorts begin with a multiple of it."""
        if not 1 <= width <= 100:
            raise InputError("width of a cohort", width, "1 to 100 years")
        cohort = (self.birth // 12 + ORIGIN_YEAR) // width
        first = int(cohort.min())
        names = (f"{c * width}-{c * width + width - 1}" for c in range(first, int(cohort.max()) + 1))
        return self._cells(cohort - first, tuple(names))

    def _cells(self, group: NDArray[np.int64], names: tuple[str, ...]) -> tuple[Cell, ...]:
        sex = self.graph.pedigree.sex[self.ids]
        cells = []
        for s, sex_name in enumerate(_SEX_NAMES):
            of_sex = np.flatnonzero(sex == s) if s < 2 else np.arange(self.ids.size)
            for g, name in enumerate(names):
                cells.append(Cell(name, sex_name, of_sex[group[of_sex] == g]))
            cells.append(Cell("all", sex_name, of_sex))
        return tuple(cell for cell in cells if cell.size)

    def estimate(self, values: NDArray[np.generic], cell: Cell, height: int) -> Estimate:
        """Mean of values (egos,) over a cell, with families as the units of its standard error.

        A ratio of sums over clusters, with the factor F / (F - 1). Families are as in
        :func:`yeonjwa.kinship.tables.kin_by_age`: egos with the same birth union ``height - 1`` steps up the mothers,
        as far as mothers are known; ``height`` is the number of steps up to the ancestors shared, 1 to 4.
        """
        family, families = self._families_of(cell, min(max(height, 1), _HIGHEST))
        chosen = values[cell.index].astype(np.float64)
        mean = float(chosen.mean())
        if families < 2:
            return Estimate(mean, None)
        gaps = np.bincount(family, chosen - mean, minlength=families)
        spread = float(gaps @ gaps) * families / (families - 1)
        return Estimate(mean, float(np.sqrt(spread)) / cell.size)

    def _families_of(self, cell: Cell, height: int) -> tuple[NDArray[np.int64], int]:
        """Number of the family of each ego of a cell, counted from 0, and how many there are."""
        if height not in cell._families:
            ids = self.ids[cell.index]
            found, family = np.unique(
                _families(self.graph.pedigree, self.mothers, ids, height), return_inverse=True
            )
            cell._families[height] = (family.astype(np.int64), int(found.size))
        return cell._families[height]


def choose_egos(graph: KinGraph, month: int, *, sample: int | None = None, seed: int = 0) -> Egos:
    """The living at the end of a month, or a random sample of them without replacement.

    Parameters
    ----------
    graph : KinGraph
        The pedigree with its index.
    month : int
        Month index.
    sample : int, optional
        So many egos at most. The same as :func:`yeonjwa.kinship.tables.kin_by_age` draws.
    seed : int
        Seed of the sample.

    Raises
    ------
    InputError
        Nobody is alive, or a sample below 1.
    """
    if not graph.pedigree.num_living(month):
        raise InputError("month", format_month(month), "a month in which somebody is alive")
    return Egos(graph, month, _choose_egos(graph.pedigree, month, sample, seed))
