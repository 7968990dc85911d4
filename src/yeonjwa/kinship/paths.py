"""Path algebra: who a relative is, as steps.

A path is a string over ``U`` (to a parent), ``D`` (to a child) and ``S`` (to a spouse), read from ego outwards:
``UUDD`` is a first cousin, ``SU`` a parent-in-law, ``DS`` a child-in-law. A path never steps straight back to the
person it has just left, so ``UD`` is a sibling and never ego, ``UUD`` an aunt and never the parent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from yeonjwa.core.errors import InputError

#: A string over U, D and S.
Path: TypeAlias = str

#: Longest path the package follows.
MAX_LENGTH: Final = 20

_PATH = re.compile(r"[UDS]+")
_BLOOD = re.compile(r"U*D*")
_INVERSE = str.maketrans("UD", "DU")


def check_path(path: Path, where: str = "") -> Path:
    """The path itself if it is one.

    Raises
    ------
    InputError
        If it holds other letters than U, D and S, is empty or longer than 20 steps.
    """
    if not isinstance(path, str) or not _PATH.fullmatch(path) or len(path) > MAX_LENGTH:
        allowed = f"1 to {MAX_LENGTH} letters U (to a parent), D (to a child), S (to a spouse), such as UUDD"
        raise InputError("kinship path", path, allowed, where)
    return path


def chon(path: Path) -> int:
    """Degree of a path in chon (촌): its number of U and D steps; S counts nothing.

    Parents 1, siblings and grandparents 2, aunts and uncles 3, first cousins 4, second cousins 6, third
    cousins 8. This is the civil degree of Korean family law (Civil Act, articles 770 and 771).
    """
    check_path(path)
    return len(path) - path.count("S")


def is_blood(path: Path) -> bool:
    """Whether a path is up and then down, with no marriage on it: kin by blood."""
    return bool(path) and _BLOOD.fullmatch(path) is not None


def inverse(path: Path) -> Path:
    """The path walked from the other end: the inverse of ``UUD`` (aunt) is ``UDD`` (nephew)."""
    return check_path(path).translate(_INVERSE)[::-1]


def blood_path(up: int, down: int) -> Path:
    """The path of ``up`` steps to an ancestor and ``down`` steps to a descendant."""
    return "U" * up + "D" * down


@dataclass(frozen=True, order=True)
class Term:
    """A path with conditions on the persons along it.

    Attributes
    ----------
    path : str
        Steps from ego.
    sexes : str
        One letter for ego and one for each person reached in turn: ``f``, ``m`` or ``*`` (either).
    link : str
        For a path that turns from up to down: ``full`` (the two at the turn share both parents), ``half``
        (one parent) or ``any``.
    """

    path: Path
    sexes: str
    link: str = "any"

    @property
    def degree(self) -> int:
        """Degree in chon."""
        return len(self.path) - self.path.count("S")

    @property
    def up(self) -> int:
        """Steps to a parent."""
        return self.path.count("U")

    @property
    def down(self) -> int:
        """Steps to a child."""
        return self.path.count("D")

    @property
    def blood(self) -> bool:
        """Whether it joins kin by blood."""
        return is_blood(self.path)

    @property
    def rank(self) -> tuple[bool, int, int]:
        """Order in which relations are named: blood first, then least degree, then fewer U."""
        return (not self.blood, self.degree, self.up)

    def inverse(self) -> Term:
        """The same persons from the other end."""
        return Term(inverse(self.path), self.sexes[::-1], self.link)

    def then(self, other: Term) -> Term | None:
        """This path followed by another, or None if no person can be at the joint."""
        joint = meet(self.sexes[-1], other.sexes[0])
        if joint is None or (self.link != other.link and "any" not in (self.link, other.link)):
            return None
        link = self.link if self.link != "any" else other.link
        return Term(self.path + other.path, self.sexes[:-1] + joint + other.sexes[1:], link)


def meet(a: str, b: str) -> str | None:
    """Sex that satisfies both conditions, None if there is none."""
    if a == "*" or a == b:
        return b
    return a if b == "*" else None


def plain(path: Path) -> Term:
    """The path without any condition."""
    return Term(check_path(path), "*" * (len(path) + 1))
