"""The language in which figures, reports and pages speak: English as the code has it, Korean from the catalogue.

The active language belongs to the context, so two readers of the observatory are served at once, each in theirs::

    with language.use("ko"):
        report.build(folder)

Texts are marked with :func:`gettext` (``_``) where they are used and with :func:`noop` where they stand in a table of the
module and are translated later. A text is a whole sentence with named places, filled after it has been translated:
``_("{n} of {total} relatives").format(n=3, total=8)``. One catalogue, ``locale/ko/LC_MESSAGES/django.po``, serves the pages
of Django and everything below them, which know nothing of Django; ``tools/catalogue.py`` keeps it.
"""

from __future__ import annotations

import functools
import gettext as catalogues
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Final

from yeonjwa.core.errors import InputError

#: Language -> its name in itself. The first is the one in which texts are written.
LANGUAGES: Final = {"en": "English", "ko": "한국어"}
#: Folder of the catalogues.
FOLDER: Final = Path(__file__).resolve().parents[1] / "locale"

_active: ContextVar[str] = ContextVar("language", default="en")


def checked(language: str, where: str = "") -> str:
    """The language as it is.

    Raises
    ------
    InputError
        There is none of this name.
    """
    if language not in LANGUAGES:
        raise InputError("language", language, " or ".join(LANGUAGES), where)
    return language


def active() -> str:
    """The language that texts are in now: "en" unless another one is in use."""
    return _active.get()


@contextmanager
def use(language: str) -> Iterator[None]:
    """Speak a language inside the block; the one before is back afterwards, also after an error.

    Raises
    ------
    InputError
        There is no such language.
    """
    token = _active.set(checked(language))
    try:
        yield
    finally:
        _active.reset(token)


@functools.cache
def _catalogue(language: str) -> catalogues.NullTranslations:
    """The compiled catalogue, read when a text is first asked for; English has none."""
    if language == next(iter(LANGUAGES)):
        return catalogues.NullTranslations()
    return catalogues.translation("django", FOLDER, [language])


def gettext(text: str) -> str:
    """The text in the active language; as it is where the catalogue does not have it."""
    return _catalogue(active()).gettext(text) if text else ""


def ngettext(one: str, many: str, n: float) -> str:
    """The text for one or the text for many in the active language; Korean has one form for both."""
    # A part of a whole takes the plural in English ("0.5 years").
    return _catalogue(active()).ngettext(one, many, 1 if n == 1 else 2)


def pgettext(context: str, text: str) -> str:
    """The text where it means what the context says, where one English word is two Korean ones."""
    return _catalogue(active()).pgettext(context, text)


def noop(text: str) -> str:
    """The text itself, marked for the catalogue: it is translated where it is used."""
    return text
