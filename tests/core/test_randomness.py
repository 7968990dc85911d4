"""Draws depend on (seed, stream, entity, time) and are uniform, normal and uncorrelated as far as can be seen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yeonjwa.core import randomness as r

WORD = 2**64 - 1


def mix_twin(x: int) -> int:
    """The finaliser in Python's whole numbers."""
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & WORD
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & WORD
    return x ^ (x >> 31)


def uniform_twin(seed: int, stream: int, entity: int, time: int) -> float:
    golden, step = 0x9E3779B97F4A7C15, 0xD1342543DE82EF95
    key = mix_twin(mix_twin((seed + golden) & WORD) ^ stream)
    word = mix_twin((mix_twin((key + golden * entity) & WORD) + step * time) & WORD)
    return (word >> 11) / 2**53


@given(
    st.integers(0, 2**63 - 1),
    st.text(min_size=1, max_size=20),
    st.integers(0, 2**40),
    st.integers(0, 32767),
)
def test_uniform_equals_its_twin(seed: int, name: str, entity: int, time: int) -> None:
    stream = r.stream(name)
    (drawn,) = r.uniforms(seed, stream, np.array([entity]), time)
    assert drawn == uniform_twin(seed, int(stream), entity, time)
    assert 0 <= drawn < 1


def test_draws_do_not_depend_on_the_company() -> None:
    stream = r.stream("test.company")
    together = r.uniforms(1, stream, np.arange(1000), 7)
    backwards = r.uniforms(1, stream, np.arange(1000)[::-1], 7)[::-1]
    np.testing.assert_array_equal(together, backwards)
    assert r.uniforms(1, stream, np.array([500]), 7)[0] == together[500]


@pytest.mark.parametrize("change", ["seed", "stream", "time"])
def test_neighbouring_streams_are_uncorrelated(change: str) -> None:
    n, entities = 200_000, np.arange(200_000)
    first = r.uniforms(1, r.stream("a"), entities, 1)
    second = {
        "seed": r.uniforms(2, r.stream("a"), entities, 1),
        "stream": r.uniforms(1, r.stream("b"), entities, 1),
        "time": r.uniforms(1, r.stream("a"), entities, 2),
    }[change]
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(n)
    assert abs(np.corrcoef(first[:-1], second[1:])[0, 1]) < 4 / np.sqrt(n)


def test_uniform_fills_its_cells_evenly() -> None:
    n, cells = 1_000_000, 1000
    drawn = r.uniforms(3, r.stream("test.cells"), np.arange(n))
    counts = np.bincount((drawn * cells).astype(int), minlength=cells)
    chi2 = ((counts - n / cells) ** 2 / (n / cells)).sum()
    assert abs(chi2 - (cells - 1)) < 4 * np.sqrt(2 * (cells - 1))


def test_normal_has_its_moments() -> None:
    n = 1_000_000
    drawn = r.normals(3, r.stream("test.normal"), np.arange(n))
    assert abs(drawn.mean()) < 4 / np.sqrt(n)
    assert abs(drawn.std() - 1) < 4 / np.sqrt(2 * n)
    assert abs((drawn**3).mean()) < 4 * np.sqrt(15 / n)
    assert abs((np.abs(drawn) > 1.959964).mean() - 0.05) < 4 * np.sqrt(0.05 * 0.95 / n)


@given(st.floats(0, 1e6))
def test_random_rounding_is_next_to_the_value(value: float) -> None:
    rounded = r.round_random(value, 1, r.stream("test.round"), 1)
    assert rounded in {int(np.floor(value)), int(np.floor(value)) + 1}
    assert rounded == value or not float(value).is_integer()


def test_random_rounding_keeps_the_mean() -> None:
    stream = r.stream("test.round")
    mean = np.mean([r.round_random(2.3, 1, stream, i) for i in range(4000)])
    assert abs(mean - 2.3) < 4 * np.sqrt(0.21 / 4000)
