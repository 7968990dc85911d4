"""Regimes as rings: one ring a degree, one part of the disc a line of kin, drawn from the rules and from nothing else.

A filled cell means that a rule names that kin, not that all were punished. Within a line each ring is divided by how
far up the common ancestor stands; the outer half of a cell is for men, the inner half for women, where they differ.
Of different ages the worst is drawn. The disc in the middle is the spouse; other kin by marriage are not drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from yeonjwa.core import language
from yeonjwa.core.files import atomic
from yeonjwa.core.language import gettext as _
from yeonjwa.core.language import noop
from yeonjwa.kinship.paths import Term, blood_path
from yeonjwa.regime.catalogue import Regime, Rule
from yeonjwa.report import keyfitz, svg, theme, words

#: Parts of the disc: compass angles of beginning and end.
SECTORS: Final = {
    "siblings": (-20.0, 20.0),
    "mother": (20.0, 160.0),
    "descendants": (160.0, 200.0),
    "father": (200.0, 340.0),
}
RINGS: Final = 8
_SEXES: Final = ("m", "f")
_SURE, _AT_HOME, _SOMETIMES = 0, 1, 2
_BODY: Final = ("death", "confinement", "exile")
#: First cousins: the degree the lead asks about.
_NEAR: Final = 4


class Look(NamedTuple):
    """How half a cell is drawn.

    Attributes
    ----------
    fill : str
        Kind of the most severe sanction that is sure, "" if none is.
    home : bool
        Whether it falls only on those who live with the offender.
    edge : str
        Kind of a more severe sanction that falls sometimes, "" if none does.
    """

    fill: str = ""
    home: bool = False
    edge: str = ""


_NOTHING: Final = Look()
Place = tuple[str, str, str]  # sector, path, sex


def places(term: Term) -> list[Place]:
    """Where on the disc a kin type stands: (sector, path, sex); nowhere if it is kin by marriage or beyond the rings."""
    if term.path == "S":
        return [("spouse", "S", sex) for sex in _SEXES if term.sexes[-1] in ("*", sex)]
    if not term.blood or term.degree > RINGS:
        return []
    if term.up == 0:
        parts = ["descendants"]
    elif term.up == 1 and term.down:
        parts = ["siblings"]
    else:
        parts = [p for p, sex in (("father", "m"), ("mother", "f")) if term.sexes[1] in ("*", sex)]
    return [(part, term.path, sex) for part in parts for sex in _SEXES if term.sexes[-1] in ("*", sex)]


def looks(regime: Regime) -> dict[Place, Look]:
    """How each place on the disc is drawn, from the rules of a regime."""
    found: dict[Place, dict[int, Rule]] = {}
    for rule in regime.rules:
        how = _SOMETIMES if not rule.standing else _AT_HOME if rule.household else _SURE
        for term in rule.circle.terms:
            for place in places(term):
                worst = found.setdefault(place, {})
                if how not in worst or rule.sanction.rank < worst[how].sanction.rank:
                    worst[how] = rule
    return {place: _look(worst) for place, worst in found.items()}


def _look(worst: Mapping[int, Rule]) -> Look:
    sure = worst.get(_SURE, worst.get(_AT_HOME))
    sometimes = worst.get(_SOMETIMES)
    if sure is not None and sometimes is not None and sometimes.sanction.rank >= sure.sanction.rank:
        sometimes = None
    return Look(
        sure.sanction.kind if sure else "",
        _SURE not in worst and sure is not None,
        sometimes.sanction.kind if sometimes else "",
    )


def ring_paths(sector: str, degree: int) -> list[str]:
    """Kin types on one ring of a sector, in the order of the compass."""
    if sector == "siblings":
        return [blood_path(1, degree - 1)] if degree > 1 else []
    if sector == "descendants":
        return [blood_path(0, degree)]
    ups = [1] if degree == 1 else list(range(2, degree + 1))
    # Ancestors stand by the descendants, cousins by the siblings.
    ordered = ups if sector == "mother" else ups[::-1]
    return [blood_path(up, degree - up) for up in ordered]


def in_law(regime: Regime) -> bool:
    """Whether a rule names kin by marriage beside the spouse."""
    return any(not term.blood and term.path != "S" for rule in regime.rules for term in rule.circle.terms)


def disc(regime: Regime, radius: float) -> str:
    """The rings of one regime around the origin."""
    found = looks(regime)
    step = radius / (RINGS + 0.9)
    centre = 0.9 * step
    parts = [
        svg.tag(
            "circle", cx=0.0, cy=0.0, r=centre + step * d, fill="none", stroke=theme.HAIR, stroke_width=0.8
        )
        for d in range(1, RINGS + 1)
    ]
    for degree in range(1, RINGS + 1):
        inner = centre + step * (degree - 1)
        for sector in SECTORS:
            parts += _ring(found, sector, degree, inner, inner + step)
    parts += _spouse(found, centre)
    parts.append(svg.tag("rect", x=-2.6, y=-2.6, width=5.2, height=5.2, fill=theme.INK))
    return "".join(parts)


def _ring(found: Mapping[Place, Look], sector: str, degree: int, inner: float, outer: float) -> list[str]:
    paths = ring_paths(sector, degree)
    if not paths:
        return []
    start, end = SECTORS[sector]
    width = (end - start) / len(paths)
    cells = [tuple(found.get((sector, path, sex), _NOTHING) for sex in _SEXES) for path in paths]
    parts = []
    at = start
    for pair, run in groupby(cells):
        to = at + width * len(list(run))
        men, women = pair
        # A parent is of one sex, and so is the whole cell.
        if degree == 1 and sector in ("father", "mother"):
            parts += _cell(men if sector == "father" else women, inner, outer, at, to)
        elif men == women:
            parts += _cell(men, inner, outer, at, to)
        else:
            middle = (inner + outer) / 2
            parts += _cell(women, inner, middle, at, to) + _cell(men, middle, outer, at, to)
        at = to
    return parts


_FILLS: Final = {
    "death": theme.INK,
    "confinement": theme.PLUM,
    "exile": theme.SEQUENCE[2],
    "career": "url(#barred)",
    "watch": theme.SEQUENCE[0],
}
_EDGES: Final = {**_FILLS, "career": theme.PLUM, "exile": theme.SEQUENCE[3], "watch": theme.SEQUENCE[3]}


def _cell(look: Look, inner: float, outer: float, start: float, end: float) -> list[str]:
    if look == _NOTHING:
        return []
    shape = _arc(inner, outer, start, end)
    parts = []
    if look.fill:
        parts.append(
            svg.tag(
                "path",
                d=shape,
                fill=_FILLS[look.fill],
                fill_opacity="0.35" if look.home else None,
                stroke=theme.PAPER,
                stroke_width=0.8,
            )
        )
        if look.fill == "watch":
            parts.append(_edge(shape, theme.SEQUENCE[3], None))
    edge = look.edge or (look.fill if look.home else "")
    if edge:
        inside = _arc(inner + 0.9, outer - 0.9, start + 1.2, end - 1.2)
        parts.append(_edge(inside, _EDGES[edge], "2 2" if look.edge else "4 1.5"))
    return parts


def _edge(shape: str, colour: str, dashes: str | None) -> str:
    return svg.tag("path", d=shape, fill="none", stroke=colour, stroke_width=1.0, stroke_dasharray=dashes)


def _arc(inner: float, outer: float, start: float, end: float) -> str:
    """Outline of a piece of a ring, angles in degrees of the compass."""
    large = 1 if end - start > 180 else 0
    (ax, ay), (bx, by) = svg.point(outer, start), svg.point(outer, end)
    (cx, cy), (dx, dy) = svg.point(inner, end), svg.point(inner, start)
    return (
        f"M{ax:.2f},{ay:.2f}A{outer:.2f},{outer:.2f} 0 {large} 1 {bx:.2f},{by:.2f}"
        f"L{cx:.2f},{cy:.2f}A{inner:.2f},{inner:.2f} 0 {large} 0 {dx:.2f},{dy:.2f}Z"
    )


def _spouse(found: Mapping[Place, Look], radius: float) -> list[str]:
    look = next((found[place] for place in (("spouse", "S", s) for s in "fm") if place in found), _NOTHING)
    r = radius - 1.2
    parts = [svg.tag("circle", cx=0.0, cy=0.0, r=r, fill=theme.PAPER, stroke=theme.RULE, stroke_width=0.8)]
    if look.fill:
        opacity = "0.35" if look.home else None
        parts.append(svg.tag("circle", cx=0.0, cy=0.0, r=r, fill=_FILLS[look.fill], fill_opacity=opacity))
    if look.edge or look.home or look.fill == "watch":
        colour = _EDGES[look.edge or look.fill]
        dashes = "2 2" if look.edge else None
        parts.append(
            svg.tag(
                "circle",
                cx=0.0,
                cy=0.0,
                r=r,
                fill="none",
                stroke=colour,
                stroke_width=1.0,
                stroke_dasharray=dashes,
            )
        )
    parts.append(svg.tag("circle", cx=0.0, cy=0.0, r=4.6, fill=theme.PAPER))
    return parts


#: The dots of what is barred.
DEFINITIONS: Final = svg.tag(
    "defs",
    svg.tag(
        "pattern",
        svg.tag("rect", width=3, height=3, fill=theme.SEQUENCE[0])
        + svg.tag("circle", cx="0.8", cy="0.8", r="0.62", fill=theme.PLUM)
        + svg.tag("circle", cx="2.3", cy="2.3", r="0.62", fill=theme.PLUM),
        id="barred",
        width=3,
        height=3,
        patternUnits="userSpaceOnUse",
    ),
)

#: What the key explains: look and words.
KEY: Final = (
    (Look("death"), noop("death")),
    (Look("confinement"), noop("camp, prison, slavery")),
    (Look("exile"), noop("exile")),
    (Look("career"), noop("posts, study, travel barred")),
    (Look("watch"), noop("watched")),
    (Look("confinement", True), noop("only in one household")),
    (Look("", False, "confinement"), noop("sometimes")),
)


def sign(look: Look) -> str:
    """A sample of a look for the key."""
    shape = "M1,1H25V13H1Z"
    parts = []
    if look.fill:
        parts.append(
            svg.tag("path", d=shape, fill=_FILLS[look.fill], fill_opacity="0.35" if look.home else None)
        )
    if look.edge or look.home or look.fill == "watch":
        dashes = "2 2" if look.edge else "4 1.5" if look.home else None
        parts.append(_edge(shape, _EDGES[look.edge or look.fill], dashes))
    return "".join(parts)


class Panel(NamedTuple):
    """One regime of the picture, with the words under its rings and what was counted, if anything."""

    regime: Regime
    note: str
    counted: str = ""


def numerals(regime: Regime) -> tuple[str, str]:
    """Furthest degree in body and in career, as words: "3", "4–8" where some rules hold only sometimes, "–" if never."""
    return tuple(  # type: ignore[return-value]
        _degrees(regime.degree(*kinds), regime.degree(*kinds, widest=True)) for kinds in (_BODY, ("career",))
    )


def _degrees(sure: int | None, widest: int | None) -> str:
    if widest is None:
        return "\u2013"
    if sure is None:
        return f"({widest})"
    return str(sure) if sure == widest else f"{sure}\u2013{widest}"


def told_apart(picture: str, name: str) -> str:
    """The picture with a name of its own for its dots, so that several can stand on one page."""
    return picture.replace('id="barred"', f'id="barred-{name}"').replace(
        "url(#barred)", f"url(#barred-{name})"
    )


def drawing(
    panels: Sequence[Panel],
    *,
    columns: int = 4,
    width: float = 1120.0,
    title: str = "",
    lead: str = "",
    key: bool = True,
    margin: float = 0.0,
) -> str:
    """The picture of several regimes as SVG.

    Parameters
    ----------
    panels : sequence of Panel
        In the order in which they are drawn.
    columns : int
    width : float
        In pixels.
    title, lead : str
        Written above if given.
    key : bool
        Whether to explain how a disc is read, and its fillings.
    margin : float
        White space around, for a picture that stands alone.
    """
    wide = width / columns
    radius = min(112.0, wide / 2 - 10)
    at, head = _head(title, lead, width, key)
    parts = [head]
    for first in range(0, len(panels), columns):
        row = panels[first : first + columns]
        high = 0.0
        for i, panel in enumerate(row):
            height, content = _panel(panel, i * wide, at, wide, radius)
            parts.append(content)
            high = max(high, height)
        at += high + 22
    body = (
        svg.tag("g", "".join(parts), transform=f"translate({margin:.0f} {margin:.0f})")
        if margin
        else "".join(parts)
    )
    return svg.drawing(width + 2 * margin, at + 2 * margin, DEFINITIONS + body)


def _panel(panel: Panel, x: float, y: float, wide: float, radius: float) -> tuple[float, str]:
    """Height and content of one panel."""
    regime = panel.regime
    rings = svg.tag(
        "g", disc(regime, radius), transform=f"translate({x + radius + 2:.1f} {y + radius + 4:.1f})"
    )
    at = y + 2 * radius + 30
    lines = []
    for line in wrap(words.said(regime.name), max(14, int((wide - 14) / 8.0))):
        lines.append(svg.text(x, at, line, weight=600, size=15))
        at += 19
    lines.append(svg.text(x, at, years(regime), colour=theme.MUTE))
    at += 27
    body, career = numerals(regime)
    lines.append(_numeral(x, at, body, _("body")))
    lines.append(_numeral(x + max(0.34 * wide, 10.5 * len(body) + 50), at, career, _("career")))
    at += 21
    for line in wrap(panel.note, int((wide - 14) / 6.6)):
        lines.append(svg.text(x, at, line, colour=theme.INK_2))
        at += 17
    for line in wrap(panel.counted, int((wide - 14) / 6.6)):
        lines.append(svg.text(x, at, line, colour=theme.MUTE))
        at += 17
    text = "".join(lines).replace("&#x27;", "\u2019")
    return at - y, rings + text


def _numeral(x: float, y: float, number: str, word: str) -> str:
    gap = 10.5 * len(number) + 7
    return svg.text(x, y, number, weight=600, size=20) + svg.text(x + gap, y, word, colour=theme.MUTE)


def years(regime: Regime) -> str:
    """When a regime held, in the active language."""
    return words.said(regime.years)


def width_of(text: str) -> float:
    """Room of a text in letters: a Hangul syllable takes that of almost two."""
    return sum(1.75 if letter >= "\u1100" and not "\u2000" <= letter <= "\u2fff" else 1.0 for letter in text)


def wrap(text: str, letters: int) -> list[str]:
    """Lines of at most so many letters."""
    lines: list[str] = []
    for word in text.split():
        if lines and width_of(lines[-1]) + 1 + width_of(word) <= letters:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


def _head(title: str, lead: str, width: float, key: bool) -> tuple[float, str]:
    """Height and content of what stands above the rings."""
    parts: list[str] = []
    side = 250.0 if key and width > 800 else 0.0
    at = 6.0
    for line in wrap(title, int((width - side) / 15)) if title else []:
        at += 38
        parts.append(svg.text(0, at, line, weight=600, size=30))
    at += 8 if title and lead else 0
    for line in wrap(lead, int((width - side) / 8.6)) if lead else []:
        at += 28
        parts.append(svg.text(0, at, line, size=18))
    if key:
        at += 30
        x = 0.0
        for look, said in KEY:
            label = _(said)
            room = 34 + 6.9 * width_of(label) + 18
            if x + room > width - side:
                x, at = 0.0, at + 24
            parts.append(svg.tag("g", sign(look), transform=f"translate({x:.1f} {at - 11:.1f})"))
            parts.append(svg.text(x + 33, at, label, colour=theme.INK_2))
            x += room
        for line in wrap(_(_READING), int((width - side) / 6.3)):
            at += 20 if line is not None else 0
            parts.append(svg.text(0, at + 6, line, colour=theme.MUTE))
        at += 6
    if side:
        parts.append(svg.tag("g", legend(), transform=f"translate({width - 128:.1f} 124)"))
        at = max(at, 236.0)
    return at + 24, "".join(parts)


_READING: Final = noop(
    "Ring by ring one degree of kinship (chon) further out; the disc in the middle is the spouse. A filled cell means "
    "that a rule names that kin, not that all were punished. Outer half of a cell: men; inner half: women. Numerals: "
    "furthest degree in body (death, confinement, exile) and in career; in brackets where it happens only sometimes."
)


#: Radius of the drawing that says how a disc is read.
LEGEND_RADIUS: Final = 104.0


def legend() -> str:
    """How to read a disc, around the origin: its four parts and the degrees, in the active language."""
    radius = LEGEND_RADIUS
    step = radius / (RINGS + 0.9)
    parts = [
        svg.tag(
            "circle", cx=0.0, cy=0.0, r=step * (d + 0.9), fill="none", stroke=theme.HAIR, stroke_width=0.8
        )
        for d in range(1, RINGS + 1)
    ]
    for angle in (20, 160, 200, 340):
        (ax, ay), (bx, by) = svg.point(step * 0.9, angle), svg.point(radius, angle)
        parts.append(
            svg.tag("path", d=f"M{ax:.1f},{ay:.1f}L{bx:.1f},{by:.1f}", stroke=theme.RULE, stroke_width=0.8)
        )
    parts.append(svg.tag("circle", cx=0.0, cy=0.0, r=step * 0.9 - 1.2, fill="none", stroke=theme.RULE))
    parts.append(svg.tag("rect", x=-2.6, y=-2.6, width=5.2, height=5.2, fill=theme.INK))
    for tx, ty, english, korean in (
        (0, -78, _("siblings"), "형제자매"),
        (-62, -6, _("father\u2019s line"), "친가"),
        (60, -6, _("mother\u2019s line"), "외가"),
        (0, 72, _("descendants"), "자손"),
    ):
        parts.append(svg.text(tx, ty, english, anchor="middle", halo=True))
        if language.active() == "ko":
            continue
        parts.append(svg.text(tx, ty + 16, korean, anchor="middle", halo=True, colour=theme.INK_2))
    for degree in (2, 4, 6, 8):
        px, py = svg.point(step * (degree + 0.4), 128)
        parts.append(svg.text(px, py + 4, str(degree), anchor="middle", halo=True))
    return "".join(parts)


def save(picture: str, path: Path, scale: float = 2.0) -> Path:
    """Write a picture as ``.svg`` (with fonts, light and dark) or ``.png`` (light)."""
    if path.suffix == ".svg":
        content = keyfitz.standalone(picture).encode()
    else:
        import vl_convert

        vl_convert.register_font_directory(theme.font_folder())
        content = vl_convert.svg_to_png(_on_paper(keyfitz.with_fonts_apart(picture)), scale=scale)
    with atomic(path) as temporary:
        temporary.write_bytes(content)
    return path


def _on_paper(picture: str) -> str:
    """The picture with a background: a PNG has none of its own."""
    sheet = svg.tag("rect", width="100%", height="100%", fill=theme.PAPER)
    end = picture.index(">") + 1
    return picture[:end] + sheet + picture[end:]


def ordered(regimes: Sequence[Regime]) -> list[Regime]:
    """Deepest in career first, then deepest in body, by standing rules."""
    return sorted(regimes, key=lambda r: (-(r.degree("career") or 0), -(r.degree(*_BODY) or 0), r.id))


def panel_note(regime: Regime) -> str:
    """The line under a disc: what the regime does, in the words of its file."""
    summary = words.said(regime.summary)
    return _("{rules}; kin by marriage too").format(rules=summary) if in_law(regime) else summary


def headline(regimes: Sequence[Regime]) -> tuple[str, str]:
    """Title and lead of the picture of some regimes, as far as their rules bear them out."""
    body = [d for r in regimes if (d := r.degree(*_BODY)) is not None]
    career = [d for r in regimes if (d := r.degree("career")) is not None]
    near = sum(d <= _NEAR for d in body)
    lead = _(
        "Death, confinement and exile stop at the fourth degree or nearer in {near} of {all} regimes that use them."
    ).format(near=near, all=len(body))
    if career:
        lead += " " + _("Bars on careers, in {n} regimes, reach degree {degree} at the furthest.").format(
            n=len(career), degree=max(career)
        )
    shallow = bool(body) and bool(career) and 3 * near >= 2 * len(body) and max(career) > _NEAR
    if shallow:
        return _("Regimes that punish kin: shallow where they kill or confine, deep where they bar"), lead
    return _("Regimes that punish kin: whom their rules name"), lead
