"""The page of the claims: one HTML file with the table of verdicts, beside its data."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from yeonjwa.core.files import write_text
from yeonjwa.report import sheet, svg, theme

WIDTH, HEIGHT = 110, 22
#: Verdicts in the order of the headline.
ORDER: Final = (
    "reproduced",
    "not reproduced",
    "not decidable at this scale",
    "represented",
    "not represented",
)


def write(answer: Mapping[str, Any], folder: Path) -> Path:
    """Write ``claims.html`` and ``claims.json`` into a folder; returns the path of the page.

    Parameters
    ----------
    answer : mapping
        As :meth:`yeonjwa.laboratory.claims.Claims.as_dict` gives it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "claims.json", json.dumps(answer, indent=1, ensure_ascii=False) + "\n")
    path = folder / "claims.html"
    write_text(path, html(answer))
    return path


def html(answer: Mapping[str, Any]) -> str:
    """The page as text."""
    rows = answer["claims"]
    return sheet.render(
        "claims.html.j2",
        headline=headline(rows),
        period=f"{answer['first']} to {answer['last']}",
        seeds=len(answer["seeds"]),
        scale=f"{answer['scale']:g}",
        tested=[_shown(row, answer["arms"]) for row in rows if row["kind"] != "background"],
        background=[row for row in rows if row["kind"] == "background"],
        arms=answer["arms"],
        notes=answer["notes"],
        command=f"yeonjwa claims --scale {answer['scale']:g} --seeds {len(answer['seeds'])}",
    )


def headline(rows: list[dict[str, Any]]) -> str:
    """How many claims got which verdict, in a sentence."""
    counts = Counter(row["verdict"] for row in rows if row["verdict"])
    parts = [f"{counts[verdict]} {verdict}" for verdict in ORDER if counts[verdict]]
    return f"Of {len(rows)} claims: {', '.join(parts)}"


def _shown(row: Mapping[str, Any], arms: Mapping[str, str]) -> dict[str, Any]:
    also = [
        f"{more['measure']}: {number(more['effect'])} ({span(more['low'], more['high'])})"
        for more in row["also"]
    ]
    return {
        **row,
        "against": arms.get(row["arm"], ""),
        "number": number(row["effect"]),
        "range": span(row["low"], row["high"]),
        "part": part(row.get("relative")) if row["arm"] else "",
        # A rule is not compared with zero.
        "picture": picture(row["effect"], row["low"], row["high"]) if row["kind"] == "emergent" else "",
        "also": also,
    }


def number(value: float | None) -> str:
    """Three figures that tell."""
    if value is None:
        return "–"
    if value and abs(value) < 0.001:
        return f"{value:.1e}".replace("-", "−")
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return text.replace("-", "−")


def part(relative: float | None) -> str:
    """How much of the baseline's value an effect is: "6 % of the baseline"."""
    return "" if relative is None else f"{number(100 * relative)} % of the baseline"


def span(low: float | None, high: float | None) -> str:
    """ "0.1 to 0.3"."""
    return "no interval" if low is None or high is None else f"{number(low)} to {number(high)}"


def picture(mean: float | None, low: float | None, high: float | None) -> str:
    """The interval as a line with a dot, around a line at zero; every row has its own scale."""
    if mean is None:
        return ""
    low, high = mean if low is None else low, mean if high is None else high
    reach = max(abs(low), abs(high), 1e-300) * 1.12
    middle, y = WIDTH / 2, HEIGHT / 2

    def at(value: float) -> float:
        return middle + value / reach * (WIDTH / 2 - 2)

    content = svg.tag("line", x1=middle, y1=1, x2=middle, y2=HEIGHT - 1, stroke=theme.RULE, stroke_width=1)
    content += svg.tag("line", x1=at(low), y1=y, x2=at(high), y2=y, stroke=theme.PLUM, stroke_width=2)
    for end in (low, high):
        content += svg.tag(
            "line", x1=at(end), y1=y - 4, x2=at(end), y2=y + 4, stroke=theme.PLUM, stroke_width=2
        )
    content += svg.tag("circle", cx=at(mean), cy=y, r=4, fill=theme.PLUM)
    return svg.drawing(WIDTH, HEIGHT, content)
