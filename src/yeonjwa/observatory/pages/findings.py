"""The three findings of the overview: sentences made from measured comparisons, and from runs of this installation.

``data/findings.json`` holds paired comparisons that ``tools/measure_findings.py`` made with a version of the package. A headline
says what its interval allows: it turns round if the effect does, and says that nothing can be told where the interval holds zero.
Runs of this installation that make the same comparison stand beside it, and a headline that they contradict says so.
"""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from yeonjwa.core.files import write_text
from yeonjwa.laboratory.differences import Difference, difference
from yeonjwa.laboratory.paired import stored as stored_runs
from yeonjwa.observatory.runs.models import Run, Status
from yeonjwa.report import small, words
from yeonjwa.report.pieces import Figure

Row = Mapping[str, Any]
#: Shares from which on a part is called most, and from which on it is no longer called small.
MOST, SMALL = 0.5, 0.1
#: A share of refusals that is called nearly everyone.
NEARLY_ALL = 0.9


@dataclass(frozen=True)
class Finding:
    """One finding.

    Attributes
    ----------
    id : str
        "fear", "vetting" or "bluffs".
    headline, numeral, under : str
        The sentence, the one number, and what it is with its interval.
    figure : Figure
        Levels with their intervals.
    claims : tuple of str
        Claims of the article that it bears on.
    grade, grade_of : str
        Grade of what it rests on, and what that is.
    head, rows : tuple
        The same as a table.
    here : str
        What runs of this installation say; empty if there are none that make the comparison.
    contradicted : bool
        Whether they lie on the other side of zero.
    command, python : str
        How it is made again.
    """

    id: str
    headline: str
    numeral: str
    under: str
    figure: Figure
    claims: tuple[str, ...]
    grade: str
    grade_of: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    here: str
    contradicted: bool
    command: str
    python: str


@lru_cache(maxsize=1)
def measured() -> Mapping[str, Any]:
    """The measured comparisons, as the tool wrote them."""
    file = files("yeonjwa.observatory.pages") / "data" / "findings.json"
    if not file.is_file():
        return {"version": "", "scale": 0.0, "first": "", "last": "", "seeds": [], "sets": []}
    found: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def about() -> dict[str, Any]:
    """How they were measured."""
    content = measured()
    return {key: content[key] for key in ("version", "scale", "first", "last")} | {
        "seeds": len(content["seeds"])
    }


def row(arm: str, measure: str, content: Mapping[str, Any] | None = None) -> tuple[Row, Mapping[str, Any]]:
    """The difference of an arm from the baseline in one result, and the set it stands in."""
    for one in (content or measured())["sets"]:
        for found in one["rows"]:
            if found["arm"] == arm and found["measure"] == measure:
                return found, one
    raise KeyError((arm, measure))


def sign(low: float | None, high: float | None) -> int:
    """1 if an interval lies above zero, -1 if below, 0 if it holds it or is none."""
    if low is None or high is None:
        return 0
    return 1 if low > 0 else -1 if high < 0 else 0


def all_findings(content: Mapping[str, Any] | None = None) -> list[Finding]:
    """The findings, in order.

    Parameters
    ----------
    content : mapping, optional
        Comparisons in the form of ``findings.json``; those that came with the package by default.
    """
    content = content or measured()
    if not content["sets"]:
        return []
    return [fear(content), vetting(content), bluffs(content)]


def fear(content: Mapping[str, Any]) -> Finding:
    """What is paid less if nobody answers for a relative."""
    found, made = row("liability_off", "support.amount", content)
    here = runs_here("baseline", "liability_off", "support.amount")
    base = found["a"]["mean"]
    side = sign(found["wide"]["low"], found["wide"]["high"])
    part = -found["effect"]["mean"] / base
    if side < 0:
        headline = (
            _("Fear of punishment pays most of what poor relatives get")
            if part > MOST
            else _("Fear of punishment pays part of what poor relatives get; affection pays the rest")
            if part > SMALL
            else _("Fear of punishment pays a small part of what poor relatives get; affection pays the rest")
        )
    elif side > 0:
        headline = _("Without fear of punishment, poor relatives get more")
    else:
        headline = _("Whether fear of punishment pays poor relatives cannot be told")
    levels = [
        {"label": _("as reported"), **_level(found["a"], 100 / base)},
        {"label": _("liability off"), **_level(found["b"], 100 / base)},
    ]
    unit = _("support paid, as reported = 100")
    drawn = small.across(levels, unit=unit)
    return _made(
        "fear",
        made,
        headline,
        signed_percent(found["effect"]["mean"] / base),
        _(
            "support by families in office when nobody answers for a relative; 90 % interval {low} to {high}"
        ).format(
            low=signed(100 * found["wide"]["low"] / base), high=signed(100 * found["wide"]["high"] / base)
        ),
        Figure(drawn, drawn, _("Support paid as reported and without liability, with intervals of 95 %.")),
        ("seed.05",),
        ("C", _("the motive")),
        (_("World"), unit, _("95 % interval")),
        levels,
        here,
        side,
        (("liability_off",), "support.amount"),
    )


