"""Commands for genealogies in and out of other formats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from yeonjwa.core.errors import InputError
from yeonjwa.options import FOLDER, Month, Whole, as_json_option, examples, option_of, print_answer

_FORMATS = ("gedcom", "gedcom551", "tskit", "networkx", "parquet")
_PERSON = Whole("person", 0, 2**31 - 2)


def _format(_context: click.Context, param: click.Parameter, value: str) -> str:
    if value not in _FORMATS:
        raise InputError("format", value, ", ".join(_FORMATS), option_of(param))
    return value


@click.command(
    epilog=examples(
        "yeonjwa export pop --format gedcom --out pop.ged",
        'yeonjwa export pop --format networkx --ego 4711 --circle "chon<=4 + spouse" --out kin.graphml',
        "yeonjwa export pop --format tskit --living-from 2000-01 --out pop.trees --json",
    )
)
@click.argument("folder", type=FOLDER, metavar="DIR")
@click.option("--format", callback=_format, required=True, metavar="NAME", help=f"{', '.join(_FORMATS)}.")
@click.option("--out", type=FOLDER, required=True, metavar="FILE", help="The file; a folder for parquet.")
@click.option("--ego", type=_PERSON, metavar="ID", help="Only this person and the kin in --circle.")
@click.option("--circle", metavar="LINE", help='Such as "chon<=4" or "parents + siblings".')
@click.option("--living-from", type=Month(), metavar="YYYY-MM", help="Only who lived in this month or later.")
@click.option("--living-to", type=Month(), metavar="YYYY-MM", help="Only who lived in this month or before.")
@click.option("--overwrite", is_flag=True, help="Replace what is there.")
@as_json_option
def export(
    folder: Path,
    format: str,
    out: Path,
    ego: int | None,
    circle: str | None,
    living_from: int | None,
    living_to: int | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write a population, or a part of it, as GEDCOM 7 or 5.5.1, tskit, networkx (GraphML) or Parquet.

    Nobody has a name, and every file says that the persons are synthetic.
    """
    from yeonjwa import exchange
    from yeonjwa.cli import _reporting

    with _reporting(as_json) as progress:
        answer = exchange.export(
            folder,
            out=out,
            format=format,
            ego=ego,
            circle=circle,
            living_from=living_from,
            living_to=living_to,
            overwrite=overwrite,
            progress=progress,
        )
    print_answer(answer, as_json, lambda: _written(answer))


@click.command("import", epilog=examples("yeonjwa import family.ged --out family"))
@click.argument("file", type=FOLDER, metavar="FILE")
@click.option("--out", type=FOLDER, required=True, metavar="DIR", help="Folder of the result.")
@click.option("--overwrite", is_flag=True, help="Replace a folder that yeonjwa wrote.")
@as_json_option
def import_(file: Path, out: Path, overwrite: bool, as_json: bool) -> None:
    """Read a GEDCOM file (7.0 or 5.5.1) for kinship queries only.

    Everybody who may be alive is left out, and so are all names and texts; how many is said.
    """
    from yeonjwa import exchange
    from yeonjwa.cli import _reporting

    with _reporting(as_json) as progress:
        manifest = exchange.import_gedcom(file, out=out, overwrite=overwrite, progress=progress)
    print_answer(manifest, as_json, lambda: [*manifest["notes"], f"Genealogy: {out}"])


#: What the command line attaches.
COMMANDS: tuple[click.Command, ...] = (export, import_)


def _written(answer: dict[str, Any]) -> list[str]:
    counts = [
        f"{value:,} {key.replace('_', ' ')}"
        for key, value in answer.items()
        if isinstance(value, int) and not isinstance(value, bool)
    ]
    return [", ".join(counts) + ".", f"{answer['format']}: {answer['file']}"]
