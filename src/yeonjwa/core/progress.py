"""How long work says where it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What a long computation calls; the command line, a notebook and the web each bring their own."""

    def stage(self, name: str, total: int, unit: str) -> None:
        """A stage begins: ``total`` units of work of kind ``unit``."""

    def advance(self, n: int = 1) -> None:
        """``n`` more units are done."""

    def finish(self) -> None:
        """The stage is over."""


class Silent:
    """Says nothing."""

    def stage(self, name: str, total: int, unit: str) -> None:
        """Nothing."""

    def advance(self, n: int = 1) -> None:
        """Nothing."""

    def finish(self) -> None:
        """Nothing."""
