"""The command that leads from a number of a run back to its sources."""

from __future__ import annotations

from pathlib import Path

import click

from yeonjwa.core.errors import InputError
from yeonjwa.options import FOLDER, Whole, as_json_option, examples, print_answer


@click.command(
    epilog=examples(
        "yeonjwa explain runs/first flight.arrivals",
        "yeonjwa explain runs/first support.fear_share --parameters 3 --json",
        "yeonjwa explain runs/first --cite",
        "yeonjwa explain runs/first --cite --format bibtex",
    )
)
@click.argument("folder", type=FOLDER, metavar="RUN")
@click.argument("measure", required=False)
@click.option("--parameters", type=Whole("parameters", 1, 1000), default=8, show_default=True, metavar="N",
              help="How many of the parameters that move it most are followed.")  # fmt: skip
@click.option("--cite", is_flag=True, help="Print what the run has to cite, and why, instead.")
@click.option(
    "--format", default="text", show_default=True, metavar="F", help="With --cite: text, bibtex or csl-json."
)
@as_json_option
def explain(
    folder: Path, measure: str | None, parameters: int, cite: bool, format: str, as_json: bool
) -> None:
    """Lead from a number of a run to its sources.

    MEASURE is a measure of series.parquet, such as flight.arrivals, or a ratio, such as support.fear_share. Printed are the
    number, the series and events it is made of, the mechanism, the parameters that move it most with value, range and grade,
    the facts and claims they rest on, and the sources of those.
    """
    from yeonjwa.report import explain as chains

    if cite == (measure is not None):
        raise InputError("explain", measure, "either a measure or --cite", "command line")
    if cite:
        from yeonjwa.evidence.sources import write

        found = chains.cite(folder)
        text = write(found, format).rstrip("\n")
        print_answer({"sources": [reference.as_dict() for reference in found]}, as_json, lambda: [text])
        return
    chain = chains.explain(folder, measure or "", parameters=parameters)
    print_answer(chain, as_json, lambda: chains.as_lines(chain))


COMMANDS = (explain,)
