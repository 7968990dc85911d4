"""Sentences that the laboratory wrote down in English with a result, in the active language.

Notes of a run, reasons of a verdict and the like are kept in files as they were written. Each of their forms is listed here with
its places for values; a sentence that has one of the forms is said again in the language of the page, with the same values.
A sentence of no known form stays as it is.
"""

from __future__ import annotations

import functools
import re
from typing import Final

from yeonjwa.core import language
from yeonjwa.core.language import gettext as _
from yeonjwa.core.language import noop
from yeonjwa.report import words

#: Forms of sentences; those with a fixed beginning come before those that are all places.
FORMS: Final = (
    # Notes of a run.
    noop(
        "Camps held {held} persons after the unrecorded years; {added} were added in families drawn by the rule to reach the "
        "recorded stock."
    ),
    noop("The society ran unrecorded from {month} to fill China, files, beliefs and networks."),
    noop("Post {post} has fewer than one expected holder at this scale: not represented."),
    noop("Support had not settled after the allowed sweeps in {n} months."),
    noop("rates cover {first}; {asked} was asked for, and years outside are held at the nearest one"),
    noop(
        "the country is so small that an adult's kin to 8 chon are a noticeable share of a province, so these measures "
        "may be biased and not only noisy"
    ),
    # Notes of a comparison.
    noop(
        "Intervals are Student's of 95 % over seeds, of differences paired by the seed; they hold luck alone."
    ),
    noop("{n} results are compared: of 20 without any effect, one is told from zero by chance."),
    noop("{n} seeds: an interval from so few is wide, and its width itself is uncertain."),
    noop(
        "{n} draws of all parameters with a range, the same in every arm; what a scenario sets stays set. Ranges are "
        "judgements, so the interval over draws is one too."
    ),
    noop("Parameters are held: what they leave open is not in the intervals."),
    noop("{n} draws could not be run and are left out; they are named under lost."),
    noop("Below a scale of {scale} what depends on 6 to 8 chon is biased, not only noisy (finite size)."),
    noop("{folder} ran with parameters of another version: its changes may be incomplete."),
    # Notes of the claims.
    noop("{n} seeds, {first} to {last}, after {months} unrecorded months."),
    noop("An effect is the baseline less the arm, paired by seed; intervals are Student's of 95 %."),
    # Reasons of verdicts.
    noop("One seed gives no interval."),
    noop("The measure is empty."),
    noop("The interval lies above zero."),
    noop("The interval lies above zero and above the placebo."),
    noop("The effect is there, but the placebo has more of it."),
    noop("The effect is there, but cannot be told from the placebo."),
    noop("The effect goes the other way."),
    noop("No effect of a tenth of the baseline's value, which would have been seen."),
    noop("The interval holds zero, and effects that would matter."),
    noop("The arm {arm} was not run."),
    # What a rule says in a run.
    noop("severity rises in 2012-01 for {ranks}"),
    noop("{n} synthetic recalls because kin to {degree} chon fled, of all recalls"),
    noop("{n} synthetic recalls because kin to {degree} chon fled, of all no recalls"),
    noop("depth {degree} chon; farthest relative who caused a refusal: {farthest}"),
    noop("lines: {lines}; refusals by the mother's side {share}"),
    noop("rule: {circle}; {n} synthetic persons taken in as {kin}, {beyond} of kin outside the rule"),
    noop("{rate} deaths for each inmate and year; by the ledger {range} above the life table"),
    noop("deaths for each inmate and year: mining {mining}, logging {logging}, farm {farm}"),
    noop("rule {rule} from 2012, stopped {share} of {n} attempts"),
    noop("{reason} Rule: {rule}."),
)
_PLACE: Final = re.compile(r"\\\{(\w+)\\\}")
#: Values that are words themselves.
_VALUES: Final = {
    "both": noop("both"),
    "paternal": noop("father's line"),
    "maternal": noop("mother's line"),
    "offender": noop("offender"),
}


@functools.cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((form, re.compile(_PLACE.sub(r"(?P<\1>.+?)", re.escape(form)), re.DOTALL)) for form in FORMS)


def sentence(text: str) -> str:
    """The sentence in the active language."""
    if language.active() == "en":
        return text
    direct = _(text)
    if direct != text:
        return direct
    for form, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found:
            return _(form).format(**{name: _value(name, value) for name, value in found.groupdict().items()})
    return words.said(text)


def _value(name: str, value: str) -> str:
    """A value of a sentence: a sentence again, ranks and kin in words, or as it is."""
    if name in ("reason", "rule"):
        return sentence(value)
    if name in ("ranks", "kin", "post"):
        return words.join(_(_VALUES[v]) if v in _VALUES else words.level(v) for v in value.split(", "))
    return _(_VALUES[value]) if value in _VALUES else value
