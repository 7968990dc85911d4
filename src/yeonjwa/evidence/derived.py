"""Values of parameters that follow from facts: each states its formula, and is computed again from them."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from yeonjwa.core.calendar import format_month
from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import DatedValue, Parameter, Parameters, near
from yeonjwa.evidence import formula, ledger
from yeonjwa.evidence.rows import Faults


@dataclass(frozen=True)
class Derived:
    """One number of a parameter, as it is stated and as its formula has it.

    Attributes
    ----------
    path, start, level : str
        Parameter, date of effect, and level of a table (else empty).
    formula : str
        Names in braces are facts, or parameters at that date.
    stated, result : float
        What the file says, and what the formula comes to.
    digits : int
        Digits after the point in the file.
    """

    path: str
    start: str
    level: str
    formula: str
    stated: float
    result: float
    digits: int

    @property
    def agrees(self) -> bool:
        """Whether the result rounds to what is stated."""
        return formula.agrees(self.result, self.stated, self.digits)


def derived(parameters: Parameters) -> list[Derived]:
    """Every derived number of the parameters, computed again.

    Raises
    ------
    InputError
        An unknown name, a formula that cannot be computed, a parameter derived from itself; several errors at once.
    """
    faults = Faults()
    _check_names(parameters, faults)
    for chain in formula.cycles(_depends(parameters)):
        faults.add("formula", " -> ".join(chain), "no parameter derived from itself", _file(chain[0]))
    faults.refuse("formulas of parameters")
    facts = {fact.id: fact.value for fact in ledger.load_facts()}
    found = []
    for parameter, value, level, text in _formulas(parameters):
        compute = functools.partial(_derive, parameters, facts, parameter, value, level, text)
        number = faults.guard(compute, None)
        if number is not None:
            found.append(number)
    faults.refuse("formulas of parameters")
    return found


def _derive(
    parameters: Parameters,
    facts: Mapping[str, float],
    parameter: Parameter,
    value: DatedValue,
    level: str,
    text: str,
) -> Derived:
    known = dict(facts)
    for name in formula.names(text):
        if name not in known:
            known[name] = parameters.number(name, value.start)
    start = format_month(value.start)
    result = formula.evaluate(text, known, f"{_file(parameter.path)}, from {start}")
    stated = value.value[level] if isinstance(value.value, Mapping) else value.value
    digits = formula.decimals(repr(stated))
    return Derived(parameter.path, start, level, text, float(stated), result, digits)


def _formulas(parameters: Parameters) -> Iterator[tuple[Parameter, DatedValue, str, str]]:
    for path in parameters:
        for value in parameters[path].values:
            for level, text in formula.as_formulas(value.formula).items():
                yield parameters[path], value, level, text


def _check_names(parameters: Parameters, faults: Faults) -> None:
    facts = {fact.id for fact in ledger.load_facts()}
    for parameter, value, level, text in _formulas(parameters):
        where = f"{_file(parameter.path)}, from {format_month(value.start)}"
        if isinstance(value.value, Mapping) != bool(level):
            faults.add("formula", text, "one text for a number, one for each level of a table", where)
        for name in formula.names(text):
            if name not in facts and name not in parameters:
                faults.add("name in a formula", name, near(name, sorted(facts)), where)
            elif name in facts and name not in parameter.sources:
                faults.add("sources", name, "the facts of the formula among them", where)


def _depends(parameters: Parameters) -> dict[str, set[str]]:
    depends: dict[str, set[str]] = {}
    for parameter, _, _, text in _formulas(parameters):
        others = {name for name in formula.names(text) if name in parameters}
        depends.setdefault(parameter.path, set()).update(others)
    return depends


def _file(path: str) -> str:
    return path.replace(".", "/", 1) + ".toml"


def check(parameters: Parameters) -> list[InputError]:
    """What is wrong with formulas: errors of :func:`derived`, and numbers that a formula does not come to."""
    faults = Faults()
    nothing: list[Derived] = []
    for number in faults.guard(lambda: derived(parameters), nothing):
        if not number.agrees:
            level = f", {number.level}" if number.level else ""
            where = f"{_file(number.path)}, from {number.start}{level}"
            faults.add(
                "value", number.stated, f"{number.result:.10g}, to which {number.formula} comes", where
            )
    return faults.errors
