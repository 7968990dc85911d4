"""The API reference names what there is: every target of a directive, every name in its table, every module of kinship."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import yeonjwa.kinship

PAGE = (Path(__file__).parent.parent / "docs" / "api.md").read_text("utf-8")
TARGETS = re.findall(r"^\.\. auto(\w+):: ([\w.]+)\n((?:   :.*\n)*)", PAGE, re.MULTILINE)
ROWS = re.findall(r"^\|[^|]+\| `(yeonjwa[\w.]+)` \| (.+) \|$", PAGE, re.MULTILINE)
#: Kernels, twins and word lists: the functions above them are the interface.
INNER = {"blood", "walk", "counts", "prefetch", "twin", "names", "terms", "expected"}


def resolve(name: str) -> object:
    """The module, class or function of a dotted name."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        module, _, last = name.rpartition(".")
        return getattr(importlib.import_module(module), last)


@pytest.mark.parametrize(("kind", "target", "options"), TARGETS, ids=[target for _, target, _ in TARGETS])
def test_targets_exist_and_are_described(kind: str, target: str, options: str) -> None:
    found = resolve(target)
    assert {"module": inspect.ismodule, "class": inspect.isclass, "function": inspect.isfunction}[kind](found)
    assert inspect.getdoc(found)
    listed = re.search(r":members: (.+)", options)
    names = listed[1].split(", ") if listed else _public(found) if inspect.ismodule(found) else []
    for name in names:
        item = getattr(found, name)
        assert not callable(item) or inspect.getdoc(item), name


def _public(module: object) -> list[str]:
    return [
        name
        for name, item in vars(module).items()
        if not name.startswith("_") and getattr(item, "__module__", None) == module.__name__  # type: ignore[attr-defined]
    ]


@pytest.mark.parametrize(("module", "cell"), ROWS, ids=[module for module, _ in ROWS])
def test_names_of_the_table_exist(module: str, cell: str) -> None:
    names = re.findall(r"`(\w+)`", cell)
    assert names
    for name in names:
        assert hasattr(importlib.import_module(module), name)


def test_every_module_of_kinship_has_its_place() -> None:
    modules = {found.name for found in pkgutil.iter_modules(yeonjwa.kinship.__path__)}
    described = {target.split(".")[2] for _, target, _ in TARGETS if target.startswith("yeonjwa.kinship.")}
    assert described == modules - INNER
