"""Readers of all pages while runs are computed, and what one reader sees in a browser: the observatory on loopback.

    python benchmarks/observatory.py                                   # 50 readers, two runs, one minute
    python benchmarks/observatory.py --readers 100 --pause 0 --out results
    python benchmarks/observatory.py --browser                         # first paint and the kin explorer, in Chromium

A server is started in a folder of its own with one finished run, two runs are asked for, and readers begin: each opens a page
drawn at random, waits, opens the next, over a connection of its own that is kept. Counted are answers, answers other than 200
and broken connections; times are from the first byte sent to the last byte read. It ends after ``--seconds``, or when the runs
are over if that is earlier and ``--until-done`` is given. The finished run is computed first (``--finished DIR`` takes one that
is there, ``--finished none`` leaves its pages out).

With ``--browser`` nothing else is at work: each document is opened ``--times`` times, by a visitor with an empty cache each, and
the first paint of its content is taken from the browser; then the family of somebody whose kin fill the drawing is opened, until
its script says that it is ready, and an arrow key is pressed, until the focus is on another relative.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: Pages from which readers begin; what they link to below the same address is read too.
STARTS = (
    "/", "/claims/", "/evidence/", "/parameters/", "/conflicts/", "/sources/", "/glossary/", "/regimes/", "/scenarios/",
    "/runs/", "/compare/", "/terms/", "/privacy/", "/about/", "/accessibility/", "/licences/", "/ko/",
    "/ko/claims/", "/ko/regimes/",
)  # fmt: skip
#: Pages of a finished run.
OF_A_RUN = ("", "results/", "money/", "map/", "map/?view=outline", "people/")
MOST_PAGES = 20
#: Documents whose first paint is taken.
DOCUMENTS = (
    "/",
    "/claims/",
    "/claims/seed.05/",
    "/evidence/",
    "/parameters/",
    "/regimes/",
    "/terms/",
    "/ko/",
    "/ko/regimes/",
)
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def get(connection: http.client.HTTPConnection, path: str) -> tuple[int, bytes]:
    """Status and content of a page."""
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read()


def pages(host: str, port: int, run: int | None) -> list[str]:
    """All pages that readers open: those of the list, what they link to below, and those of a finished run."""
    connection = http.client.HTTPConnection(host, port, timeout=120)
    found: dict[str, None] = {}
    for start in STARTS:
        status, content = get(connection, start)
        if status == 200:
            found[start] = None
            # The overview links everywhere, and pages of runs are taken below.
            links = re.findall(rf'href="({re.escape(start)}[^"#?]+/)"', content.decode())
            if start not in ("/", "/ko/", "/runs/", "/scenarios/"):
                found |= dict.fromkeys(links[:MOST_PAGES])
    if run is not None:
        found |= dict.fromkeys(f"/runs/{run}/{name}" for name in OF_A_RUN)
        found[f"/exports/{run}/"] = None
        _status, content = get(connection, f"/runs/{run}/people/")
        found |= dict.fromkeys(re.findall(rf'href="(/runs/{run}/people/\d+/kin/)', content.decode())[:5])
    connection.close()
    if not found:
        raise SystemExit("no page answers")
    return list(found)


def add_finished(given: str) -> int | None:
    """Number of a finished run of the server's database: a folder that is there, or one that is computed now; None for "none"."""
    from datetime import UTC, datetime

    from yeonjwa import workflow
    from yeonjwa.core.calendar import parse_month
    from yeonjwa.observatory.runs.models import Run, Status

    if given == "none":
        return None
    now = datetime.now(UTC)
    run = Run.objects.create(
        scenario="baseline", scale=0.01, seed=1, first="2008-01", last="2009-12", started=now, finished=now
    )
    run.home.mkdir(parents=True)
    if given:
        os.symlink(Path(given).resolve(), run.folder)
    else:
        months = {"first": parse_month(run.first), "last": parse_month(run.last)}
        workflow.run("baseline", out=run.folder, scale=run.scale, seed=run.seed, threads=2, **months)
    Run.objects.filter(pk=run.pk).update(status=Status.SUCCEEDED)
    return int(run.pk)


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


def runs(without: int | None) -> list[dict[str, Any]]:
    """Where the runs stand, but for the one that was finished before."""
    from yeonjwa.observatory.runs.models import Run

    found = []
    for run in Run.objects.exclude(pk=without).order_by("pk"):
        took = (run.finished - run.started).total_seconds() if run.finished and run.started else None
        found.append({"status": str(run.status), "stage": run.stage, "seconds": took, "error": run.error})
    return found


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[tuple[str, int]]:
    """Host and port of a server that answers."""
    line = [sys.executable, "-m", "yeonjwa", "serve", "--port", "0", "--data", str(folder), "--json"]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["address"]
        yield "127.0.0.1", int(address.rsplit(":", 1)[1].strip("/"))
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        process.kill()


