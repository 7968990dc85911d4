"""The parameters that ship with the package, one small TOML file each, and their loader.

The folder and the name of a file are the path of its parameter: ``support/alpha.toml`` is ``support.alpha``.
The format is described in :mod:`yeonjwa.core.parameters`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from yeonjwa.core.errors import InputError, InputErrors
from yeonjwa.core.parameters import Parameter, Parameters, parse_parameter
from yeonjwa.evidence import toml

#: Folder of the shipped files.
FOLDER: Final = Path(__file__).parent
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@functools.cache
def load() -> Parameters:
    """All shipped parameters, validated, in sorted order.

    Raises
    ------
    InputError
        If a file is not as it should be; names the file, and all other files with errors.
    """
    return load_folder(FOLDER)


def load_folder(path: str | Path) -> Parameters:
    """All parameters in the TOML files below a folder.

    Parameters
    ----------
    path : str or Path
        Folder with one folder for each area and one TOML file for each parameter.

    Raises
    ------
    InputError
        If the folder is missing or holds no file, or if files have errors: a single error is raised as it is,
        several are raised as one that lists them.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise InputError("folder of parameters", str(path), "a folder with <area>/<name>.toml files")
    found: dict[str, Parameter] = {}
    errors: list[InputError] = []
    for file in _files(folder):
        try:
            parameter = load_file(file, folder)
        except InputError as error:
            errors.append(error)
        else:
            found[parameter.path] = parameter
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise InputErrors("parameter files", errors, str(folder))
    if not found:
        raise InputError("folder of parameters", str(path), "a folder with <area>/<name>.toml files")
    return Parameters(found)


def load_file(file: Path, folder: Path) -> Parameter:
    """The parameter of one file; its path is the place of the file below ``folder``.

    Raises
    ------
    InputError
        With the name of the file, and the line where it can be told.
    """
    relative = file.relative_to(folder)
    parts = relative.with_suffix("").parts
    where = relative.as_posix()
    if len(parts) != 2 or not all(_NAME.fullmatch(part) for part in parts):
        raise InputError(
            "place of a parameter file", where, "<area>/<name>.toml in small letters, digits and _"
        )
    text = toml.read_text(file)
    content = toml.parse(text, where)
    try:
        return parse_parameter(".".join(parts), content, where)
    except InputError as error:
        line = _line(text, error)
        raise InputError(error.what, error.value, error.allowed, toml.place(error.where, line)) from error


def _files(folder: Path) -> Iterator[Path]:
    return iter(sorted(folder.rglob("*.toml")))


def _line(text: str, error: InputError) -> int | None:
    """Line of a mistyped key or of a value that stands in the text exactly once."""
    wanted = str(error.value).lower() if isinstance(error.value, bool) else str(error.value)
    if error.what == "key":
        for table in (None, 0):
            line = toml.line_of(text, wanted, table=table, header="values")
            if line is not None and wanted in text.splitlines()[line - 1]:
                return line
    numbers = [i for i, line in enumerate(text.splitlines(), start=1) if wanted in line]
    return numbers[0] if len(numbers) == 1 else None
