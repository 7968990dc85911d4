"""A person of a run and everyone related to them on a date: who stands in which circle of liability, and why.

What a run folder says is put together: the genealogy, the deaths and departures the months brought, and the rule of the
scenario in force on the date. Plain data for the kin explorer, for tables and for drawings.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import format_month, parse_month
from yeonjwa.core.columns import connect, read_parquet
from yeonjwa.core.errors import InputError
from yeonjwa.genealogy.files import PERSONS, read_population
from yeonjwa.kinship.circles import Circle, parse_circle
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.members import SIDES, members

if TYPE_CHECKING:
    from yeonjwa.core.parameters import Parameters
    from yeonjwa.genealogy.pedigree import Pedigree

#: Farthest kin that are looked up.
FARTHEST: Final = 8
#: Events that end a life beside the vital rates.
_DEATHS: Final = ("camp_death", "died_crossing", "died_china")
#: Event -> where the person is from then on.
_MOVES: Final = {
    "arrived": "south",
    "settled": "settled",
    "attempt": "transit",
    "interdicted": "home",
    "repatriated": "home",
    "returned": "home",
    "camp": "camp",
    "offence": "camp",
    "released": "home",
    "banishment": "banished",
    # Somebody who left before the first recorded month is known by this alone.
    "confirmed": "left",
}
#: Where a rule finds people.
WITHIN_REACH: Final = frozenset({"home", "banished"})
#: Sanctions that events record, heaviest first.
SANCTIONS: Final = ("camp", "banishment", "dismissal", "party_loss", "bar", "demotion")
#: Offence -> parameters with the chance that the circle is taken to a camp, or sent away.
OFFENCES: Final = {
    "flight": ("sanction.camp_flight", "sanction.banish_flight"),
    "other": ("sanction.camp_other", "sanction.banish_other"),
}


@dataclass(frozen=True)
class People:
    """The people of a run folder, with the deaths that the months added.

    Attributes
    ----------
    folder : Path
    graph : KinGraph
        Those never born die in the month of their birth; deaths in camps and on the way are deaths.
    first, last : int
        First and last recorded month of the run (month indices).
    """

    folder: Path
    graph: KinGraph
    first: int
    last: int

    @property
    def pedigree(self) -> Pedigree:
        """Everyone ever."""
        return self.graph.pedigree

    @cached_property
    def parameters(self) -> Parameters:
        """The parameters of the scenario that was run."""
        from yeonjwa.laboratory.scenario import load

        return load(self.folder / "scenario.toml").parameters

    @cached_property
    def _database(self) -> Any:
        return connect()

    def ask(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query; each call has a cursor of its own, so that threads may ask at the same time."""
        with self._database.cursor() as cursor:
            return list(cursor.execute(query, list(values)).fetchall())

    @property
    def bytes(self) -> int:
        """Memory of the arrays."""
        arrays = [*vars(self.pedigree).values(), *vars(self.graph).values()]
        return sum(a.nbytes for a in arrays if isinstance(a, np.ndarray))

    def check(self, person: int) -> int:
        """The id if somebody of the run has it.

        Raises
        ------
        InputError
            Nobody has it.
        """
        if not 0 <= person < self.pedigree.num_persons:
            raise InputError("person", person, f"0 to {self.pedigree.num_persons - 1}", str(self.folder))
        return person


def open_people(folder: Path) -> People:
    """The people of a run folder that kept its pedigree.

    Raises
    ------
    InputError
        No such folder, or a run that did not keep its pedigree.
    """
    from yeonjwa.laboratory.store import read_manifest

    manifest = read_manifest(folder)
    if not (folder / PERSONS).is_file():
        raise InputError(
            "folder", str(folder), "a run with --keep-pedigree (kept without it up to scale 0.1)"
        )
    pedigree = read_population(folder)
    death = pedigree.death.copy()
    if (folder / "events.parquet").is_file():
        for person, month in _rows(
            f"select person, month from {_parquet(folder / 'events.parquet')} "
            f"where kind in ({', '.join('?' * len(_DEATHS))})",
            _DEATHS,
        ):
            death[person] = min(int(death[person]), _index(month))
    if "whereabouts" in _columns(folder / PERSONS):
        where = read_parquet(folder / PERSONS, ("whereabouts",))["whereabouts"]
        never = where == "unborn"
        death[never] = pedigree.birth[never]
    first, last = (parse_month(manifest[key], "manifest.json") for key in ("first", "last"))
    return People(folder, KinGraph(replace(pedigree, death=death)), first, last)


