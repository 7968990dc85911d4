"""Places of kin on rings by degree, and in rows by generation: geometry only, no colours and no words.

The person stands in the centre, each degree (chon) has its ring: father's line on the left, mother's on the right, siblings and
their children above, own descendants below. Each relative is drawn once, on the ring of their degree, and no two signs touch: a
full ring is laid in two or three rows, and if that does not do, the rings grow. Beyond a number of people whole branches are
folded into arcs that say how many they hold.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from yeonjwa.report.kin_family import Family, Kin
from yeonjwa.report.svg import point

#: People drawn one by one at most, and in the view by generations.
MOST: Final = 640
MOST_BY_GENERATION: Final = 120
#: Degrees of the view by generations.
GENERATIONS_DEGREE: Final = 4
#: Radius of the first ring, and from each ring to the next (pixels).
FIRST: Final = 50.0
STEP: Final = 41.0
#: Between rows of one ring.
ROW: Final = 12.0
MOST_ROWS: Final = 3
#: Distance between signs on a ring: to 4 chon, beyond, among descendants; and of the dead, whose signs are small.
GAP_NEAR, GAP_FAR, GAP_OWN, GAP_DEAD = 14.0, 11.4, 17.0, 9.0
#: Length of an arc: at least, and for each relative in it.
ARC: Final = (24.0, 0.6)
#: Parts, clockwise from the top, with the least angle of each (degrees).
PARTS: Final = {"siblings": 44.0, "mother": 84.0, "descendants": 64.0, "father": 84.0}
#: Angle kept free at each end of a part; and the spoke for the labels of the rings, where the descendants begin.
_MARGIN: Final = 5.0
_SPOKE: Final = 16.0


@dataclass
class Node:
    """A relative, or a folded branch, in the tree of the drawing.

    Attributes
    ----------
    kin : Kin
        The relative; of a folded branch the one at its root.
    parent : Node or None
        Through whom the person is related to them; None for those next to the person.
    folded : list of Kin
        The living of a folded branch; empty for a relative drawn one by one.
    part : str
        "father", "mother", "siblings" or "descendants".
    angle, radius : float
        Compass angle in degrees and distance from the centre.
    room : float
        Length along the ring (pixels).
    """

    kin: Kin
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)
    folded: list[Kin] = field(default_factory=list)
    part: str = ""
    angle: float = 0.0
    radius: float = 0.0
    room: float = GAP_NEAR

    @property
    def degree(self) -> int:
        """Ring: the degree of the relative, of a folded branch that of its farthest member."""
        return max((k.degree for k in self.folded), default=self.kin.degree)

    @property
    def place(self) -> tuple[float, float]:
        """Where it stands, from the centre."""
        return point(self.radius, self.angle)

    def below(self) -> list[Node]:
        """The node and everybody who hangs on it, in the order of the drawing."""
        found = [self]
        for child in self.children:
            found += child.below()
        return found


@dataclass
class Rings:
    """A drawing: who stands where.

    Attributes
    ----------
    nodes : list of Node
        Those drawn, in the order of the compass within each branch.
    spouses : list of Node
        Of the person, between the centre and the first ring.
    radii : list of float
        Radius of each ring, from 1 chon on.
    parts : mapping of part to (start, end)
        Compass angles.
    rows : int
        Rows of the fullest ring.
    """

    nodes: list[Node]
    spouses: list[Node]
    radii: list[float]
    parts: Mapping[str, tuple[float, float]]
    rows: int

    @property
    def spoke(self) -> float:
        """Compass angle of the labels of the rings."""
        return self.parts["descendants"][0] + _SPOKE / 2

    @property
    def outer(self) -> float:
        """Half the width of the drawing."""
        return self.radii[-1] + 22.0

    def edge(self, degree: int) -> float:
        """Radius between the ring of a degree and the next: where a circle that ends there is drawn."""
        if degree <= 0:
            return FIRST * 0.72
        if degree >= len(self.radii):
            return self.radii[-1] + STEP / 2
        return (self.radii[degree - 1] + self.radii[degree]) / 2


def tree(family: Family, *, farthest: int = 8) -> list[Node]:
    """The kin by blood, each hung on the one through whom the person is related to them.

    The dead are there as far as they join somebody living.

    Parameters
    ----------
    family : Family
    farthest : int
        Only kin to this degree.

    Returns
    -------
    list of Node
        Those next to the person: parents, siblings, children; the rest hang on them.
    """
    blood = {k.id: k for k in family.kin if k.side != "marriage" and k.degree <= farthest}
    nodes = {person: Node(kin) for person, kin in blood.items()}
    # (Somebody, steps up) -> their child on the way up to them.
    below: dict[tuple[int, int], int] = {}
    for person, kin in sorted(blood.items()):
        if kin.down == 0:
            for above in family.parents.get(person, ()):
                below.setdefault((above, kin.up), person)
    roots: list[Node] = []
    for node in sorted(nodes.values(), key=lambda n: (n.kin.degree, n.kin.id)):
        node.parent = _hung_on(node.kin, nodes, below, family)
        (roots if node.parent is None else node.parent.children).append(node)
    roots = [root for root in roots if _prune(root)]
    for root in roots:
        part = _part(root.kin)
        for node in root.below():
            node.part = part
    return roots


def _hung_on(
    kin: Kin, nodes: Mapping[int, Node], below: Mapping[tuple[int, int], int], family: Family
) -> Node | None:
    if kin.degree == 1 or (kin.up, kin.down) == (1, 1):
        return None
    if kin.down == 0 and (kin.id, kin.up - 1) in below:
        return nodes[below[kin.id, kin.up - 1]]
    wanted = (kin.up, kin.down - 1)
    for parent in family.parents[kin.id]:
        if parent in nodes and (nodes[parent].kin.up, nodes[parent].kin.down) == wanted:
            return nodes[parent]
    return _nearer(kin, nodes, family)


def _nearer(kin: Kin, nodes: Mapping[int, Node], family: Family) -> Node:
    """A parent or a child who is nearer kin: who joins somebody by an equally long path another way, where kin have married."""
    children = (person for person, parents in family.parents.items() if kin.id in parents)
    around = (nodes[person] for person in (*family.parents[kin.id], *children) if person in nodes)
    return max((n for n in around if n.kin.degree < kin.degree), key=lambda n: (n.kin.degree, -n.kin.id))


def _prune(node: Node) -> bool:
    """Whether somebody living is in a branch; branches without are taken off."""
    node.children = [child for child in node.children if _prune(child)]
    return node.kin.alive or bool(node.children)


def _part(kin: Kin) -> str:
    if kin.down == 0:
        return "father" if kin.sex == "m" else "mother"
    return "siblings" if kin.up else "descendants"


def fold(roots: Sequence[Node], *, most: int = MOST, opened: Collection[int] = ()) -> None:
    """Fold whole branches into arcs until at most so many signs are drawn.

    Branches that leave the person's line farthest up go first, of those the largest; those opened go last.
    """
    nodes = [node for root in roots for node in root.below()]
    total = len(nodes)
    tops = [n for n in nodes if n.kin.down == 1 and len(n.below()) > 1]
    tops.sort(key=lambda n: (n.kin.id in opened, -n.kin.up, -len(n.below()), n.kin.id))
    for node in tops:
        if total <= most:
            return
        branch = node.below()
        node.folded = [n.kin for n in branch if n.kin.alive]
        node.children = []
        total -= len(branch) - 1


def rings(family: Family, *, farthest: int = 8, most: int = MOST, opened: Collection[int] = ()) -> Rings:
    """Everybody's place on the rings around a person.

    Parameters
    ----------
    family : Family
    farthest : int
        Only kin to this degree.
    most : int
        Signs at most; beyond that branches are folded.
    opened : collection of int
        Roots of branches that are to be folded last.
    """
    roots = tree(family, farthest=farthest)
    fold(roots, most=most, opened=opened)
    nodes = [node for root in roots for node in root.below()]
    for node in nodes:
        node.room = _room(node)
    outer = max([farthest if farthest < 8 else 1, *(n.degree for n in nodes)])
    step, rows, parts = _fit(nodes, outer)
    radii = [FIRST + step * (d - 1) for d in range(1, outer + 1)]
    for part, (start, end) in parts.items():
        low = start + (_SPOKE if part == "descendants" else _MARGIN)
        _place([r for r in roots if r.part == part], low, end - _MARGIN, radii)
    spouses = [Node(k) for k in family.kin if k.path == "S" and k.alive]
    for i, node in enumerate(spouses):
        node.angle, node.radius = 118.0 + 50.0 * i, FIRST * 0.55
    ordered = [node for root in _order(roots) for node in root.below()]
    return Rings(ordered, spouses, radii, parts, rows)


def chords(family: Family, nodes: Sequence[Node]) -> list[tuple[Node, Node]]:
    """Pairs (child, other parent) of those drawn whose parents are both kin of the person: the tree holds one of the two ties."""
    drawn = {node.kin.id: node for node in nodes if not node.folded}
    found = []
    for node in drawn.values():
        if node.kin.down:
            hung = node.parent.kin.id if node.parent else -1
            found += [
                (node, drawn[parent])
                for parent in family.parents[node.kin.id]
                if parent in drawn and parent != hung and (node.kin.up, node.kin.down) != (1, 1)
            ]
    return found


def _room(node: Node) -> float:
    if node.folded:
        return ARC[0] + ARC[1] * len(node.folded)
    if not node.kin.alive:
        return GAP_DEAD
    if node.part == "descendants":
        return GAP_OWN
    return GAP_NEAR if node.degree <= 4 else GAP_FAR


def _by_ring(nodes: Sequence[Node], part: str) -> dict[int, list[Node]]:
    found: dict[int, list[Node]] = {}
    for node in nodes:
        if node.part == part:
            found.setdefault(node.degree, []).append(node)
    return found


def _inner(radius: float, rows: int) -> float:
    """Radius of the innermost row of a ring."""
    return radius - ROW * (rows - 1) / 2


def _fit(nodes: Sequence[Node], outer: int) -> tuple[float, int, dict[str, tuple[float, float]]]:
    """Step between rings, rows of a ring at most, and the angles of the parts, so that everybody has room."""
    step = STEP
    while True:
        for rows in range(1, MOST_ROWS + 1):
            wide = _needed(nodes, step, rows)
            if sum(wide.values()) <= 360.0:
                return step, rows, _angles(wide)
        step *= 1.1


def _needed(nodes: Sequence[Node], step: float, rows: int) -> dict[str, float]:
    """Angle of each part by the room of its fullest ring, at least what it gets anyway."""
    wide = dict(PARTS)
    for part in PARTS:
        ends = 2 * _MARGIN + (_SPOKE - _MARGIN if part == "descendants" else 0.0)
        for degree, ring in _by_ring(nodes, part).items():
            radius = _inner(FIRST + step * (degree - 1), rows if len(ring) > 1 else 1)
            room = sum(n.room for n in ring) / rows + max(n.room for n in ring)
            wide[part] = max(wide[part], math.degrees(room / radius) + ends)
    wide["father"] = wide["mother"] = max(wide["father"], wide["mother"])
    return wide


def _angles(wide: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Start and end of each part; what is left goes to the parents' lines, so that siblings stay centred on top."""
    spare = 360.0 - sum(wide.values())
    full = {
        part: angle + (spare / 2 if part in ("father", "mother") else 0.0) for part, angle in wide.items()
    }
    start = -full["siblings"] / 2
    found = {}
    for part, angle in full.items():
        found[part] = (start, start + angle)
        start += angle
    return found


