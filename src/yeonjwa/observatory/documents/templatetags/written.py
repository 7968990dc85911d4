"""Numbers and dates as each language writes them."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final

from django import template
from django.utils.html import format_html
from django.utils.translation import get_language, gettext

from yeonjwa.evidence import korean as tables
from yeonjwa.observatory.pages.templatetags.looks import hangul

register = template.Library()

_MONTH: Final = re.compile(r"(\d{4})-(\d{2})")
_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_HANGUL: Final = re.compile("[\uac00-\ud7a3]")
_NAMES: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def _korean() -> bool:
    return (get_language() or "en").startswith("ko")


@register.filter
def num(value: Any) -> str:
    """A whole number with commas at the thousands, which both languages write; other values as they are."""
    return f"{value:,}" if isinstance(value, int) else str(value)


@register.filter
def month(value: Any) -> str:
    """A month: "2013-12" is "December 2013", in Korean "2013년 12월"; other texts as they are."""
    found = _MONTH.fullmatch(str(value))
    if not found or not 1 <= int(found[2]) <= 12:
        return str(value)
    year, number = int(found[1]), int(found[2])
    return f"{year}년 {number}월" if _korean() else f"{_NAMES[number - 1]} {year}"


@register.filter
def day(value: Any) -> str:
    """A day: "2015-03-23" is "23 March 2015", in Korean "2015년 3월 23일"; months and years as far as they go."""
    text = value.isoformat() if isinstance(value, date) else str(value)
    found = _DAY.fullmatch(text)
    if not found or not 1 <= int(found[2]) <= 12:
        return month(text)
    year, number, at = (int(part) for part in found.groups())
    return f"{year}년 {number}월 {at}일" if _korean() else f"{at} {_NAMES[number - 1]} {year}"


@register.filter
def english(value: Any) -> Any:
    """A text of the package's data: on a Korean page in Korean where its tables have it, else marked as English."""
    if not _korean() or not value:
        return hangul(value)
    return _marked(str(value), tables.translation(str(value)))


@register.filter
def unit(value: Any) -> Any:
    """A unit of the package's data, as :func:`english`; "children" is a counter here."""
    if not _korean() or not value:
        return hangul(value)
    return _marked(str(value), tables.units().get(str(value)) or tables.translation(str(value)))


@register.filter
def plainly(value: Any) -> str:
    """A text of the package's data in the reader's language, without marks, for places that hold no elements."""
    return tables.korean(str(value)) if _korean() else str(value)


def _marked(text: str, found: str | None) -> Any:
    """The Korean; without it the text, marked as English unless it is Korean itself."""
    if found is None and text.strip():
        found = gettext(text)
        found = None if found == text else found
    if found is not None or _HANGUL.search(text):
        return text if found is None else found
    return format_html('<span lang="en">{}</span>', text)
