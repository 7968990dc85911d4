"""Questions in SQL to the results of many runs, as if they were one table.

``open(folder).sql("select ...")`` reads an ensemble, a run, or a folder of runs. There are five views:

========== ====================================================================================================
runs       one row a run: run, design, seed, state, scale, first, last, error, and the design's values
series     run, design, seed, month, measure, dimension, level, value, unit
flows      run, design, seed, year, "from", "to", amount, motive, unit
measures   run, design, seed, measure, value, unit: what each measure comes to over the run
provenance run, scenario, command, versions, hashes of parameters, evidence and series, caveats, time
========== ====================================================================================================

Nothing can be changed by a question, and none reaches beyond the folder.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from yeonjwa.core.columns import connect, read_parquet, write_parquet
from yeonjwa.core.errors import InputError
from yeonjwa.core.files import write_text
from yeonjwa.laboratory import ensemble, lease, plan, store
from yeonjwa.laboratory.measures import summarise, unit_of

if TYPE_CHECKING:
    import duckdb

VIEWS: Final = ("runs", "series", "flows", "measures", "provenance")
#: Cells of a text table that are shown, and characters of one.
_SHOWN: Final = 200


@dataclass(frozen=True)
class Answer:
    """Rows that a question gave.

    Attributes
    ----------
    columns : tuple of str
        Their names.
    rows : list of tuple
        Values as Python has them; None for what is missing.
    runs : int
        Runs of the folder whose results the views hold.
    source : dict
        Where they come from: the folder, its kind, and for an ensemble the digests of code, parameters and evidence.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    runs: int
    source: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.rows)

    def arrays(self) -> dict[str, np.ndarray]:
        """Columns as arrays: numbers with NaN for what is missing, dates as datetime64, the rest as objects."""
        return {name: _array([row[k] for row in self.rows]) for k, name in enumerate(self.columns)}

    def records(self) -> list[dict[str, Any]]:
        """Rows as plain data for JSON; dates become text."""
        return [store.plain(dict(zip(self.columns, row, strict=True))) for row in self.rows]

    def as_dict(self) -> dict[str, Any]:
        """``columns``, ``rows`` and ``source``, as plain data for JSON."""
        rows = [store.plain(list(row)) for row in self.rows]
        return {"columns": list(self.columns), "rows": rows, "runs": self.runs, "source": self.source}

    def write(self, file: Path) -> None:
        """Write the rows to a file that is not there yet: CSV or Parquet, by its ending.

        Parameters
        ----------
        file : Path
            Ends with .csv or .parquet.

        Raises
        ------
        InputError
            Another ending, or a file that exists.
        """
        if file.exists():
            raise InputError("file of the answer", str(file), "a new file; nothing is overwritten", "--out")
        if file.suffix == ".csv":
            stream = io.StringIO()
            table = csv.writer(stream, lineterminator="\n")
            table.writerow(self.columns)
            table.writerows([["" if value is None else value for value in row] for row in self.rows])
            write_text(file, stream.getvalue())
        elif file.suffix == ".parquet":
            if len(set(self.columns)) < len(self.columns):
                raise InputError("columns of the answer", list(self.columns), "each name once", "--out")
            arrays = self.arrays()
            days = {name: "DATE" for name, values in arrays.items() if values.dtype == "datetime64[D]"}
            arrays |= {name: arrays[name].astype("datetime64[us]") for name in days}
            write_parquet(file, arrays, types=days)
        else:
            raise InputError(
                "file of the answer", str(file), "a name that ends with .csv or .parquet", "--out"
            )

    def lines(self, most: int = _SHOWN) -> list[str]:
        """The rows as a table of text, the first ``most`` of them."""
        shown = [[_cell(value) for value in row] for row in self.rows[:most]]
        widths = [max(map(len, column)) for column in zip(self.columns, *shown, strict=True)]
        numbers = [
            all(isinstance(row[k], int | float) or row[k] is None for row in self.rows[:most])
            for k in range(len(self.columns))
        ]

        def line(cells: Sequence[str]) -> str:
            places = zip(cells, widths, numbers, strict=True)
            return "  ".join(c.rjust(w) if number else c.ljust(w) for c, w, number in places).rstrip()

        rest = len(self.rows) - len(shown)
        more = [f"... {rest:,} more; --out FILE.csv writes all"] if rest else []
        return [line(self.columns), *map(line, shown), *more]

    def _repr_html_(self) -> str:
        from html import escape

        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(_cell(value))}</td>" for value in row) + "</tr>"
            for row in self.rows[:_SHOWN]
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


