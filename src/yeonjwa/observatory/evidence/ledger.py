"""The evidence: entries of the ledger, parameters, conflicts, sources and the glossary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext

from yeonjwa.core.calendar import format_month
from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import Parameter
from yeonjwa.evidence import korean, ledger, rivals, words
from yeonjwa.evidence import parameters as shipped
from yeonjwa.evidence import sources as bibliography

PAGE: Final = 50
GRADES: Final = ("A", "B", "C")
#: Longest text that is searched for.
LONGEST: Final = 80
_TYPES: Final = {
    "bibtex": ("application/x-bibtex", "yeonjwa.bib"),
    "csl-json": ("application/vnd.citationstyles.csl+json", "yeonjwa.json"),
    "text": ("text/plain", "yeonjwa.txt"),
}


def _paged(request: HttpRequest, rows: list[Any]) -> Any:
    return Paginator(rows, PAGE).get_page(request.GET.get("page"))


def evidence(request: HttpRequest) -> HttpResponse:
    """Search of the ledger by words, kind and grade."""
    asked = request.GET.get("q", "").strip()[:LONGEST]
    kind = request.GET.get("kind", "")
    grade = request.GET.get("grade", "")
    kind = kind if kind in ("fact", "claim") else ""
    grade = grade if grade in GRADES else ""
    rows = [
        _line(known)
        for known in ledger.entries().values()
        if (not kind or _kind(known) == kind) and (not grade or known.grade == grade)
    ]
    if asked:
        wanted = asked.lower().split()
        rows = [row for row in rows if all(word in row["searched"] for word in wanted)]
    load = ledger.load()
    return render(
        request,
        "evidence/evidence.html",
        {
            "page": _paged(request, rows),
            "total": len(rows),
            "facts": len(load.facts),
            "claims": len(load.claims),
            "q": asked,
            "kind": kind,
            "grade": grade,
            "grades": GRADES,
            "parameters": len(shipped.load()),
            "conflicts": len(rivals.load()),
            "query": _query(q=asked, kind=kind, grade=grade),
        },
    )


def _query(**asked: str) -> str:
    from urllib.parse import urlencode

    text = urlencode({k: v for k, v in asked.items() if v})
    return f"{text}&" if text else ""


def _kind(known: ledger.Entry) -> str:
    return "claim" if isinstance(known, ledger.Claim) else "fact"


def _line(known: ledger.Entry) -> dict[str, Any]:
    said = _said(known)
    return {
        "id": known.id,
        "said": said,
        "period": known.period,
        "grade": known.grade,
        "recalled": known.found != "seen",
        "source": known.source,
        "searched": _searched(known, said),
    }


def _said(known: ledger.Entry) -> str:
    """What an entry states, in the reader's language."""
    return korean.describe(known) if _in_korean() else ledger.describe(known)


def _searched(known: ledger.Entry, said: str) -> str:
    """What words are looked for in: the English always, the Korean too on a Korean page."""
    texts = [known.id, ledger.describe(known), known.source, known.note]
    if _in_korean():
        texts += [said, korean.korean(known.note)]
    return " ".join(texts).lower()


def _in_korean() -> bool:
    return (get_language() or "en").startswith("ko")


def entry(request: HttpRequest, id: str) -> HttpResponse:
    """One fact or claim of the ledger."""
    known = ledger.entries().get(id)
    if known is None:
        raise Http404(id)
    claim = isinstance(known, ledger.Claim)
    return render(
        request,
        "evidence/entry.html",
        {
            "entry": known,
            "is_claim": claim,
            "said": _said(known),
            "address": ledger.address(known),
            "copy": ledger.mirror(known.url),
            "others": [_line(ledger.entry(other)) for other in sorted(known.conflicts_with)]
            if isinstance(known, ledger.Claim)
            else [],
            "conflicts": [c for c in rivals.load().values() if id in c.claims],
            "used": _used(id),
            "article": id.startswith("seed."),
            "key": _key(known.source),
        },
    )


def _key(source: str) -> str:
    found = bibliography.load().get(source)
    return found.key if found else ""


def _used(id: str) -> list[Parameter]:
    """Parameters that rest on an entry."""
    return [p for p in shipped.load().values() if id in p.sources]


def parameters(request: HttpRequest) -> HttpResponse:
    """All parameters by what they are about."""
    groups: dict[str, list[Parameter]] = {}
    loaded = shipped.load()
    for path in loaded:
        groups.setdefault(path.split(".")[0], []).append(loaded[path])
    assumed = sum(p.grade == "assumption" for p in loaded.values())
    return render(
        request,
        "evidence/parameters.html",
        {"groups": sorted(groups.items()), "total": len(loaded), "assumed": assumed},
    )


