"""The command line says what is wrong in a sentence, with the right exit code, on the right stream."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import yeonjwa
from yeonjwa import cli

COMMANDS = ("run", "population", "kin", "scenarios")


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.main(arguments)
    streams = capsys.readouterr()
    return code, streams.out, streams.err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "--version") == (0, f"yeonjwa {yeonjwa.__version__}\n", "")


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys)
    assert code == 0
    assert all(name in out for name in COMMANDS)


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_every_help_has_examples(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, *command, "--help")
    assert code == 0
    examples = out.split("Examples:")[1].strip().splitlines()
    assert examples
    assert all(line.strip().startswith("yeonjwa ") for line in examples)


def test_first_answer_needs_nothing_heavy() -> None:
    script = (
        "import sys; from yeonjwa import cli; cli.main(['--version']); cli.main(['run', '--help']); "
        "print([m for m in ('numba', 'numpy', 'duckdb', 'jinja2', 'vl_convert', 'rich') if m in sys.modules])"
    )
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert time.perf_counter() - start < 5


def test_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "yeonjwa", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"yeonjwa {yeonjwa.__version__}\n"


BAD = [
    (["run", "--scale", "0"], "scale", "0", "--scale"),
    (["run", "--scale", "nan"], "scale", "nan", "--scale"),
    (["run", "--scale", "-1"], "scale", "-1", "--scale"),
    (["run", "--scale", "1000"], "scale", "1000", "--scale"),
    (["run", "--scale", "much"], "scale", "much", "--scale"),
    (["run", "--seed", "-1"], "seed", "-1", "--seed"),
    (["run", "--seed", "1.5"], "seed", "1.5", "--seed"),
    (["run", "--seed", str(2**63)], "seed", str(2**63), "--seed"),
    (["run", "--threads", "0"], "threads", "0", "--threads"),
    (["run", "--from", "2005"], "month", "2005", "--from"),
    (["run", "--to", "2005-13"], "month", "2005-13", "--to"),
    (["run", "--to", "9999-01"], "month", "9999-01", "--to"),
    (["run", "--to", "1599-12"], "month", "1599-12", "--to"),
    (["run", "--from", "1989-12"], "month of the run", "1989-12", "--from"),
    (["run", "--to", "2025-01"], "month of the run", "2025-01", "--to"),
    (["run", "--from", "2010-01", "--to", "2009-12"], "months of the run", "2010-01 to 2009-12", "--from"),
    (["run", "no_such_scenario"], "scenario", "no_such_scenario", None),
    (["run", "no/such/file.toml"], None, "no/such/file.toml", None),
    (["run", "--sclae", "1"], None, "--sclae", "command line"),
    (["population", "--country", "PRK", "--at", "2000-01", "--out", "p"], None, None, "command line"),
    (["population", "--living", "1", "--at", "2000-01", "--out", "p"], "living", "1", "--living"),
    (
        ["population", "--living", "1000", "--at", "2000-01", "--out", "p"],
        "rates",
        "none or both",
        "command line",
    ),
    (["population", "--country", "PRK", "--living", "1000", "--at", "x", "--out", "p"], "month", "x", "--at"),
    (["kin", "nowhere", "--by-age"], "folder", "nowhere", None),
    (["kin", "nowhere"], "table", "none", "command line"),
    (["rnu"], None, None, "command line"),
]


@pytest.mark.parametrize(
    ("arguments", "what", "value", "where"), BAD, ids=lambda v: " ".join(v) if isinstance(v, list) else ""
)
def test_bad_input_is_a_sentence_and_exit_code_2(
    arguments: list[str],
    what: str | None,
    value: str | None,
    where: str | None,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = call(capsys, *arguments, "--json")
    assert (code, out) == (2, "")
    error = json.loads(err)["error"]
    assert set(error) == {"what", "value", "allowed", "where"}
    assert error["allowed"]
    if what is not None:
        assert error["what"] == what
    if value is not None:
        assert str(error["value"]) == value
    if where is not None:
        assert error["where"] == where
    code, out, err = call(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("yeonjwa: ")
    assert "Traceback" not in err
    assert os.listdir(tmp_path) == []


def test_misspelt_key_names_file_and_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        'title = "t"\ndescription = "d"\nbase = "baseline"\n\n[[change]]\npath = "support.alpha"\nvalu = 2\n'
    )
    code, _, err = call(capsys, "run", str(file), "--out", str(tmp_path / "out"), "--json")
    error = json.loads(err)["error"]
    assert code == 2
    assert error["value"] == "valu"
    assert "mine.toml" in error["where"]
    assert "7" in error["where"]
    assert not (tmp_path / "out").exists()


def test_failure_is_a_sentence_and_exit_code_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from yeonjwa import workflow

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.delenv("YEONJWA_TRACEBACK", raising=False)
    monkeypatch.setattr(workflow, "run", broken)
    code, out, err = call(capsys, "run", "--out", str(tmp_path / "out"))
    assert (code, out) == (1, "")
    assert "ZeroDivisionError" in err
    assert "Traceback" not in err
    code, _, err = call(capsys, "run", "--out", str(tmp_path / "out"), "--json")
    assert code == 1
    assert "ZeroDivisionError" in json.loads(err)["error"]["what"]


def test_missing_extra_prints_the_line_that_installs_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from yeonjwa import workflow

    def needs(*_: object, **__: object) -> None:
        workflow.need("no_such_module", "the web application", "web")

    monkeypatch.setattr(workflow, "run", needs)
    code, _, err = call(capsys, "run", "--out", str(tmp_path / "out"))
    assert code == 1
    assert "pip install 'yeonjwa[web]'" in err
    _, _, err = call(capsys, "run", "--out", str(tmp_path / "out"), "--json")
    assert json.loads(err)["error"]["allowed"] == "pip install 'yeonjwa[web]'"


def test_interruption_is_130(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from yeonjwa import workflow

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(workflow, "run", interrupted)
    assert call(capsys, "run", "--out", str(tmp_path / "out"))[0] == 130


def test_scenarios_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "scenarios", "--json")
    listed = json.loads(out)["scenarios"]
    assert code == 0
    assert listed[0]["name"] == "baseline"
    assert "liability_off" in {row["name"] for row in listed}
    code, out, _ = call(capsys, "scenarios")
    assert out.splitlines()[0].startswith("baseline ")
