"""Chapters on money and words: support, its motives, flows, hints and threats."""

from __future__ import annotations

from yeonjwa.report import figures, flows, theme, words
from yeonjwa.report.outcomes import plain_part
from yeonjwa.report.pieces import (
    Figure,
    Key,
    Line,
    Note,
    Part,
    Section,
    Table,
    breakdown,
    draw,
    over_time,
    rests_on,
    table_of_lines,
)
from yeonjwa.report.results import Results

POSTS = ("official", "expatriate", "senior", "security", "administrator")
FEAR = ("liability", "hint", "threat")


def fear_share(results: Results) -> float | None:
    """Part of the money paid inside families in office that is paid for fear; None if nothing is paid."""
    paid = {lv: results.total("support.amount", "motive", lv) for lv in (*FEAR, "altruism")}
    if sum(paid.values()) == 0:
        flow = {
            lv: sum(r["amount"] for r in results.flows if r["motive"] == lv) for lv in (*FEAR, "altruism")
        }
        paid = flow
    total = sum(paid.values())
    return sum(paid[lv] for lv in FEAR) / total if total else None


def money(results: Results) -> Section:
    """Who pays, to whom by degree, why, and where it goes."""
    amount = results.mean("support.amount", results.complete)
    share = fear_share(results)
    title = "Nobody in office pays a relative"
    if amount:
        title = (
            f"{words.number(amount)} baskets {results.per} go from families in office to relatives in need"
        )
    if amount and share is not None:
        title += f"; fear pays {words.percent(share)}" if share else ", none of it for fear"
    parts = (
        _hardship(results),
        _by_post(results),
        _by_degree(results),
        _by_motive(results),
        _flow_part(results),
        _need(results),
        _home(results),
    )
    notes = (
        Note("A basket", "What one person needs for a month, about 26 US dollars."),
        Note(
            "What is recorded",
            "Sums sent by people in the South are (grade B). Of sums paid inside the country no source gives any.",
        ),
        rests_on(results, "support", "loss", "economy", "remittance"),
    )
    return Section("money", "Money", title, tuple(p for p in parts if p), notes)


def _hardship(results: Results) -> Part | None:
    if not results.has("hardship.poor"):
        return None
    alive, poor = (results.mean(m, results.complete) for m in ("population.alive", "hardship.poor"))
    title = "Who is in need"
    if alive and poor:
        title = (
            f"{words.number(poor)} people live below one basket a month, {words.percent(poor / alive)} of all"
        )
    lines: list[Line] = [("poor", "below one basket", "hardship.poor", "total", "total")]
    unit, caption = f"Persons, end of {results.per[2:]}", "People living below one basket a month"
    return plain_part(results, lines, "poor", title, unit, caption=caption)


def _by_post(results: Results) -> Part:
    lines = breakdown(results, "support.amount", "post", order=POSTS)
    total: Line = ("total", "all", "support.amount", "total", "total")
    unit = f"Baskets {results.per}"
    table = table_of_lines(results, [total, *lines], "Support by post of the one who pays, baskets")
    figure, title = None, "Who pays"
    if lines:
        paid = {lv: results.total("support.amount", "post", lv) for lv, *_ in lines}
        most = max(paid, key=lambda lv: paid[lv])
        title = f"{words.capital(words.level(most))} pay most, {words.percent(paid[most] / sum(paid.values()))} of all"
        label = "Support paid to relatives over time, by post of the one who pays."
        figure = over_time(results, lines[:6], id="posts", unit=unit.lower(), label=label)
    return Part(
        title, "", "By post of the one who pays, in the whole country.", figure, table,
        "" if figure else "No support is paid in this run.",
    )  # fmt: skip


def _by_degree(results: Results) -> Part | None:
    lines = sorted(breakdown(results, "support.amount", "degree"))
    total = sum(results.total("support.amount", "degree", lv) for lv, *_ in lines)
    if not lines or not total:
        return None
    rows = []
    for lv, *_ in lines:
        part = results.total("support.amount", "degree", lv) / total
        rows.append({"label": f"{lv}촌", "value": part, "text": words.percent(part)})
    label = "Support by degree of kinship between the one who pays and the one who receives."

    def make(width: int) -> figures.Spec:
        return figures.bars(rows, unit="share", description=label, width=width)

    near = sum(results.total("support.amount", "degree", lv) for lv in ("1", "2")) / total
    return Part(
        f"{words.percent(near)} goes to parents, children, siblings, grandparents and grandchildren",
        "Share of all support of the run by degree of kinship: 1촌 parents, children; 2촌 siblings, grandparents, "
        "grandchildren; 3촌 aunts, uncles, nieces, nephews; 4촌 first cousins",
        "",
        draw(make, label, id="degrees"),
        table_of_lines(results, lines, "Support by degree of kinship, baskets"),
    )


