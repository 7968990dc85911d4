"""What pages read of runs and scenarios."""

from __future__ import annotations

from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from yeonjwa.observatory.runs.models import Run, SavedScenario, Status

#: Share of a stage after which the time that is left can be told: the first steps compile what the others use.
_TELLING: Final = 0.05
#: Steps of a stage from which on they are alike enough to tell.
_FEWEST: Final = 10


def latest(number: int = 10) -> list[Run]:
    """The newest runs."""
    return list(Run.objects.select_related("owner")[:number])


def finished() -> list[Run]:
    """Runs with a result, newest first."""
    return list(Run.objects.filter(status=Status.SUCCEEDED))


def saved() -> list[SavedScenario]:
    """Scenarios that visitors kept, the last changed first."""
    return list(SavedScenario.objects.select_related("owner"))


def waiting_before(run: Run) -> int:
    """Runs that will be taken up before this one, if it waits."""
    if run.status != Status.QUEUED:
        return 0
    return int(Run.objects.filter(status=Status.QUEUED, pk__lt=run.pk).count())


def seconds_left(run: Run) -> float | None:
    """Seconds until the present stage is over, or None if that cannot be told yet."""
    few = run.total < _FEWEST
    if run.status != Status.RUNNING or run.stage_started is None or few or run.fraction < _TELLING:
        return None
    took = (timezone.now() - run.stage_started).total_seconds()
    return float(took * (1 - run.fraction) / run.fraction)


def stage_words(run: Run) -> str:
    """The present stage in the reader's language."""
    known = {
        "genealogy": _("Families: births, unions and deaths since 1790"),
        "society": _("The country, month by month"),
        "files": _("Writing files, figures and the report"),
    }
    return known.get(run.stage, run.stage)


def failure_words(run: Run) -> str:
    """Why a run has no result, in a plain sentence of the reader's language; empty if it has one or is not over."""
    code = run.exit_code
    known: dict[str, Any] = {
        "input": _("What was asked for cannot be used."),
        "memory": _("The machine had not enough memory. A smaller scale needs less."),
        "disk": _("The result could not be written: the disk is full or closed."),
        "unexpected": _(
            "An unexpected error stopped the run. It is a fault of the program, not of what was asked for."
        ),
        "killed": _(
            "The worker process ended with code %(code)s before the run was over. The machine may have been out of memory."
        )
        % {"code": code},
        "silent": _("The run did not answer to the cancellation for ten seconds; its process was ended."),
        "restart": _("The server was stopped or restarted while the run was under way."),
        "cancelled": _("It was cancelled."),
    }
    return str(known.get(run.reason, ""))
