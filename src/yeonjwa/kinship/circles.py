"""Circles: sets of kin written in a line, such as ``parents + spouse + children + grandchildren``.

Grammar::

    circle   = part ("+" part)*
    part     = kin ("," modifier)*              a comma binds to the part it stands in
    kin      = atom ["of" kin]                  "siblings of spouse" is the path S, then UD
    atom     = "(" circle ")" | "chon<=" N | "chon=" N | name | path over U, D, S
    modifier = paternal | maternal | both | female | male | patriline | matriline | full | half

``chon<=N`` is kin by blood, both lines, half-kin and lineal kin included. *paternal* (*maternal*): the first step
up leads to the father (mother); ego's descendants stay in. *patriline* (*matriline*): everybody between ego and the
relative is a man (woman). *female*, *male*: sex of the relative. *full*, *half*: the two where the path turns from
up to down share both parents, or one.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from yeonjwa.core.errors import InputError
from yeonjwa.kinship.names import ALIASES, NAME_OF_PATH, NAMED
from yeonjwa.kinship.paths import MAX_LENGTH, Path, Term, blood_path, check_path, meet, plain

#: Largest degree of ``chon<=N``.
MAX_CHON: Final = 16

_TOKEN = re.compile(r"\s*(?:(chon)\s*(<=|==|=|≤)\s*(-?\d+)|([A-Za-z_][A-Za-z_\-]*)|([+,()])|(\S+))")
_EXAMPLES = (
    '"parents + spouse + children + grandchildren", "chon<=4, paternal", "siblings of spouse", "UUDD + S"'
)


@dataclass(frozen=True)
class Blood:
    """All kin by blood up to a degree, the form the fast kernel knows.

    Attributes
    ----------
    degree : int
        Largest chon.
    line : str
        "both", "paternal" or "maternal".
    sex : str
        Sex of the relative: "f", "m" or "*".
    """

    degree: int
    line: str
    sex: str


@dataclass(frozen=True)
class Circle:
    """A set of terms; somebody belongs to it if any of them joins the two. Ego never belongs.

    Attributes
    ----------
    terms : tuple of Term
        In the order in which relations are named: blood first, then degree, then fewer U.
    text : str
        As it was written.
    """

    terms: tuple[Term, ...]
    text: str = ""

    @property
    def paths(self) -> tuple[Path, ...]:
        """Distinct paths over U, D, S, in naming order."""
        return tuple(dict.fromkeys(term.path for term in self.terms))

    @property
    def max_degree(self) -> int:
        """Largest chon in the circle."""
        return max(term.degree for term in self.terms)

    def inverse(self) -> Circle:
        """Circle of those in whose circle ego stands: of aunts and uncles, nieces and nephews."""
        return make_circle((term.inverse() for term in self.terms), f"inverse({self.text})")

    def describe(self) -> str:
        """Each path with its degree and its name, one a line."""
        lines = []
        for term in self.terms:
            name = NAME_OF_PATH.get(term.path, "").replace("_", " ")
            sexes = {"f": "female", "m": "male"}
            last = sexes.get(term.sexes[-1], "")
            ego = f"of a {sexes[term.sexes[0]]} ego" if term.sexes[0] != "*" else ""
            between = [
                "".join(pair) for pair in zip(term.path, term.sexes[1:-1], strict=False) if pair[1] != "*"
            ]
            via = "via " + " ".join(between) if between else ""
            link = f"{term.link} kin" if term.link != "any" else ""
            notes = ", ".join(x for x in (last, via, link, ego) if x)
            lines.append(
                f"{term.path:<10} {term.degree} chon  {name}{f' ({notes})' if notes else ''}".rstrip()
            )
        return "\n".join(lines)

    @cached_property
    def as_blood(self) -> Blood | None:
        """The circle as all blood kin up to a degree, or None if it is not of that form."""
        terms, degree = frozenset(self.terms), self.max_degree
        for line in ("both", "paternal", "maternal"):
            for sex in ("*", "f", "m"):
                if terms == _blood_terms(degree, line, sex):
                    return Blood(degree, line, sex)
        return None


def make_circle(terms: Iterable[Term], text: str = "") -> Circle:
    """Circle of the given terms, without repetition, in naming order."""
    return Circle(tuple(sorted(set(terms), key=lambda term: (term.rank, term))), text)


@lru_cache(maxsize=256)
def parse_circle(text: str) -> Circle:
    """Circle written in a line; see the grammar at the top of this module.

    Raises
    ------
    InputError
        If a word is unknown, the line is not well formed, or nobody could ever belong to a part of it.
    """
    if not isinstance(text, str) or not text.strip():
        raise InputError("circle", text, f"a line such as {_EXAMPLES}")
    parser = _Parser(text)
    terms = parser.circle()
    parser.end()
    return make_circle(terms, text.strip())


@lru_cache(maxsize=256)
def _blood_terms(degree: int, line: str, sex: str) -> frozenset[Term]:
    if degree > MAX_CHON:
        return frozenset()
    terms = (plain(blood_path(k, n - k)) for n in range(1, degree + 1) for k in range(n + 1))
    marked = (_with_line(term, line) for term in terms)
    return frozenset(t for m in marked if m is not None if (t := _with_sex(m, sex)) is not None)


def _with_line(term: Term, line: str) -> Term | None:
    """The first step up, before any marriage, leads to the parent of one sex."""
    sex = {"paternal": "m", "maternal": "f"}.get(line, "*")
    first = term.path.find("U")
    if first < 0 or "S" in term.path[:first] or "D" in term.path[:first]:
        return term
    return _put(term, first + 1, sex)


def _with_sex(term: Term, sex: str) -> Term | None:
    return _put(term, len(term.path), sex)


def _with_links(term: Term, sex: str) -> Term | None:
    changed: Term | None = term
    for place in range(1, len(term.path)):
        changed = _put(changed, place, sex) if changed is not None else None
    return changed


def _with_fullness(term: Term, link: str) -> Term | None:
    if "UD" not in term.path or term.link not in ("any", link):
        return None
    return Term(term.path, term.sexes, link)


def _put(term: Term, place: int, sex: str) -> Term | None:
    joint = meet(term.sexes[place], sex)
    if joint is None:
        return None
    return Term(term.path, term.sexes[:place] + joint + term.sexes[place + 1 :], term.link)


_MODIFIERS: Final[dict[str, Callable[[Term], Term | None]]] = {
    "paternal": lambda term: _with_line(term, "paternal"),
    "maternal": lambda term: _with_line(term, "maternal"),
    "both": lambda term: term,
    "female": lambda term: _with_sex(term, "f"),
    "male": lambda term: _with_sex(term, "m"),
    "patriline": lambda term: _with_links(term, "m"),
    "matriline": lambda term: _with_links(term, "f"),
    "full": lambda term: _with_fullness(term, "full"),
    "half": lambda term: _with_fullness(term, "half"),
}


class _Parser:
    """Recursive descent over the tokens of one line."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[str | tuple[str, int]] = []
        for match in _TOKEN.finditer(text.strip()):
            if match[6]:
                raise InputError("circle", text, f"words, + , ( ) and chon<=N; {match[6]!r} is neither")
            number = (match[2].replace("≤", "<="), int(match[3])) if match[1] else None
            self.tokens.append(number if number is not None else match[4] or match[5])
        self.at = 0

    def peek(self) -> str | tuple[str, int] | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self) -> str | tuple[str, int]:
        token = self.peek()
        if token is None:
            raise InputError("circle", self.text, f"a kin type after the end of the line, as in {_EXAMPLES}")
        self.at += 1
        return token

    def end(self) -> None:
        if self.peek() is not None:
            raise InputError("circle", self.text, f'"+", "," or "of" before {self.peek()!r}')

    def circle(self) -> set[Term]:
        terms = self.part()
        while self.peek() == "+":
            self.take()
            terms |= self.part()
        return terms

    def part(self) -> set[Term]:
        terms = self.kin()
        while self.peek() == ",":
            self.take()
            word = self.take()
            if not isinstance(word, str) or word.lower() not in _MODIFIERS:
                raise InputError("modifier of a circle", word, ", ".join(_MODIFIERS), self.text)
            changed = {_MODIFIERS[word.lower()](term) for term in terms}
            terms = {term for term in changed if term is not None}
            if not terms:
                allowed = f"somebody who can be {word!r} as well as what stands before it: nobody can"
                raise InputError("impossible circle", self.text, allowed)
        return terms

    def kin(self) -> set[Term]:
        outer = self.atom()
        if self.peek() != "of":
            return outer
        self.take()
        inner = self.kin()
        joined = {a.then(b) for a in inner for b in outer}
        terms = {term for term in joined if term is not None}
        if not terms:
            raise InputError("impossible circle", self.text, "kin types that can follow each other")
        if max(len(term.path) for term in terms) > MAX_LENGTH:
            raise InputError("circle", self.text, f"paths of at most {MAX_LENGTH} steps")
        return terms

    def atom(self) -> set[Term]:
        token = self.take()
        if isinstance(token, tuple):
            return self.degrees(*token)
        if token == "(":
            terms = self.circle()
            if self.take() != ")":
                raise InputError("circle", self.text, "a closing bracket for every opening one")
            return terms
        word = token.lower().replace("-", "_")
        if word in ("ego", "self", "offender", "same"):
            raise InputError("circle", token, "the relatives only: ego is never part of a circle", self.text)
        named = NAMED.get(ALIASES.get(word, word))
        if named is not None:
            return set(named)
        if re.fullmatch(r"[UDS]+", token):
            return {plain(check_path(token, self.text))}
        near = difflib.get_close_matches(word, [*NAMED, "chon"], 3)
        hint = f"did you mean {' or '.join(near)}? " if near else ""
        names = ", ".join(NAMED)
        raise InputError(
            "kin type", token, f"{hint}chon<=N, a path over U, D, S, or one of: {names}", self.text
        )

    def degrees(self, sign: str, number: int) -> set[Term]:
        if not 1 <= number <= MAX_CHON:
            what = "impossible circle" if number < 1 else "degree of a circle"
            raise InputError(what, f"chon{sign}{number}", f"chon<=1 to chon<={MAX_CHON}", self.text)
        terms = _blood_terms(number, "both", "*")
        return {term for term in terms if sign == "<=" or term.degree == number}
