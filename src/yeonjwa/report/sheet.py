"""How the pages of the report are set: a template, the fonts that its text needs, and the style, in one HTML file."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any, Final

from yeonjwa import __version__
from yeonjwa.core import language
from yeonjwa.report import theme, words

_HANGUL: Final = re.compile(
    "[\\u1100-\\u11ff\\u3130-\\u318f\\uac00-\\ud7a3]+(?:[ ,]+[\\u1100-\\u11ff\\u3130-\\u318f\\uac00-\\ud7a3]+)*"
)


def render(template: str, **content: Any) -> str:
    """The page as text, in the active language.

    Parameters
    ----------
    template : str
        A file of ``templates``; "/*style*/" in it is the place of fonts and style sheet.
    **content
        What the template names.
    """
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        language.gettext, language.ngettext, newstyle=True, pgettext=language.pgettext
    )
    environment.filters.update(hangul=hangul, safe_svg=Markup, paragraph=words.capital)
    source = (files("yeonjwa.report") / "templates" / template).read_text(encoding="utf-8")
    given = {"version": __version__, "language": language.active(), **content}
    body: str = environment.from_string(source).render(**given)
    return body.replace("/*style*/", f"{theme.font_faces(body)}\n{theme.style_sheet()}", 1)


def file_name(name: str, spoken: str = "") -> str:
    """Name of the file of a page: "report.html", in Korean "report.ko.html"; in the active language if none is named."""
    spoken = spoken or language.active()
    if spoken == "en":
        return name
    stem, _dot, ending = name.rpartition(".")
    return f"{stem}.{spoken}.{ending}"


def hangul(text: object) -> Any:
    """Text in which every Korean run is marked as Korean; on a Korean page the text as it is."""
    from markupsafe import Markup, escape

    escaped = escape(text)
    if language.active() == "ko":
        return escaped
    return Markup(_HANGUL.sub(lambda m: f'<span lang="ko">{m[0]}</span>', str(escaped)))
