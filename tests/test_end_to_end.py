"""The commands on the real engine, at the smallest scale: what a newcomer sees."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import jsonschema
import pytest

from yeonjwa import cli
from yeonjwa.core.provenance import manifest_schema

SMALL = ("--scale", "0.002", "--from", "2005-01", "--to", "2005-06")
FILES = {"scenario.toml", "series.parquet", "events.parquet", "flows.parquet", "family.json", "report.html"}
PEOPLE = {"persons.parquet", "unions.parquet"}


def command(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "yeonjwa", *arguments], capture_output=True, text=True, check=False, **options
    )


def hashes(manifest: dict[str, dict[str, dict[str, str]]]) -> dict[str, str]:
    return {name: entry["sha256"] for name, entry in manifest["files"].items() if name != "report.html"}


@pytest.fixture(scope="module")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, dict[str, dict[str, str]]]]:
    """One seed twice, on one thread and on two, each in a process of its own; and another seed."""
    folder = tmp_path_factory.mktemp("seeds")
    found = []
    for name, seed, threads in (("a", "5", "1"), ("b", "5", "2"), ("c", "6", "1")):
        done = command(
            "run", *SMALL, "--seed", seed, "--threads", threads, "--out", str(folder / name), "--json"
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        found.append(json.loads(done.stdout))
    return found


def test_one_seed_gives_equal_bytes_on_any_number_of_threads(
    manifests: list[dict[str, dict[str, dict[str, str]]]],
) -> None:
    one, two, other = map(hashes, manifests)
    assert set(one) >= FILES - {"report.html"} | PEOPLE
    assert one == two
    assert one["series.parquet"] != other["series.parquet"]
    assert one["scenario.toml"] == other["scenario.toml"]


def test_run_folder_is_complete_and_fits_its_manifest(run_folder: Path) -> None:
    manifest = json.loads((run_folder / "manifest.json").read_text("utf-8"))
    jsonschema.validate(manifest, manifest_schema(), cls=jsonschema.Draft202012Validator)
    names = {path.name for path in run_folder.iterdir()}
    assert FILES | PEOPLE | {"manifest.json"} <= names
    assert set(manifest["files"]) == names - {"manifest.json"}
    assert [stage["stage"] for stage in manifest["resources"]["stages"]] == [
        "genealogy",
        "society",
        "files",
        "report",
    ]
    assert abs(manifest["living"]["achieved"] / manifest["living"]["expected"] - 1) < 0.1


def test_series_has_one_total_a_month_for_every_measure(run_folder: Path) -> None:
    series = f"read_parquet('{run_folder / 'series.parquet'}')"
    uneven = duckdb.execute(
        f"select measure, count(*) n from {series} where dimension = 'total' and level = 'total' group by measure having n <> 24"
    ).fetchall()
    assert uneven == []
    twice = duckdb.execute(
        f"select month, measure, dimension, level from {series} group by all having count(*) > 1"
    ).fetchall()
    assert twice == []
    keys = duckdb.execute(f"select month, measure, dimension, level from {series}").fetchall()
    assert keys == sorted(keys)
    units = duckdb.execute(f"select distinct unit from {series}").fetchall()
    assert {u for (u,) in units} <= {"persons", "events", "ties", "households", "baskets", "probability"}


def test_everyone_alive_is_in_the_country_of_the_series(run_folder: Path) -> None:
    """End states and the last month of the series are two counts of the same people."""
    persons = f"read_parquet('{run_folder / 'persons.parquet'}')"
    (camp,) = duckdb.execute(f"select count(*) from {persons} where whereabouts = 'camp'").fetchall()[0]
    (stock,) = duckdb.execute(
        f"select value from read_parquet('{run_folder / 'series.parquet'}') "
        "where measure = 'camp.stock' and dimension = 'total' order by month desc limit 1"
    ).fetchall()[0]
    assert camp / 0.002 == pytest.approx(stock)


def test_result_is_replaced_only_when_asked(run_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run_folder, folder)
    before = (folder / "series.parquet").read_bytes()
    refused = command("run", *SMALL, "--out", str(folder))
    assert refused.returncode == 2
    assert "--overwrite" in refused.stderr
    assert (folder / "series.parquet").read_bytes() == before
    done = command("run", *SMALL, "--out", str(folder), "--overwrite")
    assert done.returncode == 0, done.stderr
    assert (folder / "series.parquet").read_bytes() != before
    assert os.listdir(tmp_path) == ["run"]
    assert f"Report: {folder / 'report.html'}" in done.stdout
    assert "genealogy" in done.stderr
    assert "\x1b" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of Unix")
def test_full_disk_leaves_nothing_but_what_is_needed_to_go_on(tmp_path: Path) -> None:
    """A limit on the size of files fails the same system call as a full disk."""
    script = (
        "import resource, sys; from yeonjwa import cli; import yeonjwa.workflow, yeonjwa.laboratory.store as store; "
        "write = store.write\n"
        "def limited(*a, **k):\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        "    return write(*a, **k)\n"
        "store.write = limited\n"
        "sys.exit(cli.main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "run", *SMALL, "--out", str(tmp_path / "new" / "run"), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "enough free space" in json.loads(done.stderr)["error"]["allowed"]
    assert os.listdir(tmp_path / "new") == [".run.unfinished"]
    assert sorted(os.listdir(tmp_path / "new" / ".run.unfinished")) == ["run.json", "scenario.toml", "state"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interruption_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    arguments = [
        "run",
        "--scale",
        "0.01",
        "--from",
        "1990-01",
        "--to",
        "2024-12",
        "--out",
        str(tmp_path / "run"),
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "yeonjwa", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not os.listdir(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert os.listdir(tmp_path) != []
    time.sleep(0.5)
    process.send_signal(number)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "interrupted" in err
    assert "Traceback" not in err
    assert os.listdir(tmp_path) == []


def test_population_and_its_kin(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "pop"
    arguments = [
        "population",
        "--country",
        "PRK",
        "--living",
        "3000",
        "--at",
        "2000-12",
        "--out",
        str(folder),
        "--json",
    ]
    assert cli.main(arguments) == 0
    manifest = json.loads(capsys.readouterr().out)
    jsonschema.validate(manifest, manifest_schema(), cls=jsonschema.Draft202012Validator)
    assert set(manifest["files"]) >= PEOPLE
    assert cli.main(["kin", str(folder), "--by-age", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert set(rows[0]) == {"kin", "age_group", "sex_ego", "line", "n_ego", "mean_living", "se_living"}
    assert cli.main(["kin", str(folder), "--by-age"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(rows) + 1


def test_kin_takes_a_run_and_says_which_months_it_has(
    run_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["kin", str(run_folder), "--by-age", "--at", "2005-06", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    children = [r for r in rows if r["kin"] == "children" and r["sex_ego"] == "all" and r["line"] == "all"]
    assert max(r["mean_living"] for r in children if r["n_ego"]) > 1
    assert cli.main(["kin", str(run_folder), "--by-age", "--at", "2007-01", "--json"]) == 2
    assert json.loads(capsys.readouterr().err)["error"]["where"] == "--at"
