"""Commands for scenarios: which there are, what one holds, how two differ, a new one, and whether a file is right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from yeonjwa.core.errors import InputError
from yeonjwa.options import FOLDER, Month, Scale, as_json_option, examples, print_answer


@click.command(epilog=examples("yeonjwa scenarios", "yeonjwa scenarios --json"))
@as_json_option
def scenarios(as_json: bool) -> None:
    """List the scenarios that come with the package, and those made from the regimes of the catalogue."""
    from yeonjwa.laboratory.scenario_files import listed

    rows = listed()
    width = max(len(row["name"]) for row in rows)
    print_answer(
        {"scenarios": rows}, as_json, lambda: [f"{row['name']:<{width}}  {row['title']}" for row in rows]
    )


@click.group(
    epilog=examples(
        "yeonjwa scenario show liability_off",
        "yeonjwa scenario diff baseline severity_flat",
        "yeonjwa scenario new my.toml --set border.interdiction=0.5@2012-01",
        "yeonjwa scenario check my.toml",
    )
)
def scenario() -> None:
    """One scenario: what it holds, how it differs from another, a new file, and whether a file is right."""


@scenario.command(
    epilog=examples(
        "yeonjwa scenario show severity_flat",
        "yeonjwa scenario show regime:tang --json",
        "yeonjwa scenario show liability_off --toml",
    )
)
@click.argument("name", metavar="SCENARIO")
@click.option("--toml", "as_toml", is_flag=True, help="Print a file that gives the scenario again.")
@as_json_option
def show(name: str, as_toml: bool, as_json: bool) -> None:
    """Show a scenario: what it is, and every change since the baseline beside what the baseline holds.

    SCENARIO is a shipped name, regime:ID for a regime of the catalogue, or the path of a TOML file.
    """
    from yeonjwa.laboratory import scenario_files
    from yeonjwa.laboratory.scenario import load, to_toml

    if as_toml:
        text = to_toml(load(name))
        print_answer({"name": name, "toml": text}, as_json, lambda: text.splitlines())
        return
    answer = scenario_files.shown(name)
    print_answer(answer, as_json, lambda: _lines(answer))


def _lines(answer: dict[str, Any]) -> list[str]:
    lines = [f"{answer['name']}: {answer['title']}", answer["description"].replace("\n", " ")]
    lines.append(
        f"{answer['from']} to {answer['to']}, scale {answer['scale']:g}"
        + (f", on {answer['base']}" if answer["base"] else "")
        + (f"; claims: {', '.join(answer['claims'])}" if answer["claims"] else "")
    )
    if answer["variants"]:
        lines.append("sides: " + ", ".join(f"{key} = {side}" for key, side in answer["variants"].items()))
    for change in answer["changes"]:
        new = f"times {_text(change['factor'])}" if change["value"] is None else _text(change["value"])
        since = f" from {change['from']}" if change["from"] else ""
        lines.append(f"  {change['path']}{since}: {new}   (baseline {_text(change['baseline'])})")
        lines += [f"    {change['note']}"] if change["note"] else []
    return lines if answer["changes"] else [*lines, "  no changes"]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return ", ".join(f"{level} {_text(number)}" for level, number in value.items())
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


@scenario.command(
    epilog=examples(
        "yeonjwa scenario diff baseline liability_off",
        "yeonjwa scenario diff severity_flat my.toml --json",
    )
)
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@as_json_option
def diff(a: str, b: str, as_json: bool) -> None:
    """Say in which parameters two scenarios differ, with the dated values of both."""
    from yeonjwa.laboratory import scenario_files

    answer = scenario_files.difference(a, b)
    print_answer(answer, as_json, lambda: _diff_lines(answer))


def _diff_lines(answer: dict[str, Any]) -> list[str]:
    left, right = answer["a"], answer["b"]
    lines = [f"A {left['name']}: {left['title']}", f"B {right['name']}: {right['title']}"]
    for key in ("from", "to", "scale"):
        if left[key] != right[key]:
            lines.append(f"{key}: {left[key]} / {right[key]}")
    for change in answer["differ"]:
        lines.append(f"{change['path']} ({change['unit']})")
        for side in ("a", "b"):
            dated = "; ".join(f"{held['from']} {_text(held['value'])}" for held in change[side])
            lines.append(f"  {side.upper()}  {dated or 'none'}")
    return lines if answer["differ"] else [*lines, "The same parameters."]


@scenario.command(
    epilog=examples(
        "yeonjwa scenario new my.toml",
        "yeonjwa scenario new my.toml --base severity_flat --set border.interdiction=0.5@2012-01",
        "yeonjwa scenario new mild.toml --variant severity=pol.2013feb.easing --title 'Taken at its word'",
        "yeonjwa scenario new dear.toml --set 'border.price*2@2015-01' --from 2010-01 --scale 0.02 --json",
    )
)
@click.argument("file", type=FOLDER, metavar="FILE")
@click.option("--base", default="baseline", show_default=True, metavar="NAME", help="What it is built on.")
@click.option("--title", default="", metavar="TEXT", help="A line.")
@click.option("--description", default="", metavar="TEXT", help="A few sentences.")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="PATH=VALUE[@YYYY-MM]",
    help="A change, from a month on or at all dates; PATH*FACTOR multiplies. May be given again.",
)
@click.option(
    "--variant",
    "variants",
    multiple=True,
    metavar="CONFLICT=SIDE",
    help="A side of a conflict between sources.",
)
@click.option("--from", "first", type=Month(), metavar="YYYY-MM", help="First month. Default: the base's.")
@click.option("--to", "last", type=Month(), metavar="YYYY-MM", help="Last month. Default: the base's.")
@click.option("--scale", type=Scale(), metavar="F", help="Size of the country. Default: the base's.")
@as_json_option
def new(
    file: Path,
    base: str,
    title: str,
    description: str,
    changes: tuple[str, ...],
    variants: tuple[str, ...],
    first: int | None,
    last: int | None,
    scale: float | None,
    as_json: bool,
) -> None:
    """Write a new scenario file; what it would hold is checked first, and nothing is overwritten."""
    from yeonjwa.laboratory import scenario_files

    sides = {}
    for text in variants:
        conflict, mark, side = text.partition("=")
        if not mark:
            raise InputError(
                "variant", text, "CONFLICT=SIDE, as listed by yeonjwa evidence conflicts", "--variant"
            )
        sides[conflict.strip()] = side.strip()
    answer = scenario_files.new(
        file,
        base=base,
        title=title,
        description=description,
        changes=changes,
        variants=sides,
        first=first,
        last=last,
        scale=scale,
    )
    print_answer(answer, as_json, lambda: [answer["toml"].rstrip(), "", f"Written: {answer['file']}"])


@scenario.command(
    epilog=examples("yeonjwa scenario check my.toml", "yeonjwa scenario check a.toml b.toml --json")
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@as_json_option
@click.pass_context
def check(context: click.Context, files: tuple[str, ...], as_json: bool) -> None:
    """Say whether scenario files are right, with file and line of everything that is not; exit code 2 if one is not."""
    from yeonjwa.laboratory import scenario_files

    answer = scenario_files.checked(files)
    print_answer(answer, as_json, lambda: _check_lines(answer))
    if answer["errors"]:
        context.exit(2)


def _check_lines(answer: dict[str, Any]) -> list[str]:
    lines = []
    for row in answer["files"]:
        if row["ok"]:
            lines.append(f"{row['file']}: right, {row['changes']} changes")
        lines += [f"{row['file']}: error: {error['message']}" for error in row["errors"]]
    return lines


COMMANDS = (scenarios, scenario)
