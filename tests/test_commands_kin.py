"""``yeonjwa kin``, ``reach`` and ``circle``: every question answers in one JSON object, and bad ones in a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from yeonjwa import cli, kindred, workflow
from yeonjwa.core.calendar import parse_month
from yeonjwa.core.columns import read_parquet
from yeonjwa.genealogy.files import read_population
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.members import members
from yeonjwa.kinship.tables import kin_by_age
from yeonjwa.laboratory.store import plain

AT = parse_month("2000-06")
CIRCLE = "parents + spouse + children + grandchildren"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small population."""
    out = tmp_path_factory.mktemp("population") / "pop"
    workflow.population(out=out, living=2500, at=parse_month("2010-12"), country="PRK", start_year=1850)
    return out


@pytest.fixture(scope="module")
def graph(folder: Path) -> KinGraph:
    return kindred.open_folder(folder)[0]


def ask(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    """The JSON object that a command prints, and nothing else."""
    code = cli.main([*map(str, arguments), "--json"])
    streams = capsys.readouterr()
    assert (code, streams.err) == (0, "")
    answer = json.loads(streams.out)
    assert isinstance(answer, dict)
    return answer


def refuse(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    """The error that a command prints for bad input."""
    code = cli.main([*map(str, arguments), "--json"])
    streams = capsys.readouterr()
    assert (code, streams.out) == (2, "")
    error = json.loads(streams.err)["error"]
    assert isinstance(error, dict)
    return error


def test_by_age_is_the_table_of_the_population(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = ask(capsys, "kin", folder, "--by-age", "--at", "2000-06")
    assert answer["rows"] == [plain(row) for row in kin_by_age(read_population(folder), AT)]
    some = ask(capsys, "kin", folder, "--by-age", "--at", "2000-06", "--kin", "sisters")
    assert some["rows"] == [row for row in answer["rows"] if row["kin"] == "sisters"]


def test_third_cousins_of_a_sample_come_with_an_error(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("kin", folder, "--by-age", "--kin", "third_cousins", "--sample", 200, "--seed")
    one, same, other = (ask(capsys, *asked, seed)["rows"] for seed in (1, 1, 2))
    assert one == same != other
    (row,) = (r for r in one if r["age_group"] == r["sex_ego"] == r["line"] == "all")
    assert row["n_ego"] == 200
    everybody = ask(capsys, "kin", folder, "--by-age", "--kin", "third_cousins")["rows"]
    (whole,) = (r for r in everybody if r["age_group"] == r["sex_ego"] == r["line"] == "all")
    assert 0 < row["se_living"]
    assert abs(row["mean_living"] - whole["mean_living"]) < 4 * row["se_living"]


@pytest.mark.parametrize(
    ("asked", "columns"),
    [
        (("--by-cohort", "--kin", "siblings"), {"cohort", "mean_living", "ancestors_known"}),
        (("--distribution", "siblings, half"), {"living", "share", "se_share"}),
        (("--lost", "--kin", "mother", "--kin", "siblings"), {"mean_lost", "share_last_year"}),
    ],
)
def test_tables_are_written_too(
    asked: tuple[str, ...],
    columns: set[str],
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "table.parquet"
    answer = ask(capsys, "kin", folder, *asked, "--at", "2000-06", "--out", file)
    assert answer["month"] == "2000-06"
    assert answer["file"] == str(file)
    assert columns <= set(answer["rows"][0])
    back = read_parquet(file)
    assert list(back) == list(answer["rows"][0])
    for name, values in back.items():
        for value, row in zip(values.tolist(), answer["rows"], strict=True):
            assert value == row[name] or (row[name] is None and np.isnan(value))
    assert cli.main(["kin", str(folder), *asked]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:1] == ["kin"]
    assert len(lines) > 20


def test_kin_of_an_ego_at_a_date(
    folder: Path, graph: KinGraph, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    living = np.flatnonzero(graph.pedigree.alive_at(AT))
    ego = int(living[np.argmax(members(graph, "chon<=4", living, month=AT).counts)])
    asked = ("kin", folder, "--ego", ego, "--circle", "chon<=4 + spouse", "--at", "2000-06")
    answer = ask(capsys, *asked, "--out", tmp_path / "kin.parquet")
    expected = members(graph, "chon<=4 + spouse", np.array([ego]), month=AT)
    assert [row["person"] for row in answer["rows"]] == expected.person.tolist()
    assert sum(answer["counts"].values()) == expected.person.size > 20
    assert answer["egos"][0]["id"] == ego
    assert all(row["living"] and row["term_ko"] for row in answer["rows"])
    assert read_parquet(tmp_path / "kin.parquet")["term_ko"].tolist() == [
        r["term_ko"] for r in answer["rows"]
    ]
    ever = ask(capsys, *asked, "--dead")["rows"]
    assert [row["person"] for row in ever if row["living"]] == expected.person.tolist()
    assert len(ever) > len(answer["rows"])
    near = ask(capsys, *asked, "--same-province")["rows"]
    assert {row["province"] for row in near} == {answer["egos"][0]["province"]}
    assert cli.main([str(x) for x in asked]) == 0
    assert answer["rows"][0]["term_ko"] in capsys.readouterr().out
    founder = ask(
        capsys, "kin", folder, "--ego", 0, "--circle", "siblings", "--out", tmp_path / "none.parquet"
    )
    assert founder["rows"] == []
    assert read_parquet(tmp_path / "none.parquet")["person"].size == 0


def test_kin_of_everybody_go_to_a_file(
    folder: Path, graph: KinGraph, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cousins.parquet"
    answer = ask(
        capsys, "kin", folder, "--circle", "first_cousins, paternal", "--at", "2000-06", "--out", file
    )
    living = np.flatnonzero(graph.pedigree.alive_at(AT))
    expected = members(graph, "first_cousins, paternal", living, month=AT)
    assert answer["n_ego"] == living.size
    assert answer["n_rows"] == answer["counts"]["first_cousins"] == expected.person.size > 0
    assert sorted(read_parquet(file)["person"].tolist()) == sorted(expected.person.tolist())


def test_relation_of_two_persons(folder: Path, graph: KinGraph, capsys: pytest.CaptureFixture[str]) -> None:
    p = graph.pedigree
    union = int(np.argmax(np.diff(p.first_child)))
    elder, younger = int(p.first_child[union]), int(p.first_child[union]) + 1
    answer = ask(capsys, "kin", folder, "--relation", elder, younger)
    assert (answer["path"], answer["chon"], answer["side"]) == ("UD", 2, "both")
    assert answer["term_en"] == ("sister" if p.sex[younger] == 0 else "brother")
    assert answer["r"] == pytest.approx(0.5, abs=0.05)
    assert answer["by_marriage"] is None
    wife, husband = int(p.wife[union]), int(p.husband[union])
    assert cli.main(["kin", str(folder), "--relation", str(husband), str(wife)]) == 0
    assert "아내" in capsys.readouterr().out


def test_reach_compares_circles(
    folder: Path, graph: KinGraph, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "reach.parquet"
    asked = ("reach", folder, "--circle", CIRCLE, "--circle", "chon<=4", "--at", "2000-06")
    answer = ask(capsys, *asked, "--out", file)
    assert [c["circle"] for c in answer["circles"]] == [CIRCLE, "chon<=4"]
    assert answer["circles"][0]["paths"] == ["D", "U", "DD", "S"]
    assert any("grandchildren" in words for words in answer["circles"][0]["words"])
    living = np.flatnonzero(graph.pedigree.alive_at(AT))
    for circle in (CIRCLE, "chon<=4"):
        (row,) = (
            r for r in answer["rows"] if (r["circle"], r["age_group"], r["sex_ego"]) == (circle, "all", "all")
        )
        counts = members(graph, circle, living, month=AT).counts
        assert row["n_ego"] == living.size
        assert row["mean"] == pytest.approx(counts.mean())
        assert row["max"] == counts.max()
    assert read_parquet(file)["mean"].tolist() == [row["mean"] for row in answer["rows"]]
    assert cli.main([str(x) for x in asked]) == 0
    assert "1 chon  children" in capsys.readouterr().out


def test_diagram_is_drawn(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "kin.svg"
    answer = ask(capsys, "kin", folder, "--diagram", file, "--age", "30-34", "--at", "2000-06")
    assert answer["file"] == str(file)
    assert len(answer["rows"]) == 31
    assert "aged 30–34, June 2000" in file.read_text("utf-8")


BAD = [
    (("--by-age", "--lost"), "table"),
    (("--by-age", "--age", "30-34"), "option"),
    (("--lost", "--circle", "siblings"), "option"),
    (("--by-age", "--kin", "cousin"), "kin type"),
    (("--by-age", "--sample", "0"), "sample"),
    (("--by-age", "--at", "1700-01"), "month"),
    (("--by-age", "--out", "table.csv"), "file of the table"),
    (("--by-age", "--out", "no/such/table.parquet"), "file of the table"),
    (("--distribution", "cuosins"), "kin type"),
    (("--ego", "9999999"), "ego"),
    (("--ego", "-1"), "person"),
    (("--ego", "1", "--circle", "mother, paternal"), "impossible circle"),
    (("--circle", "chon<=4"), "place for the table"),
    (("--relation", "1", "9999999"), "person"),
    (("--diagram", "kin.gif"), "ending of the diagram's file"),
    (("--diagram", "kin.svg", "--age", "30"), "age group"),
]


@pytest.mark.parametrize(("asked", "what"), BAD, ids=[" ".join(asked) for asked, _ in BAD])
def test_bad_questions_are_refused(
    asked: tuple[str, ...],
    what: str,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    error = refuse(capsys, "kin", folder, *asked)
    assert error["what"] == what
    assert error["allowed"]
    assert list(tmp_path.iterdir()) == []


def test_an_impossible_circle_has_no_reach(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    error = refuse(capsys, "reach", folder, "--circle", "chon<=4", "--circle", "wife, male")
    assert error["what"] == "impossible circle"
    unborn = int(np.argmax(kindred.open_folder(folder)[0].pedigree.birth))
    assert refuse(capsys, "kin", folder, "--ego", unborn, "--at", "1990-01")["what"] == "ego"


def test_a_circle_is_shown_as_paths_without_a_population(capsys: pytest.CaptureFixture[str]) -> None:
    answer = ask(capsys, "circle", CIRCLE)
    assert answer["paths"] == ["D", "U", "DD", "S"]
    assert answer["inverse"]["paths"] == ["D", "U", "UU", "S"]
    assert not answer["symmetric"]
    assert ask(capsys, "circle", "chon<=3")["symmetric"]
    assert cli.main(["circle", "siblings of spouse"]) == 0
    assert "SUD" in capsys.readouterr().out
    assert refuse(capsys, "circle", "mother, paternal")["what"] == "impossible circle"
