"""``yeonjwa manage erase K7-198 --reason "asked for by the family"``: erase the words of a comment."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from yeonjwa.observatory.comments import services
from yeonjwa.observatory.comments.models import Comment


class Command(BaseCommand):
    """Erasure for somebody's safety."""

    help = "Erase the words of a comment, original and published; the row stays without them."

    def add_arguments(self, parser: Any) -> None:
        """Reference and reason."""
        parser.add_argument("reference")
        parser.add_argument("--reason", required=True, help="For the log; without what is erased.")

    def handle(self, *_args: Any, **given: Any) -> None:
        """Do it, and write it into the log."""
        row = Comment.objects.filter(reference=given["reference"]).first()
        if row is None:
            raise CommandError(f"there is no comment {given['reference']!r}")
        services.erase(row, "command line", reason=given["reason"])
        self.stdout.write(f"{row.reference}: erased")
