"""People of a run: the search, and the kin explorer with its drawing, tables and file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext, ngettext

from yeonjwa.core import language
from yeonjwa.core.calendar import format_month, month_index, parse_month
from yeonjwa.core.errors import InputError
from yeonjwa.kinship.names import NAME_OF_PATH
from yeonjwa.kinship.relation import relation
from yeonjwa.observatory.people import ages, drawing, warm, words
from yeonjwa.observatory.runs.models import Run
from yeonjwa.report import kin_family, kin_rings
from yeonjwa.report.kin_family import Family, Kin, People, Shelf
from yeonjwa.report.words import percent_sign

#: People of the runs looked at last.
SHELF: Final = Shelf()
PAGE: Final = 50
#: Relatives listed one by one on a page.
MOST_LISTED: Final = 400
VIEWS: Final = ("rings", "generations", "table")
#: Number of branches that an address can open.
MOST_OPENED: Final = 40


def folder_of(run: int) -> tuple[Run, Path]:
    """A finished run that kept its people, and its folder; 404 otherwise."""
    found = get_object_or_404(Run, pk=run, status=Run.Status.SUCCEEDED)
    if not (found.folder / "persons.parquet").is_file():
        raise Http404(gettext("This run did not keep its people."))
    return found, found.folder


def people(request: HttpRequest, run: int) -> HttpResponse:
    """Search of the people of a run by class, province, outcome, post and sex."""
    found, folder = folder_of(run)
    choices = _choices()
    filters = {
        name: value
        for name, value in request.GET.items()
        if name in choices and value and value in dict(choices[name][1])
    }
    number = _whole(request.GET.get("page"), 1)
    answer = kin_family.search(folder, filters, page=number, size=PAGE)
    for row in answer["rows"]:
        row.update(
            class_word=words.of(words.SONGBUN, row["songbun"]),
            post_word=words.of(words.POSTS, row["post"]),
            province_word=words.province(row["province"]),
            outcome_word=words.of(words.WHERE, row["outcome"]),
            sex_word=words.of(words.SEXES, row["sex"]),
        )
    query = urlencode(filters)
    return render(
        request,
        "people/list.html",
        {
            "run": found,
            "run_address": f"/runs/{run}/",
            "answer": answer,
            "fields": [
                {"name": name, "label": label, "options": options, "chosen": filters.get(name, "")}
                for name, (label, options) in choices.items()
            ],
            "filters": filters,
            "query": f"{query}&" if query else "",
            "first": (answer["page"] - 1) * PAGE + 1,
            "last": (answer["page"] - 1) * PAGE + len(answer["rows"]),
            "example": _example(folder),
            "lines": _search_lines(filters, answer["page"]),
        },
    )


def _choices() -> dict[str, tuple[str, list[tuple[str, Any]]]]:
    """Filter -> label, and the pairs (value, word) it can take."""
    where = {k: v for k, v in words.WHERE.items() if k not in ("left", "not_yet_born")}
    return {
        "songbun": (gettext("Class"), list(words.SONGBUN.items())),
        "province": (gettext("Province"), [(unit, words.province(unit)) for unit in kin_provinces()]),
        "outcome": (gettext("Outcome"), list(where.items())),
        "post": (gettext("Post"), [("none", gettext("none")), *words.POSTS.items()]),
        "sex": (gettext("Sex"), list(words.SEXES.items())),
    }


def kin_provinces() -> tuple[str, ...]:
    """Ids of the provinces."""
    from yeonjwa.report.words import PROVINCES

    return tuple(PROVINCES)


def _example(folder: Path) -> dict[str, Any] | None:
    """The offence of the run that reached most, if there was one: a person to begin with."""
    import json

    try:
        family = json.loads((folder / "family.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not family.get("offender"):
        return None
    return {"id": family["offender"]["id"], "month": family["month"]}


def _search_lines(filters: Mapping[str, str], page: int) -> str:
    return (
        "from pathlib import Path\n"
        "from yeonjwa.report.kin_family import search\n"
        "\n"
        f'search(Path("RUN"), {dict(filters)!r}, page={page})'
    )


def kin(request: HttpRequest, run: int, person: int) -> HttpResponse:
    """The kin explorer."""
    found, folder = folder_of(run)
    if warm.compiling():
        return _preparing(request, found)
    if request.GET.get("part") == "ready":
        return render(request, "people/preparing_state.html", {"open": 0})
    everyone = SHELF.get(folder)
    asked, problem = _asked(request, everyone, person)
    chosen = _whole(request.GET.get("person"), -1)
    selected = asked["family"].of(chosen)
    if request.GET.get("part") == "selected":
        if selected is None:
            raise Http404
        return render(
            request,
            "people/selected.html",
            {"selected": _selected(everyone, asked["family"], selected), "run": found},
        )
    if selected is None:
        selected = _begin_with(asked["family"])
    context = _explorer(request, everyone, asked, selected)
    context |= {"run": found, "run_address": f"/runs/{run}/", "person": person, "problem": problem}
    return render(request, "people/kin.html", context)


def ages_page(request: HttpRequest, run: int) -> HttpResponse:
    """The people of a run by age and sex at the end of a year."""
    found, folder = folder_of(run)
    everyone = SHELF.get(folder)
    years = ages.years(everyone)
    if not years:
        raise Http404(gettext("The run covers no December."))
    asked = _whole(request.GET.get("year"), years[-1])
    year = asked if asked in years else years[-1]
    counted = ages.counts(everyone, month_index(year, 12))
    women, men = gettext("women"), gettext("men")
    total = int(counted.sum())
    sign = "%" if language.active() == "ko" else "\u00a0%"
    parts = (counted[:, :3], counted[:, 13:])
    share = [f"{100 * int(part.sum()) / max(total, 1):.0f}{sign}" for part in parts]
    return render(
        request,
        "people/ages.html",
        {
            "run": found,
            "run_address": f"/runs/{run}/",
            "years": years,
            "year": year,
            "total": total,
            "under": share[0],
            "old": share[1],
            "men": men,
            "women": women,
            "label": gettext("Men to the left, women to the right, the oldest on top, %(year)s.")
            % {"year": year},
            "wide": ages.pyramid(counted, women, men),
            "narrow": ages.pyramid(counted, women, men, width=320),
            "rows": [
                (name, int(m), int(w)) for name, w, m in zip(ages.labels(), *counted.tolist(), strict=True)
            ][::-1],
            "lines": _ages_lines(year),
        },
    )


def _ages_lines(year: int) -> str:
    return (
        "from pathlib import Path\n"
        "from yeonjwa.core.calendar import month_index\n"
        "from yeonjwa.observatory.people import ages\n"
        "from yeonjwa.report.kin_family import open_people\n"
        "\n"
        f'women, men = ages.counts(open_people(Path("RUN")), month_index({year}, 12))'
    )


def _preparing(request: HttpRequest, run: Run) -> HttpResponse:
    """A page, or its part that changes, for the minute in which nobody's kin can be shown yet."""
    if request.GET.get("part") == "ready":
        return render(request, "people/preparing_state.html", {"open": 1})
    context = {"run": run, "run_address": f"/runs/{run.pk}/", "open": 1}
    answer = render(request, "people/preparing.html", context, status=503)
    answer.headers["Retry-After"] = "20"
    return answer


