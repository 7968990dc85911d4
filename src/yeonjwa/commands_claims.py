"""The command that puts the article's claims to the test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from yeonjwa.options import (
    FOLDER,
    Scale,
    Whole,
    as_json_option,
    examples,
    language_option,
    print_answer,
    threads_option,
)


@click.command(
    epilog=examples(
        "yeonjwa claims",
        "yeonjwa claims --scale 0.05 --seeds 6 --out claims",
        "yeonjwa claims --scale 0.01 --seeds 3 --json",
    )
)
@click.option("--scale", type=Scale(), default=0.02, show_default=True, metavar="F", help="Size of each run.")
@click.option(
    "--seeds", type=Whole("seeds", 1, 1000), default=4, show_default=True, metavar="N", help="Seeds 1 to N."
)
@threads_option
@click.option("--out", type=FOLDER, metavar="DIR", help="Folder for claims.html and claims.json.")
@language_option
@as_json_option
def claims(
    scale: float, seeds: int, threads: int | None, out: Path | None, language: str, as_json: bool
) -> None:
    """Test every claim of the source article: what is represented, reproduced, or not.

    Each claim about an effect is decided by a paired difference between the baseline and a run in which its cause is taken
    away; all arms of a seed share one genealogy. A verdict is about this model, not about the country.
    """
    from yeonjwa import workflow
    from yeonjwa.cli import _reporting

    with _reporting(as_json) as progress:
        answer = workflow.claims(
            scale=scale, seeds=seeds, threads=threads, out=out, language=language, progress=progress
        )
    print_answer(answer, as_json, lambda: _lines(answer, out, language))


def _lines(answer: dict[str, Any], out: Path | None, language: str) -> list[str]:
    from yeonjwa.report import sheet
    from yeonjwa.report.claims_page import headline, number, span

    rows = answer["claims"]
    lines = [f"{headline(rows)}.", ""]
    for row in rows:
        verdict = row["verdict"] or "background"
        lines.append(f"{row['id']}  {verdict}: {row['says']}")
        if row["measure"]:
            lines.append(
                f"         {row['measure']} ({row['unit']}): {number(row['effect'])} ({span(row['low'], row['high'])})"
            )
            lines.append(f"         {row['reason']}")
    lines += ["", *answer["notes"]]
    if out is not None:
        lines.append(f"Page: {out / sheet.file_name('claims.html', language)}")
    return lines


COMMANDS = (claims,)
