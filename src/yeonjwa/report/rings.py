"""The family picture: kin of one offender on rings by degree, who stands in which circle, who was reached.

Father's line is on the left, mother's line on the right, siblings and their children above, own descendants
below. Men are squares, women circles; reached is filled, the dead are small and grey.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from yeonjwa.core import language
from yeonjwa.core.language import gettext as _
from yeonjwa.report import svg, theme

#: Parts of the family, clockwise from the top, and the least angle each gets (degrees) before the rest is
#: given to those who need it.
PARTS: Final = {"siblings": 44.0, "mother": 84.0, "descendants": 60.0, "father": 84.0}
#: Degrees of angle kept free at each end of a part.
_MARGIN: Final = 6.0
#: Degrees from the beginning of the descendants to the free spoke on which the rings are labelled, and beyond.
_SPOKE: Final = (6.0, 14.0)
#: Degrees of angle within which the edge of a circle passes from one part of the family to the next.
_BLEND: Final = 5.0
#: Room of the dead in that of the living: their signs are small.
_DEAD_ROOM: Final = 0.6

Sectors = Mapping[str, tuple[float, float]]
#: Sanctions that take the person away; the others take posts and prospects.
BODILY: Final = frozenset({"camp", "banishment"})


@dataclass
class Node:
    """One relative and their place in the drawing."""

    id: int
    path: str
    sector: str
    degree: int
    kin: Mapping[str, Any]
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)
    angle: float = 0.0
    radius: float = 0.0

    @property
    def weight(self) -> float:
        """How much room the branch needs."""
        return max(1.0, sum(child.weight for child in self.children))

    @property
    def place(self) -> tuple[float, float]:
        """Where it stands, from the centre."""
        return svg.point(self.radius, self.angle)


def sector_of(kin: Mapping[str, Any]) -> str:
    """Part of the family: ``spouse``, ``siblings``, ``father``, ``mother`` or ``descendants``."""
    path = kin["path"]
    if "S" in path:
        return "spouse"
    if path.startswith("D"):
        return "descendants"
    if path.startswith("UD"):
        return "siblings"
    if path == "U":
        return "father" if kin["sex"] == "m" else "mother"
    return "mother" if kin.get("side") == "mother" else "father"


def tree(kin: Sequence[Mapping[str, Any]], parents: Mapping[int, tuple[int, int]]) -> list[Node]:
    """The relatives, each hung on the one through whom the offender is related to them.

    Where the microdata do not say whose child somebody is, the first relative on the right path in the same
    part of the family is taken.
    """
    nodes = [
        Node(int(k["id"]), k["path"], sector_of(k), int(k["degree"]), k)
        for k in sorted(kin, key=lambda k: (len(k["path"]), int(k["id"])))
        if "S" not in k["path"] or k["path"] == "S"
    ]
    for node in nodes:
        if len(node.path) < 2 or node.path == "UD":
            continue
        candidates = [n for n in nodes if n.path == node.path[:-1] and n.sector == node.sector]
        if node.path[-1] == "U":
            known = [c for c in candidates if node.id in parents.get(c.id, ())]
        else:
            known = [c for c in candidates if c.id in parents.get(node.id, ())]
        chosen = known or candidates
        if chosen:
            node.parent = chosen[0]
            chosen[0].children.append(node)
    return nodes


def _order(nodes: Sequence[Node]) -> list[Node]:
    """Heaviest in the middle."""
    ordered: list[Node] = []
    for i, node in enumerate(sorted(nodes, key=lambda n: -n.weight)):
        ordered.insert(0 if i % 2 else len(ordered), node)
    return ordered


def _share(nodes: Sequence[Node], start: float, end: float) -> None:
    """Divide an interval of angle among branches by weight, and each branch among its own."""
    total = sum(n.weight for n in nodes)
    at = start
    for node in _order(nodes):
        span = (end - start) * node.weight / total
        node.angle = at + span / 2
        _share(node.children, at, at + span)
        at += span


def _room(node: Node) -> float:
    return 1.0 if node.kin.get("alive", True) or node.kin.get("reached") else _DEAD_ROOM


def _rings(nodes: Sequence[Node], sector: str) -> dict[int, list[Node]]:
    """Degree -> the relatives of one part of the family on that ring."""
    rings: dict[int, list[Node]] = {}
    for node in nodes:
        if node.sector == sector:
            rings.setdefault(node.degree, []).append(node)
    return rings


def sectors(nodes: Sequence[Node], step: float, gap: float) -> dict[str, tuple[float, float]]:
    """Compass angles (start, end) of each part of the family, by the room its fullest ring needs.

    Siblings stay centred at the top and both parents' lines get the same angle, so that left is always the
    father's line and right the mother's.
    """
    wide = dict(PARTS)
    for part in PARTS:
        for degree, ring in _rings(nodes, part).items():
            needed = math.degrees(sum(_room(n) for n in ring) * gap / (degree * step)) + 2 * _MARGIN
            wide[part] = max(wide[part], needed + (sum(_SPOKE) if part == "descendants" else 0.0))
    wide["father"] = wide["mother"] = max(wide["father"], wide["mother"])
    factor = 360 / sum(wide.values())
    start = -wide["siblings"] * factor / 2
    found = {}
    for part, angle in wide.items():
        found[part] = (start, start + angle * factor)
        start += angle * factor
    return found


def place(nodes: Sequence[Node], step: float, gap: float) -> tuple[dict[str, tuple[float, float]], float]:
    """Angles of the parts of the family, and how much of the wished distance was left on the fullest ring.

    Gives every node its angle and radius, about ``gap`` pixels apart on each ring.
    """
    parts = sectors(nodes, step, gap)
    tightest = 1.0
    for part, (start, end) in parts.items():
        low, high = start + _MARGIN, end - _MARGIN
        if part == "descendants":
            low += sum(_SPOKE) - _MARGIN
        _share([n for n in nodes if n.sector == part and n.parent is None], low, high)
        for degree, members in _rings(nodes, part).items():
            ring = sorted(members, key=lambda n: n.angle)
            rooms = [math.degrees(_room(n) * gap / (degree * step)) for n in ring]
            needed = sum(rooms) - (rooms[0] + rooms[-1]) / 2
            share = min(1.0, (high - low) / needed) if needed > 0 else 1.0
            tightest = min(tightest, share)
            for node, angle in zip(ring, _apart(ring, rooms, share, low, high), strict=True):
                node.angle, node.radius = angle, degree * step
    for i, node in enumerate(n for n in nodes if n.sector == "spouse"):
        node.angle, node.radius = 118.0 + 40 * i, step * 0.55
    return parts, tightest


def _apart(
    ring: Sequence[Node], rooms: Sequence[float], share: float, low: float, high: float
) -> list[float]:
    """Angles nearest to the wished ones, in their order, with the room of each, inside the bounds."""
    between = [share * (a + b) / 2 for a, b in pairwise(rooms)]
    angles = [max(ring[0].angle, low)]
    for node, distance in zip(ring[1:], between, strict=True):
        angles.append(max(node.angle, angles[-1] + distance))
    limit = high
    for i in reversed(range(len(angles))):
        angles[i] = min(angles[i], limit)
        limit = angles[i] - (between[i - 1] if i else 0.0)
    return angles


def _reach(nodes: Sequence[Node], circle: str) -> dict[str, int]:
    """Part of the family -> degree to which a circle is drawn there.

    As far as its deepest member; and further, up to the deepest member in any part, as long as nobody stands
    there who is outside: where a part has nobody, the edge has nothing to cut off.
    """
    furthest = max((n.degree for n in nodes if n.kin.get(circle)), default=0)
    reach = {}
    for part in PARTS:
        here = [n for n in nodes if n.sector == part]
        deepest = max((n.degree for n in here if n.kin.get(circle)), default=0)
        first_outside = min((n.degree for n in here if not n.kin.get(circle)), default=furthest + 1)
        reach[part] = max(deepest, min(furthest, first_outside - 1))
    return reach


def _outline(nodes: Sequence[Node], parts: Sectors, circle: str, step: float, outer: int) -> str:
    """Edge of a circle of liability: in each part of the family as far out as it reaches there."""
    if not any(n.kin.get(circle) for n in nodes):
        return ""
    least = 0.82 if any(n.sector == "spouse" and n.kin.get(circle) for n in nodes) else 0.32
    reach = _reach(nodes, circle)
    radii = [step * (d + (0.5 if d < outer else 0.35)) if d else step * least for d in reach.values()]
    bounds = list(parts.values())
    points = []
    for turn in range(180):
        angle = bounds[0][0] + 2.0 * turn
        at = max(i for i, (start, _) in enumerate(bounds) if angle >= start)
        radius = radii[at]
        for neighbour, boundary in ((at - 1, bounds[at][0]), ((at + 1) % len(bounds), bounds[at][1])):
            away = abs(angle - boundary) / _BLEND
            if away < 1:
                radius += (radii[neighbour] - radius) * (0.5 - 0.5 * away * (2 - away))
        points.append(svg.point(radius, angle))
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points) + "Z"


def mark(kin: Mapping[str, Any], x: float, y: float, size: float) -> str:
    """The sign of one relative: shape says the sex, filling says what happened."""
    if not kin.get("alive", True) and not kin.get("reached"):
        look: dict[str, Any] = {"fill": theme.PAPER, "stroke": theme.RULE, "stroke_width": 1}
        size *= 0.55
    elif kin.get("reached") in BODILY:
        look = {"fill": theme.PLUM, "stroke": theme.PLUM, "stroke_width": 1.3}
    elif kin.get("reached"):
        look = {"fill": theme.SEQUENCE[1], "stroke": theme.PLUM, "stroke_width": 1.3}
    elif kin.get("in_camp_circle") or kin.get("in_career_circle"):
        look = {"fill": theme.PAPER, "stroke": theme.PLUM, "stroke_width": 1.3}
    else:
        look = {"fill": theme.PAPER, "stroke": theme.INK_2, "stroke_width": 1.2}
    half = size / 2
    if kin["sex"] == "m":
        return svg.tag("rect", x=x - half, y=y - half, width=size, height=size, **look)
    return svg.tag("circle", cx=x, cy=y, r=half * 1.08, **look)


def drawing(family: Mapping[str, Any], parents: Mapping[int, tuple[int, int]], width: int) -> str:
    """The family picture as SVG; empty if the run has no family to show.

    Parameters
    ----------
    family : mapping
        The content of ``family.json``.
    parents : mapping of id to (father, mother)
        As far as known.
    width : int
        In pixels.
    """
    kin = family.get("kin") or []
    if not kin:
        return ""
    nodes = tree(kin, parents)
    outer = max(1, max(n.degree for n in nodes))
    narrow = width < 500
    side = min(width, 620)
    step = (side / 2 - 14) / (outer + 0.4)
    sectors_, tightest = place(nodes, step, 9.5 if narrow else 15.0)
    largest = 8.0 if narrow else 11.0
    size = max(0.5, tightest) * largest
    spoke = sectors_["descendants"][0] + _SPOKE[0]
    parts = [_circles(nodes, sectors_, step, outer), *_edges(nodes)]
    parts += [mark(n.kin, *n.place, size) for n in nodes]
    parts += [_ring_label(d, step, spoke) for d in range(1, outer + 1)]
    parts.append(_centre(family, largest * 1.5))
    height = side + 22
    body = svg.tag("g", "".join(parts), transform=f"translate({width / 2:.0f} {side / 2 + 20:.0f})")
    left, right = (width - side) / 2, (width + side) / 2
    heads = [
        svg.text(left, 13, _("Father\u2019s line"), weight=600),
        svg.text(right, 13, _("Mother\u2019s line"), weight=600, anchor="end"),
    ]
    if language.active() == "en":
        heads += [svg.text(left, 31, "친가"), svg.text(right, 31, "외가", anchor="end")]
    return svg.drawing(width, height, body + "".join(heads))


def _circles(nodes: Sequence[Node], parts: Sectors, step: float, outer: int) -> str:
    camp, career = (_outline(nodes, parts, c, step, outer) for c in ("in_camp_circle", "in_career_circle"))
    rings = [
        svg.tag("circle", cx=0, cy=0, r=step * d, fill="none", stroke=theme.HAIR, stroke_width=1)
        for d in range(1, outer + 1)
    ]
    disc = svg.tag("path", d=camp, fill=theme.TINT) if camp else ""
    edge = svg.tag("path", d=camp, fill="none", stroke=theme.PLUM, stroke_width=1.8) if camp else ""
    dashed = (
        svg.tag("path", d=career, fill="none", stroke=theme.PLUM, stroke_width=1.3, stroke_dasharray="5 4")
        if career
        else ""
    )
    return disc + "".join(rings) + dashed + edge


def _edges(nodes: Sequence[Node]) -> list[str]:
    """Thin curves from each relative to the one nearer to the offender."""
    found = []
    for node in nodes:
        if node.sector == "spouse":
            continue
        x1, y1 = node.place
        x0, y0 = node.parent.place if node.parent else (0.0, 0.0)
        inner = node.parent.radius if node.parent else 0.0
        middle = (inner + node.radius) / 2
        ax, ay = svg.point(middle, node.parent.angle if node.parent else node.angle)
        bx, by = svg.point(middle, node.angle)
        path = f"M{x0:.1f},{y0:.1f}C{ax:.1f},{ay:.1f} {bx:.1f},{by:.1f} {x1:.1f},{y1:.1f}"
        found.append(
            svg.tag("path", d=path, fill="none", stroke=theme.RULE, stroke_width=0.8, stroke_opacity="0.6")
        )
    return found


def _ring_label(degree: int, step: float, spoke: float) -> str:
    x, y = svg.point(degree * step, spoke)
    return svg.text(x, y + 4, f"{degree}촌", anchor="middle", halo=True, colour=theme.INK)


def _centre(family: Mapping[str, Any], size: float) -> str:
    half = size / 2
    if family.get("offender", {}).get("sex") == "m":
        return svg.tag("rect", x=-half, y=-half, width=size, height=size, fill=theme.INK)
    return svg.tag("circle", cx=0, cy=0, r=half, fill=theme.INK)
