"""What a report says first and last: the answer, the run, its parameters, its sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from yeonjwa.core import language as languages
from yeonjwa.core.language import gettext as _
from yeonjwa.core.language import noop
from yeonjwa.laboratory import monte_carlo
from yeonjwa.report import retold, words
from yeonjwa.report.grounds import Grounds
from yeonjwa.report.grounds import of as grounds_of
from yeonjwa.report.money import FEAR, fear_share
from yeonjwa.report.outcomes import mean_recorded
from yeonjwa.report.pieces import Cell, Table, spans
from yeonjwa.report.record import arrivals as recorded_arrivals
from yeonjwa.report.results import Period, Results


@dataclass(frozen=True)
class Line:
    """A parameter as the report lists it."""

    path: str
    description: str
    value: str
    range: str
    unit: str
    grade: str
    sources: tuple[str, ...]
    changed: bool = False


def headline(results: Results) -> str:
    """The answer in one sentence: what fear of punishment paid, and how many got out."""
    paid, share = results.mean("support.amount", results.complete), fear_share(results)
    arrived = results.mean("flight.arrivals", results.complete)
    if not paid:
        money = _("No family in office paid a relative")
    elif share is None:
        money = _("Families in office paid poor relatives {n} baskets {per}").format(
            n=words.number(paid), per=results.per
        )
    elif share == 0:
        money = _("Nothing was paid to relatives for fear of punishment")
    else:
        money = _("Fear of punishment moved {n} baskets {per} to poor relatives").format(
            n=words.number(share * paid), per=results.per
        )
    people = (
        _("{n} people {per} reached the South").format(n=words.number(arrived), per=results.per)
        if arrived
        else _("nobody reached the South")
    )
    return _("{money}, and {people}").format(money=money, people=people)


def lead(results: Results) -> str:
    """What the headline rests on: the run, all support, the record."""
    m = results.manifest
    when = words.period(m["first"], m["last"])
    if not results.yearly:
        when = _("{first} to {last}").format(first=m["first"], last=m["last"])
    sentences = [
        _("One run of \u201c{scenario}\u201d, {when}, {scale}, seed {seed}.").format(
            scenario=_scenario(results),
            when=when,
            scale=_scale_words(float(m.get("scale", 1.0))),
            seed=m.get("seed"),
        )
    ]
    paid, share = results.mean("support.amount", results.complete), fear_share(results)
    if paid and share is not None:
        said = (
            _(
                "Families in office gave {n} baskets {per} in all, {share} of it for fear, the rest out of affection."
            )
            if share
            else _("Families in office gave {n} baskets {per} in all, all out of affection.")
        )
        sentences.append(said.format(n=words.number(paid), per=results.per, share=words.percent(share)))
    recorded, arrived = mean_recorded(results), results.mean("flight.arrivals", results.complete)
    if recorded and arrived is not None:
        gap = arrived / recorded - 1
        if abs(gap) < 0.005:
            said = _("The record has {n} arrivals a year in the same years: the same as the run.")
        elif gap > 1:
            said = _(
                "The record has {n} arrivals a year in the same years: the run has {times} times as many."
            )
        elif gap > 0:
            said = _("The record has {n} arrivals a year in the same years: the run is {gap} above it.")
        else:
            said = _("The record has {n} arrivals a year in the same years: the run is {gap} below it.")
        sentences.append(
            said.format(n=words.number(recorded), times=words.number(1 + gap, 2), gap=words.percent(abs(gap)))
        )
    return " ".join(sentences)


def _scenario(results: Results) -> str:
    scenario = results.manifest.get("scenario", {})
    if isinstance(scenario, Mapping):
        return words.plain(words.said(str(scenario.get("title") or scenario.get("name", ""))))
    return words.plain(str(scenario))


def _scale_words(scale: float) -> str:
    if scale == 1:
        return _("the whole country")
    return _("a complete country at 1 to {n}").format(n=words.number(1 / scale))


#: Name, unit, value over periods, how it is written, and the result whose chance it has (empty: none).
Answer = tuple[str, str, Callable[[Sequence[Period]], float | None], Callable[[float | None], str], str]


def answers(results: Results) -> Table:
    """Main results by span of the regime, each with its Monte Carlo error."""
    cut = spans(results)
    head = (_("Mean per year") if results.yearly else _("Mean per month"), *(name for name, _when in cut))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            (name, unit),
            *(_with_error(results, compute(periods), periods, show, chance) for _when, periods in cut),
        )
        for name, unit, compute, show, chance in _answers(results)
    )
    return Table(_("Main results"), head, rows, open=True)


def _with_error(
    results: Results,
    value: float | None,
    periods: Sequence[Period],
    show: Callable[[float | None], str],
    chance: str,
) -> Cell:
    """A value with its standard error by chance, where that is known."""
    table = monte_carlo.load()
    months = sum(len(p.months) for p in periods)
    if value is None or chance not in table.rows or not months:
        return show(value)
    # The table counts by year.
    per_year = 1 if results.yearly or not monte_carlo.is_count(chance) else 12
    scale = float(results.manifest.get("scale", 1.0))
    error = table.error(chance, value * per_year, scale=scale, years=months / 12) / per_year
    if not error:
        return show(value)
    written = words.percent(error, 1) if show is words.percent else words.number(error, 2)
    return show(value), f"\u00b1{words.NBSP}{written}"


def _answers(results: Results) -> list[Answer]:
    def mean(measure: str) -> Callable[[Sequence[Period]], float | None]:
        return lambda periods: results.mean(measure, periods)

    def ratio(above: Sequence[str], below: Sequence[str]) -> Callable[[Sequence[Period]], float | None]:
        def share(periods: Sequence[Period]) -> float | None:
            top, bottom = (sum(results.mean(m, periods) or 0.0 for m in ms) for ms in (above, below))
            return top / bottom if bottom else None

        return share

    def recorded(periods: Sequence[Period]) -> float | None:
        known = {r.year: r.value for r in recorded_arrivals()}
        found = [known[int(p.x)] for p in periods if p.x in known]
        return sum(found) / len(found) if len(found) == len(periods) else None

    found: list[Answer] = [
        (
            _("Support by families in office"),
            _("baskets"),
            mean("support.amount"),
            words.cell,
            "support.amount",
        ),
        (_("of it for fear of punishment"), _("baskets"), _fear(results), words.cell, "support.for_fear"),
        (
            _("Arrivals in South Korea"),
            _("persons"),
            mean("flight.arrivals"),
            words.cell,
            "flight.arrivals",
        ),
    ]
    if results.yearly:
        found.append((_("Arrivals, recorded"), _("persons"), recorded, words.cell, ""))
    hints = ("signal.hints", "signal.threats")
    return [
        *found,
        (_("Attempts to leave"), _("persons"), mean("flight.attempts"), words.cell, "flight.attempts"),
        (
            _("Hints and threats that are bluffs"),
            _("share"),
            ratio(("signal.bluff",), hints),
            words.percent,
            "signal.bluff_share",
        ),
        (
            _("Persons punished for an offence"),
            _("persons"),
            mean("enforcement.sanctioned"),
            words.cell,
            "enforcement.sanctioned",
        ),
        (_("Deaths in camps"), _("persons"), mean("camp.deaths"), words.cell, "camp.deaths"),
        (
            _("Candidates refused for a relative"),
            _("share"),
            ratio(("vetting.refused",), ("vetting.checked",)),
            words.percent,
            "vetting.refused_share",
        ),
    ]


#: Main results, in words, and the measures they are.
MAIN: Final = {
    noop("Support by families in office"): "support.amount",
    noop("Share of it that is paid for fear"): "support.fear_share",
    noop("Arrivals in South Korea"): "flight.arrivals",
    noop("Attempts to leave"): "flight.attempts",
    noop("Hints and threats that are bluffs"): "signal.bluff_share",
    noop("Persons punished for an offence"): "enforcement.sanctioned",
    noop("Deaths in camps"): "camp.deaths",
    noop("Candidates refused for a relative"): "vetting.refused_share",
}


@dataclass(frozen=True)
class Moved:
    """What a main result rests on: its name and its grounds."""

    name: str
    grounds: Grounds


def moved(results: Results) -> list[Moved]:
    """The main results with the parameters that move them most; those that were not measured are left out."""
    found = ((name, grounds_of(results, (measure,))) for name, measure in MAIN.items())
    return [Moved(_(name), grounds) for name, grounds in found if grounds is not None]


def _fear(results: Results) -> Callable[[Sequence[Period]], float | None]:
    """Mean support paid for fear: all motives but affection."""

    def paid(periods: Sequence[Period]) -> float | None:
        parts = [results.mean("support.amount", periods, "motive", lv) for lv in FEAR]
        known = [p for p in parts if p is not None]
        return sum(known) if known else None

    return paid


def facts_of_run(results: Results) -> list[tuple[str, str]]:
    """What was run: names and values for a list."""
    m = results.manifest
    scenario = m.get("scenario", {})
    living = m.get("living", {})
    versions = ", ".join(f"{k} {v}" for k, v in m.get("versions", {}).items())
    resources = m.get("resources", {})
    rows = [
        (_("Scenario"), f"{_scenario(results)} ({scenario.get('name', '')})"),
        (_("Description"), words.plain(words.said(str(scenario.get("description", ""))))),
        (_("Changes to its base"), str(scenario.get("changes", 0))),
        (_("Sides of conflicts"), "; ".join(f"{k}: {v}" for k, v in scenario.get("variants", {}).items())),
        (_("Months"), _("{first} to {last}").format(first=m["first"], last=m["last"])),
        (_("Seed"), str(m.get("seed"))),
        (
            _("Scale"),
            _("{scale}: every figure is multiplied by {weight}").format(
                scale=f"{m.get('scale', 1):g}", weight=words.number(1 / float(m.get("scale", 1)))
            ),
        ),
    ]
    if living:
        rows.append(
            (
                _("Living persons"),
                _("{found} synthetic, {expected} expected, {month}").format(
                    found=f"{living['achieved']:,}", expected=f"{living['expected']:,}", month=living["at"]
                ),
            )
        )
    rows += [
        (_("Versions"), versions),
        (_("Parameters"), str(m.get("parameter_hash", ""))[:16]),
        (_("Evidence"), str(m.get("evidence_hash", ""))[:16]),
    ]
    if resources:
        rows.append(
            (
                _("Took"),
                _("{seconds} s, at most {memory} MB of memory").format(
                    seconds=f"{resources['wall_s']:.0f}", memory=words.cell(resources["peak_rss_mb"])
                ),
            )
        )
    return [(name, value) for name, value in rows if value]


def finite_size(results: Results) -> tuple[str, str]:
    """Sentence and measures that a small population biases, with what was measured; empty if none."""
    flag = results.manifest.get("finite_size") or {}
    if not flag.get("flagged"):
        return "", ""
    why = words.capital(words.plain(retold.sentence(str(flag.get("why", ""))))).rstrip(".")
    bias = flag.get("bias") or {}
    known = [
        f"{words.said(monte_carlo.says(measure))} {'+' if found['relative'] > 0 else words.MINUS}"
        f"{words.percent(abs(found['relative']))}"
        for measure, found in bias.items()
        if found.get("relative") and abs(found["difference"]) > 2 * found["se"]
    ]
    names = ", ".join(map(_flagged, flag.get("measures", [])))
    said = (
        _("Flagged: {measures}. Measured against a larger country, beyond chance: {known}.")
        if known
        else _("Flagged: {measures}.")
    )
    return f"{why}.", words.plain(said.format(measures=names, known=", ".join(known)))


def _flagged(name: str) -> str:
    """A measure that is biased, as the manifest names it; "any measure by degree: 6, 7, 8" is no name of one."""
    measure, by, rest = name.partition(" by ")
    dimension, _colon, levels = rest.partition(": ")
    if not by:
        return name
    said = (
        _("any measure by {dimension}: {levels}")
        if measure == "any measure"
        else "{measure}, {dimension}: {levels}"
    )
    if languages.active() == "en":
        return name
    return said.format(
        measure=measure,
        dimension=words.said(dimension),
        levels=", ".join(level if level.isdigit() else words.level(level) for level in levels.split(", ")),
    )


def parameters(results: Results) -> list[tuple[str, list[Line]]]:
    """Area -> parameters, in the order of their paths."""
    areas: dict[str, list[Line]] = {}
    for p in sorted(results.manifest.get("parameters", []), key=lambda p: str(p["path"])):
        areas.setdefault(p["path"].split(".")[0], []).append(_line(p))
    return [(words.said(area), lines) for area, lines in areas.items()]


def _line(p: Mapping[str, Any]) -> Line:
    start, end = p.get("value_start", p.get("value")), p.get("value_end", p.get("value"))
    value = _value(start)
    if start != end:
        value = _("{first} at the start; {last} at the end").format(first=value, last=_value(end))
    low, high = p.get("low"), p.get("high")
    around = "" if low is None and high is None else words.span(_value(low), _value(high))
    if isinstance(low, Mapping) or isinstance(high, Mapping):
        around = _table_range(low, high)
    return Line(
        p["path"],
        words.plain(words.said(str(p["description"]))),
        value,
        around,
        words.plain(words.unit(str(p.get("unit", "")))),
        p["grade"],
        tuple(p.get("sources", ())),
        bool(p.get("changed", False)),
    )


def _table_range(low: Any, high: Any) -> str:
    if isinstance(low, Mapping) and isinstance(high, Mapping):
        return _value({k: words.span(_scalar(low[k]), _scalar(high.get(k))) for k in low})
    return words.span(_value(low), _value(high))


def _value(value: Any) -> str:
    """A value of a parameter in words; levels with one value are put together."""
    if isinstance(value, Mapping):
        same: dict[str, list[str]] = {}
        for level, number in value.items():
            same.setdefault(_scalar(number), []).append(words.level(str(level)))
        if len(same) == 1:
            return _("{value} for all").format(value=next(iter(same)))
        return "; ".join(f"{', '.join(levels)} {number}" for number, levels in same.items())
    return _scalar(value)


def _scalar(value: Any) -> str:
    if value is None:
        return "\u2013"
    if isinstance(value, bool):
        return _("on") if value else _("off")
    if isinstance(value, (int, float)):
        return words.number(float(value), 4)
    return words.plain(words.said(str(value)))


def sources(results: Results) -> list[dict[str, str]]:
    """The entries of the ledger that the parameters cite."""
    return [
        {
            "id": str(c["id"]),
            "source": words.plain(str(c.get("source", ""))),
            "url": str(c.get("url") or ""),
            "grade": str(c.get("grade", "")),
            "found": str(c.get("found", "seen")),
            "states": words.plain(words.stated(str(c["id"]), str(c.get("states") or ""))),
        }
        for c in results.manifest.get("citations", [])
    ]
