"""Small figures for one column: levels with their intervals, drawn by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from yeonjwa.core.errors import InputError
from yeonjwa.report import svg, theme, words
from yeonjwa.report.figures import nice_top

#: Width of a column of three on a wide page; on a narrow one it is all there is.
WIDTH: Final = 340.0
Row = Mapping[str, Any]


def _ticks(top: float) -> tuple[float, list[float]]:
    end, step = nice_top(top)
    return end, [i * step for i in range(round(end / step) + 1)]


def _dot(x: float, y: float) -> str:
    return svg.tag("circle", cx=x, cy=y, r=4.5, fill=theme.PAPER, stroke=theme.PLUM, stroke_width=2)


def _check(rows: Sequence[Row]) -> None:
    if not rows:
        raise InputError("rows of a figure", 0, "at least one")


def across(rows: Sequence[Row], *, unit: str) -> str:
    """Levels from left to right, one row each, with their intervals, on an axis from zero.

    Parameters
    ----------
    rows : sequence of {label, mean, low, high}
        ``low`` and ``high`` may be None.
    unit : str
        Words below the axis.
    """
    _check(rows)
    left, right, top, each = 112.0, 12.0, 6.0, 62.0
    height = top + each * len(rows)
    end, ticks = _ticks(max(max(r["mean"], r.get("high") or 0.0) for r in rows))

    def place(value: float) -> float:
        return left + (WIDTH - left - right) * value / end

    pieces = []
    for tick in ticks:
        x = place(tick)
        colour = theme.INK if tick == 0 else theme.HAIR
        pieces.append(svg.tag("line", x1=x, x2=x, y1=top, y2=height, stroke=colour))
        pieces.append(
            svg.text(x, height + 18, words.cell(tick), anchor="middle", size=12, colour=theme.INK_2)
        )
    for i, row in enumerate(rows):
        y = top + (i + 0.5) * each
        pieces.append(svg.text(left - 10, y + 4, row["label"], anchor="end", size=13))
        if row.get("low") is not None and row.get("high") is not None:
            pieces.append(
                svg.tag(
                    "line",
                    x1=place(row["low"]),
                    x2=place(row["high"]),
                    y1=y,
                    y2=y,
                    stroke=theme.PLUM,
                    stroke_width=2,
                )
            )
        pieces.append(_dot(place(row["mean"]), y))
    pieces.append(
        svg.text((left + WIDTH - right) / 2, height + 40, unit, anchor="middle", size=13, colour=theme.INK_2)
    )
    return svg.drawing(WIDTH, height + 48, "".join(pieces))


def upward(rows: Sequence[Row], *, unit: str, axis: str, top: float | None = None) -> str:
    """Levels over ordered conditions, joined by a line with the band of their intervals.

    Parameters
    ----------
    rows : sequence of {label, mean, low, high}
        In order; conditions stand at equal distances.
    unit, axis : str
        Words above the value axis, and below the other.
    top : float, optional
        End of the value axis.
    """
    _check(rows)
    left, right, head, foot = 46.0, 26.0, 26.0, 46.0
    height = 214.0
    end, ticks = _ticks(top or max(max(r["mean"], r.get("high") or 0.0) for r in rows))
    base = height - foot
    step = (WIDTH - left - right) / max(1, len(rows) - 1)

    def place(i: int, value: float) -> tuple[float, float]:
        return left + i * step, base - (base - head) * value / end

    pieces = [svg.text(left, 12, unit, size=13, colour=theme.INK_2)]
    for tick in ticks:
        y = place(0, tick)[1]
        colour = theme.INK if tick == 0 else theme.HAIR
        pieces.append(svg.tag("line", x1=left, x2=WIDTH - right + 6, y1=y, y2=y, stroke=colour))
        pieces.append(svg.text(left - 8, y + 4, words.cell(tick), anchor="end", size=12, colour=theme.INK_2))
    known = [(i, r) for i, r in enumerate(rows) if r.get("low") is not None and r.get("high") is not None]
    if len(known) > 1:
        edge = [place(i, r["high"]) for i, r in known] + [place(i, r["low"]) for i, r in reversed(known)]
        path = "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in edge) + "z"
        pieces.append(svg.tag("path", d=path, fill=theme.PLUM, fill_opacity="0.16"))
    line = "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in (place(i, r["mean"]) for i, r in enumerate(rows)))
    pieces.append(svg.tag("path", d=line, fill="none", stroke=theme.PLUM, stroke_width=2))
    for i, row in enumerate(rows):
        x, y = place(i, row["mean"])
        pieces.append(_dot(x, y))
        # Long words at the ends would stand outside.
        long = len(row["label"]) > 6
        anchor = ("start" if i == 0 else "end" if i == len(rows) - 1 else "middle") if long else "middle"
        shift = {"start": -20.0, "middle": 0.0, "end": right}[anchor]
        pieces.append(
            svg.text(x + shift, base + 18, row["label"], anchor=anchor, size=12, colour=theme.INK_2)
        )
    pieces.append(
        svg.text((left + WIDTH - right) / 2, base + 40, axis, anchor="middle", size=13, colour=theme.INK_2)
    )
    return svg.drawing(WIDTH, height, "".join(pieces))
