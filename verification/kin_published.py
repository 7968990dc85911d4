"""Kin of a simulated population against DemoKin, SOCSIM and exact expectation: tables, figures and a page.

Run from the root of the project::

    python -m verification.kin_published --living 2000000

It takes some minutes and about 3 GB of memory, and writes the folder ``verification/kin``.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tests.published.interval import START_YEAR, sisters
from tests.published.matrix_model import matrix_model
from tests.published.reference import (
    LAST,
    LATER,
    LIKE_SOCSIM,
    SOCSIM_START,
    ages_of_living,
    by_cell,
    changed,
    clustered,
    count_female_line,
    demokin_period,
    family_of,
    in_age_group,
    read_demokin,
    reference_rates,
    run,
    socsim_runs,
)
from tests.published.test_demokin import TOLERANCE

import yeonjwa
from yeonjwa.core.calendar import month_index
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.kinship.expected import expected_kin
from yeonjwa.kinship.tables import AGE_GROUPS, kin_by_age
from yeonjwa.report import figures

FOLDER = Path(__file__).parent / "kin"
GROUPS = AGE_GROUPS[:18]
FAR = (
    "siblings",
    "full_siblings",
    "aunts_uncles",
    "first_cousins",
    "second_cousins",
    "third_cousins",
    "grandparents",
)
#: Not a kin type: by how many years fathers are older than mothers.
OLDER = "father older, years"
Row = dict[str, Any]


def main() -> None:
    """Everything, in the order of the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--living", type=int, default=2_000_000)
    parser.add_argument(
        "--step-living", type=int, default=500_000, help="living in each run of the steps to SOCSIM"
    )
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    start = time.perf_counter()
    plain = run(given.living, given.seed, plain=True)
    cells = [row for year in (1975, 1990, 2021) for row in period_cells(plain, year)]
    write("period.csv", cells)
    cohorts = [row for cohort in (1930, 1950, 1965, 1980, 1995) for row in cohort_cells(plain, cohort)]
    write("cohorts.csv", cohorts)
    both = two_sex_cells(plain)
    write("two_sex.csv", both)
    size = plain.num_living(LAST)
    del plain
    clock = matrix_steps()
    write("matrix_steps.csv", clock)
    spaced = interval_effect()
    write("interval.csv", spaced)
    steps = socsim_steps(given.step_living, given.seed)
    write("socsim_steps.csv", steps)
    draw(cells, spaced, steps)
    page = Page(size, given.seed, given.step_living)
    page.demokin(cells, cohorts)
    page.two_sex(both)
    page.clock(clock)
    page.interval(spaced)
    page.socsim(steps)
    page.write()
    print(f"{FOLDER} written in {time.perf_counter() - start:.0f} s")


def write(name: str, rows: Sequence[Row]) -> None:
    """A table as CSV."""
    with (FOLDER / name).open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        out.writeheader()
        for row in rows:
            out.writerow({k: f"{v:.5g}" if isinstance(v, float) else v for k, v in row.items()})


def tolerance(kin: str, age: int) -> float:
    """Share by which the whole-year model may differ, as agreed beforehand."""
    return 0.10 if kin == "aunts" and age >= 50 else TOLERANCE[kin]


def cell(kin: str, age: int, egos: int, mean: float, error: float, model: float, exact: float) -> Row:
    """One comparison: simulated against the whole-year model and against the exact one."""
    allowed = max(4 * error, tolerance(kin, age) * model)
    return {
        "kin": kin,
        "age": age,
        "n_ego": egos,
        "simulated": mean,
        "se": error,
        "demokin": model,
        "exact": exact,
        "off_demokin_percent": 100 * (mean / model - 1) if model else 0.0,
        "z_exact": (mean - exact) / error if error > 0 else 0.0,
        "within": "yes" if abs(mean - model) <= allowed else "no",
    }


