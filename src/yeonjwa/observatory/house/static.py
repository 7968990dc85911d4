"""Addresses of static files with a mark of their content, so that an upgrade is seen at once without any build step."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


@functools.lru_cache(maxsize=512)
def _mark(name: str) -> str:
    file = finders.find(name)
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()[:10] if file else ""


class Versioned(StaticFilesStorage):
    """``/static/site.css?v=…``."""

    def url(self, name: str) -> str:
        """Address of a file, with its mark."""
        if name.endswith(".woff2"):
            # Style sheets name fonts without a mark: a browser would fetch them twice. A font never changes its content.
            return str(super().url(name))
        mark = _mark(name.partition("#")[0].partition("?")[0])
        address: str = super().url(name)
        return f"{address}?v={mark}" if mark and "?" not in address else address
