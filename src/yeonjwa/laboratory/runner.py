"""Many calls of one function in processes of their own, none of which can take the others down with it.

No more tasks are under way than there are workers. A task whose process died is a suspect: it waits until all others are done
and is then tried alone, in a new process and with the machine to itself, up to ``attempts`` times in all. A worker that was
killed once costs one repetition; a task that kills every worker costs itself, and is named.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from yeonjwa.core.errors import InputError
from yeonjwa.laboratory.run import usable_cores

#: The engine of this machine; any other one is the address of a Dask scheduler, or "dask" for a cluster on this machine.
PROCESSES: Final = "processes"
#: Seconds after which a wait looks up, so that Ctrl-C and a lost cluster are seen.
_GLANCE: Final = 1.0


@dataclass(frozen=True)
class Result:
    """What became of one task.

    Attributes
    ----------
    index : int
        Place of the task in the list.
    status : str
        "ok"; "failed" if the function raised; "crashed" if the process died in each attempt; "cancelled" if it was never
        tried, or was stopped, because ``fail_fast`` ended the work.
    value
        What the function gave back; None unless ok.
    error, trace : str
        What went wrong: a sentence, and the end of the trace or of what the process printed.
    attempts : int
        Times it was started.
    seconds : float
        From start to end of the last attempt.
    """

    index: int
    status: str
    value: Any = None
    error: str = ""
    trace: str = ""
    attempts: int = 0
    seconds: float = 0.0


class Crew(Protocol):
    """What an engine offers: workers that take one task each."""

    @property
    def size(self) -> int:
        """Tasks that may be under way at once."""

    def give(self, index: int, task: Any) -> None:
        """Start a task."""

    def take(self, seconds: float) -> list[tuple[int, tuple[str, Any, str]]]:
        """What has ended, waiting for it as long as that."""

    def renew(self) -> None:
        """Make room for a task that needs the machine to itself."""

    def close(self) -> None:
        """End everything, whatever is under way."""


def map(
    function: Callable[[Any], Any],
    tasks: Iterable[Any],
    *,
    workers: int | None = None,
    engine: str = PROCESSES,
    on_start: Callable[[int, int], None] | None = None,
    on_result: Callable[[Result], None] | None = None,
    on_crash: Callable[[int, str], None] | None = None,
    attempts: int = 3,
    fail_fast: bool = False,
) -> list[Result]:
    """One result for each task, in the order of the tasks.

    Parameters
    ----------
    function : callable
        Of one argument; at the top level of a module, so that other processes find it.
    tasks : iterable
        Arguments that can be pickled.
    workers : int, optional
        Processes; the cores this process may use by default. A Dask cluster brings its own number.
    engine : str
        "processes", "dask" (a cluster on this machine), or the address of a Dask scheduler, as "tcp://host:8786".
    on_start, on_result, on_crash : callable, optional
        Called here, as things happen: with the index of a task and the number of its attempt; with a :class:`Result`; with
        an index and a sentence when a process died and the task will be tried again.
    attempts : int
        Times that a task whose process dies is tried.
    fail_fast : bool
        End all work at the first task that failed or crashed.

    Raises
    ------
    InputError
        A function that other processes cannot find, no worker, or no attempt.
    """
    todo = list(tasks)
    workers = usable_cores() if workers is None else workers
    if workers < 1 or attempts < 1:
        raise InputError("workers and attempts", (workers, attempts), "1 or more of each")
    if not todo:
        return []
    crew = _crew(function, engine, min(workers, len(todo)))
    window = _Window(crew, todo, attempts, fail_fast, on_start, on_result, on_crash)
    try:
        window.work()
    finally:
        crew.close()
    return [window.results[index] for index in range(len(todo))]


def _crew(function: Callable[[Any], Any], engine: str, workers: int) -> Crew:
    if engine == PROCESSES:
        from yeonjwa.laboratory.workers import Processes

        return Processes(function, workers)
    from yeonjwa.laboratory.cluster import Cluster

    return Cluster(function, engine, workers)


class _Window:
    """The tasks that wait, that are under way, and that are under suspicion."""

    def __init__(
        self,
        crew: Crew,
        tasks: Sequence[Any],
        attempts: int,
        fail_fast: bool,
        on_start: Callable[[int, int], None] | None,
        on_result: Callable[[Result], None] | None,
        on_crash: Callable[[int, str], None] | None,
    ) -> None:
        self.results: dict[int, Result] = {}
        self._crew, self._tasks, self._attempts, self._fail_fast = crew, tasks, attempts, fail_fast
        self._on_start, self._on_result, self._on_crash = on_start, on_result, on_crash
        self._queue = deque(range(len(tasks)))
        self._suspects: deque[int] = deque()
        self._flying: dict[int, float] = {}
        self._tried: dict[int, int] = {}

    def work(self) -> None:
        """Until there is a result for every task."""
        while len(self.results) < len(self._tasks):
            self._fill()
            for index, outcome in self._crew.take(_GLANCE):
                self._ended(index, *outcome)
            if self._fail_fast and any(r.status != "ok" for r in self.results.values()):
                self._cancel()

    def _fill(self) -> None:
        # With fail_fast a suspect is cleared at once: the answer decides whether anything else is to be done.
        held = bool(self._suspects) and self._fail_fast
        while self._queue and not held and len(self._flying) < self._crew.size:
            self._give(self._queue.popleft())
        if self._suspects and not self._flying and (held or not self._queue):
            self._crew.renew()
            self._give(self._suspects.popleft())

    def _give(self, index: int) -> None:
        self._tried[index] = self._tried.get(index, 0) + 1
        self._flying[index] = time.monotonic()
        if self._on_start:
            self._on_start(index, self._tried[index])
        self._crew.give(index, self._tasks[index])

    def _ended(self, index: int, status: str, value: Any, trace: str) -> None:
        seconds = time.monotonic() - self._flying.pop(index)
        tried = self._tried[index]
        if status == "crashed" and tried < self._attempts:
            self._suspects.append(index)
            if self._on_crash:
                self._on_crash(index, str(value))
            return
        if status == "ok":
            self._note(Result(index, status, value, attempts=tried, seconds=seconds))
        else:
            again = f" in each of {tried} attempts" if status == "crashed" else ""
            self._note(Result(index, status, None, f"{value}{again}", trace, tried, seconds))

    def _note(self, result: Result) -> None:
        self.results[result.index] = result
        if self._on_result:
            self._on_result(result)

    def _cancel(self) -> None:
        self._crew.close()
        for index in range(len(self._tasks)):
            if index not in self.results:
                self._note(Result(index, "cancelled", attempts=self._tried.get(index, 0)))