def period_cells(pedigree: Pedigree, year: int) -> list[Row]:
    """Women by five-year age group at the start of a year."""
    month = month_index(year) - 1
    model, egos = demokin_period(year), ages_of_living(pedigree, month, sex=0)
    simulated = by_cell(r for r in kin_by_age(pedigree, month, kinds=TOLERANCE) if r["line"] == "female")
    exact = by_cell(expected_kin(reference_rates(), month, kinds=TOLERANCE).by_age_group())
    rows = []
    for kin in TOLERANCE:
        for group in GROUPS:
            row = simulated[kin, group, "f"]
            value = in_age_group(model, kin, group, egos)
            if value * row["n_ego"] < 50:
                continue
            truth = exact[kin, group, "f"]["mean_living"]
            age = int(group.split("-")[0])
            rows.append(
                {
                    "year": year,
                    **cell(kin, age, row["n_ego"], row["mean_living"], row["se_living"], value, truth),
                }
            )
    return rows


def cohort_cells(pedigree: Pedigree, cohort: int) -> list[Row]:
    """Women born within half a year of the start of a year, when they are of whole ages on average."""
    table = read_demokin("demokin_one_sex_cohort.csv", ("cohort", "age_focal"))
    model = {int(age): cells for (born, age), cells in table.items() if born == str(cohort)}
    women = (pedigree.sex == 0) & (np.abs(pedigree.birth - month_index(cohort) + 0.5) < 6)
    rows = []
    for age in range(5, min(2022 - cohort, 90), 10):
        month = month_index(cohort + age) - 1
        egos = np.flatnonzero(women & pedigree.alive_at(month))
        family = family_of(pedigree, egos)
        exact = expected_kin(reference_rates(), month, kinds=TOLERANCE).at_age(age)
        for kin, values in count_female_line(pedigree, month, egos).items():
            value = float(np.interp(age + LATER[kin], list(model), [c[kin] for c in model.values()]))
            if value * egos.size >= 50:
                mean, error = clustered(values, family)
                rows.append({"cohort": cohort, **cell(kin, age, egos.size, mean, error, value, exact[kin])})
    return rows


#: Two-sex kin that the plain mode has by the same assumptions as the model, and those it has not.
SAME = ("mother", "children", "siblings")
OTHER = ("father", "grandparents", "aunts_uncles", "nieces_nephews", "first_cousins", "grandchildren")


def two_sex_cells(pedigree: Pedigree) -> list[Row]:
    """Kin of women, both sexes, at the start of 2021, against both two-sex models."""
    month = month_index(2021) - 1
    simulated = by_cell(r for r in kin_by_age(pedigree, month, kinds=(*SAME, *OTHER)) if r["line"] == "all")
    tables = read_demokin("demokin_two_sex.csv", ("model", "age_focal", "sex_kin"))
    rows = []
    for kin in (*SAME, *OTHER):
        sexes = {"mother": "f", "father": "m"}.get(kin, "fm")
        column = "parents" if kin in ("mother", "father") else kin
        shift = 0.0 if kin == "children" else 0.5
        for age in (5, 25, 45, 65):
            row: Row = {"kin": kin, "age": age, "same_assumptions": "yes" if kin in SAME else "no"}
            found = simulated[kin, f"{age}-{age + 4}", "f"]
            row |= {"simulated": found["mean_living"], "se": found["se_living"]}
            for name, model in (
                ("androgynous", "two_sex_varying_B1900_focal_f"),
                ("men_three_years_older", "two_sex_varying_B1900_malefert_focal_f"),
            ):
                ages = [age + 2, age + 3]
                values = [sum(tables[model, str(a), s][column] for s in sexes) for a in (*ages, age + 4)]
                # The middle of the group is age + 2.5; see LATER for the rest.
                row[name] = float(np.interp(age + 2.5 + shift, [*ages, age + 4], values))
            rows.append(row)
    return rows


