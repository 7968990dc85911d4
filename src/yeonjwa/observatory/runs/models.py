"""Scenarios that are kept, and runs: how they were asked for, where they stand, where their folder is.

Results themselves are never in the database: a run points to a folder of the same kind as the command line writes.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _


class SavedScenario(models.Model):
    """A scenario of a visitor: the text of its TOML file, checked before it is kept."""

    name = models.SlugField(_("name"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("TOML"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="scenarios"
    )
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)

    class Meta:
        """Newest first."""

        ordering: ClassVar = ["-updated"]

    def __str__(self) -> str:
        return self.name


class Status(models.TextChoices):
    """States of a run; they only move forward."""

    QUEUED = "queued", _("waiting")
    RUNNING = "running", _("running")
    SUCCEEDED = "succeeded", _("finished")
    FAILED = "failed", _("failed")
    CRASHED = "crashed", _("its process ended")
    CANCELLED = "cancelled", _("cancelled")
    INTERRUPTED = "interrupted", _("interrupted by a restart")


#: File beside the result of a run: everything of it in one ZIP, made when it is first asked for.
ARCHIVE = "exports.zip"
#: States in which something may still change.
OPEN = (Status.QUEUED, Status.RUNNING)


class Run(models.Model):
    """One run of one scenario.

    Attributes
    ----------
    scenario, text : str
        Name of a shipped scenario, or of a saved one with the text of its file as it was then.
    scale, seed, first, last, threads
        As asked for; ``first`` and ``last`` are months as ``YYYY-MM``.
    status : Status
        Where it stands.
    stage, done, total, unit
        The stage that is being computed, and how far it is.
    reason, error, detail : str
        Why it has no result: a word (see ``selectors.failure_words``), the package's sentence, what a developer wants to read.
    published : bool
        Whether its report is one that readers comment on.
    worker : str
        The supervisor that computes it: host, process, and a token of its own.
    """

    Status = Status

    scenario = models.CharField(_("scenario"), max_length=60)
    text = models.TextField(blank=True)
    scale = models.FloatField(_("scale"))
    seed = models.BigIntegerField(_("seed"), default=1)
    first = models.CharField(_("first month"), max_length=7)
    last = models.CharField(_("last month"), max_length=7)
    threads = models.PositiveSmallIntegerField(default=1)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="runs"
    )

    status = models.CharField(max_length=12, choices=Status.choices, default=Status.QUEUED, db_index=True)
    stage = models.CharField(max_length=40, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    unit = models.CharField(max_length=40, blank=True)
    stage_started = models.DateTimeField(null=True, blank=True)
    cancel_requested = models.BooleanField(default=False)
    cancel_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=20, blank=True)
    error = models.TextField(blank=True)
    detail = models.TextField(blank=True)
    worker = models.CharField(max_length=200, blank=True)
    exit_code = models.IntegerField(null=True, blank=True)
    size = models.BigIntegerField(default=0)
    published = models.BooleanField(default=False)

    created = models.DateTimeField(auto_now_add=True)
    started = models.DateTimeField(null=True, blank=True)
    heartbeat = models.DateTimeField(null=True, blank=True)
    finished = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Newest first."""

        ordering: ClassVar = ["-created", "-id"]
        permissions: ClassVar = [("publish_run", "Can publish the report of a run")]

    def __str__(self) -> str:
        return f"{self.scenario}, seed {self.seed}"

    def get_absolute_url(self) -> str:
        """The page of its progress; the overview until there is one."""
        try:
            return str(reverse("runs:run", args=[self.pk]))
        except NoReverseMatch:
            return "/"

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.status in OPEN

    @property
    def home(self) -> Path:
        """Folder of everything that belongs to it: the scenario as asked for, its log, its result."""
        return Path(settings.RUNS_FOLDER) / str(self.pk)

    @property
    def folder(self) -> Path:
        """The run folder, there if it succeeded: what ``yeonjwa run --out`` writes."""
        return self.home / "result"

    @property
    def scenario_file(self) -> str:
        """What stands for the scenario on a command line: a shipped name, or the file of a saved one."""
        return f"{self.scenario}.toml" if self.text else self.scenario

    @property
    def fraction(self) -> float:
        """Share of the present stage that is done, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    def arguments(self) -> dict[str, Any]:
        """What :func:`yeonjwa.workflow.run` is called with, without the folder and the scenario."""
        from yeonjwa.core.calendar import parse_month

        return {
            "scale": self.scale,
            "seed": self.seed,
            "first": parse_month(self.first),
            "last": parse_month(self.last),
        }

    @property
    def command(self) -> str:
        """The line that gives the same numbers in a terminal."""
        words = ["yeonjwa", "run", self.scenario_file, "--scale", repr(self.scale), "--seed", str(self.seed)]
        words += ["--from", self.first, "--to", self.last, "--out", f"runs/{self.scenario}-{self.seed}"]
        return shlex.join(words)

    @property
    def python(self) -> str:
        """The lines that give the same numbers in Python."""
        given = self.arguments()
        return (
            "from pathlib import Path\n"
            "from yeonjwa import workflow\n"
            "\n"
            f'workflow.run("{self.scenario_file}", out=Path("runs/{self.scenario}-{self.seed}"),\n'
            f"             scale={self.scale!r}, seed={self.seed}, "
            f"first={given['first']}, last={given['last']})  # {self.first} to {self.last}\n"
        )
