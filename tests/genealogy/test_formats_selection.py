"""Parts of a pedigree: the same kin, complete parents, a pedigree in its own right."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kinship.builder import pedigrees, village
from yeonjwa.core.errors import InputError
from yeonjwa.genealogy.files import read_population, write_population
from yeonjwa.genealogy.formats.selection import living_between, select
from yeonjwa.genealogy.pedigree import NONE, Pedigree
from yeonjwa.kinship.circles import parse_circle
from yeonjwa.kinship.twin import members_of


def couples(pedigree: Pedigree) -> list[tuple[int, int, int]]:
    return sorted(
        zip(pedigree.wife.tolist(), pedigree.husband.tolist(), pedigree.start.tolist(), strict=True)
    )


@given(pedigrees(), st.data())
def test_a_part_says_what_the_whole_says(pedigree: Pedigree, data: st.DataObject) -> None:
    size = pedigree.num_persons
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    if not mask.any():
        return
    part = select(pedigree, mask)
    ids = part.persons
    chosen = np.zeros(size, np.bool_)
    chosen[ids] = True
    assert len(set(ids.tolist())) == ids.size == int(mask.sum()) + part.added
    assert (chosen | ~mask).all()
    p = part.pedigree
    for name in ("birth", "death", "sex", "region"):
        assert np.array_equal(getattr(p, name), getattr(pedigree, name)[ids])
    for i, person in enumerate(ids.tolist()):
        there = [x for x in pedigree.parents(person) if x != NONE and chosen[x]]
        here = [int(ids[x]) for x in p.parents(i) if x != NONE]
        assert len(there) in (0, 2)
        assert here == there
    kept = [(w, h, s) for w, h, s in couples(pedigree) if chosen[w] and chosen[h]]
    assert sorted((int(ids[w]), int(ids[h]), s) for w, h, s in couples(p)) == kept


@given(pedigrees())
def test_everybody_is_the_whole(pedigree: Pedigree) -> None:
    part = select(pedigree, np.ones(pedigree.num_persons, np.bool_))
    assert part.added == 0
    assert np.array_equal(part.persons, np.arange(pedigree.num_persons))
    for name in ("birth_union", "wife", "husband", "first_child", "union_offset"):
        assert np.array_equal(getattr(part.pedigree, name), getattr(pedigree, name)), name


def test_a_part_can_be_written_and_read() -> None:
    pedigree = village(5)
    mask = np.random.default_rng(1).random(pedigree.num_persons) < 0.5
    part = select(pedigree, mask).pedigree
    with tempfile.TemporaryDirectory() as folder:
        write_population(part, Path(folder))
        back = read_population(Path(folder))
    assert np.array_equal(back.birth_union, part.birth_union)
    assert back.info["asked_for"] == int(mask.sum())


def test_kin_of_one_person_stay_kin() -> None:
    pedigree = village(7)
    circle = parse_circle("chon<=4")
    ego = pedigree.num_persons - 1
    kin = [row.person for row in members_of(pedigree, circle, ego)]
    mask = np.zeros(pedigree.num_persons, np.bool_)
    mask[[ego, *kin]] = True
    part = select(pedigree, mask)
    place = {int(person): i for i, person in enumerate(part.persons)}
    found = [int(part.persons[row.person]) for row in members_of(part.pedigree, circle, place[ego])]
    assert sorted(found) == sorted(kin)
    assert len(kin) > 5


@given(pedigrees(), st.integers(0, 1500), st.integers(0, 400))
def test_living_between(pedigree: Pedigree, first: int, length: int) -> None:
    mask = living_between(pedigree, first, first + length)
    for person in range(pedigree.num_persons):
        birth, death = int(pedigree.birth[person]), int(pedigree.death[person])
        assert mask[person] == any(birth <= month < death for month in range(first, first + length + 1))


def test_nobody_and_wrong_masks() -> None:
    pedigree = village(1)
    with pytest.raises(InputError, match="nobody"):
        select(pedigree, np.zeros(pedigree.num_persons, np.bool_))
    with pytest.raises(InputError, match="mask over persons"):
        select(pedigree, np.ones(3, np.bool_))
    with pytest.raises(InputError, match="mask over persons"):
        select(pedigree, np.ones(pedigree.num_persons, np.int8))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="months"):
        living_between(pedigree, 12, 11)
