"""The report of a run: one HTML file with everything inside."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from yeonjwa import __version__
from yeonjwa.core import language as languages
from yeonjwa.core.files import write_text
from yeonjwa.core.language import gettext as _
from yeonjwa.report import basis, grounds, money, outcomes, retold, rule, sheet, words
from yeonjwa.report.pieces import Section, grades
from yeonjwa.report.results import Results, read

#: Chapter -> results that its figures show, where a figure names none of its own.
SHOWS: Final = {
    "arrivals": ("flight.arrivals",),
    "money": ("support.amount", "support.fear_share"),
    "signals": ("signal.hints", "signal.bluff_share"),
    "flights": ("flight.attempts", "flight.interdicted"),
    "punishment": ("enforcement.sanctioned",),
    "family": ("enforcement.reach",),
    "camps": ("camp.intake", "camp.deaths"),
    "careers": ("vetting.refused_share",),
    "beliefs": ("belief.perceived", "belief.true"),
}


def grade_words() -> dict[str, str]:
    """What a grade says when it is read aloud."""
    return {
        "A": _("Evidence grade A: official record, court, UN, or several documents"),
        "B": _("Evidence grade B: one solid or several partial sources"),
        "C": _("Evidence grade C: one report, unconfirmed"),
        "assumption": _("Assumption: chosen by us, range stated"),
    }


def build(folder: Path, language: str = "") -> Path:
    """The path of the report, ``report.html`` in the folder of a run, in another language ``report.ko.html`` beside it.

    Parameters
    ----------
    folder : Path
        A run folder: ``manifest.json``, ``series.parquet``, ``flows.parquet``, and, if they are there,
        ``events.parquet``, ``family.json``, ``persons.parquet``, ``unions.parquet``.
    language : str
        One of :data:`yeonjwa.core.language.LANGUAGES`; the active one if empty.

    Raises
    ------
    InputError
        The folder holds no run, or there is no such language.
    """
    with languages.use(language or languages.active()):
        path = Path(folder) / sheet.file_name("report.html")
        write_text(path, html(read(Path(folder))))
    return path


def sections(results: Results) -> list[Section]:
    """The chapters with figures, in order, each figure with what it rests on."""
    found = [
        outcomes.arrivals(results),
        money.money(results),
        money.signals(results),
        outcomes.flights(results),
        rule.punishment(results),
        rule.family(results),
        outcomes.camps(results),
        rule.careers(results),
        rule.beliefs(results),
    ]
    return [grounded(results, section) for section in found]


def grounded(results: Results, section: Section) -> Section:
    """A chapter whose figures and tables say which parameters move them most, and how much of that is assumed."""
    parts = tuple(
        replace(part, grounds=grounds.of(results, part.measures or SHOWS[section.id]))
        for part in section.parts
    )
    return replace(section, parts=parts)


def html(results: Results) -> str:
    """The report as text."""
    return sheet.render("report.html.j2", **_content(results))


def _content(results: Results) -> dict[str, Any]:
    flag, measures = basis.finite_size(results)
    manifest = results.manifest
    return {
        "version": str(manifest.get("versions", {}).get("yeonjwa", __version__)),
        "date": _date(str(manifest.get("created", ""))),
        "headline": basis.headline(results),
        "lead": basis.lead(results),
        "answers": basis.answers(results),
        "moved": basis.moved(results),
        "grades": grades(results),
        "grade_words": grade_words(),
        "run": basis.facts_of_run(results),
        "finite": flag,
        "finite_measures": measures,
        "notes": [words.capital(words.plain(retold.sentence(str(n)))) for n in manifest.get("notes", [])],
        "sections": sections(results),
        "parameters": basis.parameters(results),
        "words": words.explained(),
        "sources": basis.sources(results),
        "command": words.plain(str(manifest.get("command") or _command(manifest))),
        "seed": manifest.get("seed"),
        "hash": str(manifest.get("parameter_hash", ""))[:8],
        "evidence": str(manifest.get("evidence_hash", ""))[:8],
    }


def _date(created: str) -> str:
    """ "23 November 2026", "2026년 11월 23일"."""
    try:
        when = datetime.fromisoformat(created)
    except ValueError:
        return ""
    return words.day(when.year, when.month, when.day)


def _command(manifest: Any) -> str:
    name = manifest.get("scenario", {}).get("name", "baseline")
    parts = ["yeonjwa", "run", str(name), "--scale", f"{manifest.get('scale', 0.01):g}"]
    parts += [
        "--seed",
        str(manifest.get("seed", 1)),
        "--from",
        str(manifest["first"]),
        "--to",
        str(manifest["last"]),
    ]
    return " ".join(shlex.quote(p) for p in parts)