def _weight(node: Node) -> float:
    return max(node.room, sum(_weight(child) for child in node.children))


def _order(nodes: Sequence[Node]) -> list[Node]:
    """Heaviest in the middle."""
    ordered: list[Node] = []
    for i, node in enumerate(sorted(nodes, key=lambda n: (-_weight(n), n.kin.id))):
        ordered.insert(0 if i % 2 else len(ordered), node)
    return ordered


def _share(nodes: Sequence[Node], start: float, end: float) -> None:
    """Divide an interval of angle among branches by weight, and each branch among its own."""
    total = sum(_weight(n) for n in nodes)
    at = start
    for node in _order(nodes):
        span = (end - start) * _weight(node) / total
        node.angle = at + span / 2
        _share(node.children, at, at + span)
        at += span


def _place(roots: Sequence[Node], low: float, high: float, radii: Sequence[float]) -> None:
    """Angle and radius of everybody of one part, between two compass angles."""
    _share(roots, low, high)
    nodes = [node for root in _order(roots) for node in root.below()]
    for root in roots:
        for node in root.below():
            node.children = _order(node.children)
    by_ring: dict[int, list[Node]] = {}
    for node in nodes:
        by_ring.setdefault(node.degree, []).append(node)
    for degree, ring in by_ring.items():
        ring.sort(key=lambda n: n.angle)
        radius = radii[degree - 1]
        rows = _rows_of(ring, radius, high - low)
        inner = _inner(radius, rows)
        bounds = [n.room / rows for n in ring]
        between = [math.degrees((a + b) / 2 / inner) for a, b in pairwise(bounds)]
        if rows > 1:
            between = _rowed(ring, rows, inner, between)
        angles = _apart([n.angle for n in ring], between, low, high)
        for i, (node, angle) in enumerate(zip(ring, angles, strict=True)):
            node.angle = angle
            node.radius = inner + ROW * (i % rows)


