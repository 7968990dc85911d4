"""What ran: versions, platform, resources by stage; the form of a manifest as a JSON schema."""

from __future__ import annotations

import contextlib
import importlib.resources
import json
import platform
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

Result = TypeVar("Result")

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


#: Steps shorter than this (seconds) are not asked for their peak memory each time: asking costs a hundredth of it.
_WORTH_ASKING: Final = 0.01


class Meter:
    """Wall-clock time, processor time and peak memory, in all, by stage, and by the steps that recur within a stage.

    Peak memory of a stage is exact where the system lets a process reset its high-water mark (Linux); elsewhere
    it is the peak so far.
    """

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        self._peak = self._peak_of_stage = 0.0
        self._stages: list[dict[str, Any]] = []
        self._steps: dict[str, list[float]] = {}
        self._first: dict[str, float] = {}

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure a block under a name."""
        self._peak = max(self._peak, peak_rss_mb())
        self._peak_of_stage = 0.0
        _reset_peak()
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            peak = max(peak_rss_mb(), self._peak_of_stage)
            self._peak = max(self._peak, peak)
            self._stages.append(
                {
                    "stage": name,
                    "wall_s": round(time.perf_counter() - wall, 3),
                    "cpu_s": round(time.process_time() - cpu, 3),
                    "peak_rss_mb": round(peak, 1),
                }
            )

    def step(self, name: str, run: Callable[[], Result]) -> Result:
        """Result of something that recurs, added up under a name: calls, wall clock, processor, peak memory.

        The first call is also kept by itself: it holds what is compiled or read from the cache of kernels.
        """
        wall, cpu = time.perf_counter(), time.process_time()
        result = run()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        found = self._steps.setdefault(name, [0.0, 0.0, 0.0, 0.0])
        self._first.setdefault(name, wall)
        if wall > _WORTH_ASKING:
            peak = peak_rss_mb()
            _reset_peak()
            self._peak_of_stage = max(self._peak_of_stage, peak)
            found[3] = max(found[3], peak)
        for i, more in enumerate((1.0, wall, cpu)):
            found[i] += more
        return result

    def as_dict(self) -> dict[str, Any]:
        """``wall_s``, ``cpu_s``, ``peak_rss_mb`` since the meter was made, ``stages`` and ``steps``."""
        steps = [
            {
                "step": name,
                "calls": int(calls),
                "wall_s": round(wall, 3),
                "cpu_s": round(cpu, 3),
                "first_wall_s": round(self._first[name], 3),
                "peak_rss_mb": round(peak, 1),
            }
            for name, (calls, wall, cpu, peak) in self._steps.items()
        ]
        return {
            "wall_s": round(time.perf_counter() - self._wall, 3),
            "cpu_s": round(time.process_time() - self._cpu, 3),
            "peak_rss_mb": round(max(self._peak, peak_rss_mb()), 1),
            "stages": list(self._stages),
            **({"steps": steps} if steps else {}),
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
