"""What decides on each claim: the measure, the arm it is compared with, the direction the article states.

An *emergent* claim is decided by a number that can fail: a paired difference between the baseline and an arm in which its cause
is taken away, or a contrast inside the baseline. No measure here is zero in the arm by construction: payments are compared
with what affection alone still pays, recalls with those for other reasons. A *wired* claim is a rule: it is looked up, and its
application is checked in the run.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from yeonjwa.core.calendar import month_index
from yeonjwa.core.parameters import Parameters
from yeonjwa.laboratory.claim_reading import Reading
from yeonjwa.laboratory.scenario import Change

INSIDE: Final = ("administrator", "official", "senior", "security")
OFFICIALS: Final = ("official", "senior", "security")
#: The two posts with most to lose.
HIGHEST: Final = ("senior", "expatriate")
SUCCESSION: Final = month_index(2012, 1)
CIRCLE: Final = {"seed.32": "parents", "seed.33": "spouse", "seed.34": "children", "seed.35": "grandchildren"}
#: Kin who are not in the list of Human Rights Watch.
OUTSIDE_CIRCLE: Final = (
    "siblings",
    "grandparents",
    "aunts_uncles",
    "nieces_nephews",
    "first_cousins",
    "other",
)

#: Arm -> (what it is, changes from the baseline). The baseline has no changes.
ARMS: Final[dict[str, tuple[str, tuple[Change, ...]]]] = {
    "baseline": ("every mechanism on", ()),
    "liability_off": (
        "nobody answers for a relative; affection stays on",
        (Change("support.liability", value=False),),
    ),
    "placebo": ("each patron weighs the stake of another", (Change("support.placebo", value=True),)),
    "severity_flat": (
        "severity does not rise in 2012",
        (Change("loss.severity", value=1.0), Change("sanction.career_factor", value=1.0)),
    ),
    "published": ("everyone knows the true chances", (Change("belief.publicity", value=True),)),
    "one_line": ("checks look at the father's line only", (Change("vetting.lines", value="paternal"),)),
    "shallower": (
        "checks are shallower by two chon",
        (
            Change(
                "vetting.depth",
                value={"administrator": 2, "official": 4, "senior": 4, "security": 6, "expatriate": 6},
            ),
        ),
    ),
    "membership_idle": (
        "membership counts for nothing in appointments",
        (Change("post.party_required", value=0.0), Change("post.party_weight", value=1.0)),
    ),
    "deep_pockets": (
        "patrons may spend all they have, in every month",
        (Change("support.budget_share", value=1.0), Change("support.liquid", value=1.0)),
    ),
    "equal_sight": (
        "expatriates see no more than administrators",
        (
            Change("support.sight", value={"expatriate": math.nan}),
            Change("support.delay", value={"expatriate": math.nan}),
        ),
    ),
    "recall_off": ("expatriates are not recalled for kin who fled", (Change("recall.on", value=False),)),
    "household_only": (
        "only spouse and children answer in camps and banishment",
        (
            Change("sanction.camp_circle", value="spouse + children"),
            Change("sanction.banish_circle", value="spouse + children"),
        ),
    ),
    "payment_idle": ("a payment does not end a plan", (Change("hint.payment_stops", value=0.0),)),
}


def changes_of(arm: str, parameters: Parameters) -> tuple[Change, ...]:
    """Changes of an arm; values that repeat another post's are taken from the parameters."""
    changes = ARMS[arm][1]
    if arm != "equal_sight":
        return changes
    start = parameters["support.sight"].values[0].start
    same = {
        path: parameters.table(path, start)["administrator"] for path in ("support.sight", "support.delay")
    }
    return tuple(Change(path, value={"expatriate": value}) for path, value in same.items())


@dataclass(frozen=True)
class Decision:
    """How an emergent claim is decided.

    Attributes
    ----------
    measure : str
        In words, with its unit in ``unit``.
    value : callable
        Number of one run.
    arm : str
        The baseline's number less this arm's is the effect; empty: the baseline's number itself is.
    placebo : str
        An arm above which the effect must be too; empty if there is none.
    also : tuple of (str, callable)
        Further numbers that are reported beside the one that decides.
    rule : callable, optional
        Check of the rule behind the claim: what was found, and whether it is applied.
    """

    measure: str
    unit: str
    value: Callable[[Reading], float]
    arm: str = ""
    placebo: str = ""
    also: tuple[tuple[str, Callable[[Reading], float]], ...] = ()
    rule: Callable[[Parameters, list[Reading]], tuple[str, bool]] | None = None


