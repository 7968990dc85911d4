"""Commands on sensitivity: ``sensitivity analyse`` and ``sensitivity evidence``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from yeonjwa.options import FOLDER, Whole, as_json_option, examples, print_answer


@click.group(
    epilog=examples(
        "yeonjwa sensitivity evidence",
        "yeonjwa sensitivity analyse runs/morris --design morris.csv --measure support.amount",
    )
)
def sensitivity() -> None:
    """Which parameters move a result: Morris first, Sobol on what matters, and which evidence to look for next."""


@sensitivity.command(
    epilog=examples(
        "yeonjwa sensitivity analyse runs/morris --design morris.csv",
        "yeonjwa sensitivity analyse runs/sobol --design sobol.csv --measure flight.arrivals --failed emulate --figure s.svg",
    )
)
@click.argument("folder", type=FOLDER, metavar="DIR")
@click.option(
    "--design", "file", type=FOLDER, required=True, metavar="FILE.csv", help="The design that was run."
)
@click.option(
    "--measure", "measures", multiple=True, metavar="NAME", help="Result. Default: the headline results."
)
@click.option(
    "--failed", type=click.Choice(["refuse", "emulate"]), default="refuse", show_default=True,
    help="What to do about points without a result.",
)  # fmt: skip
@click.option("--figure", type=FOLDER, metavar="FILE", help="Bars: .svg, .png, .pdf; of the first result.")
@as_json_option
def analyse(
    folder: Path, file: Path, measures: tuple[str, ...], failed: str, figure: Path | None, as_json: bool
) -> None:
    """Indices of results over an ensemble that ran a Morris or Sobol design; a Latin hypercube is emulated."""
    from yeonjwa.laboratory import design_file
    from yeonjwa.laboratory import sensitivity as laboratory
    from yeonjwa.laboratory.sides import HEADLINES
    from yeonjwa.report import sensitivity as drawn

    design = design_file.read(file)
    found = []
    for measure in measures or HEADLINES:
        results = laboratory.from_ensemble(folder, design, measure)
        if design.method in ("morris", "sobol"):
            found.append(laboratory.analyse(design, results, measure=measure, failed=failed))
        else:
            found.append(laboratory.emulated_sobol(design, results, measure=measure))
    answer = {"folder": str(folder), "design": str(file), "results": [f.as_dict() for f in found]}
    if figure is not None:
        answer["figure"] = str(drawn.save(drawn.bars(found[0]), figure))
    print_answer(answer, as_json, lambda: _lines(answer))


@sensitivity.command(
    epilog=examples(
        "yeonjwa sensitivity evidence --top 15",
        "yeonjwa sensitivity evidence --measure support.amount --figure wanted.svg --json",
    )
)
@click.option(
    "--measure", "measures", multiple=True, metavar="NAME", help="Result. Default: the headline results."
)
@click.option("--top", type=Whole("rows", 1, 1000), default=20, show_default=True, metavar="N", help="Rows.")
@click.option("--figure", type=FOLDER, metavar="FILE", help="Bars: .svg, .png, .pdf.")
@as_json_option
def evidence(measures: tuple[str, ...], top: int, figure: Path | None, as_json: bool) -> None:
    """Rank the parameters that rest on assumption by what hangs on them: which evidence to look for next."""
    from dataclasses import asdict

    from yeonjwa.evidence import parameters as shipped
    from yeonjwa.laboratory import sensitivity as laboratory
    from yeonjwa.laboratory.sides import HEADLINES
    from yeonjwa.report import sensitivity as drawn

    rows = laboratory.evidence_wanted(shipped.load(), measures=measures or HEADLINES)
    answer: dict[str, Any] = {
        "measures": list(measures or HEADLINES),
        "parameters": len(rows),
        "rows": [asdict(row) for row in rows[:top]],
    }
    if figure is not None:
        answer["figure"] = str(drawn.save(drawn.wanted(rows[:top]), figure))
    print_answer(answer, as_json, lambda: _evidence_lines(answer))


COMMANDS: Final = (sensitivity,)


def _lines(answer: dict[str, Any]) -> list[str]:
    lines = []
    for found in answer["results"]:
        lines.append(f"{found['measure']}, {found['method']}")
        for index in found["indices"]:
            numbers = "  ".join(f"{key} {value:.4g}" for key, value in index["values"].items())
            lines.append(
                f"  {index['address']}  {numbers}{'' if index['beyond_luck'] else '  (no more than luck)'}"
            )
        if found["filled"]:
            lines.append(f"  filled from an emulator: {', '.join(found['filled'])}")
    return [*lines, f"Figure: {answer['figure']}"] if "figure" in answer else lines


def _evidence_lines(answer: dict[str, Any]) -> list[str]:
    lines = [
        f"{answer['parameters']} parameters graded assumption move {', '.join(answer['measures'])} beyond chance"
    ]
    for rank, row in enumerate(answer["rows"], 1):
        moved = sorted(row["moved"].items(), key=lambda item: -item[1])[:3]
        shown = ", ".join(f"{name} by {share:.0%}" for name, share in moved)
        lines.append(f"{rank:>3}  {row['share']:>6.1%}  {row['path']}: {shown}")
    return [*lines, f"Figure: {answer['figure']}"] if "figure" in answer else lines