def matrix_steps() -> list[Row]:
    """How far the matrix model is from exact expectation with one, two and four steps a year."""
    rates = reference_rates()
    exact = expected_kin(rates, month_index(2021) - 1)
    models = {n: matrix_model(rates, 2021, steps=n, warm_up=200) for n in (1, 2, 4)}
    rows = []
    for kin, age in (
        ("mother", 50), ("grandmother", 20), ("great_grandmother", 5), ("sisters", 20), ("aunts", 60), ("nieces", 20),
        ("first_cousins", 5), ("granddaughters", 50),
    ):  # fmt: skip
        truth = exact.at_age(age)[kin]
        row: Row = {"kin": kin, "age": age, "exact": truth}
        for n, model in models.items():
            row[f"off_{n}_percent"] = 100 * (float(model[kin][n * age]) / truth - 1)
        rows.append(row)
    return rows


def interval_effect() -> list[Row]:
    """Sisters with ten months between births against none, by age: exact, and all siblings in SOCSIM."""
    free = expected_kin(reference_rates(), LAST, start_year=START_YEAR, kinds=["sisters"])
    spaced = sisters(reference_rates(), LAST, 10)
    runs = {kind: list(socsim_runs(kind).values()) for kind in "BZ"}
    rows = []
    for g, group in enumerate(GROUPS[:17]):
        some = (LAST - free.births) // 60 == g
        weight = free.women[some]
        none = float(weight @ free.kin["sisters"][some] / weight.sum())
        ten = float(weight @ spaced[some] / weight.sum())
        theirs = [np.mean([r[group]["full_siblings"] for r in runs[kind]]) for kind in "BZ"]
        rows.append(
            {
                "age": int(group.split("-")[0]),
                "sisters_no_interval": none,
                "sisters_ten_months": ten,
                "effect_percent": 100 * (ten / none - 1),
                "socsim_full_siblings_percent": 100 * float(theirs[0] / theirs[1] - 1),
            }
        )
    return rows


def _step_runs() -> list[tuple[str, dict[str, Any]]]:
    """From the matrix model's world to SOCSIM's and to the package's default, one thing at a time."""
    like = dict(LIKE_SOCSIM)
    alike = {"union.age_gap": 0.0, "union.older_share": 0.0}
    equal = {"fertility.frailty_factor": LIKE_SOCSIM["fertility.frailty_factor"]}
    again = {path: like[path] for path in like if "remarriage" in path}
    early = {path: like[path] for path in like if "first_age" in path}
    at = {"start_year": SOCSIM_START}

    def unions(values: dict[str, Any], interval: int, avoid: float) -> dict[str, Any]:
        rest = {"fertility.birth_interval": interval, "union.forbidden_degree": avoid}
        return {"parameters": changed({**values, **rest}), **at}

    return [
        ("plain, founders of 1850", {"plain": True, **at}),
        ("unions at 15, no interval, husbands as old as wives", unions({**like, **alike}, 1, 0)),
        ("husbands as much older as SOCSIM's (its Z)", unions(like, 1, 0)),
        ("birth interval of ten months (its B)", unions(like, 10, 0)),
        ("no marriage within 8 chon", unions(like, 10, 8)),
        ("Korean unions: ages, gaps, widows alone", unions(equal, 10, 8)),
        ("the same, but every widow marries again", unions({**equal, **again}, 10, 8)),
        ("the same, but unions at 15, widows alone", unions({**equal, **early}, 10, 8)),
        ("couples differ in fecundity: the default", at),
        ("default, founders of 1790", {}),
        ("plain, founders of 1790", {"plain": True}),
    ]


