"""The looks: Vega configuration, colours, style sheet and fonts, all from files of the package."""

from __future__ import annotations

import base64
import json
import re
from functools import cache
from importlib.resources import files
from typing import Any, Final

from yeonjwa.core import language

_DATA = files("yeonjwa.report") / "data"

INK: Final = "#1b2024"
INK_2: Final = "#3a4248"
MUTE: Final = "#545c62"
RULE: Final = "#80888c"
HAIR: Final = "#dfe2df"
PAPER: Final = "#f7f8f6"
TINT: Final = "#f0e8ee"
PLUM: Final = "#812d65"
CATEGORIES: Final = ("#812d65", "#2559b0", "#bf8214", "#59938b", "#b73501", "#292929")
DASHES: Final[tuple[tuple[int, ...], ...]] = ((), (6, 3), (2, 2), (10, 3, 2, 3), (14, 4), (1, 3))
SEQUENCE: Final = ("#ece6eb", "#d6bfd0", "#bb93b0", "#925883", "#812d65", "#521a40")
FONT: Final = "Yeonjwa Hangul, Yeonjwa Serif"

#: Colour of a light figure -> variable of the style sheet: how one drawing serves light, dark and paper.
VARIABLES: Final = {
    INK: "--ink",
    INK_2: "--ink-2",
    MUTE: "--mute",
    RULE: "--rule",
    HAIR: "--hair",
    PAPER: "--paper",
    TINT: "--tint",
    **{colour: f"--cat-{i}" for i, colour in enumerate(CATEGORIES, 1)},
    **{colour: f"--seq-{i}" for i, colour in enumerate(SEQUENCE, 1) if colour not in CATEGORIES},
}
_RANGES: Final = "U+1100-11FF, U+3130-318F, U+AC00-D7AF"


@cache
def _config(name: str) -> str:
    both = json.loads((_DATA / "vega-config.json").read_text(encoding="utf-8"))
    return json.dumps(both[name])


def config(name: str = "light") -> dict[str, Any]:
    """The Vega configuration of a theme, ``light`` or ``dark``, as a new dictionary."""
    found: dict[str, Any] = json.loads(_config(name))
    if language.active() == "ko":
        # Hangul has no italics: slanted by the machine it is only harder to read.
        found["style"]["note"]["fontStyle"] = "normal"
    return found


@cache
def font_folder() -> str:
    """Path of the folder with the static fonts for drawing without a browser."""
    return str(_DATA / "fonts")


@cache
def everyday_hangul() -> frozenset[str]:
    """The 2,350 syllables of KS X 1001 and the letters: what fonts for files hold, and pages where they need it."""
    syllables = map(chr, range(0xAC00, 0xD7A4))
    # Others are spelled out in letters, with more than two bytes.
    return core_hangul() | {c for c in syllables if len(c.encode("euc_kr", "ignore")) == 2}


@cache
def core_hangul() -> frozenset[str]:
    """Hangul characters of the core subset, which every report embeds."""
    text = (_DATA / "fonts" / "core.txt").read_text(encoding="utf-8")
    return frozenset(c for c in text if not c.isspace())


def _face(family: str, file: str, weight: str, style: str = "normal", more: str = "") -> str:
    data = base64.b64encode((_DATA / "fonts" / file).read_bytes()).decode()
    return (
        f'@font-face{{font-family:"{family}";font-weight:{weight};font-style:{style};font-display:block;{more}'
        f'src:url(data:font/woff2;base64,{data}) format("woff2")}}'
    )


def font_faces(text: str) -> str:
    """``@font-face`` rules with the fonts inside, as many as ``text`` needs.

    The full set of everyday syllables is added only if a character lies outside the core; the core comes
    after it, because of two faces with overlapping ranges the later rule wins.
    """
    hangul = set(re.findall("[\u3130-\u318f\uac00-\ud7a3]", text))
    rest = hangul - core_hangul()
    faces = [
        _face("Yeonjwa Serif", "yeonjwa-serif.woff2", "200 900"),
        _face("Yeonjwa Serif", "yeonjwa-serif-italic.woff2", "200 900", "italic"),
    ]
    size = "size-adjust:106%;"
    if rest:
        only = ",".join(f"U+{ord(c):X}" for c in sorted(rest))
        more = f"{size}unicode-range:{only};"
        # Of one weight each, as the core: faces of other weights are no parts of one font to a browser.
        for weight in ("400", "700"):
            faces.append(_face("Yeonjwa Hangul", f"yeonjwa-hangul-rest-{weight}.woff2", weight, more=more))
    core = ",".join(f"U+{ord(c):X}" for c in sorted(core_hangul())) if rest else _RANGES
    for weight in ("400", "700"):
        more = f"{size}unicode-range:{core};"
        faces.append(_face("Yeonjwa Hangul", f"yeonjwa-hangul-core-{weight}.woff2", weight, more=more))
    return "\n".join(faces)


def figure_colours() -> str:
    """Style rules that give the drawings the colours of the page.

    A rule of a style sheet beats a presentation attribute, so the SVG itself stays valid on its own.
    """
    rules = []
    for colour, variable in VARIABLES.items():
        for paint in ("fill", "stroke"):
            rules.append(f'figure svg [{paint}="{colour}"]{{{paint}:var({variable})}}')
    return "\n".join(rules)


def style_sheet() -> str:
    """Tokens, page rules and figure colours."""
    parts = [(_DATA / name).read_text(encoding="utf-8") for name in ("tokens.css", "report.css")]
    return "\n".join([*parts, figure_colours()])
