"""The kin diagram after Keyfitz: expected numbers of living kin around an ego of a given age.

Drawn like the Korean table of degrees (계촌도): ego in the middle, generations as rows, collateral lines as columns, the
degree in each box. The father's side, brothers and sons stand on the left, the mother's side, sisters and daughters on
the right.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, NamedTuple

from yeonjwa.core import language
from yeonjwa.core.calendar import first_day
from yeonjwa.core.errors import InputError
from yeonjwa.core.files import atomic
from yeonjwa.core.language import gettext as _
from yeonjwa.kinship.circles import parse_circle
from yeonjwa.kinship.egos import Egos, Estimate
from yeonjwa.kinship.reach import height_of, number_within
from yeonjwa.kinship.tables import AGE_GROUPS
from yeonjwa.report import svg, theme, words


class Place(NamedTuple):
    """A kin type and where its box stands: generation (up is positive) and column (left is negative)."""

    circle: str
    name: str
    korean: str
    generation: int
    column: int


#: Left column of the lineal kin, and right; 0 is ego's own, in the middle.
_PLACES: Final = (
    Place("great_grandparents, paternal", "Great-grandparents", "증조부모", 3, -1),
    Place("great_grandparents, maternal", "Great-grandparents", "외증조부모", 3, 1),
    Place("grandparents, paternal", "Grandparents", "조부모", 2, -1),
    Place("grandparents, maternal", "Grandparents", "외조부모", 2, 1),
    Place("great_aunts_uncles, paternal", "Great-aunts, -uncles", "조부모의 형제자매", 2, -4),
    Place("great_aunts_uncles, maternal", "Great-aunts, -uncles", "외조부모의 형제자매", 2, 4),
    Place("father", "Father", "아버지", 1, -1),
    Place("mother", "Mother", "어머니", 1, 1),
    Place("aunts_uncles, paternal", "Aunts, uncles", "삼촌·고모", 1, -3),
    Place("aunts_uncles, maternal", "Aunts, uncles", "외삼촌·이모", 1, 3),
    Place("UUUDD, paternal", "Parents’ cousins", "오촌", 1, -4),
    Place("UUUDD, maternal", "Parents’ cousins", "외오촌", 1, 4),
    Place("brothers", "Brothers", "형제", 0, -2),
    Place("sisters", "Sisters", "자매", 0, 2),
    Place("first_cousins, paternal", "First cousins", "사촌·고종사촌", 0, -3),
    Place("first_cousins, maternal", "First cousins", "외사촌·이종사촌", 0, 3),
    Place("second_cousins, paternal", "Second cousins", "육촌", 0, -4),
    Place("second_cousins, maternal", "Second cousins", "외육촌", 0, 4),
    Place("spouse", "Spouse", "배우자", -1, 0),
    Place("sons", "Sons", "아들", -2, -1),
    Place("daughters", "Daughters", "딸", -2, 1),
    Place("children of brothers", "Brothers’ children", "조카", -2, -2),
    Place("children of sisters", "Sisters’ children", "조카", -2, 2),
    Place("children of (first_cousins, paternal)", "Cousins’ children", "오촌 조카", -2, -3),
    Place("children of (first_cousins, maternal)", "Cousins’ children", "외오촌 조카", -2, 3),
    Place("children of sons", "Sons’ children", "손주", -3, -1),
    Place("children of daughters", "Daughters’ children", "외손주", -3, 1),
    Place("grandchildren of brothers", "Their children", "조카손주", -3, -2),
    Place("grandchildren of sisters", "Their children", "조카손주", -3, 2),
    Place("grandchildren of sons", "Great-grandchildren", "증손주", -4, -1),
    Place("grandchildren of daughters", "Great-grandchildren", "외증손주", -4, 1),
)

_BOX: Final = (134.0, 62.0)
_GAP: Final = (8.0, 16.0)
_MARGIN: Final = 16.0
_TOP: Final = 62.0
_FOOT: Final = 44.0
_ENDINGS: Final = (".svg", ".png", ".pdf")


@dataclass(frozen=True)
class Box:
    """A kin type with the mean number of its living members.

    Attributes
    ----------
    place : Place
        Type and position.
    degree : int
        Chon.
    estimate : Estimate
        Mean and standard error.
    n_ego : int
        Egos asked.
    """

    place: Place
    degree: int
    estimate: Estimate
    n_ego: int

    def row(self) -> dict[str, Any]:
        """The box as plain data."""
        return {
            "kin": self.place.circle,
            "name": self.place.name,
            "korean": self.place.korean,
            "degree": self.degree,
            "n_ego": self.n_ego,
            "mean_living": self.estimate.mean,
            "se_living": self.estimate.se,
        }


def numbers(egos: Egos, age: str = "all") -> list[Box]:
    """The boxes of the diagram: mean numbers of living kin of egos of an age group, both sexes.

    Parameters
    ----------
    egos : Egos
        Whose kin, and in which month.
    age : str
        One of :data:`yeonjwa.kinship.tables.AGE_GROUPS`, such as "30-34", or "all".

    Raises
    ------
    InputError
        Another age group, or one in which nobody is.
    """
    if age not in AGE_GROUPS:
        raise InputError("age group", age, ", ".join(AGE_GROUPS), "--age")
    cells = [cell for cell in egos.by_age if (cell.group, cell.sex) == (age, "all")]
    if not cells:
        raise InputError("age group", age, "one in which somebody is", "--age")
    chosen = Egos(egos.graph, egos.month, egos.ids[cells[0].index])
    (everybody,) = (cell for cell in chosen.by_age if (cell.group, cell.sex) == ("all", "all"))
    boxes = []
    for place in _PLACES:
        circle = parse_circle(place.circle)
        found = number_within(egos.graph, circle, chosen.ids, month=egos.month)
        estimate = chosen.estimate(found, everybody, height_of(circle))
        boxes.append(Box(place, circle.max_degree, estimate, everybody.size))
    return boxes


def title_of(egos: Egos, age: str) -> str:
    """Heading of the diagram: whose kin, and when."""
    when = first_day(egos.month)
    month = words.month(when.year, when.month) if language.active() == "ko" else f"{when:%B %Y}"
    if age == "all":
        return _("Living kin of an ego of any age, {month}").format(month=month)
    return _("Living kin of an ego aged {ages}, {month}").format(ages=age.replace("-", "–"), month=month)


def drawing(boxes: Sequence[Box], title: str = "") -> str:
    """The diagram as SVG, in light colours.

    Parameters
    ----------
    boxes : sequence of Box
        From :func:`numbers`.
    title : str
        Heading.
    """
    width = 2 * _MARGIN + 8 * _BOX[0] + 7 * _GAP[0]
    height = _TOP + 8 * _BOX[1] + 7 * _GAP[1] + _FOOT
    parts = [
        svg.tag("rect", width=width, height=height, fill=theme.PAPER),
        svg.text(width / 2, 24, title, anchor="middle", weight=600, size=15),
        *_heads(width),
        *_lines(boxes, width),
        _ego(width),
        *(_box(box, width) for box in boxes),
        svg.text(_MARGIN, height - 14, _note(boxes), colour=theme.MUTE),
    ]
    return svg.drawing(width, height, "".join(parts))


def _heads(width: float) -> list[str]:
    heads = [
        svg.text(_MARGIN, 24, _("Father’s side, brothers, sons"), weight=600),
        svg.text(width - _MARGIN, 24, _("Mother’s side, sisters, daughters"), weight=600, anchor="end"),
    ]
    if language.active() == "en":
        heads += [svg.text(_MARGIN, 42, "친가"), svg.text(width - _MARGIN, 42, "외가", anchor="end")]
    return heads


def _note(boxes: Sequence[Box]) -> str:
    if not boxes:
        return _(
            "Mean number of living kin of egos, women and men. 촌: degree. Kin of both sides count on each."
        )
    return _(
        "Mean number of living kin of {n} egos, women and men. 촌: degree. Kin of both sides count on each."
    ).format(n=f"{boxes[0].n_ego:,}")


def _centre(generation: int, column: int, width: float) -> tuple[float, float]:
    """Middle of a box."""
    step = _BOX[0] + _GAP[0]
    x = width / 2 + (0 if column == 0 else (abs(column) - 0.5) * step * (1 if column > 0 else -1))
    return x, _TOP + (3 - generation) * (_BOX[1] + _GAP[1]) + _BOX[1] / 2


def _box(box: Box, width: float) -> str:
    x, y = _centre(box.place.generation, box.place.column, width)
    left, top = x - _BOX[0] / 2, y - _BOX[1] / 2
    nobody = box.estimate.mean < 0.005
    korean = language.active() == "ko"
    names = (box.place.korean, "") if korean else (box.place.name, box.place.korean)
    parts = [
        svg.tag(
            "rect",
            x=left,
            y=top,
            width=_BOX[0],
            height=_BOX[1],
            rx=2,
            fill=theme.PAPER,
            stroke=theme.HAIR if nobody else theme.RULE,
        ),
        svg.text(left + 8, top + 18, names[0], colour=theme.MUTE if nobody else theme.INK, size=12),
        svg.text(left + 8, top + 36, names[1], colour=theme.MUTE, size=12),
        svg.text(left + 8, top + 54, f"{box.degree}촌" if box.degree else "", colour=theme.MUTE, size=12),
        svg.text(
            left + _BOX[0] - 8,
            top + 54,
            figure(box.estimate.mean),
            anchor="end",
            weight=600,
            size=17,
            colour=theme.MUTE if nobody else theme.PLUM,
        ),
    ]
    return "".join(parts)


def figure(mean: float) -> str:
    """A mean in three figures at most: 0.62, 12.4, 137; "0" for less than half of a hundredth."""
    if mean < 0.005:
        return "0"
    return f"{mean:.2f}" if mean < 9.995 else f"{mean:.1f}" if mean < 99.95 else f"{mean:,.0f}"


def _ego(width: float) -> str:
    x, y = _centre(0, 0, width)
    wide = 2 * _BOX[0] + _GAP[0]
    return svg.tag(
        "rect", x=x - wide / 2, y=y - _BOX[1] / 2, width=wide, height=_BOX[1], rx=2, fill=theme.INK
    ) + "".join(
        svg.text(x, y + down, label, anchor="middle", colour=theme.PAPER, weight=weight, size=size)
        for down, label, weight, size in (
            ((6, "본인", 600, 15),)
            if language.active() == "ko"
            else ((-4, "Ego", 600, 15), (16, "본인", 400, 13))
        )
    )


def _lines(boxes: Sequence[Box], width: float) -> list[str]:
    """Lines of descent: down each column, and from the parents of a row's siblings to both sides."""
    here = {(box.place.generation, box.place.column) for box in boxes} | {(0, -1), (0, 1), (-1, -1), (-1, 1)}
    found = []
    for generation, column in sorted(here):
        x, y = _centre(generation, column, width)
        below = next((g for g in range(generation - 1, -5, -1) if (g, column) in here), None)
        if below is not None and column:
            found.append(_stroke([(x, y), (x, _centre(below, column, width)[1])]))
        # A collateral line branches off the ancestors one generation above its first box.
        first = column and not any((g, column) in here for g in range(generation + 1, 4))
        if first and abs(column) > 1:
            side = 1 if column > 0 else -1
            above = _centre(generation + 1, side, width)
            bend = y - _BOX[1] / 2 - _GAP[1] / 2
            found.append(_stroke([above, (above[0], bend), (x, bend), (x, y)]))
    return found