def _ratio(a: float, b: float) -> float:
    return a / b if b else math.nan


def paid_share(posts: tuple[str, ...]) -> Callable[[Reading], float]:
    """Baskets sent by these posts for each month a tie is poor, all motives."""

    def value(r: Reading) -> float:
        return _ratio(r.over("support.amount", "post", posts), r.over("support.poor_ties", "post", posts))

    return value


def ties_paid(posts: tuple[str, ...]) -> Callable[[Reading], float]:
    """Share of months in which a poor tie of these posts is paid, all motives."""

    def value(r: Reading) -> float:
        return _ratio(r.over("support.transfers", "post", posts), r.over("support.poor_ties", "post", posts))

    return value


def far_paid(r: Reading) -> float:
    """Share of months in which a poor first cousin (4 chon) is paid, all motives."""
    return _ratio(r.total("support.transfers", "degree", "4"), r.total("support.poor_ties", "degree", "4"))


def anxiety(r: Reading) -> float:
    """Expected loss a year of senior officials above that of administrators, baskets."""
    return r.mean("exposure.loss", "rank", "senior") - r.mean("exposure.loss", "rank", "administrator")


def after_2011(r: Reading) -> float:
    """Baskets that officials send for each month a tie is poor, from 2012."""
    return _ratio(
        r.over("support.amount", "post", OFFICIALS, since=SUCCESSION),
        r.over("support.poor_ties", "post", OFFICIALS, since=SUCCESSION),
    )


def gap(r: Reading) -> float:
    """Share of months in which a tie once paid and in hardship goes without."""
    return _ratio(r.total("support.gaps"), r.total("support.held"))


def bluffs(r: Reading) -> float:
    """Hints by relatives without a plan, a year."""
    return 12 * r.mean("signal.bluff", "kind", "hint")


def threats(r: Reading) -> float:
    """Threats a year."""
    return 12 * r.mean("signal.threats")


def prompt(r: Reading) -> float:
    """Monthly chance that a poor relative of an expatriate, not yet paid, is paid for the first time."""
    return _ratio(
        r.total("support.first", "post", "expatriate"), r.total("support.waiting", "post", "expatriate")
    )


def recalls(r: Reading) -> float:
    """Recalls a year for any reason."""
    return 12 * r.mean("recall.recalled")


def lost_posts(r: Reading) -> float:
    """Dismissals and other career sanctions a year, of anybody."""
    return 12 * r.mean("enforcement.sanctioned", "grade", "dismissal")


def taken_along(r: Reading) -> float:
    """Relatives taken to a camp for each offence: two generations are spouse and children, the rule has four."""
    relatives = r.total("camp.intake") - r.total("camp.intake", "kin", "offender")
    return _ratio(relatives, r.total("enforcement.offences"))


def overrated(r: Reading) -> float:
    """Believed less true chance that a departure is visited on the family."""
    return r.mean("belief.perceived") - r.mean("belief.true")


def perceived(r: Reading) -> float:
    """Believed chance that a departure is visited on the family."""
    return r.mean("belief.perceived")


def sent(r: Reading) -> float:
    """Baskets patrons send a year."""
    return 12 * r.mean("support.amount")


def applications(r: Reading) -> float:
    """Applications for the party a year."""
    return 12 * r.mean("party.applied")


def log_odds(group: str) -> Callable[[Reading], float]:
    """Log odds ratio of holding a post, members against others of 30-59."""

    def value(r: Reading) -> float:
        (a, n), (b, m) = r.posts_of[f"{group}members"], r.posts_of[f"{group}others"]
        return math.log((a + 0.5) / (n - a + 0.5)) - math.log((b + 0.5) / (m - b + 0.5))

    return value


def refused(post: str = "") -> Callable[[Reading], float]:
    """Share of candidates (for one post) who are refused."""

    def value(r: Reading) -> float:
        dimension, level = ("post", post) if post else ("total", "total")
        return _ratio(
            r.total("vetting.refused", dimension, level), r.total("vetting.checked", dimension, level)
        )

    return value


def _severity_rule(parameters: Parameters, readings: list[Reading]) -> tuple[str, bool]:
    before, after = (parameters.table("loss.severity", SUCCESSION - k) for k in (1, 0))
    rose = [rank for rank in after if after[rank] > before[rank]]
    return f"severity rises in 2012-01 for {', '.join(rose)}", bool(rose)


