"""Writes what docs/regimes.md shows of the catalogue: the table of its entries and the rings.

Run from the root of the project::

    python tools/write_regimes.py
"""

from __future__ import annotations

import re
from pathlib import Path

from yeonjwa.regime.catalogue import regimes
from yeonjwa.report.regime_rings import Panel, drawing, headline, ordered, panel_note, save

DOCS = Path(__file__).parent.parent / "docs"
PLACE = re.compile(r"(<!-- catalogue -->\n).*?(<!-- end -->)", re.DOTALL)


def table() -> str:
    """The entries of the catalogue, as the page lists them."""
    lines = ["| id | regime | dates | reading |", "|---|---|---|---|"]
    for regime in regimes().values():
        lines.append(f"| `{regime.id}` | {regime.name} | {regime.years} | {regime.reading or '-'} |")
    return "\n".join(lines) + "\n"


def picture() -> str:
    """The rings of the regimes that stand in the figure, without anything counted."""
    shown = [regime for regime in regimes().values() if regime.figure]
    title, lead = headline(shown)
    panels = [Panel(regime, panel_note(regime)) for regime in ordered(shown)]
    return drawing(panels, title=title, lead=lead, margin=32.0)


if __name__ == "__main__":
    page = DOCS / "regimes.md"
    text = page.read_text("utf-8")
    page.write_text(PLACE.sub(lambda m: m[1] + table() + m[2], text), encoding="utf-8")
    (DOCS / "regimes").mkdir(exist_ok=True)
    save(picture(), DOCS / "regimes" / "rings.svg")
