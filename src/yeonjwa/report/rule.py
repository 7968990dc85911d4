"""Chapters on the rule: whom it reaches, one family, careers, beliefs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from yeonjwa.core import language
from yeonjwa.core.language import gettext as _
from yeonjwa.core.language import ngettext, noop
from yeonjwa.report import figures, rings, svg, theme, words
from yeonjwa.report.outcomes import plain_part
from yeonjwa.report.pieces import (
    Cell,
    Figure,
    Key,
    Line,
    Note,
    Part,
    Section,
    Table,
    breakdown,
    draw,
    rests_on,
    swatch,
    table_of_lines,
)
from yeonjwa.report.results import GRADES, Results

KIN = (
    "spouse", "children", "parents", "siblings", "grandchildren", "grandparents", "aunts_uncles", "nieces_nephews",
    "first_cousins", "other",
)  # fmt: skip
RANKS = ("ordinary", "administrator", "official", "senior", "security", "expatriate")


def punishment(results: Results) -> Section:
    """Persons sanctioned for another's offence, by kin and grade."""
    sanctioned, offences = results.total("enforcement.sanctioned"), results.total("enforcement.offences")
    title = _("Nobody is punished for a relative")
    if sanctioned and offences:
        title = _(
            "{n} people {per} are punished in an offender\u2019s family, {each} for each offence"
        ).format(
            n=words.number(results.mean("enforcement.sanctioned", results.complete)),
            per=results.per,
            each=words.number(sanctioned / offences, 2),
        )
    elif sanctioned:
        title = _("{n} people {per} are punished in an offender\u2019s family").format(
            n=words.number(results.mean("enforcement.sanctioned", results.complete)), per=results.per
        )
    over: list[Line] = [
        ("sanctioned", _("persons punished"), "enforcement.sanctioned", "total", "total"),
        ("offences", _("offences"), "enforcement.offences", "total", "total"),
    ]
    unit = _("Number {per}").format(per=results.per)
    parts = (
        plain_part(results, over, "punished", _("Offences, and persons punished"), unit),
        _bars_part(
            results, "kin", _("Who is punished: kin of the offender"), _("Persons punished by kin"), KIN
        ),
        _bars_part(
            results, "grade", _("How: the gravest sanction"), _("Persons punished by sanction"), GRADES
        ),
        _reach_part(results),
    )
    notes = (
        Note(
            _("Two reaches"),
            _(
                "Camps reach near kin (parents, spouse, children, grandchildren by default). Posts, party membership and "
                "schooling are lost much further out."
            ),
        ),
        rests_on(results, "sanction", "offence", "detection", "exit"),
    )
    return Section("punishment", _("Punishment"), title, tuple(p for p in parts if p), notes)


def _bars_part(
    results: Results, dimension: str, title: str, caption: str, order: tuple[str, ...]
) -> Part | None:
    lines = breakdown(results, "enforcement.sanctioned", dimension, order=order)
    if not lines:
        return None
    periods = len(results.complete) or 1
    rows = []
    for lv, name, *_rest in lines:
        mean = (
            sum(results.value("enforcement.sanctioned", p, dimension, lv) or 0.0 for p in results.complete)
            / periods
        )
        rows.append({"label": words.capital(name), "value": mean, "text": words.number(mean)})
    label = _("{what}, mean {per}.").format(what=title, per=results.per)

    def make(width: int) -> figures.Spec:
        return figures.bars(rows, unit=_("persons"), description=label, width=width)

    table = table_of_lines(results, lines, caption)
    figure = draw(make, label, id=f"by-{dimension}")
    unit = _("Persons {per}, mean of the run").format(per=results.per)
    return Part(title, unit, "", figure, table)


