"""Comments: what was sent, and what a moderator made of it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """Where a comment stands. Nothing but what is approved is ever shown to readers."""

    HELD = "held", _("held")
    APPROVED = "approved", _("approved")
    REFUSED = "refused", _("refused")
    REMOVED = "removed", _("taken down")


class Reason(models.TextChoices):
    """Why a moderator edits, refuses or takes down."""

    PERSON = "person", _("Could identify a private person")
    FORM = "form", _("Spelling or form only")
    LENGTH = "length", _("Shortened, the sense is kept")
    ABUSE = "abuse", _("Insults or threatens")
    SPAM = "spam", _("Advertising or spam")
    TOPIC = "topic", _("Not about this page")
    LAW = "law", _("Could be unlawful")
    OTHER = "other", _("Another reason, see the note")


class Comment(models.Model):
    """A comment on one thing.

    Attributes
    ----------
    kind, target : str
        What it is on: see :mod:`yeonjwa.observatory.comments.targets`.
    page : str
        Address of the page from which it was sent.
    reference : str
        What the sender is given, to ask for it.
    original, text : str
        As sent, never changed; as published. Both are empty once ``erased``.
    address_hash, hash_until
        Keyed hash of the sender's address, for the limits only, and when it is removed.
    fingerprint : str
        Of the words of the original, to find duplicates.
    """

    State = State

    kind = models.CharField(max_length=20)
    target = models.CharField(max_length=200)
    page = models.CharField(max_length=500)
    language = models.CharField(max_length=5)
    reference = models.CharField(max_length=10, unique=True)
    name = models.CharField(_("name"), max_length=60, blank=True)
    original = models.TextField()
    text = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.HELD, db_index=True)
    reason = models.CharField(max_length=10, choices=Reason.choices, blank=True)
    note = models.CharField(max_length=200, blank=True)
    edited = models.BooleanField(default=False)
    erased = models.BooleanField(default=False)
    address_hash = models.CharField(max_length=64, blank=True, db_index=True)
    hash_until = models.DateTimeField(null=True, blank=True)
    fingerprint = models.CharField(max_length=64, db_index=True)
    created = models.DateTimeField(auto_now_add=True, db_index=True)
    decided = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    version = models.PositiveIntegerField(default=0)

    class Meta:
        """Oldest first; who may decide."""

        ordering: ClassVar = ["created", "pk"]
        default_permissions = ()
        permissions: ClassVar = [("moderate", "Can decide on comments")]
        indexes: ClassVar = [models.Index(fields=["kind", "target", "state"], name="comment_target")]

    def __str__(self) -> str:
        return self.reference
