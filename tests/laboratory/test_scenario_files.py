"""Scenario files shown, compared, written and checked."""

from __future__ import annotations

import json

import pytest

from yeonjwa.cli import main
from yeonjwa.core.errors import InputError
from yeonjwa.laboratory import scenario_files
from yeonjwa.laboratory.scenario import load, loads, to_toml

HEAD = 'title = "t"\ndescription = "d"\n'


def call(capsys, *words):
    code = main(["scenario", *words])
    out, err = capsys.readouterr()
    return code, out, err


def test_show_sets_each_change_beside_the_baseline(capsys):
    code, out, _ = call(capsys, "show", "severity_flat", "--json")
    answer = json.loads(out)
    assert code == 0
    assert answer["base"] == "baseline"
    assert answer["changes"][0]["path"] == "loss.severity"
    assert answer["changes"][0]["from"] == "2012-01"
    assert answer["changes"][0]["baseline"]["official"] == 2
    _, out, _ = call(capsys, "show", "severity_flat")
    assert "loss.severity from 2012-01: 1   (baseline ordinary 1" in out
    assert "no changes" in call(capsys, "show", "baseline")[1]


def test_show_as_toml_gives_the_scenario_again(capsys):
    out = call(capsys, "show", "regime:tang", "--toml")[1]
    assert out == to_toml(load("regime:tang"))
    assert loads(out).parameters.digest() == load("regime:tang").parameters.digest()


def test_diff_names_parameters_and_both_values(capsys):
    code, out, _ = call(capsys, "diff", "baseline", "recall_off", "--json")
    answer = json.loads(out)
    assert code == 0
    assert [row["path"] for row in answer["differ"]] == ["recall.on"]
    assert answer["differ"][0]["b"][0]["value"] is False
    assert not answer["same"]
    assert "  B  1985-01 false" in call(capsys, "diff", "baseline", "recall_off")[1].splitlines()
    assert "The same parameters." in call(capsys, "diff", "recall_off", "recall_off")[1]


def test_new_writes_a_file_that_is_right(capsys, tmp_path):
    file = tmp_path / "my.toml"
    words = ["--set", "loss.severity={official=3}@2012-01", "--set", "border.price*2"]
    words += ["--set", "sanction.camp_circle=parents + spouse", "--set", "recall.on=false"]
    code, out, _ = call(
        capsys, "new", str(file), *words, "--variant", "vetting_lines=vet.general_paternal", "--from", "2010-01",
        "--scale", "0.02", "--title", 'A "title"', "--json",
    )  # fmt: skip
    assert code == 0
    made = load(file)
    assert json.loads(out)["parameter_hash"] == made.parameters.digest()
    assert (made.title, made.scale) == ('A "title"', 0.02)
    assert made.parameters.table("loss.severity", made.first + 36)["official"] == 3
    assert made.parameters.text("vetting.lines", made.first) == "paternal"
    assert not made.parameters.switch("recall.on", made.first)
    ratio = made.parameters.number("border.price", made.first) / load().parameters.number(
        "border.price", made.first
    )
    assert ratio == pytest.approx(2)
    code, _, err = call(capsys, "new", str(file))
    assert code == 2
    assert "nothing is overwritten" in err


