"""Figures of the set-ups of :mod:`yeonjwa.society.stylised`: theory as lines, what the model's functions give as marks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from yeonjwa.report import theme
from yeonjwa.report.figures import WIDE, Spec
from yeonjwa.society.stylised.findings import Curve, Demonstration, Panel

_GAP: Final = 78
_HEIGHT: Final = 200
_KEY: Final = 17
_SHAPES: Final = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")


def figure(shown: Demonstration, *, width: int = WIDE) -> Spec:
    """The panels of a demonstration, two in a row: closed forms are lines, the model's results are marks."""
    each = (width - _GAP - 64) // 2
    lines_of_key = max(len(panel.curves) for panel in shown.panels)
    panels = [_panel(panel, each, lines_of_key) for panel in shown.panels]
    config = theme.config()
    config.pop("autosize", None)  # Vega cannot fit panels set beside one another
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": f"{shown.title}: " + "; ".join(panel.title for panel in shown.panels),
        "config": {**config, "aria": False},
        "padding": {"left": 4, "top": 4, "right": 8, "bottom": 4},
        "concat": panels,
        "columns": 2 if len(panels) > 1 else 1,
        "bounds": "flush",
        "spacing": {"row": 128 + _KEY * lines_of_key, "column": _GAP},
        "resolve": {"scale": {"color": "independent", "x": "independent", "y": "independent"}},
    }


def _panel(panel: Panel, width: int, lines_of_key: int) -> Spec:
    x = {
        "field": "x",
        "type": "quantitative",
        "title": panel.x,
        "scale": {"type": "log" if panel.log_x else "linear", "nice": False, "zero": False},
        "axis": {"grid": False, "titleAnchor": "start", "titleAlign": "left", "titleX": 0, **_ticks(panel)},
    }
    low = min((min(c.y) for c in panel.curves if c.y), default=0.0)
    high = max((max(c.y) for c in panel.curves if c.y), default=1.0)
    room = 0.04 * (high - min(low, 0.0) or 1.0)
    y = {
        "field": "y",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [low - room if low < -room else 0.0, high + room], "nice": False},
        "axis": {"tickCount": 5, "titleAnchor": "start"},
    }
    layers: list[Spec] = []
    looks = _looks(panel.curves)
    for number, (found, look) in enumerate(zip(panel.curves, looks, strict=True)):
        layers.append(_layer(found, look, x, y))
        layers.extend(_key(found, look, _KEY * (number - lines_of_key) - 8.0))
    title = {
        "text": panel.title,
        "subtitle": panel.y,
        "anchor": "start",
        "frame": "group",
        "offset": 14,
    }
    return {"width": width, "height": _HEIGHT, "title": title, "layer": layers}


def _ticks(panel: Panel) -> Spec:
    """Ticks of the horizontal axis: round numbers, powers and halves of powers of ten where it goes by ratios."""
    if not panel.log_x:
        years = any(max(found.x, default=0.0) >= 1000 for found in panel.curves)
        return {"tickCount": 6, "format": "d"} if years else {"tickCount": 6}
    xs = [x for found in panel.curves for x in found.x]
    low, high = min(xs), max(xs)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    values = [m * 10.0**p for p in powers for m in (1, 3)]
    inside = [v for v in values if low * 0.999 <= v <= high * 1.001]
    return {"values": inside, "format": "~g"}


def _looks(curves: Sequence[Curve]) -> list[tuple[str, str, int]]:
    """Colour, shape and dash of each curve: closed forms in ink, told apart by dashes; the model's results in colours."""
    out, theory, model = [], 0, 0
    for found in curves:
        if found.kind == "theory":
            out.append((theme.INK, "stroke", theory))
            theory += 1
        else:
            out.append((theme.CATEGORIES[model % 5], _SHAPES[model % len(_SHAPES)], model))
            model += 1
    return out


def _layer(found: Curve, look: tuple[str, str, int], x: Spec, y: Spec) -> Spec:
    """One curve: a line for theory, marks for the model."""
    colour, shape, dash = look
    if found.kind == "theory":
        mark: Spec = {
            "type": "line",
            "color": colour,
            "strokeWidth": 1.6,
            "strokeDash": list(theme.DASHES[dash]) or [1, 0],
        }
    else:
        mark = {"type": "point", "shape": shape, "size": 34, "filled": True, "color": colour, "opacity": 1}
    rows = [{"x": a, "y": b} for a, b in zip(found.x, found.y, strict=True)]
    return {"data": {"values": rows}, "mark": mark, "encoding": {"x": x, "y": y}}


def _key(found: Curve, look: tuple[str, str, int], place: float) -> list[Spec]:
    """A sign and the name of the curve above the panel."""
    colour, shape, dash = look
    y = {"value": round(place, 1)}
    if found.kind == "theory":
        sign: Spec = {
            "type": "rule",
            "color": colour,
            "strokeWidth": 1.6,
            "strokeDash": list(theme.DASHES[dash]) or [1, 0],
        }
        where: Spec = {"x": {"value": 0}, "x2": {"value": 20}, "y": y}
    else:
        sign = {"type": "point", "shape": shape, "size": 40, "filled": True, "color": colour, "opacity": 1}
        where = {"x": {"value": 10}, "y": y}
    text = {"type": "text", "align": "left", "baseline": "middle", "color": theme.INK, "fontSize": 12}
    at = {"x": {"value": 27}, "y": y, "text": {"value": found.name}}
    return [
        {"data": {"values": [{}]}, "mark": sign, "encoding": where},
        {"data": {"values": [{}]}, "mark": text, "encoding": at},
    ]
