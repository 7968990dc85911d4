"""Commands on kin: ``kin``, ``reach`` and ``circle``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import click

from yeonjwa.core.errors import InputError
from yeonjwa.options import FOLDER, SEED, Month, Whole, as_json_option, examples, print_answer

_PERSON: Final = Whole("person", 0, 2**31 - 2)
_SAMPLE: Final = Whole("sample", 1, 10**9)

#: Question -> the options that make sense with it, besides --at and --json.
_FITTING: Final[dict[str, frozenset[str]]] = {
    "--by-age": frozenset({"--kin", "--sample", "--seed", "--out"}),
    "--by-cohort": frozenset({"--kin", "--sample", "--seed", "--out"}),
    "--distribution": frozenset({"--sample", "--seed", "--top", "--out"}),
    "--lost": frozenset({"--kin", "--sample", "--seed", "--out"}),
    "--ego": frozenset({"--circle", "--dead", "--same-province", "--out"}),
    "--circle": frozenset({"--dead", "--same-province", "--sample", "--seed", "--out"}),
    "--relation": frozenset(),
    "--diagram": frozenset({"--age", "--sample", "--seed"}),
}


@click.command(
    epilog=examples(
        "yeonjwa kin pop --by-age --json",
        "yeonjwa kin pop --by-age --kin third_cousins --sample 2000 --seed 1",
        "yeonjwa kin pop --by-cohort --kin siblings --kin first_cousins",
        'yeonjwa kin pop --distribution "siblings, half" --at 2010-12',
        "yeonjwa kin pop --lost",
        'yeonjwa kin pop --ego 4711 --circle "chon<=4 + spouse" --at 1995-06 --json',
        'yeonjwa kin pop --circle "first_cousins, paternal" --same-province --out cousins.parquet',
        "yeonjwa kin pop --relation 4711 5120",
        "yeonjwa kin pop --diagram kin.svg --age 30-34",
    )
)
@click.argument("folder", type=FOLDER, metavar="DIR")
@click.option("--by-age", is_flag=True, help="Mean number of living kin by kin type and age group of ego.")
@click.option("--by-cohort", is_flag=True, help="The same by birth cohort of ego (ten years).")
@click.option("--distribution", metavar="KIN", help="Share of egos with 0, 1, 2, ... living kin of a type.")
@click.option("--lost", is_flag=True, help="Kin who died in ego's lifetime, and in the last year.")
@click.option("--ego", type=_PERSON, multiple=True, metavar="ID", help="Kin of this person, one by one.")
@click.option(
    "--relation", type=_PERSON, nargs=2, metavar="A B", help="What person B is to person A, in words."
)
@click.option("--diagram", type=FOLDER, metavar="FILE", help="Kin diagram: .svg, .png or .pdf.")
@click.option(
    "--circle", metavar="LINE", help="With --ego: which kin. Default: chon<=4. Alone: of everybody."
)
@click.option("--kin", "kinds", multiple=True, metavar="KIN", help="Only this type of kin.")
@click.option("--at", type=Month(), metavar="YYYY-MM", help="Month. Default: the last of the folder.")
@click.option("--dead", is_flag=True, help="Also kin who had died by then.")
@click.option("--same-province", is_flag=True, help="Only kin who live in ego's province.")
@click.option("--age", metavar="GROUP", help="Age group of the diagram, as 30-34. Default: all.")
@click.option("--top", type=Whole("last class", 1, 100_000), metavar="N", help="Last class. Default: 10.")
@click.option("--sample", type=_SAMPLE, metavar="N", help="Ask so many egos, drawn at random.")
@click.option("--seed", type=SEED, metavar="N", help="Seed of the sample. Default: 0.")
@click.option("--out", type=FOLDER, metavar="FILE", help="Write the table to a .parquet file too.")
@as_json_option
def kin(folder: Path, at: int | None, as_json: bool, **given: Any) -> None:
    """Count and list kin in a population or run folder: say one of the first seven options, or --circle with --out."""
    question = _question(given)
    answer = _ANSWERS[question](folder, at, given)
    print_answer(answer, as_json, lambda: _lines(question, answer))


@click.command(
    epilog=examples(
        'yeonjwa reach pop --circle "parents + spouse + children + grandchildren"',
        'yeonjwa reach runs/first --circle "chon<=4" --circle "chon<=4, paternal" --at 2005-12 --json',
    )
)
@click.argument("folder", type=FOLDER, metavar="DIR")
@click.option(
    "--circle",
    "circles",
    multiple=True,
    required=True,
    metavar="LINE",
    help="A circle of kin. Several: compared on the same egos.",
)
@click.option("--at", type=Month(), metavar="YYYY-MM", help="Month. Default: the last of the folder.")
@click.option("--sample", type=_SAMPLE, metavar="N", help="Ask so many egos, drawn at random.")
@click.option("--seed", type=SEED, default=0, metavar="N", help="Seed of the sample. Default: 0.")
@click.option("--out", type=FOLDER, metavar="FILE", help="Write the table to a .parquet file too.")
@as_json_option
def reach(
    folder: Path,
    circles: tuple[str, ...],
    at: int | None,
    sample: int | None,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """How many living relatives a circle holds, by age of ego."""
    from yeonjwa import kindred

    answer = kindred.reach(folder, circles, month=at, sample=sample, seed=seed, out=out)
    print_answer(answer, as_json, lambda: _reach_lines(answer))


@click.command(
    epilog=examples(
        'yeonjwa circle "parents + spouse + children + grandchildren"',
        'yeonjwa circle "chon<=4, paternal" --json',
        'yeonjwa circle "siblings of spouse"',
    )
)
@click.argument("line", metavar="LINE")
@as_json_option
def circle(line: str, as_json: bool) -> None:
    """Show a circle of kin as paths (U to a parent, D to a child, S to a spouse), or say why nobody can be in it."""
    from yeonjwa import kindred

    answer = kindred.circle(line)
    print_answer(answer, as_json, lambda: _circle_lines(answer))


COMMANDS: Final = (kin, reach, circle)


def _option_name(name: str) -> str:
    return {"kinds": "--kin"}.get(name, "--" + name.replace("_", "-"))


def _question(given: dict[str, Any]) -> str:
    """The one question that was asked, with only options that fit it."""
    said = {_option_name(name) for name, value in given.items() if value not in (None, False, ())}
    asked = [name for name in _FITTING if name in said and name != "--circle"]
    if not asked and "--circle" in said:
        asked = ["--circle"]
    if len(asked) != 1:
        allowed = " or ".join(_FITTING) if not asked else "one of them at a time"
        raise InputError("table", " and ".join(asked) or "none", allowed, "command line")
    for name in sorted(said - {asked[0]} - _FITTING[asked[0]]):
        fitting = ", ".join(sorted(_FITTING[asked[0]])) or "no further option than --at and --json"
        raise InputError("option", name, f"with {asked[0]}: {fitting}", "command line")
    return asked[0]


def _sampled(given: dict[str, Any]) -> dict[str, Any]:
    return {"sample": given["sample"], "seed": given["seed"] or 0}


def _by_age(folder: Path, at: int | None, given: dict[str, Any]) -> dict[str, Any]:
    from yeonjwa import kindred

    return kindred.by_age(folder, month=at, kinds=given["kinds"] or None, out=given["out"], **_sampled(given))


def _by_cohort(folder: Path, at: int | None, given: dict[str, Any]) -> dict[str, Any]:
    from yeonjwa import kindred

    return kindred.by_cohort(
        folder, month=at, kinds=given["kinds"] or None, out=given["out"], **_sampled(given)
    )


def _distribution(folder: Path, at: int | None, given: dict[str, Any]) -> dict[str, Any]:
    from yeonjwa import kindred

    top = 10 if given["top"] is None else given["top"]
    return kindred.distribution(
        folder, given["distribution"], month=at, top=top, out=given["out"], **_sampled(given)
    )


def _lost(folder: Path, at: int | None, given: dict[str, Any]) -> dict[str, Any]:
    from yeonjwa import kindred

    return kindred.lost(folder, month=at, kinds=given["kinds"] or None, out=given["out"], **_sampled(given))


def _of_egos(folder: Path, at: int | None, given: dict[str, Any]) -> dict[str, Any]:
    from yeonjwa import kindred

    return kindred.of_egos(
        folder,
        given["ego"],
        circle=given["circle"] or "chon<=4",
        month=at,
        living=not given["dead"],
        same_province=given["same_province"],
        out=given["out"],
    )


def _of_everybody(folder: Path, at: int | None, given: dict[str, Any]) -> dict[str, Any]:
    from yeonjwa import kindred

    if given["out"] is None:
        raise InputError(
            "place for the table", "none", "--out FILE.parquet, or --ego ID for one person", "command line"
        )
    return kindred.of_everybody(
        folder,
        circle=given["circle"],
        out=given["out"],
        month=at,
        living=not given["dead"],
        same_province=given["same_province"],
        **_sampled(given),
    )


def _related(folder: Path, at: int | None, given: dict[str, Any]) -> dict[str, Any]:
    from yeonjwa import kindred

    return kindred.related(folder, *given["relation"], month=at)


def _diagram(folder: Path, at: int | None, given: dict[str, Any]) -> dict[str, Any]:
    from yeonjwa import kindred

    return kindred.diagram(folder, given["diagram"], age=given["age"] or "all", month=at, **_sampled(given))


_ANSWERS: Final = {
    "--by-age": _by_age,
    "--by-cohort": _by_cohort,
    "--distribution": _distribution,
    "--lost": _lost,
    "--ego": _of_egos,
    "--circle": _of_everybody,
    "--relation": _related,
    "--diagram": _diagram,
}


def _lines(question: str, answer: dict[str, Any]) -> list[str]:
    """An answer for a reader."""
    if question == "--relation":
        return _relation_lines(answer)
    if question == "--circle":
        lines = [f"{name:<28} {number:>12,}" for name, number in answer["counts"].items()]
        lines.append(f"{answer['n_rows']:,} kin of {answer['n_ego']:,} egos in {answer['month']}.")
        return [*lines, f"Table: {answer['file']}"]
    if question == "--diagram":
        return [f"Diagram: {answer['file']}"]
    rows = answer["rows"]
    if question == "--ego":
        columns = ["ego", "person", "path", "degree", "term_en", "term_ko", "romanised", "side"]
        columns += ["sex", "age", "living", "province", "r"]
        counts = ", ".join(f"{name} {number}" for name, number in answer["counts"].items()) or "nobody"
        lines = [*_table(rows, columns), f"{answer['month']}, {answer['circle']}: {counts}."]
    else:
        lines = _table(rows, list(rows[0]) if rows else [])
    return [*lines, f"Table: {answer['file']}"] if "file" in answer else lines


def _reach_lines(answer: dict[str, Any]) -> list[str]:
    lines = []
    for circle in answer["circles"]:
        rows = [r for r in answer["rows"] if r["circle"] == circle["circle"] and r["sex_ego"] == "all"]
        columns = [name for name in rows[0] if name not in ("circle", "sex_ego")]
        lines += [circle["circle"], *(f"  {words}" for words in circle["words"])]
        lines += [*_table(rows, columns), ""]
    lines.append(f"Living kin in {answer['month']}, both sexes of ego; --json has women and men apart.")
    return [*lines, f"Table: {answer['file']}"] if "file" in answer else lines


def _circle_lines(answer: dict[str, Any]) -> list[str]:
    back = answer["inverse"]["words"]
    lines = [answer["circle"], *(f"  {words}" for words in answer["words"]), ""]
    if answer["symmetric"]:
        return [*lines, "Whoever is in your circle has you in his."]
    return [*lines, "You stand in the circle of your", *(f"  {words}" for words in back)]


def _relation_lines(answer: dict[str, Any]) -> list[str]:
    def words(found: dict[str, Any]) -> str:
        degree = "no known degree" if found["chon"] is None else f"{found['chon']} chon"
        half = ", half-kin" if found["half"] else ""
        return (
            f"{found['term_en']}, {found['term_ko']} {found['romanised']} "
            f"({found['path'] or '-'}, {degree}, side: {found['side']}{half})"
        )

    lines = [f"{answer['b']['id']} is to {answer['a']['id']}: {words(answer)}"]
    if answer["by_marriage"] is not None:
        lines.append(f"by marriage also: {words(answer['by_marriage'])}")
    return [*lines, f"relatedness {answer['r']:.6g}"]


def _table(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> list[str]:
    """Lines of a table with columns as wide as they need: text to the left, numbers to the right."""
    cells = [[_cell(row[name]) for name in columns] for row in rows]
    widths = [max(_wide(text) for text in column) for column in zip(columns, *cells, strict=True)]
    left = [any(isinstance(row[name], str) for row in rows) for name in columns]
    return [_line(line, widths, left) for line in [list(columns), *cells]] if columns else []


def _line(cells: Iterable[str], widths: Iterable[int], left: Iterable[bool]) -> str:
    padded = []
    for text, width, to_left in zip(cells, widths, left, strict=True):
        space = " " * (width - _wide(text))
        padded.append(text + space if to_left else space + text)
    return "  ".join(padded).rstrip()


def _wide(text: str) -> int:
    """Columns of a terminal that a text takes: Hangul syllables take two."""
    return len(text) + sum("\uac00" <= letter <= "\ud7a3" for letter in text)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
