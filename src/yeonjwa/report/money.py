"""Chapters on money and words: support, its motives, flows, hints and threats."""

from __future__ import annotations

from yeonjwa.core.language import gettext as _
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
    title = _("Nobody in office pays a relative")
    if amount and share:
        title = _("{n} baskets {per} go from families in office to relatives in need; fear pays {share}")
    elif amount and share is not None:
        title = _("{n} baskets {per} go from families in office to relatives in need, none of it for fear")
    elif amount:
        title = _("{n} baskets {per} go from families in office to relatives in need")
    title = title.format(n=words.number(amount), per=results.per, share=words.percent(share))
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
        Note(_("A basket"), _("What one person needs for a month, about 26 US dollars.")),
        Note(
            _("What is recorded"),
            _(
                "Sums sent by people in the South are (grade B). Of sums paid inside the country no source gives any."
            ),
        ),
        rests_on(results, "support", "loss", "economy", "remittance"),
    )
    return Section("money", _("Money"), title, tuple(p for p in parts if p), notes)


def _hardship(results: Results) -> Part | None:
    if not results.has("hardship.poor"):
        return None
    alive, poor = (results.mean(m, results.complete) for m in ("population.alive", "hardship.poor"))
    title = _("Who is in need")
    if alive and poor:
        title = _("{n} people live below one basket a month, {share} of all").format(
            n=words.number(poor), share=words.percent(poor / alive)
        )
    lines: list[Line] = [("poor", _("below one basket"), "hardship.poor", "total", "total")]
    caption = _("People living below one basket a month")
    return plain_part(results, lines, "poor", title, results.state_unit(), caption=caption)


def _by_post(results: Results) -> Part:
    lines = breakdown(results, "support.amount", "post", order=POSTS)
    total: Line = ("total", _("all"), "support.amount", "total", "total")
    unit = results.baskets_unit()
    table = table_of_lines(results, [total, *lines], _("Support by post of the one who pays, baskets"))
    figure, title = None, _("Who pays")
    if lines:
        paid = {lv: results.total("support.amount", "post", lv) for lv, *_rest in lines}
        most = max(paid, key=lambda lv: paid[lv])
        title = _("{who} pay most, {share} of all").format(
            who=words.capital(words.level(most)), share=words.percent(paid[most] / sum(paid.values()))
        )
        label = _("Support paid to relatives over time, by post of the one who pays.")
        figure = over_time(results, lines[:6], id="posts", unit=unit.lower(), label=label)
    return Part(
        title, "", _("By post of the one who pays, in the whole country."), figure, table,
        "" if figure else _("No support is paid in this run."),
    )  # fmt: skip


def _by_degree(results: Results) -> Part | None:
    lines = sorted(breakdown(results, "support.amount", "degree"))
    total = sum(results.total("support.amount", "degree", lv) for lv, *_rest in lines)
    if not lines or not total:
        return None
    rows = []
    for lv, *_rest in lines:
        part = results.total("support.amount", "degree", lv) / total
        rows.append({"label": f"{lv}촌", "value": part, "text": words.percent(part)})
    label = _("Support by degree of kinship between the one who pays and the one who receives.")

    def make(width: int) -> figures.Spec:
        return figures.bars(rows, unit=_("share"), description=label, width=width)

    near = sum(results.total("support.amount", "degree", lv) for lv in ("1", "2")) / total
    return Part(
        _("{share} goes to parents, children, siblings, grandparents and grandchildren").format(
            share=words.percent(near)
        ),
        _(
            "Share of all support of the run by degree of kinship: 1촌 parents, children; 2촌 siblings, grandparents, "
            "grandchildren; 3촌 aunts, uncles, nieces, nephews; 4촌 first cousins"
        ),
        "",
        draw(make, label, id="degrees"),
        table_of_lines(results, lines, _("Support by degree of kinship, baskets")),
    )


def _by_motive(results: Results) -> Part | None:
    lines = breakdown(results, "support.amount", "motive", order=("liability", "hint", "threat", "altruism"))
    if not lines:
        return None
    unit = results.baskets_unit()
    figure = over_time(
        results, lines[:6], id="motives", unit=unit.lower(), label=_("Support over time, by motive.")
    )
    reading = _("What would be given without any punishment is counted as affection; the rest is fear.")
    table = table_of_lines(results, lines, _("Support by motive, baskets"))
    share = fear_share(results)
    title = _("All of it is affection")
    if share:
        title = _("Fear pays {share}, affection the rest").format(share=words.percent(share))
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
    label = _("Flows of money in {year}: who pays, on what occasion, who receives.").format(year=chosen)
    key = [
        Key(block(theme.PLUM, "0.55"), _("paid for fear of punishment")),
        Key(block(theme.RULE, "0.26"), _("other money")),
    ]
    figure = Figure(
        flows.drawing(found, figures.WIDE), flows.drawing(found, figures.NARROW), label, tuple(key)
    )
    rows = tuple(
        (
            words.capital(words.level(a)),
            words.level(b),
            words.level(c),
            words.cell(v),
        )
        for a, b, c, v in found
    )
    return Part(
        _("Where the money goes, {year}").format(year=chosen),
        _("Baskets in the year. Plum: paid for fear, {share} of all").format(
            share=words.percent(fear / total)
        ),
        "",
        figure,
        Table(
            _("Flows of money in {year}").format(year=chosen),
            (_("Who pays"), _("Occasion"), _("Who receives"), _("Baskets")),
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
    lines: list[Line] = [("unmet", _("wished but not affordable"), "support.unmet", "total", "total")]
    reading = _("Payments that a family in office would have made with a larger purse.")
    return plain_part(results, lines, "unmet", _("What they could not pay"), results.baskets_unit(), reading)


def _home(results: Results) -> Part | None:
    lines: list[Line] = [
        ("sent", _("sent from the South"), "remittance.sent", "total", "total"),
        ("fees", _("kept by brokers"), "remittance.fees", "total", "total"),
    ]
    if not any(results.has(line[2]) for line in lines):
        return None
    reading = _("Money that people who got out send to their families.")
    return plain_part(
        results, lines, "home", _("Sent home by those who left"), results.baskets_unit(), reading
    )


def signals(results: Results) -> Section:
    """Hints and threats, and what became of them."""
    hints = results.total("signal.hints") + results.total("signal.threats")
    bluff, paid = results.total("signal.bluff"), results.total("signal.paid")
    title = _("Nobody hints at leaving")
    if hints:
        title = _("{bluffs} of hints and threats to leave are bluffs; {paid} are paid").format(
            bluffs=words.percent(bluff / hints), paid=words.percent(paid / hints)
        )
    spoken: list[Line] = [
        ("hints", _("hints"), "signal.hints", "total", "total"),
        ("threats", _("threats"), "signal.threats", "total", "total"),
    ]
    ends: list[Line] = [
        ("paid", _("paid"), "signal.paid", "total", "total"),
        ("bluff", _("bluffs"), "signal.bluff", "total", "total"),
        ("denounced", _("denounced"), "signal.denounced", "total", "total"),
    ]
    unit = _("Events {per}").format(per=results.per)
    parts = (
        plain_part(results, spoken, "signals", _("Hints and threats to leave"), unit),
        plain_part(
            results,
            ends,
            "answers",
            _("What became of them"),
            unit,
            _("A bluff is spoken without a plan to leave."),
        ),
    )
    notes = (
        Note(
            _("A hint"),
            _("A poor relative lets a family in office understand that they may leave, and is paid, or not."),
        ),
        rests_on(results, "hint"),
    )
    return Section("signals", _("Hints and threats"), title, parts, notes)
