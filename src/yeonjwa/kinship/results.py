"""What a query gives back, in other forms: columns, a DuckDB relation, a Parquet file.

Tables of kin are lists of rows (dict) with the same keys in each; these functions turn them into columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from yeonjwa.core.columns import Coded, Column, connect, write_parquet
from yeonjwa.core.errors import InputError

if TYPE_CHECKING:
    import duckdb

Rows = Sequence[Mapping[str, Any]]


def columns_of(rows: Rows) -> dict[str, Column]:
    """Columns of a table of rows: whole numbers as int64, others as float64 with NaN for None, text as codes.

    Raises
    ------
    InputError
        No rows: their columns would be unknown.
    """
    if not rows:
        raise InputError("rows", 0, "one row at least")
    return {name: _column([row[name] for row in rows]) for name in rows[0]}


def _column(values: list[Any]) -> Column:
    known = [value for value in values if value is not None]
    if all(isinstance(value, bool) for value in known) and len(known) == len(values):
        return np.array(values, np.bool_)
    if any(isinstance(value, str) for value in known):
        names = tuple(dict.fromkeys(known))
        place = {name: code for code, name in enumerate(names)}
        return Coded(np.array([place.get(value, -1) for value in values], np.int32), names)
    if len(known) == len(values) and all(isinstance(value, int) for value in known):
        return np.array(values, np.int64)
    return np.array([np.nan if value is None else value for value in values], np.float64)


def relation_of(columns: Mapping[str, Column] | Rows) -> duckdb.DuckDBPyRelation:
    """A DuckDB relation over columns or rows, on a connection of its own in memory: ``.filter``, ``.aggregate``, ...

    The connection does not reach the network, and lives as long as the relation.
    """
    plain = columns if isinstance(columns, Mapping) else columns_of(columns)
    connection = connect()
    connection.register("kin", {name: _text(column) for name, column in plain.items()})
    return connection.sql("select * from kin")


def _text(column: Column) -> np.ndarray[Any, Any]:
    if not isinstance(column, Coded):
        return column
    values: np.ndarray[Any, Any] = np.array([*column.names, None], object)[column.codes]  # -1, the last: None
    return values


def write_table(
    path: Path, columns: Mapping[str, Column] | Rows, types: Mapping[str, str] | None = None
) -> None:
    """Write columns or rows to a Parquet file, atomically; equal content gives equal bytes.

    Parameters
    ----------
    path : Path
        Ends in ``.parquet``; replaced if it is there.
    columns : mapping of str to column, or sequence of rows
        All of one length.
    types : mapping of str to str, optional
        As in :func:`yeonjwa.core.columns.write_parquet`.

    Raises
    ------
    InputError
        Another ending, no rows, or a place that cannot be written.
    """
    check_file(path)
    plain = dict(columns) if isinstance(columns, Mapping) else columns_of(columns)
    write_parquet(path, plain, types=types)


def check_file(path: Path) -> None:
    """Raise unless a table can be put there: a name that ends in ``.parquet``, in a folder that exists."""
    if path.suffix != ".parquet":
        raise InputError("file of the table", str(path), "a name that ends in .parquet")
    if not path.absolute().parent.is_dir():
        raise InputError("file of the table", str(path), "a folder that exists")
