"""Writes the figures and findings of docs/theory, and the tables of docs/theory.md.

Run from the root of the project::

    python tools/write_theory.py [NAME ...]
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from yeonjwa import theory

DOCS = Path(__file__).parent.parent / "docs"
PLACE = re.compile(r"(<!-- findings: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def number(value: float | None) -> str:
    """A number as the page prints it; what is within rounding of nothing is nothing."""
    if value is None:
        return "-"
    return "0" if abs(value) < 5e-5 else f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def table(rows: list[dict[str, Any]]) -> str:
    """Findings as a table: those inside the conditions of their theorem first."""
    lines = ["| | quantity | where | theory | found |", "|---|---|---|---|---|"]
    for row in sorted(rows, key=lambda r: not r["inside"]):
        sign = ("agrees" if row["holds"] else "**differs**") if row["inside"] else "outside"
        where = row["where"]
        lines.append(
            f"| {sign} | {row['what']} | {where} | {number(row['theory'])} | {number(row['found'])} |"
        )
    return "\n".join(lines) + "\n"


def filled(page: str, findings: dict[str, list[dict[str, Any]]]) -> str:
    """The page with its tables written anew."""
    return PLACE.sub(lambda m: f"{m[1]}\n{table(findings[m[2]])}\n{m[3]}" if m[2] in findings else m[0], page)


def main() -> None:
    """Play the set-ups, draw, and fill the page."""
    kept = json.loads(path.read_text("utf-8")) if (path := DOCS / "theory" / "findings.json").exists() else {}
    theory.demonstrate(sys.argv[1:], out=DOCS / "theory")
    findings = {**kept, **json.loads(path.read_text("utf-8"))}
    ordered = {name: findings[name] for name in theory.NAMES if name in findings}
    path.write_text(json.dumps(ordered, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    page = DOCS / "theory.md"
    page.write_text(filled(page.read_text("utf-8"), ordered), encoding="utf-8")


if __name__ == "__main__":
    main()
