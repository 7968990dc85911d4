"""The command ``report``: the report of a finished run again, as in another language."""

from __future__ import annotations

from pathlib import Path

import click

from yeonjwa.options import FOLDER, as_json_option, examples, language_option, print_answer


@click.command(
    epilog=examples(
        "yeonjwa report runs/baseline-1 --language ko",
        "yeonjwa report runs/baseline-1 --language ko --out report.ko.html --json",
    )
)
@click.argument("folder", type=FOLDER, metavar="RUN")
@language_option
@click.option("--out", type=FOLDER, metavar="FILE", help="The file. Default: RUN.report.html in this folder.")
@as_json_option
def report(folder: Path, language: str, out: Path | None, as_json: bool) -> None:
    """Write the report of a finished run again, as in another language.

    RUN is the folder of a run; nothing in it is changed.
    """
    from yeonjwa import workflow

    path = workflow.report(folder, language=language, out=out)
    print_answer({"report": str(path), "language": language}, as_json, lambda: [f"Report: {path}"])


COMMANDS = (report,)