def _asked(request: HttpRequest, everyone: People, person: int) -> tuple[dict[str, Any], str]:
    """The family on the date and under the rule asked for; what was wrong with it, if anything, in a sentence."""
    try:
        everyone.check(person)
    except InputError as error:
        raise Http404(str(error)) from error
    p = everyone.pedigree
    first = max(everyone.first, int(p.birth[person]))
    if first > everyone.last or p.death[person] <= p.birth[person]:
        raise Http404(gettext("This person was never born."))
    default = max(first, min(everyone.last, int(p.death[person]) - 1))
    at, problem = default, ""
    given = request.GET.get("at", "").strip()
    if given:
        try:
            at = parse_month(given, gettext("date"))
            if not first <= at <= everyone.last:
                raise InputError("month", given, f"{format_month(first)} to {format_month(everyone.last)}")
        except InputError:
            at = default
            problem = gettext("Error: “%(given)s” is not a month from %(first)s to %(last)s.") % {
                "given": given[:20],
                "first": format_month(first),
                "last": format_month(everyone.last),
            }
    reach = _whole(request.GET.get("camp"), 0)
    camp = f"chon<={reach}" if 1 <= reach <= kin_family.FARTHEST else None
    family = kin_family.family(everyone, person, at, camp=camp)
    offence = request.GET.get("offence", "flight")
    return {
        "family": family,
        "at": at,
        "first": first,
        "reach": reach if camp else 0,
        "offence": offence if offence in kin_family.OFFENCES else "flight",
    }, problem


def _begin_with(family: Family) -> Kin | None:
    """Who is selected first: the farthest in the camp circle, else the nearest living relative."""
    living = [k for k in family.kin if k.alive and k.side != "marriage"]
    inside = [k for k in living if k.camp]
    if inside:
        return max(inside, key=lambda k: (k.degree, -k.id))
    return living[0] if living else None


