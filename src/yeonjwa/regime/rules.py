"""The rules of a regime at a date, read from its parameters and checked as a whole.

A parameter file can be right by itself and wrong in company: a circle nobody can be in, a mix that does not sum to
one, a check that finds distant files more easily than near ones. :func:`validate` looks at all rules together, for every
date at which one of them changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from yeonjwa.core.calendar import format_month
from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import Parameters
from yeonjwa.kinship.circles import Circle, parse_circle

#: Circles a regime names.
CIRCLES = ("sanction.camp_circle", "sanction.banish_circle")
#: What can count as a stain in a background check, joined by "+".
STAINS = ("leaver", "camp", "hostile")
LINES = ("both", "paternal", "maternal")
#: Which kin "to third cousins" means: all within the degree, or those of the same or an older generation.
DEFINITIONS = ("chon", "generations")
DENUNCIATIONS = ("refused", "always")
#: Deepest check and sanction the engine can look up.
DEEPEST = 8


@dataclass(frozen=True)
class Rules:
    """What the regime says in one month.

    Attributes
    ----------
    month : int
        Month index.
    camp_circle, banish_circle : Circle
        Who is arrested, and who is sent away, with an offender.
    career_depth, vetting_depth : mapping post -> chon
        How far career sanctions and background checks reach.
    vetting_lines : str
        "both", "paternal" or "maternal".
    stains : tuple of str
        What a check looks for.
    recall_degree : int or None
        Kin whose flight brings an expatriate home; None if expatriates are not recalled.
    severity : mapping rank -> factor
        How much heavier the loss is than in the reference period.
    secret : bool
        Whether people have to guess the rule.
    interdiction : float
        Chance that an attempt is stopped at the border.
    """

    month: int
    camp_circle: Circle
    banish_circle: Circle
    career_depth: Mapping[str, int]
    vetting_depth: Mapping[str, int]
    vetting_lines: str
    stains: tuple[str, ...]
    recall_degree: int | None
    severity: Mapping[str, float]
    secret: bool
    interdiction: float

    def describe(self) -> str:
        """The rules in words, one a line."""

        def depths(table: Mapping[str, int]) -> str:
            return ", ".join(f"{post} {chon}" for post, chon in table.items())

        recalled = (
            "not recalled" if self.recall_degree is None else f"recalled up to {self.recall_degree} chon"
        )
        return "\n".join(
            (
                f"rules in {format_month(self.month)}",
                f"arrested with an offender: {self.camp_circle.text}",
                f"sent away: {self.banish_circle.text}",
                f"career sanctions, chon: {depths(self.career_depth)}",
                f"background checks, chon: {depths(self.vetting_depth)}; {self.vetting_lines} lines; "
                f"stain: {' + '.join(self.stains)}",
                f"expatriates: {recalled}",
                "severity: " + ", ".join(f"{rank} {factor:g}" for rank, factor in self.severity.items()),
                f"the rule is {'secret' if self.secret else 'published'}",
                f"attempts stopped at the border: {self.interdiction:.0%}",
            )
        )


def rules_at(parameters: Parameters, month: int) -> Rules:
    """The rules in force in a month."""

    def depths(path: str) -> dict[str, int]:
        return {post: int(chon) for post, chon in parameters.table(path, month).items()}

    recalled = parameters.switch("recall.on", month)
    return Rules(
        month=month,
        camp_circle=parse_circle(parameters.text("sanction.camp_circle", month)),
        banish_circle=parse_circle(parameters.text("sanction.banish_circle", month)),
        career_depth=depths("sanction.career_depth"),
        vetting_depth=depths("vetting.depth"),
        vetting_lines=_one_of(parameters, "vetting.lines", month, LINES),
        stains=parse_stains(parameters.text("vetting.stain", month)),
        recall_degree=int(parameters.number("recall.degree", month)) if recalled else None,
        severity=parameters.table("loss.severity", month),
        secret=not parameters.switch("belief.publicity", month),
        interdiction=parameters.number("border.interdiction", month),
    )


def with_inlaws(circle: str, degree: int) -> str:
    """A circle, and the blood kin of the spouse up to ``degree`` chon where that is not 0."""
    return circle if degree == 0 else f"{circle} + chon<={degree} of spouse"


def parse_stains(text: str) -> tuple[str, ...]:
    """Words of a stain rule, "leaver + camp"."""
    words = tuple(word.strip() for word in text.split("+"))
    for word in words:
        if word not in STAINS:
            raise InputError("vetting.stain", word, ", ".join(STAINS) + ", joined by +")
    return words


def validate(parameters: Parameters) -> None:
    """Raise InputError unless the rules make sense together at every date at which one of them changes."""
    paths = [
        p for p in parameters if p.split(".")[0] in ("sanction", "vetting", "recall", "loss", "post", "hint")
    ]
    for month in sorted({value.start for path in paths for value in parameters[path].values}):
        rules = rules_at(parameters, month)
        _one_of(parameters, "hint.denounce_variant", month, DENUNCIATIONS)
        for path, table in (
            ("sanction.career_depth", rules.career_depth),
            ("vetting.depth", rules.vetting_depth),
        ):
            for post, chon in table.items():
                if not 0 <= chon <= DEEPEST:
                    raise InputError(f"{path} of {post}", chon, f"0 to {DEEPEST} chon", format_month(month))
        if rules.recall_degree is not None and not 0 <= rules.recall_degree <= DEEPEST:
            raise InputError("recall.degree", rules.recall_degree, f"0 to {DEEPEST}", format_month(month))
        _falls(parameters, "vetting.on_file", month)
        _falls(parameters, "sanction.career_probability", month)
        total = sum(parameters.table("loss.career_mix", month).values())
        if abs(total - 1.0) > 1e-6:
            raise InputError("sum of loss.career_mix", round(total, 6), "1", format_month(month))


def _falls(parameters: Parameters, path: str, month: int) -> None:
    values = list(parameters.table(path, month).values())
    if any(b > a for a, b in pairwise(values)):
        raise InputError(path, values, "numbers that do not rise with the degree", format_month(month))


def _one_of(parameters: Parameters, path: str, month: int, allowed: tuple[str, ...]) -> str:
    value = parameters.text(path, month)
    if value not in allowed:
        raise InputError(path, value, ", ".join(allowed), format_month(month))
    return value
