"""Chapters on what happened to people: arrivals, flights, camps."""

from __future__ import annotations

from typing import Any

from yeonjwa.report import figures, record, words
from yeonjwa.report.pieces import (
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

_USES = {
    "fitted": "recorded, used to set the constant",
    "held_out": "recorded, held out",
    "closed_border": "recorded, closed border",
    "not_used": "recorded, shown but not used",
}


def mean_recorded(results: Results) -> float | None:
    """Mean recorded arrivals over the full years of the run that have a record; None for short runs."""
    if not results.yearly:
        return None
    years = {int(p.x) for p in results.complete}
    found = [r.value for r in record.arrivals() if r.year in years]
    return sum(found) / len(found) if found else None


def _use_key(uses: set[str]) -> list[Key]:
    return [Key(recorded_sign(use), label) for use, label in _USES.items() if use in uses]


def arrivals(results: Results) -> Section:
    """Arrivals in South Korea against the record: how many, women's share, provinces."""
    mean, recorded = results.mean("flight.arrivals", results.complete), mean_recorded(results)
    title = (
        f"{words.number(mean)} people {results.per} arrive in South Korea"
        if mean
        else "Nobody arrives in South Korea"
    )
    if recorded and mean is not None:
        title += f", {words.number(recorded)} in the record"
    notes = [
        Note(
            "One run",
            "A single run is a line without a band: chance alone moves it. An interval needs many seeds.",
        ),
        Note(
            "Recorded",
            "Ministry of Unification, counts by year of arrival. 2005\u20132011 and 2013\u20132015 set the free "
            "constant of flight; 2016\u20132019 are held out; 2020\u20132023 test a closed border.",
        ),
        rests_on(results, "flight", "border"),
    ]
    parts = [_arrivals_part(results), _women_part(results), _province_part(results)]
    return Section("arrivals", "Arrivals", title, tuple(p for p in parts if p), tuple(notes))


def _arrivals_part(results: Results) -> Part:
    known = record.arrivals() if results.yearly else ()
    marks = [{"x": r.year, "y": r.value, "use": r.use} for r in known]
    years = {p.x for p in results.complete}
    key = [Key(swatch(0), "this run"), *_use_key({r.use for r in known if r.year in years})]
    line: Line = ("run", "this run", "flight.arrivals", "total", "total")
    figure = over_time(
        results,
        [line],
        id="arrivals",
        unit=f"persons {results.per}",
        label="Arrivals in South Korea over time, simulated as a line, recorded as marks.",
        recorded=marks,
        key=key,
    )
    recorded = {str(r.year): words.cell(r.value) for r in known}
    table = table_of_lines(
        results, [line], "Arrivals in South Korea", extra=[("Recorded", recorded)] if known else ()
    )
    return Part(
        "Arrivals, against the record",
        "",
        "Arrivals lag departures by months or years; the run counts the month of arrival, as the record does. "
        + _few(results),
        figure,
        table,
        "" if figure else "Nobody arrives in South Korea in this run.",
    )


def _few(results: Results) -> str:
    """How many synthetic persons stand behind a point, where they are few."""
    weight = 1 / float(results.manifest.get("scale", 1.0))
    counts = [round((results.value("flight.arrivals", p) or 0.0) / weight) for p in results.complete]
    if weight <= 1 or not counts or min(counts) >= 100:
        return ""
    return f"One synthetic person stands for {words.number(weight)}: a point rests on {min(counts)} to {max(counts)} of them."


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
        [("run", "this run", "", "", "")],
        id="women",
        unit="share of arrivals",
        label="Share of women among those who arrive, simulated as a line, recorded as marks.",
        recorded=marks,
        key=[Key(swatch(0), "this run"), *_use_key({r.use for r in known if r.year in years})],
        top=1.0,
    )
    by_year = {str(r.year): words.percent(r.value, 3) for r in known}
    rows = tuple(
        (str(s["label"]), words.percent(s["y"], 3), by_year.get(str(s["label"]), "\u2013")) for s in shares
    )
    return Part(
        f"Women are {words.percent(overall)} of those who arrive",
        "",
        _few(results),
        figure,
        Table("Share of women among arrivals", ("Period", "This run", "Recorded"), rows),
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
            "label": f"{words.PROVINCES[lv][0]} {words.PROVINCES[lv][1]}"
            if lv in words.PROVINCES
            else words.level(lv),
            "value": counts[lv] / total,
            "text": words.percent(counts[lv] / total),
            **({"recorded": known[lv].value} if lv in known else {}),
        }
        for lv in order
    ]
    label = "Where those who arrive come from, as shares of all arrivals of the run."

    def make(width: int) -> figures.Spec:
        return figures.bars(
            rows, unit="share", description=label, recorded="estimate" if known else "", width=width
        )

    table = tuple(
        (
            words.capital(words.level(lv)),
            words.PROVINCES.get(lv, ("", ""))[1],
            words.cell(counts[lv]),
            words.percent(counts[lv] / total),
            words.percent(known[lv].value) if lv in known else "\u2013",
        )
        for lv in order
    )
    first = order[0]
    return Part(
        f"{words.percent(counts[first] / total)} come from {words.level(first)}",
        "Share of all arrivals of the run, by province of residence",
        "Recorded shares are those of all arrivals to mid 2018.",
        draw(
            make,
            label,
            [Key(recorded_sign("estimate"), "recorded, all arrivals to mid 2018")],
            id="provinces",
        ),
        Table(
            "Arrivals by province",
            ("Province", "Korean", ("Arrivals", "persons"), ("This run", "share"), ("Recorded", "share")),
            table,
            words_columns=2,
        ),
    )


