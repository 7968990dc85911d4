"""Chapters on what happened to people: arrivals, flights, camps."""

from __future__ import annotations

from typing import Any

from yeonjwa.core import language
from yeonjwa.core.language import gettext as _
from yeonjwa.report import figures, record, words
from yeonjwa.report.pieces import (
    USES,
    Cell,
    Key,
    Line,
    Note,
    Part,
    Section,
    Table,
    breakdown,
    draw,
    line_figure,
    over_time,
    recorded_sign,
    rests_on,
    swatch,
    table_of_lines,
)
from yeonjwa.report.results import Results, month_period


def mean_recorded(results: Results) -> float | None:
    """Mean recorded arrivals over the full years of the run that have a record; None for short runs."""
    if not results.yearly:
        return None
    years = {int(p.x) for p in results.complete}
    found = [r.value for r in record.arrivals() if r.year in years]
    return sum(found) / len(found) if found else None


def _use_key(uses: set[str]) -> list[Key]:
    return [Key(recorded_sign(use), _(label)) for use, label in USES.items() if use in uses]


def arrivals(results: Results) -> Section:
    """Arrivals in South Korea against the record: how many, women's share, provinces."""
    mean, recorded = results.mean("flight.arrivals", results.complete), mean_recorded(results)
    if recorded and mean:
        title = _("{n} people {per} arrive in South Korea, {recorded} in the record")
    elif recorded and mean is not None:
        title = _("Nobody arrives in South Korea, {recorded} in the record")
    else:
        title = _("{n} people {per} arrive in South Korea") if mean else _("Nobody arrives in South Korea")
    title = title.format(n=words.number(mean), per=results.per, recorded=words.number(recorded))
    notes = [
        Note(
            _("One run"),
            _("A single run is a line without a band: chance alone moves it. An interval needs many seeds."),
        ),
        Note(
            _("Recorded"),
            _(
                "Ministry of Unification, counts by year of arrival. 2005\u20132011 and 2013\u20132015 are what "
                "flight was fitted to; 2016\u20132019 are held out; 2020\u20132023 test a closed border."
            ),
        ),
        rests_on(results, "flight", "border"),
    ]
    parts = [_arrivals_part(results), _women_part(results), _province_part(results)]
    return Section("arrivals", _("Arrivals"), title, tuple(p for p in parts if p), tuple(notes))


def _arrivals_part(results: Results) -> Part:
    known = record.arrivals() if results.yearly else ()
    marks = [{"x": r.year, "y": r.value, "use": r.use} for r in known]
    years = {p.x for p in results.complete}
    key = [Key(swatch(0), _("this run")), *_use_key({r.use for r in known if r.year in years})]
    line: Line = ("run", _("this run"), "flight.arrivals", "total", "total")
    figure = over_time(
        results,
        [line],
        id="arrivals",
        unit=_("persons {per}").format(per=results.per),
        label=_("Arrivals in South Korea over time, simulated as a line, recorded as marks."),
        recorded=marks,
        key=key,
    )
    recorded = {str(r.year): words.cell(r.value) for r in known}
    table = table_of_lines(
        results, [line], _("Arrivals in South Korea"), extra=[(_("Recorded"), recorded)] if known else ()
    )
    return Part(
        _("Arrivals, against the record"),
        "",
        _(
            "Arrivals lag departures by months or years; the run counts the month of arrival, as the record does."
        )
        + " "
        + _few(results),
        figure,
        table,
        "" if figure else _("Nobody arrives in South Korea in this run."),
    )


def _few(results: Results) -> str:
    """How many synthetic persons stand behind a point, where they are few."""
    weight = 1 / float(results.manifest.get("scale", 1.0))
    counts = [round((results.value("flight.arrivals", p) or 0.0) / weight) for p in results.complete]
    if weight <= 1 or not counts or min(counts) >= 100:
        return ""
    return _("One synthetic person stands for {n}: a point rests on {least} to {most} of them.").format(
        n=words.number(weight), least=min(counts), most=max(counts)
    )


