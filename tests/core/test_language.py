"""Texts in the active language: the catalogue, contexts, plurals, and no leak from one reader to the next."""

from __future__ import annotations

import threading

import pytest

from yeonjwa.core import language
from yeonjwa.core.errors import InputError


def test_english_is_what_the_code_says() -> None:
    assert language.active() == "en"
    assert language.gettext("Grade") == "Grade"
    assert language.ngettext("{n} year", "{n} years", 1) == "{n} year"
    assert language.ngettext("{n} year", "{n} years", 0.5) == "{n} years"


def test_korean_comes_from_the_catalogue_and_ends_with_the_block() -> None:
    with language.use("ko"):
        assert language.gettext("Grade") == "등급"
        assert language.gettext("no such text") == "no such text"
        assert language.gettext("") == ""
        with pytest.raises(ZeroDivisionError), language.use("en"):
            assert language.gettext("Grade") == "Grade"
            raise ZeroDivisionError
        assert language.active() == "ko"
    assert language.active() == "en"


def test_an_unknown_language_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"'kr'.*--language.*allowed: en or ko"):
        language.checked("kr", "--language")
    with pytest.raises(InputError, match="allowed: en or ko"), language.use("de"):
        pass


def test_each_thread_has_its_own() -> None:
    heard: list[str] = []
    with language.use("ko"):
        other = threading.Thread(target=lambda: heard.append(language.active()))
        other.start()
        other.join()
    assert heard == ["en"]
