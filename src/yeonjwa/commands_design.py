"""Commands on designs of experiments: ``design grid``, ``lhs``, ``sobol``, ``morris`` and ``check``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from yeonjwa.core.errors import InputError
from yeonjwa.options import FOLDER, SEED, Whole, as_json_option, examples, print_answer

_OUT: Final = click.option(
    "--out", type=FOLDER, required=True, metavar="FILE.csv", help="The table; a new file."
)
_POINTS: Final = Whole("points", 2, 1_000_000)
_ARM: Final = click.option(
    "--arm",
    "arms",
    multiple=True,
    metavar="SCENARIO",
    help="Paired arm: all points from this scenario. Twice or more.",
)
_DRAW_SEED: Final = click.option(
    "--draw-seed", "seed", type=SEED, default=1, show_default=True, metavar="N",
    help="Of the drawing of points; seeds of runs are the ensemble's.",
)  # fmt: skip
_RANGES: Final = click.argument("ranges", nargs=-1, required=True, metavar="ADDRESS[=LOW:HIGH[:log]]...")


@click.group(
    epilog=examples(
        "yeonjwa design grid support.alpha=1.5,3,5 flight.kappa=0,1 --out grid.csv",
        "yeonjwa design morris support.alpha flight.kappa --trajectories 10 --out morris.csv",
        "yeonjwa design check morris.csv",
    )
)
def design() -> None:
    """Tables of parameters to run: which are varied, and to what.

    ADDRESS: a parameter's path, as support.alpha; a level of its table, as loss.severity[official]; from a month on, as
    border.interdiction@2012-01, or for a span, as border.interdiction@2012-01..2019-12; a factor, as border.price*. Without
    an interval the range of the evidence is taken.
    """


@design.command(
    epilog=examples(
        "yeonjwa design grid support.alpha=1.5,3,5 flight.kappa=0,1 --out grid.csv",
        "yeonjwa design grid support.altruism_on=true,false --arm baseline --arm liability_off --out arms.csv",
    )
)
@click.argument("axes", nargs=-1, required=True, metavar="ADDRESS=V1,V2,...")
@_ARM
@_OUT
@as_json_option
def grid(axes: tuple[str, ...], arms: tuple[str, ...], out: Path, as_json: bool) -> None:
    """All combinations of the values of each axis."""
    from yeonjwa.evidence import parameters as shipped
    from yeonjwa.laboratory import design as designs
    from yeonjwa.laboratory.address import parse, parse_value

    parameters = shipped.load()
    values: dict[str, list[Any]] = {}
    for axis in axes:
        name, equals, listed = axis.rpartition("=")
        if not equals:
            raise InputError("axis of a grid", axis, "ADDRESS=V1,V2,...", "command line")
        address = parse(name, parameters, "command line")
        separator = ";" if parameters[address.path].kind == "rule" else ","
        values[name] = [parse_value(address, parameters, v, "command line") for v in listed.split(separator)]
    _finish(lambda: designs.grid(values, parameters=parameters), arms, out, as_json)


@design.command(
    epilog=examples("yeonjwa design lhs support.alpha flight.kappa=0:3 --points 40 --out lhs.csv")
)
@_RANGES
@click.option("--points", type=_POINTS, default=40, show_default=True, metavar="N", help="Points.")
@_DRAW_SEED
@_ARM
@_OUT
@as_json_option
def lhs(
    ranges: tuple[str, ...], points: int, seed: int, arms: tuple[str, ...], out: Path, as_json: bool
) -> None:
    """A Latin hypercube: every slice of every range has one point."""
    from yeonjwa.laboratory import design as designs

    _finish(lambda: designs.latin_hypercube(ranges, points, seed=seed), arms, out, as_json)


@design.command(epilog=examples("yeonjwa design sobol support.alpha flight.kappa --base 64 --out sobol.csv"))
@_RANGES
@click.option(
    "--base", type=_POINTS, default=64, show_default=True, metavar="N",
    help="A power of two; points are N times the ranges plus two.",
)  # fmt: skip
@_DRAW_SEED
@_ARM
@_OUT
@as_json_option
def sobol(
    ranges: tuple[str, ...], base: int, seed: int, arms: tuple[str, ...], out: Path, as_json: bool
) -> None:
    """Saltelli's design for Sobol indices, first-order and total."""
    from yeonjwa.laboratory import design as designs

    _finish(lambda: designs.sobol(ranges, base, seed=seed), arms, out, as_json)


@design.command(
    epilog=examples("yeonjwa design morris support.alpha flight.kappa --trajectories 10 --out morris.csv")
)
@_RANGES
@click.option(
    "--trajectories", type=_POINTS, default=10, show_default=True, metavar="N",
    help="Points are N times the ranges plus one.",
)  # fmt: skip
@click.option(
    "--levels", type=Whole("levels", 4, 100), default=4, show_default=True, metavar="N", help="Even."
)
@_DRAW_SEED
@_ARM
@_OUT
@as_json_option
def morris(
    ranges: tuple[str, ...],
    trajectories: int,
    levels: int,
    seed: int,
    arms: tuple[str, ...],
    out: Path,
    as_json: bool,
) -> None:
    """Morris's one-at-a-time trajectories: the screening to begin with."""
    from yeonjwa.laboratory import design as designs

    _finish(lambda: designs.morris(ranges, trajectories, levels=levels, seed=seed), arms, out, as_json)


@design.command(epilog=examples("yeonjwa design check morris.csv --scenario severity_flat"))
@click.argument("file", type=FOLDER, metavar="FILE.csv")
@click.option(
    "--scenario", default="baseline", show_default=True, metavar="NAME|FILE", help="What its rows start from."
)
@as_json_option
def check(file: Path, scenario: str, as_json: bool) -> None:
    """Check a table, also one written by hand: every error with its line, every value outside the evidence's range."""
    from yeonjwa.laboratory import design_file
    from yeonjwa.laboratory.scenario import load

    base = load(scenario)
    read = design_file.read(file, parameters=base.parameters)
    read.check(base)
    outside = read.outside(base.parameters)
    answer = {
        **read.describe(),
        "file": str(file),
        "outside": [{"row": row, "address": address, "value": value} for row, address, value in outside],
    }
    print_answer(answer, as_json, lambda: _lines(answer))


COMMANDS: Final = (design,)


def _finish(make: Callable[[], Any], arms: tuple[str, ...], out: Path, as_json: bool) -> None:
    from yeonjwa.laboratory import design_file
    from yeonjwa.laboratory.scenario import load

    made = make()
    made.check(load())
    made = made.with_arms(arms) if arms else made
    design_file.write(made, out)
    answer = {**made.describe(), "file": str(out)}
    print_answer(answer, as_json, lambda: _lines(answer))


def _lines(answer: dict[str, Any]) -> list[str]:
    lines = [
        f"{answer['file']}: {answer['method']}, {answer['rows']:,} rows, {len(answer['columns'])} columns"
    ]
    ranges = {r["address"]: r for r in answer["ranges"]}
    for column in answer["columns"]:
        r = ranges.get(column)
        lines.append(f"  {column}" + (f"  {r['low']:g} to {r['high']:g}{', log' * r['log']}" if r else ""))
    if answer["arms"]:
        lines.append(f"  arms: {', '.join(answer['arms'])}")
    for found in answer.get("outside", []):
        lines.append(
            f"  outside the range of the evidence: {found['address']} = {found['value']:g} in row {found['row']}"
        )
    return lines
