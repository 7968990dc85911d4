"""What must be there before anybody but the user of this machine is served."""

from __future__ import annotations

import ipaddress
import os

from django.conf import settings

from yeonjwa.core.errors import InputError, InputErrors


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is this machine's own."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def check(host: str) -> None:
    """Raise unless the observatory may be served at an address.

    On loopback, and to loopback names only, nothing is asked. Anything else needs a secret key of the operator's, the names by
    which visitors ask, and somebody who moderates. All that is missing is said at once.

    Parameters
    ----------
    host : str
        To listen on.
    """
    if is_loopback(host) and settings.PRIVATE:
        return
    from yeonjwa.observatory.house import roles

    missing = []
    if not os.environ.get("YEONJWA_SECRET_KEY"):
        missing.append(
            InputError(
                "secret key",
                "",
                "50 characters or more, as python3 -c 'import secrets; print(secrets.token_urlsafe(64))' prints",
                "YEONJWA_SECRET_KEY",
            )
        )
    if not os.environ.get("YEONJWA_ALLOWED_HOSTS"):
        missing.append(
            InputError(
                "allowed hosts",
                "",
                "the names by which visitors ask, as lab.example.org",
                "YEONJWA_ALLOWED_HOSTS",
            )
        )
    if not roles.has("moderator") and not roles.has("administrator"):
        missing.append(
            InputError(
                "moderator", "", "an account: yeonjwa manage account NAME --role moderator", "accounts"
            )
        )
    if missing:
        raise InputErrors(f"serving at {host}", missing, "--host")
