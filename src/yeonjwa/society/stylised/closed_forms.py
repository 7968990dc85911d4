"""Closed forms of others, where the model contains their case, and where it does not.

Besley and Coate (1995) on joint liability, Miceli and Segerson (2007) on punishing the innocent with the guilty, Konrad and
Skaperdas (1997) on threats that nobody means to carry out.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import NEVER
from yeonjwa.kinship.members import members
from yeonjwa.society import enforcement, flight
from yeonjwa.society.marriage import career_circle
from yeonjwa.society.stylised.findings import Demonstration, Finding, Panel, Setting, agrees, beyond, curve
from yeonjwa.society.stylised.hints import Market, fictitious_play
from yeonjwa.society.stylised.reach import without_exits
from yeonjwa.society.stylised.support import Game, settle
from yeonjwa.society.world import World

Float = NDArray[np.float64]

# --- Besley and Coate ----------------------------------------------------------------------------------------------------


def share_able(due: float) -> float:
    """Chance that exponential means of mean 1 cover what is due."""
    return math.exp(-due)


def repaid_alone(due: float) -> float:
    """Repayment rate of a borrower who answers for himself, ``1 - F(r)``."""
    return share_able(due)


def repaid_jointly(due: float) -> float:
    """Repayment rate of two who answer for each other, ``1 - F(2r)**2 + (F(2r) - F(r))**2`` (Besley and Coate)."""
    once, twice = 1.0 - share_able(due), 1.0 - share_able(2.0 * due)
    return 1.0 - twice**2 + (twice - once) ** 2


def repaid_from_one_purse(due: float) -> float:
    """Chance that the means of both together cover both debts: where transfers can be split and the next one fills up."""
    return math.exp(-2.0 * due) * (1.0 + 2.0 * due)


def play_repayment(due: float, means: Float) -> float:
    """Besley and Coate's game: either somebody can pay for both, or each can pay his own, or both default."""
    rich, both = means.max(axis=1) >= 2.0 * due, means.min(axis=1) >= due
    return float((rich | both).mean())


def relieved(due: float, means: Float, *, jointly: bool) -> float:
    """Share of households that the support game relieves in full: two patrons, two households short of ``due`` each.

    Alone, each patron has a tie to his own relative; jointly, both have ties to both, and a pair counts if both are relieved.
    Stakes are so high that everyone gives all he has.
    """
    count = 0.0
    for pair in means:
        ties = ((0, -9.0), (1, -9.0)) if jointly else ((0, -9.0),)
        other = ties if jointly else ((1, -9.0),)
        game = Game((ties, other), ((1,) * len(ties), (2,) * len(other)), pair, np.ones(2), np.full(2, due))
        full = settle(game).received >= due * (1.0 - 1e-6)
        count += float(full.all()) if jointly else float(full.mean())
    return count / len(means)


# --- Miceli and Segerson -------------------------------------------------------------------------------------------------


def marginal_sanction(chance: float, others: Float, triggers: float) -> float:
    """``S*(1 - Q)``: what one's own act adds to the risk of a relative whom the acts of others may have struck before.

    ``chance`` is that of one's own act, ``others`` those of the others', each of whom acts with chance ``triggers``.
    """
    return chance * float(np.prod(1.0 - triggers * others))


def families(
    world: World, count: int, others: int, rng: np.random.Generator
) -> list[tuple[int, NDArray[np.int32]]]:
    """Holders of posts with adult relatives of 1 or 2 chon outside their household: the last one is "I", the rest the others."""
    people = world.state.people
    holders = rng.permutation(np.flatnonzero((people.post > 0) & world.present())).astype(np.int32)
    out = []
    for k in holders:
        kin = members(world.graph, "chon<=2", np.array([k], np.int32), month=world.t, mask=world.present())
        fit = kin.person[(world.ages(kin.person) >= 20) & (people.house[kin.person] != people.house[k])]
        if fit.size > others:
            out.append((int(k), rng.permutation(fit)[: others + 1].astype(np.int32)))
        if len(out) == count:
            break
    return out


def chance_for(world: World, holder: int, offender: int) -> float:
    """Chance that a departure of ``offender`` strikes ``holder``, by the function of the enforcement step."""
    found = enforcement.kin_reached(
        world, career_circle(world.month, 8), np.array([0, 1]), np.array([offender], np.int32)
    )
    return float(enforcement.career_chances(world, found)[found.person == holder].sum())