def _women_part(results: Results) -> Part | None:
    if not results.total("flight.arrivals"):
        return None
    shares: list[dict[str, Any]] = []
    for p in results.complete:
        everyone = results.value("flight.arrivals", p)
        women = results.value("flight.arrivals", p, "sex", "female")
        if everyone and women is not None:
            shares.append({"x": p.x, "y": women / everyone, "series": "run", "label": p.label})
    if not shares:
        return None
    known = record.women_share() if results.yearly else ()
    marks = [{"x": r.year, "y": r.value, "use": r.use} for r in known]
    years = {p.x for p in results.complete}
    overall = results.total("flight.arrivals", "sex", "female") / results.total("flight.arrivals")
    figure = line_figure(
        results,
        shares,
        [("run", _("this run"), "", "", "")],
        id="women",
        unit=_("share of arrivals"),
        label=_("Share of women among those who arrive, simulated as a line, recorded as marks."),
        recorded=marks,
        key=[Key(swatch(0), _("this run")), *_use_key({r.use for r in known if r.year in years})],
        top=1.0,
    )
    by_year = {str(r.year): words.percent(r.value, 3) for r in known}
    rows = tuple(
        (str(s["label"]), words.percent(s["y"], 3), by_year.get(str(s["label"]), "\u2013")) for s in shares
    )
    return Part(
        _("Women are {share} of those who arrive").format(share=words.percent(overall)),
        "",
        _few(results),
        figure,
        Table(_("Share of women among arrivals"), (_("Period"), _("This run"), _("Recorded")), rows),
    )


def _province_part(results: Results) -> Part | None:
    total = results.total("flight.arrivals")
    lines = breakdown(results, "flight.arrivals", "province")
    if not total or not lines:
        return None
    known = record.origin_shares()
    counts = {lv: results.total("flight.arrivals", "province", lv) for lv, *_ in lines}
    order = sorted(counts, key=lambda lv: -counts[lv])
    rows = [
        {
            "label": words.both(lv),
            "value": counts[lv] / total,
            "text": words.percent(counts[lv] / total),
            **({"recorded": known[lv].value} if lv in known else {}),
        }
        for lv in order
    ]
    label = _("Where those who arrive come from, as shares of all arrivals of the run.")

    def make(width: int) -> figures.Spec:
        return figures.bars(
            rows, unit=_("share"), description=label, recorded="estimate" if known else "", width=width
        )

    table: tuple[tuple[Cell, ...], ...] = tuple(
        (
            *_names(lv),
            words.cell(counts[lv]),
            words.percent(counts[lv] / total),
            words.percent(known[lv].value) if lv in known else "\u2013",
        )
        for lv in order
    )
    first = order[0]
    head: tuple[Cell, ...] = (
        *_names(""),
        (_("Arrivals"), _("persons")),
        (_("This run"), _("share")),
        (_("Recorded"), _("share")),
    )
    return Part(
        _("{share} come from {place}").format(
            share=words.percent(counts[first] / total), place=words.level(first)
        ),
        _("Share of all arrivals of the run, by province of residence"),
        _("Recorded shares are those of all arrivals to mid 2018."),
        draw(
            make,
            label,
            [Key(recorded_sign("estimate"), _("recorded, all arrivals to mid 2018"))],
            id="provinces",
        ),
        Table(_("Arrivals by province"), head, table, words_columns=len(_names(""))),
    )


def _names(province: str) -> tuple[str, ...]:
    """First cells of a row: the province in English and Korean, in Korean alone on a Korean page; the head if it is empty."""
    if language.active() == "ko":
        return (words.level(province) if province else _("Province"),)
    if not province:
        return (_("Province"), _("Korean"))
    return (words.capital(words.level(province)), words.PROVINCES.get(province, ("", ""))[1])


def flights(results: Results) -> Section:
    """Attempts and what became of them; those in China."""
    attempts = results.total("flight.attempts")
    stopped = results.total("flight.interdicted")
    title = _("Nobody tries to leave")
    if attempts:
        title = _("Of 100 who try to leave, {n} are stopped at the border").format(
            n=words.number(100 * stopped / attempts, 2)
        )
    names = (
        ("attempts", _("attempts")),
        ("interdicted", _("stopped at the border")),
        ("arrivals", _("arrived in the South")),
    )
    first: list[Line] = [(n, label, f"flight.{n}", "total", "total") for n, label in names]
    ends = (
        ("repatriated", _("sent back by China")),
        ("returned", _("returned")),
        ("died", _("died on the way")),
    )
    second: list[Line] = [(n, label, f"flight.{n}", "total", "total") for n, label in ends]
    china: list[Line] = [
        ("settled", _("settled"), "flight.settled", "total", "total"),
        ("in_transit", _("in transit"), "flight.in_transit", "total", "total"),
    ]
    per = results.count_unit()
    parts = (
        plain_part(results, first, "attempts", _("Attempts, and two of their ends"), per),
        plain_part(results, second, "ends", _("Other ends of a flight"), per),
        plain_part(results, china, "china", _("North Koreans in China"), results.state_unit()),
    )
    notes = (
        Note(
            _("Identity"),
            _(
                "Each month, those in China before plus attempts equal those stopped, dead, sent back, returned, "
                "arrived and those in China after."
            ),
        ),
        rests_on(results, "flight", "border"),
    )
    return Section("flights", _("Flights"), title, parts, notes)