def _reach_part(results: Results) -> Part | None:
    """Grade by degree, from the events."""
    if not results.reach:
        return None
    counts: dict[tuple[str, int], float] = {}
    for row in results.reach:
        key = (row["grade"], row["degree"])
        counts[key] = counts.get(key, 0.0) + row["count"]
    degrees = sorted({d for _grade, d in counts})
    found = [g for g in GRADES if any(g == grade for grade, _degree in counts)]
    names: dict[int, str] = {d: f"{d}촌" for d in degrees}
    rows: list[dict[str, Any]] = [
        {"column": names[d], "line": g, "value": n, "text": words.number(n, 2)}
        for (g, d), n in counts.items()
    ]
    label = _("Persons punished over the whole run, by sanction and degree of kinship to the offender.")

    def make(width: int) -> figures.Spec:
        lines = [_short(g) if width < 500 else words.level(g) for g in found]
        shown = [
            {
                **r,
                "line": _short(r["line"]) if width < 500 else words.level(r["line"]),
                "text": _thousands(r["value"]) if width < 500 else r["text"],
            }
            for r in rows
        ]
        columns = [names[d] for d in degrees]
        return figures.tiles(shown, columns=columns, lines_=lines, description=label, width=width)

    table = Table(
        label,
        (_("Sanction"), *(names[d] for d in degrees)),
        tuple(
            (words.capital(words.level(g)), *(words.cell(counts.get((g, d), 0.0)) for d in degrees))
            for g in found
        ),
    )
    return Part(
        _("How far each sanction reaches"),
        _(
            "Persons over the whole run, by degree of kinship to the offender; stronger colour is more; 0촌 is the "
            "offender and the spouse"
        ),
        "",
        draw(make, label, id="reach"),
        table,
    )


def _short(name: str) -> str:
    """A sanction where there is little room."""
    short = {"party_loss": _("party lost"), "bar": _("bar")}
    return short.get(name) or words.level(name)


def _thousands(value: float) -> str:
    """A number of persons in a small tile."""
    if value < 1000:
        return words.number(value, 2)
    if language.active() == "ko":
        return f"{words.number(value / 10_000, 2)}만" if value >= 10_000 else words.number(value, 2)
    return f"{words.number(value / 1000, 2)}k"


def family(results: Results) -> Section:
    """One offence and whom it reached, on rings by degree."""
    data = results.family
    kin = list(data.get("kin") or [])
    if not kin:
        part = Part(
            _("One family"), empty=_("This run has no offence to show: the family picture is left out.")
        )
        return Section("family", _("One family"), _("No family was punished"), (part,))
    reached = [k for k in kin if k.get("reached")]
    living = [k for k in kin if k.get("alive")]
    title = _story(data, len(reached))
    label = _(
        "Kin of one offender on rings by degree: {living} living, {punished} punished. The table lists them."
    )
    label = label.format(living=len(living), punished=len(reached))
    figure = Figure(
        rings.drawing(data, results.parents, figures.WIDE),
        rings.drawing(data, results.parents, figures.NARROW),
        label,
        tuple(_family_key()),
    )
    caption = _(
        "Living and dead kin to {degree}촌, {month}. Siblings above the centre, own children and grandchildren below; "
        "the black mark is the offender."
    ).format(degree=max(int(k["degree"]) for k in kin), month=data.get("month", ""))
    rule = _("The camp circle in force: {circle}.").format(circle=words.plain(str(data.get("circle"))))
    chance = _("Inside a circle is not yet punished: each sanction has its chance.")
    parts = (
        Part(_("Kin by degree, and who was reached"), caption, "", figure, _kin_table(kin)),
        Part(
            _("By degree"),
            _("Persons. Plum lines: where the camp circle and the career circle end"),
            "",
            None,
            _degree_table(kin),
        ),
    )
    notes = (
        Note(_("The circles"), f"{rule} {chance}" if data.get("circle") else chance),
        Note(_("Synthetic"), _("This family was drawn by the simulation. Nobody in it exists or ever did.")),
    )
    return Section("family", _("One family"), title, parts, notes)


def _story(data: Mapping[str, Any], punished: int) -> str:
    """What happened, in a sentence: who did it, and how many relatives were punished."""
    who = _who(data)
    if "fl" in str(data.get("kind", "flight")):
        some = ngettext(
            "{who} flees; {n} relative is punished", "{who} flees; {n} relatives are punished", punished
        )
        said = some if punished else _("{who} flees; no relative is punished")
    else:
        some = ngettext(
            "{who} offends; {n} relative is punished", "{who} offends; {n} relatives are punished", punished
        )
        said = some if punished else _("{who} offends; no relative is punished")
    return said.format(who=who, n=punished)


def _who(data: Mapping[str, Any]) -> str:
    offender = data.get("offender", {})
    age, province, sex = offender.get("age"), offender.get("province"), str(offender.get("sex"))
    if age is not None and province:
        forms = {"f": _("A woman of {age} from {place}"), "m": _("A man of {age} from {place}")}
        said = forms.get(sex) or _("A person of {age} from {place}")
    elif age is not None:
        said = {"f": _("A woman of {age}"), "m": _("A man of {age}")}.get(sex) or _("A person of {age}")
    elif province:
        said = {"f": _("A woman from {place}"), "m": _("A man from {place}")}.get(sex) or _(
            "A person from {place}"
        )
    else:
        said = {"f": _("A woman"), "m": _("A man")}.get(sex) or _("A person")
    return said.format(age=age, place=words.level(str(province)))


