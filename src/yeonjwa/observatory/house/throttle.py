"""Guessing one account's password from many addresses: slowed down by name, without shutting its owner out.

Five wrong passwords from one address lock that address out (django-axes). Somebody with many addresses has five tries from
each, so wrong passwords are counted by name too: after :data:`FREE` of them the name takes one try a minute, then one in two
minutes, in four, up to one an hour, from all strangers together. A browser that has logged in as this name before holds a
signed cookie and is no stranger: attackers cannot keep the owner out of a browser of their own. Wrong passwords with that
cookie are counted apart, so that a stolen one is worth :data:`FREE` tries. Names that nobody has are treated alike.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any, Final

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils import timezone

from yeonjwa.observatory.house import audit
from yeonjwa.observatory.house.models import Act, Guessing

#: Wrong passwords for one name that cost nothing.
FREE: Final = 20
#: Wait after them: the first, doubled with each further one, and the longest.
FIRST: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(hours=1)
#: A count is forgotten after this long without a wrong password.
FORGET: Final = timedelta(days=1)
COOKIE: Final = "device"
_COOKIE_AGE: Final = 365 * 24 * 3600


def wait(failures: int) -> timedelta:
    """How long after so many wrong passwords the next try of a stranger has to wait."""
    if failures < FREE:
        return timedelta(0)
    return LONGEST if failures - FREE > 10 else min(LONGEST, FIRST * 2 ** (failures - FREE))


def _hash(purpose: str, text: str) -> str:
    key = f"{settings.SECRET_KEY} {purpose}".encode()
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def remember(response: Any, name: str) -> None:
    """Give a browser that has just logged in the cookie by which it is known."""
    value = signing.dumps([_hash("name", name), secrets.token_urlsafe(12)], salt=COOKIE)
    response.set_cookie(
        COOKIE,
        value,
        max_age=_COOKIE_AGE,
        httponly=True,
        samesite="Strict",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _key(request: Any, name: str) -> str:
    """Under what a wrong password is counted: the known browser, or the name."""
    cookie = getattr(request, "COOKIES", {}).get(COOKIE, "")
    known = _hash("name", name)
    try:
        mine = signing.loads(cookie, salt=COOKIE, max_age=_COOKIE_AGE)[0] == known
    except (signing.BadSignature, LookupError, TypeError):
        mine = False
    device = _hash("device", cookie)
    if mine and not Guessing.objects.filter(key=device, failures__gte=FREE).exists():
        return device
    return known


def refused(request: Any, name: str) -> bool:
    """Whether a password for this name is not looked at now."""
    row = Guessing.objects.filter(key=_key(request, name)).first()
    if row is None or row.last < timezone.now() - FORGET:
        return False
    return bool(timezone.now() < row.last + wait(row.failures))


def failed(request: Any, name: str) -> None:
    """Count a wrong password."""
    now, key = timezone.now(), _key(request, name)
    with transaction.atomic():
        row, _made = Guessing.objects.select_for_update().get_or_create(key=key, defaults={"last": now})
        row.failures = 1 if row.last < now - FORGET else row.failures + 1
        row.last = now
        row.save()


def forget(now: Any = None) -> int:
    """Remove counts whose time is over, and say how many there were."""
    gone, _by_model = Guessing.objects.filter(last__lt=(now or timezone.now()) - FORGET).delete()
    return int(gone)


class Handler(AxesDatabaseHandler):  # type: ignore[misc]
    """The lock-out by address of django-axes, and the slowing down by name."""

    def is_locked(self, request: Any, credentials: dict[str, Any] | None = None) -> bool:
        """Whether this try is not looked at."""
        if super().is_locked(request, credentials):
            request.not_looked_at = True
            return True
        name = get_client_username(request, credentials)
        if not name or not refused(request, name):
            return False
        # What tells the middleware to answer as for an address that is locked out.
        request.not_looked_at = request.axes_locked_out = True
        return True

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: Any = None, **more: Any
    ) -> None:
        """Count a wrong password, unless it was not looked at."""
        name = get_client_username(request, credentials) if request is not None else ""
        if name and not getattr(request, "not_looked_at", False):
            failed(request, name)
        super().user_login_failed(sender, credentials, request, **more)

    def reset_attempts(self, **which: Any) -> int:
        """What ``yeonjwa manage axes_reset`` does: counts by name go too, and the log says so."""
        name = which.get("username")
        rows = Guessing.objects.filter(key=_hash("name", name)) if name else Guessing.objects.all()
        with transaction.atomic():
            gone, _by_model = rows.delete() if name or not which.get("ip_address") else (0, {})
            count = int(super().reset_attempts(**which)) + int(gone)
            audit.write("command line", Act.UNLOCK, f"account {name}" if name else "all accounts")
        return count
