"""Worker processes of this machine, each with one task at a time.

The processes of :mod:`concurrent.futures` share one queue: if one dies, all that was under way is lost, and who was at fault
has to be found out. Here each process has a pipe of its own, so that a death concerns exactly the task the process held.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from typing import IO, Any, Final

from yeonjwa.core.errors import InputError
from yeonjwa.laboratory.worker import read_message, write_message

#: Settings of a worker's environment. The first two keep glibc from giving large arrays back after each use: half the
#: processor time (docs/ensembles.md). The others leave the cores to the workers.
ENVIRONMENT: Final[Mapping[str, str]] = {
    "MALLOC_MMAP_THRESHOLD_": "1073741824",
    "MALLOC_TRIM_THRESHOLD_": "4294967296",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
}
#: Status, value or sentence, trace.
Outcome = tuple[str, Any, str]


def reference(function: Callable[[Any], Any]) -> bytes:
    """A function as other processes find it: by module and name.

    Raises
    ------
    InputError
        It was made in a notebook, a script or another function.
    """
    module, name = getattr(function, "__module__", ""), getattr(function, "__qualname__", repr(function))
    if module in ("", "__main__") or "<" in name:
        raise InputError("function", name, "a function of a module that can be imported, at its top level")
    return pickle.dumps(function)


class Processes:
    """Up to ``size`` processes; none is started before there is something to do."""

    def __init__(self, function: Callable[[Any], Any], size: int) -> None:
        self.size = size
        self._start = ([entry for entry in sys.path if entry != ""] + [""], reference(function))
        self._idle: list[_Worker] = []
        self._busy: dict[int, _Worker] = {}
        self._outcomes: queue.Queue[tuple[_Worker, Outcome | None]] = queue.Queue()

    def give(self, index: int, task: Any) -> None:
        """Start a task; there must be a worker free for it."""
        worker = self._idle.pop() if self._idle else _Worker(self._start, self._outcomes)
        self._busy[index] = worker
        worker.give(task)

    def take(self, seconds: float) -> list[tuple[int, Outcome]]:
        """What has ended, waiting for it as long as that; the status of a task whose process died is "crashed"."""
        try:
            found = [self._outcomes.get(timeout=seconds)]
        except queue.Empty:
            return []
        while not self._outcomes.empty():
            found.append(self._outcomes.get())
        return [one for worker, outcome in found for one in self._ended(worker, outcome)]

    def _ended(self, worker: _Worker, outcome: Outcome | None) -> list[tuple[int, Outcome]]:
        index = next((i for i, busy in self._busy.items() if busy is worker), None)
        if outcome is None:
            outcome = ("crashed", worker.bury(), worker.last_words())
            if worker in self._idle:
                self._idle.remove(worker)
        elif index is not None:
            self._idle.append(worker)
        if index is None:
            return []
        del self._busy[index]
        return [(index, outcome)]

    def renew(self) -> None:
        """Dismiss the idle workers: what comes next finds the memory free, and begins in a new process."""
        for worker in self._idle:
            worker.dismiss()
        self._idle.clear()

    def close(self) -> None:
        """End every process at once, whatever it is doing."""
        for worker in (*self._idle, *self._busy.values()):
            worker.dismiss()
        self._idle.clear()
        self._busy.clear()


class _Worker:
    """One process, and a thread here that waits for what it says."""

    def __init__(self, start: Any, outcomes: queue.Queue[tuple[_Worker, Outcome | None]]) -> None:
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._outcomes = outcomes
        with _uninterrupted():
            self._process = subprocess.Popen(
                [sys.executable, "-m", "yeonjwa.laboratory.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                env=_environment(),
            )
        self.give(start)
        threading.Thread(target=self._listen, daemon=True).start()

    def give(self, message: Any) -> None:
        assert self._process.stdin is not None
        # If it has died the listener says so.
        with contextlib.suppress(BrokenPipeError, OSError):
            write_message(self._process.stdin, message)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        try:
            while True:
                self._outcomes.put((self, read_message(self._process.stdout)))
        except (EOFError, OSError, ValueError):
            self._outcomes.put((self, None))

    def bury(self) -> str:
        """How the process came to its end."""
        try:
            code = self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._close()
        if code >= 0:
            return f"its process ended with exit code {code}"
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        hint = ", as the system does when memory runs out" if name == "SIGKILL" else ""
        return f"its process was killed ({name}{hint})"

    def last_words(self) -> str:
        """The end of what the process printed."""
        with contextlib.suppress(OSError, ValueError):
            length = self._log.seek(0, os.SEEK_END)
            self._log.seek(max(0, length - 4000))
            words = self._log.read().decode("utf-8", "replace")
            self._log.close()
            return words
        return ""

    def dismiss(self) -> None:
        with contextlib.suppress(OSError):
            self._process.kill()
        self._process.wait()
        self._close()
        self._log.close()

    def _close(self) -> None:
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()


def _environment() -> dict[str, str]:
    package = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    path = os.environ.get("PYTHONPATH", "")
    # The child finds the package where this process found it, installed or not.
    return {**os.environ, **ENVIRONMENT, "PYTHONPATH": package + (os.pathsep + path if path else "")}


@contextlib.contextmanager
def _uninterrupted() -> Any:
    """Children started inside never see Ctrl-C: whoever started them stops them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
