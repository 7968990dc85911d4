"""Kin in a population or run folder, as plain data: what the commands ``kin`` and ``reach`` call.

Each function gives back what ``--json`` prints, and writes the table to a Parquet file if asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yeonjwa.core.calendar import format_month, parse_month
from yeonjwa.core.errors import InputError

if TYPE_CHECKING:
    from yeonjwa.kinship.circles import Circle
    from yeonjwa.kinship.egos import Egos
    from yeonjwa.kinship.graph import KinGraph

Answer = dict[str, Any]


def open_folder(folder: Path, month: int | None = None) -> tuple[KinGraph, int]:
    """The pedigree of a folder with its index, and the month asked for (the last of the folder if None).

    Parameters
    ----------
    folder : Path
        From ``yeonjwa population``, ``yeonjwa run`` or ``yeonjwa import``.
    month : int, optional
        Month index.

    Raises
    ------
    InputError
        No such folder, a run that did not keep its pedigree, a month outside.
    """
    from yeonjwa.laboratory.store import read_manifest

    manifest = read_manifest(folder)
    if not (folder / "persons.parquet").is_file():
        allowed = "a population folder, or a run with --keep-pedigree (kept without it up to scale 0.1)"
        raise InputError("folder", str(folder), allowed)
    from yeonjwa.genealogy.files import read_population
    from yeonjwa.kinship.graph import KinGraph

    pedigree = read_population(folder)
    last = parse_month(manifest["last"], "manifest.json")
    chosen = last if month is None else month
    if not pedigree.first_month <= chosen <= last:
        allowed = f"{format_month(pedigree.first_month)} to {format_month(last)}"
        raise InputError("month", format_month(chosen), allowed, "--at")
    return KinGraph(pedigree), chosen


def _open(folder: Path, month: int | None, out: Path | None) -> tuple[KinGraph, int]:
    """As open_folder, after a look at where the table shall go."""
    if out is not None:
        from yeonjwa.kinship.results import check_file

        check_file(out)
    return open_folder(folder, month)


def _egos(folder: Path, month: int | None, sample: int | None, seed: int, out: Path | None = None) -> Egos:
    from yeonjwa.kinship.egos import choose_egos

    graph, at = _open(folder, month, out)
    return choose_egos(graph, at, sample=sample, seed=seed)


def _tabled(rows: list[dict[str, Any]], out: Path | None, **about: Any) -> Answer:
    """Rows as the answer, written to a file if asked."""
    from yeonjwa.laboratory.store import plain

    answer = {**about, "rows": [plain(row) for row in rows]}
    if out is not None:
        from yeonjwa.kinship.results import write_table

        write_table(out, rows)
        answer["file"] = str(out)
    return answer


def by_age(
    folder: Path,
    *,
    month: int | None = None,
    kinds: Sequence[str] | None = None,
    sample: int | None = None,
    seed: int = 0,
    out: Path | None = None,
) -> Answer:
    """Mean number of living kin by kin type and age group of ego: see :func:`yeonjwa.kinship.tables.kin_by_age`.

    Parameters
    ----------
    folder, month
        As in :func:`open_folder`.
    kinds, sample, seed
        As in the function named above.
    out : Path, optional
        A ``.parquet`` file to write too.
    """
    from yeonjwa.kinship.tables import kin_by_age

    graph, at = _open(folder, month, out)
    if not graph.pedigree.num_living(at):
        raise InputError("month", format_month(at), "a month in which somebody is alive", "--at")
    rows = kin_by_age(graph.pedigree, at, kinds=kinds, sample=sample, seed=seed)
    return _tabled(rows, out, month=format_month(at))


def by_cohort(
    folder: Path,
    *,
    month: int | None = None,
    kinds: Sequence[str] | None = None,
    sample: int | None = None,
    seed: int = 0,
    out: Path | None = None,
) -> Answer:
    """Mean number of living kin by kin type and birth cohort of ego: see :func:`yeonjwa.kinship.distributions.kin_by_cohort`.

    Parameters
    ----------
    folder, month, kinds, sample, seed, out
        As in :func:`by_age`.
    """
    from yeonjwa.kinship.distributions import kin_by_cohort

    egos = _egos(folder, month, sample, seed, out)
    return _tabled(kin_by_cohort(egos, kinds=kinds), out, month=format_month(egos.month))


def distribution(
    folder: Path,
    kin: str,
    *,
    month: int | None = None,
    sample: int | None = None,
    seed: int = 0,
    top: int = 10,
    out: Path | None = None,
) -> Answer:
    """Share of egos with 0, 1, 2, ... living kin: see :func:`yeonjwa.kinship.distributions.distribution`.

    Parameters
    ----------
    kin, top
        As there.
    folder, month, sample, seed, out
        As in :func:`by_age`.
    """
    from yeonjwa.kinship import distributions

    egos = _egos(folder, month, sample, seed, out)
    return _tabled(distributions.distribution(egos, kin, top=top), out, month=format_month(egos.month))


def lost(
    folder: Path,
    *,
    month: int | None = None,
    kinds: Sequence[str] | None = None,
    sample: int | None = None,
    seed: int = 0,
    out: Path | None = None,
) -> Answer:
    """Kin lost by age of ego: see :func:`yeonjwa.kinship.lost.kin_lost`.

    Parameters
    ----------
    folder, month, kinds, sample, seed, out
        As in :func:`by_age`; kin types are circles here.
    """
    from yeonjwa.kinship.lost import kin_lost

    egos = _egos(folder, month, sample, seed, out)
    return _tabled(kin_lost(egos, kinds=kinds), out, month=format_month(egos.month))


def of_egos(
    folder: Path,
    ids: Sequence[int],
    *,
    circle: str = "chon<=4",
    month: int | None = None,
    living: bool = True,
    same_province: bool = False,
    out: Path | None = None,
) -> Answer:
    """Kin of some egos, row by row, with what each ego calls them: see :func:`yeonjwa.kinship.query.kin_of`.

    Parameters
    ----------
    ids : sequence of int
        Egos.
    circle, living
        As there.
    same_province : bool
        Only kin who live in ego's province.
    folder, month, out
        As in :func:`by_age`.
    """
    import numpy as np

    from yeonjwa.kinship.query import kin_of, with_words

    graph, at = _open(folder, month, out)
    egos = graph.check_egos(np.array(ids, np.int64))
    for ego in ids:
        if graph.pedigree.birth[ego] > at:
            born = format_month(int(graph.pedigree.birth[ego]))
            raise InputError(
                "ego", ego, f"somebody born by {format_month(at)}; this one is born in {born}", "--at"
            )
    table = kin_of(graph, egos, circle, month=at, living=living)
    if same_province:
        table = table.where(same_province=True)
    rows = with_words(graph, table)
    about = {"month": format_month(at), "circle": circle, "egos": [_person(graph, ego, at) for ego in ids]}
    answer = _tabled(rows, out if rows else None, **about, counts=table.counts())
    if out is not None and not rows:
        table.write(out)
        answer["file"] = str(out)
    return answer


def of_everybody(
    folder: Path,
    *,
    circle: str,
    out: Path,
    month: int | None = None,
    living: bool = True,
    same_province: bool = False,
    sample: int | None = None,
    seed: int = 0,
) -> Answer:
    """Kin of all the living, or of a sample, as a Parquet file; the answer counts them by type.

    Parameters
    ----------
    circle, living, same_province
        As in :func:`of_egos`.
    folder, month, sample, seed, out
        As in :func:`by_age`.
    """
    from yeonjwa.kinship.query import kin_of

    egos = _egos(folder, month, sample, seed, out)
    table = kin_of(egos.graph, egos.ids, circle, month=egos.month, living=living)
    if same_province:
        table = table.where(same_province=True)
    table.write(out)
    return {
        "month": format_month(egos.month),
        "circle": circle,
        "n_ego": int(egos.ids.size),
        "n_rows": len(table),
        "counts": table.counts(),
        "file": str(out),
    }


def related(folder: Path, a: int, b: int, *, month: int | None = None) -> Answer:
    """What person b is to person a: see :func:`yeonjwa.kinship.relation.relation`.

    ``by_marriage`` says what they are by marriage as well, if they are kin by blood; None if nothing.

    Parameters
    ----------
    a, b : int
        Persons.
    folder : Path
        As in :func:`open_folder`.
    month : int, optional
        Count only marriages that lasted at the end of this month.
    """
    from dataclasses import asdict

    from yeonjwa.kinship.relation import relation, relation_by_marriage

    graph, at = open_folder(folder, month)
    found = relation(graph, a, b, month=month)
    other = relation_by_marriage(graph, a, b, month=month) if found.blood and a != b else None
    return {
        "month": None if month is None else format_month(month),
        "a": _person(graph, a, at),
        "b": _person(graph, b, at),
        **asdict(found),
        "by_marriage": None if other is None else asdict(other),
    }


def diagram(
    folder: Path,
    file: Path,
    *,
    age: str = "all",
    month: int | None = None,
    sample: int | None = None,
    seed: int = 0,
) -> Answer:
    """Draw the expected numbers of kin around an ego of an age group: see :mod:`yeonjwa.report.keyfitz`.

    Parameters
    ----------
    file : Path
        Ends in ``.svg``, ``.png`` or ``.pdf``.
    age : str
        An age group such as "30-34", or "all".
    folder, month, sample, seed
        As in :func:`by_age`.
    """
    from yeonjwa.report import keyfitz

    keyfitz.check_file(file)
    egos = _egos(folder, month, sample, seed)
    boxes = keyfitz.numbers(egos, age)
    keyfitz.save(boxes, file, title=keyfitz.title_of(egos, age))
    rows = [box.row() for box in boxes]
    return {**_tabled(rows, None, month=format_month(egos.month), age_group=age), "file": str(file)}


def reach(
    folder: Path,
    circles: Sequence[str],
    *,
    month: int | None = None,
    sample: int | None = None,
    seed: int = 0,
    out: Path | None = None,
) -> Answer:
    """How many living relatives some circles hold: see :func:`yeonjwa.kinship.reach.reach`.

    Parameters
    ----------
    circles : sequence of str
        Lines; compared on the same egos.
    folder, month, sample, seed, out
        As in :func:`by_age`.
    """
    from yeonjwa.kinship.circles import parse_circle
    from yeonjwa.kinship.reach import reach as table

    parsed = [parse_circle(line) for line in circles]
    egos = _egos(folder, month, sample, seed, out)
    rows = [row for circle in parsed for row in table(egos, circle)]
    about = [_described(circle) for circle in parsed]
    return _tabled(rows, out, month=format_month(egos.month), circles=about)


def circle(line: str) -> Answer:
    """Who a circle holds: its paths, each in words, and the circle of those in whose circle ego stands.

    Parameters
    ----------
    line : str
        As ``"parents + spouse + children"``, ``"chon<=4, paternal"`` or ``"siblings of spouse"``.

    Raises
    ------
    InputError
        If the line cannot be read, or nobody could stand in such a circle.
    """
    from yeonjwa.kinship.circles import parse_circle

    found = parse_circle(line)
    back = found.inverse()
    inverse = {"paths": list(back.paths), "words": back.describe().splitlines()}
    return {**_described(found), "inverse": inverse, "symmetric": set(back.terms) == set(found.terms)}


def _described(circle: Circle) -> Answer:
    return {
        "circle": circle.text,
        "max_degree": circle.max_degree,
        "paths": list(circle.paths),
        "words": circle.describe().splitlines(),
    }


def _person(graph: KinGraph, person: int, month: int) -> Answer:
    from yeonjwa.kinship.residence import province_at

    p = graph.pedigree
    person = graph.check_person(person)
    born = int(p.birth[person])
    return {
        "id": person,
        "sex": "fm"[int(p.sex[person])],
        "birth": format_month(born),
        "living": bool(born <= month < p.death[person]),
        "age": (month - born) // 12 if born <= month < p.death[person] else None,
        "province": p.provinces[int(province_at(p, month)[person])],
    }