def _family_key() -> list[Key]:
    base: dict[str, Any] = {"alive": True}
    looks: list[tuple[dict[str, Any], str]] = [
        ({**base, "reached": "camp"}, _("sent to a camp or banished")),
        ({**base, "reached": "dismissal"}, _("lost post or prospects")),
        ({**base, "in_camp_circle": True}, _("inside a circle, not reached")),
        (base, _("outside both")),
        ({"alive": False}, _("dead")),
    ]
    key = []
    for look, label in looks:
        signs = rings.mark({**look, "sex": "m"}, 7, 7, 10) + rings.mark({**look, "sex": "f"}, 21, 7, 10)
        key.append(
            Key(f'<svg width="28" height="14" viewBox="0 0 28 14" aria-hidden="true">{signs}</svg>', label)
        )
    for dash, label in ((None, _("edge of the camp circle")), ("5 4", _("edge of the career circle"))):
        line = svg.tag(
            "line", x1=0, y1=7, x2=28, y2=7, stroke=theme.PLUM, stroke_width=1.8, stroke_dasharray=dash
        )
        key.append(
            Key(f'<svg width="28" height="14" viewBox="0 0 28 14" aria-hidden="true">{line}</svg>', label)
        )
    return key


_SIDES: Final = {
    "father": noop("father\u2019s"),
    "mother": noop("mother\u2019s"),
    "both": noop("both"),
    "own": noop("own"),
    "spouse": noop("spouse"),
}


def _kin_table(kin: list[Mapping[str, Any]]) -> Table:
    korean = language.active() == "ko"
    rows = tuple(
        (
            *(() if korean else (words.plain(str(k.get("term") or "")),)),
            words.plain(str(k.get("korean") or k.get("term") or "")),
            f"{k['degree']}촌",
            _(_SIDES[str(k.get("side"))]) if str(k.get("side")) in _SIDES else "\u2013",
            {"f": _("woman"), "m": _("man")}.get(str(k.get("sex")), "\u2013"),
            (_("dead") if not k.get("alive") else "\u2013")
            if k.get("age") is None or not k.get("alive")
            else str(k["age"]),
            words.level(str(k["post"])) if k.get("post") else "\u2013",
            words.level(str(k["reached"])) if k.get("reached") else "\u2013",
        )
        for k in sorted(
            kin, key=lambda k: (int(k["degree"]), not k.get("reached"), str(k.get("term")), int(k["id"]))
        )
    )
    head = (
        *(() if korean else (_("Relative"),)),
        _("Relative") if korean else _("Korean"),
        _("Degree"),
        _("Line"),
        _("Sex"),
        _("Age"),
        _("Post"),
        _("Reached by"),
    )
    return Table(_("Every relative in the picture"), head, rows, words_columns=len(head))


def _degree_table(kin: list[Mapping[str, Any]]) -> Table:
    rows, ends = [], {}
    degrees = sorted({int(k["degree"]) for k in kin})
    last = {
        c: max([int(k["degree"]) for k in kin if k.get(c)], default=-1)
        for c in ("in_camp_circle", "in_career_circle")
    }
    for i, degree in enumerate(degrees):
        here = [k for k in kin if int(k["degree"]) == degree]
        living = [k for k in here if k.get("alive")]
        english, korean = (_most_common(k.get(key) for k in living or here) for key in ("term", "korean"))
        rows.append(
            (
                f"{degree}촌",
                korean if language.active() == "ko" else (english, korean),
                str(len(living)),
                str(sum(k.get("side") == "father" for k in living)),
                str(sum(k.get("side") == "mother" for k in living)),
                str(sum(bool(k.get("reached")) for k in here)),
            )
        )
        if degree == last["in_career_circle"]:
            ends[i] = "dashed"
        if degree == last["in_camp_circle"]:
            ends[i] = "solid"
    head: tuple[Cell, ...] = (_("Degree"), _("Who"), _("Living"))
    head += (
        (_("Father\u2019s line"), _("Mother\u2019s line"))
        if language.active() == "ko"
        else (("Father\u2019s", "line"), ("Mother\u2019s", "line"))
    )
    caption = _("Kin of the offender by degree; the spouse counts as 0촌")
    return Table(caption, (*head, _("Reached")), tuple(rows), 2, True, ends)