def _recall_rule(parameters: Parameters, readings: list[Reading]) -> tuple[str, bool]:
    because = sum(r.total("recall.flight") for r in readings)
    everyone = sum(r.total("recall.recalled") for r in readings)
    degree = int(parameters.number("recall.degree", SUCCESSION))
    found = because / max(sum(r.weight for r in readings) / len(readings), 1e-12)
    return (
        f"{found:.0f} synthetic recalls because kin to {degree} chon fled, of all {'' if everyone else 'no '}recalls",
        parameters.switch("recall.on", SUCCESSION) and 0 < because <= everyone,
    )


def _depth_rule(post: str) -> Callable[[Parameters, list[Reading]], tuple[str, bool]]:
    def rule(parameters: Parameters, readings: list[Reading]) -> tuple[str, bool]:
        depth = int(parameters.table("vetting.depth", SUCCESSION)[post])
        deepest = max(r.refused_degree[post] for r in readings)
        return f"depth {depth} chon; farthest relative who caused a refusal: {deepest}", deepest <= depth

    return rule


def _lines_rule(parameters: Parameters, readings: list[Reading]) -> tuple[str, bool]:
    sides = {
        side: sum(r.total("vetting.refused", "side", side) for r in readings) for side in ("father", "mother")
    }
    lines = parameters.text("vetting.lines", SUCCESSION)
    total = max(sum(sides.values()), 1e-12)
    return (
        f"lines: {lines}; refusals by the mother's side {sides['mother'] / total:.0%}",
        lines == "both" and all(sides.values()),
    )


