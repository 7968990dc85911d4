"""Writing the log, in the transaction of what it says."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from yeonjwa.observatory.house.models import AuditEntry


def write(actor: Any, act: Any, thing: str, *, reason: str = "", before: str = "", after: str = "") -> None:
    """Add a row. Only inside ``transaction.atomic()``: act and row are written together or not at all.

    Parameters
    ----------
    actor : User or str
        Who did it; a word for who has no account.
    act : str
        A value of :class:`yeonjwa.observatory.house.models.Act`.
    thing : str
        What it was done to, as ``"comment K7-198"``.
    reason, before, after : str
        Why, and what was there.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("the log is written in the transaction of the act")
    name = actor if isinstance(actor, str) else (actor.get_username() or "the user of this machine")
    AuditEntry.objects.create(
        actor=name[:150], act=act, thing=thing[:200], reason=reason[:200], before=before, after=after
    )