class Results:
    """The results of a folder, ready for questions; from :func:`open`."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self.source, self._rows = _found(self.folder)
        self._there = [row for row in self._rows if row["state"] == "SUCCEEDED"]

    def __enter__(self) -> Results:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        if "_connection" in self.__dict__:
            self._connection.close()
            del self.__dict__["_connection"]
            self._made.clear()

    @property
    def runs(self) -> list[str]:
        """Names of the runs that have succeeded."""
        return [row["run"] for row in self._there]

    def sql(self, query: str, parameters: Sequence[Any] | Mapping[str, Any] | None = None) -> Answer:
        """The answer to one question.

        Parameters
        ----------
        query : str
            One statement that selects.
        parameters : sequence or mapping, optional
            Values for ``?`` or ``$name`` in it.

        Raises
        ------
        InputError
            It is no such statement, or DuckDB cannot understand or answer it; says what and where.
        """
        import duckdb

        try:
            statements = duckdb.extract_statements(query)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise InputError("query", query, 'one statement that selects, as "select * from runs"')
            for view in VIEWS:
                if re.search(rf"\b{view}\b", query, re.IGNORECASE):
                    self._make(view)
            result = self._connection.execute(query, parameters)
            columns = tuple(str(column[0]) for column in result.description or ())
            rows = [tuple(map(_number, row)) for row in result.fetchall()]
            return Answer(columns, rows, len(self._there), self.source)
        except duckdb.Error as error:
            said = [line for line in str(error).splitlines() if line.strip()]
            allowed = f"SQL of DuckDB over the views {', '.join(VIEWS)}"
            raise InputError("query", query, allowed, " ".join(said[:4])) from error

    def table(self) -> dict[str, np.ndarray]:
        """One row a run: the view ``runs``, and each summary measure as a column."""
        if self.source["kind"] == "ensemble":
            return ensemble.table(self.folder)
        columns = {
            name: _array([row[name] for row in self._rows])
            for name in ("run", "design", "seed", "state", "scale", "first", "last")
        }
        found = [dict(_measures(Path(row["folder"]))) for row in self._rows]
        for name in sorted({name for row in found for name in row}):
            columns[name] = np.array([row.get(name, np.nan) for row in found])
        return columns

    def to_xarray(self, measure: str, dimension: str = "total") -> Any:
        """A measure as an ``xarray.DataArray`` over run and month (and level), with the designs' values as coordinates.

        Needs the extra ``yeonjwa[formats]``.

        Parameters
        ----------
        measure : str
            As "flight.arrivals".
        dimension : str
            "total", or what it is broken down by.

        Raises
        ------
        InputError
            No run has it.
        """
        try:
            import xarray
        except ImportError as error:
            from yeonjwa.core.errors import MissingExtraError

            raise MissingExtraError("tables for xarray", "formats") from error
        asked = "select run, month, level, value, unit from series where measure = ? and dimension = ?"
        found = self.sql(asked, [measure, dimension]).arrays()
        if not len(found["run"]):
            allowed = "a measure and what it is broken down by, as listed by `select distinct measure, dimension from series`"
            raise InputError("measure", f"{measure} by {dimension}", allowed)
        axes = {name: np.unique(found[name].astype(str)) for name in ("run", "level")}
        axes["run"] = np.array([run for run in self.runs if run in set(axes["run"])])
        axes["month"] = np.unique(found["month"])
        place = {name: {value: k for k, value in enumerate(values.tolist())} for name, values in axes.items()}
        order = ("run", "month") if dimension == "total" else ("run", "month", "level")
        data = np.full([len(axes[name]) for name in order], np.nan)
        where = tuple(np.array([place[name][value] for value in found[name].tolist()]) for name in order)
        data[where] = found["value"]
        rows = {row["run"]: row for row in self._there}
        coordinates: dict[str, Any] = {name: axes[name] for name in order}
        for name in ("design", "seed", *self._labels):
            values = [rows[run].get(name, rows[run]["labels"].get(name)) for run in axes["run"]]
            coordinates[name] = ("run", ensemble._column(values))
        attributes = {
            "unit": str(found["unit"][0]),
            "dimension": dimension,
            "synthetic": "true",
            **self.source,
        }
        return xarray.DataArray(data, coordinates, order, name=measure, attrs=attributes)

    @property
    def _labels(self) -> list[str]:
        return list(dict.fromkeys(label for row in self._rows for label in row["labels"]))

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        connection = connect()
        self._made: set[str] = set()
        # Questions read what is here, and nothing else; they cannot load anything, nor undo this.
        places = sorted({str(Path(row["folder"]).resolve()) for row in self._there})
        connection.execute(f"set allowed_paths = [{', '.join(_text(p) for p in self._files(places))}]")
        for setting in ("enable_external_access", "python_enable_replacements"):
            connection.execute(f"set {setting} = false")
        return connection

    def _files(self, places: Sequence[str]) -> list[str]:
        return [f"{place}/{name}.parquet" for place in places for name in ("series", "flows")]

    def _make(self, view: str) -> None:
        connection = self._connection
        if view in self._made:
            return
        self._made.add(view)
        if view in ("series", "flows"):
            self._join(view)
            return
        columns = {"runs": self._runs, "measures": self._measured, "provenance": self._provenance}[view]()
        _table(connection, view, columns)

    def _join(self, view: str) -> None:
        more = ", unit" if view == "series" else ", 'baskets a year' as unit"
        wanted = {
            "series": "month, measure, dimension, level, value",
            "flows": 'year, "from", "to", amount, motive',
        }[view]
        places = [str(Path(row["folder"]).resolve()) for row in self._there]
        if not places:
            raise InputError(
                "query", view, "a folder with one run that has succeeded at least", str(self.folder)
            )
        keys: dict[str, list[Any]] = {
            "filename": [f"{place}/{view}.parquet" for place in places],
            "place": list(range(len(places))),
            **{name: [row[name] for row in self._there] for name in ("run", "design", "seed")},
        }
        _table(self._connection, f"files_of_{view}", keys)
        files = ", ".join(map(_text, keys["filename"]))
        self._connection.execute(
            f"create view {view} as select run, design, seed, {wanted}{more} "
            f"from read_parquet([{files}], filename = true) join files_of_{view} using (filename)"
        )

    def _runs(self) -> dict[str, list[Any]]:
        names = ("run", "design", "seed", "state", "scale", "first", "last", "error", "folder")
        columns = {name: [row[name] for row in self._rows] for name in names}
        for label in self._labels:
            name = label if label not in columns else f"value of {label}"
            columns[name] = [row["labels"].get(label) for row in self._rows]
        return columns

    def _measured(self) -> dict[str, list[Any]]:
        columns: dict[str, list[Any]] = {
            name: [] for name in ("run", "design", "seed", "measure", "value", "unit")
        }
        for row in self._there:
            for measure, value in _measures(Path(row["folder"])):
                cells = (row["run"], row["design"], row["seed"], measure, value, unit_of(measure))
                for column, cell in zip(columns.values(), cells, strict=True):
                    column.append(cell)
        return columns

    def _provenance(self) -> dict[str, list[Any]]:
        columns: dict[str, list[Any]] = {}
        for row in self._there:
            manifest = store.read_manifest(Path(row["folder"]))
            versions = manifest["versions"]
            record = {
                "run": row["run"],
                "scenario": manifest["scenario"]["name"],
                "scenario_sha256": manifest["scenario"]["sha256"],
                "changes": manifest["scenario"]["changes"],
                "command": manifest["command"],
                "created": manifest["created"],
                **{name: versions.get(name) for name in ("yeonjwa", "python", "numpy", "numba", "duckdb")},
                "parameter_hash": manifest["parameter_hash"],
                "evidence_hash": manifest["evidence_hash"],
                "series_sha256": manifest["files"]["series.parquet"]["sha256"],
                "notes": " ".join(manifest["notes"]),
                "wall_s": manifest["resources"]["wall_s"],
                "cpu_s": manifest["resources"]["cpu_s"],
                "peak_rss_mb": manifest["resources"]["peak_rss_mb"],
            }
            for name, value in record.items():
                columns.setdefault(name, []).append(value)
        return columns or {"run": []}


def open(folder: str | Path = "runs") -> Results:
    """The results of an ensemble, a run, or a folder of runs.

    Parameters
    ----------
    folder : str or Path
        What ``yeonjwa ensemble run`` or ``yeonjwa run`` wrote, or a folder that holds several of the latter.

    Raises
    ------
    InputError
        There are no runs in it.
    """
    return Results(Path(folder))


def _found(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What a folder is, and its runs."""
    if (folder / plan.PLAN).is_file():
        return _ensemble(folder)
    places = [folder] if (folder / store.MANIFEST).is_file() else []
    if not places and folder.is_dir():
        places = sorted(entry for entry in folder.iterdir() if (entry / "series.parquet").is_file())
    rows = [_single(place) for place in places if (place / store.MANIFEST).is_file()]
    if not rows:
        allowed = "an ensemble, a run, or a folder with runs in it"
        raise InputError("folder", str(folder), allowed)
    return {"folder": str(folder), "kind": "runs"}, rows