_PAID = "baskets for a month of a poor tie"
_SHARE = "share of months of a poor tie"
EMERGENT: Final[dict[str, Decision]] = {
    "seed.01": Decision("Paid by patrons of all posts", _PAID, paid_share((*INSIDE, "expatriate")), "liability_off"),
    "seed.03": Decision("Paid by patrons inside the North", _PAID, paid_share(INSIDE), "liability_off"),
    "seed.04": Decision("Paid by expatriates", _PAID, paid_share(("expatriate",)), "liability_off"),
    "seed.05": Decision(
        "Poor ties paid by the posts with most to lose",
        _SHARE,
        ties_paid(HIGHEST),
        "liability_off",
        placebo="placebo",
        also=(("Poor first cousins paid, where affection gives least", far_paid),),
    ),
    "seed.06": Decision(
        "Expected loss a year, senior officials above administrators", "baskets a patron", anxiety
    ),
    "seed.07": Decision("Paid by officials from 2012", _PAID, after_2011, "severity_flat", rule=_severity_rule),
    "seed.08": Decision("Paid by officials from 2012", _PAID, after_2011, "severity_flat", rule=_severity_rule),
    "seed.09": Decision("Poor ties paid by patrons inside the North", _SHARE, ties_paid(INSIDE), "liability_off"),
    "seed.10": Decision("Gaps among ties once paid", "share of months in hardship", gap, "deep_pockets"),
    "seed.11": Decision("Hints without a plan", "a year", bluffs, "payment_idle"),
    "seed.12": Decision("Threats", "a year", threats, "payment_idle"),
    "seed.13": Decision("First payment to poor kin of expatriates", "chance a month", prompt, "equal_sight"),
    "seed.14": Decision("Poor ties paid by expatriates", _SHARE, ties_paid(("expatriate",)), "liability_off"),
    "seed.15": Decision("Recalls for any reason", "a year", recalls, "recall_off", rule=_recall_rule),
    "seed.16": Decision("Dismissals of anybody", "a year", lost_posts, "recall_off", rule=_recall_rule),
    "seed.18": Decision("Relatives taken to camps", "for each offence", taken_along, "household_only"),
    "seed.19": Decision("Believed less true chance of answering", "probability", overrated),
    "seed.20": Decision("Believed chance of answering", "probability", perceived, "published"),
    "seed.21": Decision("Sent by patrons under secrecy", "baskets a year", sent, "published"),
    "seed.23": Decision("Applications for the party", "a year", applications, "membership_idle"),
    "seed.24": Decision("Posts of members against others", "log odds", log_odds(""), "membership_idle"),
    "seed.25": Decision(
        "Posts of members against others, outside the core class", "log odds", log_odds("humble "), "membership_idle"
    ),
    "seed.26": Decision("Candidates refused", "share", refused(), "shallower", rule=_lines_rule),
    "seed.27": Decision("Candidates refused", "share", refused(), "one_line", rule=_lines_rule),
    "seed.28": Decision(
        "Administrators refused", "share", refused("administrator"), "shallower", rule=_depth_rule("administrator")
    ),
    "seed.29": Decision("Officials refused", "share", refused("official"), "shallower", rule=_depth_rule("official")),
    "seed.30": Decision(
        "Security agents refused", "share", refused("security"), "shallower", rule=_depth_rule("security")
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Wired:
    """How a wired claim is checked: number of one run, and whether the rule is there and applied over all."""

    measure: str
    unit: str
    value: Callable[[Reading], float]
    rule: Callable[[Parameters, list[Reading]], tuple[str, bool]]


def _taken(kin: str) -> Callable[[Reading], float]:
    return lambda r: 12 * r.mean("camp.intake", "kin", kin)


def _circle_rule(kin: str) -> Callable[[Parameters, list[Reading]], tuple[str, bool]]:
    def rule(parameters: Parameters, readings: list[Reading]) -> tuple[str, bool]:
        circle = parameters.text("sanction.camp_circle", SUCCESSION)
        taken = sum(r.total("camp.intake", "kin", kin) / r.weight for r in readings)
        beyond = sum(r.over("camp.intake", "kin", OUTSIDE_CIRCLE) / r.weight for r in readings)
        named = kin == "offender" or kin in [part.strip() for part in circle.split("+")]
        return (
            f"rule: {circle}; {taken:.0f} synthetic persons taken in as {kin}, {beyond:.0f} of kin outside the rule",
            named and taken > 0 and beyond == 0,
        )

    return rule


def death_rate(r: Reading) -> float:
    """Deaths in camps for each inmate and year."""
    return _ratio(12 * r.total("camp.deaths"), r.total("camp.stock"))


def _regime_rule(parameters: Parameters, readings: list[Reading]) -> tuple[str, bool]:
    rate = sum(map(death_rate, readings)) / len(readings)
    value = parameters["camp.mortality"]
    held = next(v for v in reversed(value.values) if v.start <= SUCCESSION)
    low, high = float(held.low), float(held.high)  # type: ignore[arg-type]
    # The life table kills inmates too: its share comes on top of the rate of the camps.
    return (
        f"{rate:.3f} deaths for each inmate and year; by the ledger {low:g}-{high:g} above the life table",
        low <= rate <= high + 0.03,
    )


def _labour_rule(parameters: Parameters, readings: list[Reading]) -> tuple[str, bool]:
    rates = {
        kind: _ratio(
            12 * sum(r.total("camp.deaths", "labour", kind) for r in readings),
            sum(r.total("camp.stock", "labour", kind) for r in readings),
        )
        for kind in ("mining", "logging", "farm")
    }
    words = ", ".join(f"{kind} {rate:.3f}" for kind, rate in rates.items())
    return f"deaths for each inmate and year: {words}", rates["mining"] > rates["farm"] > 0


def stopped(r: Reading) -> float:
    """Share of attempts stopped at the river, from 2012."""
    return _ratio(
        r.total("flight.interdicted", since=SUCCESSION), r.total("flight.attempts", since=SUCCESSION)
    )


def _border_rule(parameters: Parameters, readings: list[Reading]) -> tuple[str, bool]:
    found = [stopped(r) for r in readings]
    rule = parameters.number("border.interdiction", SUCCESSION)
    tries = sum(r.total("flight.attempts", since=SUCCESSION) / r.weight for r in readings)
    mean = sum(found) / len(found)
    # Those who leave together are stopped together: the error is that of half as many attempts.
    error = 3 * math.sqrt(rule * (1 - rule) / max(tries / 2, 1.0))
    return f"rule {rule:.2f} from 2012, stopped {mean:.3f} of {tries:.0f} attempts", abs(mean - rule) <= error


WIRED: Final[dict[str, Wired]] = {
    "seed.02": Wired("Attempts stopped at the river, from 2012", "share", stopped, _border_rule),
    "seed.31": Wired("Offenders taken to camps", "a year", _taken("offender"), _circle_rule("offender")),
    **{
        claim: Wired(f"{kin.capitalize()} taken to camps with an offender", "a year", _taken(kin), _circle_rule(kin))
        for claim, kin in CIRCLE.items()
    },
    **{
        f"seed.{n}": Wired("Deaths in camps", "for each inmate and year", death_rate, _regime_rule)
        for n in (36, 37, 38, 39, 40, 42, 43)
    },
    "seed.41": Wired("Deaths in camps, by labour", "for each inmate and year", death_rate, _labour_rule),
}  # fmt: skip
