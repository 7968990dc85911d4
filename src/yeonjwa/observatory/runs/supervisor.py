"""Who computes the runs that wait: one process for each, a few at a time.

A run is claimed by an UPDATE that only succeeds while it waits, so that several servers on one database never compute the
same. The supervisor, not the run, writes the heartbeat: a run deep in compiled code is alive, a run whose supervisor is
silent has lost its server.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections
from django.utils import timezone

from yeonjwa.core.errors import InputError
from yeonjwa.observatory.runs.models import Run, Status

#: Seconds between two looks at the table, between two heartbeats, of silence after a cancellation, and of a lost server.
POLL: Final = 0.5
BEAT: Final = 2.0
SILENCE: Final = 10.0
LOST: Final = 30.0
_LOG: Final = logging.getLogger(__name__)


def claim(worker: str) -> Run | None:
    """Take the run that waits longest, or None if none waits or all servers together have enough to do.

    Parameters
    ----------
    worker : str
        Who takes it.
    """
    while True:
        together = settings.SLOTS_TOGETHER
        if together and Run.objects.filter(status=Status.RUNNING).count() >= together:
            return None
        waiting = Run.objects.filter(status=Status.QUEUED).order_by("pk").values_list("pk", flat=True)
        number = waiting.first()
        if number is None:
            return None
        now = timezone.now()
        rows = Run.objects.filter(pk=number, status=Status.QUEUED)
        if rows.update(status=Status.RUNNING, worker=worker, started=now, heartbeat=now):
            return Run.objects.get(pk=number)


def recover(worker: str, *, lost: float = LOST) -> int:
    """Mark runs whose server is gone as interrupted; how many there were.

    Parameters
    ----------
    worker : str
        Who asks: its own runs are left alone.
    lost : float
        Seconds without a heartbeat after which a server is gone; one of this machine whose process is dead is gone at once.
    """
    found = 0
    limit = timezone.now() - timedelta(seconds=lost)
    for run in Run.objects.filter(status=Status.RUNNING).exclude(worker=worker):
        silent = run.heartbeat is None or run.heartbeat < limit
        if silent or _is_dead(run.worker):
            rows = Run.objects.filter(pk=run.pk, status=Status.RUNNING, worker=run.worker)
            found += rows.update(status=Status.INTERRUPTED, reason="restart", finished=timezone.now())
            sweep(run)
    return found


def sweep(run: Run) -> None:
    """Remove what a run that did not end well has left of its result."""
    if run.home.is_dir():
        for part in run.home.glob(".result.*"):
            shutil.rmtree(part, ignore_errors=True)


def identity() -> str:
    """Who this process is: machine, process, and a token that no process of the same number has."""
    return f"{socket.gethostname()[:100]}:{os.getpid()}:{secrets.token_hex(8)}"


def _is_dead(worker: str) -> bool:
    """Whether a supervisor was a process of this machine that is there no more."""
    host, _, rest = worker.partition(":")
    process = rest.partition(":")[0]
    if host != socket.gethostname()[:100] or not process.isdecimal():
        return False
    if sys.platform == "win32":
        return False  # there a signal of number 0 is not a question; silence will tell
    if int(process) == os.getpid():
        return True  # of the same number, but with another token: an earlier process
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


class Supervisor:
    """Computes runs that wait, until stopped.

    Parameters
    ----------
    slots : int
        Runs at a time.
    command : sequence of str, optional
        What starts the process of a run, the number of the run left out.
    """

    def __init__(self, slots: int, *, command: Sequence[str] | None = None, silence: float = SILENCE) -> None:
        self.slots, self.silence = slots, silence
        self.worker = identity()
        self._command = list(command or [sys.executable, "-m", "yeonjwa.observatory.runs.worker"])
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._beaten = self._recovered = 0.0

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread = threading.Thread(target=self._loop, name="supervisor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the runs under way, mark them as interrupted, and give back when that is done."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(15)
        for process in self._processes.values():
            _close(process)
        for number, process in self._processes.items():
            _wait(process)
            try:
                self._finish(number, process, interrupted=True)
            except DatabaseError as error:
                _LOG.warning("run %s will be marked as interrupted at the next start: %s", number, error)
        self._processes.clear()

    def _loop(self) -> None:
        while not self._stop.is_set():
            try:
                close_old_connections()
                self.tick()
            except DatabaseError as error:
                _LOG.warning("runs are not looked after at the moment: %s", error)
            except OSError as error:
                _LOG.error("a run could not be started: %s", error)
            self._stop.wait(POLL)
        connections.close_all()

    def tick(self) -> None:
        """Look once: what ended, what is to be cancelled, what can begin."""
        for number, process in list(self._processes.items()):
            if process.poll() is not None:
                # Forgotten only once that is written: if the database is busy, the next look tries again.
                self._finish(number, process)
                del self._processes[number]
        self._end_the_silent()
        self._beat()
        while len(self._processes) < self.slots and not self._stop.is_set():
            run = claim(self.worker)
            if run is None:
                break
            self._begin(run)

    def _begin(self, run: Run) -> None:
        from yeonjwa.observatory.runs import services

        try:
            services.check_disk()
            run.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._processes[run.pk] = self._process(run)
        except (InputError, OSError) as error:
            _mark(run.pk, Status.FAILED, reason="disk", error=str(error))

    def _process(self, run: Run) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "NUMBA_NUM_THREADS": str(run.threads), "PYTHONUNBUFFERED": "1"}
        with (run.home / "log.txt").open("ab") as log:
            return subprocess.Popen(
                [*self._command, str(run.pk)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=environment,
                # Ctrl-C in the terminal of the server is for the server, which ends its runs itself.
                start_new_session=True,
            )

    def _end_the_silent(self) -> None:
        """End runs that were to be cancelled and have not listened."""
        if not self._processes:
            return
        limit = timezone.now() - timedelta(seconds=self.silence)
        rows = Run.objects.filter(
            pk__in=list(self._processes), status=Status.RUNNING, cancel_requested=True, cancel_at__lt=limit
        )
        for number in rows.values_list("pk", flat=True):
            process = self._processes[number]
            process.kill()
            process.wait()
            _mark(number, Status.CANCELLED, reason="silent", exit_code=process.returncode)
            sweep(Run(pk=number))
            del self._processes[number]

    def _beat(self) -> None:
        now = time.monotonic()
        if self._processes and now - self._beaten >= BEAT:
            self._beaten = now
            rows = Run.objects.filter(pk__in=list(self._processes), status=Status.RUNNING)
            rows.update(heartbeat=timezone.now())
        if now - self._recovered >= SILENCE or not self._recovered:
            self._recovered = now
            recover(self.worker)

    def _finish(self, number: int, process: subprocess.Popen[bytes], *, interrupted: bool = False) -> None:
        """Mark a run whose process is over, if it has not said itself how it ended."""
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        sweep(Run(pk=number))
        run = Run.objects.filter(pk=number, status=Status.RUNNING).first()
        if run is None:
            return
        code = process.returncode
        if interrupted:
            _mark(number, Status.INTERRUPTED, reason="restart", exit_code=code)
        elif run.cancel_requested:
            _mark(number, Status.CANCELLED, reason="cancelled", exit_code=code)
        else:
            _mark(number, Status.CRASHED, reason="killed", exit_code=code, detail=_tail(run.home / "log.txt"))


def _mark(number: int, status: Any, **fields: Any) -> None:
    Run.objects.filter(pk=number, status=Status.RUNNING).update(
        status=status, finished=timezone.now(), **fields
    )


def _tail(file: Path, length: int = 4000) -> str:
    """The end of a log."""
    try:
        return file.read_bytes()[-length:].decode("utf-8", "replace").replace("\0", "")
    except OSError:
        return ""


def _close(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()


def _wait(process: subprocess.Popen[bytes], seconds: float = 5.0) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def supervising(slots: int | None = None) -> Any:
    """A supervisor at work for the length of a block.

    Parameters
    ----------
    slots : int, optional
        Runs at a time; the server's setting by default.
    """
    supervisor = Supervisor(settings.SLOTS if slots is None else slots)
    supervisor.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()
