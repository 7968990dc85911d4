"""Sensitivity indices against formulas, failed runs, luck, and which evidence is wanted."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from yeonjwa import cli
from yeonjwa.core.errors import InputError
from yeonjwa.evidence import parameters as shipped
from yeonjwa.laboratory import design as designs
from yeonjwa.laboratory import influence, sensitivity
from yeonjwa.report import sensitivity as drawn

pytest.importorskip("SALib")
RANGES = ["support.alpha=0:1", "flight.kappa=0:1", "belief.memory=0:1"]


def results(design: designs.Design, noise: float = 0.0, replicates: int = 1) -> list[list[float]]:
    """Four times the first, twice the second, nothing of the third."""
    rng = np.random.default_rng(1)
    means = design.matrix() @ np.array([4.0, 2.0, 0.0])
    return [[m + noise * rng.standard_normal() for _ in range(replicates)] for m in means]


def test_morris_gives_the_slopes_of_a_line() -> None:
    found = sensitivity.analyse(design := designs.morris(RANGES, 4), results(design))
    assert [i.address for i in found.indices] == ["support.alpha", "flight.kappa", "belief.memory"]
    assert [i.values["mu_star"] for i in found.indices] == pytest.approx([4, 2, 0])
    assert [i.values["sigma"] for i in found.indices] == pytest.approx([0, 0, 0], abs=1e-9)


def test_morris_works_in_shares_of_the_range() -> None:
    design = designs.morris(["support.alpha=10:1000:log", "flight.kappa=5:9"], 4)
    logs = [[math.log10(row[0]), 0.0][:1] for row in design.rows]
    found = sensitivity.analyse(design, logs)
    assert found.indices[0].values["mu_star"] == pytest.approx(2)


def test_sobol_gives_the_shares_of_a_line() -> None:
    found = sensitivity.analyse(design := designs.sobol(RANGES, 256), results(design))
    assert [i.values["ST"] for i in found.indices] == pytest.approx([0.8, 0.2, 0], abs=0.02)
    assert [i.values["S1"] for i in found.indices] == pytest.approx([0.8, 0.2, 0], abs=0.02)


def test_sobol_on_an_emulator_needs_few_points() -> None:
    pytest.importorskip("sklearn")
    design = designs.latin_hypercube(RANGES, 25)
    found = sensitivity.emulated_sobol(design, results(design), base=128)
    assert [i.values["ST"] for i in found.indices] == pytest.approx([0.8, 0.2, 0], abs=0.03)
    assert found.method == "sobol on an emulator"


def test_a_failed_point_is_refused_with_the_count_or_filled_and_flagged() -> None:
    pytest.importorskip("sklearn")
    design = designs.morris(RANGES, 5)
    whole = results(design)
    broken = [[] if i == 7 else values for i, values in enumerate(whole)]
    with pytest.raises(InputError) as caught:
        sensitivity.analyse(design, broken, measure="flight.arrivals")
    assert "1 of 20 points (0008)" in str(caught.value)
    filled = sensitivity.analyse(design, broken, failed="emulate")
    assert filled.filled == ("0008",)
    assert [i.values["mu_star"] for i in filled.indices] == pytest.approx([4, 2, 0], abs=0.05)
    with pytest.raises(InputError, match="at most 10"):
        sensitivity.analyse(design, [[] if i < 3 else v for i, v in enumerate(whole)], failed="emulate")
    nan = [[math.nan] if i == 7 else values for i, values in enumerate(whole)]
    with pytest.raises(InputError, match="1 of 20"):
        sensitivity.analyse(design, nan)


def test_luck_is_no_effect() -> None:
    found = sensitivity.analyse(design := designs.morris(RANGES, 10), results(design, 0.3, 3))
    assert found.luck == pytest.approx(0.3, rel=0.25)
    assert [i.beyond_luck for i in found.indices] == [True, True, False]
    # mu* of the third is not 0: that is what luck does to it.
    assert found.indices[2].values["mu_star"] > 0.05
    kept = sensitivity.screened([found], ranges=design.ranges)
    assert [r.address.text for r in kept] == ["support.alpha", "flight.kappa"]


def test_lists_have_no_indices() -> None:
    with pytest.raises(InputError, match="morris or sobol"):
        sensitivity.analyse(designs.listed([{"support.alpha": 2.0}]), [[1.0]])
    paired = designs.morris(RANGES, 4).with_arms(["baseline", "liability_off"])
    with pytest.raises(InputError, match="one arm at a time"):
        sensitivity.analyse(paired, results(paired))


def test_evidence_wanted_is_the_part_of_assumptions() -> None:
    parameters = shipped.load()
    grades = influence.ranged(parameters)
    rows = sensitivity.evidence_wanted(parameters, measures=["support.amount"])
    assert rows == sorted(rows, key=lambda row: -row.share)
    assert {parameters[row.path].grade for row in rows} == {"assumption"}
    assumed = influence.basis("support.amount", grades).assumed
    assert math.fsum(row.share for row in rows) == pytest.approx(assumed)
    with pytest.raises(InputError):
        sensitivity.evidence_wanted(parameters, measures=["no.such"])


def test_commands_and_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figure = tmp_path / "wanted.svg"
    assert cli.main(["sensitivity", "evidence", "--top", "5", "--figure", str(figure), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert len(said["rows"]) == 5
    assert said["rows"][0]["path"] in figure.read_text("utf-8")
    found = sensitivity.analyse(design := designs.morris(RANGES, 4), results(design))
    assert "support.alpha" in drawn.save(drawn.bars(found), tmp_path / "m.svg").read_text("utf-8")


def test_bars_of_thousands_are_written_out() -> None:
    index = sensitivity.Index("flight.a0", {"mu_star": 8643.75, "mu_star_conf": 3662.2}, False)
    spec = drawn.bars(sensitivity.Sensitivity("flight.arrivals", "morris", (index,), (), None))
    told = json.dumps(spec, ensure_ascii=False)
    assert "8,640 ± 3,700, no more than luck" in told
    assert "e+0" not in told