def _rows_of(ring: Sequence[Node], radius: float, span: float) -> int:
    """Rows that a ring needs."""
    for rows in range(1, MOST_ROWS):
        inner = _inner(radius, rows)
        bounds = [n.room / rows for n in ring]
        between = [math.degrees((a + b) / 2 / inner) for a, b in pairwise(bounds)]
        if rows > 1:
            between = _rowed(ring, rows, inner, between)
        if sum(between) <= span:
            return rows
    return MOST_ROWS


def _rowed(ring: Sequence[Node], rows: int, inner: float, between: list[float]) -> list[float]:
    """Distances between neighbours so that those of one row, ``rows`` apart, are far enough from each other."""
    between = list(between)
    for i in range(len(ring) - rows):
        needed = math.degrees((ring[i].room + ring[i + rows].room) / 2 / inner)
        lacking = needed - sum(between[i : i + rows])
        if lacking > 0:
            between[i + rows - 1] += lacking
    return between


def _apart(wished: Sequence[float], between: Sequence[float], low: float, high: float) -> list[float]:
    """Angles nearest to the wished ones, in their order and so far apart, inside the bounds.

    Where the bounds are too narrow the distances are kept and the bounds are not.
    """
    angles = [max(wished[0], low)]
    for wish, distance in zip(wished[1:], between, strict=True):
        angles.append(max(wish, angles[-1] + distance))
    limit = high
    for i in reversed(range(len(angles))):
        angles[i] = min(angles[i], limit)
        limit = angles[i] - (between[i - 1] if i else 0.0)
    return angles


