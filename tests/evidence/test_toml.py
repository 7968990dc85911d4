"""Lines of keys in TOML text."""

from __future__ import annotations

import pytest

from yeonjwa.core.errors import InputError
from yeonjwa.evidence import toml

TEXT = """title = "path = nothing"   # value = 1
# path = "comment"
from = "2005-01"

[[change]]
path = "a.b"
value = { official = 2, "senior" = 3 }

[[ change ]]
path = "c.d"
from = "2012-01"
"""


@pytest.mark.parametrize(
    ("key", "table", "line"),
    [
        ("from", None, 3),
        ("path", 0, 6),
        ("official", 0, 7),
        ("senior", 0, 7),
        ("path", 1, 10),
        ("from", 1, 11),
        ("factor", 1, 9),
        ("factor", None, None),
        ("path", 2, None),
    ],
)
def test_line_of_a_key(key, table, line):
    assert toml.line_of(TEXT, key, table=table) == line


def test_place():
    assert toml.place("file.toml", 3) == "file.toml, line 3"
    assert toml.place("file.toml", None) == "file.toml"


@pytest.mark.parametrize(
    ("text", "line"), [("a = 1\nb = \nc = 3\n", 2), ("a = 1\na = 2\n", 2), ('a = "x\n', 1), ("", 0)]
)
def test_syntax_errors_name_the_line(text, line):
    if not line:
        assert toml.parse(text, "file.toml") == {}
        return
    with pytest.raises(InputError) as caught:
        toml.parse(text, "file.toml")
    assert caught.value.where == f"file.toml, line {line}"
