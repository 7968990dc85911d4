"""Scenarios as a reader and a writer of files see them: what one holds, how two differ, a new one, and whether one is right.

What comes back is plain data, the same that ``yeonjwa scenario`` prints with ``--json``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from yeonjwa.core.calendar import format_month
from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import Parameter
from yeonjwa.core.toml import literal, parse, read_text
from yeonjwa.evidence import parameters as shipped_parameters
from yeonjwa.laboratory import regime_worlds
from yeonjwa.laboratory.comparison import differing
from yeonjwa.laboratory.scenario import BASELINE, Change, Scenario, load, loads, names
from yeonjwa.laboratory.store import plain

Answer = dict[str, Any]

_EXAMPLE: Final = "loss.severity"
#: So many errors of a file are named.
_MOST_ERRORS: Final = 50


def listed() -> list[Answer]:
    """Every shipped scenario, then those made from the regimes of the catalogue: name, title, description."""
    shipped = [
        {"name": made.name, "title": made.title, "description": made.description}
        for made in map(load, names())
    ]
    regimes = [
        {"name": name, "title": title, "description": description}
        for name, (title, description) in regime_worlds.summaries().items()
    ]
    return [*shipped, *regimes]


def shown(name_or_path: str | Path) -> Answer:
    """A scenario with its changes, each beside what the baseline holds.

    Raises
    ------
    InputError
        As :func:`yeonjwa.laboratory.scenario.load`.
    """
    scenario = load(name_or_path)
    return {**_head(scenario), "changes": [_change(change) for change in scenario.changes]}


def difference(a: str | Path, b: str | Path) -> Answer:
    """How two scenarios differ: period, scale, and every parameter with its dated values in both."""
    left, right = load(a), load(b)
    return {
        "a": _head(left),
        "b": _head(right),
        "same": left.parameters.digest() == right.parameters.digest(),
        "differ": [change.as_dict() for change in differing(left.parameters, right.parameters)],
    }


def checked(files: Sequence[str | Path]) -> Answer:
    """Whether scenarios are right: a row for each, with every error that could be found and its line.

    Returns
    -------
    dict
        ``files``: ``file``, ``ok``, ``changes`` (their number), ``error`` (the first, or None) and ``errors``. ``errors``: how
        many files are not right.
    """
    rows: list[Answer] = []
    for file in files:
        try:
            scenario = load(file)
        except InputError as error:
            found = [{**one.as_dict(), "message": str(one)} for one in _all_errors(file, error)]
            rows.append({"file": str(file), "ok": False, "changes": None, "error": found[0], "errors": found})
        else:
            row = {
                "file": str(file),
                "ok": True,
                "changes": len(scenario.changes),
                "error": None,
                "errors": [],
            }
            rows.append(row)
    return {"files": rows, "errors": sum(not row["ok"] for row in rows)}


def _all_errors(file: str | Path, first: InputError) -> list[InputError]:
    """The first error of a file, and those that show when what is wrong is taken out, each at its own line.

    A mistake of syntax hides what comes after it, and a base that cannot be read hides everything.
    """
    found, path = [first], Path(file)
    if not path.is_file() or first.what == "encoding":
        return found
    lines = read_text(path).splitlines()
    while len(found) < _MOST_ERRORS:
        line = _line(found[-1], path)
        if line is None or found[-1].what == "TOML" or not _take_out(lines, line):
            return found
        try:
            loads("\n".join(lines) + "\n", path)
        except InputError as error:
            found.append(error)
        else:
            return found
    return found


def _line(error: InputError, path: Path) -> int | None:
    at = re.fullmatch(rf"{re.escape(path.name)}, line (\d+)", error.where)
    return int(at[1]) if at else None


def _take_out(lines: list[str], line: int) -> bool:
    """Empty the change that holds a line, or the line itself before the first table; the other lines keep their numbers."""
    heads = [i for i, text in enumerate(lines) if text.lstrip().startswith("[")]
    start = max((i for i in heads if i < line), default=None)
    if start is None or not lines[start].lstrip().startswith("[["):
        start, end = line - 1, line
    else:
        end = min((i for i in heads if i >= line), default=len(lines))
    if not any(text.strip() for text in lines[start:end]):
        return False
    lines[start:end] = [""] * (end - start)
    return True


def new(
    file: Path,
    *,
    base: str = BASELINE,
    title: str = "",
    description: str = "",
    changes: Sequence[str] = (),
    variants: Mapping[str, str] | None = None,
    first: int | None = None,
    last: int | None = None,
    scale: float | None = None,
) -> Answer:
    """Write a new scenario file, and give back what it holds.

    Parameters
    ----------
    file : Path
        Ends with ``.toml``; must not be there yet.
    base : str
        A shipped scenario, ``regime:ID``, or a file beside the new one.
    title, description : str
        By default a line that asks for one.
    changes : sequence of str
        ``PATH=VALUE``, ``PATH=VALUE@2012-01`` from a month on, ``PATH*FACTOR`` or ``PATH*FACTOR@2012-01``. A value is written
        as in TOML; a text may do without quotes. Without any, an example stands in the file as a comment.
    variants : mapping of str to str
        Conflict -> side.
    first, last, scale
        Period and size; those of the base by default.

    Raises
    ------
    InputError
        The file is there, or what it would hold is not right.
    """
    if file.suffix != ".toml":
        raise InputError("file", str(file), "a name that ends with .toml")
    if file.exists():
        raise InputError("file", str(file), "one that is not there yet: nothing is overwritten")
    lines = [f"title = {literal(title or f'Changes of {base}')}"]
    lines.append(f"description = {literal(description or 'What is changed, and what the comparison shows.')}")
    lines.append(f"base = {literal(base)}")
    lines += [f"from = {literal(format_month(first))}"] if first is not None else []
    lines += [f"to = {literal(format_month(last))}"] if last is not None else []
    lines += [f"scale = {scale!r}"] if scale is not None else []
    if variants:
        lines += ["", "[variants]", *(f"{literal(key)} = {literal(side)}" for key, side in variants.items())]
    for text in changes:
        lines += ["", "[[change]]", *_written(text)]
    if not changes:
        lines += ["", *_example()]
    content = "\n".join(lines) + "\n"
    scenario = loads(content, file)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("x", encoding="utf-8") as stream:
        stream.write(content)
    return {
        "file": str(file),
        "toml": content,
        **_head(scenario),
        "changes": [_change(c) for c in scenario.changes],
    }


def _written(text: str) -> list[str]:
    """Lines of a change that is given as ``PATH=VALUE@MONTH`` or ``PATH*FACTOR@MONTH``."""
    body, _, date = text.partition("@")
    marks = [mark for mark in "=*" if mark in body]
    mark = min(marks, key=body.index) if marks else ""
    path, _, value = body.partition(mark) if mark else (body, "", "")
    if not mark or not path.strip() or not value.strip():
        raise InputError(
            "change", text, "PATH=VALUE or PATH*FACTOR, each with @YYYY-MM if it begins at a month"
        )
    key = "value" if mark == "=" else "factor"
    lines = [f"path = {literal(path.strip())}", f"{key} = {_value(value.strip())}"]
    return [*lines, f"from = {literal(date.strip())}"] if date else lines


def _value(text: str) -> str:
    """A value as TOML; what is not TOML is a text."""
    try:
        parse(f"value = {text}", "change")
    except InputError:
        return literal(text)
    return text


def _example() -> list[str]:
    parameter = shipped_parameters.load()[_EXAMPLE]
    return [
        "# One table for each change; yeonjwa scenario check finds mistakes. For example:",
        "#",
        "# [[change]]",
        f"# path = {literal(parameter.path)}    # {parameter.description}",
        f"# from = {literal(format_month(parameter.values[-1].start))}    # without it the change holds at all dates",
        f"# value = {literal(plain(parameter.values[-1].value))}",
        '# note = "why"',
    ]


def _head(scenario: Scenario) -> Answer:
    return {
        "name": scenario.name,
        "title": scenario.title,
        "description": scenario.description.strip(),
        "base": scenario.base,
        "from": format_month(scenario.first),
        "to": format_month(scenario.last),
        "scale": scenario.scale,
        "claims": list(scenario.claims),
        "variants": dict(scenario.variants),
        "parameter_hash": scenario.parameters.digest(),
    }


def _change(change: Change) -> Answer:
    parameter = shipped_parameters.load()[change.path]
    return {
        "path": change.path,
        "description": parameter.description,
        "unit": parameter.unit,
        "from": None if change.start is None else format_month(change.start),
        "value": plain(change.value),
        "factor": plain(change.factor),
        "note": change.note,
        "claim": change.claim,
        "baseline": plain(_held(parameter, change.start)),
    }


def _held(parameter: Parameter, start: int | None) -> Any:
    """What the baseline holds at the month of a change, or at its last date for a change of all dates."""
    return parameter.values[-1].value if start is None else parameter.at(start)