def socsim_steps(living: int, seed: int) -> list[Row]:
    """Mean living kin by step, kin type and age; SOCSIM's runs as the first two steps."""
    rows: list[Row] = []
    for kind in "ZB":
        runs = list(socsim_runs(kind).values())
        for kin in FAR:
            for age in AGE_GROUPS:
                values = [r[age][kin] for r in runs]
                error = float(np.std(values, ddof=1) / np.sqrt(len(values)))
                rows.append(_step(f"SOCSIM {kind}", kin, age, float(np.mean(values)), error))
    for name, call in _step_runs():
        pedigree = run(living, seed, **call)
        for row in kin_by_age(pedigree, LAST, kinds=FAR, sample=100_000, seed=seed):
            if row["line"] == "all" and row["sex_ego"] == "all":
                rows.append(_step(name, row["kin"], row["age_group"], row["mean_living"], row["se_living"]))
        rows.append(_step(name, OLDER, "all", *_years_older(pedigree)))
    return rows


def _years_older(pedigree: Pedigree) -> tuple[float, float]:
    """By how much fathers of children born in 1960-89 are older than mothers, and the standard error."""
    children = np.flatnonzero(
        (pedigree.birth >= month_index(1960))
        & (pedigree.birth < month_index(1990))
        & (pedigree.birth_union >= 0)
    )
    union = pedigree.birth_union[children]
    months = pedigree.birth[pedigree.wife[union]].astype(float) - pedigree.birth[pedigree.husband[union]]
    return clustered(months / 12.0, union)


def _step(name: str, kin: str, age: str, mean: float, error: float) -> Row:
    return {"step": name, "kin": kin, "age_group": age, "mean": mean, "se": error}


def draw(cells: Sequence[Row], spaced: Sequence[Row], steps: Sequence[Row]) -> None:
    """The figures of the page."""
    names = {kin: kin.replace("_", " ") for kin in TOLERANCE}
    series = (("simulated", "simulated"), ("exact", "exact months"), ("demokin", "DemoKin"))
    now = [row for row in cells if row["year"] == 2021]
    points = [
        {"x": row["age"] + 2.5, "y": row[name], "series": name, "panel": names[row["kin"]]}
        for row in now
        for name, _ in series
    ]
    spec = figures.panels(
        points, panel_names=list(names.values()), series=series, unit="living kin",
        description="Living kin of women by age at the start of 2021: simulated, expected, and in DemoKin.",
    )  # fmt: skip
    spec["resolve"] = {"scale": {"y": "independent"}}
    _free(spec)
    figures.save(spec, FOLDER / "demokin.svg")
    effect = [
        {"x": row["age"] + 2.5, "y": -row[name], "series": name}
        for row in spaced
        for name in ("effect_percent", "socsim_full_siblings_percent")
    ]
    spec = figures.lines(
        effect, unit="per cent fewer", axis=(0, 90),
        series=(("effect_percent", "exact, sisters"), ("socsim_full_siblings_percent", "SOCSIM")),
        description="What ten months between births take from siblings, by age of ego.",
    )  # fmt: skip
    figures.save(spec, FOLDER / "interval.svg")
    labels = (
        ("SOCSIM B", "SOCSIM"),
        ("birth interval of ten months (its B)", "as near as possible"),
        ("couples differ in fecundity: the default", "default"),
    )
    kinds = {kin: kin.replace("_", " ") for kin in FAR}
    points = [
        {
            "x": GROUPS.index(row["age_group"]) * 5 + 2.5,
            "y": row["mean"],
            "series": row["step"],
            "panel": kinds[row["kin"]],
        }
        for row in steps
        if row["step"] in dict(labels) and row["age_group"] in GROUPS
    ]
    spec = figures.panels(
        points, panel_names=list(kinds.values()), series=labels, unit="living kin",
        description="Living kin by age at the end of 2021 in SOCSIM and in two runs of this simulator.",
    )  # fmt: skip
    _free(spec)
    figures.save(spec, FOLDER / "socsim.svg")


def _free(spec: dict[str, Any]) -> None:
    """Give each panel its own value axis, its name to the lines, and ages to the other axis."""
    spec["resolve"] = {"scale": {"y": "independent"}}
    for layer in spec["spec"].get("layer", [spec["spec"]]):
        if "y" in layer.get("encoding", {}):
            layer["encoding"]["y"] = {
                **layer["encoding"]["y"],
                "scale": {"zero": True, "nice": True},
                "axis": {"tickCount": 3},
            }
            layer["encoding"]["x"] = {
                **layer["encoding"]["x"],
                "scale": {"domain": [0, 90], "nice": False},
                "axis": {"values": [0, 20, 40, 60, 80], "title": None},
            }


