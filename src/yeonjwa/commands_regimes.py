"""Commands on regimes of kin liability: ``regimes list``, ``show`` and ``compare``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from yeonjwa.commands_kin import _table
from yeonjwa.options import (
    FOLDER,
    SEED,
    Month,
    Whole,
    as_json_option,
    examples,
    language_option,
    overwrite_option,
    print_answer,
    threads_option,
)


@click.group(
    epilog=examples(
        "yeonjwa regimes list",
        "yeonjwa regimes show tang",
        "yeonjwa regimes compare --living 100000 --out regimes",
    )
)
def regimes() -> None:
    """Regimes that punish kin: the catalogue, and whom each reaches in one population."""


@regimes.command(
    name="list", epilog=examples("yeonjwa regimes list", "yeonjwa regimes list --group prk --json")
)
@click.option("--group", metavar="GROUP", help="Only periods and readings of one regime, as prk.")
@as_json_option
def list_(group: str | None, as_json: bool) -> None:
    """List the regimes of the catalogue."""
    from yeonjwa import regimes as catalogue

    answer = catalogue.listed(group)
    columns = ["id", "dates", "worst", "body_degree", "career_degree", "grade", "name"]
    print_answer(answer, as_json, lambda: _table(answer["regimes"], columns))


@regimes.command(
    epilog=examples(
        "yeonjwa regimes show tang",
        "yeonjwa regimes show prk.2012 --json",
        "yeonjwa regimes show prk.extended --scenario",
    )
)
@click.argument("id", metavar="ID")
@click.option(
    "--scenario", "as_scenario", is_flag=True, help="Print a scenario file for `yeonjwa run` instead."
)
@as_json_option
def show(id: str, as_scenario: bool, as_json: bool) -> None:
    """Show one regime: rules, sanctions, exits, sources, and what is not represented."""
    from yeonjwa import regimes as catalogue

    if as_scenario:
        text = catalogue.scenario(id)
        print_answer({"id": id, "scenario": text}, as_json, lambda: text.splitlines())
        return
    answer = catalogue.shown(id)
    print_answer(answer, as_json, lambda: _shown_lines(answer))


@regimes.command(
    epilog=examples(
        "yeonjwa regimes compare",
        "yeonjwa regimes compare tang ming joseon --sample 5000 --seed 2 --json",
        "yeonjwa regimes compare --population pop --at 1995-12 --out regimes",
    )
)
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option(
    "--country", default="PRK", show_default=True, metavar="CODE", help="Rates of the common population."
)
@click.option(
    "--living",
    type=Whole("living", 1_000, 100_000_000),
    default=100_000,
    show_default=True,
    metavar="N",
    help="Living persons expected in it.",
)
@click.option("--population", type=FOLDER, metavar="DIR", help="A population or run folder instead.")
@click.option(
    "--at",
    type=Month(),
    metavar="YYYY-MM",
    help="Month of the offences. Default: 2020-12, or the folder's last.",
)
@click.option(
    "--sample",
    type=Whole("sample", 2, 10_000_000),
    default=2_000,
    show_default=True,
    metavar="N",
    help="Offenders: adults drawn at random.",
)
@click.option(
    "--seed", type=SEED, default=1, show_default=True, metavar="N", help="Equal seeds, equal answers."
)
@threads_option
@click.option("--out", type=FOLDER, metavar="DIR", help="A folder for table, rings and page.")
@language_option
@overwrite_option
@as_json_option
def compare(
    ids: tuple[str, ...],
    country: str,
    living: int,
    population: Path | None,
    at: int | None,
    sample: int,
    seed: int,
    threads: int | None,
    out: Path | None,
    language: str,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Compare regimes on the same offenders: persons reached, kin, ages, shared fate, lines ended.

    ID: regimes of the catalogue; without any all of them.
    """
    from yeonjwa import regimes as catalogue

    answer = catalogue.compare(
        ids,
        country=country,
        living=living,
        folder=population,
        at=at,
        sample=sample,
        seed=seed,
        threads=threads,
        out=out,
        overwrite=overwrite,
        language=language,
    )
    print_answer(answer, as_json, lambda: _comparison_lines(answer))


COMMANDS: Final = (regimes,)


def _shown_lines(answer: dict[str, Any]) -> list[str]:
    names = " ".join(x for x in (answer["name"], answer["korean"], answer["hanja"]) if x)
    lines = [
        f"{answer['id']}: {names}, {answer['dates']}, grade {answer['grade']}",
        f"set off by: {'; '.join(answer['triggers'])}",
        f"spouse: {answer['spouse']}",
    ]
    lines += [f"reading: {answer['reading']}"] if answer["reading"] else []
    lines += [f"note: {answer['note']}"] if answer["note"] else []
    for rule in answer["rules"]:
        lines.append(f"- {rule['who']}: {rule['sanction']}{_conditions(rule)}")
        lines.append(f"    {rule['circle']}; {', '.join(rule['sources'])}; grade {rule['grade']}")
    lines += [f"exit: {way['how']}" for way in answer["exits"]]
    lines += [f"not represented: {what}" for what in answer["not_represented"]]
    for source in answer["sources"]:
        unread = "" if source["found"] == "seen" else " (not re-read)"
        lines.append(f"source {source['key']}: {source['cite']}{unread}")
    return lines


def _conditions(rule: dict[str, Any]) -> str:
    parts = ["also " + ", ".join(rule["also"])] if rule["also"] else []
    parts += [rule["when"]] if rule["when"] != "always" else []
    parts += [f"spares {', '.join(rule['spares'])}"] if rule["spares"] else []
    parts += [f"if {rule['post']}"] if rule["post"] else []
    parts += [f"if {rule['condition']}"] if rule["condition"] else []
    return f" ({'; '.join(parts)})" if parts else ""


def _comparison_lines(answer: dict[str, Any]) -> list[str]:
    rows = [
        {
            "id": row["id"],
            "reached": row["reached_mean"],
            "se": row["reached_se"],
            "p10": row["reached_p10"],
            "p90": row["reached_p90"],
            "max": row["reached_max"],
            "in body": row["body_mean"],
            "children": row["children_mean"],
            "degree": row["max_degree"],
            "shared fate": row["share_of_population"],
            "shared in body": row["share_in_body"],
            "lines ended": row["lines_ended"],
        }
        for row in answer["regimes"]
    ]
    about = answer["population"]
    lines = [*_table(rows, list(rows[0])), ""]
    lines.append(
        f"Persons who answer for one offence, {about['offenders']:,} offenders in {about['month']}; "
        f"{about['living']:,} living, {about['origin']}."
    )
    lines.append("Shared fate: share of the living who answer when one adult in a thousand offends.")
    lines += [f"note: {note}" for note in answer["notes"]]
    return [*lines, f"Folder: {answer['folder']}"] if "folder" in answer else lines
