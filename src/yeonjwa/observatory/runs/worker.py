"""The process of one run: ``python -m yeonjwa.observatory.runs.worker NUMBER``.

It calls the same function as the command line, so that web and command line cannot drift apart. It ends when the process
that started it ends: it reads its standard input, which is closed then.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

#: Seconds between two notes of progress.
EVERY: Final = 0.25


class Stopped(BaseException):
    """The run was cancelled, or is not ours any more; like KeyboardInterrupt nothing on the way may catch it."""


class Noted:
    """Progress written into the row of a run, at most every quarter of a second; stops the work when that is asked for."""

    def __init__(
        self, number: int, *, every: float = EVERY, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._number, self._every, self._clock = number, every, clock
        self._done, self._written = 0, clock() - every

    def stage(self, name: str, total: int, unit: str) -> None:
        """Begin a stage: noted at once."""
        from django.utils import timezone

        self._done = 0
        self._write(
            stage=name[:40], done=0, total=max(total, 0), unit=unit[:40], stage_started=timezone.now()
        )

    def advance(self, n: int = 1) -> None:
        """Count, and note it if it is time."""
        self._done += n
        if self._clock() - self._written >= self._every:
            self._write(done=self._done)

    def finish(self) -> None:
        """The stage is over."""

    def _write(self, **fields: Any) -> None:
        from django.db import OperationalError

        from yeonjwa.observatory.runs.models import Run, Status

        self._written = self._clock()
        rows = Run.objects.filter(pk=self._number, status=Status.RUNNING, cancel_requested=False)
        try:
            ours = rows.update(**fields)
        except OperationalError:
            # A database that is busy for long costs a note, not the run.
            return
        if not ours:
            raise Stopped


def execute(number: int) -> None:
    """Compute a run and write how it ended into its row.

    Parameters
    ----------
    number : int
        Of a run that was claimed.
    """
    from yeonjwa.observatory.runs.models import Run, Status

    run = Run.objects.get(pk=number)
    try:
        compute(run)
    except Stopped:
        _end(run, Status.CANCELLED, reason="cancelled")
    except Exception as error:
        _end(
            run,
            Status.FAILED,
            reason=_reason(error),
            error=str(error),
            detail=traceback.format_exc()[-20000:],
        )
    else:
        _end(run, Status.SUCCEEDED, size=size_of(run.home), done=0, total=0, stage="", unit="")


def compute(run: Any) -> None:
    """Write the folder of a run by the function that the command line calls.

    Parameters
    ----------
    run : Run
        As asked for.
    """
    from yeonjwa import workflow
    from yeonjwa.core.files import write_text

    run.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    scenario: str | Path = run.scenario
    if run.text:
        file: Path = run.home / run.scenario_file
        write_text(file, run.text)
        scenario = file
    workflow.run(
        scenario,
        out=run.folder,
        threads=run.threads,
        checkpoint_every=0,
        progress=Noted(run.pk),
        **run.arguments(),
    )


def size_of(folder: Path) -> int:
    """Bytes of all files of a folder."""
    return sum(file.lstat().st_size for file in folder.rglob("*") if not file.is_dir())


def _reason(error: Exception) -> str:
    from yeonjwa.core.errors import InputError

    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, OSError) or isinstance(error.__cause__, OSError):
        return "disk"
    return "input" if isinstance(error, InputError) else "unexpected"


def _end(run: Any, status: Any, **fields: Any) -> None:
    from django.db import OperationalError
    from django.utils import timezone

    from yeonjwa.observatory.runs.models import Run, Status

    rows = Run.objects.filter(pk=run.pk, status=Status.RUNNING)
    for _attempt in range(5):
        try:
            rows.update(status=status, finished=timezone.now(), **fields)
            return
        except OperationalError:
            time.sleep(1)


def _end_with_parent() -> None:
    """End this process when its standard input is closed: whoever started it is gone, or wants that."""

    def watch() -> None:
        # Not sys.stdin: its lock would be missed when the interpreter ends.
        while os.read(0, 1):
            pass
        os._exit(3)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    """Compute the run whose number is given."""
    import django

    _end_with_parent()
    if hasattr(os, "nice"):
        # Readers come first: a page takes a moment, a run takes what is left.
        os.nice(5)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yeonjwa.observatory.config.settings")
    django.setup()
    execute(int(sys.argv[1]))


if __name__ == "__main__":
    main()
