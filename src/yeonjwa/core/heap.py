"""Memory that long arrays gave back is used again, instead of being asked for anew.

The C library of Linux hands arrays of more than 32 MB back to the system at once, and the system clears every page that it gives
out again: at the size of a country a tenth of a run. Within :func:`kept_heap` they stay with the process, to be used for the
next. Where there is another C library, nothing happens.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

#: Numbers of settings of ``mallopt`` (malloc.h), what they are within, and what the library begins with.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
_WITHIN: Final = {_TRIM_THRESHOLD: -1, _TOP_PAD: 1 << 26, _MMAP_MAX: 0}
_BEFORE: Final = {_TRIM_THRESHOLD: 1 << 17, _TOP_PAD: 1 << 17, _MMAP_MAX: 1 << 16}

_lock = threading.Lock()
_inside = 0


@contextmanager
def kept_heap() -> Iterator[None]:
    """Within, freed memory stays with the process; what is free at the end of the outermost goes back to the system.

    Yields nothing, and raises nothing: if the library does not know the settings, all stays as it is.
    """
    _enter(1)
    try:
        yield
    finally:
        _enter(-1)


def _enter(step: int) -> None:
    """Count who is within; the first sets the library, the last sets it back."""
    global _inside
    library = _library()
    with _lock:
        _inside += step
        if library is None:
            return
        if step > 0 and _inside == 1:
            _set(library, _WITHIN)
        elif _inside == 0:
            _set(library, _BEFORE)
            library.malloc_trim(0)


def _set(library: Any, settings: dict[int, int]) -> None:
    for name, value in settings.items():
        library.mallopt(name, value)


@cache
def _library() -> Any:
    """The C library of this process, None if it is not the GNU one."""
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version, library.mallopt, library.malloc_trim  # noqa: B018 - raise if not there
    except (OSError, AttributeError, TypeError):
        return None
    library.mallopt.argtypes = (ctypes.c_int, ctypes.c_int)
    library.malloc_trim.argtypes = (ctypes.c_size_t,)
    return library
