"""Designs as files: a CSV anyone can write, and beside it what was drawn and how.

``FILE.csv`` has one column for each address, and perhaps ``name`` and ``scenario``. ``FILE.json``, where it exists, keeps the
method, ranges and settings that an analysis of the results needs, with the hash of the table that it belongs to; without
it the table is a list of points.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from yeonjwa.core.errors import InputError, InputErrors
from yeonjwa.core.files import sha256, write_text
from yeonjwa.core.parameters import Parameters, Scalar
from yeonjwa.evidence import parameters as shipped_parameters
from yeonjwa.laboratory.address import Address, parse, parse_value, together
from yeonjwa.laboratory.design import ARM, NAME, Design, Range, check_names, method_of


def write(design: Design, file: Path) -> None:
    """Write a design as a CSV, and how it was drawn as a JSON file of the same name.

    Raises
    ------
    InputError
        A name that does not end with .csv, a file that exists, or a place that cannot be written.
    """
    if file.suffix.lower() != ".csv":
        raise InputError("file of a design", str(file), "a name that ends with .csv")
    for path in (file, file.with_suffix(".json")):
        if path.exists():
            raise InputError("file of a design", str(path), "a new file; nothing is overwritten")
    write_text(file, text(design))
    about = {**design.describe(), "sha256": sha256(file)}
    write_text(file.with_suffix(".json"), json.dumps(about, indent=1, ensure_ascii=False) + "\n")


def text(design: Design) -> str:
    """A design as CSV."""
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow([NAME, *([ARM] if design.arms else []), *design.columns])
    for number, row in enumerate(design.rows):
        arm = [design.arms[number]] if design.arms else []
        table.writerow([design.names[number], *arm, *map(_cell, row)])
    return stream.getvalue()


def _cell(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(float(value)) if isinstance(value, (int, float)) else str(value)


def read(file: Path, *, parameters: Parameters | None = None) -> Design:
    """The design of a CSV; all its errors are said at once, each with its line.

    Parameters
    ----------
    file : Path
        The table; ``FILE.json`` beside it is read if it is there.
    parameters : Parameters, optional
        What the columns are checked against; the shipped ones by default.

    Raises
    ------
    InputError
        A file that cannot be read, an unknown column, a column ``seed``, a value that is none; a JSON file that belongs to
        another table.
    """
    parameters = shipped_parameters.load() if parameters is None else parameters
    try:
        content = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "file of a design", str(file), "a CSV in UTF-8 that can be read", str(error)
        ) from error
    lines = csv.reader(io.StringIO(content))
    header = next(lines, [])
    addresses = _header(header, parameters, f"{file.name}, line 1")
    names: list[str] = []
    arms: list[str] = []
    rows: list[tuple[Scalar, ...]] = []
    errors: list[InputError] = []
    for cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        where = f"{file.name}, line {lines.line_num}"
        try:
            values = _row(header, cells, addresses, parameters, where)
        except InputError as error:
            errors.append(error)
            continue
        rows.append(values)
        record = dict(zip(header, cells, strict=True))
        names.append(record.get(NAME, "").strip())
        arms.append(record.get(ARM, "").strip())
    if errors:
        raise errors[0] if len(errors) == 1 else InputErrors("design", errors, file.name)
    if not rows:
        raise InputError("rows of a design", 0, "one at least", file.name)
    try:
        if NAME in header:
            check_names(names)
        design = Design(
            tuple(addresses.values()),
            tuple(rows),
            names=tuple(names) if NAME in header else (),
            arms=tuple(arms) if ARM in header else (),
        )
    except InputError as error:
        raise InputError(error.what, error.value, error.allowed, file.name) from error
    return _drawn(design, file, parameters)


def _header(header: Sequence[str], parameters: Parameters, where: str) -> dict[int, Address]:
    """Number of a column -> its address."""
    names = [name.strip() for name in header]
    if not any(names):
        raise InputError("columns of a design", list(header), "one address of a parameter at least", where)
    for name in (NAME, ARM):
        if names.count(name) > 1:
            raise InputError("column of a design", name, "once", where)
    found = {
        number: parse(name, parameters, where) for number, name in enumerate(names) if name not in (NAME, ARM)
    }
    together(tuple(found.values()), where)
    return found


def _row(
    header: Sequence[str],
    cells: Sequence[str],
    addresses: dict[int, Address],
    parameters: Parameters,
    where: str,
) -> tuple[Scalar, ...]:
    if len(cells) != len(header):
        raise InputError("cells of a row", len(cells), f"{len(header)}, as in the header", where)
    values = []
    for number, address in addresses.items():
        value = parse_value(address, parameters, cells[number], where)
        # The parameter's own limits: an impossible value is an error of its line, not of a run hours later.
        _try(address, value, parameters, where)
        values.append(value)
    return tuple(values)


def _try(address: Address, value: Scalar, parameters: Parameters, where: str) -> None:
    from yeonjwa.laboratory.scenario import apply

    for change in address.changes(parameters, value):
        apply(parameters, change, where)


def _drawn(design: Design, file: Path, parameters: Parameters) -> Design:
    """The design with what the JSON file beside it says of how it was drawn."""
    beside = file.with_suffix(".json")
    if not beside.is_file():
        return design
    try:
        about: dict[str, Any] = json.loads(beside.read_text("utf-8"))
        method, recorded = method_of(about["method"]), about["sha256"]
        ranges = tuple(
            Range(parse(r["address"], parameters), float(r["low"]), float(r["high"]), bool(r["log"]))
            for r in about["ranges"]
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            "description of a design", beside.name, "what yeonjwa design wrote", str(error)
        ) from error
    if recorded != sha256(file):
        allowed = (
            f"the table it was written with; remove {beside.name} if {file.name} is a list of points now"
        )
        raise InputError("description of a design", beside.name, allowed)
    return Design(
        design.addresses, design.rows, method, design.names, design.arms, ranges, about.get("settings", {})
    )