def flights(results: Results) -> Section:
    """Attempts and what became of them; those in China."""
    attempts = results.total("flight.attempts")
    stopped = results.total("flight.interdicted")
    title = "Nobody tries to leave"
    if attempts:
        title = (
            f"Of 100 who try to leave, {words.number(100 * stopped / attempts, 2)} are stopped at the border"
        )
    names = (
        ("attempts", "attempts"),
        ("interdicted", "stopped at the border"),
        ("arrivals", "arrived in the South"),
    )
    first: list[Line] = [(n, label, f"flight.{n}", "total", "total") for n, label in names]
    ends = (
        ("repatriated", "sent back by China"),
        ("returned", "returned"),
        ("died", "died on the way"),
    )
    second: list[Line] = [(n, label, f"flight.{n}", "total", "total") for n, label in ends]
    china: list[Line] = [
        ("settled", "settled", "flight.settled", "total", "total"),
        ("in_transit", "in transit", "flight.in_transit", "total", "total"),
    ]
    per = f"Persons {results.per}"
    parts = (
        plain_part(results, first, "attempts", "Attempts, and two of their ends", per),
        plain_part(results, second, "ends", "Other ends of a flight", per),
        plain_part(results, china, "china", "North Koreans in China", f"Persons, end of {results.per[2:]}"),
    )
    notes = (
        Note(
            "Identity",
            "Each month, those in China before plus attempts equal those stopped, dead, sent back, returned, "
            "arrived and those in China after.",
        ),
        rests_on(results, "flight", "border"),
    )
    return Section("flights", "Flights", title, parts, notes)


def plain_part(
    results: Results, lines: list[Line], id: str, title: str, unit: str, reading: str = "", caption: str = ""
) -> Part:
    """Lines over time with their table; lines that are zero throughout are named in words."""
    kept = [line for line in lines if results.has(line[2])]
    shown = [
        line for line in kept if any(results.value(line[2], p, line[3], line[4]) for p in results.complete)
    ]
    figure = (
        over_time(results, shown, id=id, unit=unit.lower(), label=f"{caption or title}, over time.")
        if shown
        else None
    )
    absent = [line[1] for line in lines if line not in shown]
    if figure and absent:
        reading = f"{reading} Zero throughout or not recorded: {words.join(absent)}.".strip()
    table = table_of_lines(results, kept, caption or title) if kept else None
    empty = "" if figure else f"None in this run: {words.join(absent)}."
    shows = tuple(dict.fromkeys(line[2] for line in lines))
    return Part(title, "", reading, figure, table, empty, shows)


def camps(results: Results) -> Section:
    """People held in camps, with the published estimates; intake and deaths."""
    end = results.series.get(("camp.stock", "total", "total"), {}).get(results.months[-1])
    title = f"{words.capital(words.number(end))} people are held at the end of the run"
    deaths: list[Line] = [
        ("intake", "taken in", "camp.intake", "total", "total"),
        ("deaths", "died", "camp.deaths", "total", "total"),
    ]
    notes = (
        Note(
            "The sources conflict",
            "Institutes see a fall from about 200,000 to 59,000 (grade B); one newspaper counts 198,900 to 232,400 "
            "in 2020\u20132023 (grade C). Both are shown; the run is fitted to neither.",
        ),
        rests_on(results, "camp", "sanction", "offence"),
    )
    parts = (
        _stock_part(results),
        plain_part(results, deaths, "intake", "Taken in and died", f"Persons {results.per}"),
    )
    return Section("camps", "Camps", title, parts, notes)


def _stock_part(results: Results) -> Part:
    stock = results.series.get(("camp.stock", "total", "total"), {})
    periods = [month_period(m) for m in results.months]
    rows = [{"x": p.x, "y": stock[p.months[0]], "series": "run"} for p in periods if p.months[0] in stock]
    table = table_of_lines(
        results,
        [("stock", "held at the end", "camp.stock", "total", "total")],
        "People held in political prison camps",
    )
    title = "People held in political prison camps"
    if not any(r["y"] for r in rows):
        return Part(title, "", "", None, table, "Nobody is held in this run.", ("camp.stock",))
    known = record.camp_population() if results.yearly else ()
    marks: list[dict[str, Any]] = [
        {"x": r.year + 0.5, "y": r.value, "use": r.use, "low": r.low, "high": r.high} for r in known
    ]
    key = [Key(swatch(0), "this run")]
    if known:
        key += [
            Key(recorded_sign("estimate"), "published estimate, with its range"),
            Key(recorded_sign("not_used"), "one newspaper, grade C"),
        ]
    lines: list[Line] = [("run", "this run", "camp.stock", "total", "total")]
    label = "People held in camps by month, simulated as a line; published estimates as marks."
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
        unit="persons, end of month",
        label=label,
        recorded=marks,
        key=key,
        axis=axis,
    )
    return Part(title, "", "", figure, table, "", ("camp.stock",))