def struck_by_me(
    world: World, holder: int, kin: NDArray[np.int32], triggers: float, rng: np.random.Generator
) -> bool:
    """Whether my departure strikes the holder after the others, each in a month of his own, may have set off theirs."""
    people, kept = world.state.people, world.month
    touched: list[int] = []
    mine = False
    acts = [bool(rng.random() < triggers) for _ in kin[:-1]]
    for month, (offender, acts_now) in enumerate(zip(kin, [*acts, True], strict=True)):
        if not acts_now:
            continue
        world.month = replace(kept, t=kept.t + month)
        outcome: dict[tuple[int, int], str] = {}
        one = np.array([offender], np.int32)
        enforcement.career_reach(world, np.array([0, 1]), one, np.zeros(1, np.bool_), outcome)
        touched += [p for _, p in outcome]
        mine = (0, holder) in outcome
    people.sanctioned[touched] = NEVER
    people.barred[touched] = 0
    world.month = kept
    return mine


# --- what is shown -------------------------------------------------------------------------------------------------------


def demonstrate(setting: Setting) -> Demonstration:
    """The three of them."""
    parts = [_besley_coate(setting), _miceli_segerson(setting), _konrad_skaperdas()]
    return Demonstration(
        "closed_forms",
        "Closed forms of others",
        tuple(f for findings, _ in parts for f in findings),
        tuple(p for _, panels in parts for p in panels),
    )


Part = tuple[list[Finding], list[Panel]]


def _besley_coate(setting: Setting, draws: int = 2500) -> Part:
    due = np.array([0.05, 0.15, 0.3, 0.5, 0.75, 1.0, 1.4])
    fine = np.linspace(0.02, 1.5, 60)
    means = setting.rng(61).exponential(1.0, (draws, 2))
    wide = setting.rng(62).exponential(1.0, (200_000, 2))
    alone = np.array([relieved(d, means, jointly=False) for d in due])
    pooled = np.array([relieved(d, means, jointly=True) for d in due])
    slack = 2.5 / math.sqrt(draws)
    off = np.array([repaid_alone(d) for d in due]) - alone
    off_pooled = np.array([repaid_from_one_purse(d) for d in due]) - pooled
    game = np.array([play_repayment(d, wide) - repaid_jointly(d) for d in due])
    better = np.array([repaid_jointly(d) > repaid_alone(d) for d in fine])
    rule = np.array([1.0 + (1.0 - share_able(d)) > 2.0 * (1.0 - share_able(2.0 * d)) for d in fine])
    findings = [
        agrees(
            "relieved by a patron who answers for his own relative, less 1 - F(r), farthest of 7",
            "each patron one tie: the model contains the case",
            0.0,
            off[np.abs(off).argmax()],
            slack,
        ),
        agrees(
            "both repaid under joint liability, less Besley and Coate's form, farthest of 7",
            "their game, played by itself",
            0.0,
            game[np.abs(game).argmax()],
            0.006,
        ),
        agrees(
            "amounts due at which groups repay better exactly if 1 + F(r) > 2F(2r) (share)",
            "closed forms against the condition",
            1.0,
            float((better == rule).mean()),
            0.0,
        ),
        agrees(
            "both relieved where both patrons have ties to both, less P(means together cover both), farthest of 7",
            "the support game: transfers are split, the next one fills up",
            0.0,
            off_pooled[np.abs(off_pooled).argmax()],
            slack,
        ),
        beyond(
            "both relieved, against Besley and Coate's joint liability",
            "due 0.75 of mean means: nobody gives up because the other cannot pay",
            repaid_jointly(0.75),
            float(pooled[4]),
        ),
    ]
    panel = Panel("Joint liability (Besley and Coate)", "due, as a share of mean means", "repaid, relieved", (
        curve("alone, 1 - F(r)", "theory", fine, [repaid_alone(d) for d in fine]),
        curve("alone, support game", "model", due, alone),
        curve("jointly, Besley and Coate", "theory", fine, [repaid_jointly(d) for d in fine]),
        curve("one purse", "theory", fine, [repaid_from_one_purse(d) for d in fine]),
        curve("ties of both, support game", "model", due, pooled),
    ))  # fmt: skip
    return findings, [panel]


