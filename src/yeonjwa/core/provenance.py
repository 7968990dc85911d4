"""What ran: versions, platform, resources by stage; the form of a manifest as a JSON schema."""

from __future__ import annotations

import contextlib
import importlib.resources
import json
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

#: Version of the manifest's form. A reader refuses a larger first number than its own.
SCHEMA_VERSION: Final = "1.0"
_LIBRARIES = ("numpy", "numba", "llvmlite", "duckdb")


def versions() -> dict[str, str]:
    """Versions of this package, of Python and of the libraries on which the bytes of a result depend."""
    from importlib.metadata import PackageNotFoundError, version

    import yeonjwa

    found = {"yeonjwa": yeonjwa.__version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def platform_kind() -> dict[str, str]:
    """Operating system, machine and implementation: the kind of machine, nothing that names this one."""
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "implementation": platform.python_implementation(),
    }


def manifest_schema() -> dict[str, Any]:
    """JSON schema (draft 2020-12) of ``manifest.json``."""
    text = importlib.resources.files("yeonjwa.core").joinpath("manifest.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


class Meter:
    """Wall-clock time, processor time and peak memory, in all and by stage.

    Peak memory of a stage is exact where the system lets a process reset its high-water mark (Linux); elsewhere
    it is the peak so far.
    """

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        self._peak = 0.0
        self._stages: list[dict[str, Any]] = []

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure a block under a name."""
        self._peak = max(self._peak, peak_rss_mb())
        _reset_peak()
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            peak = peak_rss_mb()
            self._peak = max(self._peak, peak)
            self._stages.append(
                {
                    "stage": name,
                    "wall_s": round(time.perf_counter() - wall, 3),
                    "cpu_s": round(time.process_time() - cpu, 3),
                    "peak_rss_mb": round(peak, 1),
                }
            )

    def as_dict(self) -> dict[str, Any]:
        """``wall_s``, ``cpu_s``, ``peak_rss_mb`` since the meter was made, and ``stages``."""
        return {
            "wall_s": round(time.perf_counter() - self._wall, 3),
            "cpu_s": round(time.process_time() - self._cpu, 3),
            "peak_rss_mb": round(max(self._peak, peak_rss_mb()), 1),
            "stages": list(self._stages),
        }


def peak_rss_mb() -> float:
    """High-water mark of the resident memory of this process, in megabytes (0 where it is not known)."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/self/status").read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    try:
        import resource
    except ImportError:  # a system without it
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def _reset_peak() -> None:
    # Linux: writing 5 sets the high-water mark to what is resident now. Nothing is lost where it is refused.
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", "ascii")
