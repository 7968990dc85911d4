"""Where the money goes: who pays, on what occasion, who receives, as a drawing of flows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from yeonjwa.core.language import gettext as _
from yeonjwa.core.language import noop
from yeonjwa.report import svg, theme, words

Row = Mapping[str, Any]
Flow = tuple[str, str, str, float]

PAYERS: Final = ("ordinary", "administrator", "official", "senior", "security", "expatriate", "arrived")
OCCASIONS: Final = ("liability", "hint", "threat", "altruism", "remittance", "fee")
#: The money that the article is about: paid because a relative's flight would be punished.
OF_INTEREST: Final = frozenset({"liability", "hint", "threat"})
#: Provinces shown by name; the rest are summed.
NAMED: Final = 4


def of_year(rows: Sequence[Row], year: int) -> list[Flow]:
    """(payer, occasion, receiver, amount) of a year, small provinces summed as "elsewhere"."""
    chosen = [r for r in rows if r["year"] == year and r["amount"] > 0]
    received: dict[str, float] = defaultdict(float)
    for r in chosen:
        if r["to"] != "fees":
            received[r["to"]] += r["amount"]
    named = set(sorted(received, key=lambda p: -received[p])[:NAMED])
    if len(received) == NAMED + 1:
        named = set(received)
    summed: dict[tuple[str, str, str], float] = defaultdict(float)
    for r in chosen:
        receiver = r["to"] if r["to"] in named or r["to"] == "fees" else "elsewhere"
        summed[r["from"], r["motive"], receiver] += r["amount"]
    order = [*sorted(named, key=lambda p: -received[p]), "elsewhere", "fees"]
    return sorted(
        ((a, b, c, v) for (a, b, c), v in summed.items()),
        key=lambda f: (_rank(PAYERS, f[0]), _rank(OCCASIONS, f[1]), order.index(f[2])),
    )


def _rank(names: Sequence[str], name: str) -> int:
    return names.index(name) if name in names else len(names)


_SHORT: Final = {
    "arrived": noop("From the South"),
    "fees": noop("Brokers, bribes"),
    "fee": noop("Fees"),
    "liability": noop("Fear"),
    "altruism": noop("Affection"),
    "ordinary": noop("Ordinary"),
}


def _label(name: str, *, short: bool) -> str:
    return _(_SHORT[name]) if short and name in _SHORT else words.capital(words.level(name))


class _Column:
    """Bars above one another, with how much of each is already taken on either side."""

    def __init__(
        self, totals: Mapping[str, float], x: float, height: float, pixels: float, gap: float
    ) -> None:
        used = sum(totals.values()) * pixels + gap * (len(totals) - 1)
        y = (height - used) / 2
        self.x = x
        self.top: dict[str, float] = {}
        self.size: dict[str, float] = {}
        for name, total in totals.items():
            self.top[name], self.size[name] = y, total * pixels
            y += total * pixels + gap
        self._left = dict(self.top)
        self._right = dict(self.top)

    def take(self, name: str, size: float, *, left: bool) -> float:
        """Top of the next free strip of a bar."""
        side = self._left if left else self._right
        start = side[name]
        side[name] += size
        return start


def _totals(flows: Sequence[Flow], place: int) -> dict[str, float]:
    totals: dict[str, float] = {}
    for *names, amount in flows:
        name = str(names[place])
        totals[name] = totals.get(name, 0.0) + amount
    return totals


def _strip(x0: float, y0: float, x1: float, y1: float, size: float, *, plum: bool) -> str:
    middle = (x0 + x1) / 2
    path = (
        f"M{x0:.1f},{y0:.1f}C{middle:.1f},{y0:.1f} {middle:.1f},{y1:.1f} {x1:.1f},{y1:.1f}v{size:.1f}"
        f"C{middle:.1f},{y1 + size:.1f} {middle:.1f},{y0 + size:.1f} {x0:.1f},{y0 + size:.1f}z"
    )
    colour, opacity = (theme.PLUM, 0.55) if plum else (theme.RULE, 0.26)
    return svg.tag("path", d=path, fill=colour, fill_opacity=str(opacity))


def drawing(flows: Sequence[Flow], width: int) -> str:
    """The flows of a year as SVG; empty if there are none.

    Parameters
    ----------
    flows : sequence of (payer, occasion, receiver, amount)
        As :func:`of_year` gives them.
    width : int
        In pixels; under 500 the names stand above the bars.
    """
    if not flows:
        return ""
    narrow = width < 500
    columns = [_totals(flows, i) for i in range(3)]
    columns[1] = {k: columns[1][k] for k in sorted(columns[1], key=lambda k: _rank(OCCASIONS, k))}
    receivers = sorted(columns[2], key=lambda k: (k == "fees", k == "elsewhere", -columns[2][k]))
    columns[2] = {k: columns[2][k] for k in receivers}
    gap = 34.0 if narrow else 26.0
    height = max(300.0, 60.0 + max(len(c) for c in columns) * (gap + 22))
    total = sum(f[3] for f in flows)
    pixels = (height - 46 - gap * (max(len(c) for c in columns) - 1)) / total
    sides = (0.0, 0.0) if narrow else (150.0, 172.0)
    xs = (sides[0], (width - 10) / 2, width - sides[1] - 10)
    bars = [_Column(c, x, height, pixels, gap) for c, x in zip(columns, xs, strict=True)]
    strips = _strips(flows, bars, pixels)
    boxes, names = [], []
    for place, (column, totals) in enumerate(zip(bars, columns, strict=True)):
        for name, amount in totals.items():
            y, size = column.top[name], max(column.size[name], 1.0)
            boxes.append(svg.tag("rect", x=column.x, y=y, width=10, height=size, fill=theme.INK))
            names.append(_name(place, name, amount, column.x, y, size, narrow=narrow))
    heads = [
        svg.text(
            0 if narrow else xs[0] + 10,
            12,
            _("who pays"),
            colour=theme.MUTE,
            anchor="start" if narrow else "end",
        ),
        svg.text(xs[1] + 5, 12, _("on what occasion"), colour=theme.MUTE, anchor="middle"),
        svg.text(
            width if narrow else xs[2],
            12,
            _("who receives"),
            colour=theme.MUTE,
            anchor="end" if narrow else "start",
        ),
    ]
    body = svg.tag("g", "".join([*strips, *boxes, *names]), transform=f"translate(0 {30 if narrow else 26})")
    return svg.drawing(width, height + 34, "".join(heads) + body)


def _strips(flows: Sequence[Flow], bars: Sequence[_Column], pixels: float) -> list[str]:
    """Both halves of each flow, grey first so that plum lies on top."""
    found: list[tuple[bool, str]] = []
    pairs: dict[tuple[int, str, str], float] = {}
    for payer, occasion, receiver, amount in flows:
        for key in ((0, payer, occasion), (1, occasion, receiver)):
            pairs[key] = pairs.get(key, 0.0) + amount
    names = [list(b.top) for b in bars]
    for half in (0, 1):
        left, right = bars[half], bars[half + 1]
        keys = [k for k in pairs if k[0] == half]
        starts: dict[tuple[int, str, str], float] = {}
        for key in sorted(keys, key=lambda k: (names[half].index(k[1]), names[half + 1].index(k[2]))):
            starts[key] = left.take(key[1], pairs[key] * pixels, left=False)
        for key in sorted(keys, key=lambda k: (names[half + 1].index(k[2]), names[half].index(k[1]))):
            size = pairs[key] * pixels
            end = right.take(key[2], size, left=True)
            plum = (key[2] if half == 0 else key[1]) in OF_INTEREST
            found.append((plum, _strip(left.x + 10, starts[key], right.x, end, size, plum=plum)))
    return [strip for _, strip in sorted(found, key=lambda f: f[0])]


def _name(place: int, name: str, amount: float, x: float, y: float, size: float, *, narrow: bool) -> str:
    label, value = _label(name, short=narrow), words.number(amount)
    if place == 1 or narrow:
        anchor, at = [("start", 0.0), ("middle", x + 5), ("end", x + 10)][place]
        if narrow:
            first = svg.text(at, y - 17, label, anchor=anchor, halo=True, size=12)
            return first + svg.text(at, y - 4, value, anchor=anchor, halo=True, size=12, colour=theme.MUTE)
        return svg.text(at, y - 6, f"{label}, {value}", anchor=anchor, halo=True)
    anchor, at = ("end", x - 8) if place == 0 else ("start", x + 18)
    middle = y + size / 2
    return svg.text(at, middle - 2, label, anchor=anchor) + svg.text(
        at, middle + 14, value, anchor=anchor, colour=theme.MUTE
    )
