"""One process at a time works on a folder: it holds a lease, which it must renew, and which runs out if it dies.

Ages are differences of time stamps of the file system that holds the folder: machines whose clocks differ agree on them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from yeonjwa.core.errors import InputError
from yeonjwa.core.files import explain

NAME: Final = "lease.json"
#: Seconds between two renewals, and seconds after which a lease that was not renewed has run out.
BEAT: Final = 5.0
LENGTH: Final = 60.0


@dataclass(frozen=True)
class Lease:
    """Who holds a folder: number of the process, how long ago the lease was renewed, how long it still holds (seconds)."""

    process: int
    here: bool
    age: float
    left: float

    @property
    def holds(self) -> bool:
        """Whether the holder is to be taken for alive."""
        return self.left > 0


def look(folder: Path) -> Lease | None:
    """The lease on a folder, or None if nobody holds it.

    Parameters
    ----------
    folder : Path
        As given to :func:`holding`.
    """
    file = folder / NAME
    try:
        age = _now(folder) - file.stat().st_mtime
        content = json.loads(file.read_text("utf-8"))
        process, machine, began = int(content["process"]), content["machine"], content["began"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        # Somebody is just writing it, or died in doing so.
        return Lease(0, False, 0.0, LENGTH) if _fresh(file) else None
    here = machine == _machine()
    # On the same machine one need not wait: a process is there or it is not, and its number may be another's by now.
    dead = here and _began(process) != began
    return Lease(process, here, max(0.0, age), 0.0 if dead else LENGTH - age)


@contextlib.contextmanager
def holding(folder: Path) -> Iterator[None]:
    """Hold the lease on a folder while the block runs.

    Raises
    ------
    InputError
        Somebody else holds it, or the folder cannot be written.
    """
    _take(folder)
    stop = threading.Event()
    beating = threading.Thread(target=_beat, args=(folder / NAME, stop), daemon=True)
    beating.start()
    try:
        yield
    finally:
        stop.set()
        beating.join()
        with contextlib.suppress(OSError):
            (folder / NAME).unlink()


def _take(folder: Path) -> None:
    file = folder / NAME
    for _ in range(3):
        found = look(folder)
        if found is not None and found.holds:
            raise InputError(
                "ensemble",
                str(folder),
                f"one that nobody works on; process {found.process}{'' if found.here else ' of another machine'} "
                f"renewed its lease {found.age:.0f} s ago, and it holds {found.left:.0f} s more",
                NAME,
            )
        with contextlib.suppress(FileNotFoundError):
            # Of two who find a lease that has run out, one only can move it away.
            aside = file.with_name(f".{NAME}.{uuid.uuid4().hex}")
            os.rename(file, aside)
            aside.unlink()
        try:
            handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        except FileExistsError:
            continue
        except OSError as error:
            raise explain(error, folder) from error
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump({"process": os.getpid(), "machine": _machine(), "began": _began(os.getpid())}, stream)
        return
    raise InputError("ensemble", str(folder), "one that nobody else begins to work on now", NAME)


def _beat(file: Path, stop: threading.Event) -> None:
    while not stop.wait(BEAT):
        with contextlib.suppress(OSError):
            os.utime(file)


def _now(folder: Path) -> float:
    """What time it is for the file system of a folder; this machine's where it cannot be written."""
    probe = folder / f".clock.{uuid.uuid4().hex}"
    try:
        probe.touch()
        now = probe.stat().st_mtime
        probe.unlink()
    except OSError:
        return time.time()
    return now


def _fresh(file: Path) -> bool:
    try:
        return time.time() - file.stat().st_mtime < LENGTH
    except OSError:
        return False


def _machine() -> str:
    """Tells this machine, since it was started, from others, without naming it."""
    boot = ""
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    with contextlib.suppress(OSError):
        # Containers of one machine share its boot but not each other's processes.
        boot += os.readlink("/proc/self/ns/pid")
    return hashlib.sha256(f"{platform.node()} {boot}".encode()).hexdigest()[:16]


def _began(process: int) -> str:
    """When a process of this machine was started, in ticks; empty if there is none."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text("utf-8")
    except OSError:
        if Path("/proc/self/stat").exists():
            return ""
        return "alive" if _answers(process) else ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in ("Z", "X") else fields[19]


def _answers(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
