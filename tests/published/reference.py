"""The reference population of the published tables: rates, runs of the simulator, and the tables themselves."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import yeonjwa.demography
from yeonjwa.core.calendar import month_index
from yeonjwa.core.parameters import Parameters
from yeonjwa.core.warnings import DemographicWarning, HeldValueWarning
from yeonjwa.demography.rates import Rates, read_rates
from yeonjwa.evidence.parameters import load
from yeonjwa.genealogy.pedigree import FEMALE, Pedigree
from yeonjwa.genealogy.simulate import simulate

DATA = Path(__file__).parent.parent / "data" / "published"
#: Boys born per girl in every year.
BOYS_PER_GIRL = 1.06
#: The states of the matrix models are those of the start of a year: the end of the month before.
LAST = month_index(2021, 12)

Key = tuple[str, int, int]
Cells = dict[str, float]


def reference_rates() -> Rates:
    """Rates of 1950-2021; before, the fertility of 1950 and the mortality of 1955."""
    un = read_rates(Path(yeonjwa.demography.__file__).parent / "data" / "prk")
    asfr = np.concatenate([un.asfr[:1], un.asfr])
    qx = np.concatenate([un.qx[un.row(1955)][None], un.qx])
    return Rates(un.first_year - 1, un.last_year, asfr, qx, np.full(asfr.shape[0], BOYS_PER_GIRL))


def run(living: int, seed: int, *, parameters: Parameters | None = None, **changes: Any) -> Pedigree:
    """A population by the reference rates, to the end of 2021; years before 1949 hold its rates."""
    call: dict[str, Any] = {"at": LAST, "last": LAST, **changes}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HeldValueWarning)
        warnings.simplefilter("ignore", DemographicWarning)
        return simulate(reference_rates(), parameters or load(), living=living, seed=seed, **call)


def read_demokin(file: str, index: tuple[str, ...]) -> dict[tuple[str, ...], Cells]:
    """Expected kin by the texts of the columns ``index``."""
    with (DATA / file).open(newline="", encoding="utf-8") as lines:
        return {
            tuple(row[name] for name in index): {
                kin: float(value) for kin, value in row.items() if kin not in {*index, "sex_kin"}
            }
            for row in csv.DictReader(lines)
        }


def demokin_period(year: int, model: str = "one_sex_varying_B") -> dict[int, Cells]:
    """Expected kin of Focal by exact age at the start of a year."""
    table = read_demokin("demokin_one_sex.csv", ("model", "year", "age_focal"))
    return {
        int(age): cells for (name, when, age), cells in table.items() if (name, when) == (model, str(year))
    }


def socsim_runs(kind: str) -> dict[str, dict[str, Cells]]:
    """Mean living kin by run and age group; kind "B" with a birth interval of ten months, "Z" without."""
    runs: dict[str, dict[str, Cells]] = {}
    for (name, age), cells in read_demokin("socsim_living_kin.csv", ("run", "age_group")).items():
        if name.startswith(kind):
            runs.setdefault(name, {})[age] = cells
    return runs


def by_cell(rows: Iterable[dict[str, Any]]) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Rows of a table of kin by (kin, age group, sex of ego)."""
    return {(row["kin"], row["age_group"], row["sex_ego"]): row for row in rows}


