"""Kin of one ego or of many as a table: by type, degree, side, sex, half or full, blood or marriage, place, at a date."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import NEVER, format_month
from yeonjwa.core.columns import MONTH, Coded, Column
from yeonjwa.core.errors import InputError
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.kinship.circles import Circle
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.members import SIDES, Members, members
from yeonjwa.kinship.names import NAME_OF_PATH
from yeonjwa.kinship.relation import Relation, relatedness, relation, relation_by_marriage
from yeonjwa.kinship.residence import province_at
from yeonjwa.kinship.results import relation_of, write_table

if TYPE_CHECKING:
    import duckdb

_SEXES: Final = ("f", "m")
#: Sides that belong to a question about one parent's side: kin of both sides are kin of either.
_ON_SIDE: Final = {"father": (1, 3), "mother": (2, 3), "both": (3,), "own": (0,), "marriage": (4,)}
_TYPES: Final = {"birth": MONTH, "death": MONTH}


@dataclass(frozen=True)
class KinTable:
    """Kin of egos, one row for each ego and relative, sorted as the egos were given, then by (degree, person).

    What names a row (path, degree, side, half) is the *named* relation among the paths of the circle, as in
    :class:`yeonjwa.kinship.members.Members`.

    Attributes
    ----------
    month : int
        The date: the table says how things stood at the end of this month.
    ego, person : int32 (rows,)
        Ids.
    path : Coded
        Steps, such as ``UUDD``.
    degree : uint8 (rows,)
        Chon.
    side : Coded
        "own", "father", "mother", "both" or "marriage".
    half, blood : bool (rows,)
        Half-kin; kin by blood (else by marriage).
    sex : Coded
        "f" or "m".
    birth, death : int16 (rows,)
        Month indices; ``NEVER`` for deaths after the date.
    age : int16 (rows,)
        Completed years at the date, at death for the dead.
    living, same_province : bool (rows,)
        Alive at the date; residence in ego's province, for the dead where they last lived.
    province : Coded
        Residence, see :mod:`yeonjwa.kinship.residence`.
    relatedness : float64 (rows,)
        Of the named relation, see :attr:`yeonjwa.kinship.members.Members.relatedness`.
    """

    month: int
    ego: NDArray[np.int32]
    person: NDArray[np.int32]
    path: Coded
    degree: NDArray[np.uint8]
    side: Coded
    half: NDArray[np.bool_]
    blood: NDArray[np.bool_]
    sex: Coded
    birth: NDArray[np.int16]
    death: NDArray[np.int16]
    age: NDArray[np.int16]
    living: NDArray[np.bool_]
    province: Coded
    same_province: NDArray[np.bool_]
    relatedness: NDArray[np.float64]

    def __len__(self) -> int:
        return int(self.person.size)

    @property
    def kin(self) -> Coded:
        """Type of kin of each row: the name of its path (``first_cousins``), or the path if it has none."""
        return Coded(self.path.codes, tuple(NAME_OF_PATH.get(path, path) for path in self.path.names))

    def columns(self) -> dict[str, Column]:
        """All columns by name, as arrays and codes."""
        return {
            "ego": self.ego,
            "person": self.person,
            "kin": self.kin,
            **{name: getattr(self, name) for name in _COLUMNS},
        }

    def rows(self) -> list[dict[str, Any]]:
        """Rows as plain values; months as "YYYY-MM", a death after the date is None."""
        plain = {name: _values(column) for name, column in self.columns().items()}
        for name in _TYPES:
            plain[name] = [None if m >= NEVER else format_month(m) for m in plain[name]]
        return [dict(zip(plain, row, strict=True)) for row in zip(*plain.values(), strict=True)]

    def relation(self) -> duckdb.DuckDBPyRelation:
        """A DuckDB relation over the columns; birth and death are month indices."""
        return relation_of(self.columns())

    def write(self, path: Path) -> None:
        """Write a Parquet file; birth and death are dates."""
        write_table(path, self.columns(), _TYPES)

    def counts(self) -> dict[str, int]:
        """Number of rows by type of kin, in the order of naming."""
        numbers = np.bincount(self.path.codes, minlength=len(self.path.names))
        return {name: int(n) for name, n in zip(self.kin.names, numbers, strict=True) if n}

    def where(
        self,
        *,
        kin: str | Collection[str] | None = None,
        degree: int | Collection[int] | None = None,
        side: str | None = None,
        sex: str | None = None,
        half: bool | None = None,
        blood: bool | None = None,
        living: bool | None = None,
        province: str | None = None,
        same_province: bool | None = None,
    ) -> KinTable:
        """The rows that meet all conditions given.

        Parameters
        ----------
        kin : str or collection of str
            Types such as ``first_cousins``, or paths.
        degree : int or collection of int
            Chon.
        side : str
            "father" or "mother" (kin of both sides belong to either), "both", "own" (descendants), "marriage".
        sex : str
            "f" or "m", of the relative.
        half, blood, living, same_province : bool
            What the columns say.
        province : str
            Id of the province of residence.

        Raises
        ------
        InputError
            A value that cannot occur.
        """
        keep = np.ones(len(self), np.bool_)
        if kin is not None:
            keep &= self._of_kin({kin} if isinstance(kin, str) else set(kin))
        if degree is not None:
            keep &= np.isin(self.degree, [degree] if isinstance(degree, int) else list(degree))
        if side is not None:
            keep &= np.isin(self.side.codes, _ON_SIDE[_one_of("side", side, tuple(_ON_SIDE))])
        if sex is not None:
            keep &= self.sex.codes == _SEXES.index(_one_of("sex", sex, _SEXES))
        if province is not None:
            names = self.province.names
            keep &= self.province.codes == names.index(_one_of("province", province, names))
        flags = {"half": half, "blood": blood, "living": living, "same_province": same_province}
        for name, wanted in flags.items():
            if wanted is not None:
                keep &= getattr(self, name) == wanted
        return self._take(keep)

    def _of_kin(self, wanted: set[str]) -> NDArray[np.bool_]:
        known = {*self.path.names, *self.kin.names}
        for name in sorted(wanted - known):
            raise InputError("kin type of the table", name, ", ".join(sorted(known)))
        codes = [i for i, path in enumerate(self.path.names) if {path, self.kin.names[i]} & wanted]
        return np.isin(self.path.codes, codes)

    def _take(self, keep: NDArray[np.bool_]) -> KinTable:
        taken: dict[str, Any] = {}
        for name in ("ego", "person", *_COLUMNS):
            column = getattr(self, name)
            taken[name] = (
                Coded(column.codes[keep], column.names) if isinstance(column, Coded) else column[keep]
            )
        return replace(self, **taken)


_COLUMNS: Final = (
    "path",
    "degree",
    "side",
    "half",
    "blood",
    "sex",
    "birth",
    "death",
    "age",
    "living",
    "province",
    "same_province",
    "relatedness",
)


def kin_of(
    graph: KinGraph,
    egos: int | NDArray[np.integer],
    circle: Circle | str = "chon<=4",
    *,
    month: int | None = None,
    living: bool = True,
) -> KinTable:
    """Kin of one ego or of many who stand in a circle at a date.

    Parameters
    ----------
    graph : KinGraph
        The pedigree with its index.
    egos : int or integer array (egos,)
        Ids; somebody not yet born at the date has no kin.
    circle : Circle or str
        A circle or the line it is written in.
    month : int, optional
        The date (month index): kin born by then, reached through unions begun by then. The last month of the
        pedigree by default.
    living : bool
        Only kin alive at the date; else also those who had died by then, spouses included.

    Raises
    ------
    InputError
        No such person, an impossible circle.
    """
    p = graph.pedigree
    month = p.last_month if month is None else int(month)
    ids = graph.check_egos(np.atleast_1d(np.asarray(egos)))
    if living:
        found = members(graph, circle, ids, month=month)
    else:
        ids = ids[p.birth[ids] <= month]
        found = members(graph, circle, ids, mask=p.birth <= month, union_mask=p.start <= month)
    return _table(p, found, month)


def _table(p: Pedigree, found: Members, month: int) -> KinTable:
    circle, person, ego = found.circle, found.person, found.ego
    paths = circle.paths
    of_term = np.array([paths.index(term.path) for term in circle.terms], np.int16)
    by_blood = np.array([term.blood for term in circle.terms])
    home = province_at(p, month)
    death = np.where(p.death[person] <= month, p.death[person], NEVER).astype(np.int16)
    until = np.minimum(death.astype(np.int32), month)
    return KinTable(
        month=month,
        ego=ego,
        person=person,
        path=Coded(of_term[found.term], paths),
        degree=found.degree,
        side=Coded(found.side, SIDES),
        half=found.half,
        blood=by_blood[found.term],
        sex=Coded(p.sex[person], _SEXES),
        birth=p.birth[person],
        death=death,
        age=((until - p.birth[person]) // 12).astype(np.int16),
        living=death == NEVER,
        province=Coded(home[person], p.provinces),
        same_province=home[person] == home[ego],
        relatedness=found.relatedness,
    )


def with_words(graph: KinGraph, table: KinTable) -> list[dict[str, Any]]:
    """Rows of a table with what ego calls each relative: ``term_en``, ``term_ko``, ``romanised``.

    Kin by blood are called by their nearest relation, given as ``named_path``, even if the circle holds only a farther
    one; kin by marriage by the path of the row, even if they are nearer in another way. Where neither speech nor
    :func:`yeonjwa.kinship.relation.relation_by_marriage` knows a path, the words are None. ``r`` is the coefficient of
    relatedness over all common ancestors. Meant for one ego: about a tenth of a second for a hundred rows.
    """
    rows = table.rows()
    for row in rows:
        named = _named(graph, row, table.month)
        row["named_path"] = row["path"] if named is None else named.path
        for word in ("term_en", "term_ko", "romanised"):
            row[word] = None if named is None else getattr(named, word)
        row["r"] = relatedness(graph, row["ego"], row["person"]) if named is None else named.r
    return rows


def _named(graph: KinGraph, row: dict[str, Any], month: int) -> Relation | None:
    # A marriage that a death has ended still makes the words, since the table may hold the dead.
    at = month if row["living"] else None
    if row["blood"]:
        return relation(graph, row["ego"], row["person"], month=at)
    return relation_by_marriage(graph, row["ego"], row["person"], path=row["path"], month=at)


def _one_of(what: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise InputError(what, value, ", ".join(allowed))
    return value


def _values(column: Column) -> list[Any]:
    if isinstance(column, Coded):
        return [None if code < 0 else column.names[code] for code in column.codes.tolist()]
    return list(column.tolist())
