"""What can be commented on: claims and facts of the ledger, parameters, regimes, published reports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.utils.translation import gettext as _

#: Kind -> beginning and end of its address in English.
ADDRESSES: Final = {
    "claim": ("/evidence/", "/"),
    "parameter": ("/parameters/", "/"),
    "regime": ("/regimes/", "/"),
    "run": ("/runs/", "/results/"),
}


def exists(kind: str, id: str) -> bool:
    """Whether there is such a thing."""
    known = _KNOWN.get(kind)
    return known is not None and known(id)


def address(kind: str, id: str) -> str:
    """Address of its page, without a language."""
    before, after = ADDRESSES[kind]
    return f"{before}{id}{after}"


def words(kind: str, id: str) -> str:
    """What it is, for the heading of a page."""
    if kind == "run":
        return _("Report of run %(number)s") % {"number": id}
    return id


def _claim(id: str) -> bool:
    from yeonjwa.evidence import ledger

    return id in ledger.entries()


def _parameter(id: str) -> bool:
    from yeonjwa.evidence import parameters

    return id in parameters.load()


def _regime(id: str) -> bool:
    from yeonjwa import regimes

    return any(row["id"] == id for row in regimes.listed()["regimes"])


def _run(id: str) -> bool:
    from yeonjwa.observatory.runs.models import Run

    return (
        id.isascii() and id.isdigit() and len(id) < 18 and Run.objects.filter(pk=id, published=True).exists()
    )


_KNOWN: Final[dict[str, Callable[[str], bool]]] = {
    "claim": _claim,
    "parameter": _parameter,
    "regime": _regime,
    "run": _run,
}
