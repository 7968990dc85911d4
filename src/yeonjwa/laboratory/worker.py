"""The process at the other end of :mod:`yeonjwa.laboratory.workers`: it takes tasks from its input until that closes.

Started as ``python -m yeonjwa.laboratory.worker``, and not by :mod:`multiprocessing`: nothing of the caller's main module is
run again, and the settings of the memory allocator, which must stand before a process starts, go in with its environment.
"""

from __future__ import annotations

import faulthandler
import os
import pickle
import struct
import sys
import threading
import traceback
from collections.abc import Callable
from queue import SimpleQueue
from typing import IO, Any, Final

_LENGTH: Final = struct.Struct("<Q")
#: Of a long trace the end says what happened.
_LONGEST_TRACE: Final = 6000


def write_message(stream: IO[bytes], message: Any) -> None:
    """Write one message, whole."""
    content = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(content)) + content)
    stream.flush()


def read_message(stream: IO[bytes]) -> Any:
    """The next message.

    Raises
    ------
    EOFError
        The other end has gone.
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    content = stream.read(length)
    if len(content) < length:
        raise EOFError
    return pickle.loads(content)


def attempt(function: Callable[[Any], Any], task: Any) -> tuple[str, Any, str]:
    """Outcome of one task: ``("ok", value, "")``, or ``("failed", sentence, trace)`` if it raised.

    Parameters
    ----------
    function : callable
        Of one argument.
    task
        The argument.
    """
    try:
        return "ok", function(task), ""
    except Exception as error:
        said = str(error) or type(error).__name__
        known = said if type(error).__module__.startswith("yeonjwa.") else f"{type(error).__name__}: {said}"
        return "failed", known, traceback.format_exc()[-_LONGEST_TRACE:]


def _listen(stream: IO[bytes], inbox: SimpleQueue[Any]) -> None:
    try:
        while True:
            inbox.put(read_message(stream))
    except (EOFError, OSError):
        # Whoever wanted the results is gone, perhaps killed: a run that goes on would be nobody's.
        os._exit(0)


def main() -> None:
    """Work until the input closes."""
    # What a task prints must not get between the messages: it goes where errors go.
    outbox = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    faulthandler.enable()
    inbox: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, inbox), daemon=True).start()
    path, pickled = inbox.get()
    sys.path[:] = path
    function = pickle.loads(pickled)
    while True:
        outcome = attempt(function, inbox.get())
        try:
            write_message(outbox, outcome)
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            write_message(outbox, ("failed", f"its result cannot be sent: {error}", ""))


if __name__ == "__main__":
    main()