def _explorer(
    request: HttpRequest, everyone: People, asked: Mapping[str, Any], selected: Kin | None
) -> dict[str, Any]:
    """What the page shows."""
    family: Family = asked["family"]
    view = request.GET.get("view", "rings")
    view = view if view in VIEWS else "rings"
    opened = _opened(request)
    keep = {
        "at": format_month(asked["at"]),
        "offence": asked["offence"],
        "camp": asked["reach"] or None,
        "view": view if view != "rings" else None,
    }
    rings = kin_rings.rings(family, opened=opened) if view == "rings" else None
    rows = kin_rings.rows(family) if view == "generations" else None
    chosen = None if selected is None else selected.id
    link = _linker({**keep, "open": opened}, "selected")
    drawn: dict[str, Any] = {}
    if rings is not None:
        drawn["wide"] = drawing.rings_drawing(
            family,
            rings,
            link=lambda k: link(person=k),
            open_link=lambda k: _linker({**keep, "person": chosen, "open": [*opened, k]}, "drawing")(),
            selected=chosen,
        )
        near = kin_rings.rings(family, farthest=4)
        drawn["narrow"] = drawing.narrow_drawing(family, near, link=lambda k: link(person=k), selected=chosen)
    elif rows is not None:
        drawn["rows"] = drawing.generations_drawing(
            family, rows, link=lambda k: link(person=k), selected=chosen
        )
    degree = _whole(request.GET.get("degree"), -1)
    listed = _listed(everyone, family, degree)
    return {
        "family": family,
        "title": words.title(family),
        "headline": _headline(family),
        "province": words.province(family.province),
        "where": words.of(words.WHERE, family.where),
        "at": format_month(asked["at"]),
        "first_month": format_month(asked["first"]),
        "last_month": format_month(everyone.last),
        "steps": _date_steps(everyone, asked, keep),
        "offence": asked["offence"],
        "reach": asked["reach"],
        "degrees": range(1, kin_family.FARTHEST + 1),
        "view": view,
        "views": [
            {"name": name, "label": label, "address": _linker({**keep, "view": name}, "drawing")()}
            for name, label in (
                ("rings", gettext("Rings")),
                ("generations", gettext("Generations")),
                ("table", gettext("Table only")),
            )
        ],
        "drawn": drawn,
        "folded": sum(1 for n in rings.nodes if n.folded) if rings else 0,
        "shown": sum(1 for n in rings.nodes if not n.folded) if rings else 0,
        "chords": bool(rings and kin_rings.chords(family, rings.nodes)),
        "too_many": view == "generations" and rows is None,
        "most": kin_rings.MOST,
        "most_by_generation": kin_rings.MOST_BY_GENERATION,
        "opened": opened,
        "close": _linker({**keep, "person": chosen}, "drawing")(),
        "selected": None if selected is None else _selected(everyone, family, selected),
        "rule": _rule(family, asked["offence"]),
        "grades": {
            name: everyone.parameters[path].grade
            for name, path in (("camp", "sanction.camp_circle"), ("career", "sanction.career_depth"))
        },
        "rows": _rows(family, keep),
        "beyond": _beyond(family),
        "listed": listed,
        "listed_degree": degree,
        "life": _life(everyone, family),
        "struck": _struck(everyone, family),
        "csv": "?" + urlencode({k: v for k, v in keep.items() if v and k != "view"}),
        "lines": _lines(family, asked),
        "command": f"yeonjwa kin RUN --ego {family.id} --circle 'chon<=8' --at {format_month(asked['at'])}",
    }


