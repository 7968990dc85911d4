"""The provinces as tiles of equal size, and as an outline: what of a run is counted by province, for one year or all of them.

The ten units are those of the census of 2008, which the model uses. Nampo, Kaesong and Rason were counted with their
neighbours there: they have a tile with their name and the unit that holds them, and no number of their own.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from yeonjwa.core import language
from yeonjwa.evidence.words import word as entry
from yeonjwa.laboratory.measures import STOCKS
from yeonjwa.report import svg, theme, words
from yeonjwa.report.pieces import Figure
from yeonjwa.report.results import Period, Results

#: Column and row of each tile, the north on top.
TILES: Final[dict[str, tuple[int, int]]] = {
    "ryanggang": (3, 0),
    "n_pyongan": (1, 1),
    "chagang": (2, 1),
    "s_hamgyong": (3, 1),
    "n_hamgyong": (4, 1),
    "s_pyongan": (1, 2),
    "pyongyang": (2, 2),
    "kangwon": (3, 2),
    "s_hwanghae": (1, 3),
    "n_hwanghae": (2, 3),
}
#: Units that the census of 2008 does not tell apart: where their tile stands, and the unit they are counted with.
WITHIN: Final[dict[str, tuple[tuple[int, int], str]]] = {
    "rason": ((4, 0), "n_hamgyong"),
    "nampo": ((0, 2), "s_pyongan"),
    "kaesong": ((3, 3), "n_hwanghae"),
}
_COLUMNS, _ROWS = 5, 4
#: Degrees of longitude are shorter than those of latitude by the cosine of this latitude.
_MIDDLE: Final = math.radians(40)


@dataclass(frozen=True)
class Shown:
    """What a map shows: persons counted for each 1,000 of others.

    Attributes
    ----------
    above, below : str
        Measures with a breakdown by province; the second is a state, or what was counted of.
    per : float
        1,000 for a rate, 100 for percent.
    """

    id: str
    above: str
    below: str
    per: float


#: What can be shown, the first by default.
MEASURES: Final = (
    Shown("arrivals", "flight.arrivals", "population.alive", 1000.0),
    Shown("attempts", "flight.attempts", "population.alive", 1000.0),
    Shown("poor", "hardship.poor", "population.alive", 100.0),
    Shown("refused", "vetting.refused", "vetting.checked", 100.0),
)


@dataclass(frozen=True)
class Unit:
    """One province: its value, and how many synthetic persons stand behind it."""

    id: str
    value: float
    persons: int

    @property
    def english(self) -> str:
        """English name."""
        return words.PROVINCES[self.id][0]

    @property
    def korean(self) -> str:
        """Korean name."""
        return words.PROVINCES[self.id][1]

    @property
    def short(self) -> str:
        """Name for a map: in English with the direction as a letter, on a Korean page in Korean."""
        return self.korean if language.active() == "ko" else _short(self.english)


def _short(english: str) -> str:
    return english.replace("North ", "N. ").replace("South ", "S. ")


@dataclass(frozen=True)
class Part:
    """A place that is counted within a province: its names, and those of the province."""

    id: str
    english: str
    korean: str
    of: Unit


def parts(found: Sequence[Unit]) -> list[Part]:
    """The places that were counted within one of these provinces."""
    units = {u.id: u for u in found}
    return [
        Part(id, word.english, word.korean, units[whole])
        for id, (_, whole) in WITHIN.items()
        if whole in units
        for word in [entry(f"place.{id}")]
    ]


def units(results: Results, shown: Shown, periods: Sequence[Period]) -> list[Unit]:
    """The provinces with the rate over some periods, highest first; empty if the run did not record it.

    Parameters
    ----------
    results : Results
        A run.
    shown : Shown
        What is counted, and for each of what.
    periods : sequence of Period
        Rates of residents are those of a mean period; shares of what was checked are of all that was checked in them.
    """
    weight = float(results.manifest.get("scale", 1.0))
    found = []
    for id in TILES:
        above = [results.value(shown.above, p, "province", id) for p in periods]
        below = [results.value(shown.below, p, "province", id) for p in periods]
        top = [v for v in above if v is not None]
        bottom = [v for v in below if v is not None]
        if not top or not bottom or not sum(bottom):
            continue
        state = shown.below == "population.alive"
        # Of residents: a count a period, or the mean of a state. Of what was checked: all of it.
        count = sum(top) / len(top) if state else sum(top)
        of = sum(bottom) / len(bottom) if state else sum(bottom)
        persons = count if shown.above in STOCKS else sum(top)
        found.append(Unit(id, shown.per * count / of, round(persons * weight)))
    return sorted(found, key=lambda u: (-u.value, u.id))


def breaks(values: Sequence[float]) -> tuple[float, ...]:
    """Up to five bounds between classes of equal ratios, in round numbers; fewer where the values lie close together."""
    positive = [v for v in values if v > 0]
    if not positive:
        return ()
    low, high = min(positive), max(positive)
    ratio = (high / low) ** (1 / 6)
    found: list[float] = []
    for i in range(1, 6):
        bound = words.round_to(low * ratio**i, 1 if ratio > 1.5 else 2)
        if low < bound < high and (not found or bound > found[-1]):
            found.append(bound)
    return tuple(found)


def step(value: float, bounds: Sequence[float]) -> int:
    """Tone of a value, 0 to 5; the highest class always has the darkest."""
    place = sum(value >= b for b in bounds)
    return round(place * 5 / len(bounds)) if bounds else 0


def figure(found: Sequence[Unit], label: str, *, view: str = "tiles") -> Figure:
    """The map in both widths.

    Parameters
    ----------
    found : sequence of Unit
        As :func:`units` gives them.
    label : str
        What is seen, in a sentence.
    view : {"tiles", "outline"}
        Tiles of equal size, or the outline.
    """
    draw = outline if view == "outline" else tiles
    return Figure(draw(found, 600), draw(found, 320), label)


def _paint(found: Sequence[Unit]) -> tuple[dict[str, tuple[str, str]], tuple[float, ...]]:
    """Unit -> colours of its area and of words on it; and the bounds of the classes."""
    bounds = breaks([u.value for u in found])
    steps = {u.id: step(u.value, bounds) for u in found}
    return {
        id: (theme.SEQUENCE[tone], theme.INK if tone < 3 else theme.PAPER) for id, tone in steps.items()
    }, bounds


def _scale(bounds: Sequence[float], width: float) -> str:
    """The tones with the bounds between them."""
    if not bounds:
        return ""
    number = len(bounds) + 1
    each = min(76.0, width / number)
    tones = [round(i * 5 / len(bounds)) for i in range(number)]
    boxes = [
        svg.tag("rect", x=i * each, y=0, width=each - 1, height=12, fill=theme.SEQUENCE[tone])
        for i, tone in enumerate(tones)
    ]
    numbers = [
        svg.text((i + 1) * each, 27, words.cell(b), anchor="middle", size=12, colour=theme.INK_2)
        for i, b in enumerate(bounds)
    ]
    return "".join([*boxes, *numbers])


def tiles(found: Sequence[Unit], width: int) -> str:
    """The provinces as tiles of equal size, each with name, value and the persons behind it."""
    paint, bounds = _paint(found)
    gap = 4.0 if width > 500 else 3.0
    size = (width - gap * (_COLUMNS - 1)) / _COLUMNS
    tall = min(size, 126.0)
    wide, top = width > 500, 44.0

    def place(tile: tuple[int, int]) -> tuple[float, float]:
        return tile[0] * (size + gap), top + tile[1] * (tall + gap)

    pieces = [_scale(bounds, width)]
    for unit in found:
        fill, ink = paint[unit.id]
        x, y = place(TILES[unit.id])
        pieces.append(svg.tag("rect", x=x, y=y, width=size, height=tall, fill=fill))
        pieces.append(_tile_words(unit, x, y, tall, ink, wide=wide))
    for part in parts(found):
        x, y = place(WITHIN[part.id][0])
        pieces.append(
            svg.tag(
                "rect",
                x=x + 0.5,
                y=y + 0.5,
                width=size - 1,
                height=tall - 1,
                fill="none",
                stroke=theme.RULE,
                stroke_width=1.0,
                stroke_dasharray="3 3",
            )
        )
        pieces.append(_part_words(part, x, y, tall, wide=wide))
    return svg.drawing(width, top + _ROWS * (tall + gap), "".join(pieces))


def _tile_words(unit: Unit, x: float, y: float, tall: float, ink: str, *, wide: bool) -> str:
    value = words.cell(unit.value)
    if not wide:
        return svg.text(x + 5, y + 20, unit.korean, colour=ink, size=12) + svg.text(
            x + 5, y + tall - 12, value, colour=ink, size=15 if len(value) < 7 else 13
        )
    second = svg.text(x + 12, y + 43, unit.korean, colour=ink, size=14)
    return "".join(
        [
            svg.text(x + 12, y + 24, unit.short, colour=ink, size=15),
            "" if language.active() == "ko" else second,
            svg.text(x + 12, y + tall - 30, value, colour=ink, size=26),
            svg.text(x + 12, y + tall - 11, f"n = {unit.persons:,}", colour=ink, size=12),
        ]
    )


def _part_words(part: Part, x: float, y: float, tall: float, *, wide: bool) -> str:
    """A place without a number of its own: its name, and whose number holds it."""
    if not wide:
        return svg.text(x + 5, y + 20, part.korean, colour=theme.INK_2, size=12) + svg.text(
            x + 5, y + tall - 12, f"({part.of.korean})", colour=theme.MUTE, size=11
        )
    if language.active() == "ko":
        return svg.text(x + 12, y + 24, part.korean, colour=theme.INK_2, size=15) + svg.text(
            x + 12, y + tall - 12, f"({part.of.korean})", colour=theme.MUTE, size=12
        )
    return "".join(
        [
            svg.text(x + 12, y + 24, part.english, colour=theme.INK_2, size=15),
            svg.text(x + 12, y + 43, part.korean, colour=theme.INK_2, size=14),
            svg.text(x + 12, y + tall - 29, f"({part.of.short}", colour=theme.MUTE, size=12),
            svg.text(x + 12, y + tall - 12, f"{part.of.korean})", colour=theme.INK_2, size=12),
        ]
    )


@cache
def _rings() -> dict[str, list[list[tuple[float, float]]]]:
    text = (files("yeonjwa.report") / "data" / "map" / "provinces.json").read_text(encoding="utf-8")
    found: Mapping[str, Any] = json.loads(text)["units"]
    return {
        id: [[(lon * math.cos(_MIDDLE), -lat) for lon, lat in ring] for ring in rings]
        for id, rings in found.items()
    }


def area(ring: Sequence[tuple[float, float]]) -> float:
    """Area of a closed ring of points, positive whichever way it runs."""
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs)) / 2


def _centre(rings: Sequence[Sequence[tuple[float, float]]]) -> tuple[float, float]:
    """Centroid of the largest ring."""
    ring = max(rings, key=area)
    cx = cy = twice = 0.0
    for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
        cross = x0 * y1 - x1 * y0
        cx, cy, twice = cx + (x0 + x1) * cross, cy + (y0 + y1) * cross, twice + cross
    return cx / (3 * twice), cy / (3 * twice)


def outline(found: Sequence[Unit], width: int) -> str:
    """The provinces in their borders of 2008, with value and name at their middles."""
    paint, bounds = _paint(found)
    rings = _rings()
    xs = [x for unit in rings.values() for ring in unit for x, _ in ring]
    ys = [y for unit in rings.values() for ring in unit for _, y in ring]
    factor = width / (max(xs) - min(xs))
    top = 44.0

    def place(x: float, y: float) -> tuple[float, float]:
        return (x - min(xs)) * factor, top + (y - min(ys)) * factor

    wide = width > 500
    areas, names = [_scale(bounds, width)], []
    for unit in found:
        fill, _ = paint[unit.id]
        path = "".join(_path([place(x, y) for x, y in ring], 0.6 if wide else 1.0) for ring in rings[unit.id])
        areas.append(
            svg.tag("path", d=path, fill=fill, stroke=theme.PAPER, stroke_width=1.5, stroke_linejoin="round")
        )
        x, y = place(*_centre(rings[unit.id]))
        names.append(_map_words(unit, x, y, wide=wide))
    return svg.drawing(width, top + (max(ys) - min(ys)) * factor + 4, "".join([*areas, *names]))


def _map_words(unit: Unit, x: float, y: float, *, wide: bool) -> str:
    value = words.cell(unit.value)
    if not wide:
        return svg.text(x, y + 4, value, anchor="middle", size=13, halo=True)
    small = unit.id == "pyongyang"
    return svg.text(
        x, y - 4, unit.short if not small else unit.korean, anchor="middle", size=13, halo=True
    ) + svg.text(x, y + 14, value, anchor="middle", size=17 if not small else 14, halo=True)


def _path(points: Sequence[tuple[float, float]], least: float) -> str:
    """A closed path; points nearer than ``least`` pixels to the one before are left out."""
    kept = [points[0]]
    for point in points[1:]:
        if math.dist(point, kept[-1]) >= least:
            kept.append(point)
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in kept) + "z" if len(kept) > 2 else ""
