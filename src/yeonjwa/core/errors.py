"""What can go wrong, in sentences: what, which value, what is allowed, and where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class YeonjwaError(Exception):
    """Base of every error the package raises on purpose."""


class InputError(YeonjwaError, ValueError):
    """The caller gave something that cannot be used; the command line exits with code 2.

    Attributes
    ----------
    what : str
        What the value is, in words ("scale", "column of mx.csv").
    value : Any
        The value that was given.
    allowed : str
        What would have been accepted.
    where : str
        File and line, option or key; empty if the call itself is the place.
    """

    def __init__(self, what: str, value: Any, allowed: str, where: str = "") -> None:
        self.what, self.value, self.allowed, self.where = what, value, allowed, where
        place = f" ({where})" if where else ""
        super().__init__(f"{what}: {value!r} cannot be used{place}; allowed: {allowed}")

    def as_dict(self) -> dict[str, Any]:
        """The four fields, for machines."""
        value = self.value if isinstance(self.value, (str, int, float, bool, type(None))) else str(self.value)
        return {"what": self.what, "value": value, "allowed": self.allowed, "where": self.where}


class InputErrors(InputError):
    """Several things cannot be used; all of them are said at once.

    Attributes
    ----------
    errors : tuple of InputError
        Each with its own place.
    """

    def __init__(self, what: str, errors: Sequence[InputError], where: str = "") -> None:
        self.errors = tuple(errors)
        listed = "\n".join(map(str, self.errors))
        super().__init__(what, f"{len(self.errors)} errors", listed, where)
        place = f" ({where})" if where else ""
        self.args = (f"{what}: {len(self.errors)} errors{place}\n{listed}",)

    def as_dict(self) -> dict[str, Any]:
        """The four fields and those of each error, for machines."""
        return {**super().as_dict(), "errors": [error.as_dict() for error in self.errors]}


class RunError(YeonjwaError, RuntimeError):
    """A run could not be finished for a reason outside the caller's input; exit code 1."""


class MissingExtraError(YeonjwaError, ImportError):
    """An optional library is missing; says the line that installs it."""

    def __init__(self, feature: str, extra: str) -> None:
        self.feature, self.extra = feature, extra
        super().__init__(f"{feature} needs an extra: pip install 'yeonjwa[{extra}]'")
