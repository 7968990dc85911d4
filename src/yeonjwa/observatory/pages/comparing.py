"""Runs of this installation held against one another, seed by seed."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _

from yeonjwa.core.errors import InputError, YeonjwaError
from yeonjwa.evidence import korean
from yeonjwa.laboratory.comparison import MOST_ARMS, Comparison, compare
from yeonjwa.laboratory.measures import says
from yeonjwa.laboratory.scenario import BASELINE
from yeonjwa.laboratory.sides import HEADLINES
from yeonjwa.observatory.runs.models import Run, Status

#: Most runs that are read for a page.
MOST_RUNS: Final = 60


def numbers(given: Sequence[str]) -> list[int]:
    """Numbers of runs as asked for, "3,5" or one at a time, each once."""
    found = [part.strip() for text in given for part in text.split(",")]
    return list(
        dict.fromkeys(int(part) for part in found if part.isascii() and part.isdigit() and len(part) < 12)
    )


def of_request(given: Sequence[str], measure: str) -> dict[str, Any]:
    """What the page of a comparison shows.

    Parameters
    ----------
    given : sequence of str
        Numbers of runs; runs of one scenario with different seeds make one arm.
    measure : str
        The result in the headline.
    """
    wanted = numbers(given)[:MOST_RUNS]
    headline = measure if measure in HEADLINES else "flight.arrivals"
    ready = list(Run.objects.filter(status=Status.SUCCEEDED)[:100])
    context: dict[str, Any] = {
        "wanted": wanted,
        "ready": ready,
        "headline_measure": headline,
        "measures": [(m, korean.said(says(m))) for m in HEADLINES],
        "error": "",
        "answer": None,
    }
    if not wanted:
        return context
    runs = {run.pk: run for run in Run.objects.filter(pk__in=wanted, status=Status.SUCCEEDED)}
    missing = [str(n) for n in wanted if n not in runs]
    if missing:
        return {**context, "error": _("No finished run has the number {n}.").format(n=", ".join(missing))}
    chosen = [runs[n] for n in wanted]
    if len(chosen) < 2:
        return {**context, "alone": True}
    arms = _arms(chosen)
    if not set.intersection(*({run.seed for run in members} for _name, members in arms)):
        return {
            **context,
            "error": _("These runs have no seed in common: only the same luck tells what a change does."),
        }
    try:
        found = compared(
            tuple(
                (name, tuple((run.seed, run.folder.resolve()) for run in members)) for name, members in arms
            ),
            headline,
        )
    except YeonjwaError as error:
        return {**context, "error": _plain(error, chosen)}
    from yeonjwa.report import comparison_page, retold

    answer = found.as_dict()
    return {
        **context,
        "answer": answer,
        "headline": comparison_page.headline(answer),
        "lead": comparison_page.lead(answer),
        "sections": comparison_page.sections(answer),
        "arms": [
            {"name": arm.name, "title": korean.said(arm.title), "runs": members}
            for arm, (_name, members) in zip(found.arms, arms, strict=True)
        ],
        "notes": [retold.sentence(note) for note in found.notes],
        "command": _command(found, arms),
        "python": _python(found, arms),
    }


def _plain(error: YeonjwaError, runs: Sequence[Run]) -> str:
    """The error without the server's folders: runs go by their numbers."""
    text = str(error)
    if isinstance(error, InputError):
        text = _("These runs cannot be compared: {what} is {value}; it must be {allowed}.").format(
            what=error.what, value=error.value, allowed=error.allowed
        )
    for run in runs:
        text = text.replace(str(run.folder.resolve()), _("run {n}").format(n=run.pk))
    return re.sub(r"/\S*/yeonjwa-\w+/\d+", "…", text)


def _arms(runs: Sequence[Run]) -> list[tuple[str, list[Run]]]:
    """Runs by scenario, the baseline first; runs of one scenario alone are arms of their own."""
    if len({(run.scenario, run.text) for run in runs}) == 1:
        return [(run.scenario, [run]) for run in runs][:MOST_ARMS]
    found: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        members = found.setdefault((run.scenario, run.text), [])
        if run.seed not in {other.seed for other in members}:
            members.append(run)
    # The baseline is what others are held against, in whatever order they were ticked.
    arms = [(key[0], members) for key, members in found.items()]
    return sorted(arms, key=lambda arm: arm[0] != BASELINE)


@lru_cache(maxsize=16)
def compared(arms: tuple[tuple[str, tuple[tuple[int, Path], ...]], ...], headline: str) -> Comparison:
    """The comparison of arms, each of some runs; folders of runs never change.

    Parameters
    ----------
    arms : tuple of (name, ((seed, folder), ...))
        In order.
    headline : str
        The result that the answer is about.
    """
    with tempfile.TemporaryDirectory(prefix="yeonjwa-") as place:
        folders = []
        for number, (_name, members) in enumerate(arms):
            if len(members) == 1:
                folders.append(members[0][1])
                continue
            # An ensemble as the laboratory reads it: a folder with its runs below.
            below = Path(place) / f"{number}" / "runs"
            below.mkdir(parents=True)
            for seed, folder in members:
                os.symlink(folder, below / f"seed-{seed}")
            folders.append(below.parent)
        return compare(*folders, headline=headline)


def _command(found: Comparison, arms: Sequence[tuple[str, Sequence[Run]]]) -> str:
    """The line that gives the same numbers: from scenarios if the seeds count from 1, else from folders of runs.

    Arms of several runs whose seeds do not count from 1 have none: the command line counts seeds.
    """
    measure = f"--measure {found.headline}"
    if found.seeds == tuple(range(1, len(found.seeds) + 1)):
        names = " ".join(run.scenario_file for _name, (run, *_rest) in arms)
        months = f"--from {found.first} --to {found.last}"
        return (
            f"yeonjwa compare {names} --scale {found.scale:g} --seeds {len(found.seeds)} {months} {measure}"
        )
    if any(len(members) > 1 for _name, members in arms):
        return ""
    folders = " ".join(f"runs/{run.scenario}-{run.seed}" for _name, (run, *_rest) in arms)
    return f"yeonjwa compare {folders} {measure}"


def _python(found: Comparison, arms: Sequence[tuple[str, Sequence[Run]]]) -> str:
    scenarios = ", ".join(f'"{run.scenario_file}"' for _name, (run, *_rest) in arms)
    seeds = f"({', '.join(str(seed) for seed in found.seeds)},)"
    return (
        "from yeonjwa.core.calendar import parse_month\n"
        "from yeonjwa.laboratory.comparison import compare\n\n"
        "found = compare(\n"
        f"    {scenarios},\n"
        f"    seeds={seeds}, scale={found.scale!r},\n"
        f'    first=parse_month("{found.first}"), last=parse_month("{found.last}"),\n'
        f'    headline="{found.headline}",\n'
        ")\n"
        "print(found.answer)"
    )
