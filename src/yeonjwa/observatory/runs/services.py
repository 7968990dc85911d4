"""What changes scenarios and runs: saving, asking for a run, cancelling it, deleting it."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone

from yeonjwa.core.calendar import format_month, parse_month
from yeonjwa.core.errors import InputError
from yeonjwa.core.language import LANGUAGES
from yeonjwa.observatory.house import audit
from yeonjwa.observatory.house.models import Act
from yeonjwa.observatory.runs import scenarios
from yeonjwa.observatory.runs.models import ARCHIVE, OPEN, Run, SavedScenario, Status
from yeonjwa.observatory.runs.worker import size_of
from yeonjwa.report import sheet


def save(name: str, text: str, *, owner: Any = None, replace: SavedScenario | None = None) -> SavedScenario:
    """Keep a scenario.

    Parameters
    ----------
    name, text : str
        Its name and the text of its TOML file.
    owner : User, optional
        Whose it is; nobody's on a private machine.
    replace : SavedScenario, optional
        Write over this one instead of making a new one.

    Raises
    ------
    InputError
        The name is taken or cannot be used, or the text is no scenario.
    """
    scenarios.check_name(name)
    title = scenarios.checked(text, name).title[:200]
    row = replace or SavedScenario(owner=_account(owner))
    row.name, row.title, row.text = name, title, text
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise InputError("name of the scenario", name, "a name that is not taken", "name") from error
    return row


def remove(row: SavedScenario, actor: Any) -> None:
    """Remove a saved scenario; runs of it keep their copy of its text.

    Parameters
    ----------
    row : SavedScenario
    actor : User
        Who removes it, for the log, which keeps the hash of the text.
    """
    with transaction.atomic():
        text = hashlib.sha256(row.text.encode("utf-8", "surrogatepass")).hexdigest()
        audit.write(actor, Act.SCENARIO, f"scenario {row.name}", before=text)
        row.delete()


def submit(
    scenario: str,
    *,
    text: str = "",
    scale: float = 0.01,
    seed: int = 1,
    first: str | None = None,
    last: str | None = None,
    owner: Any = None,
) -> Run:
    """Ask for a run; a supervisor takes it up when a slot is free.

    Parameters
    ----------
    scenario : str
        Name of a shipped scenario, or with ``text`` the name of a visitor's.
    text : str
        Of the visitor's TOML file; empty for a shipped scenario.
    scale, seed
        As in :func:`yeonjwa.workflow.run`.
    first, last : str, optional
        Months as ``YYYY-MM``; the scenario's by default.
    owner : User, optional
        Who asks.

    Raises
    ------
    InputError
        A value outside what the model or this server allows, or a full queue or disk.
    """
    from yeonjwa.laboratory.run import check_months, check_scale, check_seed
    from yeonjwa.laboratory.scenario import load, names

    if text:
        scenarios.check_name(scenario)
        chosen = scenarios.checked(text, scenario)
    elif scenario in names():
        chosen = load(scenario)
    else:
        raise InputError("scenario", scenario, f"one of {', '.join(names())}", "scenario")
    check_scale(scale)
    if scale > settings.LARGEST_SCALE:
        raise InputError("scale", scale, f"at most {settings.LARGEST_SCALE:g} on this server", "scale")
    check_seed(seed)
    begin = chosen.first if first is None else parse_month(first, "from")
    end = chosen.last if last is None else parse_month(last, "to")
    check_months(begin, end)
    check_disk()
    with transaction.atomic():
        _check_queue()
        return Run.objects.create(
            scenario=scenario,
            text=text,
            scale=scale,
            seed=seed,
            first=format_month(begin),
            last=format_month(end),
            threads=settings.THREADS,
            owner=_account(owner),
        )


def again(run: Run, *, owner: Any = None) -> Run:
    """Ask for the same run once more: what to do after a crash or a restart."""
    return submit(
        run.scenario,
        text=run.text,
        scale=run.scale,
        seed=run.seed,
        first=run.first,
        last=run.last,
        owner=owner,
    )


def cancel(run: Run, actor: Any = "") -> bool:
    """Cancel a run that waits, or ask the one that runs to end; whether there was anything to cancel.

    Parameters
    ----------
    run : Run
    actor : User, optional
        Who cancels it, for the log.
    """
    now = timezone.now()
    with transaction.atomic():
        waiting = Run.objects.filter(pk=run.pk, status=Status.QUEUED)
        done = waiting.update(status=Status.CANCELLED, cancel_requested=True, cancel_at=now, finished=now)
        if not done:
            running = Run.objects.filter(pk=run.pk, status=Status.RUNNING, cancel_requested=False)
            done = running.update(cancel_requested=True, cancel_at=now)
        if done:
            audit.write(actor or "the server", Act.CANCEL, f"run {run.pk}", before=run.command)
    return bool(done)


def publish(run: Run, actor: Any, *, published: bool = True) -> None:
    """Publish the report of a run that succeeded, so that readers may comment on it; or withdraw it.

    Parameters
    ----------
    run : Run
        Any; nothing happens to one without a result.
    actor : User
        Who decides, for the log.
    published : bool
        Publish or withdraw.
    """
    rows = Run.objects.filter(pk=run.pk, status=Status.SUCCEEDED).exclude(published=published)
    with transaction.atomic():
        if rows.update(published=published):
            audit.write(actor, Act.PUBLISH if published else Act.WITHDRAW, f"run {run.pk}")


def delete(run: Run, actor: Any = "") -> None:
    """Remove a run that is over, with its files.

    Parameters
    ----------
    run : Run
        One that is over.
    actor : User, optional
        Who removes it, for the log.

    Raises
    ------
    InputError
        It waits or runs: it must be cancelled first.
    """
    number = run.pk
    with transaction.atomic():
        gone, _ = Run.objects.filter(pk=run.pk).exclude(status__in=OPEN).delete()
        if not gone:
            raise InputError("run", run.pk, "one that is over; cancel it first", "run")
        audit.write(actor or "the server", Act.DELETE, f"run {number}", before=run.command)
    with contextlib.suppress(OSError):
        if run.home.is_symlink():
            run.home.unlink()
        else:
            shutil.rmtree(run.home)


def count(run: Run) -> None:
    """Write how much space the files of a run take, after some were added."""
    Run.objects.filter(pk=run.pk).update(size=size_of(run.home))


def drop_archives() -> None:
    """Remove the ZIPs of all runs, in every language: they are made again when somebody asks for one."""
    for run in Run.objects.filter(status=Status.SUCCEEDED):
        archives = (run.home / sheet.file_name(ARCHIVE, spoken) for spoken in LANGUAGES)
        kept = [archive for archive in archives if archive.is_file()]
        for archive in kept:
            archive.unlink(missing_ok=True)
        if kept:
            count(run)


def check_disk() -> None:
    """Raise if runs fill their share of the disk, or the disk itself, even without their ZIPs."""
    if not _space():
        return
    drop_archives()
    problem = _space()
    if problem is not None:
        raise problem


def _space() -> InputError | None:
    """What is wrong with the space for runs, if anything."""
    used = Run.objects.aggregate(total=Sum("size"))["total"] or 0
    if used >= settings.DISK_GB * 1e9:
        allowed = f"{settings.DISK_GB:g} GB on this server; delete old runs"
        return InputError("space for runs", f"{used / 1e9:.1f} GB used", allowed, "disk")
    free = shutil.disk_usage(settings.RUNS_FOLDER).free
    if free < settings.FREE_GB * 1e9:
        allowed = f"{settings.FREE_GB:g} GB must stay free"
        return InputError("space for runs", f"{free / 1e9:.1f} GB free", allowed, "disk")
    return None


def _check_queue() -> None:
    waiting = Run.objects.filter(status=Status.QUEUED).count()
    if waiting >= settings.QUEUE:
        raise InputError("run", f"{waiting} are waiting", f"at most {settings.QUEUE} may wait", "queue")


def _account(owner: Any) -> Any:
    return owner if owner is not None and owner.is_authenticated else None
