"""The load test of ``benchmarks/observatory.py``, small: readers meet no error while a run is computed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent.parent.parent / "benchmarks" / "observatory.py"


def test_readers_meet_no_error_while_a_run_is_computed(run_folder: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("YEONJWA_")}
    options = ["--readers", "10", "--pause", "0.3", "--runs", "1", "--scale", "0.002", "--seconds", "4"]
    options += ["--finished", str(run_folder)]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *options], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["errors"] == 0, found["first_errors"]
    assert found["answers"] >= 20
    assert found["pages"] > 60
    assert found["runs"][0]["status"] in ("running", "succeeded")
