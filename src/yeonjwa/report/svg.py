"""Drawing by hand: the few SVG elements that the family picture and the flows need."""

from __future__ import annotations

import math
from html import escape
from typing import Any, Final

from yeonjwa.report import theme

FONT: Final = "Yeonjwa Hangul, Yeonjwa Serif, serif"


def tag(name: str, content: str = "", **attributes: Any) -> str:
    """One element; underscores in attribute names become hyphens, None is left out."""
    text = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_value(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{text}>{content}</{name}>" if content else f"<{name}{text}/>"


def _value(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return str(value)


def text(
    x: float,
    y: float,
    words: str,
    *,
    colour: str = theme.INK,
    anchor: str = "start",
    weight: int = 400,
    halo: bool = False,
    size: int = 13,
) -> str:
    """A line of text; ``halo`` puts the paper's colour around the letters."""
    extra = (
        {"stroke": theme.PAPER, "stroke_width": 4, "stroke_linejoin": "round", "paint_order": "stroke"}
        if halo
        else {}
    )
    return tag(
        "text",
        escape(words),
        x=x,
        y=y,
        fill=colour,
        text_anchor=anchor,
        font_family=FONT,
        font_size=f"{size}px",
        font_weight=weight if weight != 400 else None,
        **extra,
    )


def drawing(width: float, height: float, content: str) -> str:
    """A whole picture."""
    return tag(
        "svg",
        content,
        xmlns="http://www.w3.org/2000/svg",
        width=round(width),
        height=round(height),
        viewBox=f"0 0 {round(width)} {round(height)}",
    )


def point(radius: float, angle: float) -> tuple[float, float]:
    """Place at a compass angle (degrees clockwise from the top) around the origin."""
    turn = math.radians(angle)
    return radius * math.sin(turn), -radius * math.cos(turn)