def _stroke(points: Sequence[tuple[float, float]]) -> str:
    path = "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return svg.tag("path", d=path, fill="none", stroke=theme.RULE, stroke_width=1)


def check_file(path: Path) -> None:
    """Raise unless a diagram can be written there."""
    if path.suffix.lower() not in _ENDINGS:
        raise InputError("ending of the diagram's file", str(path), ", ".join(_ENDINGS), "--diagram")
    if not path.absolute().parent.is_dir():
        raise InputError("folder of the diagram", str(path.parent), "a folder that exists", "--diagram")


def save(boxes: Sequence[Box], path: Path, *, title: str = "", scale: float = 2.0) -> Path:
    """The path of a picture file of the diagram.

    An SVG holds its fonts and follows the light or dark setting of its reader; PNG and PDF are light.

    Parameters
    ----------
    boxes, title
        As in :func:`drawing`.
    path : Path
        Ends in ``.svg``, ``.png`` or ``.pdf``.
    scale : float
        Pixels of a PNG for each unit of the drawing.

    Raises
    ------
    InputError
        Another ending, or a folder that is not there.
    """
    check_file(path)
    picture = drawing(boxes, title)
    kind = path.suffix.lower()
    if kind == ".svg":
        content = standalone(picture).encode()
    else:
        import vl_convert

        vl_convert.register_font_directory(theme.font_folder())
        plain = with_fonts_apart(picture)
        content = (
            vl_convert.svg_to_png(plain, scale=scale) if kind == ".png" else vl_convert.svg_to_pdf(plain)
        )
    with atomic(path) as temporary:
        temporary.write_bytes(content)
    return path