class Page:
    """The text around the tables."""

    def __init__(self, living: int, seed: int, step_living: int) -> None:
        self.lines = [
            "# Kin against other people's programs",
            "",
            f"Made by `python -m verification.kin_published` with yeonjwa {yeonjwa.__version__}, seed {seed}: "
            f"{living:,} persons living at the end of 2021 in the plain run, {step_living:,} expected in each of the "
            "runs on the way to SOCSIM. What is compared, and why the numbers differ where they do, is in "
            "[docs/validation.md](../../docs/validation.md); the published numbers are in "
            "[tests/data/published](../../tests/data/published/README.md). "
            "Every row of each table is in a CSV file beside this page.",
        ]

    def add(self, *lines: str) -> None:
        self.lines += ["", *lines]

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A table, the first column of words."""
        self.add(
            "| " + " | ".join(head) + " |",
            "|---|" + "---:|" * (len(head) - 1),
            *("| " + " | ".join(row) + " |" for row in rows),
        )

    def demokin(self, cells: Sequence[Row], cohorts: Sequence[Row]) -> None:
        """Section on the one-sex models."""
        self.add("## Women through women: DemoKin and exact expectation")
        z = np.array([row["z_exact"] for row in (*cells, *cohorts)])
        self.add(
            f"{z.size} cells (9 kin types; three dates by five-year age, five cohorts by age). Against the exact month-time "
            f"model: mean of (simulated - expected) / standard error {z.mean():+.2f}, its root mean square "
            f"{np.sqrt((z**2).mean()):.2f}, the largest {np.abs(z).max():.2f}."
        )
        for name, rows in (("dates", cells), ("cohorts", cohorts)):
            out = [row for row in rows if row["within"] == "no"]
            inside = (
                f"{len(rows) - len(out)} of {len(rows)} cells within four standard errors or the tolerance"
            )
            self.add(f"Against DemoKin, {name}: {inside}.")
        self.add(
            "![Kin by age](demokin.svg)",
            "",
            "Solid: simulated; dashed: exact; dotted: DemoKin. Living kin by age of ego.",
        )
        self.add(
            "Start of 2021, by age of ego: simulated (standard error), per cent off DemoKin, per cent DemoKin is off exact."
        )
        ages = (0, 20, 40, 60, 80)
        now = {(row["kin"], row["age"]): row for row in cells if row["year"] == 2021}
        self.table(
            ["kin", *(f"{age}-{age + 4}" for age in ages)],
            ([kin.replace("_", " "), *(_compared(now.get((kin, age))) for age in ages)] for kin in TOLERANCE),
        )
        self.add(
            "Cells out of tolerance, all dates and cohorts; the last column shows that it is the whole-year model that is off:"
        )
        self.table(
            ["kin", "when", "age", "simulated (se)", "DemoKin", "off, %", "exact", "DemoKin off exact, %"],
            (
                [
                    row["kin"].replace("_", " "),
                    f"{row['year']}" if "year" in row else f"cohort {row['cohort']}",
                    str(row["age"]),
                    f"{row['simulated']:.3f} ({row['se']:.3f})",
                    f"{row['demokin']:.3f}",
                    f"{row['off_demokin_percent']:+.1f}",
                    f"{row['exact']:.3f}",
                    f"{100 * (row['demokin'] / row['exact'] - 1):+.1f}",
                ]
                for row in (*cells, *cohorts)
                if row["within"] == "no"
            ),
        )

    def two_sex(self, rows: Sequence[Row]) -> None:
        """Section on the two-sex models."""
        self.add("## Both sexes: where the assumptions are the same, and where not")
        self.table(
            [
                "kin of women, start of 2021",
                "age",
                "simulated (se)",
                "DemoKin, men as women",
                "DemoKin, men 3 years older",
            ],
            (
                [
                    row["kin"].replace("_", " ") + ("" if row["same_assumptions"] == "yes" else " *"),
                    f"{row['age']}-{row['age'] + 4}",
                    f"{row['simulated']:.3f} ({row['se']:.3f})",
                    *(
                        f"{row[m]:.3f} ({100 * (row['simulated'] / row[m] - 1):+.1f} %)"
                        if row[m] > 1e-3
                        else f"{row[m]:.3f}"
                        for m in ("androgynous", "men_three_years_older")
                    ),
                ]
                for row in rows
                if row["androgynous"] > 0.01
            ),
        )
        for names, which in ((SAME, "the same assumptions"), (OTHER, "other assumptions about men")):
            off = [
                abs(r["simulated"] / r["androgynous"] - 1)
                for r in rows
                if r["kin"] in names and r["androgynous"] > 0.1
            ]
            words = f"median {100 * np.median(off):.1f} %, at most {100 * max(off):.1f} %"
            self.add(f"Kin by {which}, off the androgynous model: {words}.")
        self.add("\\* other assumptions about men: see the document.")

    def clock(self, rows: Sequence[Row]) -> None:
        """Section on the step of the matrix model."""
        self.add(
            "## The matrix model's clock",
            "",
            "Per cent off exact expectation with steps of a year, half and quarter:",
        )
        self.table(
            ["kin", "exact age", "exact", "1 a year", "2 a year", "4 a year"],
            (
                [
                    row["kin"].replace("_", " "),
                    str(row["age"]),
                    f"{row['exact']:.4f}",
                    *(f"{row[f'off_{n}_percent']:+.2f}" for n in (1, 2, 4)),
                ]
                for row in rows
            ),
        )

    def interval(self, rows: Sequence[Row]) -> None:
        """Section on the birth interval."""
        self.add("## Ten months between births", "", "![Effect by age](interval.svg)")
        self.table(
            ["age", "sisters, no interval", "ten months", "effect, %", "SOCSIM, full siblings, %"],
            (
                [
                    f"{row['age']}-{row['age'] + 4}",
                    f"{row['sisters_no_interval']:.3f}",
                    f"{row['sisters_ten_months']:.3f}",
                    f"{row['effect_percent']:+.1f}",
                    f"{row['socsim_full_siblings_percent']:+.1f}",
                ]
                for row in rows
            ),
        )

    def socsim(self, rows: Sequence[Row]) -> None:
        """Section on the steps to SOCSIM and on to the default."""
        self.add("## From the matrix model to SOCSIM, and to the default", "", "![Kin by age](socsim.svg)")
        self.add(
            "Solid: SOCSIM, B runs; dashed: as near to them as the simulator comes; dotted: the default. By age of ego."
        )
        of = {
            (r["step"], r["kin"]): f"{r['mean']:.4g} ({r['se']:.2g})" for r in rows if r["age_group"] == "all"
        }
        self.add(
            "All ages; standard errors in brackets (between runs for SOCSIM, by families for the others)."
        )
        self.table(
            ["step", *(kin.replace("_", " ") for kin in (*FAR, OLDER))],
            (
                [step, *(of.get((step, kin), "") for kin in (*FAR, OLDER))]
                for step in dict.fromkeys(row["step"] for row in rows)
            ),
        )

    def write(self) -> None:
        """README.md of the folder."""
        (FOLDER / "README.md").write_text("\n".join(self.lines) + "\n", encoding="utf-8")


def _compared(row: Row | None) -> str:
    if row is None:
        return "."
    off = 100 * (row["demokin"] / row["exact"] - 1)
    return f"{row['simulated']:.3f} ({row['se']:.3f}), {row['off_demokin_percent']:+.1f}, {off:+.1f}"


if __name__ == "__main__":
    main()
