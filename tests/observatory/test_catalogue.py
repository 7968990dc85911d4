"""The Korean catalogue holds every message of the templates and the code, translated, and its compiled file is the same."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from typing import Any

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "catalogue.py"


@pytest.fixture(scope="module")
def tool() -> Any:
    spec = importlib.util.spec_from_file_location("catalogue_tool", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["catalogue_tool"] = module
    spec.loader.exec_module(module)
    return module


def names(text: str) -> list[str]:
    """Places for values in a message."""
    return sorted(re.findall(r"%\(\w+\)[sd]|\{\w+\}", text))


def test_every_message_is_translated_and_none_is_left_over(tool: Any) -> None:
    found, known = tool.found(), tool.read()
    missing = [
        message for (context, message) in found if not known.get((context, message), tool.Message()).text
    ]
    assert missing == [], "translate them in django.po, then run tools/catalogue.py"
    assert sorted(set(known) - set(found)) == [], "run tools/catalogue.py"


def test_translations_keep_the_places_of_values(tool: Any) -> None:
    for (_, message), one in tool.read().items():
        assert set(names(one.text)) == set(names(one.plural or message)), message
        assert one.text.count("%%") == message.count("%%"), message


def test_every_character_is_in_the_fonts_that_come_along(tool: Any) -> None:
    outside = re.compile("[^\n -~\u00a0-\u00ff\u2013\u2014\u2018-\u201e\u2022\u2026\u2212\uac00-\ud7a3]")
    for (_, message), one in tool.read().items():
        assert not outside.search(message + one.plural + one.text), message


def test_compiled_file_is_that_of_the_catalogue(tool: Any) -> None:
    assert tool.PO.with_suffix(".mo").read_bytes() == tool.compiled(tool.read())


def test_fuzzy_messages_are_refused(tool: Any, tmp_path: Path) -> None:
    file = tmp_path / "django.po"
    file.write_text('#, fuzzy\nmsgid "a"\nmsgstr "b"\n', encoding="utf-8")
    with pytest.raises(SystemExit, match="fuzzy"):
        tool.read(file)


def test_messages_are_found_where_django_looks_them_up(tool: Any, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '{% translate "One" %}{% translate "Two" context "c" %}{# {% translate "no" %} #}'
        "{% blocktranslate count n=n with x=y|num %}{{ x }} is 5 %{% plural %}{{ x }} are 5 %{% endblocktranslate %}"
        '{% crumbs "/" _("Three") %}{{ x|default:_("Seven") }}{% translate "9 %" %}',
        encoding="utf-8",
    )
    (tmp_path / "a.py").write_text(
        'gettext("Four")\npgettext_lazy("d", "Five")\nngettext("%(n)s six", "%(n)s sixes", n)\ngettext(name)\n',
        encoding="utf-8",
    )
    found = tool.found(tmp_path)
    assert set(found) == {
        ("", "One"), ("c", "Two"), ("", "%(x)s is 5 %%"), ("", "Three"), ("", "Four"), ("d", "Five"), ("", "%(n)s six"),
        ("", "Seven"), ("", "9 %%"),
    }  # fmt: skip
    assert found["", "%(x)s is 5 %%"].plural == "%(x)s are 5 %%"


def test_messages_are_found_where_jinja_looks_them_up(tool: Any, tmp_path: Path) -> None:
    (tmp_path / "a.html.j2").write_text(
        '{% trans n=x %}One of\n {{ n }} at 5 %{% endtrans %}{{ _("Two") }}{{ pgettext("c", "Three") }}{{ _(name) }}'
        "{% trans n=x %}{{ n }} four{% pluralize %}{{ n }} fours{% endtrans %}",
        encoding="utf-8",
    )
    found = tool.found(tmp_path)
    assert set(found) == {("", "One of %(n)s at 5 %%"), ("", "Two"), ("c", "Three"), ("", "%(n)s four")}
    assert found["", "%(n)s four"].plural == "%(n)s fours"


def test_django_uses_it(client: Any, db: None) -> None:
    page = client.get("/ko/terms/").content.decode()
    assert "<h1>이용 약관</h1>" in page
    assert "Terms of use" not in page


def test_what_is_drawn_for_a_page_speaks_its_language() -> None:
    from django.utils import translation

    from yeonjwa.core import language
    from yeonjwa.observatory.house.middleware import Language

    heard = []
    answer = Language(lambda request: heard.append(language.active()))
    for code in ("en", "ko"):
        with translation.override(code):
            answer(None)
    assert heard == ["en", "ko"]
    assert language.active() == "en"
