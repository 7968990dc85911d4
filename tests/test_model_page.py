"""The description of the model says what is in the code, all of it and nothing else."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from yeonjwa.evidence.parameters import load
from yeonjwa.society.schedule import SCHEDULE
from yeonjwa.society.world import World

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "model.md").read_text("utf-8")
TABLE = re.compile(r"<!-- table: (\w+) -->\n(.*?)<!-- end of table -->", re.DOTALL)


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    spec = importlib.util.spec_from_file_location("model_tables", ROOT / "tools" / "model_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(name: str) -> dict[str, list[str]]:
    """First cell in backticks -> the other cells, of a table of the page."""
    text = dict(TABLE.findall(PAGE))[name]
    found = {}
    for line in text.splitlines()[2:]:
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        key = next(cell for cell in cells if cell.startswith("`"))
        found[key.strip("`")] = cells
    return found


def test_every_table_is_that_of_the_code(tables: ModuleType) -> None:
    assert tables.model_page(ROOT / "docs" / "model.md", load()) == PAGE, "run: python tools/write_tables.py"


def test_every_state_variable_is_described_and_no_other(tables: ModuleType) -> None:
    assert set(tables.ENTITIES) | {"schedule", "parameters"} == {name for name, _ in TABLE.findall(PAGE)}
    for name, (entity, _) in tables.ENTITIES.items():
        described = rows(name)
        assert set(described) == set(tables.variables(entity)), name
        assert [name for name, cells in described.items() if len(cells[1]) < 5] == []


def test_every_step_of_the_schedule_is_described_and_no_other() -> None:
    assert list(rows("schedule")) == [step.name for step in SCHEDULE]
    assert [int(cells[0]) for cells in rows("schedule").values()] == [step.number for step in SCHEDULE]


def test_every_parameter_is_described_and_no_other_and_read_somewhere(tables: ModuleType) -> None:
    described = rows("parameters")
    assert set(described) == set(load())
    for path, cells in described.items():
        assert cells[3], path
        assert tables.readers(path), path
    assert tables.readers("support.no_such_number") == []


def test_every_parameter_of_the_society_stands_in_the_words(tables: ModuleType) -> None:
    """Submodels name what they read: by its full path, or by its name after the area has been said."""
    words = TABLE.sub("", PAGE)
    missing = [
        path
        for path in load()
        if any(module.startswith("society/") for module in tables.readers(path))
        and path not in words
        and not re.search(rf"\b{path.split('.')[1]}\b", words)
    ]
    assert missing == []


def test_names_in_the_words_exist() -> None:
    words = TABLE.sub("", PAGE)
    known = set(load())
    areas = {path.split(".")[0] for path in known}
    named = {
        name for name in re.findall(r"(?<!/)\b([a-z_]+\.[a-z_0-9]+)\b", words) if name.split(".")[0] in areas
    }
    assert len(named) > 80
    assert {name for name in named if name not in known} == set()
    shares = re.search(r"\(`World.shares`\): (.*?)\n\n", words, re.DOTALL)
    assert shares is not None
    assert {"paid", "genuine", "threat_paid", "threat_genuine"} == set(re.findall(r"`(\w+)`", shares[1]))
    assert "shares" in World.__dataclass_fields__


def test_all_elements_of_the_protocol_are_there() -> None:
    for heading in (
        "Purpose and patterns", "Entities, state variables and scales", "Process overview and scheduling",
        "Design concepts", "Initialisation", "Input data", "Submodels",
    ):  # fmt: skip
        assert re.search(rf"^## \d\. {heading}$", PAGE, re.MULTILINE), heading
    for concept in (
        "Basic principles", "Emergence", "Adaptation", "Objectives", "Learning", "Prediction", "Sensing",
        "Interaction", "Stochasticity", "Collectives", "Observation",
    ):  # fmt: skip
        assert f"**{concept}.**" in PAGE, concept
