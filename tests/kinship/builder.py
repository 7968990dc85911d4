"""Random pedigrees for the tests: remarriage, half-siblings, double cousins, kin marriage, overlap of generations."""

from __future__ import annotations

from itertools import accumulate

import numpy as np
from hypothesis import strategies as st

from yeonjwa.genealogy.pedigree import Pedigree

YEAR = 12


def build(founders: list[tuple[int, int, int]], unions: list[tuple[int, int, int, int, int]]) -> Pedigree:
    """Pedigree from founders (sex, birth year, length of life in years) and drawn unions.

    A union is (pick of a wife, pick of a husband, children, months from coming of age, seed of the children's sexes
    and lives). Picks are taken modulo those who exist; a pair that is not of age within both lives is skipped.
    """
    birth = [year * YEAR for _, year, _ in founders]
    death = [year * YEAR + life * YEAR + 1 for _, year, life in founders]
    sex = [s for s, _, _ in founders]
    birth_union = [-1] * len(founders)
    couples: list[tuple[int, int, int]] = []
    first_child = [len(founders)]
    for wife_pick, husband_pick, children, wait, seed in unions:
        women = [i for i, s in enumerate(sex) if s == 0]
        men = [i for i, s in enumerate(sex) if s == 1]
        if not women or not men:
            continue
        wife, husband = women[wife_pick % len(women)], men[husband_pick % len(men)]
        start = max(birth[wife], birth[husband]) + 15 * YEAR + wait
        if start >= min(death[wife], death[husband]):
            continue
        month = start
        for child in range(children):
            month += 10 + (seed >> child) % 30
            if month >= death[wife]:
                break
            birth.append(month)
            death.append(month + 1 + (seed * (child + 3)) % (90 * YEAR))
            sex.append((seed >> (child + 2)) & 1)
            birth_union.append(len(couples))
        couples.append((wife, husband, start))
        first_child.append(len(birth))
    return assemble(birth, death, sex, birth_union, couples, first_child)


def assemble(
    birth: list[int],
    death: list[int],
    sex: list[int],
    birth_union: list[int],
    couples: list[tuple[int, int, int]],
    first_child: list[int],
) -> Pedigree:
    """Pedigree of plain lists; unions of a person in order of formation."""
    of: list[list[int]] = [[] for _ in birth]
    for u, (wife, husband, _) in enumerate(couples):
        of[wife].append(u)
        of[husband].append(u)
    for own in of:
        own.sort(key=lambda u: (couples[u][2], u))
    return Pedigree(
        birth=np.array(birth, np.int16),
        death=np.array(death, np.int16),
        sex=np.array(sex, np.int8),
        region=np.zeros(len(birth), np.int16),
        birth_union=np.array(birth_union, np.int32),
        wife=np.array([c[0] for c in couples], np.int32),
        husband=np.array([c[1] for c in couples], np.int32),
        start=np.array([c[2] for c in couples], np.int16),
        first_child=np.array(first_child, np.int32),
        union_offset=np.array([0, *accumulate(len(own) for own in of)], np.int32),
        union_list=np.array([u for own in of for u in own], np.int32),
        region_province=np.zeros(1, np.int8),
        provinces=("pyongyang",),
        first_month=0,
        last_month=400 * YEAR,
    )


@st.composite
def pedigrees(draw: st.DrawFn, max_unions: int = 16) -> Pedigree:
    """Random pedigrees of up to about sixty persons."""
    founder = st.tuples(st.integers(0, 1), st.integers(1, 30), st.integers(20, 90))
    founders = draw(st.lists(founder, min_size=2, max_size=6))
    union = st.tuples(
        st.integers(0, 200),
        st.integers(0, 200),
        st.integers(0, 4),
        st.integers(0, 400),
        st.integers(0, 10**6),
    )
    return build(founders, draw(st.lists(union, max_size=max_unions)))


def village(seed: int, rounds: int = 40, founders: int = 8) -> Pedigree:
    """A larger random pedigree, much interwoven, from a seed."""
    rng = np.random.default_rng(seed)
    first = [(i % 2, int(rng.integers(1, 30)), int(rng.integers(30, 90))) for i in range(founders)]
    drawn = [
        (int(a), int(b), int(c), int(d), int(e))
        for a, b, c, d, e in zip(
            rng.integers(0, 10**6, rounds),
            rng.integers(0, 10**6, rounds),
            rng.integers(0, 6, rounds),
            rng.integers(0, 300, rounds),
            rng.integers(0, 10**6, rounds),
            strict=True,
        )
    ]
    return build(first, drawn)
