"""Where the money of one year goes, for its page."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _

from yeonjwa.report import figures, flows, theme, words
from yeonjwa.report.money import block
from yeonjwa.report.pieces import Figure, Key
from yeonjwa.report.results import Results

#: The year before the article, if the run has it.
_FIRST: Final = 2014


def of_run(results: Results, wanted: str) -> dict[str, Any]:
    """What the page shows.

    Parameters
    ----------
    results : Results
        A run.
    wanted : str
        The year asked for; another one of the run if that is none of its years.
    """
    years = sorted({int(r["year"]) for r in results.flows if r["amount"] > 0})
    if not years:
        return {"years": [], "year": None, "flows": [], "figure": None}
    year = (
        int(wanted)
        if wanted.isascii() and wanted.isdigit() and len(wanted) == 4 and int(wanted) in years
        else None
    )
    year = year or (_FIRST if _FIRST in years else years[len(years) // 2])
    found = flows.of_year(results.flows, year)
    total = sum(f[3] for f in found)
    fear = sum(f[3] for f in found if f[1] in flows.OF_INTEREST)
    paid = {name: sum(f[3] for f in found if f[0] == name) for name in {f[0] for f in found}}
    label = _("Flows of money in {year}: who pays, on what occasion, who receives.").format(year=year)
    key = (
        Key(block(theme.PLUM, "0.55"), _("paid for fear of punishment")),
        Key(block(theme.RULE, "0.26"), _("other money")),
    )
    return {
        "years": years,
        "year": year,
        "flows": found,
        "rows": [
            (words.capital(words.level(a)), words.level(b), _elsewhere(c), words.cell(v))
            for a, b, c, v in found
        ],
        "figure": Figure(
            flows.drawing(found, figures.WIDE), flows.drawing(found, figures.NARROW), label, key
        ),
        "total": words.number(total),
        "fear": words.percent(fear / total),
        "fear_amount": words.number(fear),
        "first_payer": words.level(max(paid, key=lambda name: paid[name])),
        "most": words.percent(max(paid.values()) / total),
        "received": words.number(sum(f[3] for f in found)),
        "empty": not total,
    }


def _elsewhere(name: str) -> str:
    return _("other provinces") if name == "elsewhere" else words.level(name)


def repeat(run: Any, year: int | None) -> dict[str, str]:
    """The command and the lines that give the same numbers."""
    folder = f"runs/{run.scenario}-{run.seed}"
    python = (
        "from pathlib import Path\n"
        "from yeonjwa.report import flows, results\n\n"
        f'run = results.read(Path("{folder}"))\n'
        f"print(flows.of_year(run.flows, {year}))"
    )
    return {"command": run.command, "python": python}