def _most_common(names: Iterable[Any]) -> str:
    """The four most frequent names, and whether there are others."""
    ranked = [words.plain(str(name)) for name, _n in Counter(n for n in names if n).most_common()]
    return ", ".join(ranked[:4]) + (", \u2026" if len(ranked) > 4 else "")


def careers(results: Results) -> Section:
    """Vetting over both families, refusals by post, degree and side; recalls from abroad."""
    checked, refused = results.total("vetting.checked"), results.total("vetting.refused")
    title = _("Nobody is vetted in this run")
    if checked:
        title = _("{share} of those checked for a post are refused because of a relative").format(
            share=words.percent(refused / checked)
        )
    recalls: list[Line] = [
        ("recalled", _("recalled"), "recall.recalled", "total", "total"),
        ("flight", _("for a kin\u2019s flight"), "recall.flight", "total", "total"),
    ]
    parts = (
        _vetting_part(results, "post", RANKS[1:])
        or Part(_("Refused, by post"), empty=_("No candidate is checked in this run.")),
        _vetting_part(results, "province", tuple(words.PROVINCES)),
        _refused_by(results, "degree", _("Refusals by degree of the relative who causes them")),
        _refused_by(results, "side", _("Refusals by family line")),
        plain_part(results, recalls, "recalls", _("Traders called home from abroad"), results.count_unit()),
    )
    notes = (
        Note(_("Depth"), _depths(results)),
        rests_on(results, "vetting", "post", "party", "recall", "songbun"),
    )  # fmt: skip
    return Section("careers", _("Careers"), title, tuple(p for p in parts if p), notes)


def _depths(results: Results) -> str:
    """How deep the run searched, in words: the values at its end, from the manifest."""
    values = {p["path"]: p["value_end"] for p in results.manifest.get("parameters", ())}
    depth, lines = values.get("vetting.depth", {}), values.get("vetting.lines", "both")
    whose = {
        "both": (
            _("The files of both parents\u2019 families are searched."),
            _("The files of both parents\u2019 families are searched: to {depths}."),
        ),
        "paternal": (
            _("The files of the father\u2019s family are searched."),
            _("The files of the father\u2019s family are searched: to {depths}."),
        ),
        "maternal": (
            _("The files of the mother\u2019s family are searched."),
            _("The files of the mother\u2019s family are searched: to {depths}."),
        ),
    }
    plain, deep = whose.get(str(lines), whose["maternal"])
    by_degree: dict[int, list[str]] = {}
    for post, chon in depth.items():
        by_degree.setdefault(int(chon), []).append(words.level(post))
    parts = [
        _("{degree}촌 for {posts}").format(degree=chon, posts=words.join(posts))
        for chon, posts in sorted(by_degree.items())
    ]
    return deep.format(depths="; ".join(parts)) if parts else plain


def _vetting_part(results: Results, dimension: str, levels: Sequence[str]) -> Part | None:
    """Share of those checked who are refused, by post or province."""
    by_post = dimension == "post"
    title = _("Refused, by post") if by_post else _("Refused, by province")
    found = []
    for lv in levels:
        checked = results.total("vetting.checked", dimension, lv)
        refused = results.total("vetting.refused", dimension, lv)
        if checked:
            found.append((lv, checked, refused, refused / checked))
    if not found:
        return None
    if dimension == "province":
        found.sort(key=lambda f: -f[3])
        (most, *_n, high), (least, *_m, low) = found[0], found[-1]
        if len(found) > 1:
            title = _("{high} are refused in {most}, {low} in {least}").format(
                high=words.percent(high),
                most=words.level(most),
                low=words.percent(low),
                least=words.level(least),
            )
    rows = [
        {"label": words.both(lv), "value": share, "text": words.percent(share)} for lv, *_n, share in found
    ]
    label = (
        _("Share of candidates refused because of a relative, by post.")
        if by_post
        else _("Share of candidates refused because of a relative, by province.")
    )

    def make(width: int) -> figures.Spec:
        return figures.bars(rows, unit=_("share"), description=label, width=width)

    head: tuple[Cell, ...] = (
        _("Post") if by_post else _("Province"),
        (_("Checked"), _("persons")),
        (_("Refused"), _("persons")),
        _("Share"),
    )
    caption = (
        _("Candidates checked and refused, by post")
        if by_post
        else _("Candidates checked and refused, by province")
    )
    table = tuple(
        (words.capital(words.level(lv)), words.cell(checked), words.cell(refused), words.percent(share))
        for lv, checked, refused, share in found
    )
    return Part(
        title,
        _("Share of the candidates checked, whole run"),
        "",
        draw(make, label, id=f"vetting-{dimension}"),
        Table(caption, head, table),
    )


