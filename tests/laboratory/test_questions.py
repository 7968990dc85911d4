"""Questions in SQL to an ensemble, to a run, and to a folder of runs."""

from __future__ import annotations

import csv
import datetime
import io
import json
import math
import os
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import SMALL
from yeonjwa import laboratory
from yeonjwa.core.columns import read_parquet
from yeonjwa.core.errors import InputError
from yeonjwa.laboratory import ensemble, plan, questions
from yeonjwa.laboratory.ensemble import Event
from yeonjwa.laboratory.measures import summarise

Sweep = tuple[Path, list[Event]]


@pytest.fixture(scope="module")
def results(sweep: Sweep) -> questions.Results:
    return laboratory.open(sweep[0])


def test_series_of_all_runs_are_one_table(results: questions.Results, sweep: Sweep) -> None:
    found = results.sql(
        "select run, design, seed, sum(value) as value, any_value(unit) as unit from series "
        "where measure = 'population.alive' and dimension = 'total' group by all order by run"
    )
    assert (found.columns, found.runs) == (("run", "design", "seed", "value", "unit"), 5)
    for run, design, seed, value, unit in found.rows:
        series = read_parquet(sweep[0] / plan.RUNS / run / "series.parquet")
        rows = (series["measure"] == "population.alive") & (series["dimension"] == "total")
        assert (f"{design}-{seed}", unit) == (run, "persons")
        assert value == series["value"][rows].sum()


def test_measures_have_units_and_designs_can_be_asked_for(results: questions.Results) -> None:
    found = results.sql(
        "select design, arm, measure, avg(value) as mean, any_value(unit) as unit from measures join runs using (run, design) "
        "where measure in ('flight.arrivals', 'population.alive', 'enforcement.reach') group by all order by all"
    ).records()
    assert {row["measure"]: row["unit"] for row in found} == {
        "flight.arrivals": "persons a year", "population.alive": "persons", "enforcement.reach": "persons"
    }  # fmt: skip
    assert {row["design"]: row["arm"] for row in found} == {
        "baseline": "baseline", "liability_off": "liability_off", "first": None
    }  # fmt: skip
    assert all(unit for unit in map(questions.unit_of, summarised(results)))


def summarised(results: questions.Results) -> list[str]:
    return [row[0] for row in results.sql("select distinct measure from measures").rows]


def test_provenance_leads_back_to_the_run(results: questions.Results, sweep: Sweep) -> None:
    (row,) = results.sql("select * from provenance where run = ?", ["first-1"]).records()
    manifest = json.loads((sweep[0] / plan.RUNS / "first-1" / "manifest.json").read_text("utf-8"))
    assert row["series_sha256"] == manifest["files"]["series.parquet"]["sha256"]
    assert row["parameter_hash"] == manifest["parameter_hash"]
    assert row["command"].startswith("yeonjwa run baseline --scale 0.002 --seed 1 ")
    assert results.sql("select 1").source["code"] == plan.read(sweep[0])["code"]


def test_flows_have_a_unit(results: questions.Results) -> None:
    (row,) = results.sql(
        "select sum(amount), any_value(unit), min(\"from\") is not null from flows where run = 'first-1'"
    ).rows
    assert row[0] > 0
    assert row[1:] == ("baskets a year", True)


