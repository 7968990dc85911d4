"""``yeonjwa manage retain``: remove what is due now; the server does it by itself every hour."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from yeonjwa.observatory.house import retention


class Command(BaseCommand):
    """Retention."""

    help = "Remove hashes of addresses, failed log-ins and sessions whose time has come."

    def handle(self, *_args: Any, **_given: Any) -> None:
        """Do it and say how much."""
        self.stdout.write(", ".join(f"{what}: {number}" for what, number in retention.apply().items()))
