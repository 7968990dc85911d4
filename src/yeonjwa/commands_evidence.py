"""Commands for the evidence: the ledger of facts and claims, and what rests on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from yeonjwa.commands_dossier import dossier
from yeonjwa.core.errors import InputError
from yeonjwa.options import FOLDER, Month, Scale, Whole, as_json_option, examples, option_of, print_answer

#: So many warnings of a kind are printed without --all.
FEW = 12


@click.group(
    epilog=examples(
        "yeonjwa evidence check",
        "yeonjwa evidence conflicts --json",
        "yeonjwa evidence sources --format bibtex",
        "yeonjwa evidence rivals severity --scale 0.01 --seeds 3",
        'yeonjwa evidence dossier --relation "first cousin" --from 2012 --to 2016',
    ),
)
def evidence() -> None:
    """Facts, claims and sources: whether they hold together, where they conflict, what to cite."""


@evidence.command(epilog=examples("yeonjwa evidence check", "yeonjwa evidence check --json"))
@click.option("--all", "everything", is_flag=True, help="List every warning, not the first of each kind.")
@as_json_option
@click.pass_context
def check(context: click.Context, everything: bool, as_json: bool) -> None:
    """Look for errors and gaps in ledger, parameters and scenarios; exit code 1 if there is an error.

    Errors make the evidence unusable, such as an id that leads nowhere. Warnings are gaps to know of: facts that nothing
    uses, values that have grown old, parameters without a source or a range, claims without a mechanism, addresses of
    copies.
    """
    from yeonjwa.laboratory.cited import check_all
    from yeonjwa.report import record

    try:
        shown = record.ids()
    except InputError:
        shown = ()
    report = check_all({"report/record.py": shown})
    print_answer(dict(report), as_json, lambda: _check_lines(report, everything))
    if report["errors"]:
        context.exit(1)


def _check_lines(report: Any, everything: bool) -> list[str]:
    lines = [f"error: {found['where']}: {found['rule']}: {found['message']}" for found in report["errors"]]
    by_rule: dict[str, list[Any]] = {}
    for found in report["warnings"]:
        by_rule.setdefault(found["rule"], []).append(found)
    for rule, found in by_rule.items():
        shown = found if everything else found[:FEW]
        lines += [f"warning: {one['where']}: {rule}: {one['message']}" for one in shown]
        if len(found) > len(shown):
            lines.append(f"warning: {rule}: {len(found) - len(shown)} more; --all lists them")
    counts = report["counts"]
    if counts:
        lines.append(
            f"{counts['facts']} facts ({counts['facts_in_use']} in use), {counts['claims']} claims "
            f"({counts['claims_cited']} in use), {counts['parameters']} parameters."
        )
    return [*lines, f"{len(report['errors'])} errors, {len(report['warnings'])} warnings."]


@evidence.command(epilog=examples("yeonjwa evidence conflicts", "yeonjwa evidence conflicts --json"))
@as_json_option
def conflicts(as_json: bool) -> None:
    """List where sources contradict each other: sides with claims, dates and grades, and what the baseline holds.

    A scenario chooses a side: under [variants] it says  severity = "pol.2013feb.easing".
    """
    from yeonjwa.evidence import rivals

    rows = [conflict.as_dict() for conflict in rivals.load().values()]
    print_answer(
        {"conflicts": rows}, as_json, lambda: [line for row in rows for line in _conflict_lines(row)]
    )


def _conflict_lines(row: dict[str, Any]) -> list[str]:
    lines = [f"{row['id']}: {row['question']}"]
    for side in row["sides"]:
        lines.append(f"  {side['id']}{' (baseline)' if side['baseline'] else ''}: {side['reading']}")
        for claim in side["claims"]:
            again = ", not re-read" if claim["found"] == "recalled" else ""
            lines.append(f"    {claim['grade']}{again}  {claim['period']}  {claim['id']}: {claim['claim']}")
            lines.append(f"       {claim['source']}")
    return [*lines, *([f"  {row['why_not']}"] if row["why_not"] else []), ""]


@evidence.command(
    epilog=examples(
        "yeonjwa evidence rivals severity",
        "yeonjwa evidence rivals vetting_officials --scale 0.02 --seeds 5 --json",
    )
)
@click.argument("conflict")
@click.option("--scenario", default="baseline", show_default=True, metavar="NAME", help="Name or TOML file.")
@click.option("--scale", type=Scale(), default=0.01, show_default=True, metavar="F", help="Size of each run.")
@click.option(
    "--seeds", type=Whole("seeds", 1, 1000), default=3, show_default=True, metavar="N", help="Seeds 1 to N."
)
@click.option(
    "--from", "first", type=Month(), metavar="YYYY-MM", help="First month. Default: the scenario's."
)
@click.option("--to", "last", type=Month(), metavar="YYYY-MM", help="Last month. Default: the scenario's.")
@as_json_option
def rivals(
    conflict: str,
    scenario: str,
    scale: float,
    seeds: int,
    first: int | None,
    last: int | None,
    as_json: bool,
) -> None:
    """Run every side of a conflict with the same luck, and show how far the results depend on the choice.

    CONFLICT is an id of `yeonjwa evidence conflicts`.
    """
    from yeonjwa.cli import _reporting
    from yeonjwa.laboratory import sides
    from yeonjwa.laboratory.scenario import load

    with _reporting(as_json) as progress:
        found = sides.compare(
            conflict,
            scenario=load(scenario),
            scale=scale,
            seeds=range(1, seeds + 1),
            first=first,
            last=last,
            progress=progress,
        )
    print_answer(found.as_dict(), as_json, lambda: _rival_lines(found))


def _rival_lines(found: Any) -> list[str]:
    from yeonjwa.laboratory.sides import HEADLINES

    lines = [found.conflict.question, ""]
    by_cell = {(o.side, o.measure): o for o in found.outcomes}
    for measure in HEADLINES:
        spread = found.spread(measure)
        between = "" if spread is None else f"; sides differ by {spread:.0%} of it"
        lines.append(f"{measure}: {by_cell['', measure].mean:,.4g} as it is{between}")
        for side in found.conflict.sides:
            outcome = by_cell[side.id, measure]
            by = (
                ""
                if outcome.change is None
                else f"  {outcome.change:+.1%} ({outcome.lowest:+.1%} to {outcome.highest:+.1%} over seeds)"
            )
            lines.append(f"  {side.id:<28}{outcome.mean:>14,.4g}{by}")
    return lines


def _format(_context: click.Context, param: click.Parameter, value: str) -> str:
    from yeonjwa.evidence.sources import FORMATS

    if value not in FORMATS:
        raise InputError("format", value, ", ".join(FORMATS), option_of(param))
    return value


@evidence.command(
    epilog=examples(
        "yeonjwa evidence sources",
        "yeonjwa evidence sources --format bibtex --out yeonjwa.bib",
        "yeonjwa evidence sources --scenario liability_off --format csl-json",
        "yeonjwa evidence sources --json",
    )
)
@click.option(
    "--format",
    callback=_format,
    default="text",
    show_default=True,
    metavar="F",
    help="text, bibtex or csl-json.",
)
@click.option("--scenario", metavar="NAME", help="Only what a run of this scenario has to cite, and why.")
@click.option("--out", type=FOLDER, metavar="FILE", help="Write a file instead of printing.")
@as_json_option
def sources(format: str, scenario: str | None, out: Path | None, as_json: bool) -> None:
    """Print the sources of the ledger, by DOI or publisher, each with the reasons to cite it."""
    from yeonjwa.core.files import write_text
    from yeonjwa.evidence import sources as cited
    from yeonjwa.laboratory.scenario import load

    if scenario is None:
        found = cited.all_references()
    else:
        chosen = load(scenario)
        found = cited.references(chosen.parameters, chosen.claims)
    if out is not None:
        write_text(out, cited.write(found, format))
    answer = {
        "sources": [reference.as_dict() for reference in found],
        "out": None if out is None else str(out),
    }
    print_answer(
        answer,
        as_json,
        lambda: (
            [f"{len(found)} sources: {out}"] if out is not None else [cited.write(found, format).rstrip("\n")]
        ),
    )


evidence.add_command(dossier)
COMMANDS = (evidence,)
