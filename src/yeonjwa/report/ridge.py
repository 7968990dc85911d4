"""Figures of what calibration leaves: planes of pairs of parameters, errors by set of moments, forecasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from yeonjwa.core.language import gettext as _
from yeonjwa.core.language import noop
from yeonjwa.report import figures, theme
from yeonjwa.report.figures import Spec, save

__all__ = ["errors", "forecasts", "plane", "save"]

#: Implausibility up to which a cell is in a class, and the name of the class.
CLASSES: Final = (
    (1.0, noop("up to 1")),
    (2.0, noop("up to 2")),
    (3.0, noop("up to 3")),
    (float("inf"), noop("ruled out")),
)
#: The classes that are drawn.
_KEPT: Final = tuple(name for _limit, name in CLASSES[:3])


def plane(
    rows: Sequence[Mapping[str, Any]],
    *,
    panels: Sequence[str],
    x_title: str,
    y_title: str,
    steps: tuple[float, float],
    description: str,
) -> Spec:
    """Planes of two parameters side by side, each cell shaded by its implausibility; what is ruled out is left empty.

    Parameters
    ----------
    rows : sequence of {panel, x, y, implausibility}
        One for each cell of a regular grid, at its middle.
    panels : sequence of str
        In order.
    x_title, y_title : str
        Of the axes; that of the upright one is for the caption.
    steps : tuple of float
        Width and height of a cell.
    description : str
        What the figure shows, in a sentence.
    """
    each = (figures.WIDE - 60 - 28 * (len(panels) - 1)) // len(panels)
    spec = figures._base(figures.WIDE, 10, description)
    for key in ("width", "height"):
        spec.pop(key)
    spec["autosize"] = "pad"
    # The name of the upright axis would stand on that of the first panel; it goes under the figure, as units do.
    spec["usermeta"] = {"unit": y_title}
    spec.update(
        data={"values": _cells(rows, steps)},
        facet={"field": "panel", "type": "nominal", "sort": list(panels), "title": None},
        columns=len(panels),
        spacing=28,
        spec={
            "width": each,
            "height": 210,
            "mark": {"type": "rect", "strokeWidth": 0.6},
            "encoding": _shading(rows, x_title, steps),
        },
    )
    return spec


def _cells(rows: Sequence[Mapping[str, Any]], steps: tuple[float, float]) -> list[dict[str, Any]]:
    """The cells that are not ruled out, with their edges and their class."""
    dx, dy = steps[0] / 2, steps[1] / 2
    cells = []
    for row in rows:
        name = next(name for limit, name in CLASSES if row["implausibility"] <= limit)
        if name in _KEPT:
            place = {"x": row["x"] - dx, "x2": row["x"] + dx, "y": row["y"] - dy, "y2": row["y"] + dy}
            cells.append({**place, "panel": row["panel"], "class": _(name)})
    return cells


def _shading(rows: Sequence[Mapping[str, Any]], x_title: str, steps: tuple[float, float]) -> dict[str, Any]:
    """Axes that hold the whole grid, ruled out or not, and the shades of the classes."""
    scale = {
        "domain": [_(name) for name in _KEPT],
        "range": [theme.SEQUENCE[4], theme.SEQUENCE[2], theme.SEQUENCE[1]],
    }
    shade = {"field": "class", "type": "nominal", "scale": scale}
    return {
        "x": _axis(rows, "x", x_title, steps[0], 4),
        "x2": {"field": "x2"},
        "y": _axis(rows, "y", None, steps[1], 5),
        "y2": {"field": "y2"},
        "stroke": {**shade, "legend": None},
        "color": {
            **shade,
            "title": _("implausibility"),
            "legend": {"orient": "top", "direction": "horizontal"},
        },
    }


def _axis(
    rows: Sequence[Mapping[str, Any]], field: str, title: str | None, step: float, ticks: int
) -> dict[str, Any]:
    places = [row[field] for row in rows]
    domain = [min(places) - step / 2, max(places) + step / 2]
    return {
        "field": field,
        "type": "quantitative",
        "title": title,
        "scale": {"domain": domain, "nice": False, "zero": False},
        "axis": {"tickCount": ticks, "grid": False},
    }


def errors(rows: Sequence[tuple[str, float]], *, most: float, unit: str, description: str) -> Spec:
    """Standard errors by set of moments as bars; an infinite one runs to the end and says so.

    Parameters
    ----------
    rows : sequence of (str, float)
        Name and error.
    most : float
        Length of the longest bar that is drawn.
    unit : str
        Of the errors.
    description : str
        What the figure shows, in a sentence.
    """
    drawn = [
        {
            "label": name,
            "value": min(error, most),
            "text": _("not known at all") if error > 1e6 else f"{error:,.2f}",
        }
        for name, error in rows
    ]
    return figures.bars(drawn, unit=unit, description=description)


#: Forecaster -> how it is called in a figure.
FORECASTERS: Final = {
    "model": noop("model"),
    "last_value": noop("last year again"),
    "linear_trend": noop("straight line"),
}


def forecasts(judged: Mapping[str, Mapping[str, Any]], *, unit: str, description: str) -> Spec:
    """Forecasts with their intervals of 90 %, beside what was recorded, one panel for each series.

    Parameters
    ----------
    judged : mapping
        Forecaster -> judgement (:func:`yeonjwa.laboratory.calibrate.score.judge`), as ``calibrate score`` gives them for a use.
    unit : str
        Of the figures.
    description : str
        What the figure shows, in a sentence.
    """
    rows = []
    for who, found in judged.items():
        for row in found["rows"]:
            series, _dot, year = row["target"].rpartition(".")
            rows.append({**row, "panel": series.replace(".", ", "), "year": year, "who": _(FORECASTERS[who])})
    panels = list(dict.fromkeys(row["panel"] for row in rows))
    names = [_(FORECASTERS[who]) for who in judged]
    each = (figures.WIDE - 60 - 28 * (len(panels) - 1)) // len(panels)
    x = {"field": "year", "type": "ordinal", "axis": {"title": None, "labelAngle": 0}}
    offset = {"field": "who", "scale": {"domain": names}}
    colour = {
        "field": "who",
        "type": "nominal",
        "title": None,
        "scale": {"domain": names, "range": list(theme.CATEGORIES[: len(names)])},
        "legend": {"orient": "top", "direction": "horizontal", "symbolType": "stroke"},
    }
    top = figures.nice_top(max(row["high"] for row in rows))[0]
    y = {"field": "low", "type": "quantitative", "title": None, "scale": {"domain": [0, top]}}
    spec = figures._base(figures.WIDE, 10, description)
    for key in ("width", "height"):
        spec.pop(key)
    spec["autosize"] = "pad"
    spec["usermeta"] = {"unit": unit}
    spec.update(
        data={"values": rows},
        facet={"field": "panel", "type": "nominal", "sort": panels, "title": None},
        columns=len(panels),
        spacing=28,
        spec={
            "width": each,
            "height": 210,
            "layer": [
                {
                    "mark": {"type": "rule", "strokeWidth": 2},
                    "encoding": {"x": x, "xOffset": offset, "y": y, "y2": {"field": "high"}, "color": colour},
                },
                {
                    "mark": {"type": "point", "filled": True, "size": 46, "opacity": 1},
                    "encoding": {
                        "x": x,
                        "xOffset": offset,
                        "y": {"field": "middle", "type": "quantitative"},
                        "color": {**colour, "legend": None},
                    },
                },
                {
                    "mark": {"type": "tick", "thickness": 2, "color": theme.INK, "bandSize": each // 6},
                    "encoding": {"x": x, "y": {"field": "recorded", "type": "quantitative"}},
                },
            ],
        },
    )
    return spec
