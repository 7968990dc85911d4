"""Headers that every answer carries, and the language of what is drawn for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.utils.translation import get_language

from yeonjwa.core import language

#: No inline script or style, nothing from elsewhere, no frame around us.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_PERMISSIONS: Final = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class SecurityHeaders:
    """The content security policy and what else no page may do; outermost, so that files and errors carry it too."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self._get_response = get_response

    def __call__(self, request: Any) -> Any:
        """The answer with its headers."""
        response = self._get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", _PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class Language:
    """Figures and sentences of the report speak the language of the page that shows them."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self._get_response = get_response

    def __call__(self, request: Any) -> Any:
        """The answer, made in the language that Django found for it."""
        with language.use("ko" if (get_language() or "en").startswith("ko") else "en"):
            return self._get_response(request)