def ages_of_living(pedigree: Pedigree, month: int, sex: int | None = None) -> NDArray[np.int64]:
    """How many are alive at each completed age, 0 to 109."""
    alive = pedigree.alive_at(month)
    if sex is not None:
        alive &= pedigree.sex == sex
    return np.bincount((month - pedigree.birth[alive].astype(np.int64)) // 12, minlength=110)


#: Parameters that bring the simulator as near to SOCSIM as it comes: no differences between couples, unions long before most
#: births, a new partner for every widow and widower who may still have children, no rule against kin. Widows take younger
#: men, so that fathers are a year older than mothers on average, in spite of the gaps aimed at.
LIKE_SOCSIM: dict[str, Any] = {
    "fertility.frailty_factor": dict.fromkeys(("sterile", "low", "middle", "high"), 1.0),
    "union.never_share": {"female": 0.0, "male": 0.0},
    "union.first_age": 15.0,
    "union.first_age_sd": 1.0,
    "union.remarriage_widow": {"under 35": 1.0, "35-44": 1.0, "45-54": 1.0, "55 and over": 0.0},
    "union.remarriage_widower": {"under 35": 1.0, "35-44": 1.0, "45-54": 1.0, "55 and over": 0.0},
    "union.remarriage_delay": 1.0,
    "union.age_gap": 5.0,
    "union.age_gap_sd": 3.0,
    "union.older_share": 0.3,
    "union.older_gap": 15.0,
    "union.forbidden_degree": 0.0,
}
#: The same with Korean gaps and remarriage: fathers are three years older.
OLDER_FATHERS: dict[str, Any] = {
    path: value for path, value in LIKE_SOCSIM.items() if path.startswith(("fertility", "union.f"))
}
#: Founders of the SOCSIM runs are alive, and unrelated, at the start of this year.
SOCSIM_START = 1850


def changed(values: dict[str, Any]) -> Parameters:
    """The package's parameters with values that hold from the first year on."""
    parameters = load()
    for path, value in values.items():
        parameters = parameters.with_value(path, month_index(1700), value)
    return parameters


def clustered(values: NDArray[Any], family: NDArray[Any]) -> tuple[float, float]:
    """Mean over egos and its standard error, families being the units that were drawn."""
    _, block = np.unique(family, return_inverse=True)
    mean = float(np.mean(values))
    gaps = np.bincount(block, values - mean)
    spread = float(np.sum(gaps**2)) * gaps.size / max(gaps.size - 1, 1)
    return mean, float(np.sqrt(spread)) / values.size


def count_female_line(
    pedigree: Pedigree, month: int, egos: NDArray[np.int64]
) -> dict[str, NDArray[np.int64]]:
    """Living women through women of women with known grandmothers, counted without the package's kernels."""
    born = pedigree.birth_union >= 0
    mother = np.where(born, pedigree.wife[pedigree.birth_union], -1)
    daughters = np.flatnonzero(born & (pedigree.sex == FEMALE))
    below = [(pedigree.alive_at(month) & (pedigree.sex == FEMALE)).astype(np.int64)]
    for _ in range(2):
        below.append(
            np.bincount(mother[daughters], below[-1][daughters], pedigree.num_persons).astype(np.int64)
        )
    up = [egos, mother[egos], mother[mother[egos]], mother[mother[mother[egos]]]]
    assert (up[2] >= 0).all()
    return {
        "mother": below[0][up[1]],
        "grandmother": below[0][up[2]],
        "great_grandmother": np.where(up[3] >= 0, below[0][up[3]], 0),
        "daughters": below[1][egos],
        "granddaughters": below[2][egos],
        "sisters": below[1][up[1]] - below[0][egos],
        "nieces": below[2][up[1]] - below[1][egos],
        "aunts": below[1][up[2]] - below[0][up[1]],
        "first_cousins": below[2][up[2]] - below[1][up[1]],
    }


def family_of(pedigree: Pedigree, egos: NDArray[np.int64]) -> NDArray[np.int64]:
    """Mother's mother of each ego: the family that shares aunts and cousins."""
    mother = pedigree.wife[pedigree.birth_union[egos]]
    family: NDArray[np.int64] = pedigree.wife[pedigree.birth_union[mother]].astype(np.int64)
    return family


#: How much later than ego's exact age the matrix model is read, years. In the model a mother is a whole number of years old
#: at the birth of her child, where she is half a year more on average, and a daughter is born at the end of the year in which
#: she is, half a year late. So Focal's mother has the right age, and Focal's daughter is old enough to bear, half a year after
#: Focal has the right age. Daughters themselves depend on Focal's own age alone.
LATER = dict.fromkeys(
    (
        "mother",
        "grandmother",
        "great_grandmother",
        "sisters",
        "aunts",
        "nieces",
        "first_cousins",
        "granddaughters",
        "great_granddaughters",
    ),
    0.5,
) | {"daughters": 0.0}


def in_age_group(table: dict[int, Cells], kin: str, group: str, egos: NDArray[np.int64]) -> float:
    """Value of the matrix model for a five-year group of completed ages, weighted with the egos at each.

    Somebody of completed age a is a + 1/2 years old on average.
    """
    low = int(group.removesuffix("+").split("-")[0])
    ages = [a for a in range(low, low + 5) if a + 1 in table]
    weights = egos[ages] + 1e-9
    shift = 0.5 + LATER[kin]
    values = [(1 - shift) * table[a][kin] + shift * table[a + 1][kin] for a in ages]
    return float(np.average(values, weights=weights))
