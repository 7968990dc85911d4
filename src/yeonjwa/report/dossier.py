"""A dossier as a document: Markdown, or one HTML file with everything inside."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from yeonjwa import __version__
from yeonjwa.core.errors import InputError
from yeonjwa.evidence import dossier as dossiers
from yeonjwa.evidence import ledger, tags
from yeonjwa.evidence import sources as registry
from yeonjwa.evidence.dossier import Dossier, Item
from yeonjwa.report import sheet, words

#: Heading of the rows that fit a relation in a way.
FITS: Final = {
    "named": "Entries that name this relation, by word, line or degree",
    "unspecified": "Entries that say family or relatives, without saying which",
    "other": "Other entries",
}
_SPLIT: Final = ("sanctions", "numbers", "checks", "spared")
#: Notes of the ledger that speak of our own use of a row, which no dossier needs.
_OWN_USE: Final = re.compile(r"\b(model|default|calibrat\w+|mechanism|Use|Use for|the seed|scale bribes)\b")


def render(found: Dossier, form: str = "md") -> str:
    """The dossier as text.

    Parameters
    ----------
    found : Dossier
        From :func:`yeonjwa.evidence.dossier.dossier`.
    form : str
        ``"md"``, ``"html"`` or ``"json"``.

    Raises
    ------
    InputError
        If the form is none of these.
    """
    if form not in dossiers.FORMATS:
        raise InputError("format", form, ", ".join(dossiers.FORMATS))
    if form == "json":
        return json.dumps(found.as_dict(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    return html(found) if form == "html" else markdown(found)


def summary(found: Dossier) -> str:
    """What the entries come to, in sentences that only count."""
    parts = []
    for section, one, many in (
        ("sanctions", "reports a sanction or a rule", "report sanctions or rules"),
        ("checks", "reports a check of relatives", "report checks of relatives"),
    ):
        items = found.of(section)
        named = sum(item.fit == "named" for item in items)
        verb = "names" if named == 1 else "name"
        count = _entries(len(items), one, many)
        parts.append(f"{count}; {named or 'none'} of them {verb} this relation, by word, line or degree")
    parts.append(
        _entries(len(found.of("spared")), "reports", "report") + " that kin were spared or sanctions eased"
    )
    pairs = len(found.conflicts)
    parts.append(
        f"{pairs or 'no'} pair{'' if pairs == 1 else 's'} of claims {'is' if pairs == 1 else 'are'} in conflict"
    )
    return ". ".join(words.capital(part) for part in parts) + "."


def _entries(n: int, one: str, many: str) -> str:
    return f"{n} entry {one}" if n == 1 else f"{n or 'no'} entries {many}"


def markdown(found: Dossier) -> str:
    """The dossier in Markdown."""
    lines = [f"# {found.title}", "", f"> {dossiers.NOTICE}", ""]
    lines += [f"- {name}: {value}" for name, value in _question(found)]
    lines += ["", "## In short", "", summary(found), ""]
    for section, heading in dossiers.SECTIONS.items():
        if section == "unknown":
            lines += _exits(found) + _conflicts(found)
        lines += [f"## {heading}", ""]
        if section == "unknown":
            lines += [f"- {sentence}" for sentence in found.unknown]
        lines += _section(found, section)
    lines += ["## Limits", "", *(f"- {limit}" for limit in dossiers.LIMITS), "", "## Sources", ""]
    lines += [
        f"- {source['source']}. {source['access']}{address}. Entries {source['numbers']}."
        for source in sources(found)
        for address in [f" <{source['address']}>" if source["address"] else ""]
    ]
    return "\n".join([*lines, "", _colophon(found), ""])


def html(found: Dossier) -> str:
    """The dossier as one HTML file."""
    from yeonjwa.report.page import GRADES

    return sheet.render(
        "dossier.html.j2",
        title=words.plain(found.title),
        notice=dossiers.NOTICE.split(". ", 1),
        question=_question(found),
        summary=summary(found),
        grade_words=GRADES,
        grades={grade: n for grade in ledger.GRADES if (n := _graded(found, grade))},
        sections=[(id, heading, _parts(found, id)) for id, heading in dossiers.SECTIONS.items()],
        exits=[(tags.EXITS[exit], numbers) for exit, numbers in found.exits.items()],
        conflicts=[{"sides": [_side(c.one), _side(c.other)], "outside": c.outside} for c in found.conflicts],
        unknown=found.unknown,
        limits=dossiers.LIMITS,
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
        "search": "Our own search of the literature, date not recorded",
        "calculation": "Computed from other entries of the ledger",
    }
    kind = registry.load()[source].type
    if kind in own:
        return own[kind]
    if not any(item.entry.found == "seen" for item in items):
        return "Not re-read: cited from memory of the work"
    copy = "" if address else "; read as a copy, which is not cited"
    return f"Page seen, accessed by {ledger.read_until().isoformat()}{copy}"


def _question(found: Dossier) -> list[tuple[str, str]]:
    kin = found.relation
    side = {"father": ", father's side", "mother": ", mother's side"}.get(kin.side, "")
    rank = tags.RANKS[found.rank] if found.rank else "all ranks"
    degree = "" if f"{kin.chon} chon" in kin.label else f", {kin.chon} chon"
    return [
        ("Relation", f"{kin.label} of the offender{degree}{side}"),
        ("Korean", "; ".join(kin.korean)),
        ("Offence", tags.OFFENCES[found.offence]),
        ("Period", dossiers.period(found.start, found.end)),
        ("Rank of those who answer", rank),
        ("Country", "North Korea"),
    ]


def _graded(found: Dossier, grade: str) -> int:
    return sum(item.entry.grade == grade for item in found.items if item.section != "unknown")


def _parts(found: Dossier, section: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """Rows of a section, parted by how they fit the relation where that matters."""
    items = found.of(section)
    if section not in _SPLIT:
        return [("", [_row(found, item) for item in items])] if items else []
    return [
        (heading, [_row(found, item) for item in items if item.fit == fit])
        for fit, heading in FITS.items()
        if any(item.fit == fit for item in items)
    ]


def _row(found: Dossier, item: Item) -> dict[str, Any]:
    entry = item.entry
    return {
        "number": item.number,
        "statement": words.plain(item.statement),
        "note": "" if _OWN_USE.search(entry.note) else words.plain(entry.note),
        "who": _who(item.tag),
        "sanction": ", ".join(tags.SANCTIONS[word] for word in item.tag.sanction),
        "concerns": "Concerns" if item.tag.says == "spared" else "Sanction",
        "offence": _offence(found, item.tag),
        "rank": _rank(item.tag),
        "period": words.plain(entry.period),
        "grade": entry.grade,
        "recalled": entry.found == "recalled",
        "source": words.plain(entry.source),
        "id": entry.id,
    }


def _who(tag: tags.Tag) -> str:
    named = [word for word in tag.relation if word not in tags.VAGUE and word != "none"]
    vague = [tags.VAGUE[word] for word in tag.relation if word in tags.VAGUE]
    return ", ".join([*(dossiers.degrees_in(tags.GROUPS.get(word, word)) for word in named), *vague])


def _offence(found: Dossier, tag: tags.Tag) -> str:
    """The offence of a row, said only where it is not the one asked about."""
    if not tag.offence or found.offence in tag.offence:
        return ""
    return ", ".join(tags.OFFENCES[word] for word in tag.offence)


def _rank(tag: tags.Tag) -> str:
    return ", ".join(tags.RANKS[word] for word in tag.rank if word != "any")


def _section(found: Dossier, section: str) -> list[str]:
    lines: list[str] = []
    for heading, rows in _parts(found, section):
        lines += [*([""] if lines else []), f"### {heading}", ""] if heading else []
        lines += [_bullet(row) for row in rows]
    return [*(lines or ["No entry."]), ""]


def _bullet(row: dict[str, Any]) -> str:
    tagged = [
        f"{name} {row[key]}"
        for name, key in (
            ("who:", "who"), (f"{row['concerns'].lower()}:", "sanction"), ("reported of", "offence"), ("rank:", "rank"),
        )
        if row[key]
    ]  # fmt: skip
    grade = f"grade {row['grade']}{', not re-read' if row['recalled'] else ''}"
    note = f" Note: {row['note'].rstrip('.')}." if row["note"] else ""
    return (
        f"- **[{row['number']}]** {row['statement'].rstrip('.')}. *{row['period']}; "
        f"{'; '.join([*tagged, grade])}.* {row['source'].rstrip('.')} (`{row['id']}`).{note}"
    )


def _exits(found: Dossier) -> list[str]:
    lines = ["## Exits from liability reported", ""]
    lines += [f"- {tags.EXITS[exit]}: entries {_list(numbers)}" for exit, numbers in found.exits.items()]
    return [*(lines if found.exits else [*lines, "No entry."]), ""]


def _conflicts(found: Dossier) -> list[str]:
    lines = ["## Conflicts side by side", ""]
    if not found.conflicts:
        return [*lines, "No entry conflicts with another.", ""]
    lines += ["| one side | the other side |", "|---|---|"]
    for conflict in found.conflicts:
        cells = [_cell(conflict.one), _cell(conflict.other)]
        outside = " *(outside the question)*" if conflict.outside else ""
        lines.append(f"| {cells[0]} | {cells[1]}{outside} |")
    return [*lines, ""]


def _cell(claim: ledger.Claim) -> str:
    side = _side(claim)
    text = f"{side['statement']} *{side['period']}, grade {side['grade']}{side['found']}.* {side['source']} (`{claim.id}`)"
    return text.replace("|", "\\|")


def _side(claim: ledger.Claim) -> dict[str, str]:
    return {
        "id": claim.id,
        "statement": words.plain(claim.claim),
        "period": words.plain(claim.period),
        "grade": claim.grade,
        "found": ", not re-read" if claim.found == "recalled" else "",
        "source": words.plain(claim.source),
    }


def _list(numbers: tuple[int, ...]) -> str:
    return ", ".join(f"[{number}]" for number in numbers)


def _colophon(found: Dossier) -> str:
    other = (
        f" In other years this relation is named by: {', '.join(found.elsewhere)}." if found.elsewhere else ""
    )
    return f"Written by yeonjwa {__version__} from its ledger of evidence, state {found.digest[:8]}.{other}"
