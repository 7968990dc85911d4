"""The tables of docs/model.md, made from the code: state variables, schedule, parameters and where they are read."""

from __future__ import annotations

import dataclasses
import inspect
import re
from functools import cache
from pathlib import Path
from typing import Any

from yeonjwa.core.parameters import Parameters
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.society.abroad import Posted
from yeonjwa.society.beliefs import Beliefs
from yeonjwa.society.schedule import SCHEDULE
from yeonjwa.society.state import Houses, People, State, Tree
from yeonjwa.society.ties import Ties
from yeonjwa.society.world import Signals

SOURCE = Path(__file__).parent.parent / "src" / "yeonjwa"
#: Heading of a table -> the class whose variables it lists, and the class that describes them.
ENTITIES: dict[str, tuple[type, type]] = {
    "Tree": (Tree, Pedigree),
    "People": (People, People),
    "Houses": (Houses, Houses),
    "State": (State, State),
    "Ties": (Ties, Ties),
    "Signals": (Signals, Signals),
    "Posted": (Posted, Posted),
    "Beliefs": (Beliefs, Beliefs),
}
_MARKED = re.compile(r"<!-- table: (\w+) -->\n.*?<!-- end of table -->", re.DOTALL)
_NAMES = r"((?:``\w+``(?:, | and )?)+)"


def model_page(document: Path, parameters: Parameters) -> str:
    """Text of the model's document with its tables made anew."""

    def table(found: re.Match[str]) -> str:
        return f"<!-- table: {found[1]} -->\n{make(found[1], parameters)}<!-- end of table -->"

    return _MARKED.sub(table, document.read_text(encoding="utf-8"))


def make(name: str, parameters: Parameters) -> str:
    """One table by its name."""
    if name == "schedule":
        return schedule_table()
    if name == "parameters":
        return parameter_table(parameters)
    return entity_table(name)


def entity_table(name: str) -> str:
    """A row for each state variable of a class; one that its docstring does not describe is an error."""
    entity, described = ENTITIES[name]
    words = descriptions(described) | descriptions(entity)
    lines = ["| variable | what |", "|---|---|"]
    for variable in variables(entity):
        if variable not in words:
            raise SystemExit(f"{described.__name__}.{variable}: the docstring does not describe it")
        lines.append(f"| `{variable}` | {_cell(words[variable])} |")
    return "\n".join(lines) + "\n"


def variables(entity: type) -> list[str]:
    """Names of the variables of a named tuple or data class."""
    if dataclasses.is_dataclass(entity):
        return [field.name for field in dataclasses.fields(entity)]
    return list(entity._fields)  # type: ignore[attr-defined]


def descriptions(entity: type) -> dict[str, str]:
    """Variable -> its words in the docstring, in numpydoc or as a sentence of ``name`` what, parted by ";"."""
    text = inspect.getdoc(entity) or ""
    if "Attributes\n" in text:
        body = text.split("----------\n", 1)[1]
        rows = re.findall(r"^(\w[\w, ]*) : [^\n]*\n((?: {4}.*\n?|\n(?= ))+)", body + "\n", re.MULTILINE)
        return {name.strip(): " ".join(words.split()) for names, words in rows for name in names.split(",")}
    start = re.search(rf"(?:^|[\s:]){_NAMES}\s", text)
    body = " ".join(text[start.start(1) :].split()) if start else ""
    found = {}
    for part in body.split("; "):
        match = re.match(rf"{_NAMES}\s*(.*)", part)
        if match:
            for name in re.findall(r"``(\w+)``", match[1]):
                found[name] = match[2]
    return found


def schedule_table() -> str:
    """A row for each step of a month."""
    lines = ["| step | name | what | function |", "|---|---|---|---|"]
    for step in SCHEDULE:
        when = " (January)" if step.january_only else ""
        function = f"{step.run.__module__.removeprefix('yeonjwa.')}.{step.run.__name__}"
        lines.append(f"| {step.number} | `{step.name}` | {_cell(step.what)}{when} | `{function}` |")
    return "\n".join(lines) + "\n"


def parameter_table(parameters: Parameters) -> str:
    """A row for each parameter: what it is, its unit, and the modules that read it; one that nothing reads is an error."""
    lines = ["| parameter | what | unit | read in |", "|---|---|---|---|"]
    for path in parameters:
        modules = readers(path)
        if not modules:
            raise SystemExit(f"{path}: nothing in the code reads it")
        read = ", ".join(f"`{module}`" for module in modules)
        parameter = parameters[path]
        lines.append(f"| `{path}` | {_cell(parameter.description)} | {_cell(parameter.unit)} | {read} |")
    return "\n".join(lines) + "\n"


def readers(path: str) -> list[str]:
    """Modules whose source names a parameter, in full or by a pattern."""
    return [
        module
        for module, (literals, patterns) in _sources().items()
        if path in literals or any(pattern.fullmatch(path) for pattern in patterns)
    ]


@cache
def _sources() -> dict[str, tuple[set[str], list[re.Pattern[str]]]]:
    found: dict[str, Any] = {}
    for package in ("demography", "genealogy", "regime", "society"):
        for file in sorted((SOURCE / package).rglob("*.py")):
            if "stylised" in file.parts:  # villages of theory, not the country
                continue
            text = file.read_text(encoding="utf-8")
            literals = set(re.findall(r'"([a-z_]+\.[a-z0-9_]+)"', text))
            formatted = re.findall(r'\(f"([a-z_]+\.[a-z_]*\{[^"]+\}[a-z_]*)"', text)
            patterns = [re.compile(re.sub(r"\{[^}]*\}", r"[a-z_]+", shape)) for shape in formatted]
            found[file.relative_to(SOURCE).with_suffix("").as_posix()] = (literals, patterns)
    return found


def _cell(text: str) -> str:
    words = text.replace("``", "`").replace("|", "\\|").rstrip(". ")
    return words[:1].upper() + words[1:]
