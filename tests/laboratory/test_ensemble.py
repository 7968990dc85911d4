"""Ensembles: what is registered, what stands in each folder, what a second look at them says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import SMALL
from tests.laboratory.conftest import digests, jobs
from tests.laboratory.misbehaving import antidote, poison
from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import Parameters
from yeonjwa.laboratory import ensemble, lease, plan, playing
from yeonjwa.laboratory.ensemble import Event
from yeonjwa.laboratory.scenario import Change, apply, load


def test_everything_is_registered_before_the_first_run_starts(sweep: tuple[Path, list[Event]]) -> None:
    out, events = sweep
    assert (events[0].kind, events[0].runs["PENDING"], events[0].total) == ("registered", 5, 5)
    assert (events[-1].kind, events[-1].runs["SUCCEEDED"], events[-1].left) == ("ended", 5, 0)
    assert {(e.run, e.state) for e in events if e.kind == "run"} == {
        (row["run"], state) for row in plan.read(out)["runs"] for state in ("RUNNING", "SUCCEEDED")
    }
    lines = [json.loads(line) for line in (out / plan.JOURNAL).read_text("utf-8").splitlines()]
    assert lines[0] | {"at": ""} == {"at": "", "event": "registered", "total": 5, "missing": 5}


def test_names_do_not_depend_on_workers_and_nothing_else_is_left(sweep: tuple[Path, list[Event]]) -> None:
    out, _ = sweep
    assert {entry.name for entry in out.iterdir()} == {plan.PLAN, plan.JOURNAL, plan.RUNS}
    assert {entry.name for entry in (out / plan.RUNS).iterdir()} == {
        "baseline-2", "baseline-3", "liability_off-2", "liability_off-3", "first-1"
    }  # fmt: skip


def test_a_run_is_what_the_command_run_writes(sweep: tuple[Path, list[Event]], run_folder: Path) -> None:
    out, _ = sweep
    folder = out / plan.RUNS / "first-1"
    assert {file.name for file in folder.iterdir()} == {
        "manifest.json", "scenario.toml", "series.parquet", "flows.parquet", "measures.json"
    }  # fmt: skip
    for name in ("scenario.toml", "series.parquet", "flows.parquet"):
        assert (folder / name).read_bytes() == (run_folder / name).read_bytes()
    ours, theirs = (
        json.loads((place / "manifest.json").read_text("utf-8")) for place in (folder, run_folder)
    )
    left_out = {"created", "resources", "files", "threads"}
    assert {k: v for k, v in ours.items() if k not in left_out} == {
        k: v for k, v in theirs.items() if k not in left_out
    }
    assert set(ours["files"]) == {file.name for file in folder.iterdir()} - {"manifest.json"}


def test_shared_genealogies_change_nothing(sweep: tuple[Path, list[Event]], tmp_path: Path) -> None:
    out, _ = sweep
    assert (
        json.loads((out / "runs/liability_off-2/manifest.json").read_text("utf-8"))["resources"]["stages"][0][
            "stage"
        ]
        == "shared genealogy"
    )
    known = plan.write(tmp_path / "alone", jobs(2, names=("liability_off",)))
    playing.play(plan.task(tmp_path / "alone", known, known["runs"][0], share=False))
    assert digests(tmp_path / "alone")["liability_off-2"] == digests(out)["liability_off-2"]


def test_the_people_depend_on_their_groups_of_parameters_only() -> None:
    from yeonjwa.laboratory.run import grow

    parameters = load().parameters
    people = Parameters(
        {path: p for path, p in parameters.items_.items() if path.split(".")[0] in plan.PEOPLE}
    )
    alone, all_of_them = (grow(given, 0.002, 1, SMALL["last"]) for given in (people, parameters))
    arrays = {name: value for name, value in vars(alone.pedigree).items() if isinstance(value, np.ndarray)}
    assert len(arrays) > 5
    for name, value in arrays.items():
        np.testing.assert_array_equal(value, getattr(all_of_them.pedigree, name))
    assert alone.rates == all_of_them.rates


def test_table_has_one_row_a_run(sweep: tuple[Path, list[Event]]) -> None:
    out, _ = sweep
    table = ensemble.table(out)
    assert list(table["run"]) == ["baseline-2", "baseline-3", "liability_off-2", "liability_off-3", "first-1"]
    assert list(table["arm"]) == ["baseline", "baseline", "liability_off", "liability_off", ""]
    assert set(table["state"]) == {"SUCCEEDED"}
    off = table["design"] == "liability_off"
    assert (table["belief.true"][off] == 0).all()
    assert (table["belief.true"][~off] > 0).all()
    assert table["population.alive"][0] == ensemble.measures(out, "baseline-2")["population.alive"]


def test_an_ensemble_is_not_overwritten(sweep: tuple[Path, list[Event]]) -> None:
    out, _ = sweep
    before = digests(out)
    with pytest.raises(InputError, match="nothing is overwritten"):
        ensemble.run(out, jobs(1))
    stamps = {file: file.stat().st_mtime_ns for file in out.glob("runs/*/*")}
    assert ensemble.resume(out).complete
    assert {file: file.stat().st_mtime_ns for file in out.glob("runs/*/*")} == stamps
    assert digests(out) == before


def test_jobs_that_cannot_be_run_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    (job,) = jobs(1, names=("baseline",))
    for wrong, words in (
        ([], "one or more"),
        ([job, job], "each name and seed once"),
        ([replace(job, name="../baseline")], "letters"),
        ([replace(job, scale=2.0)], "share of the real country"),
        ([replace(job, first=job.last + 1)], "first not after last"),  # type: ignore[operator]
    ):
        with pytest.raises(InputError, match=words):
            ensemble.run(tmp_path / "sweep", wrong)
    hidden = replace(job.scenario, parameters=apply(job.scenario.parameters, Change("flight.a0", value=-9.0)))
    with pytest.raises(InputError, match="by its changes only"):
        ensemble.run(tmp_path / "sweep", [replace(job, scenario=hidden)])
    assert not (tmp_path / "sweep").exists()


def test_another_installation_does_not_mix_its_runs_in(tmp_path: Path) -> None:
    plan.write(tmp_path / "sweep", jobs(1))
    content = json.loads((tmp_path / "sweep" / plan.PLAN).read_text("utf-8"))
    (tmp_path / "sweep" / plan.PLAN).write_text(json.dumps(content | {"code": "0" * 64}), encoding="utf-8")
    with pytest.raises(InputError, match="would not match"):
        ensemble.resume(tmp_path / "sweep")
    with pytest.raises(InputError, match="that `yeonjwa ensemble run` wrote"):
        ensemble.status(tmp_path)


def test_states_follow_folders_first_and_the_journal_second(tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    known = plan.write(out, jobs(1, 2, 3))
    (out / plan.RUNS / "baseline-1").mkdir()
    journal = plan.Journal(out)
    for run, state in (("baseline-2", "RUNNING"), ("baseline-3", "FAILED"), ("liability_off-1", "SUCCEEDED")):
        journal.add(run=run, state=state, error="why")
    journal.close()
    with (out / plan.JOURNAL).open("a", encoding="utf-8") as file:
        file.write('{"run": "baseline-3", "sta')
    again = plan.Journal(out)
    again.add(run="liability_off-2", state="CANCELLED")
    again.close()
    expected = ["SUCCEEDED", "RUNNING", "FAILED", "PENDING", "CANCELLED", "PENDING"]
    assert list(plan.states(out, known, alive=True).values()) == expected
    assert list(plan.states(out, known, alive=False).values()) == [
        "PENDING" if state == "RUNNING" else state for state in expected
    ]
    found = ensemble.status(out)
    assert sum(found.runs.values()) == 6
    assert not found.complete
    assert found.troubles == [{"run": "baseline-3", "state": "FAILED", "error": "why", "attempts": None}]


def test_runs_that_are_poison_are_named_and_the_others_go_on(tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    known = plan.write(out, jobs(1, 2, 3))
    events: list[Event] = []
    found = ensemble.work(out, known, workers=2, play=poison, progress=events.append)
    assert {state: n for state, n in found.runs.items() if n} == {"SUCCEEDED": 4, "FAILED": 1, "CRASHED": 1}
    crashed, failed = found.troubles
    assert (crashed["run"], crashed["state"], crashed["attempts"]) == ("baseline-2", "CRASHED", 3)
    assert "SIGKILL" in crashed["error"]
    assert (failed["run"], failed["error"]) == ("baseline-3", "ArithmeticError: negative rice")
    assert [event.run for event in events if event.kind == "retry"] == ["baseline-2"] * 2
    again: list[Event] = []
    assert ensemble.work(out, known, workers=2, play=antidote, progress=again.append).complete
    assert {event.run for event in again if event.run} == {"baseline-2", "baseline-3"}


def test_fail_fast_leaves_the_rest_cancelled(tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    known = plan.write(out, jobs(3, 4, 5, names=("baseline",)))
    found = ensemble.work(out, known, workers=1, play=poison, fail_fast=True)
    assert {state: n for state, n in found.runs.items() if n} == {"FAILED": 1, "CANCELLED": 2}


def test_two_do_not_work_on_one_ensemble(tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    plan.write(out, jobs(1))
    with lease.holding(out):
        held = ensemble.status(out).lease
        assert held is not None
        assert held["left_s"] > 50
        with pytest.raises(InputError, match="nobody works on"):
            ensemble.resume(out)
    assert ensemble.status(out).lease is None


def test_a_lease_of_a_dead_process_is_taken_back_at_once_and_of_another_machine_in_time(
    tmp_path: Path,
) -> None:
    import os
    import subprocess
    import sys

    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True
    )
    content = {"process": int(dead.stdout), "machine": lease._machine(), "began": "1"}
    (tmp_path / lease.NAME).write_text(json.dumps(content), encoding="utf-8")
    found = lease.look(tmp_path)
    assert found is not None
    assert not found.holds
    with lease.holding(tmp_path):
        pass
    (tmp_path / lease.NAME).write_text(json.dumps(content | {"machine": "other"}), encoding="utf-8")
    found = lease.look(tmp_path)
    assert found is not None
    assert found.holds
    old = (tmp_path / lease.NAME).stat().st_mtime - lease.LENGTH - 1
    os.utime(tmp_path / lease.NAME, (old, old))
    with lease.holding(tmp_path):
        assert lease.look(tmp_path).here  # type: ignore[union-attr]
    assert not (tmp_path / lease.NAME).exists()


def test_columns_of_the_table_hold_numbers_or_texts() -> None:
    assert np.isnan(ensemble._column([1, None])[1])
    assert list(ensemble._column(["a", None, 1])) == ["a", "", "1"]
