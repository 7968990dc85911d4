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

from yeonjwa.core import language as languages
from yeonjwa.core.files import write_text
from yeonjwa.core.language import gettext as _
from yeonjwa.core.language import ngettext, noop
from yeonjwa.laboratory import measures
from yeonjwa.laboratory.measures import SHORT
from yeonjwa.report import figures, intervals, record, retold, sheet, theme, words
from yeonjwa.report.picture import Picture
from yeonjwa.report.pieces import (
    USES,
    Figure,
    Key,
    Note,
    Part,
    Section,
    Table,
    draw,
    events,
    recorded_sign,
    swatch,
)

Answer = Mapping[str, Any]
Row = Mapping[str, Any]
Cell = str | tuple[str, str]

_TOLD: Final = ("higher", "lower")
#: Dates of a parameter that a table lists in full.
_DATES: Final = 5
#: Verdicts as a table has them.
_VERDICTS: Final = {
    "higher": noop("higher"),
    "lower": noop("lower"),
    "not distinguishable from zero": noop("not told"),
    "no difference in any run": noop("same in all runs"),
    "one seed gives no interval": noop("one seed"),
    "not measured in every run": noop("not measured"),
}


def says(measure: str) -> str:
    """A result in words."""
    return words.said(measures.says(measure))


def unit_of(measure: str) -> str:
    """Its unit in words."""
    return words.unit(measures.unit_of(measure))


