"""Vetting of section 10: how many are refused, by depth of the check, place, what files hold and what counts as a stain.

Stain is laid over a synthetic country by a rule that is known (anywhere, by province, by province and family), and the check
that a run uses is held against two oracles that see kin and rates only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.errors import InputError
from yeonjwa.kinship.members import Members, members
from yeonjwa.society import vetting
from yeonjwa.society.codes import PROVINCES, STAIN_CAMP, STAIN_LEAVER
from yeonjwa.society.settings import Month
from yeonjwa.society.stylised.findings import (
    Curve,
    Demonstration,
    Finding,
    Panel,
    Setting,
    agrees,
    beyond,
    curve,
)
from yeonjwa.society.world import World

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Int32 = NDArray[np.int32]

DEPTHS = (2, 4, 6, 8)
PLACEMENTS = ("anywhere", "province", "family")


@dataclass(frozen=True)
class Stain:
    """Stain laid over a country.

    Attributes
    ----------
    rate : float (persons,)
        Chance of each person to be stained, as the rule of the placement has it.
    family : int (persons,)
        Family of each stained person, -1 for the others; those who left together are one.
    """

    rate: Float
    family: Int


def provincial_rates(month: Month) -> Float:
    """Relative rates of leaving by province, from ``flight.a_province``."""
    return np.exp(month.vector("flight.a_province", "province"))


def lay_stain(
    world: World, how: str, share: float, rng: np.random.Generator, *, bit: int = STAIN_LEAVER
) -> Stain:
    """Stain a share of those present; sets their bit and takes it off everybody else.

    Parameters
    ----------
    world : World
        A country.
    how : str
        "anywhere" (each person by himself), "province" (the same, at rates that differ by province) or "family" (whole
        households, at rates that differ by province).
    share : float
        Share of those present, in expectation.
    bit : int
        Which stain.

    Raises
    ------
    InputError
        Another placement.
    """
    if how not in PLACEMENTS:
        raise InputError("placement of stain", how, ", ".join(PLACEMENTS))
    people = world.state.people
    here = world.present() & (people.house >= 0)
    rate = here.astype(float)
    if how != "anywhere":
        rate *= provincial_rates(world.month)[people.province]
    rate = np.minimum(rate * share * here.sum() / rate.sum(), 1.0)
    family = np.where(here, people.house, -1).astype(np.int64)
    if how == "family":
        drawn = rng.random(world.state.num_houses)[np.maximum(family, 0)] < rate
    else:
        drawn = rng.random(rate.size) < rate
        family = np.arange(rate.size)
    people.stain[:] &= ~np.uint8(bit)
    people.stain[drawn] |= np.uint8(bit)
    return Stain(rate, np.where(drawn, family, -1))


@dataclass(frozen=True)
class Candidates:
    """Persons who are checked, with all their kin to 8 chon, living and dead."""

    ids: Int32
    kin: Members
    owner: Int


def candidates(
    world: World, count: int, rng: np.random.Generator, provinces: Sequence[int] = ()
) -> Candidates:
    """Adults of 20 to 40 at home drawn at random, from some provinces or from all."""
    people, age = world.state.people, world.ages(np.arange(world.tree.birth.size))
    fit = world.present() & (age >= 20) & (age <= 40)
    if len(provinces):
        fit &= np.isin(people.province, provinces)
    ids = rng.permutation(np.flatnonzero(fit))[:count].astype(np.int32)
    ids.sort()
    kin = members(world.graph, "chon<=8", ids)
    return Candidates(ids, kin, np.repeat(np.arange(ids.size), np.diff(kin.offset)))


def refused(world: World, who: Candidates, depth: int) -> NDArray[np.bool_]:
    """Who of the candidates is refused, by the check of a run."""
    return np.asarray(vetting.check(world, depth).degree[who.ids] <= depth)


def exposure(world: World, who: Candidates, stain: Stain, depth: int) -> Float:
    """``sum over kin of tau * rho_degree`` of each candidate: kin by the rate of their place and the chance of their file."""
    on_file = world.month.vector("vetting.on_file", "degree")
    degree = np.asarray(who.kin.degree, np.int64)
    weight = (
        stain.rate[who.kin.person] * on_file[np.maximum(degree, 1) - 1] * ((degree >= 1) & (degree <= depth))
    )
    return np.asarray(np.bincount(who.owner, weights=weight, minlength=who.ids.size), float)


def independent_oracle(exposed: Float) -> float:
    """Share refused if every relative is stained by himself: ``1 - mean exp(-exposure)``, for small rates the product form."""
    return float(1.0 - np.exp(-exposed).mean())


def clustered_oracle(exposed: Float, c: float) -> float:
    """Share refused if stain comes in families of which ``c`` members are kin: ``1 - mean exp(-exposure / c)``."""
    return float(1.0 - np.exp(-exposed / c).mean())


def kin_per_family(world: World, who: Candidates, stain: Stain, depth: int) -> float:
    """``c``: visible stained kin within the depth for each visible stained family, over all candidates."""
    reach = np.zeros(stain.family.size, np.int64)
    flagged = np.flatnonzero(stain.family >= 0)
    draw = world.draw("vetting.file", flagged, 0)
    reach[flagged] = vetting.radius(draw, world.month.vector("vetting.on_file", "degree"))
    degree = np.asarray(who.kin.degree, np.int64)
    seen = (
        (stain.family[who.kin.person] >= 0)
        & (degree >= 1)
        & (degree <= np.minimum(reach[who.kin.person], depth))
    )
    pairs = who.owner[seen] * np.int64(stain.family.size) + stain.family[who.kin.person[seen]]
    return float(seen.sum() / np.unique(pairs).size) if pairs.size else 1.0


def with_month(world: World, **values: Any) -> Month:
    """The month of the country with other values of ``vetting.*``: ``with_month(world, stain="leaver")``."""
    inputs = world.parameters
    for name, value in values.items():
        inputs = inputs.with_value(f"vetting.{name}", 0, value)
    return Month(inputs, world.month.t)


# --- what is shown -------------------------------------------------------------------------------------------------------


#: Share of those present who are stained as leavers, and as families of camp inmates: magnitudes of the set-up.
LEAVERS, CAMPS = 0.0014, 0.0055
ALL_FOUND = {str(d): 1.0 for d in range(1, 9)}


@dataclass(frozen=True)
class Row:
    """Refusals of one placement and depth, means over replicates."""

    found: float
    error: float
    independent: float
    clustered: float
    c: float


def compare(
    setting: Setting, world: World, who: Candidates, how: str, depth: int, share: float, *, replicates: int
) -> Row:
    """The check against both oracles, over replicates in which stain and files are drawn anew."""
    rows = []
    seed = world.seed
    for r in range(replicates):
        world.seed = seed + 1000 + r
        stain = lay_stain(world, how, share, setting.rng(42, PLACEMENTS.index(how), r))
        exposed = exposure(world, who, stain, depth)
        c = kin_per_family(world, who, stain, depth)
        rows.append(
            (refused(world, who, depth).mean(), independent_oracle(exposed), clustered_oracle(exposed, c), c)
        )
    world.seed = seed
    table = np.array(rows)
    mean = table.mean(axis=0)
    return Row(mean[0], float(table[:, 0].std(ddof=1) / np.sqrt(replicates)), mean[1], mean[2], mean[3])


def demonstrate(setting: Setting, *, count: int = 500, replicates: int = 10) -> Demonstration:
    """Both oracles, and the regional bar."""
    world = setting.country()
    who = candidates(world, count, setting.rng(41))
    findings, panels = [], []
    for words, share, values in (
        ("files fade with degree", LEAVERS + CAMPS, {"stain": "leaver"}),
        ("all files found", LEAVERS, {"stain": "leaver", "on_file": ALL_FOUND}),
    ):
        world.month = with_month(world, **values)
        rows, curves = _oracles(setting, world, who, words, share, replicates)
        findings += rows
        panels.append(Panel(f"Check and oracles, {words}", "depth (chon)", "share refused", tuple(curves)))
    more, others = _regional_bar(setting, world, count, replicates)
    return Demonstration("vetting", "Vetting", (*findings, *more), (*panels, *others))


def _oracles(
    setting: Setting, world: World, who: Candidates, files: str, share: float, replicates: int
) -> tuple[list[Finding], list[Curve]]:
    findings, curves = [], []
    words = {"anywhere": "anywhere", "province": "by province", "family": "by province and household"}
    for how in PLACEMENTS:
        rows = [compare(setting, world, who, how, d, share, replicates=replicates) for d in DEPTHS]
        for depth, row in zip(DEPTHS, rows, strict=True):
            if depth == 2:
                continue
            slack = 4 * row.error + 0.01
            where = f"{share:.2%} stained {words[how]}, {files}, {depth} chon"
            if how == "family":
                where += f", c = {row.c:.2f}"
                findings.append(
                    agrees("share refused, clustered oracle", where, row.clustered, row.found, slack)
                )
                findings.append(
                    beyond("share refused, independent oracle", where, row.independent, row.found)
                )
            else:
                findings.append(
                    agrees("share refused, independent oracle", where, row.independent, row.found, slack)
                )
        oracle = [r.clustered if how == "family" else r.independent for r in rows]
        curves.append(curve(f"stained {words[how]}, oracle", "theory", DEPTHS, oracle))
        curves.append(curve(f"stained {words[how]}", "model", DEPTHS, [r.found for r in rows]))
    return findings, curves


PLACES = {"Pyongyang": "pyongyang", "South Pyongan": "s_pyongan", "North Hamgyong": "n_hamgyong"}
FILES: dict[str, dict[str, Any]] = {
    "files fade with degree": {"stain": "leaver"},
    "all files found": {"stain": "leaver", "on_file": ALL_FOUND},
}
RULES = ("leaver", "leaver + camp", "leaver + camp + hostile")


def _regional_bar(
    setting: Setting, world: World, count: int, replicates: int
) -> tuple[list[Finding], list[Panel]]:
    """By province, depth, what files hold, what counts as a stain: means over replicates of who is stained."""
    groups = {n: candidates(world, count, setting.rng(45), [PROVINCES.index(p)]) for n, p in PLACES.items()}
    everybody = candidates(world, 2 * count, setting.rng(46))
    found = {(f, n): np.zeros(len(DEPTHS)) for f in FILES for n in (*PLACES, "country")}
    oracle = {key: np.zeros(len(DEPTHS)) for key in found}
    by_rule = {rule: np.zeros(len(DEPTHS)) for rule in RULES}
    seed = world.seed
    for r in range(replicates):
        world.seed = seed + 2000 + r
        lay_stain(world, "family", CAMPS, setting.rng(43, r), bit=STAIN_CAMP)
        stain = lay_stain(world, "family", LEAVERS, setting.rng(44, r))
        for i, depth in enumerate(DEPTHS):
            for files, values in FILES.items():
                world.month = with_month(world, **values)
                nearest = vetting.check(world, depth).degree
                for name, who in (*groups.items(), ("country", everybody)):
                    c = kin_per_family(world, who, stain, depth)
                    found[files, name][i] += (nearest[who.ids] <= depth).mean() / replicates
                    oracle[files, name][i] += (
                        clustered_oracle(exposure(world, who, stain, depth), c) / replicates
                    )
            for rule in RULES:
                world.month = with_month(world, stain=rule)
                by_rule[rule][i] += refused(world, everybody, depth).mean() / replicates
    world.seed = seed
    findings, panels = [], []
    for files in FILES:
        curves = []
        for name in PLACES:
            curves.append(curve(f"{name}, oracle", "theory", DEPTHS, oracle[files, name]))
            curves.append(curve(name, "model", DEPTHS, found[files, name]))
            findings.append(
                beyond(
                    "share refused at 8 chon: the province against all of the country",
                    f"{name}, leavers as stain, {files}",
                    found[files, "country"][3],
                    found[files, name][3],
                )
            )
        panels.append(Panel(f"Leavers as stain, {files}", "depth (chon)", "share refused", tuple(curves)))
    for rule in RULES[1:]:
        for i in (1, 3):
            what = f"share refused at {DEPTHS[i]} chon: the rule against leavers alone"
            findings.append(beyond(what, rule, by_rule["leaver"][i], by_rule[rule][i]))
    curves = [curve(rule, "model", DEPTHS, by_rule[rule]) for rule in RULES]
    panels.append(Panel("What counts as a stain", "depth (chon)", "share refused", tuple(curves)))
    return findings, panels
