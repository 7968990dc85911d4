"""The kin of a person as SVG: signs, ties, circles and words, coloured by the style sheet alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from django.utils.translation import gettext, ngettext

from yeonjwa.observatory.people import words
from yeonjwa.report.kin_family import Family, Kin
from yeonjwa.report.kin_rings import PARTS, Node, Rings, Rows, chords
from yeonjwa.report.svg import point, tag

#: Side or diameter of a sign of the living and of the dead.
SIGN: Final = 10.0
DEAD: Final = 5.0
CENTRE: Final = 17.0
#: Degrees of angle within which the edge of a circle passes from one part of the family to the next.
_BLEND: Final = 5.0

Link = Callable[[int], str]


def look(kin: Kin) -> str:
    """Classes of a sign."""
    if not kin.alive:
        return "dead"
    return {"camp": "camp", "career": "career", "outside": "out"}[kin.reached]


def sign(kin: Kin, x: float, y: float) -> str:
    """Square for men, round for women; the dead small."""
    size = SIGN if kin.alive else DEAD
    return _shape(kin.sex, x, y, size)


def _shape(sex: str, x: float, y: float, size: float) -> str:
    if sex == "m":
        return tag("rect", x=x - size / 2, y=y - size / 2, width=size, height=size)
    return tag("circle", cx=x, cy=y, r=size * 0.54)


def path_to(node: Node) -> list[int]:
    """Ids from a relative to the person, the relative first."""
    ids, at = [], node
    while at is not None:
        ids.append(at.kin.id)
        at = at.parent  # type: ignore[assignment]
    return ids


def rings_drawing(
    family: Family,
    rings: Rings,
    *,
    link: Link,
    open_link: Link,
    selected: int | None = None,
    prefix: str = "k",
) -> str:
    """The rings as one SVG.

    Parameters
    ----------
    family, rings
        Who is drawn, and where.
    link, open_link : callable
        Address of a relative, and of the drawing with a branch opened.
    selected : int, optional
        The relative whose way to the centre is drawn in ink.
    prefix : str
        Of the ids of the signs.
    """
    on = _selected(rings.nodes, selected)
    parts = [_rings(rings), _circles(family, rings)]
    parts += [_tie(node, node.kin.id in on) for node in _ties_last(rings.nodes, on)]
    parts += [_chord(child, parent) for child, parent in chords(family, rings.nodes)]
    parts += [_folded(node, family, open_link, prefix) for node in rings.nodes if node.folded]
    for node in [*rings.nodes, *rings.spouses]:
        if not node.folded:
            parts.append(_sign(node, family, link, selected, prefix))
    parts.append(_centre(family, link, prefix))
    parts += [_ring_label(family, rings, degree) for degree in range(1, len(rings.radii) + 1)]
    outer = rings.outer
    return tag(
        "svg",
        "".join(parts),
        class_="rings",
        viewBox=f"{-outer:.0f} {-outer:.0f} {2 * outer:.0f} {2 * outer:.0f}",
        role="group",
        aria_label=gettext("Kin of person %(id)s on rings by degree. Arrow keys walk the family.")
        % {"id": family.id},
    )


def _selected(nodes: Sequence[Node], selected: int | None) -> set[int]:
    return next((set(path_to(n)) for n in nodes if n.kin.id == selected and not n.folded), set())


def _ties_last(nodes: Sequence[Node], on: set[int]) -> list[Node]:
    """Ties in the order of painting: those of the selected way on top."""
    return sorted(nodes, key=lambda n: n.kin.id in on)


def _rings(rings: Rings) -> str:
    return "".join(tag("circle", class_="ring", cx=0, cy=0, r=radius) for radius in rings.radii)


def _circles(family: Family, rings: Rings) -> str:
    camp, career = _outline(family, rings, "camp"), _outline(family, rings, "career")
    parts = []
    if camp:
        parts += [tag("path", class_="disc", d=camp), tag("path", class_="edge", d=camp)]
    if career:
        parts.append(tag("path", class_="edge dashed", d=career))
    return "".join(parts)


def _outline(family: Family, rings: Rings, circle: str) -> str:
    """Edge of a circle: in each part of the family as far out as the rule names somebody there."""
    reach = dict.fromkeys(PARTS, 0)
    first_outside = {part: len(rings.radii) + 1 for part in PARTS}
    for node in rings.nodes:
        for kin in node.folded or [node.kin]:
            if circle in kin.by:
                reach[node.part] = max(reach[node.part], kin.degree)
            elif kin.alive:
                first_outside[node.part] = min(first_outside[node.part], kin.degree)
    spouse = any(circle in node.kin.by for node in rings.spouses)
    furthest = max(reach.values())
    if not furthest and not spouse:
        return ""
    reach = {part: max(deepest, min(furthest, first_outside[part] - 1)) for part, deepest in reach.items()}
    bounds = list(rings.parts.values())
    radii = [rings.edge(degree) if degree or spouse else 20.0 for degree in reach.values()]
    points = []
    for turn in range(180):
        angle = bounds[0][0] + 2.0 * turn
        at = max(i for i, (start, _) in enumerate(bounds) if angle >= start - 1e-9)
        radius = radii[at]
        for neighbour, boundary in ((at - 1, bounds[at][0]), ((at + 1) % len(bounds), bounds[at][1])):
            away = abs(angle - boundary) / _BLEND
            if away < 1:
                radius += (radii[neighbour] - radius) * (0.5 - 0.5 * away * (2 - away))
        points.append(point(radius, angle))
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points) + "Z"


def _tie(node: Node, on: bool) -> str:
    x1, y1 = node.place
    parent = node.parent
    x0, y0 = parent.place if parent else (0.0, 0.0)
    middle = ((parent.radius if parent else 0.0) + node.radius) / 2
    ax, ay = point(middle, parent.angle if parent else node.angle)
    bx, by = point(middle, node.angle)
    d = f"M{x0:.1f},{y0:.1f}C{ax:.1f},{ay:.1f} {bx:.1f},{by:.1f} {x1:.1f},{y1:.1f}"
    return tag("path", class_="tie on" if on else "tie", d=d, data_to=node.kin.id)


def _chord(child: Node, parent: Node) -> str:
    (x0, y0), (x1, y1) = parent.place, child.place
    return tag("path", class_="chord", d=f"M{x0:.1f},{y0:.1f}L{x1:.1f},{y1:.1f}")


def _sign(node: Node, family: Family, link: Link, selected: int | None, prefix: str) -> str:
    kin = node.kin
    x, y = node.place
    on = kin.id == selected
    shown = (tag("circle", class_="halo", cx=x, cy=y, r=11.0) if on else "") + sign(kin, x, y)
    return tag(
        "a",
        shown,
        id=f"{prefix}{kin.id}",
        class_=f"kin {look(kin)}{' on' if on else ''}",
        href=link(kin.id),
        tabindex="-1",
        aria_label=words.spoken(kin, family.sex),
        aria_current="true" if on else None,
        data_up=node.parent.kin.id if node.parent else family.id,
    )


def _folded(node: Node, family: Family, open_link: Link, prefix: str) -> str:
    half = math.degrees((node.room - 6.0) / 2 / node.radius)
    (x0, y0), (x1, y1) = point(node.radius, node.angle - half), point(node.radius, node.angle + half)
    arc = f"M{x0:.1f},{y0:.1f}A{node.radius:.1f},{node.radius:.1f} 0 0 1 {x1:.1f},{y1:.1f}"
    tx, ty = point(node.radius + 10.0, node.angle)
    reached = {kin.reached for kin in node.folded}
    kind = "camp" if "camp" in reached else "career" if "career" in reached else "out"
    number = tag("text", str(len(node.folded)), class_="count", x=tx, y=ty + 4, text_anchor="middle")
    return tag(
        "a",
        tag("path", class_="arc", d=arc) + number,
        id=f"{prefix}{node.kin.id}",
        class_=f"branch {kind}",
        href=open_link(node.kin.id),
        tabindex="-1",
        aria_label=branch_words(node, family),
        data_up=node.parent.kin.id if node.parent else family.id,
    )


def branch_words(node: Node, family: Family) -> str:
    """A folded branch in words."""
    degrees = sorted({kin.degree for kin in node.folded})
    span = words.degree(degrees[0])
    if len(degrees) > 1:
        span = gettext("%(low)s to %(high)s") % {"low": span, "high": words.degree(degrees[-1])}
    said = ngettext(
        "%(count)s living relative of %(span)s, %(side)s, not drawn one by one: the branch of person %(id)s. Open it.",
        "%(count)s living relatives of %(span)s, %(side)s, not drawn one by one: the branch of person %(id)s. Open it.",
        len(node.folded),
    )
    return said % {
        "count": len(node.folded),
        "span": span,
        "side": words.SIDES.get(node.kin.side, ""),
        "id": node.kin.id,
    }


def _centre(family: Family, link: Link, prefix: str, x: float = 0.0, y: float = 0.0) -> str:
    return tag(
        "a",
        _shape(family.sex, x, y, CENTRE),
        id=f"{prefix}{family.id}",
        class_="kin centre",
        href=link(family.id),
        tabindex="0",
        aria_label=words.title(family),
    )


def _ring_label(family: Family, rings: Rings, degree: int) -> str:
    x, y = point(rings.radii[degree - 1], rings.spoke)
    return tag(
        "text",
        words.degree(degree),
        class_="degree",
        x=x,
        y=y + 4,
        text_anchor="middle",
        lang="ko",
        aria_hidden="true",
    )


def narrow_drawing(
    family: Family, near: Rings, *, link: Link, selected: int | None = None, farthest: int = 8
) -> str:
    """Rings for a narrow page: to four chon one by one, beyond it arcs as long as their counts on each side."""
    counts = {
        (degree, side): sum(
            k.alive and k.degree == degree and k.side in (side, "both" if side == "father" else side)
            for k in family.kin
        )
        for degree in range(len(near.radii) + 1, farthest + 1)
        for side in ("father", "mother")
    }
    most = max(counts.values(), default=0)
    step = 15.0
    first = near.radii[-1] + 24.0
    parts = []
    for (degree, side), number in counts.items():
        radius = first + step * (degree - len(near.radii) - 1)
        parts.append(tag("circle", class_="ring", cx=0, cy=0, r=radius))
        if number:
            half = 54.0 * number / most
            middle = 270.0 if side == "father" else 90.0
            (x0, y0), (x1, y1) = point(radius, middle - half), point(radius, middle + half)
            d = f"M{x0:.1f},{y0:.1f}A{radius:.1f},{radius:.1f} 0 0 1 {x1:.1f},{y1:.1f}"
            reached = {
                k.reached for k in family.kin if k.alive and k.degree == degree and k.side in (side, "both")
            }
            kind = "camp" if "camp" in reached else "career" if "career" in reached else "out"
            parts.append(tag("path", class_=f"arc {kind}", d=d))
    inner = rings_drawing(family, near, link=link, open_link=link, selected=selected, prefix="n")
    outer = first + step * max(0, farthest - len(near.radii) - 1) + 12.0
    start, end = inner.index('viewBox="'), inner.index('"', inner.index('viewBox="') + 9)
    box = f'viewBox="{-outer:.0f} {-outer:.0f} {2 * outer:.0f} {2 * outer:.0f}'
    body = inner[:start] + box + inner[end:]
    at = body.index(">") + 1
    return body[:at] + "".join(parts) + body[at:]


def generations_drawing(family: Family, rows: Rows, *, link: Link, selected: int | None = None) -> str:
    """The rows by generation as one SVG."""
    on = _selected(rows.nodes, selected)
    parts = []
    for generation, y in rows.generations:
        parts.append(
            tag(
                "text",
                generation_words(generation),
                class_="degree",
                x=4,
                y=y - 22,
                text_anchor="start",
            )
        )
        parts.append(tag("line", class_="ring", x1=0, y1=y, x2=rows.width, y2=y))
    centre = rows.places[family.id]
    for node in _ties_last(rows.nodes, on):
        x1, y1 = rows.places[node.kin.id]
        siblings = (node.kin.up, node.kin.down) == (1, 1)
        x0, y0 = rows.places[node.parent.kin.id] if node.parent else centre
        if siblings:
            d = f"M{x0:.1f},{y0:.1f}C{x0:.1f},{y0 - 34:.1f} {x1:.1f},{y1 - 34:.1f} {x1:.1f},{y1:.1f}"
        else:
            middle = (y0 + y1) / 2
            d = f"M{x0:.1f},{y0:.1f}C{x0:.1f},{middle:.1f} {x1:.1f},{middle:.1f} {x1:.1f},{y1:.1f}"
        parts.append(tag("path", class_="tie on" if node.kin.id in on else "tie", d=d, data_to=node.kin.id))
    for node in rows.nodes:
        node.radius, node.angle = _polar(rows.places[node.kin.id])
        parts.append(_sign(node, family, link, selected, "g"))
    for kin in family.kin:
        if kin.path == "S" and kin.alive and kin.id in rows.places:
            spouse = Node(kin)
            spouse.radius, spouse.angle = _polar(rows.places[kin.id])
            parts.append(_sign(spouse, family, link, selected, "g"))
    parts.append(_centre(family, link, "g", *centre))
    return tag(
        "svg",
        "".join(parts),
        class_="rings generations",
        viewBox=f"0 0 {rows.width:.0f} {rows.height:.0f}",
        role="group",
        aria_label=gettext("Kin of person %(id)s by generation. Arrow keys walk the family.")
        % {"id": family.id},
    )


def _polar(place: tuple[float, float]) -> tuple[float, float]:
    x, y = place
    return math.hypot(x, y), math.degrees(math.atan2(x, -y))


def generation_words(generation: int) -> str:
    """ "parents’ generation"."""
    if generation == 0:
        return gettext("own generation")
    if generation == 1:
        return gettext("parents’ generation")
    if generation == -1:
        return gettext("children’s generation")
    if generation > 0:
        return gettext("%(number)s generations up") % {"number": generation}
    return gettext("%(number)s generations down") % {"number": -generation}
