"""yeonjwa (연좌): an open laboratory for guilt by association.

Every person in this package is synthetic: nobody here exists or ever did.

What one types is here; it is loaded when it is first used (:mod:`yeonjwa.notebook` holds it)::

    import yeonjwa

    run = yeonjwa.run("baseline", scale=0.004)
    yeonjwa.compare("baseline", "liability_off", scale=0.004)
"""

__version__ = "0.1.0"

#: Name -> module that holds it; named as text, so that nothing heavy is imported and no layer points up.
_HOMES = {
    "compare": "yeonjwa.notebook",
    "ensemble": "yeonjwa.notebook",
    "load": "yeonjwa.laboratory.scenario",
    "open": "yeonjwa.laboratory.questions",
    "run": "yeonjwa.notebook",
    "scenarios": "yeonjwa.notebook",
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
