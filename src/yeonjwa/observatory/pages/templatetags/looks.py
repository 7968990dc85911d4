"""Tags and filters of the templates: addresses in the reader's language, marks of grades, Korean runs, figures."""

from __future__ import annotations

import re
from typing import Any, Final

from django import template
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, gettext_lazy

register = template.Library()

#: Parts of the observatory in the masthead: first address, words.
PARTS: Final = (
    ("/", gettext_lazy("Findings")),
    ("/scenarios/", gettext_lazy("Scenarios")),
    ("/runs/", gettext_lazy("Runs")),
    ("/regimes/", gettext_lazy("Regimes")),
    ("/evidence/", gettext_lazy("Evidence")),
    ("/sources/", gettext_lazy("Sources")),
    ("/about/", gettext_lazy("About")),
)
#: Addresses that belong to a part of another name.
ALSO: Final = {
    "/compare/": "/runs/",
    "/exports/": "/runs/",
    "/claims/": "/evidence/",
    "/parameters/": "/evidence/",
    "/conflicts/": "/evidence/",
    "/glossary/": "/sources/",
}
_HANGUL: Final = re.compile(
    "[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]+(?:[ ,·]+[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]+)*"
)


def address(path: str) -> str:
    """An address of the page map in the language of the reader ("/runs/" is "/ko/runs/" in Korean)."""
    return f"/ko{path}" if (get_language() or "en").startswith("ko") else path


@register.simple_tag
def at(*pieces: object) -> str:
    """An address made of pieces, in the language of the reader."""
    return address("".join(map(str, pieces)))


def bare(path: str) -> str:
    """An address without its language."""
    return path[3:] if path == "/ko" or path.startswith("/ko/") else path


@register.simple_tag(takes_context=True)
def parts(context: template.Context) -> SafeString:
    """The parts of the observatory as list items; the one that the page belongs to is marked."""
    request = context.get("request")
    path = bare(request.path) if request is not None else ""
    here = next((part for start, part in ALSO.items() if path.startswith(start)), path)
    return format_html_join(
        "\n",
        '<li><a href="{}"{}>{}</a></li>',
        (
            (
                address(start),
                mark_safe(' aria-current="page"')
                if (here == start or (start != "/" and here.startswith(start)))
                else "",
                words,
            )
            for start, words in PARTS
        ),
    )


@register.simple_tag
def crumbs(*pairs: object) -> SafeString:
    """The way to a page: pairs of address and words; a step without an address is where we are."""
    steps = format_html_join(
        "",
        "<li>{}</li>",
        (
            (
                format_html('<a href="{}">{}</a>', address(bare(str(path))), hangul(words))
                if path
                else hangul(words),
            )
            for path, words in zip(pairs[::2], pairs[1::2], strict=True)
        ),
    )
    return format_html('<nav class="path" aria-label="{}"><ol>{}</ol></nav>', gettext("Path"), steps)


@register.filter
def hangul(text: object) -> SafeString:
    """Text in which every Korean run is marked as Korean; on a Korean page the text as it is."""
    escaped = conditional_escape(text)
    if (get_language() or "en").startswith("ko"):
        return escaped
    return mark_safe(_HANGUL.sub(lambda m: f'<span lang="ko">{m[0]}</span>', escaped))


@register.filter
def drawing(text: str) -> SafeString:
    """A drawing that the package made itself, put into the page as it is."""
    return mark_safe(text)


def grade_words(grade: str) -> str:
    """What a grade says when it is read aloud."""
    return {
        "A": gettext("Evidence grade A: official record, court, UN, or several documents"),
        "B": gettext("Evidence grade B: one solid or several partial sources"),
        "C": gettext("Evidence grade C: one report, unconfirmed"),
        "assumption": gettext("Assumption: chosen by us, range stated"),
    }.get(grade, grade)


@register.filter
def grade_short(name: str) -> str:
    """What a grade means, beside its mark."""
    return {
        "A": gettext("official record, court, UN, or several documents"),
        "B": gettext("one solid or several partial sources"),
        "C": gettext("one report, unconfirmed"),
        "assumption": gettext("chosen by us, range stated"),
    }.get(name, "")


@register.simple_tag
def grade(name: str) -> SafeString:
    """The mark of a grade, which says itself aloud; nothing where there is no grade."""
    if not name:
        return mark_safe("")
    shown = gettext("assumption") if name == "assumption" else name
    return format_html(
        '<span class="grade {}" role="img" aria-label="{}">{}</span>', name, grade_words(name), shown
    )


@register.inclusion_tag("observatory/figure.html")
def figure(drawn: Any) -> dict[str, Any]:
    """A figure of the report in both widths, with its key."""
    return {"f": drawn}


@register.inclusion_tag("observatory/table.html")
def table(rows: Any) -> dict[str, Any]:
    """A table of the report."""
    return {"table": rows}


@register.filter
def cell(value: Any) -> SafeString:
    """A cell of a table of the report: words, or words with small words under them."""
    if isinstance(value, str):
        return hangul(value)
    return format_html("{} <small>{}</small>", hangul(value[0]), hangul(value[1]))


@register.filter
def words_of(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


@register.filter
def thousands(value: Any) -> str:
    """A whole number with a comma at thousands."""
    return f"{value:,}" if isinstance(value, int) else str(value)
