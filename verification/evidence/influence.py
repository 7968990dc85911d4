"""Measure which parameters move which results, and write the table that reports and `yeonjwa explain` use.

    python verification/evidence/influence.py --keep influence.jsonl

Each parameter with a range is run at its low and its high end (some 300 runs); with --keep, what is done stands in a file
of lines and is not run again, so the work can be stopped and gone on with. --only runs the named paths again. Takes about
an hour on one free core at scale 0.004.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from pathlib import Path

from yeonjwa.core.calendar import format_month, month_index
from yeonjwa.core.errors import InputError
from yeonjwa.core.provenance import versions
from yeonjwa.core.warnings import YeonjwaWarning
from yeonjwa.laboratory import influence, scenario

FIRST, LAST = month_index(2005, 1), month_index(2024, 12)


def main() -> None:
    """Run what is not done, then write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", type=float, default=0.004)
    parser.add_argument(
        "--seeds", type=int, default=4, help="base runs, for chance; the first seed is the moved one"
    )
    parser.add_argument("--keep", type=Path, help="file of lines with what is done")
    parser.add_argument("--only", nargs="*", default=[], metavar="PATH", help="run these again")
    parser.add_argument(
        "--part", default="1/1", help="run a part of the work, 1/2 or 2/2; the table is not written"
    )
    parser.add_argument("--paths", nargs="*", default=[], metavar="PATH", help="measure these, in this order")
    parser.add_argument("--write", action="store_true", help="write the table of what is done, run nothing")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", YeonjwaWarning)
    base = scenario.load()
    seeds = tuple(range(1, arguments.seeds + 1))
    done = _kept(arguments.keep, arguments.only, base)
    part, parts = (int(word) for word in arguments.part.split("/"))
    work = [task for task in influence.tasks(base.parameters, seeds) if task not in done][part - 1 :: parts]
    if arguments.write:
        work = []
    if arguments.paths:
        turn = {path: place for place, path in enumerate(["", *arguments.paths])}
        work = sorted((task for task in work if task[0] in turn), key=lambda task: turn[task[0]])
    began = time.monotonic()
    for number, (path, side, seed) in enumerate(work, start=1):
        try:
            found = influence.measure(base, path, side, seed, scale=arguments.scale, first=FIRST, last=LAST)
            done[path, side, seed] = found
        except InputError as error:
            found, done[path, side, seed] = {"refused": str(error)}, {"refused": str(error)}
        if arguments.keep:
            row = {"path": path, "side": side, "seed": seed, "digest": _digest(base, path), "results": found}
            with arguments.keep.open("a", encoding="utf-8") as kept:
                kept.write(json.dumps(row) + "\n")
        print(
            f"{number}/{len(work)} {path} {side} {time.monotonic() - began:.0f} s",
            file=sys.stderr,
            flush=True,
        )
    if parts == 1:
        _write(done, base, arguments.scale)


def _digest(base: scenario.Scenario, path: str) -> str:
    """What a kept run of a path must have been made with: its values."""
    if not path:
        return ""
    from yeonjwa.core.parameters import Parameters

    return Parameters({path: base.parameters[path]}).digest()[:16]


def _kept(file: Path | None, again: list[str], base: scenario.Scenario) -> dict:
    """Runs that need not be done again: kept, not asked for again, of parameters that are as they were."""
    if file is None or not file.exists():
        return {}
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    known = influence.ranged(base.parameters)
    return {
        (row["path"], row["side"], row["seed"]): row["results"]
        for row in rows
        if row["path"] not in again
        and (not row["path"] or row["path"] in known)
        and row["digest"] == _digest(base, row["path"])
    }


def _write(done: dict, base: scenario.Scenario, scale: float) -> None:
    refused = {f"{path} {side}": r["refused"] for (path, side, _), r in done.items() if "refused" in r}
    wanted = influence.tasks(base.parameters, sorted(seed for path, _, seed in done if not path))
    half = {path for path, side, seed in wanted if path and (path, side, seed) not in done}
    good = {task: r for task, r in done.items() if "refused" not in r and task[0] not in half}
    about = {
        "command": "python verification/evidence/influence.py --scale "
        f"{scale:g} --seeds {sum(not path for path, _, _ in done)}",
        "versions": versions(),
        "scale": scale,
        "first": format_month(FIRST),
        "last": format_month(LAST),
        "parameter_hash": base.parameters.digest(),
        "refused": refused,
    }
    influence.write(good, about)
    print(f"written: {influence.FOLDER / influence.TABLE}", file=sys.stderr)


if __name__ == "__main__":
    main()
