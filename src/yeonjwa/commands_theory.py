"""The command ``theory``: the theorems of the model, played."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from yeonjwa.options import FOLDER, SEED, Whole, as_json_option, examples, print_answer


@click.command(
    epilog=examples(
        "yeonjwa theory",
        "yeonjwa theory support --json",
        "yeonjwa theory support --seed 2 --out figures",
    )
)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--seed", type=SEED, default=1, show_default=True, metavar="N", help="Seed of all draws.")
@click.option(
    "--living",
    type=Whole("living", 20_000, 10_000_000),
    default=60_000,
    show_default=True,
    metavar="N",
    help="Persons in the country of reach, vetting and deterrence.",
)
@click.option("--out", type=FOLDER, metavar="DIR", help="Write NAME.svg and findings.json there.")
@as_json_option
def theory(names: tuple[str, ...], seed: int, living: int, out: Path | None, as_json: bool) -> None:
    """Play the theorems of the model in small villages: closed forms against the functions that run.

    NAME is one of the set-ups; without one, all are played. A finding inside the conditions of its theorem must agree with it;
    those outside say how far off the closed form is there. The exit code is 1 if one that must agree does not.
    """
    from yeonjwa import theory as module

    given = module.setting(seed=seed, living=living)
    shown = module.demonstrate(names, given=given, out=out)
    answer = module.as_dict(shown, given)
    print_answer(answer, as_json, lambda: _lines(answer))
    if not answer["agree"]:
        raise SystemExit(1)


COMMANDS: Final = (theory,)


def _lines(answer: dict[str, Any]) -> list[str]:
    lines = []
    for found in answer["set_ups"]:
        lines.append(found["title"])
        for row in found["findings"]:
            sign = {True: "agrees", False: "DIFFERS", None: "outside"}[row["holds"]]
            lines.append(f"  {sign:8s} {row['what']}: {row['found']:.4g} (theory {row['theory']:.4g})")
            lines.append(f"           {row['where']}")
        lines.append("")
    return lines
