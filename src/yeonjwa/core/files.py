"""Files that are complete or absent: written beside their place, flushed, then renamed."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from yeonjwa.core.errors import InputError

_FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}


def explain(error: OSError, place: Path) -> InputError:
    """The input error that says in words why ``place`` could not be written."""
    if error.errno in _FULL:
        return InputError("place for the result", str(place), "a disk with enough free space", str(error))
    return InputError("place for the result", str(place), "a folder that can be written", str(error))


def sync(path: Path) -> None:
    """Flush a file or a folder to the disk, where the system can."""
    flags = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) if path.is_dir() else os.O_RDONLY
    with contextlib.suppress(PermissionError):
        handle = os.open(path, flags)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """A temporary sibling to write to; it takes the place of ``path`` when the block ends without an error.

    Raises
    ------
    InputError
        The folder cannot be written, or the disk is full.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        sync(temporary)
        os.replace(temporary, path)
        sync(path.parent)
    except OSError as error:
        raise explain(error, path) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8 with Unix line ends, atomically."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def sha256(path: Path) -> str:
    """SHA-256 of the bytes of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def staged_folder(target: Path, *, replace: bool = False, staging: Path | None = None) -> Iterator[Path]:
    """A temporary folder that becomes ``target`` when the block ends without an error.

    After any error, an interruption included, the temporary folder is gone and ``target`` is as it was.

    Parameters
    ----------
    target : Path
        Where the result shall stand. Absent or an empty folder, unless ``replace``.
    replace : bool
        Whether an existing folder may be replaced: it is moved aside, then removed once the new one is in
        place. Whether it *should* be is the caller's question.
    staging : Path, optional
        The temporary folder, on the same file system; a hidden sibling named after this process by default.

    Raises
    ------
    InputError
        The parent cannot be written, or the disk is full.
    """
    target = target.absolute()
    staging = staging or target.with_name(f".{target.name}.{os.getpid()}.part")
    made = [parent for parent in staging.parents if not parent.exists()]
    try:
        staging.mkdir(parents=True)
        yield staging
        for file in sorted(staging.iterdir()):
            sync(file)
        _take_place(staging, target, replace)
    except OSError as error:
        if _concerns(error, staging, target):
            raise explain(error, target) from error
        raise
    finally:
        _remove(staging)
        for parent in made:
            # Only those that are still empty go: nothing is left behind by a job that failed.
            with contextlib.suppress(OSError):
                parent.rmdir()


def _remove(folder: Path) -> None:
    """Remove a folder, also for somebody who presses Ctrl-C more than once."""
    for _ in range(10):
        with contextlib.suppress(KeyboardInterrupt):
            shutil.rmtree(folder, ignore_errors=True)
            return


def _concerns(error: OSError, *places: Path) -> bool:
    """Whether an error of the system is about the place of the result, and not about a file that is read."""
    if error.errno in _FULL or error.filename is None:
        return error.errno in _FULL
    return any(str(error.filename).startswith(str(place.parent)) for place in places)


def _take_place(staging: Path, target: Path, replace: bool) -> None:
    aside = target.with_name(f".{target.name}.{os.getpid()}.old")
    if replace and target.exists():
        try:
            os.rename(target, aside)
            os.rename(staging, target)
        finally:
            # An interruption may come between any two lines: one of the two is in place afterwards.
            if aside.exists() and not target.exists():
                os.rename(aside, target)
            _remove(aside)
    else:
        try:
            os.rename(staging, target)
        except OSError as error:
            # An empty folder is renamed over; somebody else was quicker if it is not empty any more.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            raise InputError("output folder", str(target), "a new or empty folder", str(error)) from error
    sync(target.parent)
