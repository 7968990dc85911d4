"""Formulas that say how a number follows from others: ``100 * {camps.cases} / {camps.sample}``.

Names stand in braces. Allowed are numbers, ``+ - * / **``, brackets, and the functions of ``FUNCTIONS``: a formula
is read, never executed as a program.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from yeonjwa.core.errors import InputError

_NAME: Final = re.compile(r"\{([^{}]*)\}")
_BINARY: Final[dict[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
#: Functions that a formula may call.
FUNCTIONS: Final[dict[str, Callable[..., float]]] = {
    "exp": math.exp,
    "log": math.log,
    "max": max,
    "mean": lambda *numbers: sum(numbers) / len(numbers),
    "min": min,
    "round": lambda number, digits=0: round(number, int(digits)),
    "sqrt": math.sqrt,
}
_ALLOWED: Final = "numbers, {names}, + - * / **, brackets and " + ", ".join(FUNCTIONS)
#: No formula about the world needs a larger power, and a huge one would not end.
_LARGEST_POWER: Final = 100


def names(formula: str) -> tuple[str, ...]:
    """Names in braces, each once, in the order of the formula."""
    return tuple(dict.fromkeys(_NAME.findall(formula)))


def evaluate(formula: str, values: Mapping[str, float], where: str = "") -> float:
    """The number a formula comes to.

    Parameters
    ----------
    formula : str
        As above.
    values : mapping of str to float
        Name -> number, for every name in braces.
    where : str
        Place of the formula, for errors.

    Raises
    ------
    InputError
        A name without a value, anything that is not allowed, or a result that is no finite number.
    """
    numbers: list[float] = []

    def number_of(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise InputError("name in a formula", match[1], "a name that is known", where)
        numbers.append(values[match[1]])
        return f"_{len(numbers) - 1}_"

    text = _NAME.sub(number_of, formula)
    try:
        result = float(_value(ast.parse(text, mode="eval").body, numbers))
    except InputError:
        raise
    except (ArithmeticError, ValueError, TypeError, SyntaxError, RecursionError) as error:
        raise InputError("formula", formula, f"{_ALLOWED} ({error})", where) from error
    if not math.isfinite(result):
        raise InputError("formula", formula, "a formula that comes to a finite number", where)
    return result


def _value(node: ast.AST, numbers: list[float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return number
        case ast.Name(id=name) if re.fullmatch(r"_\d+_", name) and int(name[1:-1]) < len(numbers):
            return numbers[int(name[1:-1])]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner, numbers)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            first, second = _value(left, numbers), _value(right, numbers)
            if isinstance(op, ast.Pow) and abs(second) > _LARGEST_POWER:
                raise ValueError(f"a power above {_LARGEST_POWER}")
            return _BINARY[type(op)](first, second)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            return FUNCTIONS[name](*(_value(argument, numbers) for argument in arguments))
    raise ValueError("not allowed: " + ast.unparse(node))  # type: ignore[arg-type]


def agrees(result: float, stated: float, digits: int) -> bool:
    """Whether a result rounds to the number that is stated with so many digits after the point."""
    return abs(result - stated) <= 0.5 * 10.0**-digits * (1 + 1e-9)


def cycles(depends: Mapping[str, Iterable[str]]) -> list[tuple[str, ...]]:
    """Chains in which a thing is derived from itself, each once, first name repeated at the end."""
    found: list[tuple[str, ...]] = []
    done: set[str] = set()

    def follow(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            found.append((*above[above.index(name) :], name))
        elif name not in done:
            for other in depends.get(name, ()):
                follow(other, (*above, name))
            done.add(name)

    for name in sorted(depends):
        follow(name, ())
    return found


def decimals(text: str) -> int:
    """Digits after the point of a number as it is written."""
    plain, _, power = text.lower().partition("e")
    digits = len(plain.split(".")[1]) if "." in plain else 0
    return max(digits - int(power or 0), 0)


def as_formulas(raw: Any) -> dict[str, str]:
    """Level -> formula; a single formula has the level ``""``."""
    if isinstance(raw, Mapping):
        return {str(level): str(text) for level, text in raw.items()}
    return {"": str(raw)} if raw else {}
