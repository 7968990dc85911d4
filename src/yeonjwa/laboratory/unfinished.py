"""What an unfinished run leaves beside its folder: the scenario, how it was asked for, and the state of the country.

For ``runs/first`` it is the folder ``runs/.first.unfinished``. It goes when the run is finished, and stays after an error,
an interruption or the death of the process, if a state has been kept by then.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from yeonjwa.core.calendar import format_month
from yeonjwa.core.errors import InputError
from yeonjwa.core.files import explain, write_text
from yeonjwa.core.language import checked
from yeonjwa.core.provenance import versions
from yeonjwa.core.snapshot import identity_of

if TYPE_CHECKING:
    from yeonjwa.laboratory.scenario import Scenario
    from yeonjwa.society.checkpoint import Checkpoints

_STATE: Final = "state"
_ASKED: Final = "run.json"
_SCENARIO: Final = "scenario.toml"
#: Parts of the package on which a state depends.
_CODE: Final = ("core", "demography", "genealogy", "kinship", "regime", "society")


@dataclass(frozen=True)
class Unfinished:
    """A run as it was asked for; ``every`` months between two states, 0 for never; ``language`` is that of its report."""

    scenario: Scenario
    seed: int
    every: int
    overwrite: bool
    keep_pedigree: bool
    check: bool
    language: str = "en"


def place_of(out: Path) -> Path:
    """The folder in which the state of an unfinished run is kept."""
    out = out.absolute()
    return out.with_name(f".{out.name}.unfinished")


@functools.lru_cache(maxsize=1)
def code_digest() -> str:
    """SHA-256 of the code that makes a state: a state is only taken up by the very same."""
    root = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for part in _CODE:
        for file in sorted((root / part).rglob("*.py")):
            digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def identity(job: Unfinished) -> dict[str, str]:
    """What must be the same for a state to be taken up."""
    from yeonjwa.laboratory.scenario import to_toml
    from yeonjwa.laboratory.store import text_digest

    return {
        "version": f"{versions()['yeonjwa']} {code_digest()[:16]}",
        "numpy": versions()["numpy"],
        "scenario": f"{job.scenario.name} {text_digest(to_toml(job.scenario))[:16]}",
        "parameters": job.scenario.parameters.digest()[:16],
        "seed": str(job.seed),
        "scale": repr(job.scenario.scale),
        "months": f"{format_month(job.scenario.first)} to {format_month(job.scenario.last)}",
    }


@contextlib.contextmanager
def keeping(job: Unfinished, out: Path, resuming: bool) -> Iterator[Checkpoints | None]:
    """Where the run inside the block keeps its state; all of it is removed if the block ends well.

    None if no state is asked for and none is taken up.
    """
    from yeonjwa.society.checkpoint import Checkpoints

    folder = place_of(out)
    if job.every == 0 and not resuming:
        _remove(folder)
        yield None
        return
    made = [parent for parent in folder.parents if not parent.exists()]
    if not resuming:
        _prepare(job, folder)
    try:
        yield Checkpoints(folder / _STATE, job.every, identity(job), resuming)
    except BaseException:
        if not (folder / _STATE).is_file():
            _remove(folder)
            for parent in made:
                # Only those that are still empty go: nothing is left behind by a job that failed.
                with contextlib.suppress(OSError):
                    parent.rmdir()
        raise
    _remove(folder)
    _sweep(out)


def _prepare(job: Unfinished, folder: Path) -> None:
    from yeonjwa.laboratory.scenario import to_toml

    _remove(folder)
    asked: dict[str, Any] = {
        "name": job.scenario.name,
        "base": job.scenario.base,
        "variants": dict(job.scenario.variants),
        "seed": job.seed,
        "every": job.every,
        "overwrite": job.overwrite,
        "keep_pedigree": job.keep_pedigree,
        "check": job.check,
        "language": job.language,
    }
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise explain(error, folder) from error
    write_text(folder / _SCENARIO, to_toml(job.scenario))
    write_text(folder / _ASKED, json.dumps(asked, indent=1) + "\n")


def find(out: Path) -> Unfinished:
    """The run that was to write ``out`` and was stopped.

    Raises
    ------
    InputError
        Nothing is kept there, no state had been kept yet, or what is there cannot be read.
    """
    from yeonjwa.laboratory.scenario import load

    folder = place_of(out)
    allowed = "the folder that a stopped run was to write, beside which its state is kept"
    if not (folder / _ASKED).is_file():
        raise InputError("run to resume", str(out), allowed, "--resume")
    if not (folder / _STATE).is_file():
        raise InputError(
            "run to resume", str(out), "a run that had kept a state; start this one anew", "--resume"
        )
    try:
        asked = json.loads((folder / _ASKED).read_text("utf-8"))
        scenario = replace(
            load(folder / _SCENARIO), name=asked["name"], base=asked["base"], variants=asked["variants"]
        )
        job = Unfinished(
            scenario,
            asked["seed"],
            asked["every"],
            asked["overwrite"],
            asked["keep_pedigree"],
            asked["check"],
            checked(asked.get("language", "en")),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("run to resume", str(out), allowed, f"{folder}: {error}") from error
    identity_of(folder / _STATE)
    return job


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _sweep(out: Path) -> None:
    """Remove what processes that are dead have left of the same result."""
    out = out.absolute()
    for part in out.parent.glob(f".{out.name}.*.part"):
        number = part.name.removesuffix(".part").rpartition(".")[2]
        if number.isdigit() and not _runs(int(number)):
            shutil.rmtree(part, ignore_errors=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