def _refused_by(results: Results, dimension: str, title: str) -> Part | None:
    lines = breakdown(results, "vetting.refused", dimension, order=[str(d) for d in range(1, 9)])
    total = sum(results.total("vetting.refused", dimension, lv) for lv, *_rest in lines)
    if not total:
        return None
    own = {"own": _("own descendants")}
    rows = []
    for lv, name, *_rest in lines:
        part = results.total("vetting.refused", dimension, lv) / total
        rows.append({"label": words.capital(own.get(lv, name)), "value": part, "text": words.percent(part)})

    def make(width: int) -> figures.Spec:
        return figures.bars(rows, unit=_("share"), description=f"{title}.", width=width)

    return Part(
        title,
        _("Share of all refusals of the run"),
        "",
        draw(make, f"{title}.", id=f"refused-{dimension}"),
        table_of_lines(results, lines, _("{what}, persons").format(what=title)),
    )


def beliefs(results: Results) -> Section:
    """Believed against true risk, by rank."""
    ranks = [r for r in RANKS if r in results.levels("belief.perceived", "rank")]
    lines = [("perceived", _("believed")), ("true", _("true"))]
    rows: list[dict[str, Any]] = [
        {"x": p.x, "y": value, "series": s, "panel": words.capital(words.level(rank))}
        for rank in ranks
        for s, _name in lines
        for p in results.complete
        if (value := results.value(f"belief.{s}", p, "rank", rank)) is not None
    ]
    means = {s: results.mean(f"belief.{s}", results.complete) for s, _name in lines}
    notes = (
        Note(
            _("Nobody reads the rule"),
            _(
                "Families learn it from what befalls kin and neighbours, and from public lectures and threats; beliefs can "
                "stay far from the truth for years."
            ),
        ),
        rests_on(results, "belief"),
    )
    if not any(r["y"] for r in rows):
        said = _("Both are zero throughout.") if rows else _("No belief was recorded in this run.")
        part = Part(_("Believed and true risk"), empty=said)
        return Section("beliefs", _("Beliefs"), _("What families believe"), (part,), notes)
    title = _("What families believe about their risk, and what it is")
    if means["perceived"] and means["true"]:
        title = _(
            "Families put the chance that a relative\u2019s departure is visited on them at {believed}; it is {true}"
        ).format(believed=words.percent(means["perceived"]), true=words.percent(means["true"]))
    label = _("Believed and true probability that a relative's departure is punished, by rank of the family.")
    names = [words.capital(words.level(r)) for r in ranks]
    highest = max(r["y"] for r in rows)

    def make(width: int) -> figures.Spec:
        return figures.panels(
            rows,
            panel_names=names,
            series=lines,
            unit=_("probability"),
            description=label,
            monthly=not results.yearly,
            top=1.0 if highest > 0.5 else None,
            width=width,
        )

    key = [Key(swatch(i), name) for i, (_id, name) in enumerate(lines)]
    head: tuple[str | tuple[str, str], ...] = (_("Year") if results.yearly else _("Month"),)
    head += tuple((words.capital(words.level(r)), _("believed, true")) for r in ranks)
    table = tuple(
        (
            p.label,
            *(
                ", ".join(words.number(results.value(f"belief.{s}", p, "rank", r), 2) for s, _name in lines)
                for r in ranks
            ),
        )
        for p in results.periods
    )
    part = Part(
        _("Believed and true risk, by rank"),
        _("Probability that a relative\u2019s departure is punished and reaches the family"),
        "",
        draw(make, label, key, id="beliefs"),
        Table(_("Believed and true probability by rank"), head, table),
    )
    return Section("beliefs", _("Beliefs"), title, tuple(p for p in (part, _stakes(results)) if p), notes)


def _stakes(results: Results) -> Part | None:
    """Expected loss of a family in office through its relatives, by rank."""
    lines = breakdown(results, "exposure.loss", "rank", order=RANKS)
    if not lines:
        return None
    return plain_part(
        results,
        lines[:6],
        "stakes",
        _("What holders of posts expect to lose through their relatives"),
        _("Baskets a year, mean"),
        _("Expected loss in a year from departures among the relatives they answer for, by rank."),
    )
