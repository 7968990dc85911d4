"""Figures as Vega-Lite specifications (plain dictionaries), and how they become SVG, PNG or PDF.

Every function returns a complete specification of a fixed width; nothing here knows what is measured.
Recorded facts are marks in ink, simulated results are lines, bars or tiles in colour.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from yeonjwa.core.errors import InputError
from yeonjwa.core.warnings import YeonjwaWarning
from yeonjwa.report import theme, words

Spec = dict[str, Any]
Row = Mapping[str, Any]

WIDE: Final = 688
NARROW: Final = 320
#: How a recorded figure is drawn, by what it was used for.
RECORDED: Final[dict[str, Spec]] = {
    "fitted": {"shape": "circle", "filled": True},
    "held_out": {"shape": "circle", "filled": False, "fill": theme.PAPER},
    "closed_border": {"shape": "M-1,-1L1,1M1,-1L-1,1", "filled": False},
    "not_used": {"shape": "diamond", "filled": False, "fill": theme.PAPER},
    "estimate": {"shape": "square", "filled": True},
}


def _base(width: int, height: int, description: str) -> Spec:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": description,
        "config": {**theme.config(), "aria": False},
        "width": width,
        "height": height,
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": {"left": 0, "top": 4, "right": 4, "bottom": 0},
    }


def nice_top(value: float) -> tuple[float, float]:
    """End of an axis from zero that holds ``value``, and the step of its ticks (three to six of them)."""
    if value <= 0 or not math.isfinite(value):
        return 1.0, 0.5
    magnitude = 10.0 ** math.floor(math.log10(value))
    for step in (0.2, 0.25, 0.5, 1.0, 2.0, 2.5, 5.0):
        if value / (step * magnitude) <= 5:
            return step * magnitude * math.ceil(value / (step * magnitude) - 1e-9), step * magnitude
    return 10 * magnitude, 2.5 * magnitude


def _number_format(step: float) -> str:
    if step >= 1 and step == round(step):
        return ",d"
    return f",.{max(1, -math.floor(math.log10(step) + 1e-9)) + (step * 10 ** -math.floor(math.log10(step)) == 2.5)}f"


def _value_axis(values: Sequence[float], step: float) -> Spec:
    """Axis with exactly these ticks: Vega thins given values to its own count unless told otherwise."""
    return {"values": list(values), "format": _number_format(step), "tickCount": len(values) + 1}


def _time_axis(low: float, high: float, *, monthly: bool, width: int) -> Spec:
    """Axis in years; a run of months has the names of the months at its ticks."""
    room = 4 if width < 500 else 7
    if not monthly:
        step = next((s for s in (1, 2, 5, 10, 20, 50) if (high - low) / s <= room), 100)
        values: list[float] = [
            float(y) for y in range(math.ceil(low / step) * step, math.floor(high) + 1, step)
        ]
        return {"values": values, "format": "d", "title": None, "labelFlush": False}
    months = max(1, round((high - low) * 12) + 1)
    step = next((s for s in (1, 2, 3, 6, 12) if months / s <= room - 1), 24)
    values = [low + i / 12 for i in range(0, months, step)]
    return {"values": values, "labelExpr": words.month_expression(), "title": None, "labelFlush": False}


def _x_scale(xs: Sequence[float]) -> list[float]:
    low, high = min(xs), max(xs)
    return [low, high] if high > low else [low - 0.5, high + 0.5]


def _spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places nearest to the wanted ones, in their order, at least ``gap`` apart, inside the bounds."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed = [0.0] * len(wanted)
    last = low - gap
    for i in order:
        last = max(wanted[i], last + gap)
        placed[i] = last
    limit = high
    for i in reversed(order):
        placed[i] = min(placed[i], limit)
        limit = placed[i] - gap
    return placed


def lines(
    rows: Sequence[Row],
    *,
    unit: str,
    description: str,
    series: Sequence[tuple[str, str]] = (("run", ""),),
    recorded: Sequence[Row] = (),
    events: Sequence[tuple[float, str]] = (),
    monthly: bool = False,
    top: float | None = None,
    axis: tuple[float, float] | None = None,
    width: int = WIDE,
    height: int | None = None,
) -> Spec:
    """Lines over time, at most six, each with its colour, its dash and its name at its end.

    Parameters
    ----------
    rows : sequence of {x, y, series}
        ``x`` in years; ``series`` is an id of ``series``.
    unit : str
        Title of the value axis.
    description : str
        What the figure shows, in a sentence, for those who do not see it.
    series : sequence of (id, label)
        In the order of the categories; the first is plum. A single one needs no label.
    recorded : sequence of {x, y, use, low, high}
        Recorded figures; ``use`` is a key of :data:`RECORDED`; ``low`` and ``high`` may be None.
    events : sequence of (x, label)
        Dates drawn as dotted lines.
    monthly : bool
        The axis names months instead of years.
    top : float, optional
        End of the value axis (1 for probabilities); otherwise the next round number.
    axis : (float, float), optional
        Ends of the time axis; otherwise those of the rows.

    Raises
    ------
    InputError
        More than six series, or no row.
    """
    if len(series) > len(theme.CATEGORIES):
        raise InputError("series of a figure", len(series), "at most six")
    if not rows:
        raise InputError("rows of a figure", 0, "at least one")
    narrow = width < 500
    height = height or (220 if narrow else 300)
    values = [r["y"] for r in rows] + [r.get("high") or r["y"] for r in recorded]
    end, step = (top, top / 4) if top else nice_top(max(values))
    domain = list(axis) if axis else _x_scale([r["x"] for r in rows] + [r["x"] for r in recorded])
    spec = _base(width, height, description)
    named = not narrow and len(series) > 1
    edges = {"left": 62 if not narrow else 56, "top": 30, "right": 156 if named else 18, "bottom": 26}
    inner = (width - edges["left"] - edges["right"], height - edges["top"] - edges["bottom"])
    # Fixed edges instead of Vega's fitting, so that the axes of all figures of a page stand in one line.
    spec.update(
        autosize={"type": "none", "contains": "content"}, padding=edges, width=inner[0], height=inner[1]
    )
    x = {
        "field": "x",
        "type": "quantitative",
        "scale": {"domain": domain, "nice": False, "zero": False},
        "axis": _time_axis(domain[0], domain[1], monthly=monthly, width=width),
    }
    y = {
        "field": "y",
        "type": "quantitative",
        "title": unit,
        "scale": {"domain": [0, end], "nice": False},
        "axis": _value_axis([i * step for i in range(round(end / step) + 1)], step),
    }
    # The unit stands above the axis: a label of a date near the left edge begins after it.
    free = 0.0 if narrow else (7 * _letters(unit) + 10) / inner[0]
    layers = [
        *_event_layers(events, domain, end, inner[0], free, narrow=narrow),
        _line_layer(rows, series, x, y),
    ]
    if named:
        layers += _end_labels(rows, series, end, inner)
    layers += _recorded_layers(recorded)
    spec["layer"] = layers
    return spec


def _line_layer(rows: Sequence[Row], series: Sequence[tuple[str, str]], x: Spec, y: Spec) -> Spec:
    ids = [s[0] for s in series]
    by_series = {i: [r for r in rows if r["series"] == i] for i in ids}
    single = any(len(found) == 1 for found in by_series.values())
    return {
        "data": {"values": [dict(r) for r in rows]},
        "mark": {
            "type": "line",
            "clip": False,
            **({"point": {"filled": True, "size": 40}} if single else {}),
        },
        "encoding": {
            "x": x,
            "y": y,
            "color": {
                "field": "series",
                "type": "nominal",
                "scale": {"domain": ids, "range": list(theme.CATEGORIES[: len(ids)])},
                "legend": None,
            },
            "strokeDash": {
                "field": "series",
                "type": "nominal",
                "scale": {"domain": ids, "range": [list(d) or [1, 0] for d in theme.DASHES[: len(ids)]]},
                "legend": None,
            },
        },
    }


def _end_labels(
    rows: Sequence[Row], series: Sequence[tuple[str, str]], end: float, inner: tuple[int, int]
) -> list[Spec]:
    """The name of each line beside its end, with a piece of the line before it."""
    last = {r["series"]: r for r in sorted(rows, key=lambda r: r["x"])}
    shown = [(k, i, label) for k, (i, label) in enumerate(series) if i in last]
    width, height = inner
    places = _spread([height * (1 - last[i]["y"] / end) for _, i, _ in shown], 17, 4, height)
    layers: list[Spec] = []
    for (k, _, label), place in zip(shown, places, strict=True):
        y = {"value": round(place, 1)}
        stub = {
            "type": "rule",
            "color": theme.CATEGORIES[k],
            "strokeWidth": 2,
            "strokeDash": list(theme.DASHES[k]) or [1, 0],
        }
        ends = {"x": {"value": width + 8}, "x2": {"value": width + 25}, "y": y}
        text = {"type": "text", "align": "left", "baseline": "middle", "color": theme.INK}
        layers.append({"data": {"values": [{}]}, "mark": stub, "encoding": ends})
        where = {"x": {"value": width + 31}, "y": y, "text": {"value": label}}
        layers.append({"data": {"values": [{}]}, "mark": text, "encoding": where})
    return layers


def _letters(text: str) -> float:
    """Room of a text in letters: a Hangul syllable takes that of almost two."""
    return sum(
        1.85 if "\u1100" <= letter <= "\ud7a3" and not "\u2000" <= letter <= "\u2fff" else 1.0
        for letter in text
    )


def _event_layers(
    events: Sequence[tuple[float, str]],
    domain: Sequence[float],
    end: float,
    width: int,
    free: float,
    *,
    narrow: bool,
) -> list[Spec]:
    """Dotted lines with their labels above; a label that would begin in the first ``free`` of the width is moved to its end."""
    shown = [(x, label) for x, label in events if domain[0] <= x <= domain[1]]
    if not shown:
        return []
    x = {"field": "x", "type": "quantitative"}
    rule: Spec = {
        "data": {"values": [{"x": at, "y": end, "label": label} for at, label in shown]},
        "mark": {"type": "rule", "strokeDash": [2, 3], "color": theme.INK},
        "encoding": {"x": x},
    }
    labels: list[Spec] = []
    for at, text in [] if narrow else shown:
        place = (at - domain[0]) / (domain[1] - domain[0])
        mark = {"type": "text", "style": "note", "dy": -8, "align": "left", "baseline": "alphabetic"}
        labels.append(
            {
                "data": {"values": [{"x": at, "y": end, "label": text}]},
                "mark": {**mark, "dx": max(0, round((free - place) * width))},
                "encoding": {"x": x, "y": {"field": "y", "type": "quantitative"}, "text": {"field": "label"}},
            }
        )
    return [rule, *labels]


def _recorded_layers(recorded: Sequence[Row]) -> list[Spec]:
    """Marks for recorded figures, one layer for each use, a line for a range."""
    position = {"x": {"field": "x", "type": "quantitative"}, "y": {"field": "y", "type": "quantitative"}}
    layers: list[Spec] = []
    ranged = [dict(r) for r in recorded if r.get("low") is not None and r.get("high") is not None]
    if ranged:
        bounds = {
            "x": position["x"],
            "y": {"field": "low", "type": "quantitative"},
            "y2": {"field": "high"},
        }
        layers.append(
            {"data": {"values": ranged}, "mark": {"type": "rule", "strokeWidth": 1.5}, "encoding": bounds}
        )
    for use, look in RECORDED.items():
        found = [dict(r) for r in recorded if r["use"] == use]
        if found:
            mark = {"type": "point", "size": 44, "strokeWidth": 1.5, "opacity": 1, "color": theme.INK, **look}
            layers.append({"data": {"values": found}, "mark": mark, "encoding": position})
    return layers


def bars(
    rows: Sequence[Row],
    *,
    unit: str,
    description: str,
    recorded: str = "",
    width: int = WIDE,
) -> Spec:
    """Horizontal bars, longest names first on the left, each with its value in words at its end.

    Parameters
    ----------
    rows : sequence of {label, value, text, recorded}
        In the order in which they are drawn; ``recorded`` (optional) is a mark on the same axis.
    unit : str
        Title of the axis.
    recorded : str
        Use of the recorded marks, a key of :data:`RECORDED`; empty if there are none.
    """
    if not rows:
        raise InputError("rows of a figure", 0, "at least one")
    top = max([r["value"] for r in rows] + [r.get("recorded") or 0.0 for r in rows]) or 1.0
    spec = _base(width, 30 + 27 * len(rows), description)
    spec["padding"]["right"] = 2
    y = {
        "field": "label",
        "type": "nominal",
        "sort": None,
        "axis": {"title": None, "labelLimit": 220, "labelColor": theme.INK, "labelPadding": 8},
        "scale": {"paddingInner": 0.45},
    }
    x = {"field": "value", "type": "quantitative", "scale": {"domain": [0, top], "nice": False}, "axis": None}
    data = {"values": [dict(r) for r in rows]}
    text = {
        "mark": {"type": "text", "align": "left", "dx": 10, "baseline": "middle"},
        "encoding": {
            "y": y,
            "x": {"field": "place", "type": "quantitative"},
            "text": {"field": "text"},
        },
    }
    data["values"] = [{**r, "place": max(r["value"], r.get("recorded") or 0.0)} for r in data["values"]]
    layers: list[Spec] = [{"mark": {"type": "bar"}, "encoding": {"y": y, "x": x}}, text]
    if recorded:
        mark = {
            "type": "point",
            "size": 44,
            "strokeWidth": 1.5,
            "opacity": 1,
            "fill": theme.INK,
            "stroke": theme.PAPER,
        }
        mark = {**mark, **RECORDED[recorded], "size": 70}
        place = {"field": "recorded", "type": "quantitative"}
        layers.append({"mark": mark, "encoding": {"y": y, "x": place}})
    spec["data"] = data
    spec["layer"] = layers
    spec["usermeta"] = {"unit": unit}
    return spec


def tiles(
    rows: Sequence[Row],
    *,
    columns: Sequence[str],
    lines_: Sequence[str],
    description: str,
    width: int = WIDE,
) -> Spec:
    """A table of tiles, darker for more, with the number in each.

    Parameters
    ----------
    rows : sequence of {column, line, value, text}
        One for each tile; a tile with value 0 is left empty.
    columns, lines_ : sequence of str
        Their names in order.
    """
    top = max((r["value"] for r in rows), default=0.0) or 1.0
    shown = [{**r, "step": _step(r["value"], top)} for r in rows if r["value"] > 0]
    spec = _base(width, 34 + 38 * len(lines_), description)
    x = {
        "field": "column",
        "type": "nominal",
        "sort": None,
        "scale": {"domain": list(columns)},
        "axis": {
            "orient": "top",
            "title": None,
            "labelAngle": 0,
            "domain": False,
            "ticks": False,
            "labelColor": theme.INK,
            "labelFlush": False,
        },
    }
    y = {
        "field": "line",
        "type": "nominal",
        "sort": None,
        "scale": {"domain": list(lines_)},
        "axis": {"title": None, "labelColor": theme.INK, "labelLimit": 240 if width > 500 else 108},
    }
    fill = {
        "field": "step",
        "type": "ordinal",
        "scale": {"domain": list(range(6)), "range": list(theme.SEQUENCE)},
        "legend": None,
    }
    on = {"condition": {"test": "datum.step >= 3", "value": theme.PAPER}, "value": theme.INK}
    spec["data"] = {"values": shown or [{"column": columns[0], "line": lines_[0], "step": 0, "text": ""}]}
    spec["layer"] = [
        {"mark": {"type": "rect"}, "encoding": {"x": x, "y": y, "color": fill}},
        {
            "mark": {"type": "text", "baseline": "middle", "fontSize": 13 if width > 500 else 11},
            "encoding": {"x": x, "y": y, "text": {"field": "text"}, "color": on},
        },
    ]
    return spec


def _step(value: float, top: float) -> int:
    """Which of six tones: equal ratios over three powers of ten."""
    return max(0, min(5, 5 + math.floor(2 * math.log10(value / top) + 1e-9))) if value > 0 else 0


def panels(
    rows: Sequence[Row],
    *,
    panel_names: Sequence[str],
    series: Sequence[tuple[str, str]],
    unit: str,
    description: str,
    monthly: bool = False,
    top: float | None = None,
    width: int = WIDE,
) -> Spec:
    """Small figures side by side on common axes, one for each panel, the same lines in each.

    Parameters
    ----------
    rows : sequence of {x, y, series, panel}
        ``panel`` is one of ``panel_names``.
    """
    if not rows:
        raise InputError("rows of a figure", 0, "at least one")
    columns = 3 if width > 500 else 2
    each = (width - 34 - (columns - 1) * 24 - 12) // columns
    end = top or nice_top(max(r["y"] for r in rows))[0]
    domain = _x_scale([r["x"] for r in rows])
    time = _time_axis(domain[0], domain[1], monthly=monthly, width=280)
    x = {
        "field": "x",
        "type": "quantitative",
        "scale": {"domain": domain, "nice": False, "zero": False},
        "axis": {**time, "values": [time["values"][0], time["values"][-1]], "labelFlush": True},
    }
    y = {
        "field": "y",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, end], "nice": False},
        "axis": _value_axis([0, end / 2, end], end / 2),
    }
    layer = _line_layer(rows, series, x, y)
    data = layer.pop("data")
    spec = _base(width, 10, description)
    spec["autosize"] = "pad"
    for key in ("width", "height"):
        spec.pop(key)
    spec.update(
        data=data,
        facet={"field": "panel", "type": "nominal", "sort": list(panel_names), "title": None},
        columns=columns,
        spacing={"row": 22, "column": 24},
        spec={"width": each, "height": 110, **layer},
    )
    spec["usermeta"] = {"unit": unit}
    return spec


@cache
def _engine() -> ModuleType:
    """vl-convert with the fonts of the package."""
    import vl_convert

    vl_convert.register_font_directory(theme.font_folder())
    return vl_convert


_IDS = re.compile(r'\bid="([^"]+)"')
_ROLES = re.compile(r' (?:role|class|aria-[a-z]+)="[^"]*"')


def svg(spec: Spec, prefix: str = "") -> str:
    """The figure as SVG.

    Parameters
    ----------
    spec : dict
        Vega-Lite.
    prefix : str
        Put before each id in the drawing, so that several can stand in one page; the page then says what the
        drawing shows, and Vega's own roles are taken out.
    """
    engine = _engine()
    # In two steps: half the time of the one call that does both.
    text = str(engine.vega_to_svg(engine.vegalite_to_vega(spec)))
    if prefix:
        text = _IDS.sub(rf'id="{prefix}-\1"', text).replace("url(#", f"url(#{prefix}-")
        text = _ROLES.sub("", text)
    return re.sub(r"(\d\.\d\d)\d+", r"\1", text)


def save(spec: Spec, path: Path | str, *, scale: float = 2.0) -> Path:
    """The path of a picture file of the figure.

    Parameters
    ----------
    spec : dict
        Vega-Lite.
    path : path
        Ends in ``.svg``, ``.png``, ``.pdf`` or ``.json`` (the specification itself). Always in light colours.
    scale : float
        Pixels of a PNG for each unit of the figure.

    Raises
    ------
    InputError
        Another ending.
    """
    import json

    path = Path(path)
    beyond = (
        set(re.findall("[\u3130-\u318f\uac00-\ud7a3]", json.dumps(spec, ensure_ascii=False)))
        - theme.everyday_hangul()
    )
    if beyond:
        warnings.warn(
            f"the fonts for files hold no {''.join(sorted(beyond))}: a Korean font of this machine is used, if any",
            YeonjwaWarning,
            stacklevel=2,
        )
    kind = path.suffix.lower()
    if kind == ".json":
        path.write_text(json.dumps(spec, ensure_ascii=False, indent=1), encoding="utf-8")
    elif kind == ".svg":
        path.write_text(svg(spec), encoding="utf-8")
    elif kind == ".png":
        config = {**spec.get("config", {}), "background": "white"}
        path.write_bytes(_engine().vegalite_to_png({**spec, "config": config}, scale=scale))
    elif kind == ".pdf":
        path.write_bytes(_engine().vegalite_to_pdf(spec))
    else:
        raise InputError("ending of a figure's file", path.suffix, ".svg, .png, .pdf or .json")
    return path