def test_new_without_changes_holds_an_example(tmp_path):
    file = tmp_path / "deep" / "empty.toml"
    scenario_files.new(file)
    text = file.read_text("utf-8")
    assert load(file).changes == ()
    example = "\n".join(line.removeprefix("# ") for line in text.splitlines() if line.startswith("# "))
    example = example[example.index("[[change]]") :]
    assert loads(HEAD + example).changes[0].path == "loss.severity"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"changes": ["loss.severity"]}, "PATH=VALUE"),
        ({"changes": ["=3"]}, "PATH=VALUE"),
        ({"changes": ["los.severity=3"]}, "did you mean"),
        ({"changes": ["loss.severity=3@2012"]}, "2012"),
        ({"changes": ["flight.kappa=much"]}, "finite number"),
        ({"base": "nothing"}, "shipped"),
        ({"variants": {"severity": "nothing"}}, "side"),
    ],
)
def test_new_writes_nothing_that_is_wrong(tmp_path, given, words):
    file = tmp_path / "my.toml"
    with pytest.raises(InputError, match=words):
        scenario_files.new(file, **given)
    assert not file.exists()
    with pytest.raises(InputError, match=r"\.toml"):
        scenario_files.new(tmp_path / "my.txt")


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ('title = "t"\ntitle = "u"\n', 2, "overwrite"),
        (HEAD + '[variants]\nseverity = "pol.2013feb.easing"\n[variants]\n', 5, "twice"),
        (HEAD + '[variants]\nseverity = "pol.2013feb.easing"\nseverity = "pol.2018jan.suspend"\n', 5, "overwrite"),
        (HEAD + '[[change]]\npath = "flight.kappa"\npath = "flight.a0"\nvalue = 1\n', 5, "overwrite"),
        (HEAD + '[[change]\npath = "flight.kappa"\n', 3, "Expected"),
        (HEAD + '[change]\npath = "flight.kappa"\nvalue = 1\n', 3, "[[change]]"),
        (HEAD + '[[change]]\npath = "flight.kappa\nvalue = 1\n', 4, "TOML"),
        (HEAD + '[[change]]\npath = "flight.kappa"\nvalue = { a = 1, a = 2 }\n', 5, "TOML"),
        ('title = "t"\ndescription = """\nunfinished\n', 4, "TOML"),
        (HEAD + "scale = 0,02\n", 3, "TOML"),
        (HEAD + "scale = 3\n", 3, "0.002 to 1"),
        (HEAD + 'scale = "0.02"\n', 3, "0.002 to 1"),
    ],
)  # fmt: skip
def test_check_says_the_line(capsys, tmp_path, text, line, says):
    (tmp_path / "right.toml").write_text(HEAD, encoding="utf-8")
    (tmp_path / "wrong.toml").write_text(text, encoding="utf-8")
    code, out, _ = call(capsys, "check", str(tmp_path / "right.toml"), str(tmp_path / "wrong.toml"), "--json")
    answer = json.loads(out)
    assert code == 2
    assert answer["errors"] == 1
    right, wrong = answer["files"]
    assert right["ok"]
    assert wrong["error"]["where"] == f"wrong.toml, line {line}"
    assert says in wrong["error"]["message"]


def test_check_names_every_error_at_its_line(capsys, tmp_path):
    body = [
        'title = "t"',
        'description = "d"',
        "scale = 3",
        'to = "2030-01"',
        "colour = 1",
        "",
        "[variants]",
        'severity = "nothing"',
        "",
        "[[change]]",
        'path = "loss.severty"',
        "value = 1",
        "",
        "[[change]]",
        'path = "flight.kappa"',
        "value = 0.4",
        "",
        "[[change]]",
        'path = "sanction.camp_circle"',
        'value = "parents + granny"',
        'from = "2012-13"',
    ]
    file = tmp_path / "wrong.toml"
    file.write_text("\n".join(body) + "\n", encoding="utf-8")
    (row,) = scenario_files.checked([file])["files"]
    lines = [int(error["where"].rsplit(" ", 1)[1]) for error in row["errors"]]
    assert sorted(lines) == [3, 4, 5, 8, 11, 21]
    assert row["error"] == row["errors"][0]
    code, out, _ = call(capsys, "check", str(file))
    assert code == 2
    assert out.count("error:") == 6


def test_check_stops_where_the_rest_cannot_be_read(tmp_path):
    file = tmp_path / "wrong.toml"
    file.write_text(HEAD + 'scale = 3\nbase = "nothing"\n', encoding="utf-8")
    (row,) = scenario_files.checked([file])["files"]
    assert [error["where"] for error in row["errors"]] == ["wrong.toml, line 4", "wrong.toml, line 3"]
    file.write_text(HEAD + "scale = = 3\nto = 7\n", encoding="utf-8")
    assert len(scenario_files.checked([file])["files"][0]["errors"]) == 1
    assert len(scenario_files.checked(["nothing"])["files"][0]["errors"]) == 1


def test_check_of_what_is_right_ends_well(capsys, tmp_path):
    (tmp_path / "right.toml").write_text(HEAD, encoding="utf-8")
    code, out, _ = call(capsys, "check", str(tmp_path / "right.toml"), "baseline")
    assert code == 0
    assert out.count(": right, 0 changes") == 2


def test_list_holds_shipped_scenarios_and_regimes(capsys):
    assert main(["scenarios", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["scenarios"]
    names = [row["name"] for row in rows]
    assert names[0] == "baseline"
    for depth in range(2, 9):
        assert f"vetting_depth_{depth}" in names
    assert {"regime:tang", "liability_off", "secrecy_off", "recall_off", "border_open", "border_closed"} <= {
        *names
    }
    assert all(row["title"] and row["description"] for row in rows)
