"""One run of an ensemble, in a worker: from what the plan says to a folder that appears whole."""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import pickle
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from yeonjwa.core.calendar import parse_month
from yeonjwa.core.errors import InputError, RunError
from yeonjwa.core.files import atomic, staged_folder
from yeonjwa.core.provenance import Meter
from yeonjwa.laboratory import plan, store
from yeonjwa.laboratory.measures import summarise
from yeonjwa.laboratory.run import Genealogy, grow, set_threads, simulate
from yeonjwa.laboratory.scenario import Scenario, loads

MEASURES: Final = "measures.json"


def play(task: Mapping[str, Any]) -> dict[str, Any]:
    """Run one run of a plan and put its folder into place; say how long it took and how much memory it held.

    Parameters
    ----------
    task : mapping
        From :func:`yeonjwa.laboratory.plan.task`.

    Raises
    ------
    RunError
        This installation is another one than that which registered the run.
    """
    out, meter = Path(task["out"]), Meter()
    target = out / plan.RUNS / task["run"]
    if not _is_there(target):
        _check_installation(task["code"], task["parameters"])
        staging = out / plan.PARTS / f"{task['run']}.{uuid.uuid4().hex[:12]}"
        try:
            with staged_folder(target, staging=staging) as folder:
                _fill(folder, task, meter)
        except InputError:
            # A worker that was taken for dead may have been quicker: the same bytes are there then.
            if not _is_there(target):
                raise
    resources = meter.as_dict()
    return {"cpu_s": resources["cpu_s"], "peak_rss_mb": resources["peak_rss_mb"]}


def _is_there(target: Path) -> bool:
    return (target / store.MANIFEST).is_file()


def _fill(folder: Path, task: Mapping[str, Any], meter: Meter) -> None:
    first, last = parse_month(task["first"]), parse_month(task["last"])
    scenario = replace(_scenario(json.dumps(task["scenario"])), first=first, last=last, scale=task["scale"])
    set_threads(1)
    shared = None
    if task["genealogy"]:
        file = Path(task["out"]) / plan.GENEALOGIES / f"{task['genealogy']}.pickle"
        with meter.stage("shared genealogy"):
            shared = _genealogy(file, scenario, task)
    outcome = simulate(
        scenario, scale=task["scale"], seed=task["seed"], threads=1, meter=meter, genealogy=shared
    )
    measures = json.dumps(store.plain(summarise(outcome.result.series))) + "\n"
    store.write(outcome, folder, lean=task["keep"] == "series", extra={MEASURES: measures})
    if task["finish"]:
        module, _, name = task["finish"].partition(":")
        with meter.stage("report"):
            getattr(importlib.import_module(module), name)(folder)
        store.seal(folder, meter)


@functools.lru_cache(maxsize=8)
def _scenario(row: str) -> Scenario:
    content = json.loads(row)
    found = loads(content["toml"], f"{content['name']}.toml")
    return replace(found, name=content["name"], base=content["base"], variants=content["variants"])


def _genealogy(file: Path, scenario: Scenario, task: Mapping[str, Any]) -> Genealogy:
    """The people of this seed: made by the first run that needs them, read by the others."""
    with contextlib.suppress(OSError, EOFError, pickle.UnpicklingError):
        kept: Genealogy = pickle.loads(file.read_bytes())
        return kept
    made = grow(scenario.parameters, task["scale"], task["seed"], scenario.last)
    # Whoever cannot keep it, for want of space, has it nevertheless.
    with contextlib.suppress(InputError), atomic(file) as temporary:
        temporary.write_bytes(pickle.dumps(made, protocol=pickle.HIGHEST_PROTOCOL))
    return made


@functools.lru_cache(maxsize=4)
def _check_installation(code: str, parameters: str) -> None:
    from yeonjwa.evidence.parameters import load
    from yeonjwa.laboratory.unfinished import code_digest

    if code_digest() != code or load().digest() != parameters:
        raise RunError(
            "this worker has another version of yeonjwa than the one that registered the run; "
            "install the same on every machine"
        )
