"""What every template may read."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import translation

import yeonjwa
from yeonjwa.observatory.house import access


def site(request: Any) -> dict[str, Any]:
    """Version, the same page in the other languages, and what this visitor may do."""
    return {
        "version": yeonjwa.__version__,
        "languages": other_languages(request),
        "private": settings.PRIVATE,
        "may_run": access.may(request, access.RUN),
        "may_moderate": access.may(request, access.MODERATE),
    }


def other_languages(request: Any) -> list[dict[str, Any]]:
    """Each language with the address of this page in it.

    Not Django's ``translate_url``: that answers only for addresses that resolve, and error pages need the links too.
    """
    path = request.get_full_path()
    for code, _ in settings.LANGUAGES:
        if path == f"/{code}" or path.startswith((f"/{code}/", f"/{code}?")):
            path = path[len(code) + 1 :] or "/"
            break
    path = path if path.startswith("/") else f"/{path}"
    current = translation.get_language()
    return [
        {
            "code": code,
            "name": name,
            "address": path if code == settings.LANGUAGE_CODE else f"/{code}{path}",
            "current": code == current,
        }
        for code, name in settings.LANGUAGES
    ]
