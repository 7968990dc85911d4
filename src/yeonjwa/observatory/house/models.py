"""The log of what those with rights did: rows are added, never changed or removed."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class AppendOnlyError(TypeError):
    """Somebody tried to change or remove a row of the log."""


class _AppendOnly(models.QuerySet):
    """Rows that are read and added."""

    def update(self, **_fields: Any) -> int:
        """Refused."""
        raise AppendOnlyError("rows of the log are never changed")

    def delete(self) -> Any:
        """Refused."""
        raise AppendOnlyError("rows of the log are never removed")

    bulk_update = update
    _raw_delete = delete


class Act(models.TextChoices):
    """What can be done."""

    APPROVE = "approve", _("approved")
    EDIT = "edit", _("edited and approved")
    REFUSE = "refuse", _("refused")
    REMOVE = "remove", _("taken down")
    ERASE = "erase", _("words erased")
    PUBLISH = "publish", _("report published")
    WITHDRAW = "withdraw", _("report withdrawn")
    DELETE = "delete", _("run deleted")
    CANCEL = "cancel", _("run cancelled")
    SCENARIO = "scenario", _("scenario deleted")
    ACCOUNT = "account", _("account changed")
    UNLOCK = "unlock", _("account unlocked")


class AuditEntry(models.Model):
    """One act: who, what, to which thing, why, and what was there before and after.

    Of words that people sent only a hash (SHA-256) is kept here: it proves which text was decided on, and what must be erased
    for somebody's safety is not kept in a place where nothing can be.
    The name of the account is kept as text, so that an account can go while the log stays. A trigger of the database refuses
    what the model refuses (see ``house.triggers``).
    """

    created = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.CharField(max_length=150)
    act = models.CharField(max_length=20, choices=Act.choices)
    thing = models.CharField(max_length=200)
    reason = models.CharField(max_length=200, blank=True)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)

    objects = _AppendOnly.as_manager()

    class Meta:
        """Newest first; who may read it."""

        ordering: ClassVar = ["-pk"]
        default_permissions = ()
        permissions: ClassVar = [("read_audit", "Can read the log")]

    def __str__(self) -> str:
        return f"{self.actor} {self.act} {self.thing}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row; one that is there is never written again."""
        if self.pk is not None:
            raise AppendOnlyError("rows of the log are never changed")
        super().save(*args, force_insert=True, using=kwargs.get("using"))

    def delete(self, *_args: Any, **_kwargs: Any) -> Any:
        """Refused."""
        raise AppendOnlyError("rows of the log are never removed")


class Guessing(models.Model):
    """Wrong passwords for one name, or from one known browser: a keyed hash of it, how many, and when the last was."""

    key = models.CharField(max_length=64, unique=True)
    failures = models.PositiveIntegerField(default=0)
    last = models.DateTimeField(db_index=True)

    class Meta:
        """Nobody has rights on it."""

        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.failures} by {self.last:%Y-%m-%d %H:%M}"
