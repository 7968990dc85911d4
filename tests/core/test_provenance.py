"""A manifest can name its versions and its resources; its schema is a schema."""

from __future__ import annotations

import sys

import jsonschema
import numpy as np
import pytest

import yeonjwa
from yeonjwa.core.provenance import Meter, manifest_schema, peak_rss_mb, platform_kind, versions


def test_versions() -> None:
    found = versions()
    assert found["yeonjwa"] == yeonjwa.__version__
    assert found["numpy"] == np.__version__
    assert {"python", "numba", "duckdb"} <= set(found)


def test_platform_names_a_kind_and_not_a_machine() -> None:
    assert set(platform_kind()) == {"system", "machine", "implementation"}


def test_schema_is_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(manifest_schema())


def test_meter_sees_time_and_memory_of_each_stage() -> None:
    meter = Meter()
    with meter.stage("large"):
        kept = np.ones(30_000_000)
        total = kept.sum()
    del kept
    with meter.stage("small"):
        pass
    found = meter.as_dict()
    large, small = found["stages"]
    assert total == 30_000_000
    assert [large["stage"], small["stage"]] == ["large", "small"]
    assert found["wall_s"] >= large["wall_s"] > 0
    assert found["cpu_s"] >= large["cpu_s"] > 0
    assert found["peak_rss_mb"] >= large["peak_rss_mb"] > 229


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process reset its high-water mark")
def test_peak_of_a_stage_is_its_own() -> None:
    meter = Meter()
    with meter.stage("large"):
        kept = np.ones(30_000_000)
    del kept
    with meter.stage("small"):
        small_array = np.ones(10)
    large, small = meter.as_dict()["stages"]
    assert small_array.size == 10
    assert small["peak_rss_mb"] < large["peak_rss_mb"] - 150
    assert meter.as_dict()["peak_rss_mb"] >= large["peak_rss_mb"]


def test_meter_measures_a_stage_that_fails() -> None:
    meter = Meter()
    with pytest.raises(RuntimeError), meter.stage("broken"):
        raise RuntimeError
    assert meter.as_dict()["stages"][0]["stage"] == "broken"
    assert peak_rss_mb() > 0
