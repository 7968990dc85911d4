"""Chapters on the rule: whom it reaches, one family, careers, beliefs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from yeonjwa.report import figures, rings, svg, theme, words
from yeonjwa.report.outcomes import plain_part
from yeonjwa.report.pieces import (
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
    title = "Nobody is punished for a relative"
    if sanctioned:
        title = (
            f"{words.capital(words.number(results.mean('enforcement.sanctioned', results.complete)))} people "
        )
        title += f"{results.per} are punished in an offender\u2019s family"
    if sanctioned and offences:
        title += f", {words.number(sanctioned / offences, 2)} for each offence"
    over: list[Line] = [
        ("sanctioned", "persons punished", "enforcement.sanctioned", "total", "total"),
        ("offences", "offences", "enforcement.offences", "total", "total"),
    ]
    parts = (
        plain_part(results, over, "punished", "Offences, and persons punished", f"Number {results.per}"),
        _bars_part(results, "kin", "Who is punished: kin of the offender", KIN),
        _bars_part(results, "grade", "How: the gravest sanction", GRADES),
        _reach_part(results),
    )
    notes = (
        Note(
            "Two reaches",
            "Camps reach near kin (parents, spouse, children, grandchildren by default). Posts, party membership and "
            "schooling are lost much further out.",
        ),
        rests_on(results, "sanction", "offence", "detection", "exit"),
    )
    return Section("punishment", "Punishment", title, tuple(p for p in parts if p), notes)


def _bars_part(results: Results, dimension: str, title: str, order: tuple[str, ...]) -> Part | None:
    lines = breakdown(results, "enforcement.sanctioned", dimension, order=order)
    if not lines:
        return None
    periods = len(results.complete) or 1
    rows = []
    for lv, name, *_ in lines:
        mean = (
            sum(results.value("enforcement.sanctioned", p, dimension, lv) or 0.0 for p in results.complete)
            / periods
        )
        rows.append({"label": words.capital(name), "value": mean, "text": words.number(mean)})
    label = f"{title}, mean {results.per}."

    def make(width: int) -> figures.Spec:
        return figures.bars(rows, unit="persons", description=label, width=width)

    table = table_of_lines(results, lines, f"Persons punished by {dimension}")
    figure = draw(make, label, id=f"by-{dimension}")
    return Part(title, f"Persons {results.per}, mean of the run", "", figure, table)


def _reach_part(results: Results) -> Part | None:
    """Grade by degree, from the events."""
    if not results.reach:
        return None
    counts: dict[tuple[str, int], float] = {}
    for row in results.reach:
        key = (row["grade"], row["degree"])
        counts[key] = counts.get(key, 0.0) + row["count"]
    degrees = sorted({d for _, d in counts})
    found = [g for g in GRADES if any(g == grade for grade, _ in counts)]
    names: dict[int, str] = {d: f"{d}촌" for d in degrees}
    rows: list[dict[str, Any]] = [
        {"column": names[d], "line": words.level(g), "value": n, "text": words.number(n, 2)}
        for (g, d), n in counts.items()
    ]
    label = "Persons punished over the whole run, by sanction and degree of kinship to the offender."

    def make(width: int) -> figures.Spec:
        lines = [_short(words.level(g)) if width < 500 else words.level(g) for g in found]
        shown = [
            {
                **r,
                "line": _short(r["line"]) if width < 500 else r["line"],
                "text": _thousands(r["value"]) if width < 500 else r["text"],
            }
            for r in rows
        ]
        columns = [names[d] for d in degrees]
        return figures.tiles(shown, columns=columns, lines_=lines, description=label, width=width)

    table = Table(
        label,
        ("Sanction", *(names[d] for d in degrees)),
        tuple(
            (words.capital(words.level(g)), *(words.cell(counts.get((g, d), 0.0)) for d in degrees))
            for g in found
        ),
    )
    return Part(
        "How far each sanction reaches",
        "Persons over the whole run, by degree of kinship to the offender; stronger colour is more; 0촌 is the "
        "offender and the spouse",
        "",
        draw(make, label, id="reach"),
        table,
    )


def _short(name: str) -> str:
    return {"loss of party membership": "party lost", "bar from university and army": "bar"}.get(name, name)


def _thousands(value: float) -> str:
    return f"{words.number(value / 1000, 2)}k" if value >= 1000 else words.number(value, 2)


def family(results: Results) -> Section:
    """One offence and whom it reached, on rings by degree."""
    data = results.family
    kin = list(data.get("kin") or [])
    if not kin:
        part = Part("One family", empty="This run has no offence to show: the family picture is left out.")
        return Section("family", "One family", "No family was punished", (part,))
    reached = [k for k in kin if k.get("reached")]
    living = [k for k in kin if k.get("alive")]
    who = _who(data)
    what = "flees" if "fl" in str(data.get("kind", "flight")) else "offends"
    count = len(reached)
    title = f"{who} {what}; {words.count(count, 'relative is', 'relatives are') if count else 'no relative is'} punished"
    label = f"Kin of one offender on rings by degree: {len(living)} living, {count} punished. The table lists them."
    figure = Figure(
        rings.drawing(data, results.parents, figures.WIDE),
        rings.drawing(data, results.parents, figures.NARROW),
        label,
        tuple(_family_key()),
    )
    caption = (
        f"Living and dead kin to {max(int(k['degree']) for k in kin)}촌, {data.get('month', '')}. Siblings above the "
        "centre, own children and grandchildren below; the black mark is the offender."
    )
    rules = [f"The camp circle in force: {words.plain(str(data['circle']))}."] if data.get("circle") else []
    parts = (
        Part("Kin by degree, and who was reached", caption, "", figure, _kin_table(kin)),
        Part("By degree", "Persons. Plum lines: where the camp circle and the career circle end", "", None,
             _degree_table(kin)),
    )  # fmt: skip
    notes = (
        Note(
            "The circles",
            " ".join([*rules, "Inside a circle is not yet punished: each sanction has its chance."]),
        ),
        Note("Synthetic", "This family was drawn by the simulation. Nobody in it exists or ever did."),
    )
    return Section("family", "One family", title, parts, notes)


def _who(data: Mapping[str, Any]) -> str:
    offender = data.get("offender", {})
    noun = {"f": "A woman", "m": "A man"}.get(str(offender.get("sex")), "A person")
    age, province = offender.get("age"), offender.get("province")
    of = f" of {age}" if age is not None else ""
    return f"{noun}{of}{f' from {words.level(str(province))}' if province else ''}"


def _family_key() -> list[Key]:
    base: dict[str, Any] = {"alive": True}
    looks: list[tuple[dict[str, Any], str]] = [
        ({**base, "reached": "camp"}, "sent to a camp or banished"),
        ({**base, "reached": "dismissal"}, "lost post or prospects"),
        ({**base, "in_camp_circle": True}, "inside a circle, not reached"),
        (base, "outside both"),
        ({"alive": False}, "dead"),
    ]
    key = []
    for look, label in looks:
        signs = rings.mark({**look, "sex": "m"}, 7, 7, 10) + rings.mark({**look, "sex": "f"}, 21, 7, 10)
        key.append(
            Key(f'<svg width="28" height="14" viewBox="0 0 28 14" aria-hidden="true">{signs}</svg>', label)
        )
    for dash, label in ((None, "edge of the camp circle"), ("5 4", "edge of the career circle")):
        line = svg.tag(
            "line", x1=0, y1=7, x2=28, y2=7, stroke=theme.PLUM, stroke_width=1.8, stroke_dasharray=dash
        )
        key.append(
            Key(f'<svg width="28" height="14" viewBox="0 0 28 14" aria-hidden="true">{line}</svg>', label)
        )
    return key


_SIDES = {
    "father": "father\u2019s",
    "mother": "mother\u2019s",
    "both": "both",
    "own": "own",
    "spouse": "spouse",
}


def _kin_table(kin: list[Mapping[str, Any]]) -> Table:
    rows = tuple(
        (
            words.plain(str(k.get("term") or "")),
            words.plain(str(k.get("korean") or "")),
            f"{k['degree']}촌",
            _SIDES.get(str(k.get("side")), "\u2013"),
            {"f": "woman", "m": "man"}.get(str(k.get("sex")), "\u2013"),
            ("dead" if not k.get("alive") else "\u2013")
            if k.get("age") is None or not k.get("alive")
            else str(k["age"]),
            words.level(str(k["post"])) if k.get("post") else "\u2013",
            words.level(str(k["reached"])) if k.get("reached") else "\u2013",
        )
        for k in sorted(
            kin, key=lambda k: (int(k["degree"]), not k.get("reached"), str(k.get("term")), int(k["id"]))
        )
    )
    head = ("Relative", "Korean", "Degree", "Line", "Sex", "Age", "Post", "Reached by")
    return Table("Every relative in the picture", head, rows, words_columns=8)


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
                (english, korean),
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
    head = ("Degree", "Who", "Living", ("Father\u2019s", "line"), ("Mother\u2019s", "line"), "Reached")
    return Table("Kin of the offender by degree; the spouse counts as 0촌", head, tuple(rows), 2, True, ends)


def _most_common(names: Iterable[Any]) -> str:
    """The four most frequent names, and whether there are others."""
    ranked = [words.plain(str(name)) for name, _ in Counter(n for n in names if n).most_common()]
    return ", ".join(ranked[:4]) + (", \u2026" if len(ranked) > 4 else "")


def careers(results: Results) -> Section:
    """Vetting over both families, refusals by post, degree and side; recalls from abroad."""
    checked, refused = results.total("vetting.checked"), results.total("vetting.refused")
    title = "Nobody is vetted in this run"
    if checked:
        title = f"{words.percent(refused / checked)} of those checked for a post are refused because of a relative"
    recalls: list[Line] = [
        ("recalled", "recalled", "recall.recalled", "total", "total"),
        ("flight", "for a kin\u2019s flight", "recall.flight", "total", "total"),
    ]
    parts = (
        _vetting_part(results, "post", "Refused, by post", RANKS[1:])
        or Part("Refused, by post", empty="No candidate is checked in this run."),
        _vetting_part(results, "province", "Refused, by province", tuple(words.PROVINCES)),
        _refused_by(results, "degree", "Refusals by degree of the relative who causes them"),
        _refused_by(results, "side", "Refusals by family line"),
        plain_part(results, recalls, "recalls", "Traders called home from abroad", f"Persons {results.per}"),
    )
    notes = (
        Note("Depth", _depths(results)),
        rests_on(results, "vetting", "post", "party", "recall", "songbun"),
    )  # fmt: skip
    return Section("careers", "Careers", title, tuple(p for p in parts if p), notes)


def _depths(results: Results) -> str:
    """How deep the run searched, in words: the values at its end, from the manifest."""
    values = {p["path"]: p["value_end"] for p in results.manifest.get("parameters", ())}
    depth, lines = values.get("vetting.depth", {}), values.get("vetting.lines", "both")
    whose = {"both": "both parents\u2019 families", "paternal": "the father\u2019s family"}
    searched = whose.get(str(lines), "the mother\u2019s family")
    by_degree: dict[int, list[str]] = {}
    for post, chon in depth.items():
        by_degree.setdefault(int(chon), []).append(words.level(post))
    parts = [f"{chon}촌 for {' and '.join(posts)}" for chon, posts in sorted(by_degree.items())]
    return f"The files of {searched} are searched" + (f": to {'; '.join(parts)}." if parts else ".")


def _vetting_part(results: Results, dimension: str, title: str, levels: Sequence[str]) -> Part | None:
    """Share of those checked who are refused, by post or province."""
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
        (most, *_, high), (least, *_, low) = found[0], found[-1]
        if len(found) > 1:
            title = f"{words.percent(high)} are refused in {words.level(most)}, {words.percent(low)} in {words.level(least)}"
    rows = [{"label": _both(lv), "value": share, "text": words.percent(share)} for lv, _, _, share in found]
    label = f"Share of candidates refused because of a relative, by {dimension}."

    def make(width: int) -> figures.Spec:
        return figures.bars(rows, unit="share", description=label, width=width)

    head = (words.capital(dimension), ("Checked", "persons"), ("Refused", "persons"), "Share")
    table = tuple(
        (words.capital(words.level(lv)), words.cell(checked), words.cell(refused), words.percent(share))
        for lv, checked, refused, share in found
    )
    return Part(
        title,
        "Share of the candidates checked, whole run",
        "",
        draw(make, label, id=f"vetting-{dimension}"),
        Table(f"Candidates checked and refused, by {dimension}", head, table),
    )


def _both(level: str) -> str:
    """A level in words; a province in both scripts."""
    return " ".join(words.PROVINCES[level]) if level in words.PROVINCES else words.capital(words.level(level))


def _refused_by(results: Results, dimension: str, title: str) -> Part | None:
    lines = breakdown(results, "vetting.refused", dimension, order=[str(d) for d in range(1, 9)])
    total = sum(results.total("vetting.refused", dimension, lv) for lv, *_ in lines)
    if not total:
        return None
    own = {"own": "own descendants"}
    rows = []
    for lv, name, *_ in lines:
        part = results.total("vetting.refused", dimension, lv) / total
        rows.append({"label": words.capital(own.get(lv, name)), "value": part, "text": words.percent(part)})

    def make(width: int) -> figures.Spec:
        return figures.bars(rows, unit="share", description=f"{title}.", width=width)

    return Part(
        title,
        "Share of all refusals of the run",
        "",
        draw(make, f"{title}.", id=f"refused-{dimension}"),
        table_of_lines(results, lines, f"{title}, persons"),
    )


def beliefs(results: Results) -> Section:
    """Believed against true risk, by rank."""
    ranks = [r for r in RANKS if r in results.levels("belief.perceived", "rank")]
    lines = [("perceived", "believed"), ("true", "true")]
    rows: list[dict[str, Any]] = [
        {"x": p.x, "y": value, "series": s, "panel": words.capital(words.level(rank))}
        for rank in ranks
        for s, _ in lines
        for p in results.complete
        if (value := results.value(f"belief.{s}", p, "rank", rank)) is not None
    ]
    means = {s: results.mean(f"belief.{s}", results.complete) for s, _ in lines}
    notes = (
        Note("Nobody reads the rule", "Families learn it from what befalls kin and neighbours, and from public "
             "lectures and threats; beliefs can stay far from the truth for years."),
        rests_on(results, "belief"),
    )  # fmt: skip
    if not any(r["y"] for r in rows):
        words_ = "Both are zero throughout." if rows else "No belief was recorded in this run."
        part = Part("Believed and true risk", empty=words_)
        return Section("beliefs", "Beliefs", "What families believe", (part,), notes)
    title = "What families believe about their risk, and what it is"
    if means["perceived"] and means["true"]:
        title = (
            f"Families put the chance that a relative\u2019s departure is visited on them at "
            f"{words.percent(means['perceived'])}; it is {words.percent(means['true'])}"
        )
    label = "Believed and true probability that a relative's departure is punished, by rank of the family."
    names = [words.capital(words.level(r)) for r in ranks]
    highest = max(r["y"] for r in rows)

    def make(width: int) -> figures.Spec:
        return figures.panels(
            rows,
            panel_names=names,
            series=lines,
            unit="probability",
            description=label,
            monthly=not results.yearly,
            top=1.0 if highest > 0.5 else None,
            width=width,
        )

    key = [Key(swatch(i), name) for i, (_, name) in enumerate(lines)]
    head: tuple[str | tuple[str, str], ...] = ("Year" if results.yearly else "Month",)
    head += tuple((words.capital(words.level(r)), "believed, true") for r in ranks)
    table = tuple(
        (
            p.label,
            *(
                ", ".join(words.number(results.value(f"belief.{s}", p, "rank", r), 2) for s, _ in lines)
                for r in ranks
            ),
        )
        for p in results.periods
    )
    part = Part(
        "Believed and true risk, by rank",
        "Probability that a relative\u2019s departure is punished and reaches the family",
        "",
        draw(make, label, key, id="beliefs"),
        Table("Believed and true probability by rank", head, table),
    )
    return Section("beliefs", "Beliefs", title, tuple(p for p in (part, _stakes(results)) if p), notes)


def _stakes(results: Results) -> Part | None:
    """Expected loss of a family in office through its relatives, by rank."""
    lines = breakdown(results, "exposure.loss", "rank", order=RANKS)
    if not lines:
        return None
    return plain_part(
        results,
        lines[:6],
        "stakes",
        "What holders of posts expect to lose through their relatives",
        "Baskets a year, mean",
        "Expected loss in a year from departures among the relatives they answer for, by rank.",
    )
