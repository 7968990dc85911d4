"""Workers of a Dask cluster: one on this machine, or one that listens at an address.

Needs the extra ``yeonjwa[cluster]``. Every worker must have the same version of the package and see the folder of the ensemble
under the same path. A task that Dask gives up because workers died of it counts as crashed here, and is tried again alone.
"""

from __future__ import annotations

import contextlib
import pickle
import queue
import time
import uuid
from collections.abc import Callable
from typing import Any, Final

from yeonjwa.core.errors import InputError, MissingExtraError, RunError
from yeonjwa.laboratory.worker import attempt
from yeonjwa.laboratory.workers import ENVIRONMENT, Outcome, reference

#: The engine that starts a cluster on this machine.
LOCAL: Final = "dask"
_SCHEMES: Final = ("tcp://", "tls://", "ws://", "wss://", "ucx://")
#: Seconds to wait for a scheduler to answer, and between two looks at how many workers there are.
_ANSWER: Final = 20
_LOOK: Final = 2.0


class Cluster:
    """The workers of a scheduler, however many there are at the moment."""

    def __init__(self, function: Callable[[Any], Any], address: str, workers: int) -> None:
        if address != LOCAL and not address.startswith(_SCHEMES):
            raise InputError(
                "engine",
                address,
                f"processes, {LOCAL}, or the address of a scheduler, as tcp://host:8786",
                "--dask",
            )
        try:
            import distributed
        except ImportError as error:
            raise MissingExtraError("running on a Dask cluster", "cluster") from error
        self._lost = (distributed.scheduler.KilledWorker, distributed.scheduler.NoValidWorkerError)
        self._function = reference(function)
        self._outcomes: queue.Queue[tuple[int, Any]] = queue.Queue()
        self._futures: dict[int, Any] = {}
        self._name = uuid.uuid4().hex[:12]
        self._number = 0
        self._cluster = _local(workers) if address == LOCAL else None
        try:
            self._client = distributed.Client(self._cluster or address, timeout=_ANSWER, set_as_default=False)
        except (OSError, TimeoutError) as error:
            self._end_cluster()
            allowed = "the address of a scheduler that answers"
            raise InputError("Dask scheduler", address, allowed, str(error) or "--dask") from error
        self._size, self._looked = 1, -_LOOK

    @property
    def size(self) -> int:
        """Threads of all workers that are there now; 1 while there are none, so that a task waits for them."""
        if time.monotonic() - self._looked > _LOOK:
            with contextlib.suppress(OSError, TimeoutError):
                self._size = max(1, sum(self._client.nthreads().values()))
            self._looked = time.monotonic()
        return self._size

    def give(self, index: int, task: Any) -> None:
        """Hand a task to the scheduler."""
        self._number += 1
        key = f"yeonjwa-{self._name}-{self._number}"
        future = self._client.submit(call, self._function, task, key=key, pure=False, retries=0)
        self._futures[index] = future
        future.add_done_callback(lambda done: self._outcomes.put((index, done)))

    def take(self, seconds: float) -> list[tuple[int, Outcome]]:
        """What has ended, waiting for it as long as that.

        Raises
        ------
        RunError
            The scheduler is gone.
        """
        try:
            found = [self._outcomes.get(timeout=seconds)]
        except queue.Empty:
            if self._client.status not in ("running", "newly-created"):
                raise _gone() from None
            return []
        while not self._outcomes.empty():
            found.append(self._outcomes.get())
        return [
            (index, self._outcome(index, future))
            for index, future in found
            if self._futures.get(index) is future
        ]

    def _outcome(self, index: int, future: Any) -> Outcome:
        del self._futures[index]
        if future.cancelled():
            # Nobody here cancels: the scheduler has forgotten what it was asked.
            raise _gone()
        error = future.exception()
        if error is None:
            outcome: Outcome = future.result()
            return outcome
        if isinstance(error, self._lost):
            return "crashed", "the worker that held it died", str(error)
        # What the function raises comes back as a result; this came from Dask, or ended the worker's thread.
        return "crashed", f"{type(error).__name__}: {error}", ""

    def renew(self) -> None:
        """Nothing: the scheduler chooses the worker."""

    def close(self) -> None:
        """Take back what is under way and leave the scheduler; a cluster that was started here ends."""
        futures, self._futures = list(self._futures.values()), {}
        with contextlib.suppress(Exception):
            if self._client.status == "running" and futures:
                self._client.cancel(futures, force=True)
        with contextlib.suppress(Exception):
            self._client.close(timeout=5)
        self._end_cluster()

    def _end_cluster(self) -> None:
        if self._cluster is not None:
            with contextlib.suppress(Exception):
                self._cluster.close(timeout=10)
            self._cluster = None


def call(function: bytes, task: Any) -> Outcome:
    """What a worker does: the outcome of one task, as from a process of this machine.

    Parameters
    ----------
    function : bytes
        From :func:`yeonjwa.laboratory.workers.reference`.
    task
        Its argument.
    """
    return attempt(pickle.loads(function), task)


#: Dask writes what workers need before they start into the environment of this process, and leaves it there; Numba here would
#: read it at its next compilation and fail, since its threads are there already. In a worker it is early enough at import.
_READ_AT_IMPORT: Final = "NUMBA_NUM_THREADS"


def _local(workers: int) -> Any:
    import dask
    import distributed

    before = {name: value for name, value in ENVIRONMENT.items() if name != _READ_AT_IMPORT}
    settings = {
        # Dask's own setting gives memory back at every turn and costs half of the processor time.
        "distributed.nanny.pre-spawn-environ": before,
        "distributed.nanny.environ": {_READ_AT_IMPORT: ENVIRONMENT[_READ_AT_IMPORT]},
        # One death is enough to say so: it is tried again here, alone.
        "distributed.scheduler.allowed-failures": 0,
        "distributed.worker.memory.terminate": False,
    }
    with dask.config.set(settings):
        return distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=40
        )


def _gone() -> RunError:
    return RunError(
        "the Dask scheduler is gone; the runs that ended are whole, `yeonjwa ensemble resume` takes up the rest"
    )
