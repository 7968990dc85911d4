"""Figures of doubt: intervals around zero, and lines with bands, as Vega-Lite specifications.

An interval of luck is a line of 2 units (90 %) with one of 6 units (50 %) on it and a hollow point at the mean; what parameters
leave open is a dashed line below it. A band is 90 % over seeds. The zero line is ink.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from yeonjwa.core.errors import InputError
from yeonjwa.report import theme
from yeonjwa.report.figures import (
    WIDE,
    Row,
    Spec,
    _base,
    _recorded_layers,
    _spread,
    _time_axis,
    _value_axis,
    _x_scale,
)

_BAND: Final = 0.16
_TICKS: Final = 5


def nice_span(low: float, high: float, ticks: int = _TICKS) -> tuple[float, float, float]:
    """Ends of an axis that holds zero and both values, and the step of its ticks, at most ``ticks`` of them apart.

    Parameters
    ----------
    low, high : float
        The values.
    ticks : int
        Most steps.
    """
    low, high = min(low, 0.0), max(high, 0.0)
    if not math.isfinite(high - low) or high <= low:
        return 0.0, 1.0, 0.5
    magnitude = 10.0 ** math.floor(math.log10((high - low) / ticks))
    for factor in (1.0, 2.0, 2.5, 5.0, 10.0):
        step = factor * magnitude
        bottom, top = step * math.floor(low / step + 1e-9), step * math.ceil(high / step - 1e-9)
        if round((top - bottom) / step) <= ticks:
            return bottom, top, step
    return bottom, top, step


def _ticks(low: float, high: float, step: float) -> list[float]:
    return [round(low + i * step, 12) + 0.0 for i in range(round((high - low) / step) + 1)]


def intervals(
    rows: Sequence[Row], *, unit: str, description: str, width: int = WIDE, draws: bool = False
) -> Spec:
    """Differences with their intervals, one row each, around a line at zero.

    Parameters
    ----------
    rows : sequence of {label, mean, low, high, inner_low, inner_high, text, draws_low, draws_high}
        In the order in which they are drawn. ``low`` and ``high`` are 90 %, the inner ones 50 %; without them the point stands
        alone. ``draws_low`` and ``draws_high`` are what parameters leave open; they may be missing, and are cut where they lie
        further out than twice the largest of the others.
    unit : str
        Title of the axis.
    draws : bool
        Whether there are intervals of draws: rows are then further apart.

    Raises
    ------
    InputError
        No row.
    """
    if not rows:
        raise InputError("rows of a figure", 0, "at least one")
    narrow = width < 500
    low, high, step = _span(rows, 4 if narrow else 6)
    rows = [_cut(row, low, high) for row in rows]
    each = (46 if draws else 40) if narrow else (34 if draws else 27)
    spec = _base(width, 10, description)
    edges = {"left": 20 if narrow else 208, "top": 34, "right": 20 if narrow else 72, "bottom": 26}
    inner = (width - edges["left"] - edges["right"], each * len(rows))
    spec.update(
        autosize={"type": "none", "contains": "content"}, padding=edges, width=inner[0], height=inner[1]
    )
    placed = [{**row, "place": (i + (0.72 if narrow else 0.5)) * each} for i, row in enumerate(rows)]
    y: Spec = {"field": "place", "type": "quantitative", "scale": {"domain": [inner[1], 0]}, "axis": None}
    x: Spec = {
        "field": "mean",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [low, high], "nice": False},
        "axis": {**_value_axis(_ticks(low, high, step), step), "labelFlush": False},
    }
    x["axis"].update(grid=True)
    spec["layer"] = [
        _unit(unit),
        _zero_upright(inner[1]),
        *_interval_layers(placed, x, y),
        *_row_words(placed, y, inner[0], each, narrow=narrow),
    ]
    return spec


def _span(rows: Sequence[Row], ticks: int) -> tuple[float, float, float]:
    """The axis: all intervals of luck, and of those of draws as much as twice that reach; what lies beyond is cut."""
    ends = ("mean", "low", "high", "inner_low", "inner_high")
    known = [row[key] for row in rows for key in ends if row.get(key) is not None]
    reach = 2 * max(map(abs, known))
    wider = [row[key] for row in rows for key in ("draws_low", "draws_high") if row.get(key) is not None]
    known += [max(-reach, min(reach, value)) for value in wider]
    return nice_span(min(known), max(known), ticks)


def _cut(row: Row, low: float, high: float) -> Row:
    ends = {key: row[key] for key in ("draws_low", "draws_high") if row.get(key) is not None}
    return {**row, **{key: max(low, min(high, value)) for key, value in ends.items()}}


def _unit(words: str) -> Spec:
    """The unit above the axis, as figures with an upright axis have it."""
    mark = {"type": "text", "align": "left", "baseline": "alphabetic", "color": theme.INK_2, "dy": -12}
    return {
        "data": {"values": [{}]},
        "mark": mark,
        "encoding": {"x": {"value": 0}, "y": {"value": 0}, "text": {"value": words}},
    }


def _zero_upright(height: int) -> Spec:
    return {
        "data": {"values": [{"mean": 0}]},
        "mark": {"type": "rule", "color": theme.INK, "strokeWidth": 1.5, "aria": False},
        "encoding": {
            "x": {"field": "mean", "type": "quantitative"},
            "y": {"value": 0},
            "y2": {"value": height},
        },
    }


def _interval_layers(rows: Sequence[Row], x: Spec, y: Spec) -> list[Spec]:
    layers: list[Spec] = []
    looks: tuple[tuple[str, str, Spec], ...] = (
        ("low", "high", {"strokeWidth": 2}),
        ("inner_low", "inner_high", {"strokeWidth": 6}),
        ("draws_low", "draws_high", {"strokeWidth": 2, "strokeDash": [5, 3], "yOffset": 9}),
    )
    for start, end, look in looks:
        found = [dict(row) for row in rows if row.get(start) is not None and row.get(end) is not None]
        if found:
            bounds = {"x": {"field": start, "type": "quantitative"}, "x2": {"field": end}, "y": y}
            mark = {"type": "rule", "color": theme.PLUM, **look}
            layers.append({"data": {"values": found}, "mark": mark, "encoding": bounds})
    point = {
        "type": "point",
        "size": 60,
        "filled": False,
        "fill": theme.PAPER,
        "stroke": theme.PLUM,
        "strokeWidth": 1.8,
        "opacity": 1,
    }
    layers.append(
        {"data": {"values": [dict(row) for row in rows]}, "mark": point, "encoding": {"x": x, "y": y}}
    )
    return layers


def _row_words(rows: Sequence[Row], y: Spec, inner: int, each: int, *, narrow: bool) -> list[Spec]:
    """The name of each row at its left, or above it where there is no room, and its number at its right."""
    text: Spec = {"type": "text", "baseline": "middle", "color": theme.INK}
    halo: Spec = {"stroke": theme.PAPER, "strokeWidth": 4, "strokeJoin": "round", "color": theme.PAPER}
    words = [dict(row) for row in rows]
    lift = -0.46 * each if narrow else 0
    left = {**text, "align": "left" if narrow else "right", "dx": 0 if narrow else -14, "dy": lift}
    right = {**text, "align": "right" if narrow else "left", "dx": 0 if narrow else 14, "dy": lift}
    return [
        {
            "data": {"values": words},
            "mark": {**mark, **look},
            "encoding": {"x": {"value": place}, "y": y, "text": {"field": field}},
        }
        for look in ((halo, {}) if narrow else ({},))
        for mark, place, field in ((left, 0, "label"), (right, inner, "text"))
    ]


def bands(
    rows: Sequence[Row],
    *,
    unit: str,
    description: str,
    series: Sequence[tuple[str, str]],
    recorded: Sequence[Row] = (),
    events: Sequence[tuple[float, str]] = (),
    monthly: bool = False,
    first: int = 0,
    width: int = WIDE,
) -> Spec:
    """Lines over time, each with a band around it and its name at its end; values may lie below zero.

    Parameters
    ----------
    rows : sequence of {x, y, low, high, series}
        ``x`` in years; ``low`` and ``high`` may be None.
    series : sequence of (id, label)
        In the order of the categories.
    recorded : sequence of {x, y, use, low, high}
        Recorded figures, as marks.
    first : int
        Category of the first series: 1 where the first arm itself is not drawn.

    Raises
    ------
    InputError
        More series than there are colours, or no row.
    """
    colours = list(theme.CATEGORIES[first : first + len(series)])
    dashes = [list(dash) or [1, 0] for dash in theme.DASHES[first : first + len(series)]]
    if len(colours) < len(series):
        raise InputError("series of a figure", len(series), f"at most {len(theme.CATEGORIES) - first}")
    if not rows:
        raise InputError("rows of a figure", 0, "at least one")
    narrow = width < 500
    height = 220 if narrow else 300
    values = [row[key] for row in rows for key in ("y", "low", "high") if row.get(key) is not None]
    values += [row.get("high") or row["y"] for row in recorded]
    low, high, step = nice_span(min(values), max(values))
    domain = _x_scale([row["x"] for row in rows])
    spec = _base(width, height, description)
    named = not narrow and len(series) > 1
    edges = {"left": 66 if not narrow else 60, "top": 30, "right": 156 if named else 18, "bottom": 26}
    inner = (width - edges["left"] - edges["right"], height - edges["top"] - edges["bottom"])
    spec.update(
        autosize={"type": "none", "contains": "content"}, padding=edges, width=inner[0], height=inner[1]
    )
    x: Spec = {
        "field": "x",
        "type": "quantitative",
        "scale": {"domain": domain, "nice": False, "zero": False},
        "axis": _time_axis(domain[0], domain[1], monthly=monthly, width=width),
    }
    y: Spec = {
        "field": "y",
        "type": "quantitative",
        "title": unit,
        "scale": {"domain": [low, high], "nice": False},
        "axis": _value_axis(_ticks(low, high, step), step),
    }
    ids = [id for id, _ in series]
    colour, dash = _by_series(ids, colours), _by_series(ids, dashes)
    data = {"values": [dict(row) for row in rows]}
    within = {
        "values": [dict(row) for row in rows if row.get("low") is not None and row.get("high") is not None]
    }
    layers: list[Spec] = _dates(events, domain, high, narrow=narrow)
    if low < 0:
        layers.append(_zero_across(inner[0]))
    if within["values"]:
        area = {"type": "area", "opacity": 1, "fillOpacity": _BAND, "line": False}
        bounds = {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": colour}
        layers.append({"data": within, "mark": area, "encoding": bounds})
    layers.append(
        {
            "data": data,
            "mark": {"type": "line", "strokeWidth": 2},
            "encoding": {"x": x, "y": y, "color": colour, "strokeDash": dash},
        }
    )
    if named:
        layers += _names(rows, series, colours, dashes, (low, high), inner)
    spec["layer"] = [*layers, *_recorded_layers([r for r in recorded if domain[0] <= r["x"] <= domain[1]])]
    return spec


def _by_series(ids: Sequence[str], values: Sequence[Any]) -> Spec:
    """What tells the series apart; their names stand beside the lines, not in a legend."""
    scale = {"domain": list(ids), "range": list(values)}
    return {"field": "series", "type": "nominal", "scale": scale, "legend": None}


def _zero_across(width: int) -> Spec:
    return {
        "data": {"values": [{"y": 0}]},
        "mark": {"type": "rule", "color": theme.INK, "strokeWidth": 1.5, "aria": False},
        "encoding": {"y": {"field": "y", "type": "quantitative"}, "x": {"value": 0}, "x2": {"value": width}},
    }


def _dates(
    events: Sequence[tuple[float, str]], domain: Sequence[float], top: float, *, narrow: bool
) -> list[Spec]:
    inside = [{"x": x, "y": top, "label": label} for x, label in events if domain[0] <= x <= domain[1]]
    if not inside:
        return []
    x = {"field": "x", "type": "quantitative"}
    mark = {"type": "rule", "strokeDash": [2, 3], "color": theme.INK, "aria": False}
    rule: Spec = {"data": {"values": inside}, "mark": mark, "encoding": {"x": x}}
    label: Spec = {
        "data": {"values": inside},
        "mark": {"type": "text", "style": "note", "dy": -8, "align": "left", "baseline": "alphabetic"},
        "encoding": {"x": x, "y": {"field": "y", "type": "quantitative"}, "text": {"field": "label"}},
    }
    return [rule] if narrow else [rule, label]


def _names(
    rows: Sequence[Row],
    series: Sequence[tuple[str, str]],
    colours: Sequence[str],
    dashes: Sequence[Sequence[int]],
    span: tuple[float, float],
    inner: tuple[int, int],
) -> list[Spec]:
    """The name of each line beside its end, with a piece of the line before it."""
    last: dict[str, Mapping[str, Any]] = {row["series"]: row for row in sorted(rows, key=lambda r: r["x"])}
    shown = [(k, id, label) for k, (id, label) in enumerate(series) if id in last]
    low, high = span
    wanted = [inner[1] * (high - last[id]["y"]) / (high - low) for _, id, _ in shown]
    layers: list[Spec] = []
    for (k, _, label), place in zip(shown, _spread(wanted, 17, 4, inner[1]), strict=True):
        y = {"value": round(place, 1)}
        stub = {"type": "rule", "color": colours[k], "strokeWidth": 2, "strokeDash": list(dashes[k])}
        ends = {"x": {"value": inner[0] + 8}, "x2": {"value": inner[0] + 25}, "y": y}
        text = {"type": "text", "align": "left", "baseline": "middle", "color": theme.INK}
        where = {"x": {"value": inner[0] + 31}, "y": y, "text": {"value": label}}
        layers.append({"data": {"values": [{}]}, "mark": stub, "encoding": ends})
        layers.append({"data": {"values": [{}]}, "mark": text, "encoding": where})
    return layers
