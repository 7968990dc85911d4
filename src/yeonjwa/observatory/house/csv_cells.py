"""Tables for spreadsheets, in which no cell is taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def quoted(value: Any) -> Any:
    """A cell that no spreadsheet computes: texts that begin like a formula get an apostrophe; numbers stay numbers.

    Parameters
    ----------
    value : str, int, float or None
        Of the cell.
    """
    if not isinstance(value, str) or not value.lstrip(" ").startswith(_FORMULA):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def text(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A CSV file as text (RFC 4180), with every cell quoted against formulas.

    Parameters
    ----------
    head : sequence of str
        Names of the columns.
    rows : iterable of sequence
        Cells.
    """
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow([quoted(name) for name in head])
    writer.writerows([quoted(cell) for cell in row] for row in rows)
    return stream.getvalue()
