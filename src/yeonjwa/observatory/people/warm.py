"""The kin explorer made ready before anybody asks for it.

The first family of an installation is slow: its kernels are compiled, which takes most of a minute and holds up every page of
the process. So a process of its own compiles them, beside the pages, when the first run is there; the compiled code stays on
the disk, and a small file of the data folder says for what. Then the people of the newest run are read, so that its first
reader does not wait for that either.

``python -m yeonjwa.observatory.people.warm FOLDER`` is that process.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Final

from yeonjwa.core.errors import InputError
from yeonjwa.core.files import write_text

#: Seconds between two looks for a newer run.
EVERY: Final = 5.0
_LOG: Final = logging.getLogger(__name__)
_COMPILING: Final = threading.Event()


def compiling() -> bool:
    """Whether the kernels are being compiled at the moment: a family asked for now would take as long."""
    return _COMPILING.is_set()


def one_family(people: Any) -> None:
    """Find the family of somebody who lives in the last month: all that a page of the explorer needs is then in memory."""
    import numpy as np

    from yeonjwa.report.kin_family import family

    living = np.flatnonzero(people.pedigree.alive_at(people.last))
    if living.size:
        family(people, int(living[living.size // 2]), people.last)


def compile_apart(folder: Path, stop: threading.Event) -> None:
    """Compile the kernels in a process of low priority, which ends when ``stop`` is set.

    Parameters
    ----------
    folder : Path
        A run folder that kept its people.
    stop : threading.Event
        Ends the process.
    """
    line = [sys.executable, "-m", "yeonjwa.observatory.people.warm", str(folder)]
    _COMPILING.set()
    try:
        process = subprocess.Popen(line, stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            while process.poll() is None:
                if stop.wait(0.2):
                    return
        finally:
            process.kill()
            process.wait()
    finally:
        _COMPILING.clear()


def code() -> str:
    """What the compiled kernels depend on: the machine, Numba, and the sources; equal text, equal kernels."""
    import platform

    import numba

    from yeonjwa import kinship

    files = sorted(Path(kinship.__file__).parent.glob("*.py"))
    about = [platform.machine(), sys.version, numba.__version__, os.environ.get("NUMBA_CACHE_DIR", "")]
    return "\n".join([*about, *(f"{file} {file.stat().st_mtime_ns}" for file in files)])


def newest() -> Path | None:
    """Folder of the newest finished run that kept its people; None if there is none."""
    from yeonjwa.observatory.runs.models import Run, Status

    run = Run.objects.filter(status=Status.SUCCEEDED).order_by("-finished", "-pk").first()
    return run.folder if run is not None and (run.folder / "persons.parquet").is_file() else None


class Warmer:
    """Makes the newest run ready, once each.

    Parameters
    ----------
    mark : Path
        File that says for what the kernels have been compiled already.
    """

    def __init__(self, mark: Path) -> None:
        self._mark = mark
        self._last: Path | None = None

    def look(self, stop: threading.Event) -> bool:
        """Make the newest run ready if it is not; whether there was anything to do.

        Parameters
        ----------
        stop : threading.Event
            Ends it early.
        """
        from yeonjwa.observatory.people.views import SHELF

        folder = newest()
        if folder is None or folder == self._last:
            return False
        self._last = folder
        if not self._mark.is_file() or self._mark.read_text(encoding="utf-8") != code():
            compile_apart(folder, stop)
            if not stop.is_set():
                write_text(self._mark, code())
        if not stop.is_set():
            one_family(SHELF.get(folder))
        return True


def start(stop: threading.Event) -> threading.Thread:
    """Look for newer runs in a thread, until ``stop`` is set.

    Parameters
    ----------
    stop : threading.Event
        Ends the thread.
    """
    from django.conf import settings
    from django.db import DatabaseError, connections

    def loop() -> None:
        warmer = Warmer(Path(settings.DATA_FOLDER) / "kernels.txt")
        while not stop.is_set():
            try:
                warmer.look(stop)
            except (DatabaseError, InputError, OSError) as error:
                _LOG.warning("the people of the newest run were not read in advance: %s", error)
            finally:
                connections.close_all()
            stop.wait(EVERY)

    thread = threading.Thread(target=loop, name="warm", daemon=True)
    thread.start()
    return thread


def main() -> None:
    """Compile what one family of a run folder needs."""
    from yeonjwa.report.kin_family import open_people

    if hasattr(os, "nice"):
        os.nice(10)
    one_family(open_people(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
