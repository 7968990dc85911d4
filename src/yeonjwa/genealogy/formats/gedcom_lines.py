"""GEDCOM files as records: the grammar of lines, shared by the versions 7 and 5.5.1.

Only what the reader needs is decoded: tags, pointers, dates and the like, which are ASCII in every encoding of GEDCOM
but UTF-16. Names and texts are passed over as bytes and never kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from yeonjwa.core.errors import InputError

_LINE: Final = re.compile(
    r"[ \t]*(?P<level>0|[1-9]\d?)[ \t]+(?:@(?P<xref>[^@#][^@]*)@[ \t]+)?(?P<tag>[A-Za-z0-9_]+)(?: (?P<value>.*))?"
)
_POINTER: Final = re.compile(r"@([^@#][^@]*)@[ \t]*")
#: The pointer of GEDCOM 7 to something that is not in the file.
_VOID: Final = "VOID"
_VERSIONS: Final = ("7.", "5.5")


@dataclass(slots=True)
class Line:
    """A line with those below it.

    Attributes
    ----------
    number : int
        Line of the file, counted from 1.
    tag, xref, value : str
        As written; empty if absent.
    below : list of Line
        Its substructures, in order.
    """

    number: int
    tag: str
    xref: str = ""
    value: str = ""
    below: list[Line] = field(default_factory=list)

    def all(self, *tags: str) -> list[Line]:
        """Substructures with one of the tags, in order."""
        return [line for line in self.below if line.tag in tags]

    def first(self, tag: str) -> str:
        """Value of the first substructure with a tag, empty if there is none."""
        return next((line.value for line in self.below if line.tag == tag), "")

    def pointer(self, path: Path) -> str | None:
        """The record it points to, None for @VOID@."""
        match = _POINTER.fullmatch(self.value)
        if match is None:
            raise InputError(
                f"pointer of {self.tag}", self.value, "a pointer as in @I1@", place(path, self.number)
            )
        return None if match[1] == _VOID else match[1]


def place(path: Path, number: int) -> str:
    """Where, for an error: file and line."""
    return f"{path.name}, line {number}"


def records(path: Path) -> Iterator[Line]:
    """The records of a GEDCOM file, header and trailer included, one at a time.

    Raises
    ------
    InputError
        The file cannot be read, is not GEDCOM 7 or 5.5, breaks the grammar, or ends too soon; with file and line.
    """
    stack: list[Line] = []
    last = Line(0, "")
    for number, text in _texts(path):
        line, level = _parse(path, number, text)
        if level > len(stack):
            allowed = f"a level of at most {len(stack)} here"
            raise InputError("level of a line", level, allowed, place(path, number))
        if level == 0:
            if stack:
                last = stack[0]
                yield _checked(path, last)
            elif line.tag != "HEAD":
                raise InputError("first record", line.tag, "HEAD: a GEDCOM file", place(path, number))
        else:
            stack[level - 1].below.append(line)
        del stack[level:]
        stack.append(line)
    if not stack or stack[0].tag != "TRLR":
        number = stack[-1].number if stack else 1
        raise InputError("end of the file", "none", "a last record 0 TRLR", place(path, number))
    yield stack[0]


def _checked(path: Path, record: Line) -> Line:
    """The record, if it may stand where it does; the header must be of a version that is understood."""
    if record.tag == "TRLR":
        raise InputError("record after TRLR", "another", "nothing", place(path, record.number + 1))
    if record.tag == "HEAD":
        gedc = record.all("GEDC")
        version = gedc[0].first("VERS") if gedc else ""
        if not version.startswith(_VERSIONS):
            where = place(path, gedc[0].number if gedc else record.number)
            raise InputError("version of GEDCOM", version, "7.0 or 5.5.1", where)
    return record


def _parse(path: Path, number: int, text: str) -> tuple[Line, int]:
    match = _LINE.fullmatch(text)
    if match is None:
        shown = re.sub(r"[^\x20-\x7e]", "?", text[:12])  # no more: it may be a name
        raise InputError(
            "line", shown, "a level, perhaps @XREF@, a tag, perhaps a value", place(path, number)
        )
    line = Line(number, match["tag"].upper(), match["xref"] or "", (match["value"] or "").strip())
    return line, int(match["level"])


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    """Lines of the file that are not empty, with their numbers, whatever ends them."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
        if start.startswith(b"PK"):
            raise InputError("file", path.name, "a .ged file; unpack the .gdz or .zip first", path.name)
        utf16 = start.startswith((b"\xff\xfe", b"\xfe\xff"))
        with path.open(encoding="utf-16" if utf16 else "latin-1", newline=None) as lines:
            for number, line in enumerate(lines, 1):
                text = line.rstrip("\n")
                if number == 1:
                    text = text.removeprefix("\xef\xbb\xbf")
                if text.strip():
                    yield number, text
    except OSError as error:
        raise InputError("file", str(path), "a GEDCOM file that can be read", str(error)) from error
    except UnicodeError as error:
        raise InputError("text of the file", path.name, "UTF-8, ASCII, ANSEL or UTF-16", path.name) from error