def vetting(content: Mapping[str, Any]) -> Finding:
    """Candidates refused, by the depth to which relatives are checked."""
    depths = ("2", "4", "6", "8")
    found = {d: row(f"vetting_depth_{d}", "vetting.refused_share", content) for d in depths}
    deepest, made = found["8"]
    here = runs_here("baseline", "vetting_depth_8", "vetting.refused_share")
    levels = [{"label": f"{d}촌", **_level(found[d][0]["b"], 100)} for d in depths]
    share, first = deepest["b"]["mean"], found["2"][0]["b"]["mean"]
    growing = all(a["mean"] < b["mean"] for a, b in pairwise(levels))
    if share >= NEARLY_ALL:
        headline = _("A check to third cousins would refuse nearly everyone")
    elif share >= MOST:
        headline = _("A check to third cousins would refuse most candidates")
    elif growing and share > first:
        headline = _(
            "The farther kin are checked, the more are refused: {times} times as many at 8촌 as at 2촌"
        ).format(times=words.number(share / first, 2))
    else:
        headline = _("Checking farther kin does not refuse more candidates")
    drawn = small.upward(levels, unit=_("Candidates refused, %"), axis=_("depth of the check"))
    return _made(
        "vetting",
        made,
        headline,
        words.percent(share),
        _(
            "of candidates refused if relatives are checked to 8촌, whatever the post; 95 % interval {low} to {high}"
        ).format(
            low=words.number(100 * deepest["b"]["low"], 2), high=words.number(100 * deepest["b"]["high"], 2)
        ),
        Figure(drawn, drawn, _("Share of candidates refused by depth of the check, with intervals of 95 %.")),
        ("seed.30",),
        ("C", _("the depth")),
        (_("Depth"), _("Candidates refused, %"), _("95 % interval")),
        levels,
        here,
        sign(deepest["wide"]["low"], deepest["wide"]["high"]),
        ([f"vetting_depth_{d}" for d in depths], "vetting.refused_share"),
    )


def bluffs(content: Mapping[str, Any]) -> Finding:
    """Hints that are bluffs, by the severity of the penalty."""
    measure = "signal.bluff_share"
    more, made = row("severity_again_doubled", measure, content)
    less, _made_of = row("severity_flat", measure, content)
    here = runs_here("baseline", "severity_again_doubled", measure)
    side = sign(more["wide"]["low"], more["wide"]["high"])
    slight = abs(more["effect"]["mean"]) < SMALL * more["a"]["mean"]
    if side and slight:
        headline = (
            _("Most hints at leaving are bluffs; a penalty twice as harsh changes that by little")
            if more["a"]["mean"] > MOST
            else _("A penalty twice as harsh changes the share of hints that are bluffs by little")
        )
    elif side > 0:
        headline = _("The harsher the penalty, the larger the share of hints at leaving that are bluffs")
    elif side < 0:
        headline = _("The harsher the penalty, the smaller the share of hints at leaving that are bluffs")
    else:
        headline = _("A penalty twice as harsh does not visibly change how many hints at leaving are bluffs")
    levels = [
        {"label": _("as before 2012"), **_level(less["b"], 100)},
        {"label": _("as reported"), **_level(more["a"], 100)},
        {"label": _("twice that"), **_level(more["b"], 100)},
    ]
    drawn = small.upward(
        levels,
        unit=_("Hints and threats that are bluffs, %"),
        axis=_("severity for officials from 2012"),
        top=100,
    )
    change = 100 * more["effect"]["mean"]
    return _made(
        "bluffs",
        made,
        headline,
        words.percent(more["a"]["mean"]),
        _(
            "of hints and threats are bluffs, as reported. Twice the severity changes that by {change} points; "
            "90 % interval {low} to {high}"
        ).format(
            change=signed(change),
            low=signed(100 * more["wide"]["low"]),
            high=signed(100 * more["wide"]["high"]),
        ),
        Figure(
            drawn, drawn, _("Share of hints and threats that are bluffs by severity, with intervals of 95 %.")
        ),
        ("seed.11",),
        ("C", _("the practice")),
        (_("Severity"), _("Bluffs, %"), _("95 % interval")),
        levels,
        here,
        side,
        (("severity_flat", "severity_again_doubled"), measure),
    )


def _level(effect: Row, factor: float) -> dict[str, Any]:
    return {key: None if effect[key] is None else effect[key] * factor for key in ("mean", "low", "high")}


