"""Columns survive the way to a file and back, in order, with equal bytes for equal content."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yeonjwa.core.calendar import NEVER, month_index
from yeonjwa.core.columns import Coded, read_parquet, write_parquet
from yeonjwa.core.errors import InputError

MONTHS = np.array([month_index(2005, 1), NEVER, month_index(1790, 12), -1], dtype=np.int16)


def example() -> dict[str, object]:
    return {
        "month": MONTHS,
        "name": np.array(["연좌", "it's", None, "a"], dtype=object),
        "place": Coded(np.array([1, 0, -1, 1], dtype=np.int8), ("pyongyang", "kangwon")),
        "value": np.array([1.5, np.nan, -0.0, 1e300]),
        "id": np.array([-1, 0, 2**31 - 1, 5], dtype=np.int32),
        "flag": np.array([True, False, True, True]),
    }


def test_round_trip(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    write_parquet(file, example(), types={"month": "month"})
    back = read_parquet(file)
    assert list(back) == ["month", "name", "place", "value", "id", "flag"]
    assert back["month"].tolist() == [month_index(2005, 1), NEVER, month_index(1790, 12), NEVER]
    assert back["name"].tolist() == ["연좌", "it's", None, "a"]
    assert back["place"].tolist() == ["kangwon", "pyongyang", None, "kangwon"]
    np.testing.assert_array_equal(back["value"], [1.5, np.nan, -0.0, 1e300])
    assert back["id"].dtype == np.int32
    assert back["id"].tolist() == [-1, 0, 2**31 - 1, 5]
    assert back["flag"].tolist() == [True, False, True, True]
    assert os.listdir(tmp_path) == ["a.parquet"]


def test_others_read_dates_and_text(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    write_parquet(file, example(), types={"month": "month", "id": "BIGINT"})
    described = duckdb.execute(f"describe select * from '{file}'").fetchall()
    assert [row[1] for row in described] == ["DATE", "VARCHAR", "VARCHAR", "DOUBLE", "BIGINT", "BOOLEAN"]
    assert str(duckdb.execute(f"select min(month) from '{file}'").fetchall()[0][0]) == "1790-12-01"


def test_codes_come_back_without_objects(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    write_parquet(file, example(), types={"month": "month"})
    back = read_parquet(file, ["place"], codes={"place": ("pyongyang", "kangwon")})
    assert back["place"].dtype == np.int16
    assert back["place"].tolist() == [1, 0, -1, 1]
    with pytest.raises(InputError, match="level of column place"):
        read_parquet(file, codes={"place": ("kangwon",)})


@settings(max_examples=25, deadline=None)
@given(st.permutations(list(range(40))))
def test_order_of_input_does_not_matter(tmp_path_factory: pytest.TempPathFactory, order: list[int]) -> None:
    folder = tmp_path_factory.mktemp("order")
    rows = np.arange(40)
    columns = {"a": rows % 3, "b": np.array([f"x{i % 5}" for i in rows], dtype=object), "c": rows * 0.5}
    write_parquet(folder / "1.parquet", columns, order_by=("a", "b", "c"))
    write_parquet(folder / "2.parquet", {k: v[order] for k, v in columns.items()}, order_by=("a", "b", "c"))
    assert (folder / "1.parquet").read_bytes() == (folder / "2.parquet").read_bytes()


def test_empty_columns_keep_their_types(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    columns = {
        "month": np.empty(0, np.int32),
        "s": np.empty(0, object),
        "c": Coded(np.empty(0, np.int8), ("a",)),
    }
    write_parquet(file, columns, types={"month": "month"})
    described = duckdb.execute(f"describe select * from '{file}'").fetchall()
    assert [row[1] for row in described] == ["DATE", "VARCHAR", "VARCHAR"]
    assert {name: column.size for name, column in read_parquet(file).items()} == {"month": 0, "s": 0, "c": 0}


def test_many_row_groups_keep_their_order(tmp_path: Path) -> None:
    n = 300_000
    values = np.random.default_rng(1).integers(0, 100, n).astype(np.int32)
    write_parquet(tmp_path / "a.parquet", {"v": values})
    np.testing.assert_array_equal(read_parquet(tmp_path / "a.parquet")["v"], values)


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({}, {}, "one column at least"),
        ({"a": np.zeros(2), "b": np.zeros(3)}, {}, "all of one length"),
        ({"a": np.zeros((2, 2))}, {}, "one-dimensional"),
        ({"a": np.zeros(2)}, {"order_by": ["b"]}, "column: 'b'"),
        ({"a": np.zeros(2)}, {"types": {"b": "DATE"}}, "column: 'b'"),
        ({"a": np.zeros(2)}, {"compression": "none"}, "compression"),
    ],
)
def test_bad_columns(
    tmp_path: Path, columns: dict[str, object], options: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        write_parquet(tmp_path / "a.parquet", columns, **options)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_bad_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="that exists"):
        read_parquet(tmp_path / "no.parquet")
    (tmp_path / "text.parquet").write_text("month,value\n")
    with pytest.raises(InputError, match="a Parquet file"):
        read_parquet(tmp_path / "text.parquet")
    write_parquet(tmp_path / "a.parquet", {"a": np.zeros(1)})
    with pytest.raises(InputError, match="column: 'b'"):
        read_parquet(tmp_path / "a.parquet", ["b"])
    with pytest.raises(InputError, match="place for the result"):
        write_parquet(tmp_path / "none" / "a.parquet", {"a": np.zeros(1)})
