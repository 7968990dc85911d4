"""One class for each kind of caveat, so that a test can ask for exactly that one."""

from __future__ import annotations


class YeonjwaWarning(UserWarning):
    """Base of every warning the package gives."""


class HeldValueWarning(YeonjwaWarning):
    """A dated value was asked for outside its dates and held at the nearest one."""


class CoverageWarning(YeonjwaWarning):
    """Ancestors are not known far enough back for the kin that were asked for."""


class DemographicWarning(YeonjwaWarning):
    """The rates imply something a reader should know: extinction, one sex missing, unmet unions."""


class FiniteSizeWarning(YeonjwaWarning):
    """The population is too small for a measure: it is biased, not only noisy."""


class NotRepresentedWarning(YeonjwaWarning):
    """A group of the real country has fewer than one expected member at this scale."""
