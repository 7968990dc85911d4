"""The article claim by claim: what was measured, by which comparison, and how good the source is."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext

from yeonjwa.evidence import korean, ledger, mechanisms
from yeonjwa.report import retold
from yeonjwa.report.claims_page import number, span
from yeonjwa.report.svg import tag
from yeonjwa.report.words import percent_sign

VERDICTS: Final[dict[str, str | Promise]] = {
    "reproduced": gettext_lazy("reproduced"),
    "not reproduced": gettext_lazy("not reproduced"),
    "not decidable at this scale": gettext_lazy("not decidable at this scale"),
    "represented": gettext_lazy("represented"),
    "not represented": gettext_lazy("not represented"),
    "": gettext_lazy("background"),
}
KINDS: Final[dict[str, str | Promise]] = {
    "wired": gettext_lazy("a rule or an input: a run can only represent it"),
    "emergent": gettext_lazy("an outcome that can fail"),
    "background": gettext_lazy("background: no mechanism"),
}


def stored() -> dict[str, Any]:
    """The claims as they were last measured."""
    from yeonjwa.laboratory.claims import stored as load

    return load()


def claims(request: HttpRequest) -> HttpResponse:
    """All claims of the article with their verdicts."""
    answer = stored()
    rows = [_row(row, answer) for row in answer["claims"]]
    return render(
        request,
        "evidence/claims.html",
        {
            "headline": _headline(answer["claims"]),
            "emergent": [row for row in rows if row["kind"] == "emergent"],
            "wired": [row for row in rows if row["kind"] == "wired"],
            "background": [row for row in rows if row["kind"] == "background"],
            "answer": answer,
            "seeds": len(answer["seeds"]),
        },
    )


def _headline(rows: list[Mapping[str, Any]]) -> str:
    """How many claims of which kind got which verdict, in a sentence."""
    counts = Counter((row["kind"], row["verdict"]) for row in rows)
    emergent = sum(n for (kind, _), n in counts.items() if kind == "emergent")
    reproduced = counts["emergent", "reproduced"]
    return ngettext(
        "Of %(emergent)s claim that a run could refute, %(reproduced)s is reproduced",
        "Of %(emergent)s claims that a run could refute, %(reproduced)s are reproduced",
        emergent,
    ) % {"emergent": emergent, "reproduced": reproduced}


def _row(row: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    known = ledger.entries().get(row["id"])
    return {
        **row,
        "verdict_word": VERDICTS[row["verdict"]],
        "kind_word": KINDS[row["kind"]],
        "grade": known.grade if known else "",
        "number": number(row["effect"]) if row["effect"] is not None else "",
        "range": _span(row["low"], row["high"]) if row["effect"] is not None else "",
        "part": _part(row),
        "reason": retold.sentence(row["reason"]),
        "claim_text": known.claim if isinstance(known, ledger.Claim) else row["says"],
        "against": answer["arms"].get(row["arm"], "") if row["arm"] else "",
    }


def _span(low: float | None, high: float | None) -> str:
    """An interval as the reader's language writes it."""
    text = span(low, high)
    return text.replace(" to ", "–") if (get_language() or "en").startswith("ko") else text


def _part(row: Mapping[str, Any]) -> str:
    """How much of the baseline's value an effect is, in words."""
    if not row["arm"] or row.get("relative") is None:
        return ""
    return f"{number(100 * row['relative'])}{percent_sign()}"


def claim(request: HttpRequest, id: str) -> HttpResponse:
    """One claim of the article."""
    answer = stored()
    found = next((row for row in answer["claims"] if row["id"] == id), None)
    known = ledger.entries().get(id)
    if found is None or not isinstance(known, ledger.Claim):
        raise Http404(id)
    row = _row(found, answer)
    mechanism = mechanisms.of(id)
    order = [c["id"] for c in answer["claims"]]
    at = order.index(id)
    return render(
        request,
        "evidence/claim.html",
        {
            "row": row,
            "claim": known,
            "sentence": _sentence(row),
            "rows": _effects(row),
            "picture": intervals(_effects(row)) if row["kind"] == "emergent" else "",
            "mechanism": mechanism,
            "others": [_side(other) for other in known.conflicts_with],
            "answer": answer,
            "seeds": len(answer["seeds"]),
            "scenarios": _bearing().get(id, ()),
            "previous": order[at - 1] if at else None,
            "next": order[at + 1] if at + 1 < len(order) else None,
        },
    )


def _sentence(row: Mapping[str, Any]) -> str:
    """The answer: verdict and number with its interval."""
    verdict = str(row["verdict_word"])
    verdict = verdict[:1].upper() + verdict[1:]
    if row["effect"] is None:
        return gettext("%(verdict)s.") % {"verdict": verdict}
    if row["kind"] == "wired":
        return gettext("%(verdict)s: the rule is there, and the runs applied it.") % {"verdict": verdict}
    return gettext("%(verdict)s: an effect of %(number)s (95 %% interval %(range)s).") % {
        "verdict": verdict,
        "number": row["number"],
        "range": row["range"],
    }


def _effects(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every measure of a claim with its effect and interval."""
    if row["effect"] is None:
        return []
    found = [
        {
            "measure": row["measure"],
            "unit": row["unit"],
            "effect": row["effect"],
            "low": row["low"],
            "high": row["high"],
        }
    ]
    found += [{**more, "unit": more.get("unit", row["unit"])} for more in row["also"]]
    for one in found:
        one["number"], one["range"] = number(one["effect"]), _span(one["low"], one["high"])
    return found


def intervals(rows: list[dict[str, Any]], width: int = 300) -> list[str]:
    """Each measure's interval around zero, as a line with a hollow point; every row has its own scale."""
    drawn = []
    for row in rows:
        if row["effect"] is None:
            continue
        low = row["effect"] if row["low"] is None else row["low"]
        high = row["effect"] if row["high"] is None else row["high"]
        reach = max(abs(low), abs(high), 1e-300) * 1.12
        middle = width / 2

        def at(value: float, reach: float = reach, middle: float = middle) -> float:
            return middle + value / reach * (middle - 8)

        content = tag("line", class_="zero", x1=middle, y1=2, x2=middle, y2=30)
        content += tag("line", class_="span", x1=at(low), y1=16, x2=at(high), y2=16)
        content += tag("circle", class_="middle", cx=at(row["effect"]), cy=16, r=5)
        label = f"{korean.said(row['measure'])}: {row['number']} ({row['range']})"
        drawn.append(
            tag("svg", content, viewBox=f"0 0 {width} 32", class_="interval", role="img", aria_label=label)
        )
    return drawn


def _side(id: str) -> dict[str, Any]:
    other = ledger.entry(id)
    return {"id": id, "text": _said(other), "period": other.period, "grade": other.grade}


def _said(entry: ledger.Entry) -> str:
    """What an entry states, in the reader's language."""
    return korean.describe(entry) if (get_language() or "en").startswith("ko") else ledger.describe(entry)


@functools.cache
def _bearing() -> dict[str, tuple[dict[str, str], ...]]:
    """Claim -> shipped scenarios that bear on it."""
    from yeonjwa.laboratory import scenario

    found: dict[str, tuple[dict[str, str], ...]] = {}
    for name in scenario.names():
        loaded = scenario.load(name)
        for id in loaded.claims:
            found[id] = (*found.get(id, ()), {"name": name, "title": loaded.title})
    return found