def _made(
    id: str,
    made: Mapping[str, Any],
    headline: str,
    numeral: str,
    under: str,
    figure: Figure,
    claims: tuple[str, ...],
    grade: tuple[str, str],
    head: tuple[str, ...],
    levels: Sequence[Mapping[str, Any]],
    here: Difference | None,
    side: int,
    again: tuple[Sequence[str], str],
) -> Finding:
    rows = tuple(
        (
            r["label"],
            words.cell(r["mean"]),
            _("{low} to {high}").format(low=words.cell(r["low"]), high=words.cell(r["high"])),
        )
        for r in levels
    )
    said, against = _said_here(here, side)
    if against:
        headline = _("Runs here contradict what was measured before: {said}").format(said=said)
    return Finding(
        id,
        headline,
        numeral,
        together(under),
        figure,
        claims,
        *grade,
        head,
        rows,
        together(said),
        against,
        _command(made, *again),
        _python(*again, measured()),
    )


def _command(made: Mapping[str, Any], arms: Sequence[str], measure: str) -> str:
    """The line that gives the comparison again."""
    measured_as = made["command"].partition(" --scale ")[2].partition(" --measure ")[0]
    return f"yeonjwa compare baseline {' '.join(arms)} --scale {measured_as} --measure {measure}"


def _python(arms: Sequence[str], measure: str, content: Mapping[str, Any]) -> str:
    """The lines that give the comparison again."""
    names = ", ".join(f'"{arm}"' for arm in ("baseline", *arms))
    return (
        "from yeonjwa.core.calendar import parse_month\n"
        "from yeonjwa.laboratory.comparison import compare\n\n"
        f'found = compare({names}, headline="{measure}",\n'
        f"    seeds={len(content['seeds'])}, scale={content['scale']}, "
        f'first=parse_month("{content["first"]}"), last=parse_month("{content["last"]}"))\n'
        f'print(found["{arms[-1]}"]["{measure}"].effect)'
    )


def runs_here(base: str, other: str, measure: str) -> Difference | None:
    """The same comparison from finished runs of this installation; None if there is no pair of runs with the same luck.

    Of several scales and periods the one with most seeds counts.
    """
    wanted = Run.objects.filter(status=Status.SUCCEEDED, text="", scenario__in=(base, other))
    by: dict[tuple[Any, ...], dict[str, dict[int, Run]]] = defaultdict(lambda: {base: {}, other: {}})
    for run in wanted:
        if (run.folder / "manifest.json").is_file():
            by[(run.scale, run.first, run.last)][run.scenario][run.seed] = run
    best: list[tuple[Run, Run]] = []
    for arms in by.values():
        pairs = [(arms[base][s], arms[other][s]) for s in sorted(set(arms[base]) & set(arms[other]))]
        if len(pairs) > len(best):
            best = pairs
    if not best:
        return None
    a, b = (
        [whole(run.home, run.folder.resolve()).get(measure, math.nan) for run in side]
        for side in zip(*best, strict=True)
    )
    return difference(a, b, measure=measure)


@lru_cache(maxsize=512)
def whole(home: Path, folder: Path) -> Mapping[str, float]:
    """Every result over the whole of a run, kept beside its folder: folders of runs never change."""
    kept = home / "whole.json"
    try:
        known: Mapping[str, float] = json.loads(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = stored_runs(folder)
        (seed,) = found.runs
        known = {name: value for name, value in found.record(seed).whole.items() if math.isfinite(value)}
        write_text(kept, json.dumps(known))
    return known


def _said_here(here: Difference | None, side: int) -> tuple[str, bool]:
    """What runs of this installation say, in words, and whether they lie on the other side of zero."""
    if here is None or here.relative is None:
        return "", False
    seeds = 1 if here.sd is None else None
    size = signed_percent(here.relative)
    if seeds or here.wide.low is None or here.wide.high is None:
        return _("One pair of runs here: {size}.").format(size=size), False
    low, high = 100 * here.wide.low / abs(here.a.mean), 100 * here.wide.high / abs(here.a.mean)
    words_ = _("Paired runs here: {size}, 90 % interval {low} to {high}.").format(
        size=size, low=signed(low), high=signed(high)
    )
    local = sign(here.wide.low, here.wide.high)
    return words_, bool(side and local and local != side)


def together(text: str) -> str:
    """A sentence whose numbers keep their units, and whose intervals are not broken across lines."""
    text = re.sub(r"(?<=\d) (?=%)", words.NBSP, text)
    text = re.sub(r" to (?=[\u2212+\d])", f"{words.NBSP}to{words.NBSP}", text)
    return re.sub(r"에서 (?=[\u2212+\d])", f"에서{words.NBSP}", text)


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign; minus is a real minus."""
    text = words.number(abs(value), digits)
    return text if text == "0" else f"{words.MINUS if value < 0 else '+'}{text}"


def signed_percent(share: float) -> str:
    """A share of one as percent with its sign."""
    return f"{signed(100 * share)}{words.percent_sign()}"
