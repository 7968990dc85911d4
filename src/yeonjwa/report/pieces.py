"""What a report is made of: sections, parts, figures, tables, notes in the margin."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from yeonjwa.core.language import gettext as _
from yeonjwa.core.language import noop
from yeonjwa.report import figures, theme, words
from yeonjwa.report.grounds import Grounds
from yeonjwa.report.results import Period, Results

#: (id of the line, its name, measure, dimension, level)
Line = tuple[str, str, str, str, str]
Cell = str | tuple[str, str]

#: What a recorded figure was used for, in words.
USES: Final = {
    "fitted": noop("recorded, used for the fit"),
    "held_out": noop("recorded, held out"),
    "closed_border": noop("recorded, closed border"),
    "not_used": noop("recorded, shown but not used"),
    "estimate": noop("published estimate"),
}


def events() -> tuple[tuple[float, str], ...]:
    """Dates drawn into figures over time."""
    return ((2011.96, _("succession")), (2020.08, _("border closed")))


@dataclass(frozen=True)
class Key:
    """One entry of the key above a figure: a small drawing and its words."""

    sign: str
    label: str
    narrow_only: bool = False


@dataclass(frozen=True)
class Figure:
    """A drawing in two widths, what it shows in a sentence, and its key."""

    wide: str
    narrow: str
    label: str
    key: tuple[Key, ...] = ()


@dataclass(frozen=True)
class Table:
    """Rows of text under a head; a head or a cell may be (words, small words)."""

    caption: str
    head: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    words_columns: int = 1
    open: bool = False
    line_after: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Note:
    """A remark in the margin; ``grades`` are counts of parameters by grade."""

    title: str
    text: str
    grades: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """A figure with its title, unit, reading and table; ``empty`` is said instead where there is nothing.

    ``measures`` are the results it shows, those of its section if none is named; ``grounds`` what they rest on.
    """

    title: str
    unit: str = ""
    reading: str = ""
    figure: Figure | None = None
    table: Table | None = None
    empty: str = ""
    measures: tuple[str, ...] = ()
    grounds: Grounds | None = None


@dataclass(frozen=True)
class Section:
    """A chapter of the report: its name in the contents, its statement, its parts and margin."""

    id: str
    name: str
    title: str
    parts: tuple[Part, ...]
    notes: tuple[Note, ...] = ()
    measures: tuple[str, ...] = ()


def draw(
    make: Callable[[int], figures.Spec], label: str, key: Sequence[Key] = (), *, id: str = "figure"
) -> Figure:
    """A figure in both widths.

    Parameters
    ----------
    make : function of a width
        Gives the specification.
    label : str
        What is seen, in a sentence.
    key : sequence of Key
        Entries above the figure.
    id : str
        Put before the ids inside the drawings; unique in the page.
    """
    wide = figures.svg(make(figures.WIDE), f"{id}-w")
    narrow = figures.svg(make(figures.NARROW), f"{id}-n")
    return Figure(wide, narrow, label, tuple(key))


def swatch(index: int) -> str:
    """A short piece of line number ``index``, for a key."""
    dash = " ".join(map(str, theme.DASHES[index]))
    extra = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        '<svg width="28" height="12" viewBox="0 0 28 12" aria-hidden="true">'
        f'<line x1="0" y1="6" x2="28" y2="6" stroke="{theme.CATEGORIES[index]}" stroke-width="2"{extra}/></svg>'
    )


def recorded_sign(use: str) -> str:
    """The mark of a recorded figure, for a key."""
    ink, paper = theme.INK, theme.PAPER
    body = {
        "fitted": f'<circle cx="8" cy="6" r="3.8" fill="{ink}"/>',
        "held_out": f'<circle cx="8" cy="6" r="3.5" fill="{paper}" stroke="{ink}" stroke-width="1.5"/>',
        "closed_border": f'<path d="M4.5,2.5l7,7m0,-7l-7,7" fill="none" stroke="{ink}" stroke-width="1.5"/>',
        "not_used": f'<path d="M8,1.8l4.2,4.2l-4.2,4.2l-4.2,-4.2z" fill="{paper}" stroke="{ink}" stroke-width="1.4"/>',
        "estimate": f'<rect x="4.5" y="2.5" width="7" height="7" fill="{ink}"/>',
    }[use]
    return f'<svg width="16" height="12" viewBox="0 0 16 12" aria-hidden="true">{body}</svg>'


def over_time(
    results: Results,
    lines: Sequence[Line],
    *,
    id: str,
    unit: str,
    label: str,
    recorded: Sequence[Mapping[str, Any]] = (),
    key: Sequence[Key] = (),
    divide: float = 1.0,
    top: float | None = None,
) -> Figure | None:
    """Lines over the complete periods of the run; None if every value is zero or missing."""
    rows = [
        {"x": p.x, "y": value / divide, "series": name}
        for name, _says, measure, dimension, level in lines
        for p in results.complete
        if (value := results.value(measure, p, dimension, level)) is not None
    ]
    if not any(r["y"] for r in rows):
        return None
    return line_figure(
        results, rows, lines, id=id, unit=unit, label=label, recorded=recorded, key=key, top=top
    )


def line_figure(
    results: Results,
    rows: Sequence[Mapping[str, Any]],
    lines: Sequence[Line],
    *,
    id: str,
    unit: str,
    label: str,
    recorded: Sequence[Mapping[str, Any]] = (),
    key: Sequence[Key] = (),
    top: float | None = None,
    axis: tuple[float, float] | None = None,
) -> Figure:
    """A figure of ready rows, with the dates of the regime and a key that narrow screens need."""
    low, high = axis or (results.complete[0].x, results.complete[-1].x)
    marks = [r for r in recorded if low <= r["x"] <= high]
    series = [(line[0], line[1]) for line in lines]

    def make(width: int) -> figures.Spec:
        return figures.lines(
            rows,
            unit=unit,
            description=label,
            series=series,
            recorded=marks,
            events=events() if results.yearly else (),
            monthly=not results.yearly,
            top=top,
            axis=axis,
            width=width,
        )

    alone = len(series) == 1
    names = (
        [Key(swatch(i), name, narrow_only=True) for i, (_id, name) in enumerate(series)] if not alone else []
    )
    return draw(make, label, [*names, *key], id=id)


def table_of_lines(
    results: Results,
    lines: Sequence[Line],
    caption: str,
    *,
    extra: Sequence[tuple[str, Mapping[str, str]]] = (),
) -> Table:
    """One row for each period, one column for each line.

    ``extra`` are columns of ready text by the label of the period.
    """
    head = (_("Year") if results.yearly else _("Month"), *(words.capital(line[1]) for line in lines))
    rows = tuple(
        (
            period.label,
            *(words.cell(results.value(m, period, d, lv)) for _id, _says, m, d, lv in lines),
            *(column.get(period.label, "\u2013") for _name, column in extra),
        )
        for period in results.periods
    )
    return Table(caption, (*head, *(name for name, _column in extra)), rows)


def breakdown(results: Results, measure: str, dimension: str, *, order: Sequence[str] = ()) -> list[Line]:
    """Lines of a breakdown, known levels first in their order; levels that are zero throughout are left out."""
    found = results.levels(measure, dimension)
    ranked = [lv for lv in order if lv in found] + [lv for lv in found if lv not in order]
    return [
        (lv, words.level(lv), measure, dimension, lv)
        for lv in ranked
        if results.total(measure, dimension, lv) > 0
    ]


def grades(results: Results, *areas: str) -> dict[str, int]:
    """Number of parameters by grade in some areas of the parameter files (all if none is named)."""
    chosen = [
        p["grade"]
        for p in results.manifest.get("parameters", [])
        if not areas or p["path"].split(".")[0] in areas
    ]
    return {g: chosen.count(g) for g in ("A", "B", "C", "assumption") if chosen.count(g)}


def rests_on(results: Results, *areas: str, text: str = "") -> Note:
    """The note that says on how many parameters of which grade a section rests."""
    return Note(_("Rests on"), text, grades(results, *areas))


def spans(results: Results) -> list[tuple[str, tuple[Period, ...]]]:
    """The run cut at the succession and at the closing of the border, or whole if it is short."""
    periods = results.complete
    if not results.yearly:
        return [(_("mean month"), periods)]
    cuts = ((0, 2011), (2012, 2019), (2020, 9999))
    found = []
    for low, high in cuts:
        inside = tuple(p for p in periods if low <= p.x <= high)
        if inside:
            first, last = int(inside[0].x), int(inside[-1].x)
            found.append((str(first) if first == last else f"{first}\u2013{last}", inside))
    return found
