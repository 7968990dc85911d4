"""Population folders: what is written is read back, and what is broken is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.genealogy.test_simulate import COLUMNS
from yeonjwa.core.columns import connect, read_parquet, write_parquet
from yeonjwa.core.errors import InputError
from yeonjwa.genealogy.files import read_population, write_population
from yeonjwa.genealogy.pedigree import Pedigree


def test_round_trip(small: Pedigree, tmp_path: Path) -> None:
    write_population(small, tmp_path, extra={"party": small.sex == 1})
    back = read_population(tmp_path)
    for name in COLUMNS:
        assert np.array_equal(getattr(back, name), getattr(small, name)), name
        assert getattr(back, name).dtype == getattr(small, name).dtype, name
    assert back.provinces == small.provinces
    assert (back.first_month, back.last_month) == (small.first_month, small.last_month)
    assert back.info["founders"] == small.info["founders"]
    assert back.provenance == "simulated"


def test_dates_and_names_can_be_read_by_anybody(small: Pedigree, tmp_path: Path) -> None:
    write_population(small, tmp_path)
    with connect() as connection:
        row = connection.execute(
            f"select min(birth)::varchar, count(*), count(distinct province), min(sex) from '{tmp_path}/persons.parquet'"
        ).fetchone()
    assert row is not None
    assert row[0].endswith("-01")
    assert row[1:] == (small.num_persons, 10, "f")


def test_equal_populations_give_equal_bytes(small: Pedigree, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_population(small, tmp_path / name)
    for file in ("persons.parquet", "unions.parquet", "population.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="population folder"):
        read_population(tmp_path)


def test_broken_json(small: Pedigree, tmp_path: Path) -> None:
    write_population(small, tmp_path)
    (tmp_path / "population.json").write_text("{")
    with pytest.raises(InputError, match="JSON"):
        read_population(tmp_path)
    (tmp_path / "population.json").write_text(json.dumps({"provinces": []}))
    with pytest.raises(InputError, match="missing"):
        read_population(tmp_path)


@pytest.mark.parametrize(("column", "value"), [("wife", 10**7), ("husband", -4), ("first_child", 5)])
def test_ids_out_of_range(small: Pedigree, tmp_path: Path, column: str, value: int) -> None:
    write_population(small, tmp_path)
    unions = read_parquet(tmp_path / "unions.parquet")
    unions[column][3] = value
    write_parquet(tmp_path / "unions.parquet", unions, types={"start": "month", "end": "month"})
    with pytest.raises(InputError):
        read_population(tmp_path)
