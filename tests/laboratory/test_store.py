"""The run folder has the files, columns, types and order that its description promises."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import jsonschema
import numpy as np
import pytest

from yeonjwa.core.calendar import NEVER, month_index
from yeonjwa.core.columns import write_parquet
from yeonjwa.core.errors import InputError
from yeonjwa.core.provenance import Meter, manifest_schema
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.laboratory import store
from yeonjwa.laboratory.run import Run
from yeonjwa.laboratory.scenario import load, to_toml
from yeonjwa.society.codes import PROVINCES
from yeonjwa.society.recorder import EVENT_KINDS

START = month_index(2005, 1)


def couple_with_child() -> Pedigree:
    """Two founders, their union and one child."""
    return Pedigree(
        birth=np.array([month_index(1970), month_index(1972), month_index(1995)], np.int16),
        death=np.array([month_index(2040), NEVER, month_index(2010)], np.int16),
        sex=np.array([1, 0, 0], np.int8),
        region=np.array([0, 0, 0], np.int16),
        birth_union=np.array([-1, -1, 0], np.int32),
        wife=np.array([1], np.int32),
        husband=np.array([0], np.int32),
        start=np.array([month_index(1994)], np.int16),
        first_child=np.array([2, 3], np.int32),
        union_offset=np.array([0, 1, 2, 2], np.int32),
        union_list=np.array([0, 0], np.int32),
        region_province=np.array([9], np.int8),
        provinces=PROVINCES,
        first_month=month_index(1790),
        last_month=month_index(2005, 2),
        info={"achieved_living": 3, "seconds": {"all": 1.0}, "coverage": {1990: np.float64(0.5)}},
    )


def small_result() -> SimpleNamespace:
    def text(*values: str) -> np.ndarray:
        return np.array(values, dtype=object)

    return SimpleNamespace(
        series={
            "month": np.array([START + 1, START, START], np.int32),
            "measure": text("flight.arrivals", "flight.arrivals", "flight.arrivals"),
            "dimension": text("total", "total", "sex"),
            "level": text("total", "total", "female"),
            "value": np.array([0.0, 100.0, 100.0]),
            "unit": text("persons", "persons", "persons"),
        },
        events={
            "month": np.array([START + 1, START], np.int32),
            "kind": text("hint", "arrived"),
            "person": np.array([2, 2], np.int32),
            "other": np.array([1, -1], np.int32),
            "degree": np.array([1, -1], np.int16),
            "value": np.array([2.5, np.nan]),
        },
        flows={
            "year": np.array([2005], np.int32),
            "from": text("official"),
            "to": text("ryanggang"),
            "amount": np.array([250.0]),
            "motive": text("hint"),
        },
        persons={
            "whereabouts": np.array([1, 1, 5], np.int8),
            "songbun": np.array([0, 1, 2], np.int8),
            "party": np.array([1, 0, 0], np.int8),
            "post": np.array([2, 0, 0], np.int8),
            "province": np.array([9, 9, 9], np.int8),
            "household": np.array([0, 0, -1], np.int32),
            "record": np.array([0, 0, 3], np.int8),
            "unborn": np.zeros(3, bool),
        },
        family={},
        notes=["the post senior has no holder at this scale"],
    )


def small_run(scale: float = 0.01) -> Run:
    scenario = replace(load("baseline"), first=START, last=START + 1, scale=scale)
    rates = {"source": "none", "sha256": "0" * 64}
    return Run(
        scenario,
        scale,
        1,
        START,
        START + 1,
        2,
        3,
        rates,
        couple_with_child(),
        small_result(),
        ("a note",),
        Meter(),
    )


def written(tmp_path: Path, **options: Any) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path / "run"
    folder.mkdir()
    return folder, store.write(small_run(**options), folder)


def rows(folder: Path, file: str, query: str = "select * from") -> list[tuple[Any, ...]]:
    return duckdb.execute(f"{query} read_parquet('{folder / file}')").fetchall()


def test_series_is_sorted_tidy_and_dated(tmp_path: Path) -> None:
    folder, _ = written(tmp_path)
    described = rows(folder, "series.parquet", "describe select * from")
    assert [row[:2] for row in described] == [
        ("month", "DATE"),
        ("measure", "VARCHAR"),
        ("dimension", "VARCHAR"),
        ("level", "VARCHAR"),
        ("value", "DOUBLE"),
        ("unit", "VARCHAR"),
    ]
    found = [(str(r[0]), *r[1:]) for r in rows(folder, "series.parquet")]
    assert found == [
        ("2005-01-01", "flight.arrivals", "sex", "female", 100.0, "persons"),
        ("2005-01-01", "flight.arrivals", "total", "total", 100.0, "persons"),
        ("2005-02-01", "flight.arrivals", "total", "total", 0.0, "persons"),
    ]


def test_events_and_flows(tmp_path: Path) -> None:
    folder, _ = written(tmp_path)
    assert [(str(r[0]), *r[1:]) for r in rows(folder, "events.parquet")] == [
        ("2005-01-01", "arrived", 2, None, None, None),
        ("2005-02-01", "hint", 2, 1, 1, 2.5),
    ]
    assert [r[0] for r in rows(folder, "flows.parquet", "describe select * from")] == [
        "year",
        "from",
        "to",
        "amount",
        "motive",
    ]
    assert rows(folder, "flows.parquet") == [(2005, "official", "ryanggang", 250.0, "hint")]


def test_events_are_sorted_by_all_their_columns(tmp_path: Path) -> None:
    rng, n = np.random.default_rng(5), 4000
    events = {
        "month": rng.integers(START, START + 3, n).astype(np.int32),
        "kind": np.array(EVENT_KINDS, dtype=object)[rng.integers(0, len(EVENT_KINDS), n)],
        "person": rng.integers(0, 30, n).astype(np.int32),
        "other": rng.integers(-1, 2, n).astype(np.int32),
        "degree": rng.integers(-1, 2, n).astype(np.int16),
        "value": rng.choice([-1.0, 0.0, 2.5, np.nan], n),
    }
    store._write_events(events, tmp_path / "events.parquet")
    # The slow way: the database sorts by every column.
    types = {"month": "month", "other": "id", "degree": "id", "value": "DOUBLE"}
    write_parquet(tmp_path / "slow.parquet", events, types=types, order_by=tuple(events))
    assert (tmp_path / "events.parquet").read_bytes() == (tmp_path / "slow.parquet").read_bytes()


def test_everyone_has_an_end_state_in_words(tmp_path: Path) -> None:
    folder, _ = written(tmp_path)
    found = rows(
        folder, "persons.parquet", "select whereabouts, songbun, party, post, home_province, record from"
    )
    assert found == [
        ("home", "core", True, "official", "ryanggang", "none"),
        ("home", "wavering", False, None, "ryanggang", "none"),
        ("south", "hostile", False, None, "ryanggang", "confirmed"),
    ]
    assert rows(folder, "unions.parquet", "select wife, husband from") == [(1, 0)]


@pytest.mark.parametrize(
    ("scale", "keep", "kept"), [(0.1, False, True), (0.11, False, False), (0.11, True, True)]
)
def test_everyone_is_kept_up_to_a_tenth_or_when_asked(
    tmp_path: Path, scale: float, keep: bool, kept: bool
) -> None:
    store.write(small_run(scale), tmp_path, keep_pedigree=keep)
    assert (tmp_path / "persons.parquet").is_file() == kept
    assert (tmp_path / "unions.parquet").is_file() == kept


def test_manifest_fits_its_schema_and_its_files(tmp_path: Path) -> None:
    folder, manifest = written(tmp_path)
    on_disk = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert on_disk == manifest
    jsonschema.validate(on_disk, manifest_schema(), cls=jsonschema.Draft202012Validator)
    assert set(manifest["files"]) == {p.name for p in folder.iterdir()} - {"manifest.json"}
    for name, entry in manifest["files"].items():
        content = (folder / name).read_bytes()
        assert entry == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    assert manifest["scenario"]["sha256"] == manifest["files"]["scenario.toml"]["sha256"]
    assert manifest["living"] == {"at": "2005-01", "expected": 3, "achieved": 3}
    assert manifest["notes"] == ["a note"]
    assert "seconds" not in manifest["pedigree"]


def test_parameters_carry_value_range_grade_and_sources(tmp_path: Path) -> None:
    _, manifest = written(tmp_path)
    parameters = {row["path"]: row for row in manifest["parameters"]}
    assert set(parameters) == set(load("baseline").parameters)
    alpha = parameters["support.alpha"]
    assert alpha["low"] <= alpha["value_start"] <= alpha["high"]
    assert not any(row["changed"] for row in parameters.values())
    cited = {source for row in parameters.values() for source in row["sources"]}
    assert cited <= {row["id"] for row in manifest["citations"]}


def test_scenario_in_the_folder_repeats_the_run(tmp_path: Path) -> None:
    folder, manifest = written(tmp_path)
    again = load(folder / "scenario.toml")
    assert (again.first, again.last, again.scale) == (START, START + 1, 0.01)
    assert again.parameters.digest() == manifest["parameter_hash"]
    assert manifest["command"] == "yeonjwa run baseline --scale 0.01 --seed 1 --from 2005-01 --to 2005-02"


def test_own_scenario_is_repeated_from_the_folder(tmp_path: Path) -> None:
    file = tmp_path / "baseline.toml"
    text = to_toml(load("baseline")) + '\n[[change]]\npath = "support.alpha"\nvalue = 4.5\n'
    file.write_text(text if 'base = "baseline"' in text else 'base = "baseline"\n' + text, encoding="utf-8")
    run = replace(small_run(), scenario=load(file))
    assert store.run_command(run).startswith("yeonjwa run scenario.toml ")
    changed = [
        row["path"] for row in store.parameter_rows(run.scenario.parameters, START, START) if row["changed"]
    ]
    assert changed == ["support.alpha"]


def test_small_countries_are_flagged() -> None:
    assert store.finite_size(0.0499)["measures"]
    assert store.finite_size(0.05) == {**store.finite_size(0.05), "flagged": False, "measures": []}


def test_seal_takes_in_what_was_added(tmp_path: Path) -> None:
    folder, _ = written(tmp_path)
    (folder / "report.html").write_text("<p>연좌")
    meter = Meter()
    with meter.stage("report"):
        pass
    sealed = store.seal(folder, meter)
    assert sealed["files"]["report.html"]["bytes"] == 9
    assert sealed["resources"]["stages"][-1]["stage"] == "report"
    assert store.read_manifest(folder) == sealed
    assert store.foreign_files(folder) == []
    (folder / "notes.txt").write_text("mine")
    assert store.foreign_files(folder) == ["notes.txt"]


def test_manifests_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a folder that yeonjwa wrote"):
        store.read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text('{"software": "yeonjwa", "schema": "2.0"}')
    with pytest.raises(InputError, match=r"up to 1\.0"):
        store.read_manifest(tmp_path)


def test_plain_data() -> None:
    given = {1: (np.float32(0.5), np.int8(3), np.bool_(True)), "a": np.array([1.0, np.inf]), "b": None}
    assert store.plain(given) == {"1": [0.5, 3, True], "a": [1.0, None], "b": None}


def test_long_parts_of_a_manifest_are_put_into_words_once_and_the_same(run_folder: Path) -> None:
    from yeonjwa.laboratory import store
    from yeonjwa.laboratory.scenario import load

    scenario = load()
    rows, cited = store._about(scenario, scenario.parameters.digest(), scenario.first, scenario.last)
    again = store._about(scenario, scenario.parameters.digest(), scenario.first, scenario.last)
    assert (rows is again[0], cited is again[1]) == (True, True)
    manifest = {
        **store.read_manifest(run_folder),
        "parameters": rows,
        "citations": cited,
        "empty": {},
        "text": "a\nb",
    }
    assert store._manifest_text(manifest) == store._json(manifest)
    assert rows == store.plain(store.parameter_rows(scenario.parameters, scenario.first, scenario.last))
