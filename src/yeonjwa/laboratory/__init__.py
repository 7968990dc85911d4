"""Experiments: scenarios, runs, ensembles, comparisons. What is here is loaded when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from yeonjwa.laboratory.comparison import Comparison as Comparison
    from yeonjwa.laboratory.comparison import compare as compare
    from yeonjwa.laboratory.questions import open as open
    from yeonjwa.laboratory.run import simulate as simulate
    from yeonjwa.laboratory.scenario import Scenario as Scenario
    from yeonjwa.laboratory.scenario import load as load

#: Name -> module that holds it.
_HOMES: Final = {
    "Comparison": "comparison",
    "Scenario": "scenario",
    "compare": "comparison",
    "load": "scenario",
    "open": "questions",
    "simulate": "run",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
