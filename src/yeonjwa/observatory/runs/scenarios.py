"""Scenario files of visitors: read by the package's own reader, never evaluated, and never with files of the server."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings

from yeonjwa.core import toml
from yeonjwa.core.errors import InputError

if TYPE_CHECKING:
    from yeonjwa.laboratory.scenario import Scenario

_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,58}[a-z0-9]", re.ASCII)


def check_name(name: str) -> str:
    """The name, if a scenario of a visitor may have it: a word that is no path and no shipped scenario's.

    Raises
    ------
    InputError
        It may not.
    """
    from yeonjwa.laboratory.scenario import names

    if not _NAME.fullmatch(name):
        allowed = "2 to 60 of a-z, 0-9, - and _, beginning with a letter and ending with a letter or a digit"
        raise InputError("name of the scenario", name, allowed, "name")
    if name in names():
        raise InputError("name of the scenario", name, "a name that no shipped scenario has", "name")
    return name


def decode(content: bytes) -> str:
    """Text of an uploaded file.

    Raises
    ------
    InputError
        It is too large, not UTF-8, or holds characters that no text has.
    """
    largest = settings.LARGEST_SCENARIO_BYTES
    if len(content) > largest:
        raise InputError("size of the file", f"{len(content):,} bytes", f"{largest:,} bytes at most", "file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("file", f"byte {error.start}", "text in UTF-8", "file") from error
    if "\0" in text:
        raise InputError("file", "a zero byte", "text", "file")
    return text.replace("\r\n", "\n")


def checked(text: str, name: str) -> Scenario:
    """The scenario of a visitor's text.

    Parameters
    ----------
    text : str
        Of a TOML file; its base may be a shipped scenario only, so that no file of the server is opened.
    name : str
        What it is to be called.

    Raises
    ------
    InputError
        Anything that cannot be used, with its line.
    """
    from yeonjwa.laboratory.scenario import load, names

    largest = settings.LARGEST_SCENARIO_BYTES
    if len(text.encode("utf-8", "surrogatepass")) > largest:
        raise InputError("size of the scenario", f"{len(text):,}", f"{largest:,} bytes at most", "scenario")
    try:
        content = toml.parse(text, f"{name}.toml")
    except RecursionError as error:
        raise InputError("scenario", "nested too deeply", "tables of two levels", f"{name}.toml") from error
    base = content.get("base", "baseline")
    if base not in names():
        raise InputError("base", base, f"a shipped scenario: {', '.join(names())}", f"{name}.toml")
    with tempfile.TemporaryDirectory(prefix="yeonjwa-") as folder:
        file = Path(folder) / f"{name}.toml"
        file.write_text(text, encoding="utf-8", newline="\n")
        return load(file)
