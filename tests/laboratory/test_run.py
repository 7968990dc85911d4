"""A run refuses what it cannot use before it computes anything, and keeps every caveat."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from yeonjwa.core.calendar import month_index, parse_month
from yeonjwa.core.errors import InputError
from yeonjwa.core.warnings import HeldValueWarning
from yeonjwa.demography.rates import Rates
from yeonjwa.laboratory import run as laboratory
from yeonjwa.laboratory.scenario import load

START, END = parse_month("2005-01"), parse_month("2005-06")


@pytest.mark.parametrize("scale", [0, -0.01, 0.0019, 1.01, math.nan, math.inf])
def test_scale_out_of_range(scale: float) -> None:
    with pytest.raises(InputError, match=r"0\.002 to 1") as caught:
        laboratory.simulate(load("baseline"), scale=scale)
    assert caught.value.where == "--scale"


@pytest.mark.parametrize("scale", [0.002, 0.01, 1, 1.0])
def test_scale_in_range(scale: float) -> None:
    assert laboratory.check_scale(scale) is None


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"seed": -1}, "--seed"),
        ({"seed": 2**63}, "--seed"),
        ({"threads": 0}, "--threads"),
        ({"threads": 100_000}, "--threads"),
        ({"first": month_index(1989, 12)}, "--from"),
        ({"last": month_index(2025, 1)}, "--to"),
        ({"first": END, "last": START}, "--from"),
    ],
)
def test_other_values_out_of_range(options: dict[str, int], where: str) -> None:
    with pytest.raises(InputError) as caught:
        laboratory.simulate(load("baseline"), scale=0.002, **options)
    assert caught.value.where == where


def test_caveats_are_kept_once_and_other_warnings_are_given_again() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.warn("held", HeldValueWarning, stacklevel=1)
        warnings.warn("held", HeldValueWarning, stacklevel=1)
        warnings.warn("of another kind", RuntimeWarning, stacklevel=1)
    with pytest.warns(RuntimeWarning, match="of another kind"):
        assert laboratory.sentences(caught) == ["held"]


def test_hash_of_rates_is_of_their_numbers() -> None:
    def rates(births: float, note: str) -> Rates:
        asfr, qx = np.full((2, 60), births), np.full((2, 2, 110), 0.01)
        return Rates(2000, 2001, asfr, qx, np.full(2, 1.05), (note, "Held."))

    first = laboratory.describe_rates(rates(0.1, "From the UN."))
    assert first["source"] == "From the UN. Held."
    assert first["sha256"] == laboratory.describe_rates(rates(0.1, "Told otherwise."))["sha256"]
    assert first["sha256"] != laboratory.describe_rates(rates(0.2, "From the UN."))["sha256"]


def test_threads_default_to_the_cores_of_this_process() -> None:
    import os

    expected = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert laboratory.usable_cores() == expected


def test_more_threads_than_cores_are_allowed() -> None:
    import numba

    laboratory.set_threads(1000)
    assert 1 <= numba.get_num_threads() <= numba.config.NUMBA_NUM_THREADS
    laboratory.set_threads(1)
    assert numba.get_num_threads() == 1


def test_simulate_gives_back_everything_it_computed() -> None:
    steps: list[str] = []

    class Listener:
        def stage(self, name: str, total: int, unit: str) -> None:
            steps.append(name)

        def advance(self, n: int = 1) -> None:
            return None

        def finish(self) -> None:
            return None

    run = laboratory.simulate(
        load("baseline"), scale=0.002, seed=3, first=START, last=END, check=True, progress=Listener()
    )
    assert run.expected_living == round(
        0.002 * load("baseline").parameters.number("population.living", START)
    )
    assert run.pedigree.num_living(START) == pytest.approx(run.expected_living, rel=0.1)
    months = run.result.series["month"]
    assert (months.min(), months.max()) == (START, END)
    assert steps[:2] == ["genealogy", "society"]
    assert [stage["stage"] for stage in run.meter.as_dict()["stages"]] == ["genealogy", "society"]