@dataclass(frozen=True)
class Rows:
    """The view by generations: places of signs in rows, the oldest on top.

    Attributes
    ----------
    places : mapping of id to (x, y)
        The person among them.
    nodes : list of Node
    width, height : float
    generations : list of (generation, y)
        0 is the person's own.
    """

    places: Mapping[int, tuple[float, float]]
    nodes: list[Node]
    width: float
    height: float
    generations: list[tuple[int, float]]


def rows(family: Family, *, gap: float = 22.0, between: float = 96.0, margin: float = 40.0) -> Rows | None:
    """Everybody to four chon in rows by generation; None if they are more than the view holds.

    Father's line stands left of the person, mother's right; the order within a line is that of the rings, so that lines of
    one side do not cross those of the other.
    """
    found = rings(family, farthest=GENERATIONS_DEGREE, most=10**9)
    if len(found.nodes) > MOST_BY_GENERATION:
        return None
    by_row: dict[int, list[tuple[float, int]]] = {0: [(0.0, family.id)]}
    for node in found.nodes:
        generation = node.kin.up - node.kin.down
        angle = (node.angle + 180.0) % 360.0 - 180.0
        if node.part == "descendants":
            angle = -((node.angle % 360.0) - 180.0) / 10.0
        elif node.part == "siblings":
            angle /= 10.0
        by_row.setdefault(generation, []).append((angle, node.kin.id))
    for node in found.spouses:
        by_row[0].append((0.01, node.kin.id))
    widest = max(len(row) for row in by_row.values())
    width = max(560.0, gap * widest) + 2 * margin
    places, levels = {}, []
    for i, generation in enumerate(sorted(by_row, reverse=True)):
        y = margin + between * i
        levels.append((generation, y))
        row = sorted(by_row[generation])
        distance = min(64.0, (width - 2 * margin) / max(1, len(row)))
        start = width / 2 - distance * (len(row) - 1) / 2
        for j, (_, person) in enumerate(row):
            places[person] = (start + distance * j, y)
    height = 2 * margin + between * (len(levels) - 1)
    return Rows(places, found.nodes, width, height, levels)
