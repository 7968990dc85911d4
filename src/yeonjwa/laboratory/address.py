"""Addresses of numbers that a design varies: a parameter, perhaps one level of it, perhaps from a month on.

::

    support.alpha                      # at all dates
    border.interdiction@2012-01        # from a month on; later dates of the parameter go
    loss.severity[official]@2012-01    # one level of a table; its other levels and later dates stay
    border.interdiction@2012-01..2019-12   # for a span of months, the last included; then the parameter as before
    border.interdiction*@2012-01..2019-12  # a factor on what the parameter says, at each of its dates in the span
    support.altruism_on                # a switch or a rule in words: no numbers between, so grids and lists only

A level of a table that divides a whole (:data:`~yeonjwa.laboratory.scenario.SUMS_TO_ONE`) draws the other levels after it,
in proportion.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from yeonjwa.core.calendar import format_month, parse_month
from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import Parameter, Parameters, Scalar, Table, near
from yeonjwa.laboratory.run import LAST_ALLOWED
from yeonjwa.laboratory.scenario import FIRST_CHANGE, SUMS_TO_ONE, Change

_FORM: Final = re.compile(
    r"(?P<path>[\w.]+)(?:\[(?P<level>[^\]]+)\])?(?P<factor>\*)?(?:@(?P<start>[\d-]+)(?:\.\.(?P<end>[\d-]+))?)?"
)
_GRAMMAR: Final = "path, path[level], path@YYYY-MM, path@YYYY-MM..YYYY-MM; path* for a factor"
#: Kinds without numbers between.
WORDS: Final = ("rule", "switch")


@dataclass(frozen=True)
class Address:
    """Where in the parameters a number stands.

    Attributes
    ----------
    text : str
        As it was written.
    path : str
        Of the parameter.
    level : str
        Of its table; empty for the whole.
    factor : bool
        Whether the number multiplies what the base says.
    start : int or None
        Month index from which it holds; None stands for all dates.
    end : int or None
        Last month in which it holds; None stands for all later dates.
    """

    text: str
    path: str
    level: str = ""
    factor: bool = False
    start: int | None = None
    end: int | None = None

    def number_at(self, parameters: Parameters) -> float:
        """What the parameters say there now: 1 for a factor; a mean over the levels of a whole table.

        Raises
        ------
        InputError
            A switch or a rule.
        """
        parameter = parameters[self.path]
        if self.factor:
            return 1.0
        self._check_number(parameter)
        value = parameter.at(self._month(parameter))
        if isinstance(value, Mapping):
            return float(value[self.level]) if self.level else math.fsum(value.values()) / len(value)
        return float(value)

    def range(self, parameters: Parameters) -> tuple[float, float]:
        """Lowest and highest number the evidence allows there, from ``low`` and ``high`` of the parameter.

        For a factor they are divided by the value; for a whole table they are those that all levels share.

        Raises
        ------
        InputError
            If the parameter has no range, or the address has none that makes sense.
        """
        parameter = parameters[self.path]
        self._check_number(parameter)
        month = self._month(parameter)
        held = [v for v in parameter.values if v.start <= month] or [parameter.values[0]]
        dated = held[-1]
        levels = [self.level] if self.level else list(parameter.levels) or [""]
        lows, highs = [], []
        for level in levels:
            value = _of(dated.value, level)
            low, high = _of(dated.low, level), _of(dated.high, level)
            if value is None or low is None or high is None:
                continue
            if self.factor and value <= 0:
                continue
            lows.append(low / value if self.factor else low)
            highs.append(high / value if self.factor else high)
        if self.factor and parameter.kind in ("share", "probability"):
            # No date in the span may come out above the whole.
            most = max(_largest(parameter.at(date), self.level) for date in self._dates(parameter))
            highs.append(1 / most if most > 0 else math.inf)
        if not lows or max(lows) >= min(highs):
            raise InputError(
                f"range of {self.text}",
                "none",
                f"a parameter with low below high at {format_month(month)}, or {self.text}=LOW:HIGH",
            )
        return max(lows), min(highs)

    def changes(self, parameters: Parameters, value: Scalar) -> tuple[Change, ...]:
        """The changes of a scenario that put ``value`` there.

        Parameters
        ----------
        parameters : Parameters
            Before the change; read only for tables that divide a whole.
        value : number, str or bool
            A number for most kinds, a text for a rule, true or false for a switch.

        Raises
        ------
        InputError
            A share of a whole above 1.
        """
        if self.end is not None:
            return self._for_a_span(parameters[self.path], value)
        if self.factor:
            return (Change(self.path, self.start, factor={self.level: value} if self.level else value),)  # type: ignore[arg-type,dict-item]
        if not self.level:
            return (Change(self.path, self.start, value=value),)
        if self.path not in SUMS_TO_ONE:
            return (Change(self.path, self.start, value={self.level: float(value)}),)
        parameter = parameters[self.path]
        return tuple(
            Change(self.path, date, value=self._set(parameter, date, value))
            for date in self._dates(parameter)
        )

    def _for_a_span(self, parameter: Parameter, value: Scalar) -> tuple[Change, ...]:
        """Whole values at each date in the span, then those of the parameter again."""
        assert self.end is not None
        after = self.end + 1
        later = [after, *(v.start for v in parameter.values if v.start > after)]
        return (
            *(
                Change(self.path, date, value=self._set(parameter, date, value))
                for date in self._dates(parameter)
            ),
            *(Change(self.path, date, value=parameter.at(date)) for date in later),
        )

    def _set(self, parameter: Parameter, month: int, value: Scalar) -> Scalar | Table:
        """The whole value of the parameter at a month with ``value`` put in."""
        old = parameter.at(month)
        if not isinstance(old, Mapping):
            return float(old) * float(value) if self.factor else value
        if not self.level:
            return {
                level: number * float(value) if self.factor else float(value) for level, number in old.items()
            }
        new = old[self.level] * float(value) if self.factor else float(value)
        if self.path in SUMS_TO_ONE and not self.factor:
            return _shared_out(old, {self.level: new}, self.text)
        return {**old, self.level: new}

    def _dates(self, parameter: Parameter) -> list[int]:
        """Months at which the parameter may change within the span, the first of the span included."""
        first = parameter.values[0].start if self.start is None else self.start
        last = parameter.values[-1].start if self.end is None else self.end
        return [first, *(v.start for v in parameter.values if first < v.start <= last)]

    def _month(self, parameter: Parameter) -> int:
        return parameter.values[-1].start if self.start is None else self.start

    def _check_number(self, parameter: Parameter) -> None:
        if parameter.kind in WORDS:
            raise InputError(
                f"range of {self.text}", parameter.kind, "a parameter with numbers; list its values instead"
            )


def _of(value: object, level: str) -> float | None:
    if isinstance(value, Mapping):
        found = value.get(level)
        return None if found is None else float(found)
    return None if value is None else float(value)  # type: ignore[arg-type]


def _largest(value: Scalar | Table, level: str) -> float:
    if isinstance(value, Mapping):
        return float(value[level]) if level else max(map(float, value.values()))
    return float(value)


def _shared_out(old: Table, fixed: Mapping[str, float], what: str) -> dict[str, float]:
    """A table of shares with some levels fixed and the others in their old proportion, in sum 1."""
    taken = math.fsum(fixed.values())
    rest = math.fsum(share for level, share in old.items() if level not in fixed)
    if not 0 <= taken <= 1 or (rest == 0 and abs(taken - 1) > 1e-9):
        raise InputError(what, taken, "shares that leave the others between 0 and 1")
    left = (1 - taken) / rest if rest else 0.0
    return {level: fixed[level] if level in fixed else share * left for level, share in old.items()}


def parse(text: str, parameters: Parameters, where: str = "") -> Address:
    """The address that a text stands for, checked against the parameters.

    Parameters
    ----------
    text : str
        See the top of this module.
    parameters : Parameters
        What there is.
    where : str
        File and line, or option, for errors.

    Raises
    ------
    InputError
        A text that is no address; an unknown parameter or level; a month out of range; a seed.
    """
    text = text.strip()
    if text.lower() in ("seed", "seeds"):
        allowed = "parameters; a seed is luck and no parameter: every row of a design is run with the same seeds (--seeds)"
        raise InputError("column of a design", text, allowed, where)
    found = _FORM.fullmatch(text)
    if not found:
        raise InputError("address of a parameter", text, _GRAMMAR, where)
    path, level = found["path"], found["level"] or ""
    if path not in parameters:
        raise InputError("column of a design", text, near(path, parameters), where)
    parameter = parameters[path]
    if level and level not in parameter.levels:
        allowed = ", ".join(parameter.levels) or f"no level: {path} is a single value"
        raise InputError(f"level of {path}", level, allowed, where)
    if found["factor"] and parameter.kind in WORDS:
        raise InputError("address of a parameter", text, f"no factor: {path} is a {parameter.kind}", where)
    if not level and not found["factor"] and path in SUMS_TO_ONE:
        allowed = f"one level, as {path}[{parameter.levels[0]}]; the others follow in proportion"
        raise InputError("address of a parameter", text, allowed, where)
    start, end = (_month(found[key], text, where) for key in ("start", "end"))
    if start is not None and end is not None and end < start:
        raise InputError(
            f"months of {text}", found["end"], "a last month that is not before the first", where
        )
    return Address(text, path, level, bool(found["factor"]), start, end)


def _month(written: str | None, text: str, where: str) -> int | None:
    if written is None:
        return None
    month = parse_month(written, where)
    if not FIRST_CHANGE <= month <= LAST_ALLOWED:
        allowed = f"{format_month(FIRST_CHANGE)} to {format_month(LAST_ALLOWED)}"
        raise InputError(f"month of {text}", written, allowed, where)
    return month


def parse_value(address: Address, parameters: Parameters, text: str, where: str = "") -> Scalar:
    """The value that a text gives for an address: a number, a text for a rule, true or false for a switch.

    Raises
    ------
    InputError
        An empty text, or one that is no value of the parameter's kind.
    """
    kind, text = parameters[address.path].kind, text.strip()
    if kind == "rule" and text:
        return text
    if kind == "switch":
        if text.lower() not in ("true", "false"):
            raise InputError(f"value of {address.text}", text, "true or false", where)
        return text.lower() == "true"
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"value of {address.text}", text, "a finite number", where)
    return number


def together(addresses: Sequence[Address], where: str = "") -> None:
    """Raise unless the addresses can stand side by side: none twice, no two levels of one whole.

    Raises
    ------
    InputError
        Names the second of the two.
    """
    seen: dict[tuple[str, str, int | None], str] = {}
    wholes: dict[tuple[str, int | None], str] = {}
    for address in addresses:
        key = (address.path, address.level, address.start)
        if key in seen:
            raise InputError(
                "column of a design", address.text, f"each address once; {seen[key]} is there", where
            )
        seen[key] = address.text
        if address.path in SUMS_TO_ONE and not address.factor:
            whole = (address.path, address.start)
            if whole in wholes:
                allowed = f"one level of a table that divides a whole; {wholes[whole]} is there"
                raise InputError("column of a design", address.text, allowed, where)
            wholes[whole] = address.text
