"""No number about the world in code: every literal of society and regime is structural, with a reason, or it is an error.

What a number means cannot be read by a program. So each literal beyond the plainest stands below with the reason why it is
none about the world: a bound of a loop, a size of memory, a code, the months of a year. A new one is a failure until it is moved
into a parameter file or given its reason here; a reason for a number that is gone is a failure too. The stylised villages of
``society/stylised`` are theory with numbers of its own, held against theorems and not against a country; they are not read.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import yeonjwa

ROOT = Path(yeonjwa.__file__).parent
#: Signs, halves, pairs, months of a year: no knowledge about any country is in them.
PLAIN = {0, 1, 2, 12, 0.5}
#: File -> number -> why it is not about the world.
REASONS: dict[str, dict[float, str]] = {
    "regime/catalogue.py": {121: "above every age that the schema allows"},
    "regime/compare.py": {
        4: "generations looked up for a line of men; groups of degrees in a table",
        6: "groups of degrees in a table",
        2_000: "offenders compared, and rows of a block",
        0.1: "a quantile that is reported",
        0.9: "a quantile that is reported",
    },
    "regime/family.py": {4: "characters of a year"},
    "regime/liability.py": {4: "columns of a table"},
    "regime/rules.py": {
        8: "deepest degree that kin are looked up for",
        1e-6: "rounding of a sum of shares",
        6: "digits of an error message",
    },
    "regime/schema.py": {120: "above every age in a code of law"},
    "society/abroad.py": {
        3: "steps in which memory is asked for",
        16: "rows by which memory is asked for ahead",
        2048: "households of a block",
    },
    "society/admission.py": {
        0.25: "steepest slope of the logistic curve",
        1e-9: "rounding",
        16: "rows by which memory is asked for ahead",
    },
    "society/beliefs.py": {
        16: "rows by which memory is asked for ahead",
        33: "bits of a hash",
        0x9E3779B97F4A7C15: "multiplier of a hash",
    },
    "society/camps.py": {
        4: "candidates put in order at first, for each that is needed",
        16: "smallest batch of families drawn",
        20: "batches in which the first stock is drawn",
    },
    "society/careers.py": {
        4: "code of a post",
        60: "candidates looked at for a vacancy",
        9: "degrees to 8, for arrays",
        3: "code of a side",
        13: "size of a sample, as a power of two",
        1e-9: "rounding",
    },
    "society/choice.py": {
        1e-4: "safe side of a bound",
        256: "steps of a byte",
        8: "bits of a byte",
        20.0: "least logarithm of a bound",
        0.1: "step of a bound",
        23: "bits of a fraction in single precision",
        127.0: "exponent of 1 in single precision",
        0.0861: "most by which a chord lies under the logarithm to base 2",
    },
    "society/close_kin.py": {
        24: "years: a pair closer in age is never grandparent and grandchild, a shortcut that a test checks",
        3: "bits of a packed number",
        6: "bits of a packed number",
        7: "bits of a packed number",
        8: "bits of a packed number",
        16: "bits of a packed number",
        32: "most children whose bits are counted at once",
        63: "bits of a packed number",
        64: "bits of a packed number",
        255: "bits of a packed number",
        65535: "bits of a packed number",
        128: "persons who are looked at together",
        4: "columns of a table",
        0.25: "relatedness of half of a half: algebra of kinship",
    },
    "society/codes.py": {
        15: "first age of the age groups of flight.a_age",
        20: "second age group of flight.a_age",
        70: "end of the last age group of flight.a_age",
        10: "width of an age group of flight.a_age",
        6: "code of a class",
        9: "degrees to 8, for names",
    },
    "society/economy.py": {
        4: "bits of a province in a table",
        8192: "holders of posts of a block",
        16: "rows by which memory is asked for ahead",
    },
    "society/enforcement.py": {
        64: "first size of a list that grows",
        4: "camps of an offence that count for the picture of a family",
        3: "weight of a camp in choosing the family that the report draws",
        8: "deepest degree",
    },
    "society/engine.py": {
        1985: "first year that any dated value of the border has: before it nothing is known",
        10: "years of run-up, a choice of design (docs/model.md)",
        0.75: "first guess at the size of a table that grows",
        1024: "first size of a table that grows",
        1e-6: "rounding of a sum",
        20: "rows of a block, as a power of two",
    },
    "society/family.py": {4: "degrees of the picture", 32767: "no month"},
    "society/exposed.py": {
        7: "bits of a byte but one; a mask of three bits",
        8: "pieces of a month; bits of a byte",
        10: "place of the side in a relation",
        16: "rows by which memory is asked for ahead",
        25: "bits of a row in a key",
        30: "place of the degree in a key",
        31: "a mask of five bits",
        36: "bits of a key below those of the person",
        5: "place of the steps down in a relation",
        256: "blocks of a piece",
        4: "room for sorting",
    },
    "society/flight.py": {
        15: "first age of flight.a_age; place of a bit",
        69: "last age of flight.a_age",
        255: "largest number of eight bits",
        1e-9: "rounding",
        1e-12: "no division by zero",
        3: "code of a record or fate",
        4: "place of a bit",
        7: "place of a bit; rounding up to eight",
        8: "bytes of a word",
        23: "place of a bit",
        64: "blocks of a piece",
    },
    "society/gaps.py": {
        0.999: "rounding: what counts as all of a budget, for counts only",
        3: "place of counts among results",
        4: "place of counts among results; a bit",
        8: "a bit",
        18: "rows of a block, as a power of two",
    },
    "society/hints.py": {
        60: "steps of a bisection",
        1e-12: "no division by zero",
        500.0: "no overflow of exp",
    },
    "society/households.py": {
        32767: "no month",
        16: "rows by which memory is asked for ahead",
        14: "rows of a block, as a power of two",
        18: "rows of a block, as a power of two",
        20: "rows of a block, as a power of two",
        3: "times that memory is asked for ahead",
        4: "times that memory is asked for ahead",
    },
    "society/kin_lists.py": {
        4: "rows to one of the room for new ones",
        17: "rows of a piece, as a power of two",
        31: "bits of a packed number",
        5: "bits of a packed number",
        10: "bits of a packed number",
        11: "bits of a packed number",
        13: "place of a bit",
        3: "bits of a packed number",
        7: "bits of a packed number",
        64: "rows by which memory is asked for ahead",
        256: "slots of a hash table",
        40503: "multiplier of a hash",
    },
    "society/means.py": {
        7: "place of a bit",
        24: "rows by which memory is asked for ahead",
        8192: "rows of a block",
    },
    "society/purse.py": {120: "longest time that eight bits hold, in months"},
    "society/recorder.py": {9: "degrees to 8, for names"},
    "society/marriage.py": {
        8: "rows by which memory is asked for ahead",
        3: "times that memory is asked for ahead",
    },
    "society/reasons.py": {
        16384: "rows of a block",
    },
    "society/rows.py": {
        64: "blocks of a piece",
        255: "all bits of a byte",
        4096: "rows of a block",
        7: "bits of a byte but one",
        8: "bits of a byte",
        4: "kinds of adults",
        3: "kinds of adults",
        15: "bits of a short number but one",
        0x0102040810204080: "multiplier that gathers bits",
        56: "place of a byte",
    },
    "society/record.py": {
        3: "codes of a person",
        4: "place of a bit",
        32: "a bit of a number",
        255: "largest number of eight bits",
        256: "counters of a byte next to each other",
        64: "rows by which memory is asked for ahead",
        8192: "rows of a block",
        1e-9: "no division by zero",
    },
    "society/schedule.py": {
        9: "months of a pregnancy",
        4: "month of a quarter",
        7: "month of a quarter",
        10: "month of a quarter",
    },
    "society/sight.py": {
        3: "one of four counters",
        4: "degrees of ties that are told apart in records",
        53: "bits of a random number",
        64: "bits of a random word",
        2048: "rows of a block",
    },
    "society/signals.py": {1e-6: "shares kept off 0 and 1", 1e-9: "rounding of a bound"},
    "society/state.py": {4: "months kept; growth of a table by a quarter"},
    "society/songbun.py": {32: "rows by which memory is asked for ahead"},
    "society/support.py": {
        1e-3: "tolerance of a solver",
        10: "guesses of a solver",
        1e-14: "how far a guess lies beyond the place it means",
        4.0: "guesses on both sides of a place, and twice for safety",
        24: "rows by which memory is asked for ahead",
        50: "steps of a bisection",
        1e6: "no bracket found",
    },
    "society/support_twin.py": {
        20_000: "sweeps of a solver",
        1e-9: "tolerance of a solver",
        200: "steps of a bisection",
    },
    "society/ties.py": {
        16: "rows by which memory is asked for ahead",
        10: "steps of a path for which membership is tabulated",
        2048: "rows of a block",
        4096: "size of a sample",
        48: "bits of the place of a tie",
        62: "bits of a number above all others",
    },
    "society/transfers.py": {
        2000: "sweeps of a solver",
        8192: "rows of a block",
        1024: "rows of a block",
        3: "columns of a table",
    },
    "society/vetting.py": {
        255: "no stain",
    },
}


class _Literals(ast.NodeVisitor):
    """Numbers of a module with their lines; indices, codes made by range and numbers of steps are left out."""

    def __init__(self) -> None:
        self.found: list[tuple[float, int]] = []

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, int | float) and not isinstance(node.value, bool):
            self.found.append((node.value, node.lineno))

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)
        for inner in ast.walk(node.slice):
            if isinstance(inner, ast.Call | ast.BinOp | ast.Compare):
                self.visit(inner)

    def visit_Assign(self, node: ast.Assign) -> None:
        codes = isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "range"
        if not (codes and isinstance(node.targets[0], ast.Tuple)):
            self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        arguments = node.args[1:] if getattr(node.func, "id", "") == "Step" else node.args
        for inner in (node.func, *arguments, *node.keywords):
            self.visit(inner)


def literals(text: str) -> list[tuple[float, int]]:
    """Numbers of a module that need a reason, with their lines."""
    visitor = _Literals()
    visitor.visit(ast.parse(text))
    return [(number, line) for number, line in visitor.found if number not in PLAIN]


FILES = sorted(
    path.relative_to(ROOT).as_posix() for area in ("society", "regime") for path in (ROOT / area).glob("*.py")
)


@pytest.mark.parametrize("file", FILES)
def test_every_number_has_a_reason(file):
    reasons = REASONS.get(file, {})
    found = literals((ROOT / file).read_text("utf-8"))
    unknown = [f"{file}, line {line}: {number}" for number, line in found if number not in reasons]
    assert unknown == [], "move it into a parameter file, or say in this test why it is not about the world"
    gone = set(reasons) - {number for number, _ in found}
    assert gone == set(), "these reasons are for numbers that are gone"


def test_reasons_are_for_files_there_are():
    assert set(REASONS) <= set(FILES)
    assert all(reason.strip() for reasons in REASONS.values() for reason in reasons.values())


def test_a_planted_number_is_found():
    planted = "A, B, C = range(3)\nX = rows[4]\nrate = 0.037 * base\nif age > 65: pass\ny = t[3 * k]\n"
    assert literals(planted) == [(0.037, 3), (65, 4), (3, 5)]