def _ensemble(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    known, held = plan.read(folder), lease.look(folder)
    states = plan.states(folder, known, alive=held is not None and held.holds)
    last = plan.entries(folder)
    rows = []
    for row in known["runs"]:
        run = row["run"]
        bad = states[run] in ("FAILED", "CRASHED")
        more = {"state": states[run], "error": last[run].get("error") if bad else None}
        rows.append({**row, **more, "folder": str(folder / plan.RUNS / run)})
    source = {key: known[key] for key in ("kind", "created", "code", "parameters", "evidence_hash")}
    return {"folder": str(folder), **source, "version": known["versions"]["yeonjwa"]}, rows


def _single(place: Path) -> dict[str, Any]:
    manifest = store.read_manifest(place)
    if manifest["kind"] != "run":
        raise InputError("folder", str(place), "a run, not a population or a genealogy")
    return {
        "run": place.name or place.resolve().name,
        "design": manifest["scenario"]["name"],
        **{key: manifest[key] for key in ("seed", "scale", "first", "last")},
        "state": "SUCCEEDED",
        "error": None,
        "labels": {},
        "folder": str(place),
    }


def _measures(place: Path) -> list[tuple[str, float]]:
    file = place / "measures.json"
    found = (
        json.loads(file.read_text("utf-8"))
        if file.is_file()
        else summarise(read_parquet(place / "series.parquet"))
    )
    return sorted(found.items())


def _table(connection: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, Sequence[Any]]) -> None:
    """A table of the connection's own, from columns."""
    data = {f"c{k}": _array(values) for k, values in enumerate(columns.values())}
    selected = ", ".join(
        f'{_expression(f"c{k}", values)} as "{column.replace(chr(34), chr(34) * 2)}"'
        for (k, values), column in zip(enumerate(data.values()), columns, strict=True)
    )
    connection.register("given", data)
    connection.execute(f"create table {name} as select {selected} from given")
    connection.unregister("given")


def _expression(cell: str, values: np.ndarray) -> str:
    if values.dtype.kind == "O":
        return f"{cell}::varchar"
    return f"case when isnan({cell}) then null else {cell} end" if values.dtype.kind == "f" else cell


def _array(values: Sequence[Any]) -> np.ndarray:
    import datetime

    known = [value for value in values if value is not None]
    if known and all(isinstance(value, bool) for value in values):
        return np.array(values, dtype=bool)
    if known and all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return np.array(values, dtype=np.int64 if max(map(abs, known)) < 2**63 else np.float64)
    if known and all(isinstance(value, int | float) for value in known):
        return np.array([np.nan if value is None else float(value) for value in values])
    if known and all(isinstance(value, datetime.date) for value in known):
        return np.array(
            values, dtype="datetime64[us]" if isinstance(known[0], datetime.datetime) else "datetime64[D]"
        )
    return np.array([value if value is None else str(value) for value in values], dtype=object)


def _number(value: Any) -> Any:
    """Decimal numbers of SQL as floating point; all else as it is."""
    return float(value) if isinstance(value, Decimal) else value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return str(value).replace("\n", " ")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
