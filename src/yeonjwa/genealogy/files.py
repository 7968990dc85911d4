"""A population in a folder: two normalised Parquet tables and a small JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from yeonjwa.core.calendar import format_month, parse_month
from yeonjwa.core.columns import MONTH, Coded, Column, read_parquet, write_parquet
from yeonjwa.core.errors import InputError
from yeonjwa.core.files import write_text
from yeonjwa.genealogy.index import union_index
from yeonjwa.genealogy.pedigree import Pedigree

PERSONS, UNIONS, POPULATION = "persons.parquet", "unions.parquet", "population.json"
_SEXES = ("f", "m")


def write_population(pedigree: Pedigree, folder: Path, extra: Mapping[str, Column] | None = None) -> None:
    """Write ``persons.parquet``, ``unions.parquet`` and ``population.json`` into a folder.

    Ids are row numbers, counted from 0. ``birth_union`` is -1 for founders; ``first_child`` is the person at whom
    the children of a union begin: they are consecutive, up to the first child of the next union. Deaths after the
    last month are the pre-drawn ones.

    Parameters
    ----------
    pedigree : Pedigree
    folder : Path
        Exists.
    extra : mapping of str to column, optional
        More columns of ``persons.parquet``, one value a person.
    """
    persons: dict[str, Column] = {
        "birth": pedigree.birth,
        "death": pedigree.death,
        "sex": Coded(pedigree.sex, _SEXES),
        "region": pedigree.region,
        "province": Coded(pedigree.region_province[pedigree.region], pedigree.provinces),
        "birth_union": pedigree.birth_union,
        **(extra or {}),
    }
    write_parquet(folder / PERSONS, persons, types={"birth": MONTH, "death": MONTH})
    unions: dict[str, Column] = {
        "wife": pedigree.wife,
        "husband": pedigree.husband,
        "start": pedigree.start,
        "end": np.minimum(pedigree.death[pedigree.wife], pedigree.death[pedigree.husband]),
        "first_child": pedigree.first_child[:-1],
    }
    write_parquet(folder / UNIONS, unions, types={"start": MONTH, "end": MONTH})
    content = {
        "synthetic": pedigree.provenance == "simulated",
        "provenance": pedigree.provenance,
        "provinces": list(pedigree.provinces),
        "region_province": pedigree.region_province.tolist(),
        "first": format_month(pedigree.first_month),
        "last": format_month(pedigree.last_month),
        # Times are left out: equal seeds give equal bytes.
        "info": {key: value for key, value in pedigree.info.items() if key != "seconds"},
    }
    write_text(folder / POPULATION, json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def read_population(folder: Path) -> Pedigree:
    """The pedigree in a population or run folder.

    Raises
    ------
    InputError
        A file is missing or is not what :func:`write_population` writes.
    """
    content = _content(folder / POPULATION)
    p = read_parquet(
        folder / PERSONS, ("birth", "death", "sex", "region", "birth_union"), codes={"sex": _SEXES}
    )
    u = read_parquet(folder / UNIONS, ("wife", "husband", "start", "first_child"))
    persons = p["birth"].size
    wife, husband = u["wife"].astype(np.int32), u["husband"].astype(np.int32)
    _check_ids(folder, persons, wife, husband, p["birth_union"], u["first_child"])
    offset, members = union_index(persons, wife, husband)
    return Pedigree(
        birth=p["birth"].astype(np.int16),
        death=p["death"].astype(np.int16),
        sex=p["sex"].astype(np.int8),
        region=p["region"].astype(np.int16),
        birth_union=p["birth_union"].astype(np.int32),
        wife=wife,
        husband=husband,
        start=u["start"].astype(np.int16),
        first_child=np.append(u["first_child"], persons).astype(np.int32),
        union_offset=offset,
        union_list=members,
        region_province=np.array(content["region_province"], np.int8),
        provinces=tuple(content["provinces"]),
        first_month=parse_month(content["first"], POPULATION),
        last_month=parse_month(content["last"], POPULATION),
        info=content["info"],
        provenance=content["provenance"],
    )


def _content(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InputError("folder", str(path.parent), f"a population folder with {POPULATION}")
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError("file", path.name, "JSON as write_population writes it", str(path)) from error
    for key in ("region_province", "provinces", "first", "last", "info", "provenance"):
        if key not in content:
            raise InputError("keys", sorted(content), f"{key} is missing", str(path))
    return content


def _check_ids(
    folder: Path,
    persons: int,
    wife: np.ndarray,
    husband: np.ndarray,
    birth_union: np.ndarray,
    first: np.ndarray,
) -> None:
    """Ids within range and children in order: the kernels do not look."""
    unions = wife.size
    for ids in (wife, husband):
        if unions and not (0 <= ids.min() and ids.max() < persons):
            raise InputError(
                "spouse", f"{ids.min()} to {ids.max()}", f"0 to {persons - 1}", str(folder / UNIONS)
            )
    if persons and not (-1 <= birth_union.min() and birth_union.max() < unions):
        raise InputError("birth_union", int(birth_union.max()), f"-1 to {unions - 1}", str(folder / PERSONS))
    bounds = np.append(first, persons)
    founders = int(bounds[0])
    expected = np.repeat(np.arange(unions), np.diff(bounds)) if (np.diff(bounds) >= 0).all() else None
    if (
        expected is None
        or not np.array_equal(birth_union[founders:], expected)
        or (birth_union[:founders] != -1).any()
    ):
        raise InputError(
            "first_child", "out of order", "children of a union in consecutive rows, after the founders",
            str(folder / UNIONS),
        )  # fmt: skip
