"""Commands of a calibration: ``calibrate targets``, ``start``, ``wave``, ``status`` and ``score``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from yeonjwa.options import FOLDER, Scale, Whole, as_json_option, examples, print_answer

_FOLDER: Final = click.argument("folder", type=FOLDER, metavar="DIR")


@click.group(
    epilog=examples(
        "yeonjwa calibrate start cal flight.a0=-10.5:-9.2 border.interdiction@2012-01..2020-01=0.4:0.8 --scale 0.02",
        "yeonjwa calibrate wave cal --points 40",
        "yeonjwa calibrate status cal",
        "yeonjwa calibrate score cal",
    )
)
def calibrate() -> None:
    """Rule out, wave by wave, what cannot give the record; then forecast the years that were held out, once."""


@calibrate.command(
    name="targets", epilog=examples("yeonjwa calibrate targets", "yeonjwa calibrate targets --use fit --json")
)
@click.option("--use", type=click.Choice(["fit", "held_out", "stress"]), help="Only those with one use.")
@as_json_option
def targets_(use: str | None, as_json: bool) -> None:
    """List the recorded figures, with what each is used for and the facts it rests on."""
    from yeonjwa.laboratory.calibrate import targets

    rows = [
        {
            "name": t.name, "use": t.use, "recorded": t.recorded, "transform": t.transform,
            "observation": t.observation, "discrepancy": t.discrepancy, "facts": list(t.facts), "what": t.what,
        }
        for t in targets.load()
        if use in (None, t.use)
    ]  # fmt: skip
    print_answer(
        {"targets": rows},
        as_json,
        lambda: [f"{r['name']:<22} {r['use']:<9} {r['recorded']:>12,.6g}  {r['what']}" for r in rows],
    )


@calibrate.command(
    epilog=examples(
        "yeonjwa calibrate start cal flight.a0=-10.5:-9.2 flight.kappa --scale 0.02 --seeds 2",
    )
)
@_FOLDER
@click.argument("ranges", nargs=-1, required=True, metavar="ADDRESS[=LOW:HIGH[:log]]...")
@click.option(
    "--scenario", default="baseline", show_default=True, metavar="NAME|FILE", help="What is calibrated."
)
@click.option("--scale", type=Scale(), default=0.02, show_default=True, metavar="F", help="Size of each run.")
@click.option(
    "--seeds",
    type=Whole("seeds", 1, 1000),
    default=1,
    show_default=True,
    metavar="N",
    help="Replicates: seeds 1 to N.",
)
@as_json_option
def start(
    folder: Path, ranges: tuple[str, ...], scenario: str, scale: float, seeds: int, as_json: bool
) -> None:
    """Begin a calibration: what is free, and between what. Nothing is run."""
    from yeonjwa.laboratory.calibrate import folder as calibration

    calibration.start(folder, ranges, scenario=scenario, scale=scale, seeds=range(1, seeds + 1))
    answer = calibration.status(folder)
    print_answer(answer, as_json, lambda: _status_lines(answer))


@calibrate.command(epilog=examples("yeonjwa calibrate wave cal --points 40 --workers 2"))
@_FOLDER
@click.option(
    "--points",
    type=Whole("points", 4, 100_000),
    default=40,
    show_default=True,
    metavar="N",
    help="Ten a parameter.",
)
@click.option("--workers", type=Whole("workers", 1, 1024), metavar="N", help="Processes. Default: the cores.")
@as_json_option
def wave(folder: Path, points: int, workers: int | None, as_json: bool) -> int:
    """Run the next wave, and say what it leaves. Ends with 3 if nothing is left: a finding, not an error."""
    from yeonjwa.laboratory.calibrate import folder as calibration

    left = calibration.run_wave(folder, points=points, workers=workers, progress=None if as_json else _said)
    answer = calibration.status(folder)
    print_answer(answer, as_json, lambda: _status_lines(answer))
    return calibration.NOTHING_LEFT if left.empty else 0


@calibrate.command(epilog=examples("yeonjwa calibrate status cal", "yeonjwa calibrate status cal --json"))
@_FOLDER
@as_json_option
def status(folder: Path, as_json: bool) -> int:
    """Say what each wave left. Ends with 3 if nothing is left."""
    from yeonjwa.laboratory.calibrate import folder as calibration

    answer = calibration.status(folder)
    print_answer(answer, as_json, lambda: _status_lines(answer))
    return calibration.NOTHING_LEFT if answer["nothing_left"] else 0


@calibrate.command(
    epilog=examples("yeonjwa calibrate score cal", "yeonjwa calibrate score cal --again --figure score.svg")
)
@_FOLDER
@click.option("--again", is_flag=True, help="Score another time; it is recorded that the answer was known.")
@click.option("--figure", type=FOLDER, metavar="FILE", help="Forecasts and record: .svg, .png, .pdf.")
@as_json_option
def score(folder: Path, again: bool, figure: Path | None, as_json: bool) -> None:
    """Forecast 2016 to 2019, which nothing was fitted to, and compare. It is written down that this was done."""
    from yeonjwa.laboratory.calibrate import folder as calibration

    answer = calibration.score_held_out(folder, again=again)
    if figure is not None and answer["held_out"] is not None:
        from yeonjwa.report import ridge

        about = "Forecasts of the years that were held out, with intervals of 90 %, beside what was recorded."
        spec = ridge.forecasts(answer["held_out"], unit="persons a year", description=about)
        answer["figure"] = str(ridge.save(spec, figure))
    print_answer(answer, as_json, lambda: _score_lines(answer))


COMMANDS: Final = (calibrate,)


def _said(event: Any) -> None:
    if event.kind == "run" and event.state not in ("RUNNING", "PENDING"):
        click.echo(f"{event.done} of {event.total} runs: {event.run} {event.state}", err=True)


def _status_lines(answer: dict[str, Any]) -> list[str]:
    lines = [
        f"{answer['folder']}: {answer['scenario']} at scale {answer['scale']:g}, seeds "
        f"{', '.join(map(str, answer['seeds']))}; {len(answer['free'])} free"
    ]
    lines += [f"  {r['address']}  {r['low']:g} to {r['high']:g}{', log' * r['log']}" for r in answer["free"]]
    for wave in answer["waves"]:
        lines.append(
            f"wave {wave['wave']}: {wave['points']} points ({wave['failed']} failed); left {wave['share']:.2%} "
            f"({wave['low']:.2%} to {wave['high']:.2%}) of the space"
        )
        lines += [
            f"  {name}  {extent[0]:.4g} to {extent[1]:.4g}"
            for name, extent in wave["extent"].items()
            if extent
        ]
        most = [f"{name} {share:.0%}" for name, share in list(wave["ruled_out_by"].items())[:5] if share]
        lines += [f"  ruled out most by: {', '.join(most)}"] if most else []
        if wave["conflict"]:
            lines.append(f"  nothing is left: no point gives all of {', '.join(wave['conflict'])}")
    if not answer["waves"]:
        lines.append("no wave yet: yeonjwa calibrate wave " + answer["folder"])
    lines.append(f"held-out years scored {answer['scorings']} times")
    return lines


def _score_lines(answer: dict[str, Any]) -> list[str]:
    lines = [
        f"scoring {answer['scoring']}, {answer['date']}, after {answer['waves']} waves, {answer['points']} points"
    ]
    if answer["nothing_left"]:
        lines.append(
            "nothing was left: these are the least implausible points, and no forecast that could be defended"
        )
    for use, what in (("held_out", "held out, 2016 to 2019"), ("stress", "stress, 2020 to 2024")):
        found = answer[use]
        if found is None:
            lines.append(f"{what}: the runs do not hold these years")
            continue
        lines.append(what)
        for name, judged in found.items():
            lines.append(
                f"  {name:<13} within 90 %: {judged['covered']} of {judged['n']}; mean error {judged['mean_absolute']:,.0f}; "
                f"log error {judged['log_error']:.2f}; interval score {judged['interval_score']:,.0f}"
            )
    return lines