def _whole(text: str | None, default: int) -> int:
    """A whole number of an address, however wrong the address is."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else default


def _opened(request: HttpRequest) -> list[int]:
    numbers = [_whole(text, -1) for text in request.GET.getlist("open")[-MOST_OPENED:]]
    return list(dict.fromkeys(n for n in numbers if n >= 0))


def _linker(keep: Mapping[str, Any], fragment: str) -> Any:
    """A function that gives an address of this page with some of its questions changed."""

    def link(**more: Any) -> str:
        asked = {k: v for k, v in {**keep, **more}.items() if v is not None and v != []}
        return f"?{urlencode(asked, doseq=True)}#{fragment}"

    return link


def _headline(family: Family) -> str:
    """The answer in a sentence."""
    if family.rule.camp is None and family.rule.career is None:
        return gettext("If person %(id)s is punished, the rule names nobody else") % {"id": family.id}
    camp = gettext("no relative can go to a camp")
    if family.in_camp:
        camp = ngettext(
            "%(count)s relative can go to a camp", "%(count)s relatives can go to a camp", family.in_camp
        ) % {"count": f"{family.in_camp:,}"}
    career = gettext("none more can lose posts or prospects")
    if family.in_career_only:
        career = ngettext(
            "%(count)s more can lose post or prospects",
            "%(count)s more can lose posts or prospects",
            family.in_career_only,
        ) % {"count": f"{family.in_career_only:,}"}
    return gettext("If person %(id)s is punished, %(camp)s and %(career)s") % {
        "id": family.id,
        "camp": camp,
        "career": career,
    }


def _date_steps(everyone: People, asked: Mapping[str, Any], keep: Mapping[str, Any]) -> list[dict[str, str]]:
    """Links a year back and a year on."""
    found = []
    for years, label in ((-5, gettext("5 years earlier")), (-1, gettext("a year earlier")),
                         (1, gettext("a year later")), (5, gettext("5 years later"))):  # fmt: skip
        month = asked["at"] + 12 * years
        if asked["first"] <= month <= everyone.last:
            address = _linker({**keep, "at": format_month(month)}, "drawing")()
            found.append({"label": label, "address": address})
    return found


def _rule(family: Family, offence: str) -> dict[str, Any]:
    """The rule on the date in words."""
    rule = family.rule
    camp, banish = rule.chances[offence]
    return {
        "camp": rule.camp.text if rule.camp else "",
        "banish": rule.banish.text if rule.banish else "",
        "career": rule.career.text if rule.career else "",
        "depths": [(words.of(words.POSTS, post), depth) for post, depth in rule.depths.items()],
        "camp_chance": _percent(camp),
        "banish_chance": _percent(banish),
        "spared": _percent(rule.spared_daughters),
        "by_degree": [(i, _percent(c)) for i, c in enumerate(rule.career_chance, 1) if c > 0],
    }


def _percent(share: float) -> str:
    text = f"{100 * share:.3g}"
    return f"{text}{percent_sign()}"


def _rows(family: Family, keep: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The table by degree, with the plum lines where the circles end."""
    rows = family.by_degree()
    camp = _last([row["degree"] for row in rows if row["camp"]])
    career = _last([row["degree"] for row in rows if row["career"]])
    for row in rows:
        who, hangul = words.DEGREES[row["degree"]]
        named = [
            name
            for name, number in (
                (gettext("camp"), row["camp"]),
                (gettext("banishment"), row["banish"]),
                (gettext("career"), row["career"]),
            )
            if number
        ]
        row |= {
            "who": who,
            "hangul": hangul,
            "circle": ", ".join(named) or gettext("outside"),
            "edge": "edge" if row["degree"] == camp else "edge dashed" if row["degree"] == career else "",
            "address": _linker({**keep, "degree": -1 if row["degree"] is None else row["degree"]}, "list")(),
        }
    return rows


def _last(degrees: list[int | None]) -> int | None:
    return max((d for d in degrees if d is not None), default=-1)


def _beyond(family: Family) -> list[tuple[str, int]]:
    """Counts beyond four chon, for the narrow drawing."""
    return [
        (words.degree(row["degree"]), row["living"])
        for row in family.by_degree()
        if row["degree"] is not None and row["degree"] > kin_rings.GENERATIONS_DEGREE
    ]


def _listed(everyone: People, family: Family, degree: int) -> dict[str, Any]:
    """The living of one degree one by one, or those in the camp circle."""
    if degree >= 0:
        kin = [
            k for k in family.kin if k.alive and k.degree == degree and (degree == 0 or k.side != "marriage")
        ]
    else:
        kin = [k for k in family.kin if k.camp]
    rows = [
        {
            "kin": k,
            "sex": words.of(words.SEXES, k.sex),
            "kind": words.kind(k, family.sex),
            "degree": words.degree(k.degree),
            "side": words.SIDES[k.side],
            "circle": words.circle(k),
            "why": _why(k),
        }
        for k in kin[:MOST_LISTED]
    ]
    return {"rows": rows, "left": len(kin) - len(rows)}


def _why(kin: Kin) -> str:
    """Why a circle names somebody, or why it does not reach them."""
    if not kin.alive:
        return ""
    if kin.where not in kin_family.WITHIN_REACH and kin.by:
        return gettext("named, but %(where)s: out of reach") % {"where": words.of(words.WHERE, kin.where)}
    path = kin.by.get("camp") or kin.by.get("banish") or kin.by.get("career")
    if path is None:
        return gettext("the rule does not name this path: %(path)s") % {"path": words.steps(kin.path)}
    name = "" if words.korean() else NAME_OF_PATH.get(path, "").replace("_", " ")
    return gettext("by the path %(path)s") % {"path": f"{words.steps(path)} ({name or path})"}