def _by_motive(results: Results) -> Part | None:
    lines = breakdown(results, "support.amount", "motive", order=("liability", "hint", "threat", "altruism"))
    if not lines:
        return None
    unit = f"Baskets {results.per}"
    figure = over_time(
        results, lines[:6], id="motives", unit=unit.lower(), label="Support over time, by motive."
    )
    reading = "What would be given without any punishment is counted as affection; the rest is fear."
    table = table_of_lines(results, lines, "Support by motive, baskets")
    share = fear_share(results)
    title = f"Fear pays {words.percent(share)}, affection the rest" if share else "All of it is affection"
    return Part(title, "", reading, figure, table)


def _flow_part(results: Results) -> Part | None:
    years = sorted({int(r["year"]) for r in results.flows if r["amount"] > 0})
    whole = [y for y in years if any(p.label == str(y) for p in results.periods)]
    if not years:
        return None
    chosen = 2014 if 2014 in whole else (whole or years)[len(whole or years) // 2]
    found = flows.of_year(results.flows, chosen)
    fear = sum(f[3] for f in found if f[1] in flows.OF_INTEREST)
    total = sum(f[3] for f in found)
    label = f"Flows of money in {chosen}: who pays, on what occasion, who receives."
    key = [
        Key(block(theme.PLUM, "0.55"), "paid for fear of punishment"),
        Key(block(theme.RULE, "0.26"), "other money"),
    ]
    figure = Figure(
        flows.drawing(found, figures.WIDE), flows.drawing(found, figures.NARROW), label, tuple(key)
    )
    rows = tuple(
        (
            words.capital(words.level(a)),
            words.level(b),
            "other provinces" if c == "elsewhere" else words.level(c),
            words.cell(v),
        )
        for a, b, c, v in found
    )
    return Part(
        f"Where the money goes, {chosen}",
        f"Baskets in the year. Plum: paid for fear, {words.percent(fear / total)} of all",
        "",
        figure,
        Table(
            f"Flows of money in {chosen}",
            ("Who pays", "Occasion", "Who receives", "Baskets"),
            rows,
            words_columns=3,
        ),
    )


def block(colour: str, opacity: str) -> str:
    """A piece of colour for a key."""
    return (
        '<svg width="26" height="12" viewBox="0 0 26 12" aria-hidden="true">'
        f'<rect width="26" height="12" fill="{colour}" fill-opacity="{opacity}"/></svg>'
    )


def _need(results: Results) -> Part:
    lines: list[Line] = [("unmet", "wished but not affordable", "support.unmet", "total", "total")]
    reading = "Payments that a family in office would have made with a larger purse."
    unit = f"{words.capital(results.units.get('support.unmet', 'baskets'))} {results.per}"
    return plain_part(results, lines, "unmet", "What they could not pay", unit, reading)


def _home(results: Results) -> Part | None:
    lines: list[Line] = [
        ("sent", "sent from the South", "remittance.sent", "total", "total"),
        ("fees", "kept by brokers", "remittance.fees", "total", "total"),
    ]
    if not any(results.has(line[2]) for line in lines):
        return None
    reading = "Money that people who got out send to their families."
    return plain_part(
        results, lines, "home", "Sent home by those who left", f"Baskets {results.per}", reading
    )


def signals(results: Results) -> Section:
    """Hints and threats, and what became of them."""
    hints = results.total("signal.hints") + results.total("signal.threats")
    bluff, paid = results.total("signal.bluff"), results.total("signal.paid")
    title = "Nobody hints at leaving"
    if hints:
        title = (
            f"{words.percent(bluff / hints)} of hints and threats to leave are bluffs; "
            f"{words.percent(paid / hints)} are paid"
        )
    spoken: list[Line] = [
        ("hints", "hints", "signal.hints", "total", "total"),
        ("threats", "threats", "signal.threats", "total", "total"),
    ]
    ends: list[Line] = [
        ("paid", "paid", "signal.paid", "total", "total"),
        ("bluff", "bluffs", "signal.bluff", "total", "total"),
        ("denounced", "denounced", "signal.denounced", "total", "total"),
    ]
    unit = f"Events {results.per}"
    parts = (
        plain_part(results, spoken, "signals", "Hints and threats to leave", unit),
        plain_part(
            results,
            ends,
            "answers",
            "What became of them",
            unit,
            "A bluff is spoken without a plan to leave.",
        ),
    )
    notes = (
        Note(
            "A hint",
            "A poor relative lets a family in office understand that they may leave, and is paid, or not.",
        ),
        rests_on(results, "hint"),
    )
    return Section("signals", "Hints and threats", title, parts, notes)
