"""The command ``yeonjwa evidence dossier``."""

from __future__ import annotations

from pathlib import Path

import click

from yeonjwa.options import FOLDER, as_json_option, examples, language_option


@click.command(
    epilog=examples(
        'yeonjwa evidence dossier --relation "first cousin" --offence flight --from 2012 --to 2016',
        'yeonjwa evidence dossier --relation "chon 4" --rank official --format html --out cousin.html',
        "yeonjwa evidence dossier --relation 외삼촌 --offence political --json",
    )
)
@click.option(
    "--relation",
    required=True,
    metavar="KIN",
    help='The relative asked about: "first cousin", a Korean word, "chon 4".',
)
@click.option(
    "--offence",
    default="flight",
    show_default=True,
    metavar="WORD",
    help="flight, crossing, contact, non_reporting, political or any.",
)
@click.option("--from", "first", metavar="YYYY[-MM]", help="First year or month. Default: open.")
@click.option("--to", "last", metavar="YYYY[-MM]", help="Last year or month. Default: open.")
@click.option(
    "--rank",
    default="",
    metavar="WORD",
    help="Only of this rank: ordinary, administrator, official, senior, security or expatriate.",
)
@language_option
@click.option("--format", "form", default="md", show_default=True, metavar="FORM", help="md, html or json.")
@click.option("--out", type=FOLDER, metavar="FILE", help="Write to a file. Default: print.")
@as_json_option
def dossier(
    relation: str,
    offence: str,
    first: str | None,
    last: str | None,
    rank: str,
    language: str,
    form: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """What the sources report on who answers for whom, with which sanction, how often and with which exits.

    It reports published evidence on rules in North Korea: not legal advice, not an assessment of a risk to a person.
    """
    from yeonjwa.core.files import write_text
    from yeonjwa.core.language import use
    from yeonjwa.evidence import dossier as dossiers
    from yeonjwa.report import dossier as document

    start, end = dossiers.parse_period(first, last)
    with use(language):
        found = dossiers.dossier(relation, offence, start, end, rank)
        text = document.render(found, "json" if as_json else form)
    if out is None:
        click.echo(text, nl=False)
    else:
        write_text(out, text)
