"""Designs: addresses, tables of points, files, and what a point does to a scenario."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from yeonjwa import cli
from yeonjwa.core.calendar import month_index
from yeonjwa.core.errors import InputError, InputErrors
from yeonjwa.evidence import parameters as shipped
from yeonjwa.laboratory import design as designs
from yeonjwa.laboratory import design_file
from yeonjwa.laboratory.address import parse
from yeonjwa.laboratory.scenario import load

BASE = load()
SHIPPED = shipped.load()


def placed(address: str, value: float | str | bool) -> object:
    """The parameter after one point with one column."""
    point = designs.listed([{address: value}])
    return point.scenario(BASE, 0).parameters[parse(address, SHIPPED).path]


def test_a_value_without_a_date_holds_at_all_dates() -> None:
    interdiction = placed("border.interdiction", 0.4)
    assert {interdiction.at(m) for m in (0, month_index(2012, 1), month_index(2024, 12))} == {0.4}


def test_a_value_from_a_month_leaves_what_was_before() -> None:
    interdiction, old = placed("border.interdiction@2012-01", 0.4), SHIPPED["border.interdiction"]
    assert interdiction.at(month_index(2011, 12)) == old.at(month_index(2011, 12))
    assert interdiction.at(month_index(2022, 1)) == 0.4


def test_a_span_gives_way_to_what_was_after() -> None:
    interdiction, old = placed("border.interdiction@2012-01..2019-06", 0.4), SHIPPED["border.interdiction"]
    for month in range(month_index(2000, 1), month_index(2025, 1)):
        inside = month_index(2012, 1) <= month <= month_index(2019, 6)
        assert interdiction.at(month) == (0.4 if inside else old.at(month))


def test_a_factor_multiplies_every_date_of_its_span() -> None:
    interdiction, old = placed("border.interdiction*@2004-01..2013-12", 0.5), SHIPPED["border.interdiction"]
    for month in range(month_index(2000, 1), month_index(2025, 1)):
        inside = month_index(2004, 1) <= month <= month_index(2013, 12)
        assert interdiction.at(month) == pytest.approx(old.at(month) * (0.5 if inside else 1))


def test_a_level_leaves_the_others() -> None:
    severity, old = placed("loss.severity[official]@2012-01", 3.5), SHIPPED["loss.severity"]
    after = month_index(2013, 1)
    assert severity.at(after) == {**old.at(after), "official": 3.5}
    assert severity.at(month_index(2011, 1)) == old.at(month_index(2011, 1))


def test_a_share_of_a_whole_draws_the_others_after_it() -> None:
    old, new = (p.at(0) for p in (SHIPPED["songbun.share"], placed("songbun.share[core]", 0.4)))
    assert new["core"] == 0.4
    assert sum(new.values()) == pytest.approx(1)
    others = [level for level in old if level != "core"]
    assert new[others[0]] / new[others[1]] == pytest.approx(old[others[0]] / old[others[1]])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("seed", "a seed is luck"),
        ("Seeds", "a seed is luck"),
        ("support.alpah", "did you mean support.alpha"),
        ("support.alpha[x]", "no level"),
        ("loss.severity[officer]", "official"),
        ("support.alpha@2012", "a year and a month"),
        ("support.alpha@2012-01..2011-01", "not before the first"),
        ("support.alpha@1890-01", "1980-01"),
        ("support.liability*", "no factor"),
        ("songbun.share", "one level"),
        ("support alpha", "path, path[level]"),
    ],
)
def test_addresses_that_cannot_be(text: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text, SHIPPED, "here")
    assert says in str(caught.value)


def test_ranges_come_from_the_evidence() -> None:
    held = SHIPPED["support.alpha"].values[-1]
    assert parse("support.alpha", SHIPPED).range(SHIPPED) == (held.low, held.high)
    severity = SHIPPED["loss.severity"].values[-1]
    assert parse("loss.severity[official]@2013-01", SHIPPED).range(SHIPPED) == (
        severity.low["official"],
        severity.high["official"],
    )
    # A chance cannot be multiplied above 1 at any date that the factor reaches.
    low, high = parse("border.interdiction*@2012-01", SHIPPED).range(SHIPPED)
    assert low < 1 < high <= 1 / SHIPPED["border.interdiction"].at(month_index(2021, 1))
    with pytest.raises(InputError, match="LOW:HIGH"):
        parse("belief.signal_hits", SHIPPED).range(SHIPPED)


def test_grid_has_every_combination_once() -> None:
    axes = {"support.alpha": [2.0, 3.0], "flight.kappa": [0.0, 1.0, 2.0]}
    grid = designs.grid(axes)
    assert Counter(grid.rows) == Counter(itertools.product(*axes.values()))
    assert grid.names[0] == "0001"


def test_hypercube_has_one_point_in_each_slice() -> None:
    design = designs.latin_hypercube(["support.alpha", "flight.kappa=1:100:log"], 20, seed=3)
    for column, r in enumerate(design.ranges):
        slices = np.floor(r.share(design.matrix()[:, column]) * 20).astype(int)
        assert sorted(slices) == list(range(20))
    assert (
        design.rows == designs.latin_hypercube(["support.alpha", "flight.kappa=1:100:log"], 20, seed=3).rows
    )
    assert (
        design.rows != designs.latin_hypercube(["support.alpha", "flight.kappa=1:100:log"], 20, seed=4).rows
    )


def test_morris_moves_one_column_at_a_time() -> None:
    pytest.importorskip("SALib")
    design = designs.morris(["support.alpha", "flight.kappa", "belief.memory"], 5)
    assert len(design) == 5 * 4
    for trajectory in range(5):
        points = design.matrix()[trajectory * 4 : trajectory * 4 + 4]
        moved = [np.flatnonzero(a != b) for a, b in itertools.pairwise(points)]
        assert sorted(int(column) for (column,) in moved) == [0, 1, 2]


def test_degrees_are_drawn_whole() -> None:
    rows = designs.latin_hypercube(["support.degree"], 9).matrix()
    assert (rows == np.rint(rows)).all()


def test_sobol_has_the_size_of_saltelli() -> None:
    pytest.importorskip("SALib")
    assert len(designs.sobol(["support.alpha", "flight.kappa"], 8)) == 8 * 4
    with pytest.raises(InputError, match="power of two"):
        designs.sobol(["support.alpha"], 12)


def test_the_scenario_of_a_point_is_a_scenario_of_changes() -> None:
    design = designs.listed([{"support.alpha": 2.0}, {"support.alpha": 4.0}], names=["low", "high"])
    point = design.scenario(load("severity_flat"), 1)
    assert point.name == "severity_flat+high"
    assert point.parameters.number("support.alpha", month_index(2010, 1)) == 4.0
    assert point.changes[:-1] == load("severity_flat").changes
    assert point.parameters["loss.severity"] == load("severity_flat").parameters["loss.severity"]


def test_arms_repeat_all_points_and_share_names() -> None:
    design = designs.grid({"support.alpha": [2.0, 4.0]}).with_arms(["baseline", "liability_off"])
    assert design.names == ("baseline.0001", "baseline.0002", "liability_off.0001", "liability_off.0002")
    off, on = (design.scenario(BASE, row).parameters["support.liability"].at(0) for row in (3, 1))
    assert on is True
    assert off is False
    with pytest.raises(InputError, match="two or more"):
        designs.grid({"support.alpha": [2.0]}).with_arms(["baseline"])


def test_files_give_the_design_again(tmp_path: Path) -> None:
    file = tmp_path / "d.csv"
    design = designs.latin_hypercube(["support.alpha", "border.interdiction@2012-01..2019-12"], 4)
    design_file.write(design.with_arms(["baseline", "liability_off"]), file)
    again = design_file.read(file)
    assert again.rows == design.rows * 2
    assert again.arms == ("baseline",) * 4 + ("liability_off",) * 4
    assert again.ranges == design.ranges
    assert again.method == "lhs"
    with pytest.raises(InputError, match="nothing is overwritten"):
        design_file.write(design, file)
    file.write_text(file.read_text("utf-8").replace("0001", "first"), "utf-8")
    with pytest.raises(InputError, match="written with"):
        design_file.read(file)


def test_tables_by_hand(tmp_path: Path) -> None:
    file = tmp_path / "hand.csv"
    file.write_text("name,support.alpha,support.altruism_on\na,2,true\n\nb,3.5,false\n", "utf-8")
    design = design_file.read(file)
    assert design.rows == ((2.0, True), (3.5, False))
    assert design.names == ("a", "b")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("seed,support.alpha\n1,2\n", "hand.csv, line 1"),
        ("support.alpha,colour\n2,red\n", "'colour'"),
        ("support.alpha\ntwo\n", "hand.csv, line 2"),
        ("support.alpha,flight.kappa\n2,1\n\n2\n", "hand.csv, line 4"),
        ("support.kappa_w,border.interdiction\n1,1.5\n", "hand.csv, line 2"),
        ("support.alpha,support.alpha\n1,2\n", "each address once"),
        ("name,support.alpha\na,2\nA,3\n", "no other row"),
        ("name,support.alpha\n../x,2\n", "letter or digit"),
        ("songbun.share[core],songbun.share[hostile]\n.3,.2\n", "divides a whole"),
        ("support.alpha\n", "one at least"),
        ("", "one address"),
    ],
)
def test_errors_of_a_table_say_the_line(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "hand.csv"
    file.write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        design_file.read(file)
    assert says in str(caught.value)


def test_all_errors_of_a_table_are_said_at_once(tmp_path: Path) -> None:
    file = tmp_path / "hand.csv"
    file.write_text("support.alpha\ntwo\n2\nthree\n", "utf-8")
    with pytest.raises(InputErrors) as caught:
        design_file.read(file)
    assert [error.where for error in caught.value.errors] == ["hand.csv, line 2", "hand.csv, line 4"]


def test_commands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> dict[str, object]:
        assert cli.main([*words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    made = run("design", "grid", "support.alpha=9,3", "flight.kappa=0,1", "--out", "g.csv")
    assert made["rows"] == 4
    checked = run("design", "check", "g.csv")
    assert [found["value"] for found in checked["outside"]] == [9, 9]
    assert run("design", "lhs", "support.alpha", "--points", "5", "--out", "l.csv")["rows"] == 5
    assert run("design", "sobol", "support.alpha", "--base", "4", "--out", "s.csv")["rows"] == 12
    assert run("design", "morris", "support.alpha", "--trajectories", "3", "--out", "m.csv")["rows"] == 6
    assert cli.main(["design", "lhs", "seed", "--out", "x.csv"]) == 2
    assert not Path("x.csv").exists()
