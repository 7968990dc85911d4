"""What the documents tell a reader to type works: Python blocks run, command lines parse, links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import click
import pytest

from yeonjwa import cli

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]+)(?:#[^)]*)?\)")


def blocks(document: Path, language: str) -> list[str]:
    return [text for found, text in BLOCK.findall(document.read_text("utf-8")) if found == language]


def command_lines() -> list[tuple[str, str]]:
    found = []
    for document in DOCUMENTS:
        for block in blocks(document, "bash"):
            for line in block.splitlines():
                for part in line.split("&&"):
                    words = shlex.split(part, comments=True)
                    if words and Path(words[0]).name == "yeonjwa":
                        found.append((document.name, shlex.join(words[1:])))
    return found


@pytest.mark.parametrize("document", [d for d in DOCUMENTS if blocks(d, "python")], ids=lambda d: d.name)
def test_python_blocks_run(
    document: Path, run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runs").mkdir()
    os.symlink(run_folder, tmp_path / "runs" / "first")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for number, block in enumerate(blocks(document, "python")):
        # The blocks of a tutorial are cells of a notebook; elsewhere each stands by itself.
        names = names if document.name.startswith("tutorial_") else {}
        names.setdefault("__name__", "__document__")
        exec(compile(block, f"{document.name}, block {number + 1}", "exec"), names)
    assert (tmp_path / "runs" / "first" / "manifest.json").is_file()


@pytest.mark.parametrize(("document", "line"), command_lines())
def test_command_lines_parse(document: str, line: str) -> None:
    words = shlex.split(line)
    if words[:1] in ([], ["--version"]):
        return
    if "--help" not in words:
        assert parsed(words)


def parsed(words: list[str]) -> dict[str, object]:
    """What a command, perhaps one of a group, makes of its words."""
    group: click.Group = cli.cli
    while True:
        command = group.commands[words[0]]
        if not isinstance(command, click.Group):
            return command.make_context(words[0], words[1:]).params
        group, words = command, words[1:]


def all_commands(group: click.Group, above: tuple[str, ...] = ()) -> dict[tuple[str, ...], click.Command]:
    """Every command by its words, groups with those below them."""
    found: dict[tuple[str, ...], click.Command] = {}
    for name, command in sorted(group.commands.items()):
        found[(*above, name)] = command
        if isinstance(command, click.Group):
            found |= all_commands(command, (*above, name))
    return found


@pytest.mark.parametrize("command", all_commands(cli.cli), ids=" ".join)
def test_examples_of_the_help_parse(command: tuple[str, ...]) -> None:
    epilog = all_commands(cli.cli)[command].epilog or ""
    lines = [shlex.split(line)[1:] for line in epilog.splitlines() if line.strip().startswith("yeonjwa ")]
    assert lines
    for words in lines:
        assert tuple(words[: len(command)]) == command
        assert parsed(words)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_links_lead_somewhere(document: Path) -> None:
    missing = [
        link for link in LINK.findall(document.read_text("utf-8")) if not (document.parent / link).exists()
    ]
    assert missing == []


def test_toml_of_the_guide_is_a_scenario(tmp_path: Path) -> None:
    from yeonjwa.laboratory.scenario import load

    (block,) = blocks(ROOT / "docs" / "getting_started.md", "toml")
    (tmp_path / "harsher.toml").write_text(block, encoding="utf-8")
    harsher, base = load(tmp_path / "harsher.toml"), load("baseline")
    assert len(harsher.changes) == 1
    assert harsher.parameters.digest() != base.parameters.digest()


def test_every_measure_is_described() -> None:
    from yeonjwa.society.recorder import MEASURES

    described = {}
    for line in (ROOT / "docs" / "run_folder.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        for name in re.findall(r"`([a-z]+\.[a-z_]+)`", cells[0]):
            if len(cells) == 4 and not name.endswith((".parquet", ".json", ".toml", ".html")):
                described[name] = (cells[1], {part for part in cells[2].split(", ") if part})
    assert described == {name: (unit, set(breakdowns)) for name, (unit, breakdowns) in MEASURES.items()}


def test_readme_and_continuous_integration_agree() -> None:
    """CI takes the test command from the README, by a pattern that must find exactly that line."""
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    pattern = re.search(r"grep -E '([^']+)' README\.md", script)
    assert pattern is not None
    lines = [
        line for line in (ROOT / "README.md").read_text("utf-8").splitlines() if re.match(pattern[1], line)
    ]
    assert lines == [
        "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/python -m pytest"
    ]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_main_command_of_the_readme_installs_and_runs() -> None:
    (line,) = [
        x
        for x in (ROOT / "README.md").read_text("utf-8").splitlines()
        if "yeonjwa run --out" in x and "venv" in x
    ]
    install, run = line.split(" && ")[1:]
    assert install == ".venv/bin/pip install ."
    assert cli.cli.commands["run"].make_context("run", shlex.split(run)[2:]).params["out"] == Path(
        "runs/first"
    )