def test_a_run_and_a_folder_of_runs_answer_too(run_folder: Path, sweep: Sweep, tmp_path: Path) -> None:
    os.symlink(run_folder, tmp_path / "first")
    os.symlink(sweep[0] / plan.RUNS / "baseline-2", tmp_path / "second")
    asked = "select run, design, seed from runs order by run"
    assert laboratory.open(tmp_path).sql(asked).rows == [("first", "baseline", 1), ("second", "baseline", 2)]
    with laboratory.open(run_folder) as single:
        assert single.sql(asked).rows == [(run_folder.name, "baseline", 1)]
        ours = dict(single.sql("select measure, value from measures").rows)
        assert ours == summarise(read_parquet(run_folder / "series.parquet"))
        table = single.table()
    assert table["population.alive"][0] == ours["population.alive"]
    with pytest.raises(InputError, match="a folder with runs in it"):
        laboratory.open(tmp_path / "third")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("drop table runs", "one statement that selects"),
        ("select 1; select 2", "one statement that selects"),
        ("copy runs to 'x.csv'", "one statement that selects"),
        ("set enable_external_access = true", "one statement that selects"),
        ("select * from read_text('/etc/passwd')", "Cannot access file"),
        ("select * from read_parquet('*.parquet')", "Cannot access|No files found"),
        ("select nothing from runs", "Referenced column"),
        ("selekt", "syntax error"),
        ("select * from secrets", "does not exist"),
    ],
)
def test_what_is_no_question_is_refused(results: questions.Results, query: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        results.sql(query)


def test_answers_are_written_as_csv_and_parquet_once(results: questions.Results, tmp_path: Path) -> None:
    found = results.sql(
        "select run, month, value, case when seed = 2 then 1.5 end as half, seed > 2 as later, sum(seed) over () as total "
        "from series where measure = 'camp.stock' and dimension = 'total' order by run, month"
    )
    found.write(tmp_path / "answer.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "answer.csv").read_text("utf-8"))))
    assert tuple(rows[0]) == found.columns
    assert rows[1][:2] == ["baseline-2", "2005-01-01"]
    assert [float(row[2]) for row in rows[1:]] == [row[2] for row in found.rows]
    found.write(tmp_path / "answer.parquet")
    back = read_parquet(tmp_path / "answer.parquet")
    np.testing.assert_array_equal(back["value"], found.arrays()["value"])
    assert list(back["run"]) == [row[0] for row in found.rows]
    assert math.isnan(back["half"][-1])
    assert back["month"][0] == SMALL["first"]
    for name, words in (
        ("answer.csv", "nothing is overwritten"),
        ("answer.txt", "ends with .csv or .parquet"),
    ):
        with pytest.raises(InputError, match=words):
            found.write(tmp_path / name)


def test_answers_are_shown_as_text_and_in_a_notebook(results: questions.Results) -> None:
    found = results.sql(
        "select run, seed, error, date '2005-01-01' as day, '<b>' as sign from runs order by run"
    )
    assert found.rows[0] == ("baseline-2", 2, None, datetime.date(2005, 1, 1), "<b>")
    assert found.records()[0]["day"] == "2005-01-01"
    assert found.lines()[:2] == [
        "run              seed  error  day         sign",
        "baseline-2          2         2005-01-01  <b>",
    ]
    assert found.lines(2)[-1] == "... 3 more; --out FILE.csv writes all"
    assert "<td>&lt;b&gt;</td>" in found._repr_html_()


def test_measures_as_arrays_with_coordinates(results: questions.Results) -> None:
    xarray = pytest.importorskip("xarray")
    found = results.to_xarray("flight.arrivals")
    assert isinstance(found, xarray.DataArray)
    assert found.dims == ("run", "month")
    assert found.shape == (5, 24)
    assert found.attrs["unit"] == "persons"
    value = results.sql(
        "select value from series where run = 'baseline-3' and measure = 'flight.arrivals' and dimension = 'total' "
        "and month = '2005-03-01'"
    ).rows[0][0]
    assert float(found.sel(run="baseline-3", month="2005-03-01")) == value
    assert bool(found.sel(run="baseline-3", month="2006-03-01").isnull())
    assert list(found.coords["arm"].values) == ["baseline", "baseline", "liability_off", "liability_off", ""]
    by_sex = results.to_xarray("population.alive", "sex")
    assert by_sex.dims == ("run", "month", "level")
    np.testing.assert_allclose(by_sex.sum("level", skipna=False), results.to_xarray("population.alive"))
    with pytest.raises(InputError, match="select distinct measure"):
        results.to_xarray("flight.arrivals", "moon")


def test_an_ensemble_without_results_has_its_table_of_runs(tmp_path: Path) -> None:
    from tests.laboratory.conftest import jobs

    plan.write(tmp_path / "sweep", jobs(1))
    with laboratory.open(tmp_path / "sweep") as empty:
        assert empty.sql("select distinct state from runs").rows == [("PENDING",)]
        assert empty.sql("select count(*) from measures").rows == [(0,)]
        with pytest.raises(InputError, match="has succeeded"):
            empty.sql("select * from series")
    assert set(ensemble.table(tmp_path / "sweep")["state"]) == {"PENDING"}
