"""States as files: what goes in comes out, and nothing damaged or foreign is taken up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from yeonjwa.core import snapshot
from yeonjwa.core.errors import InputError, RunError
from yeonjwa.society.state import make_people
from yeonjwa.society.world import Signals

WHOSE = {"seed": "1", "version": "x"}


def content() -> dict[str, Any]:
    rng = np.random.default_rng(1)
    few = rng.integers(0, 9, 5)
    return {
        "people": make_people(7),
        "signals": Signals(
            few, few.astype(np.int32), few > 3, few > 5, rng.random(5), rng.random(5), few > 2
        ),
        "nothing": None,
        "numbers": [1, -2.5, 0.1 + 0.2, float("inf"), True, "text"],
        "scalar": np.float32(0.1),
        "pairs": {("a", 1): 2.0, ("b", 2): 3.0},
        "units": {5: 1, 2**40: 7},
        "parties": {3: np.array([1, 2], np.int32), 9: np.empty(0, np.int32)},
        "rows": [(1, [0.5, 1e-300]), (2, [])],
        "empty": np.empty((0, 4), np.float32),
        "table": rng.random((6, 4)).astype(np.float32),
    }


def same(one: Any, other: Any) -> bool:
    assert type(one) is type(other), (one, other)
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return same(vars(one), vars(other)) if hasattr(one, "__dict__") and vars(one) else bool(one == other)


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    snapshot.save(tmp_path / "state", WHOSE, content())
    assert same(snapshot.load(tmp_path / "state", WHOSE), content())
    assert snapshot.identity_of(tmp_path / "state") == WHOSE
    assert [file.name for file in tmp_path.iterdir()] == ["state"]


def test_a_state_of_something_else_is_refused_and_the_difference_is_named(tmp_path: Path) -> None:
    snapshot.save(tmp_path / "state", WHOSE, [1])
    with pytest.raises(InputError, match="seed of the state of a run"):
        snapshot.load(tmp_path / "state", {**WHOSE, "seed": "2"})
    with pytest.raises(InputError, match="version of the state"):
        snapshot.load(tmp_path / "state", {**WHOSE, "version": "y"})
    with pytest.raises(InputError, match="can be read"):
        snapshot.load(tmp_path / "nothing", WHOSE)


def test_damage_anywhere_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "state"
    snapshot.save(file, WHOSE, {"table": np.arange(500.0)})
    whole = file.read_bytes()
    for place in (3, 30, 80, len(whole) - 2000, len(whole) - 1):
        broken = bytearray(whole)
        broken[place] ^= 1
        file.write_bytes(bytes(broken))
        with pytest.raises(InputError, match="start the run anew"):
            snapshot.load(file, WHOSE)
    file.write_bytes(whole[:-1])
    with pytest.raises(InputError, match="start the run anew"):
        snapshot.load(file, WHOSE)


def test_what_is_not_ours_is_not_kept(tmp_path: Path) -> None:
    for foreign in (Path("x"), np.array(["text"], object), {1, 2}):
        with pytest.raises(RunError, match="cannot be kept"):
            snapshot.save(tmp_path / "state", WHOSE, foreign)
    assert list(tmp_path.iterdir()) == []