def plain_part(
    results: Results, lines: list[Line], id: str, title: str, unit: str, reading: str = "", caption: str = ""
) -> Part:
    """Lines over time with their table; lines that are zero throughout are named in words."""
    kept = [line for line in lines if results.has(line[2])]
    shown = [
        line for line in kept if any(results.value(line[2], p, line[3], line[4]) for p in results.complete)
    ]
    figure = (
        over_time(
            results,
            shown,
            id=id,
            unit=unit.lower(),
            label=_("{what}, over time.").format(what=caption or title),
        )
        if shown
        else None
    )
    absent = [line[1] for line in lines if line not in shown]
    if figure and absent:
        zero = _("Zero throughout or not recorded: {names}.").format(names=words.join(absent))
        reading = f"{reading} {zero}".strip()
    table = table_of_lines(results, kept, caption or title) if kept else None
    empty = "" if figure else _("None in this run: {names}.").format(names=words.join(absent))
    shows = tuple(dict.fromkeys(line[2] for line in lines))
    return Part(title, "", reading, figure, table, empty, shows)


def camps(results: Results) -> Section:
    """People held in camps, with the published estimates; intake and deaths."""
    end = results.series.get(("camp.stock", "total", "total"), {}).get(results.months[-1])
    title = _("{n} people are held at the end of the run").format(n=words.capital(words.number(end)))
    deaths: list[Line] = [
        ("intake", _("taken in"), "camp.intake", "total", "total"),
        ("deaths", _("died"), "camp.deaths", "total", "total"),
    ]
    notes = (
        Note(
            _("The sources conflict"),
            _(
                "Institutes see a fall from about 200,000 to 59,000 (grade B); one newspaper counts 198,900 to 232,400 "
                "in 2020\u20132023 (grade C). Both are shown; the run is fitted to neither."
            ),
        ),
        rests_on(results, "camp", "sanction", "offence"),
    )
    parts = (
        _stock_part(results),
        plain_part(results, deaths, "intake", _("Taken in and died"), results.count_unit()),
    )
    return Section("camps", _("Camps"), title, parts, notes)


def _stock_part(results: Results) -> Part:
    stock = results.series.get(("camp.stock", "total", "total"), {})
    periods = [month_period(m) for m in results.months]
    rows = [{"x": p.x, "y": stock[p.months[0]], "series": "run"} for p in periods if p.months[0] in stock]
    table = table_of_lines(
        results,
        [("stock", _("held at the end"), "camp.stock", "total", "total")],
        _("People held in political prison camps"),
    )
    title = _("People held in political prison camps")
    if not any(r["y"] for r in rows):
        return Part(title, "", "", None, table, _("Nobody is held in this run."), ("camp.stock",))
    known = record.camp_population() if results.yearly else ()
    marks: list[dict[str, Any]] = [
        {"x": r.year + 0.5, "y": r.value, "use": r.use, "low": r.low, "high": r.high} for r in known
    ]
    key = [Key(swatch(0), _("this run"))]
    if known:
        key += [
            Key(recorded_sign("estimate"), _("published estimate, with its range")),
            Key(recorded_sign("not_used"), _("one newspaper, grade C")),
        ]
    lines: list[Line] = [("run", _("this run"), "camp.stock", "total", "total")]
    label = _("People held in camps by month, simulated as a line; published estimates as marks.")
    axis = (
        (results.complete[0].x, max(results.complete[-1].x + 1, *(m["x"] for m in marks)))
        if results.yearly
        else None
    )
    figure = line_figure(
        results,
        rows,
        lines,
        id="stock",
        unit=_("persons, end of month"),
        label=label,
        recorded=marks,
        key=key,
        axis=axis,
    )
    return Part(title, "", "", figure, table, "", ("camp.stock",))
