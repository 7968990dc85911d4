"""The report of a comparison: one HTML file with everything inside, beside its data.

The answer is the headline; under each figure is its table; what is not told from zero is said to be so, with the seeds that would
decide it.
"""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from yeonjwa.core.files import write_text
from yeonjwa.laboratory.measures import SHORT, says, unit_of
from yeonjwa.report import figures, intervals, record, sheet, theme, words
from yeonjwa.report.picture import Picture
from yeonjwa.report.pieces import EVENTS, Figure, Key, Note, Part, Section, Table, draw, recorded_sign, swatch

Answer = Mapping[str, Any]
Row = Mapping[str, Any]
Cell = str | tuple[str, str]

_TOLD: Final = ("higher", "lower")
#: Dates of a parameter that a table lists in full.
_DATES: Final = 5
#: Verdicts as a table has them.
_VERDICTS: Final = {
    "not distinguishable from zero": "not told",
    "no difference in any run": "same in all runs",
    "one seed gives no interval": "one seed",
    "not measured in every run": "not measured",
}
_USES: Final = {
    "fitted": "recorded, used to set the constant",
    "held_out": "recorded, held out",
    "closed_border": "recorded, closed border",
    "not_used": "recorded, shown but not used",
    "estimate": "published estimate",
}


def write(answer: Answer, folder: Path, command: str = "") -> Path:
    """Write ``comparison.html`` and ``comparison.json`` into a folder; returns the path of the page.

    Parameters
    ----------
    answer : mapping
        As :meth:`yeonjwa.laboratory.comparison.Comparison.as_dict` gives it.
    folder : Path
        Made if it is not there.
    command : str
        The line that makes it again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "comparison.json", json.dumps(answer, indent=1, ensure_ascii=False) + "\n")
    path = folder / "comparison.html"
    write_text(path, html(answer, command))
    return path


def html(answer: Answer, command: str = "") -> str:
    """The page as text."""
    return sheet.render(
        "comparison.html.j2",
        headline=headline(answer),
        lead=lead(answer),
        arms=[
            {**arm, "title": words.plain(arm["title"]), "description": words.plain(arm["description"])}
            for arm in answer["arms"]
        ],
        facts=_facts(answer),
        sections=sections(answer),
        notes=[words.plain(note) for note in answer["notes"]],
        lost=[words.plain(row) for row in answer["lost"]],
        command=words.plain(command or again(answer)),
    )


def headline(answer: Answer, against: int = 0) -> str:
    """The answer in a sentence: the headline result of another arm, its size, and its interval.

    Parameters
    ----------
    answer : mapping
        A comparison as plain data.
    against : int
        Which of the other arms, from 0.
    """
    row, arm = _headline_row(answer, against), _arm(answer, against)
    what = _lower(row["says"])
    title = words.plain(arm["title"])
    if row["verdict"] in _TOLD:
        return f"{title}: {what} {_size(row)} {row['verdict']} ({_interval(row)})"
    if row["verdict"] == "not distinguishable from zero":
        return f"{title}: no difference in {what} can be told ({_interval(row)})"
    if row["verdict"] == "no difference in any run":
        return f"{title}: {what} do not differ in any run"
    return f"{title}: {what}, {row['verdict']}"


def lead(answer: Answer) -> str:
    """What stands under the headline: levels, seeds, and what would decide or what parameters leave open."""
    row, base = _headline_row(answer, 0), answer["arms"][0]["name"]
    unit = row["unit"]
    parts = [
        f"{words.capital(words.number(row['a']['mean']))} {unit} in {base}, {words.number(row['b']['mean'])} in "
        f"{_arm(answer, 0)['name']}; {words.count(len(answer['seeds']), 'paired seed')}, scale {answer['scale']:g}, "
        f"{_period(answer)}."
    ]
    if row["verdict"] == "not distinguishable from zero":
        parts.append(_decides(row, base))
    if row["doubt"]:
        doubt = row["doubt"]
        parts.append(
            f"If parameters may be anywhere in their ranges, the effect lies between {_signed(doubt['low'])} and "
            f"{_signed(doubt['high'])} {unit}."
        )
    return " ".join(parts)


def _period(answer: Answer) -> str:
    """ "2005 to 2024", or months where a year is not whole."""
    first, last = answer["first"], answer["last"]
    if first.endswith("-01") and last.endswith("-12"):
        return f"{first[:4]} to {last[:4]}" if first[:4] != last[:4] else first[:4]
    return f"{first} to {last}"


def _decides(row: Row, base: str) -> str:
    """How many seeds would decide, in words."""
    parts = []
    if row["seeds_needed"]:
        parts.append(
            f"An effect of the size that was found would be told from zero with {_seeds(row['seeds_needed'])}"
        )
    else:
        parts.append(
            "No number of seeds that one can run would tell an effect of the size that was found from zero"
        )
    if row["seeds_for_tenth"]:
        parts.append(f"one of a tenth of {base} with {_seeds(row['seeds_for_tenth'])}")
    return "; ".join(parts) + "."


def _seeds(number: int) -> str:
    return f"{number:,} seeds"


def lines(answer: Answer, against: int = 0) -> list[str]:
    """All differences of another arm as lines for a terminal: result, levels, difference, verdict and what would decide."""
    rows = _rows(answer, against)
    width = max(len(row["says"]) for row in rows)
    base, name = answer["arms"][0]["name"], _arm(answer, against)["name"]
    found = [f"{'':<{width}}  {base:>12.12} {name:>12.12}  difference (95 % over seeds)"]
    for row in rows:
        effect = row["effect"]
        text = (
            f"{row['says']:<{width}}  {words.cell(row['a']['mean']):>12} {words.cell(row['b']['mean']):>12}  "
            f"{_signed(effect['mean'])} ({_span(effect['low'], effect['high'])}) {row['unit']}, {row['verdict']}"
        )
        if row["verdict"] == "not distinguishable from zero":
            text += f"; {_needed(row['seeds_needed'], row)} seeds would decide"
        if row["doubt"]:
            low, high = row["doubt"]["low"], row["doubt"]["high"]
            text += f"; with parameters in their ranges {_signed(low)} to {_signed(high)}"
        found.append(text.replace(words.NBSP, " "))
    return found


def effect_words(row: Row) -> str:
    """A difference with its interval of 95 %, in words."""
    effect = row["effect"]
    return f"{_signed(effect['mean'])} ({_span(effect['low'], effect['high'])})"


def sections(answer: Answer) -> list[Section]:
    """The chapters, in order, each with its figures and tables."""
    found = [_differences(answer, i) for i in range(len(answer["against"]))]
    found.append(_over_time(answer))
    if answer["draws"]:
        found += [_doubt(answer, i) for i in range(len(answer["against"]))]
    found += [_decision(answer), *(_changes(answer, i) for i in range(len(answer["against"])))]
    return found


Made = tuple[Callable[[int], figures.Spec], str, list[Key]]


def differences_figure(answer: Answer, against: int = 0) -> Figure | None:
    """All results of another arm as differences in percent of the first; None if nothing can be drawn."""
    made = _differences_made(answer, against)
    return None if made is None else draw(*made, id=f"differences-{against}")


def differences_picture(answer: Answer, against: int = 0) -> Picture | None:
    """The same for a notebook or a file."""
    made = _differences_made(answer, against)
    return None if made is None else Picture(made[0](figures.WIDE), made[1])


def _differences_made(answer: Answer, against: int) -> Made | None:
    rows = [row for row in _rows(answer, against) if row["relative"] is not None and _finite(row)]
    if not rows:
        return None
    drawn = [_drawn(row) for row in rows]
    name, base = _arm(answer, against)["name"], answer["arms"][0]["name"]
    label = f"Differences of {name} from {base} with their intervals, in percent of {base}."
    key = [
        Key(_line_sign(2), "90 % over seeds"),
        Key(_line_sign(6), "50 % over seeds"),
        Key(_point_sign(), "mean"),
    ]
    if answer["draws"]:
        key.append(Key(_line_sign(2, "5 3"), "95 %, parameters anywhere in their ranges"))

    def make(width: int) -> figures.Spec:
        return intervals.intervals(
            drawn, unit=f"% of {base}", description=label, width=width, draws=bool(answer["draws"])
        )

    return make, label, key


def over_time_figure(answer: Answer, measure: str = "", *, gaps: bool = False) -> Figure | None:
    """A result over time in all arms, with recorded figures where there are any; or the differences from the first arm.

    Parameters
    ----------
    answer : mapping
        A comparison as plain data.
    measure : str
        One of its results; that of the headline by default.
    gaps : bool
        Draw the differences instead of the levels.
    """
    made = _over_time_made(answer, measure, gaps)
    name = (measure or answer["headline"]).replace(".", "-")
    return None if made is None else draw(*made, id=f"{'gaps' if gaps else 'levels'}-{name}")


def over_time_picture(answer: Answer, measure: str = "", *, gaps: bool = False) -> Picture | None:
    """The same for a notebook or a file."""
    made = _over_time_made(answer, measure, gaps)
    return None if made is None else Picture(made[0](figures.WIDE), made[1])


def _over_time_made(answer: Answer, measure: str, gaps: bool) -> Made | None:
    measure = measure or answer["headline"]
    names = [arm["name"] for arm in answer["arms"]][1 if gaps else 0 :]
    keys = ("difference", "difference_low", "difference_high") if gaps else ("mean", "low", "high")
    rows = [
        {"x": row["x"], "y": row[keys[0]], "low": row[keys[1]], "high": row[keys[2]], "series": row["arm"]}
        for row in answer["over_time"]
        if row["measure"] == measure and row["arm"] in names and row[keys[0]] is not None
    ]
    if not rows:
        return None
    yearly = all(float(row["x"]).is_integer() for row in rows)
    marks = [] if gaps or not yearly else _recorded(measure)
    xs = [row["x"] for row in rows]
    marks = [mark for mark in marks if min(xs) <= mark["x"] <= max(xs)]
    base = answer["arms"][0]["name"]
    what = says(measure)
    label = f"{what} over time"
    if gaps or len(names) > 1:
        label += f", difference from {base}" if gaps else ", by arm"
    if any(row["low"] is not None for row in rows):
        label += ", with bands of 90 % over seeds"
    label += "."
    series = [(name, name) for name in names]
    key = [Key(swatch(i + gaps), name, narrow_only=len(names) > 1) for i, name in enumerate(names)]
    if any(row["low"] is not None for row in rows):
        key.append(Key(_band_sign(int(gaps)), "band: 90 % over seeds"))
    key += [
        Key(recorded_sign(use), text) for use, text in _USES.items() if use in {mark["use"] for mark in marks}
    ]

    def make(width: int) -> figures.Spec:
        return intervals.bands(
            rows,
            unit=unit_of(measure),
            description=label,
            series=series,
            recorded=marks,
            events=EVENTS if yearly else (),
            monthly=not yearly,
            first=int(gaps),
            width=width,
        )

    return make, label, key


def _recorded(measure: str) -> list[dict[str, Any]]:
    found = {"flight.arrivals": record.arrivals, "camp.stock": record.camp_population}.get(measure)
    if found is None:
        return []
    return [{"x": r.year, "y": r.value, "use": r.use, "low": r.low, "high": r.high} for r in found()]


def _differences(answer: Answer, against: int) -> Section:
    arm, base = _arm(answer, against), answer["arms"][0]["name"]
    rows = _rows(answer, against)
    told = [row for row in rows if row["verdict"] in _TOLD]
    title = f"{len(told)} of {len(rows)} results differ from {base} by more than luck"
    table = Table(
        f"{arm['name']} against {base}: means over seeds, paired differences, 95 %",
        ("Result", base, arm["name"], "Difference", "In %", "Told from zero"),
        tuple(_difference_row(row) for row in rows),
        open=True,
    )
    absent = [_lower(row["says"]) for row in rows if row["relative"] is None or not _finite(row)]
    reading = (
        f"Not drawn, since {base} has none of it or a run has no value: {words.join(absent)}."
        if absent
        else ""
    )
    if answer["draws"]:
        more = "A dashed interval that reaches the edge goes on beyond it: its table is under Parameters."
        reading = f"{more} {reading}".strip()
    notes = [
        Note(
            "Paired",
            "Every arm of a seed has the same people and the same luck wherever the change does not reach.",
        ),
        Note(
            "Told from zero",
            "The interval of 95 % lies on one side of zero. “Also at once” holds if all results are judged together "
            "(Bonferroni). An interval that holds zero is no finding, and no proof that nothing changes.",
        ),
    ]
    figure = differences_figure(answer, against)
    empty = "" if figure else "No result can be drawn."
    part = Part(words.plain(arm["title"]), "", reading, figure, table, empty)
    return Section(
        f"differences-{against}",
        f"Differences: {arm['name']}",
        title,
        (part,),
        () if against else tuple(notes),
    )


def _difference_row(row: Row) -> tuple[Cell, ...]:
    effect = row["effect"]
    told = str(_VERDICTS.get(row["verdict"], row["verdict"]))
    told += ", also at once" if row["together"] and row["verdict"] in _TOLD else ""
    return (
        (row["says"], row["unit"].replace(" ", words.NBSP)),
        words.cell(row["a"]["mean"]),
        words.cell(row["b"]["mean"]),
        (_signed(effect["mean"]), _span(effect["low"], effect["high"])),
        _part(row["relative"]),
        told,
    )


def _over_time(answer: Answer) -> Section:
    measure = answer["headline"]
    table = _time_table(answer, measure)
    title = f"{says(measure)} over time"
    parts = (
        Part("Each arm", "", "", over_time_figure(answer, measure), table, ""),
        Part(
            f"Difference from {answer['arms'][0]['name']}",
            "",
            "Bands are of single years and of luck alone: a year may leave zero by chance.",
            over_time_figure(answer, measure, gaps=True),
            _time_table(answer, measure, gaps=True),
        ),
    )
    note = Note("Read", "Recorded facts are marks in ink, simulated results are lines with bands.")
    return Section("time", "Over time", title, parts, (note,))


def _time_table(answer: Answer, measure: str, *, gaps: bool = False) -> Table:
    names = [arm["name"] for arm in answer["arms"]][1 if gaps else 0 :]
    mean, low, high = ("difference", "difference_low", "difference_high") if gaps else ("mean", "low", "high")
    places = sorted({row["x"] for row in answer["over_time"] if row["measure"] == measure})
    by_place = {(row["arm"], row["x"]): row for row in answer["over_time"] if row["measure"] == measure}
    show = _signed if gaps else words.cell
    lines: list[tuple[Cell, ...]] = []
    for x in places:
        found = [by_place.get((name, x)) for name in names]
        cells = [("–", "") if row is None else (show(row[mean]), _span(row[low], row[high])) for row in found]
        lines.append((_when(x), *cells))
    kind = "differences" if gaps else "means"
    return Table(
        f"{says(measure)}, {unit_of(measure)}: {kind} over seeds and 90 %", ("Time", *names), tuple(lines)
    )


def _when(x: float) -> str:
    if float(x).is_integer():
        return f"{x:.0f}"
    year = math.floor(x)
    return f"{year}-{round((x - year) * 12 + 0.5):02d}"


def _doubt(answer: Answer, against: int) -> Section:
    arm = _arm(answer, against)
    rows = [row for row in _rows(answer, against) if row["doubt"]]
    lines = tuple(
        (
            (row["says"], row["unit"].replace(" ", words.NBSP)),
            (_signed(row["doubt"]["mean"]), _span(row["doubt"]["low"], row["doubt"]["high"])),
            words.cell(row["doubt"]["sd_luck"]),
            words.cell(row["doubt"]["sd_parameters"]),
            words.percent(row["doubt"]["share"]),
            words.percent(row["doubt"]["same_sign"]),
        )
        for row in rows
    )
    head = ("Result", "Effect over draws", "Luck", "Parameters", "Share", "Same sign")
    table = Table(f"{arm['name']}: luck and doubt about parameters", head, lines, open=True)
    main = _headline_row(answer, against)["doubt"]
    title = (
        f"{words.percent(main['share'])} of the doubt about one paired run is due to parameters"
        if main and main["share"] is not None
        else "What parameters leave open"
    )
    reading = (
        f"{answer['draws']} draws of all parameters with a range, the same in every arm. Luck: standard deviation of one paired "
        "difference, parameters held. Parameters: standard deviation of the effect over draws, luck taken off. Share: part of "
        "the variance that is due to parameters, which no number of seeds takes away. Same sign: draws in which the effect "
        "has the sign of the mean."
    )
    return Section(
        f"doubt-{against}",
        f"Parameters: {arm['name']}",
        title,
        (Part("Two kinds of doubt", "", reading, None, table),),
    )


def _decision(answer: Answer) -> Section:
    lines: list[tuple[Cell, ...]] = []
    base = answer["arms"][0]["name"]
    for i, _ in enumerate(answer["against"]):
        for row in _rows(answer, i):
            lines.append(
                (
                    (row["says"], _arm(answer, i)["name"]),
                    words.cell(row["sd"]),
                    _needed(row["seeds_needed"], row),
                    _needed(row["seeds_for_tenth"], row),
                )
            )
    head = ("Result", "Standard deviation", "Seeds for this effect", f"For a tenth of {base}")
    table = Table(
        "Seeds with which an effect would be told from zero in four comparisons of five",
        head,
        tuple(lines),
        open=True,
    )
    row = _headline_row(answer, 0)
    title = "How many seeds would decide"
    if row["seeds_needed"]:
        title = f"{_seeds(row['seeds_needed'])} would decide on {_lower(row['says'])}"
    reading = (
        "The effect that was found is itself uncertain, and so is the number of seeds for it. Both numbers rest on the "
        "standard deviation, which few seeds know poorly."
    )
    return Section("seeds", "What would decide", title, (Part("Seeds", "", reading, None, table),))


def _needed(seeds: int | None, row: Row) -> str:
    if seeds:
        return f"{seeds:,}"
    return "–" if row["sd"] is None or not row["effect"]["mean"] else "above 100,000"


def _changes(answer: Answer, against: int) -> Section:
    arm, base = _arm(answer, against), answer["arms"][0]["name"]
    changes = answer["against"][against]["changes"]
    lines = tuple(
        (
            (change["path"], words.plain(change["description"])),
            _dated(change["a"]),
            _dated(change["b"]),
            (change["unit"], change["grade"]),
        )
        for change in changes
    )
    title = f"{words.count(len(changes), 'parameter')} {'differs' if len(changes) == 1 else 'differ'} in {arm['name']}"
    table = Table(
        f"{arm['name']} against {base}",
        ("Parameter", base, arm["name"], "Unit, grade"),
        lines,
        words_columns=4,
        open=True,
    )
    part = Part(
        "What was changed", "", "", None, table if lines else None, "" if lines else "The same parameters."
    )
    return Section(f"changes-{against}", f"Changes: {arm['name']}", title, (part,))


def _dated(held: Sequence[Row]) -> str:
    """Values with the months from which they hold, equal ones once; of many, the first and the last."""
    kept = [row for i, row in enumerate(held) if not i or row["value"] != held[i - 1]["value"]]
    if not kept:
        return "–"
    if len(kept) == 1:
        return words.plain(_value(kept[0]["value"]))
    shown = [f"from {row['from']}: {_value(row['value'])}" for row in kept]
    if len(shown) > _DATES:
        shown = [*shown[:2], f"{len(shown) - 3} more", shown[-1]]
    return words.plain("; ".join(shown))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        if len(set(value.values())) == 1:
            return f"{_value(next(iter(value.values())))} for all"
        return ", ".join(
            f"{words.level(level) if not level.isdigit() else level} {_value(n)}"
            for level, n in value.items()
        )
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def again(answer: Answer) -> str:
    """The line that makes a comparison of scenarios again."""
    if any(arm["source"] != "scenario" for arm in answer["arms"]):
        return "yeonjwa compare, with the folders of these runs"
    names = [shlex.quote(arm["name"]) for arm in answer["arms"]]
    seeds = answer["seeds"]
    chosen = f"--seeds {len(seeds)}" if list(seeds) == list(range(1, len(seeds) + 1)) else ""
    line = f"yeonjwa compare {' '.join(names)} {chosen} --scale {answer['scale']:g}".replace("  ", " ")
    line += f" --from {answer['first']} --to {answer['last']}"
    if answer["draws"]:
        line += f" --parameters {answer['draws'] + len({row.split(',')[0] for row in answer['lost']})}"
    return line + (f" --measure {answer['headline']}" if answer["headline"] != "flight.arrivals" else "")


def _facts(answer: Answer) -> list[tuple[str, str]]:
    seeds = answer["seeds"]
    return [
        (
            "Seeds",
            words.join(map(str, seeds))
            if len(seeds) <= 12
            else f"{len(seeds)} seeds, {seeds[0]} to {seeds[-1]}",
        ),
        ("Scale", f"{answer['scale']:g}"),
        ("Period", _period(answer)),
        ("Draws of parameters", str(answer["draws"]) if answer["draws"] else "none: parameters are held"),
    ]


def _drawn(row: Row) -> dict[str, Any]:
    """A row of the figure: everything in percent of the first arm."""
    level = row["a"]["mean"]
    wide, narrow, effect, doubt = row["wide"], row["narrow"], row["effect"], row["doubt"]

    def part(value: float | None) -> float | None:
        return None if value is None else 100 * value / abs(level)

    return {
        "label": SHORT.get(row["measure"], row["says"]),
        "mean": part(effect["mean"]),
        "low": part(wide["low"]),
        "high": part(wide["high"]),
        "inner_low": part(narrow["low"]),
        "inner_high": part(narrow["high"]),
        "draws_low": part(doubt["low"]) if doubt else None,
        "draws_high": part(doubt["high"]) if doubt else None,
        "text": _part(row["relative"]),
    }


def _finite(row: Row) -> bool:
    return row["effect"]["mean"] is not None


def _rows(answer: Answer, against: int) -> list[Row]:
    return list(answer["against"][against]["differences"])


def _headline_row(answer: Answer, against: int) -> Row:
    return next(row for row in _rows(answer, against) if row["measure"] == answer["headline"])


def _arm(answer: Answer, against: int) -> Mapping[str, Any]:
    name = answer["against"][against]["arm"]
    found: Mapping[str, Any] = next(arm for arm in answer["arms"] if arm["name"] == name)
    return found


def _size(row: Row) -> str:
    """How large a difference is, without its sign: in percent if the first arm has any of it."""
    if row["relative"] is None:
        return f"{words.number(abs(row['effect']['mean']))} {row['unit']}"
    return words.percent(abs(row["relative"]))


def _interval(row: Row) -> str:
    """The interval of 95 % in the unit of :func:`_size`, without the sign where both ends share it."""
    low, high, unit = row["effect"]["low"], row["effect"]["high"], f" {row['unit']}"
    if row["relative"] is not None:
        level = abs(row["a"]["mean"])
        low, high, unit = 100 * low / level, 100 * high / level, f"{words.NBSP}%"
    if row["verdict"] == "lower":
        low, high = -high, -low
    show = words.number if row["verdict"] in _TOLD else _signed_text
    return f"95{words.NBSP}%: {show(low, 2)} to {show(high, 2)}{unit}"


def _signed_text(value: float, digits: int = 3) -> str:
    text = words.number(value, digits)
    return text if text.startswith(words.MINUS) or value == 0 else f"+{text}"


def _signed(value: float | None) -> str:
    return "–" if value is None or not math.isfinite(value) else _signed_text(value)


def _part(relative: float | None) -> str:
    return "–" if relative is None else f"{_signed_text(100 * relative, 2)}{words.NBSP}%"


def _span(low: float | None, high: float | None) -> str:
    return "no interval" if low is None or high is None else f"{words.number(low)} to {words.number(high)}"


def _lower(text: str) -> str:
    """The text with a small first letter."""
    return text[:1].lower() + text[1:]


def _line_sign(thickness: int, dash: str = "") -> str:
    extra = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        '<svg width="28" height="12" viewBox="0 0 28 12" aria-hidden="true">'
        f'<line x1="0" y1="6" x2="28" y2="6" stroke="{theme.PLUM}" stroke-width="{thickness}"{extra}/></svg>'
    )


def _point_sign() -> str:
    return (
        '<svg width="16" height="12" viewBox="0 0 16 12" aria-hidden="true">'
        f'<circle cx="8" cy="6" r="4" fill="{theme.PAPER}" stroke="{theme.PLUM}" stroke-width="1.8"/></svg>'
    )


def _band_sign(category: int) -> str:
    return (
        '<svg width="28" height="12" viewBox="0 0 28 12" aria-hidden="true">'
        f'<rect width="28" height="12" fill="{theme.CATEGORIES[category]}" fill-opacity="0.16"/></svg>'
    )
