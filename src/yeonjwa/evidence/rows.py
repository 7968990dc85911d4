"""Strict reading of the ledger's CSV files: everything that is wrong is collected, with file and line."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from yeonjwa.core.errors import InputError, InputErrors

T = TypeVar("T")
Row = tuple[dict[str, str], str]


class Faults:
    """Errors found so far; nothing is refused before all of a ledger has been looked at."""

    def __init__(self) -> None:
        self.errors: list[InputError] = []

    def add(self, what: str, value: object, allowed: str, where: str) -> None:
        """Note an error."""
        self.errors.append(InputError(what, value, allowed, where))

    def guard(self, compute: Callable[[], T], default: T) -> T:
        """What the function gives back, or the default if it raises an error, which is noted."""
        try:
            return compute()
        except InputErrors as several:
            self.errors.extend(several.errors)
        except InputError as error:
            self.errors.append(error)
        return default

    def refuse(self, what: str) -> None:
        """Raise what was noted: one error as it is, several as one that lists them; nothing if there is none."""
        if len(self.errors) == 1:
            raise self.errors[0]
        if self.errors:
            raise InputErrors(what, self.errors)


def read_rows(file: Path, columns: Sequence[str], faults: Faults) -> list[Row]:
    """Rows with their place ("facts.csv, line 12"); the line is the one on which the row begins.

    A row with a wrong number of cells is noted and left out, so that the rest can still be looked at.
    """
    text = faults.guard(lambda: _text(file), None)
    if text is None:
        return []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    begin = 1
    try:
        header = next(reader, [])
        if tuple(header) != tuple(columns):
            wrong = (
                [c for c in header if c not in columns] or [c for c in columns if c not in header] or header
            )
            faults.add("columns", wrong, ", ".join(columns), f"{file.name}, line 1")
            return []
        begin = reader.line_num + 1
        for cells in reader:
            where = f"{file.name}, line {begin}"
            begin = reader.line_num + 1
            if len(cells) != len(columns):
                faults.add("number of cells", len(cells), f"{len(columns)} cells", where)
            else:
                rows.append((dict(zip(columns, cells, strict=True)), where))
    except csv.Error as error:
        faults.add("CSV", str(error), "a row of quoted or plain cells", f"{file.name}, line {begin}")
    return rows


def _text(file: Path) -> str:
    """Text of a UTF-8 file without a byte order mark."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise InputError("file", file.name, f"a file that can be read ({error.strerror})") from error
    if raw.startswith(b"\xef\xbb\xbf"):
        raise InputError(
            "encoding", "byte order mark", "UTF-8 without a byte order mark", f"{file.name}, line 1"
        )
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError("encoding", f"byte {error.start}", "UTF-8", f"{file.name}, line {line}") from error


def number(column: str, text: str, where: str) -> float:
    """The finite number of a cell."""
    try:
        value = float(text)
    except ValueError:
        raise InputError(column, text, "a number", where) from None
    if not math.isfinite(value):
        raise InputError(column, text, "a finite number", where)
    return value


def check_word(column: str, value: str, allowed: Iterable[str], where: str) -> None:
    """Raise unless a cell holds one of the allowed words."""
    if value not in allowed:
        raise InputError(column, value, ", ".join(allowed), where)
