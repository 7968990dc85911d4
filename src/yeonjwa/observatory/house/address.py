"""Where a visitor comes from: behind a stated number of proxies, and never kept in the clear."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from typing import Any

from django.conf import settings


def of(request: Any) -> str:
    """The visitor's address as the outermost proxy of ours saw it; the peer's if no proxy is stated.

    Each proxy adds the address it was asked from at the end of ``X-Forwarded-For``: with two of them the last but one is
    the visitor's, and whatever stands before it was made up by the visitor.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    if not settings.PROXIES:
        return peer
    told = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    found = told[-settings.PROXIES] if len(told) >= settings.PROXIES else peer
    try:
        return str(ipaddress.ip_address(found))
    except ValueError:
        return peer


def keyed_hash(request: Any, purpose: str) -> str:
    """A hash of the visitor's address that cannot be turned back without the secret key; other for each purpose.

    An IPv6 visitor counts by the network (/64) that a household is given, else each could take a new address at will.

    Parameters
    ----------
    request : HttpRequest
        The request of the visitor.
    purpose : str
        What it is for, as ``"comments"``.
    """
    key = f"{settings.SECRET_KEY} {purpose}".encode()
    return hmac.new(key, _network(of(request)).encode(), hashlib.sha256).hexdigest()


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def pseudonym(request: Any) -> str:
    """The keyed hash written as an address of IPv6, for the lock-out, whose table has a column for addresses only."""
    digest = bytes.fromhex(keyed_hash(request, "log-in"))
    return str(ipaddress.IPv6Address(b"\xfd" + digest[:15]))