def _miceli_segerson(setting: Setting, count: int = 40, repeats: int = 12, others: int = 4) -> Part:
    world = setting.country(without_exits(setting.parameters))
    chosen = families(world, count, others, setting.rng(63))
    chances = [np.array([chance_for(world, k, int(j)) for j in kin]) for k, kin in chosen]
    levels = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    rng = setting.rng(64)
    seed = world.seed
    found, theory = [], []
    for triggers in levels:
        hits = 0
        for r in range(repeats):
            world.seed = seed + 5000 + r
            hits += sum(struck_by_me(world, k, kin, float(triggers), rng) for k, kin in chosen)
        found.append(hits / (repeats * len(chosen)))
        theory.append(float(np.mean([marginal_sanction(c[-1], c[:-1], float(triggers)) for c in chances])))
    world.seed = seed
    total = repeats * len(chosen)
    findings = [
        agrees(
            "chance that my departure strikes the relative, S(1 - Q)",
            f"{others} relatives leave before me, each with chance {t:g}",
            y,
            f,
            4.0 * math.sqrt(y * (1 - y) / total),
        )
        for t, y, f in zip(levels, theory, found, strict=True)
    ]
    flight.refresh_deterrence(world)
    houses = world.state.houses
    before = houses.deterrence.astype(float).copy()
    houses.plan[: world.state.num_houses] = 1
    flight.refresh_deterrence(world)
    ratio = float(houses.deterrence.sum() / before.sum())
    findings.append(
        beyond(
            "deterrence felt where all of the family plan to leave, over that where nobody does",
            "the leaver of the model does not weigh that others may set it off anyway",
            theory[-1] / theory[0],
            ratio,
        )
    )
    panel = Panel("My own act (Miceli and Segerson)", "chance that each of four kin leaves first", "chance that I strike", (
        curve("S(1 - Q)", "theory", levels, theory),
        curve("enforcement step", "model", levels, found),
    ))  # fmt: skip
    return findings, [panel]


def _konrad_skaperdas() -> Part:
    free = Market(denounced=0.0)
    threshold = free.price / (free.stops * free.loss)
    priors = np.array([0.01, 0.03, 0.05, 0.075, 0.1, 0.15])
    paid = [fictitious_play(replace(free, prior=float(p)), 20_000)[1] for p in priors]
    costly = [fictitious_play(replace(free, prior=float(p), denounced=0.05), 20_000)[1] for p in priors]
    nobody = fictitious_play(Market(prior=0.0), 20_000)
    mixed = Market(prior=0.01)
    findings = [
        agrees(
            "demands paid where nobody means to leave",
            "no genuine plan: an empty threat",
            0.0,
            nobody[1],
            0.01,
        ),
        agrees(
            "opportunists who hint where nobody means to leave",
            "a refused demand can be denounced",
            0.0,
            nobody[0],
            0.01,
        ),
        agrees(
            "demands paid, hints free of risk, genuine share below T/(eps*p*L)",
            "the patron does not pay for a pool of bluffs",
            0.0,
            max(y for p, y in zip(priors, paid, strict=True) if p < threshold),
            0.02,
        ),
        agrees(
            "demands paid, hints free of risk, genuine share above T/(eps*p*L)",
            "he pays them all",
            1.0,
            min(y for p, y in zip(priors, paid, strict=True) if p > threshold),
            0.02,
        ),
        agrees(
            "genuine share of demands, hints at risk: T/(eps*p*L)",
            "genuine plans 0.01: the risk of a hint thins out the bluffs",
            threshold,
            mixed.posterior(fictitious_play(mixed)[0]),
            0.006,
        ),
        beyond(
            "demands paid where plans are rare (0.01)",
            "hints at risk of denunciation, against hints free of risk",
            paid[0],
            costly[0],
        ),
    ]
    fine = np.linspace(0.005, 0.15, 200)
    below = fine[fine < threshold]
    panel = Panel("Empty threats (Konrad and Skaperdas)", "genuine share among those who could hint", "demands paid", (
        curve("hints free of risk: none, then all", "theory", fine, np.where(fine > threshold, 1.0, 0.0)),
        curve("hints free of risk", "model", priors, paid),
        curve("hints at risk, r* while q* < 1", "theory", below, np.full(below.size, Market().paid)),
        curve("hints at risk", "model", priors, costly),
    ))  # fmt: skip
    return findings, [panel]
