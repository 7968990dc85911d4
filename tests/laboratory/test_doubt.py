"""Parameters drawn from their ranges."""

from __future__ import annotations

import pytest

from yeonjwa.core.errors import InputError
from yeonjwa.evidence.parameters import load
from yeonjwa.laboratory.doubt import at, draws, moved
from yeonjwa.laboratory.influence import at_end, ranged
from yeonjwa.laboratory.scenario import SUMS_TO_ONE


@pytest.fixture(scope="module")
def parameters():
    return load()


def test_middle_is_what_is_held_and_ends_are_the_ends(parameters):
    for path in ranged(parameters):
        parameter = parameters[path]
        assert [v.value for v in moved(parameter, 0.5).values] == [v.value for v in parameter.values], path
        for place, side in ((0.0, "low"), (1.0, "high")):
            end = at_end(parameter, side)
            for got, wanted in zip(moved(parameter, place).values, end.values, strict=True):
                assert got.value == pytest.approx(wanted.value), (path, side)


def test_shares_of_a_whole_stay_so(parameters):
    drawn = at(parameters, draws(sorted(ranged(parameters)), 3)[1])
    checked = 0
    for path in SUMS_TO_ONE:
        for held in drawn[path].values:
            assert sum(held.value.values()) == pytest.approx(1.0)
            checked += held.value != parameters[path].values[0].value
    assert checked


def test_latin_hypercube_has_one_draw_in_each_part():
    points = draws(["b", "a", "a"], 7)
    assert [sorted(int(p[path] * 7) for p in points) for path in ("a", "b")] == [list(range(7))] * 2
    assert points == draws(["a", "b"], 7)
    assert points != draws(["a", "b"], 7, seed=1)
    with pytest.raises(InputError, match="draws"):
        draws(["a"], 0)


def test_what_cannot_be_drawn_is_refused(parameters):
    with pytest.raises(InputError, match="one that has a range"):
        at(parameters, {"recall.on": 0.5})
    with pytest.raises(InputError, match=r"support\.alpha"):
        at(parameters, {"support.alpha": 1.5})
