"""Commands for the evidence: the ledger of facts and claims, and what rests on it."""

from __future__ import annotations

from typing import Any

import click

from yeonjwa.options import as_json_option, examples, print_answer


@click.group(
    epilog=examples(
        "yeonjwa evidence check",
        "yeonjwa evidence check --json",
    ),
)
def evidence() -> None:
    """Facts, claims and sources: whether they hold together, where they conflict, what to cite."""


@evidence.command(epilog=examples("yeonjwa evidence check", "yeonjwa evidence check --json"))
@as_json_option
@click.pass_context
def check(context: click.Context, as_json: bool) -> None:
    """Look for errors and gaps in ledger, parameters and scenarios; exit code 1 if there is an error.

    Errors make the evidence unusable, such as an id that leads nowhere. Warnings are gaps to know of: facts that nothing
    uses, values that have grown old, parameters without a source or a range, claims without a mechanism, addresses of
    copies.
    """
    from yeonjwa.laboratory.cited import check_all

    report = check_all()
    print_answer(dict(report), as_json, lambda: _check_lines(report))
    if report["errors"]:
        context.exit(1)


def _check_lines(report: Any) -> list[str]:
    lines = []
    for kind in ("errors", "warnings"):
        for found in report[kind]:
            lines.append(f"{kind[:-1]}: {found['where']}: {found['rule']}: {found['message']}")
    counts = report["counts"]
    if counts:
        lines.append(
            f"{counts['facts']} facts ({counts['facts_cited']} in use), {counts['claims']} claims "
            f"({counts['claims_cited']} in use), {counts['parameters']} parameters."
        )
    return [*lines, f"{len(report['errors'])} errors, {len(report['warnings'])} warnings."]


COMMANDS = (evidence,)
