"""Columns in and out of Parquet: NumPy arrays on one side, a file that DuckDB, R and pandas read on the other.

Equal columns give equal bytes: one writing thread, a stated order of rows, no time stamps. Months are month
indices in memory (:mod:`yeonjwa.core.calendar`) and dates (the first of the month) in files; names that repeat
are codes in memory (:class:`Coded`) and text in files. Missing values are NaN, ``NEVER``, code -1 and None in
memory and null in files.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import NEVER, ORIGIN_YEAR
from yeonjwa.core.errors import InputError
from yeonjwa.core.files import atomic

if TYPE_CHECKING:
    import duckdb

#: Type of a column that holds month indices and is written as DATE.
MONTH: Final = "month"
#: Type of a column that holds ids, -1 for none, and is written as INTEGER.
ID: Final = "id"


@dataclass(frozen=True)
class Coded:
    """A column of names, kept as one small integer a row: ``names[codes[i]]``, missing where the code is -1."""

    codes: NDArray[np.integer[Any]]
    names: tuple[str, ...]


Column = NDArray[Any] | Coded


def connect() -> duckdb.DuckDBPyConnection:
    """A DuckDB connection in memory, with one thread so that it always does the same, and without network."""
    import duckdb

    config: dict[str, Any] = {
        "threads": 1,
        "temp_directory": tempfile.gettempdir(),
        "autoinstall_known_extensions": False,
    }
    connection = duckdb.connect(":memory:", config=config)
    connection.execute("set enable_progress_bar = false")
    return connection


def write_parquet(
    path: Path,
    columns: Mapping[str, Column],
    *,
    types: Mapping[str, str] | None = None,
    order_by: Sequence[str] = (),
    compression: str = "zstd",
) -> None:
    """Write columns to a Parquet file, atomically and with the same bytes for the same content.

    Parameters
    ----------
    path : Path
        The file; replaced if it is there.
    columns : mapping of str to array (rows,) or Coded
        All of one length, at least one column. Text columns are object arrays of str and None, or
        :class:`Coded` (faster, and the only sensible way above a few million rows).
    types : mapping of str to str
        ``"month"`` for month indices that become dates (``NEVER`` and negative ones become null), ``"id"`` for
        ids (negative ones become null), else the name of an SQL type, as ``"INTEGER"``. Other columns keep the
        type of their array.
    order_by : sequence of str
        Columns to sort by (text by its bytes); as given if empty.
    compression : str
        ``"zstd"``, ``"snappy"``, ``"gzip"`` or ``"uncompressed"``.

    Raises
    ------
    InputError
        Columns of different lengths, a column in ``types`` or ``order_by`` that is not there, a folder that
        cannot be written, a full disk.
    """
    types = types or {}
    _check(path, columns, types, order_by, compression)
    data = {name: _array(column) for name, column in columns.items()}
    select = ", ".join(
        f"{_expression(name, columns[name], types.get(name))} as {_q(name)}" for name in columns
    )
    order = " order by " + ", ".join(map(_q, order_by)) if order_by else ""
    source = f"select * from (select {select} from data){order}"
    with atomic(path) as temporary:
        _copy(source, data, temporary, compression)


def _copy(source: str, data: dict[str, NDArray[Any]], file: Path, compression: str) -> None:
    import duckdb

    with connect() as connection:
        connection.execute("set preserve_insertion_order = true")
        connection.register("data", data)
        try:
            connection.execute(
                f"copy ({source}) to {_text(str(file))} (format parquet, compression {compression})"
            )
        except duckdb.InterruptException as error:
            raise KeyboardInterrupt from error
        except duckdb.Error as error:
            if isinstance(error, duckdb.IOException | duckdb.FatalException | duckdb.InternalException):
                raise InputError(
                    "place for the result",
                    str(file.parent),
                    "a folder that can be written, with enough free space",
                    str(error).splitlines()[0],
                ) from error
            raise


def read_parquet(
    path: Path, columns: Sequence[str] | None = None, *, codes: Mapping[str, Sequence[str]] | None = None
) -> dict[str, NDArray[Any]]:
    """Columns of a Parquet file by name, in the order of the file (or as asked).

    Dates come back as int32 month indices (null: ``NEVER``), missing numbers as NaN in float columns and -1 in
    whole ones, text as object arrays (null: None).

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of str, optional
        Which columns; all by default.
    codes : mapping of str to sequence of str, optional
        Text columns to give back as int16 codes into a list of names (null: -1), without an object a row.

    Raises
    ------
    InputError
        The file is not there or is not Parquet, a column is not in it, or a name is not in its list of codes.
    """
    import duckdb

    if not path.is_file():
        raise InputError("file", str(path), "a Parquet file that exists")
    codes = codes or {}
    with connect() as connection:
        try:
            described = connection.execute(
                f"describe select * from read_parquet({_text(str(path))})"
            ).fetchall()
        except duckdb.Error as error:
            raise InputError("file", str(path), "a Parquet file", str(error).splitlines()[0]) from error
        kinds = {str(row[0]): str(row[1]) for row in described}
        wanted = list(kinds) if columns is None else list(columns)
        for name in [*wanted, *codes]:
            if name not in kinds:
                raise InputError("column", name, ", ".join(kinds), str(path))
        select = ", ".join(f"{_back(name, kinds[name], codes.get(name))} as {_q(name)}" for name in wanted)
        raw = connection.execute(f"select {select} from read_parquet({_text(str(path))})").fetchnumpy()
    result = {name: _plain(raw[name]) for name in wanted}
    for name in codes:
        if name in result and (result[name] == -2).any():
            raise InputError(f"level of column {name}", "another name", ", ".join(codes[name]), str(path))
    return result


def _check(
    path: Path,
    columns: Mapping[str, Column],
    types: Mapping[str, str],
    order_by: Sequence[str],
    compression: str,
) -> None:
    if not columns:
        raise InputError("columns", "none", "one column at least", str(path))
    lengths = {name: _array(column).shape for name, column in columns.items()}
    if len(set(lengths.values())) > 1 or any(len(shape) != 1 for shape in lengths.values()):
        raise InputError("lengths of columns", str(lengths), "one-dimensional, all of one length", str(path))
    for name in [*types, *order_by]:
        if name not in columns:
            raise InputError("column", name, ", ".join(columns), str(path))
    if compression not in ("zstd", "snappy", "gzip", "uncompressed"):
        raise InputError("compression", compression, "zstd, snappy, gzip or uncompressed", str(path))


def _array(column: Column) -> NDArray[Any]:
    return np.asarray(column.codes if isinstance(column, Coded) else column)


def _expression(name: str, column: Column, kind: str | None) -> str:
    cell = _q(name)
    if isinstance(column, Coded):
        if not column.names:
            return "null::varchar"
        names = "[" + ", ".join(map(_text, column.names)) + "]"
        return f"case when {cell} < 0 then null else {names}[{cell}::integer + 1] end"
    if kind == MONTH:
        month = f"{cell}::integer"
        date = f"make_date({ORIGIN_YEAR} + {month} // 12, 1 + {month} % 12, 1)"
        return f"case when {cell} < 0 or {cell} >= {NEVER} then null else {date} end"
    if kind == ID:
        return f"case when {cell} < 0 then null else {cell}::integer end"
    if kind is None and column.dtype.kind in "OU":
        kind = "varchar"
    return cell if kind is None else f"{cell}::{kind}"


def _back(name: str, kind: str, names: Sequence[str] | None) -> str:
    cell = _q(name)
    if names is not None:
        listed = "[" + ", ".join(map(_text, names)) + "]"
        position = f"list_position({listed}, {cell})" if names else "null"
        return f"case when {cell} is null then -1 else coalesce({position} - 1, -2) end::smallint"
    if kind == "DATE":
        return f"coalesce((year({cell}) - {ORIGIN_YEAR}) * 12 + month({cell}) - 1, {NEVER})::integer"
    return cell


def _plain(values: Any) -> NDArray[Any]:
    """Array without a mask: masked cells as NaN, -1 or None."""
    if not isinstance(values, np.ma.MaskedArray):
        return np.asarray(values)
    missing: Any = {"f": np.nan, "O": None, "i": -1}.get(values.dtype.kind, 0)
    plain = np.array(values.data)
    plain[np.ma.getmaskarray(values)] = missing
    return plain


def _q(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