def standalone(picture: str) -> str:
    """An SVG file that needs nothing else: with its fonts, and colours for light and dark."""
    tokens = (files("yeonjwa.report") / "data" / "tokens.css").read_text(encoding="utf-8")
    colours = theme.figure_colours().replace("figure svg ", "")
    # Nothing is set in italics here.
    faces = "\n".join(
        face for face in theme.font_faces(picture).splitlines() if "font-style:italic" not in face
    )
    style = f"{faces}\n{tokens}\n{colours}"
    return re.sub(r"^(<svg[^>]*>)", lambda found: f"{found[1]}<style><![CDATA[{style}]]></style>", picture)


_TEXT: Final = re.compile(r"(<text[^>]*>)([^<]*)(</text>)")
_RUN: Final = re.compile(
    "[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]+|[^\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]+"
)


def with_fonts_apart(picture: str) -> str:
    """The drawing with the font of each run of letters named: the converter looks no further than the first of a list."""

    def run(found: re.Match[str]) -> str:
        hangul = found[0][0] >= "\u1100" and not "\u2000" <= found[0][0] <= "\u2fff"
        family = "Yeonjwa Hangul" if hangul else "Yeonjwa Serif"
        return f'<tspan font-family="{family}">{found[0]}</tspan>'

    return _TEXT.sub(lambda text: text[1] + _RUN.sub(run, text[2]) + text[3], picture)
