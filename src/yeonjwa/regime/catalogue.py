"""The catalogue: regimes of kin liability as data, one TOML file each, read in sorted order and checked as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from yeonjwa.core.calendar import format_month, parse_month
from yeonjwa.core.errors import InputError, InputErrors
from yeonjwa.core.parameters import near
from yeonjwa.core.toml import line_of, parse, place, read_text
from yeonjwa.kinship.circles import Circle, make_circle, parse_circle
from yeonjwa.regime.sanctions import Sanction, sanctions
from yeonjwa.regime.schema import check

#: What a population without further facts cannot show, for each thing a rule may ask for.
_UNKNOWN = {
    "betrothed": "betrothal",
    "adopted_out": "adoption",
    "disabled": "grave illness and disability",
}
CATALOGUE = Path(str(files("yeonjwa.regime"))) / "catalogue"


@dataclass(frozen=True)
class Source:
    """A publication that the ledger does not hold.

    Attributes
    ----------
    key : str
        Name inside the file.
    cite, found, url : str
        Citation, "seen" or "recalled", address.
    """

    key: str
    cite: str
    found: str
    url: str

    @property
    def text(self) -> str:
        """As it is printed; says so where the page was not read again."""
        return self.cite if self.found == "seen" else f"{self.cite} (not re-read)"


@dataclass(frozen=True)
class Exit:
    """A way out of liability; ``represented`` if a pedigree shows who takes it (age, marriage)."""

    id: str
    how: str
    represented: bool
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """Some kin and what is done to them.

    Attributes
    ----------
    id, who : str
        ``who`` says in words whom it reaches.
    circle : Circle
        Kin types, before the conditions that follow.
    sanction : Sanction
        What is done; ``also`` names further sanctions on the same persons.
    basis : str
        "statute" or "practice".
    when : str
        "always", "sometimes" or "exceptional"; the first are the *standing* rules.
    probability, low, high : float or None
        Chance that the rule is carried out; 1 for the letter of a statute, None where no source says.
    age_from, age_below : int or None
        Limits of age at the offence.
    household : str
        "same", "other" or "".
    spares : frozenset of str
        See :data:`yeonjwa.regime.schema.SPARES`.
    post, condition : str
        What else must hold that a pedigree does not say; empty if nothing.
    sources : tuple of str
        Keys of sources of the regime, or ids of the ledger.
    grade, note : str
    """

    id: str
    who: str
    circle: Circle
    sanction: Sanction
    also: tuple[str, ...]
    basis: str
    when: str
    probability: float | None
    low: float | None
    high: float | None
    age_from: int | None
    age_below: int | None
    household: str
    spares: frozenset[str]
    post: str
    condition: str
    sources: tuple[str, ...]
    grade: str
    note: str

    @property
    def standing(self) -> bool:
        """Whether it holds for each offence of the kind."""
        return self.when == "always"

    @cached_property
    def parts(self) -> tuple[tuple[Circle, bool], ...]:
        """The circle in up to two parts: kin who can leave the line by marriage, and the others.

        Only who stands at the end of a step to a child can: a daughter, a sister, an aunt; a mother or wife has come
        in by marriage. The flag says which part it is.
        """
        born = [t for t in self.circle.terms if t.path.endswith("D")]
        others = [t for t in self.circle.terms if not t.path.endswith("D")]
        if not self.spares & {"married_out", "betrothed"}:
            return ((self.circle, False),)
        return tuple((make_circle(terms), flag) for terms, flag in ((born, True), (others, False)) if terms)


@dataclass(frozen=True)
class Regime:
    """A regime of kin liability, or one reading of it.

    Attributes
    ----------
    id, group, name, korean, hanja : str
        ``group`` holds together the periods and readings of one regime.
    start, end : str
        First and last year or month; years before our era are negative; ``end`` is empty if open.
    dates : str
        The dates in words, where they need any.
    triggers : tuple of str
        Offences that set it off.
    summary, spouse, reading, note : str
        In words: what happens, what happens to the spouse, which reading of the sources this is.
    ages : str
        "years" (complete years) or "counted" (one at birth, one more each New Year).
    offender_sex : str
        "f", "m" or "".
    rules : tuple of Rule
        In the order of the file.
    exits : tuple of Exit
    ledger : tuple of str
        Ids of the evidence ledger.
    sources : mapping of key to Source
        What it rests on beside the ledger.
    population_at : int or None
        Month at which a simulated Korean population stands for the regime's own time.
    figure : bool
        Whether it stands among the rings.
    scenario : tuple of (path, value, from)
        Changes of parameters that make the society run under it.
    grade : str
    """

    id: str
    group: str
    name: str
    korean: str
    hanja: str
    start: str
    end: str
    dates: str
    triggers: tuple[str, ...]
    summary: str
    spouse: str
    reading: str
    note: str
    ages: str
    offender_sex: str
    rules: tuple[Rule, ...]
    exits: tuple[Exit, ...]
    ledger: tuple[str, ...]
    sources: Mapping[str, Source]
    population_at: int | None
    figure: bool
    scenario: tuple[tuple[str, Any, str], ...]
    grade: str
    notes_not_represented: tuple[str, ...]

    def chosen(self, widest: bool = False) -> tuple[Rule, ...]:
        """The standing rules, or all."""
        return self.rules if widest else tuple(rule for rule in self.rules if rule.standing)

    @property
    def not_represented(self) -> tuple[str, ...]:
        """What a population without further facts does not show of this regime, in words."""
        found = [words for key, words in _UNKNOWN.items() if any(key in rule.spares for rule in self.rules)]
        found += [f"post: {rule.post}" for rule in self.rules if rule.post]
        found += [f"condition: {rule.condition}" for rule in self.rules if rule.condition]
        if any(rule.household for rule in self.rules):
            found.append("households: a couple and its unmarried children stand for them")
        found += [f"exit: {way.how}" for way in self.exits if not way.represented]
        return tuple(dict.fromkeys((*found, *self.notes_not_represented)))

    def degree(self, *kinds: str, widest: bool = False) -> int | None:
        """Furthest chon at which the rules bring a sanction of some kinds, or of any; None if they never do.

        Spouses and kin by marriage count 0 for each marriage on the way.
        """
        degrees = [
            rule.circle.max_degree for rule in self.chosen(widest) if not kinds or rule.sanction.kind in kinds
        ]
        return max(degrees, default=None)

    @property
    def years(self) -> str:
        """The dates for a reader."""
        first, last = _year(self.start), _year(self.end)
        return self.dates or (first if first == last else f"{first}\u2013{last}")


def _year(date: str) -> str:
    if not date:
        return ""
    if date.startswith("-"):
        return f"{date[1:].lstrip('0')} BCE"
    return date.split("-")[0]


@cache
def regimes() -> dict[str, Regime]:
    """Id -> regime of the catalogue, in sorted order of their ids.

    Raises
    ------
    InputErrors
        Everything that is wrong with any file.
    """
    return read_regimes(CATALOGUE)


def regime(id: str) -> Regime:
    """The regime with this id; an unknown one is an error that names near ones."""
    found = regimes()
    if id not in found:
        raise InputError("regime", id, near(id, list(found)))
    return found[id]


def read_regimes(folder: Path) -> dict[str, Regime]:
    """Regimes of a folder of TOML files by id; see :func:`regimes`."""
    errors: list[InputError] = []
    found: dict[str, Regime] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            text = read_text(path)
            content = parse(text, path.name)
        except InputError as error:
            errors.append(error)
            continue
        wrong = check(content, text, path.name) or _check_whole(content, text, path)
        if wrong:
            errors += wrong
        else:
            found[content["id"]] = _regime(content)
    if not errors and not found:
        errors.append(InputError("catalogue", str(folder), "a folder with regime files (*.toml)"))
    if errors:
        raise InputErrors("catalogue of regimes", errors)
    return dict(sorted(found.items()))


def _check_whole(content: Mapping[str, Any], text: str, path: Path) -> list[InputError]:
    """What is wrong in a file each of whose values is right by itself."""
    where, errors = path.name, []
    if content["id"] != path.stem:
        errors.append(InputError("id", content["id"], f"the name of the file, {path.stem}", place(where, 1)))
    if "to" in content and _order(content["to"]) < _order(content["from"]):
        line = line_of(text, "to", header="rules")
        errors.append(
            InputError("to", content["to"], f"no earlier than {content['from']}", place(where, line))
        )
    if "population_at" in content:
        try:
            parse_month(content["population_at"])
        except InputError as error:
            line = line_of(text, "population_at", header="rules")
            errors.append(InputError("population_at", error.value, error.allowed, place(where, line)))
    keys = [*content.get("ledger", ()), *(source["key"] for source in content.get("sources", ()))]
    used = {key for header in ("rules", "exits") for row in content.get(header, ()) for key in row["sources"]}
    for key in sorted(set(keys) - used):
        line = line_of(text, key, header="rules")
        errors.append(InputError("source", key, "one that a rule or exit cites", place(where, line)))
    for header in ("rules", "exits", "sources"):
        errors += _check_rows(content.get(header, []), keys, header, text, where)
    return errors


def _order(date: int | str) -> tuple[int, int]:
    """A date as (year, month), to compare."""
    text = str(date)
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    year, _, month = digits.partition("-")
    return sign * int(year), int(month or 0)


def _check_rows(
    rows: list[Mapping[str, Any]], keys: list[str], header: str, text: str, where: str
) -> list[InputError]:
    errors = []
    name = "key" if header == "sources" else "id"
    ids = [row[name] for row in rows]
    for i, row in enumerate(rows):

        def wrong(key: str, value: Any, allowed: str, at: int = i) -> None:
            line = line_of(text, key, table=at, header=header)
            errors.append(InputError(key, value, allowed, place(where, line)))

        if row[name] in ids[:i]:
            wrong(name, row[name], "each once")
        for key in row.get("sources", ()):
            if key not in keys:
                wrong("sources", key, near(key, keys))
        if header == "rules":
            _check_rule(row, wrong)
    return errors


def _check_rule(row: Mapping[str, Any], wrong: Any) -> None:
    try:
        parse_circle(row["circle"])
    except InputError as error:
        wrong("circle", row["circle"], f"{error.what}: {error.allowed}")
    low, high = row.get("low", 0), row.get("high", 1)
    if "probability" in row:
        if not low <= row["probability"] <= high:
            wrong("probability", row["probability"], "from low to high")
        if row["basis"] == "statute":
            wrong("probability", row["probability"], "none: a statute holds with certainty")
        if "low" not in row or "high" not in row:
            wrong("probability", row["probability"], "with low and high")
    elif "low" in row or "high" in row:
        wrong("low", row.get("low"), "with a probability")
    if row.get("age_from", 0) >= row.get("age_below", 121):
        wrong("age_from", row["age_from"], f"below age_below, {row['age_below']}")


def _regime(content: Mapping[str, Any]) -> Regime:
    at = content.get("population_at")
    return Regime(
        id=content["id"],
        group=content["group"],
        name=content["name"],
        korean=content["korean"],
        hanja=content.get("hanja", ""),
        start=str(content["from"]),
        end=str(content.get("to", "")),
        dates=content.get("dates", ""),
        triggers=tuple(content["triggers"]),
        summary=content["summary"],
        spouse=content["spouse"],
        reading=content.get("reading", ""),
        note=content.get("note", ""),
        ages=content.get("ages", "years"),
        offender_sex=content.get("offender_sex", ""),
        rules=tuple(_rule(row) for row in content["rules"]),
        exits=tuple(
            Exit(row["id"], row["how"], row.get("represented", False), tuple(row["sources"]))
            for row in content.get("exits", ())
        ),
        ledger=tuple(content.get("ledger", ())),
        sources={row["key"]: _source(row) for row in content.get("sources", ())},
        population_at=None if at is None else parse_month(at),
        figure=content.get("figure", False),
        scenario=tuple(
            (row["path"], row["value"], row.get("from", "")) for row in content.get("scenario", ())
        ),
        grade=content["grade"],
        notes_not_represented=tuple(content.get("not_represented", ())),
    )


def _source(row: Mapping[str, Any]) -> Source:
    return Source(row["key"], row["cite"], row["found"], row.get("url", ""))


def _rule(row: Mapping[str, Any]) -> Rule:
    return Rule(
        id=row["id"],
        who=row["who"],
        circle=parse_circle(row["circle"]),
        sanction=sanctions()[row["sanction"]],
        also=tuple(row.get("also", ())),
        basis=row["basis"],
        when=row.get("when", "always"),
        probability=1.0 if row["basis"] == "statute" else row.get("probability"),
        low=row.get("low"),
        high=row.get("high"),
        age_from=row.get("age_from"),
        age_below=row.get("age_below"),
        household=row.get("household", ""),
        spares=frozenset(row.get("spares", ())),
        post=row.get("post", ""),
        condition=row.get("condition", ""),
        sources=tuple(row["sources"]),
        grade=row["grade"],
        note=row.get("note", ""),
    )


def describe(chosen: Regime) -> dict[str, Any]:
    """A regime as plain data: what ``yeonjwa regimes show --json`` prints."""
    return {
        "id": chosen.id,
        "group": chosen.group,
        "name": chosen.name,
        "korean": chosen.korean,
        "hanja": chosen.hanja,
        "from": chosen.start,
        "to": chosen.end,
        "dates": chosen.years,
        "triggers": list(chosen.triggers),
        "summary": chosen.summary,
        "spouse": chosen.spouse,
        "reading": chosen.reading,
        "ages": chosen.ages,
        "offender_sex": chosen.offender_sex,
        "grade": chosen.grade,
        "note": chosen.note,
        "max_degree": chosen.degree(),
        "body_degree": chosen.degree("death", "confinement", "exile"),
        "career_degree": chosen.degree("career"),
        "population_at": None if chosen.population_at is None else format_month(chosen.population_at),
        "not_represented": list(chosen.not_represented),
        "rules": [_described(rule) for rule in chosen.rules],
        "exits": [
            {"id": w.id, "how": w.how, "represented": w.represented, "sources": list(w.sources)}
            for w in chosen.exits
        ],
        "ledger": list(chosen.ledger),
        "sources": [
            {"key": s.key, "cite": s.cite, "found": s.found, "url": s.url} for s in chosen.sources.values()
        ],
        "scenario": [{"path": p, "value": v, "from": start} for p, v, start in chosen.scenario],
    }


def _described(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "who": rule.who,
        "circle": rule.circle.text,
        "max_degree": rule.circle.max_degree,
        "sanction": rule.sanction.id,
        "also": list(rule.also),
        "basis": rule.basis,
        "when": rule.when,
        "probability": rule.probability,
        "low": rule.low,
        "high": rule.high,
        "age_from": rule.age_from,
        "age_below": rule.age_below,
        "household": rule.household,
        "spares": _in_order(rule.spares),
        "post": rule.post,
        "condition": rule.condition,
        "sources": list(rule.sources),
        "grade": rule.grade,
        "note": rule.note,
    }


def _in_order(words: Iterable[str]) -> list[str]:
    return sorted(words)
