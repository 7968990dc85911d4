"""A worker that plays a run: ``python -m tests.observatory.playing HOW NUMBER``; all but the computing is the real one's."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import django

from yeonjwa.core.errors import InputError


def main(how: str, number: int) -> None:
    from yeonjwa.observatory.runs import worker

    worker._end_with_parent()
    django.setup()

    def compute(run: Any) -> None:
        progress = worker.Noted(run.pk)
        progress.stage("society", 2000, "months")
        (run.home / f".result.{os.getpid()}.part").mkdir()
        if how == "refused":
            raise InputError("scale", 7, "0.002 to 1", "--scale")
        if how == "broken":
            raise ZeroDivisionError("a fault")
        if how == "deaf":
            time.sleep(60)
        for _ in range(2000):
            time.sleep(0.01)
            progress.advance()

    worker.compute = compute  # type: ignore[assignment]
    worker.execute(number)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent.parent))
    main(sys.argv[1], int(sys.argv[2]))
