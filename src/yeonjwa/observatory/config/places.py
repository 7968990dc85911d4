"""Where the observatory keeps what it writes: a folder of the user, closed to others, with a secret key of its own."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from yeonjwa.core.errors import InputError
from yeonjwa.core.files import explain

KEY_FILE: Final = "secret.key"
DATABASE_FILE: Final = "observatory.sqlite3"
RUNS_FOLDER: Final = "runs"
#: Shorter keys can be guessed; Django says so from this length down.
SHORTEST_KEY: Final = 50


def default_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the user's system keeps data of programs."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local") / "yeonjwa"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "yeonjwa"
    return Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share") / "yeonjwa"


def prepare(folder: Path) -> Path:
    """The data folder with mode 0700 and its folder of runs, made where they are missing.

    Raises
    ------
    InputError
        The folder cannot be made, or something else is there.
    """
    folder = folder.expanduser().absolute()
    if folder.exists() and not folder.is_dir():
        raise InputError("data folder", str(folder), "a folder, new or one of the observatory", "--data")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        (folder / RUNS_FOLDER).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise explain(error, folder) from error
    return folder


def secret_key(folder: Path) -> str:
    """The secret key of a data folder, made at the first start with mode 0600.

    Raises
    ------
    InputError
        The file is damaged: too short to be a key.
    """
    file = folder / KEY_FILE
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    except OSError as error:
        raise explain(error, file) from error
    else:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secrets.token_urlsafe(64))
    key = _read(file)
    if len(key) < SHORTEST_KEY:
        allowed = f"a key of {SHORTEST_KEY} characters at least; remove the file and a new one is made"
        raise InputError("secret key", f"{len(key)} characters", allowed, str(file))
    return key


def _read(file: Path) -> str:
    try:
        file.chmod(0o600)
        return file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("secret key", str(error), "a file that can be read", str(file)) from error
