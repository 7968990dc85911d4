"""Readers of the evidence pages while runs are computed: the observatory on loopback, with nothing between.

    python benchmarks/observatory.py                                   # 50 readers, two runs, one minute
    python benchmarks/observatory.py --readers 100 --pause 0 --out results

A server is started in a folder of its own, two runs are asked for, and readers begin: each opens a page of the evidence drawn at
random, waits, opens the next, over a connection of its own that is kept. Counted are answers, answers other than 200 and broken
connections; times are from the first byte sent to the last byte read. It ends after ``--seconds``, or when the runs are over if
that is earlier and ``--until-done`` is given.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

#: Pages from which readers begin; what they link to below the same address is read too.
STARTS = ("/evidence/", "/sources/", "/regimes/")
MOST_PAGES = 60


def get(connection: http.client.HTTPConnection, path: str) -> tuple[int, bytes]:
    """Status and content of a page."""
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read()


def pages(host: str, port: int) -> list[str]:
    """Pages of the evidence, found by their links."""
    connection = http.client.HTTPConnection(host, port, timeout=60)
    found: dict[str, None] = {}
    for start in STARTS:
        status, content = get(connection, start)
        if status == 200:
            found[start] = None
            links = re.findall(rf'href="({re.escape(start)}[^"#?]+/)"', content.decode())
            found |= dict.fromkeys(links[: MOST_PAGES // len(STARTS)])
    connection.close()
    if not found:
        raise SystemExit("no page of the evidence answers")
    return list(found)


class Reader(threading.Thread):
    """Somebody who reads until told to stop."""

    def __init__(
        self, host: str, port: int, paths: list[str], pause: float, seed: int, over: threading.Event
    ) -> None:
        super().__init__(daemon=True)
        self.times: list[float] = []
        self.wrong: list[str] = []
        self._connection = http.client.HTTPConnection(host, port, timeout=60)
        self._paths, self._pause, self._over, self._draws = paths, pause, over, random.Random(seed)

    def run(self) -> None:
        """Read pages, each after a pause of half to one and a half times its length."""
        while not self._over.wait(self._pause * self._draws.uniform(0.5, 1.5)):
            path = self._draws.choice(self._paths)
            begun = time.perf_counter()
            try:
                status, _content = get(self._connection, path)
            except (OSError, http.client.HTTPException) as error:
                self.wrong.append(f"{path}: {type(error).__name__} {error}")
                self._connection.close()
                continue
            self.times.append(time.perf_counter() - begun)
            if status != 200:
                self.wrong.append(f"{path}: {status}")


def ask_for_runs(number: int, scale: float) -> None:
    """Rows of runs, as a form of the pages would make them."""
    from yeonjwa.observatory.runs import services

    for seed in range(1, number + 1):
        services.submit("baseline", scale=scale, seed=seed)


def runs() -> list[dict[str, Any]]:
    """Where the runs stand."""
    from yeonjwa.observatory.runs.models import Run

    found = []
    for run in Run.objects.order_by("pk"):
        took = (run.finished - run.started).total_seconds() if run.finished and run.started else None
        found.append({"status": str(run.status), "stage": run.stage, "seconds": took, "error": run.error})
    return found


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Figures of one load."""
    os.environ.update(YEONJWA_SLOTS=str(options.runs or 1), YEONJWA_THREADS=str(options.threads))
    os.environ["YEONJWA_LARGEST_SCALE"] = "1"
    from yeonjwa.observatory import server

    server.prepare(folder)
    server.migrate()
    ask_for_runs(options.runs, options.scale)
    line = [sys.executable, "-m", "yeonjwa", "serve", "--port", "0", "--data", str(folder), "--json"]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["address"]
        host, port = "127.0.0.1", int(address.rsplit(":", 1)[1].strip("/"))
        paths = pages(host, port)
        over = threading.Event()
        readers = [Reader(host, port, paths, options.pause, seed, over) for seed in range(options.readers)]
        begun = time.monotonic()
        for reader in readers:
            reader.start()
        at_work = 0
        while time.monotonic() - begun < options.seconds:
            time.sleep(1)
            states = runs()
            at_work += all(run["status"] == "running" for run in states)
            if options.until_done and not any(run["status"] in ("queued", "running") for run in states):
                break
        over.set()
        took = time.monotonic() - begun
        for reader in readers:
            reader.join(70)
        times = sorted(t for reader in readers for t in reader.times)
        wrong = [text for reader in readers for text in reader.wrong]
        cuts = statistics.quantiles(times, n=100) if len(times) > 1 else [float("nan")] * 99
        return {
            "readers": options.readers,
            "pause_s": options.pause,
            "pages": len(paths),
            "seconds": round(took, 1),
            "seconds_with_all_runs_at_work": at_work,
            "answers": len(times),
            "per_second": round(len(times) / took, 1),
            "errors": len(wrong),
            "first_errors": wrong[:5],
            "median_ms": round(cuts[49] * 1000, 1),
            "p95_ms": round(cuts[94] * 1000, 1),
            "p99_ms": round(cuts[98] * 1000, 1),
            "most_ms": round(times[-1] * 1000, 1) if times else None,
            "runs": runs(),
        }
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        process.kill()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument(
        "--pause", type=float, default=2.0, help="seconds between two pages of a reader, on average"
    )
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--scale", type=float, default=0.01, help="of each run")
    parser.add_argument("--threads", type=int, default=1, help="of each run")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--until-done", action="store_true")
    parser.add_argument("--out", type=Path, help="folder for observatory.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yeonjwa-load-") as name:
        found = measure(options, Path(name))
    print(json.dumps(found, indent=1))
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "observatory.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
