"""What a scenario may make of parameters beyond what their kind allows: rules in words, limits of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import Scalar, Table
from yeonjwa.regime.rules import DEEPEST, DEFINITIONS, DENUNCIATIONS, LINES, STAINS

#: Rules that are one word of a list.
CHOICES: Final = {
    "hint.denounce_variant": DENUNCIATIONS,
    "vetting.lines": LINES,
    "vetting.definition": DEFINITIONS,
}
#: Rules that are one or more words of a list, joined by +.
SETS: Final = {"vetting.stain": STAINS}

#: Smallest and largest value where a formula divides by it, takes a root of it or loops over it.
LIMITS: Final = {
    "belief.memory": (1, 1200),
    "belief.prior_hit": (0.01, 1000),
    "belief.prior_miss": (0.01, 1000),
    "border.price": (0.01, 1e7),
    "economy.autocorrelation": (0, 0.999),
    "economy.sd_permanent": (0, 3),
    "economy.sd_transitory": (0, 3),
    "exit.months": (1, 120),
    "flight.hardship_memory": (1, 1200),
    "flight.loss_reference": (1, 1e6),
    "flight.price_reference": (0.01, 1e7),
    "hint.noise": (0.001, 10),
    "population.living": (1e6, 1e9),
    "post.tour": (0.1, 100),
    "remittance.months": (1, 120),
    "songbun.year": (1800, 2024),
    "support.alpha": (0.01, 100),
    "support.discount": (0, 1),
    "support.gamma": (0.05, 1),
}


def check_limits(path: str, kind: str, value: Scalar | Table, where: str = "") -> None:
    """Raise if a number, though right in kind, is one with which the engine cannot compute.

    Parameters
    ----------
    path, kind : str
        Of the parameter.
    value : number, text, switch or table
        Checked level by level.
    where : str
        Place of the value, for errors.
    """
    low, high = LIMITS.get(path, (None, DEEPEST if kind == "degree" else None))
    for number in value.values() if isinstance(value, Mapping) else [value]:
        if isinstance(number, (str, bool)):
            continue
        if (low is not None and number < low) or (high is not None and number > high):
            allowed = f"at most {high:g}" if low is None else f"from {low:g} to {high:g}"
            raise InputError(path, number, allowed, where)


def check_rule(path: str, text: str, where: str = "") -> None:
    """Raise unless a rule in words can be understood.

    Parameters
    ----------
    path : str
        Parameter the text is for; paths that end with ``_circle`` are circles of kin.
    text : str
        The rule.
    where : str
        Place of the text, for errors.
    """
    if path in CHOICES:
        if text not in CHOICES[path]:
            raise InputError(path, text, " or ".join(CHOICES[path]), where)
    elif path in SETS:
        parts = [part.strip() for part in text.split("+")]
        for part in parts:
            if part not in SETS[path]:
                raise InputError(
                    path, part or text, f"one or more of {', '.join(SETS[path])}, joined by +", where
                )
        if len(set(parts)) < len(parts):
            raise InputError(path, text, "each word once", where)
    elif path.endswith("_circle"):
        from yeonjwa.kinship.circles import parse_circle

        try:
            parse_circle(text)
        except InputError as error:
            raise InputError(path, error.value, f"{error.what}: {error.allowed}", where) from error


def has_check(path: str) -> bool:
    """Whether there is a check for the rule of this path."""
    return path in CHOICES or path in SETS or path.endswith("_circle")
