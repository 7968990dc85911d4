"""What a run counts by province, for its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from yeonjwa.core import language
from yeonjwa.report import provinces, words
from yeonjwa.report.results import Results


def says(id: str, *, yearly: bool = True) -> tuple[str, str]:
    """What a map shows: its name and its unit in words."""
    rate = _("for each 1,000 residents a year") if yearly else _("for each 1,000 residents a month")
    return {
        "arrivals": (_("Arrivals in South Korea"), rate),
        "attempts": (_("Attempts to leave"), rate),
        "poor": (_("People in hardship"), _("% of residents")),
        "refused": (_("Candidates refused for a relative"), _("% of those checked")),
    }[id]


def of_run(results: Results, given: Mapping[str, str]) -> dict[str, Any]:
    """What the page shows.

    Parameters
    ----------
    results : Results
        A run.
    given : mapping
        ``show`` (a measure), ``year`` (empty: all years), ``at`` (a stop of the slider, before ``year``), ``view`` (tiles or
        outline); what is unknown is taken as not given.
    """
    chosen = next((m for m in provinces.MEASURES if m.id == given.get("show")), provinces.MEASURES[0])
    view = "outline" if given.get("view") == "outline" else "tiles"
    years = [p.label for p in results.complete]
    stops = _stops(years, yearly=results.yearly)
    year = stops.get(given.get("at", ""), given.get("year", ""))
    year = year if year in years else ""
    periods = [p for p in results.complete if not year or p.label == year]
    found = provinces.units(results, chosen, periods)
    name, unit = says(chosen.id, yearly=results.yearly)
    when = year or (f"{years[0]}\u2013{years[-1]}" if len(years) > 1 else (years[0] if years else ""))
    label = _("{name} by province, {unit}, {when}.").format(name=name, unit=unit, when=when)
    return {
        "chosen": chosen,
        "measures": [(m.id, says(m.id)[0]) for m in provinces.MEASURES],
        "view": view,
        "years": years,
        "year": year,
        "slider": _slider(stops, year),
        "yearly": results.yearly,
        "when": when,
        "units": found,
        "name": name,
        "unit": unit,
        "label": label,
        "figure": provinces.figure(found, label, view=view) if found else None,
        "rows": [(u, words.cell(u.value)) for u in found],
        "parts": provinces.parts(found),
        **_answer(found, name),
    }


def _stops(years: Sequence[str], *, yearly: bool) -> dict[str, str]:
    """Stop of the slider -> period: years are their own stops, months are counted from 1."""
    return {label if yearly else str(number): label for number, label in enumerate(years, 1)}


def _slider(stops: Mapping[str, str], year: str) -> dict[str, Any] | None:
    """What the slider needs; None where there is nothing to choose from."""
    if len(stops) < 2:
        return None
    numbers = list(stops)
    at = next((number for number, label in stops.items() if label == year), numbers[-1])
    return {"first": numbers[0], "last": numbers[-1], "at": at, "labels": "|".join(stops.values())}


def _answer(found: list[provinces.Unit], name: str) -> dict[str, Any]:
    """The headline: the highest province against the capital, as far as the counts allow."""
    if not found or not found[0].value:
        return {"top": None}
    top, capital = found[0], next((u for u in found if u.id == "pyongyang"), None)
    times = top.value / capital.value if capital and capital.value and capital.id != top.id else None
    return {
        "top": top,
        "place": top.korean if language.active() == "ko" else top.english,
        "times": None if times is None else words.number(times, 2),
        "few": min(top.persons, capital.persons if capital else 0) < 10,
        "capital": capital,
    }


def _periods(found: Mapping[str, Any]) -> str:
    if found["year"] and not found["yearly"]:
        # A month has another name in another language.
        return f"run.complete[{found['years'].index(found['year'])}:][:1]"
    return f'[p for p in run.complete if p.label == "{found["year"]}"]' if found["year"] else "run.complete"


def repeat(run: Any, found: Mapping[str, Any]) -> dict[str, str]:
    """The command and the lines that give the same numbers."""
    python = (
        "from pathlib import Path\n"
        "from yeonjwa.report import provinces, results\n\n"
        f'run = results.read(Path("runs/{run.scenario}-{run.seed}"))\n'
        f'shown = next(m for m in provinces.MEASURES if m.id == "{found["chosen"].id}")\n'
        f"periods = {_periods(found)}\n"
        "for unit in provinces.units(run, shown, periods):\n"
        "    print(unit.english, unit.value, unit.persons)"
    )
    return {"command": run.command, "python": python}
