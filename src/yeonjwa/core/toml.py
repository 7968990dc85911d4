"""TOML files that people write by hand: an error names the file and the line; values are written as TOML."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from yeonjwa.core.errors import InputError

_AT = re.compile(r"\(at line (\d+), column \d+\)")


def read_text(path: Path) -> str:
    """Text of a UTF-8 file.

    Raises
    ------
    InputError
        If the file cannot be read or is not UTF-8; the error names it.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError("encoding", path.name, "UTF-8", f"{path}, byte {error.start}") from error
    except OSError as error:
        raise InputError("file", str(path), f"a file that can be read ({error.strerror})") from error


def parse(text: str, where: str) -> dict[str, Any]:
    """Content of TOML text; a mistake of syntax is an error with file and line.

    Parameters
    ----------
    text : str
        The text of the file.
    where : str
        Name of the file, for errors.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        found = _AT.search(message)
        line = int(found[1]) if found else text.count("\n") + 1
        lines = text.splitlines() or [""]
        shown = lines[min(line, len(lines)) - 1].strip()
        reason = _AT.sub("", message).strip()
        raise InputError("TOML", shown, f"valid TOML ({reason})", f"{where}, line {line}") from error


def line_of(text: str, key: str, *, table: int | None = None, header: str = "change") -> int | None:
    """Line, from 1, on which a key is set, or None if it is not found; tomllib itself keeps no lines.

    Parameters
    ----------
    text : str
        The text of the file.
    key : str
        The key, as written before the equals sign or inside an inline table.
    table : int, optional
        Number, from 0, of the ``[[header]]`` table the key stands in; by default the lines before the first.
    header : str
        Name of the array of tables.
    """
    inside = -1
    opening = re.compile(rf"\s*\[\[\s*{re.escape(header)}\s*\]\]")
    setting = re.compile(rf"""(^|[\s{{,\["'.]){re.escape(key)}["']?\s*[=\].]""")
    wanted = -1 if table is None else table
    start: int | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if opening.match(line):
            inside += 1
            if inside == wanted:
                start = number
        code = line.split("#", 1)[0]
        if inside == wanted and setting.search(code):
            return number
    return start


def place(where: str, line: int | None) -> str:
    """``"file, line 12"``, or the file alone if the line is not known."""
    return where if line is None else f"{where}, line {line}"


def literal(value: Any) -> str:
    """A text, number, truth value, list or table as TOML, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, Mapping):
        return (
            "{ " + ", ".join(f"{literal(str(key))} = {literal(item)}" for key, item in value.items()) + " }"
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(literal, value)) + "]"
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
    text = "".join(escapes.get(c, c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}") for c in str(value))
    return f'"{text}"'