def prepared(options: argparse.Namespace, folder: Path) -> int | None:
    """Make tables and the finished run; its number."""
    os.environ.update(YEONJWA_SLOTS=str(options.runs or 1), YEONJWA_THREADS=str(options.threads))
    os.environ["YEONJWA_LARGEST_SCALE"] = "1"
    from yeonjwa.observatory import server

    server.prepare(folder)
    server.migrate()
    return add_finished(options.finished)


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Figures of one load."""
    number = prepared(options, folder)
    with serving(folder) as (host, port):
        if number is not None:
            wait_for_kin(folder)
        paths = pages(host, port, number)
        ask_for_runs(options.runs, options.scale)
        over = threading.Event()
        readers = [Reader(host, port, paths, options.pause, seed, over) for seed in range(options.readers)]
        begun = time.monotonic()
        for reader in readers:
            reader.start()
        at_work = 0
        while time.monotonic() - begun < options.seconds:
            time.sleep(1)
            states = runs(number)
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
            "runs": runs(number),
        }


def wait_for_kin(folder: Path) -> None:
    """Until the kin explorer of a new installation is compiled: before that its page says so, with a code of its own."""
    until = time.monotonic() + 300
    while not (folder / "kernels.txt").is_file() and time.monotonic() < until:
        time.sleep(0.2)


def crowded(folder: Path) -> int:
    """Of some adults of a run the one whose drawing has most signs."""
    import numpy as np

    from yeonjwa.report.kin_family import family, open_people
    from yeonjwa.report.kin_rings import rings

    people = open_people(folder)
    p, at = people.pedigree, people.last
    adults = np.flatnonzero(p.alive_at(at) & (p.birth < at - 30 * 12)).tolist()
    some = adults[:: max(1, len(adults) // 100)]
    return int(max(some, key=lambda person: len(rings(family(people, person, at)).nodes)))


def in_browser(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """First paint of documents, and the kin explorer until a key works, in milliseconds (medians)."""
    from playwright.sync_api import sync_playwright

    number = prepared(options, folder)
    if number is None:
        raise SystemExit("--browser needs a finished run")
    from yeonjwa.observatory.runs.models import Run

    person = crowded(Run.objects.get(pk=number).folder)
    paints: dict[str, float] = {}
    kin: dict[str, list[float]] = {"ready_ms": [], "key_ms": []}
    with serving(folder) as (host, port), sync_playwright() as playwright:
        wait_for_kin(folder)
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        base = f"http://{host}:{port}"
        signs = 0
        for path in DOCUMENTS:
            found = []
            for _ in range(options.times):
                page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
                page.goto(base + path, wait_until="load")
                found.append(float(page.evaluate(_PAINT)))
                page.context.close()
            paints[path] = round(statistics.median(found), 1)
        for _ in range(options.times):
            page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
            page.goto(f"{base}/runs/{number}/people/{person}/kin/", wait_until="commit")
            page.locator(".wide svg[data-ready=yes]").wait_for()
            kin["ready_ms"].append(float(page.evaluate("() => performance.now()")))
            signs = page.locator(".wide svg :is(.kin, .branch)").count()
            page.locator(".wide svg a[tabindex='0']").focus()
            page.keyboard.press("Home")
            begun = time.perf_counter()
            before = page.evaluate("() => document.activeElement.id")
            page.keyboard.press("ArrowDown")
            assert page.evaluate("() => document.activeElement.id") != before, "the key moved nothing"
            kin["key_ms"].append(1000 * (time.perf_counter() - begun))
            page.context.close()
        browser.close()
    return {
        "times": options.times,
        "first_paint_ms": paints,
        "kin": {
            "person": person,
            "signs": signs,
            **{name: round(statistics.median(found), 1) for name, found in kin.items()},
        },
    }


_PAINT = """() => new Promise((done) => {
  const seen = () => performance.getEntriesByName("first-contentful-paint")[0];
  const look = () => seen() ? done(seen().startTime) : setTimeout(look, 10);
  look();
})"""


def chromium() -> str:
    """Path of an installed Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next((p for n in names if (p := shutil.which(n))), None)
    if found is None:
        raise SystemExit("no Chromium: install Debian's, or name one in CHROMIUM")
    return found


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
    parser.add_argument("--finished", default="", help="a run folder, or none; computed if left out")
    parser.add_argument("--browser", action="store_true", help="measure in Chromium instead")
    parser.add_argument("--times", type=int, default=5, help="with --browser: openings of each page")
    parser.add_argument("--out", type=Path, help="folder for observatory.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yeonjwa-load-") as name:
        found = (in_browser if options.browser else measure)(options, Path(name))
    print(json.dumps(found, indent=1))
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / f"observatory{'-browser' if options.browser else ''}.json").write_text(
            json.dumps(found, indent=1) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
