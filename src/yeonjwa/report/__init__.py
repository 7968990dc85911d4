"""Figures and the self-contained report of a run.

``report.build(folder)`` writes ``report.html``; :mod:`yeonjwa.report.figures` makes single figures and saves them as
SVG, PNG or PDF.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["build"]


def build(folder: Path, language: str = "") -> Path:
    """The path of the report, ``report.html`` in the folder of a run; see :func:`yeonjwa.report.page.build`."""
    from yeonjwa.report import page

    return page.build(folder, language)
