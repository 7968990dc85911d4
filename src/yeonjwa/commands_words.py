"""The command for words: ``glossary``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from yeonjwa.options import as_json_option, examples, print_answer

if TYPE_CHECKING:
    from yeonjwa.evidence.words import Word


@click.command(
    epilog=examples(
        "yeonjwa glossary",
        "yeonjwa glossary first cousin",
        "yeonjwa glossary songbun --json",
        'yeonjwa glossary "chon 6"',
    )
)
@click.argument("term", nargs=-1, metavar="[TERM]")
@as_json_option
def glossary(term: tuple[str, ...], as_json: bool) -> None:
    """Words of kinship, of the system and of the field in English, Korean and hanja.

    TERM may be English, Korean (Hangul or romanised), hanja, a kinship path such as UUDD, or a degree such as "chon 4".
    Without it all words are listed.
    """
    from yeonjwa import evidence

    found = evidence.glossary(" ".join(term) or None)
    print_answer({"words": [word.as_dict() for word in found]}, as_json, lambda: _lines(found))


COMMANDS: Final = (glossary,)


def _lines(found: tuple[Word, ...]) -> list[str]:
    from yeonjwa.evidence.words import AREAS

    lines: list[str] = []
    area = ""
    for word in found:
        if word.area != area:
            area = word.area
            lines += ["", AREAS[area]] if lines else [AREAS[area]]
        lines.append("  " + _line(word))
    return lines


def _line(word: Word) -> str:
    korean = " ".join(part for part in (word.korean, f"({word.hanja})" if word.hanja else "") if part)
    parts = [
        "; ".join((word.english, *word.also)),
        korean,
        word.romanised + (f" [{word.spelling}]" if word.spelling else ""),
        f"{word.chon} chon {word.path}".strip() if word.chon is not None else "",
        word.register,
        word.meaning,
    ]
    return " · ".join(part for part in parts if part)
