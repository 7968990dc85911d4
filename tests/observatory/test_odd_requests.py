"""Whatever is asked for, no page breaks: every address with odd pieces and odd questions answers below 500."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

#: What is put for a piece of an address, by its converter.
PIECES = {
    "int": ("{run}", "0", "9" * 30),
    "slug": ("baseline", "no-such", "-"),
    "str": ("seed.05", "²", "\0", "<script>"),
    "path": ("../../secret.key", "/etc/passwd", "manifest.json/..", "figures/<b>.svg"),
}
ODD = (
    "²",
    "9" * 5000,
    "-1",
    "9" * 30,
    "\0",
    "<script>",
    "'",
    "2006-13",
    "nan",
    "é" * 3000,
    "../x",
    "[]",
    "%",
)


def addresses() -> Iterator[tuple[str, list[str], Any]]:
    """Addresses of the project with the converters of their pieces and their view; Django's own left out."""

    def walk(patterns: list[Any], before: str) -> Iterator[tuple[str, list[str], Any]]:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, route)
            elif isinstance(pattern, URLPattern) and "(?P" not in route:
                yield route, re.findall(r"<(?:(\w+):)?\w+>", route), pattern.callback

    yield from walk(get_resolver().url_patterns, "/")


@functools.cache
def questions(app: Path) -> list[str]:
    """Names that the views of an app ask for."""
    text = "".join(file.read_text("utf-8") for file in sorted(app.glob("*.py")))
    return sorted(set(re.findall(r'\.(?:get|getlist)\("(\w+)"', text)))


def filled(route: str, kinds: list[str], turn: int, run: Any) -> str:
    """The address with pieces put in."""
    for kind in kinds:
        choices = PIECES[kind or "str"]
        piece = choices[turn % len(choices)].format(run=run.pk)
        route = re.sub(r"<(?:\w+:)?\w+>", lambda _m, p=piece: quote(p, safe="/."), route, count=1)
    return route


@pytest.mark.slow
def test_no_address_breaks(finished: Any, administrator: Any) -> None:
    administrator.raise_request_exception = False
    routes = list(addresses())
    assert len(routes) >= 20
    broken = []
    for route, kinds, view in routes:
        names = questions(Path(inspect.getfile(inspect.unwrap(view))).parent)
        for turn in range(max((len(PIECES[kind or "str"]) for kind in kinds), default=1)):
            path = filled(route, kinds, turn, finished)
            if administrator.get(path).status_code >= 500:
                broken.append(path)
            if administrator.post(path, dict.fromkeys(names, ODD[turn])).status_code >= 500:
                broken.append(f"POST {path}")
    assert broken == []


@pytest.mark.slow
def test_no_question_breaks(finished: Any, administrator: Any) -> None:
    """Each name that an app asks for with the first odd value, and with another of them in turn."""
    administrator.raise_request_exception = False
    broken = []
    for route, kinds, view in addresses():
        path = filled(route, kinds, 0, finished)
        if route.endswith((".zip", "<path:name>")) or administrator.get(path).status_code != 200:
            continue
        for place, name in enumerate(questions(Path(inspect.getfile(inspect.unwrap(view))).parent)):
            for odd in (ODD[0], ODD[1 + (place + len(path)) % (len(ODD) - 1)]):
                if administrator.get(f"{path}?{name}={quote(odd)}").status_code >= 500:
                    broken.append(f"{path}?{name}={odd[:10]!r}")
    assert broken == []