def write(answer: Answer, folder: Path, command: str = "", language: str = "") -> Path:
    """Write ``comparison.html`` and ``comparison.json`` into a folder; returns the path of the page.

    In another language than English the page is ``comparison.ko.html``.

    Parameters
    ----------
    answer : mapping
        As :meth:`yeonjwa.laboratory.comparison.Comparison.as_dict` gives it.
    folder : Path
        Made if it is not there.
    command : str
        The line that makes it again.
    language : str
        One of :data:`yeonjwa.core.language.LANGUAGES`; the active one if empty.

    Raises
    ------
    InputError
        There is no such language.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "comparison.json", json.dumps(answer, indent=1, ensure_ascii=False) + "\n")
    with languages.use(language or languages.active()):
        path = folder / sheet.file_name("comparison.html")
        write_text(path, html(answer, command))
    return path


def html(answer: Answer, command: str = "") -> str:
    """The page as text."""
    return sheet.render(
        "comparison.html.j2",
        headline=headline(answer),
        lead=lead(answer),
        arms=[
            {
                **arm,
                "title": words.plain(words.said(arm["title"])),
                "description": words.plain(words.said(arm["description"])),
            }
            for arm in answer["arms"]
        ],
        cited=words.join(
            _("{arm} (parameters {hash})").format(arm=arm["name"], hash=arm["parameter_hash"][:8])
            for arm in answer["arms"]
        ),
        facts=_facts(answer),
        sections=sections(answer),
        notes=[words.plain(retold.sentence(note)) for note in answer["notes"]],
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
    names = {"title": words.plain(words.said(arm["title"])), "what": _lower(words.said(row["says"]))}
    if row["verdict"] in _TOLD:
        said = (
            _("{title}: {what} {size} higher ({interval})")
            if row["verdict"] == "higher"
            else _("{title}: {what} {size} lower ({interval})")
        )
        return said.format(**names, size=_size(row), interval=_interval(row))
    if row["verdict"] == "not distinguishable from zero":
        return _("{title}: no difference in {what} can be told ({interval})").format(
            **names, interval=_interval(row)
        )
    if row["verdict"] == "no difference in any run":
        return _("{title}: {what} do not differ in any run").format(**names)
    if row["verdict"] == "one seed gives no interval":
        return _("{title}: {what}, one seed gives no interval").format(**names)
    return _("{title}: {what}, not measured in every run").format(**names)


def lead(answer: Answer) -> str:
    """What stands under the headline: levels, seeds, and what would decide or what parameters leave open."""
    row, base = _headline_row(answer, 0), answer["arms"][0]["name"]
    unit = words.unit(row["unit"])
    seeds = ngettext("{n} paired seed", "{n} paired seeds", len(answer["seeds"]))
    parts = [
        _("{a} {unit} in {base}, {b} in {arm}; {seeds}, scale {scale}, {period}.").format(
            a=words.capital(words.number(row["a"]["mean"])),
            unit=unit,
            base=base,
            b=words.number(row["b"]["mean"]),
            arm=_arm(answer, 0)["name"],
            seeds=seeds.format(n=words.number(len(answer["seeds"]))).replace(" ", words.NBSP, 1),
            scale=f"{answer['scale']:g}",
            period=words.period(answer["first"], answer["last"]),
        )
    ]
    if row["verdict"] == "not distinguishable from zero":
        parts.append(_decides(row, base))
    if row["doubt"]:
        doubt = row["doubt"]
        parts.append(
            _(
                "If parameters may be anywhere in their ranges, the effect lies between {low} and {high} {unit}."
            ).format(low=_signed(doubt["low"]), high=_signed(doubt["high"]), unit=unit)
        )
    return " ".join(parts)


def _decides(row: Row, base: str) -> str:
    """How many seeds would decide, in words."""
    tenth = row["seeds_for_tenth"]
    if row["seeds_needed"] and tenth:
        said = _(
            "An effect of the size that was found would be told from zero with {needed} seeds; one of a tenth of {base} "
            "with {tenth} seeds."
        )
    elif row["seeds_needed"]:
        said = _("An effect of the size that was found would be told from zero with {needed} seeds.")
    elif tenth:
        said = _(
            "No number of seeds that one can run would tell an effect of the size that was found from zero; one of a tenth "
            "of {base} with {tenth} seeds."
        )
    else:
        said = _(
            "No number of seeds that one can run would tell an effect of the size that was found from zero."
        )
    return said.format(needed=f"{row['seeds_needed'] or 0:,}", base=base, tenth=f"{tenth or 0:,}")


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
    label = _("Differences of {name} from {base} with their intervals, in percent of {base}.").format(
        name=name, base=base
    )
    key = [
        Key(_line_sign(2), _("90 % over seeds")),
        Key(_line_sign(6), _("50 % over seeds")),
        Key(_point_sign(), _("mean")),
    ]
    if answer["draws"]:
        key.append(Key(_line_sign(2, "5 3"), _("95 %, parameters anywhere in their ranges")))

    def make(width: int) -> figures.Spec:
        return intervals.intervals(
            drawn,
            unit=_("% of {base}").format(base=base),
            description=label,
            width=width,
            draws=bool(answer["draws"]),
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
    banded = any(row["low"] is not None for row in rows)
    if gaps:
        label = (
            _("{what} over time, difference from {base}, with bands of 90 % over seeds.")
            if banded
            else _("{what} over time, difference from {base}.")
        )
    elif len(names) > 1:
        label = (
            _("{what} over time, by arm, with bands of 90 % over seeds.")
            if banded
            else _("{what} over time, by arm.")
        )
    else:
        label = _("{what} over time, with bands of 90 % over seeds.") if banded else _("{what}, over time.")
    label = label.format(what=says(measure), base=base)
    series = [(name, name) for name in names]
    key = [Key(swatch(i + gaps), name, narrow_only=len(names) > 1) for i, name in enumerate(names)]
    if banded:
        key.append(Key(_band_sign(int(gaps)), _("band: 90 % over seeds")))
    key += [
        Key(recorded_sign(use), _(text))
        for use, text in USES.items()
        if use in {mark["use"] for mark in marks}
    ]

    def make(width: int) -> figures.Spec:
        return intervals.bands(
            rows,
            unit=unit_of(measure),
            description=label,
            series=series,
            recorded=marks,
            events=events() if yearly else (),
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
    title = _("{n} of {all} results differ from {base} by more than luck").format(
        n=len(told), all=len(rows), base=base
    )
    table = Table(
        _("{arm} against {base}: means over seeds, paired differences, 95 %").format(
            arm=arm["name"], base=base
        ),
        (_("Result"), base, arm["name"], _("Difference"), _("In %"), _("Told from zero")),
        tuple(_difference_row(row) for row in rows),
        open=True,
    )
    absent = [_lower(words.said(row["says"])) for row in rows if row["relative"] is None or not _finite(row)]
    reading = (
        _("Not drawn, since {base} has none of it or a run has no value: {names}.").format(
            base=base, names=words.join(absent)
        )
        if absent
        else ""
    )
    if answer["draws"]:
        more = _("A dashed interval that reaches the edge goes on beyond it: its table is under Parameters.")
        reading = f"{more} {reading}".strip()
    notes = [
        Note(
            _("Paired"),
            _(
                "Every arm of a seed has the same people and the same luck wherever the change does not reach."
            ),
        ),
        Note(
            _("Told from zero"),
            _(
                "The interval of 95 % lies on one side of zero. “Also at once” holds if all results are judged together "
                "(Bonferroni). An interval that holds zero is no finding, and no proof that nothing changes."
            ),
        ),
    ]
    figure = differences_figure(answer, against)
    empty = "" if figure else _("No result can be drawn.")
    part = Part(words.plain(words.said(arm["title"])), "", reading, figure, table, empty)
    return Section(
        f"differences-{against}",
        _("Differences: {arm}").format(arm=arm["name"]),
        title,
        (part,),
        () if against else tuple(notes),
    )


def _difference_row(row: Row) -> tuple[Cell, ...]:
    effect = row["effect"]
    told = _(str(_VERDICTS.get(row["verdict"], row["verdict"])))
    if row["together"] and row["verdict"] in _TOLD:
        told = _("{verdict}, also at once").format(verdict=told)
    return (
        (words.said(row["says"]), words.unit(row["unit"]).replace(" ", words.NBSP)),
        words.cell(row["a"]["mean"]),
        words.cell(row["b"]["mean"]),
        (_signed(effect["mean"]), _span(effect["low"], effect["high"])),
        _part(row["relative"]),
        told,
    )


def _over_time(answer: Answer) -> Section:
    measure = answer["headline"]
    table = _time_table(answer, measure)
    title = _("{what} over time").format(what=says(measure))
    parts = (
        Part(_("Each arm"), "", "", over_time_figure(answer, measure), table, ""),
        Part(
            _("Difference from {base}").format(base=answer["arms"][0]["name"]),
            "",
            _("Bands are of single years and of luck alone: a year may leave zero by chance."),
            over_time_figure(answer, measure, gaps=True),
            _time_table(answer, measure, gaps=True),
        ),
    )
    note = Note(_("Read"), _("Recorded facts are marks in ink, simulated results are lines with bands."))
    return Section("time", _("Over time"), title, parts, (note,))


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
    caption = (
        _("{what}, {unit}: differences over seeds and 90 %")
        if gaps
        else _("{what}, {unit}: means over seeds and 90 %")
    )
    return Table(caption.format(what=says(measure), unit=unit_of(measure)), (_("Time"), *names), tuple(lines))


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
            (words.said(row["says"]), words.unit(row["unit"]).replace(" ", words.NBSP)),
            (_signed(row["doubt"]["mean"]), _span(row["doubt"]["low"], row["doubt"]["high"])),
            words.cell(row["doubt"]["sd_luck"]),
            words.cell(row["doubt"]["sd_parameters"]),
            words.percent(row["doubt"]["share"]),
            words.percent(row["doubt"]["same_sign"]),
        )
        for row in rows
    )
    head = (_("Result"), _("Effect over draws"), _("Luck"), _("Parameters"), _("Share"), _("Same sign"))
    caption = _("{arm}: luck and doubt about parameters").format(arm=arm["name"])
    table = Table(caption, head, lines, open=True)
    main = _headline_row(answer, against)["doubt"]
    title = (
        _("{share} of the doubt about one paired run is due to parameters").format(
            share=words.percent(main["share"])
        )
        if main and main["share"] is not None
        else _("What parameters leave open")
    )
    reading = _(
        "{n} draws of all parameters with a range, the same in every arm. Luck: standard deviation of one paired "
        "difference, parameters held. Parameters: standard deviation of the effect over draws, luck taken off. Share: part of "
        "the variance that is due to parameters, which no number of seeds takes away. Same sign: draws in which the effect "
        "has the sign of the mean."
    ).format(n=answer["draws"])
    return Section(
        f"doubt-{against}",
        _("Parameters: {arm}").format(arm=arm["name"]),
        title,
        (Part(_("Two kinds of doubt"), "", reading, None, table),),
    )


def _decision(answer: Answer) -> Section:
    lines: list[tuple[Cell, ...]] = []
    base = answer["arms"][0]["name"]
    for i in range(len(answer["against"])):
        for row in _rows(answer, i):
            lines.append(
                (
                    (words.said(row["says"]), _arm(answer, i)["name"]),
                    words.cell(row["sd"]),
                    _needed(row["seeds_needed"], row),
                    _needed(row["seeds_for_tenth"], row),
                )
            )
    head = (
        _("Result"),
        _("Standard deviation"),
        _("Seeds for this effect"),
        _("For a tenth of {base}").format(base=base),
    )
    table = Table(
        _("Seeds with which an effect would be told from zero in four comparisons of five"),
        head,
        tuple(lines),
        open=True,
    )
    row = _headline_row(answer, 0)
    title = _("How many seeds would decide")
    if row["seeds_needed"]:
        title = _("{n} seeds would decide on {what}").format(
            n=f"{row['seeds_needed']:,}", what=_lower(words.said(row["says"]))
        )
    reading = _(
        "The effect that was found is itself uncertain, and so is the number of seeds for it. Both numbers rest on the "
        "standard deviation, which few seeds know poorly."
    )
    return Section("seeds", _("What would decide"), title, (Part(_("Seeds"), "", reading, None, table),))


def _needed(seeds: int | None, row: Row) -> str:
    if seeds:
        return f"{seeds:,}"
    return "–" if row["sd"] is None or not row["effect"]["mean"] else _("above 100,000")


def _changes(answer: Answer, against: int) -> Section:
    arm, base = _arm(answer, against), answer["arms"][0]["name"]
    changes = answer["against"][against]["changes"]
    lines = tuple(
        (
            (change["path"], words.plain(words.said(change["description"]))),
            _dated(change["a"]),
            _dated(change["b"]),
            (words.plain(words.unit(change["unit"])), _(change["grade"])),
        )
        for change in changes
    )
    title = ngettext("{n} parameter differs in {arm}", "{n} parameters differ in {arm}", len(changes)).format(
        n=len(changes), arm=arm["name"]
    )
    table = Table(
        _("{arm} against {base}").format(arm=arm["name"], base=base),
        (_("Parameter"), base, arm["name"], _("Unit, grade")),
        lines,
        words_columns=4,
        open=True,
    )
    part = Part(
        _("What was changed"),
        "",
        "",
        None,
        table if lines else None,
        "" if lines else _("The same parameters."),
    )
    return Section(f"changes-{against}", _("Changes: {arm}").format(arm=arm["name"]), title, (part,))


def _dated(held: Sequence[Row]) -> str:
    """Values with the months from which they hold, equal ones once; of many, the first and the last."""
    kept = [row for i, row in enumerate(held) if not i or row["value"] != held[i - 1]["value"]]
    if not kept:
        return "–"
    if len(kept) == 1:
        return words.plain(_value(kept[0]["value"]))
    shown = [_("from {month}: {value}").format(month=row["from"], value=_value(row["value"])) for row in kept]
    if len(shown) > _DATES:
        shown = [*shown[:2], _("{n} more").format(n=len(shown) - 3), shown[-1]]
    return words.plain("; ".join(shown))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        if len(set(value.values())) == 1:
            return _("{value} for all").format(value=_value(next(iter(value.values()))))
        return ", ".join(
            f"{words.level(level) if not level.isdigit() else level} {_value(n)}"
            for level, n in value.items()
        )
    return f"{value:g}" if isinstance(value, (int, float)) else words.said(str(value))


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
            _("Seeds"),
            words.join(map(str, seeds))
            if len(seeds) <= 12
            else _("{n} seeds, {first} to {last}").format(n=len(seeds), first=seeds[0], last=seeds[-1]),
        ),
        (_("Scale"), f"{answer['scale']:g}"),
        (_("Period"), words.period(answer["first"], answer["last"])),
        (
            _("Draws of parameters"),
            str(answer["draws"]) if answer["draws"] else _("none: parameters are held"),
        ),
    ]


def _drawn(row: Row) -> dict[str, Any]:
    """A row of the figure: everything in percent of the first arm."""
    level = row["a"]["mean"]
    wide, narrow, effect, doubt = row["wide"], row["narrow"], row["effect"], row["doubt"]

    def part(value: float | None) -> float | None:
        return None if value is None else 100 * value / abs(level)

    return {
        "label": _(SHORT[row["measure"]]) if row["measure"] in SHORT else words.said(row["says"]),
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
        return f"{words.number(abs(row['effect']['mean']))} {words.unit(row['unit'])}"
    return words.percent(abs(row["relative"]))


def _interval(row: Row) -> str:
    """The interval of 95 % in the unit of :func:`_size`, without the sign where both ends share it."""
    low, high, unit = row["effect"]["low"], row["effect"]["high"], f" {words.unit(row['unit'])}"
    if row["relative"] is not None:
        level = abs(row["a"]["mean"])
        low, high, unit = 100 * low / level, 100 * high / level, words.percent_sign()
    if row["verdict"] == "lower":
        low, high = -high, -low
    show = words.number if row["verdict"] in _TOLD else _signed_text
    return f"95{words.NBSP}%: {words.span(show(low, 2), show(high, 2))}{unit}"


def _signed_text(value: float, digits: int = 3) -> str:
    text = words.number(value, digits)
    return text if text.startswith(words.MINUS) or value == 0 else f"+{text}"


def _signed(value: float | None) -> str:
    return "–" if value is None or not math.isfinite(value) else _signed_text(value)


def _part(relative: float | None) -> str:
    return "–" if relative is None else f"{_signed_text(100 * relative, 2)}{words.percent_sign()}"


def _span(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return _("no interval")
    return words.span(words.number(low), words.number(high))


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