def _selected(everyone: People, family: Family, kin: Kin) -> dict[str, Any]:
    """What the margin says of one relative."""
    tie = relation(everyone.graph, family.id, kin.id, month=family.month if kin.alive else None)
    joined = _joined(everyone, family, kin)
    return {
        "id": kin.id,
        "title": words.person(kin),
        "hangul": tie.term_ko,
        "romanised": tie.romanised,
        "english": tie.term_en,
        "degree": words.degree(kin.degree),
        "path": kin.path,
        "steps": words.steps(kin.path),
        "side": words.SIDES[kin.side],
        "joined": joined,
        "where": words.of(words.WHERE, kin.where),
        "camp": _stands(kin, "camp"),
        "banish": _stands(kin, "banish"),
        "career": _stands(kin, "career"),
        "why": _why(kin),
        "chance": _chance(family, kin),
        "month": format_month(family.month),
    }


def _stands(kin: Kin, circle: str) -> str:
    if circle not in kin.by:
        return gettext("outside")
    return gettext("inside") if getattr(kin, circle) else gettext("named, out of reach")


def _chance(family: Family, kin: Kin) -> str:
    """The chance of a career sanction at this degree, where there is one."""
    if not kin.career or not 1 <= kin.degree <= len(family.rule.career_chance):
        return ""
    return _percent(family.rule.career_chance[kin.degree - 1])


def _joined(everyone: People, family: Family, kin: Kin) -> str:
    """Who joins the two: the ancestor at whom the path turns."""
    if kin.up < 1 or kin.down < 1:
        return ""
    at = kin.id
    for down in range(kin.down, 0, -1):
        above = [p for p in family.parents.get(at, everyone.pedigree.parents(at)) if p >= 0]
        known = {k.id: k for k in family.kin}
        at = next((p for p in above if p in known and (known[p].up, known[p].down) == (kin.up, down - 1)), -1)
        if at < 0:
            return ""
    tie = relation(everyone.graph, family.id, at)
    return words.called(tie) if words.korean() else f"{tie.term_en} {tie.term_ko}"


def _life(everyone: People, family: Family) -> list[dict[str, Any]]:
    rows = kin_family.life(everyone, family.id)
    shown = [row for row in rows if row["kind"] != "remittance"]
    for row in shown:
        row["word"] = words.of(words.EVENTS, row["kind"])
        row["degree_word"] = words.degree(row["degree"]) if row["degree"] else ""
        row["other"] = None if row["other"] == family.id else row["other"]
    return shown


def _struck(everyone: People, family: Family) -> list[dict[str, Any]]:
    rows = kin_family.struck(everyone, family.id)
    for row in rows:
        row["word"] = words.of(words.SANCTIONS, row["kind"])
        row["degree_word"] = words.degree(row["degree"]) if row["degree"] else gettext("spouse")
    return rows


def _lines(family: Family, asked: Mapping[str, Any]) -> str:
    """The Python lines that give the numbers of the page."""
    camp = f', camp="chon<={asked["reach"]}"' if asked["reach"] else ""
    return (
        "from pathlib import Path\n"
        "from yeonjwa.core.calendar import parse_month\n"
        "from yeonjwa.report.kin_family import family, open_people\n"
        "\n"
        'people = open_people(Path("RUN"))\n'
        f'found = family(people, {family.id}, parse_month("{format_month(family.month)}"){camp})\n'
        "print(found.in_camp, found.in_career_only, found.living)\n"
        "print(found.by_degree())"
    )


def kin_csv(request: HttpRequest, run: int, person: int) -> HttpResponse:
    """All living kin of a person on a date as CSV."""
    found, folder = folder_of(run)
    if warm.compiling():
        return _preparing(request, found)
    asked, problem = _asked(request, SHELF.get(folder), person)
    if problem:
        return HttpResponse(problem, status=400, content_type="text/plain; charset=utf-8")
    family: Family = asked["family"]
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"kin-{person}-{format_month(family.month)}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response.write("# " + gettext("Synthetic persons. Nobody in this file exists or ever did.") + "\r\n")
    writer = csv.writer(response)
    for row in _csv_rows(family):
        writer.writerow(row)
    return response


def _csv_rows(family: Family) -> Iterator[list[Any]]:
    yield ["person", "path", "degree", "side", "sex", "age", "where", "camp", "banishment", "career"]
    for k in family.kin:
        if k.alive:
            yield [
                k.id,
                k.path,
                k.degree,
                k.side,
                k.sex,
                k.age,
                k.where,
                int(k.camp),
                int(k.banish),
                int(k.career),
            ]
