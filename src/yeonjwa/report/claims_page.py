"""The page of the claims: one HTML file with the table of verdicts, beside its data."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from yeonjwa.core import language as languages
from yeonjwa.core.files import write_text
from yeonjwa.core.language import gettext as _
from yeonjwa.core.language import noop
from yeonjwa.report import retold, sheet, svg, theme, words

WIDTH, HEIGHT = 110, 22
#: Verdicts in the order of the headline.
ORDER: Final = (
    noop("reproduced"),
    noop("not reproduced"),
    noop("not decidable at this scale"),
    noop("represented"),
    noop("not represented"),
)
#: Kinds of claims.
KINDS: Final = {"emergent": noop("emergent"), "wired": noop("wired"), "background": noop("background")}


def write(answer: Mapping[str, Any], folder: Path, language: str = "") -> Path:
    """Write ``claims.html`` and ``claims.json`` into a folder; returns the path of the page.

    In another language than English the page is ``claims.ko.html``.

    Parameters
    ----------
    answer : mapping
        As :meth:`yeonjwa.laboratory.claims.Claims.as_dict` gives it.
    folder : Path
        Made if it is not there.
    language : str
        One of :data:`yeonjwa.core.language.LANGUAGES`; the active one if empty.

    Raises
    ------
    InputError
        There is no such language.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "claims.json", json.dumps(answer, indent=1, ensure_ascii=False) + "\n")
    with languages.use(language or languages.active()):
        path = folder / sheet.file_name("claims.html")
        write_text(path, html(answer))
    return path


def html(answer: Mapping[str, Any]) -> str:
    """The page as text."""
    rows = answer["claims"]
    return sheet.render(
        "claims.html.j2",
        headline=headline(rows),
        period=_("{first} to {last}").format(first=answer["first"], last=answer["last"]),
        seeds=len(answer["seeds"]),
        scale=f"{answer['scale']:g}",
        tested=[_shown(row, answer["arms"]) for row in rows if row["kind"] != "background"],
        background=[
            {**row, "says": words.said(row["says"]), "reason": retold.sentence(row["reason"])}
            for row in rows
            if row["kind"] == "background"
        ],
        arms={name: words.said(said) for name, said in answer["arms"].items()},
        notes=[retold.sentence(note) for note in answer["notes"]],
        command=f"yeonjwa claims --scale {answer['scale']:g} --seeds {len(answer['seeds'])}",
    )


def headline(rows: list[dict[str, Any]]) -> str:
    """How many claims got which verdict, in a sentence."""
    counts = Counter(row["verdict"] for row in rows if row["verdict"])
    parts = [
        _("{n} {verdict}").format(n=counts[verdict], verdict=_(verdict))
        for verdict in ORDER
        if counts[verdict]
    ]
    return _("Of {n} claims: {verdicts}").format(n=len(rows), verdicts=", ".join(parts))


def _shown(row: Mapping[str, Any], arms: Mapping[str, str]) -> dict[str, Any]:
    also = [
        f"{words.said(more['measure'])}: {number(more['effect'])} ({span(more['low'], more['high'])})"
        for more in row["also"]
    ]
    return {
        **row,
        "kind": _(KINDS[row["kind"]]),
        "says": words.said(row["says"]),
        "mechanism": words.said(row["mechanism"]),
        "measure": words.said(row["measure"]),
        "unit": words.unit(row["unit"]),
        "verdict": _(row["verdict"]),
        "reason": retold.sentence(row["reason"]),
        "against": words.said(arms.get(row["arm"], "")),
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
    return "" if relative is None else _("{n} % of the baseline").format(n=number(100 * relative))


def span(low: float | None, high: float | None) -> str:
    """ "0.1 to 0.3"."""
    return _("no interval") if low is None or high is None else words.span(number(low), number(high))


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
