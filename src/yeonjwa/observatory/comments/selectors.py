"""What pages read of comments."""

from __future__ import annotations

import re
from typing import Any, Final

from yeonjwa.observatory.comments.models import Comment, State

_REFERENCE: Final = re.compile("[A-Z][0-9]-[0-9]{3}")


def approved(kind: str, id: str) -> list[Comment]:
    """What readers see of a thing, oldest first."""
    return list(Comment.objects.filter(kind=kind, target=id, state=State.APPROVED))


def held_notice(kind: str, id: str, reference: str) -> Comment | None:
    """The comment that has just been sent, by its reference, while it is held."""
    if not _REFERENCE.fullmatch(reference):
        return None
    return Comment.objects.filter(kind=kind, target=id, reference=reference, state=State.HELD).first()


def held() -> list[Comment]:
    """The queue, oldest first."""
    return list(Comment.objects.filter(state=State.HELD))


def decided(state: Any, number: int = 50) -> list[Comment]:
    """The newest of a state."""
    return list(Comment.objects.filter(state=state).order_by("-decided", "-pk")[:number])


def history(reference: str) -> list[Any]:
    """Rows of the log on a comment, newest first."""
    from yeonjwa.observatory.house.models import AuditEntry

    return list(AuditEntry.objects.filter(thing=f"comment {reference}"))
