"""Who may do what: rights by role, and the one user of a private machine.

Served on loopback to nobody else, the observatory asks nobody to log in before a run; moderators log in everywhere.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied

RUN: Final = "runs.add_run"
SCENARIO: Final = "runs.add_savedscenario"
MODERATE: Final = "comments.moderate"
AUDIT: Final = "house.read_audit"
PUBLISH: Final = "runs.publish_run"
DELETE: Final = "runs.delete_run"
#: What the one user of a private machine may do without an account.
_PRIVATE: Final = frozenset({RUN, SCENARIO, PUBLISH, DELETE})
#: Marks of a proxy: a request that came through one is not the user of this machine.
_FORWARDED: Final = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_FORWARDED", "HTTP_VIA")


def may(request: Any, right: str) -> bool:
    """Whether the visitor may do it.

    Parameters
    ----------
    request : HttpRequest
        The request of the visitor.
    right : str
        One of the rights above.
    """
    if right in _PRIVATE and settings.PRIVATE and not any(mark in request.META for mark in _FORWARDED):
        return True
    user = getattr(request, "user", None)
    return bool(user is not None and user.is_active and user.has_perm(right))


def owns(request: Any, thing: Any) -> bool:
    """Whether the visitor may change or remove a run or a saved scenario: their own, or with the right to remove any."""
    user = getattr(request, "user", None)
    own = user is not None and user.is_authenticated and thing.owner_id == user.pk
    return (own and may(request, RUN)) or may(request, DELETE)


def needs(right: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A view for those who have a right: others log in, or are told (403) if they have.

    Parameters
    ----------
    right : str
        One of the rights above.
    """

    def wrap(view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> Any:
            if may(request, right):
                return view(request, *args, **kwargs)
            if request.user.is_authenticated:
                raise PermissionDenied
            return redirect_to_login(request.get_full_path())

        return guarded

    return wrap
