"""A dossier as a document: Markdown, or one HTML file with everything inside."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from yeonjwa import __version__
from yeonjwa.core import language as languages
from yeonjwa.core.errors import InputError
from yeonjwa.core.language import gettext as _
from yeonjwa.core.language import ngettext, noop
from yeonjwa.evidence import dossier as dossiers
from yeonjwa.evidence import ledger, tags
from yeonjwa.evidence import sources as registry
from yeonjwa.evidence.dossier import Dossier, Item
from yeonjwa.report import sheet, words

#: Heading of the rows that fit a relation in a way.
FITS: Final = {
    "named": noop("Entries that name this relation, by word, line or degree"),
    "unspecified": noop("Entries that say family or relatives, without saying which"),
    "other": noop("Other entries"),
}
_SPLIT: Final = ("sanctions", "numbers", "checks", "spared")
#: Notes of the ledger that speak of our own use of a row, which no dossier needs.
_OWN_USE: Final = re.compile(r"\b(model|default|calibrat\w+|mechanism|Use|Use for|the seed|scale bribes)\b")


def render(found: Dossier, form: str = "md", language: str = "") -> str:
    """The dossier as text.

    Parameters
    ----------
    found : Dossier
        From :func:`yeonjwa.evidence.dossier.dossier`.
    form : str
        ``"md"``, ``"html"`` or ``"json"``.
    language : str
        One of :data:`yeonjwa.core.language.LANGUAGES`; the active one if empty. What the dossier says of what is not known is in
        the language that was active when it was made. JSON holds the English of the ledger.

    Raises
    ------
    InputError
        If the form is none of these, or there is no such language.
    """
    if form not in dossiers.FORMATS:
        raise InputError("format", form, ", ".join(dossiers.FORMATS))
    if form == "json":
        return json.dumps(found.as_dict(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    with languages.use(language or languages.active()):
        return html(found) if form == "html" else markdown(found)


def summary(found: Dossier) -> str:
    """What the entries come to, in sentences that only count."""
    parts = []
    for section in ("sanctions", "checks"):
        items = found.of(section)
        named = sum(item.fit == "named" for item in items)
        if section == "sanctions":
            said = ngettext(
                "{n} entry reports a sanction or a rule", "{n} entries report sanctions or rules", len(items)
            )
        else:
            said = ngettext(
                "{n} entry reports a check of relatives", "{n} entries report checks of relatives", len(items)
            )
        of_them = ngettext(
            "{n} of them names this relation, by word, line or degree",
            "{n} of them name this relation, by word, line or degree",
            named,
        )
        parts.append(f"{_number(said, len(items), _('no'))}; {_number(of_them, named, _('none'))}")
    spared = len(found.of("spared"))
    said = ngettext(
        "{n} entry reports that kin were spared or sanctions eased",
        "{n} entries report that kin were spared or sanctions eased",
        spared,
    )
    parts.append(_number(said, spared, _("no")))
    pairs = len(found.conflicts)
    said = ngettext("{n} pair of claims is in conflict", "{n} pairs of claims are in conflict", pairs)
    parts.append(_number(said, pairs, _("no")))
    return ". ".join(words.capital(part) for part in parts) + "."


def _number(text: str, n: int, nothing: str) -> str:
    """The text with its number; English says none in a word."""
    return text.format(n=n if n or languages.active() == "ko" else nothing)


def markdown(found: Dossier) -> str:
    """The dossier in Markdown."""
    lines = [f"# {found.title}", "", f"> {_(dossiers.NOTICE)}", ""]
    lines += [f"- {name}: {value}" for name, value in _question(found)]
    lines += ["", f"## {_('In short')}", "", summary(found), ""]
    for section, heading in dossiers.SECTIONS.items():
        if section == "unknown":
            lines += _exits(found) + _conflicts(found)
        lines += [f"## {_(heading)}", ""]
        if section == "unknown":
            lines += [f"- {sentence}" for sentence in found.unknown]
        lines += _section(found, section)
    limits = [f"- {_(limit)}" for limit in dossiers.LIMITS]
    lines += [f"## {_('Limits')}", "", *limits, "", f"## {_('Sources')}", ""]
    lines += [
        f"- {source['source']}. {source['access']}{address}. "
        + _("Entries {numbers}.").format(numbers=source["numbers"])
        for source in sources(found)
        for address in [f" <{source['address']}>" if source["address"] else ""]
    ]
    return "\n".join([*lines, "", _colophon(found), ""])


def html(found: Dossier) -> str:
    """The dossier as one HTML file."""
    from yeonjwa.report.page import grade_words

    return sheet.render(
        "dossier.html.j2",
        title=words.plain(found.title),
        notice=_(dossiers.NOTICE).split(". ", 1),
        question=_question(found),
        summary=summary(found),
        grade_words=grade_words(),
        grades={grade: n for grade in ledger.GRADES if (n := _graded(found, grade))},
        sections=[(id, _(heading), _parts(found, id)) for id, heading in dossiers.SECTIONS.items()],
        exits=[(_(tags.EXITS[exit]), numbers) for exit, numbers in found.exits.items()],
        conflicts=[{"sides": [_side(c.one), _side(c.other)], "outside": c.outside} for c in found.conflicts],
        unknown=found.unknown,
        limits=[_(limit) for limit in dossiers.LIMITS],
        sources=sources(found),
        elsewhere=found.elsewhere,
        colophon=_colophon(found),
    )


def sources(found: Dossier) -> list[dict[str, Any]]:
    """The sources of the entries, by name: address, what is known of access, numbers of the entries."""
    by_source: dict[str, list[Item]] = {}
    for item in found.items:
        by_source.setdefault(item.entry.source, []).append(item)
    rows = []
    for name, items in sorted(by_source.items(), key=lambda pair: pair[0].lower()):
        addresses = sorted({ledger.address(item.entry) for item in items} - {""})
        rows.append(
            {
                "source": words.plain(name),
                "access": _access(name, items, bool(addresses)),
                "address": addresses[0] if addresses else "",
                "numbers": ", ".join(str(item.number) for item in items),
            }
        )
    return rows


def _access(source: str, items: list[Item], address: bool) -> str:
    """What the ledger knows of how and when a source was read."""
    own = {
        "search": _("Our own search of the literature, date not recorded"),
        "calculation": _("Computed from other entries of the ledger"),
    }
    kind = registry.load()[source].type
    if kind in own:
        return own[kind]
    if not any(item.entry.found == "seen" for item in items):
        return _("Not re-read: cited from memory of the work")
    said = (
        _("Page seen, accessed by {day}")
        if address
        else _("Page seen, accessed by {day}; read as a copy, which is not cited")
    )
    return said.format(day=ledger.read_until().isoformat())


def _question(found: Dossier) -> list[tuple[str, str]]:
    kin = found.relation
    side = {"father": _("father's side"), "mother": _("mother's side")}.get(kin.side, "")
    rank = _(tags.RANKS[found.rank]) if found.rank else _("all ranks")
    degree = "" if f"{kin.chon} chon" in kin.label else _("{chon} chon").format(chon=kin.chon)
    name = dossiers.words_of(kin) if languages.active() == "ko" else kin.label
    relation = _("{relation} of the offender").format(relation=name)
    return [
        (_("Relation"), ", ".join(part for part in (relation, degree, side) if part)),
        *([] if languages.active() == "ko" else [(_("Korean"), "; ".join(kin.korean))]),
        (_("Offence"), _(tags.OFFENCES[found.offence])),
        (_("Period"), dossiers.period(found.start, found.end)),
        (_("Rank of those who answer"), rank),
        (_("Country"), _("North Korea")),
    ]


def _graded(found: Dossier, grade: str) -> int:
    return sum(item.entry.grade == grade for item in found.items if item.section != "unknown")


def _parts(found: Dossier, section: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """Rows of a section, parted by how they fit the relation where that matters."""
    items = found.of(section)
    if section not in _SPLIT:
        return [("", [_row(found, item) for item in items])] if items else []
    return [
        (_(heading), [_row(found, item) for item in items if item.fit == fit])
        for fit, heading in FITS.items()
        if any(item.fit == fit for item in items)
    ]


def _row(found: Dossier, item: Item) -> dict[str, Any]:
    entry = item.entry
    return {
        "number": item.number,
        "statement": words.plain(words.stated(entry.id, item.statement)),
        "note": "" if _OWN_USE.search(entry.note) else words.plain(words.said(entry.note)),
        "who": _who(item.tag),
        "sanction": ", ".join(_(tags.SANCTIONS[word]) for word in item.tag.sanction),
        "concerns": _("Concerns") if item.tag.says == "spared" else _("Sanction"),
        "offence": _offence(found, item.tag),
        "rank": _rank(item.tag),
        "period": words.plain(words.said(entry.period)),
        "grade": entry.grade,
        "recalled": entry.found == "recalled",
        "source": words.plain(entry.source),
        "id": entry.id,
    }


def _who(tag: tags.Tag) -> str:
    named = [word for word in tag.relation if word not in tags.VAGUE and word != "none"]
    vague = [_(tags.VAGUE[word]) for word in tag.relation if word in tags.VAGUE]
    return ", ".join([*(dossiers.degrees_in(tags.GROUPS.get(word, word)) for word in named), *vague])


def _offence(found: Dossier, tag: tags.Tag) -> str:
    """The offence of a row, said only where it is not the one asked about."""
    if not tag.offence or found.offence in tag.offence:
        return ""
    return ", ".join(_(tags.OFFENCES[word]) for word in tag.offence)


def _rank(tag: tags.Tag) -> str:
    return ", ".join(_(tags.RANKS[word]) for word in tag.rank if word != "any")


def _section(found: Dossier, section: str) -> list[str]:
    lines: list[str] = []
    for heading, rows in _parts(found, section):
        lines += [*([""] if lines else []), f"### {heading}", ""] if heading else []
        lines += [_bullet(row) for row in rows]
    return [*(lines or [_("No entry.")]), ""]


def _bullet(row: dict[str, Any]) -> str:
    tagged = [
        f"{name} {row[key]}"
        for name, key in (
            (_("who:"), "who"), (f"{row['concerns'].lower()}:", "sanction"), (_("reported of"), "offence"), (_("rank:"), "rank"),
        )
        if row[key]
    ]  # fmt: skip
    said = _("grade {grade}, not re-read") if row["recalled"] else _("grade {grade}")
    grade = said.format(grade=row["grade"])
    note = " " + _("Note: {note}.").format(note=row["note"].rstrip(".")) if row["note"] else ""
    return (
        f"- **[{row['number']}]** {row['statement'].rstrip('.')}. *{row['period']}; "
        f"{'; '.join([*tagged, grade])}.* {row['source'].rstrip('.')} (`{row['id']}`).{note}"
    )


def _exits(found: Dossier) -> list[str]:
    lines = [f"## {_('Exits from liability reported')}", ""]
    lines += [
        _("- {exit}: entries {numbers}").format(exit=_(tags.EXITS[exit]), numbers=_list(numbers))
        for exit, numbers in found.exits.items()
    ]
    return [*(lines if found.exits else [*lines, _("No entry.")]), ""]


def _conflicts(found: Dossier) -> list[str]:
    lines = [f"## {_('Conflicts side by side')}", ""]
    if not found.conflicts:
        return [*lines, _("No entry conflicts with another."), ""]
    lines += [f"| {_('one side')} | {_('the other side')} |", "|---|---|"]
    for conflict in found.conflicts:
        cells = [_cell(conflict.one), _cell(conflict.other)]
        outside = f" *({_('outside the question')})*" if conflict.outside else ""
        lines.append(f"| {cells[0]} | {cells[1]}{outside} |")
    return [*lines, ""]


def _cell(claim: ledger.Claim) -> str:
    side = _side(claim)
    grade = _("grade {grade}").format(grade=side["grade"])
    text = f"{side['statement']} *{side['period']}, {grade}{side['found']}.* {side['source']} (`{claim.id}`)"
    return text.replace("|", "\\|")


def _side(claim: ledger.Claim) -> dict[str, str]:
    return {
        "id": claim.id,
        "statement": words.plain(words.said(claim.claim)),
        "period": words.plain(words.said(claim.period)),
        "grade": claim.grade,
        "found": f", {_('not re-read')}" if claim.found == "recalled" else "",
        "source": words.plain(claim.source),
    }


def _list(numbers: tuple[int, ...]) -> str:
    return ", ".join(f"[{number}]" for number in numbers)


def _colophon(found: Dossier) -> str:
    written = _("Written by yeonjwa {version} from its ledger of evidence, state {state}.").format(
        version=__version__, state=found.digest[:8]
    )
    if not found.elsewhere:
        return written
    other = _("In other years this relation is named by: {ids}.").format(ids=", ".join(found.elsewhere))
    return f"{written} {other}"
