"""Theory as tests: play the set-ups of :mod:`yeonjwa.society.stylised` and write their figures."""

from __future__ import annotations

import importlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from yeonjwa.core.errors import InputError
from yeonjwa.core.files import atomic
from yeonjwa.core.parameters import Parameters
from yeonjwa.society.stylised.findings import Demonstration, Setting

#: Name of a set-up -> its module in ``yeonjwa.society.stylised``.
NAMES: Final = ("support", "hints", "beliefs", "reach", "vetting", "deterrence", "closed_forms")


def setting(*, seed: int = 1, living: int = 60_000, parameters: Parameters | None = None) -> Setting:
    """What the set-ups are given: shipped parameters unless others are passed, a seed, and the size of the country.

    Parameters
    ----------
    seed : int
        Seed of all draws.
    living : int
        Persons alive in 2005 in the country of reach, vetting and deterrence, 20,000 or more.
    parameters : Parameters, optional
        Inputs of the model.

    Raises
    ------
    InputError
        Too small a country.
    """
    from yeonjwa.evidence.parameters import load

    if living < 20_000:
        raise InputError("living", living, "20000 or more: kin of many degrees must exist", "--living")
    return Setting(parameters or load(), seed=seed, living=living)


def demonstrate(
    names: Sequence[str] = (), *, given: Setting | None = None, out: Path | None = None
) -> list[Demonstration]:
    """What the set-ups found, in the order of :data:`NAMES`.

    Parameters
    ----------
    names : sequence of str
        Which ones; all if empty.
    given : Setting, optional
        Parameters, seed and size; the shipped ones by default.
    out : path, optional
        Folder for ``NAME.svg`` and ``findings.json``; made if it is not there.

    Raises
    ------
    InputError
        An unknown name.
    """
    for name in names:
        if name not in NAMES:
            raise InputError("set-up", name, ", ".join(NAMES))
    given = given or setting()
    shown = []
    for name in names or NAMES:
        module = importlib.import_module(f"yeonjwa.society.stylised.{name}")
        found: Demonstration = module.demonstrate(given)
        shown.append(found)
        if out is not None:
            _draw(found, out)
    if out is not None:
        _write(shown, out)
    return shown


def as_dict(shown: Sequence[Demonstration], given: Setting) -> dict[str, Any]:
    """Everything found as plain data, with what it rests on."""
    import yeonjwa

    return {
        "version": yeonjwa.__version__,
        "seed": given.seed,
        "living": given.living,
        "parameters": given.parameters.digest(),
        "agree": not any(found.failed for found in shown),
        "set_ups": [found.as_dict() for found in shown],
    }


def _draw(found: Demonstration, out: Path) -> None:
    from yeonjwa.report import figures, theory

    out.mkdir(parents=True, exist_ok=True)
    figures.save(theory.figure(found), out / f"{found.name}.svg")


def _write(shown: Sequence[Demonstration], out: Path) -> None:
    """``findings.json``: one list of findings for each set-up."""
    rows = {found.name: [row.as_dict() for row in found.findings] for found in shown}
    with atomic(out / "findings.json") as path:
        path.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