class Shelf:
    """The people of the runs asked for last, kept as long as they fit into some memory.

    Parameters
    ----------
    most : int
        Bytes; the run asked for last is kept however large.
    """

    def __init__(self, most: int = 1 << 30) -> None:
        self.most = most
        self._kept: OrderedDict[tuple[str, int], People] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, folder: Path) -> People:
        """The people of a folder, read once while it does not change."""
        try:
            key = (str(folder), (folder / "manifest.json").stat().st_mtime_ns)
        except OSError:
            key = (str(folder), 0)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = open_people(folder)
            self._kept.move_to_end(key)
            while len(self._kept) > 1 and sum(p.bytes for p in self._kept.values()) > self.most:
                self._kept.popitem(last=False)
            return self._kept[key]

    def __len__(self) -> int:
        return len(self._kept)


def _index(date: Any) -> int:
    return parse_month(f"{date.year:04d}-{date.month:02d}")


def _parquet(path: Path) -> str:
    return "read_parquet('" + str(path).replace("'", "''") + "')"


def _columns(path: Path) -> list[str]:
    return [row[0] for row in _rows(f"describe select * from {_parquet(path)}")]


def _rows(query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connect() as connection:
        return connection.execute(query, list(values)).fetchall()


@dataclass(frozen=True)
class Rule:
    """What the rule says on a date.

    Attributes
    ----------
    camp, banish, career : Circle or None
        Who goes to a camp, who is sent away, who loses posts and prospects; None if nobody.
    depths : mapping of post to chon
        How far career sanctions reach, by the post of the relative.
    spared_daughters : float
        Share of married daughters who are let off.
    chances : mapping of offence to (camp, banishment)
        Chance that the whole circle is struck, for a family without a shield.
    career_chance : tuple of float
        Chance of a career sanction of somebody with something to lose, by degree from 1, before the factor of the post.
    """

    camp: Circle | None
    banish: Circle | None
    career: Circle | None
    depths: Mapping[str, int]
    spared_daughters: float
    chances: Mapping[str, tuple[float, float]]
    career_chance: tuple[float, ...]

    @property
    def depth(self) -> int:
        """Farthest degree in the career circle."""
        return max((term.degree for term in self.career.terms if term.blood), default=0) if self.career else 0


def rule_at(parameters: Parameters, month: int) -> Rule:
    """The rule in force in a month."""
    from yeonjwa.regime.rules import rules_at, with_inlaws

    rules = rules_at(parameters, month)
    depth = max(rules.career_depth.values(), default=0)
    inlaws = int(parameters.number("sanction.inlaw_degree", month))
    return Rule(
        camp=rules.camp_circle,
        banish=rules.banish_circle,
        career=parse_circle(with_inlaws(f"chon<={depth}", inlaws)) if depth else None,
        depths=dict(rules.career_depth),
        spared_daughters=parameters.number("sanction.spare_married_out", month),
        chances={
            name: (parameters.number(camp, month), parameters.number(banish, month))
            for name, (camp, banish) in OFFENCES.items()
        },
        career_chance=tuple(parameters.table("sanction.career_probability", month).values()),
    )


@dataclass(frozen=True)
class Kin:
    """One relative on a date.

    Attributes
    ----------
    id : int
    up, down : int
        Steps to a parent and to a child; both 0 for a spouse and for kin by marriage.
    path : str
        Steps, such as ``UUDD``.
    degree : int
        Chon.
    side : str
        "own", "father", "mother", "both" or "marriage".
    half : bool
    sex : str
        "f" or "m".
    age : int
        Completed years, at death for the dead.
    alive : bool
    where : str
        Whereabouts, as in ``persons.parquet``; "dead" for the dead.
    camp, banish, career : bool
        Whether the rule names them; who is dead or out of reach is not named.
    by : mapping of circle to path
        The path by which each circle names them, out of reach or not.
    """

    id: int
    up: int
    down: int
    path: str
    degree: int
    side: str
    half: bool
    sex: str
    age: int
    alive: bool
    where: str
    camp: bool
    banish: bool
    career: bool
    by: Mapping[str, str]

    @property
    def reached(self) -> str:
        """The narrowest circle: "camp", "career" or "outside"."""
        return "camp" if self.camp else "career" if self.career or self.banish else "outside"


@dataclass(frozen=True)
class Family:
    """A person and their kin by blood to eight chon, and those by marriage whom a rule names, on a date.

    Attributes
    ----------
    id, month : int
    sex : str
    age : int or None
        None if not alive on the date.
    where, province : str
    rule : Rule
    kin : list of Kin
        The living and the dead, by degree and id.
    parents : mapping of id to (father, mother)
        Of the person and of all kin, -1 where not known.
    """

    id: int
    month: int
    sex: str
    age: int | None
    where: str
    province: str
    rule: Rule
    kin: list[Kin]
    parents: Mapping[int, tuple[int, int]]

    @property
    def in_camp(self) -> int:
        """Relatives in the camp circle."""
        return sum(k.camp for k in self.kin)

    @property
    def in_career_only(self) -> int:
        """Relatives who are only in the career circle."""
        return sum(k.career and not k.camp for k in self.kin)

    @property
    def living(self) -> int:
        """Living kin by blood."""
        return sum(k.alive and k.side != "marriage" for k in self.kin)

    def of(self, person: int) -> Kin | None:
        """A relative by id, None if there is none of that id."""
        return next((k for k in self.kin if k.id == person), None)

    def by_degree(self) -> list[dict[str, Any]]:
        """Living kin by degree: numbers in all, on each side, in each circle, and summed from the nearest on.

        The first row is the spouse (degree 0), if there is one; kin by marriage stand in the last, with degree None.
        """
        blood = [k for k in self.kin if k.alive and k.side != "marriage"]
        spouses = [k for k in self.kin if k.alive and k.path == "S"]
        others = [k for k in self.kin if k.alive and k.side == "marriage" and k.path != "S"]
        groups: list[tuple[int | None, list[Kin]]] = [(0, spouses)] if spouses else []
        groups += [(d, [k for k in blood if k.degree == d]) for d in range(1, FARTHEST + 1)]
        groups += [(None, others)] if others else []
        rows, total = [], 0
        for degree, kin in groups:
            total += len(kin)
            rows.append(
                {
                    "degree": degree,
                    "living": len(kin),
                    "father": sum(k.side in ("father", "both") for k in kin),
                    "mother": sum(k.side in ("mother", "both") for k in kin),
                    "camp": sum(k.camp for k in kin),
                    "banish": sum(k.banish for k in kin),
                    "career": sum(k.career for k in kin),
                    "total": total,
                }
            )
        return rows


def family(
    people: People, person: int, month: int, *, camp: str | None = None, career: str | None = None
) -> Family:
    """Everyone related to a person on a date, and whom the rule then in force names.

    Parameters
    ----------
    people : People
        From :func:`open_people`.
    person : int
    month : int
        Month index, within the recorded months of the run.
    camp, career : str, optional
        Circles to put in the place of those of the run: what another rule would name.

    Raises
    ------
    InputError
        An unknown person, a month outside, a circle that cannot be.
    """
    people.check(person)
    if not people.first <= month <= people.last:
        allowed = f"{format_month(people.first)} to {format_month(people.last)}"
        raise InputError("month", format_month(month), allowed, str(people.folder))
    p, graph = people.pedigree, people.graph
    rule = rule_at(people.parameters, month)
    if camp is not None:
        rule = replace(rule, camp=parse_circle(camp), banish=None)
    if career is not None:
        rule = replace(rule, career=parse_circle(career))
    ego = np.array([person], np.int32)
    born = (p.birth <= month) & (p.death > p.birth)
    found = members(graph, f"chon<={FARTHEST}", ego, mask=born)
    named = {
        name: _named(graph, circle, ego, month)
        for name, circle in (("camp", rule.camp), ("banish", rule.banish), ("career", rule.career))
    }
    blood = found.person.tolist()
    known = set(blood)
    spouses = _named(graph, parse_circle("spouse"), ego, month)
    married = sorted({*spouses, *(k for circle in named.values() for k in circle)} - known)
    everyone = [person, *blood, *married]
    where = _whereabouts(people, everyone, month)
    rows = [
        _kin(p, month, k, int(u), int(d), SIDES[int(s)], bool(h), where, named)
        for k, u, d, s, h in zip(blood, found.up, found.down, found.side, found.half, strict=True)
    ]
    for k in married:
        path = spouses.get(k) or next(c[k] for c in named.values() if k in c)
        rows.append(_kin(p, month, k, 0, 0, "marriage", False, where, named, path))
    alive = bool(p.birth[person] <= month < p.death[person])
    return Family(
        id=person,
        month=month,
        sex="fm"[int(p.sex[person])],
        age=int(month - p.birth[person]) // 12 if alive else None,
        where=where[person],
        province=p.provinces[home(p, person, month)],
        rule=rule,
        kin=rows,
        parents={k: (p.parents(k)[1], p.parents(k)[0]) for k in everyone},
    )


def home(p: Pedigree, person: int, month: int) -> int:
    """Province of residence of one person, as :func:`yeonjwa.kinship.residence.province_at` has it for everybody."""
    region = int(p.region[person])
    if p.sex[person] == 0:
        for union in p.union_list[p.union_offset[person] : p.union_offset[person + 1]].tolist():
            if p.start[union] <= month and p.husband[union] >= 0:
                region = int(p.region[p.husband[union]])
    return int(p.region_province[region])


def _named(graph: KinGraph, circle: Circle | None, ego: NDArray[np.int32], month: int) -> dict[int, str]:
    """Person -> path by which a circle names them."""
    if circle is None:
        return {}
    found = members(graph, circle, ego, month=month)
    return {k: circle.terms[t].path for k, t in zip(found.person.tolist(), found.term.tolist(), strict=True)}


def _kin(
    p: Pedigree,
    month: int,
    person: int,
    up: int,
    down: int,
    side: str,
    half: bool,
    where: Mapping[int, str],
    named: Mapping[str, Mapping[int, str]],
    path: str = "",
) -> Kin:
    path = path or "U" * up + "D" * down
    alive = bool(month < p.death[person])
    here = alive and where[person] in WITHIN_REACH
    by = {name: circle[person] for name, circle in named.items() if person in circle}
    return Kin(
        id=person,
        up=up,
        down=down,
        path=path,
        degree=len(path) - path.count("S"),
        side=side,
        half=half,
        sex="fm"[int(p.sex[person])],
        age=int(min(month, int(p.death[person])) - p.birth[person]) // 12,
        alive=alive,
        where=where[person],
        camp=here and "camp" in by,
        banish=here and "banish" in by,
        career=here and "career" in by,
        by=by,
    )


def _whereabouts(people: People, persons: Sequence[int], month: int) -> dict[int, str]:
    """Where each was at the end of a month, by the last event that moved them; without one they are at home."""
    p = people.pedigree
    where = {
        k: "not_yet_born" if p.birth[k] > month else "home" if p.death[k] > month else "dead" for k in persons
    }
    file = people.folder / "events.parquet"
    if not file.is_file():
        return where
    moves = people.ask(
        f"select person, kind from {_parquet(file)} where person in (select unnest(?::int[])) "
        f"and kind in ({', '.join('?' * len(_MOVES))}) and month <= ?::date order by month",
        [list(map(int, persons)), *_MOVES, f"{format_month(month)}-01"],
    )
    for person, kind in moves:
        if where[person] != "dead" and not (kind == "confirmed" and where[person] != "home"):
            where[person] = _MOVES[kind]
    return where


def life(people: People, person: int, month: int | None = None) -> list[dict[str, Any]]:
    """What happened to a person, by date: birth, unions, children, deaths, and the events of the run.

    Parameters
    ----------
    people : People
    person : int
    month : int, optional
        Up to the end of this month; the last of the run by default.

    Returns
    -------
    list of dict
        ``month``, ``kind``, ``other`` (id or None), ``degree`` (chon or None).
    """
    people.check(person)
    p = people.pedigree
    until = people.last if month is None else month
    rows: list[dict[str, Any]] = [_event(int(p.birth[person]), "birth")]
    for union in p.union_list[p.union_offset[person] : p.union_offset[person + 1]].tolist():
        if p.birth[person] >= p.death[person]:
            break
        wife, husband = int(p.wife[union]), int(p.husband[union])
        other = husband if wife == person else wife
        start = int(p.start[union])
        if start < min(int(p.death[person]), int(p.death[other])):
            rows.append(_event(start, "union", other))
            if p.death[other] < p.death[person]:
                rows.append(_event(int(p.death[other]), "widowed", other))
        for child in range(int(p.first_child[union]), int(p.first_child[union + 1])):
            if p.death[child] > p.birth[child]:
                rows.append(_event(int(p.birth[child]), "child", child))
    file = people.folder / "events.parquet"
    if file.is_file():
        found = people.ask(
            f"select month, kind, other, degree from {_parquet(file)} where person = ? and kind not in ('hint', 'threat')",
            [person],
        )
        rows += [_event(_index(m), kind, other, degree) for m, kind, other, degree in found]
    if not any(row["kind"] in _DEATHS for row in rows):
        rows.append(_event(int(p.death[person]), "death"))
    return sorted((row for row in rows if row["at"] <= until), key=lambda row: (row["at"], row["kind"]))


def struck(people: People, person: int) -> list[dict[str, Any]]:
    """Relatives on whom the run laid a sanction for an offence of this person: ``month``, ``kind``, ``person``, ``degree``."""
    file = people.folder / "events.parquet"
    if not file.is_file():
        return []
    found = people.ask(
        f"select month, kind, person, degree from {_parquet(file)} where other = ? and "
        f"kind in ({', '.join('?' * len(SANCTIONS))}) order by month, degree, person",
        [person, *SANCTIONS],
    )
    return [
        {"month": f"{m.year:04d}-{m.month:02d}", "kind": kind, "person": who, "degree": degree}
        for m, kind, who, degree in found
    ]


def _event(at: int, kind: str, other: int | None = None, degree: int | None = None) -> dict[str, Any]:
    return {"at": at, "month": format_month(at), "kind": kind, "other": other, "degree": degree}


#: Filters of a search: name -> column of ``persons.parquet``.
FILTERS: Final = {
    "songbun": "songbun",
    "province": "home_province",
    "outcome": "whereabouts",
    "post": "post",
    "sex": "sex",
}


def search(
    folder: Path, filters: Mapping[str, str] | None = None, *, page: int = 1, size: int = 50
) -> dict[str, Any]:
    """People of a run in the end state that fit all filters, a page at a time.

    Parameters
    ----------
    folder : Path
        Of a run that kept its pedigree.
    filters : mapping of str to str
        Of :data:`FILTERS`; ``post`` may be "none".
    page, size : int
        From 1; rows of a page.

    Returns
    -------
    dict
        ``total``, ``pages``, ``page`` and ``rows``: ``id``, ``sex``, ``birth``, ``songbun``, ``party``, ``post``,
        ``province``, ``outcome``.

    Raises
    ------
    InputError
        A filter that there is not, or a folder without persons.
    """
    file = folder / PERSONS
    if not file.is_file() or "whereabouts" not in _columns(file):
        raise InputError(
            "folder", str(folder), "a run that kept its people (up to scale 0.1, or --keep-pedigree)"
        )
    conditions, values = ["whereabouts not in ('unborn', 'not_yet_born')"], []
    for name, value in (filters or {}).items():
        if name not in FILTERS:
            raise InputError("filter", name, ", ".join(FILTERS))
        if name == "post" and value == "none":
            conditions.append("post is null")
        else:
            conditions.append(f"{FILTERS[name]} = ?")
            values.append(value)
    where = " and ".join(conditions)
    numbered = _parquet(file).replace("')", "', file_row_number = true)")
    source = f"(select *, file_row_number as id from {numbered})"
    total = int(_rows(f"select count(*) from {source} where {where}", values)[0][0])
    pages = max(1, -(-total // size))
    page = min(max(1, page), pages)
    found = _rows(
        f"select id, sex, birth, songbun, party, post, home_province, whereabouts from {source} where {where} "
        f"order by id desc limit {int(size)} offset {int((page - 1) * size)}",
        values,
    )
    names = ("id", "sex", "birth", "songbun", "party", "post", "province", "outcome")
    rows = [dict(zip(names, row, strict=True)) for row in found]
    for row in rows:
        row["birth"] = f"{row['birth'].year:04d}-{row['birth'].month:02d}"
    return {"total": total, "pages": pages, "page": page, "rows": rows}