def parameter(request: HttpRequest, path: str) -> HttpResponse:
    """One parameter: values with dates and ranges, evidence, and what it moves."""
    loaded = shipped.load()
    if path not in loaded:
        raise Http404(path)
    found = loaded[path]
    return render(
        request,
        "evidence/parameter.html",
        {
            "parameter": found,
            "values": _values(found),
            "levels": any(row["level"] for row in _values(found)),
            "noted": [v for v in found.values if v.note or v.formula],
            "sources": [_line(ledger.entry(id)) for id in found.sources if id in ledger.entries()],
            "moves": _moves(path),
        },
    )


def _values(found: Parameter) -> list[dict[str, Any]]:
    rows = []
    for dated in found.values:
        levels = list(dated.value) if isinstance(dated.value, Mapping) else [""]
        for level in levels:
            rows.append(
                {
                    "from": format_month(dated.start),
                    "level": level.replace("_", " "),
                    "value": _of(dated.value, level),
                    "low": _of(dated.low, level),
                    "high": _of(dated.high, level),
                }
            )
    return rows


def _of(value: Any, level: str) -> str:
    if isinstance(value, Mapping):
        value = value.get(level)
    if value is None:
        return "–"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, float):
        return f"{value:,.6g}".replace("-", "\u2212")
    return str(value)


def _moves(path: str) -> list[dict[str, str]]:
    """Results that the parameter moves beyond chance, those first that it moves most."""
    from yeonjwa.laboratory import influence
    from yeonjwa.laboratory.measures import says
    from yeonjwa.report.claims_page import number

    found = []
    for measure, effects in influence.load().effects.items():
        for rank, effect in enumerate(effects, start=1):
            if effect.path == path and effect.base:
                found.append((abs(effect.movement / effect.base), rank, measure, effect))
    found.sort(key=lambda row: -row[0])
    return [
        {
            "measure": says(measure),
            "low": number(effect.low),
            "base": number(effect.base),
            "high": number(effect.high),
            "rank": str(rank),
        }
        for _, rank, measure, effect in found[:12]
    ]


def conflicts(request: HttpRequest) -> HttpResponse:
    """Questions on which sources disagree."""
    return render(request, "evidence/conflicts.html", {"conflicts": list(rivals.load().values())})


def conflict(request: HttpRequest, id: str) -> HttpResponse:
    """One conflict with its sides."""
    try:
        found = rivals.get(id)
    except InputError as error:
        raise Http404(id) from error
    sides = [
        {
            "side": side,
            "claims": [_line(ledger.entry(claim)) for claim in side.claims],
            "changes": [dict(change) for change in side.changes],
        }
        for side in found.sides
    ]
    return render(request, "evidence/conflict.html", {"conflict": found, "sides": sides})


def sources(request: HttpRequest) -> HttpResponse:
    """The bibliography."""
    found = bibliography.all_references()
    asked = request.GET.get("q", "").strip()[:LONGEST]
    rows: list[dict[str, Any]] = [
        {
            "reference": r,
            "cited": bibliography.cited(r.source),
            "own": r.source.type in bibliography.OWN,
            "entries": r.entries[:6],
            "more": max(0, len(r.entries) - 6),
            "first": r.entries[0] if r.entries else "",
        }
        for r in found
    ]
    if asked:
        wanted = asked.lower().split()
        rows = [
            row
            for row in rows
            if all(w in f"{row['cited']} {row['reference'].source.text}".lower() for w in wanted)
        ]
    return render(
        request,
        "evidence/sources.html",
        {
            "page": _paged(request, rows),
            "total": len(rows),
            "all": len(found),
            "q": asked,
            "until": ledger.read_until(),
            "query": _query(q=asked),
        },
    )


def sources_file(request: HttpRequest, format: str) -> HttpResponse:
    """The bibliography as a file."""
    kind, name = _TYPES[format]
    text = bibliography.write(bibliography.all_references(), format)
    response = HttpResponse(text, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def glossary(request: HttpRequest) -> HttpResponse:
    """The words, by area."""
    asked = request.GET.get("q", "").strip()[:LONGEST]
    known = list(words.find(asked)) if asked else list(words.load())
    areas = [(area, [w for w in known if w.area == area]) for area in words.AREAS]
    return render(
        request,
        "evidence/glossary.html",
        {
            "areas": [(words.AREAS[area], area, found) for area, found in areas if found],
            "total": len(known),
            "q": asked,
        },
    )
