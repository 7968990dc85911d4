"""A figure of a report as a picture that travels alone: with title, key, room at its edges, and a line that says what it is."""

from __future__ import annotations

import re
from html import escape
from typing import Final

from yeonjwa.observatory.pages.stored import Drawing
from yeonjwa.report import svg, theme

#: White space around, in pixels; labels of axes may stand that far outside a drawing.
MARGIN: Final = 36
_SIZE: Final = re.compile(r'^<svg[^>]*? width="([\d.]+)"[^>]*? height="([\d.]+)"')
_KEY_SIZE: Final = re.compile(r'<svg width="([\d.]+)" height="([\d.]+)"')
_HANGUL: Final = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")


def _room(text: str, size: int) -> float:
    """Width of a line of text, about."""
    return sum(0.98 if _HANGUL.match(letter) else 0.5 for letter in text) * size


def lines(text: str, width: float, size: int) -> list[str]:
    """The text in lines that fit."""
    found: list[str] = []
    for word in text.split(" "):
        if found and _room(f"{found[-1]} {word}", size) <= width:
            found[-1] += f" {word}"
        else:
            found.append(word)
    return found


def _key(drawing: Drawing, width: float) -> tuple[str, float]:
    """The key in rows, and its height."""
    parts, x, y = [], 0.0, 0.0
    for sign, label in drawing.key:
        size = _KEY_SIZE.match(sign)
        wide = float(size[1]) if size else 28.0
        room = wide + 8 + _room(label, 13) + 20
        if x and x + room > width:
            x, y = 0.0, y + 20
        parts.append(svg.tag("g", sign, transform=f"translate({x:.0f} {y:.0f})"))
        parts.append(svg.text(x + wide + 8, y + 11, label, colour=theme.INK_2))
        x += room
    return "".join(parts), y + 24 if parts else 0.0


def alone(drawing: Drawing, note: str) -> str:
    """The picture as SVG.

    Parameters
    ----------
    drawing : Drawing
        A figure of a stored report.
    note : str
        Written under it, in one line or more: that nobody in it is real, and the run.
    """
    size = _SIZE.match(drawing.svg)
    width, height = (float(size[1]), float(size[2])) if size else (690.0, 400.0)
    parts, y = [], float(MARGIN)
    for line in lines(drawing.title, width, 18):
        parts.append(svg.text(MARGIN, y + 8, line, size=18, weight=600))
        y += 26
    key, tall = _key(drawing, width)
    if key:
        parts.append(svg.tag("g", key, transform=f"translate({MARGIN} {y:.0f})"))
    y += tall + 14
    inner = re.sub("^<svg", f'<svg x="{MARGIN}" y="{y:.0f}" overflow="visible"', drawing.svg)
    parts.append(inner)
    y += height + 34
    for line in [line for part in note.splitlines() for line in lines(part, width, 11)]:
        parts.append(svg.text(MARGIN, y, line, size=11, colour=theme.MUTE))
        y += 16
    sheet = svg.tag("rect", width="100%", height="100%", fill=theme.PAPER)
    title = svg.tag("title", escape(drawing.title)) + svg.tag("desc", escape(drawing.label))
    return svg.drawing(width + 2 * MARGIN, y + 8, title + sheet + "".join(parts))
