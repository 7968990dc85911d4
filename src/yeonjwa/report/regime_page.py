"""The page of a comparison of regimes: rings, table, method, limits and sources in one file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from yeonjwa.core import language as languages
from yeonjwa.core.files import write_text
from yeonjwa.core.language import gettext as _
from yeonjwa.core.language import noop
from yeonjwa.regime.catalogue import Regime
from yeonjwa.regime.compare import KIN, age_group_names, measures
from yeonjwa.regime.sanctions import sanctions
from yeonjwa.report import regime_rings, retold, sheet, words
from yeonjwa.report.page import grade_words
from yeonjwa.report.regime_rings import Panel, drawing, headline, numerals, ordered, panel_note

Row = Mapping[str, Any]


def build(
    folder: Path,
    answer: Row,
    regimes: Sequence[Regime],
    sources: Sequence[Mapping[str, Any]],
    command: str,
    language: str = "",
) -> None:
    """Write ``rings.svg``, ``rings.png`` and ``regimes.html`` into a folder.

    In another language than English they are ``rings.ko.svg``, ``rings.ko.png`` and ``regimes.ko.html``.

    Parameters
    ----------
    folder : Path
    answer : mapping
        What :func:`yeonjwa.regimes.compare` gives back.
    regimes : sequence of Regime
        Those compared.
    sources : sequence of mapping
        What they rest on.
    command : str
        The line that repeats it.
    language : str
        One of :data:`yeonjwa.core.language.LANGUAGES`; the active one if empty.

    Raises
    ------
    InputError
        There is no such language.
    """
    shown = [r for r in regimes if r.figure] or list(regimes)
    with languages.use(language or languages.active()):
        title, lead = headline(shown)
        panels = _panels(shown, {row["id"]: row for row in answer["regimes"]})
        picture = drawing(panels, columns=4, title=title, lead=lead, margin=32.0)
        regime_rings.save(picture, folder / sheet.file_name("rings.svg"))
        regime_rings.save(picture, folder / sheet.file_name("rings.png"))
        write_text(folder / sheet.file_name("regimes.html"), html(answer, regimes, sources, command))


def _panels(regimes: Sequence[Regime], rows: Mapping[str, Row]) -> list[Panel]:
    return [Panel(r, panel_note(r), _count(rows[r.id])) for r in ordered(regimes)]


def _count(row: Row) -> str:
    """Persons named for one offence, in body and in career: mean and the middle eight tenths."""
    parts = []
    for name, said in (
        ("body", _("{mean} in body ({spread})")),
        ("career", _("{mean} in career ({spread})")),
    ):
        mean, spread = _spread(row, name)
        if spread:
            parts.append(said.format(mean=mean, spread=spread))
    if not parts:
        mean, spread = _spread(row, "reached")
        if not spread:
            return _("Persons: nobody for each offence")
        parts = [_("{mean} watched ({spread})").format(mean=mean, spread=spread)]
    return _("Persons: {counts}").format(counts=", ".join(parts))


def html(answer: Row, regimes: Sequence[Regime], sources: Sequence[Mapping[str, Any]], command: str) -> str:
    """The page as text."""
    return sheet.render("regimes.html.j2", **_content(answer, regimes, sources, command))


def _content(
    answer: Row, regimes: Sequence[Regime], sources: Sequence[Mapping[str, Any]], command: str
) -> dict[str, Any]:
    shown = [r for r in regimes if r.figure] or list(regimes)
    rest = [r for r in regimes if r not in shown]
    title, lead = headline(shown)
    rows = {row["id"]: row for row in answer["regimes"]}
    order = [*ordered(shown), *ordered(rest)]
    about = answer["population"]
    return {
        "month": about["month"],
        "headline": title,
        "lead": lead,
        "grade_words": grade_words(),
        "first": _figure(shown, rows, "first", 4),
        "others": _figure(rest, rows, "others", 5) if rest else None,
        "rows": [_cells(regime, rows[regime.id]) for regime in order],
        "caption": _(
            "What each regime does to the kin of the same offenders, in one population. Under the number: "
            "10th to 90th percentile, or standard error."
        ),
        "under": _("{offenders} offenders among {adults} adults, {living} living in {month}. {drawn}").format(
            offenders=f"{about['offenders']:,}",
            adults=f"{about['adults']:,}",
            living=f"{about['living']:,}",
            month=about["month"],
            drawn=retold.sentence(answer["offenders"]),
        ),
        "by_kin": _table(order, rows, "by_kin", "kin", _("persons named an offence, by kin"), KIN),
        "by_age": _table(
            order,
            rows,
            "by_age",
            "age_group",
            _("persons named an offence, by age"),
            age_group_names(measures().age_groups),
        ),
        "by_sanction": _table(
            order,
            rows,
            "by_sanction",
            "sanction",
            _("persons named an offence, by sanction"),
            list(sanctions()),
        ),
        "method": [*map(retold.sentence, answer["notes"]), *map(_, _METHOD)],
        "limits": [
            {"name": words.said(r.name), "id": r.id, "what": "; ".join(map(words.said, r.not_represented))}
            for r in order
            if r.not_represented
        ],
        "sources": sources,
        "command": command,
        "seed": about["seed"],
    }


_METHOD = (
    noop(
        "Named: everybody alive whom a standing rule names when one person offends, each once, under the most severe sanction. "
        "In body: death, confinement, exile."
    ),
    noop(
        "Shared fate: one adult in a thousand offends, drawn at random and independently; the share of the living who answer for "
        "somebody, offenders left out, as a mean over draws with its standard error."
    ),
    noop(
        "Lines ended: of offenders whose father\u2019s father\u2019s male line has another living man, the share for whom every "
        "such man is put to death or castrated."
    ),
    noop(
        "Standard errors take families as units: offenders with one great-great-grandmother in the female line count together."
    ),
)


def _figure(regimes: Sequence[Regime], rows: Mapping[str, Row], name: str, columns: int) -> dict[str, str]:
    panels = _panels(regimes, rows)
    label = "; ".join(
        _("{regime}: body {body}, career {career}").format(
            regime=words.said(panel.regime.name),
            body=numerals(panel.regime)[0],
            career=numerals(panel.regime)[1],
        )
        for panel in panels
    )
    first = name == "first"
    wide = drawing(panels, columns=columns, key=first)
    narrow = drawing(panels, columns=2, width=350.0, key=first)
    return {
        "label": _("Rings by degree. {regimes}").format(regimes=label),
        "wide": regime_rings.told_apart(wide, f"{name}-wide"),
        "narrow": regime_rings.told_apart(narrow, f"{name}-narrow"),
    }


def _cells(regime: Regime, row: Row) -> dict[str, Any]:
    body, career = numerals(regime)
    return {
        "id": regime.id,
        "name": words.said(regime.name),
        "dates": regime_rings.years(regime),
        "triggers": "; ".join(map(words.said, regime.triggers)),
        "body": body,
        "career": career,
        "named": _spread(row, "reached"),
        "in_body": _spread(row, "body"),
        "children": number(row["children_mean"]),
        "shared": _percent(row["share_of_population"], row["share_of_population_se"]),
        "lines": _percent(row["lines_ended"], row["lines_ended_se"]),
        "exits": "; ".join(words.said(way.how) for way in regime.exits) or _("none"),
        "grade": regime.grade,
    }


def number(value: float | None) -> str:
    """A mean for a reader: three digits or so."""
    if value is None:
        return "\u2013"
    if value == 0:
        return "0"
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:,.0f}"


def _spread(row: Row, name: str) -> tuple[str, str]:
    mean, low, high = row[f"{name}_mean"], row[f"{name}_p10"], row[f"{name}_p90"]
    return number(mean), f"{low:,}\u2013{high:,}" if mean else ""


def _percent(value: float | None, se: float | None) -> tuple[str, str]:
    if value is None:
        return "\u2013", ""
    return number(100 * value), f"\u00b1 {number(100 * se)}" if se else ""


def _table(
    order: Sequence[Regime],
    rows: Mapping[str, Row],
    part: str,
    name: str,
    caption: str,
    columns: Sequence[str],
) -> dict[str, Any]:
    used = [c for c in columns if any(cell[name] == c for row in rows.values() for cell in row[part])]
    body = []
    for regime in order:
        means = {cell[name]: cell["mean"] for cell in rows[regime.id][part]}
        body.append([words.said(regime.name), *(number(means.get(c)) for c in used)])
    return {"caption": caption, "head": [_("Regime"), *map(words.level, used)], "rows": body}
